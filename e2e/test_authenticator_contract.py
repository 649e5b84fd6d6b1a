"""What an authenticator may say and change, from the login page to the log-out, beside JupyterHub itself."""

from __future__ import annotations

import html
import re

import pytest
from harness.both import of_both
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS
from harness.waiting import until

BASIS = TRIVIAL_SERVERS + ADMIN_SERVICE
ENVIRONMENT = {"JUPYTERHUB_CRYPT_KEY": "8f1b" * 16}
CLASS = """
import json
from jupyterhub.auth import Authenticator
from jupyterhub.handlers import BaseHandler
from tornado import web

def write(line):
    with open(os.path.join(here, "said"), "a") as log:
        log.write(line + "\\n")

class Bye(BaseHandler):
    def get(self):
        write(f"bye {self.current_user and self.current_user.name}")
        self.finish("bye")

class Hello(BaseHandler):
    async def get(self):
        user = await self.login_user({"username": self.get_argument("name", "ada"), "password": "pass"})
        if user is None:
            raise web.HTTPError(403, "not you")
        self.redirect(self.get_next_url(user))

class Mine(Authenticator):
    def authenticate(self, handler, data):
        if data["password"] != "pass":
            return None
        write(f"form {sorted(data)} otp={data.get('otp')}")
        name = data["username"]
        return {"name": name, "admin": name == "chief" or None, "groups": ["of-" + name], "auth_state": {"rounds": 0}}

    def check_blocked_users(self, username, model):
        return username != "gone" and super().check_blocked_users(username, model)

    def check_allowed(self, username, model):
        write(f"allowed {username} {sorted(model)}")
        return super().check_allowed(username, model)

    async def refresh_user(self, user, handler=None):
        state = await user.get_auth_state()
        write(f"refresh {user.name} {type(handler).__name__ != 'NoneType'} {state}")
        if user.name == "stale":
            return False
        if user.name == "ada":
            return True
        return {"auth_state": {"rounds": state["rounds"] + 1}, "groups": ["after-" + user.name]}

    def add_user(self, user):
        write(f"add {user.name}")
        super().add_user(user)

    def delete_user(self, user):
        write(f"delete {user.name} {user.id > 0}")
        super().delete_user(user)

    async def pre_spawn_start(self, user, spawner):
        state = await user.get_auth_state()
        write(f"before {user.name} {spawner.name} {json.dumps(state)}")
        if user.name == "never":
            raise web.HTTPError(409, "not %s", "now")
        spawner.environment["ROUNDS"] = str(state["rounds"])

    async def post_spawn_stop(self, user, spawner):
        write(f"after {user.name} {spawner.name} {await spawner.poll() is not None}")

    def get_handlers(self, app):
        return [(r"/bye", Bye), (r"/hello", Hello)]

    def login_url(self, base_url):
        return base_url + "hello"

    def logout_url(self, base_url):
        return base_url + "bye"

c.JupyterHub.authenticator_class = Mine
c.Mine.enable_auth_state = True
c.Mine.manage_groups = True
c.Mine.auth_refresh_age = 1
c.Mine.username_map = {"alias": "ada", "twice": "alias"}
c.Mine.username_pattern = "[a-z]+"
c.Mine.request_otp = True
c.Mine.otp_prompt = "Six <digits>"
c.Mine.login_service = "Some <Service>"
"""


@pytest.fixture(scope="module")
def hubs(make_both):
    return make_both(BASIS + CLASS + "c.Mine.allow_all = True\n", env=ENVIRONMENT)


def said(hub) -> list[str]:
    file = hub.directory / "said"
    return file.read_text().splitlines() if file.exists() else []


def log_in(hub, name: str, otp: str = "123456"):
    client = hub.client()
    client.get("hub/login")
    form = {"username": name, "password": "pass", "otp": otp, "_xsrf": client.xsrf()}
    answer = client.post("hub/login", data=form, allow_redirects=False)
    client.get("hub/home", allow_redirects=False)
    return client, answer


def test_the_login_page(hubs):
    def page(hub):
        text = hub.client().get("hub/login").text
        return "Six &lt;digits&gt;" in text, 'name="otp"' in text, "Some &lt;Service&gt;" in text

    of_both(hubs, page)


def test_addresses(hubs):
    """Where a stranger and someone who leaves are led."""

    def led(hub):
        client, _ = log_in(hub, "ada")
        home = html.unescape(client.get("hub/home").text)
        stranger = hub.client().get("hub/home", allow_redirects=False)
        own = client.get("hub/bye")
        return (
            stranger.status_code, stranger.headers["Location"], re.findall(r'id="logout"[^>]*href="([^"]*)"', home), own.text,
            "bye ada" in said(hub),
        )  # fmt: skip

    of_both(hubs, led)


def test_a_login_by_its_own_handler(hubs):
    def led(hub):
        client = hub.client()
        answer = client.get("hub/hello?next=%2Fhub%2Fhome", allow_redirects=False)
        client.get("hub/home")
        return answer.status_code, answer.headers["Location"], client.user()["groups"], hub.client().get("hub/hello?name=gone").status_code

    assert of_both(hubs, led) == (302, "/hub/home", ["of-ada"], 403)


def test_logins(hubs):
    def of(hub, name):
        client, answer = log_in(hub, name)
        return answer.status_code, client.user() if answer.status_code == 302 else None

    def some(user):
        return user and {name: user[name] for name in ("name", "admin", "groups", "roles")}

    for name in ("chief", "gone", "alias", "twice", "Upper", "x1", "ada"):
        status, _ = of_both(hubs, lambda hub, name=name: (lambda found: (found[0], some(found[1])))(of(hub, name)))
        assert status == (403 if name == "gone" else 302), name
    otp = [{line for line in said(hub) if line.startswith(("form", "allowed"))} for hub in hubs]
    assert otp[0] == otp[1] and any("otp=123456" in line for line in otp[0])


