"""Writes servers.json: what JupyterHub's local spawners hand to single-user servers.

    <python with jupyterhub 6.1.1> make_servers.py > servers.json

Each case starts a server with the real spawner class, made by the real ``User``, and notes what reaches ``Popen``: the
command and the whole environment. The facts that the hub would give to a spawner are noted beside it.
"""

import asyncio
import json
import logging
import os
import pwd
import sys
import warnings
from unittest import mock
from urllib.parse import urlparse

# Importing jupyterhub with its own directory on the path would shadow traitlets.
sys.path = [p for p in sys.path if p not in ("", os.getcwd())]
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

from jupyterhub import orm, spawner as spawners  # noqa: E402
from jupyterhub.objects import Hub, Server  # noqa: E402
from jupyterhub.user import User  # noqa: E402
from traitlets.config import Config  # noqa: E402

HUB_ENVIRONMENT = {
    "PATH": "/opt/conda/bin:/usr/bin:/bin",
    "LANG": "de_DE.UTF-8",
    "PYTHONPATH": "",
    "CONFIGPROXY_AUTH_TOKEN": "not for servers",
    "KEPT": "a=b c",
    "HOME": "/root",
}
LOCAL, SIMPLE = "LocalProcessSpawner", "SimpleLocalProcessSpawner"

# class, user, server, traits, what else is different
CASES = {
    "defaults": (LOCAL, "ada", "", {}, {}),
    "simple defaults": (SIMPLE, "ada", "", {}, {}),
    "simple with a home": (SIMPLE, "ada", "lab", {"home_dir_template": "/srv/{username}/{{x}}"}, {}),
    "a named server": (LOCAL, "ada", "lab", {}, {}),
    "names that need quoting": (LOCAL, "zoë @b/c~d", "s p+ü", {}, {}),
    "no shell and no home": (LOCAL, "ada", "", {}, {"home": "", "shell": ""}),
    "a base path": (LOCAL, "ada", "", {}, {"base_url": "/p/q/"}),
    "all limits": (
        LOCAL, "ada", "",
        {"mem_limit": "1.5G", "mem_guarantee": 1048576, "cpu_limit": 2, "cpu_guarantee": 0.5}, {},
    ),
    "limits that are zero": (LOCAL, "ada", "", {"mem_limit": 0, "mem_guarantee": "0K", "cpu_limit": 0, "cpu_guarantee": 0.0}, {}),
    "odd numbers": (LOCAL, "ada", "", {"cpu_limit": 1e16, "cpu_guarantee": 0.00001}, {}),
    "directories and pages": (
        LOCAL, "ada lovelace", "",
        {"notebook_dir": "~/{username}/%U", "default_url": "{base_url}lab/tree/{username!r:>20}?{{}}", "debug": True, "disable_user_config": True},
        {},
    ),
    "an address of IPv6": (LOCAL, "ada", "", {"ip": "[::1]"}, {}),
    "all addresses": (LOCAL, "ada", "", {"ip": "", "port": 8899}, {}),
    "a host name": (LOCAL, "ada", "lab", {"ip": "0.0.0.0"}, {}),
    "another address of the hub": (LOCAL, "ada", "", {"hub_connect_url": "http://hub.example.org:8081/"}, {"base_url": "/p/"}),
    "a hub elsewhere": (LOCAL, "ada", "", {"hub_connect_url": "http://hub:99"}, {"hub_ip": "10.1.2.3"}),
    "variables": (
        LOCAL, "ada", "",
        {
            "environment": {"A": "1", "JUPYTERHUB_API_URL": "http://elsewhere/", "EMPTY": "", "ü": "é\n", "HOME": "/x", "PATH": "/y"},
            "env_keep": ["KEPT", "NOT_THERE", "LANG"],
        },
        {},
    ),
    "cookies": (
        LOCAL, "ada", "", {},
        {"cookie_options": {"samesite": "None", "secure": True, "expires_days": 0.5, "domain": "é\u2028"}, "cookie_host_prefix_enabled": True},
    ),
    "subdomains": (
        LOCAL, "ada", "lab", {},
        {"subdomain_host": "https://hub.example.org:8443", "public_host": "https://hub.example.org:8443"},
    ),
    "a public address": (LOCAL, "ada", "lab", {}, {"public_url": "https://hub.example.org/p/", "public_host": "https://hub.example.org", "base_url": "/p/"}),
    "old admin access": (LOCAL, "ada", "", {}, {"admin_access": True}),
    "scopes": (LOCAL, "ada", "", {"oauth_client_allowed_scopes": ["read:users!user", 'custom:"é"']}, {}),
    "a command with arguments": (LOCAL, "ada", "", {"cmd": ["/opt/start", "--x"], "args": ["--a=b c", "it's", "", "{username}"]}, {}),
    "a command as text": (LOCAL, "ada", "", {"cmd": "start me"}, {}),
    "a shell": (LOCAL, "ada", "", {"shell_cmd": ["bash", "-l", "-c"], "args": ["a b", "it's", "", "ü", "x@%+=:,./-_"]}, {}),
    "a shell as text": (SIMPLE, "ada", "", {"shell_cmd": "/bin/run"}, {}),
}


