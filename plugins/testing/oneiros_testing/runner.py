"""The plan of a plugin's checks, and how they run."""

import random
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import registry
from oneiros.backend.contract import CAPABILITIES
from oneiros.discovery import PluginRecord
from oneiros.errors import ArgumentError
from oneiros.plugins import KINDS

from oneiros_testing.checks import THIS_PROCESS, Check, Subject, all_checks
from oneiros_testing.discovery import configurations, record_of, subjects_of
from oneiros_testing.expected import Expected, expected_failures
from oneiros_testing.layer_sample import may_have_steps
from oneiros_testing.probes import (
    ANOTHER_BACKEND,
    RANDOM_NUMBERS,
    draws,
    other_backends,
)
from oneiros_testing.report import (
    EXPECTED,
    FAILED,
    NOT_RUN,
    PASSED,
    UNEXPECTED,
    Lacking,
    Outcome,
    Report,
)

FIRST = "check_can_be_imported"
"""The check that comes first for each component."""
NEEDED = dict.fromkeys(("callback", "optimizer"), frozenset({"gradients"}))
"""The capabilities that all checks of a kind need."""
HERE = "this environment"
"""Who lacks a library, or another backend."""
SKIPS = ("Skipped", "SkipTest")
"""What a test raises that skips itself: such a check counts as one that didn't run."""


@dataclass(frozen=True)
class Planned:
    """A check of a subject, on a backend or whatever the backend."""

    check: Check
    subject: Subject

    @property
    def name(self) -> str:
        """Such as `"layer:Shout/check_gradients"`."""
        return f"{self.subject.key}/{self.check.name}"

    @property
    def identifier(self) -> str:
        """The name with the backend, such as `"…/check_gradients@jax"`."""
        backend = self.subject.backend
        return f"{self.name}@{backend}" if backend else self.name


class Plan:
    """All checks of some components, computed before anything runs.

    # Arguments
        record: PluginRecord, the plugin.
        subjects: list of `Subject`, its components.
        expected: dict from names of checks, such as `"layer:Shout/check_gradients"`, to
            the reason why they fail. `"…/check_gradients@jax"` means one backend only.
            Or the path of a file of such tables.
        backends: list of str; the current backend alone by default.
    """

    def __init__(
        self,
        record: PluginRecord,
        subjects: list[Subject],
        expected: Expected = None,
        backends: Sequence[str] | None = None,
    ):
        self.record = record
        self.expected = expected_failures(expected, record.distribution)
        for name, reason in self.expected.items():
            if not reason:
                raise ArgumentError(f"Say why {name} is expected to fail.")
        self.backends = list(backends or [K.current().name])
        self.switched_off: Counter[str] = Counter()
        self.planned: list[Planned] = []
        self.lacking: list[Lacking] = []
        self._states: dict[tuple[str, str | None, str], str] = {}
        for subject in subjects:
            self.planned += self._planned(subject)
        self.unknown = sorted(self._unknown())

    def _planned(self, subject: Subject) -> Iterator[Planned]:
        for check in all_checks():
            if subject.kind not in check.kinds:
                continue
            if not subject.error and not check.tags <= subject.tags:
                continue
            backends: list[Any] = [None]
            if not check.runs_once(subject.kind):
                backends = self.backends
                only = subject.declared.get("backends", backends)
                self.switched_off["backends"] += len(set(backends) - set(only))
                backends = [name for name in backends if name in only]
            off = sorted(check.unless & subject.tags)
            self.switched_off.update(dict.fromkeys(off, len(backends)))
            if off:
                continue
            for backend in backends:
                planned = Planned(check, replace(subject, backend=backend))
                lacking = _lacking(planned)
                self.lacking += lacking
                if not lacking:
                    yield planned

    def _unknown(self) -> Iterator[str]:
        """Yields the expected failures that name no check. Those of other backends, and
        of checks that can't be done here, aren't judged."""
        names = {name for each in self.planned for name in (each.name, each.identifier)}
        undone = {f"{each.subject}/{each.check}" for each in self.lacking}
        for name in self.expected.keys() - names:
            check, _, backend = name.partition("@")
            is_elsewhere = backend and backend not in self.backends
            if not is_elsewhere and check not in undone:
                yield name

    def run(self, planned: Planned) -> Outcome:
        """Runs one check."""
        subject = planned.subject
        state, message = NOT_RUN, ""
        if failed := self._failed_before(planned):
            message = f"{failed} failed, without which they say nothing."
        else:
            result = _result(planned, self._place(subject))
            state, message = self._judged(planned, *result)
        self._states[subject.key, subject.backend, planned.check.name] = state
        return Outcome(
            planned.check.name,
            subject.key,
            subject.backend,
            state,
            message,
            planned.check.sentence,
        )

    def _place(self, subject: Subject) -> str:
        """Returns the backend on which a check runs; of those that run once, one on
        which the component works."""
        only = subject.declared.get("backends", self.backends)
        fitting = [name for name in self.backends if name in only]
        return subject.backend or [*fitting, *only, *self.backends][0]

    def _judged(self, planned: Planned, state: str, message: str) -> tuple[str, str]:
        """Returns the state and the message in the light of what was expected."""
        reason = self.expected.get(planned.name)
        reason = self.expected.get(planned.identifier, reason)
        if reason is None or state == NOT_RUN:
            return state, message
        if state == FAILED:
            return EXPECTED, reason
        fault = f"It was expected to fail ({reason}). Expect it no longer."
        return UNEXPECTED, fault

    def report(self, outcomes: list[Outcome]) -> Report:
        """Returns the report of a run."""
        return Report(
            self.record.distribution,
            self.record.version,
            outcomes,
            len(self.planned),
            dict(+self.switched_off),
            self.unknown,
            self.lacking,
        )

    def _failed_before(self, planned: Planned) -> str | None:
        """Returns the check without which this one says nothing, if it failed."""
        key, backend = planned.subject.key, planned.subject.backend
        places = (backend, None) if backend else (None, *self.backends)
        for name in (FIRST, *planned.check.after):
            for place in places:
                if self._states.get((key, place, name)) in (FAILED, NOT_RUN):
                    return name
        return None


