"""Taking the port that the web app is served at, and saying in words why that cannot be."""

from __future__ import annotations

import errno
import socket

from ingestion.errors import VouchedError

LAST_PORT = 65535
EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared, not bound


def listen(host: str, port: int) -> socket.socket:
    """Take a port. Raises VouchedError."""
    if not 0 <= port <= LAST_PORT:
        raise VouchedError(f"The web app cannot listen on port {port}: ports go from 0, which takes a free one, to 65535.")
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        return socket.create_server(address, family=family)
    except OSError as error:
        remedy = {
            errno.EADDRINUSE: "Another program has it, perhaps another `vouched serve`: stop that, or take another port"
            f" with `--port {port % LAST_PORT + 1}` (`--port 0` takes a free one).",
            errno.EACCES: "Ports below 1024 need special rights: take another with `--port 7860`.",
        }.get(error.errno or 0, "Give an address of this machine with `--host`, such as 127.0.0.1.")
        raise VouchedError(f"The web app cannot listen on port {port} of {host}: {error.strerror}. {remedy}") from error


def address_of(host: str, port: int) -> str:
    """Give the web address of an app that listens there."""
    name = "localhost" if host in EVERYWHERE else host
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
