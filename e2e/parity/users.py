"""Users: made, listed, changed and deleted, by administrators and by those who only may make users.

Not compared, because JupyterHub breaks (500, or a user without a name): `auth_state` where that is off, a new name that is the
present one, a user deleted whose named server runs, names in the lists `groups` and `roles`. A renamed user's running servers
keep their old address there until they are started by a new hub.
"""

from __future__ import annotations

from .steps import DELETE, GET, PATCH, POST, SQL, Case, Step

PAGINATED = {"Accept": "application/jupyterhub-pagination+json"}

#: The service `maker` has `admin:users` and is no administrator.
CONFIG = """
c.JupyterHub.allow_named_servers = True
for kind, scopes in {
    "maker": ["admin:users", "read:users"], "remover": ["delete:users", "read:users"], "lister": ["list:users"],
    "names": ["list:users", "read:users:name"], "times": ["list:users", "read:users:activity"], "servers": ["list:users", "read:servers"],
    "group-a": ["list:users!group=group-a", "read:users!group=group-a"], "one": ["list:users!user=g-one", "read:users!user=g-one"],
    "one-or-group": ["list:users!user=g-one", "list:users!group=group-a", "read:users"], "by-server": ["list:users!server=g-one/x", "read:users"],
    "secrets": ["list:users", "admin:auth_state"], "states": ["list:users", "read:servers", "admin:server_state"],
    "memberships": ["list:users", "read:users:groups"], "roles": ["list:users", "read:roles:users"],
}.items():
    c.JupyterHub.services.append({"name": kind, "api_token": "the-token-of-" + kind})
    c.JupyterHub.load_roles.append({"name": "role-of-" + kind, "scopes": scopes, "services": [kind]})
c.JupyterHub.load_groups = {"group-a": {"users": ["g-two", "g-three"]}, "group-b": {"users": ["g-three", "g-one"], "properties": {"p": 1}}}
"""

KINDS = ("maker", "remover", "lister", "names", "times", "servers", "group-a", "one", "one-or-group", "by-server", "secrets", "states", "memberships", "roles")

