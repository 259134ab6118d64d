"""Checks untrusted names: of files, so that they stay in their folder, and of what a
file holds, so that messages and reports show what they seem to."""

import re
import unicodedata

MAX_NAME = 255
MAX_PATH = 1024
MAX_DEPTH = 32
"""The maximum number of folders inside each other, and the file."""
_FORBIDDEN = set('\\:*?"<>|')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_INVISIBLE = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode's categories of characters that control a terminal, break lines, turn the
direction of writing, take no width, or are half of one."""
_JOINERS = "\u200c\u200d"
"""Characters of no width that words of Persian and of Indian languages need."""


def is_visible(name: str) -> bool:
    """Returns whether a name has no characters that change how the text around it is
    shown."""
    if name.isprintable():
        return True
    return not any(
        unicodedata.category(character) in _INVISIBLE and character not in _JOINERS
        for character in name
    )


def problem(name: str) -> str | None:
    """Says why a relative path isn't safe on every system; returns None if it is."""
    steps = name.split("/")
    if not name or not name.isprintable() or not _FORBIDDEN.isdisjoint(name):
        return "has characters that don't belong in a file name"
    if name.startswith("/"):
        return "is absolute"
    plain_steps = [step.strip(" ").rstrip(".") for step in steps]
    if plain_steps != steps or not all(steps):
        return "leads out of its folder"
    if any(_RESERVED.fullmatch(step) for step in steps):
        return "is the name of a device"
    longest_step = max(len(step.encode()) for step in steps)
    is_long = len(name.encode()) > MAX_PATH or longest_step > MAX_NAME
    if is_long or len(steps) > MAX_DEPTH:
        return "is too long"
    return None
