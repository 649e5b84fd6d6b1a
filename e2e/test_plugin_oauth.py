"""oauthenticator, unmodified, with a real OpenID provider, beside JupyterHub."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from harness import settings
from harness.hub import ADMIN_SERVICE, TRIVIAL_SERVERS
from harness.openid import CLIENT, SECRET, OpenIdProvider
from harness.ports import free_port

CONFIG = """
c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.client_id = "{client}"
c.GenericOAuthenticator.client_secret = "{secret}"
c.GenericOAuthenticator.oauth_callback_url = "{callback}"
c.GenericOAuthenticator.authorize_url = "{provider}/auth"
c.GenericOAuthenticator.token_url = "{provider}/token"
c.GenericOAuthenticator.userdata_url = "{provider}/me"
c.GenericOAuthenticator.scope = ["openid", "profile", "groups"]
c.GenericOAuthenticator.username_claim = "preferred_username"
c.GenericOAuthenticator.auth_state_groups_key = "oauth_user.groups"
c.GenericOAuthenticator.manage_groups = True
c.GenericOAuthenticator.allowed_groups = {{"staff"}}
c.GenericOAuthenticator.admin_groups = {{"admins"}}
c.GenericOAuthenticator.login_service = "the provider"
"""


class Site:
    """A hub and its provider."""

    def __init__(self, make_hub, kind: str, folder) -> None:
        port = free_port()
        self.callback = f"http://127.0.0.1:{port}/hub/oauth_callback"
        self.provider = OpenIdProvider(self.callback, folder / f"provider-of-{kind}.log")
        config = CONFIG.format(client=CLIENT, secret=SECRET, callback=self.callback, provider=self.provider.url)
        self.hub = make_hub(TRIVIAL_SERVERS + ADMIN_SERVICE + config, kind=kind, port=port)

    def log_in(self, name: str, *, next_url: str = ""):
        """A browser that came back from the provider, and the hub's answer to that."""
        client = self.hub.client()
        query = f"?next={next_url}" if next_url else ""
        leave = client.get(f"hub/oauth_login{query}", allow_redirects=False)
        assert leave.status_code == 302, leave.text
        back = self.provider.sign_in(leave.headers["Location"], name)
        assert back.startswith(self.callback)
        return client, client.get(back, allow_redirects=False), back


@pytest.fixture(scope="module")
def sites(make_module_hub, tmp_path_factory):
    folder = tmp_path_factory.mktemp("providers")
    made = [Site(make_module_hub, kind, folder) for kind in ("jupyterhub", settings.SERVER)]
    for site in made:
        site.hub.launch()
    for site in made:
        site.hub.wait_ready()
        site.provider.wait_ready()
    yield made
    for site in made:
        site.provider.stop()


def test_the_login_page_leads_to_the_provider(sites):
    for site in sites:
        page = site.hub.client().get("hub/login")
        assert page.status_code == 200
        assert "Sign in with the provider" in page.text and "/hub/oauth_login?next=" in page.text
        away = site.hub.client().get("hub/oauth_login", allow_redirects=False)
        query = parse_qs(urlsplit(away.headers["Location"]).query)
        assert query["redirect_uri"] == [site.callback] and query["code_challenge_method"] == ["S256"]


def test_login(sites):
    for site in sites:
        client, answer, _ = site.log_in("ada")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/hub/spawn"), answer.text
        assert client.get("hub/home").status_code == 200
        user = client.user()
        assert (user["name"], user["admin"], user["groups"]) == ("ada", False, ["staff"])
        _, answer, _ = site.log_in("ada", next_url="/hub/token")
        assert answer.headers["Location"] == "/hub/token"


def test_groups_make_administrators(sites):
    for site in sites:
        client, _, _ = site.log_in("admin")
        user = client.user()
        assert user["admin"] and sorted(user["groups"]) == ["admins", "staff"]
        assert client.get("hub/admin").status_code == 200


def test_who_is_not_in_an_allowed_group_stays_out(sites):
    for site in sites:
        client, answer, _ = site.log_in("eve")
        assert answer.status_code == 403
        assert "Sorry, you are not currently authorized" in answer.text
        assert client.get("hub/home", allow_redirects=False).status_code == 302
        site.hub.admin().expect(404, "GET", "users/eve")


def test_callbacks_that_nobody_asked_for(sites):
    for site in sites:
        client, answer, back = site.log_in("ada")
        assert answer.status_code == 302
        # Again, from the same browser, whose state is used up; and from a foreign one.
        assert client.get(back).status_code == 400
        assert site.hub.client().get(back).status_code == 400
        client = site.hub.client()
        client.get("hub/oauth_login", allow_redirects=False)
        for query in ("", "?code=x", "?code=x&state=forged", "?state=e30=", "?error=access_denied&state=x"):
            answer = client.get(f"hub/oauth_callback{query}")
            assert answer.status_code == 400, (site.hub.kind, query, answer.status_code)
        assert client.get("hub/home", allow_redirects=False).status_code == 302


def test_what_the_provider_says_is_shown(sites):
    for site in sites:
        answer = site.hub.client().get("hub/oauth_callback?error=access_denied&error_description=%3Cno%3E")
        assert answer.status_code == 400 and "OAuth error: &lt;no&gt;" in answer.text


def test_logout(sites):
    for site in sites:
        client, _, _ = site.log_in("ada")
        answer = client.get("hub/logout", allow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/hub/login")
        assert client.get("hub/home", allow_redirects=False).status_code == 302
        assert "jupyterhub-hub-login" not in client.cookie_names()
