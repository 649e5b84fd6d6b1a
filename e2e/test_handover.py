"""The same folder, served in turn by JupyterHub 6.1.1 and by the server under test, both ways."""

from __future__ import annotations

import difflib
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from harness import databases, settings
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS, Hub
from harness.waiting import until

CONFIG = (
    DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + "c.JupyterHub.allow_named_servers = True\n"
    "c.JupyterHub.cleanup_servers = False\n"
    "c.JupyterHub.load_roles = [{'name': 'reader', 'scopes': ['read:users', 'list:users'], 'users': ['ada']}]\n"
    "c.JupyterHub.load_groups = {'staff': {'users': ['ada'], 'properties': {'colour': 'blue'}}}\n"
)
OTHER = "jupyterhub"


def serve_with(hub: Hub, kind: str) -> Hub:
    """Ends the one and starts the other, as an administrator does; people's servers go on."""
    if hub.process is not None:
        hub.stop()
    hub.kind = kind
    hub.start()
    # A hub may serve before it has checked which servers live.
    until(lambda: not pending(hub), "the servers to be checked")
    return hub


def pending(hub: Hub) -> list[str]:
    servers = [server for user in hub.admin().expect(200, "GET", "users").json() for server in user["servers"].values()]
    return [server["full_name"] for server in servers if server["pending"]]


def view(hub: Hub) -> dict:
    """What the hub knows, without what moves by itself."""
    admin = hub.admin()

    def still(value):
        if isinstance(value, dict):
            kept = {k: still(v) for k, v in value.items() if k not in ("last_activity", "last_used")}
            # Of a server that does not run JupyterHub tells empty ones, and none after its own next start.
            return kept | {k: kept[k] or None for k in ("state", "user_options") if k in kept}
        if isinstance(value, list):
            items = [still(item) for item in value]
            # The order of scopes and roles says nothing, and JupyterHub's changes with each start.
            return sorted(items) if all(isinstance(item, str) for item in items) else items
        # MySQL keeps whole seconds, so that a hub which has just written knows more than the next one.
        return re.sub(r"(T\d\d:\d\d:\d\d)\.\d+Z$", r"\1Z", value) if isinstance(value, str) else value

    users = sorted(admin.expect(200, "GET", "users?include_stopped_servers=1").json(), key=lambda user: user["name"])
    tokens = {}
    for user in users:
        listed = admin.expect(200, "GET", f"users/{user['name']}/tokens").json()["api_tokens"]
        tokens[user["name"]] = sorted(listed, key=lambda token: token["id"])
    return still({"users": users, "tokens": tokens})


def assert_unchanged(hub: Hub, before: dict) -> None:
    old, new = (json.dumps(known, indent=1, sort_keys=True).splitlines() for known in (before, view(hub)))
    differs = "\n".join(difflib.unified_diff(old, new, "before", hub.kind, lineterm="", n=8))
    assert not differs, differs


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def database_config(request) -> str:
    """Where the hubs keep what they know: a file, or a new database on the servers that `make test` starts."""
    return databases.configuration(databases.url_of(request.param))


def test_there_and_back_again(make_hub, database_config):
    hub = make_hub(CONFIG + database_config)
    serve_with(hub, OTHER)
    browser = hub.log_in("ada")
    token = hub.token_for("ada")
    hub.admin().expect(201, "POST", "users/bob")
    hub.client(token).start_server("ada")
    process = hub.server_process("ada")
    before = view(hub)

    serve_with(hub, settings.SERVER)
    assert_unchanged(hub, before)
    assert browser.user()["name"] == "ada", "the old cookie does not work"
    assert browser.get("hub/home").status_code == 200
    assert hub.client(token).user()["name"] == "ada", "the old token does not work"
    assert hub.server_process("ada") == process, "the server was not adopted"
    assert hub.client(token).get("user/ada/x").json()["path"] == "/user/ada/x"

    # It writes: users, tokens, sessions, a server.
    hub.admin().expect(201, "POST", "users/carol")
    hub.admin().expect(204, "DELETE", "users/bob")
    new_token = hub.token_for("carol")
    new_browser = hub.log_in("dave")
    hub.client(new_token).start_server("carol")
    new_process = hub.server_process("carol")
    # The owner's server is stopped and started anew; the process that JupyterHub began ends.
    hub.client(token).stop_server("ada")
    process.wait_ended()
    hub.client(token).start_server("ada")
    process = hub.server_process("ada")
    between = view(hub)

    serve_with(hub, OTHER)
    assert_unchanged(hub, between)
    for client, name in ((browser, "ada"), (new_browser, "dave"), (hub.client(token), "ada"), (hub.client(new_token), "carol")):
        assert client.user()["name"] == name
    assert hub.server_process("ada") == process and hub.server_process("carol") == new_process
    hub.client(new_token).stop_server("carol")
    new_process.wait_ended()
    hub.log_in("erin")
    assert "Traceback" not in hub.log().split(f"---- start {hub.starts} of")[1]


