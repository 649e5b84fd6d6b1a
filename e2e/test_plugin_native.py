"""NativeAuthenticator 1.3.0, unmodified: its pages, from signing up to a new password."""

from __future__ import annotations

import re

import pytest
from harness.both import of_both
from harness.hub import ADMIN_SERVICE, TRIVIAL_SERVERS

CONFIG = (
    TRIVIAL_SERVERS
    + ADMIN_SERVICE
    + """
import nativeauthenticator
c.JupyterHub.authenticator_class = "native"
c.JupyterHub.template_paths = [os.path.join(os.path.dirname(nativeauthenticator.__file__), "templates")]
c.NativeAuthenticator.minimum_password_length = 10
c.NativeAuthenticator.allow_all = True
c.Authenticator.admin_users = {"root"}
"""
)
# JupyterHub 6.1.1 has no `statsd` any more, which this version's login form asks for.
WITH_STATSD = """
from unittest.mock import MagicMock
from jupyterhub.handlers import BaseHandler
BaseHandler.statsd = MagicMock()
"""
PASSWORD = "correct horse battery"


def config(kind: str) -> str:
    return CONFIG + WITH_STATSD if kind == "jupyterhub" else CONFIG


@pytest.fixture(scope="module")
def hubs(make_both):
    return make_both(config)


def sign_up(hub, name: str, password: str = PASSWORD, confirmation: str | None = None) -> str:
    """Fills in the form; what the page says."""
    client = hub.client()
    assert "Sign Up" in client.get("hub/signup").text
    form = {
        "username": name, "signup_password": password, "_xsrf": client.xsrf(),
        "signup_password_confirmation": password if confirmation is None else confirmation,
    }  # fmt: skip
    answer = client.post("hub/signup", data=form)
    assert answer.status_code == 200, answer.text
    return said(answer.text)


def said(page: str) -> str:
    """The text of the page's message."""
    found = re.search(r'<div class="alert alert-(?:info|danger|success)[^>]*>(.*?)</div>', page, re.S)
    return " ".join(re.sub("<[^>]+>", " ", found.group(1)).split()) if found else ""


def try_to_log_in(hub, name: str, password: str):
    client = hub.client()
    return client, client.try_log_in(name, password)


def log_in(hub, name: str, password: str = PASSWORD):
    client, answer = try_to_log_in(hub, name, password)
    assert answer.status_code == 302, answer.text
    client.get("hub/home")
    return client


def test_signing_up(hubs):
    assert "sent to the admin" in of_both(hubs, lambda hub: sign_up(hub, "ada"))
    assert "already in use" in of_both(hubs, lambda hub: sign_up(hub, "ada"))
    assert "did not match" in of_both(hubs, lambda hub: sign_up(hub, "bea", confirmation="another one"))
    assert "at least 10" in of_both(hubs, lambda hub: sign_up(hub, "bea", "short"))
    assert "successful" in of_both(hubs, lambda hub: sign_up(hub, "root"))


def test_who_is_not_authorised_stays_out(hubs):
    def refusals(hub):
        sign_up(hub, "cleo")
        answers = [try_to_log_in(hub, "cleo", password)[1] for password in (PASSWORD, "wrong")]
        answers.append(try_to_log_in(hub, "nobody", "wrong")[1])
        texts = [re.search(r'<p class="login_error">\s*(.*?)\s*</p>', answer.text, re.S) for answer in answers]
        return [(answer.status_code, text and text.group(1)) for answer, text in zip(answers, texts)]

    first, second, third = of_both(hubs, refusals)
    assert first == (200, "User cleo has not been authorized by an administrator yet.")
    assert second == third == (200, "Invalid username or password.")


def test_an_administrator_lets_people_in(hubs):
    for hub in hubs:
        sign_up(hub, "dora")
        admin = log_in(hub, "root")
        assert admin.user()["admin"]
        page = admin.get("hub/authorize")
        assert page.status_code == 200 and 'href="/hub/authorize/dora"' in page.text
        answer = admin.get("hub/authorize/dora", allow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/hub/authorize#dora")
        client = log_in(hub, "dora")
        assert client.user()["name"] == "dora"
        assert client.get("hub/authorize").status_code == 403
        assert client.get("hub/authorize/dora").status_code == 403
        # A folder of templates with the same names changes the hub's own pages too.
        assert "Change Password" in client.get("hub/home").text


def test_changing_a_password(hubs):
    for hub in hubs:
        sign_up(hub, "emma")
        admin = log_in(hub, "root")
        admin.get("hub/authorize/emma")
        client = log_in(hub, "emma")
        assert client.get("hub/change-password").status_code == 200
        form = {"old_password": "wrong", "new_password": "a new password", "new_password_confirmation": "a new password"}
        answer = client.post("hub/change-password", data=form | {"_xsrf": client.xsrf()})
        assert said(answer.text) == "Your current password was incorrect. Please try again."
        answer = client.post("hub/change-password", data=form | {"old_password": PASSWORD, "_xsrf": client.xsrf()})
        assert said(answer.text) == "Your password has been changed successfully!"
        assert try_to_log_in(hub, "emma", PASSWORD)[1].status_code == 200
        log_in(hub, "emma", "a new password")
        answer = admin.get("hub/change-password/emma")
        assert answer.status_code == 200 and "Change password for emma" in answer.text
        assert client.get("hub/change-password/ada").status_code == 403


def test_forgery(hubs):
    def refused(hub):
        client = log_in(hub, "root")
        form = {"old_password": PASSWORD, "new_password": "a new password", "new_password_confirmation": "a new password"}
        return client.post("hub/change-password", data=form).status_code

    assert of_both(hubs, refused) == 403


def test_discarding(hubs):
    for hub in hubs:
        sign_up(hub, "fay")
        admin = log_in(hub, "root")
        answer = admin.get("hub/discard/fay", allow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/hub/authorize")
        assert "/hub/authorize/fay" not in admin.get("hub/authorize").text


def test_logging_out_and_servers(hubs):
    for hub in hubs:
        client = log_in(hub, "root")
        client.start_server("root")
        assert client.get("user/root/").status_code == 200
        client.stop_server("root")
        client.get("hub/logout")
        assert client.get("hub/home", allow_redirects=False).status_code == 302


@pytest.mark.perijove
def test_accounts_survive_a_restart_and_the_way_back(make_hub):
    hub = make_hub(config("perijove")).start()
    sign_up(hub, "root")
    client = log_in(hub, "root")
    hub.restart()
    assert client.get("hub/home").status_code == 200
    log_in(hub, "root")
    hub.stop()
    back = make_hub(config("jupyterhub"), kind="jupyterhub", directory=hub.directory, port=hub.port, hub_port=hub.hub_port)
    back.start()
    assert client.get("hub/home").status_code == 200
    log_in(back, "root")
