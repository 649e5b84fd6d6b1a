"""The configurations of `parity/starts.py`: whether the server under test starts with them where JupyterHub does, and only there."""

from __future__ import annotations

import pytest
from harness.hub import DUMMY_LOGIN, TRIVIAL_SERVERS
from parity.starts import STARTS, outcomes_of_jupyterhub

BASE = DUMMY_LOGIN + TRIVIAL_SERVERS


@pytest.fixture(scope="module")
def theirs(tmp_path_factory) -> dict[str, bool]:
    return outcomes_of_jupyterhub(BASE, tmp_path_factory.mktemp("starts"))


@pytest.mark.parametrize("name", STARTS)
def test_the_start_goes_on_or_ends_as_jupyterhub_s(theirs, make_hub, name):
    hub = make_hub(BASE + STARTS[name]).launch()
    try:
        hub.wait_ready()
        starts = True
    except AssertionError:
        starts = False
    assert starts == theirs[name], f"starts: {starts}, JupyterHub: {theirs[name]}\n{hub.log(20)}"
