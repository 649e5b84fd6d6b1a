"""The hub's templates in real Jinja2, for pages of plug-ins that extend them."""

from __future__ import annotations

from typing import Any, List, Tuple

from jinja2 import BaseLoader, ChoiceLoader, DictLoader, Environment, FileSystemLoader, PrefixLoader

from .channel import Message


def environments(section: Any, params: Message) -> Tuple[Environment, Environment]:
    """Upstream's two environments: one that can wait, and one for error pages, which cannot."""
    options = {"autoescape": True, **section.get("jinja_environment_options", {})}
    stock = DictLoader(params["templates"])
    loaders: List[BaseLoader] = [PrefixLoader({"templates": stock}, "/")]
    if params["template_paths"]:
        loaders.append(FileSystemLoader(params["template_paths"]))
    loaders.append(stock)
    made = []
    for enable_async in (True, False):
        environment = Environment(loader=ChoiceLoader(loaders), **{**options, "enable_async": enable_async})
        environment.globals["custom_logo"] = params["custom_logo"]
        made.append(environment)
    return made[0], made[1]


def static_files(prefix: str, versions: Message) -> type:
    """Stands for the class that serves files, which the hub does; it only makes their addresses."""

    from tornado.web import StaticFileHandler

    class HubStaticFiles(StaticFileHandler):
        """Addresses with the hash of the file's content, as the hub makes them."""

        @classmethod
        def make_static_url(cls, settings: Any, path: str, include_version: bool = True) -> str:
            """The address of a file."""
            version = versions.get(path) if include_version else None
            return f"{prefix}{path}?v={version}" if version else f"{prefix}{path}"

    return HubStaticFiles
