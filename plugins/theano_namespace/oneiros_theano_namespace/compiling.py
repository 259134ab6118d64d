"""`theano.function`, compiled by the Theano backend of Oneiros."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import pytensor
import pytensor.tensor as pt
from oneiros import backend as K
from oneiros_backend_theano.draw import held_counters
from oneiros_backend_theano.evaluation import is_for_pytensor
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable
from pytensor.graph.replace import clone_replace
from pytensor.graph.traversal import ancestors

from oneiros_theano_namespace.data_choices import fetcher, is_choice
from oneiros_theano_namespace.theano_backend import on_theano
from oneiros_theano_namespace.theano_function import (
    Compute,
    Function,
    Outputs,
    as_input,
)

OF_THEANO = {"DEBUG_MODE", "DEBUGMODE", "FAST_COMPILE", "FAST_RUN", "PROFILEMODE"}
"""Names of Theano's modes; all of them select the backend's linker."""

Pairs = list[tuple[Any, Any]]


def function(
    inputs: Sequence[Any],
    outputs: Any = None,
    mode: Any = None,
    updates: Any = None,
    givens: Any = None,
    no_default_updates: Any = False,
    accept_inplace: bool = False,
    name: str | None = None,
    rebuild_strict: bool = True,
    allow_input_downcast: bool | None = None,
    profile: Any = None,
    on_unused_input: str | None = None,
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
        accept_inplace, rebuild_strict, profile, on_unused_input: ignored.

    # Returns
        A function of the inputs' values, by position or name.
    """
    arguments = [as_input(x, allow_input_downcast) for x in inputs]
    results = Outputs(outputs)
    new_values = _pairs(updates)
    roots = [*results.variables, *(new for _, new in new_values)]
    new_values += _default_updates(roots, dict(new_values), no_default_updates)
    graph = _FunctionGraph(
        [argument.variable for argument in arguments],
        results.variables,
        new_values,
        [(old, _like(old, new)) for old, new in _pairs(givens)],
        _mode(mode),
        holds_streams=no_default_updates is True,
    )
    return Function(arguments, results, graph, name)


def clone(
    output: Any, replace: Any = None, strict: bool = True, share_inputs: bool = True
) -> Any:
    """Copies a graph, with some variables replaced.

    # Arguments
        output: tensor, or list of them.
        replace: pairs of variables and their replacements, or a dict.
        strict: whether replacements must have the same types.
        share_inputs: ignored; inputs stay the same.
    """
    return clone_replace(output, dict(_pairs(replace)), rebuild_strict=strict)


@dataclasses.dataclass(frozen=True)
class _FunctionGraph:
    """The graph of a function before compilation.

    # Arguments
        inputs: its variables.
        outputs: tensors.
        updates: pairs of shared variables and new values.
        givens: pairs of variables and their replacements.
        mode: a mode for `K.function`.
        holds_streams: whether random streams keep their position.
    """

    inputs: list[Any]
    outputs: list[Any]
    updates: Pairs
    givens: Pairs
    mode: Any
    holds_streams: bool

    def changed(self, swap: dict[Any, Any], delete_updates: bool) -> _FunctionGraph:
        """Returns a graph with other shared variables, or without updates."""
        updates = [(swap.get(old, old), new) for old, new in self.updates]
        replaced = [old for old, _ in self.givens]
        swapped = _replaced([new for _, new in self.givens], swap)
        return dataclasses.replace(
            self,
            updates=[] if delete_updates else updates,
            givens=[*zip(replaced, swapped, strict=True), *swap.items()],
            holds_streams=delete_updates or self.holds_streams,
        )

    def compiled(self) -> Compute:
        """Returns the function from the inputs' values to the outputs' values."""
        if self._is_for_pytensor():
            return self._by_pytensor()
        chosen = [(old, new) for old, new in self.givens if is_choice(new)]
        if not chosen:
            compiled: Compute = self._by_backend([])
            return compiled
        fetch = fetcher(self.inputs, [new for _, new in chosen])
        compute = self._by_backend([old for old, _ in chosen])
        return lambda values: compute([*values, *fetch(values)])

    def _is_for_pytensor(self) -> bool:
        variables = [*self.outputs, *(new for _, new in [*self.updates, *self.givens])]
        tensors = [x for x in variables if hasattr(x, "type")]
        return is_for_pytensor([*self.inputs, *tensors])

    def _by_pytensor(self) -> Compute:
        compiled = pytensor.function(
            self.inputs,
            self.outputs,
            updates=self.updates,
            givens=self.givens,
            mode=self.mode,
            allow_input_downcast=True,
            on_unused_input="ignore",
        )
        return lambda values: list(compiled(*values))

    @on_theano
    def _by_backend(self, fetched: list[Any]) -> Any:
        """Compiles with the Theano backend.

        # Arguments
            fetched: additional input variables besides those of the function.
        """
        givens = {old: new for old, new in self.givens if old not in fetched}
        tensors = [*self.outputs, *(new for _, new in self.updates)]
        tensors = _replaced(tensors, givens)
        if self.holds_streams:
            tensors = _replaced(tensors, held_counters(tensors))
        count = len(self.outputs)
        updated = [variable for variable, _ in self.updates]
        return K.function(
            [*self.inputs, *fetched],
            tensors[:count],
            list(zip(updated, tensors[count:], strict=True)),
            mode=self.mode,
        )


def _replaced(tensors: list[Any], replacements: dict[Any, Any]) -> list[Any]:
    """Returns copies of tensors with variables replaced."""
    if not replacements:
        return tensors
    variables = [pt.as_tensor_variable(x) for x in tensors]
    copies: list[Any] = clone_replace(variables, replacements, rebuild_strict=False)
    return copies


def _like(variable: Any, value: Any) -> Any:
    """Returns a variable's replacement as a tensor."""
    if isinstance(value, Variable):
        return value
    return pt.constant(value, dtype=variable.type.dtype)


def _pairs(pairs: Any) -> Pairs:
    if pairs is None:
        return []
    items: Iterable[Any] = pairs.items() if hasattr(pairs, "items") else pairs
    return [(old, new) for old, new in items]


def _default_updates(roots: list[Any], updated: dict[Any, Any], left_out: Any) -> Pairs:
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


def _mode(mode: Any) -> Any:
    """Returns a mode for `K.function`; None for Theano's own."""
    is_theanos = isinstance(mode, str) and mode.upper() in OF_THEANO
    return None if is_theanos else mode
