"""One call of the hub, or one request: what belongs to it and ends with it."""

from __future__ import annotations

import contextlib
import contextvars
from typing import Any, Iterator, Optional

_current: contextvars.ContextVar = contextvars.ContextVar("perijove_call", default=None)


class Call:
    """What a call has opened."""

    def __init__(self) -> None:
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


@contextlib.contextmanager
def call() -> Iterator[None]:
    """What is inside is one call.

    What it leaves uncommitted in the database is committed if it succeeds, as upstream's next commit does it, and
    rolled back if it raises.
    """
    this = Call()
    token = _current.set(this)
    try:
        yield
        this.settle()
    finally:
        if this.database is not None:
            this.database.close()
        _current.reset(token)
