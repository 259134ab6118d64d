"""Checks of arguments of `K`'s functions, where engines differ in the values that they
accept, silently truncate them, or fail only when they compute."""

# mypy: allow-untyped-defs, allow-incomplete-defs
import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from oneiros.backend.contract import Backend, functions
from oneiros.errors import ArgumentError

from oneiros_backend_toolkit.operands import UnsuitedError, axes_of
from oneiros_backend_toolkit.user_warnings import warn

EXTREMES = ("argmax", "argmin", "max", "min")
"""Functions that choose among elements, of which there must be one."""
OF_OTHER_ENGINES = {
    *("accept_inplace", "allow_input_downcast", "givens", "mode", "name"),
    *("no_default_updates", "on_unused_input", "output_keys", "profile"),
    *("rebuild_strict", "trust_input"),
    *("feed_dict", "fetches", "jit_compile", "options", "run_metadata"),
}
"""The arguments of `K.function` on Theano, then on TensorFlow."""


def check_has_elements(name: str, backend: Backend, *args, **kwargs) -> None:
    """Checks that one of the functions `EXTREMES` has an element to choose, as far as
    sizes are known.

    # Raises
        UnsuitedError: if there is none.
    """
    call = inspect.signature(functions()[name]).bind(backend, *args, **kwargs)
    call.apply_defaults()
    x = call.arguments["x"]
    axis = call.arguments["axis"]
    try:
        shape = backend.int_shape(x) if backend.owns(x) else np.shape(x)
    except (ArgumentError, ValueError):  # not even the rank is known
        return
    searched = shape
    if axis is not None:
        axes = axes_of(axis, len(shape))
        searched = [shape[i] for i in axes]
    if 0 in searched:
        raise UnsuitedError("x", reason="there is no element to choose from")


class ForeignArguments(Backend):
    """Separates the arguments of `K.function` that an engine accepts from others.

    # Properties
        function_arguments: names of the accepted arguments.
    """

    function_arguments: ClassVar[frozenset[str]] = frozenset()

    def own_arguments(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the arguments that this engine accepts, and warns about those of
        other engines.

        # Raises
            ArgumentError: if no engine has an argument.
        """
        accepted = self.function_arguments
        others = sorted(arguments.keys() - accepted)
        for name in others:
            if name not in OF_OTHER_ENGINES:
                raise ArgumentError(
                    f"K.function received the unknown argument {name!r}. Arguments "
                    f"that {self.name} accepts besides inputs, outputs and updates: "
                    f"{', '.join(sorted(accepted)) or 'none'}."
                )
        if others:
            listed = ", ".join(others)
            warn(f"{self.name} ignores what belongs to other engines: {listed}.")
        return {name: arguments[name] for name in arguments if name in accepted}
