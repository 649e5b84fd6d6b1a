"""Cookies and sessions: what a restart keeps, what a new secret ends, and what the pages protect."""

from __future__ import annotations

import re

import pytest
import requests
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, DUMMY_PASSWORD, TRIVIAL_SERVERS

BASIS = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE


@pytest.fixture(scope="module")
def hub(make_module_hub):
    return make_module_hub(BASIS).start()


def test_a_session_survives_a_restart(make_hub):
    hub = make_hub(BASIS).start()
    client = hub.log_in("ada")
    token = hub.token_for("ada")
    hub.restart()
    assert client.user()["name"] == "ada"
    assert hub.client(token).user()["name"] == "ada"
    assert client.get("hub/home").status_code == 200


def test_a_session_survives_kill_9(make_hub):
    hub = make_hub(BASIS).start()
    client = hub.log_in("ada")
    hub.kill()
    hub.start()
    assert client.user()["name"] == "ada"


def test_a_new_cookie_secret_logs_everybody_out(make_hub):
    hub = make_hub(BASIS).start()
    client = hub.log_in("ada")
    hub.stop()
    (hub.directory / "jupyterhub_cookie_secret").unlink()
    hub.start()
    assert client.get("hub/home", allow_redirects=False).status_code == 302
    assert client.api("GET", "user").status_code == 403


def test_the_login_cookies(hub):
    client = hub.client()
    page = client.get("hub/login")
    form = {"username": "ada", "password": DUMMY_PASSWORD, "_xsrf": client.xsrf()}
    answer = client.post("hub/login", data=form, allow_redirects=False)
    cookies = {line.split("=", 1)[0]: line for line in answer.raw.headers.getlist("Set-Cookie")}
    assert "jupyterhub-session-id" in cookies and "jupyterhub-hub-login" in cookies
    login = cookies["jupyterhub-hub-login"].lower()
    assert "httponly" in login and "path=/hub/" in login
    assert page.headers["Content-Security-Policy"].startswith("frame-ancestors")


def test_logging_out_ends_the_session(hub):
    client = hub.log_in("bea")
    assert client.get("hub/logout").status_code == 200
    assert client.get("hub/home", allow_redirects=False).status_code == 302
    assert client.api("GET", "user").status_code == 403


def test_deleting_a_user_ends_the_session(hub):
    client = hub.log_in("cleo")
    hub.admin().expect(204, "DELETE", "users/cleo")
    assert client.api("GET", "user").status_code == 403


def test_forms_need_the_xsrf_value(hub):
    client = hub.client()
    client.get("hub/login")
    form = {"username": "ada", "password": DUMMY_PASSWORD}
    assert client.post("hub/login", data=form, allow_redirects=False).status_code == 403
    assert client.post("hub/login", data=form | {"_xsrf": "made-up"}, allow_redirects=False).status_code == 403
    logged_in = hub.log_in("dora")
    answer = logged_in.request("POST", "hub/api/users/dora/tokens", headers={"Referer": hub.url + "hub/home"})
    assert answer.status_code == 403
    foreign = logged_in.request("GET", "hub/api/user", headers={"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("/hub/token", "/hub/token"),
        ("https://elsewhere.example/x", None),
        ("//elsewhere.example/x", None),
        ("///elsewhere.example/x", None),
        ("/\\elsewhere.example/x", None),
        ("https:elsewhere.example", None),
    ],
)
def test_next_leads_to_our_own_pages_only(hub, wanted, goes_to):
    answer = hub.client().log_in("ella", DUMMY_PASSWORD, next_url=wanted)
    location = answer.headers["Location"]
    if goes_to:
        assert location == goes_to
    else:
        resolved = requests.compat.urljoin(hub.url + "hub/login", location.replace("\\", "/"))
        assert resolved.startswith(hub.url), location


def test_pages_lead_to_the_login_and_back(hub):
    client = hub.client()
    away = client.get("hub/token", allow_redirects=False)
    assert away.status_code == 302
    assert re.fullmatch(r"(http://[^/]+)?/hub/login\?next=(%2F|/)hub(%2F|/)token", away.headers["Location"])


def test_a_server_that_does_not_run_starts_for_nobody_by_itself(hub):
    """The pages of the hub for a server that does not run: the owner may start it, others may not."""
    owner = hub.log_in("fay")
    page = owner.get("user/fay/lab", headers={"Accept": "text/html"})
    assert page.status_code in (200, 424), page.status_code
    other = hub.log_in("gil")
    elsewhere = other.get("user/fay/lab", headers={"Accept": "text/html"})
    assert not elsewhere.url.startswith(hub.url + "user/fay")
    assert hub.admin().expect(200, "GET", "users/fay").json()["servers"] == {}
    program = owner.get("user/fay/api/kernels", headers={"Accept": "application/json"})
    assert program.status_code == 424
