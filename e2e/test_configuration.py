"""`jupyterhub_config.py` is a program: includes, imports, lazy values and hooks all act."""

from __future__ import annotations

import pytest
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS
from harness.waiting import until

BASIS = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE


def server_environment(hub, name: str) -> dict[str, str]:
    client = hub.client(hub.token_for(name))
    client.start_server(name)
    return hub.server_process(name).environ()


def server_arguments(hub, name: str) -> list[str]:
    pid = hub.server_process(name).pid
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read().decode().split("\0")[:-1]


def test_subconfigurations_and_lazy_values(make_hub):
    hub = make_hub(
        BASIS + "load_subconfig('extra/part.py')\n"
        "load_subconfig('missing.py')\n"
        "c.Spawner.environment.update({'FROM_MAIN': 'main'})\n"
        "c.Spawner.args.append('--last')\n"
    )
    extra = hub.directory / "extra"
    extra.mkdir()
    (extra / "part.py").write_text(
        "c = get_config()\nimport sys\n"
        "c.Spawner.environment = {'FROM_PART': 'part', 'IMPLEMENTATION': sys.implementation.name}\n"
        "c.Spawner.args.extend(['--first'])\n"
    )
    hub.start()
    environ = server_environment(hub, "ada")
    assert (environ["FROM_PART"], environ["FROM_MAIN"], environ["IMPLEMENTATION"]) == ("part", "main", "cpython")
    assert server_arguments(hub, "ada")[-2:] == ["--first", "--last"]


def test_the_environment_that_the_file_leaves_is_the_hubs(make_hub):
    hub = make_hub(BASIS + "os.environ['E2E_HANDED_ON'] = 'yes'\nc.Spawner.env_keep = ['PATH', 'E2E_HANDED_ON']\n").start()
    assert server_environment(hub, "ada")["E2E_HANDED_ON"] == "yes"


def test_a_json_file_beside_it_wins(make_hub):
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS)
    hub.directory.joinpath("jupyterhub_config.json").write_text('{"DummyAuthenticator": {"password": "from-json-file"}}')
    hub.start()
    assert hub.log_in("ada", "from-json-file").user()["name"] == "ada"


def test_values_may_be_functions(make_hub):
    hub = make_hub(
        BASIS + "c.Spawner.environment = {'HOME_OF': lambda spawner: 'home of ' + spawner.user.name, 'PLAIN': 'text'}\n"
    ).start()
    environ = server_environment(hub, "ada")
    assert (environ["HOME_OF"], environ["PLAIN"]) == ("home of ada", "text")


def test_the_spawn_hook_changes_what_is_started(make_hub):
    hub = make_hub(
        BASIS + "async def before(spawner):\n"
        "    spawner.environment['GREETING'] = 'hello ' + spawner.user.name\n"
        "    spawner.environment['ASKED_FOR'] = str(spawner.user_options.get('size'))\n"
        "    spawner.args = ['--hooked']\n"
        "    spawner.log.info('E2E-HOOK ran for %s', spawner.user.name)\n"
        "def after(spawner):\n"
        "    with open(os.path.join(here, 'stopped'), 'w') as file:\n"
        "        file.write(spawner.user.name)\n"
        "c.Spawner.pre_spawn_hook = before\n"
        "c.Spawner.post_stop_hook = after\n"
    ).start()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada", size="large")
    environ = hub.server_process("ada").environ()
    assert (environ["GREETING"], environ["ASKED_FOR"]) == ("hello ada", "large")
    assert server_arguments(hub, "ada")[-1] == "--hooked"
    hub.logged("E2E-HOOK ran for ada")
    client.stop_server("ada")
    until(lambda: (hub.directory / "stopped").exists(), "the stop hook")
    assert (hub.directory / "stopped").read_text() == "ada"


