"""`theano.scan` and the functions built on it.

In Theano they returned updates beside the outputs, and random draws differed at each
step.
"""

import warnings
from collections.abc import Callable
from typing import Any

import pytensor.tensor as pt
from pytensor.scan.basic import scan as pytensor_scan

from oneiros_theano_namespace.compiling import listed
from oneiros_theano_namespace.theano_backend import building_step
from oneiros_theano_namespace.updates import OrderedUpdates

IGNORED = ("mode", "profile", "allow_gc")
"""Arguments of Theano's that choose how it compiles."""


def scan(
    fn: Callable[..., Any],
    sequences=None,
    outputs_info=None,
    non_sequences=None,
    n_steps=None,
    truncate_gradient: int = -1,
    **options,
) -> tuple[Any, OrderedUpdates]:
    """Computes a step for each index of the sequences' first axis.

    # Arguments
        fn: function of slices of the sequences, of earlier outputs, and of what stays
            the same. It returns outputs, updates, and `until(condition)`, or some of
            them.
        sequences: tensor, dict with `input` and `taps`, or list of them.
        outputs_info: by output its first value, a dict with `initial` and `taps`, or
            None for what the steps don't take.
        non_sequences: tensors that each step takes.
        n_steps: int or scalar tensor; needed where there are no sequences.
        truncate_gradient: int, for how many steps back gradients are computed; -1 for
            all.
        options: `go_backwards`, whether to start at the end; `name`; `strict`, whether
            shared variables must be among the arguments; `return_list`, whether a
            single output comes in a list. `mode`, `profile` and `allow_gc` are ignored.

    # Returns
        The outputs of all steps, stacked along a new first axis, and the updates of
        shared variables.
    """
    sliced = [sequences] if isinstance(sequences, dict) else listed(sequences)
    numbers = pt.arange(_step_count(sliced, n_steps), dtype="int32")

    def numbered_step(number, *arguments):
        with building_step(number):
            return fn(*arguments)

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Scan return signature")
        outputs, updates = pytensor_scan(
            numbered_step,
            sequences=[numbers, *sliced],
            outputs_info=outputs_info,
            non_sequences=non_sequences,
            n_steps=n_steps,
            truncate_gradient=truncate_gradient,
            **{name: value for name, value in options.items() if name not in IGNORED},
        )
    return outputs, OrderedUpdates(updates)


def _step_count(sequences: list[Any], n_steps):
    """Returns the maximum number of steps."""
    if n_steps is not None or not sequences:
        return n_steps
    first = sequences[0]
    tensor = first["input"] if isinstance(first, dict) else first
    return pt.as_tensor_variable(tensor).shape[0]


def map(
    fn: Callable[..., Any], sequences, non_sequences=None, **options
) -> tuple[Any, OrderedUpdates]:
    """Applies a function to each item along the sequences' first axis.

    # Arguments
        options: what `scan` takes besides.
    """
    return scan(fn, sequences, [], non_sequences, **options)


def reduce(
    fn: Callable[..., Any], sequences, outputs_info, non_sequences=None, **options
) -> tuple[Any, OrderedUpdates]:
    """Combines all items along the sequences' first axis into one value, the last
    output."""
    outputs, updates = scan(fn, sequences, outputs_info, non_sequences, **options)
    if isinstance(outputs, (list, tuple)):
        return [output[-1] for output in outputs], updates
    return outputs[-1], updates


foldl = reduce
"""`reduce` from the first item to the last."""


def foldr(*args, **options) -> tuple[Any, OrderedUpdates]:
    """`reduce` from the last item to the first."""
    return reduce(*args, go_backwards=True, **options)
