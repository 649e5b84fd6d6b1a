"""Services: managed and external, those that people log in to, and those that are made while the hub runs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import pytest
import requests
from harness import settings
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, DUMMY_PASSWORD, TRIVIAL_SERVERS, Hub
from harness.ports import free_port
from harness.processes import Process
from harness.waiting import until

#: A Tornado application with the classes of `jupyterhub.services.auth`, as they are.
WHO_AM_I = settings.E2E / "harness" / "whoami_service.py"
BASE = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE


def service(name: str, port: int, kind: str, **fields: object) -> str:
    """A managed service that says who calls it."""
    spec = {
        "name": name, "url": f"http://127.0.0.1:{port}", "command": [str(settings.PYTHON), str(WHO_AM_I), kind],
        "oauth_no_confirm": True, "environment": {"SAID_BY_THE_CONFIGURATION": "yes"}, **fields,
    }  # fmt: skip
    return f"c.JupyterHub.services.append({spec!r})\n"


def everybody_may_open(*names: str) -> str:
    scopes = ["self", *(f"access:services!service={name}" for name in names)]
    return f"c.JupyterHub.load_roles = [{{'name': 'user', 'scopes': {scopes!r}}}]\n"


def answers(client, path: str, **options):
    """The service's answer, once its process listens."""
    # A refusal is an answer too, although it counts as false.
    return until(lambda: (a := client.get(path, **options)).status_code < 500 and [a], f"{path} to answer")[0]


@pytest.fixture(scope="module")
def hub(make_module_hub) -> Hub:
    return make_module_hub(
        BASE + everybody_may_open("by-oauth", "by-token")
        + service("by-oauth", free_port(), "oauth", info={"about": "it"}, display=False)
        + service("by-token", free_port(), "token", oauth_client_allowed_scopes=["read:users:name!user"])
        + service("closed", free_port(), "oauth")
    ).start()  # fmt: skip


def test_a_browser_logs_in_to_a_service_through_the_hub(hub):
    answers(hub.client(), "services/by-oauth/", allow_redirects=False)
    browser = hub.log_in("ada", DUMMY_PASSWORD)
    answer = browser.get("services/by-oauth/")
    assert answer.status_code == 200, answer.text
    assert answer.json()["name"] == "ada" and answer.json()["kind"] == "user"
    assert answer.url == f"{hub.url}services/by-oauth/", "one lands where one wanted to go"
    assert any(cookie.name == "service-by-oauth" for cookie in browser.session.cookies)
    # The token in the cookie works until the hub is told to log out.
    browser.get("hub/logout")
    again = browser.get("services/by-oauth/", allow_redirects=False)
    assert again.status_code in (302, 200)
    browser.session.cookies.clear()
    led = browser.get("services/by-oauth/", allow_redirects=False)
    assert led.status_code == 302 and "/hub/api/oauth2/authorize" in led.headers["Location"]


def test_logging_out_revokes_the_tokens_of_the_session(hub):
    answers(hub.client(), "services/by-oauth/", allow_redirects=False)
    browser = hub.log_in("bea", DUMMY_PASSWORD)
    token = browser.get("services/by-oauth/token").json()["token"]
    assert hub.client(token).user()["name"] == "bea"
    browser.get("hub/logout")
    assert hub.client(token).api("GET", "user").status_code == 403


def test_programs_use_a_service_with_a_token(hub):
    answers(hub.client(), "services/by-token/", allow_redirects=False)
    client = hub.client(hub.token_for("cem"))
    answer = client.get("services/by-token/")
    assert answer.status_code == 200 and answer.json()["name"] == "cem"
    assert hub.client("no-such-token").get("services/by-token/", allow_redirects=False).status_code in (302, 403)


def test_a_service_that_one_may_not_open_stays_closed(hub):
    answers(hub.client(), "services/closed/", allow_redirects=False)
    browser = hub.log_in("dan", DUMMY_PASSWORD)
    assert browser.get("services/closed/").status_code == 403
    assert hub.client(hub.token_for("dan")).get("services/closed/", allow_redirects=False).status_code == 403


def test_a_service_is_told_who_it_is(hub):
    told = answers(hub.client(), "services/by-oauth/environment").json()
    assert told["SAID_BY_THE_CONFIGURATION"] == "yes"
    assert told["JUPYTERHUB_SERVICE_NAME"] == "by-oauth"
    assert told["JUPYTERHUB_SERVICE_PREFIX"] == "/services/by-oauth/"
    assert told["JUPYTERHUB_CLIENT_ID"] == "service-by-oauth"
    assert told["JUPYTERHUB_API_URL"] == f"http://127.0.0.1:{hub.hub_port}/hub/api"
    assert hub.client(told["JUPYTERHUB_API_TOKEN"]).user()["name"] == "by-oauth"
    names = {name for name in told if name.startswith(("JUPYTERHUB", "JPY"))}
    assert not names & {"JUPYTERHUB_ACTIVITY_URL"}, names


