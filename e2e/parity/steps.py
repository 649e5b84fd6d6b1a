"""The language in which a case is written: a name and a list of requests.

    Case("user-create", [
        POST("users/pia", who="admin"),
        GET("users/pia", who="admin"),
    ])

Paths are relative to `hub/api/` unless they begin with `/`, which is the base URL, or with `//HOST/`, another host at the same port. `who` is

* `"nobody"`, `"stranger"` (a token that does not exist), `"admin"` (the token of an administrating service),
* `"reader"` (a service that may only list names), another service of `test_parity.py` by its name, `"token:VALUE"`,
* `"user:NAME"` (a token of that user, who is made if need be),
* `"browser:NAME"` (a session by cookies, with the XSRF value in its header).

`keep={"token_id": "id"}` remembers a value of the JSON answer, and `{token_id}` in a later path or body is replaced
by it; `{_xsrf}` is the XSRF value of the browser. `SQL` writes rows behind the hub's back, `KILL` ends the process of a
running server (`KILL("NAME")`, `KILL("NAME/SERVER")`), and `TOUCH` makes a file in the hub's folder, for functions of the
configuration that wait for one. Names of users, groups and services must be the case's own, so that
each case can be run alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


#: Methods of steps that are no requests.
MEDDLING = ("SQL", "KILL", "TOUCH")


@dataclass(frozen=True)
class Step:
    method: str
    path: str
    who: str = "admin"
    json: Any = None
    data: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    keep: dict[str, str] = field(default_factory=dict)
    #: Repeat the request until the answer has this status, for what happens in the background.
    until: int = 0
    #: Repeat the request until this text is in the answer, for the same.
    until_text: str = ""
    #: Send it so many times at once, each over a connection of its own: the statuses are compared. For worlds.
    together: int = 1


@dataclass(frozen=True)
class Case:
    name: str
    steps: list[Step]
    #: Keys of JSON objects and headers that may differ, each with the reason.
    ignore: dict[str, str] = field(default_factory=dict)
    #: Keys that only one of the two shows, each with the reason.
    extra: dict[str, str] = field(default_factory=dict)
    #: Whether the words of messages must be the same, too.
    words: bool = False


def GET(path: str, **options: Any) -> Step:
    return Step("GET", path, **options)


def POST(path: str, **options: Any) -> Step:
    return Step("POST", path, **options)


def PUT(path: str, **options: Any) -> Step:
    return Step("PUT", path, **options)


def PATCH(path: str, **options: Any) -> Step:
    return Step("PATCH", path, **options)


def DELETE(path: str, **options: Any) -> Step:
    return Step("DELETE", path, **options)


def SQL(statement: str) -> Step:
    return Step("SQL", statement)


def KILL(server: str) -> Step:
    return Step("KILL", server)


def TOUCH(name: str) -> Step:
    return Step("TOUCH", name)
