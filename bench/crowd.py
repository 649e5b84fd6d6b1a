"""A database with many users and running servers, written past the hub, and processes that stand for the servers."""

from __future__ import annotations

import datetime
import hashlib
import secrets
import sqlite3
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

#: A user's groups are chosen among this many.
GROUPS = 200


@dataclass
class Crowd:
    """`size` users, of whom the last `running` have a server that runs.

    All servers are at one address, which answers for all of them; each has a process of its own, told from others by
    its environment, as a hub that starts looks for it.
    """

    size: int
    running: int
    address: tuple[str, int]
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def name(self, number: int) -> str:
        return f"person-{number:05}"

    @property
    def with_server(self) -> range:
        return range(self.size - self.running, self.size)

    def start_processes(self) -> None:
        for number in self.with_server:
            name = self.name(number)
            told = {"JUPYTERHUB_USER": name, "JUPYTERHUB_SERVICE_PREFIX": f"/user/{name}/"}
            self._processes.append(subprocess.Popen(["/bin/sleep", "infinity"], env=told, stdin=subprocess.DEVNULL))

    def stop_processes(self) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
        self._processes.clear()

    def fill(self, database: Path) -> None:
        """Adds all of them to the database of a hub that does not run."""
        connection = sqlite3.connect(database)
        with connection:
            first = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM users").fetchone()[0]
            role = connection.execute("SELECT id FROM roles WHERE name = 'user'").fetchone()[0]
            server = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM servers").fetchone()[0]
            group = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM groups").fetchone()[0]
            now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
            times = [str(now - datetime.timedelta(minutes=number)) for number in range(self.size)]
            everybody = range(self.size)

            def insert(table: str, columns: str, rows: Iterable[tuple]) -> None:
                marks = ", ".join("?" * len(columns.split(",")))
                connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)

            insert(
                "users", "id, name, admin, created, last_activity, cookie_id, state",
                ((first + n, self.name(n), False, times[n], times[n], secrets.token_hex(16), "{}") for n in everybody),
            )  # fmt: skip
            insert("user_role_map", "user_id, role_id, managed_by_auth", ((first + n, role, False) for n in everybody))
            insert("groups", "id, name, properties", ((group + n, f"group-{n:03}", "{}") for n in range(GROUPS)))
            insert("user_group_map", "user_id, group_id", ((first + n, group + n % GROUPS) for n in everybody))
            insert(
                "api_tokens", "user_id, hashed, prefix, client_id, created, note, scopes",
                ((first + n, *_hashed(), "jupyterhub", times[n], "by a script", '["inherit"]') for n in everybody),
            )  # fmt: skip
            # The hubs' own clients of servers have these names.
            insert(
                "oauth_clients", "identifier, description, secret, redirect_uri, allowed_scopes",
                ((f"jupyterhub-user-{self.name(n)}", f"Server at /user/{self.name(n)}/", _hashed()[0],
                  f"/user/{self.name(n)}/oauth_callback", "[]") for n in self.with_server),
            )  # fmt: skip
            insert(
                "servers", "id, proto, ip, port, base_url, cookie_name",
                ((server + n, "http", *self.address, f"/user/{self.name(n)}/", "cookie") for n in self.with_server),
            )  # fmt: skip
            insert(
                "spawners", "user_id, server_id, state, name, display_name, started, last_activity, oauth_client_id",
                ((first + n, server + n, f'{{"pid": {process.pid}}}', "", "", times[n], times[n], f"jupyterhub-user-{self.name(n)}")
                 for n, process in zip(self.with_server, self._processes, strict=True)),
            )  # fmt: skip
        connection.close()


def _hashed() -> tuple[str, str]:
    """A random token as the hubs keep it: its hash and its first letters."""
    token, salt = secrets.token_hex(16), secrets.token_hex(8)
    digest = hashlib.sha512(salt.encode() + token.encode()).hexdigest()
    return f"sha512:1:{salt}:{digest}", token[:4]
