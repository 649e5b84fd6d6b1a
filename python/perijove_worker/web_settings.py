"""The settings of upstream's Tornado application, for request handlers of plug-ins."""

from __future__ import annotations

import logging
from typing import Any

from .channel import Message
from .hub_calls import HubCalls
from .own_spawners import OwnSpawners
from .upstream import Upstream
from .web_templates import environments, static_files
from .web_users import UsersOfCall

# Options of the application that handlers read from the settings, with upstream's defaults.
PLAIN = {
    "activity_resolution": 30,
    "active_server_limit": 0,
    "api_page_default_limit": 50,
    "api_page_max_limit": 200,
    "authenticate_prometheus": True,
    "concurrent_spawn_limit": 100,
    "cookie_max_age_days": 14,
    "default_url": "",
    "implicit_spawn_seconds": 0,
    "internal_ssl": False,
    "named_server_limit_per_user": 0,
    "shutdown_on_logout": False,
    "spawn_throttle_retry_range": (30, 60),
    "template_vars": {},
    "token_expires_in_max_seconds": 0,
}


class NotHere:
    """Stands for a part of the hub that lives in the hub's own process."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{self._name}.{name} is not available to handlers: it is in the hub's process")


def complete(upstream: Upstream, hub: HubCalls, own: OwnSpawners, params: Message) -> dict:
    """All settings. The same dictionary goes to users, spawners and handlers, as upstream's does."""
    settings = upstream.settings
    section = upstream.config.JupyterHub
    prefix = upstream.settings["hub"].base_url
    for name, default in PLAIN.items():
        settings[name] = section.get(name, default)
    waiting, sync = environments(section, params)
    settings["hub"].cookie_name = params["login_cookie"]
    settings.update(
        allow_invalid_named_server_start=section.get("allow_existing_invalid_named_servers") == "allow-start",
        config_role_names=[role["name"] for role in section.get("load_roles", []) if "name" in role],
        cookie_secret=bytes.fromhex(params["cookie_secret"]),
        eventlog=NotHere("eventlog"),
        jinja2_env=waiting,
        jinja2_env_sync=sync,
        # The hub logs requests, these too.
        log_function=lambda handler: None,
        oauth_no_confirm_list=set(),
        proxy=NotHere("proxy"),
        services={},
        static_handler_class=static_files(f"{prefix}static/", params["static_files"]),
        # Nothing is served from here; Tornado makes no addresses without it.
        static_path=prefix,
        static_url_prefix=f"{prefix}static/",
        template_path=params["template_paths"],
        users=UsersOfCall(settings, hub, own),
        version_hash=params["version_hash"],
        xsrf_cookies=True,
    )
    if "oauth_provider" in settings:
        del settings["oauth_provider"]
    overrides = section.get("tornado_settings", {})
    settings.update(overrides if isinstance(overrides, dict) else {})
    kept = settings.get("xsrf_cookie_kwargs") or settings.get("cookie_options") or {}
    settings["xsrf_cookie_kwargs"] = {**kept, "path": prefix}
    settings["authenticator"] = authenticator(upstream, params["with_authenticator"])
    settings["admin_users"] = settings["authenticator"].admin_users
    return settings


def authenticator(upstream: Upstream, is_python: bool) -> Any:
    """The configured authenticator. One that runs in the hub need not be there as a Python class."""
    try:
        return upstream.authenticator
    except Exception as error:
        if is_python:
            raise
        from jupyterhub.auth import Authenticator

        logging.getLogger("JupyterHub").warning(
            "handlers of the configuration see a plain Authenticator: the configured one cannot be made in "
            "Python (%s)",
            error,
        )
        return Authenticator(config=upstream.config)


def tell_app(settings: dict) -> Any:
    """The stand-in for the application, with what handlers and ``get_handlers`` ask it for."""
    app = settings["app"]
    section = app.config.JupyterHub
    app.authenticator = settings["authenticator"]
    app.base_url = settings["base_url"]
    app.db = settings["db"]
    app.hub = settings["hub"]
    app.hub_prefix = settings["hub"].base_url
    app.tornado_settings = settings
    app.use_legacy_stopped_server_status_code = section.get("use_legacy_stopped_server_status_code", False)
    app.users = settings["users"]
    return app
