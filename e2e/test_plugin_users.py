"""What handlers and hooks of plug-ins see of users and servers, and do with them; beside JupyterHub itself."""

from __future__ import annotations

import json
import re

import pytest
from harness.both import of_both
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS
from harness.waiting import until

HANDLERS = """
import asyncio
from pathlib import Path
from jupyterhub import orm
from jupyterhub.handlers import BaseHandler
from jupyterhub.user import User
from tornado import web

c.JupyterHub.allow_named_servers = True
c.Authenticator.enable_auth_state = True

def server(spawner):
    active = spawner.active
    return {
        "name": spawner.name, "active": active, "ready": spawner.ready, "pending": spawner.pending,
        "base_url": spawner.server.base_url if spawner.ready else "", "at": bool(spawner.ready and spawner.server.url),
        "options": spawner.user_options, "class": type(spawner).__name__, "client": spawner.oauth_client_id,
        "proxy_spec": spawner.proxy_spec, "state": sorted(spawner.get_state()) if spawner.ready else [],
        "started": spawner.orm_spawner.started is not None, "user": spawner.user.name,
    }

def shown(user):
    return {
        "name": user.name, "admin": user.admin, "running": user.running, "active": user.active, "url": user.url,
        "server_url": user.server_url("lab"), "progress_url": user.progress_url("lab"), "prefix": user.base_url,
        "escaped": user.escaped_name, "json": user.json_escaped_name, "spec": user.proxy_spec, "host": user.host,
        "domain": getattr(user, "domain", "") and "", "groups": [group.name for group in user.groups],
        "roles": sorted(role.name for role in user.roles), "all": [one.name for one in user.all_spawners()],
        "all_named": [one.name for one in user.all_spawners(False)], "repr": type(user).__name__,
        "servers": [server(user.spawners[name]) for name in sorted(user.spawners) if user.spawners[name].active], "created": user.created is not None,
    }

class Look(BaseHandler):
    def get(self, name):
        user = self.find_user(name)
        same = user is not None and user is self.users[user.id] is self.users[name] is self._user_from_orm(user.orm_user)
        self.write({"user": user and shown(user), "same": same, "known": name in self.users})

class Make(BaseHandler):
    def get(self, name):
        user = self.user_from_username(name)
        self.write({"user": shown(user), "found": self.find_user(name) is user})

class Me(BaseHandler):
    async def get(self):
        user = await self.get_current_user()
        self.write({
            "same": user is self.current_user, "cookie": self.get_current_user_cookie() is user,
            "token": self.get_token() is None, "session": bool(self.get_session_cookie()), "user": shown(user),
            "login": self.authenticator.login_url(self.hub.base_url), "default": self.get_next_url(user),
            "next": self.get_next_url(user, default="/elsewhere"), "scopes": sorted(self.expanded_scopes),
            "template": sorted(name for name in self.template_namespace if not name.startswith("_")),
            "slow": [self.slow_spawn_timeout, self.slow_stop_timeout], "named": self.allow_named_servers,
            "limit": await self.get_current_user_named_server_limit(),
        })

class Login(BaseHandler):
    async def get(self, name):
        user = await self.login_user({"username": name, "password": self.get_argument("password", "a shared secret")})
        self.write({"in": user and user.name, "same": user is not None and user is self.find_user(name)})

class Kept(BaseHandler):
    async def get(self, name):
        user = await self.auth_to_user({"name": name, "admin": True, "auth_state": {"a": [1, None]}, "groups": None})
        state = await user.get_auth_state()
        await user.save_auth_state({"b": 2})
        self.write({"user": shown(user), "state": state, "then": await user.get_auth_state()})

class Servers(BaseHandler):
    async def get(self, name, what):
        user = self.find_user(name)
        which = self.get_argument("server", "")
        before = shown(user)
        if what == "spawn":
            if which:
                user.get_or_create_spawner(which, which)
            same = await user.spawn(which, options={"of": "the handler"}) is None
        else:
            same = await user.stop(which) is None
        self.write({"before": before, "after": shown(user), "same": same, "there": which in user.spawners})

class Page(BaseHandler):
    async def get(self):
        loaded = await self.render_template("words.html", word="<b>")
        same = self.render_template("words.html", sync=True, word="<b>")
        self.finish(loaded + same)

Path(here, "templates").mkdir(exist_ok=True)
Path(here, "templates", "words.html").write_text(
    "{{ word }}|{{ base_url }}|{{ prefix }}|{{ user.name }}|{{ login_url }}|{{ logout_url }}|{{ login_service }}|"
    "{{ static_url('a.b') }}|{{ version_hash|length > 0 }}|{{ services }}|{{ parsed_scopes|length > 0 }}|{{ no_spawner_check }}|"
    "{{ expanded_scopes|sort|first }}|{{ xsrf|length > 0 }}|{{ xsrf_token|length > 0 }}|{{ admin_access }}"
)
c.JupyterHub.template_paths = [str(Path(here, "templates"))]

c.JupyterHub.extra_handlers = [
    (r"/look/([^/]+)", Look), (r"/make/([^/]+)", Make), (r"/me", Me), (r"/login-as/([^/]+)", Login), (r"/kept/([^/]+)", Kept),
    (r"/servers/([^/]+)/(spawn|stop)", Servers), (r"/words", Page),
]

async def wait_for_word(spawner):
    while spawner.user.name == "slow" and not Path(here, "go").exists():
        await asyncio.sleep(0.02)
    if spawner.user.name == "pair" and not spawner.name:
        await spawner.user.spawn("second")
        Path(here, "pair.json").write_text(json.dumps(isinstance(spawner.user, User)))
    if spawner.user.name == "refused":
        raise web.HTTPError(422, "Not for %s", "you")

async def stop_pair(spawner):
    if spawner.user.name == "pair" and not spawner.name:
        await spawner.user.stop("second")

import json
c.Spawner.pre_spawn_hook = wait_for_word
c.Spawner.post_stop_hook = stop_pair
"""
ENVIRONMENT = {"JUPYTERHUB_CRYPT_KEY": "8f1b" * 16}
OWN_SPAWNER = """
from jupyterhub.spawner import SimpleLocalProcessSpawner

class Mine(SimpleLocalProcessSpawner):
    pass

c.JupyterHub.spawner_class = Mine
"""


