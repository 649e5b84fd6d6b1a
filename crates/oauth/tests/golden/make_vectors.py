"""Writes vectors.json: what JupyterHub's OAuth provider answers to many requests.

    <python with jupyterhub 6.1.1> make_vectors.py > vectors.json

The tests in ../vectors.rs give the same requests to this crate. The provider is called in this process, on a database
in memory; the part of the authorization page that decides what the user can give is repeated with upstream's functions.
"""

import json
import logging
import os
import sys
import types
import warnings
from unittest import mock
from urllib.parse import quote

# Importing jupyterhub with its own directory on the path would shadow traitlets.
sys.path = [p for p in sys.path if p not in ("", os.getcwd())]
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

from jupyterhub import orm, roles, scopes  # noqa: E402
from jupyterhub.oauth.provider import make_provider  # noqa: E402
from oauthlib import oauth2  # noqa: E402

USERS = {"ann": ["user", "visitor"], "bob": ["user", "visitor", "reader"]}
ROLES = {"visitor": ["access:services", "access:servers"], "reader": ["read:users", "list:groups"], "weird": ["read:hub"], "grouped": ["read:users!group=physics"]}
GROUPS = {"physics": ["ann"]}
CLIENTS = {
    "service-svc": {
        "service": "svc", "secret": "svc-secret", "redirect_uri": "https://svc.example.org/cb?keep=a+b",
        "allowed_scopes": ["read:users", "list:groups", "servers!user"],
    },
    "service-plain": {"service": "plain", "secret": "plain-secret", "redirect_uri": "/services/plain/cb", "allowed_scopes": []},
    "service-all": {"service": "all", "secret": "all-secret", "redirect_uri": "/services/all/cb", "allowed_scopes": ["inherit"]},
    "service-nosecret": {"service": "nosecret", "secret": "", "redirect_uri": "/services/nosecret/cb", "allowed_scopes": []},
    "service-noredirect": {"service": "noredirect", "secret": "no-redirect", "redirect_uri": "", "allowed_scopes": []},
    "service-badredirect": {"service": "badredirect", "secret": "bad-redirect", "redirect_uri": "relative", "allowed_scopes": []},
    "jupyterhub-user-ann": {
        "user": "ann", "server": "", "secret": "server-secret", "redirect_uri": "/user/ann/oauth_callback", "allowed_scopes": [],
    },
    "jupyterhub-user-ann-lab": {
        "user": "ann", "server": "lab", "secret": "lab-secret", "redirect_uri": "/user/ann/lab/oauth_callback",
        "allowed_scopes": ["access:servers!server", "read:users!group=physics"],
    },
}
S256 = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

db = orm.new_session_factory("sqlite:///:memory:")()
for role in roles.get_default_roles():
    roles.create_role(db, role)
for name, role_scopes in ROLES.items():
    roles.create_role(db, {"name": name, "scopes": role_scopes})
provider = make_provider(lambda: db, url_prefix="/hub/api/oauth2", login_url="/hub/login", token_expires_in=1209600)
validator = provider.request_validator
for name, user_roles in USERS.items():
    user = orm.User(name=name)
    db.add(user)
    db.commit()
    for role in user_roles:
        roles.grant_role(db, user, rolename=role)
for name, members in GROUPS.items():
    db.add(orm.Group(name=name, users=[orm.User.find(db, member) for member in members]))
for identifier, spec in CLIENTS.items():
    client = provider.add_client(
        identifier, spec["secret"], spec["redirect_uri"], allowed_scopes=spec["allowed_scopes"], description=identifier
    )
    if "service" in spec:
        db.add(orm.Service(name=spec["service"], oauth_client=client))
    else:
        db.add(orm.Spawner(name=spec["server"], user=orm.User.find(db, spec["user"]), oauth_client=client))
db.commit()


def current_user(name):
    return types.SimpleNamespace(name=name, orm_user=orm.User.find(db, name))


def given_by_user(requested, user, client):
    """What the authorization page lets a user give."""
    held = set(roles.roles_to_scopes(roles.get_roles_for(user.orm_user)))
    held |= {"inherit", *scopes.identify_scopes(), *scopes.access_scopes(client)}
    allowed, _ = scopes._resolve_requested_scopes(set(requested), held, user=user.orm_user, client=client, db=db)
    return sorted(allowed)


