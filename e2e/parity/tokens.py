"""Tokens: what may be asked for, what is refused, how they are listed, and when they end."""

from __future__ import annotations

import json

from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS

from .steps import DELETE, GET, PATCH, POST, PUT, Case, Step
from .worlds import World

CONFIG = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + """
c.JupyterHub.custom_scopes = {"custom:act": {"description": "Do x", "subscopes": ["custom:act:read"]}, "custom:act:read": {"description": "See x"}}
for kind, scopes in {
    "maker": ["tokens", "list:users", "read:users:name"], "maker-of-one": ["tokens!user=tm-one"], "lister": ["read:tokens"], "nothing": [],
    "maker-of-group": ["tokens!group=tokens-group"], "user-admin": ["admin:users"],
}.items():
    c.JupyterHub.services.append({"name": kind, "api_token": "the-token-of-" + kind})
    c.JupyterHub.load_roles.append({"name": "role-of-" + kind, "scopes": scopes, "services": [kind]})
c.JupyterHub.load_groups = {"tokens-group": ["tm-two"]}
c.JupyterHub.service_tokens = {"the-token-of-by-token": "by-token"}
c.JupyterHub.api_tokens = {"the-configured-token-of-a-user": "configured"}
c.JupyterHub.load_roles.extend([
    {"name": "reads", "description": "Reads", "scopes": ["read:users"]}, {"name": "server", "scopes": ["users:activity!user", "access:servers!server"]},
    {"name": "with-custom", "scopes": ["custom:act"], "users": ["tc-x"]},
])
"""


def new(name: str, body: object = None, who: str = "", **more: object) -> Step:
    return POST(f"users/{name}/tokens", who=who or f"user:{name}", json=body, keep={"token": "token", "id": "id"}, **more)


def use(path: str = "user", method: str = "GET", header: str = "Bearer {token}", **more: object) -> Step:
    return Step(method, path, who="nobody", headers={"Authorization": header}, **more)


def listed(name: str, who: str = "") -> Step:
    return GET(f"users/{name}/tokens", who=who or f"user:{name}")


EXPIRIES = [None, 59, 60, 61, 0, -1, -5, False, "60", "", "soon", 1.5, 60.0, [], {}, 10**8, [1]]

