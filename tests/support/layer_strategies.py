"""A strategy for each layer.

A function that picks every constructor argument; see `layer_picks`.
"""

import itertools
import math

from layer_cases import SAMPLES
from layer_picks import (
    ACTIVATIONS,
    CONSTRAINTS,
    INITS,
    ORDERINGS,
    REGULARIZERS,
    SHAPES,
    STEPS,
    WEIGHTS,
    activated,
    affine,
    finished,
)


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


def recurrent(layer, gated=False, **values):
    """A strategy for SimpleRNN, GRU and LSTM."""

    def strategy(pick):
        arguments = {
            "output_dim": pick("output_dim", 2, 1, 3),
            "init": pick("init", *INITS),
            "inner_init": pick("inner_init", "orthogonal", "normal", "one"),
            "activation": pick("activation", *GATES),
            **{name: pick(name, *options) for name, options in values.items()},
            **{
                name: pick(name, *REGULARIZERS)
                for name in ("W_regularizer", "U_regularizer", "b_regularizer")
            },
            "dropout_W": pick("dropout_W", 0.0, 0.0, 0.4),
            "dropout_U": pick("dropout_U", 0.0, 0.0, 0.3),
            "weights": pick("weights", *WEIGHTS),
            "return_sequences": pick("return_sequences", False, True),
            "go_backwards": pick("go_backwards", False, True),
            "stateful": pick("stateful", False, False, True),
            "unroll": pick("unroll", False, False, True),
            "consume_less": pick("consume_less", "cpu", "mem", "gpu"),
        }
        shape = [pick("@steps", 3, 1, 4), pick("@features", 2, 1, 3)]
        open = None if arguments["unroll"] else 0
        dims = () if arguments["unroll"] else STEPS
        return finished(
            pick,
            layer,
            [shape],
            arguments,
            open=open,
            masks=True,
            dims=dims,
            stateful=arguments["stateful"],
        )

    return strategy


def conv_lstm(pick):
    widths = [pick("nb_row", 2, 1, 3), pick("nb_col", 1, 2)]
    arguments = {
        "nb_filter": pick("nb_filter", 2, 1),
        "nb_row": widths[0],
        "nb_col": widths[1],
        "init": pick("init", *INITS),
        "inner_init": pick("inner_init", "orthogonal", "normal", "one"),
        "forget_bias_init": pick("forget_bias_init", "one", "zero"),
        "activation": pick("activation", *GATES),
        "inner_activation": pick("inner_activation", "hard_sigmoid", "sigmoid", "tanh"),
        "border_mode": pick("border_mode", "valid", "same"),
        "subsample": pick("subsample", [1, 1], [2, 1], [1, 2]),
        **{
            name: pick(name, *REGULARIZERS)
            for name in ("W_regularizer", "U_regularizer", "b_regularizer")
        },
        "dropout_W": pick("dropout_W", 0.0, 0.0, 0.4),
        "dropout_U": pick("dropout_U", 0.0, 0.0, 0.3),
        "weights": pick("weights", *WEIGHTS),
        "return_sequences": pick("return_sequences", False, True),
        "go_backwards": pick("go_backwards", False, True),
        "stateful": pick("stateful", False, False, True),
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
    "SpatialDropout1D": spatial_dropout(1),
    "SpatialDropout2D": spatial_dropout(2),
    "SpatialDropout3D": spatial_dropout(3),
    "ThresholdedReLU": elementwise("ThresholdedReLU", theta=(1.0, 0.3)),
    "TimeDistributedDense": time_distributed_dense,
    "AtrousConvolution1D": convolution_1d("AtrousConvolution1D", atrous=True),
    "AtrousConvolution2D": convolution_2d("AtrousConvolution2D", atrous=True),
    "AveragePooling1D": pooling_1d("AveragePooling1D"),
    "AveragePooling2D": pooling("AveragePooling2D", 2),
    "AveragePooling3D": pooling("AveragePooling3D", 3),
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
    "GlobalAveragePooling1D": global_pooling("GlobalAveragePooling1D", 1),
    "GlobalAveragePooling2D": global_pooling("GlobalAveragePooling2D", 2),
    "GlobalAveragePooling3D": global_pooling("GlobalAveragePooling3D", 3),
    "GlobalMaxPooling1D": global_pooling("GlobalMaxPooling1D", 1),
    "GlobalMaxPooling2D": global_pooling("GlobalMaxPooling2D", 2),
    "GlobalMaxPooling3D": global_pooling("GlobalMaxPooling3D", 3),
    "LSTM": recurrent(
        "LSTM",
        inner_activation=("hard_sigmoid", "sigmoid", "tanh", "softsign"),
        forget_bias_init=("one", "zero"),
    ),
    "LocallyConnected1D": local_1d,
    "LocallyConnected2D": local_2d,
    "MaxPooling1D": pooling_1d("MaxPooling1D"),
    "MaxPooling2D": pooling("MaxPooling2D", 2),
    "MaxPooling3D": pooling("MaxPooling3D", 3),
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
