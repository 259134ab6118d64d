"""A layer with its arguments and inputs as data.

What strategies draw and counterexamples are stored as.
"""

import json
from dataclasses import asdict, dataclass

import numpy as np
from oneiros import backend as K
from oneiros import layers
from oneiros.models import Sequential
from tiny_layers import Both

SAMPLES = 3
MASKED = 9.0
"""What every feature of a masked step is."""

VARIANCE = "_running_std"
"""The end of the name of weights that can't be negative."""


def power(x, exponent=2.0):
    return K.pow(K.abs(x) + 0.5, exponent)


def flat(x):
    return K.batch_flatten(x) * 2.0


def unmasked(x, mask=None):
    return x if mask is None else x * K.expand_dims(K.cast(mask, K.dtype(x)), -1)


def same_shape(shape):
    return shape


def flat_shape(shape):
    return (shape[0], None if None in shape[1:] else int(np.prod(shape[1:])))


def difference(inputs, factor=1.0):
    return inputs[0] - factor * inputs[1]


def flat_difference(inputs, factor=1.0):
    return flat(difference(inputs, factor))


def first_shape(shapes):
    return shapes[0]


def first_mask(masks):
    return masks[0]


FUNCTIONS = {
    f.__name__: f
    for f in (
        power,
        flat,
        unmasked,
        same_shape,
        flat_shape,
        difference,
        flat_difference,
        first_shape,
        first_mask,
    )
}
"""The functions that cases name with an `@` in front."""


@dataclass(frozen=True)
class Case:
    """A layer to make and what to feed it; every field is plain data.

    # Arguments
        layer: name of the class.
        arguments: dict of its arguments. `"@f"` stands for `FUNCTIONS["f"]`,
            `{"@layer": [class, arguments]}` for a layer and `{"@model": [...]}` for a
            Sequential of such; as `weights` stands a seed.
        shapes: a list of sizes for each input, without the batch.
        batch: whether the batch size is declared.
        open: the axis, counted without the batch, whose size isn't declared; or None.
        mask: None; "some" for masked steps, never the first; "first" for some, and the
            first among them.
        first: whether the arguments tell the input's shape, as for the first layer of a
            model.
        dtype: the inputs' type.
        seed: int, of weights and inputs.
    """

    layer: str
    arguments: dict
    shapes: list
    batch: bool = False
    open: int | None = None
    mask: str | None = None
    first: bool = False
    dtype: str = "float64"
    seed: int = 0

    def __repr__(self):
        return json.dumps(asdict(self))

    @property
    def input_dtype(self):
        """The type of the inputs that the layer is given."""
        return self.arguments.get("input_dtype") or self.dtype

    def declared(self, shape):
        """Returns the batch shape under which an input is declared."""
        sizes = [None if axis == self.open else size for axis, size in enumerate(shape)]
        return (SAMPLES if self.batch else None, *sizes)

    def made(self, **changes):
        """Makes the layer."""
        arguments = {**self.arguments, **changes}
        if isinstance(arguments.get("weights"), int):
            twin, _, _ = Case(
                **{**asdict(self), "arguments": {**arguments, "weights": None}}
            ).connected()
            arguments["weights"] = self.values(
                [K.get_variable_shape(w) for w in twin.weights], twin.weights
            )
        return getattr(layers, self.layer)(
            **{key: resolved(value) for key, value in arguments.items()}
        )

    def connected(self):
        """Makes the layer and calls it.

        Returns it, the inputs to feed and the list of outputs.
        """
        if self.arguments.get("layers"):
            return self._merging_layers()
        if self.first:
            layer = self.made()
            layer.create_input_layer(layer.batch_input_shape, layer.input_dtype)
            return (
                layer,
                layer.inbound_nodes[0].input_tensors,
                layer.inbound_nodes[0].output_tensors,
            )
        inputs = [
            layers.Input(batch_shape=self.declared(shape), dtype=self.dtype)
            for shape in self.shapes
        ]
        masked = (
            [layers.Masking(MASKED)(x) for x in inputs]
            if self.masking_before
            else inputs
        )
        layer = self.made()
        layer(masked if len(masked) > 1 else masked[0])
        return layer, inputs, layer.inbound_nodes[0].output_tensors

    def _merging_layers(self):
        """Two layers with two outputs, called twice, for a Merge that chooses among
        these."""
        inputs = [
            layers.Input(batch_shape=self.declared(shape), dtype=self.dtype)
            for shape in self.shapes
        ]
        parents = [Both(), Both()]
        for parent, x in zip(parents, inputs, strict=True):
            parent(x)
            parent(layers.Activation("tanh")(x))
        layer = self.made(layers=parents)
        return layer, inputs, layer.inbound_nodes[0].output_tensors

    @property
    def masking_before(self):
        """Whether a Masking layer comes before the layer."""
        return self.mask is not None and self.layer != "Masking"

    def values(self, shapes, weights):
        """Returns arrays for weights: away from zero, and positive where they must
        be."""
        random = np.random.RandomState(self.seed + 100)
        arrays = [
            random.uniform(0.2, 1.0, shape) * random.choice([-1, 1], shape)
            for shape in shapes
        ]
        return [
            abs(array) if weight.name.removesuffix(":0").endswith(VARIANCE) else array
            for array, weight in zip(arrays, weights, strict=True)
        ]

    def steps_kept(self, attempt=0):
        """Returns which steps of the first input aren't masked, or None without a
        mask."""
        if self.mask is None:
            return None
        kept = (
            np.random.RandomState(self.seed + 200 + attempt).uniform(
                size=(SAMPLES, self.shapes[0][0])
            )
            < 0.6
        )
        kept[:, 0] = [self.mask != "first", *[True] * (SAMPLES - 1)]
        kept[1, -1] = kept.shape[1] == 1
        return kept

    def arrays(self, attempt=0):
        """Returns what to feed; another attempt gives other values."""
        random = np.random.RandomState(self.seed + 1000 * attempt)
        if self.dtype == "int32":
            rows = self.arguments["input_dim"]
            return [
                random.randint(rows, size=(SAMPLES, *shape)).astype("int32")
                for shape in self.shapes
            ]
        arrays = [random.normal(size=(SAMPLES, *shape)) for shape in self.shapes]
        kept = self.steps_kept(attempt)
        if kept is not None:
            for array in arrays:
                array[~kept] = self.arguments.get("mask_value", MASKED)
        return [array.astype(self.input_dtype) for array in arrays]


def resolved(value):
    """Returns what a value of a case stands for."""
    if isinstance(value, str) and value.startswith("@"):
        return FUNCTIONS[value[1:]]
    if isinstance(value, dict) and "@layer" in value:
        name, arguments = value["@layer"]
        return getattr(layers, name)(
            **{key: resolved(part) for key, part in arguments.items()}
        )
    if isinstance(value, dict) and "@model" in value:
        return Sequential([resolved(part) for part in value["@model"]])
    return value
