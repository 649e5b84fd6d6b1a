"""A real OpenID provider (npm's oidc-provider), and a browser's way through its pages."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path
from urllib.parse import urljoin

import requests

from . import settings
from .ports import free_port
from .waiting import until

CLIENT = "hub"
SECRET = "secret-of-the-hub"


class OpenIdProvider:
    """Knows one client, whose callback is `redirect`. Everybody may log in; "eve" is in no group of the staff."""

    def __init__(self, redirect: str, log: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        node = settings.PYTHON.parent / "node"
        module = settings.CHP.parent.parent / "node_modules" / "oidc-provider" / "lib" / "index.js"
        script = settings.E2E / "node" / "openid-provider.mjs"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [str(node), str(script), str(module), str(self.port), redirect],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def wait_ready(self) -> OpenIdProvider:
        until(self._listens, "the OpenID provider to listen")
        return self

    def _listens(self) -> bool:
        text = self._log.read_text()
        assert self._process.poll() is None, f"the OpenID provider ended:\n{text}"
        return "listening" in text

    def stop(self) -> None:
        # The wheel's `node` is a program that starts Node.js as its child.
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def sign_in(self, address: str, name: str) -> str:
        """Goes where the hub sent the browser, logs in and consents; where the provider sends the browser then."""
        browser = requests.Session()
        browser.trust_env = False
        answer = browser.get(address, allow_redirects=False, timeout=20)
        for _ in range(10):
            assert answer.status_code < 400, f"{answer.request.url}: {answer.text}"
            if answer.is_redirect:
                address = urljoin(answer.url, answer.headers["Location"])
                if not address.startswith(self.url):
                    return address
                answer = browser.get(address, allow_redirects=False, timeout=20)
                continue
            action = re.search(r'action="([^"]+)"', answer.text).group(1)
            form = dict(re.findall(r'name="(\w+)" value="(\w+)"', answer.text)) | {"login": name, "password": "any"}
            answer = browser.post(urljoin(answer.url, action), data=form, allow_redirects=False, timeout=20)
        raise AssertionError(f"the OpenID provider never led back: {answer.text}")
