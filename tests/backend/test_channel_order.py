"""Channels first ('th').

The numbers of channels last; transposes only at the edges of a block of layers.
"""

import numpy as np
import pytest
from comparison import assert_each_close
from oneiros import backend as K
from oneiros.layers import (
    Activation,
    BatchNormalization,
    Convolution2D,
    Dropout,
    Input,
    MaxPooling2D,
    UpSampling2D,
    ZeroPadding2D,
    merge,
)
from oneiros.models import Model

RANDOM = np.random.RandomState(0)
ORDERS = [(0, 2, 3, 1), (0, 3, 1, 2)]


def count_transposes(y):
    """Counts the feature maps that are transposed on the way to `y`."""
    shapes = theano_transposes(y) if K.backend() == "theano" else recorded_transposes(y)
    return sum(shape[0] is None for shape in shapes)


def theano_transposes(y):
    from pytensor.graph.traversal import apply_ancestors

    nodes = apply_ancestors([y])
    moves = [n for n in nodes if getattr(n.op, "new_order", None) in ORDERS]
    return [node.inputs[0].type.shape for node in moves]


def recorded_transposes(y):
    from oneiros_backend_toolkit.lazy_graph.graph import reachable

    nodes = reachable([y])
    return [n.shape for n in nodes if n.name.startswith("K.permute_dimensions")]


def block(x, ordering):
    """A block as in VGG with a residual connection."""
    first = {"dim_ordering": ordering}
    for _ in range(2):
        x = ZeroPadding2D(**first)(x)
        x = Convolution2D(4, 3, 3, activation="relu", **first)(x)
    y = Convolution2D(4, 3, 3, border_mode="same", bias=False, **first)(x)
    y = UpSampling2D(**first)(MaxPooling2D(**first)(y))
    y = merge([x, Activation("tanh")(y)], mode="sum")
    return Convolution2D(2, 1, 1, **first)(y)


def test_a_block_transposes_only_its_input_and_its_output(backend):
    y = block(Input(shape=(3, 8, 8)), "th")
    assert K.int_shape(y) == (None, 2, 8, 8)
    assert count_transposes(y) == 2


def test_a_tensor_that_meets_one_of_another_kind_is_transposed_for_it(backend):
    x = Input(shape=(3, 8, 8))
    y = Convolution2D(3, 3, 3, border_mode="same", dim_ordering="th")(x)
    y = merge([y, x], mode="mul")
    y = Convolution2D(3, 3, 3, border_mode="same", dim_ordering="th")(y)
    assert count_transposes(y) <= 3


def ordered(array):
    """Moves the channels of a kernel to the front; other weights have none."""
    return array.transpose(3, 2, 0, 1) if array.ndim == 4 else array


def normalized(x, ordering):
    y = Convolution2D(4, 3, 3, bias=False, dim_ordering=ordering)(x)
    y = BatchNormalization(axis=1 if ordering == "th" else -1)(y)
    return block(Activation("relu")(y), ordering)


def test_both_orderings_agree(backend):
    shapes = {"tf": (10, 10, 3), "th": (3, 10, 10)}
    inputs = {ordering: Input(shape) for ordering, shape in shapes.items()}
    last, first = (Model(x, normalized(x, name)) for name, x in inputs.items())
    first.set_weights([ordered(w) for w in last.get_weights()])
    image = RANDOM.normal(size=(5, 10, 10, 3)).astype("float32")
    expected = results_of(last, image)
    results = results_of(first, image.transpose(0, 3, 1, 2))
    for (y, by_image, *by_weights), values in zip(expected, results, strict=True):
        images = [part.transpose(0, 3, 1, 2) for part in (y, by_image)]
        wanted = [*images, *map(ordered, by_weights)]
        assert_each_close(values, wanted, rtol=1e-3, atol=1e-4)


def results_of(model, x):
    """Returns the output and the derivatives of its sum of squares, in each phase."""
    by = [model.input, *model.trainable_weights]
    gradients = K.gradients(K.sum(K.square(model.output)), by)
    outputs = [model.output, *gradients]
    compute = K.function([model.input, K.learning_phase()], outputs)
    return [compute([x, phase]) for phase in (0, 1)]


def test_dropout_between_convolutions_works_with_channels_first(backend):
    x = Input(shape=(2, 6, 6))
    y = Convolution2D(3, 3, 3, dim_ordering="th")(x)
    y = Convolution2D(3, 3, 3, dim_ordering="th")(Dropout(0.5)(y))
    compute = K.function([x, K.learning_phase()], [y])
    image = RANDOM.normal(size=(4, 2, 6, 6))
    first, second = compute([image, 1])[0], compute([image, 1])[0]
    assert first.shape == (4, 3, 2, 2)
    assert (first != second).any()
    np.testing.assert_array_equal(compute([image, 0])[0], compute([image, 0])[0])


FEATURE_MAPS = RANDOM.uniform(size=(2, 2, 5, 6)).astype("float32")


@pytest.mark.parametrize("activation", ["linear", "relu"])
def test_what_lies_behind_a_layer_depends_on_its_output(activation, backend):
    """Class activation maps: layers go on from the output's form with channels last."""
    x = Input((2, 5, 6))
    middle = Convolution2D(3, 2, 2, activation=activation, dim_ordering="th")(x)
    last = Convolution2D(1, 2, 2, dim_ordering="th")
    y = Activation("tanh")(last(middle))
    loss = K.sum(K.square(y)) + K.sum(middle * 0.5)
    (slope,) = K.gradients(loss, [middle])
    image, maps, slopes = K.function([x], [y, middle, slope])([FEATURE_MAPS])
    rest = K.function([middle], [y, slope])
    assert_each_close(rest([maps]), [image, slopes], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(rest([maps * 0])[0], np.tanh(0 * image), atol=1e-6)
    kernel = K.get_value(last.W)[0]
    expected = np.full_like(maps, 0.5)
    outer = 2 * image * (1 - image**2)
    rows, columns = outer.shape[2:]
    for i, j in np.ndindex(2, 2):
        part = kernel[:, i, j][:, None, None]
        expected[:, :, i : i + rows, j : j + columns] += outer * part
    np.testing.assert_allclose(slopes, expected, rtol=1e-4, atol=1e-5)


def test_pytensors_own_functions_go_on_from_a_layers_output(theano):
    x = Input((2, 5, 6))
    middle = Convolution2D(3, 2, 2, dim_ordering="th")(x)
    scaled = Convolution2D(1, 1, 1, dim_ordering="th")(Activation("tanh")(middle))
    maps = K.function([x], [middle])([FEATURE_MAPS])
    expected = K.function([middle], [scaled])(maps)[0]
    unoptimized = K.function([middle], [scaled], mode="FAST_COMPILE")(maps)[0]
    np.testing.assert_allclose(unoptimized, expected, rtol=1e-4, atol=1e-6)