def test_models_tell_of_processes(hub):
    answers(hub.client(), "services/by-oauth/environment")
    model = hub.admin().expect(200, "GET", "services/by-oauth").json()
    assert (model["info"], model["display"], model["admin"]) == ({"about": "it"}, False, False)
    assert model["prefix"] == "/services/by-oauth/" and model["command"][-1] == "oauth"
    assert Process.of(model["pid"]).alive()


def _pid(hub: Hub, name: str) -> int:
    return hub.admin().expect(200, "GET", f"services/{name}").json()["pid"]


def test_a_service_that_dies_is_started_again_and_ends_with_the_hub(make_hub, tmp_path):
    port, folder = free_port(), tmp_path / "its folder"
    folder.mkdir()
    hub = make_hub(BASE + everybody_may_open("dying") + service("dying", port, "oauth", cwd=str(folder))).start()
    told = answers(hub.client(), "services/dying/environment").json()
    assert told["here"] == str(folder)
    first = until(lambda: _pid(hub, "dying"), "a process")
    os.kill(first, signal.SIGKILL)
    second = until(lambda: (pid := _pid(hub, "dying")) not in (0, first) and pid, "another process", seconds=60)
    again = until(lambda: (a := hub.client().get("services/dying/environment")).ok and a.json(), "it to answer again", seconds=60)
    assert again["JUPYTERHUB_SERVICE_NAME"] == "dying"
    if settings.SERVER == "perijove":
        hub.logged("whoami service says hello")
    process = Process.of(second)
    hub.stop()
    until(lambda: not process.alive(), "the service to end with the hub")


@pytest.mark.root
def test_a_service_runs_as_the_account_that_it_names(make_hub, accounts, tmp_path):
    account = accounts.add()
    hub = make_hub(BASE + service("other", free_port(), "oauth", user=account.name, cwd="/")).start()
    told = answers(hub.client(), "services/other/environment").json()
    assert told["uid"] == account.entry.pw_uid


def test_an_external_service_added_while_the_hub_runs_is_routed_and_outlives_a_restart(make_hub, tmp_path):
    hub = make_hub(BASE + everybody_may_open("late") + "c.JupyterHub.last_activity_interval = 1\n").start()
    port, token = free_port(), "the-token-of-a-late-service"
    environment = {
        "JUPYTERHUB_SERVICE_NAME": "late", "JUPYTERHUB_SERVICE_PREFIX": "/services/late/", "JUPYTERHUB_API_TOKEN": token,
        "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}", "JUPYTERHUB_CLIENT_ID": "service-late",
        "JUPYTERHUB_API_URL": f"http://127.0.0.1:{hub.hub_port}/hub/api", "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_OAUTH_CALLBACK_URL": "/services/late/oauth_callback", "PATH": os.environ["PATH"],
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": json.dumps(["access:services!service=late"]),
    }  # fmt: skip
    with subprocess.Popen([str(settings.PYTHON), str(WHO_AM_I), "oauth"], env=environment) as process:
        try:
            model = hub.admin().expect(201, "POST", "services/late", json={
                "url": f"http://127.0.0.1:{port}", "api_token": token, "oauth_no_confirm": True, "info": {"a": 1},
            }).json()  # fmt: skip
            assert (model["prefix"], model["url"]) == ("/services/late/", f"http://127.0.0.1:{port}")
            for _ in range(2):
                routed = until(lambda: (a := hub.client().get("services/late/environment")).ok and a, "its route", seconds=20)
                assert routed.json()["JUPYTERHUB_SERVICE_NAME"] == "late"
                browser = hub.log_in("eva", DUMMY_PASSWORD)
                assert browser.get("services/late/").json()["name"] == "eva"
                assert hub.client(token).user()["name"] == "late"
                hub.stop()
                hub.start()
            assert hub.admin().expect(200, "GET", "services/late").json()["info"] == {"a": 1}
            hub.admin().expect(200, "DELETE", "services/late")
            assert hub.client(token).api("GET", "user").status_code == 403
            until(lambda: not hub.client().get("services/late/environment").ok, "its route to be gone", seconds=20)
        finally:
            process.kill()