def make_spawner(name, user_name, server_name, traits, other):
    base_url = other.get("base_url", "/")
    hub = Hub(
        ip=other.get("hub_ip", "127.0.0.1"), port=8081, base_url=base_url + "hub/", public_host=other.get("public_host", "")
    )
    settings = {
        "base_url": base_url,
        "config": Config({name: traits}),
        "hub": hub,
        "spawner_class": getattr(spawners, name),
        "authenticator": None,
        "subdomain_host": other.get("subdomain_host", ""),
        "domain": "hub.example.org",
        "subdomain_hook": lambda name, domain, kind: f"{name}.{domain}",
        "cookie_options": other.get("cookie_options", {}),
        "cookie_host_prefix_enabled": other.get("cookie_host_prefix_enabled", False),
        "public_url": urlparse(other["public_url"]) if "public_url" in other else "",
    }
    database = orm.new_session_factory("sqlite:///:memory:")()
    row = orm.User(name=user_name)
    database.add(row)
    server_row = orm.Spawner(name=server_name, user=row)
    database.add(server_row)
    database.commit()
    user = User(row, settings, db=database)
    spawner = user.spawners[server_name]
    address = orm.Server(base_url=spawners.url_path_join(user.base_url, spawners.url_escape_path(server_name), "/"))
    database.add(address)
    database.commit()
    spawner.server = Server(orm_server=address)
    spawner.api_token = "0123456789abcdef"
    spawner.admin_access = other.get("admin_access", False)
    return spawner


async def observe(case):
    name, user_name, server_name, traits, other = case
    spawner = make_spawner(*case)
    home, shell = other.get("home", "/home/ada"), other.get("shell", "/bin/bash")
    account = pwd.struct_passwd((user_name, "x", 1000, 1000, "", home, shell))
    with (
        mock.patch.dict(os.environ, HUB_ENVIRONMENT, clear=True),
        mock.patch.object(spawners, "Popen") as popen,
        mock.patch.object(spawners, "random_port", return_value=12345),
        mock.patch.object(pwd, "getpwnam", return_value=account),
        mock.patch.object(os, "getgrouplist", return_value=[1000]),
    ):
        popen.return_value = None
        try:
            await spawner.start()
        except AttributeError:  # the process that is none has no number
            pass
    ((command,), kwargs) = popen.call_args
    return {
        "class": name,
        "traits": traits,
        "account": {"home": home, "shell": shell},
        "facts": {
            "user": user_name,
            "server": server_name,
            "hub_api_url": spawner.hub.api_url,
            "hub_base_url": spawner.hub.base_url,
            "hub_public_host": spawner.hub.public_host,
            "user_url": spawner.user.url,
            "server_base_url": spawner.server.base_url,
            "oauth_client_id": spawner.oauth_client_id,
            "api_token": spawner.api_token,
            "oauth_access_scopes": spawner.oauth_access_scopes,
            "oauth_client_allowed_scopes": spawner.oauth_client_allowed_scopes,
            "cookie_options": spawner.cookie_options,
            "cookie_host_prefix_enabled": spawner.cookie_host_prefix_enabled,
            "admin_access": spawner.admin_access,
            "public_url": spawner.public_url,
            "public_hub_url": spawner.public_hub_url,
        },
        "command": command,
        "environment": kwargs["env"],
    }


async def main():
    cases = {title: await observe(case) for title, case in CASES.items()}
    document = {"hub_environment": HUB_ENVIRONMENT, "port": 12345, "cases": cases}
    json.dump(document, sys.stdout, indent=1, ensure_ascii=True)
    sys.stdout.write("\n")


asyncio.run(main())
