"""Sends the steps of a case to a hub and writes the answers down so that two hubs can be compared."""

from __future__ import annotations

import difflib
import json
import re
import sqlite3
from contextlib import closing
from typing import Any

import requests
from harness.client import Client
from harness.hub import DUMMY_PASSWORD, Hub
from harness.waiting import until

from .steps import MEDDLING, Case, Step

#: The headers of an answer that clients depend on.
HEADERS = (
    "Content-Type", "Content-Security-Policy", "Location", "WWW-Authenticate", "X-JupyterHub-Version", "Cache-Control",
    "Access-Control-Allow-Origin", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods", "Allow", "Retry-After", "Set-Cookie",
)  # fmt: skip

#: Lists whose order says nothing.
UNORDERED = {"roles", "scopes", "groups", "users", "admin_users", "allowed_scopes"}

_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?$")
_SECRET = re.compile(r"\b[0-9a-f]{32,}\b|(?<![\w-])[A-Za-z0-9_-]{40,}(?![\w-])")
_HTML = "text/html"


class Talk:
    """One hub, and the people and programs that talk to it."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._clients: dict[str, Client] = {}

    def client(self, who: str) -> Client:
        if who not in self._clients:
            self._clients[who] = self._new(who)
        return self._clients[who]

    def _new(self, who: str) -> Client:
        kind, _, name = who.partition(":")
        if kind == "user":
            return self.hub.client(self.hub.token_for(name))
        if kind == "browser":
            return self.hub.log_in(name, DUMMY_PASSWORD)
        if kind == "token":
            return self.hub.client(name)
        known = {"nobody": None, "stranger": "a-token-that-nobody-has", "reader": "the-token-of-the-reader"}
        return self.hub.admin() if kind == "admin" else self.hub.client(known.get(kind, f"the-token-of-{kind}"))

    def run(self, case: Case) -> list[str]:
        """The answers to all steps, as lines of text."""
        kept: dict[str, str] = {}
        lines: list[str] = []
        for number, step in enumerate(case.steps, start=1):
            if step.method in MEDDLING:
                self.meddle(step)
                continue
            answer = self.ask(step, kept)
            lines += [f"--- {number}. {step.method} {step.path} as {step.who}", *self.describe(answer, case)]
            for name, key in step.keep.items():
                kept[name] = str(answer.json().get(key, "")) if answer.ok else ""
        return lines

    def meddle(self, step: Step) -> None:
        """Does what no request does: rows written by another program, a file that appears, a server that dies."""
        if step.method == "SQL":
            with closing(sqlite3.connect(self.hub.database)) as database, database:
                database.execute(step.path)
        elif step.method == "TOUCH":
            (self.hub.directory / step.path).touch()
        else:
            user, _, server = step.path.partition("/")
            process = self.hub.server_process(user, server)
            process.kill()
            process.wait_ended()

    def ask(self, step: Step, kept: dict[str, str]) -> requests.Response:
        client = self.client(step.who)
        kept = kept | {"_xsrf": client.xsrf(step.path if step.path.startswith("/") else f"hub/api/{step.path}")}
        path = _fill(step.path, kept)
        options: dict[str, Any] = {"headers": _fill(step.headers, kept), "allow_redirects": False}
        if step.json is not None:
            options["json"] = _fill(step.json, kept)
        if step.data is not None:
            options["data"] = _fill(step.data, kept)

        def once() -> requests.Response:
            if path.startswith("//"):
                host, _, rest = path[2:].partition("/")
                return client.request(step.method, f"{self.hub.scheme}://{host}:{self.hub.port}/{rest}", **options)
            if path.startswith("/"):
                return client.request(step.method, self.hub.url + path[1:], **options)
            return client.api(step.method, path, **options)

        if step.who == "nobody":
            client.session.cookies.clear()
        if not step.until and not step.until_text:
            return once()

        def come() -> list[requests.Response]:
            answer = once()
            # In a list, since a refusal counts as false.
            return [answer] if step.until in (0, answer.status_code) and step.until_text in answer.text else []

        return until(come, f"{step.path} to answer {step.until or step.until_text}")[0]

    def describe(self, answer: requests.Response, case: Case) -> list[str]:
        lines = [f"status {answer.status_code}"]
        for name in HEADERS:
            if name == "Set-Cookie":
                lines += sorted(f"{name}: {_cookie(value)}" for value in answer.raw.headers.getlist(name))
            elif name in answer.headers and name not in case.ignore:
                lines.append(f"{name}: {self._own(answer.headers[name])}")
        return lines + self._body(answer, case)

    def _body(self, answer: requests.Response, case: Case) -> list[str]:
        kind = answer.headers.get("Content-Type", "")
        if kind.startswith("application/") and "json" in kind and answer.content:
            value = _still(_without(answer.json(), case.extra), case.ignore, words=case.words)
            return self._own(json.dumps(value, indent=1, sort_keys=True)).splitlines()
        if kind.startswith("text/event-stream"):
            events = [json.loads(line[5:]) for line in answer.text.splitlines() if line.startswith("data:")]
            value = _still(_without(events, case.extra), case.ignore, words=case.words)
            return self._own(json.dumps(value, indent=1, sort_keys=True)).splitlines()
        if kind.startswith(_HTML) or not answer.content:
            return [f"body: {'a page' if answer.content else 'empty'}"]
        return ["body: something"] if len(answer.content) > 200 else [f"body: {self._own(answer.text)}"]

    def _own(self, text: str) -> str:
        for port in (self.hub.port, self.hub.hub_port, self.hub.api_port):
            text = text.replace(str(port), "<port>")
        return _SECRET.sub("<secret>", re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:<port>", text))


def difference(case: Case, theirs: list[str], ours: list[str]) -> str:
    """What differs, step by step, as a unified diff; or nothing."""
    pairs = zip(_steps(theirs), _steps(ours), strict=True)
    return "\n".join(
        line for their, our in pairs if their != our
        for line in [their[0], *list(difflib.unified_diff(their[1:], our[1:], lineterm="", n=12))[3:]]
    )  # fmt: skip


def _steps(lines: list[str]) -> list[list[str]]:
    starts = [at for at, line in enumerate(lines) if line.startswith("--- ")]
    return [lines[start:end] for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]


def _fill(value: Any, kept: dict[str, str]) -> Any:
    if isinstance(value, str):
        for name, known in kept.items():
            value = value.replace("{" + name + "}", known)
        return value
    if isinstance(value, dict):
        return {key: _fill(item, kept) for key, item in value.items()}
    return [_fill(item, kept) for item in value] if isinstance(value, list) else value


def _cookie(line: str) -> str:
    """Name and attributes; of the value only whether there is one."""
    first, *attributes = [part.strip() for part in line.split(";")]
    name, _, value = first.partition("=")
    value = "<value>" if value.strip('"') else "<empty>"
    attributes = ["expires" if a.lower().startswith("expires") else a.lower() for a in attributes]
    return f"{name}={value}; " + "; ".join(sorted(attributes))


def _without(value: Any, extra: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(item, extra) for name, item in value.items() if name not in extra}
    return [_without(item, extra) for item in value] if isinstance(value, list) else value


def _still(value: Any, ignore: dict[str, str], key: str = "", words: bool = False) -> Any:
    """The value without what differs between any two runs."""
    if key in ignore:
        return "<ignored>"
    if isinstance(value, dict):
        return {name: _still(item, ignore, name, words) for name, item in value.items()}
    if isinstance(value, list):
        items = [_still(item, ignore, words=words) for item in value]
        return sorted(items, key=json.dumps) if key in UNORDERED else items
    if key == "message" and not words:
        return "<text>" if value else value
    if key in ("id", "pid") and value is not None:
        return f"<{type(value).__name__}>"
    if key in ("session_id", "token"):
        return "<secret>" if value else value
    if isinstance(value, str) and (time := _TIME.match(value)):
        return f"<time with {len(time[1] or '.') - 1} digits{time[2] or ''}>"
    return value
