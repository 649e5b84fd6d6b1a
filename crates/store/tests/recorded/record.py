"""Records what JupyterHub makes of a database, for the tests of this crate.

    record.py fill URL         make an empty database with the JupyterHub of this Python, and put some rows into it
    record.py facts URL        print what a database consists of
    record.py use URL          open a database as a hub does, print what is in it, and add the user grace
"""

import json
import logging
import os
import sys
import tempfile
from datetime import datetime
from pathlib import Path

import sqlalchemy
from jupyterhub import orm
from jupyterhub.app import JupyterHub

HERE = Path(__file__).parent


def fill(url: str) -> None:
    os.chdir(tempfile.mkdtemp())
    hub = JupyterHub(db_url=url, log_level=logging.WARNING)
    hub.init_db()
    db = hub.db
    ada = orm.User(name="ada", admin=True, cookie_id="cookie", created=datetime(2024, 5, 6, 7, 8, 9, 123456))
    ada.encrypted_auth_state = b"gAAAA\x00\xff"
    bob = orm.User(name="bob", cookie_id="other", created=datetime(2024, 5, 6, 7, 8, 9))
    group = orm.Group(name="lab", properties={"größe": [1, None]}, users=[ada])
    role = orm.Role(name="reader", scopes=["read:users!group=lab"], users=[bob], groups=[group])
    client = orm.OAuthClient(identifier="service-culler", secret="hash", allowed_scopes=["self"])
    db.add_all([ada, bob, group, role, client])
    db.commit()
    service = orm.Service(name="culler", url="http://127.0.0.1:9", command=["cull"], oauth_client_id="service-culler")
    server = orm.Server(proto="http", ip="127.0.0.1", port=8888, base_url="/user/ada/", cookie_name="x")
    spawner = orm.Spawner(user=ada, name="", server=server, state={"pid": 7}, user_options={"a": "b"})
    code = orm.OAuthCode(code="code", client_id="service-culler", user=ada, scopes=["self"], expires_at=1)
    token = orm.APIToken(user=ada, hashed="sha512:1:a:b", prefix="abcd", client_id="service-culler", scopes=["self"])
    db.add_all([service, server, spawner, code, token])
    db.commit()
    db.close()


def use(url: str) -> None:
    os.chdir(tempfile.mkdtemp())
    hub = JupyterHub(db_url=url, log_level=logging.WARNING)
    hub.init_db()
    db = hub.db
    users = {}
    for user in db.query(orm.User):
        users[user.name] = {
            "admin": user.admin,
            "created": user.created.isoformat(),
            "groups": sorted(group.name for group in user.groups),
            "roles": sorted(role.name for role in user.roles),
            "servers": {name: [spawner.state, spawner.user_options] for name, spawner in user.orm_spawners.items()},
            "tokens": [[token.prefix, token.scopes, token.oauth_client.identifier] for token in user.api_tokens],
            "shared_with": [share.scopes for share in user.shared_with_me],
        }
    print(json.dumps(users))
    db.add(orm.User(name="grace", cookie_id="of grace", created=datetime(2024, 1, 2, 3, 4, 5)))
    db.commit()
    # What JupyterHub deletes goes with all that depends on it.
    db.delete(db.query(orm.User).filter_by(name="ada").one())
    db.commit()
    db.close()


def facts(url: str) -> None:
    engine = sqlalchemy.create_engine(url)
    query = (HERE / f"facts-{ {'postgresql': 'postgres'}.get(engine.dialect.name, engine.dialect.name) }.sql").read_text()
    with engine.connect() as connection:
        for (fact,) in connection.exec_driver_sql(query.replace("%", "%%") if engine.dialect.name != "sqlite" else query):
            print(fact)


if __name__ == "__main__":
    {"fill": fill, "facts": facts, "use": use}[sys.argv[1]](sys.argv[2])
