"""Every case of `parity/cases.py`, sent to JupyterHub 6.1.1 and to the server under test."""

from __future__ import annotations

import pytest
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS
from parity.cases import CASES
from parity.compare import Talk, difference

CONFIG = (
    DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + "c.JupyterHub.allow_named_servers = True\n"
    "c.JupyterHub.named_server_limit_per_user = 2\n"
    "c.JupyterHub.services.append({'name': 'reader', 'api_token': 'the-token-of-the-reader'})\n"
    "c.JupyterHub.load_roles = [\n"
    "    {'name': 'reader', 'scopes': ['list:users', 'read:users:name', 'list:groups'], 'services': ['reader']},\n"
    "]\n"
    "for kind, scopes in {\n"
    "    'registrar': ['admin:services', 'list:services', 'read:services'], 'no-scopes': [],\n"
    "    'service-reader-all': ['list:services', 'read:services'], 'service-reader-name': ['list:services', 'read:services:name'],\n"
    "    'service-reader-roles': ['list:services', 'read:roles:services'], 'service-reader-list': ['list:services'],\n"
    "    'service-reader-one': ['list:services!service=reader', 'read:services!service=reader'],\n"
    "}.items():\n"
    "    c.JupyterHub.services.append({'name': kind, 'api_token': 'the-token-of-' + kind})\n"
    "    c.JupyterHub.load_roles.append({'name': 'role-of-' + kind, 'scopes': scopes, 'services': [kind]})\n"
    "c.JupyterHub.load_groups = {'first': ['first-1', 'first-2', 'first-3', 'first-4']}\n"
)


@pytest.fixture(scope="module")
def talks(make_both) -> list[Talk]:
    """JupyterHub, and the server under test, with the same configuration."""
    return [Talk(hub) for hub in make_both(CONFIG)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_answers_are_the_same(talks, case):
    theirs, ours = (talk.run(case) for talk in talks)
    # `pytest -rP -k NAME` shows what JupyterHub answered.
    print("\n".join(theirs))
    differs = difference(case, theirs, ours)
    if differs:
        pytest.fail(differs, pytrace=False)
