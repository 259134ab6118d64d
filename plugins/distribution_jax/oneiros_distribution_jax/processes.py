"""The processes of JAX, connected with each other."""

from __future__ import annotations

import ctypes
import functools
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from jax._src import distributed, xla_bridge
from jax._src.lib import _jax
from oneiros.errors import DistributionError
from oneiros_distribution.team import Team
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.placement import gather_in

from oneiros_distribution_jax.relay import relayed

NEVER = 10**6
"""Seconds without a sign of life after which JAX ends all processes, without saying
which one is gone. The team does that earlier, with a sentence."""
SECONDS_TO_CONNECT = 60
SECONDS_TO_END = 10
SECONDS_FOR_A_REASON = 15
EXCEPTIONS = "no_grpc_proxy"
"""Environment variable with hosts that gRPC reaches without a proxy."""

_started = False


def start(team: Team) -> None:
    """Connects the devices of all processes, once.

    # Raises
        DistributionError: if JAX has computed before.
    """
    global _started
    if _started or team.cluster.processes == 1:
        return
    cluster = team.cluster
    if xla_bridge.backends_are_initialized():
        raise DistributionError(
            f"Process {cluster.rank} on {socket.gethostname()} has used a device "
            "before it joined the others, which JAX can't do afterwards. Enter "
            "DataParallel() at the top of the script, before anything is computed."
        )
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.config.update("jax_num_cpu_devices", 1)  # processes share the cores
    if cluster.local_processes > 1 and shares_gpus(cluster.local_processes):
        jax.config.update("jax_cuda_visible_devices", str(cluster.local_rank))
    team.be_first_at_end()
    ctypes.CDLL(None).signal(signal.SIGABRT, _AT_ABORT)
    gather_in(functools.partial(team.together, "parts of a variable"))
    with team.together():
        _connect(team)
        _started = True
        _check(cluster.processes)
        _meet_devices()


def shares_gpus(local_processes: int) -> bool:
    """Returns whether the processes of this host see the same GPUs, and there is one
    for each; otherwise their starter has chosen."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return True
    numbers = visible.split(",")
    return len(numbers) >= local_processes


def _wait_for_a_reason(number: int) -> None:
    """Lets the team say first why all end: gloo aborts a process whose neighbour is
    gone, or computes something else."""
    time.sleep(SECONDS_FOR_A_REASON)


_AT_ABORT = ctypes.CFUNCTYPE(None, ctypes.c_int)(_wait_for_a_reason)


def _connect(team: Team) -> None:
    """Makes JAX's connection with the coordinator, in the first process.

    `jax.distributed.initialize` lets gloo take the address of the host's name, which
    often is that of the loopback device.
    """
    cluster = team.cluster
    state = distributed.global_state
    address = ""
    if cluster.rank == 0:
        address = _free_address(team.address)
        state.service = _jax.get_distributed_runtime_service(
            address,
            cluster.processes,
            heartbeat_timeout=NEVER,
            shutdown_timeout=SECONDS_TO_END,
        )
    address = team.meet("the coordinator's address", text=address)
    way = address if cluster.rank == 0 else _relayed(address, cluster.rank)
    _avoid_proxy(way)
    state.client = _jax.get_distributed_runtime_client(
        way,
        cluster.rank,
        init_timeout=SECONDS_TO_CONNECT,
        shutdown_timeout=SECONDS_TO_END,
        heartbeat_timeout=NEVER,
        use_compression=True,
    )
    state.process_id = cluster.rank
    state.num_processes = cluster.processes
    state.coordinator_address = address
    state.client.connect()
    team.at_end.append(functools.partial(_disconnect, team))
    collectives = _jax.make_gloo_tcp_collectives(
        distributed_client=state.client, hostname=team.address
    )
    xla_bridge.register_backend_factory(
        "cpu",
        lambda: xla_bridge.make_cpu_client(collectives),
        priority=0,
        fail_quietly=False,
    )


def _free_address(host: str) -> str:
    with socket.socket() as free:
        free.bind((host, 0))
        port = free.getsockname()[1]
    return f"{host}:{port}"


def _avoid_proxy(address: str) -> None:
    """Lets gRPC reach an address itself, where variables name a proxy for others."""
    others = os.environ.get(EXCEPTIONS) or os.environ.get("no_proxy", "")
    host = address.rpartition(":")[0]
    os.environ[EXCEPTIONS] = f"{others},{host}"


def _relayed(address: str, rank: int) -> str:
    try:
        return relayed(address)
    except OSError as error:
        raise DistributionError(
            f"Process {rank} on {socket.gethostname()} doesn't reach JAX's coordinator "
            f"at {address}, in process 0 ({error.strerror or error}). A firewall must "
            "leave all ports open between the hosts: engines choose some themselves."
        ) from error


def _disconnect(team: Team) -> None:
    """Ends JAX's connection; the coordinator ends when all have left it."""
    distributed.global_state.client.shutdown()
    team.meet("the end of JAX's connection")
    distributed.global_state.shutdown()


def _check(processes: int) -> None:
    found = jax.process_count()
    if found != processes:
        raise DistributionError(
            f"JAX has connected {found} processes instead of {processes}."
        )


def _meet_devices() -> None:
    """Sums a number over all devices: so they connect now, and gloo's line about that
    isn't seen."""
    with _silent_output():
        mesh = jax.sharding.Mesh(np.array(jax.devices()), ("data",))
        split = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("data"))
        everywhere = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())
        ones = np.ones(mesh.size, np.float32)
        numbers = jax.make_array_from_callback(ones.shape, split, ones.__getitem__)
        total = jax.jit(lambda x: x.sum(), out_shardings=everywhere)(numbers)
        total.block_until_ready()


@contextmanager
def _silent_output() -> Iterator[None]:
    """Drops what C++ prints."""
    sys.stdout.flush()
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