CASES = [
    Case("expiry", [new("te", {"expires_in": value}) for value in EXPIRIES] + [new("te"), new("te", {}), new("te", {"note": "n"}), listed("te")]),
    Case("expired-now", [new("ty", {"expires_in": 1}), new("ty", {"expires_in": True}), new("tz", {"expires_in": 0}), use(), new("tz", {"expires_in": -1}), use(), listed("tz"), listed("tz")]),
    Case("notes", [new("tn", {"note": note}) for note in ("", None, "a note", "ü <b>", 1, "x" * 2000)] + [listed("tn")]),
    Case("notes-by-others", [
        POST("users/tb"), new("tb", {}, "admin"), new("tb", {"note": ""}, "admin"), new("tb", {"note": "mine"}, "admin"), new("tb", {}, "browser:admin"),
        new("tb", {}, "user:admin"), new("tb", {}, "maker"), listed("tb"), listed("tb", "admin"),
    ]),
    Case("scopes", [
        *(new("ts", {"scopes": scopes}) for scopes in (
            [], ["self"], ["inherit"], ["all"], ["read:users!user"], ["read:users!user=ts"], ["read:users!user=other"], ["read:users"], ["admin:users"],
            ["none"], ["read:users!group=g"], ["read:users!none=x"], ["tokens"], ["tokens!user"], ["access:servers!user=ts"], ["access:servers!server=ts/"],
            ["access:servers!server=ts/x"], ["access:servers!server"], ["list:users"], ["list:users!user"], ["custom:act"], ["read:users:name!user", "none"],
            ["servers"], ["servers!user", "self"], ["users:activity!user"], ["shares!user"], ["read:shares!user"], ["groups"], ["proxy"], ["read:hub"], ["shutdown"],
            ["access:services"], ["metrics"], ["read:metrics"], ["read:users!user", "read:users!user"], [""], [" self"], ["SELF"], ["inherit", "self"],
            "self", {"self": 1}, [1], [None], 0, False, None, ["identify"], ["self!user"], ["inherit!user"], ["user"], ["read:users!"],
        )),
        listed("ts"),
    ]),
    Case("custom-scopes", [
        new("tc-x", {"scopes": ["custom:act"]}), use(), new("tc-x", {"scopes": ["custom:act:read"]}), use(), new("tc-x", {"scopes": ["custom:other"]}),
        new("tc-x", {"scopes": ["custom:act!user"]}), new("tc-x", {"scopes": ["custom:act:read!user=tc-x"]}), new("tc-x"), use(),
    ]),
    Case("roles", [
        *(new("tr", {"roles": roles}) for roles in (
            [], ["user"], ["admin"], ["token"], ["server"], ["reads"], ["none"], ["user", "token"], ["user", "none"], "user", [1], None, [""], ["User"],
        )),
        new("tr", {"roles": ["user"], "scopes": ["self"]}), new("tr", {"roles": ["user"], "scopes": ["read:users!user"]}),
        new("tr", {"roles": ["token"], "scopes": []}), new("tr", {"roles": [], "scopes": []}), use(), new("tr", {"roles": ["server"]}), use(), listed("tr"),
    ]),
    Case("bodies", [
        *(POST("users/tbo/tokens", who="user:tbo", data=data) for data in ("", "null", "{}", "[]", "0", '""', "1", '"x"', "[1]", "{", "true", "false")),
        POST("users/tbo/tokens", who="user:tbo", json={"unknown": 1}), POST("users/tbo/tokens", who="user:tbo", data="{}", headers={"Content-Type": "text/plain"}),
        POST("users/tbo/tokens", who="browser:tbo", data="{}"), POST("users/tbo/tokens", who="browser:tbo", data="note=x"),
        POST("users/tbo/tokens", who="browser:tbo", json={}, headers={"X-XSRFToken": ""}), POST("users/tbo/tokens", who="browser:tbo", json={}, headers={"X-XSRFToken": "x"}),
    ]),
    Case("by-password", [
        POST("users/tp/tokens", who="nobody", json={"auth": {"username": "tp", "password": "wrong"}}),
        POST("users/tp/tokens", who="nobody", json={"auth": {"username": "tp", "password": "a shared secret"}}), POST("users/tp"),
        POST("users/tp/tokens", who="nobody", json={"auth": {"username": "tp", "password": "a shared secret"}}, keep={"token": "token"}), use(),
        POST("users/tp/tokens", who="nobody", json={"auth": {"username": "TP", "password": "a shared secret"}}),
        POST("users/tp/tokens", who="nobody", json={"auth": {"username": "admin", "password": "a shared secret"}}),
        POST("users/other/tokens", who="nobody", json={"auth": {"username": "tp", "password": "a shared secret"}}),
        *(POST("users/tp/tokens", who="nobody", json={"auth": auth}) for auth in (None, {}, [], "x", {"username": "tp"}, {"password": "x"}, {"token": "x"}, 1)),
        POST("users/tp/tokens", who="stranger", json={"auth": {"username": "tp", "password": "a shared secret"}}), listed("tp"),
    ]),
    Case("of-whom", [
        POST("users/tm-one"), POST("users/tm-two"), POST("users/tm-three"),
        *(new(name, {"note": f"for {who}"}, who) for who in ("maker", "maker-of-one", "maker-of-group", "lister", "nothing", "user-admin", "admin", "user:tm-three", "reader")
          for name in ("tm-one", "tm-two", "tm-three", "none")),
        *(listed(name, who) for who in ("maker", "maker-of-one", "maker-of-group", "lister", "nothing", "user-admin", "user:tm-three") for name in ("tm-one", "tm-three", "none")),
        new("tm-one", {"scopes": ["admin:users"]}, "maker"), new("tm-one", {"scopes": ["list:users"]}, "maker"), new("tm-one", {"roles": ["admin"]}, "maker"),
        POST("services/maker/tokens"), GET("services/maker/tokens"),
    ]),
    Case("revoked-at-once", [
        new("tv"), use(), use(header="token {token}"), DELETE("users/tv/tokens/{id}", who="user:tv"), use(), use(), use("users/tv"),
        new("tv"), use("users/tv/tokens/{id}", "DELETE"), use(), new("tv"), use(), DELETE("users/tv"), use(),
    ]),
    Case("limits-of-tokens", [
        new("tl", {"scopes": ["tokens!user"]}), use("users/tl/tokens", "POST", json={}), use("users/tl/tokens", "POST", json={"scopes": ["self"]}),
        use("users/tl/tokens", "POST", json={"scopes": ["tokens!user"]}), use("users/tl/tokens", "POST", json={"scopes": ["servers!user"]}), use("users/tl/tokens"), use("users/tl"),
        new("tl", {"scopes": ["read:tokens!user"]}), use("users/tl/tokens", "POST"), use("users/tl/tokens/{id}"), use("users/tl/tokens/{id}", "DELETE"),
        new("tl", {"scopes": []}), use(), use("users/tl"), use("users/tl/tokens"),
    ]),
    Case("ids", [
        new("ti"), *(GET(f"users/ti/tokens/{token}", who="user:ti") for token in (
            "{id}", "a0", "a-1", "a", "b1", "1", "a1x", "a%201", "A1", "a01", "a1%2F", "a+1",
        )),
        *(DELETE(f"users/ti/tokens/{token}", who="user:ti") for token in ("a0", "a-1", "b1")),
        GET("users/ti/tokens/{id}"), GET("users/none/tokens/{id}"), GET("users/none/tokens/{id}", who="user:ti"), GET("users/te/tokens/{id}", who="user:ti"),
        PUT("users/ti/tokens/{id}"), POST("users/ti/tokens/{id}"), PATCH("users/ti/tokens", json={}), DELETE("users/ti/tokens"),
        Step("HEAD", "users/ti/tokens", who="user:ti"),
    ]),
    Case("headers", [
        new("th"), *(use(header=header) for header in (
            "Bearer {token}", "bearer {token}", "BEARER {token}", "token {token}", "Token {token}", "Bearer  {token}", "Bearer {token} ", "{token}", "Bearer", "Bearer ",
            "Basic {token}", "token  {token}", "Bearer {token}x", "token: {token}", "Bearer\t{token}",
        )),
        GET("user?token={token}", who="nobody"), GET("user?api_token={token}", who="nobody"), GET("user?access_token={token}", who="nobody"),
        GET("/hub/home", who="nobody", headers={"Authorization": "Bearer {token}"}), GET("/hub/login", who="nobody", headers={"Authorization": "Bearer {token}"}),
        GET("/hub/token", who="nobody", headers={"Authorization": "Bearer {token}"}),
        GET("/hub/spawn", who="nobody", headers={"Authorization": "Bearer {token}"}), GET("/hub/logout", who="nobody", headers={"Authorization": "Bearer {token}"}),
        GET("/hub/", who="nobody", headers={"Authorization": "Bearer {token}"}), use(), GET("user", who="browser:th-b", headers={"Authorization": "Bearer {token}"}),
        GET("user", who="browser:th-b", headers={"Authorization": "Bearer wrong"}), GET("user", who="browser:th-b", headers={"Authorization": "Basic eDp5"}),
    ]),
    Case("configured", [
        GET("user", who="token:the-token-of-by-token"), GET("user", who="token:the-configured-token-of-a-user"),
        listed("configured", "admin"), GET("users/configured"),
    ]),
    Case("of-admins", [new("admin", {}), use(), new("admin", {"scopes": ["admin:users"]}), use(), use("users/made-by-token", "POST"), new("admin", {"scopes": ["inherit"]}), use(), use("shutdown")]),
    Case("narrowed-with-the-user", [
        POST("users/ta", json={"admin": True}), new("ta", {"scopes": ["admin:users", "self"]}), use(), use("users/ta-made", "POST"), PATCH("users/ta", json={"admin": False}),
        use(), use("users/ta-made-2", "POST"), listed("ta"), PATCH("users/ta", json={"admin": True}), use("users/ta-made-3", "POST"),
    ]),
    Case("renamed", [POST("users/tren"), new("tren", {"note": "kept"}, "admin"), use(), PATCH("users/tren", json={"name": "tren2"}), use(), listed("tren2", "admin"), listed("tren", "admin")]),
    Case("server-tokens", [
        POST("users/tsv/server", who="user:tsv"), listed("tsv"), GET("/hub/token", who="browser:tsv"), DELETE("users/tsv/server", who="user:tsv"), listed("tsv"),
    ]),
    Case("of-a-browser", [
        new("tbr", {"note": "by page"}, "browser:tbr", headers={"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}), use(),
        GET("users/tbr/tokens/{id}", who="browser:tbr"), listed("tbr", "browser:tbr"), DELETE("users/tbr/tokens/{id}", who="browser:tbr"), use(),
        DELETE("users/tbr/tokens/{id}", who="browser:tbr", headers={"X-XSRFToken": "x"}),
    ]),
    Case("authorizations", [
        new("tau"), GET("authorizations/token/{token}"), GET("authorizations/token/{token}", who="nobody"), GET("authorizations/token/{token}", who="browser:tau"),
        GET("authorizations/token/{token}", who="user:tau2"), GET("authorizations/token/the-token-of-maker"), GET("authorizations/token/", who="admin"),
        POST("authorizations/token", who="nobody", json={"username": "tau", "password": "a shared secret"}), POST("authorizations/token", who="admin"),
        GET("authorizations/cookie/jupyterhub-hub-login/x"), GET("authorizations/cookie/jupyterhub-hub-login"), GET("authorizations/cookie/none/x", who="nobody"),
    ]),
]

LIMITED = [
    Case("expiry", [new("te", {"expires_in": value}) for value in EXPIRIES] + [
        new("te"), new("te", {}), new("te", {"note": "n"}), POST("users/te/tokens", who="user:te", data=""), new("te", {"expires_in": 61}, "admin"), new("te", {}, "admin"),
        listed("te"), GET("/hub/token", who="browser:te"),
    ]),
    Case("of-servers", [POST("users/ls/server", who="user:ls"), listed("ls"), DELETE("users/ls/server", who="user:ls")]),
]


def last_of_all(name: str, value: object) -> str:
    return f"c.JupyterHub.{name} = {json.dumps(value)}\n"


WORLDS = [
    World("tokens", CONFIG, CASES),
    World("tokens-limited", CONFIG + last_of_all("token_expires_in_max_seconds", 60), LIMITED),
    World("tokens-unlimited", CONFIG + last_of_all("token_expires_in_max_seconds", 0) + last_of_all("oauth_token_expires_in", 77), LIMITED),
]
