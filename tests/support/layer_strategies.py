"""A strategy for each layer: a function that picks its arguments, shapes and masks,
and returns them as a `Case`, plain data that counterexamples are stored as."""

import itertools
import json
import math
from dataclasses import asdict, dataclass

import numpy as np
from hypothesis import strategies as st
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


class Pick:
    """Chooses among options. `inside` gives the one for a layer in a wrapper."""

    def __call__(self, name, *options):
        raise NotImplementedError

    def inside(self, fixed):
        return Inside(self, fixed)


class Drawn(Pick):
    """Lets hypothesis choose."""

    def __init__(self, draw):
        self.draw = draw

    def __call__(self, name, *options):
        return self.draw(st.sampled_from(options), label=name)


class Scripted(Pick):
    """Chooses what a dict says, else the first option; remembers the options."""

    def __init__(self, script):
        self.script = script
        self.options = {}

    def __call__(self, name, *options):
        self.options[name] = distinct(options)
        chosen = self.script.get(name, options[0])
        assert chosen in options, (
            f"{name}={chosen!r} is never drawn; there are {options}"
        )
        return chosen


class Inside(Pick):
    """Chooses for the layer in a wrapper, some things being settled."""

    def __init__(self, pick, fixed):
        self.pick = pick
        self.fixed = fixed

    def __call__(self, name, *options):
        return (
            self.fixed[name]
            if name in self.fixed
            else self.pick(f"@inside_{name}", *options)
        )


def distinct(values):
    """Returns the values without repetitions, in order."""
    return [value for index, value in enumerate(values) if value not in values[:index]]


REGULARIZERS = (None, "l2", {"name": "L1L2Regularizer", "l1": 0.5, "l2": 0.25})
CONSTRAINTS = (None, "unitnorm", "nonneg", {"name": "MaxNorm", "m": 0.5, "axis": 0})
ACTIVATIONS = (None, "tanh", "relu", "softsign", "sigmoid", "elu")
INITS = ("glorot_uniform", "normal", "one", "he_uniform")
WEIGHTS = (None, None, 5)
STEPS = ("input_dim", "input_dim+input_length")
ORDERINGS = ("tf", "th", "default")
SHAPES = ([3, 2], [3], [2, 2, 2], [1], [4, 1], [2, 1, 3, 2])


def finished(
    pick,
    layer,
    shapes,
    arguments,
    *,
    open=None,
    masks=False,
    dims=(),
    dtype="float64",
    stateful=False,
):
    """Returns a case: adds what all layers have in common.

    # Arguments
        open: the axis (without the batch) whose size the layer needn't know.
        masks: whether the layer takes masks.
        dims: what beside `input_shape` tells the input's shape: `"input_dim"`,
            `"input_dim+input_length"`.
        stateful: whether the batch size must be known.
    """
    masks = masks and len(shapes[0]) == 2
    mask = pick("@mask", None, "some", "first") if masks else None
    batch = True if stateful else pick("@batch", False, True)
    opened = open is not None and pick("@open", False, True)
    case = {
        "layer": layer,
        "shapes": shapes,
        "mask": mask,
        "dtype": dtype,
        "seed": pick("@seed", *range(50)),
    }
    if layer != "Merge":
        arguments["trainable"] = pick("trainable", True, True, True, False)
    arguments["name"] = pick("name", None, "given")
    forms = ["input", "input", *([] if batch else ["input_shape"]), "batch_input_shape"]
    forms += [] if batch else dims
    form = pick("@first", *forms) if mask is None and layer != "Merge" else "input"
    if form != "input":
        case["first"] = True
        opened = opened and form != "input_dim+input_length"
        opened = opened or (form == "input_dim" and len(shapes[0]) == 2)
        arguments.update(
            shape_arguments(form, shapes[0], open if opened else None, batch)
        )
        if dtype == "float64":
            arguments["input_dtype"] = pick("input_dtype", None, None, "float32")
    return Case(**case, arguments=arguments, batch=batch, open=open if opened else None)


