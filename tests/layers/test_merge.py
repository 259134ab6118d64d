"""Merge: every mode against NumPy, masks, models as branches, functions,
configurations."""

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.errors import ArgumentError, ShapeError
from oneiros.layers import Dense, Flatten, Input, Lambda, Masking, Merge, Reshape, merge
from oneiros.models import Model


def randoms(*shapes):
    random = np.random.RandomState(0)
    return [random.normal(size=shape).astype("float32") for shape in shapes]


def merged(arrays, **arguments):
    inputs = [Input(shape=array.shape[1:]) for array in arrays]
    y = merge(inputs, **arguments)
    return K.function(inputs, [y])(list(arrays))[0], y._keras_shape


@pytest.mark.parametrize("settle", [lambda: Reshape((1,)), Flatten])
def test_cos_of_vectors_has_a_further_axis_that_a_layer_settles(settle):
    a, b = randoms((5, 4), (5, 4))
    inputs = [Input(shape=(4,)), Input(shape=(4,))]
    cos = merge(inputs, mode="cos", dot_axes=1)
    assert cos._keras_shape == (None, 1) and K.ndim(cos) == 3
    raw, settled = K.function(inputs, [cos, settle()(cos)])([a, b])
    expected = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    np.testing.assert_allclose(raw, expected.reshape(5, 1, 1), rtol=1e-5)
    np.testing.assert_allclose(settled, expected.reshape(5, 1), rtol=1e-5)


def test_cos_of_a_zero_vector_is_zero():
    a = np.zeros((1, 3), "float32")
    y, _ = merged([a, a + 1], mode="cos", dot_axes=1)
    np.testing.assert_array_equal(y, [[[0.0]]])


def test_sizes_that_vary_take_the_one_that_is_known():
    a, b = Input(batch_shape=(None, None, 4)), Input(batch_shape=(None, 3, None))
    assert merge([a, b], mode="sum")._keras_shape == (None, 3, 4)
    assert merge([a, b], mode="concat", concat_axis=1)._keras_shape == (None, None, 4)


def test_functions_as_mode():
    arrays = randoms((2, 3), (2, 3))
    inputs = [Input(shape=(3,)), Input(shape=(3,))]

    def weighted(xs, factor):
        return K.concatenate([factor * xs[0], xs[1]], axis=1)

    outputs = [
        merge(inputs, mode=weighted, arguments={"factor": 2.0}),
        merge(inputs, mode=weighted, arguments={"factor": 2.0}, output_shape=(6,)),
        merge(
            inputs,
            mode=weighted,
            arguments={"factor": 2.0},
            output_shape=lambda s: np.array([s[0][0], 6]),
        ),
    ]
    assert [y._keras_shape for y in outputs] == [(None, 6)] * 3
    expected = np.concatenate([2 * arrays[0], arrays[1]], axis=1)
    for value in K.function(inputs, outputs)(arrays):
        np.testing.assert_array_equal(value, expected)


def masks_of(outputs, inputs, feeds):
    masks = [y._keras_history[0].get_output_mask_at(0) for y in outputs]
    assert all(mask is not None for mask in masks)
    return [value.astype(bool) for value in K.function(inputs, masks)(feeds)]


def test_masks():
    a, b = randoms((2, 4, 3), (2, 4, 3))
    a[0, 2:] = 0
    b[1, 3:] = 0
    kept_a, kept_b = (np.any(x != 0, axis=-1) for x in (a, b))
    inputs = [Input(shape=(4, 3)), Input(shape=(4, 3))]
    one, other = (Masking()(x) for x in inputs)
    free = inputs[1]
    outputs = [
        merge([one, other], mode="sum"),
        merge([one, other], mode="mul"),
        merge([one, free], mode="ave"),
        merge([one, other], mode="concat"),
        merge([one, free], mode="concat", concat_axis=2),
        merge([one, other], mode="concat", concat_axis=1),
        merge([free, one], mode="concat", concat_axis=1),
        merge([one, other], mode=lambda xs: xs[0], output_mask=lambda masks: masks[1]),
    ]
    all_true = np.ones((2, 4), bool)
    expected = [
        kept_a & kept_b,
        kept_a & kept_b,
        kept_a,
        kept_a & kept_b,
        kept_a,
        np.concatenate([kept_a, kept_b], axis=1),
        np.concatenate([all_true, kept_a], axis=1),
        kept_b,
    ]
    np.testing.assert_equal(masks_of(outputs, inputs, [a, b]), expected)
    assert merge([one, other], mode="dot")._keras_history[0].output_mask is None


