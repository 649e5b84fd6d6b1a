"""How a site is set up: options of the hub that change what everybody meets, each in a world of its own."""

from __future__ import annotations

from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS

from .pages import IN_A_PAGE, JSON_WANTED, NAVIGATES, login
from .steps import DELETE, GET, PATCH, POST, PUT, TOUCH, Case, Step
from .worlds import World

BASE = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE


def head(path: str, **options: str) -> Step:
    return Step("HEAD", path, **options)


def options(path: str, **more: str) -> Step:
    return Step("OPTIONS", path, **more)


METHODS = [
    Case("head-and-options", [
        *(step(path, who=who) for path in ("/hub/", "/hub/home", "/hub/token", "/hub/login", "/hub/spawn", "/hub/admin", "/hub/health", "/hub/metrics", "/hub/none", "/none", "/user/ho1/", "/hub/api/", "/hub/api/user", "/hub/api/users", "/hub/api/info", "/hub/api/none", "/hub/robots.txt", "/hub/api")
          for step in (head, options) for who in ("browser:ho1", "nobody", "user:ho1")),
    ]),
    Case("paths", [
        *(GET(path, who=who) for path in ("/hub/api", "/hub/api/", "/hub/api//", "/hub//api/user", "/hub/api/user/", "/hub/api/users//x", "/hub/api/%75ser", "/hub/home/", "/hub/token/", "/hub/spawn/", "/hub/spawn/pa1/",
                                              "/hub/api/users/a%2Fb", "/hub/api/users/pa1%20", "/hub/api/users/%00")
          for who in ("browser:pa1", "nobody", "admin")),
    ]),
    Case("accept", [
        *(GET(path, who=who, headers={"Accept": accept}) for path in ("/hub/none", "/hub/api/none", "/hub/api/users/none-such", "/hub/admin") for who in ("browser:ac1", "nobody")
          for accept in ("application/json", "text/html", "*/*", "application/json;q=0.5, text/html", "application/jupyterhub-pagination+json", "text/plain", "")),
    ]),
    Case("bearer-pages", [
        *(GET(path, who="user:bp1", headers=headers) for path in ("/hub/", "/hub/home", "/hub/token", "/hub/admin", "/hub/login", "/hub/spawn/none", "/hub/none", "/hub/logout") for headers in ({}, NAVIGATES, IN_A_PAGE, JSON_WANTED)),
        *(GET(path, who="stranger") for path in ("/hub/", "/hub/home", "/hub/login", "/hub/none")), *(GET(path, who="admin") for path in ("/hub/", "/hub/home", "/hub/admin", "/hub/token", "/hub/spawn")),
    ]),
    Case("unchanged", [
        GET("users/un1", who="user:un1", keep={"tag": "header:Etag"}), GET("users/un1", who="user:un1", headers={"If-None-Match": "{tag}"}), GET("users/un1", who="user:un1", headers={"If-None-Match": 'W/{tag}'}), GET("users/un1", who="user:un1", headers={"If-None-Match": "*"}),
        GET("users/un1", who="user:un1", headers={"If-None-Match": '"x"'}), GET("users/un1", who="user:un1", headers={"If-None-Match": '"x", {tag}'}), head("users/un1", who="user:un1"),
        GET("", who="nobody", keep={"top": "header:Etag"}), GET("", who="nobody", headers={"If-None-Match": "{top}"}), POST("users/un2", headers={"If-None-Match": "*"}), PATCH("users/un2", json={"admin": False}, headers={"If-None-Match": "*"}),
        GET("/hub/login", who="guest:un3", keep={"page": "header:Etag"}), GET("/hub/login", who="guest:un3", headers={"If-None-Match": "*"}), GET("/hub/none", who="nobody", headers={"If-None-Match": "*"}), GET("/hub/api/none", who="nobody", headers={"If-None-Match": "*"}),
        GET("/hub/logo", who="nobody", headers={"If-None-Match": "*"}), GET("/hub/robots.txt", who="nobody", headers={"If-None-Match": "*"}), GET("/hub/health", who="nobody", headers={"If-None-Match": "*"}),
    ]),
]  # fmt: skip

