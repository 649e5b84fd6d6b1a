"""Real accounts of the machine: who gets in through PAM, and as whom the servers run."""

from __future__ import annotations

import grp
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import requests
from harness import settings
from harness.accounts import Account
from harness.hub import ADMIN_SERVICE
from harness.waiting import until

pytestmark = pytest.mark.root

#: PAM and LocalProcessSpawner are the defaults: the configuration names neither.
PAM = ADMIN_SERVICE + "c.Authenticator.allow_all = True\n"
TRIVIAL = f"c.Spawner.cmd = [{shutil.which('python3', path='/usr/bin')!r}, '-I', '-S', {{program!r}}]\n"
LAB = 'c.Spawner.default_url = "/lab"\nc.Spawner.start_timeout = c.Spawner.http_timeout = 120\n'


@pytest.fixture
def trivial(open_directory: Path) -> str:
    """The smallest server, where the made accounts can read it; run by the system's own Python."""
    program = open_directory / "trivial_singleuser.py"
    shutil.copy(settings.PROJECT / "bench" / "trivial_singleuser.py", program)
    return TRIVIAL.format(program=str(program))


@pytest.fixture
def pam_hub(make_hub, trivial, open_directory):
    return make_hub(PAM + trivial, directory=open_directory / "hub")


def test_right_and_wrong_passwords(pam_hub, accounts):
    account = accounts.add()
    pam_hub.start()
    answer = pam_hub.client().log_in(account.name, "not " + account.password, expect=403)
    assert "Invalid username or password" in answer.text
    pam_hub.client().log_in(account.name, "", expect=403)
    pam_hub.client().log_in("nobody-of-this-name", account.password, expect=403)
    client = pam_hub.log_in(account.name, account.password)
    assert client.user()["name"] == account.name


def test_a_locked_account_stays_out(pam_hub, accounts):
    account = accounts.add()
    accounts.lock(account)
    pam_hub.start()
    answer = pam_hub.client().log_in(account.name, account.password, expect=403)
    assert "Invalid username or password" in answer.text


def test_an_expired_account_stays_out(pam_hub, accounts):
    account = accounts.add()
    accounts.expire(account)
    pam_hub.start()
    answer = pam_hub.client().log_in(account.name, account.password, expect=403)
    assert "Invalid username or password" in answer.text


def test_an_account_that_must_change_its_password_stays_out(pam_hub, accounts):
    account = accounts.add()
    accounts.force_password_change(account)
    pam_hub.start()
    pam_hub.client().log_in(account.name, account.password, expect=403)


def test_the_server_runs_as_the_user_with_its_groups_and_home(pam_hub, accounts):
    group = accounts.add_group()
    account = accounts.add(groups=(group,))
    pam_hub.start()
    client = pam_hub.log_in(account.name, account.password)
    client.start_server(account.name)
    process, entry = pam_hub.server_process(account.name), account.entry
    assert process.uid() == entry.pw_uid
    assert process.groups() == {entry.pw_gid, grp.getgrnam(group).gr_gid}
    assert process.cwd() == entry.pw_dir
    environ = process.environ()
    assert (environ["HOME"], environ["USER"], environ["SHELL"]) == (entry.pw_dir, account.name, "/bin/bash")
    assert "CONFIGPROXY_AUTH_TOKEN" not in environ
    # A session of its own: signals to the hub's terminal do not reach it.
    assert os.getsid(process.pid) == process.pid != os.getsid(pam_hub.process.pid)
    client.stop_server(account.name)
    process.wait_ended()


def test_nobody_gets_in_when_nothing_is_allowed(make_hub, trivial, open_directory, accounts):
    account = accounts.add()
    hub = make_hub(ADMIN_SERVICE + trivial, directory=open_directory / "hub").start()
    hub.client().log_in(account.name, account.password, expect=403)
    hub.logged("allow")


def test_the_old_name_of_allowed_groups_lets_nobody_in(make_hub, trivial, open_directory, accounts):
    group = accounts.add_group()
    account = accounts.add(groups=(group,))
    config = ADMIN_SERVICE + trivial + f"c.LocalAuthenticator.group_whitelist = {{{group!r}}}\n"
    hub = make_hub(config, directory=open_directory / "hub").start()
    hub.client().log_in(account.name, account.password, expect=403)


def test_allowed_users_admins_and_groups(make_hub, trivial, open_directory, accounts):
    group = accounts.add_group()
    member, named, admin, stranger = accounts.add(groups=(group,)), accounts.add(), accounts.add(), accounts.add()
    blocked = accounts.add(groups=(group,))
    hub = make_hub(
        ADMIN_SERVICE + trivial + f"c.Authenticator.allowed_users = {{{named.name!r}}}\n"
        f"c.Authenticator.admin_users = {{{admin.name!r}}}\n"
        f"c.Authenticator.blocked_users = {{{blocked.name!r}}}\n"
        f"c.LocalAuthenticator.allowed_groups = {{{group!r}}}\n",
        directory=open_directory / "hub",
    ).start()
    for account in (member, named):
        assert hub.log_in(account.name, account.password).user()["admin"] is False
    assert hub.log_in(admin.name, admin.password).user()["admin"] is True
    for account in (stranger, blocked):
        hub.client().log_in(account.name, account.password, expect=403)


