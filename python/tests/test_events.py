"""The event log's handlers get what upstream's event logger gives them."""

import io
import json
import logging

import pytest
from perijove_worker.events import EventLog, WrongHandlers

EVENT = {"__timestamp__": "2026-01-01T00:00:00+00:00Z", "action": "start", "username": "zoë", "servername": ""}


def test_each_handler_gets_one_line_an_event():
    streams = [io.StringIO(), io.StringIO()]
    log = EventLog([logging.StreamHandler(stream) for stream in streams])
    log.emit(EVENT)
    log.emit(EVENT)
    for stream in streams:
        lines = stream.getvalue().splitlines()
        assert [json.loads(line) for line in lines] == [EVENT, EVENT]
        assert "zo\\u00eb" in lines[0]


def test_handlers_filter_and_see_the_event_itself():
    class Kept(logging.Handler):
        def __init__(self):
            super().__init__()
            self.seen = []

        def emit(self, record):
            self.seen.append((record.levelname, record.msg))

    plain, strict = Kept(), Kept()
    strict.setLevel(logging.WARNING)
    EventLog([plain, strict]).emit(EVENT)
    assert plain.seen == [("INFO", EVENT)]
    assert strict.seen == []


@pytest.mark.parametrize("handlers", [None, "x", logging.NullHandler(), [1], [logging.NullHandler(), "x"], lambda: []])
def test_anything_else_is_refused(handlers):
    with pytest.raises(WrongHandlers, match="EventLogger.handlers"):
        EventLog(handlers)
