"""What an authenticator in Python manages besides logins: roles, groups, kept state, and looking at users again."""

from __future__ import annotations

import json

import pytest
from harness.both import of_both
from harness.hub import ADMIN_SERVICE, TRIVIAL_SERVERS

#: Roles and groups of each login and refresh are in files, so that the tests can change them while the hub runs.
CONFIG = (
    TRIVIAL_SERVERS
    + ADMIN_SERVICE
    + """
import json
from jupyterhub.auth import Authenticator

def said(name, default):
    file = os.path.join(here, name + ".json")
    return json.load(open(file)) if os.path.exists(file) else default

class Directory(Authenticator):
    async def authenticate(self, handler, data):
        name = data["username"]
        return {"name": name, **said(name, {})}

    async def load_managed_roles(self):
        return said("roles", [])

    async def refresh_user(self, user, handler=None):
        return said(user.name + "-refreshed", True)

async def reconcile(authenticator, model, existing):
    return {"logins": (existing or {}).get("logins", 0) + 1, "new": model["auth_state"]}

c.JupyterHub.authenticator_class = Directory
c.Authenticator.allow_all = True
c.Authenticator.manage_groups = True
c.Authenticator.manage_roles = True
c.Authenticator.enable_auth_state = True
c.Authenticator.reconcile_auth_state_hook = reconcile
c.Authenticator.refresh_pre_spawn = True
c.Authenticator.auth_refresh_age = 3600
"""
)
ENVIRONMENT = {"JUPYTERHUB_CRYPT_KEY": "8f1b" * 16}
TEACHERS = {"name": "teachers", "description": "Who teaches", "scopes": ["read:users"], "groups": ["staff"]}
GRADERS = {"name": "graders", "scopes": ["read:users:name"], "users": ["eve"]}


def says(hub, name: str, what: object) -> None:
    (hub.directory / f"{name}.json").write_text(json.dumps(what))


def log_in(hub, name: str, groups: list[str], roles: list[dict] | None = None):
    says(hub, name, {"groups": groups, "roles": [{"name": "user"}] if roles is None else roles})
    return hub.log_in(name, "any")


def known(hub, name: str) -> dict:
    user = hub.admin().expect(200, "GET", f"users/{name}").json()
    return {"groups": sorted(user["groups"]), "roles": sorted(user["roles"]), "auth_state": user["auth_state"]}


@pytest.fixture(scope="module")
def hubs(make_both):
    return make_both(CONFIG, env=ENVIRONMENT)


def test_roles_and_groups_follow_each_login(hubs):
    def logins(hub):
        seen = []
        for groups, roles in (["a"], [GRADERS | {"users": []}]), (["a", "b"], [{"name": "user"}]), ([], []):
            log_in(hub, "ada", groups, roles)
            seen.append(known(hub, "ada"))
        return seen

    first, second, third = of_both(hubs, logins)
    assert (first["groups"], first["roles"]) == (["a"], ["graders"])
    assert (second["groups"], third["groups"]) == (["a", "b"], [])


def test_kept_state_is_reconciled(hubs):
    def logins(hub):
        for _ in range(2):
            log_in(hub, "bea", [])
        return known(hub, "bea")["auth_state"]

    assert of_both(hubs, logins) == {"logins": 2, "new": None}


@pytest.mark.parametrize("refusal", [False, None])
def test_who_must_log_in_again_starts_nothing(hubs, refusal):
    name = f"cleo-{refusal}".lower()

    def start(hub):
        client = log_in(hub, name, [])
        says(hub, f"{name}-refreshed", refusal)
        refused = client.api("POST", f"users/{name}/server", json={})
        says(hub, f"{name}-refreshed", True)
        again = hub.log_in(name, "any")
        allowed = again.api("POST", f"users/{name}/server", json={})
        stopped = again.api("DELETE", f"users/{name}/server").status_code
        return refused.status_code, allowed.status_code, stopped

    # JupyterHub means 403 as well, and stumbles over an attribute of its own that is not there.
    for hub in hubs:
        assert start(hub) == (403 if hub.kind == "perijove" else 500, 201, 204)


def test_a_refresh_changes_groups_and_roles(hubs):
    def refreshed(hub):
        client = log_in(hub, "dan", ["old"])
        says(hub, "dan-refreshed", {"name": "dan", "groups": ["new"], "roles": [{"name": "user"}, GRADERS | {"users": []}], "auth_state": {"k": 1}})
        client.expect(201, "POST", "users/dan/server", json={})
        client.expect(204, "DELETE", "users/dan/server")
        return known(hub, "dan")

    seen = of_both(hubs, refreshed)
    assert (seen["groups"], seen["roles"], seen["auth_state"]["new"]) == (["new"], ["graders", "user"], {"k": 1})


def test_roles_of_the_start(make_both):
    """`load_managed_roles`, and what a later start takes back with `reset_managed_roles_on_startup`."""
    hubs = make_both(CONFIG + "c.Authenticator.reset_managed_roles_on_startup = True\n", env=ENVIRONMENT)

    def began_again(hub):
        for name in ("eve", "fay"):
            log_in(hub, name, ["staff"] if name == "fay" else [])
        seen = []
        for roles in [TEACHERS, GRADERS], [GRADERS | {"users": []}], []:
            says(hub, "roles", roles)
            hub.restart()
            groups = hub.admin().expect(200, "GET", "groups/staff").json()
            seen.append((known(hub, "eve")["roles"], groups["roles"]))
        return seen

    assert of_both(hubs, began_again) == [(["graders", "user"], ["teachers"]), (["user"], []), (["user"], [])]
