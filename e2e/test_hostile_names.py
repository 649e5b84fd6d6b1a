"""Names and notes that are HTML with a script inside: every page shows them as the text that they are."""

from __future__ import annotations

import pytest
from harness.browser import chromium, log_in, new_page
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, DUMMY_PASSWORD, TRIVIAL_SERVERS
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.perijove]

#: Lower case and without quotes, so that it is a user's name, too.
HOSTILE = "<img src=x onerror=alert(1)>"

CONFIG = (
    DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + f"""
c.Authenticator.admin_users = {{"admin", "{HOSTILE}"}}
c.JupyterHub.allow_named_servers = True
c.Spawner.args = ["--slow", "3"]
c.JupyterHub.services += [
    {{"name": "shown", "url": "http://127.0.0.1:9", "oauth_no_confirm": True}},
    {{"name": "hidden", "url": "http://127.0.0.1:9", "display": False}},
    {{"name": "pageless", "api_token": "another-token-of-the-end-to-end-tests"}},
]
"""
)


class Watched:
    """A page that remembers what scripts in names would do."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.alerts: list[str] = []
        self.errors: list[str] = []
        page.on("dialog", self._dialog)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _dialog(self, dialog) -> None:
        self.alerts.append(dialog.message)
        dialog.dismiss()

    def expect_text_only(self) -> None:
        """The name is there, as text, and nothing came of it."""
        expect(self.page.get_by_text(HOSTILE).first).to_be_visible()
        self.expect_nothing_ran()

    def expect_nothing_ran(self) -> None:
        assert self.page.locator('img[src="x"]').count() == 0
        assert self.alerts == [] and self.errors == []


@pytest.fixture(scope="module")
def hub(make_module_hub):
    return make_module_hub(CONFIG).start()


@pytest.fixture
def watched(hub):
    with chromium() as browser:
        page = new_page(browser.new_context())
        watched = Watched(page)
        page.goto(f"{hub.url}hub/login?next=/hub/home")
        log_in(page, HOSTILE, DUMMY_PASSWORD)
        page.wait_for_url("**/hub/home")
        yield watched


def test_on_the_login_page(hub):
    with chromium() as browser:
        page = new_page(browser.new_context())
        watched = Watched(page)
        page.goto(f"{hub.url}hub/login?next=%22%3E{HOSTILE}&username=%22%3E{HOSTILE}")
        log_in(page, f'">{HOSTILE}', "not the password")
        expect(page.locator(".login_error")).to_be_visible()
        expect(page.locator("input[name=username]")).to_have_value(f'">{HOSTILE}')
        watched.expect_nothing_ran()


def test_on_the_home_page_and_while_a_server_starts(hub, watched):
    page = watched.page
    watched.expect_text_only()
    page.fill(".new-server-name", HOSTILE)
    page.click(".new-server-btn")
    row = page.locator('tr[data-server-name="img-src-x-onerror-alert-1"]')
    expect(row.locator("td").first).to_have_text(HOSTILE)
    watched.expect_text_only()

    row.locator(".start-server").click()
    page.wait_for_url("**/hub/spawn-pending/**")
    expect(page.locator("#progress-message")).not_to_be_empty()
    expect(page.locator(".pj-while-starting")).to_contain_text(HOSTILE)
    watched.expect_text_only()
    page.wait_for_url("**/user/**/img-src-x-onerror-alert-1/**")

    page.goto(f"{hub.url}hub/home")
    page.locator("#stop-img-src-x-onerror-alert-1").click()
    expect(page.locator("#start-img-src-x-onerror-alert-1")).to_be_visible()
    watched.expect_text_only()


def test_on_the_token_page(hub, watched):
    page = watched.page
    page.goto(f"{hub.url}hub/token")
    page.fill("#token-note", HOSTILE)
    page.click("#request-token-form [type=submit]")
    expect(page.locator("#token-result")).not_to_be_empty()
    page.reload()
    expect(page.locator(".note-col").first).to_have_text(HOSTILE)
    watched.expect_text_only()
    page.fill("#token-scopes", HOSTILE.replace(" ", "_"))
    page.click("#request-token-form [type=submit]")
    expect(page.locator("#error-dialog")).to_be_visible()
    watched.expect_text_only()


def test_on_the_admin_page(hub, watched):
    page = watched.page
    page.goto(f"{hub.url}hub/admin")
    expect(page.locator('[data-testid="user-row-name"]').filter(has_text=HOSTILE)).to_be_visible()
    watched.expect_text_only()
    page.fill('[name="user_search"]', HOSTILE)
    expect(page.locator(".user-row")).to_have_count(1)
    page.get_by_role("button", name="Edit User").click()
    expect(page.locator("#edit-name")).to_have_value(HOSTILE)
    page.click("#delete-user")
    expect(page.locator("#confirm-text")).to_contain_text(HOSTILE)
    watched.expect_text_only()


def test_in_addresses_of_error_pages(hub, watched):
    page = watched.page
    for path in (f"hub/{HOSTILE}", f"hub/spawn/{HOSTILE}x", f"hub/spawn-pending/{HOSTILE}/{HOSTILE}", f"hub/user/{HOSTILE}/"):
        page.goto(f"{hub.url}{path}")
        expect(page.locator(".error, #start")).to_be_visible()
        watched.expect_nothing_ran()


def test_the_menu_lists_services_that_the_user_may_open(hub, watched):
    page = watched.page
    page.get_by_role("button", name="Services").click()
    expect(page.locator(".dropdown-menu .dropdown-item")).to_have_text(["shown"])
    expect(page.locator(".dropdown-item")).to_have_attribute("href", "/services/shown/")
    browser = page.context.browser
    other = new_page(browser.new_context())
    other.goto(f"{hub.url}hub/login?next=/hub/home")
    log_in(other, "ada", DUMMY_PASSWORD)
    other.wait_for_url("**/hub/home")
    expect(other.get_by_role("button", name="Services")).to_have_count(0)
