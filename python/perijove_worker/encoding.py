"""Python values as tagged JSON and back; the Rust side is ``perijove_model::value``."""

from __future__ import annotations

import base64
import datetime
import math
import os
from typing import Any, Callable, Dict, Optional

from .handles import HandleTable, describe, full_name

DEEPEST = 100
SMALLEST_INT, LARGEST_INT = -(2**63), 2**63 - 1


class EncodingError(ValueError):
    """A value that has no encoding: text that is not Unicode, a number beyond 64 bits, a cycle."""


class Encoder:
    """Turns values into JSON; what is not plain stays here and is numbered in ``handles``."""

    def __init__(self, handles: HandleTable) -> None:
        self._handles = handles

    def encode(self, value: Any, depth: int = 0) -> Any:
        """The JSON form of a value."""
        if depth > DEEPEST:
            raise EncodingError("it is nested too deeply, or contains itself")
        if value is None or value is True or value is False:
            return value
        if isinstance(value, int):
            return whole(value)
        if isinstance(value, float):
            return float_form(float(value))
        if isinstance(value, str):
            return text(value)
        return self._container(value, depth + 1)

    def _container(self, value: Any, depth: int) -> Any:
        if isinstance(value, list):
            return self._items(value, depth)
        if isinstance(value, tuple):
            return {"$tuple": self._items(value, depth)}
        if isinstance(value, (set, frozenset)):
            return {"$set": self._items(value, depth)}
        if isinstance(value, dict):
            pairs = [[self.encode(k, depth), self.encode(v, depth)] for k, v in value.items()]
            return {"$dict": pairs}
        if isinstance(value, (bytes, bytearray)):
            return {"$bytes": base64.b64encode(value).decode("ascii")}
        if isinstance(value, os.PathLike) and isinstance(os.fspath(value), str):
            return {"$path": text(os.fspath(value))}
        if isinstance(value, datetime.timedelta):
            return {"$timedelta": value.total_seconds()}
        if type(value).__name__ == "LazyConfigValue" and hasattr(value, "_inserts"):
            return self._lazy(value, depth)
        return self._handle(value)

    def _items(self, values: Any, depth: int) -> list:
        return [self.encode(item, depth) for item in values]

    def _lazy(self, value: Any, depth: int) -> Any:
        changes = {
            "prepend": self._items(value._prepend, depth),
            "extend": self._items(value._extend, depth),
            "inserts": [[whole(i), self.encode(item, depth)] for i, item in value._inserts],
            "update": self.encode(value._update, depth),
        }
        return {"$lazy": changes}

    def _handle(self, value: Any) -> Any:
        if isinstance(value, type):
            kind = "class"
        else:
            kind = "function" if callable(value) else "instance"
        handle = {
            "id": self._handles.number(value),
            "kind": kind,
            "name": full_name(value),
            "description": describe(value),
        }
        return {"$handle": handle}


def is_empty_lazy(value: Any) -> bool:
    """Whether a value only came into being because the file read it (``if c.JupyterHub.port:``)."""
    if type(value).__name__ != "LazyConfigValue" or not hasattr(value, "_inserts"):
        return False
    return not (value._prepend or value._extend or value._inserts or value._update)


def whole(value: int) -> int:
    """A whole number of 64 bits, also from an ``IntEnum``."""
    value = int(value)
    if not SMALLEST_INT <= value <= LARGEST_INT:
        raise EncodingError(f"the number {value} does not fit 64 bits")
    return value


def float_form(value: float) -> Any:
    """A float, which JSON has only if it is finite."""
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return {"$float": "nan"}
    return {"$float": "inf" if value > 0 else "-inf"}


def text(value: str) -> str:
    """Plain text, also from a subclass of ``str``."""
    value = str.__str__(value)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise EncodingError(f"the text {value!r} is not valid Unicode") from None
    return value


def decode(form: Any, handle: Optional[Callable[[int], Any]] = None) -> Any:
    """The value of a JSON form; ``handle`` finds the objects that handles number."""
    if isinstance(form, list):
        return [decode(item, handle) for item in form]
    if not isinstance(form, dict):
        return form
    ((tag, content),) = form.items()
    if tag == "$dict":
        return {decode(k, handle): decode(v, handle) for k, v in content}
    if tag == "$handle":
        if handle is None:
            raise EncodingError("a handle is not possible here")
        return handle(content["id"])
    if tag in ("$tuple", "$set"):
        return SIMPLE[tag](decode(item, handle) for item in content)
    return SIMPLE[tag](content)


def decode_path(content: str) -> Any:
    """A ``pathlib`` path; imported late, since most configurations have none."""
    from pathlib import Path

    return Path(content)


SIMPLE: Dict[str, Callable[[Any], Any]] = {
    "$tuple": tuple,
    "$set": set,
    "$float": float,
    "$bytes": base64.b64decode,
    "$path": decode_path,
    "$timedelta": lambda seconds: datetime.timedelta(seconds=seconds),
}
