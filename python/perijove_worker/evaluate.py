"""Runs configuration files as JupyterHub does and reports what they leave behind."""

from __future__ import annotations

import os
import sys
from typing import Any, Callable, Dict, List, Optional, Tuple

from .channel import Message
from .encoding import Encoder, EncodingError, is_empty_lazy
from .tracking import tracked


def config_class(filenames: List[str]) -> type:
    """The stand-in, which behaves as Traitlets' ``Config`` does; that one itself for files that name Traitlets.

    Importing it takes longer than all the rest of the hub's start.
    """
    if any(names_traitlets(filename) for filename in filenames):
        try:
            from traitlets.config.loader import Config

            return Config
        except ImportError:
            pass
    from .standin import Config as StandIn

    return StandIn


def names_traitlets(filename: str) -> bool:
    """Whether a file may look at what ``c`` is an instance of. One that cannot be read is told of later."""
    try:
        with open(filename, "rb") as file:
            return b"traitlets" in file.read()
    except OSError:
        return False


class FileLoader:
    """Executes configuration files into one ``Config`` each.

    ``load_subconfig`` names resolve from the working directory, not from the file's own, and a missing
    one counts as empty: both as JupyterHub 6.1.1 does.
    """

    def __init__(self, factory: Callable[[], Any]) -> None:
        self._factory = factory
        self.files: List[str] = []

    def run(self, filename: str, path: Any = None) -> Any:
        """Execute one file and return its configuration; ``OSError`` if it cannot be read."""
        config = self._factory()

        def get_config() -> Any:
            return config

        def load_subconfig(fname: str, path: Any = path) -> None:
            found = find(fname, path)
            if found is not None:
                config.merge(self.run(found, path))

        # No __name__, as with Traitlets: functions of the file say they are from "builtins".
        namespace: Dict[str, Any] = {
            "c": config,
            "get_config": get_config,
            "load_subconfig": load_subconfig,
            "__file__": filename,
        }
        with open(filename, "rb") as file:
            source = file.read()
        self.files.append(filename)
        exec(compile(source, filename, "exec", dont_inherit=True), namespace, namespace)
        return config


def find(fname: str, path: Any) -> Optional[str]:
    """Where a sub-configuration is: as Traitlets looks for it, ``None`` if nowhere."""
    fname = fname.strip('"').strip("'")
    if os.path.isabs(fname) and os.path.isfile(fname):
        return fname
    if path is None:
        directories = [""]
    else:
        directories = [path] if isinstance(path, (str, os.PathLike)) else list(path)
    for directory in directories:
        base = os.getcwd() if directory == "." else os.fspath(directory)
        candidate = os.path.expanduser(os.path.expandvars(os.path.join(base, fname)))
        if os.path.isfile(candidate):
            return os.path.abspath(candidate)
    return None


class Evaluation:
    """The configuration of one run of the files, and what the run changed in the process."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.config: Any = None
        self.files: List[str] = []

    def run(self, filenames: List[str]) -> Message:
        """Execute the files in order, later ones over earlier ones."""
        environ = environment()
        factory = tracked(config_class(filenames))
        loader = FileLoader(factory)
        self.files = loader.files
        self.config = factory()
        for filename in filenames:
            self.config.merge(loader.run(filename))
        umask = os.umask(0o077)
        os.umask(umask)
        return {
            "config": self._sections(),
            "files": self.files,
            "environ": environment_changes(environ, environment()),
            "umask": umask,
            "cwd": os.getcwd(),
            "patched": patched(),
            "prefix": sys.prefix,
            "version": ".".join(str(part) for part in sys.version_info[:3]),
        }

    def _sections(self) -> List[Message]:
        found: List[Message] = []
        self._collect("", self.config, found)
        return found

    def _collect(self, name: str, section: Any, found: List[Message]) -> None:
        """Append a section and, as ``Outer.Inner``, the sections inside it."""
        traits = []
        for key, value in section.items():
            if isinstance(value, type(self.config)):
                self._collect(f"{name}.{key}" if name else key, value, found)
                continue
            if is_empty_lazy(value):
                continue
            place = section._perijove_locations.get(key)
            try:
                traits.append([key, self._encoder.encode(value), place])
            except EncodingError as error:
                raise ConfigValueError(f"c.{name}.{key}: {error}", place) from None
        if traits:
            found.append({"name": name, "traits": traits})


def patched() -> List[str]:
    """Classes of upstream's that the files have changed in place; ``jupyterhub`` is only looked at, never imported."""
    if "jupyterhub" not in sys.modules:
        return []
    from .patches import patched_classes

    return patched_classes()


class ConfigValueError(ValueError):
    """A value of the configuration that the hub cannot be told of."""

    def __init__(self, message: str, place: Optional[Tuple[str, int]]) -> None:
        super().__init__(message)
        self.place = place


def environment() -> Dict[bytes, bytes]:
    """A copy of the process environment."""
    return dict(os.environb)


def environment_changes(before: Dict[bytes, bytes], after: Dict[bytes, bytes]) -> List[list]:
    """``[name, value]`` of variables that differ, ``[name, None]`` of removed ones, as byte lists."""
    changed = [[list(k), list(v)] for k, v in after.items() if before.get(k) != v]
    removed = [[list(k), None] for k in before if k not in after]
    return changed + removed
