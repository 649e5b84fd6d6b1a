"""The authenticator class in the worker: set up, described and asked as upstream's hub does it."""

import asyncio
import sqlite3

import pytest

pytest.importorskip("jupyterhub")

from jupyterhub import orm  # noqa: E402
from jupyterhub.auth import Authenticator  # noqa: E402
from tornado import web  # noqa: E402
from traitlets.config import Config  # noqa: E402

from perijove_worker import calling  # noqa: E402
from perijove_worker.authenticators import Authenticators  # noqa: E402
from perijove_worker.database import Database  # noqa: E402
from perijove_worker.upstream import Upstream  # noqa: E402

SETTINGS = {"base_url": "/p/", "login_url": "/p/hub/login", "logout_url": "/p/hub/logout", "cookie_options": {}}


class Plain(Authenticator):
    """Accepts whoever knows the word."""

    async def authenticate(self, handler, data):
        if data["password"] == "teapot":
            raise web.HTTPError(418, "short and %s", "stout")
        return data["username"] if data["password"] == "open" else None


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "hub.sqlite"
    database = Database(str(path), {})
    with calling.call():
        orm.Base.metadata.create_all(database.engine)
        database.session.add(orm.User(name="zoe"))
    return path


def hub(path, kind, **traits):
    config = Config()
    config.JupyterHub.authenticator_class = kind
    config.Authenticator.update(traits)
    params = {
        "settings": SETTINGS,
        "hub": {"base_url": "/p/hub/", "ip": "127.0.0.1", "port": 8081},
        "spawner_class": "jupyterhub.spawner.SimpleLocalProcessSpawner",
        "authenticator_class": 1,
        "authenticator_is_python": True,
        "database_url": f"sqlite:///{path}",
    }
    return Authenticators(Upstream(config, params, {1: kind}.get))


def run(authenticators, step, *args):
    with calling.call():
        return asyncio.run(authenticators.run(step, list(args)))


def login(authenticators, name, password="open"):
    value = run(authenticators, "login", None, {"username": name, "password": password})
    return value and dict(value["$dict"])


def described(authenticators):
    return dict(run(authenticators, "describe")["$dict"])


def test_what_the_hub_is_told_is_what_holds(path):
    class Told(Plain):
        login_service = "Tea"
        enable_auth_state = True

        def login_url(self, base_url):
            return base_url + "tea"

        def get_custom_html(self, base_url):
            return f"<a href='{base_url}'>tea</a>"

        def normalize_username(self, username):
            return username.lower()[:3]

    found = described(hub(path, Told, allowed_users={"ADAM", "zoe"}, admin_users={"Root"}))
    assert {name for name in found["allowed_users"]["$set"]} == {"ada", "zoe", "roo"}
    assert found["admin_users"] == {"$set": ["roo"]}
    assert (found["login_service"], found["enable_auth_state"]) == ("Tea", True)
    assert (found["login_url"], found["logout_url"]) == ("/p/hub/tea", "/p/hub/logout")
    assert found["custom_html"] == "<a href='/p/hub/'>tea</a>"
    assert found["overridden"] == ["normalize_username"]
    assert found["class_name"] == "test_authenticators.Told"
    assert found["allow_existing_users"] is True


def test_an_invalid_name_ends_the_start(path):
    with pytest.raises(ValueError, match="'a/b' is not valid"), calling.call():
        hub(path, Plain, allowed_users={"a/b"})._upstream.authenticator


def test_a_login_goes_through_upstreams_steps(path):
    authenticators = hub(path, Plain, allowed_users={"ada"}, admin_users={"root"}, blocked_users={"eve"})
    assert login(authenticators, "Ada") == {"name": "ada", "admin": None, "auth_state": None, "user_info": None}
    assert login(authenticators, "root")["admin"] is True
    assert login(authenticators, "ada", "wrong") is None
    assert login(authenticators, "eve") is None
    assert login(authenticators, "bob") is None
    with pytest.raises(web.HTTPError, match="short and stout"):
        login(authenticators, "ada", "teapot")


def test_who_is_in_the_database_is_known_now(path):
    authenticators = hub(path, Plain, allowed_users={"ada"})
    assert login(authenticators, "zoe")
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM users")
        connection.execute("INSERT INTO users (name, cookie_id) VALUES ('bob', 'b')")
    assert login(authenticators, "bob"), "another process added this user"
    assert login(authenticators, "zoe") is None, "another process deleted this user"
    assert login(authenticators, "ada"), "the configuration names this user"


def test_setting_allowed_users_keeps_what_is_known(path):
    authenticators = hub(path, Plain, allowed_users={"ada"})
    with calling.call():
        authenticators._upstream.authenticator.allowed_users = {"eve"}
    assert login(authenticators, "eve") and login(authenticators, "zoe")
    assert login(authenticators, "ada") is None


def test_without_existing_users_only_the_list_counts(path):
    authenticators = hub(path, Plain, allowed_users={"ada"}, allow_existing_users=False)
    assert login(authenticators, "ada") and login(authenticators, "zoe") is None


def test_refresh_keeps_what_it_does_not_mention(path):
    class Refreshing(Plain):
        async def refresh_user(self, user, handler=None):
            return {"yes": True, "no": False, "new": {"groups": {"tea"}}}[user.name]

    class User:
        def __init__(self, name):
            self.name = name

        async def get_auth_state(self):
            return {"kept": 1}

    authenticators = hub(path, Refreshing)
    assert run(authenticators, "refresh_user", User("yes"), None) is True
    assert run(authenticators, "refresh_user", User("no"), None) is False
    model = dict(run(authenticators, "refresh_user", User("new"), None)["$dict"])
    assert model["name"] == "new" and model["groups"] == ["tea"]
    assert model["auth_state"] == {"$dict": [["kept", 1]]}


def test_auth_state_is_what_json_makes_of_it(path):
    class Stateful(Plain):
        async def authenticate(self, handler, data):
            return {"name": "ada", "auth_state": {1: ("a", None)}, "admin": 1, "groups": ("x",)}

    found = login(hub(path, Stateful, allow_all=True), "ada")
    assert found["auth_state"] == {"$dict": [["1", ["a", None]]]}
    assert found["admin"] is True and found["groups"] == ["x"]
