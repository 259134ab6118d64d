"""What must hold for a layer that knows masks: which steps of a sequence to use."""

from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.errors import OneirosError
from oneiros.layers import Input

from oneiros_testing.checks import Subject
from oneiros_testing.checks.layers import assert_close, layer_check
from oneiros_testing.layer_sample import LayerSample, options, sample_of

MASK = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 0, 1], [1, 1, 1, 1, 1]], "float32")
"""A mask for three samples of five steps, the first step among those left out."""


class Masked:
    """A layer called with a mask that is fed.

    # Arguments
        sample: LayerSample, of a sequence.
        layer: a layer that was called already.
        steps: int, how many steps are declared; None for any number.
    """

    def __init__(self, sample: LayerSample, layer, steps: int | None):
        shape = (None, steps, *sample.shapes[0][1:])
        self.x = Input(batch_shape=shape)
        self.fed = K.placeholder((None, steps))
        mask = K.not_equal(self.fed, 0.5)
        self.output = layer.call(self.x, mask)
        self.mask = layer.compute_mask(self.x, mask)
        passed = [] if self.mask is None else [K.cast(self.mask, K.floatx())]
        self.function = K.function(
            [self.x, self.fed, K.learning_phase()], [self.output, *passed], **options()
        )

    def values(self, x, mask):
        """Returns the output, and the mask that is passed on if there is one."""
        fed = np.where(mask > 0, 1.0, 0.5).astype(K.floatx())
        return list(self.function([x, fed, 0]))


def _masked(subject: Subject) -> tuple[LayerSample, Masked | None, Any]:
    """Returns the sample, its layer called with a mask, and what to feed; without one
    if the layer takes no single sequence."""
    sample = sample_of(subject)
    mask = MASK[:, : sample.shapes[0][0]] if sample.has_steps else None
    layer = sample.base.layer
    if mask is None or mask.shape[1] != sample.shapes[0][0] or _refuses(layer):
        return sample, None, mask
    return sample, Masked(sample, sample.base.layer, sample.shapes[0][0]), mask


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
    sample, masked, mask = _masked(subject)
    if masked is None:
        return
    output, *passed = masked.values(sample.arrays()[0], mask)
    for each in passed:
        fits = each.ndim <= output.ndim and each.shape == output.shape[: each.ndim]
        assert fits, (
            f"The output has the shape {output.shape}, and its mask {each.shape}. "
            "Define compute_mask; it returns None if no steps are left."
        )


@layer_check(
    tags=["masking"], unless=["consumes_mask"], after=["check_mask_fits_the_output"]
)
def check_mask_is_passed_on(subject):
    """If its output has the input's steps, it passes the mask on."""
    sample, masked, mask = _masked(subject)
    if masked is None:
        return
    output, *passed = masked.values(sample.arrays()[0], mask)
    if output.ndim >= 3 and output.shape[:2] == mask.shape:
        assert passed, (
            "Its output has the input's steps, and compute_mask returns None, so that "
            "layers behind it use masked steps. If that is meant, declare the tag "
            "consumes_mask."
        )


def _kept(output, mask):
    """Returns what of an output masked steps mustn't change."""
    has_steps = output.ndim >= 3 and output.shape[:2] == mask.shape
    return output[mask > 0] if has_steps else output


@layer_check(tags=["masking"], after=["check_mask_fits_the_output"])
def check_masked_steps_do_not_matter(subject):
    """What masked steps contain doesn't change the rest of the output."""
    sample, masked, mask = _masked(subject)
    if masked is None:
        return
    x = sample.arrays()[0]
    other = x.copy()
    other[mask == 0] += 3.0
    outputs = [masked.values(each, mask)[0] for each in (x, other)]
    kept = [_kept(output, mask) for output in outputs]
    told = (
        "What masked steps contain changes the output of the others. call receives "
        "the mask as its second argument: leave out the steps where it is 0"
    )
    assert_close(kept[:1], kept[1:], told)


@layer_check(tags=["masking"], after=["check_masked_steps_do_not_matter"])
def check_padding_does_not_matter(subject):
    """A sequence with masked steps behind it gives the same as the sequence alone."""
    sample, masked, mask = _masked(subject)
    if masked is None:
        return
    steps = mask.shape[1]
    try:
        called = sample.called(open=(0,))
        free = Masked(sample, called.layer, None)
    except (OneirosError, TypeError):
        return  # it needs to know the number of steps
    x = sample.arrays()[0]
    real = slice(0, steps - 2)
    padded = np.zeros_like(mask)
    padded[:, real] = 1
    short, *_ = free.values(x[:, real], padded[:, real])
    long, *_ = free.values(x, padded)
    if long.ndim >= 3 and long.shape[1] == steps:
        long = long[:, real]
    told = (
        "Masked steps behind a sequence change the output, such as a mean that "
        "divides by the number of all steps. Count only those that the mask keeps"
    )
    assert_close([short], [long], told)


@layer_check(tags=["masking"], after=["check_mask_fits_the_output"])
def check_a_mask_of_nothing_gives_numbers(subject):
    """A sample whose steps are all masked gives numbers, not NaN."""
    sample, masked, mask = _masked(subject)
    if masked is None:
        return
    mask = mask.copy()
    mask[1] = 0
    output, *_ = masked.values(sample.arrays()[0], mask)
    assert np.isfinite(output).all(), (
        "For a sample whose steps are all masked, the output has NaN or infinite "
        "numbers, which ruin the loss of the whole batch. Add K.epsilon() to what you "
        "divide by."
    )
