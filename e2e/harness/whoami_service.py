"""A service that says who calls it: Tornado, and the classes of `jupyterhub.services.auth` as they are.

    python whoami_service.py oauth|token
"""

from __future__ import annotations

import json
import os
import sys
from urllib.parse import urlparse

from jupyterhub.services.auth import HubAuthenticated, HubOAuthCallbackHandler, HubOAuthenticated
from tornado.ioloop import IOLoop
from tornado.web import Application, RequestHandler, authenticated


class ByOAuth(HubOAuthenticated, RequestHandler):
    """Browsers are led through the hub's login; programs send a token."""

    @authenticated
    def get(self) -> None:
        self.write(json.dumps(self.get_current_user()))


class ByToken(HubAuthenticated, RequestHandler):
    """Only tokens count."""

    @authenticated
    def get(self) -> None:
        self.write(json.dumps(self.get_current_user()))


class Token(HubOAuthenticated, RequestHandler):
    """The token that the hub gave this service for the user."""

    @authenticated
    def get(self) -> None:
        self.write({"token": self.hub_auth.get_token(self)})


class Environment(RequestHandler):
    """Where and as whom this runs, for tests."""

    def get(self) -> None:
        self.write({**os.environ, "here": os.getcwd(), "uid": os.getuid()})


def main(kind: str) -> None:
    prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
    who = {"oauth": ByOAuth, "token": ByToken}[kind]
    handlers = [
        (prefix + "environment", Environment), (prefix + "token", Token),
        (prefix + "oauth_callback", HubOAuthCallbackHandler), (prefix + "?", who),
    ]  # fmt: skip
    url = urlparse(os.environ["JUPYTERHUB_SERVICE_URL"])
    Application(handlers, cookie_secret=os.urandom(32)).listen(url.port, url.hostname)
    print("whoami service says hello", flush=True)
    IOLoop.current().start()


if __name__ == "__main__":
    main(sys.argv[1])
