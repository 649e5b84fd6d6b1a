"""Answers calls on the main thread, once the configuration has left something to call."""

from __future__ import annotations

import asyncio
import sys
import threading
import traceback
from typing import Any, Callable, Dict, Optional

from . import calling, errors, logs
from .channel import Channel, Inbox, Message
from .encoding import Encoder, decode
from .evaluate import Evaluation
from .handles import HandleTable
from .hub_calls import HubCalls
from .objects import Objects

NO_SUCH_METHOD = -32601
# How long the event loop may take to notice a cancelled call before it counts as stuck.
RESPONSE_TIME = 0.5
# How many frames of a stuck thread are told.
LONGEST_STACK = 12


def serve(channel: Channel, inbox: Inbox, evaluation: Evaluation, handles: HandleTable) -> None:
    """Serve calls until the socket ends."""
    asyncio.run(Calls(channel, evaluation, handles).serve(inbox))


def main_stack() -> str:
    """Where the main thread is, without the worker's own frames."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    if frame is None:
        return ""
    shown = [one for one in traceback.extract_stack(frame) if not one.filename.startswith(errors.HIDDEN)]
    return "".join(traceback.format_list(shown[-LONGEST_STACK:]))


class Calls:
    """Runs every call as a task of the main thread's event loop.

    Synchronous code runs inside the task's step and so one at a time, as in JupyterHub's own process:
    plug-ins are not thread-safe.
    """

    def __init__(self, channel: Channel, evaluation: Evaluation, handles: HandleTable) -> None:
        self._channel = channel
        self._evaluation = evaluation
        self._encoder = Encoder(handles)
        self._hub = HubCalls(channel)
        self._objects = Objects(evaluation.config, handles, self._hub)
        self._event_log: Any = None
        self._loop: Any = None
        self._tasks: Dict[int, asyncio.Task] = {}
        self._methods: Dict[str, Callable] = {
            "amend": self._amend,
            "authenticator": self._authenticator,
            "authenticator_step": self._authenticator_step,
            "call": self._call,
            "configure": self._configure,
            "describe_spawner": self._describe_spawner,
            "forget": self._forget,
            "log_event": self._log_event,
            "proxy_step": self._proxy_step,
            "serve_handlers": self._serve_handlers,
            "own_spawner": self._own_spawner,
            "spawner": self._spawner,
            "warm_up": self._warm_up,
        }

    async def serve(self, inbox: Inbox) -> None:
        """Take messages from the reading thread for ever; the end of the socket ends the process."""
        self._loop = asyncio.get_running_loop()
        inbox.deliver_to(self._receive)
        await asyncio.Event().wait()

    def _receive(self, message: Message) -> None:
        """Take one message, on the reading thread."""
        if "method" not in message:
            self._hub.receive(message)
        elif message["method"] == "cancel":
            self._cancel(message)
        elif message["method"] == "stall":
            self._look(message)
        else:
            self._loop.call_soon_threadsafe(self._start, message)

    def _start(self, message: Message) -> None:
        task = self._loop.create_task(self._answer(message))
        self._tasks[message["id"]] = task
        task.add_done_callback(lambda _: self._tasks.pop(message["id"], None))

    async def _answer(self, message: Message) -> None:
        method = self._methods.get(message["method"])
        if method is None:
            error = {"code": NO_SUCH_METHOD, "message": f"no method {message['method']}"}
            self._channel.refuse(message["id"], error)
            return
        try:
            with calling.call(message["id"]):
                result = await method(message["params"])
        except BaseException as error:  # sys.exit() in a hook must not end the worker
            self._channel.refuse(message["id"], errors.to_message(error, self._evaluation.files))
        else:
            self._channel.reply(message["id"], result)

    def _cancel(self, message: Message) -> None:
        """Cancel a call, and say which call the main thread is stuck in, if it is; on the reading thread."""
        noticed = threading.Event()

        def cancel() -> None:
            task = self._tasks.get(message["params"]["call"])
            if task is not None:
                task.cancel()
            noticed.set()

        self._loop.call_soon_threadsafe(cancel)
        if "id" in message:
            self._say_whether_free(message, noticed)

    def _look(self, message: Message) -> None:
        """Say whether the main thread is free, and where it is if not; on the reading thread."""
        noticed = threading.Event()
        self._loop.call_soon_threadsafe(noticed.set)
        self._say_whether_free(message, noticed)

    def _say_whether_free(self, message: Message, noticed: threading.Event) -> None:
        found: Message = {"responsive": True, "stuck_in": None, "stack": ""}
        if not noticed.wait(RESPONSE_TIME):
            found = {"responsive": False, "stuck_in": self._running_call(), "stack": main_stack()}
        self._channel.reply(message["id"], found)

    def _running_call(self) -> Optional[int]:
        running = asyncio.current_task(self._loop)
        adopted = calling.call_of(running)
        if adopted is not None:
            return adopted
        return next((number for number, task in list(self._tasks.items()) if task is running), None)

    async def _amend(self, params: Message) -> None:
        self._objects.amend(params["remove"], params["replace"])

    async def _configure(self, params: Message) -> None:
        logs.redirect(self._channel, params["log_level"])
        if params.get("output_file"):
            logs.print_to(params["output_file"])
        self._objects.configure(params)

    async def _warm_up(self, params: Message) -> Any:
        return self._objects.warm_up()

    async def _forget(self, params: Message) -> None:
        self._objects.forget(params["user"], params.get("server"))

    async def _log_event(self, params: Message) -> None:
        if self._event_log is None:
            from .events import EventLog

            self._event_log = EventLog(decode(params["handlers"], self._objects.handle))
        if params["event"] is not None:
            self._event_log.emit(params["event"])

    async def _serve_handlers(self, params: Message) -> Any:
        return await self._objects.serve_handlers(params)

    async def _call(self, params: Message) -> Any:
        function = self._objects.handle(params["handle"])
        return await self._run(params["args"], lambda args: function(*args))

    async def _authenticator(self, params: Message) -> Any:
        method = getattr(self._objects.authenticator(), params["method"])
        outcome = await self._run(params["args"], lambda args: method(*args))
        return {**outcome, "changes": self._objects.authenticator_changes()}

    async def _authenticator_step(self, params: Message) -> Any:
        return await self._objects.run_authenticator_step(params)

    async def _proxy_step(self, params: Message) -> Any:
        return await self._objects.run_proxy_step(params)

    async def _spawner(self, params: Message) -> Any:
        return await self._objects.run_spawner_step(params, self._encoder)

    async def _describe_spawner(self, params: Message) -> Any:
        return self._objects.describe_spawner()

    async def _own_spawner(self, params: Message) -> Any:
        this = calling.current()
        call = this.number if this else 0

        def tell(event: Any) -> None:
            self._channel.notify("progress", {"call": call, "event": event})

        outcome = await self._objects.run_own_spawner_step(params, tell)
        if outcome["saved"] is not None:
            user, (auth_state,) = params["spawner"]["user"]["name"], outcome["saved"]
            await self._hub.call("save_auth_state", {"user": user, "auth_state": auth_state})
        return {"value": self._encoder.encode(outcome["value"])}

    async def _run(self, forms: list, function: Callable[[list], Any]) -> Message:
        """Call a function with arguments that may be upstream's objects."""
        arguments = [self._objects.argument(form) for form in forms]
        value = function(arguments)
        if hasattr(value, "__await__"):
            value = await value
        return {"value": self._encoder.encode(value), **self._objects.effects(arguments)}
