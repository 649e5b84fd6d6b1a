"""A single-user server that never stops talking: a line on its own output ten times a second, and long ones at once.

`--stubborn` ignores the signals by which a hub asks a server to end.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


def talk() -> None:
    number = 0
    while True:
        number += 1
        # A line that cannot be written ends the whole server, as it does for a kernel.
        try:
            print("talk", number, flush=True)
        except OSError:
            os._exit(9)
        time.sleep(0.1)


class Answer(BaseHTTPRequestHandler):
    """Answers everything; `/flood` prints 20 MB before it does."""

    def do_GET(self) -> None:
        if self.path.endswith("/flood"):
            for _ in range(20):
                print("F" * 1_000_000, flush=True)
        body = b'{"version": "talkative"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    if "--stubborn" in sys.argv:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=talk, daemon=True).start()
    url = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    ThreadingHTTPServer((url.hostname, url.port), Answer).serve_forever()
