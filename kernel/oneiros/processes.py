"""The processes that train a model together: one, unless a distribution says
otherwise."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Processes:
    """What a process knows of the others.

    # Properties
        count: int, how many there are.
        rank: int, the number of this one, from 0.
    """

    count: int = 1
    rank: int = 0


_current = Processes()


def current() -> Processes:
    """Returns the processes that train together."""
    return _current


def join(processes: Processes) -> None:
    """Makes this process one of several; for distributions."""
    global _current
    _current = processes


def is_first() -> bool:
    """Returns whether this process writes files and shows progress, which the others
    don't."""
    return _current.rank == 0
