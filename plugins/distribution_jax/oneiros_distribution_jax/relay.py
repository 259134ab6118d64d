"""A relay between JAX's client and its coordinator, which is in the first process.

If that connection broke, JAX would end its process at once, without saying which one is
gone. A relay doesn't tell it; the team ends the process, with a sentence.
"""

import socket
import threading
from contextlib import suppress

CHUNK = 65_536
HERE = "127.0.0.1"
SECONDS_TO_CONNECT = 10


def relayed(address: str) -> str:
    """Returns an address on this host that leads to another one.

    # Arguments
        address: str, `"host:port"`.

    # Raises
        OSError: if that one can't be reached.
    """
    _connected(address).close()
    server = socket.create_server((HERE, 0))
    _start(_serve, server, address)
    return f"{HERE}:{server.getsockname()[1]}"


def _serve(server: socket.socket, address: str) -> None:
    while True:
        here, _ = server.accept()
        there = _connected(address)
        _start(_copy, here, there)
        _start(_copy, there, here)


def _connected(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    connection = socket.create_connection((host, int(port)), SECONDS_TO_CONNECT)
    connection.settimeout(None)
    return connection


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)


def _start(function, *arguments) -> None:
    threading.Thread(
        target=function, args=arguments, daemon=True, name="oneiros-relay"
    ).start()
