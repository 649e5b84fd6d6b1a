"""Handlers of plug-ins that do not answer at once: WebSockets, answers in pieces, large uploads; beside JupyterHub itself."""

from __future__ import annotations

import http.client
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
import websocket
from harness import settings
from harness.both import of_both
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS
from harness.waiting import until

HANDLERS = """
import asyncio
import signal
from jupyterhub.handlers import BaseHandler
from jupyterhub import orm
from tornado import web
from tornado.websocket import WebSocketHandler

class Talk(BaseHandler, WebSocketHandler):
    def select_subprotocol(self, offered):
        return "second" if "second" in offered else None

    async def get(self, *args, **kwargs):
        if self.current_user is None:
            raise web.HTTPError(403, "Nobody %s", "knows you")
        await super().get(*args, **kwargs)

    def open(self):
        self.write_message(f"hello {self.current_user.name}")

    async def on_message(self, message):
        if message == "users":
            message = " ".join(sorted(user.name for user in self.db.query(orm.User)))
        elif message == "groups":
            message = " ".join(group.name for group in self.current_user.groups)
        elif message == "close":
            return self.close(4001, "enough")
        elif message == "raise":
            raise RuntimeError("a secret of the handler's")
        elif message == "exit":
            sys.exit(3)
        elif message == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        await self.write_message(message, binary=isinstance(message, bytes))

    def on_close(self):
        self.log.warning("closed: %s %s %s", self.current_user.name, self.close_code, self.close_reason)

class Plain(WebSocketHandler):
    def on_message(self, message):
        self.write_message(message[::-1])

flags = {}

def flag(name):
    return flags.setdefault(name, asyncio.Event())

class Events(BaseHandler):
    async def get(self, name):
        self.set_header("Content-Type", "text/event-stream")
        self.here = True
        for number in range(3):
            users = self.db.query(orm.User).count()
            self.write(f"data: {number} {users}\\n\\n")
            await self.flush()
            await flag(f"{name}{number}").wait()
        if name == "raise":
            raise RuntimeError("a secret of the handler's")
        if name == "exit":
            sys.exit(3)
        if name == "die":
            os.kill(os.getpid(), signal.SIGKILL)

    def on_connection_close(self):
        super().on_connection_close()
        self.log.warning("gone: %s", self.request.path)

class Raise(BaseHandler):
    def get(self, name):
        flag(name).set()

class Long(BaseHandler):
    async def get(self):
        self.set_header("Content-Length", str(50_000_000))
        for _ in range(50):
            self.write(b"x" * 1_000_000)
            await self.flush()

class Upload(BaseHandler):
    def check_xsrf_cookie(self):
        pass

    def post(self):
        self.write(f"{len(self.request.body)}")

@web.stream_request_body
class Stream(BaseHandler):
    size = pieces = 0

    def check_xsrf_cookie(self):
        pass

    def prepare(self):
        self.request.connection.set_max_body_size(200 * 1024 * 1024)

    def data_received(self, chunk):
        self.size += len(chunk)
        self.pieces += 1

    def post(self):
        self.write({"size": self.size, "in_pieces": self.pieces > 1})

class Exit(BaseHandler):
    async def get(self, how):
        if how == "exit":
            sys.exit(3)
        os.kill(os.getpid(), signal.SIGKILL)

c.JupyterHub.extra_handlers = [
    (r"/talk", Talk), (r"/plain", Plain), (r"/events/([a-z]+)", Events), (r"/raise/([a-z0-9]+)", Raise), (r"/long", Long),
    (r"/upload", Upload), (r"/stream", Stream), (r"/exit/(exit|die)", Exit),
]
"""
CONFIG = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + HANDLERS


@pytest.fixture(scope="module")
def hubs(make_both):
    return make_both(CONFIG)


def open_socket(hub, path: str, client=None, **options) -> websocket.WebSocket:
    """A WebSocket with the client's cookies, from the hub's own pages."""
    cookies = {cookie.name: cookie.value for cookie in client.session.cookies} if client else {}
    options = {"origin": hub.origin, "timeout": 30} | options
    return websocket.create_connection(
        f"ws://127.0.0.1:{hub.port}/hub/{path}", cookie="; ".join(f"{name}={value}" for name, value in cookies.items()), **options
    )


@contextmanager
def talk(hub, name: str = "ada", **options) -> Iterator[websocket.WebSocket]:
    """The WebSocket of a person, after its greeting."""
    connection = open_socket(hub, "talk", hub.log_in(name), **options)
    try:
        assert connection.recv() == f"hello {name}"
        yield connection
    finally:
        connection.close()


def said(connection: websocket.WebSocket, message: str | bytes) -> str | bytes:
    connection.send(message) if isinstance(message, str) else connection.send_binary(message)
    return connection.recv()