def test_the_function_receives_the_masks_if_it_asks():
    x = Input(shape=(2, 3))
    received = []

    def first(xs, mask):
        received.append(mask)
        return xs[0]

    merge([Masking()(x), x], mode=first, output_shape=(2, 3))
    assert received[0][0] is not None
    assert received[0][1] is None


def test_max_with_a_mask_is_refused():
    x = Input(shape=(2, 3))
    with pytest.raises(
        ArgumentError, match=r"Merge 'merge_\d+' with mode='max' received a mask"
    ):
        merge([Masking()(x), x], mode="max")


def test_functions_stay_live_in_the_configuration():
    def difference(xs):
        return xs[0] - xs[1]

    inputs = [Input(shape=(3,)), Input(shape=(3,))]
    layer = Merge(mode=difference, output_shape=lambda shapes: shapes[0])
    layer(inputs)
    config = layer.get_config()
    assert config["mode"] is difference
    assert (config["mode_type"], config["output_shape_type"]) == ("lambda", "lambda")
    assert config["output_mask_type"] == "raw"
    model = Model(inputs, layer.get_output_at(0))
    arrays = randoms((2, 3), (2, 3))
    copy = Model.from_config(model.get_config())
    np.testing.assert_array_equal(copy.predict(arrays), arrays[0] - arrays[1])


def test_configurations_of_keras_1_0_lack_some_arguments():
    config = {
        "name": "old",
        "mode": "concat",
        "mode_type": "raw",
        "concat_axis": 1,
        "dot_axes": -1,
    }
    layer = Merge.from_config(config)
    assert (layer.name, layer.mode, layer.concat_axis, layer.arguments) == (
        "old",
        "concat",
        1,
        {},
    )


def inputs(*shapes):
    return [Input(shape=shape) for shape in shapes]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Merge(mode="add"), ArgumentError, r"mode='add'.*'sum', 'mul', 'ave'"),
        (
            lambda: merge(inputs((3,)), mode="sum"),
            TypeError,
            "list of at least two tensors",
        ),
        (
            lambda: merge(inputs((3,), (4,))),
            ShapeError,
            r"\(None, 3\), \(None, 4\).*mode='concat'",
        ),
        (
            lambda: merge(inputs((3, 2), (4, 3)), mode="concat"),
            ShapeError,
            "All other axes must",
        ),
        (
            lambda: merge(inputs((3,), (4,)), mode="concat", concat_axis=2),
            ShapeError,
            "concat_axis=2",
        ),
        (
            lambda: merge(inputs((3,), (3,), (3,)), mode="dot"),
            ArgumentError,
            "needs two inputs.*3",
        ),
        (lambda: merge(inputs((3,), (4,)), mode="dot"), ShapeError, "sizes 3 and 4"),
        (
            lambda: merge(inputs((3,), (3,)), mode="dot", dot_axes=0),
            ShapeError,
            "axis 0 is the batch",
        ),
        (
            lambda: merge(inputs((3,), (3,)), mode="dot", dot_axes=2),
            ShapeError,
            "between 1 and 1",
        ),
        (
            lambda: merge(inputs((2, 3), (4, 3)), mode="cos", dot_axes=2),
            ShapeError,
            "inputs of one shape",
        ),
        (
            lambda: Merge(mode="dot", dot_axes=(1, 2, 3)),
            TypeError,
            "an int or a pair of ints",
        ),
        (lambda: Merge([Dense(2, input_dim=3)]), TypeError, "at least two layers"),
        (lambda: Merge([Dense(2), Flatten()]), ArgumentError, "'dense_.*no input yet"),
        (lambda: Lambda(3), TypeError, "function=3"),
    ],
)
def test_messages(call, error, message):
    with pytest.raises(error, match=message):
        call()
