"""What must hold for components of every kind."""

import inspect

from oneiros_testing.checks import Subject, check, known_tags
from oneiros_testing.discovery import of_functions

KINDS = (
    "activation",
    "backend",
    "callback",
    "command",
    "constraint",
    "dataset",
    "export",
    "format",
    "initialization",
    "layer",
    "metric",
    "objective",
    "optimizer",
    "regularizer",
    "table",
)
KEYS = (
    "arguments",
    "backends",
    "bad",
    "changes",
    "earlier",
    "example",
    "input_dtype",
    "input_shape",
    "ranks",
    "recognises",
    "shapes",
    "tags",
    "unused",
)
"""What a component may declare as its `conformance`."""


@check(*KINDS, once=True)
def check_can_be_imported(subject: Subject) -> None:
    """What the manifest refers to can be imported."""
    assert subject.component is not None, "The reference leads to None."


@check(*KINDS, once=True)
def check_declaration(subject: Subject) -> None:
    """What is declared as `conformance` has keys and tags that mean something."""
    if inspect.isfunction(subject.component):
        flat = sorted(of_functions(subject.component).keys() & set(KEYS))
        assert not flat, (
            f"conformance of a module has {flat}. It has a dict for each function: "
            f'conformance = {{"{subject.component.__name__}": {{"{flat[0]}": …}}}}.'
        )
    unknown = sorted(subject.declared.keys() - set(KEYS))
    assert not unknown, f"It has {unknown}. It may have {', '.join(KEYS)}."
    for key in ("backends", "ranks", "shapes"):
        assert subject.declared.get(key, ["any"]), (
            f"It declares no {key}, so that its checks would check nothing."
        )
    known = known_tags(subject.kind)
    tags = sorted(set(subject.declared.get("tags", ())) - known)
    choice = ", ".join(sorted(known)) or "none"
    assert not tags, (
        f"No check of the kind {subject.kind} knows the tags {tags}. "
        f"The tags are: {choice}."
    )
