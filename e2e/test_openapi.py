"""The description of the REST API for programs: complete beside upstream's, and true of the running program."""

from __future__ import annotations

import copy
import json
import subprocess
from typing import Any

import pytest
from harness import settings
from harness.hub import ADMIN_SERVICE, ADMIN_TOKEN, DUMMY_LOGIN, TRIVIAL_SERVERS
from harness.upstream import rest_api

pytestmark = pytest.mark.perijove

#: First parts of upstream's paths that are not served yet.
NOT_YET: set[str] = set()

METHODS = {"get", "put", "post", "patch", "delete"}


@pytest.fixture(scope="module")
def hub(make_module_hub):
    return make_module_hub(DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + "c.JupyterHub.allow_named_servers = True\n").start()


@pytest.fixture(scope="module")
def document(hub) -> dict[str, Any]:
    answer = hub.client().get("hub/api/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    return answer.json()


@pytest.mark.timeout(700)
def test_nothing_of_upstreams_is_missing(document):
    """Every path, method, parameter, field of a body and status that upstream's document names."""
    theirs, ours = _Document(rest_api()), _Document(document)
    missing, not_yet = [], set()
    for path, method in theirs.operations():
        prefix = next((prefix for prefix in NOT_YET if path.startswith(prefix)), None)
        if prefix is not None and (path, method) not in ours.operations():
            not_yet.add(prefix)
            continue
        if (path, method) not in ours.operations():
            missing.append(f"{method} {path}")
            continue
        for what in ("parameters", "statuses", "fields"):
            wanted, found = getattr(theirs, what)(path, method), getattr(ours, what)(path, method)
            missing += [f"{method} {path}: {what} {item}" for item in sorted(wanted - found)]
    assert missing == []
    assert not_yet == NOT_YET, "these are served now: take them out of NOT_YET"


class _Document:
    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def _resolved(self, value: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in value:
            found: Any = self.document
            for key in value["$ref"].split("/")[1:]:
                found = found[key]
            value = found
        return value

    def operations(self) -> list[tuple[str, str]]:
        return [(path, method) for path, item in self.document["paths"].items() for method in item if method in METHODS]

    def parameters(self, path: str, method: str) -> set[tuple[str, str]]:
        item = self.document["paths"][path]
        listed = item.get("parameters", []) + item[method].get("parameters", [])
        return {(parameter["in"], parameter["name"]) for parameter in map(self._resolved, listed)}

    def statuses(self, path: str, method: str) -> set[str]:
        return {str(status) for status in self.document["paths"][path][method]["responses"]}

    def fields(self, path: str, method: str) -> set[str]:
        """The names of the fields of the body."""
        body = self._resolved(self.document["paths"][path][method].get("requestBody", {}))
        schemas = [self._resolved(content["schema"]) for content in body.get("content", {}).values()]
        return {name for schema in schemas for name in schema.get("properties", {})}


#: What requests that are made up should name, so that they reach more than "no such thing".
KNOWN = {
    "name": ["ada", "bob", "admin", "physics", "e2e"],
    "server_name": ["", "lab", "second"],
    "token_id": ["a1", "a2", "a3", "a4", "a5"],
    "owner": ["ada", "bob"],
}
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,ignored_auth"


@pytest.mark.parametrize(("caller", "phases", "examples"), [("e2e", "coverage,fuzzing", 8), ("ada", "fuzzing", 4)])
def test_no_request_surprises(hub, document, tmp_path, caller, phases, examples):
    """Requests made up from the document: no 5xx, no status, content type or body that is not in it."""
    token = ADMIN_TOKEN if caller == "e2e" else hub.token_for(caller)
    hub.admin().api("POST", "users", json={"usernames": ["ada", "bob"]})
    hub.admin().api("POST", "groups/physics", json={"users": ["ada"]})
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(_naming_known_things(document)))
    # One worker: Python 3.11 may fail to parse source in two threads at once (cpython issue 106905), as Hypothesis does.
    run = subprocess.run(
        [str(settings.PYTHON.parent / "schemathesis"), "run", str(file), "--url", f"{hub.url}hub/api",
         "--header", f"Authorization: token {token}", "--exclude-path", "/shutdown", "--checks", CHECKS,
         "--phases", phases, "--max-examples", str(examples), "--seed", "1", "--generation-deterministic",
         "--continue-on-failure", "--no-shrink", "--suppress-health-check", "all", "--max-redirects", "0", "--workers", "1", "--warnings", "off"],
        cwd=tmp_path, env=hub.environment() | {"NO_COLOR": "1"}, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert "panicked" not in hub.log()
    assert hub.client().get("hub/api/").status_code == 200


def _naming_known_things(document: dict[str, Any]) -> dict[str, Any]:
    document = copy.deepcopy(document)
    for item in document["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                known = KNOWN.get(parameter["name"])
                if parameter["in"] == "path" and known:
                    parameter["schema"] = {"anyOf": [{"enum": known}, parameter["schema"]]}
    return document
