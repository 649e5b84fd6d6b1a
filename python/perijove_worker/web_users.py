"""Upstream's users on the hub's database, for request handlers of plug-ins."""

from __future__ import annotations

from typing import Any, Dict, Optional

from jupyterhub import orm
from jupyterhub.user import User, UserDict
from sqlalchemy.orm.attributes import set_committed_value

from . import calling
from .hub_calls import HubCalls
from .own_spawners import OwnSpawners


# What may be done with a server, in upstream's words.
PENDING = ("spawn", "stop", "check", "rename")


class WebUser(User):
    """A user whose servers and encrypted state are the hub's."""

    hub: HubCalls
    #: When each user's login was last refreshed, by number. Users themselves end with the request.
    refreshed: Dict[int, float]

    @property
    def _auth_refreshed(self) -> Optional[float]:
        return self.refreshed.get(self.id)

    @_auth_refreshed.setter
    def _auth_refreshed(self, time: float) -> None:
        self.refreshed[self.id] = time

    async def get_auth_state(self) -> Any:
        """The authentication state, decrypted by the hub."""
        return await self.ask("auth_state", {})

    async def save_auth_state(self, auth_state: Any) -> None:
        """Let the hub encrypt and store a new authentication state."""
        await self.ask("save_auth_state", {"auth_state": auth_state})

    async def spawn(
        self, server_name: str = "", display_name: str = "", options: Any = None, handler: Any = None
    ) -> None:
        """Let the hub start a server, and wait for it."""
        await self.start_server(server_name, display_name, options, to_the_end=True)

    async def start_server(self, name: str, display_name: str, options: Any, to_the_end: bool = False) -> None:
        """Let the hub start a server, and wait for it to the end, or as long as a request may wait."""
        asked = {"server": name, "display_name": display_name, "options": options, "to_the_end": to_the_end}
        await self.ask_about_servers("start_server", asked)

    async def stop(self, server_name: str = "") -> None:
        """Let the hub stop a server, and wait for it."""
        await self.stop_server(server_name, to_the_end=True)

    async def stop_server(self, name: str, to_the_end: bool = False) -> None:
        """Let the hub stop a server, and wait for it to the end, or as long as a request may wait."""
        await self.ask_about_servers("stop_server", {"server": name, "to_the_end": to_the_end})
        if name in self.spawners and not self.spawners[name].active:
            del self.spawners[name]

    async def ask_about_servers(self, method: str, params: dict) -> None:
        """The same, and see afterwards which servers there are."""
        try:
            await self.ask(method, params)
        finally:
            await look_at_servers(self.hub)
            self.settings["users"].see_servers(self)
            for spawner in self.spawners.values():
                take_over(spawner)

    async def ask(self, method: str, params: dict) -> Any:
        """Ask the hub for something about this user, and see afterwards what it wrote."""
        return await ask(self.hub, self.db, method, {"user": self.name, **params})


class WebUsers(UserDict):
    """The users of one request, on its session."""

    def __init__(self, settings: dict, kind: type, own: OwnSpawners) -> None:
        super().__init__(lambda: settings["db"], settings)
        self._kind = kind
        self._own = own

    def from_orm(self, orm_user: Any) -> User:
        """A new user."""
        return self._kind(orm_user, self.settings)

    def __getitem__(self, key: Any) -> User:
        """The user; upstream's own lookup would make its own class."""
        if isinstance(key, orm.User):
            key = self.add(key).id
        user = super().__getitem__(key)
        self.see_servers(user)
        return user

    def see_servers(self, user: Any) -> None:
        """Let a user have the objects of the servers that are active, as the hub knows them."""
        pending, living = pending_of(user.id), self._own.living(user.name)
        for name, row in user.orm_spawners.items():
            if row.server is not None and row.server.port is None:
                # A start that was not told yet where the server listens. Upstream's object insists on a port.
                set_committed_value(row, "server", None)
            if name in pending or row.server is not None:
                user.spawners[name]  # makes the object, so that the server counts as active
        for name, spawner in user.spawners.items():
            for word in PENDING if name not in living else ():
                setattr(spawner, f"_{word}_pending", pending.get(name) == word)
        # What a handler sets on the spawner of a server that starts is for that start.
        user.spawners.update(living)


class UsersOfCall:
    """Stands for upstream's cache of users: the cache of the present request."""

    def __init__(self, settings: dict, hub: HubCalls, own: OwnSpawners) -> None:
        self._settings = settings
        self._own = own
        self._kind = type("User", (WebUser,), {"hub": hub, "refreshed": {}})

    def _users(self) -> WebUsers:
        call = calling.current()
        users = getattr(call, "users", None)
        if users is None:
            users = WebUsers(self._settings, self._kind, self._own)
            if call is not None:
                call.users = users
        return users

    def __getattr__(self, name: str) -> Any:
        return getattr(self._users(), name)

    def __getitem__(self, key: Any) -> User:
        return self._users()[key]

    def __delitem__(self, key: Any) -> None:
        del self._users()[key]

    def __contains__(self, key: Any) -> bool:
        return key in self._users()

    def __iter__(self) -> Any:
        return iter(self._users())

    def __len__(self) -> int:
        return len(self._users())


def take_over(spawner: Any) -> None:
    """Let an object show the options and the state of a start that it did not make."""
    row = spawner.orm_spawner
    if isinstance(spawner.user, WebUser) and row.server is not None:
        spawner.user_options = row.user_options or {}
        spawner.load_state(row.state or {})


async def look_at_servers(hub: HubCalls) -> None:
    """Let the present call know what is being done with servers, which only the hub's memory says."""
    call = calling.current()
    if call is not None:
        found: Dict[int, Dict[str, str]] = {}
        for user, server, word in await hub.call("pending_servers", {}):
            found.setdefault(user, {})[server] = word
        call.pending = found


def pending_of(user: int) -> Dict[str, str]:
    """What is being done with the servers of a user."""
    return getattr(calling.current(), "pending", {}).get(user, {})


async def ask(hub: HubCalls, database: Any, method: str, params: dict) -> Any:
    """Ask the hub for something that it may write to the database for."""
    calling.settle()
    try:
        return await hub.call(method, params)
    finally:
        database.expire_all()