def test_a_non_root_hub_in_group_shadow(make_hub, trivial, open_directory, accounts):
    """The hub runs as an ordinary account of group shadow: it can check other accounts' passwords."""
    keeper, account = accounts.add(groups=("shadow",)), accounts.add()
    spawner = (
        'c.JupyterHub.spawner_class = "simple"\n'
        'c.SimpleLocalProcessSpawner.home_dir_template = os.path.join(here, "homes", "{username}")\n'
    )
    hub = make_hub(PAM + trivial + spawner, **keeper.keeps_hub(open_directory / "hub"))
    assert_readable_by_all(settings.command(hub.kind)[0])
    hub.start()
    hub.client().log_in(account.name, "wrong", expect=403)
    client = hub.log_in(account.name, account.password)
    client.start_server(account.name)
    assert hub.server_process(account.name).uid() == keeper.entry.pw_uid


def test_a_non_root_hub_starts_servers_of_its_own_account(make_hub, trivial, open_directory, accounts):
    """LocalProcessSpawner without root: possible for the account that the hub runs as."""
    keeper = accounts.add(groups=("shadow",))
    hub = make_hub(PAM + trivial, **keeper.keeps_hub(open_directory / "hub"))
    assert_readable_by_all(settings.command(hub.kind)[0])
    hub.start()
    client = hub.log_in(keeper.name, keeper.password)
    client.start_server(keeper.name)
    assert hub.server_process(keeper.name).uid() == keeper.entry.pw_uid


def test_a_user_without_an_account_gets_an_error_and_then_a_server(pam_hub, accounts):
    """No account: the start fails and nothing stays pending. Once it is made, the next try works."""
    account = accounts.add()
    pam_hub.start()
    token = pam_hub.token_for(account.name)
    subprocess.run(["userdel", "-r", account.name], check=True, capture_output=True)
    client = pam_hub.client(token)
    assert client.api("POST", f"users/{account.name}/server").status_code == 500
    until(lambda: client.user()["pending"] is None, "the failed start to be over")
    subprocess.run(["useradd", "-m", account.name], check=True, capture_output=True)
    client.start_server(account.name)
    assert pam_hub.server_process(account.name).uid() == account.entry.pw_uid


def test_a_slow_password_check_holds_nobody_up(make_hub, trivial, open_directory):
    """A PAM module that takes 30 seconds, as one does whose directory server is away."""
    subprocess.run([str(settings.E2E / "accounts.sh"), "create"], check=True)
    hub = make_hub(PAM + trivial + 'c.PAMAuthenticator.service = "pjv-slow"\n', directory=open_directory / "hub").start()
    other = hub.client(hub.token_for("pjv-boss"))
    page = hub.client()
    page.get("hub/login")
    form = {"username": "pjv-ada", "password": "whatever", "_xsrf": page.xsrf()}
    with pytest.raises(requests.Timeout):
        page.post("hub/login", data=form, timeout=1)
    # The check goes on in the background.
    began = time.monotonic()
    assert other.user()["name"] == "pjv-boss"
    other.start_server("pjv-boss")
    assert time.monotonic() - began < 20, "the slow login held up somebody else"


def test_create_system_users(make_hub, trivial, open_directory, accounts):
    name = f"pjnew{os.getpid()}"
    hub = make_hub(
        PAM + trivial + "c.LocalAuthenticator.create_system_users = True\n", directory=open_directory / "hub"
    ).start()
    accounts.adopt(name)
    hub.admin().expect(201, "POST", f"users/{name}")
    assert Account(name, "").entry.pw_name == name


def test_a_user_that_cannot_be_made_is_not_kept(pam_hub):
    pam_hub.start()
    pam_hub.admin().expect(400, "POST", "users/no-such-account-here")
    pam_hub.admin().expect(404, "GET", "users/no-such-account-here")


@pytest.mark.browser
def test_jupyterlab_for_a_system_account_in_a_browser(make_hub, open_directory, accounts):
    """The whole way for a real account: its own password, its own home, its own kernel."""
    from harness.browser import Lab, chromium, log_in, new_page

    account = accounts.add()
    hub = make_hub(PAM + LAB, directory=open_directory / "hub")
    assert_readable_by_all(str(settings.PYTHON))
    hub.start()
    with chromium() as browser:
        page = new_page(browser.new_context())
        page.goto(hub.url)
        log_in(page, account.name, account.password)
        page.wait_for_url(f"**/user/{account.name}/lab*")
        lab = Lab(page).wait_ready().new_notebook()
        place = lab.run("import os, getpass; (getpass.getuser(), os.getcwd())")
        lab.expect_output(place, f"('{account.name}', '{account.entry.pw_dir}')")


def assert_readable_by_all(path: str) -> None:
    """Other accounts must be able to run this file, so the folders above it must let them through."""
    file = Path(path).resolve()
    for part in (file, *file.parents):
        assert part.stat().st_mode & 0o001, f"{part} cannot be entered by other accounts, which this test needs"
