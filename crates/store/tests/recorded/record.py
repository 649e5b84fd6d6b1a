"""Records what JupyterHub makes of a database, for the tests of this crate.

    record.py fill URL         make an empty database with the JupyterHub of this Python, and put some rows into it
    record.py facts URL        print what a database consists of
"""

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
    orm.APIToken.new  # the class must be there in every version
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


def facts(url: str) -> None:
    engine = sqlalchemy.create_engine(url)
    query = (HERE / f"facts-{ {'postgresql': 'postgres'}.get(engine.dialect.name, engine.dialect.name) }.sql").read_text()
    with engine.connect() as connection:
        for (fact,) in connection.exec_driver_sql(query.replace("%", "%%") if engine.dialect.name != "sqlite" else query):
            print(fact)


if __name__ == "__main__":
    {"fill": fill, "facts": facts}[sys.argv[1]](sys.argv[2])
