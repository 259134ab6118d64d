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
        overlap: float, the part of the computing meanwhile gradients are summed.
        is_tree: bool, whether small sums go along a tree, in log2(n) messages, instead
            of around the ring; all gradients are then one message.
        cores: int, how many devices compute at the same time, if they share a machine.
    """

    title: str
    computing: Callable[[Network, float], float]
    bandwidth: float
    latency: float
    overlap: float = 0
    is_tree: bool = False
    cores: int | None = None

    def sharing(self, devices: int) -> float:
        """Returns how many devices share a core."""
        return devices / min(devices, self.cores or devices)


def sum_seconds(machine: Machine, devices: int, size: float, arrays: int) -> float:
    """Returns how long it takes to sum arrays of so many bytes over all devices.

    Around a ring, each device sends 2 (n - 1) messages of an n-th of the bytes.
    """
    if devices == 1:
        return 0
    messages = 2 * (devices - 1) * arrays
    if machine.is_tree:
        messages = 2 * math.ceil(math.log2(devices))
    sent = 2 * (devices - 1) / devices * size
    return messages * machine.latency + sent / machine.bandwidth


def step_seconds(
    network: Network, machine: Machine, devices: int, rows: float
) -> float:
    """Returns how long a step takes whose batch has so many rows for each device."""
    computing = machine.computing(network, rows)
    gradients = sum_seconds(machine, devices, network.gradients, network.arrays + 1)
    waiting = max(0.0, gradients - machine.overlap * computing)
    statistics = network.sums * sum_seconds(machine, devices, 0, 1)
    return machine.sharing(devices) * (computing + waiting + statistics)


def memory(network: Network, rows: float, devices: int, is_split: bool) -> float:
    """Returns the bytes that a device needs for weights, their gradients, the slots of
    Adam and activations.

    # Arguments
        is_split: whether embeddings are split among the devices.
    """
    split = network.embedded if is_split else 0
    parameters = network.parameters - split + split / devices
    return BYTES * (2 + SLOTS) * parameters + network.activations * rows
