"""Hooks of spawners, run on real instances of the configured spawner class.

An instance lives from the first call for its server until its ``post_stop`` call, as upstream's does, so
what one hook leaves on it the next one finds.
"""

from __future__ import annotations

import inspect
from typing import Any, Callable, Dict, Tuple

from jupyterhub import orm
from jupyterhub.roles import roles_to_scopes
from tornado.httputil import HTTPFile

from .changes import Snapshot
from .channel import Message
from .encoding import decode
from .upstream import Upstream
from .users import Users, add_server, naive_time

# Traits that hold upstream's objects, or that the hub itself gave.
GIVEN = (
    "authenticator",
    "config",
    "db",
    "handler",
    "hub",
    "log",
    "orm_spawner",
    "parent",
    "pid",
    "proc",
    "user",
)
# Traits that are used in this process, on this very instance, and need not be sent.
CALLED_HERE = (
    "apply_user_options",
    "auth_state_hook",
    "group_overrides",
    "oauth_client_allowed_scopes",
    "oauth_roles",
    "options_form",
    "options_from_form",
    "post_stop_hook",
    "pre_spawn_hook",
    "progress_ready_hook",
    "server_token_scopes",
    "ssl_alt_names",
    "user_options",
)


async def resolved(value: Any) -> Any:
    """The value, awaited if it can be."""
    return await value if inspect.isawaitable(value) else value


class Spawners:
    """The living spawner instances."""

    def __init__(self, upstream: Upstream, users: Users) -> None:
        self._upstream = upstream
        self._users = users
        self._snapshots: Dict[Tuple[str, str], Tuple[Any, Snapshot]] = {}

    def get(self, facts: Message, handler: Any = None) -> Any:
        """The instance for a server, brought up to date with what the hub says now."""
        user = self._users.get(facts["user"])
        row = add_server(user.orm_user, facts["name"], facts["display_name"])
        row.display_name = facts["display_name"]
        row.started = naive_time(facts["started"])
        row.last_activity = naive_time(facts["last_activity"])
        row.state = decode(facts["state"])
        row.server = orm.Server(cookie_name="", **facts["server"]) if facts["server"] else None
        self._upstream.settings.setdefault("authenticator", self._upstream.authenticator)
        spawner = user.spawners[facts["name"]]
        key = (user.name, facts["name"])
        if key not in self._snapshots or self._snapshots[key][0] is not spawner:
            self._snapshots[key] = (spawner, Snapshot(spawner, (*GIVEN, *CALLED_HERE)))
        if facts["api_token"]:
            self._snapshots[key][1].give("api_token", facts["api_token"])
        if row.state:
            spawner.load_state(row.state)
        spawner.user_options = decode(facts["user_options"]) or {}
        spawner.handler = handler
        return spawner

    def forget(self, user_name: str, server_name: str) -> None:
        """Drop the instance of a server that has stopped."""
        found = self._snapshots.pop((user_name, server_name), None)
        if found is not None:
            found[0].user.spawners.pop(server_name, None)

    def changes(self, spawner: Any) -> list:
        """The traits that hooks have set on an instance since it was made."""
        return self._snapshots[(spawner.user.name, spawner.name)][1].changes()

    async def run(self, spawner: Any, step: str, args: list) -> Any:
        """Run one step; the name is the hub's, the steps are the functions below."""
        return await STEPS[step](spawner, *args)


async def run_auth_state(spawner: Any) -> None:
    """``auth_state_hook`` with the user's authentication state, as before an options form."""
    await spawner.run_auth_state_hook(await spawner.user.get_auth_state())


async def run_before_start(spawner: Any, with_authenticator: bool) -> None:
    """The hooks before ``Spawner.start``, in upstream's order."""
    if with_authenticator:
        await resolved(spawner.authenticator.pre_spawn_start(spawner.user, spawner))
    await run_auth_state(spawner)
    await spawner.apply_group_overrides()
    await spawner._run_apply_user_options(spawner.user_options)
    await resolved(spawner.run_pre_spawn_hook())


