"""Another program that writes to the hub's database while requests come in: the next answer must show it."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass, field

import requests
from sides import HubSide

GIVE = (
    "insert into user_role_map (user_id, role_id, managed_by_auth)"
    " select u.id, r.id, 0 from users u, roles r where u.name = ? and r.name = 'admin'"
)
TAKE = (
    "delete from user_role_map where user_id = (select id from users where name = ?)"
    " and role_id = (select id from roles where name = 'admin')"
)


@dataclass
class Changes:
    """Deletes tokens and changes a role, and asks after each whether it counts."""

    side: HubSide
    user: str
    tokens: list[str]
    checks: int = 0
    stale: list[str] = field(default_factory=list)

    def during(self, seconds: float) -> int:
        """Goes on for so long, a few times a second; returns how many requests it made."""
        asked = 0
        deadline = time.monotonic() + seconds
        with requests.Session() as session:
            session.trust_env = False
            while time.monotonic() < deadline:
                asked += self._role(session, given=True)
                asked += self._role(session, given=False)
                asked += self._token(session)
                time.sleep(0.2)
        return asked

    def _write(self, statement: str, *values: str) -> None:
        with sqlite3.connect(self.side.hub.database, timeout=30) as database:
            database.execute(statement, values)
        database.close()

    def _ask(self, session: requests.Session, token: str) -> requests.Response:
        headers = {"Authorization": f"token {token}"}
        return session.get(self.side.url("hub/api/user"), headers=headers, timeout=60)

    def _check(self, fresh: bool, what: str) -> None:
        self.checks += 1
        if not fresh:
            self.stale.append(what)

    def _role(self, session: requests.Session, *, given: bool) -> int:
        self._write(GIVE if given else TAKE, self.user)
        answer = self._ask(session, self.tokens[0])
        is_admin = answer.status_code == 200 and "admin:users" in answer.json()["scopes"]
        self._check(is_admin == given, "a role that was given" if given else "a role that was taken")
        return 1

    def _token(self, session: requests.Session) -> int:
        """The first token is the load's and stays."""
        if len(self.tokens) < 2:
            return 0
        token = self.tokens.pop()
        before = self._ask(session, token).status_code
        self._write("delete from api_tokens where prefix = ?", token[:4])
        after = self._ask(session, token).status_code
        self._check((before, after) == (200, 403), f"a token that was deleted: {before}, then {after}")
        return 2
