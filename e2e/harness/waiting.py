"""Waiting for a condition with a deadline; the only place where a test pauses."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class DeadlineError(AssertionError):
    """A condition did not come true in time."""


def until(
    condition: Callable[[], T | None],
    what: str,
    *,
    seconds: float = 30.0,
    every: float = 0.05,
    ignoring: tuple[type[BaseException], ...] = (),
) -> T:
    """Calls `condition` until it returns something true, and returns that.

    Exceptions named in `ignoring` count as "not yet"; the last one is quoted when the deadline passes.
    """
    pause = threading.Event()
    deadline = time.monotonic() + seconds
    last: BaseException | None = None
    while True:
        try:
            value = condition()
        except ignoring as error:
            last = error
        else:
            if value:
                return value
        if time.monotonic() > deadline:
            because = f"; last error: {last!r}" if last else ""
            raise DeadlineError(f"not within {seconds:g} s: {what}{because}")
        pause.wait(every)
