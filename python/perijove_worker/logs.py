"""What Python code logs goes to the hub's log."""

from __future__ import annotations

import logging
import os

from .channel import Channel


class HubHandler(logging.Handler):
    """Sends records to the hub, which decides how a line looks."""

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self._channel = channel
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record, with its traceback if it has one."""
        try:
            message = self.format(record).encode("utf-8", "backslashreplace").decode()
            params = {"level": record.levelno, "logger": record.name, "message": message}
            self._channel.notify("log", params)
        except OSError:
            pass  # the hub is gone, and this process about to be
        except Exception:
            self.handleError(record)


def redirect(channel: Channel, level: int) -> None:
    """Send the root logger's records to the hub, unless the configuration gave it handlers.

    As in the real hub, only ``JupyterHub`` is heard below warnings: libraries chatter.
    """
    root = logging.getLogger()
    if root.handlers:
        return
    root.addHandler(HubHandler(channel))
    root.setLevel(max(level, logging.WARNING))
    logging.getLogger("JupyterHub").setLevel(level)


def print_to(path: str) -> None:
    """Let what is printed here, and by processes that are started from here, go to a file that outlives the hub."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for descriptor in (1, 2):
        os.dup2(file, descriptor)
    os.close(file)


def name_traitlets_logger() -> None:
    """Let what spawners and authenticators log come from ``JupyterHub``, as in the real hub."""
    from traitlets import log

    if hasattr(log, "_fallback"):
        log._fallback = logging.getLogger("JupyterHub")
