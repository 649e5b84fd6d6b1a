"""The list of cases; to compare something more, add lines here. `steps.py` explains the words."""

from __future__ import annotations

from . import services
from .bad_input import BAD_INPUT
from .oauth import OAUTH_REFUSALS
from .shares import SHARES
from .steps import DELETE, GET, PATCH, POST, PUT, Case, Step

PAGINATED = {"Accept": "application/jupyterhub-pagination+json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
IN_A_PAGE = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}
FOREIGN = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}

ROOT = [
    Case("root", [GET("", who="nobody"), GET("/hub/api", who="nobody"), GET("", who="stranger")]),
    Case("root-methods", [POST("", who="nobody"), DELETE("", who="admin"), PUT("users", who="admin")]),
    Case(
        "info",
        [GET("info", who="admin"), GET("info", who="nobody"), GET("info", who="user:info-user")],
        ignore={"python": "no Python runs the hub", "sys_executable": "another program"},
    ),
    Case("unknown-path", [GET("no/such/thing", who=who) for who in ("nobody", "admin")]),
    Case("credentials", [GET("users", who=who) for who in ("nobody", "stranger", "admin", "reader", "user:cred-user")]),
    Case("user-self", [GET("user", who=who) for who in ("nobody", "stranger", "admin", "reader", "user:self", "browser:self-b")]),
]

USERS = [
    Case("user-create", [POST("users/pia"), POST("users/pia"), GET("users/pia"), DELETE("users/pia"), GET("users/pia")]),
    Case("user-create-admin", [POST("users/boss", json={"admin": True}), GET("users/boss"), DELETE("users/boss")]),
    Case("user-create-invalid", [POST("users/white space"), POST("users/a%2Fb"), POST("users/" + "x" * 255)]),
    Case("user-create-normalised", [POST("users/CamelCase"), GET("users/camelcase"), GET("users/CamelCase")]),
    Case("user-create-bad-body", [POST("users/bad", data="{"), POST("users/bad", json=[1]), POST("users/bad", json={"x": 1})]),
    Case("user-create-forbidden", [POST("users/new", who="reader"), POST("users/new", who="nobody"), POST("users/new", who="user:u1")]),
    Case("users-create-many", [
        POST("users", json={"usernames": ["m1", "m2"]}),
        POST("users", json={"usernames": ["m1", "m2"]}),
        POST("users", json={"usernames": ["m2", "m3"], "admin": True}),
        GET("users/m1"), GET("users/m3"),
    ]),
    Case("users-create-many-wrong", [
        POST("users", json={"usernames": []}), POST("users", json={}), POST("users", json={"usernames": ["a/b"]}), POST("users"),
    ]),
    Case("user-patch", [
        POST("users/patched"), PATCH("users/patched", json={"admin": True}), PATCH("users/patched", json={"name": "renamed"}),
        GET("users/patched"), GET("users/renamed"), PATCH("users/nobody-here", json={"admin": True}),
        POST("users/taken"), PATCH("users/renamed", json={"name": "taken"}), PATCH("users/renamed", json={"nonsense": 1}),
    ]),
    Case("user-not-seen", [GET("users/pete", who="user:u2"), GET("users/no-such", who="user:u2"), DELETE("users/u2", who="user:u2")]),
    Case("user-delete", [POST("users/gone"), DELETE("users/gone"), DELETE("users/gone"), DELETE("users/gone", who="reader")]),
    Case("user-delete-self", [DELETE("users/user-del", who="user:user-del")]),
    Case("users-list-scopes", [GET("users?name_filter=zz-none"), GET("users?name_filter=first", who="reader")]),
    Case("users-list-states", [
        GET("users?name_filter=first&state=" + state) for state in ("active", "inactive", "ready", "nonsense")
    ]),
    Case("users-list-sort", [
        GET("users?name_filter=first&sort=" + sort) for sort in ("id", "-id", "name", "-name", "last_activity", "nonsense")
    ]),
    Case("users-pagination", [
        GET("users?name_filter=first&limit=2", headers=PAGINATED), GET("users?name_filter=first&limit=2&offset=2", headers=PAGINATED),
        GET("users?name_filter=first&limit=2"), GET("users?name_filter=first&offset=1"),
        GET("users?limit=none"), GET("users?offset=-1&name_filter=first"), GET("users?limit=0&name_filter=first"),
    ]),
    Case("users-stopped-servers", [
        GET("users?name_filter=first&include_stopped_servers"), GET("users/first-1?include_stopped_servers=1"),
    ]),
    Case("content-types", [
        POST("users/by-form", data="{}", headers=FORM), POST("users", data='{"usernames": ["by-form-2"]}', headers=FORM),
        POST("users/by-text", data="{}", headers={"Content-Type": "text/plain"}),
        POST("users/by-cookie", data="{}", headers=FORM, who="browser:admin"),
    ]),
]

