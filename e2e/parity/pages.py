"""Pages: where they lead, what they answer and set, and the parts that matter."""

from __future__ import annotations

from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS
from harness.ports import free_port

from .steps import DELETE, GET, PATCH, POST, PUT, Case, Step
from .worlds import World

BASE = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
NAVIGATES = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}
IN_A_PAGE = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}
JSON_WANTED = {"Accept": "application/json"}


def login(name: str, password: str = "a shared secret", query: str = "", **more: str) -> Step:
    fields = {"username": name, "password": password, "_xsrf": "{_xsrf}", **more}
    return POST(f"/hub/login{query}", who=f"guest:{name.strip() or 'blank'}", data=fields)


NEXT = (
    "%2Fhub%2Ftoken", "%2Fuser%2Fother", "%2Fabsolute", "%2Fhas%3Fquery%23andhash", "%2Fhas%3Frepo%3Dhttps%3A%2F%2Fhost.git", "relative%2Fpath",
    "https%3A%2F%2Fother.domain", "ftp%3A%2F%2Fother.domain", "%2F%2Fother.domain", "%2F%2F%2Fother.domain%2Ftriple", "%5C%5Cother.domain%2Fb",
    "http%3A%2F%2F127.0.0.1%2Fx", "%2F%2F127.0.0.1%2Fx", "", "%20%2Fhub%2Ftoken%20", "javascript%3Aalert(1)", "%2F%5Cother.domain",
    "%2Fhub%2F%C3%BC", "%2Fa%20b", "http%3A%2F%2F127.0.0.1", "%2F", "%2F%09%2Fother.domain",
)  # fmt: skip

