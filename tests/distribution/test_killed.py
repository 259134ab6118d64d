"""Processes of a training are killed, and the same command goes on to the same end."""

import random
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from hosts import ARE_REAL, KIND, Hosts
from teams import Team

pytestmark = [pytest.mark.usefixtures("interruptible"), pytest.mark.slow]

SCRIPT = Path(__file__).parent / "killed_training.py"
NAMES = ["ann", "bob", "cat", "dan"]
"""The names of hosts."""
BACKENDS = ["jax", "theano"]
TOLERANCE = 1e-5
WORDS_OF_GLOO = ("terminate called after", "  what():  ")
"""C++ says them when gloo aborts a process whose neighbour is gone."""
MOMENTS = {
    "starting": ("", 2),
    "joining": ("[joining]", 1),
    "compiling": ("[joined]", 2),
    "training": ("[training]", 1.5),
    "writing": ("[training]", 0),
    "at the end": ("[trained]", 0.5),
}
"""When processes are killed: at most so many seconds after a process has said
something; while one writes, when there is a draft of a file."""


class Training:
    """A training whose processes are killed.

    # Arguments
        folder: where its files are.
        backend: the name of the backend.
        hosts: where the processes run, by rank; this machine, if empty.
    """

    def __init__(self, folder: Path, backend: str, hosts):
        self.folder = folder
        self.backend = backend
        self.hosts = hosts
        folder.mkdir()

    def finish(self, size: int) -> list[np.ndarray]:
        """Trains to the end; returns the weights and the history."""
        with self._team(size) as team:
            team.start_all("end.npz")
            assert team.wait(300) == [0] * size, team.members[0].output
            team.wait_for_silence()
        with np.load(self.folder / "end.npz") as stored:
            return [stored[name] for name in stored.files]

    def interrupt(self, size: int, rank: int, moment: str, chance) -> None:
        """Kills a process at a moment; the others end, and say why."""
        text, most_seconds = MOMENTS[moment]
        with self._team(size) as team:
            team.start_all("end.npz")
            victim = team.members[rank]
            self._wait(team, rank, text)
            if moment == "writing":
                self._wait_for_draft(victim)
            time.sleep(chance.uniform(0, most_seconds))
            victim.kill()
            for member in team.members:
                self._wait(team, team.members.index(member), "[joining]")
            ends = team.wait()
            assert "hangs" not in ends, [member.output for member in team.members]
            for place, member in enumerate(team.members):
                if place != rank and ends[place]:
                    self._check_message(member.output, size, rank, moment)
            team.wait_for_silence()

    def _check_message(self, output: str, size: int, rank: int, moment: str) -> None:
        others = ("[", *WORDS_OF_GLOO)
        lines = [line for line in output.splitlines() if not line.startswith(others)]
        assert len(lines) == 1, output
        assert lines[0].startswith("DistributionError: "), output
        assert f"rocess {rank} " in lines[0], output
        if moment not in ("starting", "joining"):
            assert "ended without a word" in lines[0], output

    def _team(self, size: int) -> Team:
        hosts = self.hosts[:size]
        return Team(self.folder, SCRIPT, size, hosts, ONEIROS_BACKEND=self.backend)

    @staticmethod
    def _wait(team: Team, rank: int, text: str) -> None:
        """Waits until a process has said something, or has ended."""
        member = team.members[rank]
        while text not in member.output and member.process.poll() is None:
            time.sleep(0.01)

    def _wait_for_draft(self, member) -> None:
        while not list(self.folder.glob(".oneiros-draft-*")):
            if member.process.poll() is not None:
                return


@pytest.fixture(scope="module")
def hosts():
    """Four hosts, or none if there is only this machine."""
    with ExitStack() as stack:
        yield stack.enter_context(Hosts(NAMES)) if ARE_REAL else []


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, hosts):
    """A function that returns the results of a training that nobody kills."""
    known = {}

    def results(backend, size):
        if (backend, size) not in known:
            folder = tmp_path_factory.mktemp("whole") / "training"
            known[backend, size] = Training(folder, backend, hosts).finish(size)
        return known[backend, size]

    return results


def test_a_killed_training_goes_on(tmp_path):
    training = Training(tmp_path / "training", "jax", [])
    whole = Training(tmp_path / "whole", "jax", []).finish(2)
    training.interrupt(2, 1, "training", random.Random(1))
    for ours, theirs in zip(training.finish(2), whole, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("turn", range(2))
@pytest.mark.parametrize("size", [2, 4])
@pytest.mark.parametrize("backend", BACKENDS, ids=lambda name: f"{name}-{KIND}")
def test_it_ends_with_the_same_bits(
    tmp_path, hosts, uninterrupted, backend, size, turn
):
    chance = random.Random(f"{size} {turn}")
    training = Training(tmp_path / "training", backend, hosts)
    for moment in MOMENTS:
        rank = 0 if moment == "writing" else chance.randrange(size)
        training.interrupt(size, rank, moment, chance)
    whole = uninterrupted(backend, size)
    for ours, theirs in zip(training.finish(size), whole, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_hosts_that_share_no_folder_are_told(tmp_path):
    with Team(tmp_path, SCRIPT, 2, ONEIROS_BACKEND="jax") as team:
        (tmp_path / "run.h5").touch()
        team.start(0, "end.npz")
        folder = tmp_path / "other"
        folder.mkdir()
        team.start(1, "end.npz", folder=folder)
        assert 0 not in team.wait(60)
    expected = "run.h5 is there for the first process, but isn't for process 1"
    assert expected in team.members[1].output


@pytest.mark.parametrize("before, after", [(2, 4), (4, 2), (2, 1), (1, 2)])
@pytest.mark.parametrize("backend", BACKENDS, ids=lambda name: f"{name}-{KIND}")
def test_it_goes_on_with_another_number_of_processes(
    tmp_path, hosts, uninterrupted, backend, before, after
):
    chance = random.Random(f"{before} {after}")
    training = Training(tmp_path / "training", backend, hosts)
    training.interrupt(before, chance.randrange(before), "training", chance)
    whole = uninterrupted(backend, before)
    for ours, theirs in zip(training.finish(after), whole, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=TOLERANCE, atol=TOLERANCE)
