"""Authenticators in Python: classes of the configuration, plug-ins, and native ones that are told to run there."""

from __future__ import annotations

import pytest
from harness.both import of_both
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS

BASIS = TRIVIAL_SERVERS + ADMIN_SERVICE
CUSTOM = (
    BASIS
    + """
from jupyterhub.auth import Authenticator
from tornado import web
from traitlets import Unicode

class Mine(Authenticator):
    password = Unicode(config=True)

    async def authenticate(self, handler, data):
        if data["username"] == "teapot":
            raise web.HTTPError(418, "I am a %s", "teapot")
        if data["username"] == "broken":
            raise RuntimeError("a secret of the plug-in")
        if data["password"] != self.password:
            return None
        state = {"agent": handler.request.headers["User-Agent"], "otp": data.get("otp", "")}
        return {"name": data["username"], "groups": ["people"], "auth_state": state}

    def normalize_username(self, username):
        return super().normalize_username(username).replace(".", "-")

    def check_allowed(self, username, model):
        return username != "mallory"

    def is_admin(self, handler, model):
        return model["name"] == "root"

    def add_user(self, user):
        self.log.info("add_user %s", user.name)
        if user.name == "unwanted":
            raise ValueError("not this one")
        super().add_user(user)

    def delete_user(self, user):
        self.log.info("delete_user %s", user.name)

    async def pre_spawn_start(self, user, spawner):
        state = await user.get_auth_state()
        spawner.environment["FROM_AUTHENTICATOR"] = f"{user.name} {state['otp']!r}"

    def post_spawn_stop(self, user, spawner):
        self.log.info("post_spawn_stop %s %s", user.name, spawner.server)

    def get_custom_html(self, base_url):
        return "<form id='mine' action='{{ authenticator_login_url }}'>{{ xsrf }} {{ login_error }}</form>"

c.JupyterHub.authenticator_class = Mine
c.Mine.password = "pass word"
c.Mine.manage_groups = True
c.Mine.enable_auth_state = True
c.Mine.blocked_users = {"blocked"}
"""
)
ENVIRONMENT = {"JUPYTERHUB_CRYPT_KEY": "8f1b" * 16}


@pytest.fixture(scope="module")
def hubs(make_both):
    return make_both(CUSTOM, env=ENVIRONMENT)


def attempt(hub, name: str, password: str = "pass word"):
    client = hub.client()
    return client, client.try_log_in(name, password)


def test_a_login(hubs):
    def log_in(hub):
        client, answer = attempt(hub, "Ada.L")
        client.get("hub/home")
        user = client.user()
        state = hub.admin().expect(200, "GET", f"users/{user['name']}").json()["auth_state"]
        return answer.status_code, answer.headers["Location"], user["name"], user["admin"], user["groups"], state["otp"]

    assert of_both(hubs, log_in) == (302, "/hub/spawn", "ada-l", False, ["people"], "")


def test_refusals(hubs):
    def statuses(hub):
        names = {"teapot": "pass word", "broken": "pass word", "ada": "wrong", "mallory": "pass word", "blocked": "pass word"}
        return {name: attempt(hub, name, password)[1].status_code for name, password in names.items()}

    assert of_both(hubs, statuses) == {"teapot": 418, "broken": 500, "ada": 403, "mallory": 403, "blocked": 403}
    for hub in hubs:
        assert "I am a teapot" in attempt(hub, "teapot")[1].text
        assert "a secret" not in attempt(hub, "broken")[1].text
        hub.logged("a secret")
        hub.admin().expect(404, "GET", "users/mallory")


def test_administrators_come_and_go(hubs):
    def log_in(hub):
        client, _ = attempt(hub, "root")
        client.get("hub/home")
        return client.user()["admin"]

    assert of_both(hubs, log_in) is True


def test_users_of_the_api_are_told_to_it(hubs):
    def made(hub):
        statuses = [hub.admin().api("POST", f"users/{name}").status_code for name in ("wanted", "unwanted", "Not.Normal")]
        statuses.append(hub.admin().api("DELETE", "users/wanted").status_code)
        return statuses, hub.admin().api("GET", "users/unwanted").status_code

    of_both(hubs, made)
    for hub in hubs:
        hub.logged("add_user wanted", "delete_user wanted")


def test_around_servers(hubs):
    for hub in hubs:
        client, _ = attempt(hub, "ada")
        client.get("hub/home")
        client.start_server("ada")
        assert hub.server_process("ada").environ()["FROM_AUTHENTICATOR"] == "ada ''"
        client.stop_server("ada")
        hub.logged("post_spawn_stop ada None")


def test_its_own_form(hubs):
    page = hubs[1].client().get("hub/login").text
    assert "<form id='mine' action='/hub/login?next='>" in page


def test_info_names_the_class(hubs):
    def named(hub):
        return hub.admin().expect(200, "GET", "info").json()["authenticator"]["class"].rpartition(".")[2]

    assert of_both(hubs, named) == "Mine"


@pytest.mark.perijove
def test_a_native_one_may_run_in_python(make_hub):
    hub = make_hub(DUMMY_LOGIN + BASIS, env={"PERIJOVE_FORCE_PYTHON": "authenticator"}).start()
    assert "Using Authenticator: jupyterhub.auth.DummyAuthenticator (Python: " in hub.log()
    client = hub.log_in("ada")
    client.start_server("ada")
    assert client.get("user/ada/").status_code == 200
    assert hub.log_in("admin").user()["admin"]
    client.log_in("bea", "wrong", expect=403)


def test_sessions_and_state_survive_and_go_back(make_hub):
    hub = make_hub(CUSTOM, env=ENVIRONMENT).start()
    client, _ = attempt(hub, "ada")
    hub.restart()
    assert client.get("hub/home").status_code == 200
    hub.stop()
    back = make_hub(
        CUSTOM, kind="jupyterhub", env=ENVIRONMENT, directory=hub.directory, port=hub.port, hub_port=hub.hub_port
    )
    back.start()
    assert client.get("hub/home").status_code == 200
    assert back.admin().expect(200, "GET", "users/ada").json()["auth_state"]["otp"] == ""
