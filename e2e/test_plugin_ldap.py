"""LDAPAuthenticator 2.0.2, unmodified, against a real OpenLDAP server, beside JupyterHub."""

from __future__ import annotations

import json

import pytest
from harness.both import of_both
from harness.hub import ADMIN_SERVICE, TRIVIAL_SERVERS
from harness.slapd import ADMIN, ADMIN_PASSWORD, GROUPS, PASSWORD, PEOPLE, Slapd

CONFIG = """
import ssl
c.JupyterHub.authenticator_class = "ldap"
c.LDAPAuthenticator.server_address = "localhost"
c.LDAPAuthenticator.server_port = {port}
c.LDAPAuthenticator.tls_kwargs = {{"ca_certs_file": {certificate!r}, "validate": ssl.CERT_REQUIRED}}
c.Authenticator.admin_users = {{"boss"}}
c.Authenticator.enable_auth_state = True
c.LDAPAuthenticator.auth_state_attributes = ["mail", "memberOf"]
"""
#: The entry follows from the name; who is in one of two groups may enter.
BY_TEMPLATE = f"""
c.LDAPAuthenticator.bind_dn_template = ["uid={{username}},ou=nobody,dc=test", "uid={{username}},{PEOPLE}"]
c.LDAPAuthenticator.allowed_groups = ["cn=students,{GROUPS}", "cn=staff,{GROUPS}"]
c.LDAPAuthenticator.user_search_base = {PEOPLE!r}
c.LDAPAuthenticator.user_attribute = "uid"
"""
#: The entry is looked up by an address, and gives the user's name; everybody that the filter finds may enter.
BY_LOOKUP = f"""
c.LDAPAuthenticator.lookup_dn = True
c.LDAPAuthenticator.lookup_dn_search_user = {ADMIN!r}
c.LDAPAuthenticator.lookup_dn_search_password = {ADMIN_PASSWORD!r}
c.LDAPAuthenticator.user_search_base = {PEOPLE!r}
c.LDAPAuthenticator.user_attribute = "mail"
c.LDAPAuthenticator.lookup_dn_user_dn_attribute = "uid"
c.LDAPAuthenticator.use_lookup_dn_username = True
c.LDAPAuthenticator.valid_username_regex = r"^[a-z][.a-z0-9_@-]*$"
c.Authenticator.allow_all = True
"""
ENVIRONMENT = {"JUPYTERHUB_CRYPT_KEY": "8f1b" * 16}


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    slapd = Slapd(tmp_path_factory.mktemp("directory"))
    ada = slapd.add_person("ada", mail="ada@example.org")
    slapd.add_person("eve", mail="eve@example.org")
    boss = slapd.add_person("boss", mail="boss@example.org")
    slapd.add_group("students", ada)
    slapd.add_group("staff", boss)
    yield slapd
    slapd.stop()


def config(directory: Slapd, more: str) -> str:
    return TRIVIAL_SERVERS + ADMIN_SERVICE + CONFIG.format(port=directory.port, certificate=str(directory.certificate)) + more


@pytest.fixture(scope="module")
def by_template(make_both, directory):
    return make_both(config(directory, BY_TEMPLATE), env=ENVIRONMENT)


def outcomes(hubs, attempts: list[tuple[str, str]]) -> list[int]:
    """The statuses of these logins, the same for both."""

    return of_both(hubs, lambda hub: [hub.client().try_log_in(*attempt).status_code for attempt in attempts])


def test_who_may_enter(by_template):
    attempts = [
        ("ada", PASSWORD), ("Ada", PASSWORD), ("ada", "wrong"), ("ada", ""), ("boss", PASSWORD), ("eve", PASSWORD),
        ("nobody", PASSWORD), ("*", PASSWORD), ("ada)(uid=*", PASSWORD), ("ada,ou=people", PASSWORD),
    ]  # fmt: skip
    assert outcomes(by_template, attempts) == [302, 403, 403, 403, 302, 403, 403, 403, 403, 403]


def test_what_the_directory_says_is_kept(by_template):
    def known(hub):
        for name in ("ada", "boss"):
            hub.log_in(name, PASSWORD)
        users = [hub.admin().expect(200, "GET", f"users/{name}").json() for name in ("ada", "boss")]
        return [(user["admin"], json.dumps(user["auth_state"], sort_keys=True)) for user in users]

    ours = of_both(by_template, known)
    assert "ada@example.org" in ours[0][1] and [admin for admin, _ in ours] == [False, True]


def test_a_server_starts(by_template):
    for hub in by_template:
        client = hub.log_in("ada", PASSWORD)
        client.start_server("ada")
        assert client.get("user/ada/api").status_code == 200
        client.stop_server("ada")


def test_names_that_are_looked_up(make_both, directory):
    hubs = make_both(config(directory, BY_LOOKUP), env=ENVIRONMENT)
    attempts = [("ada@example.org", PASSWORD), ("eve@example.org", PASSWORD), ("ada@example.org", "wrong"), ("ada", PASSWORD)]
    assert outcomes(hubs, attempts) == [302, 302, 403, 403]
    names = of_both(hubs, lambda hub: sorted(user["name"] for user in hub.admin().expect(200, "GET", "users").json()))
    assert names == ["ada", "boss", "eve"]


def test_a_certificate_that_is_not_trusted(make_both, directory):
    """The login fails, nothing is sent in the clear, and the hub lives on."""
    other = config(directory, BY_TEMPLATE) + 'c.LDAPAuthenticator.tls_kwargs = {"validate": ssl.CERT_REQUIRED}\n'
    statuses = outcomes(make_both(other, env=ENVIRONMENT), [("ada", PASSWORD), ("ada", PASSWORD)])
    assert set(statuses) <= {403, 500}
