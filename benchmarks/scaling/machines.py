"""Figures of machines: measured ones, and ones of data sheets."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from scaling.model import Machine, computing_seconds, message_count, sent_bytes
from scaling.networks import Network

MEASURED = Path(__file__).with_name("measured.json")
"""What `benchmarks/scale.py --measure` wrote."""
ETHERNET = 1.25e9
"""Bytes that 10 Gbit/s Ethernet carries in a second."""
GLOO_LATENCY = 0.3e-3
"""Seconds of a message of gloo, whose threads wake up for it, as an assumption: less
than where a training step keeps each core busy."""
H100_FLOPS = 494e12
"""TensorFloat-32 without sparsity, NVIDIA's data sheet of the H100 SXM."""
UTILISATION = 0.3
"""The part of that which networks reach, as an assumption."""
KERNEL_SECONDS = 5e-6
"""To start a kernel on a GPU, as an assumption."""
KERNELS = {"mlp": 60, "cnn": 80, "lstm": 800, "embedding": 60, "resnet50": 1000}
"""How many a step starts one after the other, estimated from its operations."""
INFINIBAND = 50e9
"""Bytes that 400 Gbit/s InfiniBand carries in a second: one adapter for each GPU of an
NVIDIA DGX H100, by its data sheet. Within such a host, NVLink is nine times as
fast; the ring is as fast as its slowest link."""
INFINIBAND_LATENCY = 5e-6
"""Seconds, as an assumption."""
OVERLAP_ON_GPU = 0.5
"""The gradients of the last layers are known first; XLA sums them while it computes the
others. As an assumption."""

Figures = dict[str, Any]


ROWS = {"resnet50": 8}
"""The batch that is measured, if not the network's."""


def measured_rows(network: Network) -> int:
    """Returns the rows of the batch that is measured."""
    return ROWS.get(network.name, network.batch)


def measured() -> Figures:
    """Returns the figures of the machine that was measured."""
    figures: Figures = json.loads(MEASURED.read_text(encoding="utf-8"))
    return figures


def from_steps(steps: dict[str, dict[str, float]]) -> Callable[[Network, float], float]:
    """Returns the seconds of a step by rows: a line through what was measured."""
    lines = {}
    for name, seconds in steps.items():
        rows = np.array(list(map(float, seconds)))
        times = np.array(list(seconds.values()))
        lines[name] = np.polyfit(rows, times, 1, w=1 / times)

    def computing(network: Network, rows: float) -> float:
        per_row, fixed = lines[network.name]
        return float(per_row * rows + fixed)

    return computing


def this_machine(figures: Figures, listed: list[Network]) -> Machine:
    """Returns processes of one host, each on one core, over loopback.

    The slowdown, the latency and the bandwidth are those for which the steps of two
    processes differ least from the measured ones, by least squares.
    """
    machine = Machine(
        "this machine",
        from_steps(figures["one core"]),
        bandwidth=1,
        latency=1,
        cores=figures["cores"],
    )
    parts = []
    for network in listed:
        seconds = figures["together"][network.name]["2"]
        rows = measured_rows(network) / 2
        of_network = (
            computing_seconds(network, machine, 2, rows),
            message_count(network, machine, 2),
            sent_bytes(network, 2),
        )
        parts.append(np.array(of_network) / seconds)
    solution, *_ = np.linalg.lstsq(np.array(parts), np.ones(len(parts)), rcond=None)
    slowdown, latency, seconds_per_byte = map(float, solution)
    return replace(
        machine, slowdown=slowdown, latency=latency, bandwidth=1 / seconds_per_byte
    )


def hosts(figures: Figures, listed: list[Network]) -> Machine:
    """Returns hosts like the one that was measured, a process each."""
    here = this_machine(figures, listed)
    return Machine(
        f"hosts of {figures['cores']} cores, 10 Gbit/s Ethernet",
        from_steps(figures["all cores"]),
        ETHERNET,
        GLOO_LATENCY,
        here.slowdown,
    )


def _on_h100(network: Network, rows: float) -> float:
    starting = KERNELS[network.name] * KERNEL_SECONDS
    computing = rows * network.flops / (H100_FLOPS * UTILISATION)
    return max(starting, computing)


H100 = Machine(
    "H100 GPUs, 400 Gbit/s InfiniBand",
    _on_h100,
    INFINIBAND,
    INFINIBAND_LATENCY,
    overlap=OVERLAP_ON_GPU,
    is_tree=True,
)
