"""What `oneiros doctor` finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """Something wrong in an environment.

    # Properties
        subject: str, what it concerns: a distribution, a file, a backend.
        text: str, what is wrong, as a sentence.
        remedy: str, what to type or change.
        serious: bool; False for what works, but should be known.
    """

    subject: str
    text: str
    remedy: str
    serious: bool = True
