"""What must hold for a layer with states, one that runs over sequences, and one inside
a wrapper."""

import numpy as np
from oneiros.layers import Bidirectional, Input, TimeDistributed

from oneiros_testing.checks.layers import TOLD_BY_WEIGHTS, assert_close, layer_check
from oneiros_testing.layer_sample import SAMPLES, Called, LayerSample, sample_of

STEPS = 2
"""How many steps a layer inside TimeDistributed gets."""


def _stateful(sample: LayerSample) -> Called:
    return sample.weighted(sample.make(stateful=True), batch=SAMPLES)


@layer_check(tags=["stateful"], after=[TOLD_BY_WEIGHTS])
def check_state_is_kept(subject):
    """With `stateful=True`, the second prediction goes on from the first state."""
    sample = sample_of(subject)
    called = _stateful(sample)
    if "depends_on_batch" in subject.tags:
        return
    model, arrays = called.model(), sample.arrays()
    one = model.predict(arrays, batch_size=SAMPLES)
    two = model.predict(arrays, batch_size=SAMPLES)
    assert not np.array_equal(one, two), (
        "Two predictions are the same. Set self.stateful, and add the new state with "
        "self.add_update((state, value), x)."
    )


@layer_check(tags=["stateful"], after=["check_state_is_kept"])
def check_reset_forgets(subject):
    """`reset_states` brings back the first state."""
    sample = sample_of(subject)
    model, arrays = _stateful(sample).model(), sample.arrays()
    one = model.predict(arrays, batch_size=SAMPLES)
    model.predict(arrays, batch_size=SAMPLES)
    model.reset_states()
    again = model.predict(arrays, batch_size=SAMPLES)
    told = (
        "After reset_states, the prediction isn't the first one. Set each state to "
        "zeros there: K.set_value(self.state, …)"
    )
    assert_close([again], [one], told)


@layer_check(tags=["return_sequences"], after=[TOLD_BY_WEIGHTS])
def check_last_step_is_the_output(subject):
    """With `return_sequences=True`, the last step is what it returns without."""
    sample = sample_of(subject)
    last, whole = _pair(sample, "return_sequences")
    told = (
        "With return_sequences=True, the last step isn't the output that the layer "
        "has with return_sequences=False"
    )
    assert_close([whole[:, -1]], [last], told)


@layer_check(tags=["go_backwards"], after=[TOLD_BY_WEIGHTS])
def check_backwards_is_reversed(subject):
    """With `go_backwards=True`, it computes what it does for the reversed sequence."""
    sample = sample_of(subject)
    x = sample.arrays()[0]
    forth, back = _pair(sample, "go_backwards", [x, x[:, ::-1]])
    told = (
        "With go_backwards=True, the output for a sequence isn't the one that the "
        "layer has for the reversed sequence without it"
    )
    assert_close([back], [forth], told)


@layer_check(tags=["unroll"], after=[TOLD_BY_WEIGHTS])
def check_unrolled_is_the_same(subject):
    """With `unroll=True`, it computes the same."""
    loop, unrolled = _pair(sample_of(subject), "unroll")
    told = (
        "With unroll=True, the output isn't the one that the layer has with "
        "unroll=False and the same weights"
    )
    assert_close([unrolled], [loop], told)


def _pair(sample: LayerSample, switch: str, arrays=None):
    """Returns the outputs with a switch off and on, with the same weights."""
    values = []
    for on, x in zip((False, True), arrays or sample.arrays() * 2, strict=True):
        layer = sample.make(**{switch: on})
        called = sample.called(layer)
        called.layer.set_weights(sample.base.layer.get_weights())
        values.append(called.values([x])[0])
    return values


@layer_check(
    unless=["not_time_distributed", "depends_on_batch"],
    after=["check_samples_are_independent", TOLD_BY_WEIGHTS],
)
def check_inside_time_distributed(subject):
    """Inside TimeDistributed, it computes for each step what it computes alone."""
    sample = sample_of(subject)
    if len(sample.shapes) > 1 or not sample.is_float or "layer" in sample.arguments:
        return
    layer = sample.make()
    x = Input((STEPS, *sample.shapes[0]))
    called = Called(layer, [x], [TimeDistributed(layer)(x)])
    layer.set_weights(sample.base.layer.get_weights())
    steps = [sample.arrays(seed=step)[0] for step in range(STEPS)]
    whole, *_ = called.values([np.stack(steps, axis=1)])
    outputs = [sample.base.values([step])[0] for step in steps]
    alone = np.stack(outputs, axis=1)
    told = (
        "Inside TimeDistributed, a step has another output than alone. If the layer "
        "isn't meant for single steps, declare the tag not_time_distributed"
    )
    assert_close([whole], [alone], told)


@layer_check(
    tags=["return_sequences", "go_backwards"],
    after=["check_backwards_is_reversed", "check_arguments_are_kept"],
)
def check_inside_bidirectional(subject):
    """Inside Bidirectional, one copy runs forth and one runs back."""
    sample = sample_of(subject)
    if not sample.has_steps:
        return
    x = Input(sample.shapes[0])
    wrapper = Bidirectional(sample.make(), merge_mode="concat")
    called = Called(wrapper, [x], [wrapper(x)])
    weights = sample.base.layer.get_weights()
    wrapper.set_weights([*weights, *weights])
    array = sample.arrays()[0]
    forth, *_ = sample.base.values([array])
    back, *_ = sample.base.values([array[:, ::-1]])
    if sample.base.layer.return_sequences:
        back = back[:, ::-1]  # in the order of the steps
    told = (
        "Inside Bidirectional, the output isn't that of a layer that runs forth and "
        "of one that runs back, one behind the other"
    )
    joined = np.concatenate([forth, back], axis=-1)
    assert_close(called.values([array]), [joined], told)
