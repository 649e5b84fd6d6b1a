"""Upstream's ``BaseHandler`` in this process: what it would write or start itself, it asks the hub for."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any, List, Optional

from jupyterhub import orm
from jupyterhub.handlers.base import BaseHandler
from jupyterhub.user import User
from jupyterhub.utils import url_path_join
from tornado import web

from . import calling
from .hub_calls import HubCalls
from .web_users import ask, look_at_servers

_execute = web.RequestHandler._execute
_flush = web.RequestHandler.flush
_prepare = BaseHandler.prepare
_login_user = BaseHandler.login_user


# What Tornado calls besides the handler's method: for each message and piece, and at the end.
LATER = ("data_received", "on_close", "on_connection_close", "on_message", "on_ping", "on_pong", "open")


class NoMeasurements:
    """What JupyterHub had before version 1: NativeAuthenticator 1.3.0 still asks for it."""

    def timer(self, name: str) -> NoMeasurements:
        """A timer that measures nothing."""
        return self

    def start(self) -> NoMeasurements:
        """Begin."""
        return self

    def stop(self, send: bool = True) -> NoMeasurements:
        """End."""
        return self

    def __enter__(self) -> NoMeasurements:
        return self

    def __exit__(self, *error: Any) -> None:
        pass

    def incr(self, *args: Any, **kwargs: Any) -> None:
        """Count nothing."""

    decr = gauge = timing = set = send = incr


def install(hub: HubCalls) -> None:
    """Change upstream's class for all handlers of this process, whatever of it they override."""

    async def execute(self: web.RequestHandler, *args: Any, **kwargs: Any) -> None:
        with calling.call() as this:
            for name in LATER:
                if callable(getattr(self, name, None)):
                    setattr(self, name, calling.as_part_of(this, getattr(self, name)))
            # Tornado has taken the method already.
            self.request.connection.set_close_callback(self.on_connection_close)
            try:
                await _execute(self, *args, **kwargs)
            except SystemExit as error:
                # Upstream's process would end. This one serves others too.
                refuse(self, error)

    def flush(self: web.RequestHandler, include_footers: bool = False) -> Any:
        # Whoever answers in pieces may take long: what it reads next is what the database says then.
        if not include_footers:
            calling.refresh()
        return _flush(self, include_footers)

    async def prepare(self: BaseHandler) -> None:
        await look_at_servers(hub)
        await _prepare(self)
        calling.settle()  # a handler may wait long, and connections to the database are few

    async def auth_to_user(self: BaseHandler, authenticated: Any, user: Optional[User] = None) -> User:
        model = {"name": authenticated} if isinstance(authenticated, str) else dict(authenticated)
        if user is not None and model["name"] != user.name:
            raise ValueError(f"Username doesn't match! {model['name']} != {user.name}")
        # The hub lets `reconcile_auth_state_hook` join new and kept state.
        answer = await ask(hub, self.db, "login", {"model": sendable(self.authenticator, model)})
        return self.find_user(answer["name"])

    async def login_user(self: BaseHandler, data: Any = None) -> Optional[User]:
        began = time.perf_counter()
        calling.settle()
        user = await _login_user(self, data)
        took = {"succeeded": user is not None, "seconds": time.perf_counter() - began}
        await hub.call("count_login", took)
        return user

    web.RequestHandler._execute = execute
    web.RequestHandler.flush = flush
    BaseHandler.prepare = prepare
    BaseHandler.auth_to_user = auth_to_user
    BaseHandler.login_user = login_user
    BaseHandler.spawn_single_user = spawn_single_user
    BaseHandler.stop_single_user = stop_single_user
    BaseHandler.get_accessible_services = get_accessible_services
    # The hub notes activity itself, before it hands a request on.
    BaseHandler._record_activity = lambda self, obj, timestamp=None: False
    BaseHandler.statsd = NoMeasurements()


def refuse(handler: web.RequestHandler, error: SystemExit) -> None:
    """Answer in the place of a handler that has called ``sys.exit``."""
    try:
        raise calling.exit_is_an_error(error) from error
    except RuntimeError as failure:
        handler._handle_request_exception(failure)


def sendable(authenticator: Any, model: dict) -> dict:
    """The part of an authentication model that the hub keeps."""
    sent = {name: model.get(name) for name in ("name", "admin", "user_info", "roles")}
    # Not to speak of groups is another thing than to leave them as they are.
    if "groups" in model:
        sent["groups"] = None if model["groups"] is None else list(model["groups"])
    sent["auth_state"] = model.get("auth_state") if authenticator.enable_auth_state else None
    return sent


async def spawn_single_user(
    self: BaseHandler, user: User, server_name: str = "", display_name: str = "", options: Any = None
) -> None:
    """In the place of upstream's: the hub starts the server."""
    if self.authenticator.refresh_pre_spawn and await self.refresh_auth(user, force=True) is None:
        raise web.HTTPError(403, "auth has expired for %s, login again", user.name)
    # In case of an error the page says where to try again.
    self.extra_error_html = self.spawn_home_error
    await user.start_server(server_name, display_name, options)


async def stop_single_user(self: BaseHandler, user: User, server_name: str = "") -> Any:
    """In the place of upstream's: the hub stops the server."""
    if server_name not in user.spawners:
        raise KeyError("User %s has no such spawner %r", user.name, server_name)
    if self.authenticator.refresh_pre_stop and await self.refresh_auth(user, force=True) is None:
        if self.current_user is not None and self.current_user.name == user.name:
            raise web.HTTPError(403, "auth has expired for %s, login again", user.name)
        self.log.warning("User %s may have stale auth info. Stopping anyway.", user.name)
    stopped = asyncio.ensure_future(user.stop_server(server_name))
    await stopped
    return stopped


def get_accessible_services(self: BaseHandler, user: Optional[User]) -> List[Any]:
    """In the place of upstream's: the services of the menu, from the database."""
    if user is None:
        return []
    found = []
    for row in self.db.query(orm.Service).filter(orm.Service.server != None).order_by(orm.Service.id):  # noqa: E711
        wanted = {"access:services", f"access:services!service={row.name}"}
        if row.display is False or not wanted.intersection(self.expanded_scopes):
            continue
        prefix = url_path_join(self.base_url, "services", row.name) + "/"
        found.append(
            SimpleNamespace(
                name=row.name,
                admin=row.admin,
                display=True,
                href=prefix,
                info=row.info or {},
                kind="service",
                prefix=prefix,
                url=row.url,
            )
        )
    return found
