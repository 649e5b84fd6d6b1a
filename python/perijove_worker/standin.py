"""A stand-in for Traitlets' ``Config``, which takes long to import and need not be installed.

It behaves as the real one does for everything a configuration file can observe; the tests run the same
scripts against both. Files that name Traitlets themselves get the real one.
"""

from __future__ import annotations

import copy
from typing import Any, Iterable


def is_own(value: Any) -> bool:
    """Whether a value is a ``Config`` of Traitlets, which a module that the file imports may have made."""
    return any(kind.__name__ == "Config" and kind.__module__ == "traitlets.config.loader" for kind in type(value).__mro__)


def is_section(key: Any) -> bool:
    """Whether a key names a section: it begins with something that is its own capital."""
    return bool(key) and key[0] == key[0].upper() and not key.startswith("_")


class LazyConfigValue:
    """Changes to a default that is not known yet: what ``c.Section.trait.append(…)`` collects."""

    def __init__(self) -> None:
        self._prepend: list = []
        self._extend: list = []
        self._inserts: list = []
        self._update: Any = None
        self._value: Any = None

    def append(self, obj: Any) -> None:
        """Add one item at the end of the default list."""
        self._extend.append(obj)

    def extend(self, other: Iterable) -> None:
        """Add items at the end of the default list."""
        self._extend.extend(other)

    def prepend(self, other: Iterable) -> None:
        """Add items in front of the default list."""
        self._prepend = [*other, *self._prepend]

    def insert(self, index: int, other: Any) -> None:
        """Insert an item into the default list."""
        if not isinstance(index, int):
            raise TypeError("An integer is required")
        self._inserts.append((index, other))

    def update(self, other: Any) -> None:
        """Add to a default dict or set."""
        if self._update is None:
            self._update = {} if isinstance(other, dict) else set()
        self._update.update(other)

    def add(self, obj: Any) -> None:
        """Add one item to a default set."""
        self.update({obj})

    def merge_into(self, other: Any) -> Any:
        """Put these changes on top of an earlier value or of earlier changes."""
        if not isinstance(other, LazyConfigValue):
            return self.get_value(other)
        self._extend = other._extend + self._extend
        # The earlier file's items come last here, as with Traitlets.
        self._prepend = self._prepend + other._prepend
        self._inserts = other._inserts + self._inserts
        if self._update:
            other.update(self._update)
            self._update = other._update
        return self

    def get_value(self, initial: Any) -> Any:
        """The default with the changes made, worked out once."""
        if self._value is None:
            value = copy.deepcopy(initial)
            if isinstance(value, list):
                for index, item in self._inserts:
                    value.insert(index, item)
                value = [*self._prepend, *value, *self._extend]
            elif isinstance(value, (dict, set)) and self._update:
                value.update(self._update)
            self._value = value
        return self._value

    def to_dict(self) -> dict:
        """The changes as plain data."""
        changes = {"update": self._update, "extend": self._extend, "prepend": self._prepend}
        if not self._prepend:
            changes["inserts"] = self._inserts
        return {name: value for name, value in changes.items() if value}

    def __repr__(self) -> str:
        inner = self.to_dict() if self._value is None else f"value={self._value!r}"
        return f"<{type(self).__name__} {inner}>"


class Config(dict):
    """Nested sections with attribute access; unknown sections and values spring into being."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, value in list(self.items()):
            if is_section(key) and isinstance(value, dict) and not isinstance(value, Config):
                self[key] = Config(value)

    def __contains__(self, key: Any) -> bool:
        first, dot, rest = key.partition(".")
        if dot:
            return first in self and rest in self[first]
        return super().__contains__(key)

    has_key = __contains__

    def _has_section(self, key: str) -> bool:
        return is_section(key) and key in self

    def __getitem__(self, key: str) -> Any:
        try:
            return super().__getitem__(key)
        except KeyError:
            if is_section(key):
                value: Any = Config()
            elif key.startswith("_"):
                raise
            else:
                value = LazyConfigValue()
            super().__setitem__(key, value)
            return value

    def __setitem__(self, key: str, value: Any) -> None:
        if is_section(key) and is_own(value):
            value = Config(value)
        if is_section(key) and not isinstance(value, Config):
            raise ValueError(
                f"{key!r} is a section name (it begins with a capital), "
                f"so its value must be a Config, not {value!r}"
            )
        super().__setitem__(key, value)

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        try:
            return self[key]
        except KeyError as error:
            raise AttributeError(key) from error

    def __setattr__(self, key: str, value: Any) -> None:
        if key.startswith("__"):
            super().__setattr__(key, value)
        else:
            self[key] = value

    def __delattr__(self, key: str) -> None:
        if key.startswith("__"):
            super().__delattr__(key)
            return
        try:
            del self[key]
        except KeyError as error:
            raise AttributeError(key) from error

    def copy(self) -> Config:
        """A shallow copy."""
        return type(self)(dict(self))

    __copy__ = copy

    def __deepcopy__(self, memo: dict) -> Config:
        new = type(self)()
        for key, value in self.items():
            if isinstance(value, (Config, LazyConfigValue)):
                value = copy.deepcopy(value, memo)
            elif type(value) in (dict, list, set, tuple):
                value = copy.copy(value)
            new[key] = value
        return new

    def merge(self, other: dict) -> None:
        """Lay another configuration over this one."""
        fresh = {}
        for key, value in other.items():
            if key in self and isinstance(value, Config) and isinstance(self[key], Config):
                self[key].merge(value)
            elif key in self and isinstance(value, LazyConfigValue):
                self[key] = value.merge_into(self[key])
            else:
                fresh[key] = value
        self.update(fresh)

    def collisions(self, other: Config) -> dict:
        """What would be lost by laying ``other`` over this configuration."""
        found: dict = {}
        for section in self:
            if section not in other:
                continue
            mine, theirs = self[section], other[section]
            for key in mine:
                if key in theirs and mine[key] != theirs[key]:
                    message = f"{mine[key]!r} ignored, using {theirs[key]!r}"
                    found.setdefault(section, {})[key] = message
        return found
