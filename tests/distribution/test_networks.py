"""Processes on hosts whose names or links are broken."""

import time
from pathlib import Path

import pytest
from hosts import Hosts, needs_hosts
from teams import PORT, Team

MEETING = Path(__file__).parent / "meeting_script.py"
TRAINING = Path(__file__).parent / "killed_training.py"
NAMES = ["ann", "bob", "cat"]
pytestmark = [pytest.mark.slow, needs_hosts]


@pytest.fixture
def hosts():
    with Hosts(NAMES) as hosts:
        yield hosts


def message(member) -> str:
    """Returns the only line that a process has written, besides what its script
    says."""
    lines = [x for x in member.output.splitlines() if not x.startswith(("[", "joined"))]
    assert len(lines) == 1, member.output
    assert lines[0].startswith("DistributionError: "), member.output
    return lines[0]


@pytest.mark.parametrize("how", ["unplug", "put_down"])
@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("backend", ["jax", "theano"])
def test_a_link_breaks_during_training(tmp_path, hosts, backend, place, how):
    with Team(tmp_path, TRAINING, 3, hosts, ONEIROS_BACKEND=backend) as team:
        team.start_all("end.npz", "100000")
        for rank in range(3):
            team.wait_for("[epoch 2]", rank, 200)
        getattr(hosts[place], how)()
        assert team.wait() == [1, 1, 1]
        first, second, third = map(message, team.members)
        assert "can't be reached" in first
        assert "Process 0 on ann can't be reached" in second
        if place:
            assert "Process 1 on bob can't be reached" in third
            assert first == third
        else:
            assert first != second == third
        team.wait_for_silence()


def test_a_link_breaks_while_processes_wait(tmp_path, hosts):
    with Team(tmp_path, MEETING, 3, hosts) as team:
        team.start(0, "sleep")
        team.start(1, "a place")
        team.start(2, "a place")
        for rank in range(3):
            team.wait_for("joined", rank)
        hosts[1].unplug()
        assert team.wait() == [1, 1, 1]
        first, second, third = map(message, team.members)
        assert first == third
        assert "Process 1 on bob can't be reached" in first
        assert "Process 0 on ann can't be reached" in second


def test_a_link_breaks_for_a_while(tmp_path, hosts):
    with Team(tmp_path, TRAINING, 2, hosts, ONEIROS_BACKEND="jax") as team:
        team.start_all("end.npz", "50")
        team.wait_for("[epoch 2]", seconds=200)
        hosts[1].unplug()
        time.sleep(8)
        hosts[1].plug_in()
        assert team.wait(200) == [0, 0], team.members[0].output


def test_a_name_means_another_host(tmp_path, hosts):
    hosts[1].know(ann="127.0.0.1")
    with Team(tmp_path, MEETING, 2, hosts) as team:
        team.coordinator = f"ann:{PORT}"
        hosts[0].know(ann=hosts[0].address)
        team.start_all()
        assert team.wait() == [1, 1]
        first, second = map(message, team.members)
    assert "Process 1 of 2 didn't come" in first
    assert "on bob didn't reach process 0 at ann:29400" in second
    assert "Here, ann is 127.0.0.1, at which no other host is reached" in second


def test_the_name_of_the_first_host_is_that_of_its_loopback(tmp_path, hosts):
    """As some systems have it."""
    hosts[0].know(ann="127.0.1.1")
    hosts[1].know(ann=hosts[0].address)
    with Team(tmp_path, MEETING, 2, hosts) as team:
        team.coordinator = f"ann:{PORT}"
        team.start_all()
        assert team.wait() == [1, 1]
        first, second = map(message, team.members)
    assert "Here, ann is 127.0.1.1, at which no other host is reached" in first
    assert f"on bob didn't reach process 0 at ann:{PORT}" in second


def test_a_firewall_closes_ports(tmp_path, hosts):
    hosts[1].close_ports(hosts[0])
    with Team(tmp_path, TRAINING, 2, hosts, ONEIROS_BACKEND="jax") as team:
        team.start_all("end.npz")
        for rank in range(2):
            team.wait_for("[joining]", rank)
        assert team.wait() == [1, 1]
        first, second = map(message, team.members)
    text = "Process 1 on bob doesn't reach JAX's coordinator"
    assert text in first
    assert text in second


def test_hosts_have_one_name(tmp_path):
    with (
        Hosts(["node"] * 3) as hosts,
        Team(tmp_path, TRAINING, 3, hosts, ONEIROS_BACKEND="jax") as team,
    ):
        team.start_all("end.npz", "1")
        assert team.wait(200) == [0, 0, 0], team.members[0].output
        team.members.clear()
        team.start_all("end.npz", "100000")
        for rank in range(3):
            team.wait_for("[epoch 2]", rank, 200)
        team.members[2].kill()
        team.wait()
        for member in team.members[:2]:
            assert "Process 2 on node ended without a word" in message(member)
