"""Configurations of roles, scopes, groups and services that end the start, and others that look as if they should.

JupyterHub is imported once, and each configuration is tried in a copy of that process up to the point where it would listen.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from harness import settings

ROLE = "c.JupyterHub.load_roles = [{}]\n"

#: Configurations by name: the start must go on or end as JupyterHub's does.
STARTS: dict[str, str] = {
    "unknown-scope": ROLE.format('{"name": "a", "scopes": ["none"]}'),
    "unknown-filter": ROLE.format('{"name": "a", "scopes": ["read:users!none=x"]}'),
    "no-name": ROLE.format('{"scopes": []}'),
    "empty-name": ROLE.format('{"name": "", "scopes": []}'),
    "no-scopes": ROLE.format('{"name": "a"}'),
    "unknown-key": ROLE.format('{"name": "a", "scopes": [], "nonsense": 1}'),
    "tokens-key": ROLE.format('{"name": "a", "scopes": [], "tokens": ["x"]}'),
    "unknown-service": ROLE.format('{"name": "a", "scopes": [], "services": ["nobody"]}'),
    "bad-user": ROLE.format('{"name": "a", "scopes": [], "users": ["a/b"]}'),
    "blocked-user": "c.Authenticator.blocked_users = {'bad'}\n" + ROLE.format('{"name": "a", "scopes": [], "users": ["bad"]}'),
    "scopes-text": ROLE.format('{"name": "a", "scopes": "self"}'),
    "users-text": ROLE.format('{"name": "a", "scopes": [], "users": "text"}'),
    "twice": ROLE.format('{"name": "a", "scopes": []}, {"name": "a", "scopes": ["self"]}'),
    "upper": ROLE.format('{"name": "Upper", "scopes": []}'),
    "short": ROLE.format('{"name": "ab", "scopes": []}'),
    "one-letter": ROLE.format('{"name": "a", "scopes": []}'),
    "bad-end": ROLE.format('{"name": "abc-", "scopes": []}'),
    "bad-start": ROLE.format('{"name": "1abc", "scopes": []}'),
    "signs": ROLE.format('{"name": "abc/def", "scopes": []}'),
    "blank": ROLE.format('{"name": "abc def", "scopes": []}'),
    "dots": ROLE.format('{"name": "a.b_c-d~e", "scopes": []}'),
    "long": ROLE.format('{"name": "' + "a" * 256 + '", "scopes": []}'),
    "255": ROLE.format('{"name": "' + "a" * 255 + '", "scopes": []}'),
    "admin-changed": ROLE.format('{"name": "admin", "scopes": ["self"]}'),
    "admin-same": ROLE.format('{"name": "admin", "users": ["x"]}'),
    "admin-described": ROLE.format('{"name": "admin", "description": "Mine", "users": ["x"]}'),
    "all": ROLE.format('{"name": "abc", "scopes": ["all"]}'),
    "inherit": ROLE.format('{"name": "abc", "scopes": ["inherit"]}'),
    "self-filter": ROLE.format('{"name": "abc", "scopes": ["self!user=x"]}'),
    "custom-undefined": "c.JupyterHub.custom_scopes = {'custom:abc': {'description': 'x', 'subscopes': ['custom:def']}}\n",
    "custom-not-described": "c.JupyterHub.custom_scopes = {'custom:abc': {}}\n",
    "custom-name": "c.JupyterHub.custom_scopes = {'mine:abc': {'description': 'x'}}\n",
    "custom-upper": "c.JupyterHub.custom_scopes = {'custom:ABC': {'description': 'x'}}\n",
    "custom-key": "c.JupyterHub.custom_scopes = {'custom:abc': {'description': 'x', 'nonsense': 1}}\n",
    "custom-builtin": "c.JupyterHub.custom_scopes = {'custom:abc': {'description': 'x', 'subscopes': ['read:users']}}\n",
    "custom-exclamation": "c.JupyterHub.custom_scopes = {'custom:abc!user': {'description': 'x'}}\n",
    "token-wide": ROLE.format('{"name": "token", "scopes": ["admin:users"]}'),
    "server-role": ROLE.format('{"name": "server", "scopes": ["self"]}'),
    "group-of-role": ROLE.format('{"name": "abc", "scopes": [], "groups": ["new-group"]}'),
    "bad-service-scope": "c.JupyterHub.services = [{'name': 'svc', 'api_token': 'x-token-x', 'oauth_client_allowed_scopes': ['none'], 'oauth_redirect_uri': '/x'}]\n",
    "service-role": "c.JupyterHub.services = [{'name': 'svc', 'api_token': 'x-token-x', 'oauth_roles': ['none'], 'oauth_redirect_uri': '/x'}]\n",
    "short-token": "c.JupyterHub.services = [{'name': 'svc', 'api_token': 'x'}]\n",
    "service-name": "c.JupyterHub.services = [{'name': 'a/b', 'api_token': 'x-token-x'}]\n",
    "service-client-id": "c.JupyterHub.services = [{'name': 'svc', 'api_token': 'x-token-x', 'oauth_client_id': 'mine', 'oauth_redirect_uri': '/x'}]\n",
    "service-key": "c.JupyterHub.services = [{'name': 'svc', 'api_token': 'x-token-x', 'nonsense': 1}]\n",
    "groups-list": "c.JupyterHub.load_groups = {'g': ['a/b']}\n",
    "groups-managed": "c.JupyterHub.load_groups = {'g': []}\nc.Authenticator.manage_groups = True\n",
}  # fmt: skip

_DRIVER = """
import asyncio, json, os, sys
from jupyterhub.app import JupyterHub

def attempt(folder):
    os.chdir(folder)
    try:
        asyncio.run(JupyterHub.instance().initialize(["-f", "jupyterhub_config.py", "--log-level=CRITICAL"]))
    except BaseException as error:
        print(error, file=sys.stderr)
        return 1
    return 0

outcomes = {}
for name, folder in json.load(sys.stdin).items():
    child = os.fork()
    if not child:
        os._exit(attempt(folder))
    outcomes[name] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
print(json.dumps(outcomes))
"""


def outcomes_of_jupyterhub(base: str, folder: Path) -> dict[str, bool]:
    """Which of the configurations JupyterHub starts with."""
    folders: dict[str, str] = {}
    for name, lines in STARTS.items():
        own = folder / name
        own.mkdir()
        (own / "jupyterhub_config.py").write_text(f"import os\nhere = {str(own)!r}\n{base}{lines}")
        folders[name] = str(own)
    done = subprocess.run(
        [str(settings.PYTHON), "-c", _DRIVER], input=json.dumps(folders), capture_output=True, text=True, timeout=300, cwd=folder,
        env=os.environ | {"CONFIGPROXY_AUTH_TOKEN": "x"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
