"""Requests that nobody should send: no JSON, other types, names that are none, too much of everything."""

from __future__ import annotations

import json

from .steps import DELETE, GET, PATCH, POST, PUT, Case, Step

#: Bodies that are no object, and what one could take for one.
BODIES = ["{", "nonsense", "[1]", '"text"', "1", "null", "true", "{}{}", "\ufeff{}", "'x'", "{'x': 1}", " {} \n", "NaN"]
BYTES = [b"\xff\xfe", b'{"admin": "\xff"}', b"\x00", b'{"admin": true}\x00']
#: One level more than recursive parsers take, and far more than a stack holds.
DEEP = ["[" * 200 + "]" * 200, '{"a":' * 200 + "1" + "}" * 200, "[" * 100_000, '{"a":' * 100_000]

#: Names in paths, escaped, that are not what they seem.
NAMES = [
    "a%2Fb", "%2F", "a%3Fb", "a%23b", "%2E%2E%2Fadmin", "a%0Ab", "a%7Fb", "%20", "a%20", "%20a", "%C3%A9",
    "e%CC%81", "%E2%80%AE", "%F0%9F%92%A9", "%25", "a%252Fb", "a;b", "a&b=c", "a=b", "a+b", "%22", "'", "%3Cscript%3E", "%5C", "*",
    "%7B%7D", "a%E2%80%8Bb", "-", "_", "%C2%A0", "%E3%80%80", "%C7%85", "%C4%B0", "%C3%9F",
]  # fmt: skip

