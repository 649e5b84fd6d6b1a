"""The smallest single-user server: it listens where the hub says and answers every request at once.

It stands in for jupyterhub-singleuser where the hub alone is tested or measured, so it starts as fast as an
interpreter can: no import beyond `socket`, `select` and `os`. Run it with `python -I -S`.
"""

import os
import select
import socket
import sys
import time


def address():
    """Host and port from the URL that the hub hands over."""
    url = os.environ.get("JUPYTERHUB_SERVICE_URL", "http://127.0.0.1:0/")
    host, _, port = url.split("/")[2].rpartition(":")
    return host.strip("[]") or "127.0.0.1", int(port)


def bind():
    """The hub chose the port a moment ago; a connection that just ended may still hold it."""
    host, port = address()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(1024)
    listener.setblocking(False)
    return listener


def response(head):
    body = b'{"version": "trivial", "path": "%s"}' % head.split(b" ", 2)[1]
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-JupyterHub-Version: 6.1.1\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body)
    ) + body


def body_length(head):
    for line in head.split(b"\r\n")[1:]:
        if line.lower().startswith(b"content-length:"):
            return int(line.split(b":", 1)[1])
    return 0


def answer(connection, received):
    """Answers each whole request in `received`, and returns what is left of it."""
    while b"\r\n\r\n" in received:
        head, rest = received.split(b"\r\n\r\n", 1)
        length = body_length(head)
        if len(rest) < length:
            break
        connection.sendall(response(head))
        received = rest[length:]
    return received


def serve(listener):
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    connections, received = {}, {}
    while True:
        for number, _ in poll.poll():
            if number == listener.fileno():
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                poll.register(connection, select.EPOLLIN)
                connections[connection.fileno()], received[connection.fileno()] = connection, b""
                continue
            try:
                chunk = connections[number].recv(65536)
                received[number] = answer(connections[number], received[number] + chunk)
            except OSError:
                chunk = b""
            if not chunk:
                poll.unregister(number)
                connections.pop(number).close()
                received.pop(number)


if __name__ == "__main__":
    if "--fail" in sys.argv:
        print("this server was told to fail: E2E-LAST-WORDS", file=sys.stderr)
        sys.exit(3)
    if "--slow" in sys.argv:
        # A start that takes a while, for the progress page.
        time.sleep(float(sys.argv[sys.argv.index("--slow") + 1]))
    try:
        serve(bind())
    except KeyboardInterrupt:
        # How a hub asks its servers to end.
        pass
