"""ConvLSTM2D beside the golden cases.

Its two ways of computing, masks, dropout, penalties, states.
"""

import numpy as np
import pytest
from layer_oracle import applied
from oneiros import backend as K
from oneiros.layers import ConvLSTM2D, ConvRecurrent2D, Input, Masking
from oneiros.models import Sequential


class Stepped(ConvLSTM2D):
    """A step of its own, so that the images are convolved step by step."""

    def step(self, x, states):
        return super().step(x, states)


class Scaled(ConvLSTM2D):
    """Scales each gate's kernel of the state."""

    def conv_step_hidden(self, x, W, border_mode="valid"):
        return super().conv_step_hidden(x, W / K.max(W), border_mode)


def images(*shape):
    return np.random.normal(size=shape).astype("float32")


def made(cls=ConvLSTM2D, **kwargs):
    arguments = {
        "nb_filter": 2,
        "nb_row": 3,
        "nb_col": 2,
        "dim_ordering": "tf",
        "border_mode": "same",
        **kwargs,
    }
    return cls(**arguments)


def kernel(array):
    """Returns a kernel of "tf" as one of "th"; a bias as it is."""
    return array.transpose(3, 2, 0, 1) if array.ndim == 4 else array


def test_both_ways_and_both_orderings_agree():
    """All images in one convolution, or each in its step.

    Channels last, or first; also with masks.
    """
    x = images(2, 3, 5, 4, 2)
    x[0, 0] = x[1, 1] = 0
    options = {"border_mode": "valid", "subsample": (2, 1), "return_sequences": True}
    inputs = Input(batch_shape=(None, 3, 5, 4, 2))
    other = Input(batch_shape=(None, 3, 2, 5, 4))
    mask = K.any(K.not_equal(inputs, 0), axis=[2, 3, 4])
    layers = [
        made(cls, **options, go_backwards=backwards, dim_ordering=ordering)
        for backwards in (False, True)
        for cls, ordering in (
            (ConvLSTM2D, "tf"),
            (Stepped, "tf"),
            (ConvLSTM2D, "th"),
            (Stepped, "th"),
        )
    ]
    tensors = []
    weights = None
    for layer in layers:
        source = inputs if layer.dim_ordering == "tf" else other
        layer(source)
        weights = weights or [images(*w.shape) for w in layer.get_weights()]
        layer.set_weights(weights if source is inputs else [kernel(w) for w in weights])
        y = layer.call(source, mask)
        tensors += [
            y,
            *K.gradients(K.sum(K.square(y)), [layer.W_f, layer.U_c, layer.b_o]),
        ]
    values = K.function([inputs, other], tensors)([x, np.moveaxis(x, -1, 2)])
    for start in (0, 16):
        reference, *others = (
            values[start + 4 * i : start + 4 * i + 4] for i in range(4)
        )
        for index, (y, W, U, b) in enumerate(others):
            th = index > 0
            np.testing.assert_allclose(
                np.moveaxis(y, 2, -1) if th else y, reference[0], rtol=1e-4, atol=1e-5
            )
            np.testing.assert_allclose(
                W, kernel(reference[1]) if th else reference[1], rtol=1e-3, atol=1e-4
            )
            np.testing.assert_allclose(
                U, kernel(reference[2]) if th else reference[2], rtol=1e-3, atol=1e-4
            )
            np.testing.assert_allclose(b, reference[3], rtol=1e-3, atol=1e-4)
    forward = values[0]
    np.testing.assert_array_equal(forward[0, 0], np.zeros_like(forward[0, 0]))
    np.testing.assert_array_equal(forward[1, 1], forward[1, 0])
    assert (forward[0, 1] != forward[0, 0]).any()


def test_a_convolution_of_the_state_that_somebody_derived():
    x = Input(batch_shape=(None, 3, 5, 4, 2))
    derived, plain = made(Scaled), made()
    outputs = [derived(x), plain(x)]
    weights = derived.get_weights()
    for kernel_of_state in weights[1::3]:
        kernel_of_state /= kernel_of_state.max()
    plain.set_weights(weights)
    value, expected = K.function([x], outputs)([images(2, 3, 5, 4, 2)])
    np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-5)


def test_a_mask_passes():
    x = Masking()(Input(shape=(3, 5, 4, 2)))
    assert made(return_sequences=True).compute_mask(x, "mask") == "mask"
    assert made().compute_mask(x, "mask") is None


