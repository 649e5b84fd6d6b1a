"""Spawners that run here, for servers whose spawner class is Python's own.

An instance lives from its server's start, or the first look at it after a restart, until the server has stopped, as
upstream's does. The hub tells when; what is done, in which order and with what around it is `jupyterhub.user.User`'s.
"""

from __future__ import annotations

import asyncio
import fcntl
import inspect
import os
from typing import Any, Callable, Dict, Optional, Tuple
from urllib.parse import urlparse

from jupyterhub import orm
from jupyterhub.objects import Server

from . import calling
from . import spawners as hooks
from .changes import PlainEncoder
from .channel import Message
from .encoding import decode
from .spawners import resolved
from .upstream import Upstream
from .users import Users, add_server, naive_time

Key = Tuple[str, str]


class StartTimeout(Exception):
    """``Spawner.start`` has not returned within ``Spawner.start_timeout``: the hub's own words, which users may read."""

    @property
    def jupyterhub_message(self) -> str:
        """The text for pages and the REST API."""
        return str(self)


async def make_certificates(spawner: Any) -> Dict[str, str]:
    """The files of a server's certificate, where the server can read them.

    certipy reads and writes one index of all certificates, and users are spread over several processes.
    """
    with open(os.path.join(spawner.internal_certs_location, ".lock"), "w") as lock:
        await asyncio.get_running_loop().run_in_executor(None, fcntl.flock, lock, fcntl.LOCK_EX)
        paths = await resolved(spawner.create_certs())
    return await resolved(spawner.move_certs(paths))