def test_a_failing_spawn_hook_fails_that_start_and_no_other(make_hub):
    hub = make_hub(
        BASIS + "def before(spawner):\n"
        "    if spawner.user.name == 'unlucky':\n"
        "        raise RuntimeError('E2E-HOOK-FAILED')\n"
        "c.Spawner.pre_spawn_hook = before\n"
    ).start()
    unlucky = hub.client(hub.token_for("unlucky"))
    assert unlucky.api("POST", "users/unlucky/server").status_code == 500
    hub.logged("E2E-HOOK-FAILED")
    assert unlucky.user()["servers"] == {}
    hub.client(hub.token_for("lucky")).start_server("lucky")


def test_the_options_form(make_hub):
    hub = make_hub(
        BASIS + "c.Spawner.options_form = '<label>Size <input name=\"size\" value=\"S\"></label>'\n"
        "def chosen(formdata):\n"
        "    return {'size': formdata['size'][0].lower()}\n"
        "c.Spawner.options_from_form = chosen\n"
    ).start()
    client = hub.log_in("ada")
    page = client.get("hub/spawn")
    assert page.status_code == 200 and 'name="size"' in page.text
    answer = client.post("hub/spawn", data={"size": "XL", "_xsrf": client.xsrf()}, allow_redirects=False)
    assert answer.status_code == 302, answer.text[:500]
    until(lambda: client.user()["servers"].get("", {}).get("ready"), "the server")
    assert client.user()["servers"][""]["user_options"] == {"size": "xl"}


def test_the_login_hook(make_hub):
    hub = make_hub(
        BASIS + "async def after_login(authenticator, handler, authentication):\n"
        "    if authentication['name'] == 'mallory':\n"
        "        return None\n"
        "    authentication['admin'] = authentication['name'].startswith('chief')\n"
        "    return authentication\n"
        "c.Authenticator.post_auth_hook = after_login\n"
    ).start()
    assert hub.log_in("chief-ada").user()["admin"] is True
    assert hub.log_in("ada").user()["admin"] is False
    hub.client().log_in("mallory", "a shared secret", expect=403)


def test_roles_groups_and_services_of_the_configuration(make_hub):
    hub = make_hub(
        BASIS.replace("c.JupyterHub.services", "services")
        + "c.JupyterHub.load_groups = {'staff': ['ada', 'bob'], 'void': []}\n"
        "c.JupyterHub.services = services + [{'name': 'reader', 'api_token': 'the-token-of-the-reader'}]\n"
        "c.JupyterHub.load_roles = [\n"
        "    {'name': 'reader', 'scopes': ['read:users:name', 'list:users'], 'services': ['reader']},\n"
        "    {'name': 'helper', 'scopes': ['read:users!group=staff'], 'users': ['carol']},\n"
        "]\n"
    ).start()
    admin = hub.admin()
    for name in ("ada", "bob"):
        assert admin.expect(200, "GET", f"users/{name}").json()["groups"] == ["staff"]
    reader = hub.client("the-token-of-the-reader")
    assert {"ada", "bob", "carol"} <= {user["name"] for user in reader.expect(200, "GET", "users").json()}
    assert all(set(user) == {"kind", "name"} or "servers" not in user for user in reader.expect(200, "GET", "users").json())
    carol = hub.client(hub.token_for("carol"))
    carol.expect(200, "GET", "users/ada")
    hub.token_for("dave")
    carol.expect(404, "GET", "users/dave")


def test_allowed_users_admins_and_blocked_users(make_hub):
    hub = make_hub(
        TRIVIAL_SERVERS + 'c.JupyterHub.authenticator_class = "dummy"\n'
        'c.DummyAuthenticator.password = "a shared secret"\n'
        'c.Authenticator.allowed_users = {"ada", "eve"}\n'
        'c.Authenticator.admin_users = {"root-like"}\n'
        'c.Authenticator.blocked_users = {"eve"}\n'
        'c.Authenticator.username_map = {"lovelace": "ada"}\n'
    ).start()
    assert hub.log_in("ada").user()["admin"] is False
    assert hub.log_in("root-like").user()["admin"] is True
    assert hub.log_in("Lovelace").user()["name"] == "ada"
    hub.client().log_in("eve", "a shared secret", expect=403)
    hub.client().log_in("zoe", "a shared secret", expect=403)


