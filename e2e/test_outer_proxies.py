"""An external configurable-http-proxy that somebody else starts, and TLS on the public port."""

from __future__ import annotations

import datetime
import ipaddress
import os
import subprocess
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from harness import settings
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS
from harness.ports import free_port
from harness.waiting import until

BASIS = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE
TOKEN = "the-token-between-hub-and-proxy"


@pytest.fixture
def external(make_hub):
    """A CHP that is started by hand, and a hub that is told to use it."""
    started = []

    def start(config: str = "", **options):
        hub = make_hub(
            BASIS + "c.ConfigurableHTTPProxy.should_start = False\n"
            f"c.ConfigurableHTTPProxy.auth_token = {TOKEN!r}\n" + config, **options,
        )  # fmt: skip
        proxy = subprocess.Popen(
            [str(settings.CHP), "--ip=127.0.0.1", f"--port={hub.port}", "--api-ip=127.0.0.1",
             f"--api-port={hub.api_port}", f"--default-target=http://127.0.0.1:{hub.hub_port}",
             f"--error-target=http://127.0.0.1:{hub.hub_port}/hub/error"],
            env=hub.environment() | {"CONFIGPROXY_AUTH_TOKEN": TOKEN}, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        started.append(proxy)
        return hub, proxy

    yield start
    for proxy in started:
        proxy.kill()
        proxy.wait(10)


def routes(hub) -> dict:
    answer = requests.get(
        f"http://127.0.0.1:{hub.api_port}/api/routes", headers={"Authorization": f"token {TOKEN}"}, timeout=10
    )
    return answer.json()


def test_the_hub_leaves_the_public_port_to_an_external_proxy(external):
    hub, proxy = external(
        "c.JupyterHub.cleanup_servers = False\nc.JupyterHub.last_activity_interval = 2\n"
        'c.Proxy.extra_routes = {"/elsewhere/": "http://127.0.0.1:9"}\n'
    )
    hub.start()
    assert routes(hub)["/elsewhere"]["target"] == "http://127.0.0.1:9"
    assert hub.log_in("ada").user()["name"] == "ada"
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")
    assert client.get("user/ada/x").json()["path"] == "/user/ada/x"
    assert "/user/ada" in routes(hub)
    process = hub.server_process("ada")

    # The hub goes and comes back; people's servers stay reachable all the while.
    hub.stop()
    assert proxy.poll() is None
    assert client.get("user/ada/still-here").json()["path"] == "/user/ada/still-here"
    hub.start()
    assert hub.server_process("ada") == process

    client.stop_server("ada")
    assert "/user/ada" not in routes(hub)


def test_routes_come_back_after_the_external_proxy_was_restarted(external):
    hub, proxy = external("c.ConfigurableHTTPProxy.check_running_interval = 1\nc.JupyterHub.last_activity_interval = 1\n")
    hub.start()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")
    arguments, environ = proxy.args, hub.environment() | {"CONFIGPROXY_AUTH_TOKEN": TOKEN}
    proxy.kill()
    proxy.wait(10)
    again = subprocess.Popen(arguments, env=environ, stdout=subprocess.DEVNULL)
    try:
        until(lambda: "/user/ada" in routes(hub), "the route to be back", seconds=60, ignoring=(requests.RequestException,))
        assert client.get("user/ada/x").json()["path"] == "/user/ada/x"
    finally:
        again.kill()
        again.wait(10)


def test_another_proxy_takes_over(external):
    """`PATCH /proxy`: its API is elsewhere and wants another token. What runs is routed there too."""
    hub, _ = external()
    hub.start()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")
    port, api_port, token = free_port(), free_port(), "another-token"
    other = subprocess.Popen(
        [str(settings.CHP), "--ip=127.0.0.1", f"--port={port}", "--api-ip=127.0.0.1", f"--api-port={api_port}"],
        env=hub.environment() | {"CONFIGPROXY_AUTH_TOKEN": token}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    interface = f"http://127.0.0.1:{api_port}"

    def known() -> dict:
        return requests.get(f"{interface}/api/routes", headers={"Authorization": f"token {token}"}, timeout=10).json()

    try:
        assert until(lambda: known() == {}, "the other proxy to answer", ignoring=(requests.RequestException,))
        hub.admin().expect(400, "PATCH", "proxy", data="[]")
        hub.admin().expect(200, "PATCH", "proxy", json={"api_url": interface, "auth_token": token})
        assert {"/", "/user/ada"} <= set(known())
        assert requests.get(f"http://127.0.0.1:{port}/user/ada/x", timeout=10).json()["path"] == "/user/ada/x"
        client.stop_server("ada")
        assert "/user/ada" not in known() and "/user/ada" in routes(hub)
    finally:
        other.kill()
        other.wait(10)


@pytest.mark.perijove
def test_an_embedded_proxy_stays(make_hub):
    hub = make_hub(BASIS).start()
    answer = hub.admin().expect(400, "PATCH", "proxy", json={"api_url": "http://127.0.0.1:9"})
    assert "part of this hub" in answer.json()["message"]


def test_the_hub_answers_where_it_always_did(make_hub):
    """Servers and services are told the hub's own address, beside the public one."""
    hub = make_hub(BASIS).start()
    own = requests.get(f"http://127.0.0.1:{hub.hub_port}/hub/api/", timeout=10)
    assert own.json() == {"version": "6.1.1"}
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")
    assert hub.server_process("ada").environ()["JUPYTERHUB_API_URL"] == f"http://127.0.0.1:{hub.hub_port}/hub/api"


def test_the_proxys_rest_interface(make_hub):
    """`api_url` with a token: the interface of configurable-http-proxy, whoever serves it."""
    hub = make_hub(BASIS + f"c.ConfigurableHTTPProxy.auth_token = {TOKEN!r}\n").start()
    interface = f"http://127.0.0.1:{hub.api_port}/api/routes"
    assert requests.get(interface, timeout=10).status_code == 403
    assert "/" in routes(hub)
    header = {"Authorization": f"token {TOKEN}"}
    own = f"http://127.0.0.1:{hub.hub_port}"
    made = requests.post(f"{interface}/extra/place", json={"target": own, "mine": 1}, headers=header, timeout=10)
    assert made.status_code == 201
    assert routes(hub)["/extra/place"]["target"] == own
    gone = requests.delete(f"{interface}/extra/place", headers=header, timeout=10)
    assert gone.status_code == 204 and "/extra/place" not in routes(hub)


def test_a_proxy_that_was_left_behind_is_ended_first(make_hub):
    """The hub died without its proxy: the pid file names it, and it holds the public port."""
    hub = make_hub(BASIS)
    left = subprocess.Popen(
        [str(settings.CHP), "--ip=127.0.0.1", f"--port={hub.port}", "--api-ip=127.0.0.1", f"--api-port={hub.api_port}"],
        env=hub.environment() | {"CONFIGPROXY_AUTH_TOKEN": TOKEN}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: requests.get(hub.url, timeout=5).status_code, "the old proxy", ignoring=(requests.RequestException,))
        (hub.directory / "jupyterhub-proxy.pid").write_text(str(left.pid))
        hub.launch()
        until(lambda: left.poll() is not None, "the end of the old proxy", seconds=60)
        hub.wait_ready()
        assert hub.log_in("ada").user()["name"] == "ada"
    finally:
        left.kill()
        left.wait(10)


def test_the_address_that_the_world_sees(make_hub):
    """`public_url`: TLS ends in front of the hub, so the login's cookie is for TLS alone."""
    hub = make_hub(BASIS + 'c.JupyterHub.public_url = "https://hub.example.org/"\n').start()
    client = hub.client()
    client.get("hub/login")
    form = {"username": "ada", "password": "a shared secret", "_xsrf": client.xsrf()}
    answer = client.post("hub/login", data=form, allow_redirects=False)
    assert answer.status_code == 302
    login = [line.lower() for line in answer.raw.headers.getlist("Set-Cookie") if "hub-login" in line]
    assert login and all("secure" in line for line in login)
    with_token = hub.client(hub.token_for("bob"))
    with_token.start_server("bob")
    environ = hub.server_process("bob").environ()
    assert environ["JUPYTERHUB_PUBLIC_URL"] == "https://hub.example.org/user/bob/"
    assert environ["JUPYTERHUB_PUBLIC_HUB_URL"] == "https://hub.example.org/hub/"


@pytest.mark.perijove
def test_a_proxy_in_front_says_that_the_world_uses_tls(make_hub):
    """JupyterHub needs `public_url` for this, since its own proxy adds to the header."""
    hub = make_hub(BASIS).start()
    for scheme, secure in (("https", True), ("http", False)):
        client = hub.client()
        client.session.headers["X-Forwarded-Proto"] = scheme
        page = client.get("hub/login")
        # A cookie for TLS alone does not come back to this client by itself.
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in page.cookies)
        form = {"username": "ada", "password": "a shared secret", "_xsrf": client.xsrf()}
        answer = client.post("hub/login", data=form, allow_redirects=False, headers={"Cookie": cookies})
        assert answer.status_code == 302
        login = [line.lower() for line in answer.raw.headers.getlist("Set-Cookie") if "hub-login" in line]
        assert login and all(("secure" in line) is secure for line in login)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_file, certificate_file = tmp_path / "key.pem", tmp_path / "certificate.pem"
    with open(os.open(key_file, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return key_file, certificate_file


def test_tls_on_the_public_port(make_hub, certificate):
    key, certificate_file = certificate
    hub = make_hub(
        BASIS + f"c.JupyterHub.ssl_key = {str(key)!r}\nc.JupyterHub.ssl_cert = {str(certificate_file)!r}\n", scheme="https"
    ).start()
    trusted = requests.get(f"{hub.url}hub/api/", verify=str(certificate_file), timeout=10)
    assert trusted.json() == {"version": "6.1.1"}
    client = hub.client()
    page = client.get("hub/login")
    form = {"username": "ada", "password": "a shared secret", "_xsrf": client.xsrf()}
    answer = client.post("hub/login", data=form, allow_redirects=False, headers={"Referer": page.url})
    assert answer.status_code == 302
    assert all("secure" in line.lower() for line in answer.raw.headers.getlist("Set-Cookie") if "hub-login" in line)
    assert client.user()["name"] == "ada"
    with_token = hub.client(hub.token_for("ada"))
    with_token.start_server("ada")
    assert with_token.get("user/ada/x").json()["path"] == "/user/ada/x"
