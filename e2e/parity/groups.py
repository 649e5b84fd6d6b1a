"""Groups: made, listed, filled and deleted."""

from __future__ import annotations

from .steps import DELETE, GET, PATCH, POST, PUT, Case, Step

PAGINATED = {"Accept": "application/jupyterhub-pagination+json"}

CONFIG = """
c.JupyterHub.load_groups = {"alpha": {"users": ["northstar"], "properties": {"a": [1, {"b": None}]}}, "beta": {"users": []}, "gamma": {"users": ["northstar", "snowbird"]}}
for kind, scopes in {
    "lister": ["list:groups"], "names": ["list:groups", "read:groups:name"], "reader-of-groups": ["list:groups", "read:groups"], "roles": ["list:groups", "read:roles:groups"],
    "one": ["list:groups!group=beta", "read:groups!group=beta"], "two": ["list:groups!group=beta", "list:groups!group=gamma", "read:groups"], "by-user": ["list:groups!user=northstar", "read:groups"],
    "filler": ["groups"], "filler-of-beta": ["groups!group=beta"], "maker": ["admin:groups"], "maker-of-beta": ["admin:groups!group=beta"], "remover": ["delete:groups"], "members": ["read:users:groups"],
}.items():
    c.JupyterHub.services.append({"name": kind, "api_token": "the-token-of-" + kind})
    c.JupyterHub.load_roles.append({"name": "role-of-" + kind, "scopes": scopes, "services": [kind]})
c.JupyterHub.load_roles.append({"name": "role-of-groups", "scopes": ["read:users:name"], "groups": ["alpha", "gamma"]})
"""

KINDS = (
    "lister", "names", "reader-of-groups", "roles", "one", "two", "by-user", "filler", "filler-of-beta", "maker", "maker-of-beta", "remover", "members", "admin", "nobody", "stranger",
    "user:northstar", "user:admin",
)  # fmt: skip

SHOWN = [
    *(Case(f"shown-to-{kind}", [
        GET("groups", who=kind), GET("groups?limit=1", who=kind, headers=PAGINATED), GET("groups/alpha", who=kind), GET("groups/beta", who=kind), GET("groups/none-such", who=kind),
        GET("users/northstar", who=kind),
    ], words=True, ignore={"total": "JupyterHub counts groups that the caller may not see", "next": "the same"}) for kind in KINDS),
    Case("pages", [
        GET(f"groups?{query}", headers=headers) for query in ("", "offset=1", "offset=10", "limit=1", "limit=0", "limit=-1", "offset=-1", "limit=x", "offset=x", "limit=1&offset=1", "limit=1&x=a%20b&y")
        for headers in ({}, PAGINATED)
    ], words=True),
]  # fmt: skip

