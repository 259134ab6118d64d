"""`theano.function`, compiled by the Theano backend of Oneiros."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from oneiros import backend as K
from oneiros.errors import ArgumentError, DataError
from oneiros_backend_theano.draw import held_counters
from oneiros_backend_theano.evaluation import is_for_pytensor
from pytensor.compile.io import In as PytensorIn
from pytensor.compile.io import Out
from pytensor.compile.mode import Mode
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Constant, Variable
from pytensor.graph.replace import clone_replace
from pytensor.graph.traversal import ancestors, apply_ancestors
from pytensor.tensor import subtensor

from oneiros_theano_namespace.theano_backend import on_theano

OF_THEANO = {"DEBUG_MODE", "DEBUGMODE", "FAST_COMPILE", "FAST_RUN", "PROFILEMODE"}
"""Names of Theano's modes; all of them select the backend's linker."""
DISCRETE = "biu"
CHOOSING = tuple(
    getattr(subtensor, name)
    for name in ("Subtensor", "AdvancedSubtensor", "AdvancedSubtensor1")
    if hasattr(subtensor, name)
)
"""PyTensor 3.2 no longer has a separate operation for a vector of indices."""

Pairs = list[tuple[Any, Any]]
Compute = Callable[[list[Any]], Sequence[Any]]
"""Function from the values of the inputs to those of the outputs."""


@dataclass(frozen=True)
class In:
    """An input of a compiled function.

    # Arguments
        variable: the tensor.
        name: str, by which a call may pass it; None means the tensor's.
        value: its value where a call leaves it out; None if it must be passed.
        allow_downcast: whether fractions may be dropped where integers are taken.
        update: not taken; `theano.function(…, updates=…)` is there.
        mutable, strict, borrow: not used.
    """

    variable: Any
    name: str | None = None
    value: Any = None
    update: Any = None
    mutable: bool = False
    strict: bool = False
    allow_downcast: bool | None = None
    borrow: bool | None = None

    def __post_init__(self) -> None:
        if self.update is not None:
            raise ArgumentError(
                f"In({self.variable}) received an update. Make it a variable with "
                "theano.shared(value), and pass theano.function(…, "
                "updates=[(variable, new)])."
            )

    @property
    def label(self) -> str:
        """The name by which a call may pass it, empty if it has none."""
        return self.name or getattr(self.variable, "name", None) or ""

    def checked(self, value):
        """Returns a value, if it fits the input.

        # Raises
            DataError: for numbers with a fraction where whole ones are taken.
        """
        dtype = getattr(self.variable.type, "dtype", "float64")
        if self.allow_downcast or np.dtype(dtype).kind not in DISCRETE:
            return value
        array = np.asarray(value)
        if array.dtype.kind == "f" and (array != np.floor(array)).any():
            raise DataError(
                f"The input {self.label or self.variable} takes numbers of type "
                f"{dtype}, and received {value!r:.60}. theano.function(…, "
                "allow_input_downcast=True) drops the fractions."
            )
        return value


class Function:
    """A compiled function: `f(x, y)`, or `f(x, step=0.1)` by names.

    # Arguments
        arguments: its inputs.
        outputs: the outputs, in the form in which they were given.
        compute: what computes their values.
        name: str, for messages.
    """

    def __init__(
        self, arguments: list[In], outputs, compute: Compute, name: str | None
    ):
        self.arguments = arguments
        self.outputs = outputs
        self.name = name
        self._compute = compute

    def __call__(self, *values, **named):
        """Computes the outputs.

        # Raises
            TypeError: for too many inputs, one that isn't there, or one left out.
        """
        bound = self._bound(values, named)
        pairs = zip(self.arguments, bound, strict=True)
        results = self._compute([argument.checked(value) for argument, value in pairs])
        if isinstance(self.outputs, dict):
            return dict(zip(self.outputs, results, strict=True))
        is_list = self.outputs is None or isinstance(self.outputs, (list, tuple))
        return list(results) if is_list else results[0]

    def _bound(self, values: Sequence[Any], named: dict[str, Any]) -> list[Any]:
        label = self.name or "The function"
        if len(values) > len(self.arguments):
            raise TypeError(
                f"{label} takes {len(self.arguments)} inputs, not {len(values)}."
            )
        bound = list(values)
        for argument in self.arguments[len(values) :]:
            value = named.pop(argument.label, argument.value)
            if value is None:
                name = argument.label or argument.variable
                raise TypeError(f"{label} wasn't given its input {name}.")
            bound.append(value)
        if named:
            raise TypeError(f"{label} has no input {', '.join(named)} to be given.")
        return bound


def function(
    inputs: Sequence[Any],
    outputs=None,
    mode=None,
    updates=None,
    givens=None,
    no_default_updates=False,
    name: str | None = None,
    allow_input_downcast: bool | None = None,
    **ignored,
) -> Function:
    """Compiles a graph.

    # Arguments
        inputs: list of variables, or of `In`.
        outputs: None, a tensor, or a list or dict of tensors.
        mode: None, a name of a Theano mode, which all select the backend's linker, or a
            PyTensor mode.
        updates: pairs of shared variables and new values, or a dict.
        givens: pairs of variables and their replacements in the graph, or a dict.
        no_default_updates: True ignores the `default_update` of shared variables, and
            makes random streams draw the same numbers at each call; a list of shared
            variables ignores only theirs.
        name: str, for messages.
        allow_input_downcast: whether fractions may be dropped for integer inputs.
        ignored: `on_unused_input`, `profile`, `accept_inplace`, `rebuild_strict`.

    # Returns
        A function of the inputs' values, by position or name.
    """
    arguments = [_as_input(x, allow_input_downcast) for x in inputs]
    results = [x.variable if isinstance(x, Out) else x for x in listed(outputs)]
    new_values = _pairs(updates)
    roots = [*results, *(new for _, new in new_values)]
    new_values += _default_updates(roots, dict(new_values), no_default_updates)
    givens = {old: _like(old, new) for old, new in _pairs(givens)}
    compute = _compiled(
        [argument.variable for argument in arguments],
        results,
        new_values,
        givens,
        mode=None if str(mode).upper() in OF_THEANO else mode,
        holds_streams=no_default_updates is True,
    )
    return Function(arguments, outputs, compute, name)


def clone(output, replace=None, strict: bool = True, share_inputs: bool = True):
    """Copies a graph, with some variables replaced.

    # Arguments
        output: tensor, or list of them.
        replace: pairs of variables and their replacements, or a dict.
        strict: whether replacements must have the same types.
        share_inputs: ignored; inputs stay the same.
    """
    return clone_replace(output, dict(_pairs(replace)), rebuild_strict=strict)


@on_theano
def _compiled(
    inputs: list[Any],
    outputs: list[Any],
    updates: Pairs,
    givens: dict[Any, Any],
    mode,
    holds_streams: bool,
) -> Compute:
    """Returns the function from the inputs' values to the outputs' values.

    `givens={x: data[index * 20 : (index + 1) * 20]}` has a shape that depends on the
    value of `index`. Such parts of data are taken before the function runs.

    # Arguments
        updates: pairs of shared variables and new values.
        holds_streams: whether random streams keep their position.
    """
    tensors = [*outputs, *(new for _, new in updates)]
    variables = [*inputs, *tensors, *givens.values()]
    if is_for_pytensor([x for x in variables if hasattr(x, "type")]):
        compiled = pytensor.function(
            inputs,
            outputs,
            updates=updates,
            givens=givens,
            mode=mode,
            allow_input_downcast=True,
            on_unused_input="ignore",
        )
        return lambda values: list(compiled(*values))
    chosen = {old: new for old, new in givens.items() if _is_choice(new)}
    others = {old: new for old, new in givens.items() if old not in chosen}
    tensors = _replaced(tensors, others)
    if holds_streams:
        tensors = _replaced(tensors, held_counters(tensors))
    new_values = tensors[len(outputs) :]
    compute: Compute = K.function(
        [*inputs, *chosen],
        tensors[: len(outputs)],
        [(old, new) for (old, _), new in zip(updates, new_values, strict=True)],
        mode=mode,
    )
    if not chosen:
        return compute
    choose = pytensor.function(
        inputs,
        list(chosen.values()),
        mode=Mode(linker="py", optimizer=None),
        on_unused_input="ignore",
        allow_input_downcast=True,
    )
    return lambda values: compute([*values, *map(np.asarray, choose(*values))])


def _as_input(declared, allow_downcast: bool | None) -> In:
    if isinstance(declared, In):
        allowed = declared.allow_downcast or allow_downcast
        return replace(declared, allow_downcast=allowed)
    if isinstance(declared, PytensorIn):
        return In(declared.variable, declared.name, allow_downcast=allow_downcast)
    return In(declared, allow_downcast=allow_downcast)


def listed(outputs) -> list[Any]:
    """Returns tensors in a list: none, one, those of a list, or those of a dict."""
    if outputs is None:
        return []
    if isinstance(outputs, dict):
        return list(outputs.values())
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def _is_choice(value) -> bool:
    """Returns whether a tensor is a part of data in memory that the arguments select.
    PyTensor itself computes each of its nodes, which excludes random draws."""
    nodes = list(apply_ancestors([value]))
    return any(map(_has_variable_index, nodes)) and all(
        type(node.op).__module__.startswith("pytensor.") for node in nodes
    )


def _has_variable_index(node) -> bool:
    if not isinstance(node.op, CHOOSING):
        return False
    return any(not isinstance(index, Constant) for index in node.inputs[1:])


def _replaced(tensors: list[Any], replacements: dict[Any, Any]) -> list[Any]:
    """Returns copies of tensors with variables replaced."""
    if not replacements:
        return tensors
    variables = [pt.as_tensor_variable(x) for x in tensors]
    copies: list[Any] = clone_replace(variables, replacements, rebuild_strict=False)
    return copies


def _like(variable, value):
    """Returns a variable's replacement as a tensor."""
    if isinstance(value, Variable):
        return value
    return pt.constant(value, dtype=variable.type.dtype)


def _pairs(pairs) -> Pairs:
    items: Iterable[Any] = pairs.items() if hasattr(pairs, "items") else pairs or []
    return [(old, new) for old, new in items]


def _default_updates(roots: list[Any], updated: dict[Any, Any], left_out) -> Pairs:
    """Returns the `default_update`s of the shared variables in a graph."""
    if left_out is True:
        return []
    skipped = {*updated, *(left_out or [])}
    tensors = [x for x in roots if hasattr(x, "owner")]
    return [
        (x, x.default_update)
        for x in dict.fromkeys(ancestors(tensors))
        if isinstance(x, SharedVariable)
        and x.default_update is not None
        and x not in skipped
    ]