LOGIN = [
    Case("login-page", [
        GET("/hub/login", who="guest:one"), GET("/hub/login", who="guest:one"), GET("/hub/login?username=pre", who="guest:one"),
        GET("/hub/login?username=%3Cb%3E%22", who="guest:one"), GET("/hub/login?next=%2Fhub%2Ftoken&other=1", who="guest:one"),
        GET("/hub/login", who="guest:two", headers=IN_A_PAGE), GET("/hub/login", who="guest:two", headers=NAVIGATES),
        GET("/hub/login?next=%2Fa%26b%3Dc", who="guest:one"), GET("/hub/login/", who="guest:one"), Step("HEAD", "/hub/login", who="guest:one"),
    ]),
    Case("login-and-out", [
        GET("/hub/login", who="guest:lo1"), login("lo1"), GET("/hub/home", who="guest:lo1"), GET("/hub/login", who="guest:lo1"),
        GET("/hub/logout", who="guest:lo1"), GET("/hub/logout", who="guest:lo1"), GET("/hub/home", who="guest:lo1"),
    ]),
    Case("login-refused", [
        GET("/hub/login", who="guest:lr1"), login("lr1", "wrong"), login("lr1", "wrong", "?next=%2Fhub%2Ftoken"), login("lr1", ""),
        POST("/hub/login", who="guest:lr1", data={"username": "x" * 60, "password": "wrong", "_xsrf": "{_xsrf}"}),
        POST("/hub/login", who="guest:lr1", data={"username": "<b>&\"'", "password": "wrong", "_xsrf": "{_xsrf}"}),
        POST("/hub/login", who="guest:lr1", data={"username": "lr1", "password": "wrong"}),
        POST("/hub/login", who="guest:lr1", data={"username": "lr1", "password": "wrong", "_xsrf": "wrong"}),
        POST("/hub/login", who="guest:lr1", data={"username": "lr1", "password": "wrong", "_xsrf": "wrong"}, headers=IN_A_PAGE),
        POST("/hub/login", who="guest:lr1", data={"username": "lr1", "password": "wrong", "_xsrf": "{_xsrf}"}, headers=IN_A_PAGE),
        POST("/hub/login?_xsrf={_xsrf}", who="guest:lr1", data={"username": "lr1", "password": "wrong"}),
        POST("/hub/login", who="guest:lr-none", data={"username": "lr1", "password": "a shared secret", "_xsrf": "wrong"}),
        POST("/hub/login", who="guest:lr-none", data={"username": "lr1", "password": "a shared secret"}),
    ]),
    Case("login-names", [
        GET("/hub/login", who="guest:ln1"), login("ln1", query="?next=%2Fhub%2Ftoken&a=b"),
        GET("/hub/login", who="guest:LN2"), login("LN2"), GET("user", who="guest:LN2"),
        GET("/hub/login", who="guest:ln3"), POST("/hub/login", who="guest:ln3", data={"username": "  ln3  ", "password": "a shared secret", "_xsrf": "{_xsrf}"}),
        GET("user", who="guest:ln3"),
        GET("/hub/login", who="guest:a/b"), login("a/b"),
        GET("/hub/login", who="guest:blank"), login(""), login("  "),
        GET("/hub/login", who="guest:ln4"), login("ln4", query="?a=b"), GET("/hub/login?a=b&c=d", who="guest:ln4"),
        GET("/hub/login", who="guest:ln5"), login("ln5", next="/hub/home"), login("ln5", query="?next=%2Fhub%2Ftoken", next="/hub/home"),
    ]),
    Case("login-next", [GET(f"/hub/login?next={target}", who="browser:next1") for target in NEXT]),
    Case("login-next-posted", [
        step for number, target in enumerate(NEXT) for step in (
            GET(f"/hub/login?next={target}", who=f"guest:np{number}"), login(f"np{number}", query=f"?next={target}"),
        )
    ]),
    Case("login-parameters", [
        GET("/hub/login?keep=yes", who="browser:next2"), GET("/?next=%2Fx&a=5", who="browser:next2"), GET("/hub/?a=5", who="browser:next2"),
        GET("/hub/?next=%2Fx%3Fb%3D10&a=5", who="browser:next2"), GET("/hub/?a=5&a=6&empty=", who="browser:next2"),
        GET("/?xyz=5", who="nobody"), GET("/hub/?xyz=5", who="nobody"), GET("/hub/login?next=%2Fhub%2F%3Fxyz%3D5", who="browser:next2"),
        GET("/hub/login?keep=%20a%2Bb%26&u=%C3%BC", who="browser:next2"), GET("/hub/login?_xsrf=x&keep=1", who="browser:next2"),
    ]),
    Case("login-while-server-runs", [
        POST("users/next3/server", who="user:next3"), GET("/hub/login", who="browser:next3"), GET("/hub/login?keep=yes", who="browser:next3"),
        GET("/hub/", who="browser:next3"), GET("/", who="browser:next3"), GET("/hub/home", who="browser:next3"), GET("/hub/spawn", who="browser:next3"),
        GET("/hub/spawn?next=%2Fhub%2Ftoken", who="browser:next3"), GET("/hub/spawn/next3?a=b", who="browser:next3"),
        GET("/hub/spawn-pending/next3", who="browser:next3"), GET("/hub/spawn-pending/next3?next=%2Fhub%2Ftoken", who="browser:next3"),
        GET("/hub/user/next3/lab?a=b", who="browser:next3"), GET("/hub/user/next3/lab?a=b&a=c&redirects=no", who="browser:next3"),
        GET("/hub/user-redirect/lab/tree/x?a=b&c=%20d", who="browser:next3"), POST("/hub/spawn?_xsrf={_xsrf}", who="browser:next3", data={}),
        GET("/hub/user/next3", who="browser:next3"), GET("/user/next3", who="browser:next3"), GET("/hub/user/next3/api/x", who="browser:next3"),
        POST("/hub/user/next3/api/x", who="browser:next3"), GET("/hub/token", who="browser:next3"),
    ]),
    Case("token-is-no-login", [
        GET("/hub/home", who="user:tl1"), GET("/hub/login", who="user:tl1"), GET("/hub/token", who="user:tl1"), GET("/hub/admin"),
        GET("/hub/", who="user:tl1"), GET("/hub/spawn", who="user:tl1"), GET("/hub/user/tl1/", who="user:tl1"), GET("/hub/user/tl1/lab"),
        GET("/hub/user/tl1/lab", headers=JSON_WANTED), GET("/hub/logout", who="user:tl1"), GET("/hub/no-such-page", who="user:tl1"),
    ]),
    Case("cookies", [
        GET("/hub/login", who="guest:ck1"), login("ck1"), GET("/hub/token", who="guest:ck1"),
        GET("/hub/token", who="guest:ck1", headers={"Cookie": "jupyterhub-hub-login=rubbish"}),
        GET("/hub/login", who="guest:ck1", headers={"Cookie": "jupyterhub-hub-login=\"2|1:0|10:1|20:x|4:YQ==|aa\"; jupyterhub-session-id=abc"}),
        GET("user", who="guest:ck2", headers={"Cookie": "jupyterhub-hub-login=rubbish"}),
        GET("/hub/login", who="guest:ck2", headers={"Cookie": "_xsrf=rubbish"}),
        GET("/hub/login", who="guest:ck2", headers={"Cookie": "jupyterhub-session-id=abc"}),
        GET("/hub/logout", who="guest:ck2", headers={"Cookie": "jupyterhub-session-id=abc"}),
    ]),
    Case("logout", [
        GET("/hub/home", who="browser:out1"), GET("/hub/logout?next=%2Fx", who="browser:out1"), GET("user", who="browser:out1"),
        GET("/hub/logout/", who="browser:out2"), POST("/hub/logout", who="browser:out2", data={"_xsrf": "{_xsrf}"}),
    ]),
]

