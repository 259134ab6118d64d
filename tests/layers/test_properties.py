"""Properties of every layer, on drawn arguments and shapes, in float64.

The output has the declared shape; the gradient is the one that differences of the loss show; a layer made
from the configuration computes the same; and both backends agree.
"""

import numpy as np
import pytest
from draws import draws
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from oneiros import backend as K
from oneiros import layers

SIZES = st.integers(1, 4)
ACTIVATIONS = [None, "tanh", "sigmoid", "relu", "softplus", "softsign", "elu"]
SAMPLES = 3


class Draw:
    """Draws arguments; thin wrappers that keep the table below short."""

    def __init__(self, data):
        self._draw = data.draw

    def shape(self, low, high=None):
        return tuple(self._draw(st.lists(SIZES, min_size=low, max_size=high or low)))

    def size(self):
        return self._draw(SIZES)

    def flag(self):
        return self._draw(st.booleans())

    def among(self, *values):
        return self._draw(st.sampled_from(values))

    def order(self, values):
        return tuple(self._draw(st.permutations(values)))


def affine(draw):
    return {"W_regularizer": draw.among(None, "l2"), "activity_regularizer": draw.among(None, "l2")}


def dense(draw):
    bias = {"bias": draw.flag(), "activation": draw.among(*ACTIVATIONS)}
    return {"output_dim": draw.size(), **bias, **affine(draw)}, [draw.shape(1, 3)]


def reshape(draw):
    shape = draw.shape(1, 3)
    target = draw.order([*shape, 1])
    if draw.flag():
        at = draw.among(*range(len(target)))
        target = (*target[:at], -1, *target[at + 1 :])
    return {"target_shape": target}, [shape]


def permute(draw):
    shape = draw.shape(1, 3)
    return {"dims": draw.order(range(1, len(shape) + 1))}, [shape]


def merge(draw):
    mode = draw.among("sum", "mul", "ave", "max", "concat", "dot", "cos")
    if mode in ("dot", "cos"):
        shape = draw.shape(1, 2)
        axis = draw.among(-1, *range(1, len(shape) + 1))
        return {"mode": mode, "dot_axes": axis}, [shape, shape]
    shape, count = draw.shape(1, 3), draw.among(2, 3)
    if mode != "concat":
        return {"mode": mode}, [shape] * count
    axis = draw.among(*range(1, len(shape) + 1))
    others = [(*shape[: axis - 1], draw.size(), *shape[axis:]) for _ in range(count)]
    return {"mode": mode, "concat_axis": draw.among(axis, axis - len(shape) - 1)}, others


def normalization(draw):
    shape = draw.shape(1, 3)
    mode = draw.among(0, 1, 2)
    axis = -1 if mode == 1 else draw.among(-1, *range(1, len(shape) + 1))
    return {"mode": mode, "axis": axis, "epsilon": draw.among(0.001, 0.1)}, [shape]


def shared(draw):
    shape = draw.shape(1, 3)
    axes = draw.among(None, 1, list(range(1, len(shape) + 1)))
    return {"shared_axes": axes}, [shape]


EXAMPLES = {
    "Activation": lambda draw: ({"activation": draw.among(*ACTIVATIONS)}, [draw.shape(1, 3)]),
    "ActivityRegularization": lambda draw: ({"l2": draw.among(0.0, 0.1), "l1": 0.01}, [draw.shape(1, 3)]),
    "BatchNormalization": normalization,
    "Dense": dense,
    "Dropout": lambda draw: ({"p": 0.4, "seed": draw.among(None, 3)}, [draw.shape(1, 3)]),
    "ELU": lambda draw: ({"alpha": draw.among(0.3, 1.0)}, [draw.shape(1, 3)]),
    "Embedding": lambda draw: ({"input_dim": 5, "output_dim": draw.size()}, [draw.shape(1)]),
    "Flatten": lambda draw: ({}, [draw.shape(2, 4)]),
    "GaussianDropout": lambda draw: ({"p": 0.4}, [draw.shape(1, 3)]),
    "GaussianNoise": lambda draw: ({"sigma": 0.4}, [draw.shape(1, 3)]),
    "Highway": lambda draw: ({"bias": draw.flag(), "activation": "tanh", **affine(draw)}, [draw.shape(1)]),
    "Lambda": lambda draw: ({"function": lambda x: K.square(x) * x[:, :1]}, [draw.shape(1, 3)]),
    "LeakyReLU": lambda draw: ({"alpha": draw.among(0.3, 0.1)}, [draw.shape(1, 3)]),
    "Masking": lambda draw: ({"mask_value": 7.0}, [draw.shape(2, 3)]),
    "MaxoutDense": lambda draw: (
        {"output_dim": draw.size(), "nb_feature": draw.size(), "bias": draw.flag(), **affine(draw)},
        [draw.shape(1)],
    ),
    "Merge": merge,
    "PReLU": shared,
    "ParametricSoftplus": shared,
    "Permute": permute,
    "RepeatVector": lambda draw: ({"n": draw.size()}, [draw.shape(1)]),
    "Reshape": reshape,
    "SReLU": shared,
    "SpatialDropout1D": lambda draw: ({"p": 0.4}, [draw.shape(2)]),
    "SpatialDropout2D": lambda draw: ({"p": 0.4, "dim_ordering": draw.among("tf", "th")}, [draw.shape(3)]),
    "SpatialDropout3D": lambda draw: ({"p": 0.4, "dim_ordering": draw.among("tf", "th")}, [draw.shape(4)]),
    "ThresholdedReLU": lambda draw: ({"theta": draw.among(0.0, 0.5)}, [draw.shape(1, 3)]),
    "TimeDistributedDense": lambda draw: ({"output_dim": draw.size(), **affine(draw)}, [draw.shape(2)]),
}


