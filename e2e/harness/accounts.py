"""Real accounts of this machine, made for a test and removed after it. Needs root."""

from __future__ import annotations

import fcntl
import pwd
import random
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LOCK = Path(tempfile.gettempdir()) / "perijove-e2e-accounts.lock"


@dataclass(frozen=True)
class Account:
    name: str
    password: str

    @property
    def entry(self) -> pwd.struct_passwd:
        return pwd.getpwnam(self.name)

    def keeps_hub(self, directory: Path) -> dict[str, Any]:
        """What makes a hub run in this folder as this account and not as root."""
        (directory / "homes").mkdir(parents=True)
        _system("chown", "-R", self.name, str(directory))
        return {
            "directory": directory,
            "command_prefix": ["setpriv", "--reuid", self.name, "--regid", self.name, "--init-groups"],
            "env": {"HOME": self.entry.pw_dir, "USER": self.name, "LOGNAME": self.name},
        }


@contextmanager
def _alone() -> Iterator[None]:
    """useradd and its kin lock /etc/passwd and fail at once when another one holds it."""
    with _LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _free_uid() -> int:
    """Not the number of an account that was removed a moment ago: its processes may still live."""
    taken = {entry.pw_uid for entry in pwd.getpwall()}
    return random.choice([uid for uid in range(20_000, 60_000) if uid not in taken])


def _system(*command: str, text: str | None = None) -> None:
    subprocess.run(command, input=text, text=True, check=True, capture_output=True)


class Accounts:
    """Makes accounts and groups with names that no one else has."""

    def __init__(self) -> None:
        self._users: list[str] = []
        self._groups: list[str] = []

    def add(self, *, groups: tuple[str, ...] = (), options: tuple[str, ...] = (), password: bool = True) -> Account:
        """A new account with a home, a shell and a password."""
        account = Account(f"pj{uuid.uuid4().hex[:8]}", f"pw-{uuid.uuid4().hex}" if password else "")
        extra = ("-G", ",".join(groups)) if groups else ()
        with _alone():
            _system("useradd", "-m", "-s", "/bin/bash", "-u", str(_free_uid()), *extra, *options, account.name)
            self._users.append(account.name)
            if password:
                _system("chpasswd", text=f"{account.name}:{account.password}\n")
        return account

    def add_group(self) -> str:
        name = f"pjg{uuid.uuid4().hex[:8]}"
        with _alone():
            _system("groupadd", name)
        self._groups.append(name)
        return name

    def lock(self, account: Account) -> None:
        with _alone():
            _system("usermod", "--lock", account.name)

    def expire(self, account: Account) -> None:
        with _alone():
            _system("chage", "-E", "1", account.name)

    def force_password_change(self, account: Account) -> None:
        with _alone():
            _system("chage", "-d", "0", account.name)

    def adopt(self, name: str) -> None:
        """An account that the hub made: removed with the others."""
        self._users.append(name)

    def clean_up(self) -> None:
        with _alone():
            for name in self._users:
                subprocess.run(["userdel", "-f", "-r", name], check=False, capture_output=True)
            for name in self._groups:
                subprocess.run(["groupdel", name], check=False, capture_output=True)
