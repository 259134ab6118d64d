"""Arguments of `K.function`, and so of `compile`, that belong to another engine."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from oneiros.errors import ArgumentError

OF_THEANO = {
    "accept_inplace",
    "allow_input_downcast",
    "givens",
    "mode",
    "name",
    "no_default_updates",
    "on_unused_input",
    "output_keys",
    "profile",
    "rebuild_strict",
    "trust_input",
}
OF_TENSORFLOW = {"feed_dict", "fetches", "jit_compile", "options", "run_metadata"}


def pass_over(engine: str, names: Iterable[str], own: Iterable[str] = ()) -> None:
    """Warns of arguments that mean something to another engine alone.

    # Arguments
        engine: str, how messages call this one.
        names: the arguments that this engine does nothing with.
        own: the arguments that it takes, for messages.

    # Raises
        ArgumentError: for an argument that no engine has.
    """
    names = sorted(names)
    for name in names:
        if name not in OF_THEANO | OF_TENSORFLOW:
            taken = ", ".join(own) or "none"
            raise ArgumentError(
                f"K.function received the unknown argument {name!r}. Arguments that "
                f"{engine} takes besides inputs, outputs and updates: {taken}."
            )
    if names:
        warnings.warn(
            f"{', '.join(names)}: {engine} doesn't have this argument of another "
            "engine; it is passed over.",
            stacklevel=4,
        )
