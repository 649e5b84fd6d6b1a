"""Hosts of their own for users and services (`subdomain_host`), and routes of the hub (`hub_routespec`)."""

from __future__ import annotations

from urllib.parse import quote

from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS

from .pages import IN_A_PAGE, JSON_WANTED, NAVIGATES, login
from .steps import DELETE, GET, POST, Case, Step
from .worlds import World

HUB = "hub.localhost"
BASE = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE
SERVICES = """
c.JupyterHub.allow_named_servers = True
c.JupyterHub.services += [
    {"name": "seen", "url": "http://127.0.0.1:9", "api_token": "the-token-of-seen-service", "oauth_no_confirm": True},
    {"name": "unseen", "api_token": "the-token-of-unseen-service"},
    {"name": "asks", "oauth_redirect_uri": "http://127.0.0.1:9/back", "api_token": "the-token-of-asks-service"},
]
c.JupyterHub.load_roles = [{"name": "user", "scopes": ["self", "access:services"]}]
"""
HOSTS = BASE + SERVICES + "c.JupyterHub.subdomain_host = f'http://hub.localhost:{port}'\n"
_SEEN = {"last_activity": "when the proxy saw something"}
_LINKS = {r"link //\S+/services/seen/ seen": "ours has the port, without which it leads nowhere"}


def at(name: str, path: str, **options: object) -> Step:
    """The same at the host of a user or service."""
    return GET(f"//{name}.{HUB}/{path}", **options)


def next_urls(name: str, *urls: str) -> list[Step]:
    return [GET(f"/hub/login?next={quote(url, safe='')}", who=f"guest:{name}") for url in urls]


#: Names that make host names of different kinds: capitals, dots, what DNS does not take, not ASCII, two dashes, digits, long.
NAMES = ("plain", "with.dot", "a-b", "a--b", "under_score", "at@sign", "two words", "é", "ß", "学生", "123", "x" * 70, "tilde~", "per%25cent", "-dash-")

WALK = [
    GET("/hub/", who="nobody"), GET("/", who="nobody"), GET("/hub/login", who="guest:wa"), login("wa"), GET("/hub/", who="guest:wa"), GET("/hub/home", who="guest:wa"), GET("/", who="guest:wa"), GET("/hub/spawn", who="guest:wa"),
    GET("/user/wa/", who="guest:wa"), GET("/user/wa", who="guest:wa"), GET("/hub/user/wa/", who="guest:wa"), GET("/hub/user/wa/tree/a?b=c", who="guest:wa"), GET("/user/other/", who="guest:wa"), GET("/hub/user-redirect/lab?x=1", who="guest:wa"), GET("/hub/user-redirect/", who="guest:wa"),
    *(at("wa", path, who=who) for path in ("", "user/wa/", "user/wa", "user/wa/tree?a=b", "hub/", "hub/home", "hub/login", "hub/api/", "hub/health", "none", "services/seen/", "user/other/") for who in ("guest:wa", "nobody")),
    GET("users/wa"), POST("users/wa/server"), GET("users/wa"), GET("users/wa", who="user:wa"), GET("users/wa/server/progress"), GET("proxy"), POST("users/wa/servers/second"), GET("users/wa/servers/second/progress"), GET("users/wa"), GET("proxy"),
    GET("/hub/home", who="guest:wa"), GET("/hub/", who="guest:wa"), GET("/hub/spawn", who="guest:wa"), GET("/hub/spawn/wa/second", who="guest:wa"), GET("/hub/spawn-pending/wa", who="guest:wa"), GET("/hub/user/wa/", who="guest:wa"), GET("/hub/user/wa/lab?x=y", who="guest:wa"), GET("/hub/user/wa/second/lab", who="guest:wa"),
    GET("/hub/user/wa/?redirects=1", who="guest:wa"), GET("/hub/login", who="guest:wa"), GET("/hub/user-redirect/lab?x=1", who="guest:wa"), GET("/user/wa/", who="guest:wa"), GET("/hub/token", who="guest:wa"), GET("/hub/admin", who="browser:admin"),
    POST("shares/wa/", json={"user": "wb"}), GET("shares/wa/"), GET("users/wb/shared"), POST("share-codes/wa/", who="user:wa", keep={"code": "code"}), GET("share-codes/wa/"), GET("/hub/accept-share?code={code}", who="browser:wb"), POST("/hub/accept-share", who="browser:wb", data={"code": "{code}", "_xsrf": "{_xsrf}"}),
    GET("services"), GET("services/seen"), GET("oauth2/authorize?client_id=jupyterhub-user-wa&response_type=code&redirect_uri=%2Fuser%2Fwa%2Foauth_callback", who="guest:wa"),
    GET("oauth2/authorize?client_id=service-seen&response_type=code&redirect_uri=%2Fservices%2Fseen%2Foauth_callback", who="guest:wa"),
    DELETE("users/wa/server"), GET("users/wa"), GET("proxy"), at("wa", "user/wa/", who="guest:wa"), GET("/hub/user/wa/", who="guest:wa", headers=JSON_WANTED), GET("/hub/logout", who="guest:wa"), GET("/hub/home", who="guest:wa"),
]  # fmt: skip