class Probe:
    """A layer and its copy on one backend, with everything asked of them in one compiled function."""

    def __init__(self, name, kwargs, arrays, weights):
        dtype = str(arrays[0].dtype)
        self.arrays = arrays
        self.inputs = [layers.Input(shape=array.shape[1:], dtype=dtype) for array in arrays]
        x = self.inputs if len(self.inputs) > 1 else self.inputs[0]
        self.layer = getattr(layers, name)(**kwargs)
        self.copy = type(self.layer).from_config(self.layer.get_config())
        y, same = self.layer(x), self.copy(x)
        self.declared = self.layer.get_output_shape_at(0)
        shapes = [K.get_variable_shape(weight) for weight in self.layer.weights]
        self.weights = [np.resize(weight, shape) for weight, shape in zip(weights, shapes, strict=False)]
        self.copy.set_weights(self.weights)
        self.sources = [*(self.inputs if dtype == "float64" else []), *self.layer.trainable_weights]
        loss = K.sum(K.square(y)) + sum(self.layer.losses)
        grads = K.gradients(loss, self.sources) if self.sources else []
        self.function = K.function([*self.inputs, K.learning_phase()], [loss, y, same, *grads])

    def values(self, shift=0.0, directions=None):
        """Returns loss, output, the copy's output and gradients with the sources moved along directions."""
        moves = [np.zeros(1)] * len(self.sources) if directions is None else directions
        moves = [shift * move for move in moves]
        arrays, weights = list(self.arrays), list(self.weights)
        if len(self.sources) > len(self.layer.trainable_weights):
            arrays = [array + moves.pop(0) for array in arrays]
        weights = [weight + (moves.pop(0) if moves else 0.0) for weight in weights]
        self.layer.set_weights(weights)
        return self.function([*arrays, 0])


def probe(backend, name, kwargs, arrays, weights):
    with K.use(backend):
        made = Probe(name, kwargs, arrays, weights)
        _, y, same, *grads = made.values()
        random = np.random.RandomState(0)
        directions = [random.normal(size=grad.shape) for grad in grads]
        step = 1e-6
        up, down = (made.values(sign * step, directions)[0] for sign in (1, -1))
        slope = sum(np.sum(grad * direction) for grad, direction in zip(grads, directions, strict=True))
        return made.declared, y, same, grads, slope, (up - down) / (2 * step)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
@settings(
    max_examples=draws(3),
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_layer(float64, name, data):
    kwargs, shapes = EXAMPLES[name](Draw(data))
    random = np.random.RandomState(7)
    whole = name == "Embedding"
    arrays = [
        random.randint(5, size=(SAMPLES, *shape)).astype("int32")
        if whole
        else random.normal(size=(SAMPLES, *shape))
        for shape in shapes
    ]
    weights = [random.uniform(0.2, 1.0, size=500) for _ in range(4)]
    results = {}
    for backend in ("theano", "tensorflow"):
        declared, y, same, grads, slope, difference = probe(backend, name, kwargs, arrays, weights)
        if kwargs.get("mode") == "cos":
            y_shape = (y.shape[0], *y.shape[2:])
            assert y.shape[1] == 1
        else:
            y_shape = y.shape
        assert y_shape == tuple(SAMPLES if size is None else size for size in declared)
        assert y.dtype == "float64"
        np.testing.assert_allclose(y, same, rtol=1e-12)
        np.testing.assert_allclose(slope, difference, rtol=1e-5, atol=1e-6)
        results[backend] = [y, *grads]
    for one, other in zip(results["theano"], results["tensorflow"], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11)


def test_every_layer_has_an_example():
    from oneiros_layers_advanced_activations import manifest as advanced_activations
    from oneiros_layers_core import manifest as core
    from oneiros_layers_embeddings import manifest as embeddings
    from oneiros_layers_noise import manifest as noise
    from oneiros_layers_normalization import manifest as normalization

    plugins = (core, embeddings, normalization, advanced_activations, noise)
    assert EXAMPLES.keys() == {name for plugin in plugins for name in plugin.LAYERS}
