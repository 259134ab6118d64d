"""What must hold for a drawn case of a layer, on each backend: declared shapes,
gradients, copies and draws are right. The kit has the laws that hold for each class."""

import json

import numpy as np
from comparison import assert_each_close
from layer_strategies import FUNCTIONS, SAMPLES
from oneiros import backend as K
from oneiros import config as configs
from oneiros.engine.container import Container
from oneiros.engine.node import one_or_all, to_list
from oneiros.layers import Input
from oneiros_safe_files import json_text
from oneiros_testing.checks.layers import assert_shapes_fit, declared_shapes
from oneiros_testing.slopes import SURE, Slopes, assert_mean
from tiny_layers import OBJECTS


def first(x):
    """Returns an array with its last axis, the channels, moved behind the batch."""
    return np.moveaxis(x, -1, 1)


def applied(pairs):
    """Calls each layer on its array; returns the output tensors and their values."""
    inputs = [Input(batch_shape=(None, *x.shape[1:])) for _, x in pairs]
    outputs = [layer(x) for (layer, _), x in zip(pairs, inputs, strict=True)]
    return outputs, K.function(inputs, outputs)([x for _, x in pairs])


POINTS = 8
"""How many points are tried, as a difference over a kink says nothing about the
gradient on either side."""

CALLS = 40
"""How often a random layer is called."""

KEEPS_MEAN = {
    "Dropout",
    "Embedding",
    "GaussianDropout",
    "GaussianNoise",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
}


def close(one, other, exact=True):
    """Asserts that two arrays agree, as closely as float64 allows; or float32."""
    rtol, atol = (1e-9, 1e-11) if exact else (1e-5, 1e-6)
    np.testing.assert_allclose(one, other, rtol=rtol, atol=atol)


def inner_layers(layer):
    """Returns a layer and those within it."""
    inside = getattr(layer, "wrapped", None) or (
        layer.layers if isinstance(layer, Container) else []
    )
    return [layer, *[each for part in inside for each in inner_layers(part)]]


def restored(layer):
    """Returns a layer made from the JSON text of another one's configuration."""
    text = json_text.dumps(
        {"class_name": type(layer).__name__, "config": layer.get_config()}
    )
    return configs.layer_from_config(json_text.loads(text), {**FUNCTIONS, **OBJECTS})


def plain_config(layer):
    """Returns a configuration as a file holds it."""
    return json.loads(json_text.dumps(layer.get_config()))


def keeps(config, kept):
    """Tells whether a configuration has all that another one has.

    A layer in a wrapper included.

    The copy may have more: once built, a layer knows its `input_dim`, which is the
        copy's `input_shape`.
    """
    if isinstance(config, dict) and isinstance(kept, dict):
        return all(
            key in kept and keeps(value, kept[key]) for key, value in config.items()
        )
    if isinstance(config, list) and isinstance(kept, list):
        return len(config) == len(kept) and all(map(keeps, config, kept))
    return config == kept


def set_states(layer, seed):
    """Gives a stateful layer states that aren't zero."""
    random = np.random.RandomState(seed)
    for part in inner_layers(layer):
        for state in getattr(part, "states", None) or []:
            if state is not None:
                K.set_value(state, random.uniform(-1, 1, K.get_variable_shape(state)))


