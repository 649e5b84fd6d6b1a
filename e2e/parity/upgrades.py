"""A database from before there were roles, as JupyterHub 1.x leaves it, at its first start with 6.1.1."""

from __future__ import annotations

from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS

from .steps import GET, POST, Case
from .worlds import World

BASE = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE

#: What `upgrade-db` leaves of such a database: nobody has a role, and nobody knows when anybody was made.
NO_ROLES = (
    "INSERT INTO users (name, admin, cookie_id) VALUES ('boss', 1, 'c1'), ('plain', 0, 'c2'), ('configured', 0, 'c3'), ('both', 0, 'c4'), ('out', 1, 'c5')",
    "INSERT INTO users (name, admin, cookie_id, last_activity) VALUES ('active', 0, 'c6', '2020-01-01 10:00:00.000000')",
    "UPDATE users SET created = NULL",
    "DELETE FROM user_role_map", "DELETE FROM service_role_map", "DELETE FROM group_role_map", "DELETE FROM roles",
)  # fmt: skip

_ROLES = """
c.Authenticator.admin_users = {"configured", "new-admin"}
c.Authenticator.blocked_users = {"out"}
c.JupyterHub.load_groups = {"first": ["both", "new-member"]}
c.JupyterHub.load_roles = [{"name": "reader", "scopes": ["list:users"], "users": ["both", "new-reader"]}]
c.JupyterHub.api_tokens = {"a-token-of-a-program": "of-tokens"}
"""
_WHO = ("boss", "plain", "configured", "new-admin", "both", "active", "new-member", "new-reader", "of-tokens", "allowed-1", "allowed-2")
_ASKED = [*(GET(f"users/{name}") for name in _WHO), GET("services"), GET("user"), GET("groups")]
_CASES = [
    Case("roles", _ASKED),
    Case("blocked", [GET("users/out")], ignore={"created": "6.1.1 leaves it empty for those whom nothing is asked of"}),
    Case("made-later", [POST("users/later"), GET("users/later")]),
]
_ALLOWED = 'c.Authenticator.allow_all = False\nc.Authenticator.allowed_users = {"allowed-1", "allowed-2", "configured"}\n'
#: Rights that an administrator took from somebody are not given back by a later start.
_STRIPPED = (
    "INSERT INTO users (name, admin, cookie_id) VALUES ('plain', 0, 'c2'), ('configured', 0, 'c3'), ('flag', 1, 'c4')", "DELETE FROM user_role_map",
    "INSERT INTO user_role_map (user_id, role_id, managed_by_auth) SELECT u.id, r.id, 0 FROM users u, roles r WHERE u.name = 'plain' AND r.name = 'admin'",
)  # fmt: skip

WORLDS = [
    World("before-roles", BASE, _CASES, then=BASE + _ROLES, meanwhile=NO_ROLES),
    World("before-roles-allowed", BASE, [Case("roles", _ASKED)], then=BASE + _ROLES + _ALLOWED, meanwhile=NO_ROLES),
    World("roles-taken", BASE, [Case("roles", _ASKED + [GET("users/flag")])], then=BASE + _ROLES, meanwhile=_STRIPPED),
    World("roles-taken-allowed", BASE, [Case("roles", _ASKED + [GET("users/flag")])], then=BASE + _ROLES + _ALLOWED, meanwhile=_STRIPPED),
    World("roles-taken-listed", BASE, [Case("roles", _ASKED)], then=BASE + _ALLOWED + 'c.Authenticator.allow_existing_users = False\n', meanwhile=_STRIPPED),
]
