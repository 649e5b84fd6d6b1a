"""Roles of the configuration: what they give to users, groups, services and tokens, and what remains of them at the next start."""

from __future__ import annotations

from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS

from .steps import DELETE, GET, PATCH, POST, Case, Step
from .worlds import World

BASE = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE

CONFIG = BASE + """
c.JupyterHub.allow_named_servers = True
c.Authenticator.allowed_users = {"allowed"}
for name in ("none", "self-service", "reader", "by-group", "admin-service", "shares", "activity", "server-reader", "state-reader", "auth-reader", "metrics", "proxy", "hub"):
    c.JupyterHub.services.append({"name": name, "api_token": "the-token-of-" + name, "admin": name == "admin-service"})
c.JupyterHub.load_groups = {"first": ["first-1", "first-2"], "second": {"users": ["first-1"], "properties": {"a": 1}}, "empty": []}
c.JupyterHub.custom_scopes = {
    "custom:all": {"description": "All", "subscopes": ["custom:part", "custom:other"]}, "custom:part": {"description": "Part"}, "custom:other": {"description": "Other"},
}
c.JupyterHub.load_roles = [
    {"name": "mixed", "description": "Of everybody", "scopes": ["read:users!group=first", "list:users!group=first"], "users": ["m1"], "groups": ["second"], "services": ["by-group"]},
    {"name": "self-service", "scopes": ["self"], "services": ["self-service"]},
    {"name": "reader", "scopes": ["read:users"], "services": ["reader"], "users": []},
    {"name": "custom", "scopes": ["custom:all!user", "custom:part"], "users": ["c1"]},
    {"name": "no-scopes", "scopes": [], "users": ["n1"]},
    {"name": "no-members", "scopes": ["read:hub"]},
    {"name": "server-of-others", "scopes": ["access:servers!user=m1", "start:servers!server=m1/x"], "users": ["n1"]},
    {"name": "in-new-group", "scopes": ["list:groups"], "groups": ["made-for-a-role"]},
    {"name": "activity", "scopes": ["users:activity!user=m1"], "services": ["activity"]},
    {"name": "server-reader", "scopes": ["read:servers", "list:users"], "services": ["server-reader"]},
    {"name": "state-reader", "scopes": ["admin:server_state", "read:servers"], "services": ["state-reader"]},
    {"name": "auth-reader", "scopes": ["admin:auth_state", "read:users:name"], "services": ["auth-reader"]},
    {"name": "metrics", "scopes": ["read:metrics"], "services": ["metrics"]},
    {"name": "proxy", "scopes": ["proxy"], "services": ["proxy"]},
    {"name": "hub", "scopes": ["read:hub"], "services": ["hub"]},
    {"name": "shares", "scopes": ["read:shares", "read:groups:shares!group=first"], "services": ["shares"]},
    {"name": "user", "scopes": ["self", "read:groups!group=first"]},
    {"name": "twice", "scopes": ["read:users", "read:users", "read:users:name"], "users": ["m1"]},
]
"""

PEOPLE = ("first-1", "first-2", "m1", "c1", "n1", "allowed", "later")
SERVICES = (
    "none", "self-service", "reader", "by-group", "admin-service", "shares", "activity", "server-reader", "state-reader", "auth-reader", "metrics", "proxy", "hub",
)  # fmt: skip

