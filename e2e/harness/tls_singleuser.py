"""A single-user server that speaks TLS as `internal_ssl` has it: only with those whose certificates it trusts."""

from __future__ import annotations

import json
import os
import ssl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        subject = dict(field[0] for field in self.connection.getpeercert()["subject"])
        body = json.dumps({"path": self.path, "asked_by": subject["commonName"]}).encode()
        self.send_response(200)
        for name, value in (("Content-Type", "application/json"), ("X-JupyterHub-Version", "6.1.1"), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Requests are no news."""


def main() -> None:
    url = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    assert url.scheme == "https", url
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=os.environ["JUPYTERHUB_SSL_CLIENT_CA"])
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(os.environ["JUPYTERHUB_SSL_CERTFILE"], os.environ["JUPYTERHUB_SSL_KEYFILE"])
    server = ThreadingHTTPServer((url.hostname or "127.0.0.1", url.port or 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


if __name__ == "__main__":
    main()