def _lacking(planned: Planned) -> list[Lacking]:
    """Returns what a check needs, and its backend, the environment or the component's
    declaration lacks."""
    subject = planned.subject
    if subject.error:
        return []
    needs = planned.check.needs | NEEDED.get(subject.kind, frozenset())
    place = planned.check.name, subject.key
    return [
        Lacking(*place, owner, need)
        for need in sorted(needs)
        if (owner := _without(subject, need))
    ]


def _without(subject: Subject, need: str) -> str | None:
    """Returns who lacks what a check needs; None if it is there."""
    if need == "steps":
        return None if may_have_steps(subject) else "the declared input_shape"
    if need == ANOTHER_BACKEND:
        owner = (
            "the declaration of backends" if "backends" in subject.declared else HERE
        )
        return None if any(other_backends(subject)) else owner
    if need == RANDOM_NUMBERS:
        backend = subject.backend or K.backend()
        return None if draws(backend) else backend
    if need not in CAPABILITIES:
        return None if find_spec(need) else HERE
    if not subject.backend or need in K.load(subject.backend).capabilities:
        return None
    return subject.backend


def plan_of(
    distribution: str, expected: Expected = None, backends: Sequence[str] | None = None
) -> Plan:
    """Returns the plan of an installed plugin's checks; the arguments are those of
    `check_plugin`."""
    record = record_of(distribution)
    return Plan(record, subjects_of(record), expected, backends)


def check_plugin(
    distribution: str, expected: Expected = None, backends: Sequence[str] | None = None
) -> Report:
    """Runs every check that applies to what an installed plugin registers.

    # Arguments
        distribution: str, the plugin's name, such as `"my-lab"`.
        expected: dict from names of checks that fail, such as
            `"layer:Shout/check_gradients"`, to the reason; or the path of a TOML file
            with a table of them for each plugin. If one of them passes, the run fails.
        backends: list of str, the backends to run on; the current one by default.

    # Returns
        A `Report`; its `ok` says whether the plugin passes.

    # Example
        ```python
        from oneiros.testing import check_plugin

        report = check_plugin("oneiros-constraints")
        assert report.ok, str(report)
        ```

    # Raises
        UnknownNameError: if the plugin isn't installed, or is disabled.
    """
    return _report(plan_of(distribution, expected, backends))


def check_component(
    kind: str,
    component: Any,
    expected: Expected = None,
    backends: Sequence[str] | None = None,
) -> Report:
    """Runs every check that applies to a class or function, which no plugin need
    provide: for notebooks, and for tests of single components.

    # Arguments
        kind: str, such as `"layer"` or `"metric"`.
        component: the class or function.
        expected, backends: as for `check_plugin`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.testing import check_component


        def worst(y_true, y_pred):
            return K.max(K.abs(y_true - y_pred))


        report = check_component("metric", worst)
        assert report.ok, str(report)
        ```
    """
    record = PluginRecord(THIS_PROCESS)
    name = component.__name__
    subjects = configurations(kind, name, record.distribution, component)
    plan = Plan(record, list(subjects), expected, backends)
    registered = registry.register(kind, name, component) if kind in KINDS else ()
    with registered or nullcontext():
        return _report(plan)


def _report(plan: Plan) -> Report:
    return plan.report([plan.run(planned) for planned in plan.planned])


def _result(planned: Planned, backend: str) -> tuple[str, str]:
    """Runs a check on a backend; returns its state, and what it raised."""
    try:
        with _alone(backend):
            if planned.subject.error:
                raise planned.subject.error
            planned.check.function(planned.subject)
    except KeyboardInterrupt:
        raise
    except AssertionError as error:
        return FAILED, str(error) or "It raised AssertionError."
    except BaseException as error:
        state = NOT_RUN if type(error).__name__ in SKIPS else FAILED
        told = [f"{type(error).__name__}: {error}", *_lines_of(planned.subject, error)]
        return state, "\n".join([*told, *getattr(error, "__notes__", [])])
    return PASSED, ""


def _lines_of(subject: Subject, error: BaseException) -> list[str]:
    """Returns the line of the component's package at which an error was raised, if
    there is one."""
    package = str(getattr(subject.component, "__module__", "")).partition(".")[0]
    lines = [
        f"{frame.filename}:{frame.lineno}: {frame.line}"
        for frame in traceback.extract_tb(error.__traceback__)
        if package in Path(frame.filename).parts
    ]
    return lines[-1:]


@contextmanager
def _alone(backend: str) -> Iterator[None]:
    """Context manager under which a check neither depends on what ran before nor
    changes what runs after."""
    state = np.random.get_state(), random.getstate()
    settings = K.floatx(), K.epsilon(), K.image_dim_ordering()
    np.random.seed(0)
    try:
        with K.use(backend), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        np.random.set_state(state[0])
        random.setstate(state[1])
        K.set_floatx(settings[0])
        K.set_epsilon(settings[1])
        K.set_image_dim_ordering(settings[2])
