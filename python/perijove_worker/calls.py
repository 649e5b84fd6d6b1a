"""Answers calls on the main thread, once the configuration has left something to call."""

from __future__ import annotations

import asyncio
from typing import Any, Dict

from . import errors
from .channel import Channel, Inbox, Message
from .encoding import Encoder, decode
from .evaluate import Evaluation
from .handles import HandleTable

NO_SUCH_METHOD, NO_SUCH_HANDLE = -32601, -32001


def serve(channel: Channel, inbox: Inbox, evaluation: Evaluation, handles: HandleTable) -> None:
    """Serve calls until the socket ends."""
    asyncio.run(Calls(channel, evaluation, handles).serve(inbox))


class Calls:
    """Runs every call as a task of the main thread's event loop.

    Synchronous code runs inside the task's step and so one at a time, as in JupyterHub's own process:
    plug-ins are not thread-safe.
    """

    def __init__(self, channel: Channel, evaluation: Evaluation, handles: HandleTable) -> None:
        self._channel = channel
        self._evaluation = evaluation
        self._handles = handles
        self._encoder = Encoder(handles)
        self._tasks: Dict[int, asyncio.Task] = {}

    async def serve(self, inbox: Inbox) -> None:
        """Take messages from the reading thread for ever; the end of the socket ends the process."""
        loop = asyncio.get_running_loop()
        inbox.deliver_to(lambda message: loop.call_soon_threadsafe(self._receive, message))
        await asyncio.Event().wait()

    def _receive(self, message: Message) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(message))
        self._tasks[message["id"]] = task
        task.add_done_callback(lambda _: self._tasks.pop(message["id"], None))

    async def _answer(self, message: Message) -> None:
        method = getattr(self, "do_" + message["method"], None)
        if method is None:
            error = {"code": NO_SUCH_METHOD, "message": f"no method {message['method']}"}
            self._channel.refuse(message["id"], error)
            return
        try:
            result = await method(message["params"])
        except BaseException as error:  # sys.exit() in a hook must not end the worker
            self._channel.refuse(message["id"], errors.to_message(error, self._evaluation.files))
            return
        self._channel.reply(message["id"], result)

    async def do_call(self, params: Message) -> Any:
        """Call a handle's object with plain arguments, and wait for the result if it is awaitable."""
        function = self._handles.get(params["handle"])
        arguments = decode(params["args"], self._handles.get)
        result = function(*arguments)
        if hasattr(result, "__await__"):
            result = await result
        return self._encoder.encode(result)
