"""The engines of backends: their versions against the tested ranges, and what they say
when a child process asks them, because an engine may hang or end its process."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import metadata

from oneiros import backend as K
from oneiros import registry
from oneiros.plugins import manager

from oneiros_cli.distributions import requirements, version_of
from oneiros_cli.faults import Fault

CHILD = "from oneiros_cli.engines import answer; answer()"
OWN = ("oneiros", "numpy", "scipy")
"""How the names of requirements begin that are no engine."""


@dataclass
class Engine:
    """A backend, with the engine that it requires.

    # Properties
        versions: the installed version of each distribution that it requires, None if
            there is none.
        tested: the tested range of each.
        devices: names of devices, if the engine was asked and answered.
        seconds: how long importing it and computing a sum took.
    """

    backend: str
    distribution: str
    versions: dict[str, str | None] = field(default_factory=dict)
    tested: dict[str, str] = field(default_factory=dict)
    devices: list[str] = field(default_factory=list)
    seconds: float | None = None
    fault: str | None = None


def engines() -> list[Engine]:
    """Returns the engine of each installed backend, without importing any."""
    found = []
    for name, providers in sorted(manager().entries["backend"].items()):
        for entry in providers:
            engine = Engine(name, entry.distribution)
            required = requirements(metadata.distribution(entry.distribution))
            for requirement in required:
                if not requirement.name.startswith(OWN):
                    engine.versions[requirement.name] = version_of(requirement.name)
                    engine.tested[requirement.name] = str(requirement.specifier)
            found.append(engine)
    return found


def ask(found: list[Engine], patience: float) -> None:
    """Asks all engines at once for their devices, each in a process of its own.

    # Arguments
        found: the engines, which get the answers.
        patience: float, seconds that each has.
    """
    children = [_child(engine.backend) for engine in found]
    deadline = time.monotonic() + patience
    for engine, child in zip(found, children, strict=True):
        try:
            said, told = child.communicate(timeout=max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            engine.fault = f"it doesn't answer within {patience:g} seconds"
            continue
        if child.returncode:
            lines = told.strip().splitlines() or ["no message"]
            engine.fault = f"its process ended with {child.returncode}: {lines[-1]}"
            continue
        answer = json.loads(said.splitlines()[-1])
        engine.devices = answer["devices"]
        engine.seconds = answer["seconds"]


def faults(found: list[Engine]) -> Iterator[Fault]:
    """Yields what is wrong with engines that were asked; versions are among the faults
    of requirements."""
    for engine in found:
        if engine.fault:
            yield Fault(
                f"backend {engine.backend}",
                f"Its engine doesn't work: {engine.fault}.",
                f'ONEIROS_BACKEND={engine.backend} python -c "from oneiros import '
                'backend as K; K.eval(K.ones((2,)))" shows more',
            )


def answer() -> None:
    """Loads a backend, computes with it, and prints its devices: what runs in the child
    process. Its name is the program's argument."""
    started = time.perf_counter()
    backend = K.load(sys.argv[1])
    with K.use(backend):
        devices = getattr(backend, "devices", lambda: ["cpu"])()
        K.eval(K.sum(K.ones((2, 2))))
    seconds = round(time.perf_counter() - started, 1)
    print()
    print(json.dumps({"devices": devices, "seconds": seconds}))


def absent() -> Iterator[str]:
    """Yields the distributions of Oneiros' backends that aren't installed."""
    for name, owner in registry.owners()["backend"].items():
        if name not in manager().entries["backend"]:
            yield owner


def _child(backend: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, backend],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
