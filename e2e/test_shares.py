"""A user enters another user's real server by a share code, and loses it again when the share ends."""

from __future__ import annotations

import requests
from harness import settings
from harness.client import Client
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, LAB_SERVERS
from harness.waiting import until

#: jupyterhub-singleuser that believes the hub's answer about a token for a second only, not for five minutes.
FORGETFUL = """
import sys
from jupyterhub.services import auth
from jupyterhub.singleuser import main
kept = auth._ExpiringDict
auth._ExpiringDict = lambda max_age: kept(1 if max_age == 300 else max_age)
sys.exit(main())
"""
SERVERS = LAB_SERVERS + f"c.Spawner.cmd = [{str(settings.PYTHON)!r}, '-c', {FORGETFUL!r}]\n"
MAY_SHARE = "c.JupyterHub.load_roles = [{'name': 'user', 'scopes': ['self', 'shares!user']}]\n"


def enter(client: Client, path: str) -> requests.Response:
    """Opens a page of a server as a browser does, over the hub's pages for logging in there."""
    return client.get(path, headers={"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"})


def test_a_share_code_opens_a_server_until_the_share_ends(make_hub):
    hub = make_hub(DUMMY_LOGIN + SERVERS + MAY_SHARE + ADMIN_SERVICE).start()
    ada, bob = hub.log_in("ada"), hub.log_in("bob")
    ada.start_server("ada")
    assert enter(bob, "user/ada/api/status").status_code == 403
    made = ada.expect(200, "POST", "share-codes/ada/", json={}).json()

    page = bob.get(made["accept_url"])
    assert page.status_code == 200 and "not currently running" not in page.text
    form = {"_xsrf": bob.xsrf("hub/accept-share"), "code": made["code"]}
    accepted = bob.post("hub/accept-share", data=form, allow_redirects=False)
    assert (accepted.status_code, accepted.headers["Location"]) == (302, "/user/ada/")

    # Another's server asks for consent.
    lab = enter(bob, "user/ada/lab")
    assert lab.url.startswith(f"{hub.url}hub/api/oauth2/authorize"), lab.url
    form = {"_xsrf": bob.xsrf("hub/api/oauth2/authorize"), "scopes": ["access:servers!server=ada/"]}
    lab = bob.post(lab.url, data=form, headers={"Sec-Fetch-Mode": "navigate"})
    assert lab.status_code == 200 and lab.url.startswith(f"{hub.url}user/ada/lab"), f"{lab.status_code} {lab.url}"
    assert enter(bob, "user/ada/api/status").json()["started"]

    shares = ada.expect(200, "GET", "shares/ada/").json()["items"]
    assert [share["user"]["name"] for share in shares] == ["bob"]
    ada.expect(200, "PATCH", "shares/ada/", json={"user": "bob"})
    until(lambda: enter(bob, "user/ada/api/status").status_code == 403, "the server to ask the hub again")
    assert enter(ada, "user/ada/lab").status_code == 200
