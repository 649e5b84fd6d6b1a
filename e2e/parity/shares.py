"""Shares, share codes, the page that accepts one, and the deprecated `admin-access`."""

from __future__ import annotations

from .steps import DELETE, GET, PATCH, POST, PUT, Case, Step

PAGINATED = {"Accept": "application/jupyterhub-pagination+json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def users(*names: str) -> list[Step]:
    return [POST(f"users/{name}") for name in names]


def scoped(name: str, boss: str, *scopes: str) -> Step:
    """A token of the administrator `boss` with these scopes only, remembered as `name`."""
    return POST(f"users/{boss}/tokens", who=f"user:{boss}", json={"scopes": list(scopes)}, keep={name: "token"})


def boss(name: str) -> list[Step]:
    return [POST(f"users/{name}", json={"admin": True}), PATCH(f"users/{name}", json={"admin": True})]


def by(token: str) -> dict:
    """The caller who has a token remembered earlier."""
    return {"who": "nobody", "headers": {"Authorization": "token {" + token + "}"}}


SHARES = [
    Case("shares", [
        *users("x1", "x2"),
        POST("shares/x1/", json={"user": "x2"}), GET("shares/x1/"), GET("users/x2/shared"), GET("shares/x1"),
        POST("share-codes/x1/"), GET("share-codes/x1/"), DELETE("shares/x1/"), GET("shares/x1/"), GET("users/x2/shared"),
    ]),
    Case("shares-missing", [
        *users("xm1", "xm2"),
        POST("shares/xm1/", json={"user": "no-such-user"}), POST("shares/xm1/", json={"group": "no-such-group"}),
        POST("shares/xm1/no-such-server", json={"user": "xm2"}), POST("shares/no-such-user/", json={"user": "xm2"}),
        GET("shares/no-such-user"), GET("shares/no-such-user/"), GET("shares/no-such-user/lab"), GET("shares/xm1/no-such-server"),
        PATCH("shares/no-such-user/", json={"user": "xm2"}), DELETE("shares/no-such-user/"), DELETE("shares/xm1/no-such"),
        PATCH("shares/xm1/", json={"user": "no-such-user"}), PATCH("shares/xm1/", json={"group": "no-such-group"}),
        PATCH("shares/xm1/", json={"user": "xm2"}), DELETE("shares/xm1/"),
        GET("share-codes/no-such-user"), GET("share-codes/no-such-user/"), GET("share-codes/xm1/no-such-server"),
        POST("share-codes/no-such-user/"), POST("share-codes/xm1/no-such"), DELETE("share-codes/xm1/no-such"), DELETE("share-codes/xm1/"),
        GET("users/no-such-user/shared"), GET("groups/no-such-group/shared"), GET("users/xm2/shared"),
        GET("users/no-such-user/shared/xm1/"), GET("groups/no-such-group/shared/xm1/"), GET("users/xm2/shared/xm1/"),
        GET("users/xm2/shared/no-such/"), DELETE("users/xm2/shared/xm1/lab"), DELETE("users/no-such/shared/xm1/"),
    ]),
    Case("shares-bodies", [
        *users("xb1", "xb2"), POST("groups/xb-group"),
        *(POST("shares/xb1/", json=body) for body in (
            {}, {"user": "xb2", "group": "xb-group"}, {"user": "xb2", "group": ""}, {"user": "", "group": "xb-group"},
            {"user": 1}, {"user": "xb2", "scopes": "access:servers"}, {"user": "xb2", "scopes": [1]}, {"user": "xb2", "scopes": []},
            {"user": "xb2", "scopes": None}, {"user": "xb2", "expires_in": 60}, {"user": "xb2", "scopes": ["read:servers!server=other/"]},
            {"user": "xb2", "scopes": ["read:servers!user=xb1"]}, {"user": "xb2", "scopes": ["read:servers", "access:servers!server=xb1/"]},
            {"user": "xb2", "scopes": ["self"]},
        )),
        POST("shares/xb1/", data="{"), POST("shares/xb1/"), PATCH("shares/xb1/"), PATCH("shares/xb1/", json={"user": "xb2", "group": "xb-group"}),
        PATCH("shares/xb1/", json={"user": "xb2", "scopes": ["read:servers"]}), PATCH("shares/xb1/", json={"user": "xb2", "x": 1}),
        *(POST("share-codes/xb1/", json=body) for body in (
            {"expires_in": "notanumber"}, {"expires_in": -1}, {"expires_in": 59}, {"expires_in": 60}, {"expires_in": "60"}, {"expires_in": " 1_000 "},
            {"expires_in": 60.0}, {"expires_in": 60.5}, {"expires_in": "6e1"}, {"expires_in": True}, {"expires_in": None}, {"expires_in": 31536000},
            {"expires_in": 31536001}, {"user": "xb2"}, {"scopes": []}, {"scopes": ["read:servers!server=other/"]},
            {"scopes": ["read:servers", "access:servers"]}, {"scopes": {"a": 1}},
        )),
        POST("share-codes/xb1/", data="{"), POST("share-codes/xb1/", data="null"), POST("share-codes/xb1/", data="[]"),
    ]),
    Case("shares-need-a-server", [
        *users("xn1"),
        *(step(f"{kind}/xn1") for kind in ("shares", "share-codes") for step in (POST, PATCH, DELETE, PUT)),
        *(step(f"{kind}/no-such-user") for kind in ("shares", "share-codes") for step in (POST, DELETE)),
        POST("shares/xn1", who="user:xn2"), POST("shares/xn1", who="nobody"), PATCH("share-codes/xn1/"), PUT("shares/xn1/"), GET("shares/"), GET("shares"),
        POST("users/xn1/shared"), POST("users/xn1/shared/xn1/"), Step("OPTIONS", "shares/xn1/", who="nobody"),
    ]),
    Case("shares-scopes", [
        *users("xs1", "xs2", "xs3"), *boss("xs-boss"), POST("groups/xs-group"), PATCH("users/xs1", json={"admin": True}),
        scoped("shares", "xs-boss", "shares"), scoped("reader", "xs-boss", "read:shares"), scoped("other", "xs-boss", "shares!user=xs3"),
        scoped("user", "xs-boss", "shares!user=xs1", "read:users:name!user=xs2"),
        scoped("server", "xs-boss", "shares!server=xs1/", "servers!server=xs1/", "read:users:name!user=xs2"),
        scoped("no-servers", "xs-boss", "shares", "access:servers", "read:users:name", "read:groups:name"),
        scoped("another-server", "xs-boss", "shares!server=xs1/other"),
        scoped("of-users", "xs-boss", "users:shares", "read:groups:shares"),
        *(POST("shares/xs1/", json={"user": "xs2"}, **by(token)) for token in (
            "shares", "reader", "other", "user", "server", "no-servers", "another-server", "of-users",
        )),
        POST("shares/xs1/", json={"group": "xs-group"}, **by("no-servers")), POST("shares/xs1/", json={"group": "xs-group"}, **by("user")),
        POST("shares/xs1/", json={"user": "no-such"}, **by("user")), POST("shares/xs1/", json={"group": "no-such"}, **by("user")),
        POST("shares/xs1/", json={"user": "xs2", "scopes": ["admin:servers"]}, **by("no-servers")),
        POST("shares/xs1/", json={"user": "xs2", "scopes": ["read:servers!server=xs1/", "access:servers!server=xs1/"]}, **by("server")),
        POST("shares/xs1/no-such", json={"user": "xs2"}, **by("user")),
        *(GET(path, **by(token)) for path in ("shares/xs1/", "shares/xs1", "share-codes/xs1/", "share-codes/xs1") for token in (
            "shares", "reader", "other", "user", "server", "another-server", "of-users",
        )),
        *(POST("share-codes/xs1/", json={}, **by(token)) for token in ("shares", "reader", "other", "user", "server", "of-users")),
        POST("share-codes/xs1/", json={"scopes": ["admin:servers"]}, **by("no-servers")),
        POST("share-codes/xs1/no-such", json={"scopes": ["admin:servers"]}, **by("no-servers")), POST("share-codes/xs1/no-such", **by("no-servers")),
        *(PATCH("shares/xs1/", json={"user": "xs2", "scopes": ["read:servers!server=xs1/"]}, **by(token)) for token in (
            "reader", "other", "of-users", "another-server", "server",
        )),
        *(DELETE("shares/xs1/", **by(token)) for token in ("reader", "other", "of-users", "another-server", "server")), GET("shares/xs1/"),
        *(DELETE("share-codes/xs1/", **by(token)) for token in ("reader", "other", "of-users", "another-server", "server")), GET("share-codes/xs1/"),
    ]),
    Case("shares-own", [
        *users("xo1", "xo2"),
        GET("shares/xo1", who="user:xo1"), GET("shares/xo1/", who="user:xo1"), POST("shares/xo1/", who="user:xo1", json={"user": "xo2"}),
        GET("shares/xo1/", who="user:xo2"), GET("users/xo1/shared", who="user:xo1"), GET("users/xo1/shared", who="user:xo2"),
        POST("shares/xo1/", json={"user": "xo2"}), GET("users/xo2/shared", who="user:xo2"), GET("users/xo2/shared/xo1/", who="user:xo2"),
        GET("users/xo2/shared/xo1/", who="user:xo1"), DELETE("users/xo2/shared/xo1/", who="user:xo1"), DELETE("users/xo2/shared/xo1/", who="user:xo2"),
        DELETE("users/xo2/shared/xo1/", who="user:xo2"), GET("shares/xo1/", who="user:xo1"), GET("shares/xo1/", who="nobody"),
        GET("shares/xo1/", who="stranger"), GET("shares/xo1/", who="reader"), GET("groups/first/shared", who="user:xo1"), GET("groups/first/shared"),
    ]),
    Case("shares-update", [
        *users("xu1", "xu2"),
        POST("shares/xu1/", json={"user": "xu2"}), POST("shares/xu1/", json={"user": "xu2", "scopes": ["read:servers"]}),
        POST("shares/xu1/", json={"user": "xu2"}), PATCH("shares/xu1/", json={"user": "xu2", "scopes": ["admin:servers!server=xu1/"]}),
        PATCH("shares/xu1/", json={"user": "xu2", "scopes": ["access:servers"]}),
        PATCH("shares/xu1/", json={"user": "xu2", "scopes": ["access:servers!server=xu1/"]}), GET("users/xu2/shared/xu1/"),
        PATCH("shares/xu1/", json={"user": "xu2", "scopes": ["read:servers!server=xu1/"]}), GET("users/xu2/shared/xu1/"),
        POST("shares/xu1/", json={"user": "xu2"}), PATCH("shares/xu1/", json={"user": "xu2", "scopes": []}), GET("shares/xu1/"),
        POST("shares/xu1/", json={"user": "xu1"}), GET("users/xu1/shared"), GET("user", who="user:xu1"),
    ]),
    Case("shares-of-receivers", [
        *users("xr1", "xr2", "xr3", "xr4"), *boss("xr-boss"), POST("groups/xr-a", json={"users": ["xr3"]}), POST("groups/xr-b", json={"users": ["xr3", "xr4"]}),
        POST("groups/xr-a/users", json={"users": ["xr3"]}), POST("groups/xr-b/users", json={"users": ["xr3", "xr4"]}),
        POST("shares/xr1/", json={"group": "xr-a"}), POST("shares/xr2/", json={"group": "xr-a"}), POST("shares/xr2/", json={"group": "xr-b"}),
        POST("shares/xr1/", json={"user": "xr3"}), *(GET(f"users/{name}/shared") for name in ("xr1", "xr3", "xr4")),
        *(GET(f"groups/{name}/shared") for name in ("xr-a", "xr-b")), GET("groups/xr-a/shared/xr1/"), GET("groups/xr-b/shared/xr1/"),
        GET("users/xr4/shared/xr2/"), GET("shares/xr2"), GET("shares/xr2/"),
        scoped("user", "xr-boss", "read:users:shares!user=xr3"), scoped("leave", "xr-boss", "users:shares!user=xr3"),
        scoped("other", "xr-boss", "users:shares!user=xr4"), scoped("users", "xr-boss", "users", "groups"),
        scoped("group", "xr-boss", "read:groups:shares!group=xr-a"), scoped("group-leave", "xr-boss", "groups:shares!group=xr-a"),
        scoped("member", "xr-boss", "users:shares!group=xr-a", "shares!group=xr-a"),
        *(step(path, **by(token)) for path in ("users/xr3/shared/xr1/", "groups/xr-a/shared/xr1/", "users/xr3/shared", "groups/xr-a/shared")
          for token in ("user", "other", "users", "group", "member") for step in (GET, DELETE)),
        DELETE("users/xr3/shared/xr1/", **by("leave")), DELETE("users/xr3/shared/xr1/", **by("leave")),
        GET("groups/xr-a/shared/xr1/", **by("group-leave")), DELETE("groups/xr-a/shared/xr1/", **by("group-leave")),
        DELETE("groups/xr-a/shared/xr1/", **by("group-leave")), GET("users/xr3/shared"), GET("shares/xr3/", **by("member")), GET("shares/xr1/", **by("member")),
    ]),
    Case("shares-give-scopes", [
        *users("xg1", "xg2", "xg3"), POST("groups/xg-group", json={"users": ["xg3"]}), POST("groups/xg-group/users", json={"users": ["xg3"]}),
        *(POST("shares/xg1/", json={**who, "scopes": ["servers", "access:servers"]}) for who in ({"user": "xg2"}, {"group": "xg-group"})),
        *(GET(path, who=f"{how}:{name}") for name in ("xg2", "xg3") for how in ("user", "browser") for path in ("user", "users/xg1/server", "users/xg1")),
        POST("users/xg2/tokens", who="user:xg2", json={"scopes": ["read:servers!server=xg1/"]}, keep={"read": "token"}), GET("users/xg1", **by("read")),
        POST("users/xg3/tokens", who="browser:xg3", json={"scopes": ["access:servers!server=xg1/"]}), POST("users/xg1/server", who="user:xg2"),
        POST("users/xg1/server", who="browser:xg2", json={}), GET("shares/xg1/"), GET("users/xg2/shared"), GET("/hub/user/xg1/", who="browser:xg2"),
        DELETE("users/xg1/server", who="browser:xg3"), GET("/hub/user/xg1/", who="browser:xg3"), GET("/hub/spawn/xg1", who="browser:xg2"),
        DELETE("shares/xg1/"), GET("user", who="user:xg2"), GET("user", who="browser:xg2"), GET("/hub/user/xg1/", who="browser:xg2"),
        POST("users/xg1/server", who="browser:xg2", json={}),
    ]),
    Case("shares-follow-names", [
        *users("xf1", "xf2"),
        POST("shares/xf1/", json={"user": "xf2"}), POST("share-codes/xf1/", keep={"code": "code"}), GET("user", who="user:xf2"),
        PATCH("users/xf1", json={"name": "xf1-renamed"}), GET("shares/xf1-renamed/"), GET("share-codes/xf1-renamed"), GET("user", who="user:xf2"),
        POST("users/xf1"), GET("users/xf2/shared"), GET("shares/xf1/"), GET("user", who="browser:xf2"),
        GET("/hub/accept-share?code={code}", who="browser:xf2"), DELETE("users/xf1-renamed"), GET("users/xf2/shared"), GET("user", who="user:xf2"),
        GET("/hub/accept-share?code={code}", who="browser:xf2"),
    ], ignore={"url": "JupyterHub shows the old name until it is started again"}),
    Case("shares-named-server", [
        *users("xe1", "xe2"), POST("users/xe1/servers/lab", who="user:xe1"), POST("shares/xe1/lab", json={"user": "xe2"}), GET("shares/xe1/lab"), GET("shares/xe1/"),
        GET("shares/xe1"), GET("users/xe2/shared/xe1/lab"), GET("users/xe2/shared/xe1/"), POST("share-codes/xe1/lab"), GET("share-codes/xe1/lab"),
        GET("share-codes/xe1"), DELETE("users/xe1/servers/lab", json={"remove": True}), GET("shares/xe1"), GET("share-codes/xe1"), GET("users/xe2/shared"),
    ]),
    Case("shares-pages", [
        *users("xp1", "xp2", "xp3", "xp4"), *(POST("shares/xp1/", json={"user": name}) for name in ("xp2", "xp3", "xp4")),
        GET("shares/xp1/?limit=2"), GET("shares/xp1/?limit=2&offset=2", headers=PAGINATED), GET("shares/xp1?offset=1&limit=1&x=y"), GET("shares/xp1/?limit=none"),
        GET("users/xp2/shared?limit=0"), *(POST("share-codes/xp1/") for _ in range(3)), GET("share-codes/xp1/?limit=2"), GET("share-codes/xp1", headers=PAGINATED),
    ]),
    Case("share-codes-delete", [
        *users("xd1", "xd2"),
        *(POST("share-codes/xd1/", keep={f"id{n}": "id", f"code{n}": "code"}) for n in range(4)), POST("share-codes/xd2/", keep={"other": "code", "other-id": "id"}),
        DELETE("share-codes/xd1/?id=invalid"), DELETE("share-codes/xd1/?id=sc_99999"), DELETE("share-codes/xd1/?code=nomatch"), DELETE("share-codes/xd1/?id=sc_"),
        DELETE("share-codes/xd1/?code={other}"), DELETE("share-codes/xd1/?id={other-id}"), GET("share-codes/xd1/"),
        DELETE("share-codes/xd1/?id={id0}"), DELETE("share-codes/xd1/?code={code1}"), DELETE("share-codes/xd1/?code={code1}"), GET("share-codes/xd1/"),
        DELETE("share-codes/xd1/?code=&id="), GET("share-codes/xd1/"), GET("share-codes/xd2"),
    ]),
    Case("accept-share", [
        *users("xa1"), POST("share-codes/xa1/", json={"scopes": ["access:servers", "read:servers"]}, keep={"code": "code"}),
        GET("/hub/accept-share", who="nobody"), GET("/hub/accept-share?code={code}", who="nobody"), POST("/hub/accept-share?code={code}", who="nobody"),
        GET("/hub/accept-share", who="browser:xa2"), GET("/hub/accept-share?code=nosuchcode", who="browser:xa2"), GET("/hub/accept-share?code=", who="browser:xa2"),
        GET("/hub/accept-share?code={code}", who="browser:xa2"), GET("/hub/accept-share?code={code}", who="browser:xa1"),
        POST("/hub/accept-share", who="browser:xa2", data={"code": "{code}"}), POST("/hub/accept-share", who="browser:xa2", data={"_xsrf": "{_xsrf}"}),
        POST("/hub/accept-share", who="browser:xa2", data={"_xsrf": "{_xsrf}", "code": "nosuchcode"}),
        POST("/hub/accept-share", who="browser:xa1", data={"_xsrf": "{_xsrf}", "code": "{code}"}), GET("share-codes/xa1/"), GET("users/xa2/shared"),
        POST("/hub/accept-share", who="browser:xa2", data={"_xsrf": "{_xsrf}", "code": "{code}"}), GET("share-codes/xa1/"), GET("users/xa2/shared"),
        GET("/hub/accept-share?code={code}", who="browser:xa2"), POST("/hub/accept-share?code={code}", who="browser:xa2", data={"_xsrf": "{_xsrf}"}),
        GET("share-codes/xa1/"), GET("user", who="user:xa2"), Step("HEAD", "/hub/accept-share?code={code}", who="browser:xa2"),
    ], ignore={"last_activity": "when activity is written differs"}),
    Case("accept-share-next", [
        *users("xt1"), POST("share-codes/xt1/", keep={"code": "code"}),
        *(step for place in ("https://example.com/", "/hub", "/user/xt1/lab/tree/notebook.ipynb?param=5", "//elsewhere.example", "/\\elsewhere.example", "lab", "")
          for step in (
              GET(f"/hub/accept-share?code={{code}}&next={place.replace('?', '%3F')}", who="browser:xt2"),
              POST(f"/hub/accept-share?code={{code}}&next={place.replace('?', '%3F')}", who="browser:xt2", data={"_xsrf": "{_xsrf}"}),
              POST("/hub/accept-share?code={code}&next=/hub/home", who="browser:xt2", data={"_xsrf": "{_xsrf}", "next": place}),
          )),
        POST("users/xt1/server", who="user:xt1"), POST("/hub/accept-share?code={code}", who="browser:xt2", data={"_xsrf": "{_xsrf}"}),
    ]),
    Case("admin-access", [
        POST("users/xc1/admin-access"), POST("users/no-such/admin-access"), POST("users/xc1/admin-access", who="user:xc1"),
        POST("users/xc1/admin-access", who="user:xc2"), POST("users/xc1/admin-access", who="nobody"), GET("users/xc1/admin-access"),
    ]),
]