def find_client(identifier):
    return db.query(orm.OAuthClient).filter_by(identifier=identifier).one()


def asked(query, user="ann", require_pkce=False):
    case = {"query": query, "user": user, "require_pkce": require_pkce}
    validator.require_pkce = require_pkce
    user = current_user(user)
    try:
        with mock.patch.object(validator, "_current_user", user, create=True):
            found, credentials = provider.validate_authorization_request(f"/authorize?{query}", "GET", b"", {})
        client = find_client(credentials["client_id"])
        return case | {"outcome": "checked", "given": given_by_user(found, user, client)}
    except oauth2.FatalClientError as e:
        return case | {"outcome": "shown", "status": e.status_code, "text": e.description}
    except oauth2.OAuth2Error as e:
        return case | {"outcome": "sent_back", "location": e.in_uri(e.redirect_uri)}


def code_challenge(value, method=None):
    return f"&code_challenge={value}" + (f"&code_challenge_method={method}" if method else "")


def asked_cases():
    svc = "client_id=service-svc&response_type=code"
    yield asked("")
    yield asked("client_id=")
    yield asked("client_id=unknown&response_type=code")
    yield asked("client_id=service-nosecret&response_type=code")
    yield asked("client_id=service-noredirect&response_type=code")
    yield asked("client_id=service-badredirect&response_type=code")
    yield asked("client_id=service-badredirect&response_type=code&redirect_uri=relative")
    yield asked("novalue&client_id=service-svc&response_type=code")
    yield asked("client_id=service-svc&&response_type=code")
    for name in ("client_id", "response_type", "redirect_uri", "scope", "state"):
        yield asked(f"{svc}&redirect_uri=x&scope=x&state=x&{name}=y")
    yield asked(f"{svc}&other=1&other=2&state=s")
    yield asked(f"{svc}&redirect_uri=")
    yield asked(f"{svc}&redirect_uri=relative")
    yield asked(f"{svc}&redirect_uri={quote('https://svc.example.org/cb#f', safe='')}")
    yield asked(f"{svc}&redirect_uri={quote('https://svc.example.org/other', safe='')}")
    yield asked(f"{svc}&redirect_uri={quote('https://svc.example.org/cb?keep=a+b', safe='')}")
    yield asked(f"{svc}&redirect_uri=/cb")
    yield asked("client_id=service-plain&response_type=code&redirect_uri=/services/plain/cb")
    yield asked("client_id=service-svc&state=s%20%26~*%C3%A9")
    yield asked("client_id=service-svc&response_type=&state=")
    yield asked("client_id=service-svc&response_type=token&state=s")
    yield asked("client_id=service-svc&response_type=none")
    yield asked("client_id=service-svc&response_type=code+token")
    yield asked("client_id=service-svc&response_type=token&state=s&response_mode=fragment")
    yield asked(svc, require_pkce=True)
    yield asked(f"{svc}{code_challenge(S256)}", require_pkce=True)
    yield asked(f"{svc}{code_challenge(S256, 'S256')}", require_pkce=True)
    yield asked(f"{svc}{code_challenge(S256, 's256')}&state=s")
    yield asked(f"{svc}{code_challenge(S256, 'md5')}", require_pkce=True)
    yield asked(f"{svc}&code_challenge_method=S256")
    for user in USERS:
        yield asked(svc, user=user)
        for scope in ("", "identify", "identify+read:users", "read:users", "nope", "shutdown", "read:users++list:groups"):
            yield asked(f"{svc}&scope={scope}&state=s", user=user)
        for scope in ("reader", "reader+weird", "weird", "reader+read:users", "servers!user", "read:servers!user", "self"):
            yield asked(f"{svc}&scope={scope}", user=user)
        for scope in ("read:users!user", f"read:users!user={user}", "read:users:name", "inherit", "all", "servers!server"):
            yield asked(f"{svc}&scope={scope}", user=user)
        for client in ("service-plain", "service-all", "jupyterhub-user-ann", "jupyterhub-user-ann-lab"):
            yield asked(f"client_id={client}&response_type=code", user=user)
            yield asked(f"client_id={client}&response_type=code&scope=inherit", user=user)
            yield asked(f"client_id={client}&response_type=code&scope=grouped", user=user)
            yield asked(f"client_id={client}&response_type=code&scope=access:servers!server", user=user)