#: Pages of one who is logged in.
OF_A_USER = [
    Case("home", [
        GET("/hub/home", who="browser:home1"), POST("users/home1/server", who="user:home1"), GET("/hub/home", who="browser:home1"),
        DELETE("users/home1/server", who="user:home1"), GET("/hub/home", who="browser:home1"), GET("/hub/home/", who="browser:home1"),
        GET("/hub/home?x=y", who="browser:home1", headers=IN_A_PAGE), GET("/hub/home", who="browser:admin"),
        POST("/hub/home", who="browser:home1", data={"_xsrf": "{_xsrf}"}), POST("/hub/home", who="browser:home1"),
    ]),
    Case("home-named", [
        POST("users/home2/servers/one", who="user:home2"), GET("/hub/home", who="browser:home2"), POST("users/home2/servers/two", who="user:home2"),
        DELETE("users/home2/servers/one", who="user:home2"), GET("/hub/home", who="browser:home2"),
        POST("users/home2/servers/shown", who="user:home2", json={"display_name": "Shown & <b>"}), GET("/hub/home", who="browser:home2"),
        POST("users/home2/servers/four", who="user:home2"), GET("/hub/spawn/home2/four", who="browser:home2"),
    ]),
    Case("admin-page", [
        GET("/hub/admin", who="browser:admin"), GET("/hub/admin?sort=name", who="browser:admin"), GET("/hub/admin", who="browser:ap1"),
        GET("/hub/admin", who="nobody"), GET("/hub/admin/", who="browser:admin"), GET("/hub/admin", who="browser:ap1", headers=IN_A_PAGE),
    ]),
    Case("token-page", [
        GET("/hub/token", who="browser:tp1"),
        POST("users/tp1/tokens", who="browser:tp1", json={"note": "my-note <b>", "expires_in": 100, "scopes": ["read:users!user=tp1", "self"]}),
        POST("users/tp1/tokens", who="browser:tp1", json={}), GET("/hub/token", who="browser:tp1"),
        POST("users/tp1/server", who="browser:tp1"), GET("/hub/token", who="browser:tp1"), GET("/hub/token/", who="browser:tp1"),
        GET("/hub/token", who="nobody"), GET("/hub/token?x=%C3%BC", who="nobody"),
    ]),
    Case("spawn", [
        GET("/hub/spawn", who="browser:sp1"), GET("/hub/spawn-pending/sp1", who="browser:sp1", until=302), GET("/hub/spawn", who="browser:sp1"),
        DELETE("users/sp1/server", who="user:sp1"), GET("/hub/spawn-pending/sp1", who="browser:sp1"), GET("/hub/spawn-pending/sp1/", who="browser:sp1"),
        GET("/hub/spawn-pending/sp1/none", who="browser:sp1"), GET("/hub/spawn-pending/other", who="browser:sp1"),
        GET("/hub/spawn-pending", who="browser:sp1"), GET("/hub/spawn/", who="browser:sp1"), GET("/hub/spawn/sp1/", who="browser:sp1"),
        GET("/hub/spawn/sp1?next=%2Fuser%2Fsp1%2Ftree%2Ffoo", who="browser:sp1"), DELETE("users/sp1/server", who="user:sp1"),
        GET("/hub/spawn/SP1", who="browser:sp1"), GET("/hub/spawn/none", who="browser:admin"), GET("/hub/spawn-pending/none", who="browser:admin"),
        GET("/hub/spawn/sp1/one?next=relative", who="browser:sp1"), DELETE("users/sp1/servers/one", who="user:sp1"),
        GET("/hub/spawn/sp1/one?display_name=Eins", who="browser:sp1"),
        GET("users/sp1", who="user:sp1"), DELETE("users/sp1/servers/one", who="user:sp1"),
        GET("/hub/spawn?opt-a=1&opt-a=2&opt-b=x&c=d", who="browser:sp1"), GET("users/sp1", who="user:sp1"), DELETE("users/sp1/server", who="user:sp1"),
        GET("/hub/spawn?a=1&a=2&b=x&next=%2Fhub%2Ftoken", who="browser:sp1"), GET("users/sp1", who="user:sp1"), DELETE("users/sp1/server", who="user:sp1"),
        GET("/hub/spawn?opt-=1", who="browser:sp1"), GET("/hub/spawn", who="nobody"), GET("/hub/spawn?a=b", who="nobody"),
    ]),
    Case("spawn-posted", [
        POST("/hub/spawn?_xsrf={_xsrf}", who="browser:sq1", data={"a": "b", "c": ["d", "e"]}), GET("users/sq1", who="user:sq1"),
        POST("/hub/spawn?_xsrf={_xsrf}", who="browser:sq1", data={"a": "b"}), DELETE("users/sq1/server", who="user:sq1"),
        POST("/hub/spawn", who="browser:sq1", data={"a": "b"}),
        POST("/hub/spawn/sq1?_xsrf={_xsrf}&next=%2Fhub%2Ftoken&x=y", who="browser:sq1", data={}), GET("users/sq1", who="user:sq1"),
        POST("/hub/spawn/other?_xsrf={_xsrf}", who="browser:sq1", data={}), POST("/hub/spawn/none?_xsrf={_xsrf}", who="browser:admin", data={}),
        POST("/hub/spawn/sq1/one?_xsrf={_xsrf}", who="browser:sq1", data={}),
        POST("/hub/spawn", who="nobody", data={}),
    ]),
    Case("spawn-of-others", [
        POST("users/so1"), GET("/hub/spawn/so1", who="browser:so2"), GET("/hub/spawn/so1", who="browser:admin"), GET("users/so1"),
        GET("/hub/spawn-pending/so1", who="browser:admin"), GET("/hub/spawn-pending/so1", who="browser:so2"),
        DELETE("users/so1/server"), GET("/hub/spawn-pending/so1", who="browser:admin"), GET("/hub/user/so1/", who="browser:so2"),
        GET("/hub/user/so1/", who="browser:admin"), GET("/user/so1/lab", who="browser:admin"), GET("/hub/user/so1/lab", who="nobody"),
    ]),
    Case("not-running", [
        GET("/hub/user/nr1/", who="browser:nr1"), GET("/hub/user/nr1", who="browser:nr1"), GET("/user/nr1", who="browser:nr1"),
        GET("/user/nr1/", who="browser:nr1"), GET("/user/nr1/lab/tree/a%20b?x=%20y", who="browser:nr1"), GET("/hub/user/nr1/lab/tree/a%20b?x=%20y", who="browser:nr1"),
        GET("/hub/user/nr1/lab", who="browser:nr1", headers=JSON_WANTED), GET("/hub/user/nr1/api", who="browser:nr1"),
        GET("/hub/user/nr1/api/status", who="browser:nr1"), GET("/hub/user/nr1/x/api/status", who="browser:nr1"), GET("/hub/user/nr1/apis", who="browser:nr1"),
        GET("/hub/user/nr1/lab", who="browser:nr1", headers={"Accept": "application/json, text/html;q=0.9"}),
        GET("/hub/user/nr1/lab", who="browser:nr1", headers={"Accept": "text/html, application/json"}),
        GET("/hub/user/nr1/lab", who="browser:nr1", headers={"Accept": "*/*"}), GET("/hub/user/nr1/lab", who="browser:nr1", headers={"Accept": "application/*"}),
        GET("/hub/user/nr1/lab", who="browser:nr1", headers={"Accept": "image/png, application/json;q=0.1"}),
        POST("/hub/user/nr1/api/x", who="browser:nr1"), DELETE("/hub/user/nr1/api/x", who="browser:nr1"), PATCH("/hub/user/nr1/api/x", who="browser:nr1"),
        PUT("/hub/user/nr1/api/x", who="browser:nr1"), Step("OPTIONS", "/hub/user/nr1/api/x", who="browser:nr1"),
        POST("/hub/user/nr1/api/x", who="user:nr1"), GET("/hub/user/nr1/api/x", who="user:nr1"), GET("/hub/user/nr1/lab", who="user:nr1"),
        POST("/hub/user/other/api/x", who="user:nr1"), GET("/hub/user/NR1/lab", who="browser:nr1"), GET("/hub/user/none/lab", who="browser:nr1"),
        GET("/hub/user/none/lab", who="browser:admin"), GET("/hub/user/", who="browser:nr1"), GET("/hub/user", who="browser:nr1"),
        POST("users/nr1/servers/one", who="user:nr1"), DELETE("users/nr1/servers/one", who="user:nr1"),
        GET("/hub/user/nr1/one/", who="browser:nr1"), GET("/hub/user/nr1/one", who="browser:nr1"), GET("/hub/user/nr1/one/api/x", who="browser:nr1"),
        POST("/hub/user/nr1/one/api/x", who="browser:nr1"), POST("/hub/user/nr1/one/api/x", who="browser:admin"), GET("/hub/user/nr1/one/lab?a=b", who="browser:nr1"),
        GET("/hub/user/nr1/two/lab", who="browser:nr1"), GET("/user/nr1/one", who="browser:nr1"), GET("/user/nr1/one/x", who="browser:nr1"),
    ]),
    Case("user-redirect", [
        GET("/hub/user-redirect/tree/top/", who="nobody"), GET("/hub/user-redirect", who="browser:ur1"), GET("/hub/user-redirect/", who="browser:ur1"),
        GET("/hub/user-redirect/lab/tree/x.ipynb?a=b&c=d%20e", who="browser:ur1"), GET("/user-redirect/lab", who="browser:ur1"),
        GET("/user-redirect", who="browser:ur1"), GET("/hub/user-redirect/a%2Fb/%C3%BC?%C3%BC=%C3%BC", who="browser:ur1"),
        GET("/hub/user-redirect/lab?a=", who="browser:ur1"), GET("/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgithub.com%2Fa%2Fb&urlpath=lab%2Ftree%2Fb", who="browser:ur1"),
        GET("/user-redirect/lab?a=b", who="nobody"), POST("/hub/user-redirect/lab", who="browser:ur1"),
        GET("/hub/user-redirect//lab", who="browser:ur1"), GET("/hub/user-redirect/lab/", who="browser:ur1"),
    ]),
    Case("error-pages", [
        *(GET(f"/hub/error/{number}{query}", who="browser:er1") for number in ("404", "500", "502", "503", "504", "200", "999", "12", "x", "", "0404")
          for query in ("",)),
        GET("/hub/error/503?url=%2Fuser%2Fx", who="nobody"), GET("/hub/error/503/", who="nobody"),
        GET("/hub/no-such-page", who="browser:er1"), GET("/hub/no-such-page", who="nobody"), GET("/hub/no-such-page", who="nobody", headers=JSON_WANTED),
        GET("/hub/no/such/page/", who="nobody"), GET("/hub/api/none", who="browser:er1"), GET("/hub/api/", who="browser:er1"), GET("/hub/api/users/", who="browser:er1"),
        GET("/hub//home", who="browser:er1"), GET("//127.0.0.1//hub/home", who="nobody"), GET("/hub/home;x", who="browser:er1"), GET("/Hub/home", who="nobody"),
        PUT("/hub/home", who="browser:er1"), DELETE("/hub/token", who="browser:er1"),
    ]),
    Case("accept-share", [
        GET("/hub/accept-share", who="browser:as1"), GET("/hub/accept-share?code=none", who="browser:as1"), GET("/hub/accept-share?code=none", who="nobody"),
        POST("/hub/accept-share", who="browser:as1", data={"code": "none", "_xsrf": "{_xsrf}"}), POST("/hub/accept-share", who="browser:as1", data={"_xsrf": "{_xsrf}"}),
        POST("users/as2/server", who="user:as2"), POST("share-codes/as2/", who="admin", json={}, keep={"code": "code"}),
        GET("/hub/accept-share?code={code}", who="browser:as2"), GET("/hub/accept-share?code={code}", who="browser:as1"),
        GET("/hub/accept-share?code={code}&next=%2Fuser%2Fas2%2Flab", who="browser:as1"), GET("/hub/accept-share?code={code}&next=https%3A%2F%2Fx", who="browser:as1"),
        POST("/hub/accept-share?code={code}", who="browser:as1", data={"code": "{code}", "_xsrf": "{_xsrf}"}),
        POST("/hub/accept-share", who="browser:as2", data={"code": "{code}", "_xsrf": "{_xsrf}"}),
        POST("/hub/accept-share?next=%2Fhub%2Ftoken", who="browser:as1", data={"code": "{code}", "_xsrf": "{_xsrf}"}),
        DELETE("users/as2/server", who="user:as2"), GET("/hub/accept-share?code={code}", who="browser:as1"),
    ]),
]