CASES = [
    Case("walk", WALK, ignore=_SEEN),
    Case("next", next_urls("ne", f"http://{HUB}/x", f"http://ne.{HUB}/user/ne/", f"https://ne.{HUB}:1/user/ne/", "//other.domain/", f"http://evil{HUB}/", f"http://{HUB}.evil.org/", f"//a.b.{HUB}?x=1#y", "ftp://other.domain", "/user/ne/") + [
        login("ne", query=f"?next={quote(url, safe='')}") for url in ("/user/ne/lab?a=b", f"http://ne.{HUB}/user/ne/", "http://other.domain/")
    ]),
    Case("names", [
        step for name in NAMES for quoted in [quote(name, safe="")]
        for step in (POST(f"users/{quoted}", data=""), POST(f"users/{quoted}/server"), GET(f"users/{quoted}"), DELETE(f"users/{quoted}/server"))
    ] + [GET("proxy")], ignore=_SEEN),
    Case("programs", [
        *(at("pr", path, who=who, headers=headers) for path in ("hub/home", "hub/api/user", "hub/login") for who in ("browser:pr", "user:pr") for headers in ({}, NAVIGATES, IN_A_PAGE, {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"})),
    ]),
]  # fmt: skip

_FUNCTION = """
def hosts(name, domain, kind):
    return f"{kind}-{len(name)}.{domain}"
c.JupyterHub.subdomain_hook = hosts
"""
_ROUTE = """
c.JupyterHub.hub_routespec = "/hub"
"""
_ELSEWHERE = """
c.JupyterHub.public_url = f"http://front.localhost:{port}/below/"
"""

WORLDS = [
    World("subdomains", HOSTS, CASES, host=HUB, missing=_LINKS),
    World("subdomains-legacy", HOSTS + "c.JupyterHub.subdomain_hook = 'legacy'\n", [CASES[0], CASES[2]], host=HUB, base_url="/below/", missing=_LINKS),
    World("subdomains-function", HOSTS + _FUNCTION, [CASES[0]], host=HUB, missing=_LINKS),
    World("subdomains-elsewhere", HOSTS + _ELSEWHERE, [CASES[0]], host="front.localhost", base_url="/below/", missing=_LINKS),
    World("subdomains-tls", HOSTS + "c.JupyterHub.subdomain_host = f'hub.localhost:{port}'\n", [CASES[0], CASES[1]], host=HUB, missing=_LINKS),
    World("hub-route", BASE + SERVICES + _ROUTE, [Case("walk", [*(step for step in WALK[:15] if step.path.startswith("/hub")), POST("users/hr"), POST("users/hr/server"), GET("proxy"), GET("/hub", who="nobody"), DELETE("users/hr/server"), GET("proxy")], ignore=_SEEN)]),
]  # fmt: skip
