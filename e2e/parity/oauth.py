"""The OAuth 2 provider: what it refuses, and how."""

from __future__ import annotations

from .steps import GET, POST, Case

SERVER = "client_id=jupyterhub-user-oa1&redirect_uri=%2Fuser%2Foa1%2Foauth_callback"
CLIENT = {"client_id": "jupyterhub-user-oa1", "client_secret": "wrong"}

OAUTH_REFUSALS = [
    Case("oauth-authorize-refusals", [
        POST("users/oa1/server", who="user:oa1"),
        *(GET(f"oauth2/authorize?{query}", who=f"browser:{name}") for name in ("oa1", "oa2") for query in (
            SERVER, SERVER + "&response_type=token&state=s", SERVER + "&response_type=code&scope=nosuch&state=s",
            "client_id=jupyterhub-user-oa1&redirect_uri=%2Fx&response_type=code", "response_type=code",
            SERVER + "&response_type=code&code_challenge=x&code_challenge_method=bad&state=s", SERVER + "&response_type=code&scope=self&state=s",
        )),
    ]),
    Case("oauth-token-refusals", [
        POST("users/oa1/server", who="user:oa1"),
        *(POST("oauth2/token", who="nobody", data=form) for form in (
            {"grant_type": "refresh_token"}, {"grant_type": "client_credentials"}, {"grant_type": "password"}, {"grant_type": "authorization_code"},
            {"grant_type": "authorization_code", "code": "x", **CLIENT}, {"grant_type": "refresh_token", "refresh_token": "x", **CLIENT},
            {"grant_type": "nonsense", **CLIENT},
        )),
    ]),
]
WORLDS = []
