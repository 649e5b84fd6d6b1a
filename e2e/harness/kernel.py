"""A running kernel of a single-user server, spoken to over its WebSocket as JupyterLab does."""

from __future__ import annotations

import json
import uuid
from typing import Any

import websocket

from .client import Client
from .waiting import until


class Kernel:
    """Starts a kernel in a user's server, or joins one that runs."""

    def __init__(self, client: Client, user: str, *, kernel_id: str = "") -> None:
        """`client` carries a token with access to the server."""
        self.client, self.user = client, user
        self.base = f"user/{user}/api/kernels"
        if not kernel_id:
            answer = client.post(self.base, json={"name": "python3"})
            assert answer.status_code == 201, f"no kernel: {answer.status_code} {answer.text[:1000]}"
            kernel_id = answer.json()["id"]
        self.id = kernel_id
        self.session = uuid.uuid4().hex
        self.socket: websocket.WebSocket | None = None

    def connect(self, *, seconds: float = 60) -> Kernel:
        """Opens the WebSocket, trying again until the way to the server is there."""
        url = self.client.base.replace("http", "ws", 1) + f"{self.base}/{self.id}/channels?session_id={self.session}"
        header = [f"Authorization: token {self.client.token}"]

        def attempt() -> websocket.WebSocket:
            return websocket.create_connection(
                url, header=header, timeout=60, enable_multithread=True, sslopt={"cert_reqs": 0}
            )

        self.socket = until(attempt, "the kernel's WebSocket", seconds=seconds, ignoring=(OSError, websocket.WebSocketException))
        return self

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def start_running(self, code: str) -> str:
        """Asks the kernel to run a cell, and returns the message's id."""
        message_id = uuid.uuid4().hex
        header = {
            "msg_id": message_id, "msg_type": "execute_request", "session": self.session, "username": self.user,
            "version": "5.3", "date": "2026-01-01T00:00:00Z",
        }  # fmt: skip
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell", "buffers": []}
        assert self.socket is not None
        self.socket.send(json.dumps(message))
        return message_id

    def messages(self, message_id: str = "") -> Any:
        """Messages as they arrive; with an id only those that answer it."""
        assert self.socket is not None
        while True:
            message = json.loads(self.socket.recv())
            if not message_id or message.get("parent_header", {}).get("msg_id") == message_id:
                yield message

    def run(self, code: str) -> str:
        """Runs a cell to its end and returns what it printed, then its value."""
        message_id = self.start_running(code)
        output, idle, replied = "", False, False
        for message in self.messages(message_id):
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                output += content["text"]
            elif kind == "execute_result":
                output += content["data"]["text/plain"]
            elif kind == "error":
                raise AssertionError("\n".join(content["traceback"]))
            idle = idle or (kind == "status" and content["execution_state"] == "idle")
            replied = replied or kind == "execute_reply"
            if idle and replied:
                return output
        raise AssertionError("the WebSocket closed while the cell was running")
