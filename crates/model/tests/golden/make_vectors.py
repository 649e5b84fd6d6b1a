"""Writes vectors.json from JupyterHub's own functions.

    <python with jupyterhub 6.1.1> make_vectors.py > vectors.json

The tests in ../vectors.rs compare this crate with the file. Everything random is seeded.
"""

import json
import os
import random
import sys
import warnings

# Importing jupyterhub with its own directory on the path would shadow traitlets.
sys.path = [p for p in sys.path if p not in ("", os.getcwd())]
warnings.simplefilter("ignore")

from datetime import datetime  # noqa: E402

from jupyterhub import orm, roles, scopes, slugs, utils  # noqa: E402
from jupyterhub.auth import Authenticator  # noqa: E402

rng = random.Random(611)
MEMBERS = {"ann": ["physics"], "bob": ["physics", "staff"], "cat": [], "dan": ["staff"]}
SERVERS = [("ann", ""), ("ann", "lab"), ("bob", ""), ("cat", "x1")]
CUSTOM = {
    "custom:grade:all": {"description": "d", "subscopes": ["custom:grade:read", "custom:grade:write"]},
    "custom:grade:read": {"description": "r"},
    "custom:grade:write": {"description": "w", "subscopes": ["custom:grade:read"]},
}
scopes.define_custom_scopes(CUSTOM)


def database():
    db = orm.new_session_factory("sqlite:///:memory:")()
    for role in roles.get_default_roles():
        roles.create_role(db, role)
    groups = {}
    for name, member_of in MEMBERS.items():
        user = orm.User(name=name)
        db.add(user)
        for group in member_of:
            if group not in groups:
                groups[group] = orm.Group(name=group)
                db.add(groups[group])
            groups[group].users.append(user)
    for name in ("cull", "grader"):
        service = orm.Service(name=name)
        db.add(service)
        db.add(orm.OAuthClient(identifier=f"service-{name}", service=service))
    db.add(orm.OAuthClient(identifier="jupyterhub"))
    db.commit()
    for user, server in SERVERS:
        client = orm.OAuthClient(identifier=f"jupyterhub-user-{user}-{server}")
        db.add(client)
        db.add(orm.Spawner(name=server, user=orm.User.find(db, user), oauth_client=client))
    db.commit()
    return db


db = database()
BASES = sorted(b for b in scopes.scope_definitions if b not in ("self", "inherit", "(no_scope)"))


def random_filter(expanded):
    choices = ["", "", "!user=ann", "!user=bob", "!user=cat", "!group=physics", "!group=staff", "!server=ann/"]
    choices += ["!server=ann/lab", "!server=bob/", "!server=cat/x1", "!service=cull", "!service=grader"]
    if not expanded:
        choices += ["!user", "!service", "!server"]
    return rng.choice(choices)


def random_scopes(expanded, bases=BASES, most=8):
    chosen = {rng.choice(bases) + random_filter(expanded) for _ in range(rng.randint(0, most))}
    if not expanded:
        chosen |= {s for s in ("self", "inherit", "(no_scope)") if rng.random() < 0.15}
    return chosen


def owner_of(spec):
    if spec is None:
        return None
    kind = orm.User if spec["kind"] == "user" else orm.Service
    return kind.find(db, spec["name"])


def client_of(spec):
    if spec is None:
        return None
    if "service" in spec:
        identifier = f"service-{spec['service']}"
    else:
        identifier = f"jupyterhub-user-{spec['user']}-{spec['server']}"
    return db.query(orm.OAuthClient).filter_by(identifier=identifier).one()


OWNERS = [None] + [{"kind": "user", "name": n} for n in MEMBERS] + [{"kind": "service", "name": "cull"}]
CLIENTS = [None, {"service": "grader"}] + [{"user": u, "server": s} for u, s in SERVERS]


def expand_cases():
    sets = [{b} for b in BASES] + [{f"{b}!user"} for b in BASES] + [{f"{b}!server"} for b in BASES]
    sets += [{f"{b}!server=ann/lab"} for b in BASES] + [{"self"}, {"inherit"}, {"(no_scope)"}, {"read:users!"}]
    sets += [random_scopes(False) for _ in range(120)]
    for raw in sets:
        owner, client = rng.choice(OWNERS), rng.choice(CLIENTS)
        result = scopes.expand_scopes(raw, owner=owner_of(owner), oauth_client=client_of(client))
        yield {"raw": sorted(raw), "owner": owner, "client": client, "expanded": sorted(result)}