def test_names_of_the_api(hubs):
    def made(hub):
        names = ["alias", "x-1", "1x", "Mixed", "fine"]
        return [(hub.admin().api("POST", f"users/{name}").status_code) for name in names], sorted(
            user["name"] for user in hub.admin().expect(200, "GET", "users").json() if user["name"] in {*names, "mixed"}
        )

    of_both(hubs, made)


def test_users_come_and_go(hubs):
    def lines(hub):
        hub.admin().api("POST", "users/short")
        hub.admin().expect(204, "DELETE", "users/short")
        return [line for line in said(hub) if "short" in line]

    assert of_both(hubs, lines) == ["add short", "delete short True"]


def test_around_servers(hubs):
    def run(hub):
        client, _ = log_in(hub, "kay")
        client.start_server("kay")
        rounds = hub.server_process("kay").environ()["ROUNDS"]
        client.stop_server("kay")
        until(lambda: "after kay  True" in said(hub), "post_spawn_stop")
        return rounds.isdigit(), [line.partition(" {")[0] for line in said(hub) if line.startswith("before kay")]

    assert of_both(hubs, run) == (True, ["before kay "])


def test_a_start_that_it_refuses(hubs):
    def run(hub):
        client, _ = log_in(hub, "never")
        answer = client.api("POST", "users/never/server", json={})
        return answer.status_code, client.user()["servers"]

    of_both(hubs, run)


def test_a_login_is_refreshed_after_its_age(hubs):
    """By time alone: each second a page asks again, and what the answer brings is kept."""

    def refreshed(hub):
        client, _ = log_in(hub, "lea")
        until(lambda: client.get("hub/home") and sum(line.startswith("refresh lea") for line in said(hub)) >= 2, "two refreshes")
        model = hub.admin().expect(200, "GET", "users/lea").json()
        first = next(line for line in said(hub) if line.startswith("refresh lea"))
        return model["groups"], model["auth_state"]["rounds"] >= 2, first

    assert of_both(hubs, refreshed) == (["after-lea"], True, "refresh lea True {'rounds': 0}")


def test_a_login_that_is_stale_has_to_be_done_again(hubs):
    def stale(hub):
        client, _ = log_in(hub, "stale")
        led = until(
            lambda: (answer := client.get("hub/home", allow_redirects=False)).status_code == 302 and answer, "the login to be stale"
        )
        token = hub.token_for("stale")
        return led.headers["Location"], hub.client(token).api("GET", "user").status_code

    of_both(hubs, stale)


FEW = BASIS + CLASS


def test_nothing_that_allows_anybody(make_both_hubs):
    """`check_allow_config`: a warning, and nobody gets in."""
    hubs = make_both_hubs(FEW)

    def run(hub):
        return log_in(hub, "ada")[1].status_code, "No allow config found" in hub.log()

    status, warned = of_both(hubs, lambda hub: (run(hub)[0], True))
    assert status == 403 and warned


def test_existing_users(make_both_hubs):
    hubs = make_both_hubs(FEW + "c.Mine.allow_existing_users = True\n")

    def run(hub):
        before = log_in(hub, "ada")[1].status_code
        hub.admin().expect(201, "POST", "users/ada")
        between = log_in(hub, "ada")[1].status_code
        hub.admin().expect(204, "DELETE", "users/ada")
        return before, between, log_in(hub, "ada")[1].status_code

    assert of_both(hubs, run) == (403, 302, 403)


def test_some_users(make_both_hubs):
    """With `allowed_users` users of the database are let in too."""
    hubs = make_both_hubs(FEW + 'c.Mine.allowed_users = {"bea"}\nc.Mine.admin_users = {"root"}\nc.Mine.blocked_users = {"bob"}\n')

    def run(hub):
        first = [log_in(hub, name)[1].status_code for name in ("bea", "root", "ada", "bob")]
        hub.admin().expect(201, "POST", "users/ada")
        return first, log_in(hub, "ada")[1].status_code

    assert of_both(hubs, run) == ([302, 302, 403, 403], 302)


def test_auto_login(make_both_hubs):
    """A class whose login needs no page: strangers go straight to it."""
    hubs = make_both_hubs(FEW + "c.Mine.allow_all = True\nc.Mine.auto_login = True\n")

    def led(hub):
        login = hub.client().get("hub/login?next=%2Fhub%2Fhome", allow_redirects=False)
        home = hub.client().get("hub/", allow_redirects=False)
        whole = hub.client().get("hub/home")
        return login.status_code, login.headers.get("Location"), home.headers.get("Location"), whole.status_code, whole.url[-9:]

    of_both(hubs, led)


def test_a_native_class_that_manages_roles(make_both_hubs):
    """`manage_roles` makes Python run the class; a dummy one has no roles to give."""
    hubs = make_both_hubs(DUMMY_LOGIN + BASIS + "c.Authenticator.manage_roles = True\n")

    def run(hub):
        roles = {name: sorted(hub.log_in(name).user()["roles"]) for name in ("ada", "admin")}
        grant = hub.admin().expect(200, "GET", "users/ada").json()
        return roles, grant["roles"], grant["admin"]

    of_both(hubs, run)


@pytest.fixture
def make_both_hubs(make_hub):
    def make(config: str):
        made = [make_hub(config, kind=kind, env=ENVIRONMENT).launch() for kind in ("jupyterhub", "perijove")]
        return [hub.wait_ready() for hub in made]

    return make