_ENVELOPE = {"Accept": "application/jupyterhub-pagination+json"}
DETAILS = [
    Case("pages-of-lists", [
        POST("users", json={"usernames": ["dl1", "dl2", "dl3"]}), *(GET(f"users?{query}", headers=_ENVELOPE) for query in ("limit=1&limit=2", "a=1&limit=1&b=&offset=0&a=2&offset=1", "limit=1_0", "limit=1__0", "limit=_1",
        "limit=1_", "limit=%EF%BC%91", "limit=%D9%A1_%2B1", "limit=%2B1", "limit=%C2%B2", "offset=-1&limit=0001", "limit=-%2B1", "limit=0x1", "limit=1.0", "limit=", "limit=99999999999999999999")),
    ]),
    Case("cookie-of-somebody", [
        GET("/hub/home", who="browser:dc1", keep={"cookie": "cookie:jupyterhub-hub-login"}), GET("authorizations/cookie/jupyterhub-hub-login/{cookie}", who="user:dc2"), GET("authorizations/cookie/jupyterhub-hub-login/{cookie}", who="user:dc1"),
        GET("authorizations/cookie/jupyterhub-hub-login/x", who="user:dc1"), GET("/hub/home", who="guest:dc3", headers={"Cookie": "jupyterhub-hub-login="}), GET("/hub/home", who="guest:dc3", headers={"Cookie": 'jupyterhub-hub-login=""'}),
        GET("/hub/home", who="guest:dc3", headers={"Cookie": "jupyterhub-hub-login=x"}),
    ]),
    Case("no-token-named", [
        POST("users/dt1"), *(step("users/dt1/tokens/") for step in (GET, DELETE, POST, options)), GET("users/dt1/tokens/", who="user:dt1"), DELETE("users/dt1/tokens/", who="user:dt2"), GET("users/dt3/tokens/"),
    ]),
    Case("progress-of-nothing", [
        POST("users/dp1"), GET("users/dp1/server/progress"), DELETE("users/dp1/server"), GET("users/dp1/server/progress"), GET("users/dp1/servers//progress"), options("users/dp1/server/progress"), options("users/dp1/servers/x/progress"),
        POST("users/dp1/server/progress"), GET("users/dp1/servers/x/progress"), options("users/dp1/server"),
    ]),
    Case("minus-zero", [POST("groups/dm1"), PUT("groups/dm1/properties", data='{"a": -0, "b": [-0, -0.0], "c": 18446744073709551615}'), GET("groups/dm1")]),
]  # fmt: skip
_TOO_OLD = [Case("cookies-are-too-old", [GET("/hub/home", who="guest:to1"), login("to1"), GET("/hub/home", who="guest:to1"), GET("user", who="user:to1")])]

_WALK = [
    GET("/hub/", who="nobody"), GET("/", who="nobody"), GET("/hub/login", who="guest:wa1"), login("wa1"), GET("/hub/", who="guest:wa1"), GET("/hub/home", who="guest:wa1"), GET("/hub/spawn", who="guest:wa1"), GET("/hub/token", who="guest:wa1"), GET("/", who="guest:wa1"),
    GET("/user/wa1/", who="guest:wa1"), GET("/hub/user/wa1/", who="guest:wa1"), GET("/user/other/", who="guest:wa1"), GET("/hub/user-redirect/lab?x=1", who="guest:wa1"), GET("/hub/admin", who="browser:admin"), GET("/hub/metrics", who="nobody"),
    POST("users/wa1/server"), GET("users/wa1"), GET("/hub/home", who="guest:wa1"), GET("/hub/", who="guest:wa1"), GET("/hub/spawn", who="guest:wa1"), GET("/hub/login", who="guest:wa1"), GET("proxy"), GET("/hub/logout", who="guest:wa1"), GET("/hub/home", who="guest:wa1"),
]  # fmt: skip
_SEEN = {"last_activity": "when the proxy saw something"}

