"""A fault in one process ends all, each with one message that says whose it is."""

import signal
import socket
import time
from pathlib import Path

import pytest
from oneiros_distribution_jax.processes import shares_gpus
from teams import Team, free_port

pytestmark = pytest.mark.usefixtures("interruptible")

MEETING = Path(__file__).parent / "meeting_script.py"
FITTING = Path(__file__).parent / "fitting_script.py"
HOST = socket.gethostname()
slow = pytest.mark.slow
SOON = {"ONEIROS_DISTRIBUTION_TIMEOUT": "3"}


@pytest.fixture
def team(tmp_path):
    """Three processes that meet."""
    with Team(tmp_path, MEETING, 3, **SOON) as team:
        yield team


def assert_all_say(team, text, besides=()):
    """Every process but some ends by an error, and says this text once, last."""
    ends = team.wait()
    assert 0 not in ends and "hangs" not in ends, ends
    for place, member in enumerate(team.members):
        if place not in besides:
            last = member.output.strip().splitlines()[-1]
            assert last.startswith("DistributionError: "), member.output
            assert text in last, member.output
            assert member.output.count("DistributionError: ") == 1, member.output


def test_all_is_well(team):
    team.start_all("first", "second")
    assert team.wait() == [0, 0, 0]
    assert all(member.output == "joined\nfine\n" for member in team.members)


@slow
def test_a_process_never_comes(team):
    team.start(0)
    team.start(2)
    assert_all_say(
        team, f"Process 1 of 3 didn't come within 3 s; here are process 0 on {HOST}"
    )


@slow
def test_the_first_process_never_comes(team):
    team.start(1)
    team.start(2)
    assert_all_say(team, f"didn't reach process 0 at {team.coordinator} within 3 s")


@slow
def test_one_expects_more_processes(team):
    team.start(0)
    team.start(1)
    team.start(2, ONEIROS_PROCESSES="4")
    assert_all_say(team, f"Process 2 on {HOST} expects 4 processes in all")


@slow
def test_two_have_one_rank(team):
    team.start(0)
    team.start(1)
    team.start(1)
    assert_all_say(team, "Two processes have the rank 1")


@slow
def test_two_are_the_first(team):
    team.start(0)
    team.wait_for_listening()
    second = team.start(0)
    second.process.wait(30)
    assert f"can't wait for the others at {team.coordinator}" in second.output
    assert "address already in use" in second.output


@slow
def test_the_coordinator_is_something_else(team):
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        member = team.start(1, ONEIROS_COORDINATOR=address)
        other.accept()[0].close()
        member.process.wait(30)
    assert f"Process 0 at {address} isn't what answers there" in member.output


@slow
def test_the_coordinator_is_another_host(team):
    member = team.start(0, ONEIROS_COORDINATOR=f"192.0.2.1:{free_port()}")
    member.process.wait(30)
    assert "must be one of the host on which rank 0 runs" in member.output


@pytest.mark.parametrize("rank", [pytest.param(0, marks=slow), 1])
def test_a_process_is_killed(team, rank):
    team.start_all("sleep")
    for place in range(3):
        team.wait_for("joined", place)
    team.members[rank].kill()
    text = f"Process {rank} on {HOST} ended without a word"
    assert_all_say(team, text, besides=[rank])


@pytest.mark.parametrize("rank", [0, pytest.param(2, marks=slow)])
def test_ctrl_c_in_one_terminal(team, rank):
    team.start_all("sleep")
    for place in range(3):
        team.wait_for("joined", place)
    team.members[rank].kill(signal.SIGINT)
    assert_all_say(team, f"Process {rank} on {HOST} stopped: Ctrl-C", besides=[rank])
    assert "KeyboardInterrupt" in team.members[rank].output


def test_one_raises(team):
    team.start(0, "sleep")
    team.start(1, "raise")
    team.start(2, "first")
    problem = "stopped: ZeroDivisionError: nothing to divide by"
    assert_all_say(team, f"Process 1 on {HOST} {problem}", besides=[1])


