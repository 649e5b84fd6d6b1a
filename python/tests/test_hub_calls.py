"""Calls from Python code to the hub."""

import asyncio
import threading

import pytest

from perijove_worker.hub_calls import HubCalls


class Hub:
    """Answers from another thread, as the reading thread does."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []
        self.calls = HubCalls(self)

    def send(self, message):
        self.asked.append(message)
        reply = {"jsonrpc": "2.0", "id": message["id"], **self.answer(message)}
        threading.Thread(target=self.calls.receive, args=(reply,)).start()


def test_answers_come_to_whoever_asked():
    hub = Hub(lambda message: {"result": message["params"]["n"] + 1})

    async def ask():
        return await asyncio.gather(*(hub.calls.call("add", {"n": n}) for n in range(20)))

    assert asyncio.run(ask()) == list(range(1, 21))
    assert {message["method"] for message in hub.asked} == {"add"}


def test_a_refusal_is_upstreams_exception():
    web = pytest.importorskip("tornado.web")
    data = {"status": 429, "retry_after": 30}
    hub = Hub(lambda _: {"error": {"code": 1, "message": "100% full", "data": data}})
    with pytest.raises(web.HTTPError) as refused:
        asyncio.run(hub.calls.call("start_server", {}))
    assert refused.value.status_code == 429 and refused.value.headers == {"Retry-After": "30"}
    assert refused.value.log_message % refused.value.args == "100% full"


def test_what_broke_in_the_hub_is_no_answer_for_the_browser():
    hub = Hub(lambda _: {"error": {"code": 1, "message": "the database is gone", "data": {"status": None}}})
    with pytest.raises(RuntimeError, match="the database is gone"):
        asyncio.run(hub.calls.call("login", {}))


def test_nobody_waits_for_what_was_cancelled():
    hub = Hub(lambda _: {"result": None})
    hub.send = hub.asked.append

    async def give_up():
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(hub.calls.call("login", {}), 0.01)
        hub.calls.receive({"id": hub.asked[0]["id"], "result": 1})

    asyncio.run(give_up())