_OPEN = """
c.JupyterHub.redirect_to_server = False
c.JupyterHub.default_url = "/services/somewhere/"
c.JupyterHub.template_vars = {"announcement": "Hello <b>all</b>", "announcement_login": "Log in <i>here</i>"}
c.JupyterHub.authenticate_prometheus = False
c.JupyterHub.implicit_spawn_seconds = 3
c.JupyterHub.cookie_max_age_days = 2
c.JupyterHub.admin_access = True
c.JupyterHub.shutdown_on_logout = True
"""
_TORNADO = """
c.JupyterHub.tornado_settings = {
    "csp_report_uri": "https://reports.example.org/csp", "user_redirect_limit": 2, "no_cache_static": True, "slow_spawn_timeout": 5,
    "headers": {"X-Site": "one", "Access-Control-Allow-Origin": "*"}, "cookie_options": {"SameSite": "Strict"}, "nonsense": 1,
    "redirect_to_server": False, "cookie_max_age_days": 1, "allow_named_servers": True, "named_server_limit_per_user": 1, "admin_access": True,
    "api_page_default_limit": 2, "api_page_max_limit": 3, "token_expires_in_max_seconds": 100, "authenticate_prometheus": False,
    "implicit_spawn_seconds": 2, "default_url": "/hub/token", "template_vars": {"announcement": "from tornado"},
}
"""
_PEOPLE = """
c.Authenticator.allow_all = False
c.Authenticator.allowed_users = {"in", "both"}
c.Authenticator.blocked_users = {"out", "both"}
"""
_NONE_AT_ONCE = """
import asyncio
async def wait_for_leave(spawner):
    while not os.path.exists(os.path.join(here, "may-start")):
        await asyncio.sleep(0.05)
c.Spawner.pre_spawn_hook = wait_for_leave
c.JupyterHub.concurrent_spawn_limit = 1
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0, "spawn_throttle_retry_range": (7, 7)}
"""
_HOME = {r"link /hub/home home page|says You can try restarting.*": "words of our own"}
_NULL = """
c.JupyterHub.authenticator_class = "null"
"""
_OWN_LOGIN = """
from jupyterhub.auth import DummyAuthenticator

class Own(DummyAuthenticator):
    def login_url(self, base_url):
        return base_url + OWN_PAGE

c.JupyterHub.authenticator_class = Own
c.Own.password = "a shared secret"
c.Authenticator.auto_login_oauth2_authorize = True
"""
_AUTHORIZE = "/hub/api/oauth2/authorize?client_id=jupyterhub-user-ow1&redirect_uri=%2Fuser%2Fow1%2Foauth_callback&response_type=code"
OWN_LOGIN = [
    Case("own-login", [
        *(step for headers in ({}, NAVIGATES, JSON_WANTED) for step in (GET(_AUTHORIZE, who="nobody", headers=headers), head(_AUTHORIZE, who="nobody", headers=headers))),
        POST(_AUTHORIZE, who="nobody"), GET("/hub/home", who="nobody"), GET("/hub/login", who="nobody"), GET("/user/ow1/", who="nobody"),
    ]),
]  # fmt: skip
_LIMITS = """
c.JupyterHub.active_server_limit = 1
c.JupyterHub.allow_named_servers = True
"""

TORNADO = [
    Case("tornado", [
        *_WALK, GET("", who="nobody"), GET("/hub/static/favicon.ico?v=1", who="nobody"), GET("/hub/user/to1/?redirects=1", who="browser:to1"), GET("/hub/user/to1/?redirects=2", who="browser:to1"), POST("users/to1/server"), GET("/hub/user/to1/?redirects=2", who="browser:to1"),
        POST("users/to1/servers/a"), POST("users/to1/servers/b"), GET("users", headers={"Accept": "application/jupyterhub-pagination+json"}), POST("users/to1/tokens", json={}), POST("users/to1/tokens", json={"expires_in": 1000}),
    ], ignore=_SEEN),
]  # fmt: skip

_TRUSTING = """
c.Authenticator.auto_login = True
c.JupyterHub.trust_user_provided_tokens = True
c.JupyterHub.service_tokens = {"a-token-of-a-service": "of-config"}
c.JupyterHub.api_tokens = {"a-token-of-a-user": "of-config-user"}
c.JupyterHub.load_groups = {"with": {"users": ["tr1"], "properties": {"a": [1, {"b": None}]}}}
c.JupyterHub.load_roles = [{"name": "many", "scopes": ["list:users", "read:groups", "list:groups"], "groups": ["with"], "users": ["tr2"]}]
"""

