"""Request handlers of plug-ins: `JupyterHub.extra_handlers`, beside JupyterHub itself where both have an answer."""

from __future__ import annotations

import re
import stat
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import pytest
from harness import settings
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS
from harness.waiting import until

HANDLERS = """
from pathlib import Path
Path(here, "templates").mkdir(exist_ok=True)
Path(here, "templates", "greeting.html").write_text(
    "{% extends 'page.html' %}{% block main %}<p id='greeting'>{{ greeting }} <b>{{ user.name }}</b></p>"
    "<form><input name='_xsrf' value='{{ xsrf }}'></form>{% endblock %}"
)
c.JupyterHub.template_paths = [str(Path(here, "templates"))]
c.JupyterHub.template_vars = {"announcement": "from the configuration"}

from jupyterhub.handlers import BaseHandler
from jupyterhub.apihandlers import APIHandler
from jupyterhub.scopes import needs_scope
from jupyterhub import orm
from tornado import web

class Who(BaseHandler):
    async def get(self):
        user = self.current_user
        self.write({
            "name": user and user.name, "admin": bool(user and user.admin), "scopes": sorted(self.expanded_scopes),
            "address": self.request.remote_ip, "protocol": self.request.protocol, "host": self.request.host,
            "path": self.request.path, "query": self.get_argument("q", ""),
        })

    def post(self):
        self.write({"said": self.get_body_argument("word")})

class Page(BaseHandler):
    @web.authenticated
    async def get(self):
        self.finish(await self.render_template("greeting.html", greeting="<hello>"))

class Rows(BaseHandler):
    @needs_scope("admin:users")
    async def get(self):
        self.write({"users": sorted(user.name for user in self.db.query(orm.User))})

class Make(BaseHandler):
    @web.authenticated
    async def post(self):
        if self.get_query_argument("remove", ""):
            self.db.delete(orm.Group.find(self.db, "of-a-handler"))
        else:
            self.db.add(orm.Group(name="of-a-handler"))
        self.db.commit()
        self.set_status(204)

class Fail(BaseHandler):
    async def get(self, how):
        if how == "refuse":
            raise web.HTTPError(418, "No %s here", "coffee")
        raise RuntimeError("a secret of the handler's")

class Start(BaseHandler):
    @web.authenticated
    async def get(self, what):
        user = self.current_user
        if what == "stop":
            await self.stop_single_user(user)
        else:
            await self.spawn_single_user(user)
        self.redirect(self.get_next_url(user))

class LogIn(BaseHandler):
    async def get(self, name):
        user = await self.auth_to_user({"name": name, "admin": True, "groups": None})
        self.set_login_cookie(user)
        self.redirect(self.get_next_url(user))

class Api(APIHandler):
    @needs_scope("list:users")
    def get(self):
        self.write('{"fine": true}')

class Stop(BaseHandler):
    def get(self):
        os._exit(3)

c.JupyterHub.extra_handlers = [
    (r"/who", Who),
    (r"/page/?", Page),
    (r"/rows", Rows),
    (r"/make", Make),
    (r"/fail/(refuse|break)", Fail),
    (r"/server/(start|stop)", Start),
    (r"/log-in/(?P<name>[^/]+)", LogIn),
    (r"/api/own", Api),
    (r"/stop", Stop),
    (r"/home", Who),
]
"""
CONFIG = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + HANDLERS
SAME_HEADERS = ("Content-Type", "X-JupyterHub-Version", "Content-Security-Policy", "Access-Control-Allow-Headers", "Location")


@pytest.fixture(scope="module")
def hubs(make_both):
    return make_both(CONFIG)


@pytest.fixture(scope="module")
def hub(hubs):
    return hubs[1]


def facts(answer) -> dict:
    """What both must say alike."""
    port = re.search(r":(\d+)", answer.request.url).group(1)
    return {"status": answer.status_code} | {
        name: answer.headers.get(name, "").replace(port, "PORT") for name in SAME_HEADERS
    }


def of_both(hubs, ask) -> tuple:
    """The answers of both, whose status and headers are the same."""
    theirs, ours = (ask(hub) for hub in hubs)
    assert facts(theirs) == facts(ours), f"{theirs.text[:500]}\n{ours.text[:500]}"
    return theirs, ours


def test_a_stranger(hubs):
    theirs, ours = of_both(hubs, lambda hub: hub.client().get("hub/who?q=a%20b"))
    assert theirs.json() | {"host": ""} == ours.json() | {"host": ""}
    assert ours.json()["address"] == "127.0.0.1" and ours.json()["query"] == "a b"
    of_both(hubs, lambda hub: hub.client().get("hub/page", allow_redirects=False))
    of_both(hubs, lambda hub: hub.client().get("hub/rows"))
    of_both(hubs, lambda hub: hub.client().get("hub/who/"))
    of_both(hubs, lambda hub: hub.client().request("DELETE", "hub/who"))
    of_both(hubs, lambda hub: hub.client().get("hub/no-such-page"))


