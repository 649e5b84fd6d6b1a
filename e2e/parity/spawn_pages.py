"""The spawn page with forms, options and functions that refuse or break, each way of answering in a world of its own."""

from __future__ import annotations

from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS

from .steps import DELETE, GET, POST, Case, Step
from .worlds import World

BASE = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + "c.JupyterHub.allow_named_servers = True\n"

_FIELDS = '<input type="file" name="hello"><input name="energy">'
_FORM = f"c.Spawner.options_form = '{_FIELDS}'\n"
_BODY = "multipart/form-data; boundary=B"


def part(name: str, text: str = "", more: str = "") -> str:
    return f'--B\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{text}\r\n'


def parts(path: str, who: str, *fields: str, end: str = "--B--\r\n") -> Step:
    return POST(f"{path}?_xsrf={{_xsrf}}", who=who, data="".join(fields) + end, headers={"Content-Type": _BODY})


#: Ours names the server, and has more to say than JupyterHub's error page.
_REFUSAL = {
    r"says Error: HTTP \d+: .*": "the same words, without the status",
    r"says Error: \d+ SpawnException.*": "the message alone",
    r"says (Unhandled error starting server .*|\d+|come .*|not this image|as text|Failed to start your server .*|You can try restarting .*)|class error|link /hub/home .*": "a page with a button to try again",
}

#: What becomes of the fields of a form, and of a query.
FORMS = [
    Case("files", [
        parts("/hub/spawn", "browser:fo1", part("energy", "3"), part("hello", "", '; filename=""\r\nContent-Type: application/octet-stream')), GET("users/fo1"), DELETE("users/fo1/server"),
        parts("/hub/spawn", "browser:fo1", part("energy", "3"), part("energy", ""), part("hello")), GET("users/fo1"), DELETE("users/fo1/server"),
    ]),
    Case("queries", [
        GET("/hub/spawn?energy=", who="browser:fo2"), GET("users/fo2"), DELETE("users/fo2/server"), GET("/hub/spawn?opt-energy", who="browser:fo2"), GET("users/fo2"), DELETE("users/fo2/server"),
        GET("/hub/spawn?energy=&energy=1&next=", who="browser:fo2"), GET("users/fo2"), DELETE("users/fo2/server"), GET("/hub/spawn?display_name=", who="browser:fo2"), GET("/hub/spawn?opt-=", who="browser:fo2"),
    ]),
    Case("form-is-known", [
        GET("/hub/home", who="browser:fo3"), GET("/hub/spawn", who="browser:fo3"), GET("/hub/home", who="browser:fo3"), GET("/hub/token", who="browser:fo3"), GET("/hub/login", who="nobody"),
    ]),
    Case("display-name", [
        GET("/hub/spawn/fo4/named?display_name=The+Name", who="browser:fo4"), GET("users/fo4?include_stopped_servers", who="user:fo4"), GET("/hub/home", who="browser:fo4"), GET("users/fo4/servers/named/progress", who="user:fo4"),
        parts("/hub/spawn/fo4/named", "browser:fo4", part("energy", "3")), GET("users/fo4", who="user:fo4"), DELETE("users/fo4/servers/named"),
        GET("/hub/spawn/fo4/named?display_name=Other", who="browser:fo4"), GET("users/fo4?include_stopped_servers", who="user:fo4"),
    ], ignore={"last_activity": "when the proxy saw something"}),
]  # fmt: skip

_FUNCTIONS = """
from tornado import web
from tornado.httputil import HTTPFile

def described(file):
    return [type(file) is HTTPFile, file.filename, file["filename"], file.body.decode(), file.content_type]

def options(form):
    energy = form.get("energy", [""])[0]
    if energy == "none":
        raise ValueError("an energy, please")
    if energy == "much":
        refusal = web.HTTPError(429, "too much energy")
        refusal.headers = {"Retry-After": "77", "X-Why": "energy"}
        raise refusal
    if energy == "both":
        refusal = ValueError("of exception")
        refusal.jupyterhub_message, refusal.jupyterhub_html_message = "as text", "<b>as html</b>"
        raise refusal
    if energy == "html":
        refusal = ValueError("of exception")
        refusal.jupyterhub_html_message = "<b>as html</b>"
        raise refusal
    if energy == "status":
        raise web.HTTPError(500, "of one's own")
    found = {name: value for name, value in form.items() if not name.endswith("_file")}
    for name in set(form) - set(found):
        found[name] = [described(file) for file in form[name]]
    return {"understood": found}

c.Spawner.options_from_form = options
"""
_REFUSALS = ("none", "much", "both", "html", "status")

#: With a function that says what they mean.
FUNCTIONS = [
    Case("query", [GET("/hub/spawn?opt-energy=510keV", who="browser:fu1"), GET("users/fu1"), DELETE("users/fu1/server")]),
    Case("query-refused", [GET(f"/hub/spawn?opt-energy={energy}", who="browser:fu2") for energy in _REFUSALS]),
    Case("form", [
        parts("/hub/spawn", "browser:fu3", part("energy", "3"), part("hello", "", '; filename=""')), GET("users/fu3"), DELETE("users/fu3/server"),
        parts("/hub/spawn", "browser:fu3", part("hello", "content", '; filename="x.txt"\r\nContent-Type: text/plain'), part("hello", "", '; filename="y"')), GET("users/fu3"), DELETE("users/fu3/server"),
    ]),
    Case("form-refused", [parts("/hub/spawn", "browser:fu4", part("energy", energy)) for energy in _REFUSALS]),
]  # fmt: skip

