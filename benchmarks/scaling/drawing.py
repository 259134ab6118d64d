"""The picture of docs/guides/scale.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scaling.model import Machine, efficiency, speedup
from scaling.networks import Network

LABELS = {
    "mlp": "MLP",
    "cnn": "CNN",
    "lstm": "LSTM",
    "embedding": "embedding",
    "resnet50": "ResNet50",
}


def draw(
    path: Path, machines: list[Machine], listed: list[Network], devices: list[int]
) -> None:
    """Draws throughput by devices: with the same batch, and with one that grows."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 2, figsize=(9, 7), sharex=True, sharey="row")
    for column, machine in zip(axes.T, machines, strict=True):
        fixed, growing = column
        fixed.set_title(machine.title, fontsize=10)
        for network in listed:
            label = LABELS[network.name]
            same = [speedup(network, machine, n) for n in devices]
            grown = [n * efficiency(network, machine, n) for n in devices]
            fixed.plot(devices, same, marker=".", label=label)
            growing.plot(devices, grown, marker=".", label=label)
        growing.set_xlabel("devices")
        for axis in column:
            _scale(axis, devices)
    axes[0, 0].set_ylabel("times as fast, the same batch")
    axes[1, 0].set_ylabel("times as fast, the same rows a device")
    axes[0, 0].legend(fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    pyplot.close(figure)


def _scale(axis: Any, devices: list[int]) -> None:
    axis.plot(devices, devices, color="grey", linewidth=0.8, linestyle="--")
    axis.set_xscale("log", base=2)
    axis.set_yscale("log", base=2)
    axis.set_xticks(devices[::2], [f"{n:,}" for n in devices[::2]])
    axis.set_ylim(0.05, devices[-1] * 1.3)
    ticks = [1, 4, 16, 64, 256, 1024]
    axis.set_yticks(ticks, [f"{n:,}" for n in ticks])
    axis.grid(alpha=0.3)
