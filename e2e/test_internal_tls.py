"""`internal_ssl`: hub, proxy, servers and services show each other certificates, and nobody else gets an answer."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
import requests
from harness import settings
from harness.both import of_both
from harness.browser import Lab, chromium, log_in, new_page, stop_from_home
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, DUMMY_PASSWORD, LAB_SERVERS, TRIVIAL_SERVERS, Hub
from harness.ports import free_port
from harness.waiting import until

SERVER = settings.E2E / "harness" / "tls_singleuser.py"
INTERNAL = """
c.JupyterHub.internal_ssl = True
c.JupyterHub.internal_certs_location = os.path.join(here, "certs")
c.ConfigurableHTTPProxy.api_url = c.ConfigurableHTTPProxy.api_url.replace("http:", "https:")
"""
BASIS = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + INTERNAL + f"c.Spawner.cmd = [{str(settings.PYTHON)!r}, {str(SERVER)!r}]\n"


def certificate(hub: Hub, name: str, trusted_by: str) -> dict:
    """As whom `requests` speaks, and whom it believes."""
    certs = hub.directory / "certs"
    return {"cert": (str(certs / name / f"{name}.crt"), str(certs / name / f"{name}.key")), "verify": str(certs / f"{trusted_by}_trust.crt"), "timeout": 30}


def address(hub: Hub, user: str) -> str:
    return hub.server_process(user).environ()["JUPYTERHUB_SERVICE_URL"]


def refused(url: str, **options: object) -> bool:
    try:
        requests.get(url, timeout=30, **{"verify": False, **options})
    except requests.exceptions.SSLError:
        return True
    except requests.exceptions.ConnectionError as error:
        return "reset" in str(error).lower() or "aborted" in str(error).lower()
    return False


def test_nobody_without_a_certificate_gets_an_answer(make_both):
    hubs = make_both(BASIS)

    def seen(hub: Hub) -> dict[str, object]:
        client = hub.client(hub.token_for("ada"))
        client.start_server("ada")
        api, server = f"https://127.0.0.1:{hub.hub_port}/hub/api/", address(hub, "ada")
        authority = {"cert": certificate(hub, "hub-ca", "hub-ca")["cert"]}
        return {
            "through the proxy": client.get("user/ada/x").json(),
            "the hub, by a stranger": refused(api), "the server, by a stranger": refused(server + "x"),
            "the proxy's API, by a stranger": refused(f"https://127.0.0.1:{hub.api_port}/api/routes"),
            "the hub, by the proxy": requests.get(api, **certificate(hub, "proxy-client", "proxy-client-ca")).json(),
            "the server, by the hub": requests.get(server + "y", **certificate(hub, "hub-internal", "hub-ca")).json(),
            # The API's side trusts servers, which do not trust it.
            "the server, by the proxy's API": refused(server + "z", cert=certificate(hub, "proxy-api", "hub-ca")["cert"]),
            "an authority is nobody": refused(server + "z", **authority),
            "the start": hub.admin().expect(200, "GET", "users/ada").json()["servers"][""]["ready"],
            "routes": [route["target"].split(":")[0] for route in hub.admin().expect(200, "GET", "proxy").json().values()],
        }

    answers = of_both(hubs, seen)
    assert answers["through the proxy"] == {"path": "/user/ada/x", "asked_by": "proxy-client"}
    assert all(value for name, value in answers.items() if "stranger" in name or name == "the server, by the proxy's API"), answers


def test_what_servers_are_told(make_both):
    hubs = make_both(BASIS)

    def told(hub: Hub) -> list[str]:
        hub.client(hub.token_for("ada")).start_server("ada")
        environ = hub.server_process("ada").environ()
        mine = [f"{name}={value}" for name, value in sorted(environ.items()) if name.startswith(("JUPYTERHUB", "JPY")) and "TOKEN" not in name]
        return [re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:<port>", line.replace(str(hub.directory), "<here>")) for line in mine]

    seen = of_both(hubs, told)
    assert {"JUPYTERHUB_SSL_KEYFILE=<here>/certs/user-ada/user-ada.key", "JUPYTERHUB_API_URL=https://127.0.0.1:<port>/hub/api"} <= set(seen)


@pytest.mark.browser
def test_jupyterlab_behind_certificates(make_hub):
    """The real server: it asks the hub, and is asked, with its certificate."""
    hub = make_hub(DUMMY_LOGIN + LAB_SERVERS + ADMIN_SERVICE + INTERNAL).start()
    with chromium() as browser:
        page = new_page(browser.new_context(viewport={"width": 1280, "height": 800}))
        page.goto(hub.url)
        log_in(page, "ada", DUMMY_PASSWORD)
        page.wait_for_url("**/user/ada/lab*")
        lab = Lab(page).wait_ready().new_notebook()
        lab.expect_output(lab.run("6*7"), re.compile(r"^\s*42\s*$"))
        assert address(hub, "ada").startswith("https://") and refused(address(hub, "ada") + "api")
        page.goto(f"{hub.url}hub/home")
        stop_from_home(page)


@pytest.mark.root
def test_an_account_gets_its_certificate_into_its_home(make_hub, open_directory, accounts):
    program = open_directory / "server.py"
    shutil.copy(SERVER, program)
    python = shutil.which("python3", path="/usr/bin")
    account = accounts.add()
    hub = make_hub(
        ADMIN_SERVICE + "c.Authenticator.allow_all = True\n" + INTERNAL + f"c.Spawner.cmd = [{python!r}, {str(program)!r}]\n",
        directory=open_directory / "hub",
    ).start()  # fmt: skip
    client = hub.client(hub.token_for(account.name))
    client.start_server(account.name)
    process = hub.server_process(account.name)
    key = Path(process.environ()["JUPYTERHUB_SSL_KEYFILE"])
    home = Path(account.entry.pw_dir)
    assert key.parent == home / ".jupyterhub" / "jupyterhub-certs"
    for path in (key, key.parent, key.parent.parent):
        found = path.stat()
        assert (found.st_uid, stat.S_IMODE(found.st_mode) & 0o077) == (account.entry.pw_uid, 0), path
    assert client.get(f"user/{account.name}/x").json()["asked_by"] == "proxy-client"

    # A link that its owner has put there leads nowhere, and says so.
    client.stop_server(account.name)
    shutil.rmtree(home / ".jupyterhub")
    (home / ".jupyterhub").symlink_to("/etc")
    answer = client.api("POST", f"users/{account.name}/server")
    assert answer.status_code == 500 and ".jupyterhub" in hub.log()
    assert not Path("/etc/jupyterhub-certs").exists()


def test_servers_outlive_a_crash_and_go_from_jupyterhub_to_here_and_back(make_hub):
    hub = make_hub(BASIS + "c.JupyterHub.cleanup_servers = False\n", kind="jupyterhub").start()
    token = hub.token_for("ada")
    hub.client(token).start_server("ada")
    process = hub.server_process("ada")
    for kind in (settings.SERVER, settings.SERVER, "jupyterhub"):
        if hub.kind == kind:
            hub.kill()
        else:
            hub.stop()
        hub.kind = kind
        hub.start()
        until(lambda: hub.admin().expect(200, "GET", "users/ada").json()["servers"].get("", {}).get("ready"), "the server to be checked")
        assert hub.server_process("ada") == process
        assert hub.client(token).get("user/ada/x").json()["asked_by"] == "proxy-client"
    # The one goes on with the authorities of the other.
    hub.client(token).stop_server("ada")
    hub.stop()
    hub.kind = settings.SERVER
    hub.start()
    hub.client(token).start_server("ada")
    assert hub.client(token).get("user/ada/x").ok


PYTHON_SPAWNER = """
import shutil
from jupyterhub.spawner import SimpleLocalProcessSpawner

