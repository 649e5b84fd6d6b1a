"""A person's first visit in a real browser: log in, get JupyterLab, run a cell, stop the server, log out."""

from __future__ import annotations

import re

import pytest
from harness import settings
from harness.browser import Lab, chromium, log_in, log_out, new_page, stop_from_home
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, DUMMY_PASSWORD, LAB_SERVERS, TRIVIAL_SERVERS
from harness.waiting import until
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_from_login_to_a_cell_and_out_again(make_hub, tmp_path):
    hub = make_hub(DUMMY_LOGIN + LAB_SERVERS + ADMIN_SERVICE).start()
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = new_page(context)
        streams, sockets = [], []
        page.on("response", lambda r: streams.append(r) if "/server/progress" in r.url else None)
        page.on("websocket", lambda s: sockets.append(s.url))

        page.goto(hub.url)
        page.wait_for_url("**/hub/login*")
        page.screenshot(path=tmp_path / "login.png")
        log_in(page, "ada", DUMMY_PASSWORD)

        # Without a running server one is started at once, and the page tells how it goes.
        page.wait_for_url("**/hub/spawn-pending/ada*")
        expect(page.locator("#progress-message")).to_have_text(re.compile(r"\w+"))
        page.screenshot(path=tmp_path / "progress.png")

        page.wait_for_url("**/user/ada/lab*")
        assert streams, "the progress page asked for no events"
        assert streams[0].headers["content-type"].startswith("text/event-stream")

        lab = Lab(page).wait_ready().new_notebook()
        lab.expect_output(lab.run("1+1"), re.compile(r"^\s*2\s*$"))
        page.screenshot(path=tmp_path / "lab.png")
        assert any("/user/ada/api/kernels/" in url and url.startswith("ws://") for url in sockets), sockets

        page.goto(f"{hub.url}hub/home")
        server = hub.server_process("ada")
        stop_from_home(page)
        page.screenshot(path=tmp_path / "home.png")
        assert hub.admin().expect(200, "GET", "users/ada").json()["servers"] == {}
        server.wait_ended()

        log_out(page)
        page.wait_for_url(re.compile(r"/hub/(login|logout)"))
        page.goto(f"{hub.url}hub/home")
        page.wait_for_url("**/hub/login*")
    # The server's kernels end after it.
    until(lambda: not [p for p in hub.leftovers() if "JUPYTERHUB_USER" in p.environ()], "everything of the server to be gone")


def test_the_progress_page_shows_why_a_server_did_not_start(make_hub):
    """The page follows the events to the end and does not wait for a timeout."""
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS + 'c.Spawner.args = ["--slow", "1", "--fail"]\n').start()
    with chromium() as browser:
        page = new_page(browser.new_context())
        page.goto(hub.url)
        log_in(page, "ada", DUMMY_PASSWORD)
        expect(page.locator("body")).to_contain_text(re.compile(r"fail", re.IGNORECASE), timeout=30_000)
        if settings.SERVER == "perijove":
            # JupyterHub leaves the server's last words to its own log.
            expect(page.locator("body")).to_contain_text("E2E-LAST-WORDS")


def test_a_wrong_password_is_told_on_the_login_page(make_hub):
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS).start()
    with chromium() as browser:
        page = new_page(browser.new_context())
        page.goto(hub.url)
        log_in(page, "ada", "not the password")
        expect(page.locator("body")).to_contain_text("Invalid username or password")
        expect(page.locator("input[name=username]")).to_have_value("ada")
