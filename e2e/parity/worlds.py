"""Cases that need a configuration of their own, and how their answers are compared: messages by the word, pages by their parts."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from bs4 import BeautifulSoup
from harness.client import Client
from harness.hub import DUMMY_PASSWORD

from . import compare
from .compare import Talk
from .page_parts import parts
from .steps import MEDDLING, Case, Step

#: Headers that say something about the connection or the program, or change with every answer.
_NOT_COMPARED = {"date", "server", "content-length", "connection", "keep-alive", "transfer-encoding", "etag", "last-modified", "expires"}
_PART = "  part: "
#: Scopes in a message, which are a set in Python.
_MENTIONED = re.compile(r"(Not assigning requested scopes )(\S+)(.*)")


@dataclass(frozen=True)
class World:
    """A configuration and the cases that are tried in it."""

    name: str
    config: str
    cases: list[Case]
    base_url: str = "/"
    #: The hub's name in URLs.
    host: str = "127.0.0.1"
    #: The configuration of a second start with the same database, for cases that look at what remains.
    then: str = ""
    #: Statements that change the database between the two starts.
    meanwhile: tuple[str, ...] = ()
    #: Parts of pages that may be missing in ours, as patterns, each with the reason.
    missing: dict[str, str] = field(default_factory=dict)


class WorldTalk(Talk):
    """As `Talk`, for more kinds of people, values and answers.

    Besides those of `steps.py`, `who` is `"guest:LABEL"` (a browser that is not logged in and keeps its cookies) or
    `"again:NAME"` (a second browser of that user). `keep` takes `"location:NAME"` (of the query in `Location`),
    `"input:NAME"` (of the page's form), `"header:NAME"` and `"cookie:NAME"` too.
    """

    def __init__(self, hub: Any, world: World) -> None:
        super().__init__(hub)
        self.world = world

    def _new(self, who: str) -> Client:
        kind, _, name = who.partition(":")
        if kind == "guest":
            return self.hub.client()
        if kind == "again":
            return self.hub.log_in(name, DUMMY_PASSWORD)
        return super()._new(who)

    def run(self, case: Case) -> list[str]:
        kept: dict[str, str] = {}
        lines: list[str] = []
        for number, step in enumerate(case.steps, start=1):
            if step.method in MEDDLING:
                self.meddle(step)
                continue
            if step.together > 1:
                lines += [f"--- {number}. {step.method} {step.path} as {step.who}", f"statuses {self._ask_together(step)}"]
                continue
            answer = self.ask(step, kept)
            lines += [f"--- {number}. {step.method} {step.path} as {step.who}", *self.describe(answer, case)]
            for name, source in step.keep.items():
                kept[name] = self._value(step, answer, source)
        return lines

    def _ask_together(self, step: Step) -> list[int]:
        clients = [self._new(step.who) for _ in range(step.together)]
        with ThreadPoolExecutor(step.together) as threads:
            answers = threads.map(lambda client: client.api(step.method, step.path, json=step.json), clients)
            return sorted(answer.status_code for answer in answers)

    def _value(self, step: Step, answer: requests.Response, source: str) -> str:
        kind, _, name = source.rpartition(":")
        if kind == "location":
            return parse_qs(urlsplit(answer.headers.get("Location", "")).query).get(name, [""])[0]
        if kind == "input":
            found = BeautifulSoup(answer.text, "html.parser").find("input", attrs={"name": name})
            return str(found["value"]) if found else ""
        if kind == "header":
            return answer.headers.get(name, "")
        if kind == "cookie":
            return (self.client(step.who).session.cookies.get(name) or "").strip('"')
        return str(answer.json().get(name, "")) if answer.ok else ""

    def describe(self, answer: requests.Response, case: Case) -> list[str]:
        lines = [f"status {answer.status_code}"]
        for name, value in sorted(answer.headers.items()):
            if name.lower() not in _NOT_COMPARED | {"set-cookie"}:
                # Files are our own, and so is how long they are.
                value = re.sub("(-[0-9]+)?/[0-9]+$", "", value) if name.lower() == "content-range" else self._own(value)
                if name.lower() == "content-range":
                    value = re.sub("[0-9]{3,}", "<number>", value)
                lines.append(f"{name.title()}: {value}")
            elif name.lower() == "etag" and "Last-Modified" not in answer.headers:
                lines.append("Etag: " + re.sub('"[^"]+"', "<tag>", value))
        lines += sorted(f"Set-Cookie: {compare._cookie(value)}" for value in answer.raw.headers.getlist("Set-Cookie"))
        return lines + self._body(answer, case)

    def _body(self, answer: requests.Response, case: Case) -> list[str]:
        kind = answer.headers.get("Content-Type", "")
        if "json" in kind and answer.content:
            value = _still(answer.json(), case.ignore)
            return self._own(json.dumps(value, indent=1, sort_keys=True)).splitlines()
        if kind.startswith("text/html") and answer.content:
            return ["body: a page"] + [_PART + self._own(part) for part in parts(answer.text)]
        if answer.status_code == 206:
            return [f"body: {len(answer.content) if len(answer.content) < 100 else 'many'} bytes"]
        return super()._body(answer, case)

    def _own(self, text: str) -> str:
        text = re.sub(r"\bcode=\w{30}\b", "code=<code>", super()._own(text))
        return re.sub(r"_xsrf=[\w%=|-]+", "_xsrf=<value>", text)

    def without_extras(self, theirs: list[str], ours: list[str]) -> list[str]:
        """Our answers without the parts of pages that JupyterHub's do not have, and with those that may be missing."""
        wanted = _parts_by_step(theirs)
        kept: list[str] = []
        step = 0
        for line in ours:
            if line.startswith("--- "):
                step += 1
            if not line.startswith(_PART):
                kept.append(line)
                if line == "body: a page":
                    have = _parts_by_step(ours)[step]
                    kept += [part for part in wanted.get(step, []) if part in have or self._may_be_missing(part)]
        return kept

    def _may_be_missing(self, part: str) -> bool:
        return any(re.fullmatch(pattern, part.removeprefix(_PART)) for pattern in (MISSING | self.world.missing))


#: What JupyterHub's pages have and ours need not.
MISSING = {
    r"says Jupyter has lots of moons.*": "words of our own",
    r"says Your server appears to be down.*|link \S+/home from the hub": "words of our own",
    r"id react-admin-hook": "the admin page is no React application",
}


def _parts_by_step(lines: list[str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    step = 0
    for line in lines:
        if line.startswith("--- "):
            step += 1
            found[step] = []
        elif line.startswith(_PART):
            found[step].append(line)
    return found


def _still(value: Any, ignore: dict[str, str], key: str = "") -> Any:
    """As in `compare.py`, but messages count."""
    if isinstance(value, dict) and "message" not in ignore:
        rest = {name: item for name, item in value.items() if name != "message"}
        if "access_token" in rest:
            rest |= {"access_token": "<secret>", "scope": " ".join(sorted(rest["scope"].split(" ")))}
        if "token_id" in rest:
            rest["token_id"] = "<id>"
        still = compare._still(rest, ignore)
        if "message" in value:
            still["message"] = _MENTIONED.sub(lambda found: (found[1] + ",".join(sorted(found[2].split(","))) + found[3])[:250], str(value["message"]))
        return still
    return compare._still(value, ignore)