BAD_INPUT = [
    *(Case(f"bad-body-{number}", [
        POST(f"users/bb{number}", data=body), POST("users", data=body), POST(f"groups/bb{number}", data=body), POST("groups", data=body),
        POST(f"groups/bb{number}/users", data=body), PUT(f"groups/bb{number}/properties", data=body),
        PATCH(f"users/bb{number}", data=body), POST(f"users/bb{number}/tokens", data=body), POST(f"users/bb{number}/activity", data=body),
        POST(f"users/bb{number}/servers/one", data=body), DELETE(f"users/bb{number}/servers/one", data=body),
        PATCH(f"users/bb{number}/servers/one", data=body), PUT(f"users/bb{number}/servers/two", data=body),
        DELETE(f"users/bb{number}"), DELETE(f"groups/bb{number}"),
    ]) for number, body in enumerate([*BODIES, *BYTES])),
    *(Case(f"bad-deep-{number}", [
        POST(f"users/bd{number}", data=body), POST(f"groups/bd{number}", data=body), PUT(f"groups/bd{number}/properties", data=body),
        POST("users", data=body), POST(f"users/bd{number}/tokens", data=body),
    ]) for number, body in enumerate(DEEP[2:])),
    Case("bad-types-of-users", [
        *(POST("users/bt1", json=body) for body in (
            {"admin": "true"}, {"admin": 1}, {"admin": None}, {"name": 1}, {"name": "other"}, {"groups": "x"}, {"groups": ["x"]}, {"roles": ["x"]},
            {"auth_state": []}, {"unknown": 1}, {"admin": [True]}, {"admin": {}}, {"": 1},
        )),
        GET("users/bt1"), POST("users/bt1"),
        *(PATCH("users/bt1", json=body) for body in (
            {"admin": "true"}, {"admin": None}, {"name": 1}, {"name": None}, {"name": ""}, {"name": "a/b"}, {"name": " "}, {"groups": "x"},
            {"auth_state": 1}, {"unknown": 1}, {},
        )),
        *(POST("users", json={"usernames": names}) for names in (
            None, {}, [""], ["bt2", ""], ["bt2", "a/b", "c/d"],
        )),
        POST("users", json={"usernames": ["bt3"], "admin": "yes"}), GET("users?name_filter=bt"),
    ]),
    Case("bad-types-of-groups", [
        *(POST("groups/btg1", json=body) for body in (
            {"users": "x"}, {"users": {}}, {"users": None}, {"users": ["none-such"]}, {"name": 1}, {"roles": "x"}, {"unknown": 1},
            {"properties": {}}, {"properties": 1},
        )),
        GET("groups/btg1"),
        *(POST("groups", json=body) for body in (
            {"groups": None}, {"groups": []}, {"groups": ["btg3"], "users": ["none-such"]},
            {"groups": ["btg4", "btg4"]}, {"groups": ["btg5"], "unknown": 1},
        )),
        GET("groups/btg2"), GET("groups/btg3"), GET("groups/btg4"), GET("groups/btg5"), POST("groups/btg6"),
        *(POST("groups/btg6/users", json=body) for body in ({"users": "x"}, {"users": None}, {"users": []}, {"x": 1})),
        *(DELETE("groups/btg6/users", json=body) for body in ({"users": "x"}, {"users": None}, {"users": []}, {"users": ["none-such"]})),
        *(PUT("groups/btg6/properties", json=body) for body in ([], 1, "x", {"a": None}, {"a": {"b": [1, 2.5, "c"]}})),
        PUT("groups/btg6/properties"), GET("groups/btg6"),
    ]),
    Case("bad-types-of-tokens", [
        *(POST("users/btt/tokens", who="user:btt", json=body) for body in (
            {"expires_in": "1"}, {"expires_in": 1.5}, {"expires_in": True}, {"expires_in": []}, {"expires_in": 0}, {"expires_in": 2**31},
            {"expires_in": -(2**63)}, {"note": 1}, {"note": None}, {"note": []}, {"note": ""}, {"note": "x" * 2000},
            {"scopes": {}}, {"scopes": [1]}, {"scopes": []}, {"scopes": [""]}, {"scopes": ["self", None]}, {"scopes": ["!user"]},
            {"scopes": ["read:users!"]}, {"scopes": ["read:users!user="]}, {"scopes": ["read:users!x=y"]}, {"scopes": ["read:users!user=btt!user=x"]},
            {"roles": {}}, {"roles": [1]}, {"roles": []}, {"roles": [""]}, {"unknown": 1}, {"auth": 1},
        )),
        *(POST("users/btt/tokens", who="nobody", json=body) for body in (
            {"auth": None}, {"auth": 1}, {"auth": []}, {"auth": {}}, {"auth": {"username": 1, "password": 2}}, {"auth": {"username": "btt"}},
            {"auth": {"username": "btt", "password": "wrong"}},
        )),
    ]),
    Case("bad-types-of-servers", [
        *(POST("users/bts/servers/one", who="user:bts", json=body) for body in (
            {"display_name": 1}, {"display_name": None}, {"user_options": []}, {"user_options": "x"}, {"user_options": 1},
            {"display_name": "x" * 300}, {"display_name": "a\u0000b"}, {"display_name": "a\nb"},
        )),
        *(PUT("users/bts/servers/two", who="user:bts", json=body) for body in (
            {"display_name": 1}, {"display_name": []}, {"user_options": []}, {"user_options": "x"}, {"unknown": 1},
        )),
        *(PATCH("users/bts/servers/two", who="user:bts", json=body) for body in (
            {"name": ""}, {"name": "a/b"}, {"name": "Three"}, {},
        )),
        *(DELETE("users/bts/servers/two", who="user:bts", json=body) for body in ({"unknown": 1}, {"remove": "yes"})), PUT("users/bts/servers/three", who="user:bts"),
        DELETE("users/bts/servers/three", who="user:bts", json={"remove": 1}), DELETE("users/bts/servers/three", who="user:bts", json={"remove": 0}),
    ]),
    Case("bad-activity", [
        *(POST("users/bta/activity", who="user:bta", json=body) for body in (
            {"last_activity": 1}, {"last_activity": []}, {"last_activity": {}}, {"last_activity": ""}, {"last_activity": "9999-99-99"},
            {"last_activity": "2020-01-01"}, {"last_activity": "99999999999999999999"},
            {"servers": []}, {"servers": "x"}, {"servers": 1}, {"servers": {"": 1}}, {"servers": {"": {}}}, {"servers": {"": {"last_activity": None}}},
            {"servers": {"": {"last_activity": 1}}}, {"servers": {"a/b": {"last_activity": "2020-01-01T00:00:00Z"}}},
        )),
    ]),
    *(Case(f"bad-user-name-{number}", [
        POST(f"users/{name}"), GET(f"users/{name}"), POST(f"users/{name}/tokens", json={"note": "x"}), POST(f"users/{name}/activity", json={}),
        DELETE(f"users/{name}"), GET(f"users/{name}"),
    ]) for number, name in enumerate(NAMES)),
    *(Case(f"bad-group-name-{number}", [
        POST(f"groups/{name}"), GET(f"groups/{name}"), PUT(f"groups/{name}/properties", json={"a": 1}), DELETE(f"groups/{name}"), GET(f"groups/{name}"),
    ]) for number, name in enumerate(NAMES)),
    Case("bad-server-names", [
        *(PUT(f"users/bsn/servers/{name}", who="user:bsn") for name in NAMES),
        *(GET(f"users/bsn/servers/{name}", who="user:bsn") for name in NAMES),
        *(DELETE(f"users/bsn/servers/{name}", who="user:bsn", json={"remove": True}) for name in NAMES),
        GET("users/bsn?include_stopped_servers", who="user:bsn"),
    ]),
    Case("bad-names-in-bodies", [
        *(POST("users", json={"usernames": [name]}) for name in ("a/b", "", " ", "a\nb", "..", ".", "a?b", "a#b", "\u202e", "%2f")),
        *(POST("groups", json={"groups": [name]}) for name in ("a/b", " ", "a\nb", "..", "a?b", "\u202e")),
    ]),
    Case("bad-queries", [GET(f"users?name_filter=none-such&{query}") for query in (
        "limit=-1", "limit=1e3", "limit=", "limit=%00", "offset=abc", "limit=99999999999999999999999",
        "limit=1&limit=2", "state=%FF", "state[]=active", "sort=name;drop", "sort=", "sort=-", "sort=--id", "offset=+1", "limit=%201", "limit=0x10",
    )] + [
        GET("users?name_filter=%00"), GET("users?name_filter=%FF"),
        GET("groups?limit=abc"), GET("proxy?limit=abc"), GET("services?limit=abc"),
    ]),
    Case("bad-token-ids", [
        *(Step(method, f"users/bti/tokens/{token}", who="user:bti") for method in ("GET", "DELETE") for token in (
            "1", "a", "a0", "a-1", "a1.5", "b1", "A1", "a1%00",
        )),
    ]),
    Case("bad-shutdown", [*(POST("shutdown", json=body) for body in ({"servers": "yes"}, {"servers": 2}, {"proxy": None})), POST("shutdown", data="{")]),
    Case("bad-proxy", [*(PATCH("proxy", json=body) for body in ([], "x", 1)), PATCH("proxy"), PATCH("proxy", data="{")]),
    Case("cookie-lookup", [
        GET("authorizations/cookie/jupyterhub-hub-login/nonsense"), GET("authorizations/cookie/jupyterhub-hub-login"),
        GET("authorizations/cookie/a%2Fb/%00"), GET("authorizations/cookie/jupyterhub-hub-login/x", who="nobody"),
        GET("authorizations/cookie/jupyterhub-hub-login/x", who="browser:cookie-lookup"),
    ]),
    Case("bad-credentials", [GET("user", who="nobody", headers={"Authorization": value}) for value in (
        "token", "token ", "Bearer", "token a b", "token \t", "Bearer " + "x" * 5_000, "token %00", "token \u00ff", "nonsense", "token,token", "",
    )]),
    Case("bad-content-types", [
        POST(f"users/bct{number}", data=json.dumps({"admin": False}), headers={"Content-Type": kind})
        for number, kind in enumerate(("application/xml", "application/json; charset=utf-16", "nonsense", "a/b; c"))
    ]),
]