CREATE = [
    Case("create-with-everything", [
        POST("users/ca1", json={"name": "other", "admin": False, "groups": ["group-a"], "roles": ["admin"], "auth_state": {"a": 1}}),
        GET("users/ca1"), GET("users/other"), POST("users/ca2", json=[]), POST("users/ca3", json=""), POST("users/ca4", data="null"),
        POST("users/ca5", json={"admin": True, "name": "x"}), GET("users/ca5"), GET("users/ca5", who="user:ca5"),
    ], words=True),
    Case("create-messages", [
        POST("users/cb1"), POST("users/cb1"), POST("users/CB1"), POST("users/cb2", json={"usernames": ["x"]}), POST("users/cb2", json={"admin": 1}),
        POST("users/cb2", json=["a", 1, None, True, 1.5, {"b": "it's"}]), POST("users/cb2", json="text"), POST("users/cb2", json=7),
        POST("users/cb2", json={"a": None, "b": [True, False, {"c": 'say "x"'}], "d": "tab\tend"}), POST("users/cb2", data="notjson"),
        POST("users/cb2", json={"groups": {}}), POST("users/cb2", json={"roles": None}), POST("users/cb2", json={"auth_state": "x"}),
        POST("users/cb2", json={"name": 1.5}), POST("users/cb2", json={"name": ["x"]}), GET("users/cb2"),
        DELETE("users/cb1"), DELETE("users/cb1"), PATCH("users/cb1", json={"admin": True}), GET("users/cb1"), POST("users/cb1/tokens"),
    ], words=True),
    Case("create-many-messages", [
        POST("users"), POST("users", json={}), POST("users", json=[]), POST("users", data="notjson"), POST("users", json={"usernames": []}),
        POST("users", json={"usernames": None}), POST("users", json={"usernames": ["cc1", "in/valid"]}), POST("users", json={"usernames": ["in/valid", "Also/Not"]}),
        POST("users", json={"usernames": ["Cc2", "cc3"]}), POST("users", json={"usernames": ["cc2", "CC3"]}), POST("users", json={"usernames": ["cc3", "cc2", "cc4"]}),
        POST("users", json={"usernames": ["cc5"], "admin": True}), POST("users", json={"usernames": ["cc6"], "admin": None}),
        POST("users", json={"usernames": ["cc6"], "other": 1}), POST("users", json={"usernames": ["cc6"], "name": "x", "groups": ["group-a"]}),
        GET("users?name_filter=cc"), POST("users", json={"usernames": ["cc7", "cc7"]}), POST("users", json={"usernames": ["cc8", "CC8", "cc1"]}),
    ], words=True),
    Case("made-by-others", [
        POST("users/cd1", who="maker"), POST("users/cd2", who="maker", json={"admin": True}), POST("users/cd3", who="maker", json={"admin": False}),
        POST("users", who="maker", json={"usernames": ["cd4", "cd5"]}), POST("users", who="maker", json={"usernames": ["cd6"], "admin": True}),
        POST("users/cd-boss", json={"admin": True}), PATCH("users/cd1", who="maker", json={"admin": True}), PATCH("users/cd1", who="maker", json={"admin": False}),
        PATCH("users/cd1", who="maker", json={"name": "CD1-New"}), PATCH("users/cd-boss", who="maker", json={"name": "cd-boss-2"}),
        PATCH("users/cd-boss", who="maker", json={"admin": False}),
        PATCH("users/cd-boss", who="maker", json={}), GET("users/cd2"), GET("users/cd6"), DELETE("users/cd1-new", who="maker"),
        DELETE("users/cd1-new", who="remover"), POST("users/cd7", who="remover"), PATCH("users/cd3", who="remover", json={"admin": False}),
        POST("users/cd8", who="user:admin", json={"admin": True}), PATCH("users/cd8", who="user:admin", json={"admin": False}), GET("users/cd8"),
    ], words=True),
    Case("made-from-pages", [
        POST("users/ce1", who="browser:admin"), POST("users/ce1", who="browser:admin", json={}), POST("users", who="browser:admin", json={"usernames": ["ce2"]}),
        POST("users/ce3", who="browser:admin", json={"admin": True}), DELETE("users/ce3", who="browser:admin"), DELETE("users/admin", who="browser:admin"),
        DELETE("users/admin", who="user:admin"), POST("users/ce4", who="browser:ce5", json={}), GET("users/ce1", who="browser:ce5"), GET("users", who="browser:ce5"),
    ], words=True),
]  # fmt: skip

CHANGE = [
    Case("rename", [
        POST("users/ra1"), POST("users/ra2"), POST("users/ra1/tokens", json={"note": "kept"}, keep={"secret": "token"}), PATCH("users/ra1", json={"name": "RA-New"}), GET("users/ra1"),
        GET("users/ra-new"), GET("user", who="nobody", headers={"Authorization": "token {secret}"}), PATCH("users/ra-new", json={"name": "in/valid"}),
        PATCH("users/ra-new", json={"name": "ra2"}), PATCH("users/ra-new", json={"name": "RA2"}),
        PATCH("users/ra-new", json={"name": "RA-NEW"}), PATCH("users/ra-new", json={"name": ""}), PATCH("users/ra-new", json={"name": "ra3", "admin": True}), GET("users/ra3"),
        PATCH("users/ra3", json={"admin": False}), GET("users/ra3"), PATCH("users/ra3", json={"name": None}), PATCH("users/ra3", json={"name": "a\nb"}),
        PATCH("users/ra3", json={"name": "x" * 300}), PATCH("users/ra3", json={"name": "white space"}), GET("users/white%20space"),
    ], words=True),
    Case("patch-refused", [
        POST("users/pr1"), PATCH("users/pr1"), PATCH("users/pr1", json=[]), PATCH("users/pr1", json="x"), PATCH("users/pr1", data="{"), PATCH("users/pr1", json={"x": 1}),
        PATCH("users/pr1", json={"admin": "yes"}), PATCH("users/pr1", json={"auth_state": None}), PATCH("users/pr1", json={"auth_state": []}),
        PATCH("users/pr1", json={"groups": []}), PATCH("users/pr1", json={"roles": []}), PATCH("users/pr1", json={"groups": None}), PATCH("users/pr1", json={}), GET("users/pr1"),
        PATCH("users/pr1", json={"admin": True}, who="user:pr1"), PATCH("users/pr1", json={"auth_state": {"a": 1}}, who="user:pr1"), PATCH("users/pr1", json={}, who="user:pr2"),
        PATCH("users/no-such", json={}, who="user:pr2"), PATCH("users/pr1", json={}, who="nobody"), PATCH("users/pr1", json={}, who="lister"),
    ], words=True),
    Case("rename-of-a-running-user", [
        POST("users/rr1"), POST("users/rr1/server", json={"a": 1}), POST("users/rr1/servers/lab"), PATCH("users/rr1", json={"name": "rr2"}), GET("users/rr1"), GET("users/rr2"),
        GET("users/rr2/server"), GET("users/rr2?include_stopped_servers"), DELETE("users/rr2/servers/lab"), DELETE("users/rr2/server"), GET("users/rr2?include_stopped_servers"),
        POST("users/rr2/server"), GET("users/rr2"), DELETE("users/rr2"), GET("users/rr2"),
    ], words=True, ignore={"url": "JupyterHub shows the old name until it is started again", "server": "the same"}),
    Case("auth-state-off", [
        POST("users/as1"), GET("users/as1"), GET("users?name_filter=as1"), GET("users/as1", who="user:as1"),
    ], words=True),
]  # fmt: skip

