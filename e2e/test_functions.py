"""Functions as values of `c.JupyterHub`'s options and of the native spawners', called as JupyterHub calls them."""

from __future__ import annotations

import re

import pytest
from harness.both import of_both
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS

BASIS = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE

FUNCTIONS = BASIS + """
from tornado.httputil import url_concat

c.JupyterHub.allow_named_servers = True

async def limit(handler):
    return 2 if handler.current_user.name == "ada" else 1

def landing(handler):
    user = handler.current_user
    return f"/hub/landing?user={user.name}" if user is not None and user.name != "plain" else ""

async def redirect(path, request, user, base_url):
    if path == "usual":
        return None
    return url_concat(f"{base_url}hub/elsewhere/{user.name}/{path}", {"query": request.query})

c.JupyterHub.named_server_limit_per_user = limit
c.JupyterHub.default_url = landing
c.JupyterHub.user_redirect_hook = redirect
"""


def test_the_limit_of_named_servers_may_be_a_function(make_hub):
    hub = make_hub(FUNCTIONS).start()
    for name, allowed in (("ada", 2), ("bob", 1)):
        client = hub.client(hub.token_for(name))
        statuses = [client.api("POST", f"users/{name}/servers/s{number}").status_code for number in range(3)]
        assert statuses == [201] * allowed + [400] * (3 - allowed), name


def test_where_a_login_leads_may_be_a_function(make_hub):
    hub = make_hub(FUNCTIONS).start()
    person = hub.client()
    assert person.get("hub/", allow_redirects=False).headers["Location"].startswith("/hub/login")
    login = person.log_in("ada", "a shared secret")
    assert login.headers["Location"] == "/hub/landing?user=ada"
    assert person.get("hub/", allow_redirects=False).headers["Location"] == "/hub/landing?user=ada"
    assert person.get("hub/login", allow_redirects=False).headers["Location"] == "/hub/landing?user=ada"
    assert person.get("hub/login?next=%2Fhub%2Ftoken", allow_redirects=False).headers["Location"] == "/hub/token"
    other = hub.client()
    assert other.log_in("plain", "a shared secret").headers["Location"] == "/hub/spawn"
    assert other.get("hub/", allow_redirects=False).headers["Location"] == "/hub/spawn"


def test_links_for_everybody_may_be_a_functions(make_hub):
    hub = make_hub(FUNCTIONS).start()
    person = hub.log_in("ada")
    led = person.get("hub/user-redirect/lab/tree/x?a=b", allow_redirects=False)
    assert led.headers["Location"] == "/hub/elsewhere/ada/lab/tree/x?query=a%3Db"
    usual = person.get("hub/user-redirect/usual", allow_redirects=False)
    assert usual.headers["Location"] == "/hub/spawn/ada?next=%2Fuser%2Fada%2Fusual"


SCOPES = BASIS + """
c.Spawner.server_token_scopes = lambda spawner: ["users:activity!user", f"read:users!user={spawner.user.name}"]

async def allowed(spawner):
    return ["self"] if spawner.user.name == "ada" else []

c.Spawner.oauth_client_allowed_scopes = allowed
c.Spawner.progress_ready_hook = lambda spawner, event: {**event, "message": "welcome " + spawner.user.name}

def see(spawner):
    spawner.environment = {"ASKED": spawner.handler.get_argument("asked", "nothing") if spawner.handler else "nobody"}

c.Spawner.pre_spawn_hook = see
"""


# JupyterHub 6.1.1 puts `oauth_client_allowed_scopes` itself into the environment of servers, and fails where it is a function.
@pytest.mark.perijove
def test_scopes_of_servers_may_be_functions_and_hooks_see_the_request(make_hub):
    hub = make_hub(SCOPES).start()
    client = hub.client(hub.token_for("ada"))
    client.expect(201, "POST", "users/ada/server?asked=something")
    assert list(client.progress("ada"))[-1]["message"] == "welcome ada"
    environ = hub.server_process("ada").environ()
    assert environ["ASKED"] == "something"
    server = hub.client(environ["JUPYTERHUB_API_TOKEN"])
    assert "read:users!user=ada" in server.user()["scopes"]
    assert server.api("GET", "users/ada").status_code == 200


