"""`oneiros launch`: the processes of one program, on one machine."""

import asyncio
import os
import signal
import socket
import sys
from typing import Annotated

import typer

from oneiros_distribution import starters
from oneiros_distribution.prefixed_output import Screen
from oneiros_distribution.worker import Worker

SECONDS_TO_END = 8.0
"""How long processes may take to end before a stronger signal ends them."""
SECONDS_TO_TELL = 5.0
"""How long to look for the cause after a process has ended because of another one."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Those that end all processes."""


def launch(
    script: Annotated[str, typer.Argument(help="A script; with -m, a module.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(help="Arguments of the script.")
    ] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, help="How many processes to start; required.")
    ] = None,
    module: Annotated[
        bool, typer.Option("-m", help="Run a module, as python -m does.")
    ] = False,
) -> None:
    """Start a script in several processes, which train together.

    In the script, oneiros.distribution.DataParallel joins them. Lines start with the
    number of the process that wrote them. The first process that fails ends all; its
    exit status is that of the command.
    """
    if processes is None:
        raise typer.BadParameter(
            "Say how many processes to start, before the script: "
            f"oneiros launch --processes 2 {script}"
        )
    options = ["-m"] if module else []
    command = [sys.executable, *options, script, *(arguments or [])]
    raise typer.Exit(asyncio.run(Launch(command, processes).run()))


launch.context_settings = {"allow_interspersed_args": False}  # type: ignore[attr-defined]


class Launch:
    """Processes that run the same command, until all end or one fails.

    # Arguments
        command: list of str.
        processes: int, how many there are.
    """

    def __init__(self, command: list[str], processes: int):
        self._command = command
        self._screen = Screen(sys.stderr)
        self._workers = [Worker(rank, self._screen) for rank in range(processes)]
        self._signals: list[signal.Signals] = []
        self._signalled = asyncio.Event()

    async def run(self) -> int:
        """Runs them; returns the exit status of the command."""
        self._listen()
        await self._start()
        failure = asyncio.create_task(self._first_failure())
        told = asyncio.create_task(self._signalled.wait())
        await asyncio.wait([failure, told], return_when=asyncio.FIRST_COMPLETED)
        if self._signals:
            return await self._end_by_signal()
        failed = failure.result()
        return 0 if failed is None else await self._end_by_failure(failed)

    def _listen(self) -> None:
        """Takes signals from now on, except those that nohup or a shell ignores."""
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                loop = asyncio.get_running_loop()
                loop.add_signal_handler(number, self._take, number)

    def _take(self, number: signal.Signals) -> None:
        if self._signals:
            self._send(signal.SIGKILL)
        self._signals.append(number)
        self._signalled.set()

    async def _start(self) -> None:
        count = len(self._workers)
        address = f"127.0.0.1:{_free_port()}"
        for worker in self._workers:
            variables = {
                starters.PROCESSES: str(count),
                starters.RANK: str(worker.rank),
                starters.COORDINATOR: address,
                starters.LOCAL_PROCESSES: str(count),
                starters.LOCAL_RANK: str(worker.rank),
                "PYTHONUNBUFFERED": "1",
            }
            await worker.start(self._command, os.environ | variables)

    async def _first_failure(self) -> Worker | None:
        """Waits for the processes; returns the one that failed for a reason of its own,
        or first."""
        failed: list[Worker] = []
        running = {worker.ended for worker in self._workers}
        while running:
            ended, running = await asyncio.wait(
                running,
                timeout=SECONDS_TO_TELL if failed else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            workers = [each for each in self._workers if each.ended in ended]
            failed += [worker for worker in workers if worker.code]
            causes = [worker for worker in failed if not worker.follows_another()]
            if causes:
                return causes[0]
            if not ended:
                break
        return failed[0] if failed else None

    async def _end_by_failure(self, failed: Worker) -> int:
        name = f"process {failed.rank} on {socket.gethostname()}"
        reason = f"oneiros launch: {name} {failed.how_it_ended()}"
        self._screen.say(f"{reason}; ending the others.")
        for worker in self._workers:
            worker.silence()
        await self._end(signal.SIGTERM, signal.SIGKILL)
        self._screen.say(f"{reason}. {failed.last_words()}")
        return failed.code

    async def _end_by_signal(self) -> int:
        number = self._signals[0]
        for worker in self._workers:
            worker.silence()
        await self._end(number, signal.SIGTERM, signal.SIGKILL)
        name = "Ctrl-C" if number is signal.SIGINT else number.name
        count = len(self._workers)
        self._screen.say(f"oneiros launch: {name} ended all {count} processes.")
        return 128 + number

    async def _end(self, *numbers: signal.Signals) -> None:
        """Ends all processes, by stronger and stronger signals."""
        for number in numbers:
            self._send(number)
            ended = [worker.ended for worker in self._workers]
            _, running = await asyncio.wait(ended, timeout=SECONDS_TO_END)
            if not running:
                return

    def _send(self, number: signal.Signals) -> None:
        for worker in self._workers:
            worker.send(number)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
