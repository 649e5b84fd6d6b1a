"""Calls from this process to the hub, which alone starts servers and says who is logged in."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Dict

from .channel import Channel, Message


class HubCalls:
    """``await hub.call(method, params)``: answers come on the reading thread."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._lock = threading.Lock()
        self._last_id = 0
        self._waiting: Dict[int, asyncio.Future] = {}

    async def call(self, method: str, params: Message) -> Any:
        """The hub's answer, or the ``web.HTTPError`` that it refused with."""
        future = asyncio.get_running_loop().create_future()
        with self._lock:
            self._last_id += 1
            number = self._last_id
            self._waiting[number] = future
        try:
            self._channel.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
            return await future
        finally:
            with self._lock:
                self._waiting.pop(number, None)

    def receive(self, message: Message) -> None:
        """Hand an answer to whom it is for, on the reading thread."""
        with self._lock:
            future = self._waiting.get(message["id"])
        if future is not None:
            future.get_loop().call_soon_threadsafe(settle, future, message)


def settle(future: asyncio.Future, message: Message) -> None:
    """End a call, unless it was cancelled meanwhile."""
    if future.done():
        return
    error = message.get("error")
    if error is None:
        future.set_result(message.get("result"))
    else:
        future.set_exception(refusal(error))


def refusal(error: Message) -> Exception:
    """The exception that upstream's own code would have raised."""
    data = error.get("data") or {}
    if data.get("status") is None:
        return RuntimeError(error["message"])
    from tornado import web

    # Percent signs of the message are no places for arguments.
    found = web.HTTPError(data["status"], "%s", error["message"])
    if data.get("retry_after") is not None:
        found.headers = {"Retry-After": str(data["retry_after"])}
    return found
