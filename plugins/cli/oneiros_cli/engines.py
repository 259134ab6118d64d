"""The engines of backends: their versions against the tested ranges, and what they say
when a child process asks them, because an engine may hang or end its process."""

import json
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import metadata

from oneiros import backend as K
from oneiros import registry
from oneiros.plugins import manager
from packaging.specifiers import SpecifierSet

from oneiros_cli import processes
from oneiros_cli.distributions import pythons_of, requirements, version_of
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
        pythons: the Pythons for which each installed one is made.
        devices: names of devices, if the engine was asked and answered.
        seconds: how long importing it and computing a sum took.
    """

    backend: str
    distribution: str
    versions: dict[str, str | None] = field(default_factory=dict)
    tested: dict[str, str] = field(default_factory=dict)
    pythons: dict[str, str] = field(default_factory=dict)
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
                name = requirement.name
                if not name.startswith(OWN):
                    engine.versions[name] = version_of(name)
                    engine.tested[name] = str(requirement.specifier)
                    if engine.versions[name]:
                        engine.pythons[name] = pythons_of(metadata.distribution(name))
            found.append(engine)
    return found


def ask(found: list[Engine], patience: float) -> None:
    """Asks all engines at once for their devices, each in a process of its own.

    # Arguments
        found: the engines, which get the answers.
        patience: float, seconds that each may compute, or do nothing.
    """
    children = [processes.start(CHILD, engine.backend) for engine in found]
    deadline = time.monotonic() + patience
    for engine, child in zip(found, children, strict=True):
        said, told = _heard(child, patience, deadline)
        if child.returncode is None:
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


def _heard(
    child: subprocess.Popen[str], patience: float, deadline: float
) -> tuple[str, str]:
    """Returns what a child has printed; it still runs if its time is over."""
    limit = processes.Patience(child.pid, patience)
    while True:
        try:
            return child.communicate(timeout=max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            if limit.is_over():
                return "", ""
            deadline = time.monotonic() + patience


def faults(found: list[Engine]) -> Iterator[Fault]:
    """Yields what is wrong with engines that were asked; versions are among the faults
    of requirements."""
    version = platform.python_version()
    for engine in found:
        for name, pythons in engine.pythons.items():
            if not SpecifierSet(pythons).contains(version, prereleases=True):
                yield Fault(
                    f"backend {engine.backend}",
                    f"{name} is made for Python {pythons}; this is {version}.",
                    f"Use a Python {pythons}",
                )
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