def intersect_cases():
    few = ["read:users", "servers", "access:servers", "read:groups"]
    for _ in range(200):
        a, b = (scopes.reduce_scopes(random_scopes(True, few, 6)) for _ in "ab")
        with_db = scopes._intersect_expanded_scopes(a, b, db=db)
        without = scopes._intersect_expanded_scopes(a, b)
        yield {"a": sorted(a), "b": sorted(b), "with_groups": sorted(with_db), "without": sorted(without)}


def has_scope_cases():
    few = ["read:users", "servers", "access:servers", "read:groups"]
    for _ in range(200):
        have = random_scopes(True, few, 6)
        wanted = rng.choice(few) + random_filter(True)
        yield {"have": sorted(have), "wanted": wanted, "granted": scopes.has_scope(wanted, have, db=db)}


def exist_cases():
    names = BASES + ["self", "inherit", "all", "nope", "users!", "users!user", "users!user=", "users!group"]
    names += ["users!group=x", "servers!server", "servers!server=a/b", "users!userx", "users!x=y", "custom:none"]
    for name in names:
        try:
            scopes._check_scopes_exist([name])
            yield {"scope": name, "exists": True}
        except scopes.ScopeNotFound:
            yield {"scope": name, "exists": False}


def custom_cases():
    pattern = scopes._custom_scope_pattern
    for name in ["custom:a", "custom:ab", "custom:abc", "custom:a:b", "custom:a-b:*", "custom:ab-", "custom:ab:"]:
        yield {"name": name, "valid": bool(pattern.match(name))}
    for name in ["custom:Abc", "custom:-bc", "custom:a c", "abc", "custom:a*_", "custom:éab", "custom:1:_"]:
        yield {"name": name, "valid": bool(pattern.match(name))}


def resolve_cases():
    few = ["read:users", "users", "servers", "read:servers", "access:servers", "self"]
    while True:
        owner = {"kind": "user", "name": rng.choice(sorted(MEMBERS))}
        client = rng.choice(CLIENTS[1:])
        requested, have = (random_scopes(False, few, 4) - {"inherit"} for _ in "ab")
        found = set()
        # The answer may depend on the order of a set; only cases where it does not are kept.
        for _ in range(6):
            order = sorted(requested, key=lambda _: rng.random())
            allowed, disallowed = resolve_in_order(order, set(have), owner_of(owner), client_of(client))
            found.add((frozenset(allowed), frozenset(disallowed)))
        if len(found) == 1:
            allowed, disallowed = found.pop()
            yield {
                "requested": sorted(requested), "have": sorted(have), "owner": owner, "client": client,
                "allowed": sorted(allowed), "disallowed": sorted(disallowed),
            }


class Ordered(set):
    """A set whose difference is walked in a chosen order."""

    order = ()

    def difference(self, other):
        rest = Ordered(set(self) - set(other))
        rest.order = [s for s in self.order if s not in other]
        return rest

    def intersection(self, other):
        return set(self) & set(other)

    def __iter__(self):
        return iter([s for s in self.order if s in self])


def resolve_in_order(order, have, user, client):
    requested = Ordered(order)
    requested.order = order
    return scopes._resolve_requested_scopes(requested, have, user, client, db)


def token_cases():
    few = ["read:users", "servers", "access:servers", "tokens", "list:users"]
    for _ in range(80):
        name, client = rng.choice(sorted(MEMBERS)), rng.choice(CLIENTS)
        user = orm.User.find(db, name)
        role = orm.Role(name="extra", scopes=sorted(random_scopes(False, few, 4) - {"inherit"}))
        user.roles = [role, orm.Role.find(db, "user")]
        oauth_client = client_of(client) or db.query(orm.OAuthClient).filter_by(identifier="jupyterhub").one()
        token = orm.APIToken(user=user, scopes=sorted(random_scopes(False, few, 4)), oauth_client=oauth_client)
        token.token = utils.new_token()
        db.add(token)
        db.commit()
        yield {
            "raw": token.scopes, "owner": name, "client": client,
            "owner_scopes": sorted(scopes.get_scopes_for(user)), "scopes": sorted(scopes.get_scopes_for(token)),
        }
        db.delete(token)
        db.delete(role)
        db.commit()


