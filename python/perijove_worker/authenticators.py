"""The configured authenticator class where it runs in this process: set up as upstream does it, and what the hub asks of it."""

from __future__ import annotations

import json
import sys
from typing import Any, Callable, Dict, Iterable, List, Optional

from jupyterhub import orm
from jupyterhub.auth import Authenticator
from jupyterhub.utils import maybe_future

from .changes import PlainEncoder
from .channel import Message

# Methods that the hub need not call where they are upstream's own.
METHODS = (
    "add_user",
    "delete_user",
    "load_managed_roles",
    "normalize_username",
    "post_spawn_stop",
    "pre_spawn_start",
    "refresh_user",
    "validate_username",
)
# Traits whose values the hub works with.
TRAITS = (
    "admin_users",
    "allow_all",
    "allow_existing_users",
    "allowed_users",
    "any_allow_config",
    "auth_refresh_age",
    "auth_refresh_strict",
    "auto_login",
    "auto_login_oauth2_authorize",
    "blocked_users",
    "delete_invalid_users",
    "enable_auth_state",
    "login_service",
    "manage_groups",
    "manage_roles",
    "refresh_pre_spawn",
    "refresh_pre_stop",
    "request_otp",
    "reset_managed_roles_on_startup",
    "username_map",
    "username_pattern",
)


class AllowedUsers(set):
    """``Authenticator.allowed_users`` that knows the users of the database as they are now.

    Upstream keeps the names of existing users in it, which another process may have deleted or added to since.
    """

    def __init__(self, names: Iterable[str], authenticator: Any, existing: Iterable[str]) -> None:
        super().__init__(names)
        self._authenticator = authenticator
        self._existing = set(existing) - self
        self |= self._existing

    def __contains__(self, name: object) -> bool:
        if super().__contains__(name) and name not in self._existing:
            return True
        authenticator = self._authenticator
        return bool(admits_existing(authenticator)) and orm.User.find(authenticator._deprecated_db_session, name) is not None


def admits_existing(authenticator: Any) -> bool:
    """Whether being in the database is enough to be allowed."""
    return authenticator.allow_existing_users and not authenticator.allow_all


def set_up(authenticator: Any, app: Any, database: Any) -> None:
    """What upstream's start does with its authenticator before it looks at users."""
    authenticator.check_allow_config()
    given = getattr(app, "admin_users", None)
    if given and not authenticator.admin_users:
        authenticator.admin_users = set(given)
    for name in ("admin_users", "allowed_users"):
        names = {authenticator.normalize_username(user) for user in getattr(authenticator, name)}
        setattr(authenticator, name, names)
        for user in names:
            if not authenticator.validate_username(user):
                raise ValueError(f"username {user!r} is not valid")
    if authenticator.allowed_users and authenticator.admin_users:
        authenticator.allowed_users |= authenticator.admin_users
    admit_existing(authenticator, database)


def admit_existing(authenticator: Any, database: Any) -> None:
    """Let ``allowed_users`` know the database's users, now and whenever it is set anew."""

    def know(names: Iterable[str], existing: Iterable[str] = ()) -> None:
        # Setting the trait would make a plain set of it.
        authenticator._trait_values["allowed_users"] = AllowedUsers(names, authenticator, existing)

    existing: List[str] = []
    if admits_existing(authenticator):
        existing = [name for (name,) in database.query(orm.User.name)]
    know(authenticator.allowed_users, existing)
    authenticator.observe(lambda change: know(change.new), "allowed_users")


def overridden(authenticator: Any) -> List[str]:
    """The methods that are not the base class's own."""

    def is_own(name: str) -> bool:
        return getattr(getattr(authenticator, name), "__func__", None) is not getattr(Authenticator, name)

    return [name for name in METHODS if is_own(name)]


def plain(value: Any) -> Any:
    """A value as it is after a way through the database."""
    return None if value is None else json.loads(json.dumps(value))


def model_form(model: Any) -> Optional[Message]:
    """What a login or refresh brought, with the entries that it has; ``None`` refuses."""
    if not model:
        return None
    if not isinstance(model, dict):
        model = {"name": model}
    admin = model.get("admin")
    form = {"name": model["name"], "admin": None if admin is None else bool(admin)}
    for name in ("auth_state", "user_info"):
        form[name] = plain(model.get(name))
    for name in ("groups", "roles"):
        if name in model:
            form[name] = None if model[name] is None else list(model[name])
    return form


class Authenticators:
    """The steps that the hub asks for."""

    def __init__(self, upstream: Any) -> None:
        self._upstream = upstream
        self._steps: Dict[str, Callable] = {
            "add_user": self._add_user,
            "delete_user": self._delete_user,
            "describe": self._describe,
            "load_managed_roles": self._load_managed_roles,
            "login": self._login,
            "normalize_username": self._normalize_username,
            "reconcile_auth_state": self._reconcile_auth_state,
            "refresh_user": self._refresh_user,
            "validate_username": self._validate_username,
        }

    async def run(self, step: str, args: List[Any]) -> Any:
        """Run one step; its value, encoded."""
        value = await self._steps[step](self._upstream.authenticator, *args)
        return PlainEncoder().encode(value)

    async def _describe(self, authenticator: Any) -> Message:
        kind = type(authenticator)
        base_url = self._upstream.settings["hub"].base_url
        prompt = authenticator.otp_prompt
        traits = {name: getattr(authenticator, name) for name in TRAITS}
        for name in ("admin_users", "allowed_users"):
            traits[name] = set(traits[name])
        traits["allowed_users"] -= getattr(authenticator.allowed_users, "_existing", set())
        return {
            **traits,
            "class_name": f"{kind.__module__}.{kind.__name__}",
            "custom_html": authenticator.get_custom_html(base_url) or "",
            "is_private_database": self._upstream.has_private_database,
            "login_url": authenticator.login_url(base_url),
            "logout_url": authenticator.logout_url(base_url),
            "otp_prompt": prompt if isinstance(prompt, str) else str(prompt),
            "overridden": overridden(authenticator),
            "reconciles": bool(authenticator.reconcile_auth_state_hook),
            "version": getattr(sys.modules.get(kind.__module__.split(".")[0]), "__version__", "unknown"),
        }

    async def _login(self, authenticator: Any, handler: Any, data: Optional[dict]) -> Optional[Message]:
        return model_form(await maybe_future(authenticator.get_authenticated_user(handler, data)))

    async def _refresh_user(self, authenticator: Any, user: Any, handler: Any) -> Any:
        found = await maybe_future(authenticator.refresh_user(user, handler))
        if not found or found is True:
            return bool(found)
        model = {**found, "name": user.name}
        if "auth_state" not in model:
            model["auth_state"] = await user.get_auth_state()
        return model_form(model)

    async def _reconcile_auth_state(self, authenticator: Any, model: dict, existing: Any) -> Any:
        hook = authenticator.reconcile_auth_state_hook
        return plain(await maybe_future(hook(authenticator, model, existing)))

    async def _add_user(self, authenticator: Any, user: Any) -> None:
        await maybe_future(authenticator.add_user(user))

    async def _delete_user(self, authenticator: Any, user: Any) -> None:
        await maybe_future(authenticator.delete_user(user))

    async def _normalize_username(self, authenticator: Any, name: str) -> str:
        return authenticator.normalize_username(name)

    async def _validate_username(self, authenticator: Any, name: str) -> bool:
        return bool(authenticator.validate_username(name))

    async def _load_managed_roles(self, authenticator: Any) -> List[Any]:
        return list(await maybe_future(authenticator.load_managed_roles()))
