"""Arguments of calls: plain values, handles, and upstream's objects made from the hub's facts."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional

from .channel import Message
from .encoding import Encoder, decode
from .handles import HandleTable
from .hub_calls import HubCalls


class HandleGone(LookupError):
    """A handle that this process never gave out."""


class Objects:
    """Everything that calls work on. Upstream's part comes to life with the first call that needs it."""

    def __init__(self, config: Any, handles: HandleTable, hub: HubCalls) -> None:
        self._config = config
        self._handles = handles
        self._hub = hub
        self._web: Any = None
        self._params: Optional[Message] = None
        self._upstream: Any = None
        self._users: Any = None
        self._spawners: Any = None
        self._own: Any = None
        self._authenticators: Any = None
        self._proxies: Any = None
        self._authenticator_snapshot: Any = None

    def configure(self, params: Message) -> None:
        """Take the facts about the hub."""
        self._params = params
        self._upstream = None

    def amend(self, remove: List[list], replace: List[list]) -> None:
        """Change the configuration that upstream's objects will see: ``[section, trait]``, ``[…, value]``."""
        for section, name in remove:
            self._section(section).pop(name, None)
        for section, name, form in replace:
            place = self._section(section)
            place.pop(name, None)
            if isinstance(form, dict) and "$lazy" in form:
                self._amend_lazily(place[name], form["$lazy"])
            else:
                place[name] = decode(form, self.handle)
        self._upstream = None

    def _section(self, name: str) -> Any:
        place = self._config
        for part in filter(None, name.split(".")):
            place = place[part]
        return place

    def _amend_lazily(self, lazy: Any, changes: Message) -> None:
        lazy.prepend(decode(changes["prepend"], self.handle))
        lazy.extend(decode(changes["extend"], self.handle))
        for index, item in changes["inserts"]:
            lazy.insert(index, decode(item, self.handle))
        if changes["update"] is not None:
            lazy.update(decode(changes["update"], self.handle))

    def warm_up(self) -> str:
        """Import upstream's classes and make the shared objects; its version."""
        self._live()
        from .upstream import VERSION

        return VERSION

    def _live(self) -> None:
        if self._upstream is not None:
            return
        if self._params is None:
            raise RuntimeError("the worker was not told about the hub before it was called")
        from .own_config import own
        from .own_spawners import OwnSpawners
        from .spawners import Spawners
        from .upstream import Upstream
        from .users import Users

        upstream = Upstream(own(self._config), self._params, self.handle)
        self._users = Users(upstream, self._hub)
        self._spawners = Spawners(upstream, self._users)
        self._own = OwnSpawners(upstream, self._users)
        self._authenticator_snapshot = None
        self._authenticators = None
        self._upstream = upstream

    def handle(self, number: int) -> Any:
        """The object with this number."""
        try:
            return self._handles.get(number)
        except KeyError:
            raise HandleGone(f"the worker has no object number {number}") from None

    def authenticator(self) -> Any:
        """The instance of the configured authenticator class."""
        self._live()
        authenticator = self._upstream.authenticator
        if self._authenticator_snapshot is None:
            from .changes import Snapshot

            given = ("config", "db", "log", "parent")
            self._authenticator_snapshot = Snapshot(authenticator, given)
        return authenticator

    def authenticator_changes(self) -> List[list]:
        """The traits that code has set on the authenticator since it was made."""
        return self._authenticator_snapshot.changes()

    async def serve_handlers(self, params: Message) -> Message:
        """Serve the request handlers of plug-ins on a socket; which paths they want."""
        self._live()
        if self._web is not None:
            self._web.close()
        from .web_app import WebApp

        self._web = WebApp(self._upstream, self._hub, self._own, params)
        return self._web.listen()

    def argument(self, form: Any) -> Any:
        """One argument of a call."""
        if not isinstance(form, dict) or len(form) != 1:
            return decode(form, self.handle)
        ((tag, facts),) = form.items()
        if tag == "$user":
            return self._user(facts)
        if tag == "$handler":
            return self._handler(facts)
        if tag == "$request":
            return self._handler(facts).request
        if tag == "$authenticator":
            return self.authenticator()
        return decode(form, self.handle)

    def _user(self, facts: Optional[Message]) -> Any:
        self._live()
        return None if facts is None else self._users.get(facts)

    def _handler(self, facts: Optional[Message]) -> Any:
        if facts is None:
            return None
        self._live()
        from .handlers import make_handler

        sender = self._user(facts["user"])
        if sender is None and facts["service"] is not None:
            from jupyterhub import orm

            sender = orm.Service(**facts["service"])
        return make_handler(self._upstream, facts, sender)

    def effects(self, arguments: List[Any]) -> Dict[str, Any]:
        """What a call did to the handler and the users among its arguments."""
        found: Dict[str, Any] = {"response": None, "auth_state": None}
        for argument in arguments:
            if hasattr(argument, "take_saved_auth_state"):
                found["auth_state"] = encoded_state(argument) or found["auth_state"]
            if hasattr(argument, "hook_effects"):
                found["response"] = argument.hook_effects()
                if hasattr(argument.current_user, "take_saved_auth_state"):
                    found["auth_state"] = encoded_state(argument.current_user) or found["auth_state"]
        return found

    async def run_authenticator_step(self, params: Message) -> Message:
        """Ask the authenticator for something; its value, and what it did to the handler and the user."""
        self._live()
        if self._authenticators is None:
            from .authenticators import Authenticators

            self._authenticators = Authenticators(self._upstream)
        args = [self.argument(form) for form in params["args"]]
        value = await self._authenticators.run(params["step"], args)
        return {"value": value, **self.effects(args)}

    async def run_proxy_step(self, params: Message) -> Message:
        """Ask the proxy for something."""
        self._live()
        if self._proxies is None:
            from .proxies import Proxies

            self._proxies = Proxies(self._upstream, self._params["proxy"], self._hub.call)
        args = [self.argument(form) for form in params["args"]]
        return {"value": await self._proxies.run(params["step"], args), **self.effects(args)}

    async def run_spawner_step(self, params: Message, encoder: Encoder) -> Message:
        """Run one step of a spawner; its value, the traits it changed, and other effects."""
        self._live()
        facts, step = params["spawner"], params["step"]
        handler = self._handler(facts["handler"])
        spawner = self._spawners.get(facts, handler)
        try:
            args = [self.argument(form) for form in params["args"]]
            value = await self._spawners.run(spawner, step, args)
            changes = self._spawners.changes(spawner) if step == "prepare" else []
            found = self.effects([spawner.user] if handler is None else [handler, spawner.user])
            return {"value": encoder.encode(value), "changes": changes, **found}
        finally:
            if step == "post_stop":
                self.forget(facts["user"]["name"], facts["name"])

    async def run_own_spawner_step(self, params: Message, tell: Callable[[Any], None]) -> Message:
        """Run one step of a spawner that runs here; its value and other effects."""
        self._live()
        facts = params["spawner"]
        handler = self._handler(facts["handler"])
        args = [self.argument(form) for form in params["args"]]
        value = await self._own.run(params["step"], facts, args, handler, tell)
        saved = [user.take_saved_auth_state() for user in self._users.known(facts["user"]["name"])]
        return {"value": value, "saved": next(filter(None, saved), None)}

    def describe_spawner(self) -> Message:
        """What the hub must know of the spawner class before there is a server."""
        self._live()
        from .own_spawners import describe

        return describe(self._upstream)

    def forget(self, user: str, server: Optional[str]) -> None:
        """Drop what is kept for a server that has stopped, or for a user that is gone."""
        if self._upstream is None:
            return
        self._own.forget(user, server)
        if server is None:
            self._users.forget(user)
        else:
            self._spawners.forget(user, server)


def encoded_state(user: Any) -> Optional[List[Any]]:
    """``[auth_state]`` that was saved on a user, encoded."""
    from .changes import PlainEncoder

    saved = user.take_saved_auth_state()
    return None if saved is None else [PlainEncoder().encode(saved[0])]
