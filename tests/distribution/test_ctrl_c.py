"""Ctrl-C in one of several terminals ends all processes, wherever they are."""

import signal
import socket
import time
from pathlib import Path

import pytest
from teams import Team

FOLDER = Path(__file__).parent
HOST = socket.gethostname()
INTERRUPTED = 130
pytestmark = pytest.mark.slow


def press(member, times):
    """Presses Ctrl-C quickly one after the other."""
    for _ in range(times):
        member.kill(signal.SIGINT)
        time.sleep(0.03)


def assert_told(member, rank):
    lines = [line for line in member.output.splitlines() if not line.startswith("[")]
    last = lines[-1]
    assert last.startswith(f"DistributionError: Process {rank} on {HOST} stopped: ")
    assert member.output.count("DistributionError") == 1, member.output
    assert "Traceback" not in member.output


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("backend", ["jax", "theano"])
def test_while_the_engine_waits_for_others(tmp_path, backend, times):
    script = FOLDER / "waiting_script.py"
    with Team(tmp_path, script, 2, ONEIROS_BACKEND=backend) as team:
        first, second = team.start_all("sleep")
        team.wait_for("waits", 1)
        time.sleep(1)
        press(first, times)
        assert team.wait() == [INTERRUPTED, 1]
        assert first.output.splitlines()[-1] == "KeyboardInterrupt"
        assert first.output.count("KeyboardInterrupt") == 1
        assert_told(second, 0)


@pytest.mark.parametrize("text", ["[joining]", "[joined]", "[epoch 3]"])
@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("rank", [0, 1])
@pytest.mark.parametrize("backend", ["jax", "theano"])
def test_at_any_time(tmp_path, backend, rank, times, text):
    script = FOLDER / "killed_training.py"
    with Team(tmp_path, script, 2, ONEIROS_BACKEND=backend) as team:
        team.start_all("end.npz", "100000")
        team.wait_for("[joining]", 1 - rank)
        team.wait_for(text, rank)
        pressed = team.members[rank]
        press(pressed, times)
        time.sleep(2)
        if "Exception ignored" in pressed.output:  # as Python does in a destructor
            press(pressed, times)
        ends = team.wait()
        assert ends[1 - rank] == 1
        assert "KeyboardInterrupt" in pressed.output
        if text != "[joining]":
            assert ends[rank] == INTERRUPTED
            assert_told(team.members[1 - rank], rank)


def test_sys_exit_in_one_process(tmp_path):
    script = FOLDER / "waiting_script.py"
    with Team(tmp_path, script, 2, ONEIROS_BACKEND="jax") as team:
        first, _ = team.start_all("exit")
        assert team.wait(60) == [1, 3]
        assert_told(first, 1)
        assert "stopped: SystemExit: 3" in first.output
