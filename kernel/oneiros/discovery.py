"""Finds the installed plugins, loads their manifests, and records the state of each.

A plugin is a distribution with an entry point in the group `oneiros.v1`; the number is
the API level. The entry point names a manifest: a module that imports only
`oneiros.hookimpl` and implements hooks of `oneiros.hookspecs`.
"""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any
from warnings import catch_warnings

from oneiros import settings
from oneiros.errors import PluginLoadError

KERNEL = "oneiros-kernel"
GROUP = "oneiros.v1"


@dataclass(frozen=True)
class Entry:
    """A name that a distribution provides.

    # Properties
        reference: the location of the object, as `module:attribute`; a migration may
            be plain data instead.
    """

    kind: str
    name: str
    reference: Any = field(hash=False)
    distribution: str

    @property
    def module(self) -> str:
        """Module that holds the object."""
        return str(self.reference).partition(":")[0]


@dataclass
class PluginRecord:
    """The record of one plugin.

    # Properties
        state: `ok`; `failed`: something that the plugin offers doesn't work;
            `disabled`; `conflict`: another plugin provides one of its names, and no
            setting says which one to use.
        module: the manifest.
        import_ms: how long the processor was busy with importing the manifest.
        kinds: the names it provides, by kind; those of kind `module` start with the
            module's path.
        problems: list of (phase, message, exception). Phases are `import`, `register`,
            `names`, `resolve` and the names of hooks.
    """

    distribution: str
    version: str = ""
    entry_point: str = ""
    module: str = ""
    state: str = "ok"
    kinds: dict[str, list[str]] = field(default_factory=dict)
    hooks: list[str] = field(default_factory=list)
    import_ms: float = 0.0
    problems: list[tuple[str, str, BaseException | None]] = field(default_factory=list)

    @property
    def error(self) -> str | None:
        """Message of the first problem."""
        return self.problems[0][1] if self.problems else None

    def report(
        self, phase: str, fault: str | BaseException, state: str = "failed"
    ) -> str:
        """Records a problem and returns its message; with `ONEIROS_STRICT=1`, raises a
        failure. Ctrl-C is raised again, because it is no fault of the plugin."""
        exception = None
        if isinstance(fault, KeyboardInterrupt):
            raise fault
        if isinstance(fault, BaseException):
            exception = fault
            fault = type(exception).__name__
            with suppress(BaseException):  # its __str__ may fail, too
                fault = f"{fault}: {exception}"
        if (phase, fault) not in [problem[:2] for problem in self.problems]:
            self.problems.append((phase, fault, exception))
        if self.state == "ok":
            self.state = state
        if state == "failed" and self.state != "disabled" and settings.get("strict"):
            raise PluginLoadError(
                f"{self.distribution} {self.version}, {phase}: {fault}"
            ) from exception
        return fault


@lru_cache
def owners() -> dict[str, dict[str, str]]:
    """Returns kind → name → Oneiros' own distribution that provides the name, even if
    it isn't installed. The kind `package` has all packages of Oneiros.

    If it were read each time, `model_from_json` of 50 layers would take 1.2 times as
    long (`benchmarks/mechanisms.py owners`).
    """
    path = Path(__file__).with_name("owners.json")
    return dict(json.loads(path.read_bytes()))


def is_first_party(module: str) -> bool:
    """Returns whether a module is one of Oneiros; `oneiros_attention` may be another
    author's."""
    return module.partition(".")[0] in owners()["package"]


def installed(
    disabled: tuple[str, ...],
) -> Iterator[tuple[PluginRecord, metadata.EntryPoint]]:
    """Yields a record of each plugin and its entry point, importing nothing."""
    found = {}
    for entry_point in metadata.entry_points(group=GROUP):
        with suppress(Exception):  # metadata without a name, or that can't be read
            about = entry_point.dist.metadata  # type: ignore[union-attr]
            name = settings.distribution_name(about["Name"])
            found[name] = about["Version"], entry_point
    for name, (version, entry_point) in sorted(found.items()):
        # A star stands for all plugins but those of Oneiros.
        others = "*" in disabled and name not in owners()["package"].values()
        record = PluginRecord(
            name,
            version=version,
            entry_point=entry_point.name,
            module=entry_point.value,
            state="disabled" if others or name in disabled else "ok",
        )
        yield record, entry_point


def load_manifest(record: PluginRecord, entry_point: metadata.EntryPoint) -> Any:
    """Imports a manifest; if that fails, records the reason and returns None."""
    started = time.process_time()
    try:
        with catch_warnings():
            return entry_point.load()
    except BaseException as error:
        record.report("import", error)
    finally:
        record.import_ms = round((time.process_time() - started) * 1000, 2)
    return None
