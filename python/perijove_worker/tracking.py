"""Remembers the file and line at which each value of the configuration was set."""

from __future__ import annotations

import sys
from typing import Any, Optional, Tuple

Location = Tuple[str, int]

# Code of these packages only carries values that somebody else sets.
CARRIERS = ("traitlets.config", "perijove_worker")


def caller_location() -> Optional[Location]:
    """Where the nearest code outside Traitlets and this package is now."""
    frame = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if not isinstance(module, str) or not module.startswith(CARRIERS):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return None


def tracked(base: type) -> type:
    """A subclass of ``base`` (Traitlets' ``Config`` or the stand-in) whose sections know locations."""

    class TrackedConfig(base):
        """A ``Config`` that notes where its values were set."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            object.__setattr__(self, "_perijove_locations", {})
            super().__init__(*args, **kwargs)

        def __getitem__(self, key: str) -> Any:
            known = dict.__contains__(self, key)
            value = super().__getitem__(key)
            if not known:
                if isinstance(value, base):
                    value = TrackedConfig(value)
                    dict.__setitem__(self, key, value)
                else:
                    self._note(key)
            return value

        def __setitem__(self, key: str, value: Any) -> None:
            super().__setitem__(key, value)
            self._note(key)

        def update(self, *args: Any, **kwargs: Any) -> None:
            changes = dict(*args, **kwargs)
            super().update(changes)
            for key in changes:
                self._note(key)

        def setdefault(self, key: str, default: Any = None) -> Any:
            known = dict.__contains__(self, key)
            value = super().setdefault(key, default)
            if not known:
                self._note(key)
            return value

        def merge(self, other: Any) -> None:
            super().merge(other)
            self._perijove_locations.update(getattr(other, "_perijove_locations", {}))

        def _note(self, key: str) -> None:
            location = caller_location()
            if location is not None:
                self._perijove_locations[key] = location

    TrackedConfig.__name__ = TrackedConfig.__qualname__ = base.__name__
    return TrackedConfig
