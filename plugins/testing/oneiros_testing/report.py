"""What a run of checks found."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

PASSED = "passed"
FAILED = "failed"
EXPECTED = "expected failure"
UNEXPECTED = "passed unexpectedly"
NOT_RUN = "not run"
FAULTS = (FAILED, UNEXPECTED)


@dataclass(frozen=True)
class Outcome:
    """What one check found.

    # Properties
        check: str, the check's name, such as `"check_gradients"`.
        subject: str, such as `"layer:Shout"`.
        backend: str; None if the check runs once, whatever the backend.
        state: `passed`, `failed`, `expected failure`, `passed unexpectedly` or
            `not run`.
        message: str, what is wrong.
        sentence: str, what must hold.
    """

    check: str
    subject: str
    backend: str | None
    state: str
    message: str = ""
    sentence: str = ""

    @property
    def name(self) -> str:
        """The name that an expected failure gives, such as
        `"layer:Shout/check_gradients"`."""
        return f"{self.subject}/{self.check}"

    def __str__(self) -> str:
        place = f" on {self.backend}" if self.backend else ""
        lines = [f"{self.state}: {self.name}{place}"]
        if self.state != PASSED:
            lines += [f"  {self.sentence}", *_indented(self.message)]
        return "\n".join(lines)


@dataclass(frozen=True)
class Lacking:
    """A check that doesn't apply on a backend, because this lacks a capability; or the
    environment lacks a library, or the declaration inputs with steps."""

    check: str
    subject: str
    backend: str
    capability: str


@dataclass(frozen=True, repr=False)
class Report:
    """The outcomes of a plugin's checks.

    # Properties
        distribution, version: str, the plugin.
        outcomes: list of `Outcome`, in the order of the run.
        planned: int, how many checks the plugin's components and their tags give.
        switched_off: dict from tags to the number of checks that they switched off.
        unknown: names of expected failures that no check has.
        lacking: list of `Lacking`, the checks that can't be done here.
    """

    distribution: str
    version: str
    outcomes: list[Outcome]
    planned: int
    switched_off: dict[str, int]
    unknown: list[str]
    lacking: list[Lacking] = field(default_factory=list)

    @property
    def subjects(self) -> list[str]:
        """The components, in the order of the run."""
        return list(dict.fromkeys(outcome.subject for outcome in self.outcomes))

    @property
    def counts(self) -> dict[str, int]:
        """The number of checks in each state."""
        return dict(Counter(outcome.state for outcome in self.outcomes))

    @property
    def ran(self) -> int:
        """The number of checks that ran."""
        return len(self.outcomes) - self.counts.get(NOT_RUN, 0)

    @property
    def faults(self) -> list[Outcome]:
        """The checks that failed, or passed although a failure was expected."""
        return [outcome for outcome in self.outcomes if outcome.state in FAULTS]

    @property
    def ok(self) -> bool:
        """Whether all checks ran, and each one with the result that was expected."""
        return self.ran == self.planned and not self.faults and not self.unknown

    def summary(self) -> list[str]:
        """Returns the lines that sum up the run."""
        counted = [f"{count} {state}" for state, count in self.counts.items()]
        lines = [f"ran {self.ran} checks of {self.planned}: {', '.join(counted)}"]
        lines += [
            f"the tag {tag} switched off {count} check{'s' * (count > 1)}"
            for tag, count in self.switched_off.items()
        ]
        lines += [
            f"no check has the name {name!r}, whose failure was expected; "
            "`oneiros check --list` lists the names"
            for name in self.unknown
        ]
        counted_by = Counter((each.backend, each.capability) for each in self.lacking)
        lines += [
            f"{backend} lacks {capability}, which {count} "
            f"{'check needs' if count == 1 else 'checks need'}"
            for (backend, capability), count in counted_by.items()
        ]
        return lines

    def __repr__(self) -> str:
        quiet = (PASSED, NOT_RUN)
        told = [outcome for outcome in self.outcomes if outcome.state not in quiet]
        heading = f"{self.distribution} {self.version}"
        return "\n".join([heading, *map(str, told), *self._not_run(), *self.summary()])

    def _not_run(self) -> list[str]:
        """Returns a line for each reason why checks didn't run."""
        reasons = Counter(
            (outcome.subject, outcome.message)
            for outcome in self.outcomes
            if outcome.state == NOT_RUN
        )
        return [
            f"not run: {count} of {subject}: {message}"
            for (subject, message), count in reasons.items()
        ]

    def to_json(self) -> str:
        """Returns everything as JSON text."""
        contents = {**asdict(self), "ok": self.ok, "ran": self.ran}
        return json.dumps({**contents, "counts": self.counts}, indent=2)

    def badge(self) -> dict[str, Any]:
        """Returns a badge, as the endpoint of shields.io reads it."""
        message = f"{self.ran} checks"
        colour = "brightgreen"
        expected = self.counts.get(EXPECTED, 0)
        if expected:
            message = f"{message}, {expected} expected to fail"
            colour = "yellow"
        if not self.ok:
            passed = self.counts.get(PASSED, 0)
            message = f"{passed} of {self.planned} checks passed"
            colour = "red"
        return {
            "schemaVersion": 1,
            "label": "oneiros",
            "message": message,
            "color": colour,
        }


def _indented(text: str) -> list[str]:
    return [f"    {line}" for line in text.splitlines()]