def test_the_user_of_the_cookie(hubs):
    theirs, ours = of_both(hubs, lambda hub: hub.log_in("ada").get("hub/who"))
    assert theirs.json() | {"host": ""} == ours.json() | {"host": ""}
    assert ours.json()["name"] == "ada" and not ours.json()["admin"]
    assert hubs[1].log_in("admin").get("hub/who").json()["admin"]


def test_pages_extend_the_templates(hubs):
    _, ours = of_both(hubs, lambda hub: hub.log_in("ada").get("hub/page"))
    assert "<p id='greeting'>&lt;hello&gt; <b>ada</b></p>" in ours.text
    assert "from the configuration" in ours.text and 'href="/hub/home"' in ours.text
    # The addresses of files are the ones that the hub's own pages have.
    style = re.search(r'href="(/hub/static/[^"]*style[^"]*)"', ours.text).group(1)
    assert style in hubs[1].client().get("hub/login").text
    assert hubs[1].client().get(style).status_code == 200


def test_forgery(hubs):
    def post(hub, token):
        client = hub.log_in("ada")
        client.get("hub/page")
        token = {"_xsrf": client.xsrf()} if token else {}
        return client.post("hub/who", data={"word": "hello"} | token)

    of_both(hubs, lambda hub: post(hub, False))
    _, ours = of_both(hubs, lambda hub: post(hub, True))
    assert ours.json() == {"said": "hello"}


def test_a_strangers_token_is_good_for_both_servers(hub):
    """The value that the hub's login page gave is accepted by a handler, and the other way round."""
    client = hub.client()
    client.get("hub/login")
    assert client.post("hub/who", data={"word": "hello", "_xsrf": client.xsrf()}).status_code == 200
    client = hub.client()
    client.get("hub/fail/refuse")
    form = {"username": "ada", "password": "a shared secret", "_xsrf": client.xsrf()}
    assert client.post("hub/login", data=form, allow_redirects=False).status_code == 302


def test_scopes_and_rows(hubs):
    of_both(hubs, lambda hub: hub.log_in("ada").get("hub/rows"))
    _, ours = of_both(hubs, lambda hub: hub.log_in("admin").get("hub/rows"))
    assert {"ada", "admin"} <= set(ours.json()["users"])
    hubs[1].admin().expect(201, "POST", "users/made-by-the-hub")
    assert "made-by-the-hub" in hubs[1].log_in("admin").get("hub/rows").json()["users"]


def test_what_a_handler_writes_the_hub_sees(hub):
    client = hub.log_in("ada")
    headers = {"X-XSRFToken": client.xsrf()}
    assert client.post("hub/make", headers=headers).status_code == 204
    assert "of-a-handler" in [group["name"] for group in hub.admin().expect(200, "GET", "groups").json()]
    assert client.post("hub/make?remove=1", headers=headers).status_code == 204
    assert hub.admin().expect(200, "GET", "groups").json() == []


def test_exceptions(hubs):
    _, ours = of_both(hubs, lambda hub: hub.client().get("hub/fail/refuse"))
    assert "418" in ours.text and "No coffee here" in ours.text
    _, ours = of_both(hubs, lambda hub: hub.client().get("hub/fail/break"))
    assert "a secret of the handler" not in ours.text
    hubs[1].logged('RuntimeError("a secret', "GET /hub/fail/break")


def test_servers(hubs):
    for hub in hubs:
        client = hub.log_in("cleo")
        started = client.get("hub/server/start", allow_redirects=False)
        assert started.headers.get("Location") == "/user/cleo/", (hub.kind, started.status_code, started.text)
        assert hub.admin().expect(200, "GET", "users/cleo").json()["server"] == "/user/cleo/"
        assert client.get("hub/server/stop", allow_redirects=False).headers["Location"] == "/hub/spawn"
        assert hub.admin().expect(200, "GET", "users/cleo").json()["server"] is None


