"""The worker's life: evaluate, answer, and then serve calls until the hub has no use for it."""

from __future__ import annotations

import signal
import sys
from typing import Any, List

from . import errors
from .channel import Channel, Inbox, Message, end_process
from .encoding import Encoder
from .evaluate import ConfigValueError, Evaluation
from .handles import HandleTable


def serve(fd: int) -> None:
    """Serve requests from the socket until it ends: a hub that needs no Python closes it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # The hub decides when this process ends. A handler, unlike SIG_IGN, is not inherited.
        signal.signal(number, lambda *_: None)
    line_buffered()
    channel = Channel(fd)
    inbox = Inbox()
    channel.start(inbox.put)
    request = inbox.get()
    # A worker that replaces another gives out other numbers, so that old ones are never mistaken.
    handles = HandleTable(request["params"]["first_handle"])
    evaluation = Evaluation(Encoder(handles))
    if not evaluate(channel, evaluation, request):
        leave()
    inbox.wait()
    from . import calls  # asyncio takes longer to import than most configurations take to run

    calls.serve(channel, inbox, evaluation, handles)
    leave()


def evaluate(channel: Channel, evaluation: Evaluation, request: Message) -> bool:
    """Answer the one ``evaluate`` request; whether the files ran through."""
    params = request["params"]
    sys.argv[:] = params["argv"]
    files: List[str] = params["files"]
    try:
        result = evaluation.run(files)
    except BaseException as error:  # sys.exit() in a configuration is an answer too
        channel.refuse(request["id"], evaluation_error(error, evaluation.files))
        return False
    channel.reply(request["id"], result)
    return True


def evaluation_error(error: BaseException, files: List[str]) -> Message:
    """The error object for a failed evaluation, pointing into the configuration where possible."""
    message = errors.to_message(error, files)
    if isinstance(error, ConfigValueError) and error.place is not None:
        message["data"]["location"] = {"file": error.place[0], "line": error.place[1]}
    return message


def line_buffered() -> None:
    """Let printed lines reach the hub's log when they are printed."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Any = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(line_buffering=True, errors="backslashreplace")


def leave() -> None:
    """End the process without running what plug-ins registered for the end of a hub."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass
    end_process()
