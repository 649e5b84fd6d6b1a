"""The real jupyterhub-singleuser: what tells it from a stand-in."""

from __future__ import annotations

from . import settings
from .client import Client

#: Its program. Started by root it wants to be told that this is meant.
PROGRAM = str(settings.PYTHON.parent / "jupyterhub-singleuser")


def expect_jupyter(client: Client, user: str) -> None:
    """The server knows its API, and lets the owner in by the hub's OAuth."""
    page = client.get(f"user/{user}/lab")
    assert page.status_code == 200 and "jupyter-config-data" in page.text, page.text[:500]
    status = client.get(f"user/{user}/api/status")
    assert status.status_code == 200 and status.json()["kernels"] == 0, status.text
