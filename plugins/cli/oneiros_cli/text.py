"""Text for a terminal."""

import typer

LONGEST = 2_000
"""Maximum number of characters of an untrusted text to show."""


def printable(text: str) -> str:
    """Returns a text with its control characters escaped, because they could control
    the terminal."""
    return "".join(
        c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text
    )


def one_line(text: str, **style) -> str:
    """Returns an untrusted text as a line of limited length.

    # Arguments
        text: str.
        style: arguments of `typer.style`, such as `fg="red"`; they have no effect on
            output to a file or a pipe.
    """
    shortened = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    line = printable(shortened).replace("\n", "\\n")
    return typer.style(line, **style) if style else line
