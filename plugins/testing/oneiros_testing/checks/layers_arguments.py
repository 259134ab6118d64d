"""What must hold for a layer's arguments: each of them matters, where its name says."""

from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.engine.node import one_or_all, to_list

from oneiros_testing.checks.layers import TOLD_BY_WEIGHTS, are_equal, found, layer_check
from oneiros_testing.checks.layers_masks import masked_calls
from oneiros_testing.layer_sample import (
    Called,
    LayerSample,
    options,
    sample_of,
    shifted,
)
from oneiros_testing.samples import variations

ELSEWHERE = ("stateful", "trainable", "unroll")
"""Arguments that have checks of their own."""
PENALTIES = ("_regularizer", "_constraint")
"""Endings of arguments that have checks of their own."""


@layer_check(
    after=[
        "check_arguments_are_kept",
        "check_output_shape",
        "check_statistics_run_to_the_batch",
        TOLD_BY_WEIGHTS,
    ]
)
def check_every_layer_argument_counts(subject):
    """Each number, bool, activation and initialization among its arguments changes the
    output, the weights, the updates or the mask."""
    sample = sample_of(subject)
    plain = _Seen(sample)
    unused = subject.declared.get("unused", ())
    for name, values in _changes(subject, sample).items():
        counts, refusal = plain.tried(name, values)
        shown = " or ".join(map(repr, values))
        assert not refusal or name in unused, (
            f"With {name}={shown} it raises {refusal!r}, so that nothing could be "
            f'tried. Declare a value that matters: {{"changes": {{"{name}": …}}}}; if '
            f'there is no other one, {{"unused": ("{name}",)}}.'
        )
        assert counts or name in unused, (
            f"With {name}={shown} it computes the same, from the same weights. Use "
            f'self.{name}; if it matters elsewhere, declare {{"unused": ("{name}",)}}, '
            f'or a value that matters: {{"changes": {{"{name}": …}}}}.'
        )
        assert not counts or name not in unused, (
            f"{name} is declared as unused, and {name}={shown} changes something."
        )


def _changes(subject, sample: LayerSample) -> dict[str, list[Any]]:
    """Returns the values that are tried, by the names of arguments."""
    guesses = {
        name: [other, *_numbers_near(value)]
        for name, value, other in variations(subject.component, sample.arguments)
        if name not in ELSEWHERE and not name.endswith(PENALTIES)
    }
    declared = subject.declared.get("changes", {})
    return guesses | {name: [value] for name, value in declared.items()}


def _numbers_near(value) -> list[Any]:
    """Returns further values for a number."""
    if type(value) is int:
        return [value + 2, value * 2, value - 1]
    return [value + 2, value * 2, value / 2] if type(value) is float else []


class _Seen:
    """What a layer makes and computes, to compare with that of other arguments.

    # Arguments
        sample: LayerSample, how the layer is made.
    """

    def __init__(self, sample: LayerSample):
        self.sample = sample
        self.called, self.weights = self._made({})
        self._plain: dict[Any, list[Any]] = {}

    def _made(self, arguments: dict[str, Any]) -> tuple[Called, list[Any]]:
        """Returns a layer with these arguments, and its first weights."""
        np.random.seed(4)
        called = self.sample.called(self.sample.make(**arguments))
        weights = called.layer.get_weights()
        called.layer.set_weights(shifted(weights))
        return called, weights

    def tried(self, name: str, values: list[Any]) -> tuple[bool, Exception | None]:
        """Returns whether the layer with one of these values of an argument does
        anything else, and the error with which it refuses all of them."""
        refusals = []
        for value in values:
            try:
                if self._differs({name: value}):
                    return True, None
            except Exception as error:
                refusals.append(error)
        return False, refusals[0] if len(refusals) == len(values) else None

    def _differs(self, arguments: dict[str, Any]) -> bool:
        """Returns whether it does anything else, with masks or without."""
        called, weights = self._made(arguments)
        if not are_equal(weights, self.weights):
            return True
        for look in (self._computed, self._masked):
            if look not in self._plain:
                self._plain[look] = look(self.called)
            if not are_equal(look(called), self._plain[look]):
                return True
        return False

    def _masked(self, called: Called) -> list[Any]:
        """Returns the outputs and masks for masks that come in, if it knows masks."""
        if "masking" not in found(self.sample.component):
            return []
        return [
            value
            for masked, arrays, masks in masked_calls(called.layer, self.sample)
            for values in masked.values(arrays, masks)
            for value in values
            if value is not None
        ]

    def _computed(self, called: Called) -> list[Any]:
        """Returns the outputs, updates, penalties and masks in both phases."""
        layer, x = called.layer, one_or_all(called.inputs)
        made = layer.compute_mask(x, None) if len(called.inputs) == 1 else None
        masks = [K.cast(each, K.floatx()) for each in to_list(made) if each is not None]
        updates = [value for _, value in layer.updates]
        tensors = [*called.outputs, *updates, *layer.losses, *masks]
        feeds = [*called.inputs, K.learning_phase()]
        function = K.function(feeds, tensors, **options())
        arrays = self.sample.arrays()
        for array in arrays:
            array[0, -1] = 0
        np.random.seed(4)
        return [*function([*arrays, 0]), *function([*arrays, 1])]
