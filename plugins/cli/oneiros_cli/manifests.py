"""What importing a manifest changes besides the filters of warnings, which the kernel
restores: a child process tells."""

import json
import sys
from collections.abc import Iterator

from oneiros import settings
from oneiros.discovery import installed, load_manifest

from oneiros_cli import processes
from oneiros_cli.faults import Fault

CHILD = "from oneiros_cli.manifests import answer; answer()"
CHANGES = {
    "os.chdir": "the working directory",
    "os.putenv": "the environment",
    "os.unsetenv": "the environment",
}
"""What audited events change."""


def faults() -> Iterator[Fault]:
    """Yields the manifests that change the working directory or the environment."""
    child = processes.start(CHILD, *settings.get("disable"))
    said, told = child.communicate()
    if child.returncode:
        raise RuntimeError(f"The manifests can't be imported: {told}")
    for name, changed in json.loads(said.splitlines()[-1]).items():
        yield Fault(
            name,
            f"Importing its manifest changes {' and '.join(changed)} of every program.",
            "Its author lets the manifest import nothing but oneiros.hookimpl. Without "
            f"it: ONEIROS_DISABLE={name}",
        )


def answer() -> None:
    """Imports the manifests, and prints what each changes; runs in the child. Its
    arguments are the plugins to omit."""
    changed: set[str] = set()

    def watch(event: str, _: object) -> None:
        if event in CHANGES:
            changed.add(CHANGES[event])

    # Not by comparing: the parent may have passed on what a manifest has changed.
    sys.addaudithook(watch)
    changes = {}
    with settings.override(strict=False):
        for record, entry_point in installed(tuple(sys.argv[1:])):
            changed.clear()
            if record.state == "ok":
                load_manifest(record, entry_point)
            if changed:
                changes[record.distribution] = sorted(changed)
    print()
    print(json.dumps(changes))
