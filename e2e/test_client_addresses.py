"""Whom the hub believes a request comes from, on a socket that takes both IPv4 and IPv6."""

from __future__ import annotations

import pytest
from harness.hub import DUMMY_LOGIN, DUMMY_PASSWORD, TRIVIAL_SERVERS

pytestmark = pytest.mark.perijove


@pytest.mark.parametrize("host", ["", "[::]"])
def test_a_proxy_on_this_machine_tells_the_clients_address(make_hub, host):
    config = f'c.JupyterHub.bind_url = c.JupyterHub.bind_url.replace("127.0.0.1", {host!r})\n'
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS + config).start()
    client = hub.client()
    forwarded = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    for path, headers in (("hub/login?next=/x&token=s3cret", forwarded), ("hub/login?direct", {})):
        assert client.get(path, headers=headers).status_code == 200
    hub.logged("hub/login?direct")
    lines = [line for line in hub.log().splitlines() if "GET /hub/login" in line]
    assert "(@203.0.113.7)" in lines[0] and "token=[secret]" in lines[0], lines
    assert "(@127.0.0.1)" in lines[1], lines
    assert "s3cret" not in hub.log()
    # The value against forgery belongs to the address, too: the one of the proxy's page would not fit.
    client.get("hub/login", headers=forwarded)
    form = {"username": "ada", "password": DUMMY_PASSWORD, "_xsrf": client.xsrf()}
    answer = client.post("hub/login", data=form, headers=forwarded, allow_redirects=False)
    assert answer.status_code == 302
    # The browser came over TLS.
    login = next(value for value in answer.raw.headers.getlist("Set-Cookie") if value.startswith("jupyterhub-hub-login="))
    assert "Secure" in login