class OwnSpawners:
    """The living instances, and the steps of their lives."""

    def __init__(self, upstream: Upstream, users: Users) -> None:
        self._upstream = upstream
        self._users = users
        self._instances: Dict[Key, Any] = {}
        self._started: Dict[Key, asyncio.Event] = {}

    def get(self, facts: Message, handler: Any, fresh: bool) -> Any:
        """The instance of a server. What the hub says of it and its user is taken over if it is fresh, or new here."""
        key = (facts["user"]["name"], facts["name"])
        spawner = self._instances.get(key)
        if spawner is not None and not fresh:
            return spawner
        user = self._users.get(facts["user"])
        row = add_server(user.orm_user, facts["name"], facts["display_name"])
        row.display_name = facts["display_name"]
        row.started = naive_time(facts["started"])
        row.last_activity = naive_time(facts["last_activity"])
        row.user_options = decode(facts["user_options"])
        if spawner is None:
            row.state = decode(facts["state"])
        if facts["server"] and row.server is None:
            row.server = orm.Server(cookie_name="", **facts["server"])
        self._upstream.settings.setdefault("authenticator", self._upstream.authenticator)
        if spawner is None:
            user.spawners.pop(facts["name"], None)
            spawner = self._instances[key] = user.spawners[facts["name"]]
        if facts["api_token"]:
            spawner.api_token = facts["api_token"]
        if handler is not None:
            spawner.handler = handler
        return spawner

    def living(self, user: str) -> Dict[str, Any]:
        """The instances of a user's servers, by the servers' names."""
        return {name: spawner for (owner, name), spawner in self._instances.items() if owner == user}

    def forget(self, user: str, server: Optional[str]) -> None:
        """Drop the instance of a server, or those of a user."""
        for key in [key for key in self._instances if key[0] == user and server in (None, key[1])]:
            instance = self._instances.pop(key)
            instance.user.spawners.pop(key[1], None)
            self._started.pop(key, None)

    async def run(self, step: str, facts: Message, args: list, handler: Any, tell: Callable[[Any], None]) -> Any:
        """Run one step; ``tell`` takes what is to be known before the step has ended."""
        method = getattr(self, f"step_{step}", None)
        if method is not None:
            return await method(facts, args, handler, tell)
        spawner = self.get(facts, handler, fresh=True)
        return await hooks.STEPS[step](spawner, *args)

    async def step_start(self, facts: Message, args: list, handler: Any, tell: Callable[[Any], None]) -> Message:
        """From the request for a server to its address; a failure leaves the clean-up to the hub."""
        (with_authenticator,) = args
        key = (facts["user"]["name"], facts["name"])
        spawner = self.get({**facts, "api_token": None}, handler, fresh=True)
        row = spawner.orm_spawner
        row.server = orm.Server(cookie_name="", **facts["server"])
        spawner.server = Server(orm_server=row.server)
        spawner.user_options = decode(facts["user_options"]) or {}
        spawner.clear_state()
        spawner.api_token = facts["api_token"]
        spawner.admin_access = self._upstream.settings.get("admin_access", False)
        spawner._spawn_pending = spawner._start_pending = True
        self._event(key).set()
        try:
            await hooks.run_before_start(spawner, with_authenticator)
            if spawner.internal_ssl:
                spawner.cert_paths = await make_certificates(spawner)
            url = await within(spawner.start_timeout, resolved(spawner.start()))
        finally:
            spawner.handler = None
            spawner._start_pending = False
        self._keep_address(spawner, url)
        return {
            "url": address_of(spawner.server),
            "state": spawner.get_state() or {},
            "api_token": spawner.api_token,
            "timing": timing(spawner),
        }

    def _keep_address(self, spawner: Any, url: Any) -> None:
        """What ``Spawner.start`` returned, as the server's address; old spawners set it themselves."""
        if not url:
            spawner.log.warning(
                "DEPRECATION: Spawner.start should return a url or (ip, port) tuple in JupyterHub >= 0.9"
            )
            return
        server = spawner.server
        if not isinstance(url, str):
            ip, port = url
            ip = f"[{ip}]" if ":" in ip else ip
            url = f"{'https' if spawner.internal_ssl else 'http'}://{ip}:{int(port)}"
        place = urlparse(url)
        server.proto = place.scheme
        server.ip = place.hostname or ""
        server.port = place.port or (443 if place.scheme == "https" else 80)
        if place.scheme == "http+unix":
            server.ip = place.netloc or place.path

    async def step_progress(self, facts: Message, args: list, handler: Any, tell: Callable[[Any], None]) -> None:
        """The spawner's own events, for as long as the hub wants them: until the start has ended, either way."""
        key = (facts["user"]["name"], facts["name"])
        await self._event(key).wait()
        spawner = self._instances[key]
        events = spawner.progress()
        try:
            async for event in events:
                tell(PlainEncoder().encode(event))
        finally:
            close = getattr(events, "aclose", None)
            if close is not None:
                await close()

    def _event(self, key: Key) -> asyncio.Event:
        return self._started.setdefault(key, asyncio.Event())

    async def step_ready(self, facts: Message, args: list, handler: Any, tell: Callable[[Any], None]) -> None:
        """The start has ended, well or not: nothing is pending."""
        spawner = self._instances.get((facts["user"]["name"], facts["name"]))
        if spawner is not None:
            spawner._spawn_pending = spawner._start_pending = False

    async def step_poll(self, facts: Message, args: list, handler: Any, tell: Callable[[Any], None]) -> Message:
        """``None`` while the server runs, else its exit status."""
        spawner = self.get(facts, handler, fresh=False)
        status = await resolved(spawner.poll())
        if status is not None and not spawner.pending:
            await notify(spawner)
        return {"status": status, "timing": timing(spawner)}

    async def step_get_url(self, facts: Message, args: list, handler: Any, tell: Callable[[Any], None]) -> Any:
        """Where a server that runs is."""
        return await resolved(self.get(facts, handler, fresh=False).get_url())

    async def step_stop(self, facts: Message, args: list, handler: Any, tell: Callable[[Any], None]) -> Message:
        """Stop the server, if it runs; whether it will resume with the same token."""
        spawner = self.get(facts, handler, fresh=False)
        spawner._spawn_pending = spawner._start_pending = False
        spawner._stop_pending = True
        try:
            if await resolved(spawner.poll()) is None:
                await resolved(spawner.stop())
        except BaseException:
            spawner._stop_pending = False
            raise
        return {"will_resume": bool(spawner.will_resume)}

    async def step_post_stop(self, facts: Message, args: list, handler: Any, tell: Callable[[Any], None]) -> Any:
        """The server is gone and the hub has said so to the database; the state that stays."""
        (with_authenticator,) = args
        spawner = self.get(facts, handler, fresh=False)
        spawner.orm_spawner.server = None
        spawner.orm_spawner.started = None
        try:
            await hooks.logged(spawner, "Spawner.post_stop_hook", spawner.run_post_stop_hook)
            spawner.clear_state()
            state = spawner.get_state() or {}
            if with_authenticator:
                after = spawner.authenticator.post_spawn_stop
                await hooks.logged(
                    spawner, "Authenticator.post_spawn_stop", lambda: after(spawner.user, spawner)
                )
            return state
        finally:
            spawner._stop_pending = False
            self.forget(facts["user"]["name"], facts["name"])

    async def step_rename(self, facts: Message, args: list, handler: Any, tell: Callable[[Any], None]) -> None:
        """The server gets another name, unless this fails."""
        (new_name,) = args
        spawner = self.get(facts, handler, fresh=True)
        spawner._rename_pending = True
        try:
            await resolved(spawner.rename(facts["name"], new_name))
        finally:
            spawner._rename_pending = False
            self.forget(facts["user"]["name"], facts["name"])

    async def step_delete_forever(
        self, facts: Message, args: list, handler: Any, tell: Callable[[Any], None]
    ) -> None:
        """The server, or its user, is deleted for good."""
        spawner = self.get(facts, handler, fresh=True)
        try:
            await resolved(spawner.delete_forever())
        finally:
            self.forget(facts["user"]["name"], facts["name"])