def test_a_database_that_was_begun_here_serves_jupyterhub(make_hub):
    hub = make_hub(CONFIG)
    serve_with(hub, settings.SERVER)
    browser, token = hub.log_in("ada"), hub.token_for("bob")
    hub.client(token).start_server("bob", "side")
    before = view(hub)
    serve_with(hub, OTHER)
    assert_unchanged(hub, before)
    assert browser.user()["name"] == "ada"
    hub.client(token).stop_server("bob", "side")


def test_the_database_is_the_one_that_jupyterhub_makes(make_hub):
    """Tables, columns and the revision; extra tables of ours do not disturb."""
    structures = []
    for kind in (OTHER, settings.SERVER):
        hub = make_hub(CONFIG)
        serve_with(hub, kind)
        hub.stop()
        structures.append(structure(hub.database))
    theirs, ours = structures
    # JupyterHub imports every plug-in that is installed, and makes the tables of those too.
    theirs.pop("users_info", None)
    extra = {name for name in ours if name.startswith("perijove_")}
    assert {name: ours[name] for name in ours if name not in extra} == theirs


def structure(database: Path) -> dict[str, list[tuple]]:
    with sqlite3.connect(database) as connection:
        tables = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
        found = {}
        for table in tables:
            columns = connection.execute(f"pragma table_info({table!r})").fetchall()
            found[table] = sorted((name, kind.upper(), bool(required), bool(key)) for _, name, kind, required, _, key in columns)
        found["(revision)"] = connection.execute("select version_num from alembic_version").fetchall()
    return found


def test_a_database_from_the_future_is_refused_and_left_alone(make_hub):
    hub = make_hub(CONFIG)
    serve_with(hub, OTHER)
    hub.stop()
    with sqlite3.connect(hub.database) as connection:
        connection.execute("update alembic_version set version_num = 'ffffffffffff'")
    connection.close()
    content = hub.database.read_bytes()
    hub.kind = settings.SERVER
    ended = hub.run_to_the_end("-f", hub.config_name)
    assert ended.returncode != 0
    assert hub.database.read_bytes() == content
    assert sorted(p.name for p in hub.directory.iterdir() if "sqlite" in p.name) == ["jupyterhub.sqlite"]


@pytest.mark.perijove
def test_a_database_of_an_old_jupyterhub_is_refused_with_a_hint(make_hub):
    """What is older than 5 is JupyterHub's to upgrade first."""
    hub = make_hub(CONFIG)
    serve_with(hub, OTHER)
    hub.stop()
    with sqlite3.connect(hub.database) as connection:
        # The revision of JupyterHub 1.x.
        connection.execute("update alembic_version set version_num = '4dc2d5a8c53c'")
    connection.close()
    content = hub.database.read_bytes()
    hub.kind = settings.SERVER
    for arguments in (["-f", hub.config_name], ["upgrade-db", "-f", hub.config_name]):
        ended = hub.run_to_the_end(*arguments)
        assert ended.returncode != 0
        assert "upgrade" in ended.stderr and "JupyterHub" in ended.stderr
    assert hub.database.read_bytes() == content


def test_a_damaged_database_is_refused_and_left_alone(make_hub):
    hub = make_hub(CONFIG)
    hub.directory.joinpath("jupyterhub.sqlite").write_bytes(b"this is no database, " * 500)
    content = hub.database.read_bytes()
    ended = hub.run_to_the_end("-f", hub.config_name)
    assert ended.returncode != 0
    assert hub.database.read_bytes() == content


@pytest.fixture(scope="module")
def older_jupyterhub(tmp_path_factory) -> Path:
    """An environment with JupyterHub 5, whose databases are upgraded."""
    cache = Path(settings.PYTHON).parents[1].parent / "jupyterhub-5"
    python = cache / "bin" / "python"
    if not (cache / "ready").exists():
        shutil.rmtree(cache, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(cache)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "jupyterhub==5.4.2"], check=True)
        (cache / "ready").touch()
    return cache


@pytest.mark.timeout(400)
def test_a_database_of_jupyterhub_5_is_upgraded_after_a_backup(make_hub, older_jupyterhub):
    hub = make_hub(CONFIG)
    hub.write_config()
    # `token` makes the database and the configured users, and no server is needed.
    program = [str(older_jupyterhub / "bin" / "jupyterhub"), "token", "-f", hub.config_name, "admin"]
    made = subprocess.run(program, cwd=hub.directory, env=hub.environment(), capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    token = made.stdout.strip()

    refused = hub.run_to_the_end("-f", hub.config_name)
    assert refused.returncode != 0 and "upgrade-db" in refused.stderr + refused.stdout
    upgraded = hub.run_to_the_end("upgrade-db", "-f", hub.config_name)
    assert upgraded.returncode == 0, upgraded.stderr
    backups = [path for path in hub.directory.iterdir() if path.name.startswith("jupyterhub.sqlite.") or "backup" in path.name]
    assert backups, sorted(path.name for path in hub.directory.iterdir())

    hub.start()
    assert hub.client(token).user()["name"] == "admin"
    serve_with(hub, OTHER)
    until(lambda: hub.client(token).user()["name"] == "admin", "JupyterHub 6.1.1 to serve the upgraded database")
