"""A strategy for each layer: a function that picks every constructor argument, a shape, a mask and the rest.

A strategy calls `pick(name, *options)`; names that begin with `@` are no arguments of the layer. The same
function so serves hypothesis, which draws from the options, and the test that each option matters, which
sets one and leaves the others at their first option.
"""

import itertools
import math

from hypothesis import strategies as st
from layer_cases import SAMPLES, Case


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
        self.script, self.options = script, {}

    def __call__(self, name, *options):
        self.options[name] = distinct(options)
        chosen = self.script.get(name, options[0])
        assert chosen in options, f"{name}={chosen!r} is never drawn; there are {options}"
        return chosen


class Inside(Pick):
    """Chooses for the layer in a wrapper, some things being settled."""

    def __init__(self, pick, fixed):
        self.pick, self.fixed = pick, fixed

    def __call__(self, name, *options):
        return self.fixed[name] if name in self.fixed else self.pick(f"@inside_{name}", *options)


def distinct(values):
    """Returns the values without repetitions, in order."""
    return [value for index, value in enumerate(values) if value not in values[:index]]


REGULARIZERS = (None, "l2", {"name": "L1L2Regularizer", "l1": 0.5, "l2": 0.25})
CONSTRAINTS = (None, "unitnorm", "nonneg", {"name": "MaxNorm", "m": 0.5, "axis": 0})
ACTIVATIONS = (None, "tanh", "relu", "softsign", "sigmoid", "elu")
INITS = ("glorot_uniform", "normal", "one", "he_uniform")
WEIGHTS = (None, None, 5)
ORDERINGS = ("tf", "th", "default")
SHAPES = ([3, 2], [3], [2, 2, 2], [1], [4, 1], [2, 1, 3, 2])


def finished(pick, layer, shapes, arguments, *, open=None, masks=False, dims=(), dtype="float64", stateful=False):
    """Returns a case: adds what all layers have in common.

    # Arguments
        open: the axis (without the batch) whose size the layer needn't know.
        masks: whether the layer takes masks.
        dims: arguments beside `input_shape` that tell the input's shape: `"input_dim"`, `"input_length"`.
        stateful: whether the batch size must be known.
    """
    masks = masks and len(shapes[0]) == 2
    mask = pick("@mask", None, "some", "first") if masks else None
    batch = True if stateful else pick("@batch", False, True)
    opened = open is not None and pick("@open", False, True)
    case = {"layer": layer, "shapes": shapes, "mask": mask, "dtype": dtype, "seed": pick("@seed", *range(50))}
    if layer != "Merge":
        arguments["trainable"] = pick("trainable", True, True, True, False)
    arguments["name"] = pick("name", None, "given")
    forms = ["input", "input", *([] if batch else ["input_shape"]), "batch_input_shape"]
    forms += ["+".join(dims[:count]) for count in range(1, len(dims) + 1) if not batch]
    form = pick("@first", *forms) if mask is None and layer != "Merge" else "input"
    if form != "input":
        case["first"] = True
        opened = opened and form != "input_dim+input_length"
        opened = opened or (form == "input_dim" and len(shapes[0]) == 2)
        arguments.update(told(form, shapes[0], open if opened else None, batch))
        if dtype == "float64":
            arguments["input_dtype"] = pick("input_dtype", None, None, "float32")
    return Case(**case, arguments=arguments, batch=batch, open=open if opened else None)


def told(form, shape, open, batch):
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
    return finished(pick, "Dense", [shape], arguments, open=0 if len(shape) > 1 else None, dims=dims)


def time_distributed_dense(pick):
    arguments = {"output_dim": pick("output_dim", 2, 1, 3), **activated(pick)}
    shape = [pick("@steps", 3, 1, 4), pick("@features", 2, 3)]
    dims = ("input_dim", "input_length")
    return finished(pick, "TimeDistributedDense", [shape], arguments, open=0, masks=True, dims=dims)


def maxout(pick):
    arguments = {
        "output_dim": pick("output_dim", 2, 1, 3), "nb_feature": pick("nb_feature", 4, 2, 1), **affine(pick)
    }  # fmt: skip
    return finished(pick, "MaxoutDense", [[pick("@features", 3, 1, 2)]], arguments, dims=("input_dim",))


def highway(pick):
    return finished(pick, "Highway", [[pick("@features", 3, 1, 2)]], activated(pick), dims=("input_dim",))


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
    shapes = [None, [None, 1, *[None] * (rank - 1)], [None, *[1] * rank], [SAMPLES, *shape]]
    noise_shape = pick("noise_shape", *shapes)
    arguments = {"p": pick("p", 0.4, 0.2, 0.0), "noise_shape": noise_shape, "seed": pick("seed", None, 3)}
    return finished(pick, "Dropout", [shape], arguments, open=0, masks=True)


def layout(pick, rank, least=1):
    """Picks a shape with `rank` spatial axes of at least a size each, and its `dim_ordering`."""
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
            shape, open = [pick("@steps", 3, 1, 2), pick("@features", 4, 2)], 0
        else:
            shape, arguments["dim_ordering"] = layout(pick, rank)
            open = 1 if arguments["dim_ordering"] == "th" else 0
        return finished(pick, f"SpatialDropout{rank}D", [shape], arguments, open=open, masks=rank == 1)

    return strategy


