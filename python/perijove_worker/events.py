"""The event log: what happens to servers, sent to the logging handlers of the configuration."""

from __future__ import annotations

import json
import logging
from typing import Any, List

from .channel import Message


class WrongHandlers(TypeError):
    """``c.EventLogger.handlers`` is something else than a list of logging handlers."""


class JsonLine(logging.Formatter):
    """One JSON object a line, with the event's fields in their order."""

    def format(self, record: logging.LogRecord) -> str:
        """The event, which is the record's whole message."""
        return json.dumps(record.msg)


class EventLog:
    """Formats events as upstream's event logger does, without the JSON-schema library that takes it seconds to import.

    The hub makes every event itself, so that there is nothing to validate.
    """

    def __init__(self, handlers: Any) -> None:
        if not isinstance(handlers, (list, tuple)):
            raise WrongHandlers(f"c.EventLogger.handlers must be a list of logging handlers, not {handlers!r}")
        self._logger = logging.Logger("jupyter_events.logger", logging.INFO)
        for handler in checked(handlers):
            handler.setFormatter(JsonLine())
            self._logger.addHandler(handler)

    def emit(self, event: Message) -> None:
        """Give one event to every handler."""
        self._logger.info(event)


def checked(handlers: Any) -> List[logging.Handler]:
    """The same handlers, if they are some."""
    for handler in handlers:
        if not isinstance(handler, logging.Handler):
            raise WrongHandlers(f"c.EventLogger.handlers must hold logging handlers only, not {handler!r}")
    return list(handlers)
