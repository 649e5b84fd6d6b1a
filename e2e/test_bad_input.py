"""Input that JupyterHub itself breaks at, requests that no client library sends, and everything at once.

What both answer in the same way is in `parity/bad_input.py`.
"""

from __future__ import annotations

import concurrent.futures
import json
import socket
from collections import Counter

import pytest
import sqlalchemy
from harness import databases
from harness.hub import ADMIN_SERVICE, ADMIN_TOKEN, DUMMY_LOGIN, TRIVIAL_SERVERS
from harness.waiting import until
from parity.bad_input import REFUSED
from parity.compare import Talk
from parity.steps import Step

CONFIG = (
    DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + "c.JupyterHub.allow_named_servers = True\n"
    "c.JupyterHub.load_groups = {'first': ['first-1', 'first-2']}\n"
)


@pytest.fixture(scope="module")
def hub(make_module_hub):
    return make_module_hub(CONFIG).start()


@pytest.mark.perijove
@pytest.mark.parametrize(("step", "status"), REFUSED, ids=[f"{step.method}-{number}" for number, (step, _) in enumerate(REFUSED)])
def test_it_is_refused_with_a_short_message(hub, step: Step, status: int):
    answer = Talk(hub).ask(step, {})
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["status"] == status
    assert len(answer.content) < 400, answer.text[:400]


def _raw(hub, head: str, body: bytes = b"") -> tuple[int, bytes]:
    """Status and the rest of the answer to exactly these bytes."""
    request = head.replace("\n", "\r\n").encode("latin-1") + body
    with socket.create_connection(("127.0.0.1", hub.port), timeout=20) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    status, rest = answer.split(b" ", 2)[1:]
    return int(status), rest


AUTHORIZED = f"Host: hub\nAuthorization: token {ADMIN_TOKEN}\nConnection: close\n"


@pytest.mark.perijove
@pytest.mark.parametrize(("path", "status"), [
    ("/hub/api/users/../users/first-1", 404), ("/hub/api/users/./first-1", 404), ("/hub/api/users/..", 404), ("/hub/api//users", 404),
    ("/hub/api/users/first-1/", 404), ("/hub/api/users/%2e%2e", 404), ("/hub/api/users/first-1%2f..%2fadmin", 404),
    ("/hub/api/users/a%", 404), ("/hub/api/users/a%zz", 404), ("/hub/api/users/%c3", 400), ("/hub/api/users/%ed%a0%80", 400),
    ("/hub/api/users?%FF=%FF&&&=&%00", 200), ("/hub/api/users/" + "x" * 40_000, 404), ("/hub/api/users/\\first-1", 404),
    ("/hub/api/users/first-1;x", 404),
])  # fmt: skip
def test_paths_that_no_client_sends(hub, path, status):
    found, rest = _raw(hub, f"GET {path} HTTP/1.1\n{AUTHORIZED}\n")
    assert found == status, rest[:500]


@pytest.mark.perijove
def test_bodies_in_pieces(hub):
    def piece(text: bytes) -> bytes:
        return f"{len(text):x}\r\n".encode() + text + b"\r\n"

    head = f"POST /hub/api/users HTTP/1.1\n{AUTHORIZED}Transfer-Encoding: chunked\n\n"
    body = json.dumps({"usernames": ["in-pieces"]}).encode()
    whole = b"".join(piece(body[at : at + 1]) for at in range(len(body))) + b"0\r\n\r\n"
    assert _raw(hub, head, whole)[0] == 201
    assert _raw(hub, head, piece(b"nonsense") + b"0\r\n\r\n")[0] == 400
    # No size, and more than is taken: refused, and nothing is made of it.
    assert _raw(hub, head, b"zz\r\nnonsense")[0] == 400
    before = hub.admin().api("GET", "users").json()
    assert hub.admin().api("GET", "").status_code == 200
    assert hub.admin().api("GET", "users").json() == before


@pytest.mark.perijove
def test_ten_megabytes_of_name(hub):
    admin = hub.admin()
    name = "n" * (10 * 1024 * 1024)
    for path, body in (("users", {"usernames": [name]}), ("groups", {"groups": [name]}), ("users/long", {"name": name}),
                       ("users/first-1/tokens", {"note": name}), ("users/first-1/servers/lab", {"display_name": name})):  # fmt: skip
        answer = admin.api("POST", path, json=body)
        assert answer.status_code == 413, path
        assert len(answer.content) < 400
    # What is within the limit is refused for what it is, and the message does not repeat it.
    for path, body in (("users", {"usernames": [name[: 5 * 1024 * 1024]]}), ("users/first-1/tokens", {"scopes": [name[: 5 * 1024 * 1024]]}),
                       ("users/long", {name[: 5 * 1024 * 1024]: 1})):  # fmt: skip
        answer = admin.api("POST", path, json=body)
        assert answer.status_code == 400, path
        assert len(answer.content) < 1000, (path, len(answer.content))
    assert admin.api("GET", "users/long").status_code == 404


# -- everything at once


def _at_once(count: int, call) -> Counter[int]:
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return Counter(pool.map(call, range(count)))


def _api(hub, method: str, path: str, **options) -> int:
    return hub.client(ADMIN_TOKEN).api(method, path, **options).status_code