def activation(pick):
    return finished(
        pick, "Activation", [pick("@shape", *SHAPES)], {"activation": pick("activation", *ACTIVATIONS[1:])},
        open=0, masks=True,
    )  # fmt: skip


def masking(pick):
    value = pick("mask_value", 9.0, 0.0, -1.0)
    shape = [pick("@steps", 3, 1, 4), pick("@features", 2, 1)]
    case = finished(pick, "Masking", [shape], {"mask_value": value}, open=0, masks=True)
    return case


def reshape(pick):
    shape = pick("@shape", [3, 2], [4], [2, 2, 2])
    size = math.prod(shape)
    targets = [[size], [-1], shape[::-1], [*shape, 1], [1, -1], [size // 2, -1], [2, size // 2]]
    return finished(pick, "Reshape", [shape], {"target_shape": pick("target_shape", *targets)})


def permute(pick):
    shape = pick("@shape", [3, 2], [4], [2, 3, 1])
    orders = [list(order) for order in itertools.permutations(range(1, len(shape) + 1))]
    return finished(pick, "Permute", [shape], {"dims": pick("dims", *orders)}, open=0)


def flatten(pick):
    return finished(pick, "Flatten", [pick("@shape", [3, 2], [2, 2, 2], [3])], {})


def repeat_vector(pick):
    return finished(pick, "RepeatVector", [[pick("@features", 3, 1)]], {"n": pick("n", 2, 1, 3)})


def lambda_(pick):
    function = pick("function", "@power", "@flat", "@unmasked")
    shape = pick("@shape", [3, 2], [2, 2])
    given = {
        "@power": [None, "@same_shape", shape], "@flat": [None, [math.prod(shape)], "@flat_shape"],
        "@unmasked": [None, shape],
    }[function]  # fmt: skip
    arguments = [None, {"exponent": 3.0}] if function == "@power" else [None]
    drawn = {
        "function": function,
        "output_shape": pick("output_shape", *given),
        "arguments": pick("arguments", *arguments),
    }
    return finished(pick, "Lambda", [shape], drawn, open=0, masks=function == "@unmasked")


MERGING = ("sum", "mul", "ave", "max", "concat", "dot", "cos", "@difference", "@flat_difference")


def merge(pick):
    layers = pick("layers", None, None, True)
    mode = pick("mode", *MERGING)
    shape = pick("@shape", [3, 2], [2], [2, 2, 2])
    count = 2 if layers or mode in MERGING[5:] else pick("@count", 2, 3)
    arguments = {"layers": layers, "mode": mode}
    axes = range(1, len(shape) + 1)
    arguments["concat_axis"] = pick("concat_axis", -1, *axes)
    dots = [-1, [1, 1], [len(shape), len(shape)], *([1] if len(shape) < 3 else [])]
    arguments["dot_axes"] = pick("dot_axes", *(dots if mode in ("dot", "cos") else [-1, 1]))
    size = math.prod(shape)
    shaped = {"@difference": [None, "@first_shape", shape], "@flat_difference": [None, [size]]}
    arguments["output_shape"] = pick("output_shape", *shaped.get(mode, [None]))
    arguments["output_mask"] = pick("output_mask", *([None, "@first_mask"] if mode == "@difference" else [None]))
    arguments["arguments"] = pick("arguments", *([None, {"factor": 3.0}] if mode.startswith("@") else [None]))
    for name in ("node_indices", "tensor_indices"):
        arguments[name] = pick(name, *([None, [0, 1], [1, 0], [1, 1]] if layers else [None]))
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
    }
    open = 0 if len(shape) > 1 and axis != 1 else None
    return finished(pick, "BatchNormalization", [shape], arguments, open=open, masks=True)


def learned(layer, **values):
    """A strategy for an activation with parameters."""

    def strategy(pick):
        arguments = {name: pick(name, *options) for name, options in values.items()}
        shape = pick("@shape", [3, 2], [3], [2, 2, 2])
        axes = [None, 1, *[list(axes) for axes in itertools.combinations(range(1, len(shape) + 1), 2)]]
        arguments["shared_axes"] = pick("shared_axes", *axes, [len(shape)])
        shared = arguments["shared_axes"]
        open = 0 if shared == 1 or (isinstance(shared, list) and 1 in shared) else None
        return finished(pick, layer, [shape], arguments, open=open, masks=True)

    return strategy


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
        "ParametricSoftplus", alpha_init=(0.2, 1.0), beta_init=(5.0, 1.0), weights=WEIGHTS
    ),
    "Permute": permute,
    "RepeatVector": repeat_vector,
    "Reshape": reshape,
    "SReLU": learned(
        "SReLU", t_left_init=("zero", "one"), a_left_init=INITS, t_right_init=INITS, a_right_init=("one", "zero")
    ),
    "SpatialDropout1D": spatial_dropout(1),
    "SpatialDropout2D": spatial_dropout(2),
    "SpatialDropout3D": spatial_dropout(3),
    "ThresholdedReLU": elementwise("ThresholdedReLU", theta=(1.0, 0.3)),
    "TimeDistributedDense": time_distributed_dense,
}  # fmt: skip
