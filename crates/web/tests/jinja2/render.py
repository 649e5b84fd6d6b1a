"""Renders the samples that the test writes, in Jinja2 as JupyterHub sets it up.

Reads {"stock": folder, "paths": [folder], "static": {path: url}, "pages": [{"name", "template", "variables"}]} from standard input and
writes {"pages": {name: text}} to standard output. Objects come as {"__type__": kind, "value": fields}.
"""

import json
import sys
from datetime import datetime, timezone
from urllib.parse import quote

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader
from markupsafe import Markup


class View:
    """An object with the attributes that the test gave it."""

    def __init__(self, fields):
        self.__dict__.update(fields)


class Spawner(View):
    pass


class User(View):
    @property
    def json_escaped_name(self):
        text = json.dumps(self.name)[1:-1]
        return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")

    @property
    def spawner(self):
        return next(s for s in self.spawners if s.name == "")

    def all_spawners(self, include_default=True):
        return [s for s in self.spawners if s.name or include_default]

    def server_url(self, server_name=""):
        if not server_name:
            return self.url
        return f"{self.url}{quote(server_name, safe='@~')}/"


KINDS = {"User": User, "Spawner": Spawner}


def restore(value):
    if isinstance(value, list):
        return [restore(item) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("__type__")
    if kind is None:
        return {key: restore(item) for key, item in value.items()}
    inner = value["value"]
    if kind == "markup":
        return Markup(inner)
    if kind == "datetime":
        return datetime.fromtimestamp(inner[0], timezone.utc).replace(tzinfo=None, microsecond=inner[1])
    return KINDS.get(kind, View)({key: restore(item) for key, item in inner.items()})


def main():
    job = json.load(sys.stdin)
    loader = ChoiceLoader(
        [
            PrefixLoader({"templates": FileSystemLoader([job["stock"]])}, "/"),
            FileSystemLoader([*job["paths"], job["stock"]]),
        ]
    )
    env = Environment(loader=loader, autoescape=True)

    def static_url(path, include_version=True):
        return job["static"].get(path, f"/hub/static/{path}") if include_version else f"/hub/static/{path}"

    pages = {}
    for page in job["pages"]:
        variables = restore(page["variables"])
        pages[page["name"]] = env.get_template(page["template"]).render(**variables, static_url=static_url)
    json.dump({"pages": pages}, sys.stdout)


main()