def shape_arguments(form, shape, open, batch):
    """Returns the arguments that tell a layer its input's shape."""
    sizes = [None if axis == open else size for axis, size in enumerate(shape)]
    if form == "input_shape":
        return {"input_shape": sizes}
    if form == "batch_input_shape":
        return {"batch_input_shape": [SAMPLES if batch else None, *sizes]}
    known = {"input_dim": shape[-1], "input_length": shape[0]}
    return {name: known[name] for name in form.split("+")}


def affine(pick):
    """The arguments of the layers with a kernel and a bias."""
    return {
        "init": pick("init", *INITS),
        "weights": pick("weights", *WEIGHTS),
        "W_regularizer": pick("W_regularizer", *REGULARIZERS),
        "b_regularizer": pick("b_regularizer", *REGULARIZERS),
        "activity_regularizer": pick("activity_regularizer", *REGULARIZERS),
        "W_constraint": pick("W_constraint", *CONSTRAINTS),
        "b_constraint": pick("b_constraint", *CONSTRAINTS),
        "bias": pick("bias", True, True, False),
    }


def activated(pick):
    return {"activation": pick("activation", *ACTIVATIONS), **affine(pick)}


def dense(pick):
    arguments = {"output_dim": pick("output_dim", 2, 1, 3), **activated(pick)}
    shape = pick("@shape", [3], [3, 2], [2, 2, 2])
    dims = ("input_dim",) if len(shape) == 1 else ()
    return finished(
        pick, "Dense", [shape], arguments, open=0 if len(shape) > 1 else None, dims=dims
    )


def time_distributed_dense(pick):
    arguments = {"output_dim": pick("output_dim", 2, 1, 3), **activated(pick)}
    shape = [pick("@steps", 3, 1, 4), pick("@features", 2, 3)]
    return finished(
        pick, "TimeDistributedDense", [shape], arguments, open=0, masks=True, dims=STEPS
    )


def maxout(pick):
    arguments = {
        "output_dim": pick("output_dim", 2, 1, 3),
        "nb_feature": pick("nb_feature", 4, 2, 1),
        **affine(pick),
    }
    return finished(
        pick,
        "MaxoutDense",
        [[pick("@features", 3, 1, 2)]],
        arguments,
        dims=("input_dim",),
    )


def highway(pick):
    return finished(
        pick,
        "Highway",
        [[pick("@features", 3, 1, 2)]],
        activated(pick),
        dims=("input_dim",),
    )


def elementwise(layer, **values):
    """A strategy for a layer that takes any shape, masks too."""

    def strategy(pick):
        arguments = {name: pick(name, *options) for name, options in values.items()}
        shape = pick("@shape", *SHAPES)
        return finished(pick, layer, [shape], arguments, open=0, masks=True)

    return strategy


def dropout(pick):
    shape = pick("@shape", *SHAPES)
    rank = len(shape)
    shapes = [
        None,
        [None, 1, *[None] * (rank - 1)],
        [None, *[1] * rank],
        [SAMPLES, *shape],
    ]
    noise_shape = pick("noise_shape", *shapes)
    arguments = {
        "p": pick("p", 0.4, 0.2, 0.0),
        "noise_shape": noise_shape,
        "seed": pick("seed", None, 3),
    }
    return finished(pick, "Dropout", [shape], arguments, open=0, masks=True)


def layout(pick, rank, least=1):
    """Picks a shape with `rank` spatial axes of at least a size each, and its
    `dim_ordering`."""
    least = [least] * rank if isinstance(least, int) else least
    names = ("@rows", "@columns", "@depth")[:rank]
    top = 5 if rank < 3 else 3
    sizes = [
        pick(name, *[size for size in (top, top - 1, 3, 2, 1, 4) if size >= low])
        for name, low in zip(names, least, strict=True)
    ]
    channels = pick("@channels", 2, 1, 3)
    ordering = pick("dim_ordering", *ORDERINGS)
    return ([channels, *sizes] if ordering == "th" else [*sizes, channels]), ordering