@pytest.fixture(scope="module", params=["native", "own"])
def hubs(make_both, request):
    own = OWN_SPAWNER if request.param == "own" else ""
    return make_both(DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + own + HANDLERS, env=ENVIRONMENT)


def said(hub, path: str, client=None):
    """What a handler says."""
    answer = (client or hub.client()).get(f"hub/{path}")
    is_json = answer.headers["Content-Type"].startswith("application/json")
    return answer.status_code, answer.json() if is_json else answer.text


def test_who_is_there(hubs):
    for hub in hubs:
        hub.admin().expect(201, "POST", "users/dora")
        hub.admin().api("POST", "groups/some")
        hub.admin().expect(200, "POST", "groups/some/users", json={"users": ["dora"]})
    status, there = of_both(hubs, lambda hub: said(hub, "look/dora"))
    assert status == 200 and there["user"]["groups"] == ["some"] and there["same"] and not there["user"]["active"]
    assert of_both(hubs, lambda hub: said(hub, "look/nobody")) == (200, {"user": None, "same": False, "known": False})


def test_users_are_made(hubs):
    status, made = of_both(hubs, lambda hub: said(hub, "make/made"))
    assert status == 200 and made["found"] and made["user"]["roles"] == ["user"]
    for hub in hubs:
        assert hub.admin().expect(200, "GET", "users/made").json()["roles"] == ["user"]


def test_the_one_who_asks(hubs):
    status, me = of_both(hubs, lambda hub: said(hub, "me", hub.log_in("ada")))
    assert status == 200 and me["same"] and me["cookie"] and me["session"]


def test_a_login(hubs):
    def log_in(hub):
        client = hub.client()
        first = said(hub, "login-as/lea", client), client.get("hub/home", allow_redirects=False).status_code
        return first, said(hub, "login-as/lea?password=wrong"), client.user()["name"]

    assert of_both(hubs, log_in)[0] == ((200, {"in": "lea", "same": True}), 200)


def test_auth_state(hubs):
    status, kept = of_both(hubs, lambda hub: said(hub, "kept/kim"))
    assert (status, kept["state"], kept["then"], kept["user"]["admin"]) == (200, {"a": [1, None]}, {"b": 2}, True)
    for hub in hubs:
        assert hub.admin().expect(200, "GET", "users/kim").json()["auth_state"] == {"b": 2}


@pytest.mark.parametrize("server", ["", "lab"])
def test_servers_start_and_stop(hubs, server):
    def run(hub):
        hub.admin().api("POST", "users/zoe")
        query = f"?server={server}"
        answers = [said(hub, f"servers/zoe/spawn{query}"), said(hub, "look/zoe")]
        model = hub.admin().expect(200, "GET", "users/zoe").json()["servers"][server]
        answers.append((model["ready"], model["user_options"]))
        return [*answers, said(hub, f"servers/zoe/stop{query}"), said(hub, "look/zoe")]

    answers = of_both(hubs, run)
    status, started = answers[0]
    assert status == 200 and started["same"] and started["after"]["active"], started
    assert answers[2] == (True, {"of": "the handler"})
    assert not answers[4][1]["user"]["active"]


def test_a_start_that_is_refused(hubs):
    def run(hub):
        hub.admin().api("POST", "users/refused")
        status, _ = said(hub, "servers/refused/spawn")
        return status, said(hub, "look/refused")

    assert of_both(hubs, run)[0] == 422


def test_what_is_pending(hubs):
    def run(hub):
        (hub.directory / "go").unlink(missing_ok=True)
        hub.admin().api("POST", "users/slow")
        hub.admin().api("POST", "users/slow/server", timeout=60, json={})
        while_starting = said(hub, "look/slow")[1]["user"]
        (hub.directory / "go").touch()
        until(lambda: hub.admin().expect(200, "GET", "users/slow").json()["servers"][""]["ready"], "the server")
        return while_starting["active"], while_starting["running"], while_starting["servers"][0]["pending"]

    assert of_both(hubs, run) == (True, False, "spawn")


def test_pages(hubs):
    def page(hub):
        text = said(hub, "words", hub.log_in("ada"))[1]
        return re.sub(r"\?v=[0-9a-f]*", "", text)

    assert of_both(hubs, page).startswith("&lt;b&gt;|/hub/|/|ada|")


def test_hooks_start_and_stop_other_servers(hubs):
    def run(hub):
        client = hub.log_in("pair")
        client.start_server("pair")
        servers = client.user()["servers"]
        ready = {name: one["ready"] for name, one in servers.items()}
        client.stop_server("pair")
        until(lambda: not any(one["ready"] for one in client.user()["servers"].values()), "both to stop")
        return ready, json.loads((hub.directory / "pair.json").read_text())

    assert of_both(hubs, run) == ({"": True, "second": True}, True)