def answered(query, chosen, user="ann", form="_xsrf=x"):
    case = {"query": query, "user": user, "form": form, "chosen": chosen}
    validator.require_pkce = False
    user = current_user(user)
    try:
        headers, body, status = provider.create_authorization_response(
            f"/authorize?{query}", "POST", form.encode(), {}, list(chosen), {"user": user, "session_id": "session"}
        )
    except oauth2.FatalClientError as e:
        return case | {"outcome": "shown", "status": e.status_code, "text": e.description}
    assert status == 302 and body is None
    code = db.query(orm.OAuthCode).first()
    if code is None:
        return case | {"outcome": "sent_back", "location": headers["Location"]}
    assert 298 < code.expires_at - orm.OAuthCode.now() <= 300
    case |= {
        "outcome": "granted",
        "location": headers["Location"].replace(code.code, "CODE"),
        "scopes": given_by_user(code.scopes, user, code.client),
        "challenge": code.code_challenge,
        "method": code.code_challenge_method,
        "redirect_uri": code.redirect_uri,
    }
    assert (len(code.code), code.session_id, code.user) == (30, "session", user.orm_user)
    db.delete(code)
    db.commit()
    return case


def answered_cases():
    svc = "client_id=service-svc&response_type=code"
    yield answered(svc, ["identify"])
    yield answered(f"{svc}&state=s%20%26~*%C3%A9", ["read:users"], user="bob")
    yield answered(f"{svc}&state=s", ["read:users", "servers!user"], user="ann")
    yield answered(f"{svc}&state=s&response_mode=fragment", ["identify"])
    yield answered(f"{svc}&state=s&response_mode=other", ["identify"])
    yield answered("client_id=service-svc&response_type=none&state=s", ["identify"])
    yield answered("client_id=service-svc&response_type=code+token&state=s", ["identify"])
    yield answered(f"{svc}{code_challenge(S256, 'S256')}", ["identify"])
    yield answered(f"{svc}{code_challenge('abc')}", ["identify"])
    yield answered(f"{svc}&state=s", ["shutdown"])
    yield answered(f"{svc}&scope=read:users&state=s", ["inherit"])
    yield answered("client_id=service-all&response_type=code", ["inherit"])
    yield answered("client_id=service-plain&response_type=code", ["identify"])
    yield answered("client_id=jupyterhub-user-ann&response_type=code&state=x", ["identify"])
    yield answered("client_id=service-svc&state=s", ["identify"])
    yield answered("client_id=unknown", ["identify"])
    yield answered(svc, ["identify"], form="client_id=service-svc")
    yield answered(f"{svc}&state=s", ["identify"], form="_xsrf=x&scopes=a&scopes=b")


CODES = {
    "simple": {},
    "s256": {"code_challenge": S256, "code_challenge_method": "S256"},
    "plain": {"code_challenge": "abc", "code_challenge_method": "plain"},
    "nomethod": {"code_challenge": "abc"},
    "badmethod": {"code_challenge": "abc", "code_challenge_method": "md5"},
    "expired": {"expires_at": 1000},
    "endless": {"expires_at": None},
    "foreign": {"client_id": "service-plain"},
}