CASES = [
    Case("who-is-there", [GET("users"), GET("groups"), GET("services")]),
    Case("of-users", [step for name in PEOPLE for step in (GET(f"users/{name}"), GET("user", who=f"user:{name}"), GET("user", who=f"browser:{name}"))]),
    Case("of-services", [GET("user", who=name) for name in SERVICES]),
    Case("what-services-see", [
        GET(path, who=name) for path in ("users", "users/first-1", "users/m1", "users/none", "groups", "groups/first", "groups/none", "services", "services/none", "services/self-service",
                                         "proxy", "users/m1/tokens", "shares/m1") for name in SERVICES
    ]),
    Case("what-users-see", [
        GET(path, who=f"user:{name}") for path in ("users", "users/first-1", "users/m1", "groups", "groups/first", "groups/second", "services", "services/none", "shares/m1", "proxy")
        for name in PEOPLE
    ]),
    Case("metrics", [GET("/hub/metrics", who=who) for who in ("nobody", "metrics", "user:m1", "browser:m1", "admin", "browser:admin")]),
    Case("activity", [POST("users/m1/activity", who=who, json={"last_activity": "2020-01-01T00:00:00Z"}) for who in ("activity", "none", "user:m1", "user:n1")] + [
        POST("users/first-1/activity", who="activity", json={"last_activity": "2020-01-01T00:00:00Z"}),
    ]),
    Case("servers-of-others", [
        POST("users/m1/servers/x", who="user:n1"), GET("/hub/user/m1/x/", who="browser:n1"), GET("users/m1", who="user:n1"), GET("users/m1/servers/x", who="user:n1"),
        POST("users/m1/servers/y", who="user:n1"), DELETE("users/m1/servers/x", who="user:n1"),
        GET("/user/m1/x/", who="browser:n1"), DELETE("users/m1/servers/x"),
    ]),
    Case("membership", [
        GET("user", who="user:joins"), POST("groups/second/users", json={"users": ["joins"]}), GET("user", who="user:joins"), GET("users/first-1", who="user:joins"),
        DELETE("groups/second/users", json={"users": ["joins"]}), GET("user", who="user:joins"), GET("users/first-1", who="user:joins"),
        PATCH("users/joins", json={"admin": True}), GET("user", who="user:joins"), PATCH("users/joins", json={"admin": False}), GET("user", who="user:joins"),
    ]),
    Case("token-page", [GET("/hub/token", who="browser:c1"), GET("/hub/home", who="browser:m1")]),
]


FIRST = """
for name in ("svc", "watch"):
    c.JupyterHub.services.append({"name": name, "api_token": "the-token-of-" + name})
c.JupyterHub.load_roles = [
    {"name": "watch", "scopes": ["admin:users", "admin:groups", "admin:services", "list:users", "list:groups", "list:services", "read:roles", "read:services"], "services": ["watch"]},
    {"name": "gone", "scopes": ["read:hub"], "users": ["r1"]}, {"name": "kept", "description": "Before", "scopes": ["read:hub", "list:groups"], "users": ["r1", "r2"], "groups": ["g"]},
    {"name": "emptied", "scopes": ["read:hub"], "users": ["r1"], "services": ["svc"]}, {"name": "token", "scopes": ["read:users:name!user"]},
    {"name": "user", "scopes": ["self", "read:hub"]}, {"name": "admin", "users": ["r3", "admin"]},
]
"""
SECOND = """
for name in ("svc", "watch"):
    c.JupyterHub.services.append({"name": name, "api_token": "the-token-of-" + name})
c.JupyterHub.load_roles = [
    {"name": "watch", "scopes": ["admin:users", "admin:groups", "admin:services", "list:users", "list:groups", "list:services", "read:roles", "read:services"], "services": ["watch"]},
    {"name": "kept", "description": "After", "scopes": ["list:groups"], "users": ["r2"]}, {"name": "emptied", "scopes": ["read:hub"]}, {"name": "new", "scopes": ["read:hub"], "users": ["r4"]},
    {"name": "admin", "users": ["admin"]},
]
c.Authenticator.admin_users = set()
"""
AFTER = [
    Case("after", [
        GET("users", who="watch"), GET("groups", who="watch"), GET("services", who="watch"), GET("user", who="svc"), GET("user"), GET("users"),
        *(GET("user", who=f"browser:{name}") for name in ("r1", "r2", "r3", "r4", "admin", "r5")), GET("users", who="watch"),
    ]),
]

WORLDS = [World("roles", CONFIG, CASES), World("roles-changed", BASE + FIRST, AFTER, then=BASE + SECOND)]
