"""What must hold for a layer that knows masks: which steps of a sequence to use."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.engine.node import one_or_all, to_list
from oneiros.errors import OneirosError
from oneiros.layers import Input

from oneiros_testing.checks import Subject
from oneiros_testing.checks.layers import assert_close, layer_check
from oneiros_testing.layer_sample import (
    LARGEST,
    LayerSample,
    is_sequence,
    opened,
    options,
    sample_of,
)
from oneiros_testing.samples import parameters

PATTERN = [[1, 1, 0, 1, 0], [0, 1, 1, 0, 1], [1, 1, 1, 1, 1]]
"""A mask for three samples, the first step among those left out. It goes on from its
beginning for longer sequences; the next input's begins with the last sample's."""


class Masked:
    """A layer called with masks that are fed, one for each input that has steps.

    # Arguments
        layer: a layer that was called already.
        sample: LayerSample, how it was made.
        open: the axes, counted without the batch, whose size isn't declared.
    """

    def __init__(self, layer, sample: LayerSample, open: Sequence[int] = ()):
        shapes = [opened(shape, open) for shape in sample.shapes]
        inputs = [Input(shape, dtype=sample.dtype) for shape in shapes]
        fed, masks = [], []
        for shape in shapes:
            mask = None
            if is_sequence(sample.component, shape):
                fed.append(K.placeholder((None, shape[0])))
                mask = K.not_equal(fed[-1], 0.5)
            masks.append(mask)
        x, mask = one_or_all(inputs), one_or_all(masks)
        outputs = to_list(layer.call(x, mask))
        passed = to_list(layer.compute_mask(x, mask))
        made = to_list(layer.compute_mask(x, one_or_all([None] * len(masks))))
        self.count = len(outputs)
        self.tensors = [*outputs, *passed, *made]
        computed = [
            K.cast(each, K.floatx()) for each in self.tensors if each is not None
        ]
        feeds = [*inputs, *fed, K.learning_phase()]
        self.function = K.function(feeds, computed, **options())

    def values(self, arrays, masks) -> list[tuple[Any, Any, Any]]:
        """Returns each output with the mask that is passed on for it, and the one that
        it has if no mask came in; None if there is none."""
        fed = [np.where(mask > 0, 1.0, 0.5).astype(K.floatx()) for mask in masks]
        found = iter(self.function([*arrays, *fed, 0]))
        values = [None if each is None else next(found) for each in self.tensors]
        outputs, others = values[: self.count], values[self.count :]
        half = len(others) // 2
        return list(zip_longest(outputs, others[:half], others[half:]))


def _masked(subject: Subject) -> Iterator[tuple[Masked, Any, Any]]:
    """Yields the subject's layer as `masked_calls` does."""
    sample = sample_of(subject)
    yield from masked_calls(sample.base.layer, sample)


def masked_calls(layer, sample: LayerSample) -> Iterator[tuple[Masked, Any, Any]]:
    """Yields a layer called with masks, and what to feed; nothing if no input has
    steps, or the layer takes no mask."""
    lengths = [
        shape[0] for shape in sample.shapes if is_sequence(sample.component, shape)
    ]
    masks = [np.roll(_pattern(steps), i, axis=0) for i, steps in enumerate(lengths)]
    if masks and not _refuses(layer, sample):
        yield Masked(layer, sample), sample.arrays(), masks


def _pattern(steps: int):
    return np.array([np.resize(row, steps) for row in PATTERN], "float32")


def _refuses(layer, sample: LayerSample) -> bool:
    """Returns whether a layer with a method `compute_mask` of its own accepts no mask
    with these arguments."""
    if layer.supports_masking:
        return False
    try:
        Masked(layer, sample)
    except TypeError:
        return True
    return False


@layer_check(tags=["masking"], needs=["steps"])
def check_mask_fits_the_output(subject):
    """The mask that it passes on has the first sizes of its output."""
    for masked, arrays, masks in _masked(subject):
        for output, passed, _ in masked.values(arrays, masks):
            assert passed is None or passed.shape == output.shape[: passed.ndim], (
                f"The output has the shape {output.shape}, and its mask "
                f"{passed.shape}. Define compute_mask; it returns None if no steps are "
                "left."
            )


