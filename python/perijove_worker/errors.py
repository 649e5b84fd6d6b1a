"""Exceptions as data: what the hub needs to log, to answer a browser, and to point at a line."""

from __future__ import annotations

import traceback
from typing import Any, List, Optional

from .channel import Message

# Frames of the worker itself and of import machinery say nothing to an admin.
HIDDEN = ("<perijove_worker", "<string>", "<frozen importlib")
LONGEST_TRACEBACK = 8000


def visible_frames(error: BaseException) -> List[traceback.FrameSummary]:
    """The frames of an exception that are not the worker's own."""
    frames = traceback.extract_tb(error.__traceback__)
    return [frame for frame in frames if not frame.filename.startswith(HIDDEN)]


def short_traceback(error: BaseException) -> str:
    """A traceback as Python prints it, without the worker's frames."""
    lines: List[str] = []
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        lines += [short_traceback(cause), "\nwhich led to:\n\n"]
    frames = visible_frames(error)
    if frames:
        lines += ["Traceback (most recent call last):\n", *traceback.format_list(frames)]
    lines += traceback.format_exception_only(type(error), error)
    text = "".join(lines)
    if len(text) > LONGEST_TRACEBACK:
        text = text[: LONGEST_TRACEBACK // 2] + "\n…\n" + text[-LONGEST_TRACEBACK // 2 :]
    return text


def location(error: BaseException, files: Optional[List[str]] = None) -> Optional[Message]:
    """The file and line to show: the deepest frame in one of ``files``, else the deepest of all."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return {"file": error.filename, "line": error.lineno}
    frames = visible_frames(error)
    wanted = [frame for frame in frames if files and frame.filename in files] or frames
    if not wanted:
        return None
    return {"file": wanted[-1].filename, "line": wanted[-1].lineno}


def exit_status(error: SystemExit) -> int:
    """The process status that ``sys.exit(…)`` asked for."""
    if error.code is None:
        return 0
    return error.code & 0xFF if isinstance(error.code, int) else 1


def to_message(error: BaseException, files: Optional[List[str]] = None) -> Message:
    """A JSON-RPC error object for an exception raised by somebody's Python code."""
    kind = type(error)
    module = kind.__module__
    data: Message = {
        "type": kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}",
        "traceback": short_traceback(error),
        "location": location(error, files),
    }
    if isinstance(error, SystemExit):
        data["exit_status"] = exit_status(error)
    data.update(web_error(error))
    return {"code": 1, "message": text_of(error), "data": data}


def web_error(error: BaseException) -> Message:
    """What upstream's error pages read from an exception."""
    found: Message = {}
    if isinstance(getattr(error, "status_code", None), int) and hasattr(error, "log_message"):
        found["status_code"] = error.status_code
        found["reason"] = text_or_none(getattr(error, "reason", None))
        found["log_message"] = log_message(error)
        headers = getattr(error, "headers", None) or {}
        found["headers"] = [[str(name), str(value)] for name, value in headers.items()]
    is_spawn_error = any(kind.__name__ == "SpawnException" for kind in type(error).__mro__)
    if is_spawn_error:
        found["jupyterhub_message"] = text_or_none(getattr(error, "message", None))
        found["jupyterhub_html_message"] = text_or_none(getattr(error, "message_html", None))
    for name in ("jupyterhub_message", "jupyterhub_html_message"):
        if text_or_none(getattr(error, name, None)) is not None:
            found[name] = getattr(error, name)
    return found


def log_message(error: Any) -> Optional[str]:
    """The text of a ``web.HTTPError`` with its arguments filled in, as upstream shows it."""
    try:
        return text_or_none(error.get_message())
    except (AttributeError, TypeError, ValueError):
        return text_or_none(error.log_message)


def text_or_none(value: Any) -> Optional[str]:
    """The value if it is text with something in it."""
    return value if isinstance(value, str) and value else None


def text_of(error: BaseException) -> str:
    """``str(error)``, even if that fails."""
    try:
        return str(error)
    except Exception as failure:  # a broken __str__ must not hide the error
        return f"<{type(error).__name__}: its text failed with {type(failure).__name__}>"
