"""Objects that cannot leave this process: the hub holds their numbers."""

from __future__ import annotations

from typing import Any


class HandleTable:
    """Numbers for objects; the same object keeps its number."""

    def __init__(self, first: int = 1) -> None:
        self._first = first
        self._objects: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._objects)

    def number(self, obj: Any) -> int:
        """The number of an object, given now if it has none. The object is kept alive."""
        number = self._numbers.get(id(obj))
        if number is None:
            number = self._first + len(self._objects)
            self._objects[number] = obj
            self._numbers[id(obj)] = number
        return number

    def get(self, number: int) -> Any:
        """The object with this number; ``KeyError`` if there is none."""
        return self._objects[number]


def full_name(obj: Any) -> str:
    """``module.qualified_name`` of a function or class, or of an instance's class."""
    if not hasattr(obj, "__qualname__"):
        obj = getattr(obj, "func", None) if hasattr(obj, "func") else type(obj)
        if not hasattr(obj, "__qualname__"):
            obj = type(obj)
    module = getattr(obj, "__module__", None) or "builtins"
    return f"{module}.{obj.__qualname__}"


def describe(obj: Any) -> str:
    """What an admin needs to recognise an object: what it is and where it was written."""
    code = getattr(obj, "__code__", None)
    name = getattr(obj, "__qualname__", None) or repr(obj)
    if code is not None:
        return f"function {name} ({code.co_filename}:{code.co_firstlineno})"
    if isinstance(obj, type):
        return f"class {full_name(obj)}"
    text = repr(obj)
    return text if len(text) <= 200 else text[:199] + "…"
