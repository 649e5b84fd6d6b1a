"""Load configurations with JupyterHub's own code, for side-by-side tests.

Reads one JSON list of cases from standard input, each `{"argv": [...], "files": {name: text}}`,
and writes one JSON list of outcomes: the exit status if loading ended the program, else the
merged configuration as `--show-config-json` prints it, and the trait values of the hub, the
authenticator, the spawner and the proxy.  Each case runs in a fork and a directory of its own, so
that JupyterHub is imported once.
"""

import asyncio
import contextlib
import io
import json
import os
import sys
import tempfile
import traceback
import warnings
from datetime import timedelta
from pathlib import PurePath

from traitlets.config import Application

from jupyterhub.app import JupyterHub

warnings.simplefilter("ignore")

# An external proxy is not accepted without one.
os.environ.setdefault("CONFIGPROXY_AUTH_TOKEN", "known")


def plain(value):
    """The tagged JSON of `perijove_model::value`."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return {"$number": repr(value)}
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, tuple):
        return {"$tuple": [plain(item) for item in value]}
    if isinstance(value, (set, frozenset)):
        return {"$set": sorted((plain(item) for item in value), key=repr)}
    if isinstance(value, dict):
        return {"$dict": sorted(([plain(k), plain(v)] for k, v in value.items()), key=repr)}
    if isinstance(value, timedelta):
        return {"$timedelta": value.total_seconds()}
    if isinstance(value, PurePath):
        return {"$path": str(value)}
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    return {"$object": getattr(value, "__name__", type(value).__name__)}


def values(instance):
    found = {}
    for name in instance.traits(config=True):
        try:
            found[name] = plain(getattr(instance, name))
        except Exception as error:  # a default that needs more than the configuration
            found[name] = {"$error": str(error)}
    return found


class User:
    name = "someone"
    settings = {}


def load(argv):
    app = JupyterHub()
    Application.initialize(app, argv)
    if app.subapp:
        return {"subapp": app.subapp.name, "extra": list(app.subapp.extra_args)}
    if app.generate_config:
        return {"generate": app.config_file, "yes": app.answer_yes}
    if app.extra_args:
        app.exit("stray")
    app.load_config_file(app.config_file)
    if "JupyterHubApp" in app.config:
        cfg = app.config.copy()
        cfg.JupyterHub.merge(cfg.JupyterHubApp)
        app.update_config(cfg)
    shown = io.StringIO()
    app.show_config_json = True
    with contextlib.redirect_stdout(shown):
        Application.start_show_config(app)
    outcome = {"shown": json.loads(shown.getvalue()), "hub": values(app)}
    authenticator = app.authenticator_class(parent=app)
    outcome["authenticator"] = values(authenticator)
    outcome["authenticator_class"] = type(authenticator).__name__
    spawner = app.spawner_class(config=app.config, user=User())
    outcome["spawner"] = values(spawner)
    outcome["spawner_class"] = type(spawner).__name__

    async def make_proxy():
        return app.proxy_class(app=app, parent=app)

    proxy = asyncio.run(make_proxy())
    outcome["proxy"] = values(proxy)
    return outcome


def in_child(case, write):
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        for name, text in case.get("files", {}).items():
            with open(name, "w") as file:
                file.write(text)
        # Upstream prints its log to standard error; the caller wants the warnings.
        log = io.StringIO()
        with contextlib.redirect_stderr(log), contextlib.redirect_stdout(io.StringIO()):
            try:
                outcome = load(case["argv"])
            except SystemExit as stop:
                code = stop.code
                outcome = {"exit": 0 if code is None else code if isinstance(code, int) else 1}
            except BaseException:
                # `launch_instance_async` logs any other exception and ends with 1.
                log.write(traceback.format_exc())
                outcome = {"exit": 1}
        outcome["log"] = log.getvalue()
        os.write(write, json.dumps(outcome).encode())


def run(case):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            in_child(case, write)
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text or b'{"exit": -1}')


print(json.dumps([run(case) for case in json.load(sys.stdin)]))