def exchanged(form, query="", require_pkce=False):
    case = {"form": form, "query": query, "require_pkce": require_pkce}
    validator.require_pkce = require_pkce
    for name, spec in CODES.items():
        row = {"client_id": "service-svc", "expires_at": int(orm.OAuthCode.now() + 100)} | spec
        row |= {"scopes": ["read:users:name!user", "access:services!service=svc"], "session_id": "session"}
        db.add(orm.OAuthCode(code=name, user=orm.User.find(db, "ann"), redirect_uri="", **row))
    db.commit()
    uri = "/token" + (f"?{query}" if query else "")
    headers, body, status = provider.create_token_response(uri, "POST", form.encode(), {}, {})
    assert headers.pop("Content-Type") == "application/json"
    assert (headers.pop("Cache-Control"), headers.pop("Pragma")) == ("no-store", "no-cache")
    body = json.loads(body)
    case |= {"status": status, "headers": headers}
    if status == 200:
        token = db.query(orm.APIToken).one()
        assert token.match(body["access_token"]) and len(body["access_token"]) == 30
        assert token.hashed.startswith("sha512:1:") and token.session_id == "session" and token.note == ""
        body["access_token"] = "TOKEN"
        db.delete(token)
    case |= {"body": body, "codes_left": sorted(code.code for code in db.query(orm.OAuthCode))}
    for code in db.query(orm.OAuthCode):
        db.delete(code)
    db.commit()
    return case


def exchanged_cases():
    redirect = quote("https://svc.example.org/cb?keep=a+b", safe="")
    client = "client_id=service-svc&client_secret=svc-secret"
    good = f"grant_type=authorization_code&{client}&redirect_uri={redirect}"
    yield exchanged(f"{good}&code=simple")
    yield exchanged(f"grant_type=authorization_code&{client}&code=simple")
    yield exchanged(f"{good}&code=endless")
    yield exchanged(f"{good}&code=simple&code_verifier=x")
    yield exchanged(f"{good}&code=s256&code_verifier={VERIFIER}")
    yield exchanged(f"{good}&code=plain&code_verifier=abc", require_pkce=True)
    yield exchanged("")
    yield exchanged("state=s")
    yield exchanged(f"grant_type=password&{client}")
    yield exchanged(f"grant_type=client_credentials&{client}&state=s")
    yield exchanged(good)
    yield exchanged(f"{good}&code=simple&grant_type=authorization_code")
    yield exchanged(f"{good}&code=simple&client_id=service-svc")
    yield exchanged(f"{good}&code=simple&redirect_uri=x&state=s")
    yield exchanged(f"grant_type=authorization_code&code=simple&redirect_uri={redirect}")
    for credentials in ("client_id=unknown&client_secret=x", "client_id=service-svc", "client_id=service-svc&client_secret="):
        yield exchanged(f"grant_type=authorization_code&code=simple&{credentials}&state=s")
    yield exchanged("grant_type=authorization_code&code=simple&client_id=service-svc&client_secret=wrong")
    yield exchanged("grant_type=authorization_code&code=simple&client_id=service-nosecret&client_secret=")
    for code in ("", "unknown", "expired", "foreign"):
        yield exchanged(f"{good}&code={code}")
    yield exchanged(f"{good}&code=s256")
    yield exchanged(f"{good}&code=s256&code_verifier=wrong")
    yield exchanged(f"{good}&code=plain&code_verifier=wrong")
    yield exchanged(f"{good}&code=nomethod&code_verifier=abc")
    yield exchanged(f"{good}&code=badmethod&code_verifier=abc")
    yield exchanged(f"{good}&code=simple", require_pkce=True)
    yield exchanged(f"{good}&code=simple&code_verifier=x", require_pkce=True)
    yield exchanged(f"grant_type=authorization_code&{client}&code=simple&redirect_uri=https://svc.example.org/other")
    yield exchanged(f"grant_type=authorization_code&{client}&code=simple&redirect_uri=")
    yield exchanged("grant_type=authorization_code&client_id=service-noredirect&client_secret=no-redirect&code=simple")
    yield exchanged(f"grant_type=openid&{client}&code=simple")
    yield exchanged(f"grant_type=refresh_token&{client}")
    yield exchanged(f"grant_type=refresh_token&{client}&refresh_token=x")
    yield exchanged("grant_type=refresh_token&client_id=service-svc&client_secret=wrong&refresh_token=x")


json.dump(
    {
        "jupyterhub": __import__("jupyterhub").__version__,
        "users": USERS, "roles": ROLES, "groups": GROUPS, "clients": CLIENTS, "codes": CODES,
        "asked": list(asked_cases()),
        "answered": list(answered_cases()),
        "exchanged": list(exchanged_cases()),
    },
    sys.stdout,
    indent=1,
)
print()
