"""The Tornado application for handlers of plug-ins: its rules, templates and what it tells the hub."""

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("jupyterhub")

from jupyterhub.handlers import BaseHandler  # noqa: E402

from perijove_worker.standin import Config  # noqa: E402
from perijove_worker.web_app import configured, patterns, rules  # noqa: E402
from perijove_worker.web_handlers import sendable  # noqa: E402
from perijove_worker.web_templates import environments, static_files  # noqa: E402


def test_patterns_are_below_the_prefix_in_order_and_end():
    entries = [(r"/a/(.*)", BaseHandler), ["b$", BaseHandler, {}], ("", BaseHandler), (r"/c", "tornado.web.RequestHandler")]
    made = [pattern["regex"] for pattern in patterns(rules("/p/hub/", entries))]
    assert made == ["/p/hub/a/(.*)$", "/p/hub/b$", "/p/hub$", "/p/hub/c$"]
    assert patterns(rules("/hub/", entries))[3]["class"] == "tornado.web.RequestHandler"


def test_handlers_may_be_appended():
    c = Config()
    c.JupyterHub.extra_handlers.append(("/x", BaseHandler))
    assert configured(c.JupyterHub) == [("/x", BaseHandler)]
    assert configured(Config().JupyterHub) == []


def test_what_an_authentication_model_does_not_say_is_not_sent():
    silent = SimpleNamespace(enable_auth_state=False)
    assert sendable(silent, {"name": "ada", "auth_state": object()}) == {
        "name": "ada", "admin": None, "user_info": None, "roles": None, "auth_state": None,
    }  # fmt: skip
    keeping = SimpleNamespace(enable_auth_state=True)
    sent = sendable(keeping, {"name": "ada", "groups": {"a"}, "auth_state": {"token": 1}})
    assert (sent["groups"], sent["auth_state"]) == (["a"], {"token": 1})
    assert sendable(keeping, {"name": "ada", "groups": None})["groups"] is None


def test_stock_templates_stay_within_reach(tmp_path):
    (tmp_path / "page.html").write_text("mine, {% extends 'templates/page.html' %}")
    params = {
        "templates": {"page.html": "{{ custom_logo }} {% block main %}{% endblock %}", "login.html": "<{{ x }}>"},
        "template_paths": [str(tmp_path)],
        "custom_logo": True,
    }
    waiting, sync = environments({}, params)
    assert sync.get_template("page.html").render() == "mine, True "
    assert sync.get_template("login.html").render(x="<a>") == "<&lt;a&gt;>"
    assert waiting.is_async and not sync.is_async
    plain, _ = environments({"jinja_environment_options": {"autoescape": False}}, params)
    assert not plain.autoescape


TEMPLATES = Path(__file__).parents[2] / "crates" / "web" / "templates"


def test_the_hubs_templates_render_while_waiting_and_at_once():
    templates = {path.name: path.read_text() for path in TEMPLATES.glob("*.html")}
    waiting, sync = environments({}, {"templates": templates, "template_paths": [], "custom_logo": False})
    for name in templates:
        assert waiting.get_template(name) and sync.get_template(name)
    variables = {
        "authenticator": SimpleNamespace(), "base_url": "/hub/", "login_url": "/hub/login", "logout_url": "/hub/logout",
        "parsed_scopes": {}, "prefix": "/", "services": [], "static_url": lambda path, **_: f"/hub/static/{path}",
        "status_code": 500, "status_message": "No", "user": None, "xsrf": "x", "xsrf_token": "x",
    }  # fmt: skip
    for name in ("page.html", "login.html", "error.html", "404.html", "logout.html"):
        later = asyncio.run(waiting.get_template(name).render_async(**variables))
        assert later == sync.get_template(name).render(**variables) and "/hub/static/" in later


def test_addresses_of_files_have_the_hubs_versions():
    make = static_files("/hub/static/", {"css/style.css": "abc"}).make_static_url
    assert make({}, "css/style.css") == "/hub/static/css/style.css?v=abc"
    assert make({}, "css/style.css", include_version=False) == "/hub/static/css/style.css"
    assert make({}, "other") == "/hub/static/other"
