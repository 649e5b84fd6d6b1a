"""The command itself: options, tokens, the configuration it shows, and how it refuses to start."""

from __future__ import annotations

import json
import os
import stat

import pytest
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS


def test_version_and_help(make_hub):
    hub = make_hub()
    version = hub.run_to_the_end("--version")
    assert version.returncode == 0 and version.stdout.strip()
    help_text = hub.run_to_the_end("--help")
    assert help_text.returncode == 0 and "--port" in help_text.stdout


def test_token_prints_the_token_and_nothing_else(make_hub):
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS + 'c.Authenticator.allowed_users = {"ada"}\n').start()
    # Beside the running hub, from the same folder.
    made = hub.run_to_the_end("token", "-f", hub.config_name, "ada")
    assert made.returncode == 0, made.stderr
    assert len(made.stdout.split()) == 1, made.stdout
    assert hub.client(made.stdout.strip()).user()["name"] == "ada"
    unknown = hub.run_to_the_end("token", "-f", hub.config_name, "nobody")
    assert unknown.returncode != 0 and unknown.stdout == "" and "nobody" in unknown.stderr


def test_token_needs_no_running_hub(make_hub):
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS + 'c.Authenticator.allowed_users = {"ada"}\n').start()
    hub.stop()
    made = hub.run_to_the_end("token", "-f", hub.config_name, "ada")
    assert made.returncode == 0, made.stderr
    hub.start()
    assert hub.client(made.stdout.strip()).user()["name"] == "ada"


def test_show_config_json(make_hub):
    hub = make_hub(DUMMY_LOGIN)
    shown = hub.run_to_the_end(
        "-f", hub.config_name, "--show-config-json", "--debug", "--Spawner.mem_limit=2G", "--JupyterHub.admin_access=True"
    )
    assert shown.returncode == 0, shown.stderr
    config = json.loads(shown.stdout)
    assert config["JupyterHub"]["authenticator_class"] == "dummy"
    assert config["JupyterHub"]["log_level"] in (10, "10", "DEBUG")
    assert config["DummyAuthenticator"]["password"] == "a shared secret"
    assert "mem_limit" in config["Spawner"]


def test_generate_config(make_hub):
    hub = make_hub()
    made = hub.run_to_the_end("--generate-config", "-f", "made.py")
    assert made.returncode == 0, made.stderr
    text = (hub.directory / "made.py").read_text()
    compile(text, "made.py", "exec")
    for name in ("JupyterHub.bind_url", "Spawner.mem_limit", "Authenticator.allowed_users", "ConfigurableHTTPProxy.auth_token"):
        assert f"c.{name}" in text


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("c.JupyterHub.port = 'eight thousand'\n", ["port"]),
        ("c.JupyterHub.port = = 8000\n", ["jupyterhub_config.py"]),
        ("raise RuntimeError('E2E-BROKEN')\n", ["E2E-BROKEN"]),
    ],
    ids=["wrong type", "syntax error", "exception"],
)
def test_a_broken_configuration_ends_the_start(make_hub, config, words):
    hub = make_hub(DUMMY_LOGIN + config)
    ended = hub.run_to_the_end("-f", hub.config_name)
    assert ended.returncode == 1
    for word in words:
        assert word in ended.stderr + ended.stdout


@pytest.mark.perijove
def test_a_wrong_type_names_file_and_line(make_hub):
    hub = make_hub("\n\nc.JupyterHub.port = 'eight thousand'\n")
    ended = hub.run_to_the_end("-f", hub.config_name)
    line = (hub.directory / hub.config_name).read_text().splitlines().index("c.JupyterHub.port = 'eight thousand'") + 1
    assert f"{hub.config_name}:{line}" in ended.stderr + ended.stdout


@pytest.mark.parametrize("arguments", [["stray-word"], ["-f", "missing.py"], ["--port=many"]])
def test_a_wrong_command_line_ends_the_start(make_hub, arguments):
    assert make_hub().run_to_the_end(*arguments).returncode == 1


def test_an_unknown_option_is_a_warning(make_hub):
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS + "c.JupyterHub.prot = 8000\n").start()
    hub.logged("prot")


def test_a_configured_name_that_is_invalid_ends_the_start(make_hub):
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS + 'c.Authenticator.admin_users = {"no/slash"}\n')
    assert hub.run_to_the_end("-f", hub.config_name).returncode != 0


def test_the_pid_file(make_hub):
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS + 'c.JupyterHub.pid_file = "hub.pid"\n').start()
    assert (hub.directory / "hub.pid").read_text() == str(hub.process.pid)
    hub.stop()
    assert not (hub.directory / "hub.pid").exists()


@pytest.mark.perijove
def test_a_second_hub_that_cannot_start_leaves_the_first_ones_pid_file(make_hub):
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS + 'c.JupyterHub.pid_file = "hub.pid"\n').start()
    second = hub.run_to_the_end("-f", hub.config_name)
    assert second.returncode != 0 and "hint:" in second.stderr
    assert (hub.directory / "hub.pid").read_text() == str(hub.process.pid)


def test_a_cookie_secret_that_others_can_read_is_refused(make_hub):
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS).start()
    hub.stop()
    secret = hub.directory / "jupyterhub_cookie_secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    secret.chmod(0o604)
    ended = hub.run_to_the_end("-f", hub.config_name)
    assert ended.returncode != 0
    secret.chmod(0o640)
    hub.start()


def test_the_cookie_secret_from_the_environment(make_hub):
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS, env={"JPY_COOKIE_SECRET": os.urandom(32).hex()}).start()
    assert not (hub.directory / "jupyterhub_cookie_secret").exists()
    assert hub.log_in("ada").user()["name"] == "ada"


def test_no_database(make_hub):
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE, args=["--no-db"]).start()
    assert hub.log_in("ada").user()["name"] == "ada"
    assert not hub.database.exists()


def test_options_on_the_command_line_win(make_hub):
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS, args=["--DummyAuthenticator.password=another-secret", "--debug"]).start()
    hub.client().log_in("ada", "a shared secret", expect=403)
    assert hub.log_in("ada", "another-secret").user()["name"] == "ada"


def test_a_base_url(make_hub):
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE, base_url="/jupyter/").start()
    assert hub.log_in("ada").user()["name"] == "ada"
    client = hub.client(hub.token_for("bob"))
    client.start_server("bob")
    assert client.get("user/bob/x").json()["path"] == "/jupyter/user/bob/x"
    away = client.get(hub.origin + "/", allow_redirects=False)
    assert away.status_code in (302, 404)


def test_the_configuration_can_be_shown_by_the_configuration(make_hub):
    hub = make_hub(DUMMY_LOGIN)
    shown = hub.run_to_the_end("-f", hub.config_name, "--Application.show_config_json=True")
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)["JupyterHub"]["authenticator_class"] == "dummy"


@pytest.mark.perijove
def test_the_log_as_json(make_hub):
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS, args=["--log-format=json"]).start()
    hub.log_in("ada")
    lines = [json.loads(line) for line in hub.log().splitlines() if not line.startswith("----")]
    assert any("ada" in json.dumps(line) for line in lines)
    assert "a shared secret" not in hub.log()


@pytest.mark.perijove
def test_a_restricting_option_that_does_not_act_ends_the_start(make_hub):
    """Never a more open hub than the configuration asks for."""
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS + "c.JupyterHub.reset_db = True\n")
    ended = hub.run_to_the_end("-f", hub.config_name)
    assert ended.returncode == 1
    assert "reset_db" in ended.stderr and f"{hub.config_name}:" in ended.stderr
