"""Upstream's request handlers, made from what the hub says about a request."""

from __future__ import annotations

from typing import Any, List, Optional

from jupyterhub import scopes
from jupyterhub.handlers.base import BaseHandler
from tornado import httputil, web

from .channel import Message
from .encoding import Encoder, decode
from .handles import HandleTable
from .upstream import Upstream


class ResponseRecorder:
    """Stands for the connection: keeps what a hook writes instead of sending it."""

    no_keep_alive = False

    def __init__(self) -> None:
        self.started: Optional[Any] = None
        self.body: List[bytes] = []

    def set_close_callback(self, callback: Any) -> None:
        """Nothing closes this connection."""

    def write_headers(self, start_line: Any, headers: Any, chunk: bytes = b"") -> Any:
        """Keep the status and the first part of the body."""
        self.started = start_line
        return self.write(chunk)

    def write(self, chunk: bytes) -> Any:
        """Keep a part of the body."""
        from tornado.concurrent import Future

        self.body.append(chunk)
        done: Any = Future()
        done.set_result(None)
        return done

    def finish(self) -> None:
        """The answer is complete; the hub sends it."""


class HookHandler(BaseHandler):
    """Upstream's handler of a request that the hub has authenticated."""

    def hook_effects(self) -> Optional[Message]:
        """What a hook did to the answer, or ``None`` if nothing."""
        for cookie in getattr(self, "_new_cookie", {}).values():
            if not self._finished:
                self.add_header("Set-Cookie", cookie.OutputString(None))
        headers = [list(pair) for pair in self._headers.get_all() if pair not in self.first_headers]
        headers = [pair for pair in headers if pair[0] not in ("Content-Length", "Etag", "Date")]
        if not headers and not self._finished and self._status_code == 200:
            return None
        recorder = self.request.connection
        body = b"".join(recorder.body) if self._finished else b""
        return {
            "status": self._status_code,
            "headers": headers,
            "finished": self._finished,
            "body": Encoder(HandleTable()).encode(body),
        }


def make_request(facts: Message) -> httputil.HTTPServerRequest:
    """Tornado's request with the arguments of its query and body."""
    headers = httputil.HTTPHeaders()
    for name, value in facts["headers"]:
        headers.add(name, value)
    request = httputil.HTTPServerRequest(
        method=facts["method"],
        uri=facts["uri"],
        headers=headers,
        body=decode(facts["body"]),
        host=facts["host"],
        connection=ResponseRecorder(),
    )
    request.protocol = facts["protocol"]
    request.remote_ip = facts["remote_ip"]
    request._parse_body()
    return request


def make_handler(upstream: Upstream, facts: Message, user: Any) -> HookHandler:
    """A handler whose ``current_user`` is ``user``: one of upstream's users, a row of a service, or ``None``."""
    upstream.settings.setdefault("authenticator", upstream.authenticator)
    application = web.Application(**{"cookie_secret": b"", **upstream.settings})
    handler = HookHandler(application, make_request(facts))
    handler._jupyterhub_user = user
    handler.expanded_scopes = set(facts["scopes"])
    handler.parsed_scopes = scopes.parse_scopes(handler.expanded_scopes)
    # What Tornado sets when it runs a handler.
    handler.path_args, handler.path_kwargs, handler._transforms = [], {}, []
    handler.first_headers = set(handler._headers.get_all())
    return handler
