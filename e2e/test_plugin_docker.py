"""dockerspawner 14.0.0, unmodified, with a real dockerd: servers are containers, the hub listens on their bridge."""

from __future__ import annotations

import shutil

import pytest
from harness import settings
from harness.docker import Docker, missing
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN
from harness.processes import with_environment
from harness.waiting import until

pytestmark = pytest.mark.root

CONFIG = """
c.JupyterHub.spawner_class = "docker"
c.JupyterHub.hub_ip = {address!r}
c.DockerSpawner.image = {image!r}
c.DockerSpawner.pull_policy = "never"
c.DockerSpawner.use_internal_ip = True
c.DockerSpawner.remove = True
c.DockerSpawner.read_only_volumes = {{"/usr": "/usr", {programs!r}: "/programs"}}
c.DockerSpawner.mem_limit = "200M"
c.Spawner.cmd = ["/usr/bin/python3", "-I", "-S", "/programs/trivial_singleuser.py"]
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


def test_a_server_is_a_container(make_hub, docker, open_directory):
    programs = open_directory / "programs"
    programs.mkdir()
    shutil.copy(settings.PROJECT / "bench" / "trivial_singleuser.py", programs)
    config = CONFIG.format(address=docker.address, image=docker.image, programs=str(programs))
    hub = make_hub(DUMMY_LOGIN + ADMIN_SERVICE + config, env={"DOCKER_HOST": docker.url}).start()
    client = hub.log_in(USER)
    client.start_server(USER)
    assert docker.containers() == [f"jupyter-{USER} running"]
    state = hub.admin().expect(200, "GET", f"users/{USER}").json()["servers"][""]["state"]
    assert state["object_name"] == f"jupyter-{USER}" and state["object_id"]
    [process] = with_environment("JUPYTERHUB_USER", USER)
    assert process.environ()["JUPYTERHUB_API_URL"] == f"http://{docker.address}:{hub.hub_port}/hub/api"
    assert process.environ()["MEM_LIMIT"] == str(200 * 2**20)
    assert client.get(f"user/{USER}/api").status_code == 200
    hub.kill()
    hub.start()
    assert client.get(f"user/{USER}/api").status_code == 200
    assert docker.containers() == [f"jupyter-{USER} running"]
    client.stop_server(USER)
    process.wait_ended()
    until(lambda: docker.containers() == [], "the container to be removed")
