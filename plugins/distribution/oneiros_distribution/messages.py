"""What processes send each other: a line of JSON a message."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

JOIN = "join"
"""A process comes, with its rank and host, and how many it expects."""
WELCOME = "welcome"
"""It takes part; the text is the host of the first process."""
REFUSED = "refused"
"""It can't take part; the text says why."""
AT = "at"
"""It has come to a place, and waits for the others there."""
GO_ON = "go on"
"""All have come; the text is that of the first process."""
BEAT = "beat"
"""It is alive."""
LEAVE = "leave"
"""It ends; the text says why, and is empty if all is well."""
FAULT = "fault"
"""All end; the text says why."""

LONGEST = 2**20
"""Bytes of the longest message."""
SILENCE = 20
"""Seconds without an answer after which a host counts as gone."""
PROBES = 4
"""How often the system asks a silent host in this time."""
Message = dict[str, Any]


async def receive(reader: asyncio.StreamReader) -> Message | None:
    """Returns the next message; None if the other side is gone or sends no message.

    # Raises
        OSError: if the other side's host isn't reached any more.
    """
    try:
        line = await reader.readline()
        message = json.loads(line)
    except (ConnectionError, ValueError):
        return None
    return message if isinstance(message, dict) else None


def end_if_silent(writer: asyncio.StreamWriter) -> None:
    """Makes the system end a connection when the other side's host is silent.

    The systems answer each other, even while Python is busy on either side, which may
    be for minutes where something holds Python's lock.
    """
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    pause = SILENCE // PROBES
    options = {
        "TCP_KEEPIDLE": pause,
        "TCP_KEEPINTVL": pause,
        "TCP_KEEPCNT": PROBES - 1,
        "TCP_USER_TIMEOUT": SILENCE * 1000,
    }
    for name, value in options.items():
        if hasattr(socket, name):  # not all systems have all of them
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def send(writer: asyncio.StreamWriter, kind: str, **values: Any) -> None:
    """Sends a message, which is lost if the other side is gone."""
    line = json.dumps({"kind": kind, **values})
    writer.write(line.encode() + b"\n")