def test_functions_among_the_variables_of_templates(make_both):
    """Called with whoever is logged in, on our pages and on a template of the configuration."""
    hubs = make_both(
        BASIS
        + """
def greeting(user):
    if user and user.name == "broken":
        raise RuntimeError("no greeting")
    return f"welcome {user.name} {user.admin}" if user else "who are you?"
templates = os.path.join(here, "templates")
os.makedirs(templates, exist_ok=True)
with open(os.path.join(templates, "page.html"), "w") as page:
    page.write('{% extends "templates/page.html" %}{% block announcement %}<p id="greeting">{{ greeting }} {{ plain }}</p>{% endblock %}')
c.JupyterHub.template_paths = [templates]
c.JupyterHub.template_vars = {"greeting": greeting, "plain": "plain"}
"""
    )

    def greetings(hub):
        pages = [hub.client().get("hub/login"), *(hub.log_in(name).get("hub/home") for name in ("ada", "admin"))]
        said = [re.search('<p id="greeting">(.*?)</p>', page.text)[1] for page in pages]
        return said, hub.log_in("broken").get("hub/home").status_code

    assert of_both(hubs, greetings) == (["who are you? plain", "welcome ada False plain", "welcome admin True plain"], 500)


BROKEN = BASIS + """
def hook(spawner):
    error = RuntimeError("the secret of the site")
    if spawner.user.name == "told":
        error.jupyterhub_message = "words for people"
    if spawner.user.name == "as-html":
        error.jupyterhub_html_message = "<b id='told'>words</b> for people"
    raise error

c.Spawner.pre_spawn_hook = hook
"""


@pytest.mark.parametrize("form", ["", "c.Spawner.options_form = '<input name=energy>'\n"], ids=["no-form", "form"])
def test_what_breaks_in_a_hook_is_no_word_for_people(make_both, form):
    """The text of an exception is for the log, unless it was meant to be read; the progress of a start tells it, as JupyterHub's."""

    def pages(hub, name):
        person, api = hub.log_in(name), hub.client(hub.token_for(name))
        # The first call of a hook takes longer than a page waits.
        refused = api.api("POST", f"users/{name}/server")
        asked = [
            person.get("hub/spawn"), person.post("hub/spawn", params={"_xsrf": person.xsrf()}, data={"energy": "1"}),
            person.get(f"hub/spawn-pending/{name}"), person.get("hub/spawn?opt-energy=1"), person.get(f"hub/user/{name}/"),
        ]  # fmt: skip
        events = [event for event in api.progress(name) if event.get("failed")]
        return asked, events, refused

    original, tested = make_both(BROKEN + form)
    for hub in (original, tested):
        asked, events, refused = pages(hub, "silent")
        assert not [page.url for page in asked if "secret" in page.text]
        assert [page.status_code for page in asked[:4]] == [200 if form else 500, 500, 500, 500]
        assert "Unhandled error starting server silent" in asked[1].text
        assert events == [{"progress": 100, "failed": True, "message": "Spawn failed: the secret of the site"}]
        assert (refused.status_code, refused.json()["message"]) == (500, "Internal Server Error")
        asked, events, refused = pages(hub, "told")
        assert not [page.url for page in asked if "secret" in page.text]
        assert "words for people" in asked[2].text and events[0]["message"] == "Spawn failed: words for people"
        assert (refused.status_code, refused.json()["message"]) == (500, "words for people")
        asked, events, refused = pages(hub, "as-html")
        assert not [page.url for page in asked if "secret" in page.text]
        assert "<b id='told'>words</b> for people" in asked[2].text and events[0]["html_message"] == "<b id='told'>words</b> for people"
    asked, _, _ = pages(tested, "silent")
    assert form or "Unhandled error starting server silent" in asked[0].text
    assert "Unhandled" not in asked[2].text
    asked, _, _ = pages(tested, "told")
    assert "words for people" in asked[1].text, "JupyterHub's page of the start says less"


HEADERS = BASIS + """
from tornado import web

def refused(spawner):
    error = web.HTTPError(429, "come later")
    error.headers = {"Retry-After": "77", "X-Why": "the hook", "Content-Length": "3", "Not a name": "x"}
    raise error

c.Spawner.pre_spawn_hook = refused
"""


@pytest.mark.perijove
def test_headers_of_an_exception_that_cannot_be_sent_are_left_out(make_hub):
    hub = make_hub(HEADERS).start()
    person = hub.log_in("ada")
    for answer in (hub.client(hub.token_for("ada")).api("POST", "users/ada/server"), person.get("hub/spawn")):
        assert (answer.status_code, answer.headers["Retry-After"], answer.headers["X-Why"]) == (429, "77", "the hook")
        assert "come later" in answer.text and "Not a name" not in answer.headers