_BEYOND = "9" * 23

#: What JupyterHub breaks at (5xx), or takes for something else (a text for a list of letters, a name that no other database
#: keeps): a request, and how Perijove refuses it.
REFUSED: list[tuple[Step, int]] = [
    *((POST("users", json={"usernames": names}), 400) for names in ("text", 1, {"a": 1}, [1], [None], [[]], ["rf1", 1], [True])),
    *((POST("groups", json=body), 400) for body in ({"groups": "rfg"}, {"groups": 1}, {"groups": [1]}, {"groups": [""]})),
    (POST("groups/rfg1", json={"users": [1]}), 400),
    *((Step(method, "groups/first/users", json={"users": users}), 400) for method in ("POST", "DELETE") for users in ([1], [[]], [{}])),
    *((POST(f"{what}/{name}"), 400) for what in ("users", "groups") for name in ("a%00b", "%00", "x" * 5_000)),
    *((POST("users", json={"usernames": [name]}), 400) for name in ("a\u0000b", "x" * 256, "y" * 100_000)),
    *((POST("groups", json={"groups": [name]}), 400) for name in ("a\u0000b", "x" * 256, "y" * 100_000)),
    *((PATCH("users/first-1/server", json=body), 400) for body in (
        {"name": 1}, {"display_name": 1}, {"user_options": None}, {"user_options": []}, {"unknown": 1}, [1],
    )),
    (DELETE("users/first-1/server", json=[1]), 400),
    (POST("users/first-1/activity", json={"last_activity": "2020-01-01T00:00:00+99:00"}), 400),
    (POST("users/first-1/tokens", json={"note": {"a": 1}}), 400),
    (GET(f"users/first-1/tokens/a{_BEYOND}"), 404), (DELETE(f"users/first-1/tokens/a{_BEYOND}"), 404),
    (GET("users/first-1/tokens/%FF"), 400), (POST("users/%FF"), 400), (GET("groups/%FF"), 400),
    (POST("users", data="[" * 100_000), 400), (POST("users/rf2", data='{"a":' * 100_000), 400),
]
