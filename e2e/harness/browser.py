"""A real Chromium, and what a person does in it on the pages of the hub and in JupyterLab."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

CHROMIUM = next((p for p in (Path("/usr/bin/chromium"), Path("/usr/bin/chromium-browser")) if p.exists()), None)
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip

#: JupyterLab takes a while on a small machine.
PATIENCE = 120_000


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium; Playwright downloads none."""
    assert CHROMIUM, "no Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


def new_page(context: BrowserContext) -> Page:
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.set_default_navigation_timeout(PATIENCE)
    return page


def log_in(page: Page, name: str, password: str) -> None:
    """Fills in the login form of the page that is open."""
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.click("form [type=submit]")


def stop_from_home(page: Page) -> None:
    """Stops the default server on the home page, and waits until it is stopped."""
    page.locator("#stop").click()
    expect(page.locator("#start")).to_have_text(re.compile(r"start", re.IGNORECASE), timeout=PATIENCE)
    expect(page.locator("#stop")).to_be_hidden(timeout=PATIENCE)


def log_out(page: Page) -> None:
    page.locator("#logout").click()


class Lab:
    """JupyterLab in a page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def wait_ready(self) -> Lab:
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")
        self.page.wait_for_selector(".jp-Launcher, .jp-Notebook", state="visible")
        return self

    def new_notebook(self) -> Lab:
        """From the launcher: a notebook with the default Python kernel."""
        self.page.locator('.jp-LauncherCard[data-category="Notebook"]').first.click()
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", state="visible")
        self.wait_kernel_idle()
        return self

    def wait_kernel_idle(self) -> None:
        # The status bar; a cell that is run before the kernel is there makes JupyterLab start a second one.
        expect(self.page.locator("#jp-main-statusbar")).to_contain_text(re.compile(r"Python 3.*\| Idle"), timeout=PATIENCE)

    def dismiss_dialogs(self) -> None:
        """JupyterLab asks whether to start the server again when it could not reach it."""
        dismiss = self.page.locator(".jp-Dialog .jp-mod-reject")
        while dismiss.count():
            dismiss.first.click()

    def run(self, code: str) -> int:
        """Types into the last cell and runs it; returns the cell's place."""
        cells = self.page.locator(".jp-Notebook .jp-CodeCell")
        place = cells.count() - 1
        editor = cells.nth(place).locator(".cm-content")
        editor.click()
        self.page.keyboard.insert_text(code)
        self.page.keyboard.press("Shift+Enter")
        return place

    def output(self, place: int) -> str:
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(place).locator(".jp-OutputArea-output").all_inner_texts()[-1]

    def expect_output(self, place: int, text: str | re.Pattern[str], *, milliseconds: float = PATIENCE) -> None:
        output = self.page.locator(".jp-Notebook .jp-CodeCell").nth(place).locator(".jp-OutputArea-output")
        expect(output.last).to_contain_text(text, timeout=milliseconds)
