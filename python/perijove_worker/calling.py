"""One call of the hub, or one request: what belongs to it and ends with it."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import weakref
from typing import Any, Iterator, Optional

_adopted: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
_current: contextvars.ContextVar = contextvars.ContextVar("perijove_call", default=None)


class Call:
    """What a call has opened."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.database: Any = None

    def settle(self) -> None:
        """Commit what is not committed."""
        if self.database is not None:
            self.database.commit()


def current() -> Optional[Call]:
    """The call that this code runs in; ``None`` in tasks that outlive calls."""
    return _current.get()


def settle() -> None:
    """Commit what this call has not committed: before the hub is asked for something, since it may write too."""
    call = current()
    if call is not None:
        call.settle()


def adopt(task: asyncio.Future) -> None:
    """Note that a task belongs to the present call, although the call does not run in it."""
    this = current()
    if this is not None:
        _adopted[task] = this.number


def call_of(task: Any) -> Optional[int]:
    """The number of the call that an adopted task belongs to."""
    return None if task is None else _adopted.get(task)


@contextlib.contextmanager
def call(number: int = 0) -> Iterator[None]:
    """What is inside is one call, which the hub knows by its number.

    What it leaves uncommitted in the database is committed if it succeeds, as upstream's next commit does it, and
    rolled back if it raises.
    """
    this = Call(number)
    token = _current.set(this)
    try:
        yield
        this.settle()
    finally:
        if this.database is not None:
            this.database.close()
        _current.reset(token)