CHANGED = [
    Case("one", [
        DELETE("groups/runaways"), POST("groups/new", json={"users": ["doesntexist"]}), GET("groups/new"), POST("users/sasquatch"), POST("groups/omega", json={"users": ["SASQUATCH"]}),
        GET("users/sasquatch"), POST("groups/omega"), POST("groups/omega", json={"users": ["doesntexist"]}), POST("groups/omega", json={"x": 1}), DELETE("groups/omega"), DELETE("groups/omega"), GET("groups/omega"),
        POST("groups/omega", json={"name": "other", "roles": ["admin"], "users": []}), GET("groups/other"), GET("groups/omega"), POST("groups/omega-2", data="null"), POST("groups/omega-3", json=[]),
        POST("groups/omega-3", json=""), POST("groups/omega-3", json=0), POST("groups/omega-4", json={}), POST("groups/omega-5", json={"properties": {"a": 1}}), PUT("groups/omega"), PATCH("groups/omega", json={}),
    ], words=True),
    Case("many", [
        POST("groups", json={"groups": ["many-1", "many-2"]}), POST("groups", json={"groups": ["many-1", "many-2"]}), POST("groups", json={"groups": ["many-3", "many-2", "many-4"]}),
        GET("groups/many-3"), GET("groups/many-4"), POST("groups"), POST("groups", json={}), POST("groups", json=[]), POST("groups", json={"groups": []}), POST("groups", json={"groups": None}),
        POST("groups", data="x"), POST("users/many"), POST("groups", json={"groups": ["many-5", "many-6"], "users": ["many"]}), POST("groups", json={"groups": ["many-7"], "users": ["many", "doesntexist"]}),
        GET("groups/many-7"), POST("groups", json={"groups": ["many-8"], "x": 1}), POST("groups", json={"groups": ["many-8"], "name": "x", "roles": []}), GET("users/many"),
        POST("groups", json={"groups": {"many-9": ["many"]}}), GET("groups/many-9"), POST("groups", json={"groups": {}}),
    ], words=True),
    Case("members", [
        POST("groups/team"), POST("users", json={"usernames": ["aurora", "guardian", "shaman"]}), POST("groups/team/users", json={}), POST("groups/team/users"), POST("groups/team/users", json={"users": ["aurora", "GUARDIAN", "shaman"]}),
        POST("groups/team/users", json={"users": ["aurora"]}), POST("groups/team/users", json={"users": ["aurora", "doesntexist"]}), POST("groups/team/users", json={"users": []}), GET("users/aurora"),
        DELETE("groups/team/users", json={"users": ["aurora", "guardian"]}), DELETE("groups/team/users", json={"users": ["aurora"]}), DELETE("groups/team/users", json={"users": ["doesntexist", "shaman"]}),
        DELETE("groups/team/users", json={"users": []}), DELETE("groups/team/users", json={}), DELETE("groups/team/users"), GET("groups/team"), GET("users/aurora"), POST("groups/none-such/users", json={"users": ["aurora"]}),
        DELETE("groups/none-such/users", json={"users": ["aurora"]}), POST("groups/team/users", json={"users": "x"}), POST("groups/team/users", json={"name": "x", "users": ["aurora"]}), POST("groups/team/users", json={"group": 1, "users": ["aurora"]}),
        POST("groups/team/users", json=["aurora"]), GET("groups/team/users"), DELETE("users/aurora"), GET("groups/team"), POST("groups/team/users", data="{"),
    ], words=True),
    Case("properties", [
        POST("groups/prop"), PUT("groups/prop/properties", json={"str": "x", "int": 5, "list": ["a"]}), GET("groups/prop"), *(PUT("groups/prop/properties", data=data) for data in ("", "{", '"str"', "5", '["list"]', "null", "true")),
        GET("groups/prop"), PUT("groups/prop/properties", json={"a": {"b": {"c": [1.5, None, True, "ü"]}}}), PUT("groups/prop/properties", data="{}"), GET("groups/prop"), PUT("groups/none-such/properties", json={"a": 1}),
        POST("groups/prop/properties", json={"a": 1}), GET("groups/prop/properties"),
    ], words=True),
    Case("names", [
        step for name in ("UPPER", "white%20space", "%20blank%20", "dots..", "%C3%BCmlaut", "a%26b%3Dc", "a%22b", "a%27b", "a%5Cb", "a%2525", "%F0%9F%9A%80", "x" * 255, "-", "_x", "a%2Fb", "a%3Fb%23c")
        for step in (POST(f"groups/{name}"), GET(f"groups/{name}"), POST(f"groups/{name}"), PUT(f"groups/{name}/properties", json={"a": name}), DELETE(f"groups/{name}"), GET(f"groups/{name}"))
    ], words=True),
    *(Case(f"changed-by-{kind}", [
        POST(f"groups/by-{number}", who=kind), POST("groups", who=kind, json={"groups": [f"by-{number}-a", f"by-{number}-b"]}), POST("groups/beta/users", who=kind, json={"users": ["snowbird"]}),
        DELETE("groups/beta/users", who=kind, json={"users": ["snowbird"]}), PUT("groups/beta/properties", who=kind, json={"n": number}), PUT("groups/alpha/properties", who=kind, json={"n": number}),
        POST("groups/none-such/users", who=kind, json={"users": ["snowbird"]}), POST("groups/beta", who=kind), DELETE(f"groups/by-{number}", who=kind), DELETE("groups/none-such", who=kind), GET("groups"),
        DELETE(f"groups/by-{number}"), DELETE(f"groups/by-{number}-a"), DELETE(f"groups/by-{number}-b"),
    ], words=True) for number, kind in enumerate(KINDS)),
    Case("from-pages", [
        POST("groups/page-1", who="browser:admin", json={}), POST("groups", who="browser:admin", json={"groups": ["page-2"]}), GET("groups", who="browser:admin"), GET("groups", who="browser:snowbird"), DELETE("groups/page-1", who="browser:admin"),
        PUT("groups/page-2/properties", who="browser:admin", json={"a": 1}), POST("groups/page-2/users", who="browser:admin", json={"users": ["snowbird"]}), POST("groups/page-3", who="browser:snowbird", json={}),
    ], words=True),
]  # fmt: skip

CASES = SHOWN + CHANGED

MANAGED_CONFIG = """
c.Authenticator.manage_groups = True

"""

MANAGED = [
    Case("managed", [
        POST("users/northstar"), POST("groups/alpha"), POST("groups", json={"groups": {"groupname": ["northstar"]}}), POST("groups/newgroup"), POST("groups/alpha/users", json={"users": ["northstar"]}), DELETE("groups/alpha/users", json={"users": ["northstar"]}),
        PUT("groups/alpha/properties", json={"a": 1}), GET("groups"), GET("groups", who="user:northstar"), GET("users/northstar"), POST("groups/newgroup/users", json={"users": ["northstar"]}), GET("user", who="user:northstar"),
        DELETE("groups/alpha"), GET("groups/alpha"), Step("OPTIONS", "groups"),
    ], words=True),
]  # fmt: skip
