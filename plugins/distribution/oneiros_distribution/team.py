"""The processes that train together: this one joins the others once."""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import TracebackType

import numpy as np
from oneiros import processes
from oneiros.errors import DistributionError

from oneiros_distribution.channel import INTERRUPTED, Channel
from oneiros_distribution.cluster import Cluster, cluster_from

EXCHANGE = "an exchange of arrays"
LINGERING = 2.0
"""Seconds after a failure that the first process tells late ones why all end."""
LONGEST_REASON = 300
"""Characters of an error that the others are told."""


class Team:
    """This process and the others; alone, it waits for nobody.

    # Arguments
        cluster: the Cluster.

    # Properties
        address: str, the address of this process as the others see it.
        at_end: list of functions, called when all processes have come to the end of
            the program.
    """

    def __init__(self, cluster: Cluster):
        self.cluster = cluster
        self.address = ""
        self.at_end: list[Callable[[], object]] = []
        self._channel: Channel | None = None
        self._failed = True
        self._is_copy = False
        self._status = 1
        if cluster.processes > 1:
            self.be_first_at_end()
            self._channel = Channel(cluster)
            self._channel.join()
            self.address = self._channel.address
            self._failed = False
            os.register_at_fork(after_in_child=self._separate)

    def be_first_at_end(self) -> None:
        """Makes errors and the end of the program come here before they come to an
        engine that was imported meanwhile, which would wait for others."""
        if sys.excepthook != self._at_error:
            self._own_hook = sys.excepthook
            sys.excepthook = self._at_error
        atexit.unregister(self._at_exit)
        atexit.register(self._at_exit)

    def meet(self, place: str, digest: str = "", text: str = "") -> str:
        """Waits until all processes have come to a place; returns the text of the
        first one.

        # Arguments
            place: str, the name of the place, for errors.
            digest: str, what must be the same in all processes.
            text: str, what the first process tells the others.

        # Raises
            DistributionError: if a process doesn't come, or differs.
        """
        if self._channel is None:
            return text
        return self._channel.meet(place, digest, text)

    def decide(self, question: str, answer: bool) -> bool:
        """Returns the first process's answer."""
        return self.meet(question, text="yes" if answer else "") == "yes"

    def together(self, call: str = EXCHANGE) -> AbstractContextManager[None]:
        """Context manager in which an engine computes in all processes.

        # Arguments
            call: str, what it computes, for errors.

        # Raises
            DistributionError: instead of the engine's error, if another process is the
                reason for it.
        """
        return nullcontext() if self._channel is None else self._channel.together(call)

    def leave(self, error: BaseException) -> None:
        """Tells the others that an error ends this process."""
        if self._channel is None or self._failed:
            return
        if isinstance(error, SystemExit) and not error.code:
            return
        self._failed = True
        reason = type(error).__name__
        if text := str(error).strip():
            reason += f": {text:.{LONGEST_REASON}}"
        if isinstance(error, KeyboardInterrupt):
            reason = "Ctrl-C"
            self._status = INTERRUPTED
        elif isinstance(error, SystemExit) and isinstance(error.code, int):
            self._status = error.code
        self._channel.leave(reason)

    def end(self) -> None:
        """Leaves the others, as soon as all have come to the end of the program.

        # Raises
            DistributionError: if a process doesn't come.
        """
        if self._channel is None:
            return
        self.meet("the end of the program")
        with self.together():
            for end in self.at_end:
                end()
        self._channel.leave()
        atexit.unregister(self._at_exit)

    def _at_error(
        self,
        kind: type[BaseException],
        error: BaseException,
        traceback: TracebackType | None,
    ) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends anyway
        sys.excepthook = sys.__excepthook__  # which another hook may call
        if isinstance(error, DistributionError):
            # What this process was doing isn't the reason
            self._tell(error)
        else:
            self._own_hook(kind, error, traceback)
        self.leave(error)

    def _at_exit(self) -> None:
        """Ends together with the others; after a failure at once, because engines
        would wait for them."""
        if self._is_copy:
            return
        if not self._failed:
            try:
                self.end()
                return
            except DistributionError as error:
                self._tell(error)
        sys.stdout.flush()
        sys.stderr.flush()
        if self.cluster.rank == 0:
            time.sleep(LINGERING)
        os._exit(self._status)

    def _tell(self, error: DistributionError) -> None:
        """Prints why this process ends."""
        if self._channel is None:
            print(f"DistributionError: {error}", file=sys.stderr)
        else:
            self._channel.tell(str(error))

    def _separate(self) -> None:
        """Makes a copy of this process, such as one that makes batches, no member."""
        self._is_copy = True
        if self._channel is not None:
            self._channel.let_go()
            self._channel = None


def share_random_state(team: Team, place: str) -> None:
    """Gives NumPy's global generator the state that it has in the first process."""
    if team.cluster.processes == 1:
        return
    name, keys, *rest = np.random.get_state(legacy=True)
    state = [name, np.asarray(keys).tolist(), *rest]
    text = json.dumps(state) if team.cluster.rank == 0 else ""
    name, keys, *rest = json.loads(team.meet(place, text=text))
    np.random.set_state((name, np.array(keys, np.uint32), *rest))


_team: Team | None = None


def join() -> Team:
    """Returns the team of this process, which joins the others at the first call.

    # Raises
        DistributionError: if not all come, or run another script.
        SettingsError: if a variable of the environment is missing or wrong.
    """
    global _team
    if _team is None:
        cluster = cluster_from(os.environ)
        team = Team(cluster)
        team.meet("the comparison of the scripts", _digest_of_script())
        count = cluster.processes
        processes.join(processes.Processes(count, cluster.rank, team.decide))
        share_random_state(team, "the random numbers' start")
        _team = team
    return _team


def joined() -> Team | None:
    """Returns the team, if this process has joined one."""
    return _team


def _digest_of_script() -> str:
    script = getattr(sys.modules["__main__"], "__file__", None)
    if script is None or not Path(script).is_file():
        return ""
    return hashlib.sha256(Path(script).read_bytes()).hexdigest()
