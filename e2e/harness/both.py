"""JupyterHub and the server under test, asked the same."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pprint import pformat
from typing import TypeVar

from .hub import Hub

T = TypeVar("T")


def of_both(hubs: list[Hub], ask: Callable[[Hub], T]) -> T:
    """What the server under test says, which is what JupyterHub says."""
    theirs, ours = (ask(hub) for hub in hubs)
    assert ours == theirs, "\n".join(difflib.ndiff(pformat(theirs).splitlines(), pformat(ours).splitlines()))
    return ours