async def logged(spawner: Any, what: str, call: Callable[[], Any]) -> None:
    """Run something whose failure changes nothing."""
    try:
        await resolved(call())
    except Exception:
        spawner.log.exception("Error in %s for %s", what, spawner._log_name)


async def prepare(spawner: Any, with_authenticator: bool) -> None:
    """Everything that upstream runs between the request for a server and ``Spawner.start``.

    Callables in ``environment`` are replaced by what they return, which is what starting would use.
    """
    await run_before_start(spawner, with_authenticator)
    if any(callable(value) for value in spawner.environment.values()):
        spawner.environment = {
            name: value(spawner) if callable(value) else value
            for name, value in spawner.environment.items()
        }
    spawner.handler = None


async def post_stop(spawner: Any, with_authenticator: bool) -> None:
    """``post_stop_hook`` and the authenticator's ``post_spawn_stop``; the server is gone by now."""
    try:
        if spawner.post_stop_hook is not None:
            await resolved(spawner.post_stop_hook(spawner))
    finally:
        if with_authenticator:
            await resolved(spawner.authenticator.post_spawn_stop(spawner.user, spawner))


async def options_form(spawner: Any) -> Any:
    """The options form, after ``auth_state_hook``, which it may depend on."""
    await run_auth_state(spawner)
    return await spawner.get_options_form()


async def options_from_form(spawner: Any, form: dict) -> Any:
    """What ``options_from_form`` makes of a submitted form."""
    run = getattr(spawner, "run_options_from_form", spawner.options_from_form)
    return await resolved(run({name: [uploaded(value) for value in values] for name, values in form.items()}))


def uploaded(value: Any) -> Any:
    """A value of a form; a file is Tornado's object, whose attributes and items are the same."""
    return HTTPFile(value) if isinstance(value, dict) else value


async def options_from_query(spawner: Any, query: dict) -> Any:
    """What ``options_from_query`` makes of the arguments in the address."""
    await run_auth_state(spawner)
    return await resolved(spawner.options_from_query(query))


async def progress_ready(spawner: Any, event: dict) -> Any:
    """The last progress event as ``progress_ready_hook`` wants it."""
    if not spawner.progress_ready_hook:
        return event
    return await resolved(spawner.progress_ready_hook(spawner, event))


async def called_or_plain(spawner: Any, name: str) -> Any:
    """A trait that may be a function of the spawner."""
    value = getattr(spawner, name)
    return await resolved(value(spawner)) if callable(value) else value


async def server_token_scopes(spawner: Any) -> Any:
    """The scopes asked for the server's own token."""
    return await called_or_plain(spawner, "server_token_scopes")


async def oauth_client_allowed_scopes(spawner: Any) -> Any:
    """The scopes that tokens issued through the server may have: as they are named, or those of ``oauth_roles``."""
    scopes = await called_or_plain(spawner, "oauth_client_allowed_scopes")
    if not spawner.oauth_roles:
        return scopes
    if scopes:
        spawner.log.warning("Spawner.oauth_roles is ignored where there are oauth_client_allowed_scopes")
        return scopes
    names = await called_or_plain(spawner, "oauth_roles")
    database = spawner._deprecated_db_session
    roles = list(database.query(orm.Role).filter(orm.Role.name.in_(names)))
    missing = set(names).difference(role.name for role in roles)
    if missing:
        raise ValueError(f"No such role(s): {', '.join(sorted(missing))}")
    return sorted(roles_to_scopes(roles))


async def ssl_alt_names(spawner: Any) -> Any:
    """The names in the server's internal certificate."""
    return await called_or_plain(spawner, "ssl_alt_names")


STEPS: Dict[str, Callable] = {
    "auth_state": run_auth_state,
    "oauth_client_allowed_scopes": oauth_client_allowed_scopes,
    "options_form": options_form,
    "options_from_form": options_from_form,
    "options_from_query": options_from_query,
    "post_stop": post_stop,
    "prepare": prepare,
    "progress_ready": progress_ready,
    "server_token_scopes": server_token_scopes,
    "ssl_alt_names": ssl_alt_names,
}
