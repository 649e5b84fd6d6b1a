"""The cases of `parity/settings.py`: JupyterHub 6.1.1 and the server under test, each started with the setting's configuration."""

from __future__ import annotations

import pytest
from parity.compare import Talk, difference
from parity.settings import SETTINGS

CASES = [(setting, case) for setting in SETTINGS for case in setting.cases]


@pytest.fixture(scope="module")
def talks_of(make_both):
    """Both hubs with the configuration of a setting; those of another setting end."""
    running: dict[str, list[Talk]] = {}

    def talks(setting) -> list[Talk]:
        if setting.name not in running:
            for talk in (talk for pair in running.values() for talk in pair):
                talk.hub.clean_up()
            running.clear()
            hubs = make_both(setting.whole_config, base_url=setting.base_url, env=setting.env)
            running[setting.name] = [Talk(hub) for hub in hubs]
        return running[setting.name]

    return talks


@pytest.mark.parametrize(("setting", "case"), CASES, ids=[f"{setting.name}-{case.name}" for setting, case in CASES])
def test_the_answers_are_the_same(talks_of, setting, case):
    theirs, ours = (talk.run(case) for talk in talks_of(setting))
    # `pytest -rP -k NAME` shows what JupyterHub answered.
    print("\n".join(theirs))
    differs = difference(case, theirs, ours)
    if differs:
        pytest.fail(differs, pytrace=False)
