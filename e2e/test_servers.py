"""Servers of people: what they are started with, how they end, and what becomes of their output."""

from __future__ import annotations

import signal
import stat
from pathlib import Path

import pytest
from harness import settings
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS
from harness.waiting import until

BASIS = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE
TALKATIVE = BASIS + f"c.Spawner.cmd = [{str(settings.PYTHON)!r}, {str(settings.E2E / 'harness' / 'talkative_server.py')!r}]\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_hub_that_is_asked_to_end_takes_its_servers_along(make_hub, number):
    hub = make_hub(BASIS).start()
    processes = []
    for name in ("ada", "bob"):
        hub.client(hub.token_for(name)).start_server(name)
        processes.append(hub.server_process(name))
    hub.stop(number)
    for process in processes:
        process.wait_ended()
    assert hub.leftovers() == []


def test_servers_stay_when_they_are_not_to_be_cleaned_up(make_hub):
    hub = make_hub(BASIS + "c.JupyterHub.cleanup_servers = False\n").start()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")
    process = hub.server_process("ada")
    hub.restart()
    assert hub.server_process("ada") == process
    assert client.get("user/ada/x").json()["path"] == "/user/ada/x"


def test_a_stubborn_server_is_killed_in_the_end(make_hub):
    timeouts = "".join(f"c.LocalProcessSpawner.{name}_timeout = 1\n" for name in ("interrupt", "term", "kill"))
    hub = make_hub(TALKATIVE + 'c.Spawner.args = ["--stubborn"]\n' + timeouts).start()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")
    process = hub.server_process("ada")
    client.expect(204, "DELETE", "users/ada/server")
    process.wait_ended()
    assert client.user()["servers"] == {}


def test_a_server_that_ends_by_itself_is_noticed(make_hub):
    hub = make_hub(BASIS + "c.Spawner.poll_interval = 1\n").start()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")
    hub.server_process("ada").kill()
    until(lambda: client.user()["servers"] == {}, "the hub to notice")
    assert "/user/ada/" not in hub.admin().expect(200, "GET", "proxy").json()


def test_what_a_server_is_started_with(make_hub):
    hub = make_hub(
        BASIS + 'c.Spawner.notebook_dir = os.path.join(here, "homes", "{username}", "work")\n'
        'c.Spawner.default_url = "/tree/{username}"\nc.Spawner.mem_limit = "1G"\nc.Spawner.cpu_limit = 1.5\n'
        'c.Spawner.environment = {"FROM_CONFIG": "{username}"}\nc.Spawner.env_keep = ["PATH", "KEPT"]\n',
        env={"KEPT": "yes", "NOT_KEPT": "no", "CONFIGPROXY_AUTH_TOKEN": "ab" * 32, "JPY_COOKIE_SECRET": "cd" * 32},
    )
    (hub.directory / "homes" / "ada" / "work").mkdir(parents=True)
    hub.start()
    hub.client(hub.token_for("ada")).start_server("ada")
    environ = hub.server_process("ada").environ()
    assert environ["JUPYTERHUB_ROOT_DIR"] == str(hub.directory / "homes" / "ada" / "work")
    assert environ["JUPYTERHUB_DEFAULT_URL"] == "/tree/ada"
    assert environ["MEM_LIMIT"] == str(1 << 30) and environ["CPU_LIMIT"] == "1.5"
    assert environ["FROM_CONFIG"] == "{username}"
    assert environ["KEPT"] == "yes"
    # Neither what is not named nor what belongs to the hub alone.
    assert not {"NOT_KEPT", "CONFIGPROXY_AUTH_TOKEN", "JPY_COOKIE_SECRET"} & set(environ)
    assert environ["JUPYTERHUB_API_TOKEN"] and "cd" * 32 not in environ.values()


@pytest.mark.perijove
def test_a_talkative_server_outlives_the_hub_and_is_still_heard(make_hub):
    """Its output is a file of the hub's, which the hub follows into its log, after its own death too."""
    hub = make_hub(TALKATIVE, piped=True).start()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")
    process = hub.server_process("ada")
    hub.logged("talk 3")
    output = Path(f"/proc/{process.pid}/fd/1").readlink()
    assert stat.S_IMODE(output.stat().st_mode) == 0o600

    hub.kill()
    hub.start()

    assert hub.server_process("ada") == process
    heard = hub.log().split(f"---- start {hub.starts} of")[1].count("talk ")
    until(lambda: hub.log().split(f"---- start {hub.starts} of")[1].count("talk ") > heard + 3, "more of its words")
    assert client.get("user/ada/x").status_code == 200
    client.stop_server("ada")
    process.wait_ended()


@pytest.mark.perijove
def test_a_flood_of_output_does_not_fill_the_disk(make_hub):
    hub = make_hub(TALKATIVE).start()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")
    output = Path(f"/proc/{hub.server_process('ada').pid}/fd/1").readlink()
    assert client.get("user/ada/flood").status_code == 200
    until(lambda: output.stat().st_size < 10_000_000, "the file to be cut")
    assert client.get("user/ada/x").status_code == 200


def test_a_slow_start_ends_at_its_timeout(make_hub):
    hub = make_hub(BASIS + 'c.Spawner.args = ["--slow", "60"]\nc.Spawner.http_timeout = 2\n').start()
    client = hub.client(hub.token_for("ada"))
    assert client.api("POST", "users/ada/server").status_code in (202, 500)
    until(lambda: client.user()["servers"] == {} and client.user()["pending"] is None, "the failed start to be over")
    assert [p for p in hub.leftovers() if p.environ().get("JUPYTERHUB_USER") == "ada"] == []