NAMES = """a ann Ann ann-1 a--b -a a- 9lives 123 a.b ann@uni.org a_b a~b ünal Ünal straße ñandú é e\u0301 日本語 かな
カタ・カナ ・ אבג אבג1 مرحبا مرحبا١ مرحبا1٣ a١ ١a ½ ﬁsh İstanbul ıx Σίσυφος ς ὈΔΥΣΣΕΎΣ ab\u0301\u0302 \u0301a 😀 a😀
a·b l·l col·lecció ͵α α͵ ـا ゠ 한글 \u1100\u1161 x\u200dy क्\u200dष ünal-- xn--nal-hoa xn--abc ÿ\u2014z ǆ Ǆ \u2126 K ſ
a%2fb a/b ... .. % _ ~ @ -- --- a-- \u200b ﷺ ẞ 𝐚𝐛 ⅷ ²a a² ᾳ Ａｂ ％ „x“ a\u00adb ツ ゛ 〆 〇 々 ৪ ไทย ไทย๑ ქართული Ქ ᏸ Ꮳ""".split()
NAMES += ["", " ", "a b", "a  b", " a", "a ", "A Very Long Name With Many Words In It", "a" * 30, "a" * 31, "a" * 63]
NAMES += ["a" * 64, "ü" * 20, "ü" * 70, "Z" * 40, "a\tb", "a\nb", "x" * 255, "x" * 256, "ab c-d_e", "\u00a0a", "a\u3000b"]


def attempt(function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except ValueError:
        return None


def name_cases():
    authenticator = Authenticator()
    for name in NAMES:
        yield {
            "name": name,
            "user_name": bool(authenticator.validate_username(name)),
            "role_name": bool(roles._role_name_pattern.match(name)),
            "escaped": utils.url_escape_path(name),
            "is_slug": slugs.is_valid_safe_slug(name),
            "is_display_name": slugs.is_valid_display_name(name),
            "nfc": slugs.normalise_unicode(name),
            "slug": attempt(slugs.safe_slug, name),
            "slug_bare": attempt(slugs.safe_slug, name, avoid_collisions=False),
            "slug_10": attempt(slugs.safe_slug, name, max_length=10),
            "dns": utils._strict_dns_safe_encode(name),
            "dns_40": utils._strict_dns_safe_encode(name, max_length=40),
            "legacy": utils.subdomain_hook_legacy(name, "hub.org", "user"),
            "idna": utils.subdomain_hook_idna(name, "hub.org", "service"),
        }


def join_cases():
    pieces = ["", "/", "a", "/a", "a/", "/a/", "//", "a//b"]
    for _ in range(120):
        chosen = [rng.choice(pieces) for _ in range(rng.randint(0, 4))]
        yield {"pieces": chosen, "joined": utils.url_path_join(*chosen)}


def take(cases, count):
    return [case for case, _ in zip(cases, range(count))]


json.dump(
    {
        "jupyterhub": __import__("jupyterhub").__version__,
        "members": MEMBERS,
        "custom": CUSTOM,
        "definitions": {
            name: definition.get("subscopes", [])
            for name, definition in scopes.scope_definitions.items()
            if not name.startswith("custom:")
        },
        "default_roles": [[role["name"], role["scopes"]] for role in roles.get_default_roles()],
        "expand": list(expand_cases()),
        "intersect": list(intersect_cases()),
        "has_scope": list(has_scope_cases()),
        "exist": list(exist_cases()),
        "custom_names": list(custom_cases()),
        "resolve": take(resolve_cases(), 120),
        "tokens": list(token_cases()),
        "names": list(name_cases()),
        "joins": list(join_cases()),
        "isoformat": [
            [list(args), utils.isoformat(datetime(*args))]
            for args in [(2026, 11, 22, 1, 2, 3), (2026, 1, 1), (1999, 12, 31, 23, 59, 59, 999999), (2026, 1, 2, 3, 4, 5, 10)]
        ],
    },
    sys.stdout,
    ensure_ascii=True,
    separators=(",", ":"),
    sort_keys=True,
)
print()