def end_of(connection: websocket.WebSocket) -> tuple[int, bytes]:
    """The code and the message with which the server closes, (0, b"") if the connection just ends."""
    try:
        kind, frame = connection.recv_data_frame(control_frame=True)
    except (websocket.WebSocketConnectionClosedException, OSError):
        return 0, b""
    assert kind == websocket.ABNF.OPCODE_CLOSE, (kind, frame.data)
    return (int.from_bytes(frame.data[:2], "big"), frame.data[2:]) if frame.data else (1005, b"")


def test_messages_go_both_ways(hubs):
    def ask(hub):
        with talk(hub, subprotocols=["first", "second"]) as connection:
            small = [said(connection, message) for message in ("a", "ä€", b"\x00\xff")]
            large = [len(said(connection, "x" * size)) for size in (125, 126, 65_536, 3_000_000)]
            return connection.getsubprotocol(), small, large

    assert of_both(hubs, ask) == ("second", ["a", "ä€", b"\x00\xff"], [125, 126, 65_536, 3_000_000])
    for hub in hubs:
        plain = open_socket(hub, "plain")
        assert said(plain, "abc") == "cba"
        plain.close()


def test_pings_are_answered(hubs):
    def ask(hub):
        with talk(hub) as connection:
            connection.ping("are you there")
            kind, frame = connection.recv_data_frame(control_frame=True)
            return kind, frame.data

    assert of_both(hubs, ask) == (websocket.ABNF.OPCODE_PONG, b"are you there")


def test_what_is_in_the_database_now(hubs):
    """A connection that lives for long sees what others write."""
    for hub in hubs:
        with talk(hub) as connection:
            assert "made-later" not in str(said(connection, "users"))
            hub.admin().expect(201, "POST", "users/made-later")
            assert "made-later" in str(said(connection, "users"))
            assert said(connection, "groups") == ""
            hub.admin().expect(201, "POST", "groups/people")
            hub.admin().expect(200, "POST", "groups/people/users", json={"users": ["ada"]})
            assert said(connection, "groups") == "people"


def test_the_handler_closes(hubs):
    def ask(hub):
        ends = []
        for word in ("close", "raise"):
            with talk(hub) as connection:
                connection.send(word)
                ends.append(end_of(connection))
        return ends

    ends = of_both(hubs, ask)
    assert ends[0] == (4001, b"enough") and b"secret" not in ends[1][1]
    hubs[1].logged("a secret of the handler's", "closed: ada")


def test_the_client_closes(hubs):
    for hub in hubs:
        with talk(hub, "bea") as connection:
            connection.close(3005, b"done with it", timeout=30)
        hub.logged("closed: bea 3005 done with it")


def test_the_client_goes_away(hubs):
    for hub in hubs:
        with talk(hub, "cleo") as connection:
            connection.sock.shutdown(socket.SHUT_RDWR)
            hub.logged("closed: cleo None None")
        # Nobody else is disturbed.
        with talk(hub) as connection:
            assert said(connection, "x") == "x"


def test_refused_upgrades(hubs):
    def refused(hub, **options):
        with pytest.raises(websocket.WebSocketBadStatusException) as caught:
            open_socket(hub, **options).close()
        body = caught.value.resp_body or b""
        return caught.value.status_code, b"Nobody knows you" in body, b"Cross origin" in body

    assert of_both(hubs, lambda hub: refused(hub, path="talk")) == (403, True, False)
    elsewhere = "http://elsewhere.example"
    assert of_both(hubs, lambda hub: refused(hub, path="talk", client=hub.log_in("ada"), origin=elsewhere)) == (403, False, True)
    assert of_both(hubs, lambda hub: refused(hub, path="raise/x"))[0] == 200
    assert of_both(hubs, lambda hub: refused(hub, path="none"))[0] == 404

    def not_asked(hub):
        answer = hub.log_in("ada").get("hub/talk")
        return answer.status_code, answer.text

    assert of_both(hubs, not_asked) == (400, 'Can "Upgrade" only to "WebSocket".')


def lines(answer: requests.Response) -> Iterator[str]:
    return (line for line in answer.iter_lines(chunk_size=1, decode_unicode=True) if line)


def follow(hub, name: str) -> tuple[requests.Response, Iterator[str]]:
    answer = hub.client().get(f"hub/events/{name}", stream=True, timeout=30)
    assert answer.status_code == 200
    return answer, lines(answer)


def go_on(hub, *names: str) -> None:
    for name in names:
        assert hub.client().get(f"hub/raise/{name}").status_code == 200


def test_events_arrive_as_they_are_flushed(hubs):
    for hub in hubs:
        answer, events = follow(hub, "arrive")
        assert re.fullmatch(r"data: 0 \d+", first := next(events))
        assert answer.headers["Content-Type"] == "text/event-stream"
        hub.admin().expect(201, "POST", "users/made-meanwhile")
        go_on(hub, "arrive0")
        assert next(events) == f"data: 1 {int(first.split()[-1]) + 1}"
        go_on(hub, "arrive1", "arrive2")
        assert len(list(events)) == 1