@layer_check(
    tags=["masking"],
    unless=["consumes_mask"],
    after=["check_mask_fits_the_output"],
    needs=["steps"],
)
def check_mask_is_passed_on(subject):
    """If its output has the input's steps, it passes the mask on."""
    for masked, arrays, masks in _masked(subject):
        output, passed, _ = masked.values(arrays, masks)[0]
        assert passed is not None or not _has_steps(output, masks[0]), (
            "Its output has the input's steps, and compute_mask returns None, so that "
            "layers behind it use masked steps. If that is meant, declare the tag "
            "consumes_mask."
        )


@layer_check(
    tags=["masking"],
    unless=["changes_mask"],
    after=["check_mask_is_passed_on"],
    needs=["steps"],
)
def check_mask_stays_the_same(subject):
    """The mask that it passes on is the one that came in, or one that it makes without
    it; of several inputs, one of theirs, or the steps that all or any of them keep."""
    for masked, arrays, masks in _masked(subject):
        for _, passed, made in masked.values(arrays, masks):
            given = [m for m in masks if passed is not None and m.shape == passed.shape]
            if not given:
                continue
            allowed = [*given, np.min(given, axis=0), np.max(given, axis=0)]
            if made is not None:
                allowed = [made, *(made * mask for mask in allowed)]
            assert any(np.array_equal(passed, each) for each in allowed), (
                f"The mask {given[0][0]} came in, and compute_mask passes on "
                f"{passed[0]}: layers behind it use masked steps, or leave others out. "
                "If that is meant, declare the tag changes_mask."
            )


@layer_check(tags=["masking"], unless=["changes_mask"])
def check_mask_of_its_own(subject):
    """If it makes a mask without one that comes in, as with `mask_zero=True`, that
    leaves out the steps that are padding, and no others."""
    sample = sample_of(subject)
    asked = {"mask_zero": True} if "mask_zero" in parameters(subject.component) else {}
    layer = sample.make(**asked)
    called = sample.called(layer)
    if len(sample.shapes) > 1 or _refuses(layer, sample):
        return
    mask = layer.compute_mask(called.inputs[0], None)
    if mask is None:
        assert not asked, "With mask_zero=True, compute_mask returns None."
        return
    (array,) = sample.arrays()
    padding = getattr(layer, "mask_value", 0)
    array[0, -1] = padding
    if array.ndim > 2:
        array[1, 0, ..., 0] = padding  # of one number, which doesn't make it a mask
    differs = np.asarray(array != padding)
    kept = differs.reshape((*array.shape[:2], -1)).any(-1)
    found = called.compute([array], [K.cast(mask, K.floatx())])[0]
    told = (
        f"For {array[0]}, whose padding is {padding}, compute_mask returns {found[0]}. "
        "If it makes another mask, declare the tag changes_mask."
    )
    assert np.array_equal(found, kept), told


def _has_steps(output, mask) -> bool:
    """Returns whether an output has the steps of a mask."""
    if output.ndim < 3:
        return False
    return bool(output.shape[:2] == mask.shape)


@layer_check(
    tags=["masking"],
    unless=["uses_masked_steps"],
    after=["check_mask_stays_the_same"],
    needs=["steps"],
)
def check_masked_steps_do_not_matter(subject):
    """What masked steps contain doesn't change the rest of the output."""
    for masked, arrays, masks in _masked(subject):
        changed = [array.copy() for array in arrays]
        sequences = (a for a in changed if is_sequence(subject.component, a.shape[1:]))
        for array, mask in zip(sequences, masks, strict=True):
            moved = array + 3.0
            if array.dtype.kind != "f":
                moved = (array + 1) % LARGEST
            array[mask == 0] = moved[mask == 0]
        before = masked.values(arrays, masks)
        after = masked.values(changed, masks)
        told = (
            "What masked steps contain changes the output of the others. call "
            "receives the mask as its second argument, a list of masks for several "
            "inputs: leave out the steps where an input's own mask is 0"
        )
        for (output, passed, _), (other, _, _) in zip(before, after, strict=True):
            kept = _kept(output, passed, masks)
            assert_close([other[kept]], [output[kept]], told)


