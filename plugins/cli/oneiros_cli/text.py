"""Texts that a stranger wrote, made fit for a terminal."""


def printable(text: str) -> str:
    """Returns a text whose control characters, which could steer the terminal, are
    spelled out."""
    return "".join(
        c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text
    )