TOKENS = [
    Case("token-create", [
        POST("users/t1/tokens", who="user:t1", json={"note": "mine", "expires_in": 100}, keep={"id": "id"}),
        GET("users/t1/tokens/{id}", who="user:t1"), GET("users/t1/tokens", who="user:t1"),
        DELETE("users/t1/tokens/{id}", who="user:t1"), GET("users/t1/tokens/{id}", who="user:t1"),
        DELETE("users/t1/tokens/{id}", who="user:t1"),
    ]),
    Case("token-create-plain", [POST("users/t2/tokens", who="user:t2"), POST("users/t2/tokens", who="user:t2", data="")]),
    Case("token-scopes", [
        POST("users/t3/tokens", who="user:t3", json={"scopes": ["read:users!user"]}),
        POST("users/t3/tokens", who="user:t3", json={"scopes": ["admin:users"]}),
        POST("users/t3/tokens", who="user:t3", json={"scopes": ["no:such:scope"]}),
        POST("users/t3/tokens", who="user:t3", json={"scopes": "text"}),
        POST("users/t3/tokens", who="user:t3", json={"roles": ["user"]}),
        POST("users/t3/tokens", who="user:t3", json={"roles": ["admin"]}),
        POST("users/t3/tokens", who="user:t3", json={"roles": ["no-such-role"]}),
    ]),
    Case("token-expiry", [
        POST("users/t4/tokens", who="user:t4", json={"expires_in": "soon"}),
        POST("users/t4/tokens", who="user:t4", json={"expires_in": -5}),
        POST("users/t4/tokens", who="user:t4", json={"expires_in": None}),
    ]),
    Case("token-of-others", [
        POST("users/t5"), POST("users/t5/tokens", json={"note": "by an admin"}, keep={"id": "id"}),
        GET("users/t5/tokens/{id}", who="user:t6"), DELETE("users/t5/tokens/{id}", who="user:t6"), GET("users/t5/tokens", who="user:t6"),
        POST("users/t5/tokens", who="user:t6"), DELETE("users/t5/tokens/{id}"), DELETE("users/t5/tokens/a999999"),
        DELETE("users/t5/tokens/nonsense"), GET("users/no-such/tokens"), POST("users/no-such/tokens"),
    ]),
    Case("token-needs-credentials", [POST("users/t7"), POST("users/t7/tokens", who="nobody"), POST("users/t7/tokens", who="stranger")]),
    Case("token-used", [
        POST("users/t8/tokens", who="user:t8", json={"note": "x"}, keep={"secret": "token"}),
        GET("user", who="nobody", headers={"Authorization": "Bearer {secret}"}),
        GET("user", who="nobody", headers={"Authorization": "token {secret}"}),
        GET("user", who="nobody", headers={"Authorization": "Basic {secret}"}),
        GET("user?token={secret}", who="nobody"),
        GET("authorizations/token/{secret}"),
        GET("authorizations/token/{secret}", who="reader"), GET("authorizations/token/nonsense"),
    ]),
]