def test_the_idle_culler_of_upstream_culls(make_hub):
    """`jupyterhub_idle_culler` from PyPI, as it is, as a managed service."""
    hub = make_hub(
        BASE + "c.JupyterHub.services.append({'name': 'culler', 'command':"
        f" [{str(settings.PYTHON)!r}, '-m', 'jupyterhub_idle_culler', '--timeout=4', '--cull-every=1', '--cull-users=True']}})\n"
        "c.JupyterHub.load_roles = [{'name': 'culler', 'services': ['culler'], 'scopes':"
        " ['list:users', 'read:users:activity', 'read:servers', 'delete:servers', 'admin:users']}]\n"
        "c.JupyterHub.last_activity_interval = 100000\n"
    ).start()  # fmt: skip
    idle, busy = hub.client(hub.token_for("idle")), hub.client(hub.token_for("busy"))
    idle.start_server("idle")
    busy.start_server("busy")
    process = hub.server_process("idle")

    def culled() -> bool:
        now = datetime.now(timezone.utc).isoformat()
        busy.expect(200, "POST", "users/busy/activity", json={"servers": {"": {"last_activity": now}}, "last_activity": now})
        return hub.admin().api("GET", "users/idle").status_code == 404

    until(culled, "the idle user and the server to be culled", seconds=60, every=0.5)
    assert not process.alive()
    assert busy.user()["servers"][""]["ready"] is True


@pytest.fixture(scope="module")
def eventful(make_module_hub) -> dict[str, list[dict[str, object]]]:
    """What each hub writes to its event log for the same doings."""
    written = {}
    for kind in ("jupyterhub", settings.SERVER):
        hub = make_module_hub(
            BASE + "import logging\nc.JupyterHub.allow_named_servers = True\n"
            "c.EventLogger.handlers = [logging.FileHandler(os.path.join(here, 'events.log'))]\n", kind=kind,
        ).start()  # fmt: skip
        client = hub.client(hub.token_for("zoë"))
        for name in ("", "lab"):
            client.start_server("zoë", name)
            client.stop_server("zoë", name)
        hub.stop()
        written[kind] = [json.loads(line) for line in (hub.directory / "events.log").read_text().splitlines()]
    return written


def test_the_event_log_is_upstreams(eventful):
    theirs, ours = eventful["jupyterhub"], eventful[settings.SERVER]
    assert [list(event) for event in ours] == [list(event) for event in theirs]
    shape = "%Y-%m-%dT%H:%M:%S.%f+00:00Z"
    for events in (theirs, ours):
        assert [(e["action"], e["username"], e["servername"]) for e in events] == [
            ("start", "zoë", ""), ("stop", "zoë", ""), ("start", "zoë", "lab"), ("stop", "zoë", "lab"),
        ]  # fmt: skip
        assert all(datetime.strptime(str(event["__timestamp__"]), shape) for event in events)
    still = [[{**event, "__timestamp__": ""} for event in events] for events in (theirs, ours)]
    assert still[0] == still[1]


@pytest.mark.perijove
def test_handlers_that_are_none_end_the_start(make_hub):
    hub = make_hub(BASE + "c.EventLogger.handlers = [print]\n").launch()
    assert hub.process is not None and hub.process.wait(60) != 0
    assert "c.EventLogger.handlers" in hub.log()


def _families(text: str) -> dict[str, tuple[str, str, frozenset[str]]]:
    """Type, help and names of labels of every metric."""
    found: dict[str, list] = {}
    for line in text.splitlines():
        if line.startswith("# "):
            _, what, name, rest = line.split(" ", 3)
            found.setdefault(name, ["", "", set()])[0 if what == "TYPE" else 1] = rest
            current = name
        elif line:
            labels = line.partition("{")[2].rpartition("}")[0]
            found[current][2] |= {part.partition("=")[0] for part in labels.split(",") if part}
    return {name: (kind, text, frozenset(labels)) for name, (kind, text, labels) in found.items()}


def _series(text: str, name: str) -> set[str]:
    return {line.rpartition(" ")[0] for line in text.splitlines() if line.startswith(name)}


@pytest.mark.parametrize("prefix", ["", "hub_of_ours"])
def test_metrics_are_upstreams(make_hub, prefix):
    """Names, types, help and labels; and for the same doings the same series."""
    texts = []
    for kind in ("jupyterhub", settings.SERVER):
        hub = make_hub(
            BASE + "c.PeriodicMetricsCollector.event_loop_interval_resolution = 0.1\n", kind=kind,
            env={"JUPYTERHUB_METRICS_PREFIX": prefix} if prefix else {},
        ).start()  # fmt: skip
        client = hub.client(hub.token_for("mia"))
        client.start_server("mia")
        client.stop_server("mia")
        browser = hub.log_in("mia", DUMMY_PASSWORD)
        for path in ("hub/home", "hub/token", "hub/nothing", "hub/api/nothing", "nothing", "hub/static/favicon.ico", "hub/logo", "hub"):
            browser.get(path, allow_redirects=False)
        for path in ("hub/api/users", "hub/api/users/mia", "hub/api/groups", "hub/api/services", "hub/api/proxy", "hub/api/info", "hub/api/"):
            hub.admin().get(path, allow_redirects=False)
        browser.get("hub/logout", allow_redirects=False)
        texts.append(hub.admin().get("hub/metrics").text)
    theirs, ours = ({n: f for n, f in _families(t).items() if not n.startswith("python_")} for t in texts)
    assert ours == theirs
    start = prefix or "jupyterhub"
    counts = [{s for s in _series(t, f"{start}_") if "_count" in s and "proxy_poll" not in s} for t in texts]
    # What each harness and start asks for differs.
    own = ("RootAPIHandler", "HealthCheckHandler", "SelfAPIHandler", "SpawnProgressAPIHandler", "UserAPIHandler", "ProxyErrorHandler")
    differ = {s for s in counts[0] ^ counts[1] if not any(name in s for name in own)}
    assert not differ, differ


