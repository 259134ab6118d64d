"""The processes that train a model together: one, unless a distribution says
otherwise."""

from collections.abc import Callable
from dataclasses import dataclass

Decision = Callable[[str, bool], bool]
"""A function of a question and this process's answer, which returns the answer of the
first process."""


def _alone(question: str, answer: bool) -> bool:
    return answer


@dataclass(frozen=True)
class Processes:
    """What a process knows of the others.

    # Properties
        count: int, how many there are.
        rank: int, the number of this one, from 0.
        decide: the function that waits for the first process's answer.
    """

    count: int = 1
    rank: int = 0
    decide: Decision = _alone


_current = Processes()


def current() -> Processes:
    """Returns the processes that train together."""
    return _current


def join(processes: Processes) -> None:
    """Makes this process one of several; for distributions."""
    global _current
    _current = processes


def is_first() -> bool:
    """Returns whether this is the process that writes files and shows progress."""
    return _current.rank == 0


def decide(question: str, answer: bool) -> bool:
    """Returns the first process's answer to a question that each may answer otherwise,
    such as whether a minute has passed. All processes must ask.

    # Arguments
        question: str, which errors mention.
        answer: bool, that of this process.
    """
    return _current.decide(question, answer)