_OF_A_CLASS = _FUNCTIONS.replace("c.Spawner.options_from_form = options", """
from jupyterhub.spawner import SimpleLocalProcessSpawner

class Own(SimpleLocalProcessSpawner):
    def options_from_form(self, form):
        return options(form)

    def options_from_query(self, query):
        return {"query": options(query)}

    async def rename(self, old, new):
        raise RuntimeError("secret of the class")

c.JupyterHub.spawner_class = Own
""") + _FORM.replace("Spawner", "Own")

#: Hooks that refuse a start, by the name of the user.
_BROKEN = """
from tornado import web
from jupyterhub.spawner import SpawnException

def hook(spawner):
    way = spawner.user.name.rstrip("0123456789")
    if way == "error":
        raise RuntimeError("secret of the site")
    if way == "told":
        error = RuntimeError("secret of the site")
        error.jupyterhub_message, error.jupyterhub_html_message = "as text", "<b>as html</b>"
        raise error
    if way == "later":
        raise web.HTTPError(429, "come again")
    if way == "headers":
        error = web.HTTPError(429, "come %s", "later")
        error.headers = {"Retry-After": "77", "X-Why": "the hook"}
        raise error
    if way == "policy":
        raise SpawnException("not this image", reason="image", status_code=409)

c.Spawner.pre_spawn_hook = hook
"""
_AT_ONCE = "c.JupyterHub.tornado_settings = {'slow_spawn_timeout': 10}\n"


def tried(name: str) -> Case:
    own = {"who": f"browser:{name}"}
    return Case(name, [
        # The first hook takes longer than a page waits.
        POST("users/warm"), POST("users/warm/server", until=201), DELETE("users/warm/server"),
        GET("/hub/spawn", **own), GET(f"/hub/spawn-pending/{name}", **own), GET("/hub/home", **own), POST("/hub/spawn?_xsrf={_xsrf}", data={}, **own), GET(f"/hub/spawn-pending/{name}", **own),
        GET(f"/hub/spawn/{name}/named", **own), GET(f"/hub/spawn-pending/{name}/named", **own), GET("/hub/spawn?opt-a=b", **own), POST(f"users/{name}/server"), POST(f"users/{name}/servers/named"),
        GET(f"users/{name}"),
    ], ignore={"last_activity": "a refused start counts in one of the two"})  # fmt: skip


_FORM_OF_FUNCTIONS = """
from tornado import web

def form(spawner):
    name = spawner.user.name
    if name == "broken":
        raise RuntimeError("secret of the form")
    if name == "refused":
        error = web.HTTPError(403, "no form for you")
        error.headers = {"Retry-After": "5"}
        raise error
    return "" if name == "none" else "<input name='energy'>"

c.Spawner.options_form = form
"""
FORM_FUNCTIONS = [
    Case("function", [step for name in ("broken", "refused", "none", "some") for step in (GET("/hub/home", who=f"browser:{name}"), GET("/hub/spawn", who=f"browser:{name}"), GET("/hub/home", who=f"browser:{name}"))]),
]

WORLDS = [
    World("forms", BASE + _FORM, FORMS),
    World("form-simple", BASE + _FORM + "c.Spawner.options_from_form = 'simple'\n", [Case("simple", [
        GET("/hub/spawn?opt-energy=3&opt-on=on&opt-many=1&opt-many=2", who="browser:si1"), GET("users/si1"), DELETE("users/si1/server"), parts("/hub/spawn", "browser:si1", part("energy", "3"), part("on", "on")), GET("users/si1"),
    ])]),
    World("form-functions", BASE + _FORM + _FUNCTIONS, FUNCTIONS, missing=_REFUSAL),
    World("form-less-functions", BASE + _FUNCTIONS, [Case("query-refused", [GET("/hub/spawn?opt-energy=none", who="browser:fl1"), GET("users/fl1")])], missing=_REFUSAL),
    World("form-of-a-class", BASE + _OF_A_CLASS, FUNCTIONS + [Case("form-is-known", [GET("/hub/home", who="browser:oc1")]), Case("rename", [
        POST("users/oc2"), POST("users/oc2/servers/one"), DELETE("users/oc2/servers/one"), Step("PATCH", "users/oc2/servers/one", json={"name": "two"}),
    ])], missing=_REFUSAL),
    World("form-of-a-function", BASE + _FORM_OF_FUNCTIONS, FORM_FUNCTIONS, missing=_REFUSAL),
    World("broken-hooks", BASE + _BROKEN + _AT_ONCE, [tried(name) for name in ("error1", "told1", "later1", "headers1", "policy1")], missing=_REFUSAL),
    World("broken-hooks-with-form", BASE + _BROKEN + _FORM + _AT_ONCE, [tried(name) for name in ("error2", "told2", "later2", "headers2", "policy2")], missing=_REFUSAL),
]
