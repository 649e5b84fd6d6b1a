"""`subdomain_host`: each user's servers and each service on a host name of its own."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable

import pytest
import requests
from harness import settings
from harness.both import of_both
from harness.browser import Lab, chromium, log_in, log_out, new_page, stop_from_home
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, DUMMY_PASSWORD, LAB_SERVERS, TRIVIAL_SERVERS, Hub
from harness.ports import free_port
from harness.waiting import until

HUB = "hub.localhost"
HOSTS = "c.JupyterHub.subdomain_host = f'http://hub.localhost:{port}'\n"
BASIS = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + HOSTS
TOKEN = "the-token-between-hub-and-proxy"

SERVICE = f"""
import sys
c.JupyterHub.services.append({{
    "name": "who", "url": "http://127.0.0.1:{{service_port}}", "oauth_no_confirm": True,
    "command": [sys.executable, {str(settings.E2E / "harness" / "whoami_service.py")!r}, "oauth"],
}})
c.JupyterHub.load_roles = [{{"name": "user", "scopes": ["self", "access:services"]}}]
"""


def at(hub: Hub, name: str, path: str) -> str:
    """A URL at a user's or a service's host."""
    return f"http://{name}.{HUB}:{hub.port}/{path}"


def told(whom: str, environ: dict[str, object], hub: Hub) -> list[str]:
    """What the hub told a process, without what differs between two runs."""
    mine = [f"{whom} {name}={value}" for name, value in sorted(environ.items()) if name.startswith(("JUPYTERHUB", "JPY")) and "TOKEN" not in name]
    # Other addresses are inside of the machine.
    return [re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:<own>", line.replace(f":{hub.port}", ":<port>")) for line in mine]


@pytest.mark.browser
def test_jupyterlab_at_a_host_of_its_own(make_hub, tmp_path):
    hub = make_hub(DUMMY_LOGIN + LAB_SERVERS + ADMIN_SERVICE + HOSTS, host=HUB).start()
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = new_page(context)
        sockets: list[str] = []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        page.goto(hub.url)
        log_in(page, "ada", DUMMY_PASSWORD)
        page.wait_for_url(at(hub, "ada", "user/ada/lab*"))
        lab = Lab(page).wait_ready().new_notebook()
        lab.expect_output(lab.run("6*7"), re.compile(r"^\s*42\s*$"))
        page.screenshot(path=tmp_path / "lab.png")
        assert any(url.startswith(f"ws://ada.{HUB}:{hub.port}/user/ada/api/kernels/") for url in sockets), sockets

        # What runs there gets no cookie that is good for anything at the hub.
        there = {cookie["name"] for cookie in context.cookies(at(hub, "ada", "hub/home"))}
        assert "jupyterhub-hub-login" not in there and "jupyterhub-session-id" in there
        page.goto(at(hub, "ada", "hub/home"))
        page.wait_for_url("**/hub/login*")

        page.goto(f"{hub.url}hub/home")
        stop_from_home(page)
        page.goto(at(hub, "ada", "user/ada/lab"))
        page.wait_for_url(f"{hub.url}hub/user/ada/lab*")
        page.goto(f"{hub.url}hub/home")
        log_out(page)
        page.wait_for_url("**/hub/login*")
        assert not [cookie for cookie in context.cookies() if cookie["name"] == "jupyterhub-session-id"]


@pytest.mark.parametrize(
    ("config", "options", "server", "service"),
    [
        ("", {}, "/", "/"),
        ("c.JupyterHub.public_url = 'https://outside.example.org/below/'\n", {"base_url": "/below/"}, "https://outside.example.org/below/", "https://outside.example.org/below/"),
        (HOSTS, {"host": HUB}, "http://ada.hub.localhost:<port>/", "http://who--service.hub.localhost:<port>/"),
    ], ids=["here", "below", "subdomains"],
)  # fmt: skip
def test_what_servers_and_services_are_told(make_both, config, options, server, service):
    ports = {kind: free_port() for kind in ("jupyterhub", settings.SERVER)}
    basis = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + config
    hubs = make_both(lambda kind: basis + SERVICE.replace("{service_port}", str(ports[kind])), **options)

    def service_url(hub: Hub) -> str:
        return at(hub, "who--service", "services/who/") if options.get("host") else f"{hub.url}services/who/"

    def environment(hub: Hub) -> list[str]:
        hub.client(hub.token_for("ada")).start_server("ada")
        url = f"{service_url(hub)}environment"
        service = until(lambda: (answer := hub.client().get(url)).ok and answer.json(), "the service to answer", ignoring=(requests.RequestException,))
        return [*told("server", hub.server_process("ada").environ(), hub), *told("service", service, hub)]

    seen = of_both(hubs, environment)
    if "://" in server:
        assert {f"server JUPYTERHUB_PUBLIC_URL={server}user/ada/", f"service JUPYTERHUB_PUBLIC_URL={service}services/who/"} <= set(seen)
    if not options.get("host"):
        return
    assert f"server JUPYTERHUB_OAUTH_CALLBACK_URL={server}user/ada/oauth_callback" in seen

    def logs_in(hub: Hub) -> str:
        answer = hub.log_in("ada").get(service_url(hub))
        assert answer.url == service_url(hub), answer.url
        return answer.json()["name"]

    assert of_both(hubs, logs_in) == "ada"


def test_servers_are_at_their_host_only_and_stay_there_after_a_crash(make_hub):
    hub = make_hub(BASIS, host=HUB).start()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")

    def answers() -> bool:
        return client.get(at(hub, "ada", "user/ada/x")).ok

    assert answers() and client.get(at(hub, "ADA", "user/ada/x")).ok
    # Elsewhere the hub answers.
    for elsewhere in (f"{hub.url}user/ada/x", at(hub, "bea", "user/ada/x"), f"http://127.0.0.1:{hub.port}/user/ada/x"):
        assert requests.get(elsewhere, allow_redirects=False, timeout=30).headers["Location"] == f"{hub.url}hub/user/ada/x"
    process = hub.server_process("ada")
    hub.kill()
    hub.start()
    assert answers() and hub.server_process("ada") == process
    client.stop_server("ada")
    assert hub.admin().expect(200, "GET", "proxy").json().keys() == {"/"}


def test_a_proxy_of_ones_own_routes_by_host(make_hub):
    hub = make_hub(BASIS + f"c.ConfigurableHTTPProxy.should_start = False\nc.ConfigurableHTTPProxy.auth_token = {TOKEN!r}\n", host=HUB)
    proxy = subprocess.Popen(
        [str(settings.CHP), "--ip=127.0.0.1", f"--port={hub.port}", "--api-ip=127.0.0.1", f"--api-port={hub.api_port}", "--host-routing"],
        env=hub.environment() | {"CONFIGPROXY_AUTH_TOKEN": TOKEN}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        hub.start()
        client = hub.client(hub.token_for("ada"))
        client.start_server("ada")
        assert client.get(at(hub, "ada", "user/ada/x")).json()["path"] == "/user/ada/x"
        client.stop_server("ada")
        assert hub.admin().expect(200, "GET", "proxy").json().keys() == {"/"}
    finally:
        proxy.kill()
        proxy.wait(10)


@pytest.mark.perijove
def test_a_function_that_breaks_for_somebody_harms_nobody_else(make_hub):
    hub = make_hub(
        BASIS + "def hosts(name, domain, kind):\n"
        "    if name == 'broken':\n        raise RuntimeError('no host for broken')\n"
        "    return 'no host' if name == 'wrong' else f'h-{name}.{domain}'\n"
        "c.JupyterHub.subdomain_hook = hosts\n", host=HUB,
    ).start()  # fmt: skip
    for name in ("broken", "wrong"):
        refused = hub.client(hub.token_for(name)).api("POST", f"users/{name}/server")
        assert refused.status_code == 500, refused.text
        assert hub.admin().expect(200, "GET", f"users/{name}").json()["servers"] == {}
    hub.logged("no host for broken", "is no host name")
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")
    assert client.get(at(hub, "h-ada", "user/ada/x")).ok
    assert client.user()["servers"][""]["url"] == at(hub, "h-ada", "user/ada/")


@pytest.mark.perijove
def test_spawners_in_python_know_the_host_too(make_hub):
    hub = make_hub(BASIS, host=HUB, env={"PERIJOVE_FORCE_PYTHON": "spawner"}).start()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")
    assert client.get(at(hub, "ada", "user/ada/x")).ok
    environ = hub.server_process("ada").environ()
    assert environ["JUPYTERHUB_OAUTH_CALLBACK_URL"] == at(hub, "ada", "user/ada/oauth_callback")
    assert environ["JUPYTERHUB_PUBLIC_URL"] == at(hub, "ada", "user/ada/")


def test_a_route_of_the_hub_of_its_own(make_both):
    hubs = make_both(DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + "c.JupyterHub.hub_routespec = '/hub'\n")
    statuses: Callable[[Hub], list[int]] = lambda hub: [hub.client().get(path).status_code for path in ("hub/login", "", "none", "hubs", "user/ada/")]
    assert of_both(hubs, statuses) == [200, 404, 404, 404, 404]


@pytest.mark.perijove
@pytest.mark.parametrize("host", ["https://", "hub example", "http://hub:port", "ftp://hub.example.org"])
def test_a_host_that_is_none_ends_the_start(make_hub, host):
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS + f"c.JupyterHub.subdomain_host = {host!r}\n").launch()
    assert hub.process.wait(60) == 1
    assert "c.JupyterHub.subdomain_host" in hub.log()
