"""Plugins that no `except` holds: a manifest that ends the process, hangs, or closes
the standard output. A child process imports all of them first."""

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from oneiros import settings
from oneiros.discovery import installed, load_manifest
from oneiros.hookspecs import REGISTRATION
from oneiros.plugins import manager

from oneiros_cli import processes

PATIENCE = 20.0
"""Seconds that a manifest may compute, or do nothing."""
CHILD = "from oneiros_cli.isolation import import_all; import_all()"
CLOSED = 77
"""The child's status if a plugin closed its standard output."""
END = "."
"""What the child says in the place of a distribution when all are imported."""


@contextmanager
def isolated() -> Iterator[None]:
    """Context manager under which plugins that would harm this process count as
    failed."""
    harmful: dict[str, str] = {}
    disabled = settings.get("disable")
    while fault := _fault([*disabled, *harmful]):
        harmful.update(fault)
    with settings.override(disable=[*disabled, *harmful]):
        for name, text in harmful.items():
            record = manager().records[name]
            record.state = "ok"
            record.report("import", text)
        yield


def import_all() -> None:
    """Imports the manifests and asks what they provide; says before each one whose it
    is.

    The program's arguments are the descriptor to write to, and the plugins to omit.
    """
    progress = int(sys.argv[1])
    with settings.override(strict=False):
        for record, entry_point in installed(tuple(sys.argv[2:])):
            if record.state == "disabled":
                continue
            os.write(progress, f"{record.distribution}\n".encode())
            manifest = load_manifest(record, entry_point)
            for hook in REGISTRATION:
                with suppress(BaseException):
                    getattr(manifest, hook)()
            try:
                os.fstat(sys.stdout.fileno())
            except (OSError, ValueError, AttributeError):
                os._exit(CLOSED)
    os.write(progress, END.encode())
    os._exit(0)  # whatever threads a plugin has started


def _fault(omitted: list[str]) -> dict[str, str] | None:
    """Returns the first plugin that harms the child process, with what it does."""
    reading, writing = os.pipe()
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(writing), *omitted],
        env=processes.environment(),
        pass_fds=[writing],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    name = END
    fault = f"its import takes longer than {PATIENCE:g} seconds"
    with child, open(reading, "rb", buffering=0) as progress:
        limit = processes.Patience(child.pid, PATIENCE)
        while True:
            if not select.select([progress], [], [], PATIENCE)[0]:
                if limit.is_over():
                    break
                continue
            told = progress.read(select.PIPE_BUF).decode()
            if not told:
                status = child.wait()
                fault = f"its import ends the process, with the status {status}"
                break
            name = told.split()[-1]
            limit = processes.Patience(child.pid, PATIENCE)
        child.kill()
    if child.returncode == CLOSED:
        fault = "its import closes the standard output"
    return None if name == END else {name: fault}