@slow
def test_one_ends_earlier(team):
    team.start(0, "first")
    team.start(1, "first")
    team.start(2, "exit")
    assert_all_say(team, "is at 'the end of the program'")


@slow
def test_one_goes_elsewhere(team):
    team.start(0, "first")
    team.start(1, "second")
    team.start(2, "second")
    assert_all_say(team, f"is at 'second', but process 0 on {HOST} is at 'first'")


def test_one_differs(team):
    team.start_all("differ")
    assert_all_say(team, "At 'a comparison', process")


@slow
def test_one_runs_another_script(team, tmp_path):
    team.start(0)
    team.start(1)
    team.script = tmp_path / "other.py"
    team.script.write_text(MEETING.read_text() + "\n")
    team.start(2)
    assert_all_say(team, f"At 'the comparison of the scripts', process 2 on {HOST}")


@slow
def test_one_is_stopped(team):
    """It ends as soon as it goes on."""
    team.start_all("impatient", "sleep")
    for place in range(3):
        team.wait_for("joined", place)
    team.members[1].kill(signal.SIGSTOP)
    for place in (0, 2):
        team.members[place].process.wait(30)
        assert f"Process 1 on {HOST} hasn't been heard" in team.members[place].output
    team.members[1].kill(signal.SIGCONT)
    assert team.wait() == [1, 1, 1]


@slow
def test_one_holds_pythons_lock(team):
    team.start(0, "lock", "first")
    team.start(1, "first")
    team.start(2, "lock", "first")
    assert team.wait(60) == [0, 0, 0], team.members[1].output


@slow
@pytest.mark.parametrize("word", ["thread", "ignore"])
def test_the_others_would_go_on(team, word):
    team.start(0, word, "first")
    team.start(1, word, "first")
    team.start(2, "raise")
    assert_all_say(team, f"Process 2 on {HOST} stopped", besides=[2])


@slow
@pytest.mark.parametrize("rank", [0, 1])
def test_a_copy_of_a_killed_process_goes_on(team, rank):
    """It holds neither the connections nor the address."""
    team.start_all("fork", "sleep")
    for place in range(3):
        team.wait_for("joined", place)
    time.sleep(1)
    team.members[rank].kill()
    text = f"Process {rank} on {HOST} ended without a word"
    assert_all_say(team, text, besides=[rank])
    again = team.start_all("first")
    assert [member.process.wait(30) for member in again] == [0, 0, 0]


FAULTS = {
    "device": "has used a device before it joined the others",
    "model": "At 'the weights of a model', process 1",
    "arguments": "At 'fit 1: model and arguments', process 1",
    "data": "At 'fit 1: data', process 1",
    "batch": "process 1",
    "predict": "call fit, evaluate and predict in all processes, not in one",
    "sizes": "call fit, evaluate and predict in all processes, not in one",
    "alone": "is at 'fit 1: model and arguments', but process 0",
}


@slow
@pytest.mark.parametrize("fault", FAULTS)
def test_training_differs(tmp_path, fault):
    backend = {"ONEIROS_BACKEND": "jax"}
    with Team(tmp_path, FITTING, 3, **backend) as team:
        team.start_all(fault)
        assert_all_say(team, FAULTS[fault])


@slow
def test_a_proxy_is_for_other_connections(tmp_path):
    proxy = f"http://127.0.0.1:{free_port()}"
    variables = {"http_proxy": proxy, "https_proxy": proxy, "ONEIROS_BACKEND": "jax"}
    with Team(tmp_path, FITTING, 2, **variables) as team:
        team.start_all("none")
        assert team.wait() == [0, 0], team.members[0].output


@pytest.mark.parametrize(
    "visible, are_shared",
    [(None, True), ("0,1,2,3", True), ("3", False), ("0,1", False)],
)
def test_a_starter_may_have_chosen_the_gpus(monkeypatch, visible, are_shared):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert shares_gpus(4) is are_shared