DELETED = [
    Case("delete-with-servers", [
        POST("users/dw1"), POST("users/dw1/server"), POST("users/dw1/servers/a"), POST("users/dw1/servers/b"), DELETE("users/dw1/servers/b"), DELETE("users/dw1/servers/a"), DELETE("users/dw1"), GET("users/dw1"),
        GET("users/dw1/server"), POST("users/dw1"), GET("users/dw1?include_stopped_servers"), GET("/user/dw1/x", who="nobody"),
    ], words=True),
    Case("delete-messages", [
        DELETE("users/none-such"), DELETE("users/none-such", who="maker"), DELETE("users/none-such", who="user:dm1"), DELETE("users/dm1", who="user:dm1"), DELETE("users/dm1", who="nobody"),
        DELETE("users/dm1", who="remover"), DELETE("users/dm1", json={"x": 1}), POST("users/dm2"), DELETE("users/dm2", data="{"), GET("users/dm2"),
    ], words=True),
    Case("delete-gives-back-the-name", [
        POST("users/dg1"), POST("groups/dg-group", json={"users": ["dg1"]}), POST("users/dg1/tokens", json={"note": "x"}, keep={"secret": "token"}), DELETE("users/dg1"),
        GET("user", who="nobody", headers={"Authorization": "token {secret}"}), GET("groups/dg-group"), POST("users/dg1", json={"admin": True}), GET("users/dg1"),
        GET("users/dg1/tokens"), DELETE("groups/dg-group"),
    ], words=True),
]  # fmt: skip