ADMINISTRATOR = """
set -eu
token=$($JUPYTERHUB token admin)
hub=https://127.0.0.1:$PORT/hub/api
call() { method=$1; path=$2; shift 2; curl -ksS -f -X "$method" -H "Authorization: token $token" "$@" "$hub/$path"; }
for name in s1 s2 s3; do call POST "users/$name" > /dev/null; done
call POST users -d '{"usernames": ["s4", "s5"]}' > /dev/null
call POST users -H 'Content-Type: application/json' -d '{"usernames": ["boss"], "admin": true}' > /dev/null
call PATCH users/s1 -d '{"admin": true}' > /dev/null
call POST groups/class -d '{"users": ["s2"]}' > /dev/null
call POST groups/class/users -d '{"users": ["s3", "s4"]}' > /dev/null
call DELETE users/s5
call POST users/s2/server > /dev/null
call GET users/s2 | jq -r '.servers[""].ready'
call DELETE users/s2/server
call GET users | jq -r '.[].name' | sort | tr '\\n' ' '
echo
call GET users | jq -r '.[] | select(.admin) | .name' | sort | tr '\\n' ' '
echo
call GET groups/class | jq -r '.users | sort | join(" ")'
own=$(call POST users/s2/tokens -d '{"note": "made by a script"}' | jq -r .token)
curl -ksS -f -H "Authorization: Bearer $own" "$hub/user" | jq -r .name
curl -ksS -o /dev/null -w '%{http_code}' -X POST -d '{"username": "s2", "password": "a shared secret"}' "$hub/authorizations/token"
"""


def _certificate(folder: Path) -> str:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")], check=True, capture_output=True,
    )  # fmt: skip
    (folder / "key.pem").chmod(0o600)
    return f"c.JupyterHub.ssl_key = {str(folder / 'key.pem')!r}\nc.JupyterHub.ssl_cert = {str(folder / 'cert.pem')!r}\n"


@pytest.mark.skipif(not all(map(shutil.which, ("curl", "jq", "openssl"))), reason="needs curl, jq and openssl")
def test_what_administrators_script(make_hub, tmp_path):
    """A token from the command line, and the rest with curl and jq over TLS."""
    hub = make_hub(BASE + _certificate(tmp_path), scheme="https", port=9443).start()
    command = " ".join([*settings.command(hub.kind)])
    script = ADMINISTRATOR.replace("$JUPYTERHUB token admin", f"{command} token -f {hub.config_name} admin")
    done = subprocess.run(
        ["bash", "-c", script], cwd=hub.directory, env=hub.environment() | {"PORT": str(hub.port)}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["true", "admin boss s1 s2 s3 s4 ", "admin boss s1 ", "s2 s3 s4", "s2", "404"]


@pytest.mark.perijove
def test_the_password_form_of_jupyterhub_1_works_where_it_is_wanted(make_hub):
    hub = make_hub(BASE + "c.JupyterHub.legacy_password_tokens = True\n").start()
    hub.logged("legacy_password_tokens")
    login = {"username": "ada", "password": DUMMY_PASSWORD}
    url = f"{hub.url}hub/api/authorizations/token"
    made = requests.post(url, data=json.dumps(login), headers={"Content-Type": "application/x-www-form-urlencoded"}, timeout=30)
    assert made.status_code == 200, made.text
    assert made.json()["user"]["name"] == "ada" and made.json()["warning"]
    assert hub.client(made.json()["token"]).user()["name"] == "ada"
    assert made.json()["token"] not in hub.log() and DUMMY_PASSWORD not in hub.log()
    hub.logged("ada got an API token")
    statuses = [requests.post(url, json={**login, "password": "wrong"}, timeout=30).status_code for _ in range(12)]
    assert statuses[0] == 403 and statuses[-1] == 429, statuses