GROUPS = [
    Case("groups", [
        GET("groups/g1"), POST("groups/g1"), POST("groups/g1"), GET("groups/g1"), POST("users/g-user"),
        POST("groups/g1/users", json={"users": ["g-user"]}), GET("users/g-user"),
        POST("groups/g1/users", json={"users": ["no-such-user"]}), POST("groups/g1/users", json={}),
        DELETE("groups/g1/users", json={"users": ["g-user"]}), GET("groups/g1"),
        PUT("groups/g1/properties", json={"a": 1}), GET("groups/g1"), DELETE("groups/g1"), DELETE("groups/g1"), GET("groups/g1"),
    ]),
    Case("groups-many", [POST("groups", json={"groups": ["g2", "g3"]}), POST("groups", json={"groups": ["g2"]}), GET("groups/g3")]),
    Case("groups-list", [GET("groups?limit=1", headers=PAGINATED), GET("groups", who="reader"), GET("groups", who="user:g-list")]),
]

SERVERS = [
    Case("server-start-and-stop", [
        POST("users/s1/server", who="user:s1", json={"n": 1}), GET("users/s1", who="user:s1"),
        POST("users/s1/server", who="user:s1"), GET("/user/s1/x", who="user:s1"), GET("users/s1/server/progress", who="user:s1"),
        DELETE("users/s1/server", who="user:s1"), GET("users/s1", who="user:s1"), DELETE("users/s1/server", who="user:s1"),
        GET("users/s1/server/progress", who="user:s1"), GET("users/s1?include_stopped_servers", who="user:s1"),
    ]),
    Case("server-named", [
        POST("users/s2/servers/one", who="user:s2"), GET("users/s2", who="user:s2"), POST("users/s2/servers/one", who="user:s2"),
        POST("users/s2/servers/two", who="user:s2"), POST("users/s2/servers/three", who="user:s2"),
        DELETE("users/s2/servers/one", who="user:s2"), DELETE("users/s2/servers/one", who="user:s2", json={"remove": True}),
        DELETE("users/s2/servers/nothing", who="user:s2"), DELETE("users/s2/servers/two", who="user:s2", json={"remove": True}),
        GET("users/s2?include_stopped_servers", who="user:s2"),
    ]),
    Case("server-names", [POST("users/s3/servers/" + name, who="user:s3") for name in ("UPPER", "white%20space", "a.b", "x" * 300)]),
    Case("server-of-others", [
        POST("users/s4"), POST("users/s4/server", who="user:s5"), DELETE("users/s4/server", who="user:s5"),
        POST("users/s4/server", who="reader"), POST("users/s4/server", who="nobody"), POST("users/no-such/server"),
        GET("users/s4/server/progress", who="user:s5"), GET("users/s4/server/progress"),
    ]),
    Case("server-by-admin", [POST("users/s6"), POST("users/s6/server", json={"by": "admin"}), GET("users/s6"), DELETE("users/s6")]),
    Case("activity", [
        POST("users/a1/activity", who="user:a1", json={"last_activity": "2020-01-01T00:00:00.000000Z"}),
        POST("users/a1/activity", who="user:a1", json={"last_activity": "2037-01-01T00:00:00.000000Z"}),
        POST("users/a1/activity", who="user:a1", json={"servers": {"": {"last_activity": "2020-01-01T00:00:00Z"}}}),
        POST("users/a1/activity", who="user:a1", json={"servers": {"none": {"last_activity": "2020-01-01T00:00:00Z"}}}),
        POST("users/a1/activity", who="user:a1", json={}), POST("users/a1/activity", who="user:a1"),
        POST("users/a1/activity", who="user:a1", json={"last_activity": "yesterday"}),
        POST("users/a1/activity", who="user:a2", json={"last_activity": "2020-01-01T00:00:00Z"}),
        POST("users/none-such/activity", json={"last_activity": "2020-01-01T00:00:00Z"}),
    ]),
    Case("proxy", [GET("proxy", who="user:p1"), GET("proxy?limit=1"), POST("proxy"), POST("proxy", who="reader"), PATCH("proxy", data="{")]),
]

SERVICES = [
    Case("services", [GET("services"), GET("services/reader"), GET("services/none"), GET("services", who="reader"), GET("services", who="nobody")]),
]

