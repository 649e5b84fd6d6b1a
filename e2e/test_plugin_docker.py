"""dockerspawner 14.0.0, unmodified, with a real dockerd: servers are containers, the hub listens on their bridge."""

from __future__ import annotations

import shutil

import pytest
from harness import settings
from harness.docker import Docker, missing
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN
from harness.processes import with_environment
from harness.singleuser import PROGRAM, expect_jupyter
from harness.waiting import until

pytestmark = pytest.mark.root

CONFIG = """
c.JupyterHub.spawner_class = "docker"
c.JupyterHub.hub_ip = {address!r}
c.DockerSpawner.image = {image!r}
c.DockerSpawner.pull_policy = "never"
c.DockerSpawner.use_internal_ip = True
c.DockerSpawner.remove = True
c.DockerSpawner.read_only_volumes = {{path: path for path in ("/usr", {programs!r}, {environment!r})}}
c.DockerSpawner.mem_limit = "400M"
c.DockerSpawner.environment = {{"HOME": "/tmp"}}
c.Spawner.cmd = {command!r}
c.Spawner.start_timeout = c.Spawner.http_timeout = 120
"""


@pytest.fixture
def docker(open_directory):
    reason = missing()
    if reason:
        pytest.skip(reason)
    daemon = Docker(open_directory / "docker")
    yield daemon
    daemon.stop()


#: No other test has a server of this user.
USER = "dockeruser"


@pytest.mark.parametrize("real", [False, True], ids=["stand-in", "jupyterhub-singleuser"])
def test_a_server_is_a_container(make_hub, docker, open_directory, real):
    programs = open_directory / "programs"
    programs.mkdir()
    shutil.copy(settings.PROJECT / "bench" / "trivial_singleuser.py", programs)
    command = [PROGRAM, "--allow-root"] if real else ["/usr/bin/python3", "-I", "-S", str(programs / "trivial_singleuser.py")]
    config = CONFIG.format(
        address=docker.address, image=docker.image, programs=str(programs), environment=str(settings.PYTHON.parent.parent), command=command,
    )  # fmt: skip
    hub = make_hub(DUMMY_LOGIN + ADMIN_SERVICE + config, env={"DOCKER_HOST": docker.url}).start()
    client = hub.log_in(USER)
    client.start_server(USER)
    assert docker.containers() == [f"jupyter-{USER} running"]
    state = hub.admin().expect(200, "GET", f"users/{USER}").json()["servers"][""]["state"]
    assert state["object_name"] == f"jupyter-{USER}" and state["object_id"]
    # The real server has a child or two.
    process = min(with_environment("JUPYTERHUB_USER", USER), key=lambda process: process.pid)
    assert process.environ()["JUPYTERHUB_API_URL"] == f"http://{docker.address}:{hub.hub_port}/hub/api"
    assert process.environ()["MEM_LIMIT"] == str(400 * 2**20)
    assert client.get(f"user/{USER}/api").status_code == 200
    if real:
        expect_jupyter(client, USER)
    hub.kill()
    hub.start()
    assert client.get(f"user/{USER}/api").status_code == 200
    assert docker.containers() == [f"jupyter-{USER} running"]
    client.stop_server(USER)
    process.wait_ended()
    until(lambda: docker.containers() == [], "the container to be removed")
