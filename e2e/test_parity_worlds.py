"""The cases of `parity/tokens.py`, `roles.py`, `oauth.py`, `oauth_flows.py`, `pages.py`, `sites.py`, `spawn_pages.py`, `subdomains.py`, `upgrades.py` and `stops.py` that
need configurations of their own."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from harness.hub import Hub
from parity import oauth, oauth_flows, pages, roles, sites, spawn_pages, stops, subdomains, tokens, upgrades
from parity.compare import difference
from parity.steps import Case
from parity.worlds import World, WorldTalk

WORLDS = [*tokens.WORLDS, *roles.WORLDS, *oauth.WORLDS, *oauth_flows.WORLDS, *pages.WORLDS, *sites.WORLDS, *spawn_pages.WORLDS, *subdomains.WORLDS, *upgrades.WORLDS, *stops.WORLDS]


@pytest.fixture(scope="module")
def talks(make_both) -> Iterator[Callable[[World], list[WorldTalk]]]:
    """JupyterHub, and the server under test, in the configuration of a world; those of the last world end when another begins."""
    known: dict[str, list[WorldTalk]] = {}
    tried: set[str] = set()

    def of(world: World) -> list[WorldTalk]:
        if world.name not in known:
            assert world.name not in tried, f"the hubs of {world.name} did not start, see the first of its cases"
            tried.add(world.name)
            for talk in (talk for pair in known.values() for talk in pair):
                talk.hub.clean_up()
            known.clear()
            hubs = make_both(world.config, base_url=world.base_url, host=world.host)
            known[world.name] = [WorldTalk(_begun(hub, world), world) for hub in hubs]
        return known[world.name]

    yield of


def _begun(hub: Hub, world: World) -> Hub:
    if world.then:
        hub.config = world.then
        hub.stop()
        with closing(sqlite3.connect(hub.database)) as database, database:
            for statement in world.meanwhile:
                database.execute(statement)
        hub.start()
    return hub


@pytest.mark.parametrize(
    ("world", "case"), [(world, case) for world in WORLDS for case in world.cases],
    ids=lambda item: item.name if isinstance(item, World | Case) else str(item),
)  # fmt: skip
def test_the_answers_are_the_same(talks, world, case):
    original, tested = talks(world)
    theirs, ours = original.run(case), tested.run(case)
    # `pytest -rP -k NAME` shows what JupyterHub answered.
    print("\n".join(theirs))
    differs = difference(case, theirs, tested.without_extras(theirs, ours))
    if differs:
        pytest.fail(differs, pytrace=False)