def test_images_of_unknown_size():
    layer = made(return_sequences=True)
    x = Input(shape=(None, None, None, 2))
    y = layer(x)
    assert y._keras_shape == (None, None, None, None, 2)
    data = images(2, 3, 5, 4, 2)
    known = made(return_sequences=True, weights=layer.get_weights())
    outputs, (expected,) = applied([(known, data)])
    assert outputs[0]._keras_shape == (None, 3, 5, 4, 2)
    np.testing.assert_allclose(
        K.function([x], [y])([data])[0], expected, rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("ordering", ["tf", "th"])
def test_initial_values(ordering):
    """W is Glorot's for the kernel's own layout, U is orthogonal, the forget gate's
    bias is 1."""
    layer = made(dim_ordering=ordering, nb_filter=4, nb_row=3, nb_col=3)
    layer(Input(batch_shape=(None, 3, 8, 8, 8)))
    W, U, b = (
        [K.get_value(getattr(layer, f"{part}_{gate}")) for gate in "ifco"]
        for part in "WUb"
    )
    limit = np.sqrt(6 / (9 * 8 + 9 * 4))
    assert max(abs(w).max() for w in W) == pytest.approx(limit, rel=0.05)
    for u in U:
        flat = u.reshape(u.shape[0], -1)
        np.testing.assert_allclose(
            flat @ flat.T, 1.21 * np.eye(len(flat)), rtol=1e-4, atol=1e-4
        )
    assert [set(bias) for bias in b] == [{0}, {1}, {0}, {0}]


def test_dropout():
    """Drops values of input and state in training alone, at all steps the same, for
    each gate other ones."""
    layer = made(dropout_W=0.5, dropout_U=0.5)
    x = Input(batch_shape=(None, 3, 5, 4, 2))
    y = layer(x)
    assert y._uses_learning_phase
    kept_U, kept_W = layer.get_constants(x)
    plain = made(weights=layer.get_weights())(x)
    run = K.function([x, K.learning_phase()], [y, plain, *kept_U, *kept_W])
    data = images(4, 3, 5, 4, 2)
    y, plain, *masks = run([data, 0])
    np.testing.assert_allclose(y, plain, rtol=1e-4, atol=1e-5)
    assert all((mask == 1).all() for mask in masks)
    y, plain, *masks = run([data, 1])
    assert not np.allclose(y, plain)
    assert [mask.shape for mask in masks] == [(4, 5, 4, 2)] * 8
    assert all(set(np.unique(mask)) == {0, 2} for mask in masks)
    assert len({mask.tobytes() for mask in masks}) == 8


def test_states():
    """They go on from batch to batch, and have the strided size."""
    model = Sequential()
    model.add(made(stateful=True, subsample=(2, 2), batch_input_shape=(2, 3, 5, 4, 2)))
    data = images(2, 3, 5, 4, 2)
    first, second = (model.predict(data, batch_size=2) for _ in range(2))
    assert (
        first.shape
        == tuple(K.get_variable_shape(model.layers[0].states[1]))
        == (2, 3, 2, 2)
    )
    assert not np.allclose(first, second)
    model.reset_states()
    np.testing.assert_allclose(
        model.predict(data, batch_size=2), first, rtol=1e-5, atol=1e-6
    )


class Peak(ConvRecurrent2D):
    """A layer over images that somebody derived.

    The largest value so far, through a kernel of its own.
    """

    def build(self, input_shape):
        self.W = self.add_weight(
            (1, 1, 2, self.nb_filter), "one", name=f"{self.name}_W"
        )
        super().build(input_shape)

    def get_constants(self, X, train=False):
        return [K.mean(X, axis=1)]

    def step(self, x, states):
        peak = K.maximum(K.conv2d(x - states[1], self.W, dim_ordering="tf"), states[0])
        return peak, [peak]


def test_a_derived_layer():
    layer = Peak(
        nb_filter=3,
        nb_row=1,
        nb_col=1,
        dim_ordering="tf",
        return_sequences=True,
        name="peak",
    )
    data = images(2, 4, 3, 3, 2)
    (output,), (value,) = applied([(layer, data)])
    assert output._keras_shape == (None, 4, 3, 3, 3)
    total = (data - data.mean(axis=1, keepdims=True)).sum(axis=-1)
    expected = np.maximum.accumulate(np.maximum(total, 0), axis=1)
    np.testing.assert_allclose(
        value, np.stack([expected] * 3, -1), rtol=1e-4, atol=1e-5
    )
    assert layer.get_config()["nb_row"] == 1
