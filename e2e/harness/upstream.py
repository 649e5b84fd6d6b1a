"""What JupyterHub's source archive has and its wheel has not; fetched from PyPI, kept beside the tools of the tests."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import yaml

VERSION = "6.1.1"


def rest_api() -> dict[str, Any]:
    """Upstream's own description of the REST API."""
    with tarfile.open(_archive()) as archive:
        file = archive.extractfile(f"jupyterhub-{VERSION}/docs/source/_static/rest-api.yml")
        assert file is not None
        return yaml.safe_load(file)


def _archive() -> Path:
    # Beside the environment if that is ours, so that it is fetched once.
    tools = Path(sys.prefix).parent
    folder = tools if os.access(tools, os.W_OK) else Path(os.environ.get("TMPDIR", "/tmp"))
    archive = folder / f"jupyterhub-{VERSION}.tar.gz"
    if not archive.exists():
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", ":all:",
             "--dest", str(folder), f"jupyterhub=={VERSION}"],
            check=True, timeout=600,
        )  # fmt: skip
    return archive
