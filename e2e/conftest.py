"""Fixtures: hubs with a folder and ports of their own, stopped after the test, their logs attached when it fails."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
# Their assertions show what differs, too.
pytest.register_assert_rewrite("harness", "parity")

from harness import settings  # noqa: E402
from harness.accounts import Accounts  # noqa: E402
from harness.hub import Hub  # noqa: E402

# Certificates of the tests are self-signed.
warnings.filterwarnings("ignore", message="Unverified HTTPS request")

#: Hubs of the running test and of its module, by the key under which their logs are attached.
_hubs: dict[str, list[Hub]] = {}


def pytest_report_header() -> str:
    return f"server under test: {' '.join(settings.command(settings.SERVER))}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("perijove") and settings.SERVER != "perijove":
            item.add_marker(pytest.mark.skip(reason="only Perijove promises this"))
        if item.get_closest_marker("root") and os.geteuid() != 0:
            item.add_marker(pytest.mark.skip(reason="needs root"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome: Any = yield
    report = outcome.get_result()
    if report.when != "teardown" and report.failed:
        for hub in _hubs.get(item.nodeid, []) + _hubs.get(item.nodeid.split("::")[0], []):
            report.sections.append((f"log of {hub.kind} in {hub.directory}", hub.log(150)))


@pytest.fixture
def make_hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Hub]]:
    """Makes a hub that is not started yet: `make_hub(DUMMY_LOGIN + TRIVIAL_SERVERS).start()`."""
    made = _hubs.setdefault(request.node.nodeid, [])

    def make(config: str = "", *, directory: Path | None = None, **options: Any) -> Hub:
        hub = Hub(directory or tmp_path / f"hub{len(made)}", config, **options)
        made.append(hub)
        return hub

    yield make
    _clean_up(request.node.nodeid)


@pytest.fixture(scope="module")
def make_module_hub(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Hub]]:
    """The same for a hub that the tests of a file share."""
    made = _hubs.setdefault(request.node.nodeid, [])

    def make(config: str = "", *, directory: Path | None = None, **options: Any) -> Hub:
        hub = Hub(directory or tmp_path_factory.mktemp("hub"), config, **options)
        made.append(hub)
        return hub

    yield make
    _clean_up(request.node.nodeid)


@pytest.fixture(scope="module")
def make_both(make_module_hub: Callable[..., Hub]) -> Callable[..., list[Hub]]:
    """Starts JupyterHub, and beside it the server under test, with one configuration: a text, or a function of the kind."""

    def make(config: str | Callable[[str], str], **options: Any) -> list[Hub]:
        text = config if callable(config) else lambda _kind: config
        made = [make_module_hub(text(kind), kind=kind, **options).launch() for kind in ("jupyterhub", settings.SERVER)]
        return [hub.wait_ready() for hub in made]

    return make


def _clean_up(key: str) -> None:
    for hub in reversed(_hubs.pop(key, [])):
        hub.clean_up()


@pytest.fixture
def open_directory(tmp_path: Path) -> Iterator[Path]:
    """A folder that the made accounts may enter, as pytest's own is not."""
    folder = Path("/var/tmp") / f"perijove-e2e-{os.getpid()}-{tmp_path.name}"
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def accounts() -> Iterator[Accounts]:
    """Makes real system accounts; they are removed after the test."""
    made = Accounts()
    yield made
    made.clean_up()
