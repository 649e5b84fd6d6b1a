"""What passes through the proxy to a single-user server: headers, bodies of any size, streams, WebSockets."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator

import pytest
import requests
import websocket
from harness import settings
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, Hub
from harness.waiting import until

ECHO_SERVERS = f"""
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = os.path.join(here, "homes", "{{username}}")
c.Spawner.cmd = [{str(settings.PYTHON)!r}, {str(settings.E2E / "harness" / "echo_server.py")!r}]
"""


@pytest.fixture(scope="module")
def hub(make_module_hub) -> Hub:
    hub = make_module_hub(DUMMY_LOGIN + ECHO_SERVERS + ADMIN_SERVICE).start()
    hub.client(hub.token_for("ada")).start_server("ada")
    return hub


@pytest.fixture
def client(hub) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def url(hub: Hub, path: str) -> str:
    return f"{hub.url}user/ada/{path}"


def socket(hub: Hub, path: str = "ws", **options) -> websocket.WebSocket:
    return websocket.create_connection(url(hub, path).replace("http", "ws", 1), timeout=30, **options)


def test_headers_arrive_with_where_they_came_from(hub, client):
    answer = client.get(url(hub, "x?a=1"), headers={"X-Mine": "kept", "Cookie": "k=v"})
    headers = {name.lower(): value for name, value in answer.json()["headers"]}
    assert headers["x-mine"] == "kept" and headers["cookie"] == "k=v"
    assert headers["host"] == f"127.0.0.1:{hub.port}"
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-port"] == str(hub.port)
    assert headers["x-forwarded-host"] == f"127.0.0.1:{hub.port}"


def test_headers_come_back(hub, client):
    answer = client.get(url(hub, "x"))
    assert answer.headers["X-Echo"] == "yes"
    assert answer.raw.headers.getlist("Set-Cookie") == ["one=1; Path=/", "two=2; Path=/"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_methods(hub, client, method):
    assert client.request(method, url(hub, "x"), data=b"body" if method != "GET" else None).json()["method"] == method


@pytest.mark.parametrize("status", [200, 204, 304, 400, 404, 418, 500, 503])
def test_statuses(hub, client, status):
    answer = client.get(url(hub, f"status/{status}"))
    assert answer.status_code == status
    assert answer.text == ("" if status in (204, 304) else f"status {status}")


def test_a_large_body_goes_up(hub, client):
    """Half a gigabyte, sent as it is made; nobody holds it in memory."""
    block = bytes(range(256)) * 4096
    blocks = 512
    answer = client.put(url(hub, "upload"), data=(block for _ in range(blocks)), timeout=120)
    expected = hashlib.sha256()
    for _ in range(blocks):
        expected.update(block)
    assert answer.json() == {"size": blocks * len(block), "sha256": expected.hexdigest()}


def test_a_large_body_comes_down(hub, client):
    size = 0
    with client.get(url(hub, "download/256"), stream=True, timeout=120) as answer:
        for chunk in answer.iter_content(1 << 20):
            size += len(chunk)
    assert size == 256 << 20


def test_a_stream_is_not_held_back(hub, client):
    with client.get(url(hub, "drip"), stream=True, timeout=30) as answer:
        lines = answer.iter_lines(chunk_size=1)
        assert next(lines) == b"data: first"
        requests.post(url(hub, "drip"), timeout=30)
        assert b"data: second" in list(lines)


def test_websockets(hub):
    connection = socket(hub, subprotocols=["a", "b"])
    assert connection.getsubprotocol() == "b"
    connection.send("hello")
    assert connection.recv() == "hello"
    large = bytes(range(256)) * 4096 * 8
    connection.send_binary(large)
    assert connection.recv() == large
    connection.ping(b"are you there")
    connection.send("close")
    opcode, frame = connection.recv_data()
    while opcode != websocket.ABNF.OPCODE_CLOSE:
        opcode, frame = connection.recv_data()
    assert int.from_bytes(frame[:2], "big") == 4001 and frame[2:] == b"as asked"


def test_many_websockets_at_once(hub):
    connections = [socket(hub) for _ in range(50)]
    for number, connection in enumerate(connections):
        connection.send(str(number))
    assert [connection.recv() for connection in connections] == [str(number) for number in range(50)]
    for connection in connections:
        connection.close()


def test_a_refused_websocket_gets_the_answer(hub):
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        socket(hub, "no-ws")
    assert refused.value.status_code == 403


def test_what_is_sent_too_early_is_not_lost(hub):
    """Clients of the proxy at the same time do not hold each other up."""
    results: list[int] = []

    def ask() -> None:
        results.append(requests.get(url(hub, "status/200"), timeout=60).status_code)

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == [200] * 40


def test_unknown_paths_are_the_hubs(hub, client):
    answer = client.get(f"{hub.url}no/such/page", allow_redirects=False)
    assert answer.status_code in (302, 404) and "X-JupyterHub-Version" in answer.headers


def test_a_server_that_died_gives_the_hubs_page(make_hub):
    hub = make_hub(DUMMY_LOGIN + ECHO_SERVERS + ADMIN_SERVICE + "c.Spawner.poll_interval = 3600\n").start()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")
    process = hub.server_process("ada")
    process.kill()
    process.wait_ended()

    def kind_of_page() -> str:
        answer = client.get("user/ada/x", headers={"Accept": "text/html"})
        return answer.headers["Content-Type"] if answer.status_code in (424, 503) else ""

    # A hub that has noticed by itself shows the stop as pending for a moment.
    assert "html" in until(kind_of_page, "the hub's page for a server that is gone")


def test_activity_of_a_route_becomes_activity_of_its_server(make_hub):
    hub = make_hub(
        DUMMY_LOGIN + ECHO_SERVERS + ADMIN_SERVICE + "c.JupyterHub.last_activity_interval = 1\n"
    ).start()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")

    def last_activity() -> str:
        return hub.admin().expect(200, "GET", "users/ada").json()["servers"][""]["last_activity"]

    before = last_activity()

    def moved() -> bool:
        requests.get(f"{hub.url}user/ada/x", timeout=30)
        return last_activity() > before

    until(moved, "the activity to be recorded", every=0.3)


def test_the_routes_are_told_over_the_proxys_own_interface(hub):
    routes = hub.admin().expect(200, "GET", "proxy").json()
    assert {"/", "/user/ada/"} <= set(routes)
    assert routes["/user/ada/"]["data"]["user"] == "ada"
