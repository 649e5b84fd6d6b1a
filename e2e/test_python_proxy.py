"""`JupyterHub.proxy_class`: classes in Python that start and drive a proxy of their own, beside JupyterHub itself."""

from __future__ import annotations

import json
import re

import pytest
from harness import settings
from harness.both import of_both
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS, Hub
from harness.processes import Process, children_of
from harness.waiting import until

BASIS = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE
OWN = f"""
import json
from jupyterhub.proxy import ConfigurableHTTPProxy

class Noting(ConfigurableHTTPProxy):
    def note(self, what, **more):
        with open(os.path.join(here, "notes"), "a") as notes:
            notes.write(json.dumps({{"what": what, **more}}) + "\\n")

    async def start(self):
        self.note("start", url=self.public_url.replace(str(port), "PORT"), by_host=self.host_routing, hub=self.hub.routespec)
        await super().start()

    def stop(self):
        self.note("stop")
        super().stop()

    async def add_route(self, routespec, target, data):
        self.note("add", spec=routespec, data=data)
        await super().add_route(routespec, target, data)

    async def delete_route(self, routespec):
        self.note("delete", spec=routespec)
        await super().delete_route(routespec)

c.JupyterHub.proxy_class = Noting
c.ConfigurableHTTPProxy.command = [{str(settings.CHP)!r}]
c.ConfigurableHTTPProxy.check_running_interval = 1
c.JupyterHub.last_activity_interval = 1
"""


def notes(hub: Hub) -> list[dict]:
    return [json.loads(line) for line in (hub.directory / "notes").read_text().splitlines()]


def proxy_of(hub: Hub) -> Process:
    return Process.of(int((hub.directory / "jupyterhub-proxy.pid").read_text()))


def workers(hub: Hub) -> list[Process]:
    """Processes of the hub that run Python."""
    return [child for child in children_of(hub.process.pid) if "JUPYTERHUB_USER" not in child.environ()]


def test_a_class_drives_its_own_proxy(make_both):
    hubs = make_both(BASIS + OWN)

    def walk(hub: Hub) -> dict[str, object]:
        client = hub.client(hub.token_for("ada"))
        client.start_server("ada")
        answer = client.get("user/ada/x").json()["path"]
        routes = {
            spec: {"data": {name: value for name, value in route["data"].items() if name != "last_activity"}, "target": re.sub(r":\d+$", ":<port>", route["target"])}
            for spec, route in hub.admin().expect(200, "GET", "proxy").json().items()
        }  # fmt: skip
        client.stop_server("ada")
        hub.stop()
        return {"answer": answer, "routes": routes, "ends": proxy_is_gone(hub)}

    def proxy_is_gone(hub: Hub) -> bool:
        return not (hub.directory / "jupyterhub-proxy.pid").exists()

    seen = of_both(hubs, walk)
    assert seen["answer"] == "/user/ada/x" and seen["ends"], seen

    def told(hub: Hub) -> list[str]:
        return sorted({json.dumps(note) for note in notes(hub)})

    assert any('"delete", "spec": "/user/ada/"' in note for note in of_both(hubs, told))


def test_routes_come_back_with_the_proxy(make_hub):
    """The class starts its program again when it has ended, and the hub says what is routed."""
    hub = make_hub(BASIS + OWN).start()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")
    first = proxy_of(hub)
    first.kill()
    first.wait_ended()
    until(lambda: proxy_of(hub).pid != first.pid, "another proxy", ignoring=(OSError, ValueError))
    until(lambda: client.get("user/ada/x").ok, "the route to be back", ignoring=(OSError,))


@pytest.mark.perijove
def test_a_worker_that_dies_takes_nothing_along_for_long(make_hub):
    hub = make_hub(BASIS + OWN).start()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")
    for worker in workers(hub):
        worker.kill()
        worker.wait_ended()
    until(lambda: len([note for note in notes(hub) if note["what"] == "start"]) > 1, "the class to be started again")
    until(lambda: client.get("user/ada/x").ok, "the route to be back", ignoring=(OSError,))


def test_servers_outlive_a_crash_of_the_hub(make_hub):
    hub = make_hub(BASIS + OWN + "c.JupyterHub.cleanup_servers = False\n").start()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")
    process = hub.server_process("ada")
    hub.kill()
    hub.start()
    until(lambda: client.get("user/ada/x").ok, "the server to be routed", ignoring=(OSError,))
    assert hub.server_process("ada") == process


@pytest.mark.perijove
@pytest.mark.parametrize(
    ("config", "says"),
    [
        ('c.JupyterHub.proxy_class = "no.such.Proxy"\n', "No module named 'no'"),
        ("from jupyterhub.proxy import Proxy\nclass Broken(Proxy):\n    def start(self):\n        raise RuntimeError('no program')\nc.JupyterHub.proxy_class = Broken\n", "no program"),
    ],
)  # fmt: skip
def test_a_class_that_does_not_start_ends_the_hub(make_hub, config, says):
    hub = make_hub(BASIS + config).launch()
    assert hub.process.wait(120) == 1
    assert "c.JupyterHub.proxy_class" in hub.log() and says in hub.log()
