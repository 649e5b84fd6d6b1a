"""A single-user server or service for tests of the proxy: tells what arrived, streams, swallows, echoes WebSockets."""

from __future__ import annotations

import asyncio
import hashlib
import os
from urllib.parse import urlsplit

import tornado.httpserver
import tornado.web
import tornado.websocket


class Told(tornado.web.RequestHandler):
    """The request as it arrived."""

    def handle(self) -> None:
        pairs = [[name, value] for name, value in self.request.headers.get_all()]
        self.set_header("X-Echo", "yes")
        self.add_header("Set-Cookie", "one=1; Path=/")
        self.add_header("Set-Cookie", "two=2; Path=/")
        self.write({"method": self.request.method, "uri": self.request.uri, "headers": pairs, "size": len(self.request.body)})

    get = post = put = delete = patch = options = handle


class Status(tornado.web.RequestHandler):
    """Any status, with a body where one is allowed."""

    def get(self, code: str) -> None:
        self.set_status(int(code))
        if int(code) not in (204, 304):
            self.write(f"status {code}")


@tornado.web.stream_request_body
class Upload(tornado.web.RequestHandler):
    """Swallows a body of any size and tells its hash."""

    def prepare(self) -> None:
        self.request.connection.set_max_body_size(1 << 34)
        self.hash, self.size = hashlib.sha256(), 0

    def data_received(self, chunk: bytes) -> None:
        self.hash.update(chunk)
        self.size += len(chunk)

    def put(self) -> None:
        self.write({"size": self.size, "sha256": self.hash.hexdigest()})


class Download(tornado.web.RequestHandler):
    """So many MiB, in chunks, without a length."""

    async def get(self, mebibytes: str) -> None:
        for number in range(int(mebibytes)):
            self.write(bytes([number % 256]) * (1 << 20))
            await self.flush()


class Drip(tornado.web.RequestHandler):
    """One line, then waits until the client says go on another request; shows that nothing is buffered."""

    gate = asyncio.Event()

    async def get(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        self.write("data: first\n\n")
        await self.flush()
        await Drip.gate.wait()
        Drip.gate.clear()
        self.write("data: second\n\n")

    def post(self) -> None:
        Drip.gate.set()


class Echo(tornado.websocket.WebSocketHandler):
    """Sends back what it gets; "close" closes with a code."""

    def check_origin(self, origin: str) -> bool:
        return True

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        return subprotocols[-1] if subprotocols else None

    def on_message(self, message: str | bytes) -> None:
        if message == "close":
            self.close(4001, "as asked")
        else:
            self.write_message(message, binary=isinstance(message, bytes))


class Refused(tornado.web.RequestHandler):
    """An answer with a body to who asked for a WebSocket."""

    def get(self) -> None:
        self.set_status(403)
        self.write("no WebSocket here")


def application(prefix: str) -> tornado.web.Application:
    return tornado.web.Application(
        [
            (prefix + "status/([0-9]+)", Status),
            (prefix + "upload", Upload),
            (prefix + "download/([0-9]+)", Download),
            (prefix + "drip", Drip),
            (prefix + "ws", Echo, {}),
            (prefix + "no-ws", Refused),
            (".*", Told),
        ],
        websocket_max_message_size=1 << 26,
    )


async def main() -> None:
    url = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
    server = tornado.httpserver.HTTPServer(application(prefix))
    server.listen(url.port, url.hostname)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