class Moving(SimpleLocalProcessSpawner):
    async def create_certs(self):
        paths = await super().create_certs()
        with open(os.path.join(here, "made"), "a") as made:
            made.write(f"{self.user.name} {sorted(paths)} {self.ssl_alt_names}\\n")
        return paths

    def move_certs(self, paths):
        folder = os.path.join(here, "moved", self.user.name)
        os.makedirs(folder, exist_ok=True)
        return {kind: shutil.copy(path, folder) for kind, path in paths.items()}

c.JupyterHub.spawner_class = Moving
c.Moving.ssl_alt_names = lambda spawner: ["DNS:" + spawner.user.name + ".example.org"]
"""


def test_spawners_in_python_make_and_move_certificates(make_both):
    hubs = make_both(BASIS + PYTHON_SPAWNER)

    def seen(hub: Hub) -> tuple[str, dict, str]:
        client = hub.client(hub.token_for("ada"))
        client.start_server("ada")
        key = hub.server_process("ada").environ()["JUPYTERHUB_SSL_KEYFILE"]
        made = re.sub(r"<function .*>", "<function>", (hub.directory / "made").read_text())
        return key.replace(str(hub.directory), "<here>"), client.get("user/ada/x").json(), made

    key, answer, made = of_both(hubs, seen)
    assert key == "<here>/moved/ada/user-ada.key" and answer["asked_by"] == "proxy-client" and made.startswith("ada [")


def test_a_proxy_of_ones_own_with_certificates_made_beforehand(make_hub):
    hub = make_hub(
        BASIS + "c.ConfigurableHTTPProxy.should_start = False\nc.ConfigurableHTTPProxy.auth_token = 'the-token-between'\n"
    )  # fmt: skip
    made = hub.run_to_the_end("-f", hub.config_name, "--generate-certs")
    assert made.returncode == 0 and str(hub.directory / "certs") in made.stdout, made.stderr
    certs = hub.directory / "certs"
    options = []
    for side in ("api", "client"):
        pair = certs / f"proxy-{side}" / f"proxy-{side}"
        options += [f"--{side}-ssl-key={pair}.key", f"--{side}-ssl-cert={pair}.crt", f"--{side}-ssl-ca={certs}/proxy-{side}-ca_trust.crt",
                    f"--{side}-ssl-request-cert", f"--{side}-ssl-reject-unauthorized"]  # fmt: skip
    proxy = subprocess.Popen(
        [str(settings.CHP), "--ip=127.0.0.1", f"--port={hub.port}", "--api-ip=127.0.0.1", f"--api-port={hub.api_port}", *options],
        env=hub.environment() | {"CONFIGPROXY_AUTH_TOKEN": "the-token-between"}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        hub.start()
        client = hub.client(hub.token_for("ada"))
        client.start_server("ada")
        assert client.get("user/ada/x").json() == {"path": "/user/ada/x", "asked_by": "proxy-client"}
    finally:
        proxy.kill()
        proxy.wait(10)


def test_services_ask_with_a_certificate(make_hub):
    port = free_port()
    hub = make_hub(BASIS + f"""
