"""Upstream's ``User`` objects, filled from what the hub says about a user."""

from __future__ import annotations

import copy
import datetime
from typing import Any, Dict, List, Optional

from jupyterhub import orm
from jupyterhub.user import User

from .channel import Message
from .encoding import decode
from .hub_calls import HubCalls
from .upstream import Upstream


def naive_time(text: Optional[str]) -> Optional[datetime.datetime]:
    """A time as upstream keeps it: UTC without saying so."""
    if text is None:
        return None
    time = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return time.astimezone(datetime.timezone.utc).replace(tzinfo=None)


class HookUser(User):
    """Upstream's user on rows that belong to no database."""

    hub: HubCalls
    _auth_state: Any = None
    _auth_state_saved = False

    async def get_auth_state(self) -> Any:
        """The authentication state, decrypted by the hub."""
        return copy.deepcopy(self._auth_state)

    async def save_auth_state(self, auth_state: Any) -> None:
        """Keep a new authentication state for the hub to store."""
        self._auth_state = auth_state
        self._auth_state_saved = True

    async def spawn(
        self, server_name: str = "", display_name: str = "", options: Any = None, handler: Any = None
    ) -> None:
        """Let the hub start another server, and wait for it."""
        asked = {"server": server_name, "display_name": display_name, "options": options}
        await self.hub.call("start_server", {"user": self.name, "to_the_end": True, **asked})

    async def stop(self, server_name: str = "") -> None:
        """Let the hub stop another server, and wait for it."""
        await self.hub.call("stop_server", {"user": self.name, "server": server_name, "to_the_end": True})

    def take_saved_auth_state(self) -> Optional[Any]:
        """``[auth_state]`` if the hook saved one since the last time, else ``None``."""
        saved, self._auth_state_saved = self._auth_state_saved, False
        return [self._auth_state] if saved else None


class Users:
    """Every user that a call has mentioned, by name."""

    def __init__(self, upstream: Upstream, hub: HubCalls) -> None:
        self._upstream = upstream
        self._users: Dict[str, HookUser] = {}
        self._kind = type("User", (HookUser,), {"hub": hub})

    def get(self, facts: Message) -> HookUser:
        """The user, brought up to date with what the hub says now."""
        user = self._users.get(facts["name"])
        if user is None or user.orm_user.id != facts["id"]:
            user = self._users[facts["name"]] = self._make(facts)
        row = user.orm_user
        row.admin = facts["admin"]
        row.created = naive_time(facts["created"])
        row.last_activity = naive_time(facts["last_activity"])
        row.groups = [
            orm.Group(name=group["name"], properties=decode(group["properties"]) or {})
            for group in facts["groups"]
        ]
        row.roles = [orm.Role(name=name) for name in facts["roles"]]
        user._auth_state = decode(facts["auth_state"])
        return user

    def known(self, name: str) -> List[HookUser]:
        """The user of this name, if a call has mentioned it."""
        return [self._users[name]] if name in self._users else []

    def forget(self, name: str) -> None:
        """Drop a user that is gone."""
        self._users.pop(name, None)

    def _make(self, facts: Message) -> HookUser:
        row = orm.User(id=facts["id"], name=facts["name"], cookie_id="")
        add_server(row, "", "")
        return self._kind(row, self._upstream.settings, db=self._upstream.database)


def add_server(row: Any, name: str, display_name: str) -> Any:
    """The user's row of a server, made if there is none."""
    found = row.orm_spawners.get(name)
    if found is None:
        found = orm.Spawner(name=name, display_name=display_name)
        found.user = row
    return found