#: Rows that point at nothing, or that nothing points at.
ORPHANS = {
    "servers": "select id from servers where id not in (select server_id from spawners where server_id is not null)"
    " and id not in (select _server_id from services where _server_id is not null)",
    "spawners": "select id from spawners where user_id is null or user_id not in (select id from users)",
    "tokens": "select id from api_tokens where (user_id is null and service_id is null) or user_id not in (select id from users)"
    " or client_id not in (select identifier from oauth_clients)",
    "clients": "select identifier from oauth_clients where identifier like 'jupyterhub-user-%'"
    " and identifier not in (select client_id from api_tokens)"
    " and identifier not in (select oauth_client_id from spawners where oauth_client_id is not null)",
    "roles": "select user_id from user_role_map where user_id not in (select id from users)",
    "members": "select user_id from user_group_map where user_id not in (select id from users)",
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def raced(request, make_module_hub):
    """A hub for everything at once, and the engine of its database: a file, or a server, whose writers do not wait in one line."""
    url = databases.url_of(request.param)
    hub = make_module_hub(CONFIG + databases.configuration(url)).start()
    engine = sqlalchemy.create_engine(url or f"sqlite:///{hub.database}")
    yield hub, engine
    engine.dispose()


def _orphans(engine: sqlalchemy.Engine) -> dict[str, list]:
    with engine.connect() as database:
        found = {name: database.execute(sqlalchemy.text(query)).fetchall() for name, query in ORPHANS.items()}
    return {name: rows for name, rows in found.items() if rows}


@pytest.mark.perijove
def test_a_hundred_create_the_same_user(raced):
    hub, engine = raced
    for round in range(3):
        found = _at_once(100, lambda _: _api(hub, "POST", f"users/rush{round}"))
        assert found == {201: 1, 409: 99}
        found = _at_once(100, lambda _: _api(hub, "DELETE", f"users/rush{round}"))
        assert found[204] >= 1 and set(found) <= {204, 404, 400}, found
        assert _api(hub, "GET", f"users/rush{round}") == 404
    found = _at_once(50, lambda _: _api(hub, "POST", "users", json={"usernames": ["many-a", "many-b", "many-c"]}))
    assert set(found) <= {201, 409}, found
    found = _at_once(50, lambda _: _api(hub, "POST", "groups/crowd", json={"users": ["many-a"]}))
    assert found == {201: 1, 409: 49}
    assert _orphans(engine) == {}


@pytest.mark.perijove
def test_a_hundred_start_and_stop_the_same_server(raced):
    hub, engine = raced
    hub.token_for("sprinter")
    for path in ("users/sprinter/server", "users/sprinter/servers/lab"):
        found = _at_once(100, lambda _: _api(hub, "POST", path))
        assert found[201] + found[202] >= 1 and set(found) <= {201, 202, 400}, found
        until(lambda: _api(hub, "POST", path) == 400, "the server to run")
        assert _living(hub, "sprinter") == 1
        found = _at_once(100, lambda _: _api(hub, "DELETE", path))
        assert set(found) <= {202, 204}, found
        until(lambda: _living(hub, "sprinter") == 0, "the server to be gone")
    assert hub.admin().api("GET", "users/sprinter").json()["servers"] == {}
    assert _orphans(engine) == {}


@pytest.mark.perijove
def test_all_of_it_at_once_leaves_nothing_half_done(raced):
    hub, engine = raced
    calls = [
        ("POST", "users/chaos", {}), ("POST", "users/chaos/server", {}), ("DELETE", "users/chaos/server", {}), ("DELETE", "users/chaos", {}),
        ("PUT", "users/chaos/servers/lab", {}), ("POST", "users/chaos/servers/lab", {}),
        ("DELETE", "users/chaos/servers/lab", {"json": {"remove": True}}), ("PATCH", "users/chaos", {"json": {"admin": False}}),
        ("POST", "users/chaos/tokens", {}), ("POST", "groups/mob", {"json": {"users": ["chaos"]}}), ("DELETE", "groups/mob", {}),
        ("POST", "groups/mob/users", {"json": {"users": ["chaos"]}}), ("GET", "users/chaos", {}),
    ]  # fmt: skip
    found = _at_once(100, lambda number: _api(hub, calls[number % len(calls)][0], calls[number % len(calls)][1], **calls[number % len(calls)][2]))
    for _ in range(3):
        found += _at_once(100, lambda number: _api(hub, calls[number * 7 % len(calls)][0], calls[number * 7 % len(calls)][1], **calls[number * 7 % len(calls)][2]))
    assert not [status for status in found if status >= 500 and status != 503], found
    until(lambda: _api(hub, "DELETE", "users/chaos") == 404, "the user to be gone", seconds=60)
    until(lambda: _living(hub, "chaos") == 0, "the servers to be gone", seconds=60)
    assert _orphans(engine) == {}
    assert "panicked" not in hub.log()
    assert _api(hub, "POST", "users/chaos") == 201
    assert _api(hub, "POST", "users/chaos/server") in (201, 202)


def _living(hub, user: str) -> int:
    return len([process for process in hub.leftovers() if process.environ().get("JUPYTERHUB_USER") == user])
