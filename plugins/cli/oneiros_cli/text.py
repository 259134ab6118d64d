"""Makes untrusted text safe to print on a terminal."""


def printable(text: str) -> str:
    """Returns a text with its control characters escaped, because they could control
    the terminal."""
    return "".join(
        c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text
    )