c.JupyterHub.services.append({{
    "name": "who", "url": "http://127.0.0.1:{port}", "oauth_no_confirm": True,
    "command": [{str(settings.PYTHON)!r}, {str(settings.E2E / "harness" / "whoami_service.py")!r}, "oauth"],
}})
c.JupyterHub.load_roles = [{{"name": "user", "scopes": ["self", "access:services"]}}]
""").start()
    told = until(lambda: (answer := hub.client().get("services/who/environment")).ok and answer.json(), "the service to answer", ignoring=(requests.RequestException,))
    assert os.path.exists(told["JUPYTERHUB_SSL_CERTFILE"]) and told["JUPYTERHUB_API_URL"].startswith("https://")
    assert hub.log_in("ada").get("services/who/").json()["name"] == "ada"


@pytest.mark.perijove
@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("c.JupyterHub.trusted_alt_names = ['hub.example.org']\n", "c.JupyterHub.trusted_alt_names"),
        ("c.JupyterHub.external_ssl_authorities = {'hub-ca': {'key': '/x'}}\n", "c.JupyterHub.external_ssl_authorities"),
        ("c.JupyterHub.external_ssl_authorities = {'hub-ca': {'cert': '/no/such/file.crt'}}\n", "/no/such/file.crt"),
        ("c.JupyterHub.hub_bind_url = 'http+unix://%2Ftmp%2Fhub.sock'\n", "internal_ssl needs a hub_bind_url"),
    ],
)  # fmt: skip
def test_what_cannot_be_ends_the_start(make_hub, options, says):
    hub = make_hub(BASIS + options).launch()
    assert hub.process.wait(60) == 1
    assert says in hub.log()


