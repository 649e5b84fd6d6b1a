"""Which of upstream's classes the configuration has changed in place."""

from __future__ import annotations

import os
import sys
from typing import Any, Dict, Iterator, List, Tuple

# The classes that may be native, and those that they extend.
CLASSES: Dict[str, Tuple[str, ...]] = {
    "jupyterhub.auth": (
        "Authenticator",
        "DummyAuthenticator",
        "LocalAuthenticator",
        "NullAuthenticator",
        "PAMAuthenticator",
    ),
    "jupyterhub.authenticators.shared": ("SharedPasswordAuthenticator",),
    "jupyterhub.spawner": ("LocalProcessSpawner", "SimpleLocalProcessSpawner", "Spawner"),
}


def patched_classes() -> List[str]:
    """Import strings of classes with a method or trait that is not their own. Imports nothing."""
    return [f"{module}.{name}" for module, name, kind in loaded() if is_patched(module, kind)]


def loaded() -> Iterator[Tuple[str, str, Any]]:
    """The classes that somebody has imported."""
    for module, names in CLASSES.items():
        found = sys.modules.get(module)
        for name in names:
            kind = getattr(found, name, None)
            if kind is not None and getattr(kind, "__module__", None) == module:
                yield module, name, kind


def is_patched(module: str, kind: Any) -> bool:
    """Whether a function in the class was written elsewhere, or another value stands where it has a trait."""
    # Tornado's: its decorators are around some methods.
    homes = tuple(folder(package) for package in (module.partition(".")[0], "tornado") if package in sys.modules)
    own_traits = getattr(kind, "_traits", {})
    for name, value in vars(kind).items():
        if name in own_traits:
            continue
        if any(not file.startswith(homes) for file in files(value)):
            return True
    return any(vars(kind)[name] is not value for name, value in own_traits.items() if name in vars(kind))


def folder(package: str) -> str:
    """Where a package that is imported was installed."""
    return os.path.dirname(sys.modules[package].__file__ or "") + os.sep


def files(value: Any) -> Iterator[str]:
    """Where the functions behind an attribute were written."""
    functions = [value, getattr(value, "__func__", None)]
    functions += [getattr(value, part, None) for part in ("fget", "fset", "fdel")]
    for function in functions:
        code = getattr(function, "__code__", None)
        if code is not None:
            yield code.co_filename
