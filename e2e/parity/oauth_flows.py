"""The OAuth 2 provider by hand: confirmation, codes, proofs, tokens, and what becomes of them."""

from __future__ import annotations

from urllib.parse import quote

from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS

from .steps import DELETE, GET, POST, SQL, Case, Step
from .worlds import World

BACK = "http://127.0.0.1:9/back"
SECRET = "the-secret-of-the-application"

APPLICATIONS = f"""
def application(name, allowed=None, **more):
    more.setdefault("oauth_redirect_uri", {BACK!r} + "/" + name)
    if allowed is not None:
        more["oauth_client_allowed_scopes"] = allowed
    c.JupyterHub.services.append({{"name": name, "api_token": {SECRET!r} + "-" + name, **more}})

c.JupyterHub.custom_scopes = {{"custom:jobs": {{"description": "Run jobs"}}, "custom:jobs:read": {{"description": "See jobs"}}}}
application("plain")
application("other")
application("quick", oauth_no_confirm=True)
application("quick-wide", ["read:users!user", "list:groups"], oauth_no_confirm=True)
application("reads", ["read:users!user", "custom:jobs"])
application("selfish", ["self"])
application("inherits", ["inherit"])
application("groups", ["list:groups", "read:users!user", "access:servers!user"])
application("by-role", oauth_roles=["user"])
application("named", oauth_client_id="service-of-my-own", oauth_redirect_uri="/services/named/back")
application("closed")
c.JupyterHub.services.append({{"name": "no-oauth", "api_token": "{SECRET}-no-oauth"}})
c.JupyterHub.load_roles = [
    {{"name": "user", "scopes": ["self", "custom:jobs"] + ["access:services!service=" + s["name"] for s in c.JupyterHub.services if s["name"] not in ("e2e", "closed")]}},
    {{"name": "lister", "scopes": ["list:groups"], "users": ["of-lister"]}},
]
"""
CONFIG = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + APPLICATIONS + "c.JupyterHub.allow_named_servers = True\n"

#: What is asked by pages of other origins.
FOREIGN = {"Origin": "https://elsewhere.example.org"}

VERIFIER = "a-verifier-of-forty-three-characters-or-more-0123"
CHALLENGE = "oroLTuavjsSokHw90r4c-vQlAuGTf32wNsPC1UFaIZc"


def ask(application: str, who: str, more: str = "", client: str = "", back: str = "") -> Step:
    return GET("oauth2/authorize?" + query(application, more, client, back), who=who, keep={"code": "location:code"})


def agree(application: str, who: str, scopes: list[str] | None = None, more: str = "", **fields: str) -> Step:
    """The confirmation page's form, sent."""
    data = {"_xsrf": "{_xsrf}", **fields}
    if scopes is not None:
        data["scopes"] = scopes
    return POST("oauth2/authorize?" + query(application, more), who=who, data=data, keep={"code": "location:code"})


def query(application: str, more: str = "", client: str = "", back: str = "") -> str:
    back = quote(back or f"{BACK}/{application}", safe="")
    return f"client_id={client or 'service-' + application}&redirect_uri={back}&response_type=code{more}"


def exchange(application: str, keep: dict[str, str] | None = None, headers: dict[str, str] | None = None, **fields: str | None) -> Step:
    form = {
        "grant_type": "authorization_code", "client_id": f"service-{application}", "client_secret": f"{SECRET}-{application}",
        "code": "{code}", "redirect_uri": f"{BACK}/{application}", **fields,
    }  # fmt: skip
    form = {name: value for name, value in form.items() if value is not None}
    return POST("oauth2/token", who="nobody", data=form, keep=keep or {"token": "access_token"}, headers=headers or {})


def use(path: str = "user", method: str = "GET") -> Step:
    return Step(method, path, who="nobody", headers={"Authorization": "Bearer {token}"})


def tokens(name: str) -> Step:
    return GET(f"users/{name}/tokens", who=f"user:{name}")


def me(name: str) -> str:
    return f"browser:{name}"


