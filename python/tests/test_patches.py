"""Changes of upstream's classes in place are seen, and nothing else is."""

import pytest

pytest.importorskip("jupyterhub")

from perijove_worker.patches import loaded, patched_classes


@pytest.fixture(autouse=True)
def upstream():
    import jupyterhub.auth
    import jupyterhub.authenticators.shared
    import jupyterhub.spawner  # noqa: F401

    assert patched_classes() == []
    assert len(list(loaded())) == 9


def test_a_method_put_into_a_class_is_seen(monkeypatch):
    from jupyterhub.spawner import LocalProcessSpawner

    monkeypatch.setattr(LocalProcessSpawner, "get_env", lambda self: {})
    assert patched_classes() == ["jupyterhub.spawner.LocalProcessSpawner"]


def test_a_new_method_and_a_changed_default_are_seen(monkeypatch):
    from jupyterhub.auth import PAMAuthenticator
    from jupyterhub.spawner import Spawner

    monkeypatch.setattr(PAMAuthenticator, "check_allowed", lambda self, name, model=None: True, raising=False)
    monkeypatch.setattr(Spawner, "start_timeout", 5)
    assert patched_classes() == ["jupyterhub.auth.PAMAuthenticator", "jupyterhub.spawner.Spawner"]


def test_a_subclass_changes_nothing():
    from jupyterhub.spawner import SimpleLocalProcessSpawner

    class Mine(SimpleLocalProcessSpawner):
        start_timeout = 5

        def get_env(self):
            return {}

    assert patched_classes() == []