class Probe:
    """A layer and its copy, made from the configuration, on the current backend.

    # Arguments
        case: Case.
        options: of `K.function`.
    """

    def __init__(self, case, **options):
        self.case = case
        np.random.seed(case.seed)
        self.layer, self.inputs, self.outputs = case.connected()
        self.initial = self.layer.get_weights()
        np.random.seed(case.seed)
        self.copy = restored(self.layer)
        node = self.layer.inbound_nodes[0]
        self.copied = to_list(self.copy(one_or_all(node.input_tensors)))
        self._set_weights()
        set_states(self.layer, case.seed)
        set_states(self.copy, case.seed)
        self.masks = [mask for mask in node.output_masks if mask is not None]
        self.exact = case.input_dtype != "float32"
        self.moved = 0 if case.input_dtype == "int32" else len(self.inputs)
        self.sources = (
            [*self.inputs[: self.moved], *self.layer.trainable_weights]
            if self.exact
            else []
        )
        self.penalties, self.copied_penalties = (
            [*layer.get_losses_for(None), *layer.get_losses_for(node.input_tensors)]
            for layer in (self.layer, self.copy)
        )
        self.updates = [
            value for _, value in self.layer.get_updates_for(node.input_tensors)
        ]
        self.loss = sum(K.sum(K.square(y) * (y + 1.0)) for y in self.outputs) + sum(
            self.penalties
        )
        self.learns = any(y._uses_learning_phase for y in self.outputs)
        feeds = [*self.inputs, K.learning_phase()]
        self.function = K.function(feeds, list(self.tensors()), **options)
        self.draw = K.function(feeds, self.outputs, **options)

    def _set_weights(self):
        """Gives both layers the same weights, none of them zero unless the case says
        so."""
        if self.case.arguments.get("weights") is None:
            weights = self.layer.ordered_weights()
            shapes = [tuple(K.get_variable_shape(weight)) for weight in weights]
            self.layer.set_weights(self.case.values(shapes, weights))
        self.initial_copy = self.copy.get_weights()
        self.copy.set_weights(self.layer.get_weights())

    def tensors(self):
        """What the compiled function computes.

        The loss, then lists of which the lengths are noted.
        """
        parts = {
            "y": self.outputs,
            "copy": self.copied,
            "penalty": self.penalties,
            "copy_penalty": self.copied_penalties,
            "mask": [K.cast(mask, "float64") for mask in self.masks],
            "update": self.updates,
            "gradient": K.gradients(self.loss, self.sources) if self.sources else [],
        }
        self.sizes = {name: len(part) for name, part in parts.items()}
        return [self.loss, *[tensor for part in parts.values() for tensor in part]]

    def values(self, phase, attempt=0):
        """Returns the loss, and a dict of the lists of arrays."""
        loss, *rest = self.function([*self.case.arrays(attempt), phase])
        arrays = iter(rest)
        return loss, {
            name: [next(arrays) for _ in range(size)]
            for name, size in self.sizes.items()
        }

    def check(self):
        """Asks everything; returns what the other backend must compute too."""
        self.check_shapes()
        self.check_copy()
        random = self.random
        results = {}
        for phase in (0, 1) if self.learns and not random else (0,):
            loss, values = self.values(phase)
            results[phase] = [
                loss,
                *[
                    v
                    for name, part in values.items()
                    if "copy" not in name
                    for v in part
                ],
            ]
            for name in ("y", "penalty"):
                assert_each_close(
                    values[name],
                    values["copy" if name == "y" else "copy_penalty"],
                    rtol=1e-12,
                    atol=1e-14,
                )
            self.check_gradient(phase)
        return results, self.check_draws() if random else None

    @property
    def random(self):
        """Whether the training phase draws at random."""
        rates = ("p", "sigma", "dropout", "dropout_W", "dropout_U")
        return self.learns and any(
            getattr(layer, rate, 0) > 0
            for layer in inner_layers(self.layer)
            for rate in rates
        )

    def real_shapes(self):
        """Returns the shapes of the outputs, for which Merge's cosine has an extra
        axis, as in Keras 1."""
        shapes = [y.shape for y in self.values(0)[1]["y"]]
        return (
            [(*s[:1], *s[2:]) for s in shapes]
            if self.case.arguments.get("mode") == "cos"
            else shapes
        )

    def check_shapes(self):
        """The declared shape fits the real one whatever sizes are known, and those of
        the case are what the outputs have."""
        real = self.real_shapes()
        shapes = self.case.shapes
        assert_shapes_fit(self.layer, [(SAMPLES, *shape) for shape in shapes], real)
        drawn = declared_shapes(self.layer, list(map(self.case.declared, shapes)))
        assert drawn == [y._keras_shape for y in self.outputs]
        for declared, shape in zip(drawn, real, strict=True):
            assert len(declared) == len(shape)
            assert all(a in (None, b) for a, b in zip(declared, shape, strict=True)), (
                declared,
                shape,
            )
        for mask, shape in zip(self.values(0)[1]["mask"], real, strict=False):
            assert mask.shape == shape[: mask.ndim]

    def check_copy(self):
        """The copy has the configuration, the names and shapes of weights, and the same
        initial values."""
        config, kept = plain_config(self.layer), plain_config(self.copy)
        assert keeps(config, kept), (config, kept)
        assert [w.name for w in self.copy.weights] == [
            w.name for w in self.layer.weights
        ]
        assert len(self.copy.trainable_weights) == len(self.layer.trainable_weights)
        if self.case.arguments.get("weights") is None:
            np.testing.assert_equal(self.initial, self.initial_copy)

    def check_gradient(self, phase):
        """The gradient is the slope of the loss."""
        if self.sources:
            case = self.case
            points = [
                (case.arrays(attempt), case.steps_kept(attempt))
                for attempt in range(POINTS)
            ]
            weights = self.layer.trainable_weights
            Slopes(self.loss_and_gradients, weights, self.moved).compare(phase, points)

    def loss_and_gradients(self, arrays, phase):
        """Returns what the compiled function computes of these."""
        loss, *rest = self.function([*arrays, phase])
        return loss, rest[len(rest) - self.sizes["gradient"] :]

    def check_draws(self):
        """Draws are finite, differ between calls and have the right mean.

        Returns mean, standard error, and which point it was: an activation may turn all
        draws of one into the same value; then another one is tried.
        """
        for attempt in range(POINTS):
            draws = np.array([self.flat(1, attempt) for _ in range(CALLS)])
            assert np.isfinite(draws).all()
            mean = draws.mean(axis=0)
            error = draws.std(axis=0) / np.sqrt(CALLS)
            if error.any():
                break
        assert error.any(), f"at {POINTS} points, {CALLS} calls gave the same"
        if self.case.layer in KEEPS_MEAN:
            assert_mean(draws, self.flat(0, attempt))
        return mean, error, attempt

    def flat(self, phase, attempt):
        """Returns all outputs as one vector."""
        outputs = self.draw([*self.case.arrays(attempt), phase])
        return np.concatenate([y.ravel() for y in outputs]).astype("float64")


def agree(one, other, exact):
    """Asserts that two backends found the same.

    Values closely, means of draws within their errors.
    """
    (values, draws), (others, other_draws) = one, other
    for phase in values:
        for mine, its in zip(values[phase], others[phase], strict=True):
            close(mine, its, exact)
    if draws is not None and draws[2] == other_draws[2]:
        error = np.sqrt(draws[1] ** 2 + other_draws[1] ** 2).max()
        assert (abs(draws[0] - other_draws[0]) <= SURE * error + 1e-6).all()