CONFIRMATION = [
    Case("confirm-and-use", [
        ask("plain", me("of1"), "&state=a%20state%26"), agree("plain", me("of1"), ["identify"], "&state=a%20state%26"), exchange("plain"), use(),
        use("users/of1"), use("users"), use("users/of1/server", "POST"), tokens("of1"), GET("/hub/token", who=me("of1")),
        ask("plain", me("of1")), exchange("plain"), use(), ask("plain", me("of1"), "&scope=self"),
    ]),
    Case("confirm-pages", [
        *(ask(name, me("of2")) for name in ("plain", "reads", "selfish", "inherits", "groups", "by-role", "closed", "no-oauth")),
        *(ask("reads", me("of2"), f"&scope={scope}") for scope in (
            "read:users!user", "custom:jobs", "custom:jobs+read:users!user", "identify", "read:users:name!user", "read:users", "custom:jobs:read",
            "self", "user", "none", "", "access:services!service=reads", "access:services", "+custom:jobs+", "custom:jobs,identify",
        )),
        *(ask("by-role", me("of2"), f"&scope={scope}") for scope in ("user", "self", "admin", "read:users!user", "user+self")),
        *(ask("inherits", me("of2"), f"&scope={scope}") for scope in ("inherit", "self", "read:users!user", "custom:jobs", "admin:users")),
        *(ask("groups", me("of2"), f"&scope={scope}") for scope in ("list:groups", "list:groups+read:users!user", "access:servers!user=of2", "access:servers")),
        *(ask("groups", me("of-lister"), f"&scope={scope}") for scope in ("list:groups", "list:groups+read:users!user", "list:groups!group=x")),
        *(ask("selfish", me("of2"), f"&scope={scope}") for scope in ("self", "read:users!user", "read:users!user=of2", "servers!user", "access:servers!server=of2/")),
        ask("named", me("of2"), client="service-of-my-own", back="/services/named/back"), ask("closed", me("admin")), ask("no-oauth", me("admin")),
    ]),
    Case("confirm-needs-no-confirmation", [
        ask("quick", me("of3"), "&state=s"), exchange("quick"), use(), ask("quick-wide", me("of3")), exchange("quick-wide"), use(), use("groups"),
        ask("quick-wide", me("of-lister")), exchange("quick-wide"), use("groups"), ask("quick-wide", me("of3"), "&scope=list:groups"), exchange("quick-wide"),
        ask("quick", "nobody"), ask("quick", "user:of3"), ask("quick", "reader"), ask("quick", "admin"),
    ]),
    Case("confirm-partly", [
        agree("reads", me("of4"), ["custom:jobs"]), exchange("reads"), use(), ask("reads", me("of4")), ask("reads", me("of4"), "&scope=custom:jobs"),
        agree("reads", me("of4"), []), exchange("reads"), use(), agree("reads", me("of4")), exchange("reads"),
        agree("reads", me("of4"), ["custom:jobs", "read:users!user"]), exchange("reads"), use(), ask("reads", me("of4")),
        ask("reads", me("of4"), "&scope=read:users!user"), tokens("of4"),
    ]),
    Case("confirm-with-wrong-scopes", [
        *(agree("reads", me("of5"), scopes, "&state=s") for scopes in (
            ["none"], ["admin:users"], ["read:users"], ["self"], ["custom:jobs:read"], ["user"], [""], ["custom:jobs", "none"], ["inherit"],
        )),
        agree("reads", me("of5"), ["custom:jobs"], "&scope=read:users!user"), exchange("reads"), use(),
        agree("reads", me("of5"), None, "&scope=custom:jobs"), exchange("reads"),
        agree("inherits", me("of5"), ["inherit"]), exchange("inherits"), use(), use("users/of5/tokens"),
        agree("inherits", me("of5"), ["custom:jobs"]), exchange("inherits"), agree("by-role", me("of5"), ["user"]), exchange("by-role"), use(),
        agree("groups", me("of5"), ["access:servers!user"]), exchange("groups"), use(),
    ]),
    Case("confirm-forged", [
        GET("/hub/home", who=me("of6")),
        POST("oauth2/authorize?" + query("plain"), who=me("of6"), data={"scopes": ["identify"]}, headers={"X-XSRFToken": ""}),
        POST("oauth2/authorize?" + query("plain"), who=me("of6"), data={"scopes": ["identify"], "_xsrf": "wrong"}, headers={"X-XSRFToken": "wrong"}),
        POST("oauth2/authorize?" + query("plain"), who="nobody", data={"scopes": ["identify"]}),
        POST("oauth2/authorize?" + query("plain"), who="user:of6", data={"scopes": ["identify"]}),
        POST("oauth2/authorize", who=me("of6"), data={"_xsrf": "{_xsrf}"}), POST("oauth2/authorize?client_id=none", who=me("of6"), data={"_xsrf": "{_xsrf}"}),
        POST("oauth2/authorize?client_id=service-plain&response_type=code", who=me("of6"), data={"_xsrf": "{_xsrf}", "scopes": ["identify"]}),
        POST("oauth2/authorize?client_id=service-plain", who=me("of6"), data={"_xsrf": "{_xsrf}", "scopes": ["identify"]}),
        Step("HEAD", "oauth2/authorize?" + query("plain"), who=me("of6")), DELETE("oauth2/authorize", who=me("of6")), GET("oauth2/token", who=me("of6")),
    ]),
    Case("confirm-requests", [
        ask("plain", me("of7"), "&response_type=code"), ask("plain", me("of7"), "&state=a&state=b"), ask("plain", me("of7"), "&client_id=service-other"),
        ask("plain", me("of7"), back=f"{BACK}/other"), ask("plain", me("of7"), back=f"{BACK}/plain/"), ask("plain", me("of7"), back="/relative"),
        ask("plain", me("of7"), "&unknown=1"), ask("plain", me("of7"), client="service-other", back=f"{BACK}/plain"),
        *(GET("oauth2/authorize?client_id=service-plain" + more, who=me("of7")) for more in (
            "&response_type=code", "&response_type=none", "&response_type=id_token", "&response_type=code+token", "&response_type=", "",
            "&response_type=code&response_mode=fragment&scope=none", "&response_type=code&redirect_uri=", "&response_type=code&state", "&response_type=code&prompt=none",
            "&response_type=code&request=x", "&response_type=code&claims=x", "&response_type=code&scope=none&state=%C3%BC%20%2B",
        )),
        GET("/hub/api/oauth2/authorize/?" + query("plain"), who=me("of7")), GET("/hub/oauth2/authorize?" + query("plain"), who=me("of7")),
        ask("plain", "nobody", "&state=x%26y"), ask("plain", "user:of7"),
    ]),
]