def _kept(output, passed, masks) -> Any:
    """Returns which part of an output must not depend on masked steps: the steps of the
    input's mask, or of the one that is passed on for several inputs."""
    given = [mask for mask in masks if _has_steps(output, mask)]
    if len(given) > 1 and passed is not None:
        given = [passed]
    return np.min(given, axis=0) > 0 if given else ...


@layer_check(
    tags=["masking"],
    unless=["uses_masked_steps"],
    after=["check_masked_steps_do_not_matter"],
    needs=["steps"],
)
def check_padding_does_not_matter(subject):
    """A sequence with masked steps behind it gives the same as the sequence alone."""
    for _, arrays, masks in _masked(subject):
        sample = sample_of(subject)
        try:
            layer = sample.called(open=(0,)).layer
            free = Masked(layer, sample, open=(0,))
        except (OneirosError, TypeError):
            return  # it needs to know the number of steps
        short = [array[:, : _real(array)] for array in arrays]
        whole = [np.ones_like(mask) for mask in masks]
        for mask in whole:
            mask[:, _real(mask) :] = 0
        trimmed = [mask[:, : _real(mask)] for mask in whole]
        told = (
            "Masked steps behind a sequence change the output, such as a mean that "
            "divides by the number of all steps. Count only those that the mask keeps"
        )
        alone = free.values(short, trimmed)
        behind = free.values(arrays, whole)
        for (output, _, _), (padded, _, _) in zip(alone, behind, strict=True):
            if _has_steps(padded, whole[0]):
                padded = padded[:, : output.shape[1]]
            assert_close([padded], [output], told)


def _real(array) -> int:
    """Returns how many steps of an array aren't padding."""
    steps: int = array.shape[1]
    return (steps + 1) // 2


@layer_check(
    tags=["masking", "go_backwards"],
    unless=["uses_masked_steps"],
    after=["check_masked_steps_do_not_matter", "check_backwards_is_reversed"],
    needs=["steps"],
)
def check_backwards_heeds_the_mask(subject):
    """With `go_backwards=True`, the mask goes backwards, too."""
    _compare_switched(subject, "go_backwards", -1)


@layer_check(
    tags=["masking", "unroll"],
    unless=["uses_masked_steps"],
    after=["check_masked_steps_do_not_matter", "check_unrolled_is_the_same"],
    needs=["steps"],
)
def check_unrolled_heeds_the_mask(subject):
    """With `unroll=True`, it computes the same under a mask."""
    _compare_switched(subject, "unroll", 1)


def _compare_switched(subject: Subject, switch: str, step: int):
    """Asserts that a layer computes the same with a switch as without, for sequences
    and masks that are taken with a step."""
    sample = sample_of(subject)
    for _, arrays, masks in _masked(subject):
        calls = []
        for on in (False, True):
            layer = sample.called(sample.make(**{switch: on})).layer
            layer.set_weights(sample.base.layer.get_weights())
            calls.append(Masked(layer, sample))
        without, switched = calls
        turned = [[each[:, ::step] for each in given] for given in (arrays, masks)]
        expected = [output for output, _, _ in without.values(*turned)]
        outputs = [output for output, _, _ in switched.values(arrays, masks)]
        told = f"With {switch}=True, it uses other steps than those that the mask keeps"
        assert_close(outputs, expected, told)


@layer_check(tags=["masking"], after=["check_mask_fits_the_output"], needs=["steps"])
def check_a_mask_of_nothing_gives_numbers(subject):
    """A sample whose steps are all masked gives numbers, not NaN."""
    for masked, arrays, masks in _masked(subject):
        nothing = [mask * [[1], [0], [1]] for mask in masks]
        for output, *_ in masked.values(arrays, nothing):
            assert np.isfinite(output).all(), (
                "For a sample whose steps are all masked, the output has NaN or "
                "infinite numbers, which ruin the loss of the whole batch. Add "
                "K.epsilon() to what you divide by."
            )