async def notify(spawner: Any) -> None:
    """Call, once, what ``Spawner.add_poll_callback`` was given: the server has ended by itself."""
    spawner._callbacks, callbacks = [], spawner._callbacks
    for callback in callbacks:
        await hooks.logged(spawner, "a function of Spawner.add_poll_callback", callback)


async def within(seconds: float, start: Any) -> Any:
    """What a start returns. One that takes too long, or that nobody waits for any more, is cancelled."""
    task = asyncio.ensure_future(contained(start))
    calling.adopt(task)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            task.cancel()
    if not task.done():
        raise StartTimeout(f"the server did not start in {seconds:g} seconds")
    return task.result()


async def contained(start: Any) -> Any:
    """What a start returns; one that calls ``sys.exit`` fails, and does not end this process."""
    try:
        return await start
    except SystemExit as error:
        raise RuntimeError(f"Spawner.start called sys.exit({error.code!r})") from error


def address_of(server: Any) -> str:
    """Scheme, host and port of a server."""
    if server.proto == "http+unix":
        return f"http+unix://{server.ip}"
    host = f"[{server.ip}]" if ":" in server.ip else server.ip
    return f"{server.proto}://{host or '127.0.0.1'}:{server.port}"


def timing(spawner: Any) -> Message:
    """How long the hub has patience with the server, in seconds."""
    return {
        "start": float(spawner.start_timeout),
        "answer": float(spawner.http_timeout),
        "poll_interval": float(spawner.poll_interval),
        "poll_jitter": float(getattr(spawner, "poll_jitter", 0.0)),
    }


def describe(upstream: Upstream) -> Message:
    """What the hub must know of the class before there is a server; an exception if it cannot be used."""
    kind = upstream.settings["spawner_class"]
    if not inspect.isclass(kind):
        raise TypeError(f"c.JupyterHub.spawner_class is {kind!r}, which is no class")
    from jupyterhub.spawner import Spawner

    if not issubclass(kind, Spawner):
        raise TypeError(f"{kind.__module__}.{kind.__qualname__} does not extend jupyterhub.spawner.Spawner")
    from .web_app import of_plugins

    found: Message = {
        "class": f"{kind.__module__}.{kind.__qualname__}",
        "timing": None,
        "handlers": bool(of_plugins()),
        "options_form": False,
    }
    try:
        spawner = kind(config=upstream.config)
        found["timing"] = timing(spawner)
        # A form that is made for its user is known to be there by the attempt to look at it.
        found["options_form"] = True
        found["options_form"] = bool(spawner.options_form)
    except Exception:  # a class that insists on its user tells with the first server
        pass
    return found