def test_a_client_that_goes_away_ends_the_stream(hubs):
    for hub in hubs:
        answer, events = follow(hub, "leave")
        next(events)
        answer.close()
        hub.logged("gone: /hub/events/leave")


def test_long_answers(hubs):
    def ask(hub):
        answer = hub.client().get("hub/long")
        return answer.status_code, answer.headers["Content-Length"], len(answer.content)

    assert of_both(hubs, ask) == (200, "50000000", 50_000_000)


def test_large_uploads(hubs):
    body = b"x" * 30_000_000

    def ask(hub):
        client = hub.client()
        chunks = (body[start : start + 1_000_000] for start in range(0, len(body), 1_000_000))
        whole = [client.post("hub/upload", data=data).text for data in (body, chunks, b"")]
        return whole, client.post("hub/stream", data=body * 4).json()

    assert of_both(hubs, ask) == (["30000000", "30000000", "0"], {"size": 120_000_000, "in_pieces": True})


def test_uploads_that_are_too_large(hubs):
    def ask(hub):
        connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=30)
        connection.putrequest("POST", "/hub/upload")
        connection.putheader("Content-Length", str(101 * 1024 * 1024))
        connection.endheaders(b"x")
        return connection.getresponse().status

    assert of_both(hubs, ask) == 400


def test_at_the_hubs_own_address(hubs):
    """Where an external proxy sends requests."""
    for hub in hubs:
        own = f"127.0.0.1:{hub.hub_port}"
        plain = websocket.create_connection(f"ws://{own}/hub/plain", origin=f"http://{own}", timeout=30)
        assert said(plain, "abc") == "cba"
        plain.close()
        with requests.get(f"http://{own}/hub/events/own", stream=True, timeout=30) as answer:
            assert next(lines(answer)).startswith("data: 0")
            answer.close()
            hub.logged("gone: /hub/events/own")


AUTHENTICATOR = """
from jupyterhub.auth import DummyAuthenticator

class Mine(DummyAuthenticator):
    def get_handlers(self, app):
        return [(r"/login/talk", Talk), (r"/login/events/([a-z]+)", Events), (r"/login/raise/([a-z0-9]+)", Raise)]

c.JupyterHub.authenticator_class = Mine
"""


def test_handlers_of_an_authenticator(make_hub):
    hubs = [make_hub(CONFIG + AUTHENTICATOR, kind=kind).start() for kind in ("jupyterhub", settings.SERVER)]

    def ask(hub):
        connection = open_socket(hub, "login/talk", hub.log_in("ada"))
        answers = [connection.recv(), said(connection, "x")]
        connection.close()
        with hub.client().get("hub/login/events/of", stream=True, timeout=30) as answer:
            answers.append(next(events := lines(answer))[:7])
            for number in range(3):
                assert hub.client().get(f"hub/login/raise/of{number}").status_code == 200
            return [*answers, len(list(events))]

    assert of_both(hubs, ask) == ["hello ada", "x", "data: 0", 2]


@pytest.mark.perijove
def test_the_hub_ends_while_others_listen(make_hub):
    hub = make_hub(CONFIG).start()
    answer, events = follow(hub, "wait")
    next(events)
    with talk(hub) as connection:
        assert hub.stop(seconds=15) == 0
        assert end_of(connection) == (0, b"")
    with pytest.raises(requests.RequestException):
        list(events)
    answer.close()


@pytest.mark.perijove
@pytest.mark.parametrize("how", ["exit", "die"])
def test_handlers_that_end_their_process(make_hub, how):
    """Whoever waits is told, and the next request is served."""
    hub = make_hub(CONFIG).start()
    client = hub.client()
    status = client.get(f"hub/exit/{how}").status_code
    assert status == (500 if how == "exit" else 503)
    assert client.post("hub/upload", data=b"abc").text == "3"
    _, events = follow(hub, how)
    next(events)
    with talk(hub, "bea") as other, talk(hub) as connection:
        connection.send(how)
        assert end_of(connection) == (0, b"")
        if how == "die":
            with pytest.raises(requests.RequestException):
                list(events)
            assert end_of(other) == (0, b"")
        else:
            assert said(other, "x") == "x"
            go_on(hub, *(f"{how}{number}" for number in range(3)))
            assert len(list(events)) == 2
    assert client.post("hub/upload", data=b"abc").text == "3"
    with talk(hub) as connection:
        assert said(connection, "x") == "x"
    assert until(lambda: hub.process.poll() is None, "the hub lives")
    assert hub.stop(signal.SIGTERM) == 0
