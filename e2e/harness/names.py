"""Host names below `localhost` are this machine (RFC 6761, 6.3): browsers know, Python asks the resolver, which need not."""

from __future__ import annotations

from typing import Any

from urllib3.util import connection

_create_connection = connection.create_connection


def _resolved(address: tuple[str, int], *args: Any, **options: Any) -> Any:
    host, port = address
    return _create_connection(("127.0.0.1" if host.endswith(".localhost") else host, port), *args, **options)


def know_localhost() -> None:
    """Requests of this process find `hub.localhost`."""
    connection.create_connection = _resolved