def spatial_dropout(rank):
    def strategy(pick):
        arguments = {"p": pick("p", 0.4, 0.2), "seed": pick("seed", None, 3)}
        if rank == 1:
            shape = [pick("@steps", 3, 1, 2), pick("@features", 4, 2)]
            open = 0
        else:
            shape, arguments["dim_ordering"] = layout(pick, rank)
            open = 1 if arguments["dim_ordering"] == "th" else 0
        return finished(
            pick,
            f"SpatialDropout{rank}D",
            [shape],
            arguments,
            open=open,
            masks=rank == 1,
        )

    return strategy


def activation(pick):
    return finished(
        pick,
        "Activation",
        [pick("@shape", *SHAPES)],
        {"activation": pick("activation", *ACTIVATIONS[1:])},
        open=0,
        masks=True,
    )


def masking(pick):
    value = pick("mask_value", 9.0, 0.0, -1.0)
    shape = [pick("@steps", 3, 1, 4), pick("@features", 2, 1)]
    return finished(pick, "Masking", [shape], {"mask_value": value}, open=0, masks=True)


def reshape(pick):
    shape = pick("@shape", [3, 2], [4], [2, 2, 2])
    size = math.prod(shape)
    targets = [
        [size],
        [-1],
        shape[::-1],
        [*shape, 1],
        [1, -1],
        [size // 2, -1],
        [2, size // 2],
    ]
    return finished(
        pick, "Reshape", [shape], {"target_shape": pick("target_shape", *targets)}
    )


def permute(pick):
    shape = pick("@shape", [3, 2], [4], [2, 3, 1])
    orders = [list(order) for order in itertools.permutations(range(1, len(shape) + 1))]
    return finished(pick, "Permute", [shape], {"dims": pick("dims", *orders)}, open=0)


def flatten(pick):
    return finished(pick, "Flatten", [pick("@shape", [3, 2], [2, 2, 2])], {})


def repeat_vector(pick):
    return finished(
        pick, "RepeatVector", [[pick("@features", 3, 1)]], {"n": pick("n", 2, 1, 3)}
    )


def lambda_(pick):
    function = pick("function", "@power", "@flat", "@unmasked")
    shape = pick("@shape", [3, 2], [2, 2])
    shapes = {
        "@power": [None, "@same_shape", shape],
        "@flat": [None, [math.prod(shape)], "@flat_shape"],
        "@unmasked": [None, shape],
    }[function]
    arguments = [None, {"exponent": 3.0}] if function == "@power" else [None]
    drawn = {
        "function": function,
        "output_shape": pick("output_shape", *shapes),
        "arguments": pick("arguments", *arguments),
    }
    return finished(
        pick, "Lambda", [shape], drawn, open=0, masks=function == "@unmasked"
    )


MERGING = (
    "sum",
    "mul",
    "ave",
    "max",
    "concat",
    "dot",
    "cos",
    "@difference",
    "@flat_difference",
)


def merge(pick):
    layers = pick("layers", None, None, True)
    mode = pick("mode", *MERGING)
    shape = pick("@shape", [3, 2], [2], [2, 2, 2])
    count = 2 if layers or mode in MERGING[5:] else pick("@count", 2, 3)
    arguments = {"layers": layers, "mode": mode}
    axes = range(1, len(shape) + 1)
    arguments["concat_axis"] = pick("concat_axis", -1, *axes)
    dots = [-1, [1, 1], [len(shape), len(shape)], *([1] if len(shape) < 3 else [])]
    arguments["dot_axes"] = pick(
        "dot_axes", *(dots if mode in ("dot", "cos") else [-1, 1])
    )
    size = math.prod(shape)
    shaped = {
        "@difference": [None, "@first_shape", shape],
        "@flat_difference": [None, [size]],
    }
    arguments["output_shape"] = pick("output_shape", *shaped.get(mode, [None]))
    arguments["output_mask"] = pick(
        "output_mask", *([None, "@first_mask"] if mode == "@difference" else [None])
    )
    arguments["arguments"] = pick(
        "arguments", *([None, {"factor": 3.0}] if mode.startswith("@") else [None])
    )
    for name in ("node_indices", "tensor_indices"):
        arguments[name] = pick(
            name, *([None, [0, 1], [1, 0], [1, 1]] if layers else [None])
        )
    masks = mode not in ("max", "@flat_difference") and not layers
    opened = 0 if mode in ("sum", "mul", "ave", "max", "@flat_difference") else None
    return finished(pick, "Merge", [shape] * count, arguments, masks=masks, open=opened)


def embedding(pick):
    length = pick("input_length", None, 3)
    steps = length or pick("@steps", 3, 1, 2)
    arguments = {
        "input_dim": pick("input_dim", 5, 7, 2),
        "output_dim": pick("output_dim", 2, 1, 3),
        "init": pick("init", "uniform", "normal", "one"),
        "input_length": length,
        "W_regularizer": pick("W_regularizer", *REGULARIZERS),
        "activity_regularizer": pick("activity_regularizer", *REGULARIZERS),
        "W_constraint": pick("W_constraint", *CONSTRAINTS),
        "mask_zero": pick("mask_zero", False, True),
        "weights": pick("weights", *WEIGHTS),
        "dropout": pick("dropout", 0.0, 0.4),
    }
    return finished(pick, "Embedding", [[steps]], arguments, open=0, dtype="int32")


def normalization(pick):
    mode = pick("mode", 0, 1, 2)
    shape = pick("@shape", [2], [3, 2], [2, 2, 2], [3, 3])
    axes = [-1] if mode == 1 else [-1, *range(1, len(shape) + 1)]
    axis = pick("axis", *axes)
    arguments = {
        "epsilon": pick("epsilon", 0.001, 0.1),
        "mode": mode,
        "axis": axis,
        "momentum": pick("momentum", 0.99, 0.5),
        "weights": pick("weights", *WEIGHTS),
        "beta_init": pick("beta_init", "zero", "one", "normal"),
        "gamma_init": pick("gamma_init", "one", "normal", "zero"),
        "gamma_regularizer": pick("gamma_regularizer", *REGULARIZERS),
        "beta_regularizer": pick("beta_regularizer", *REGULARIZERS),
        "center": pick("center", True, False),
        "scale": pick("scale", True, False),
    }
    open = 0 if len(shape) > 1 and axis != 1 else None
    return finished(
        pick, "BatchNormalization", [shape], arguments, open=open, masks=True
    )


def learned(layer, **values):
    """A strategy for an activation with parameters."""

    def strategy(pick):
        arguments = {name: pick(name, *options) for name, options in values.items()}
        shape = pick("@shape", [3, 2], [3], [2, 2, 2])
        axes = [
            None,
            1,
            *[
                list(axes)
                for axes in itertools.combinations(range(1, len(shape) + 1), 2)
            ],
        ]
        arguments["shared_axes"] = pick("shared_axes", *axes, [len(shape)])
        shared = arguments["shared_axes"]
        open = 0 if shared == 1 or (isinstance(shared, list) and 1 in shared) else None
        return finished(pick, layer, [shape], arguments, open=open, masks=True)

    return strategy


def reach(width, rate):
    """Returns how far a window extends."""
    return rate * (width - 1) + 1


def convolution_1d(layer, atrous=False):
    def strategy(pick):
        arguments = {
            "nb_filter": pick("nb_filter", 2, 1, 3),
            "filter_length": pick("filter_length", 2, 3, 1),
        }
        if atrous:
            arguments["atrous_rate"] = pick("atrous_rate", 1, 2)
        arguments["border_mode"] = pick("border_mode", "valid", "same", "full")
        arguments["subsample_length"] = pick("subsample_length", 1, 2)
        arguments.update(activated(pick))
        least = reach(arguments["filter_length"], arguments.get("atrous_rate", 1))
        shape = [
            pick("@steps", *[n for n in (5, 6, 3, 2, 1) if n >= least]),
            pick("@features", 2, 1, 3),
        ]
        return finished(pick, layer, [shape], arguments, open=0, dims=STEPS)

    return strategy


def convolution_2d(layer, atrous=False, depthwise=False):
    def strategy(pick):
        arguments = {"nb_filter": pick("nb_filter", 2, 1, 3)}
        arguments |= {
            "nb_row": pick("nb_row", 2, 3, 1),
            "nb_col": pick("nb_col", 2, 1, 3),
        }
        rates = (
            pick("atrous_rate", [1, 1], [2, 1], [1, 2], [2, 2]) if atrous else [1, 1]
        )
        modes = ("valid", "same") if depthwise else ("valid", "same", "full")
        arguments["border_mode"] = pick("border_mode", *modes)
        arguments["subsample"] = pick("subsample", [1, 1], [2, 1], [1, 2], [2, 2])
        if atrous:
            arguments["atrous_rate"] = rates
        parts = activated(pick)
        if depthwise:
            arguments["depth_multiplier"] = pick("depth_multiplier", 1, 2)
            del parts["W_regularizer"], parts["W_constraint"]
            for step in ("depthwise", "pointwise"):
                parts[f"{step}_regularizer"] = pick(
                    f"{step}_regularizer", *REGULARIZERS
                )
                parts[f"{step}_constraint"] = pick(f"{step}_constraint", *CONSTRAINTS)
        arguments.update(parts)
        least = [
            reach(arguments["nb_row"], rates[0]),
            reach(arguments["nb_col"], rates[1]),
        ]
        shape, arguments["dim_ordering"] = layout(pick, 2, least)
        return finished(pick, layer, [shape], arguments, open=rows_of(arguments))

    return strategy


def rows_of(arguments):
    """Returns the axis of the first spatial size, the batch left out."""
    return 1 if arguments["dim_ordering"] == "th" else 0


def deconvolution(pick):
    arguments = {"nb_filter": pick("nb_filter", 2, 1, 3)}
    arguments |= {"nb_row": pick("nb_row", 2, 3, 1), "nb_col": pick("nb_col", 2, 1, 3)}
    arguments["border_mode"] = pick("border_mode", "valid", "same", "full")
    arguments["subsample"] = pick("subsample", [1, 1], [2, 1], [1, 2], [2, 2])
    arguments.update(activated(pick))
    window = arguments["nb_row"], arguments["nb_col"]
    shape, arguments["dim_ordering"] = layout(pick, 2, window)
    first = rows_of(arguments)
    sizes = []
    moves = zip(
        ("rows", "columns"), shape[first:], window, arguments["subsample"], strict=False
    )
    for name, size, width, stride in moves:
        taken = {"valid": width - 1, "same": 0, "full": 1 - width}[
            arguments["border_mode"]
        ]
        sizes.append(
            (size - 1) * stride + 1 + taken + pick(f"@more_{name}", *range(stride))
        )
    channels = arguments["nb_filter"]
    target = [channels, *sizes] if first else [*sizes, channels]
    output_shape = [pick("@output_batch", None, SAMPLES), *target]
    arguments["output_shape"] = None if pick("@inferred", False, True) else output_shape
    return finished(pick, "Deconvolution2D", [shape], arguments)


def convolution_3d(pick):
    arguments = {"nb_filter": pick("nb_filter", 2, 1)}
    widths = [pick(f"kernel_dim{axis}", 2, 1) for axis in (1, 2, 3)]
    arguments |= {f"kernel_dim{axis}": width for axis, width in enumerate(widths, 1)}
    arguments["border_mode"] = pick("border_mode", "valid", "same", "full")
    arguments["subsample"] = pick(
        "subsample", [1, 1, 1], [2, 1, 1], [1, 2, 1], [1, 1, 2]
    )
    arguments.update(activated(pick))
    shape, arguments["dim_ordering"] = layout(pick, 3, widths)
    return finished(pick, "Convolution3D", [shape], arguments, open=rows_of(arguments))


def resizing(layer, rank, argument, least, *options):
    """A strategy for a layer that pads, crops or repeats along the spatial axes."""

    def strategy(pick):
        arguments = {argument: pick(argument, *options)}
        if rank == 1:
            shape = [
                pick("@steps", *[n for n in (4, 5, 3, 2) if n >= least]),
                pick("@features", 2, 1),
            ]
            open = 0
        else:
            shape, arguments["dim_ordering"] = layout(pick, rank, least)
            open = rows_of(arguments)
        return finished(pick, layer, [shape], arguments, open=open)

    return strategy


def pooling_1d(layer):
    def strategy(pick):
        length = pick("pool_length", 2, 3, 1)
        arguments = {
            "pool_length": length,
            "stride": pick("stride", None, 1, 2, 3),
            "border_mode": pick("border_mode", "valid", "same"),
        }
        shape = [
            pick("@steps", *[n for n in (5, 4, 3, 2, 1) if n >= length]),
            pick("@features", 2, 1),
        ]
        return finished(pick, layer, [shape], arguments, open=0)

    return strategy


def pooling(layer, rank):
    def strategy(pick):
        tails = (
            ([2, 1], [1, 2], [3, 1]) if rank == 2 else ([2, 2, 1], [1, 1, 2], [1, 2, 1])
        )
        size = pick("pool_size", [2] * rank, *tails)
        arguments = {
            "pool_size": size,
            "strides": pick(
                "strides", None, [1] * rank, [2] + [1] * (rank - 1), [3, 2, 1][:rank]
            ),
            "border_mode": pick("border_mode", "valid", "same"),
        }
        shape, arguments["dim_ordering"] = layout(pick, rank, size)
        return finished(pick, layer, [shape], arguments, open=rows_of(arguments))

    return strategy


def global_pooling(layer, rank):
    def strategy(pick):
        if rank == 1:
            return finished(
                pick,
                layer,
                [[pick("@steps", 3, 1, 4), pick("@features", 2, 1)]],
                {},
                open=0,
            )
        shape, ordering = layout(pick, rank)
        arguments = {"dim_ordering": ordering}
        return finished(pick, layer, [shape], arguments, open=rows_of(arguments))

    return strategy


def local_1d(pick):
    length = pick("filter_length", 2, 3, 1)
    arguments = {
        "nb_filter": pick("nb_filter", 2, 1, 3),
        "filter_length": length,
        **activated(pick),
    }
    arguments["subsample_length"] = pick("subsample_length", 1, 2)
    arguments["border_mode"] = "valid"
    shape = [
        pick("@steps", *[n for n in (4, 5, 3, 2) if n >= length]),
        pick("@features", 2, 1, 3),
    ]
    return finished(pick, "LocallyConnected1D", [shape], arguments, dims=STEPS[1:])


def local_2d(pick):
    widths = [pick("nb_row", 2, 3, 1), pick("nb_col", 2, 1, 3)]
    arguments = {
        "nb_filter": pick("nb_filter", 2, 1, 3),
        "nb_row": widths[0],
        "nb_col": widths[1],
    }
    arguments.update(activated(pick))
    arguments["subsample"] = pick("subsample", [1, 1], [2, 1], [1, 2])
    arguments["border_mode"] = "valid"
    shape, arguments["dim_ordering"] = layout(pick, 2, widths)
    return finished(pick, "LocallyConnected2D", [shape], arguments)


GATES = ("tanh", "relu", "softsign", "sigmoid", "hard_sigmoid", None)


def looping(pick):
    """The arguments of all recurrent layers."""
    regularized = ("W_regularizer", "U_regularizer", "b_regularizer")
    return {
        "init": pick("init", *INITS),
        "inner_init": pick("inner_init", "orthogonal", "normal", "one"),
        "activation": pick("activation", *GATES),
        **{name: pick(name, *REGULARIZERS) for name in regularized},
        "dropout_W": pick("dropout_W", 0.0, 0.0, 0.4),
        "dropout_U": pick("dropout_U", 0.0, 0.0, 0.3),
        "weights": pick("weights", *WEIGHTS),
        "return_sequences": pick("return_sequences", False, True),
        "go_backwards": pick("go_backwards", False, True),
        "stateful": pick("stateful", False, False, True),
    }


def recurrent(layer, **values):
    """A strategy for SimpleRNN, GRU and LSTM."""

    def strategy(pick):
        arguments = {
            "output_dim": pick("output_dim", 2, 1, 3),
            **looping(pick),
            **{name: pick(name, *options) for name, options in values.items()},
            "unroll": pick("unroll", False, False, True),
            "consume_less": pick("consume_less", "cpu", "mem", "gpu"),
        }
        shape = [pick("@steps", 3, 1, 4), pick("@features", 2, 1, 3)]
        unrolls = arguments["unroll"]
        return finished(
            pick,
            layer,
            [shape],
            arguments,
            open=None if unrolls else 0,
            masks=True,
            dims=() if unrolls else STEPS,
            stateful=arguments["stateful"],
        )

    return strategy


def conv_lstm(pick):
    widths = [pick("nb_row", 2, 1, 3), pick("nb_col", 1, 2)]
    arguments = {
        "nb_filter": pick("nb_filter", 2, 1),
        **dict(zip(("nb_row", "nb_col"), widths, strict=True)),
        **looping(pick),
        "forget_bias_init": pick("forget_bias_init", "one", "zero"),
        "inner_activation": pick("inner_activation", "hard_sigmoid", "sigmoid", "tanh"),
        "border_mode": pick("border_mode", "valid", "same"),
        "subsample": pick("subsample", [1, 1], [2, 1], [1, 2]),
    }
    frame, arguments["dim_ordering"] = layout(pick, 2, widths)
    shape = [pick("@steps", 2, 1, 3), *frame]
    return finished(
        pick, "ConvLSTM2D", [shape], arguments, open=0, stateful=arguments["stateful"]
    )


PLAIN = {
    "@mask": None,
    "@first": "input",
    "@batch": False,
    "@open": False,
    "@seed": 0,
    "weights": None,
}
"""What is settled for a layer in a wrapper."""

TIMED = (
    "Dense",
    "Convolution2D",
    "BatchNormalization",
    "Flatten",
    "Dropout",
    "LSTM",
    "MaxPooling2D",
    "Highway",
    "Convolution1D",
    "Activation",
    "@model",
)
"""What TimeDistributed is given; a model of two layers among it."""


def inside(pick, kind, **fixed):
    """Returns the description of a layer in a wrapper, and its input's shape."""
    case = STRATEGIES[kind](pick.inside({**PLAIN, **fixed}))
    return {"@layer": [kind, case.arguments]}, case.shapes[0]


def time_distributed(pick):
    kind = pick("@kind", *TIMED)
    if kind == "@model":
        layer, shape = inside(pick, "Dense", trainable=True)
        inner = {**layer["@layer"][1], "input_shape": shape}
        layer = {
            "@model": [
                {"@layer": ["Dense", inner]},
                {"@layer": ["Activation", {"activation": "tanh"}]},
            ]
        }
    else:
        layer, shape = inside(pick, kind, stateful=False, noise_shape=None)
    shape = [pick("@outer_steps", 2, 3, 1), *shape]
    return finished(pick, "TimeDistributed", [shape], {"layer": layer}, open=0)


def bidirectional(pick):
    layer, shape = inside(pick, pick("@kind", "SimpleRNN", "GRU", "LSTM"))
    own = layer["@layer"][1]
    arguments = {
        "layer": layer,
        "merge_mode": pick("merge_mode", "concat", "sum", "mul", "ave", None),
        "weights": pick("weights", *WEIGHTS),
    }
    open = None if own["unroll"] else 0
    return finished(
        pick,
        "Bidirectional",
        [shape],
        arguments,
        open=open,
        masks=True,
        stateful=own["stateful"],
    )


STRATEGIES = {
    "Activation": activation,
    "ActivityRegularization": elementwise(
        "ActivityRegularization", l1=(0.0, 0.02), l2=(0.0, 0.01)
    ),
    "BatchNormalization": normalization,
    "Dense": dense,
    "Dropout": dropout,
    "ELU": elementwise("ELU", alpha=(1.0, 0.3)),
    "Embedding": embedding,
    "Flatten": flatten,
    "GaussianDropout": elementwise("GaussianDropout", p=(0.4, 0.2, 0.0)),
    "GaussianNoise": elementwise("GaussianNoise", sigma=(0.4, 0.1)),
    "Highway": highway,
    "Lambda": lambda_,
    "LeakyReLU": elementwise("LeakyReLU", alpha=(0.3, 0.1)),
    "Masking": masking,
    "MaxoutDense": maxout,
    "Merge": merge,
    "PReLU": learned("PReLU", init=("zero", "one", "normal"), weights=WEIGHTS),
    "ParametricSoftplus": learned(
        "ParametricSoftplus",
        alpha_init=(0.2, 1.0),
        beta_init=(5.0, 1.0),
        weights=WEIGHTS,
    ),
    "Permute": permute,
    "RepeatVector": repeat_vector,
    "Reshape": reshape,
    "SReLU": learned(
        "SReLU",
        t_left_init=("zero", "one"),
        a_left_init=INITS,
        t_right_init=INITS,
        a_right_init=("one", "zero"),
    ),
    "ThresholdedReLU": elementwise("ThresholdedReLU", theta=(1.0, 0.3)),
    "TimeDistributedDense": time_distributed_dense,
    "AtrousConvolution1D": convolution_1d("AtrousConvolution1D", atrous=True),
    "AtrousConvolution2D": convolution_2d("AtrousConvolution2D", atrous=True),
    "Bidirectional": bidirectional,
    "ConvLSTM2D": conv_lstm,
    "Convolution1D": convolution_1d("Convolution1D"),
    "Convolution2D": convolution_2d("Convolution2D"),
    "Convolution3D": convolution_3d,
    "Cropping1D": resizing("Cropping1D", 1, "cropping", 4, [1, 1], [0, 2], [1, 0]),
    "Cropping2D": resizing(
        "Cropping2D",
        2,
        "cropping",
        3,
        [[0, 0], [0, 0]],
        [[1, 0], [0, 2]],
        [[0, 1], [1, 1]],
    ),
    "Cropping3D": resizing(
        "Cropping3D",
        3,
        "cropping",
        3,
        [[1, 1], [1, 1], [1, 1]],
        [[0, 1], [0, 0], [2, 0]],
        [[0, 0], [1, 0], [0, 1]],
    ),
    "Deconvolution2D": deconvolution,
    "GRU": recurrent(
        "GRU", inner_activation=("hard_sigmoid", "sigmoid", "tanh", "softsign")
    ),
    "LSTM": recurrent(
        "LSTM",
        inner_activation=("hard_sigmoid", "sigmoid", "tanh", "softsign"),
        forget_bias_init=("one", "zero"),
    ),
    "LocallyConnected1D": local_1d,
    "LocallyConnected2D": local_2d,
    "SeparableConvolution2D": convolution_2d("SeparableConvolution2D", depthwise=True),
    "SimpleRNN": recurrent("SimpleRNN"),
    "TimeDistributed": time_distributed,
    "UpSampling1D": resizing("UpSampling1D", 1, "length", 1, 2, 3, 1),
    "UpSampling2D": resizing("UpSampling2D", 2, "size", 1, [2, 2], [1, 3], [2, 1]),
    "UpSampling3D": resizing(
        "UpSampling3D", 3, "size", 1, [2, 2, 2], [1, 2, 1], [2, 1, 2]
    ),
    "ZeroPadding1D": resizing(
        "ZeroPadding1D", 1, "padding", 1, 1, [0, 2], {"right_pad": 1}, 2
    ),
    "ZeroPadding2D": resizing(
        "ZeroPadding2D",
        2,
        "padding",
        1,
        [1, 1],
        [0, 2],
        [1, 0, 0, 2],
        {"top_pad": 1, "right_pad": 2},
    ),
    "ZeroPadding3D": resizing(
        "ZeroPadding3D", 3, "padding", 1, [1, 1, 1], [0, 1, 2], [2, 0, 0]
    ),
}
for rank in (1, 2, 3):
    STRATEGIES[f"SpatialDropout{rank}D"] = spatial_dropout(rank)
    for pooled in (f"AveragePooling{rank}D", f"MaxPooling{rank}D"):
        STRATEGIES[pooled] = pooling(pooled, rank) if rank > 1 else pooling_1d(pooled)
        STRATEGIES[f"Global{pooled}"] = global_pooling(f"Global{pooled}", rank)