FILES = [
    Case("files", [
        GET("/hub/robots.txt", who="nobody"), GET("/favicon.ico", who="nobody"),
        GET("/hub/static/favicon.ico", who="nobody"), GET("/hub/static/favicon.ico?v=1", who="nobody"), GET("/hub/logo", who="nobody"), Step("HEAD", "/hub/logo", who="nobody"),
        GET("/hub/static/css/style.min.css", who="nobody"), GET("/hub/static", who="nobody"), GET("/hub/static/none.js", who="nobody"),
        GET("/hub/static/css", who="nobody"), GET("/hub/static/css/", who="nobody"), GET("/hub/static/../x", who="nobody"), GET("/hub/static/..%2f..%2fx", who="nobody"),
        GET("/hub/static/favicon.ico", who="nobody", headers={"Range": "bytes=0-9"}), GET("/hub/static/favicon.ico", who="nobody", headers={"Range": "bytes=-5"}),
        GET("/hub/static/favicon.ico", who="nobody", headers={"Range": "bytes=10-"}), GET("/hub/static/favicon.ico", who="nobody", headers={"Range": "bytes=99999999-"}),
        GET("/hub/static/favicon.ico", who="nobody", headers={"Range": "nonsense"}), GET("/hub/static/favicon.ico", who="nobody", headers={"Range": "bytes=5-2"}),
        GET("/hub/static/favicon.ico", who="nobody", headers={"If-Modified-Since": "Fri, 31 Dec 2100 00:00:00 GMT"}),
        GET("/hub/static/favicon.ico", who="nobody", headers={"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}),
        GET("/hub/static/favicon.ico", who="nobody", headers={"If-Modified-Since": "rubbish"}),
        GET("/hub/logo", who="nobody", headers={"If-Modified-Since": "Fri, 31 Dec 2100 00:00:00 GMT"}), GET("/hub/logo", who="nobody", headers={"Range": "bytes=0-9"}),
GET("/hub/logo/", who="nobody"), GET("/hub/logo?v=1", who="browser:fi1"),
        Step("HEAD", "/hub/static/favicon.ico", who="nobody"), Step("HEAD", "/favicon.ico", who="nobody"), GET("/hub/static/favicon.ico", who="browser:fi1"),
    ]),
    Case("open-pages", [
        GET("/hub/health", who="nobody"), Step("HEAD", "/hub/health", who="nobody"), GET("/hub/api/health", who="nobody"), GET("/hub/health/", who="nobody"), POST("/hub/health", who="nobody"),
        GET("/hub/metrics", who="nobody"), GET("/hub/metrics", who="browser:op1"), GET("/hub/metrics", who="user:op1"), GET("/hub/metrics", who="browser:admin"),
        POST("/hub/security/csp-report?_xsrf={_xsrf}", who="browser:op1", data="{}"), GET("/hub/security/csp-report", who="browser:op1"),
        GET("/hub", who="browser:op1"), GET("/hub?a=b", who="nobody"), GET("/", who="nobody"), GET("/?a=b", who="nobody"), GET("/x?a=b", who="nobody"),
        GET("/x/", who="nobody"), GET("/services/none", who="nobody"), GET("/services/none/", who="nobody"), GET("/services/none/x?a=b", who="nobody"),
        GET("/services", who="nobody"), GET("/user", who="nobody"), GET("/user/", who="nobody"), GET("/hub/services/none/", who="nobody"),
    ]),
]

WORLDS = [
    World("pages", BASE + "c.JupyterHub.allow_named_servers = True\nc.JupyterHub.named_server_limit_per_user = 3\n", LOGIN + OF_A_USER + FILES),
]
