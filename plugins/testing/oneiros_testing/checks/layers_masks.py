"""What must hold for a layer that knows masks: which steps of a sequence to use."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.errors import OneirosError
from oneiros.layers import Input

from oneiros_testing.checks import Subject
from oneiros_testing.checks.layers import assert_close, layer_check
from oneiros_testing.layer_sample import options, sample_of

MASK = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 0, 1], [1, 1, 1, 1, 1]], "float32")
"""A mask for three samples of five steps, the first step among those left out."""


class Masked:
    """A layer called with a mask that is fed.

    # Arguments
        layer: a layer that was called already.
        shape: tuple, the shape of one sample: steps, or None, and features.
    """

    def __init__(self, layer, shape):
        steps = shape[0]
        x = Input(shape)
        fed = K.placeholder((None, steps))
        mask = K.not_equal(fed, 0.5)
        outputs = [layer.call(x, mask)]
        passed = layer.compute_mask(x, mask)
        if passed is not None:
            outputs.append(K.cast(passed, K.floatx()))
        feeds = [x, fed, K.learning_phase()]
        self.function = K.function(feeds, outputs, **options())

    def values(self, x, mask):
        """Returns the output, and the mask that is passed on if there is one."""
        fed = np.where(mask > 0, 1.0, 0.5)
        return list(self.function([x, fed.astype(K.floatx()), 0]))


def _masked(subject: Subject) -> Iterator[tuple[Masked, Any, Any]]:
    """Yields the layer called with a mask, and what to feed; nothing if it takes no
    single sequence of five steps."""
    sample = sample_of(subject)
    layer = sample.base.layer
    if not sample.has_steps or _refuses(layer):
        return
    shape = sample.shapes[0]
    if shape[0] == MASK.shape[1]:
        yield Masked(layer, shape), sample.arrays()[0], MASK


def _refuses(layer) -> bool:
    """Returns whether a layer with a method `compute_mask` of its own accepts no mask
    with these arguments."""
    if layer.supports_masking:
        return False
    x = layer.inbound_nodes[0].input_tensors[0]
    try:
        layer.compute_mask(x, K.any(K.not_equal(x, 0.0), axis=-1))
    except TypeError:
        return True
    return False


@layer_check(tags=["masking"])
def check_mask_fits_the_output(subject):
    """The mask that it passes on has the first sizes of its output."""
    for masked, x, mask in _masked(subject):
        output, *passed = masked.values(x, mask)
        for each in passed:
            assert each.shape == output.shape[: each.ndim], (
                f"The output has the shape {output.shape}, and its mask {each.shape}. "
                "Define compute_mask; it returns None if no steps are left."
            )


@layer_check(
    tags=["masking"], unless=["consumes_mask"], after=["check_mask_fits_the_output"]
)
def check_mask_is_passed_on(subject):
    """If its output has the input's steps, it passes the mask on."""
    for masked, x, mask in _masked(subject):
        output, *passed = masked.values(x, mask)
        assert passed or not _has_steps(output, mask), (
            "Its output has the input's steps, and compute_mask returns None, so that "
            "layers behind it use masked steps. If that is meant, declare the tag "
            "consumes_mask."
        )


def _has_steps(output, mask) -> bool:
    """Returns whether an output has the steps of a mask."""
    if output.ndim < 3:
        return False
    return bool(output.shape[:2] == mask.shape)


@layer_check(tags=["masking"], after=["check_mask_fits_the_output"])
def check_masked_steps_do_not_matter(subject):
    """What masked steps contain doesn't change the rest of the output."""
    for masked, x, mask in _masked(subject):
        changed = x.copy()
        changed[mask == 0] += 3.0
        before, *_ = masked.values(x, mask)
        after, *_ = masked.values(changed, mask)
        if _has_steps(before, mask):
            before = before[mask > 0]
            after = after[mask > 0]
        told = (
            "What masked steps contain changes the output of the others. call "
            "receives the mask as its second argument: leave out the steps where it "
            "is 0"
        )
        assert_close([after], [before], told)


@layer_check(tags=["masking"], after=["check_masked_steps_do_not_matter"])
def check_padding_does_not_matter(subject):
    """A sequence with masked steps behind it gives the same as the sequence alone."""
    for _, x, mask in _masked(subject):
        try:
            layer = sample_of(subject).called(open=(0,)).layer
            free = Masked(layer, (None, *x.shape[2:]))
        except (OneirosError, TypeError):
            return  # it needs to know the number of steps
        real = slice(0, -2)
        padded = np.zeros_like(mask)
        padded[:, real] = 1
        alone, *_ = free.values(x[:, real], padded[:, real])
        behind, *_ = free.values(x, padded)
        if _has_steps(behind, mask):
            behind = behind[:, real]
        told = (
            "Masked steps behind a sequence change the output, such as a mean that "
            "divides by the number of all steps. Count only those that the mask keeps"
        )
        assert_close([behind], [alone], told)


@layer_check(tags=["masking"], after=["check_mask_fits_the_output"])
def check_a_mask_of_nothing_gives_numbers(subject):
    """A sample whose steps are all masked gives numbers, not NaN."""
    for masked, x, mask in _masked(subject):
        mask = mask.copy()
        mask[1] = 0
        output, *_ = masked.values(x, mask)
        assert np.isfinite(output).all(), (
            "For a sample whose steps are all masked, the output has NaN or infinite "
            "numbers, which ruin the loss of the whole batch. Add K.epsilon() to what "
            "you divide by."
        )
