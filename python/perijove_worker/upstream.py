"""Upstream's objects around a hook: classes, settings, hub, authenticator and users.

Everything here imports ``jupyterhub``, which takes seconds, so this module is imported by the first call
that needs it and not before.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, Callable, Dict, Optional
from urllib.parse import urlparse

from .channel import Message
from .logs import name_traitlets_logger

try:
    import jupyterhub
    from jupyterhub.objects import Hub
except ImportError as error:
    raise RuntimeError(
        f"functions in the configuration need JupyterHub's classes, which {sys.executable} "
        f"cannot import ({error})\nhint: {sys.executable} -m pip install jupyterhub==6.1.1"
    ) from error

from traitlets.config import LoggingConfigurable
from traitlets.utils.importstring import import_item

from .database import Database

name_traitlets_logger()
VERSION: str = jupyterhub.__version__
if not VERSION.startswith("6."):
    logging.getLogger("JupyterHub").warning(
        "hooks run on the classes of JupyterHub %s in %s, but this hub behaves as 6.1.1", VERSION, sys.prefix
    )


class HubApp(LoggingConfigurable):
    """Stands for the ``JupyterHub`` application: its configured values can be read."""

    def _load_config(self, *_: Any, **__: Any) -> None:
        """What it is configured with stays in the configuration."""

    def __getattr__(self, name: str) -> Any:
        section = () if name.startswith("_") else self.config.JupyterHub
        if name in section:
            return section[name]
        raise AttributeError(f"JupyterHub.{name} is not available to functions in the configuration")


# Traitlets looks for sections of a parent, as in ``c.JupyterHub.Authenticator``, by its class's name.
HubApp.__name__ = "JupyterHub"


class Upstream:
    """The shared objects, made when they are first needed."""

    def __init__(self, config: Any, params: Message, find: Callable[[int], Any]) -> None:
        self.config = config
        self._find = find
        self._params = params
        self._authenticator: Optional[Any] = None
        self.log = logging.getLogger("JupyterHub")
        database = Database(params["database_url"], self.config.JupyterHub.get("db_kwargs", {}))
        self.database = database.session
        self.has_private_database = database.is_private
        self.settings = self._make_settings()

    def _make_settings(self) -> Dict[str, Any]:
        """The part of upstream's Tornado settings that users, spawners and handlers read."""
        params = self._params
        settings = dict(params["settings"])
        public_url = settings.get("public_url") or ""
        settings["public_url"] = urlparse(public_url) if public_url else ""
        settings.update(
            app=HubApp(config=self.config, log=self.log),
            config=self.config,
            db=self.database,
            hub=self._make_hub(params["hub"]),
            log=self.log,
            spawner_class=self.class_named(params["spawner_class"], "jupyterhub.spawners"),
            subdomain_hook=self._subdomain_hook(),
        )
        overrides = self.config.JupyterHub.get("tornado_settings", {})
        settings.update(overrides if isinstance(overrides, dict) else {})
        return settings

    @staticmethod
    def _make_hub(params: Message) -> Any:
        hub = Hub(**{name: value for name, value in params.items() if value and name != "connect_url"})
        if params.get("connect_url"):
            hub.connect_url = params["connect_url"]
        return hub

    def _subdomain_hook(self) -> Callable:
        from jupyterhub import utils

        hook = self.config.JupyterHub.get("subdomain_hook", "idna")
        return hook if callable(hook) else getattr(utils, f"subdomain_hook_{hook}")

    def class_named(self, name: Any, entry_points: str) -> Any:
        """A class by its handle's number, its dotted name, or its entry point's name."""
        if isinstance(name, int):
            return self._find(name)
        if "." in name:
            return import_item(name)
        from importlib.metadata import entry_points as find_entry_points

        for entry_point in find_entry_points(group=entry_points):
            if entry_point.name.lower() == name.lower():
                return entry_point.load()
        raise ImportError(f"no entry point {name!r} in {entry_points}")

    @property
    def authenticator(self) -> Any:
        """The one instance of the configured authenticator class."""
        if self._authenticator is None:
            name = self._params["authenticator_class"]
            kind = self.class_named(name, "jupyterhub.authenticators")
            app = self.settings["app"]
            authenticator = kind(parent=app, _deprecated_db_session=self.database)
            if self._params["authenticator_is_python"]:
                from .authenticators import set_up

                set_up(authenticator, app, self.database)
            self._authenticator = authenticator
            self.settings["authenticator"] = self._authenticator
            self.settings["admin_users"] = self._authenticator.admin_users
        return self._authenticator
