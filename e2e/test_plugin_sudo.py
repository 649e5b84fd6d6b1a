"""sudospawner 1.0.0, unmodified: a hub that is not root starts servers as their users, by a rule of sudo."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from harness import settings
from harness.hub import ADMIN_SERVICE
from harness.processes import owned_by
from harness.singleuser import expect_jupyter
from harness.waiting import until

pytestmark = pytest.mark.root

CONFIG = (
    ADMIN_SERVICE
    + """
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "sudospawner.SudoSpawner"
c.Spawner.start_timeout = c.Spawner.http_timeout = 120
"""
)


@pytest.fixture
def rule():
    """Makes a rule: `keeper` may run the mediator, and nothing else, as any member of the group."""
    file = Path("/etc/sudoers.d") / f"perijove-{uuid.uuid4().hex[:8]}"

    def make(keeper: str, group: str) -> None:
        mediator = settings.PYTHON.parent / "sudospawner"
        file.write_text(f"{keeper} ALL=(%{group}) NOPASSWD:{mediator}\n")
        file.chmod(0o440)

    yield make
    file.unlink(missing_ok=True)


def test_servers_run_as_their_users(make_hub, accounts, open_directory, rule):
    group = accounts.add_group()
    keeper, account, outsider = accounts.add(groups=("shadow",)), accounts.add(groups=(group,)), accounts.add()
    rule(keeper.name, group)
    hub = make_hub(CONFIG, **keeper.keeps_hub(open_directory / "hub")).start()
    client = hub.log_in(account.name, account.password)
    client.start_server(account.name)
    process = hub.server_process(account.name)
    assert (process.uid(), process.cwd()) == (account.entry.pw_uid, account.entry.pw_dir)
    expect_jupyter(client, account.name)
    hub.kill()
    hub.start()
    assert process.alive() and client.get(f"user/{account.name}/api").status_code == 200
    client.stop_server(account.name)
    process.wait_ended()
    until(lambda: not owned_by(account.entry.pw_uid), "the end of everything that ran as the user")
    # Whom the rule does not name gets an error and no server.
    other = hub.log_in(outsider.name, outsider.password)
    assert other.api("POST", f"users/{outsider.name}/server", json={}).status_code == 500
    assert hub.admin().expect(200, "GET", f"users/{outsider.name}").json()["servers"] == {}
