"""New databases on the throw-away servers of `e2e/databases.sh`, with URLs as SQLAlchemy takes them."""

from __future__ import annotations

import os
import uuid
from urllib.parse import urlsplit

import pytest

#: The variable with the URL of a server of this kind.
SERVERS = {"postgresql": "PERIJOVE_TEST_POSTGRES", "mysql": "PERIJOVE_TEST_MYSQL"}


def url_of(kind: str) -> str:
    """The URL of a new database of this kind, nothing for SQLite's file; the test is skipped where there is no server."""
    if kind == "sqlite":
        return ""
    server = os.environ.get(SERVERS[kind])
    if not server:
        pytest.skip(f"no {kind} server: e2e/databases.sh run …")
    return create(server)


def configuration(url: str) -> str:
    """The line of a configuration that takes this database."""
    return f"c.JupyterHub.db_url = {url!r}\n" if url else ""


def create(server_url: str) -> str:
    """Makes an empty database on the server of this URL; it goes when the server does."""
    server, name = urlsplit(server_url), f"hub_{uuid.uuid4().hex[:12]}"
    if server.scheme == "postgresql":
        import psycopg2

        connection = psycopg2.connect(server_url)
        connection.autocommit = True
        connection.cursor().execute(f"create database {name}")
        connection.close()
        # Without a name SQLAlchemy 2.1 takes another driver than the one that is installed here.
        return server._replace(scheme="postgresql+psycopg2", path=f"/{name}").geturl()
    import pymysql

    connection = pymysql.connect(host=server.hostname, port=server.port, user=server.username, password=server.password)
    connection.cursor().execute(f"create database {name} character set utf8mb4")
    connection.close()
    return server._replace(scheme="mysql+pymysql", path=f"/{name}").geturl()