TRUSTING = [
    Case("auto-login", [
        *(GET(path, who="guest:al1", headers=headers) for path in ("/hub/", "/hub/home", "/hub/login", "/hub/login?next=%2Fhub%2Ftoken", "/hub/logout", "/hub/none", "/user/al1/", "/hub/spawn/al1") for headers in ({}, NAVIGATES)),
        login("al1"), GET("/hub/login", who="guest:al1"), GET("/hub/home", who="guest:al1"), GET("/hub/logout", who="guest:al1"),
    ]),
    Case("what-is-loaded", [
        GET("groups"), GET("groups/with"), GET("users?name_filter=tr1", who="user:tr1"), GET("users?name_filter=tr1", who="user:tr2"), GET("user", who="user:tr1"), GET("user", who="token:a-token-of-a-user"), GET("user", who="token:a-token-of-a-service"),
        POST("groups/late", json={"users": ["tr2"], "properties": {"x": 1}}), GET("groups", who="user:tr2"), PUT("groups/with/properties", json={"z": 1}), GET("groups/with"),
    ], words=True),
]  # fmt: skip

WORLDS = [
    World("trusting", BASE + _TRUSTING, TRUSTING),
    World("methods", BASE, METHODS),
    World("details", BASE + "c.JupyterHub.allow_named_servers = True\n", DETAILS),
    World("old-cookies", BASE + "c.JupyterHub.cookie_max_age_days = -1\n", _TOO_OLD),
    World("null", BASE + _NULL, [Case("nobody-logs-in", [
        *(GET(path, who="guest:nu1", headers=headers) for path in ("/hub/login", "/hub/login?next=%2Fhub%2Ftoken", "/hub/", "/hub/home", "/hub/logout") for headers in ({}, NAVIGATES)), login("nu1"), GET("users"), POST("users/nu2"), GET("users/nu2"),
    ])]),
    World("own-login", BASE + 'OWN_PAGE = "dummy"\n' + _OWN_LOGIN, OWN_LOGIN),
    World("own-login-with-query", BASE + 'OWN_PAGE = "dummy?via=this"\n' + _OWN_LOGIN, OWN_LOGIN),
    World("named-by-default", BASE + "c.JupyterHub.allow_named_servers = True\nc.JupyterHub.default_server_name = 'std'\n", [Case("user-redirect", [
        GET("/hub/user-redirect/", who="browser:nd1"), GET("/hub/user-redirect/?a=b", who="browser:nd1"), GET("/hub/user-redirect/lab", who="browser:nd1"), GET("/hub/user-redirect/lab/", who="browser:nd1"), GET("/user-redirect/", who="browser:nd1"),
    ])]),
    World("below", BASE, [Case("walk", _WALK, ignore=_SEEN)], base_url="/below/it/"),
    World("open", BASE + _OPEN, [Case("walk", _WALK, ignore=_SEEN)]),
    World("host-prefix", BASE + "c.JupyterHub.cookie_host_prefix_enabled = True\n", [Case("walk", [GET("/hub/login", who="guest:hp1"), login("hp1"), GET("/hub/home", who="guest:hp1"), GET("/hub/logout", who="guest:hp1")])]),
    World("tornado", BASE + _TORNADO, TORNADO),
    World("people", BASE + _PEOPLE, [Case("who-gets-in", [
        *(step for name in ("in", "out", "both", "neither", "admin", "added") for step in (GET("/hub/login", who=f"guest:{name}"), login(name))), POST("users/added"), GET("/hub/login", who="guest:added"), login("added"), POST("users/out"), login("out"), DELETE("users/in"), login("in"), GET("users"), GET("/hub/home", who="guest:in"),
        POST("users/neither"), DELETE("users/neither"), login("neither"),
    ])]),
    World("limits", BASE + _LIMITS, missing=_HOME, cases=[Case("active", [
        POST("users/li1"), POST("users/li2"), POST("users/li1/server"), POST("users/li2/server"), POST("users/li1/servers/x"), GET("/hub/spawn", who="browser:li2"), GET("/hub/spawn/li2", who="browser:li2"), GET("users/li2"), DELETE("users/li1/server"), POST("users/li2/server"),
    ])]),
    World("none-at-once", BASE + _NONE_AT_ONCE, missing=_HOME, cases=[Case("throttled", [
        POST("users/na1"), POST("users/na2"), POST("users/na1/server"), POST("users/na2/server"), GET("/hub/spawn", who="browser:na2"), TOUCH("may-start"), GET("users/na1", until_text='"ready": true'), POST("users/na2/server"),
    ])]),
]  # fmt: skip
