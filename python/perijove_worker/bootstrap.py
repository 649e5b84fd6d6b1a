"""First code in the interpreter: run with ``-c``, reads the rest of the package from the socket on fd 0.

Only what is needed to import the real code lives here. The socket leaves fd 0 at once, so that nothing
the configuration starts or reads can reach it.
"""

import sys

# ``-c`` puts the working directory first on the path; JupyterHub's own script does not.
sys.path[:] = [entry for entry in sys.path if entry]

import importlib.abc  # noqa: E402
import importlib.util  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402

PACKAGE = "perijove_worker"


class BundleFinder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports the package's modules from the sources received over the socket."""

    def __init__(self, sources):
        self.sources = sources

    def find_spec(self, fullname, path=None, target=None):
        if fullname not in self.sources:
            return None
        return importlib.util.spec_from_loader(
            fullname, self, origin=f"<{fullname}>", is_package=self.is_package(fullname)
        )

    def is_package(self, fullname):
        prefix = fullname + "."
        return any(name.startswith(prefix) for name in self.sources)

    def get_source(self, fullname):
        return self.sources[fullname]

    def get_code(self, fullname):
        return compile(self.sources[fullname], f"<{fullname}>", "exec", dont_inherit=True)


def read_exactly(fd, size):
    chunks = []
    while size:
        chunk = os.read(fd, size)
        if not chunk:
            os._exit(0)
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)


def main():
    try:
        os.setsid()
    except OSError:
        pass  # already the leader of a session
    fd = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    size = int.from_bytes(read_exactly(fd, 4), "big")
    sys.meta_path.insert(0, BundleFinder(json.loads(read_exactly(fd, size))))
    from perijove_worker import server

    server.serve(fd)


main()
