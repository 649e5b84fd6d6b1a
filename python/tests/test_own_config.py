"""A configuration of the stand-in becomes one of Traitlets' own that says the same."""

from __future__ import annotations

import pytest

from perijove_worker import standin
from perijove_worker.own_config import own
from perijove_worker.tracking import tracked

loader = pytest.importorskip("traitlets.config.loader")


def test_sections_values_and_lazy_changes_are_kept():
    config = tracked(standin.Config)()

    def hook():
        pass

    config.Spawner.pre_spawn_hook = hook
    config.Spawner.args.append("--a")
    config.Spawner.args.prepend(["--first"])
    config.Spawner.args.insert(1, "--second")
    config.Spawner.environment.update({"A": "1"})
    config.JupyterHub.Authenticator.allowed_users.add("ada")
    converted = own(config)
    assert type(converted) is loader.Config
    assert type(converted.JupyterHub.Authenticator) is loader.Config
    assert converted.Spawner.pre_spawn_hook is hook
    assert converted.Spawner.args.get_value(["--default"]) == ["--first", "--default", "--second", "--a"]
    assert converted.Spawner.environment.get_value({"B": "2"}) == {"A": "1", "B": "2"}
    assert converted.JupyterHub.Authenticator.allowed_users.get_value(set()) == {"ada"}


def test_traitlets_classes_take_it():
    from traitlets import Dict, List
    from traitlets.config import Configurable

    class Thing(Configurable):
        names = List(["a"]).tag(config=True)
        table = Dict({"k": 1}).tag(config=True)

    config = standin.Config()
    config.Thing.names.append("b")
    config.Thing.table.update({"l": 2})
    thing = Thing(config=own(config))
    assert thing.names == ["a", "b"]
    assert thing.table == {"k": 1, "l": 2}


def test_a_configuration_of_traitlets_stays_itself():
    config = loader.Config()
    assert own(config) is config


def test_sections_made_by_other_modules_are_taken():
    config = standin.Config()
    config.A = loader.Config({"x": 1, "B": {"y": 2}})
    assert type(config.A) is standin.Config
    assert (config.A.x, config.A.B.y) == (1, 2)
