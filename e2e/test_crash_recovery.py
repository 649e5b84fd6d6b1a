"""`kill -9` of the hub while a kernel computes: servers, kernels and browsers go on as if nothing had happened."""

from __future__ import annotations

import contextlib
import re

import pytest
import requests
from harness import settings
from harness.browser import Lab, chromium, log_in, new_page
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, DUMMY_PASSWORD, LAB_SERVERS, TRIVIAL_SERVERS
from harness.kernel import Kernel
from harness.waiting import until

#: Upstream lets servers inherit its own output, so that a pipe which breaks kills them; ours must not.
PIPED = settings.SERVER == "perijove"

COUNT_AND_PRINT = """
import time, sys
count = 0
while count < 400:
    count += 1
    print("tick", count, flush=True)
    print("chatter on the server's own output", count, file=sys.__stderr__, flush=True)
    time.sleep(0.1)
print("counted", count)
"""


def test_a_server_is_adopted_and_its_kernel_goes_on(make_hub):
    hub = make_hub(DUMMY_LOGIN + LAB_SERVERS + ADMIN_SERVICE, piped=PIPED).start()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")
    server = hub.server_process("ada")
    kernel = Kernel(client, "ada").connect()
    assert kernel.run("treasure = 'under the palm'; import os; os.getpid()")
    message_id = kernel.start_running(COUNT_AND_PRINT)
    next(m for m in kernel.messages(message_id) if m["msg_type"] == "stream" and "tick 3" in m["content"]["text"])

    hub.kill()
    kernel.close()
    assert server.alive()
    hub.start()

    assert hub.server_process("ada") == server, "the server was not adopted"
    assert client.get("user/ada/api/status").status_code == 200, "the route is not back"
    kernel.connect()
    # The cell has printed all the while and comes to its end.
    printed = ""
    for message in kernel.messages():
        if message["msg_type"] == "stream":
            printed += message["content"]["text"]
        assert message["msg_type"] != "error", message["content"]
        if "counted 400" in printed:
            break
    assert kernel.run("treasure, count") == "('under the palm', 400)"
    assert server.alive()

    client.stop_server("ada")
    server.wait_ended()


@pytest.mark.browser
def test_a_browser_reconnects_by_itself(make_hub):
    hub = make_hub(DUMMY_LOGIN + LAB_SERVERS + ADMIN_SERVICE, piped=PIPED).start()
    with chromium() as browser:
        page = new_page(browser.new_context())
        page.goto(hub.url)
        log_in(page, "ada", DUMMY_PASSWORD)
        page.wait_for_url("**/user/ada/lab*")
        lab = Lab(page).wait_ready().new_notebook()
        lab.expect_output(lab.run("treasure = 'under the palm'; treasure"), "under the palm")
        server = hub.server_process("ada")

        hub.kill()
        hub.start()

        # JupyterLab finds its way back without a reload: same session, same kernel, same variables.
        def answered() -> bool:
            lab.dismiss_dialogs()
            place = lab.run("treasure.upper()")
            try:
                lab.expect_output(place, re.compile("UNDER THE PALM"), milliseconds=10_000)
            except AssertionError:
                return False
            return True

        until(answered, "the kernel to answer the browser again", seconds=120)
        assert hub.server_process("ada") == server


def test_a_server_that_ended_meanwhile_is_not_running_after_the_restart(make_hub):
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE).start()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")
    server = hub.server_process("ada")
    hub.kill()
    server.kill()
    server.wait_ended()
    hub.start()
    until(lambda: client.user()["servers"] == {}, "the dead server to be noticed")
    assert client.get("user/ada/api", allow_redirects=False).status_code in (302, 424)
    client.start_server("ada")
    assert hub.server_process("ada") != server


def test_a_second_kill_during_the_start_loses_nothing(make_hub):
    hub = make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE).start()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")
    server = hub.server_process("ada")
    hub.kill()
    hub.launch()
    hub.kill()
    hub.start()
    assert hub.server_process("ada") == server
    until(lambda: client.get("user/ada/api").status_code == 200, "the route to be back")


@pytest.mark.perijove
def test_a_half_finished_start_leaves_no_unknown_process(make_hub):
    """Whenever the hub dies during a start, the server is known to the next hub or it is gone."""
    slow = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + 'c.Spawner.args = ["--slow", "1.5"]\n'
    hub = make_hub(slow).start()
    client = hub.client(hub.token_for("ada"))
    # Long before the server answers: the request is still waiting for it.
    with contextlib.suppress(requests.Timeout):
        client.api("POST", "users/ada/server", timeout=0.3)
    hub.kill()
    hub.start()

    def settled() -> bool:
        servers = client.user()["servers"]
        return not servers or servers[""]["ready"]

    until(settled, "the half-finished start to be settled", seconds=60)
    known = {hub.server_process("ada").pid} if client.user()["servers"] else set()
    living = {p.pid for p in hub.leftovers() if p.environ().get("JUPYTERHUB_USER") == "ada"}
    assert living == known
