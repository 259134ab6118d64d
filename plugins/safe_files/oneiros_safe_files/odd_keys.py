"""Finds keys that may have been chosen to make a dict slow.

Python compares keys of the same hash one by one. Texts can't be chosen to have one
hash, since Python hashes them differently in each process; tuples and long integers can
be. To hash a tuple, Python also hashes all tuples inside it, every time.
"""

from __future__ import annotations

from typing import Any

MAX_ODD_KEYS = 1000
"""Maximum number of tuples and long integers among keys and members of sets, in all."""
MAX_BITS = 67
"""The length of an integer that isn't long: 64 bits, or 20 digits. Few share a hash."""
_MOST_PARTS = 1000


def is_odd_key(value: Any) -> bool:
    """Returns whether a value is one of many that may be chosen to have one hash."""
    if isinstance(value, int):
        return value.bit_length() > MAX_BITS
    return isinstance(value, (tuple, frozenset))


def has_many_parts(key: Any) -> bool:
    """Returns whether a key has more than 1,000 parts, with those that occur again."""
    waiting = [key]
    parts = 0
    while waiting and parts <= _MOST_PARTS:
        part = waiting.pop()
        parts += 1
        if isinstance(part, tuple):
            parts += len(part)
            waiting += part[:_MOST_PARTS]
    return parts > _MOST_PARTS
