"""Records about plugins, and about the names that they provide."""

from dataclasses import dataclass, field
from typing import Any

from oneiros import settings
from oneiros.errors import PluginLoadError

API_LEVELS = range(1, 2)


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
    version: str
    api_level: int

    @property
    def module(self) -> str:
        """Module that holds the object."""
        return str(self.reference).partition(":")[0]


@dataclass
class PluginRecord:
    """The record of one plugin.

    # Properties
        state: `ok`; `failed`: something that the plugin offers doesn't work;
            `disabled`; `incompatible`: its API level isn't supported; `conflict`:
            another plugin provides one of its names, and no setting says which one to
            use.
        module: the manifest.
        kinds: the names it provides, by kind; those of kind `module` start with the
            module's path.
        problems: list of (phase, message, exception). Phases are `metadata`, `import`,
            `register`, `names`, `resolve` and the names of hooks.
    """

    distribution: str
    version: str = ""
    entry_point: str = ""
    module: str = ""
    api_level: int = API_LEVELS[-1]
    state: str = "ok"
    kinds: dict[str, list[str]] = field(default_factory=dict)
    hooks: list[str] = field(default_factory=list)
    import_ms: float = 0.0
    problems: list[tuple[str, str, BaseException | None]] = field(default_factory=list)

    @property
    def phase(self) -> str | None:
        """Phase of the first problem."""
        return self.problems[0][0] if self.problems else None

    @property
    def error(self) -> str | None:
        """Message of the first problem."""
        return self.problems[0][1] if self.problems else None

    def report(
        self, phase: str, fault: str | BaseException, state: str = "failed"
    ) -> None:
        """Records a problem; with `ONEIROS_STRICT=1`, raises a failure."""
        exception = fault if isinstance(fault, BaseException) else None
        message = f"{type(fault).__name__}: {fault}" if exception else str(fault)
        if (phase, message) not in [problem[:2] for problem in self.problems]:
            self.problems.append((phase, message, exception))
        if self.state == "ok":
            self.state = state
        if state == "failed" and self.state != "disabled" and settings.get("strict"):
            raise PluginLoadError(
                f"{self.distribution} {self.version}, {phase}: {message}"
            ) from exception