def test_users_that_are_added_may_log_in_where_some_are_allowed(make_hub):
    """`allow_existing_users` follows from `allowed_users`."""
    hub = make_hub(
        TRIVIAL_SERVERS + ADMIN_SERVICE + 'c.JupyterHub.authenticator_class = "dummy"\n'
        'c.DummyAuthenticator.password = "a shared secret"\nc.Authenticator.allowed_users = {"ada"}\n'
        'c.Authenticator.username_pattern = "[a-z]+$"\n'
    ).start()
    hub.client().log_in("zoe", "a shared secret", expect=403)
    hub.admin().expect(201, "POST", "users/zoe")
    assert hub.log_in("zoe").user()["name"] == "zoe"
    hub.admin().expect(400, "POST", "users/zoe9")
    hub.client().log_in("zoe9", "a shared secret", expect=403)


@pytest.mark.parametrize(
    ("old", "allowed"),
    [
        ("c.Authenticator.whitelist = {'ada'}\n", True),
        ("c.Authenticator.whitelist = {'ada'}\nc.Authenticator.allowed_users = {'zoe'}\n", True),
        ("c.Authenticator.whitelist = set()\n", False),
        ("c.JupyterHub.admin_users = {'zoe'}\nc.Authenticator.admin_users = {'ada'}\n", False),
    ],
    ids=["whitelist", "whitelist and allowed_users", "empty whitelist", "two admin_users"],
)
def test_old_names_never_make_a_more_open_hub(make_hub, old, allowed):
    login = (
        'c.JupyterHub.authenticator_class = "shared-password"\nc.SharedPasswordAuthenticator.user_password = "for-everybody"\n'
    )
    hub = make_hub(TRIVIAL_SERVERS + login + old).start()
    hub.client().log_in("ada", "for-everybody", expect=302 if allowed else 403)
    hub.client().log_in("zoe", "for-everybody", expect=403)


def test_the_shared_password(make_hub):
    hub = make_hub(
        TRIVIAL_SERVERS + 'c.JupyterHub.authenticator_class = "shared-password"\n'
        'c.SharedPasswordAuthenticator.user_password = "for-everybody"\n'
        f'c.SharedPasswordAuthenticator.admin_password = "{"long-" * 8}"\n'
        'c.Authenticator.allow_all = True\nc.Authenticator.admin_users = {"chief"}\n'
    ).start()
    assert hub.log_in("ada", "for-everybody").user()["admin"] is False
    assert hub.log_in("chief", "long-" * 8).user()["admin"] is True
    hub.client().log_in("chief", "for-everybody", expect=403)
    hub.client().log_in("ada", "long-" * 8, expect=403)


@pytest.mark.parametrize("password", ["short", ""])
def test_a_shared_password_that_is_too_short_ends_the_start(make_hub, password):
    hub = make_hub(
        TRIVIAL_SERVERS + 'c.JupyterHub.authenticator_class = "shared-password"\n'
        f'c.SharedPasswordAuthenticator.user_password = "{password}"\nc.Authenticator.allow_all = True\n'
    )
    if password:
        assert hub.run_to_the_end("-f", hub.config_name).returncode != 0
    else:
        hub.start()
        hub.client().log_in("ada", "", expect=403)


@pytest.mark.perijove
def test_a_toml_file_needs_no_python(make_hub):
    hub = make_hub(config_name="perijove.toml")
    hub.config = f"""
[JupyterHub]
bind_url = "{hub.url}"
hub_port = {hub.hub_port}
authenticator_class = "dummy"
spawner_class = "simple"

[DummyAuthenticator]
password = "a shared secret"

[Authenticator]
allow_all = true
admin_users = ["admin"]

[SimpleLocalProcessSpawner]
home_dir_template = "{hub.directory}/homes/{{username}}"
"""
    # No interpreter is where it would be looked for.
    hub.env = {"PATH": "/nonexistent", "PERIJOVE_PYTHON": "/nonexistent/python"}
    hub.start()
    assert hub.log_in("admin").user()["admin"] is True
    hub.client().log_in("ada", "wrong", expect=403)
