"""The database session that upstream's objects have: a real one, on the hub's own database.

Each call has a session of its own, which ends with it: what one leaves unfinished is not another's, and every call sees
what the database says now.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any, Dict

from jupyterhub import orm
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, scoped_session

from . import calling
from .channel import remove_at_end

# How long a statement waits for the hub's own writes on SQLite; the hub waits as long for ours.
BUSY_TIMEOUT = 10
IN_MEMORY = ("", "sqlite://", "sqlite:///:memory:")


class Database:
    """Makes sessions. Nothing is opened before somebody uses one."""

    def __init__(self, url: str, options: Dict[str, Any]) -> None:
        self._url = url if "://" in url or not url else f"sqlite:///{url}"
        # What is in the hub's memory cannot be opened here: plug-ins get a database of their own.
        self.is_private = self._url in IN_MEMORY
        self._options = options
        self._engine: Any = None
        self.session = scoped_session(self._new_session, scopefunc=calling.current)

    @property
    def engine(self) -> Any:
        """The engine, made as upstream makes its own."""
        if self._engine is None:
            self._engine = self._make_engine()
        return self._engine

    def _make_engine(self) -> Any:
        url = self._url
        if self.is_private:
            url = f"sqlite:///{private_file()}"
        options: Dict[str, Any] = {"pool_pre_ping": True, **self._options}
        if url.startswith("sqlite"):
            own = {"check_same_thread": False, "timeout": BUSY_TIMEOUT}
            options["connect_args"] = {**own, **options.get("connect_args", {})}
        elif url.startswith("mysql"):
            options.setdefault("pool_recycle", 60)
        engine = create_engine(url, **options)
        if url.startswith("sqlite"):
            orm.register_foreign_keys(engine)
        if self.is_private:
            orm.Base.metadata.create_all(engine)
        return engine

    def _new_session(self) -> Session:
        call = calling.current()
        if call is not None:
            call.database = self
        return LazySession(self)

    def commit(self) -> None:
        """Commit what the present call has not committed."""
        self.session.commit()

    def expire(self) -> None:
        """Let the present call read again what it has read."""
        self.session.expire_all()

    def undo(self) -> None:
        """Roll back what the present call has not committed."""
        self.session.rollback()

    def close(self) -> None:
        """End the present call's session; what is not committed is rolled back."""
        self.session.remove()


class LazySession(Session):
    """A session that opens the database when it is first used."""

    def __init__(self, database: Database) -> None:
        self._database = database
        super().__init__(expire_on_commit=False)

    @property
    def bind(self) -> Any:
        """The engine."""
        return self._database.engine

    @bind.setter
    def bind(self, engine: Any) -> None:
        """SQLAlchemy sets it to ``None``."""


def private_file() -> str:
    """A file that only this process uses, and that ends with it."""
    handle, path = tempfile.mkstemp(prefix="perijove-plugins-", suffix=".sqlite")
    os.close(handle)
    remove_at_end(path)
    return path
