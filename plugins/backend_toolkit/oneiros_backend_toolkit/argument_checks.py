"""Checks of arguments of `K`'s functions, where engines differ in the values that they
accept, silently truncate them, or fail only when they compute."""

# mypy: allow-untyped-defs, allow-incomplete-defs
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
from oneiros.backend.contract import Backend, functions
from oneiros.errors import ArgumentError, OneirosError

from oneiros_backend_toolkit.operands import axes_of
from oneiros_backend_toolkit.user_warnings import warn

INTEGER_KINDS = "iu"
"""NumPy's kinds of integers."""
EXTREMES = ("argmax", "argmin", "max", "min")
"""Functions that choose among elements, of which there must be one."""
OF_OTHER_ENGINES = {
    *("accept_inplace", "allow_input_downcast", "givens", "mode", "name"),
    *("no_default_updates", "on_unused_input", "output_keys", "profile"),
    *("rebuild_strict", "trust_input"),
    *("feed_dict", "fetches", "jit_compile", "options", "run_metadata"),
}
"""The arguments of `K.function` on Theano, then on TensorFlow."""


class UnsuitedError(ValueError):
    """Says that a function doesn't accept the value of an argument.

    # Arguments
        argument: str, its name.
        kind: the class of the error that the user gets.
    """

    def __init__(self, argument: str, kind: type[OneirosError] = ArgumentError) -> None:
        super().__init__()
        self.argument = argument
        self.kind = kind


def _is_variable(backend, value) -> bool:
    return bool(backend.is_variable(value))


def _counts(backend: Backend, value) -> bool:
    """Returns whether a value is an integer, or may become one when it is computed."""
    if backend.owns(value):
        return True
    number = np.asarray(value)
    return number.ndim == 0 and number.dtype.kind in INTEGER_KINDS


def _leads_on(backend: Backend, value) -> bool:
    """Returns whether a value isn't a number 0."""
    return backend.owns(value) or not np.array_equal(value, 0)


def _holds_several(backend: Backend, value) -> bool:
    """Returns whether a value isn't one tensor alone."""
    return not backend.owns(value)


RULES: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "arange": ("step", _leads_on),
    "moving_average_update": ("variable", _is_variable),
    "one_hot": ("nb_classes", _counts),
    "repeat": ("n", _counts),
    "repeat_elements": ("rep", _counts),
    "stack": ("x", _holds_several),
    "update": ("x", _is_variable),
    "update_add": ("x", _is_variable),
    "update_sub": ("x", _is_variable),
}
"""By function of `K`: an argument, and whether a value suits it."""
SIGNATURES = {
    name: inspect.signature(functions()[name]) for name in (*RULES, *EXTREMES)
}


def check_arguments(name: str, backend: Backend, *args, **kwargs) -> None:
    """Checks a call of one of the functions in `SIGNATURES`.

    # Raises
        UnsuitedError: if an argument breaks its rule.
        ValueError: if it is known that there is no element to choose from.
    """
    call = SIGNATURES[name].bind(backend, *args, **kwargs)
    call.apply_defaults()
    if name in EXTREMES:
        _check_has_elements(name, backend, call.arguments["x"], call.arguments["axis"])
        return
    argument, suits = RULES[name]
    if not suits(backend, call.arguments[argument]):
        raise UnsuitedError(argument)


def _check_has_elements(name: str, backend: Backend, x, axis) -> None:
    if not backend.owns(x):
        if not isinstance(x, np.ndarray):
            return
        shape = x.shape
    else:
        try:
            shape = backend.int_shape(x)
        except ArgumentError:  # not even the rank is known
            return
    searched = shape
    if axis is not None:
        searched = [shape[i] for i in axes_of(name, axis, len(shape))]
    if 0 in searched:
        raise ValueError("there is no element to choose from")


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
