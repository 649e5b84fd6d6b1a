"""batchspawner 1.3.0, unmodified, with a real Slurm: servers are jobs, which tell the hub their port."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from harness import settings
from harness.hub import ADMIN_SERVICE
from harness.singleuser import PROGRAM, expect_jupyter
from harness.slurm import Slurm
from harness.waiting import until

pytestmark = pytest.mark.root

CONFIG = """
import batchspawner
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "batchspawner.SlurmSpawner"
c.Spawner.start_timeout = c.Spawner.http_timeout = 120
c.Spawner.cmd = [{program!r}]
c.BatchSpawnerBase.batchspawner_singleuser_cmd = {singleuser!r}
c.BatchSpawnerBase.req_keepvars_extra = "SLURM_CONF"
c.Spawner.env_keep = ["PATH", "LANG", "SLURM_CONF"]
c.BatchSpawnerBase.startup_poll_interval = 0.1
c.SlurmSpawner.req_memory = "100"
c.SlurmSpawner.exec_prefix = "setpriv --reuid {{username}} --regid {{username}} --init-groups"
"""


@pytest.fixture(scope="module")
def slurm():
    folder = Path("/var/tmp/perijove-e2e-slurm")
    shutil.rmtree(folder, ignore_errors=True)
    cluster = Slurm(folder)
    yield cluster
    cluster.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("real", [False, True], ids=["stand-in", "jupyterhub-singleuser"])
def test_a_server_is_a_job(make_hub, accounts, open_directory, slurm, real):
    account = accounts.add()
    program = open_directory / "trivial_singleuser.py"
    shutil.copy(settings.PROJECT / "bench" / "trivial_singleuser.py", program)
    program.chmod(0o755)
    config = ADMIN_SERVICE + CONFIG.format(program=PROGRAM if real else str(program), singleuser=str(settings.PYTHON.parent / "batchspawner-singleuser"))
    hub = make_hub(config, directory=open_directory / "hub", env={"SLURM_CONF": str(slurm.config)}).start()
    client = hub.log_in(account.name, account.password)
    client.start_server(account.name)
    assert slurm.jobs() == ["RUNNING"]
    state = hub.admin().expect(200, "GET", f"users/{account.name}").json()["servers"][""]["state"]
    assert state["job_id"].isdigit()
    assert client.get(f"user/{account.name}/api").status_code == 200
    if real:
        expect_jupyter(client, account.name)
    hub.kill()
    hub.start()
    assert client.get(f"user/{account.name}/api").status_code == 200 and slurm.jobs() == ["RUNNING"]
    client.stop_server(account.name)
    until(lambda: "RUNNING" not in slurm.jobs(), "the job to end")
