"""Length-prefixed JSON-RPC over the worker's socket: a reading thread and a locked writer."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import threading
from typing import Any, Callable, List, Optional

Message = dict

_left_over: List[str] = []


def remove_at_end(path: str) -> None:
    """Remove a file when this process ends, however it is told to."""
    _left_over.append(path)


def end_process() -> None:
    """End without ``atexit`` handlers: plug-ins must not clean up servers that outlive this hub."""
    for path in _left_over:
        with contextlib.suppress(OSError):
            os.remove(path)
    os._exit(0)


class Inbox:
    """Messages from the reading thread: kept until they are asked for, later handed on at once."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._first = threading.Event()
        self._deliver: Optional[Callable[[Message], None]] = None

    def put(self, message: Message) -> None:
        """Take a message, on the reading thread."""
        with self._lock:
            (self._deliver or self._queue.put)(message)
        self._first.set()

    def get(self) -> Message:
        """Wait for a message and take it."""
        message = self._queue.get()
        self._first.clear()
        return message

    def wait(self) -> None:
        """Wait until there is a message, and leave it where it is."""
        while self._queue.empty():
            self._first.wait()
            self._first.clear()

    def deliver_to(self, deliver: Callable[[Message], None]) -> None:
        """From now on hand messages to ``deliver``, on the reading thread; first those that are kept."""
        with self._lock:
            while not self._queue.empty():
                deliver(self._queue.get())
            self._deliver = deliver


class Channel:
    """One end of the socket pair.

    A daemon thread reads, so that the end of file (the hub is gone) ends this process even while the
    main thread is busy in somebody's code.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._write_lock = threading.Lock()

    def start(self, receive: Callable[[Message], None]) -> None:
        """Hand every message to ``receive``, on the reading thread."""
        thread = threading.Thread(target=self._read_forever, args=(receive,), daemon=True)
        thread.name = "perijove-channel"
        thread.start()

    def send(self, message: Message) -> None:
        """Write one message; may be called from any thread."""
        body = json.dumps(message, allow_nan=False, separators=(",", ":")).encode()
        frame = len(body).to_bytes(4, "big") + body
        with self._write_lock:
            view = memoryview(frame)
            while view:
                view = view[os.write(self._fd, view) :]

    def reply(self, request_id: int, result: Any) -> None:
        """Answer a request."""
        self.send({"jsonrpc": "2.0", "id": request_id, "result": result})

    def refuse(self, request_id: int, error: Message) -> None:
        """Answer a request with an error object."""
        self.send({"jsonrpc": "2.0", "id": request_id, "error": error})

    def notify(self, method: str, params: Message) -> None:
        """Tell the hub something that needs no answer."""
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def _read_forever(self, receive: Callable[[Message], None]) -> None:
        try:
            while True:
                size = int.from_bytes(self._read_exactly(4), "big")
                receive(json.loads(self._read_exactly(size)))
        except (EOFError, OSError):
            pass
        finally:
            end_process()

    def _read_exactly(self, size: int) -> bytes:
        chunks = []
        while size:
            chunk = os.read(self._fd, size)
            if not chunk:
                raise EOFError
            chunks.append(chunk)
            size -= len(chunk)
        return b"".join(chunks)
