"""ltiauthenticator, unmodified: launches from a learning platform, signed as LTI 1.1 wants it, beside JupyterHub."""

from __future__ import annotations

import time
import uuid

import pytest
from harness.hub import ADMIN_SERVICE, TRIVIAL_SERVERS
from oauthlib.oauth1.rfc5849 import Client, signature

CONFIG = (
    TRIVIAL_SERVERS
    + ADMIN_SERVICE
    + """
c.JupyterHub.authenticator_class = "ltiauthenticator.lti11.auth.LTI11Authenticator"
c.LTI11Authenticator.consumers = {"the-key": "the-secret"}
c.LTI11Authenticator.username_key = "lis_person_name_given"
c.LTI11Authenticator.allow_all = True
c.LTI11Authenticator.enable_auth_state = True
"""
)
ENVIRONMENT = {"JUPYTERHUB_CRYPT_KEY": "8f1b" * 16}


@pytest.fixture(scope="module")
def hubs(make_both):
    return make_both(CONFIG, env=ENVIRONMENT)


def launch_form(address: str, name: str, *, secret: str = "the-secret", **more: str) -> dict[str, str]:
    """The form that the platform lets the browser post."""
    form = {
        "lti_message_type": "basic-lti-launch-request", "lti_version": "LTI-1p0", "resource_link_id": "1", "user_id": "7",
        "lis_person_name_given": name, "oauth_consumer_key": "the-key", "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(int(time.time())), "oauth_nonce": uuid.uuid4().hex, "oauth_version": "1.0",
    } | more  # fmt: skip
    parameters = signature.collect_parameters(body=list(form.items()), exclude_oauth_signature=False)
    base = signature.signature_base_string(
        "POST", signature.base_string_uri(address), signature.normalize_parameters(parameters)
    )
    signed = signature.sign_hmac_sha1_with_client(base, Client(client_key="the-key", client_secret=secret))
    return form | {"oauth_signature": signed}


def launch(hub, name: str, **options: str):
    address = f"{hub.url}hub/lti/launch"
    client = hub.client()
    return client, client.post(address, data=launch_form(address, name, **options), allow_redirects=False)


def test_a_launch_logs_in(hubs):
    for hub in hubs:
        # From another site, so without a value against forgery.
        client, answer = launch(hub, "ada")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/hub/home"), answer.text
        assert client.get("hub/home").status_code == 200
        assert client.user()["name"] == "ada"
        state = hub.admin().expect(200, "GET", "users/ada").json()["auth_state"]
        assert state["lis_person_name_given"] == "ada" and not any(key.startswith("oauth_") for key in state)


def test_a_launch_leads_on(hubs):
    for hub in hubs:
        _, answer = launch(hub, "ada", custom_next="/hub/token")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/hub/token")


def test_launches_that_are_refused(hubs):
    for hub in hubs:
        client, answer = launch(hub, "eve", secret="another secret")
        assert answer.status_code == 401 and "Invalid oauth_signature" in answer.text
        assert client.get("hub/home", allow_redirects=False).status_code == 302
        _, answer = launch(hub, "eve", oauth_consumer_key="another-key")
        assert answer.status_code == 401 and "unknown oauth_consumer_key" in answer.text
        answer = hub.client().post("hub/lti/launch", data={"user_id": "eve"})
        assert answer.status_code == 400
        address = f"{hub.url}hub/lti/launch"
        form = launch_form(address, "ada")
        assert hub.client().post(address, data=form, allow_redirects=False).status_code == 302
        again = hub.client().post(address, data=form, allow_redirects=False)
        assert again.status_code == 401 and "already used" in again.text
        hub.admin().expect(404, "GET", "users/eve")


def test_the_description_for_the_platform(hubs):
    for hub in hubs:
        answer = hub.client().get("hub/lti11/config")
        assert answer.headers["Content-Type"].startswith("application/xml")
        assert f"{hub.url}hub/lti/launch" in answer.text


def test_the_login_page_leads_to_the_platform(hubs):
    theirs, ours = (hub.client().get("hub/login", allow_redirects=False) for hub in hubs)
    assert (theirs.status_code, theirs.headers["Location"]) == (302, "/hub/lti/launch")
    assert (ours.status_code, ours.headers["Location"]) == (302, "/hub/lti/launch")
