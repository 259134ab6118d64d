"""The checks, a file for each kind of component, and what they have in common.

A check is a small named function of a `Subject`, which raises an error if the component
is at fault. Its docstring says in one sentence what must hold.
"""

import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any

COMPUTING = (
    "activation",
    "callback",
    "constraint",
    "initialization",
    "layer",
    "metric",
    "objective",
    "optimizer",
    "regularizer",
)
"""Kinds whose checks run on each backend that is asked for."""


THIS_PROCESS = "(this process)"
"""The distribution of a component that no plugin provides."""


@dataclass(frozen=True)
class Subject:
    """A component to check, in one configuration.

    # Properties
        kind: str, such as `"layer"`.
        name: str, such as `"Shout"`; `"Shout[2]"` for its second configuration.
        distribution: str, who provides it.
        component: the class or function; for a distribution, its `PluginRecord`.
        tags: the tags that the component declares, and those found out.
        declared: dict, what the component declares as its `conformance`.
        backend: str, the backend on which the check runs; None for a check that runs
            once, whatever the backend.
        error: the error that importing the component raised, or None.
    """

    kind: str
    name: str
    distribution: str
    component: Any = field(default=None, compare=False)
    tags: frozenset[str] = frozenset()
    declared: dict[str, Any] = field(default_factory=dict, compare=False)
    backend: str | None = None
    error: BaseException | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        """The kind and the name, such as `"layer:Shout"`."""
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True)
class Check:
    """A check and when it applies.

    # Properties
        function: function of a subject.
        kinds: the kinds of components that it is for.
        tags: the tags that a component must have.
        unless: the tags that switch the check off.
        after: names of checks that must have passed. If one of them fails, this one
            can't say anything of its own, and doesn't run.
        needs: what must be there: capabilities of the backend, such as `"gradients"`;
            modules, such as `"onnx"`; `"another backend"`; `"random numbers"`; or
            `"steps"`, inputs that are sequences.
        once: whether it runs once, whatever the backend.
    """

    function: Callable[[Subject], None]
    kinds: tuple[str, ...]
    tags: frozenset[str]
    unless: frozenset[str]
    after: tuple[str, ...]
    needs: frozenset[str]
    once: bool

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.__name__

    @property
    def sentence(self) -> str:
        """What must hold."""
        return " ".join((self.function.__doc__ or "").split())

    def runs_once(self, kind: str) -> bool:
        """Returns whether it runs once for a component of a kind."""
        return self.once or kind not in COMPUTING


Function = Callable[[Subject], None]
_checks: list[Check] = []
_finders: dict[str, Callable[[Any], Iterable[str]]] = {}


def check(
    *kinds: str,
    tags: Iterable[str] | str = (),
    unless: Iterable[str] | str = (),
    after: Iterable[str] | str = (),
    needs: Iterable[str] | str = (),
    once: bool = False,
) -> Callable[[Function], Function]:
    """Decorator: registers a function as a check. The arguments are those of `Check`.

    # Example
        ```python
        from oneiros_testing.checks import check


        @check("metric", once=True)
        def check_has_a_docstring(subject):
            '''It has a docstring.'''
            assert subject.component.__doc__, "Say in a docstring what it measures."
        ```
    """

    def register(function: Function) -> Function:
        new = Check(
            function,
            kinds,
            frozenset(_names(tags)),
            frozenset(_names(unless)),
            _names(after),
            frozenset(_names(needs)),
            once,
        )
        _checks.append(new)
        return function

    return register


def _names(given: Iterable[str] | str) -> tuple[str, ...]:
    """Returns one name or several as a tuple."""
    return (given,) if isinstance(given, str) else tuple(given)


def tags_of(kind: str) -> Callable[[Callable[[Any], Iterable[str]]], Any]:
    """Decorator: registers the function that finds out the tags of a kind's
    components."""

    def register(finder: Callable[[Any], Iterable[str]]) -> Any:
        _finders[kind] = finder
        return finder

    return register


@cache
def all_checks() -> tuple[Check, ...]:
    """Returns every check, in the order in which they run."""
    names = ["component", *(module.name for module in pkgutil.iter_modules(__path__))]
    for name in names:
        import_module(f"{__name__}.{name}")
    return tuple(_in_order(_checks))


def found_tags(kind: str, component: Any) -> frozenset[str]:
    """Returns the tags that a component has by its attributes and signature."""
    all_checks()
    finder = _finders.get(kind)
    return frozenset(finder(component)) if finder else frozenset()


def known_tags(kind: str) -> frozenset[str]:
    """Returns the tags that mean something for a kind."""
    known: set[str] = set()
    for each in all_checks():
        if kind in each.kinds:
            known |= each.tags | each.unless
    return frozenset(known)


def _in_order(checks: Iterable[Check]) -> list[Check]:
    """Returns the checks, each behind those that it runs after."""
    ordered: dict[Check, None] = {}
    by_name = {each.name: each for each in checks}

    def add(each: Check) -> None:
        for name in each.after:
            add(by_name[name])
        ordered.setdefault(each)

    for each in checks:
        add(each)
    return list(ordered)
