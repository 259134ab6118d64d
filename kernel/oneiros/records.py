"""What is known of a plugin, and of a name that it provides."""

from dataclasses import dataclass, field

from oneiros import settings
from oneiros.errors import PluginLoadError

API_LEVELS = range(1, 2)


@dataclass(frozen=True)
class Entry:
    """A name that a distribution provides.

    # Properties
        reference: where the object is, as `module:attribute`.
    """

    kind: str
    name: str
    reference: str
    distribution: str
    version: str
    api_level: int

    @property
    def module(self) -> str:
        """Module that holds the object."""
        return self.reference.partition(":")[0]


@dataclass
class PluginRecord:
    """What is known of one plugin.

    # Properties
        state: `ok`; `failed`: something that the plugin offers does not work;
            `disabled`; `incompatible`: its API level is not supported; `conflict`:
            another one provides one of its names, and nothing settles which is meant. A
            plugin can be `ok` and have a problem, such as a circle in its order.
        module: the manifest.
        kinds: the names it provides, by kind; those of kind `module` start with the
            module's path.
        problems: what went wrong, as (phase, message, exception). Phases are
            `metadata`, `import`, `order`, `register`, `names`, `resolve` and the names
            of hooks.
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
        """Records a problem; under `ONEIROS_STRICT=1`, a failure is raised."""
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
