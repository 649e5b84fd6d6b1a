"""Write JupyterHub's trait table (names, types, defaults, parents; no prose) as JSON.

Run it with an interpreter that has jupyterhub installed:

    python crates/config/tests/introspect_upstream.py > crates/config/tests/data/upstream_traits.json

The committed output comes from JupyterHub 6.1.1.  `tests/parity.rs` compares it with the
section structs, so that a trait cannot be forgotten or get another type.
"""

import json
import math
from datetime import timedelta
from pathlib import PurePath

import traitlets
from traitlets.config import Configurable

import jupyterhub
import jupyterhub.apihandlers
import jupyterhub.auth
import jupyterhub.authenticators.shared
import jupyterhub.crypto
import jupyterhub.httpclient
import jupyterhub.metrics
import jupyterhub.proxy
import jupyterhub.spawner
from jupyter_events.logger import EventLogger
from jupyterhub.app import JupyterHub

CLASSES = [
    traitlets.config.Application,
    JupyterHub,
    jupyterhub.auth.Authenticator,
    jupyterhub.auth.LocalAuthenticator,
    jupyterhub.auth.PAMAuthenticator,
    jupyterhub.auth.DummyAuthenticator,
    jupyterhub.authenticators.shared.SharedPasswordAuthenticator,
    jupyterhub.auth.NullAuthenticator,
    jupyterhub.spawner.Spawner,
    jupyterhub.spawner.LocalProcessSpawner,
    jupyterhub.spawner.SimpleLocalProcessSpawner,
    jupyterhub.proxy.Proxy,
    jupyterhub.proxy.ConfigurableHTTPProxy,
    jupyterhub.crypto.CryptKeeper,
    jupyterhub.httpclient.JupyterHubHTTPClient,
    jupyterhub.metrics.PeriodicMetricsCollector,
    EventLogger,
]


def describe(trait):
    """The type of a trait as a short expression, e.g. ``List(Unicode)|None``."""
    if trait is None:
        return "Any"
    name = type(trait).__name__
    inner = []
    if isinstance(trait, traitlets.Union):
        inner = [describe(part) for part in trait.trait_types]
    elif isinstance(trait, traitlets.Dict):
        inner = [describe(part) for part in (trait._key_trait, trait._value_trait)]
        if inner == ["Any", "Any"]:
            inner = []
    elif isinstance(trait, traitlets.Tuple):
        inner = [describe(part) for part in getattr(trait, "_traits", None) or []]
    elif isinstance(trait, traitlets.Container):
        part = getattr(trait, "_trait", None)
        inner = [describe(part)] if part is not None else []
        if inner == ["Any"]:
            inner = []
    elif isinstance(trait, (traitlets.Instance, traitlets.Type)):
        klass = trait.klass
        inner = [klass if isinstance(klass, str) else klass.__name__]
    elif isinstance(trait, traitlets.Enum):
        inner = [repr(value) for value in trait.values]
    text = name + (f"({', '.join(inner)})" if inner else "")
    return text + ("|None" if trait.allow_none and name != "Any" else "")


def plain(value):
    """A JSON form of a default value; what is not plain is named by its type only."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(item) for item in value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    return {"object": type(value).__name__}


# Defaults that depend on the machine or on where JupyterHub is installed.
MACHINE = {("CryptKeeper", "n_threads"), ("JupyterHub", "data_files_path")}


def default_of(cls, name, trait):
    """The default, or the word "dynamic" where a method or the machine decides."""
    if (cls.__name__, name) in MACHINE:
        return {"dynamic": True}
    for base in cls.__mro__:
        for item in vars(base).values():
            if isinstance(item, traitlets.traitlets.DefaultHandler) and item.trait_name == name:
                return {"dynamic": True}
        if name in vars(base):
            break
    if hasattr(cls, f"_{name}_default"):
        return {"dynamic": True}
    value = trait.default()
    if value is traitlets.Undefined:
        return {"value": None}
    return {"value": plain(value)}


def main():
    table = {"jupyterhub": jupyterhub.__version__, "classes": {}}
    for cls in CLASSES:
        parents = [c.__name__ for c in cls.__mro__[1:] if issubclass(c, Configurable)]
        inherited = {}
        for base in cls.__mro__[1:]:
            if hasattr(base, "class_traits"):
                inherited = base.class_traits(config=True)
                break
        own = {}
        for name, trait in sorted(cls.class_traits(config=True).items()):
            fact = {"type": describe(trait), "default": default_of(cls, name, trait)}
            before = inherited.get(name)
            if before is not None:
                base = next(b for b in cls.__mro__[1:] if hasattr(b, "class_traits"))
                if fact == {"type": describe(before), "default": default_of(base, name, before)}:
                    continue
            for bound in ("min", "max"):
                limit = getattr(trait, bound, None)
                if limit is not None and math.isfinite(limit):
                    fact[bound] = limit
            own[name] = fact
        table["classes"][cls.__name__] = {"parents": parents, "traits": own}
    hub = JupyterHub()
    table["aliases"] = {
        "/".join(key) if isinstance(key, tuple) else key: value if isinstance(value, str) else value[0]
        for key, value in hub.aliases.items()
    }
    table["flags"] = {
        "/".join(key) if isinstance(key, tuple) else key: plain(value[0])
        for key, value in hub.flags.items()
    }
    print(json.dumps(table, indent=1, sort_keys=True))


main()