LISTS = [
    *(Case(f"list-as-{kind}", [
        GET("users?name_filter=g-", who=kind), GET("users?name_filter=g-&include_stopped_servers", who=kind), GET("users?name_filter=g-&limit=1", who=kind, headers=PAGINATED),
        GET("users/g-one", who=kind), GET("users/g-three?include_stopped_servers=1", who=kind), GET("users/g-none", who=kind), GET("users?name_filter=g-&state=ready", who=kind),
    ], words=True) for kind in (*KINDS, "admin", "nobody", "stranger", "user:admin", "user:g-one", "user:g-three")),
    Case("list-by-state", [
        *(POST("users", json={"usernames": [f"ls-{name}" for name in ("one", "two", "stopped", "none")]}) for _ in range(1)),
        POST("users/ls-one/server"), POST("users/ls-one/servers/stopped"), DELETE("users/ls-one/servers/stopped"), POST("users/ls-two/server"), POST("users/ls-two/servers/second"),
        POST("users/ls-stopped/server"), DELETE("users/ls-stopped/server"), Step("PUT", "users/ls-stopped/servers/made"),
        *(GET(f"users?name_filter=ls-&state={state}{more}", headers=headers) for state in ("active", "inactive", "ready", "", "invalid", "Active", "it's")
          for more in ("", "&include_stopped_servers=True", "&include_stopped_servers=False", "&include_stopped_servers=0", "&limit=1&sort=-name")
          for headers in ({}, PAGINATED)),
        DELETE("users/ls-two/servers/second"), *(DELETE(f"users/ls-{name}") for name in ("one", "two", "stopped", "none")),
    ], words=True),
    Case("list-by-name", [
        POST("users", json={"usernames": ["q%", "q_x", "qr", "qrs", "qrst", "Q-upper"]}),
        *(GET(f"users?name_filter={name}") for name in ("q%25", "q_", "qr", "QRS", "qrst", "st", "Q-U", "", "%25", "_", "%5C", "q%20", "%C3%9C")), GET("users?name_filter=qr&name_filter=qrst"),
        GET("users?name_filter=qr&offset=1&limit=1", headers=PAGINATED), GET("users?name_filter=qr%26&a=b%20c&a=d&limit=1", headers=PAGINATED),
        GET("users?name_filter=qr&a=b%20c&a=d&c&limit=1&x=%C3%BC%2F", headers=PAGINATED), GET("users?name_filter=%20qr%20"),
    ], words=True),
    Case("list-in-order", [
        POST("users", json={"usernames": ["xyz-c-1", "xyz-a-2", "xyz-d-3", "xyz-b-4"]}),
        *(SQL(f"UPDATE users SET last_activity = {time} WHERE name = '{name}'") for name, time in (
            ("xyz-c-1", "'2020-01-01 10:00:00.000000'"), ("xyz-a-2", "'2020-01-01 11:00:00.000000'"), ("xyz-d-3", "NULL"), ("xyz-b-4", "'2019-01-01 00:00:00.000000'"),
        )),
        *(GET(f"users?name_filter=xyz&sort={sort}&limit=2{more}", headers=PAGINATED) for sort in ("id", "-id", "name", "-name", "last_activity", "-last_activity")
          for more in ("", "&offset=2", "&offset=4", "&offset=10")),
        *(GET(f"users?sort={sort}") for sort in ("servers", "--id", "ID", "-", "", "name,id", "+name", "created", "it's", "%22x%22")),
    ], words=True, ignore={"last_activity": "JupyterHub keeps rows in memory"}),
    Case("list-pages", [
        GET(f"users?name_filter=g-&{query}", headers=headers) for query in (
            "", "offset=1", "limit=2", "offset=1&limit=1", "offset=3&limit=1", "limit=500", "limit=0", "limit=-2", "offset=-2", "offset=x", "limit=x", "offset=", "limit=1.5", "limit=%201%20",
            "offset=2&include_stopped_servers", "limit=1&include_stopped_servers", "limit=1&include_stopped_servers=&state=",
        ) for headers in ({}, PAGINATED, {"Accept": "application/json, Application/JupyterHub-Pagination+JSON"}, {"Accept": "application/jupyterhub-pagination+json;q=1"})
    ], words=True),
]  # fmt: skip

ROOT = [
    Case("root-and-info", [
        GET("", who="admin"), GET("/hub/api/", who="nobody"), GET("/hub/api//", who="nobody"), GET("/hub/api/info/", who="admin"), GET("info", who="admin"), GET("info", who="maker"),
        GET("info", who="browser:admin"), GET("info", who="nobody"), POST("info", who="admin"), Step("OPTIONS", "info", who="nobody"), Step("OPTIONS", "", who="nobody"),
        Step("OPTIONS", "users", who="admin"), Step("OPTIONS", "none-such", who="admin"), GET("", who="nobody", headers={"Origin": "https://x.example"}), GET("users/", who="admin"),
        GET("users//server"), GET("users/none-such/other"), GET("groups/"), GET("services/"), GET("proxy/"), GET("user/"), PATCH("user"), POST("user"), DELETE("user", who="nobody"),
    ], ignore={"python": "no Python runs the hub", "sys_executable": "another program"}, words=True),
]  # fmt: skip

CASES = CREATE + CHANGE + DELETED + LISTS + ROOT
