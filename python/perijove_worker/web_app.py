"""A Tornado application for the request handlers of plug-ins, on a socket that only the hub can reach."""

from __future__ import annotations

from typing import Any, List

from jupyterhub import apihandlers, handlers
from jupyterhub.handlers.base import Template404
from jupyterhub.utils import url_path_join
from tornado import web
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_unix_socket

from . import web_handlers
from .channel import Message
from .handles import full_name
from .hub_calls import HubCalls
from .own_spawners import OwnSpawners
from .upstream import Upstream
from .web_settings import complete, tell_app

# What the hub says of whoever sent the request; a client's own headers of these names never arrive here.
ADDRESS = "X-Perijove-Client-Address"
SCHEME = "X-Perijove-Client-Scheme"
ONLY_OWNER = 0o600


class Application(web.Application):
    """Believes the hub about who is at the other end."""

    def find_handler(self, request: Any, **kwargs: Any) -> Any:
        """Take the hub's word, and find the handler."""
        request.remote_ip = request.headers.get(ADDRESS, "127.0.0.1")
        request.protocol = request.headers.get(SCHEME, "http")
        for name in (ADDRESS, SCHEME):
            if name in request.headers:
                del request.headers[name]
        return super().find_handler(request, **kwargs)


class WebApp:
    """The application and its socket."""

    def __init__(self, upstream: Upstream, hub: HubCalls, own: OwnSpawners, params: Message) -> None:
        settings = complete(upstream, hub, own, params)
        app = tell_app(settings)
        web_handlers.install(hub)
        prefix = settings["hub"].base_url
        of_authenticator: List[Any] = []
        if params["with_authenticator"]:
            of_authenticator = list(settings["authenticator"].get_handlers(app))
        self._authenticator = rules(prefix, of_authenticator)
        self._extra = rules(prefix, [*configured(upstream.config.JupyterHub), *of_plugins()])
        everything = [*self._authenticator, *self._extra, (r"(.*)", Template404)]
        self._server = HTTPServer(Application(everything, **settings))
        self._path: str = params["socket"]

    def listen(self) -> Message:
        """Serve from now on; the patterns of the paths that the hub must send here, in order."""
        self._server.add_socket(bind_unix_socket(self._path, mode=ONLY_OWNER))
        return {"authenticator": patterns(self._authenticator), "extra": patterns(self._extra)}

    def close(self) -> None:
        """Take no more requests."""
        self._server.stop()


def configured(section: Any) -> List[Any]:
    """``c.JupyterHub.extra_handlers``."""
    value = section.get("extra_handlers", [])
    return list(value.get_value([]) if hasattr(value, "get_value") else value)


def of_plugins() -> List[Any]:
    """What a plug-in has added to JupyterHub's own lists of handlers, as batchspawner does when it is imported."""
    own = ("jupyterhub.", "perijove_worker.")
    everything = [*apihandlers.default_handlers, *handlers.default_handlers]
    return [entry for entry in everything if not entry[1].__module__.startswith(own)]


def rules(prefix: str, entries: List[Any]) -> List[web.URLSpec]:
    """Tornado's rules, below the hub's prefix as upstream puts them."""
    made = []
    for entry in entries:
        pattern, *rest = entry
        # The empty one is /hub, not /hub/.
        whole = url_path_join(prefix, pattern) if pattern else prefix.rstrip("/")
        made.append(web.URLSpec(whole, *rest))
    return made


def patterns(made: List[web.URLSpec]) -> List[Message]:
    """Pattern and class of each rule."""
    return [{"regex": rule.regex.pattern, "class": full_name(rule.handler_class)} for rule in made]
