"""FirstUseAuthenticator 1.1.1, unmodified: the first password counts, and its page for a new one; beside JupyterHub."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from harness.both import of_both
from harness.hub import ADMIN_SERVICE, TRIVIAL_SERVERS

CONFIG = (
    TRIVIAL_SERVERS
    + ADMIN_SERVICE
    + """
c.JupyterHub.authenticator_class = "firstuseauthenticator.FirstUseAuthenticator"
c.FirstUseAuthenticator.dbm_path = os.path.join(here, "passwords.dbm")
c.FirstUseAuthenticator.min_password_length = 9
c.Authenticator.blocked_users = {"blocked"}
"""
)
FIRST, SECOND = "the first one", "the second one"


@pytest.fixture(scope="module")
def hubs(make_both):
    return make_both(CONFIG)


def attempt(hub, name: str, password: str) -> tuple[int, str]:
    """The status of a login, and what the form says if it is shown again."""
    answer = hub.client().try_log_in(name, password)
    error = BeautifulSoup(answer.text, "html.parser").find(class_="login_error")
    return answer.status_code, error.get_text(" ", strip=True) if error else ""


def test_the_first_password_counts(hubs):
    attempts = [("ada", FIRST), ("ada", SECOND), ("ada", FIRST), ("ADA", FIRST), ("with space", FIRST), ("blocked", FIRST)]
    said = of_both(hubs, lambda hub: [attempt(hub, *each) for each in attempts])
    assert [status for status, _ in said] == [302, 403, 302, 302, 403, 403]


def test_a_short_password_is_refused_in_the_plug_ins_words(hubs):
    status, said = of_both(hubs, lambda hub: attempt(hub, "bo", "short"))
    assert status == 403 and "at least 9 characters" in said


def test_a_new_password(hubs):
    def change(hub):
        hub.client().log_in("cleo", FIRST)
        client = hub.log_in("cleo", FIRST)
        page = client.get("hub/auth/change-password")
        token = client.xsrf()
        answers = [client.post("hub/auth/change-password", data={"password": new, "_xsrf": token}) for new in ("short", SECOND)]
        said = [BeautifulSoup(answer.text, "html.parser").find_all(class_="alert")[-1].get_text(" ", strip=True) for answer in answers]
        forged = client.post("hub/auth/change-password", data={"password": FIRST}).status_code
        return page.status_code, said, forged, attempt(hub, "cleo", FIRST)[0], attempt(hub, "cleo", SECOND)[0]

    page, said, forged, former, new = of_both(hubs, change)
    assert (page, forged, former, new) == (200, 403, 403, 302)
    assert "successfully" in said[1]


def test_the_page_is_for_those_who_are_logged_in(hubs):
    answers = [hub.client().get("hub/auth/change-password", allow_redirects=False) for hub in hubs]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert len({answer.headers["Location"] for answer in answers}) == 1


def test_who_is_deleted_may_begin_again(hubs):
    def begin_again(hub):
        hub.log_in("dan", FIRST)
        hub.admin().expect(204, "DELETE", "users/dan")
        return attempt(hub, "dan", SECOND)[0]

    assert of_both(hubs, begin_again) == 302


def test_passwords_are_there_after_a_restart(hubs):
    def restarted(hub):
        hub.log_in("fay", FIRST)
        hub.kill()
        hub.start()
        return attempt(hub, "fay", SECOND)[0], attempt(hub, "fay", FIRST)[0]

    assert of_both(hubs, restarted) == (403, 302)


def test_only_users_who_are_known(make_both):
    hubs = make_both(CONFIG + "c.FirstUseAuthenticator.create_users = False\nc.Authenticator.allowed_users = {'known'}\n")
    statuses = of_both(hubs, lambda hub: [attempt(hub, name, FIRST)[0] for name in ("known", "unknown")])
    assert statuses == [302, 403]
