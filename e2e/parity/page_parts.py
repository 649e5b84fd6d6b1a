"""What matters of a page: what scripts, custom templates' tests and people's habits hold on to.

Pages are our own, in words and looks. So they are not compared as text: whatever is listed here of JupyterHub's page must be in
ours too, and ours may have more.
"""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag

#: Classes by which tests and scripts find things.
CLASSES = (
    "container", "error", "login_error", "service-login", "spawn-error-msg", "announcement", "version_footer", "progress",
    "token-row", "home-server-row", "server-link", "stop-server", "start-server", "delete-server", "new-server-name",
    "new-server-btn", "revoke-token-btn", "feedback-widget", "auth-form-header", "auth-form-body", "token-scope", "note-col",
    "scope-col", "time-col", "server-table", "dropdown-item", "nav-link", "jpy-logo", "btn-jupyter", "ajax-error", "add-server-row",
)  # fmt: skip

#: Attributes of form elements.
_FORM = ("id", "name", "type", "value", "action", "method", "enctype", "title")
_SPACE = re.compile(r"\s+")


def parts(page: str) -> list[str]:
    """The parts, sorted, each once."""
    soup = BeautifulSoup(page, "html.parser")
    found: set[str] = set()
    if soup.title:
        found.add(f"title {_text(soup.title)}")
    for tag in soup.find_all(True):
        found |= _of_tag(tag)
    found |= _variables(page)
    return sorted(found)


def _of_tag(tag: Tag) -> set[str]:
    found: set[str] = set()
    if tag.get("id"):
        found.add(f"id {tag['id']}")
    found |= {f"class {name}" for name in tag.get("class") or [] if name in CLASSES}
    # What Bootstrap and accessibility need is the page's own affair.
    found |= {
        f"{tag.name} {name}={'<id>' if name == 'data-token-id' else value}"
        for name, value in tag.attrs.items() if name.startswith("data-") and "dismiss" not in name
        and not name.startswith("data-bs-")
    }  # fmt: skip
    if tag.name in ("form", "input", "select", "option", "textarea", "button"):
        found.add(_form_element(tag))
    if tag.name == "a" and tag.get("href", "#") != "#" and not tag["href"].startswith("https://jupyterhub.readthedocs"):
        found.add(f"link {tag['href']} {_text(tag)}")
    if tag.name == "img":
        found.add(f"img {tag.get('src')}")
    if tag.name == "link" and "style" in tag.get("href", ""):
        found.add(f"stylesheet {tag['href'].split('?')[0]}")
    said = {"login_error", "spawn-error-msg", "announcement"}
    if said & set(tag.get("class") or []) or (tag.name == "p" and tag.find_parent(class_="error")):
        found.add(f"says {_text(tag)}")
    if tag.name == "h1" and tag.find_parent(class_="error"):
        # What follows is the message again, or Python's `None`; ours has the status's name.
        found.add(f"says {_text(tag).split()[0]}")
    if tag.name == "td" and not set(tag.get("class") or []) & {"time-col"}:
        # Scopes are a set.
        found.add(f"cell {' '.join(sorted(_text(tag).split()))}")
    return found


def _form_element(tag: Tag) -> str:
    attributes = []
    for name in _FORM:
        value = tag.get(name)
        if name == "value" and tag.get("name") == "_xsrf":
            value = "<value>"
        if value is not None:
            attributes.append(f"{name}={re.sub('_xsrf=[^&]*', '_xsrf=<value>', value)}")
    flags = [name for name in ("checked", "disabled", "selected", "hidden") if name in tag.attrs and tag.name != "div"]
    label = [_text(tag)] if tag.name in ("button", "option") else []
    return " ".join([tag.name, *attributes, *flags, *label])


def _variables(page: str) -> set[str]:
    """What scripts of pages are told: `window.jhdata`, and the admin page's settings."""
    found = set()
    for name in ("base_url", "prefix", "user", "admin_access", "options_form", "xsrf_token"):
        if match := re.search(rf"\b{name}: (.*?),\n", page):
            value = match[1].strip('"')
            found.add(f"jhdata {name}={'<value>' if name == 'xsrf_token' and value else value}")
    for name, value in re.findall(r"window\.(\w+) = (.*)", page):
        if name in ("api_page_limit", "base_url"):
            found.add(f"window {name}={value.strip(';')}")
    return found


def _text(tag: Tag) -> str:
    return _SPACE.sub(" ", tag.get_text(" ")).replace(" : ", " ").strip()