BROWSER = [
    Case("browser-api", [
        GET("user", who="browser:b1"), GET("user", who="browser:b1", headers=IN_A_PAGE), GET("user", who="browser:b1", headers=FOREIGN),
        POST("users/b1/tokens", who="browser:b1", json={"note": "x"}, headers=IN_A_PAGE),
        POST("users/b1/tokens", who="browser:b1", json={"note": "x"}, headers={"X-XSRFToken": "wrong"}),
        POST("users/b1/tokens", who="browser:b1", json={"note": "x"}, headers=FOREIGN),
    ]),
    Case("pages-anonymous", [GET(f"/{path}", who="nobody") for path in (
        "", "hub", "hub/", "hub/home", "hub/login", "hub/login?next=%2Fhub%2Ftoken", "hub/spawn", "hub/token", "hub/admin", "hub/logout",
        "hub/no-such-page", "no-such-route", "user/someone", "user/someone/lab?a=b", "services/none", "hub/user/x/y", "hub/health",
        "hub/oauth_login", "hub/error/404", "hub/error/503?url=%2Fuser%2Fx%2F", "hub/robots.txt", "favicon.ico",
        "hub/static/favicon.ico", "hub/security/csp-report", "hub/api/oauth2/authorize",
    )]),
    Case("pages-anonymous-later", [GET("/hub/metrics", who="nobody"), GET("/hub/accept-share", who="nobody")]),
    Case("pages-of-a-user", [GET(f"/{path}", who="browser:b2") for path in (
        "", "hub/", "hub/home", "hub/login", "hub/token", "hub/admin", "hub/spawn/b2/no-such", "hub/spawn/other", "hub/user-redirect/lab",
        "hub/user/b2/", "user/b2/", "user/b2/lab", "user/B2/lab", "user/other/lab", "user/b2/api/status", "hub/health", "hub/spawn-pending/b2",
        "hub/no-such-page",
    )]),
    Case("logout", [GET("/hub/logout", who="browser:b3"), GET("/hub/home", who="browser:b3")]),
    Case("other-methods", [
        Step("HEAD", "/hub/login", who="nobody"), Step("OPTIONS", "users", who="nobody"), Step("OPTIONS", "user", who="user:om"),
        GET("", who="nobody", headers={"Origin": "https://elsewhere.example"}),
    ]),
    Case("head", [Step("HEAD", f"/{path}", who="nobody") for path in (
        "", "hub", "hub/", "hub/home", "hub/health", "hub/api", "hub/api/health", "hub/api/users", "hub/api/none", "hub/no-such-page",
        "hub/metrics", "hub/static/favicon.ico", "favicon.ico", "user/x/", "hub/user/x/",
    )]),
    Case("wrong-methods", [
        *(POST(f"/{path}", who="nobody") for path in ("", "nothing", "hub", "hub/nothing", "hub/health", "user/x", "hub/user/x/", "hub/api/none")),
        PUT("/hub/user/x/", who="nobody"), PUT("/hub/user/x/"), POST("/hub/user/x/"), DELETE("/hub/user/x/api/y"),
        Step("OPTIONS", "/hub/login", who="nobody"), Step("OPTIONS", "/nothing", who="nobody"), Step("OPTIONS", "no/such", who="nobody"),
    ]),
]

OAUTH = [
    Case("oauth-wrong", [
        GET("oauth2/authorize?client_id=none&redirect_uri=/x&response_type=code", who="browser:o1"),
        GET("oauth2/authorize", who="browser:o1"),
        POST("oauth2/token", who="nobody", data={"grant_type": "authorization_code", "code": "x", "client_id": "none", "client_secret": "x"}),
        POST("oauth2/token", who="nobody", data={}),
    ]),
]

CASES = ROOT + USERS + TOKENS + GROUPS + SERVERS + SERVICES + BROWSER + OAUTH + OAUTH_REFUSALS + SHARES
CASES += services.SERVICES
CASES += BAD_INPUT
