"""Stops: whose authentication is asked for, starts that fail and are still being cleaned up, and requests that come at the same time."""

from __future__ import annotations

from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS

from .steps import DELETE, GET, PATCH, POST, PUT, Case, Step
from .worlds import World

BASE = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + "c.JupyterHub.allow_named_servers = True\n"

_REFRESH = """
from jupyterhub.auth import DummyAuthenticator
class Refreshing(DummyAuthenticator):
    async def refresh_user(self, user, handler=None):
        {}
c.JupyterHub.authenticator_class = Refreshing
c.Refreshing.password = "a shared secret"
c.Authenticator.auth_refresh_age = 10000
c.Authenticator.refresh_pre_stop = True
"""
_OF_OTHERS = [
    Case("of-others", [
        POST("users/q1"), DELETE("users/q1/server"), POST("users/q1/server"), DELETE("users/q1/server"), GET("users/q1"), PUT("users/q1/servers/n"), DELETE("users/q1/servers/n"),
        DELETE("users/q1/servers/n", json={"remove": True}), GET("users/q1/servers/n"), DELETE("users/q1"), GET("users/q1"),
    ]),
    Case("dead", [POST("users/q2"), POST("users/q2/server"), Step("KILL", "q2"), DELETE("users/q2/server"), DELETE("users/q2"), GET("users/q2")]),
]  # fmt: skip
_OWN = [
    Case("own", [
        GET("/hub/home", who="browser:q3"), POST("users/q3/server", who="browser:q3"), DELETE("users/q3/server"), DELETE("users/q3/server", who="browser:q3"),
        PUT("users/q3/servers/n", who="browser:q3"), DELETE("users/q3/servers/n", who="browser:q3", json={"remove": True}), GET("users/q3/servers/n"), DELETE("users/q3"), GET("users/q3"),
    ]),
    Case("with-server", [POST("users/q4"), POST("users/q4/server"), DELETE("users/q4"), GET("users/q4")]),
]  # fmt: skip

#: A shell that waits for its child before it looks at signals: stopping it takes seconds.
_STUBBORN = """
c.Spawner.http_timeout = 2
c.Spawner.cmd = ["/bin/sh", "-c", "sleep 100"]
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}
c.LocalProcessSpawner.interrupt_timeout = 4
"""
_FAILED = '"failed": true'
_CLEANED_UP = [
    Case("failed-start", [
        POST("users/s1"), POST("users/s1/server"), GET("users/s1", until_text='"pending": "stop"'), POST("users/s1/server"), GET("users/s1/server/progress"), GET("/hub/spawn-pending/s1", who="browser:s1"),
        GET("/hub/home", who="browser:s1"), PATCH("users/s1/server", json={"user_options": {}}), DELETE("users/s1"), DELETE("users/s1/server"), GET("users/s1", until_text='"pending": null'),
        GET("users/s1/server/progress", until_text=_FAILED), GET("/hub/spawn-pending/s1", who="browser:s1"), DELETE("users/s1"), GET("users/s1"),
    ], ignore={"message": "words of our own", "html_message": "words of our own"}),
    Case("watched", [
        POST("users/s2"), POST("users/s2/server"), GET("users/s2/server/progress", until_text=_FAILED), GET("users/s2"),
    ], ignore={"message": "words of our own", "html_message": "words of our own"}),
]  # fmt: skip

_TOGETHER = [
    Case("deletions", [
        POST("groups/g1"), DELETE("groups/g1", together=6), POST("services/v1", json={"info": {}}), DELETE("services/v1", together=6), POST("users/u1"), DELETE("users/u1", together=1),
    ]),
    Case("renamings", [
        POST("users/u2"), PUT("users/u2/servers/z"), PATCH("users/u2/servers/z", json={"name": "zz"}, together=6), GET("users/u2?include_stopped_servers"),
        PATCH("users/u2/servers/zz", json={"display_name": "shown"}, together=6),
    ]),
]  # fmt: skip

WORLDS = [
    World("refresh-fails", BASE + _REFRESH.format('raise RuntimeError("no")'), _OF_OTHERS),
    World("refresh-says-no", BASE + _REFRESH.format("return False"), _OWN),
    World("slow-clean-up", BASE + _STUBBORN, _CLEANED_UP),
    World("together", BASE, _TOGETHER),
]