def test_a_login_by_a_handler(hubs):
    for hub in hubs:
        client = hub.client()
        answer = client.get("hub/log-in/zoe", allow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/hub/spawn")
        assert client.get("hub/home").status_code == 200
        assert client.user()["name"] == "zoe" and client.user()["admin"]


def cookies(answer) -> dict[str, str]:
    """Each cookie's attributes, without its value; its end as days from now."""
    lines = answer.raw.headers.getlist("Set-Cookie")
    parsed = (line.partition("=")[::2] for line in lines)
    return {name: "; ".join(sorted(attribute(part.strip().lower()) for part in rest.split(";")[1:])) for name, rest in parsed}


def attribute(text: str) -> str:
    name, _, value = text.partition("=")
    if name != "expires":
        return text
    return f"expires in {round((parsedate_to_datetime(value) - datetime.now(timezone.utc)).total_seconds() / 86400)} days"


@pytest.mark.parametrize("proto", ["http", "https"])
def test_the_cookies_of_a_login(hubs, proto):
    """As JupyterHub's, but secure behind a proxy that says so."""

    def log_in(hub, proto):
        headers = {"X-Forwarded-Proto": proto, "X-Forwarded-For": "192.0.2.1"}
        return cookies(hub.client().get("hub/log-in/zoe", headers=headers, allow_redirects=False))

    theirs, ours = log_in(hubs[0], "http"), log_in(hubs[1], proto)
    for name in ("jupyterhub-hub-login", "jupyterhub-session-id"):
        expected = sorted([*theirs[name].split("; "), *(["secure"] if proto == "https" else [])])
        assert ours[name].split("; ") == expected
    assert ours["_xsrf"] == theirs["_xsrf"]


def test_below_another_path(make_hub):
    for kind in ("jupyterhub", settings.SERVER):
        hub = make_hub(CONFIG, kind=kind, base_url="/p/").start()
        client = hub.log_in("ada")
        said = client.get("hub/who").json()
        assert (said["name"], said["path"]) == ("ada", "/p/hub/who")
        assert 'href="/p/hub/home"' in client.get("hub/page").text
        assert hub.client().get("hub/page", allow_redirects=False).headers["Location"] == "/p/hub/login?next=%2Fp%2Fhub%2Fpage"


def test_tokens(hubs):
    _, ours = of_both(hubs, lambda hub: hub.admin().get("hub/api/own"))
    assert ours.json() == {"fine": True}
    of_both(hubs, lambda hub: hub.client(hub.token_for("bea")).get("hub/api/own"))
    of_both(hubs, lambda hub: hub.client("wrong").get("hub/api/own"))
    # A page takes no token.
    assert hubs[1].client(hubs[1].token_for("ada")).get("hub/who").json()["name"] is None


def test_the_hubs_own_pages_come_first(hub):
    page = hub.log_in("ada").get("hub/home")
    assert page.headers["Content-Type"].startswith("text/html")


def test_the_client_is_who_the_hub_says_it_is(hub):
    client = hub.client()
    forged = {"X-Perijove-Client-Address": "6.6.6.6", "X-Perijove-Client-Scheme": "https"}
    said = client.get("hub/who", headers=forged).json()
    assert (said["address"], said["protocol"]) == ("127.0.0.1", "http")
    through = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}
    said = client.get("hub/who", headers=through).json()
    assert (said["address"], said["protocol"]) == ("192.0.2.1", "https")


def test_handlers_may_be_named(make_hub):
    """Nothing in such a configuration is Python's but the handler."""
    named = 'c.JupyterHub.extra_handlers = [(r"/fit", "jupyterhub.handlers.pages.HealthCheckHandler")]\n'
    for kind in ("jupyterhub", settings.SERVER):
        hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS + named, kind=kind).start()
        assert hub.client().get("hub/fit").status_code == 200


@pytest.mark.perijove
def test_the_socket_is_private_and_goes_with_the_hub(make_hub, tmp_path):
    place = tmp_path / "t"
    place.mkdir()
    hub = make_hub(CONFIG, env={"TMPDIR": str(place)}).start()
    assert hub.client().get("hub/who").status_code == 200
    (folder,) = place.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert hub.stop() == 0
    assert list(place.iterdir()) == []


@pytest.mark.perijove
def test_a_worker_that_dies_is_replaced(make_hub):
    hub = make_hub(CONFIG).start()
    client = hub.log_in("ada")
    assert client.get("hub/who").json()["name"] == "ada"
    died = client.get("hub/stop")
    assert died.status_code == 503 and died.headers["Content-Type"].startswith("text/html")
    assert client.get("hub/who").json()["name"] == "ada"


@pytest.mark.perijove
def test_handlers_that_cannot_be_made_end_the_start(make_hub):
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS + "c.JupyterHub.extra_handlers = [(r'/x', 'no.such.module')]\n").launch()
    until(lambda: hub.process.poll() is not None, "the hub to end")
    assert hub.process.returncode != 0 and "no.such" in hub.log() or "No module named 'no'" in hub.log()
