"""Refuse every connection that leaves this machine; Python loads this file at start-up."""

import sys

LOCAL = ("127.", "::1", "localhost", "0.0.0.0")


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    """Raise when a socket is asked to connect, or a name to resolve, outside this machine."""
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else "localhost"
    elif event == "socket.getaddrinfo":
        host = arguments[0] or "localhost"
    else:
        return
    host = host.decode() if isinstance(host, bytes) else str(host)
    if not host.startswith(LOCAL):
        raise OSError(f"the standalone proof refuses the network, and {host} was asked for")


sys.addaudithook(refuse)
