"""A client over HTTP: a browser's cookies without a browser, or a token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import requests

from .names import know_localhost

know_localhost()


class Client:
    """One person or program that talks to a hub; keeps cookies as a browser does."""

    def __init__(self, base: str, *, token: str | None = None) -> None:
        #: The hub's public base URL with its trailing slash.
        self.base = base
        self.token = token
        self.session = requests.Session()
        self.session.verify = False
        self.session.trust_env = False
        if token:
            self.session.headers["Authorization"] = f"token {token}"

    # -- plain requests

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """`path` is relative to the base URL, or absolute."""
        options.setdefault("timeout", 60)
        return self.session.request(method, urljoin(self.base, path), **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.request("POST", path, **options)

    # -- as a browser

    def xsrf(self, path: str = "hub/") -> str:
        """The value of the `_xsrf` cookie that a browser would send to this path."""
        wanted = "/" + urljoin(self.base, path).split("/", 3)[3]
        found = [c for c in self.session.cookies if c.name == "_xsrf" and wanted.startswith(c.path)]
        if not found:
            return ""
        return max(found, key=lambda cookie: len(cookie.path)).value or ""

    def cookie_names(self) -> set[str]:
        return {cookie.name for cookie in self.session.cookies}

    def log_in(self, name: str, password: str, *, expect: int = 302, next_url: str = "") -> requests.Response:
        """Fills in the login form. Answers 302 when the person is let in, 403 when not."""
        answer = self.try_log_in(name, password, next_url=next_url)
        assert answer.status_code == expect, f"login of {name}: {answer.status_code}, not {expect}: {answer.text[:2000]}"
        if expect == 302:
            # The first page renews the XSRF cookie for the new session. Not the page that the login leads to:
            # that one starts a server.
            self.get("hub/home")
        return answer

    def try_log_in(self, name: str, password: str, *, next_url: str = "") -> requests.Response:
        """Fills in the login form, whatever comes of it."""
        query = f"?next={requests.utils.quote(next_url, safe='')}" if next_url else ""
        page = self.get(f"hub/login{query}")
        assert page.status_code == 200, f"the login page answered {page.status_code}: {page.text[:500]}"
        form = {"username": name, "password": password, "_xsrf": self.xsrf()}
        return self.post(f"hub/login{query}", data=form, allow_redirects=False)

    # -- the REST API

    def api(self, method: str, path: str, **options: Any) -> requests.Response:
        """A call of the REST API; `path` is relative to `hub/api/`."""
        if not self.token:
            options["headers"] = {"X-XSRFToken": self.xsrf(), "Referer": f"{self.base}hub/home"} | options.get("headers", {})
        return self.request(method, f"hub/api/{path}", **options)

    def expect(self, status: int, method: str, path: str, **options: Any) -> requests.Response:
        """The same, and fails unless it answers with this status."""
        answer = self.api(method, path, **options)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code}, not {status}: {answer.text[:2000]}"
        return answer

    def user(self) -> dict[str, Any]:
        return self.expect(200, "GET", "user").json()

    def start_server(self, user: str, server: str = "", **body: Any) -> None:
        """Starts a server and waits until it is ready."""
        path = f"users/{user}/servers/{server}" if server else f"users/{user}/server"
        answer = self.api("POST", path, json=body, timeout=150)
        assert answer.status_code in (201, 202), f"start of {user}/{server}: {answer.status_code}: {answer.text[:2000]}"
        events = list(self.progress(user, server))
        assert events and events[-1].get("ready"), f"the server of {user} is not ready: {events}"

    def stop_server(self, user: str, server: str = "") -> None:
        path = f"users/{user}/servers/{server}" if server else f"users/{user}/server"
        answer = self.api("DELETE", path)
        assert answer.status_code in (202, 204), f"stop of {user}/{server}: {answer.status_code}: {answer.text[:2000]}"

    def progress(self, user: str, server: str = "", *, seconds: float = 150) -> Iterator[dict[str, Any]]:
        """The events of a starting server as they arrive, until the stream ends."""
        path = f"users/{user}/servers/{server}/progress" if server else f"users/{user}/server/progress"
        with self.api("GET", path, stream=True, timeout=seconds, headers={"Accept": "text/event-stream"}) as answer:
            assert answer.status_code == 200, f"{path}: {answer.status_code}: {answer.text[:500]}"
            assert answer.headers["Content-Type"].startswith("text/event-stream"), answer.headers
            for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
                if line.startswith("data:"):
                    yield json.loads(line.removeprefix("data:"))
