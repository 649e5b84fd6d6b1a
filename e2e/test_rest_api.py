"""The REST API as scripts use it: users, tokens, servers with their progress, activity."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import datetime, timedelta, timezone

import pytest
import requests
from harness import settings
from harness.hub import ADMIN_SERVICE, ADMIN_TOKEN, DUMMY_LOGIN, TRIVIAL_SERVERS, Hub
from harness.waiting import until


@pytest.fixture(scope="module")
def hub(make_module_hub) -> Hub:
    return make_module_hub(DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + "c.JupyterHub.allow_named_servers = True\n").start()


def test_the_version_needs_no_token(hub):
    answer = hub.client().expect(200, "GET", "")
    assert answer.json() == {"version": "6.1.1"}
    assert answer.headers["X-JupyterHub-Version"] == "6.1.1"
    assert answer.headers["Content-Type"] == "application/json"


def test_json_is_written_as_python_writes_it(hub):
    admin = hub.admin()
    assert admin.expect(200, "GET", "").text == '{"version": "6.1.1"}'
    options = {"text": "é🚀<&>\x7f\n\"", "numbers": [1.0, 0.1, 1e22, 1e16, 1e-5, 0.0001, -0.0, 18446744073709551615, -1], "none": None, "empty": [{}, []]}
    admin.expect(201, "POST", "users/json-writer")
    admin.expect(201, "PUT", "users/json-writer/servers/text", json={"display_name": "é🚀", "user_options": options})
    answers = [
        admin.expect(200, "GET", "users/json-writer?include_stopped_servers"), admin.expect(200, "GET", "users/json-writer/servers/text"),
        admin.expect(200, "GET", "users"), admin.expect(404, "GET", "users/nobody-of-this-name"), admin.expect(200, "GET", "info"),
        hub.client().expect(403, "GET", "users"), admin.expect(200, "PATCH", "users/json-writer/servers/text", json={"display_name": "ü"}),
    ]  # fmt: skip
    assert answers[1].json()["user_options"] == options
    for answer in answers:
        assert answer.text == json.dumps(answer.json())
        assert answer.headers["Content-Length"] == str(len(answer.content))
    tag = admin.expect(200, "GET", "users/json-writer").headers["ETag"]
    assert admin.api("GET", "users/json-writer", headers={"If-None-Match": tag}).status_code == 304


def test_credentials(hub):
    assert hub.client().api("GET", "users").status_code == 403
    assert hub.client("not-a-token").api("GET", "users").status_code == 403
    bearer = requests.get(f"{hub.url}hub/api/users", headers={"Authorization": f"Bearer {ADMIN_TOKEN}"}, timeout=30)
    assert bearer.status_code == 200


def test_users_come_and_go(hub):
    admin = hub.admin()
    made = admin.expect(201, "POST", "users/grace").json()
    assert (made["name"], made["kind"], made["admin"], made["servers"]) == ("grace", "user", False, {})
    admin.expect(409, "POST", "users/grace")
    assert {u["name"] for u in admin.expect(201, "POST", "users", json={"usernames": ["x1", "x2"]}).json()} == {"x1", "x2"}
    assert {"grace", "x1", "x2"} <= {u["name"] for u in admin.expect(200, "GET", "users").json()}
    assert admin.expect(200, "PATCH", "users/grace", json={"admin": True}).json()["admin"] is True
    for name in ("grace", "x1", "x2"):
        admin.expect(204, "DELETE", f"users/{name}")
    admin.expect(404, "GET", "users/grace")


def test_one_sees_oneself_and_no_other(hub):
    token = hub.token_for("henry")
    hub.token_for("iris")
    client = hub.client(token)
    assert client.user()["name"] == "henry"
    assert client.expect(200, "GET", "users/henry").json()["name"] == "henry"
    assert client.api("GET", "users/iris").status_code == 404
    assert client.api("DELETE", "users/henry").status_code == 403


def test_a_server_starts_tells_its_progress_and_stops(hub):
    client = hub.client(hub.token_for("joan"))
    answer = client.api("POST", "users/joan/server", json={"flavour": "vanilla"})
    assert answer.status_code in (201, 202)
    events = list(client.progress("joan"))
    assert events[-1]["ready"] is True
    assert events[-1]["progress"] == 100
    assert events[-1]["url"] == "/user/joan/"
    assert all(0 <= event["progress"] <= 100 for event in events)

    server = client.user()["servers"][""]
    assert (server["ready"], server["pending"], server["stopped"]) == (True, None, False)
    assert server["user_options"] == {"flavour": "vanilla"}
    assert server["url"] == "/user/joan/"
    assert client.get("user/joan/hello").json()["path"] == "/user/joan/hello"
    assert client.api("POST", "users/joan/server").status_code == 400

    process = hub.server_process("joan")
    client.expect(204, "DELETE", "users/joan/server")
    process.wait_ended()
    assert client.user()["servers"] == {}
    assert client.get("user/joan/hello", allow_redirects=False).status_code != 200


def test_named_servers(hub):
    client = hub.client(hub.token_for("kate"))
    client.start_server("kate", "second")
    assert client.user()["servers"]["second"]["url"] == "/user/kate/second/"
    assert client.get("user/kate/second/x").json()["path"] == "/user/kate/second/x"
    client.stop_server("kate", "second")
    client.expect(204, "DELETE", "users/kate/servers/second", json={"remove": True})


def test_the_servers_of_others_are_closed(hub):
    owner, other = hub.client(hub.token_for("liam")), hub.client(hub.token_for("mona"))
    owner.start_server("liam")
    assert other.api("DELETE", "users/liam/server").status_code == 404
    assert other.api("POST", "users/liam/server").status_code == 404
    owner.stop_server("liam")


def test_a_server_that_exits_early_fails_at_once(make_hub):
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + 'c.Spawner.args = ["--fail"]\n').start()
    client = hub.client(hub.token_for("nina"))
    began = datetime.now()
    assert client.api("POST", "users/nina/server").status_code in (202, 500)
    until(lambda: client.user()["servers"] == {}, "the failed start to be over")
    # JupyterHub goes on waiting for the server's port here.
    assert settings.SERVER != "perijove" or datetime.now() - began < timedelta(seconds=10), "it waited for a timeout"
    hub.logged("E2E-LAST-WORDS")


@pytest.mark.perijove
def test_the_last_words_of_a_server_are_in_its_progress(make_hub):
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + 'c.Spawner.args = ["--slow", "0.5", "--fail"]\n').start()
    client = hub.client(hub.token_for("nina"))
    try:
        client.api("POST", "users/nina/server", timeout=0.3)
    except requests.Timeout:
        pass
    events = list(client.progress("nina"))
    assert events[-1].get("failed") is True, events
    assert any("E2E-LAST-WORDS" in str(event) for event in events), events


def test_activity_is_recorded(hub):
    client = hub.client(hub.token_for("olga"))
    client.start_server("olga")
    when = (datetime.now(timezone.utc) + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    client.expect(200, "POST", "users/olga/activity", json={"servers": {"": {"last_activity": when}}, "last_activity": when})
    user = client.user()
    assert user["last_activity"] == when
    assert user["servers"][""]["last_activity"] == when
    client.stop_server("olga")


def test_tokens(hub):
    admin_view, client = hub.admin(), hub.client(hub.token_for("pete"))
    made = client.expect(201, "POST", "users/pete/tokens", json={"note": "for a script", "expires_in": 3600}).json()
    assert re.fullmatch(r"[0-9a-f]{32}|[\w-]{32,}", made["token"])
    assert made["note"] == "for a script" and made["expires_at"]
    assert hub.client(made["token"]).user()["name"] == "pete"
    listed = client.expect(200, "GET", "users/pete/tokens").json()["api_tokens"]
    assert made["id"] in {token["id"] for token in listed}
    assert all("token" not in token for token in listed)
    client.expect(204, "DELETE", f"users/pete/tokens/{made['id']}")
    assert hub.client(made["token"]).api("GET", "user").status_code == 403
    assert admin_view.expect(200, "GET", "users/pete/tokens").status_code == 200


def test_a_token_with_less_scope_can_do_less(hub):
    client = hub.client(hub.token_for("quin"))
    made = client.expect(201, "POST", "users/quin/tokens", json={"scopes": ["read:users:name!user"]}).json()
    small = hub.client(made["token"])
    assert set(small.user()) >= {"name"} and "servers" not in small.user()
    assert small.api("POST", "users/quin/server").status_code == 403
    assert client.api("POST", "users/quin/tokens", json={"scopes": ["admin:users"]}).status_code == 400


@pytest.mark.perijove
def test_what_another_process_writes_counts_on_the_next_request(hub):
    """A token that is deleted, or whose owner's role changes, in the database by someone else.

    JupyterHub may go on with the role that it has read before.
    """
    token = hub.token_for("ruth")
    client = hub.client(token)
    assert client.api("GET", "users").status_code == 403
    with sqlite3.connect(hub.database, timeout=30) as database:
        database.execute(
            "insert into user_role_map (user_id, role_id, managed_by_auth) select u.id, r.id, 0 from users u, roles r"
            " where u.name = 'ruth' and r.name = 'admin'"
        )
    assert client.api("GET", "users").status_code == 200
    with sqlite3.connect(hub.database, timeout=30) as database:
        database.execute("delete from api_tokens where prefix = ?", (token[:4],))
    assert client.api("GET", "user").status_code == 403


def test_a_body_of_any_content_type_is_json(hub):
    """`curl -d` sends the type of a form; administrators' scripts rely on it."""
    answer = requests.post(
        f"{hub.url}hub/api/users",
        data='{"usernames": ["curly"]}',
        headers={"Authorization": f"token {ADMIN_TOKEN}", "Content-Type": "application/x-www-form-urlencoded"},
        timeout=30,
    )
    assert answer.status_code == 201
    assert hub.admin().api("POST", "users", data="this is no JSON").status_code == 400


def test_a_proxied_path_is_forwarded_as_it_was_sent(hub):
    client = hub.client(hub.token_for("sven"))
    client.start_server("sven")
    for path in ("a%20b?c=d%2Fe", "a%2Fb", "%C3%A9", "x//y"):
        raw = requests.Request("GET", "http://x/").prepare()
        raw.url = f"{hub.url}user/sven/{path}"
        raw.headers["Authorization"] = f"token {client.token}"
        assert client.session.send(raw, timeout=30).json()["path"] == f"/user/sven/{path}"
    client.stop_server("sven")