EXCHANGES = [
    Case("exchange-too-late", [
        ask("quick", me("oe1")), SQL("UPDATE oauth_codes SET expires_at = 1000"), exchange("quick"), exchange("quick"), ask("quick", me("oe1")), exchange("quick"),
        SQL("UPDATE api_tokens SET expires_at = '2020-01-01 00:00:00.000000' WHERE client_id = 'service-quick'"), use(), ask("quick", me("oe1")), exchange("quick"), use(),
    ]),
    Case("exchange-twice", [ask("quick", me("ox1")), exchange("quick"), exchange("quick"), use()]),
    Case("exchange-refused-then-good", [
        ask("quick", me("ox2")), exchange("quick", client_secret="wrong"), exchange("quick", redirect_uri=f"{BACK}/other"),
        exchange("other"), exchange("quick"), exchange("quick", code="{code}x"),
    ]),
    Case("exchange-without", [
        step for left_out in ("client_id", "client_secret", "code", "grant_type", "redirect_uri")
        for step in (ask("quick", me("ox3")), exchange("quick", **{left_out: None}))
    ]),
    Case("exchange-from-elsewhere", [
        ask("quick", me("ox7")), exchange("quick", headers=FOREIGN), exchange("quick", headers=FOREIGN | {"Sec-Fetch-Mode": "cors"}), exchange("quick", headers={"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "cross-site"}), use(),
        ask("quick", me("ox7")), exchange("quick", headers=FOREIGN | {"Authorization": "token unknown"}), POST("oauth2/token", who="user:ox7", data={"grant_type": "authorization_code", "code": "x"}, headers=FOREIGN),
        POST("oauth2/token", who=me("ox7"), data={"grant_type": "authorization_code", "code": "x"}), POST("oauth2/token", who=me("ox7"), json={"grant_type": "authorization_code", "code": "x"}),
    ]),
    Case("exchange-empty", [
        step for left_out in ("client_id", "client_secret", "code", "grant_type", "redirect_uri")
        for step in (ask("quick", me("ox4")), exchange("quick", **{left_out: ""}))
    ]),
    Case("exchange-forms", [
        ask("quick", me("ox5")), exchange("quick", state="a state"), exchange("quick", scope="self", code="x"), exchange("quick", state="st", code="x"),
        POST("oauth2/token", who="nobody", json={"grant_type": "authorization_code", "code": "x"}), POST("oauth2/token", who="nobody", data="nonsense"),
        POST("oauth2/token", who="nobody", data="a=b&c", headers={"Content-Type": "application/x-www-form-urlencoded"}),
        POST("oauth2/token", who="nobody", data="grant_type=authorization_code&grant_type=x&code=x", headers={"Content-Type": "application/x-www-form-urlencoded"}),
        POST("oauth2/token", who="nobody", data="grant_type=authorization_code&code=x&code=y&client_id=service-quick", headers={"Content-Type": "application/x-www-form-urlencoded"}),
        POST("oauth2/token", who="user:ox5", data={"grant_type": "authorization_code", "code": "x"}), GET("oauth2/token", who="nobody"),
        POST("oauth2/token", who=me("ox5"), data={"grant_type": "authorization_code", "code": "x"}), POST("oauth2/token/", who="nobody", data={}),
        Step("OPTIONS", "oauth2/token", who="nobody"), Step("HEAD", "oauth2/token", who="nobody"),
    ]),
    Case("exchange-response-type-none", [
        GET("oauth2/authorize?" + query("quick").replace("response_type=code", "response_type=none") + "&state=s", who=me("ox6")),
    ]),
    Case("exchange-scope-changed", [
        ask("quick-wide", me("ox7"), "&scope=read:users!user"), exchange("quick-wide", scope="list:groups"), use(), use("groups"),
    ]),
    Case("exchange-of-a-service", [GET("user", who="token:" + SECRET + "-plain"), GET("services/plain", who="token:" + SECRET + "-plain")]),
]


def proof(name: str, asked: str, **fields: str | None) -> list[Step]:
    return [ask("quick", me(name), asked), exchange("quick", **fields)]


PROOFS = [
    *proof("pk", ""),
    *proof("pk", "", code_verifier=VERIFIER),
    *proof("pk", f"&code_challenge={CHALLENGE}&code_challenge_method=S256", code_verifier=VERIFIER),
    *proof("pk", f"&code_challenge={CHALLENGE}&code_challenge_method=S256", code_verifier=VERIFIER + "x"),
    *proof("pk", f"&code_challenge={CHALLENGE}&code_challenge_method=S256", code_verifier=CHALLENGE),
    *proof("pk", f"&code_challenge={CHALLENGE}&code_challenge_method=S256"),
    *proof("pk", f"&code_challenge={CHALLENGE}&code_challenge_method=S256", code_verifier=""),
    *proof("pk", f"&code_challenge={VERIFIER}&code_challenge_method=plain", code_verifier=VERIFIER),
    *proof("pk", f"&code_challenge={VERIFIER}&code_challenge_method=plain", code_verifier="wrong"),
    *proof("pk", f"&code_challenge={VERIFIER}", code_verifier=VERIFIER),
    *proof("pk", f"&code_challenge={VERIFIER}&code_challenge_method=s256", code_verifier=VERIFIER),
    *proof("pk", f"&code_challenge={VERIFIER}&code_challenge_method=", code_verifier=VERIFIER),
    *proof("pk", "&code_challenge_method=S256", code_verifier=VERIFIER),
]
#: Where a proof is required, an empty challenge is none here, and one that nothing proves there.
NO_CHALLENGE = proof("pk", "&code_challenge=&code_challenge_method=S256", code_verifier=VERIFIER)
#: A wrong proof, and then the right one for the same code.
SECOND_PROOF = [
    ask("quick", me("pk"), f"&code_challenge={CHALLENGE}&code_challenge_method=S256"), exchange("quick", code_verifier="x"),
    exchange("quick", code_verifier=VERIFIER),
]  # fmt: skip

LATER = [
    Case("logout-ends-tokens", [
        ask("quick", me("lo")), exchange("quick"), use(), tokens("lo"), GET("/hub/logout", who=me("lo")), use(), tokens("lo"),
    ]),
    Case("logout-leaves-other-sessions", [
        ask("quick", me("lo2")), exchange("quick"), GET("/hub/home", who="again:lo2"), GET("/hub/logout", who="again:lo2"), use(),
        ask("quick", "browser:lo2"), exchange("quick"), use(),
    ]),
    Case("own-server", [
        POST("users/os1/server", who="user:os1"), POST("users/os1/servers/one", who="user:os1"),
        *(ask("", me("os1"), more, client="jupyterhub-user-os1", back="/user/os1/oauth_callback") for more in (
            "&state=s", "&scope=self", "&scope=identify", "&scope=access:servers!server=os1/", "&scope=access:servers!server=os1/one",
            "&scope=read:users!user", "&scope=access:servers!user=os1", "&scope=inherit",
        )),
        ask("", me("os1"), client="jupyterhub-user-os1-one", back="/user/os1/one/oauth_callback"),
        ask("", me("admin"), client="jupyterhub-user-os1-one", back="/user/os1/one/oauth_callback"),
        ask("", me("os2"), client="jupyterhub-user-os1-one", back="/user/os1/one/oauth_callback"),
        ask("", "nobody", client="jupyterhub-user-os1-one", back="/user/os1/one/oauth_callback"),
        DELETE("users/os1/server", who="user:os1"), ask("", me("os1"), client="jupyterhub-user-os1", back="/user/os1/oauth_callback"),
        DELETE("users/os1/servers/one", who="user:os1", json={"remove": True}),
        ask("", me("os1"), client="jupyterhub-user-os1-one", back="/user/os1/one/oauth_callback"), tokens("os1"),
    ]),
    Case("token-revoked-asks-again", [
        agree("reads", me("tr1"), ["custom:jobs"]), exchange("reads"), ask("reads", me("tr1"), "&scope=custom:jobs"),
        GET("users/tr1/tokens", who="user:tr1"), GET("/hub/token", who=me("tr1")),
    ]),
    Case("user-deleted-with-a-code", [ask("quick", me("ud1")), DELETE("users/ud1"), exchange("quick")]),
    Case("token-makes-no-tokens", [
        ask("quick", me("tm1")), exchange("quick"), use("users/tm1/tokens", "POST"), use("users/tm1/tokens"), use("authorizations/token/{token}"),
        GET("authorizations/token/{token}"), GET("oauth2/authorize?" + query("quick"), who="nobody", headers={"Authorization": "Bearer {token}"}),
    ]),
]

EXPIRE = "c.JupyterHub.oauth_token_expires_in = 1234\n"

WORLDS = [
    World("oauth-flows", CONFIG, [*CONFIRMATION, *EXCHANGES, Case("proofs", PROOFS + NO_CHALLENGE), Case("second-proof", SECOND_PROOF), *LATER]),
    World("oauth-proofs", CONFIG + EXPIRE + "c.JupyterHub.oauth_require_pkce = True\n", [Case("proofs", PROOFS), Case("second-proof", SECOND_PROOF)]),
]
