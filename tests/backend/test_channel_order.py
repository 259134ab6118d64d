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


def transposes(y):
    """Returns the shapes of the feature maps that are transposed on the way to `y`."""
    return theano_transposes(y) if K.backend() == "theano" else recorded_transposes(y)


def theano_transposes(y):
    from pytensor.graph.traversal import apply_ancestors
    from pytensor.tensor.elemwise import DimShuffle

    nodes = [node for node in apply_ancestors([y]) if isinstance(node.op, DimShuffle)]
    orders = [(0, 2, 3, 1), (0, 3, 1, 2)]
    moved = [
        node.inputs[0].type.shape
        for node in nodes
        if tuple(node.op.new_order) in orders
    ]
    return [shape for shape in moved if shape[0] is None]


def recorded_transposes(y):
    from oneiros_backend_toolkit.lazy_graph.graph import reachable

    nodes = [
        node for node in reachable([y]) if node.name.startswith("K.permute_dimensions")
    ]
    return [node.shape for node in nodes if node.shape[0] is None]


def block(x, ordering):
    """A block as in VGG with a residual connection."""
    for _ in range(3):
        x = ZeroPadding2D(dim_ordering=ordering)(x)
        x = Convolution2D(4, 3, 3, activation="relu", dim_ordering=ordering)(x)
    y = Convolution2D(4, 3, 3, border_mode="same", bias=False, dim_ordering=ordering)(x)
    y = Activation("tanh")(
        UpSampling2D(dim_ordering=ordering)(MaxPooling2D(dim_ordering=ordering)(y))
    )
    return Convolution2D(2, 1, 1, dim_ordering=ordering)(merge([x, y], mode="sum"))


def test_a_block_transposes_only_its_input_and_its_output(backend):
    y = block(Input(shape=(3, 8, 8)), "th")
    assert K.int_shape(y) == (None, 2, 8, 8)
    assert len(transposes(y)) == 2


def test_a_tensor_that_meets_one_of_another_kind_is_transposed_for_it(backend):
    x = Input(shape=(3, 8, 8))
    y = Convolution2D(3, 3, 3, border_mode="same", dim_ordering="th")(x)
    y = Convolution2D(3, 3, 3, border_mode="same", dim_ordering="th")(
        merge([y, x], mode="mul")
    )
    assert len(transposes(y)) <= 3


def ordered(kernel):
    return kernel.transpose(3, 2, 0, 1) if kernel.ndim == 4 else kernel


@pytest.mark.parametrize("phase", [0, 1])
def test_both_orderings_agree(backend, phase):
    def network(x, ordering):
        axis = 1 if ordering == "th" else -1
        x = BatchNormalization(axis=axis)(
            Convolution2D(4, 3, 3, dim_ordering=ordering)(x)
        )
        return block(Activation("relu")(x), ordering)

    models = {}
    for ordering, shape in (("tf", (10, 10, 3)), ("th", (3, 10, 10))):
        x = Input(shape=shape)
        models[ordering] = Model(x, network(x, ordering))
    models["th"].set_weights([ordered(w) for w in models["tf"].get_weights()])
    image = RANDOM.normal(size=(5, 10, 10, 3)).astype("float32")
    results = {}
    for ordering, model in models.items():
        loss = K.sum(K.square(model.output))
        gradients = K.gradients(loss, [model.input, *model.trainable_weights])
        compute = K.function(
            [model.input, K.learning_phase()], [model.output, *gradients]
        )
        results[ordering] = compute(
            [image if ordering == "tf" else image.transpose(0, 3, 1, 2), phase]
        )
    y, by_image, *by_weights = results["tf"]
    expected = [
        y.transpose(0, 3, 1, 2),
        by_image.transpose(0, 3, 1, 2),
        *map(ordered, by_weights),
    ]
    assert_each_close(results["th"], expected, rtol=1e-3, atol=1e-4)


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


@pytest.fixture(scope="module")
def feature_maps():
    return RANDOM.uniform(size=(2, 2, 5, 6)).astype("float32")


@pytest.mark.parametrize("activation", ["linear", "relu"])
def test_what_lies_behind_a_layer_depends_on_its_output(
    activation, feature_maps, backend
):
    """Class activation maps: layers go on from the output's form with channels last."""
    x = Input((2, 5, 6))
    middle = Convolution2D(
        3, 2, 2, activation=activation, dim_ordering="th", name="middle"
    )(x)
    last = Convolution2D(1, 2, 2, dim_ordering="th")
    y = Activation("tanh")(last(middle))
    loss = K.sum(K.square(y)) + K.sum(middle * 0.5)
    (slope,) = K.gradients(loss, [middle])
    image, maps, slopes = K.function([x], [y, middle, slope])([feature_maps])
    rest = K.function([middle], [y, slope])
    again, slopes_again = rest([maps])
    np.testing.assert_allclose(again, image, rtol=1e-5)
    np.testing.assert_allclose(slopes_again, slopes, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(rest([maps * 0])[0], np.tanh(0 * image), atol=1e-6)
    kernel = K.get_value(last.W)[0]
    expected = np.full_like(maps, 0.5)
    outer = 2 * image * (1 - image**2)
    for i in range(2):
        for j in range(2):
            rows = slice(i, i + outer.shape[2])
            columns = slice(j, j + outer.shape[3])
            expected[:, :, rows, columns] += outer * kernel[:, i, j][:, None, None]
    np.testing.assert_allclose(slopes, expected, rtol=1e-4, atol=1e-5)


def test_pytensors_own_functions_go_on_from_a_layers_output(feature_maps):
    with K.use("theano"):
        x = Input((2, 5, 6))
        middle = Convolution2D(3, 2, 2, dim_ordering="th")(x)
        y = Activation("tanh")(middle)
        scaled = Convolution2D(1, 1, 1, dim_ordering="th")(y)
        maps = K.function([x], [middle])([feature_maps])[0]
        expected = K.function([middle], [scaled])([maps])[0]
        unoptimized = K.function([middle], [scaled], mode="FAST_COMPILE")([maps])[0]
        np.testing.assert_allclose(unoptimized, expected, rtol=1e-4, atol=1e-6)
