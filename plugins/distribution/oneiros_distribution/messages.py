"""What processes send each other: a line of JSON a message."""

from __future__ import annotations

import asyncio
import json
from typing import Any

JOIN = "join"
"""A process comes, with its rank and host, and how many it expects."""
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
Message = dict[str, Any]


async def receive(reader: asyncio.StreamReader) -> Message | None:
    """Returns the next message; None if the other side is gone or sends no message."""
    try:
        line = await reader.readline()
        message = json.loads(line)
    except (OSError, ValueError):
        return None
    return message if isinstance(message, dict) else None


def send(writer: asyncio.StreamWriter, kind: str, **values: Any) -> None:
    """Sends a message, which is lost if the other side is gone."""
    line = json.dumps({"kind": kind, **values})
    writer.write(line.encode() + b"\n")
