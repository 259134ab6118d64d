"""When several devices pay: a model of a training step, beside measured ones.

    python3 run.py --group benchmark --extra pictures benchmarks/scale.py [--measure]

Prints for five networks, and for 1 to 1,024 devices, how many times as fast an epoch
is, and which part of a device's time is left for computing; the memory of a device; and
how far the model is from steps of 2 and 4 processes on this machine. Draws
docs/guides/scale.png.
`scaling/model.py` is the model, `scaling/machines.py` has the figures of the machines.
`--measure` measures this machine anew, in a quarter of an hour; nothing else should
run.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from scaling.drawing import draw
from scaling.machines import (
    H100,
    MEASURED,
    Figures,
    hosts,
    measured,
    measured_rows,
    this_machine,
)
from scaling.measuring import measure
from scaling.model import Machine, efficiency, memory, speedup, step_seconds
from scaling.networks import Network, networks

DEVICES = [2**power for power in range(11)]
PICTURE = Path(__file__).parent.parent / "docs" / "guides" / "scale.png"
ALLOWED = 0.15
MEGA = 1e6


def show(machine: Machine, listed: list[Network]) -> None:
    """Prints how fast epochs are."""
    print(f"\n{machine.title}: times as fast with the same batch; efficiency with the")
    print("same rows for each device")
    print(f"{'devices':>9}" + "".join(f"{each.name:>20}" for each in listed))
    for devices in DEVICES:
        line = f"{devices:9,}"
        for each in listed:
            fixed = speedup(each, machine, devices)
            line += f"{fixed:12.1f} {efficiency(each, machine, devices):6.0%} "
        print(line)


def check(figures: Figures, listed: list[Network]) -> list[str]:
    """Prints what the model says of this machine beside what was measured; returns what
    is too far from it."""
    machine = this_machine(figures, listed)
    print(
        f"\nthis machine: computing takes {machine.slowdown:.2f} times as long, a "
        f"message {1e3 * machine.latency:.2f} ms, {machine.bandwidth / 1e9:.2f} GB/s"
    )
    print("milliseconds of a step: model, measured")
    failures = []
    for each in listed:
        rows = measured_rows(each)
        for processes, seconds in figures["together"][each.name].items():
            count = int(processes)
            expected = step_seconds(each, machine, count, rows / count)
            difference = expected / seconds - 1
            line = (
                f"{each.name:10} {count} processes {1e3 * expected:9.1f} "
                f"{1e3 * seconds:9.1f} {difference:+5.0%}"
            )
            print(line)
            if abs(difference) > ALLOWED:
                failures.append(line)
    return failures


def show_memory(listed: list[Network]) -> None:
    """Prints what a device needs."""
    print("\nmegabytes of a device, with Adam: 1 device, 8, 8 and split embeddings")
    for each in listed:
        sizes = [
            memory(each, each.batch / devices, devices, is_split) / MEGA
            for devices, is_split in ((1, False), (8, False), (8, True))
        ]
        print(f"{each.name:10}" + "".join(f"{size:12,.1f}" for size in sizes))


def main() -> int:
    """Prints and draws; 1 if the model is too far from what was measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--measure", action="store_true")
    if parser.parse_args().measure:
        figures = measure(lambda line: print(line, file=sys.stderr, flush=True))
        MEASURED.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    figures = measured()
    listed = list(networks())
    for each in listed:
        print(
            f"{each.name:10} {each.title}: batch {each.batch}, "
            f"{each.flops / MEGA:,.1f} Mflop a row, "
            f"{each.gradients / MEGA:,.1f} MB of gradients, {each.sums} sums"
        )
    machines = [hosts(figures, listed), H100]
    for machine in machines:
        show(machine, listed)
    show_memory(listed)
    draw(PICTURE, machines, listed, DEVICES)
    failures = check(figures, listed)
    for line in failures:
        print(f"MISSED {line}")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
