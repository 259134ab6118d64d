"""The model of a step on several devices, and of their memory."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from scaling.networks import BYTES, Network

SLOTS = 2
"""Arrays of Adam for each weight."""


@dataclass(frozen=True)
class Machine:
    """Devices, and what connects them.

    # Properties
        title: str.
        computing: function of a network and of rows that returns the seconds of a step
            on one device.
        bandwidth: float, the bytes that a device sends in a second, and receives.
        latency: float, the seconds until a small message is there.
        slowdown: float, how many times as long computing takes if several devices train
            together.
        overlap: float, the part of the computing meanwhile gradients are summed.
        is_tree: bool, whether small sums go along a tree, in log2(n) messages, instead
            of around the ring; all gradients are then one message.
        cores: int, how many devices compute at the same time, if they share a machine.
    """

    title: str
    computing: Callable[[Network, float], float]
    bandwidth: float
    latency: float
    slowdown: float = 1
    overlap: float = 0
    is_tree: bool = False
    cores: int | None = None


def computing_seconds(
    network: Network, machine: Machine, devices: int, rows: float
) -> float:
    """Returns how long the devices compute, of which several may share a core."""
    sharing = devices / min(devices, machine.cores or devices)
    return sharing * machine.computing(network, rows)


def message_count(network: Network, machine: Machine, devices: int) -> int:
    """Returns how many messages follow each other.

    Around a ring, each device sends 2 (n - 1) messages for each array.
    """
    if not machine.is_tree:
        return 2 * (devices - 1) * network.sums
    return 2 * math.ceil(math.log2(devices)) * (1 + network.waits)


def sent_bytes(network: Network, devices: int) -> float:
    """Returns what each device sends around a ring."""
    return 2 * (devices - 1) / devices * network.gradients


def step_seconds(
    network: Network, machine: Machine, devices: int, rows: float
) -> float:
    """Returns how long a step takes whose batch has so many rows for each device."""
    computing = computing_seconds(network, machine, devices, rows)
    if devices == 1:
        return computing
    messages = machine.latency * message_count(network, machine, devices)
    sending = sent_bytes(network, devices) / machine.bandwidth
    waiting = max(0.0, messages + sending - machine.overlap * computing)
    return machine.slowdown * computing + waiting


def speedup(network: Network, machine: Machine, devices: int) -> float:
    """Returns how many times as fast steps are if the batch stays the same."""
    one = step_seconds(network, machine, 1, network.batch)
    rows = math.ceil(network.batch / devices)
    return one / step_seconds(network, machine, devices, rows)


def efficiency(network: Network, machine: Machine, devices: int) -> float:
    """Returns the part of the time that is computing, if each device has as many rows
    as one had alone."""
    one = step_seconds(network, machine, 1, network.batch)
    return one / step_seconds(network, machine, devices, network.batch)


def memory(network: Network, rows: float, devices: int, is_split: bool) -> float:
    """Returns the bytes that a device needs for weights, their gradients, the slots of
    Adam and activations.

    # Arguments
        is_split: whether embeddings are split among the devices.
    """
    split = network.embedded if is_split else 0
    parameters = network.parameters - split + split / devices
    return BYTES * (2 + SLOTS) * parameters + network.activations * rows
