"""The session that plug-ins get: a real one, which ends with the call."""

import asyncio
import sqlite3

import pytest

pytest.importorskip("jupyterhub")

from jupyterhub import orm  # noqa: E402
from sqlalchemy import inspect  # noqa: E402

from perijove_worker import calling, channel  # noqa: E402
from perijove_worker.database import BUSY_TIMEOUT, Database  # noqa: E402


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "hub.sqlite"
    with calling.call():
        orm.Base.metadata.create_all(Database(str(path), {}).engine)
    return path


@pytest.fixture
def db(path):
    return Database(f"sqlite:///{path}", {}).session


def names(path):
    with sqlite3.connect(path) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM users ORDER BY name")]


def test_what_succeeds_is_committed_and_what_raises_is_not(db, path):
    with calling.call():
        db.add(orm.User(name="ada"))
    assert names(path) == ["ada"]
    with pytest.raises(ZeroDivisionError), calling.call():
        db.add(orm.User(name="bob"))
        db.flush()
        1 / 0
    assert names(path) == ["ada"]


def test_a_call_sees_what_others_wrote_before_it(db, path):
    with calling.call():
        db.add(orm.User(name="ada"))
    with calling.call():
        user = orm.User.find(db, "ada")
        assert not user.admin
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE users SET admin = 1")
    with calling.call():
        assert orm.User.find(db, "ada").admin
    assert not user.admin, "an object of an earlier call can still be read"


def test_calls_at_the_same_time_do_not_share_what_is_unfinished(db, path):
    async def refused(added, may_fail):
        with calling.call():
            db.add(orm.User(name="ada"))
            added.set()
            await may_fail.wait()
            raise web_error

    async def accepted(added, may_fail):
        await added.wait()
        with calling.call():
            db.add(orm.User(name="bob"))
        may_fail.set()

    async def both():
        added, may_fail = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(refused(added, may_fail), accepted(added, may_fail), return_exceptions=True)

    web_error = ValueError("refused")
    assert asyncio.run(both()) == [web_error, None]
    assert names(path) == ["bob"]


def test_nothing_is_open_while_the_hub_is_asked(db, path):
    with calling.call():
        db.add(orm.User(name="ada"))
        db.flush()
        calling.settle()
        with sqlite3.connect(path, timeout=0) as connection:
            connection.execute("INSERT INTO users (name, cookie_id) VALUES ('bob', 'b')")
        assert db.query(orm.User).count() == 2


def test_plugins_make_their_tables_as_upstream_lets_them(db):
    with calling.call():
        assert "users" in inspect(db.bind).get_table_names()
        assert db.bind is db.get_bind()
        with db.bind.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == BUSY_TIMEOUT * 1000
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_nothing_is_opened_before_it_is_used():
    db = Database("nonsense://here", {}).session
    with calling.call():
        assert not db.dirty and not db.new
    with calling.call(), pytest.raises(Exception, match="nonsense"):
        db.query(orm.User).count()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_the_hubs_memory_is_replaced_by_a_file_that_ends_with_the_process(url, monkeypatch):
    files = []
    monkeypatch.setattr(channel, "_left_over", files)
    db = Database(url, {}).session
    with calling.call():
        db.add(orm.User(name="ada"))
    with calling.call():
        assert orm.User.find(db, "ada")
    assert len(files) == 1
    import os

    os.remove(files[0])


def test_a_part_of_a_long_call_sees_what_others_wrote_and_commits(db, path):
    with calling.call() as long:
        ada = orm.User(name="ada")
        db.add(ada)
        calling.settle()
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE users SET admin = 1")

        def look():
            db.add(orm.User(name="bob"))
            return ada.admin

        seen = calling.as_part_of(long, look)()
        assert seen and names(path) == ["ada", "bob"]


def test_a_part_that_raises_undoes_its_own_only(db, path):
    def fail():
        db.add(orm.User(name="bob"))
        db.flush()
        raise SystemExit(3)

    async def fail_later():
        fail()

    with calling.call() as long:
        ada = orm.User(name="ada")
        db.add(ada)
        with pytest.raises(RuntimeError, match=r"sys.exit\(3\)"):
            calling.as_part_of(long, fail)()
        with pytest.raises(RuntimeError, match=r"sys.exit\(3\)"):
            asyncio.run(calling.as_part_of(long, fail_later)())
        assert ada.name == "ada"
    assert names(path) == ["ada"]


def test_a_part_after_the_end_of_its_call_has_a_session_of_its_own(db, path):
    with calling.call() as ended:
        pass
    calling.as_part_of(ended, lambda: db.add(orm.User(name="ada")))()
    assert names(path) == ["ada"] and ended.database is None
    assert calling.current() is None
