"""One call of the hub, or one request: what belongs to it and ends with it."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import weakref
from typing import Any, Callable, Iterator, Optional

_adopted: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
_current: contextvars.ContextVar = contextvars.ContextVar("perijove_call", default=None)


class Call:
    """What a call has opened."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.database: Any = None
        self.has_ended = False

    def settle(self) -> None:
        """Commit what is not committed."""
        if self.database is not None:
            self.database.commit()

    def refresh(self) -> None:
        """Commit what is not committed, and look at the database anew from now on."""
        if self.database is not None:
            self.database.commit()
            self.database.expire()

    def undo(self) -> None:
        """Roll back what is not committed, and go on."""
        if self.database is not None:
            self.database.undo()

    def end(self) -> None:
        """Roll back what is not committed."""
        if self.database is not None:
            self.database.close()
            self.database = None


def current() -> Optional[Call]:
    """The call that this code runs in; ``None`` in tasks that outlive calls."""
    return _current.get()


def settle() -> None:
    """Commit what this call has not committed: before the hub is asked for something, since it may write too."""
    call = current()
    if call is not None:
        call.settle()


def refresh() -> None:
    """The same, and look at the database anew from now on: what has taken long may read what was not so before."""
    call = current()
    if call is not None:
        call.refresh()


def adopt(task: asyncio.Future) -> None:
    """Note that a task belongs to the present call, although the call does not run in it."""
    this = current()
    if this is not None:
        _adopted[task] = this.number


def call_of(task: Any) -> Optional[int]:
    """The number of the call that an adopted task belongs to."""
    return None if task is None else _adopted.get(task)


@contextlib.contextmanager
def call(number: int = 0) -> Iterator[Call]:
    """What is inside is one call, which the hub knows by its number.

    What it leaves uncommitted in the database is committed if it succeeds, as upstream's next commit does it, and
    rolled back if it raises.
    """
    this = Call(number)
    token = _current.set(this)
    try:
        yield this
        this.settle()
    finally:
        this.end()
        this.has_ended = True
        _current.reset(token)


@contextlib.contextmanager
def part_of(this: Call) -> Iterator[None]:
    """What is inside belongs to a call that has begun elsewhere, and that may have ended."""
    token = _current.set(this)
    try:
        this.refresh()
        yield
        this.settle()
    except BaseException:
        this.undo()
        raise
    finally:
        if this.has_ended:
            this.end()
        _current.reset(token)


def as_part_of(this: Call, method: Callable) -> Callable:
    """The same method, or coroutine, as a part of a call. ``sys.exit`` is an error like others."""

    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            with part_of(this):
                outcome = method(*args, **kwargs)
        except SystemExit as error:
            raise exit_is_an_error(error) from error
        return finish(outcome) if inspect.isawaitable(outcome) else outcome

    async def finish(outcome: Any) -> Any:
        try:
            with part_of(this):
                return await outcome
        except SystemExit as error:
            raise exit_is_an_error(error) from error

    return run


def exit_is_an_error(error: SystemExit) -> RuntimeError:
    """In the place of an exit that is not the plug-in's to take."""
    return RuntimeError(f"sys.exit({error.code!r}) was called")
