"""What classes of later versions of Keras are called here, and their arguments: rows
for the hook `oneiros_migrations`, whose docstring describes them."""

from collections.abc import Mapping
from typing import Any

PACKAGE = "oneiros_keras3>"
"""What registered names in the module `oneiros_keras3` begin with."""


MigrationRow = dict[str, Any]
"""What a layer is called here, and its arguments, as plain data.

- `name`: str, the class's name here, if it is another one
- `renamed`: dict, arguments there and here; a tuple of names stands for the items of a
  list. Keras 2 and Keras 3 may have two names for one
- `neutral`: dict, arguments without an equivalent here, besides `NEUTRAL`, and the
  tuple of values that can be read; None for any
- `added`: dict, additional arguments here
- `keras3`: str, the class's name in Keras 3, if it is another one; None if it has no
  such class
- `elementwise`: bool, whether the layer takes each value by itself, wherever it is
- `of_keras1`: bool, whether later versions lack the class
- `base`: str, a reference to the class that the row completes, where arrays or values
  move; the row may have that class's properties, too
- `flips`: bool, whether Theano flips the layer's kernels
- `as_stored`: bool, whether the arguments there are those of the class here
- `inputs`: tuple of arguments of a call that are further inputs here
- `settings`: tuple of arguments of a call that the layer's constructor has here
- `groups`: tuple, the groups in `.keras` files of the objects inside a layer that hold
  its weights, in the order of the weights, without a leading underscore
"""
Renamed = Mapping[str, str | tuple[str, ...]]
"""Arguments there and here."""
AFFINE: Renamed = {
    "activation": "activation",
    "use_bias": "bias",
    "kernel_initializer": "init",
    "kernel_regularizer": "W_regularizer",
    "bias_regularizer": "b_regularizer",
    "activity_regularizer": "activity_regularizer",
    "kernel_constraint": "W_constraint",
    "bias_constraint": "b_constraint",
}
"""Arguments of layers with a kernel and a bias."""
ORDERED: Renamed = {"data_format": "dim_ordering"}
PLACE: Renamed = {"strides": "subsample", "padding": "border_mode", **ORDERED}
RATE: Renamed = {"rate": "p", "seed": "seed"}
WINDOW: Renamed = {**PLACE, "filters": "nb_filter"}
IMAGE_KERNEL: Renamed = {"kernel_size": ("nb_row", "nb_col")}
_CLASSES = "oneiros_old_files.classes"
_CONVOLUTION = f"{_CLASSES}.convolutions:ConvolutionMigration"
_LEARNED = f"{_CLASSES}.core:LearnedMigration"
UNDILATED = (1, [1], [1, 1], [1, 1, 1])
ANY = None
"""Of an argument: it may have any value, because a loaded model doesn't depend on
it."""
_WITH_ANY_VALUE = (
    "bias_initializer",
    "fused",
    "kernel_initializer",
    "mask_module",
    "module",
    "moving_mean_initializer",
    "moving_variance_initializer",
    "output_shape_module",
    "pointwise_initializer",
    "renorm_clipping",
    "renorm_momentum",
    "seed",
    "unit_forget_bias",
)
_WITHOUT_VALUE = (
    "activity_regularizer",
    "alpha_constraint",
    "alpha_regularizer",
    "beta_constraint",
    "bias_constraint",
    "gamma_constraint",
    "kernel_constraint",
    "kernel_regularizer",
    "mask",
    "max_value",
    "noise_shape",
    "output_padding",
    "quantization_config",
    "recurrent_constraint",
    "virtual_batch_size",
)
_NOT_DONE = (
    "keepdims",
    "normalize",
    "renorm",
    "reset_after",
    "return_state",
    "sparse",
    "synchronized",
    "time_major",
    "unroll",
    "zero_output_for_mask",
)
NEUTRAL: Mapping[str, Any] = {
    **dict.fromkeys(_WITH_ANY_VALUE, ANY),
    **dict.fromkeys(_WITHOUT_VALUE, (None,)),
    **dict.fromkeys(_NOT_DONE, (False,)),
    "data_format": ("channels_last", None),
    "dilation_rate": UNDILATED,
    "groups": (1,),
    "interpolation": ("nearest",),
    "mask_type": ("raw",),
    "threshold": (0, None),
    "use_bias": (True,),
}
"""Arguments of later versions for what layers here don't do, and the values that mean
that it isn't done."""


def same_names(*names: str) -> Renamed:
    """Returns arguments that are called the same there and here."""
    return {name: name for name in names}


def _pooling(kind: str) -> dict[str, MigrationRow]:
    """Returns the rows of Max or Average."""
    padding: Renamed = {"padding": "border_mode"}
    steps = {"pool_size": ("pool_length",), "strides": ("stride",), **padding}
    windows = {"pool_size": "pool_size", "strides": "strides", **padding, **ORDERED}
    rows: dict[str, MigrationRow] = {
        f"{kind}Pooling1D": {"renamed": steps},
        f"Global{kind}Pooling1D": {},
    }
    for rank in (2, 3):
        rows[f"{kind}Pooling{rank}D"] = {"renamed": windows}
        rows[f"Global{kind}Pooling{rank}D"] = {"renamed": ORDERED}
    return rows


def _merge(mode: str, **renamed: str) -> MigrationRow:
    """Returns the row of a mode of Merge, which has no argument `trainable`."""
    arguments: Renamed = {"trainable": (), **renamed}
    return {"name": "Merge", "added": {"mode": mode}, "renamed": arguments}


def _optimizer(keras3: str, slots: tuple[str, ...], *arguments: str) -> MigrationRow:
    """Returns the row of an optimizer with arguments of its own."""
    base = f"{_CLASSES}.optimizers:OptimizerMigration"
    return {"base": base, "keras3": keras3, "slots": slots, "own_arguments": arguments}


ACTIVATIONS: dict[str, MigrationRow] = {
    "PReLU": {
        "base": _LEARNED,
        "renamed": {"alpha_initializer": "init", "shared_axes": "shared_axes"},
    },
    "ParametricSoftplus": {
        "base": _LEARNED,
        "keras3": f"{PACKAGE}ParametricSoftplus",
        "of_keras1": True,
        "renamed": same_names("alpha_init", "beta_init", "shared_axes"),
    },
    "SReLU": {
        "base": _LEARNED,
        "keras3": f"{PACKAGE}SReLU",
        "of_keras1": True,
        "renamed": {
            "t_left_initializer": "t_left_init",
            "a_left_initializer": "a_left_init",
            "t_right_initializer": "t_right_init",
            "a_right_initializer": "a_right_init",
            "shared_axes": "shared_axes",
        },
    },
    "LeakyReLU": {
        "renamed": {"alpha": "alpha", "negative_slope": "alpha"},
        "elementwise": True,
    },
    "ELU": {"renamed": {"alpha": "alpha"}, "elementwise": True},
    "ThresholdedReLU": {
        "keras3": f"{PACKAGE}ThresholdedReLU",
        "renamed": {"theta": "theta"},
        "elementwise": True,
    },
    "Softmax": {
        "name": "Activation",
        "neutral": {"axis": (-1, [-1])},
        "added": {"activation": "softmax"},
    },
}
CORE: dict[str, MigrationRow] = {
    "Highway": {"keras3": f"{PACKAGE}Highway", "renamed": AFFINE, "of_keras1": True},
    "MaxoutDense": {
        "keras3": f"{PACKAGE}MaxoutDense",
        "renamed": {**AFFINE, "units": "output_dim", "maps": "nb_feature"},
        "of_keras1": True,
    },
    "TimeDistributedDense": {
        "base": f"{_CLASSES}.core:DenseMigration",
        "keras3": "Dense",
        "of_keras1": True,
    },
    "SpatialDropout1D": {"renamed": RATE},
    "SpatialDropout2D": {"renamed": {**RATE, **ORDERED}},
    "SpatialDropout3D": {"renamed": {**RATE, **ORDERED}},
    "Reshape": {"renamed": {"target_shape": "target_shape"}},
    "RepeatVector": {"renamed": {"n": "n"}},
    "Masking": {"renamed": {"mask_value": "mask_value"}},
    "GaussianNoise": {"renamed": {"stddev": "sigma"}, "elementwise": True},
    "GaussianDropout": {"renamed": {"rate": "p"}, "elementwise": True},
}
MERGED: dict[str, MigrationRow] = {
    "Add": _merge("sum"),
    "Multiply": _merge("mul"),
    "Average": _merge("ave"),
    "Maximum": _merge("max"),
    "Concatenate": _merge("concat", axis="concat_axis"),
    "Dot": _merge("dot", axes="dot_axes"),
    "Cosine": {**_merge("cos", axes="dot_axes"), "of_keras1": True},
}
IMAGES: dict[str, MigrationRow] = {
    "UpSampling1D": {"renamed": {"size": "length"}},
    "UpSampling2D": {"renamed": {"size": "size", **ORDERED}},
    "UpSampling3D": {"renamed": {"size": "size", **ORDERED}},
    "Cropping1D": {"renamed": {"cropping": "cropping"}},
    "Cropping2D": {"renamed": {"cropping": "cropping", **ORDERED}},
    "Cropping3D": {"renamed": {"cropping": "cropping", **ORDERED}},
    "LocallyConnected1D": {
        "keras3": f"{PACKAGE}LocallyConnected1D",
        "renamed": {
            **AFFINE,
            "filters": "nb_filter",
            "padding": "border_mode",
            "kernel_size": ("filter_length",),
            "strides": ("subsample_length",),
        },
        "neutral": {"implementation": (1,)},
    },
    **_pooling("Max"),
    **_pooling("Average"),
}
_CONVOLUTION_2D: MigrationRow = {
    "base": _CONVOLUTION,
    "name": "Convolution2D",
    "keras3": "Conv2D",
    "dilated": "AtrousConvolution2D",
    "renamed": {**AFFINE, **WINDOW, **IMAGE_KERNEL},
}
_CONVOLUTION_3D: MigrationRow = {
    "base": _CONVOLUTION,
    "name": "Convolution3D",
    "keras3": "Conv3D",
    "places": (0, 1, 2, 3, 4),
    "places_first": (2, 3, 4, 1, 0),
    "renamed": {
        **AFFINE,
        **WINDOW,
        "kernel_size": ("kernel_dim1", "kernel_dim2", "kernel_dim3"),
    },
}
# Keras 1 had it on TensorFlow alone, so no engine flips its kernels.
_SEPARABLE_2D: MigrationRow = {
    "base": _CONVOLUTION,
    "name": "SeparableConvolution2D",
    "keras3": "SeparableConv2D",
    "flips": False,
    "renamed": {
        **WINDOW,
        **IMAGE_KERNEL,
        **same_names("depth_multiplier", "activation", "activity_regularizer"),
        **same_names("depthwise_regularizer", "pointwise_regularizer"),
        **same_names("depthwise_constraint", "pointwise_constraint"),
        "use_bias": "bias",
        "depthwise_initializer": "init",
        "bias_regularizer": "b_regularizer",
        "bias_constraint": "b_constraint",
    },
}
CONVOLUTIONS = {
    "AtrousConvolution2D": _CONVOLUTION_2D,
    "Conv2D": _CONVOLUTION_2D,
    "Conv3D": _CONVOLUTION_3D,
    "Convolution2D": _CONVOLUTION_2D,
    "Convolution3D": _CONVOLUTION_3D,
    "SeparableConv2D": _SEPARABLE_2D,
    "SeparableConvolution2D": _SEPARABLE_2D,
}
"""Those of Keras 1 and of later versions."""
OPTIMIZERS = {
    "SGD": _optimizer("SGD", ("momentum",), "momentum", "nesterov"),
    "Adagrad": {
        **_optimizer(f"{PACKAGE}Adagrad", ("accumulator",)),
        "later_formula": True,
    },
    "Adadelta": _optimizer(
        "Adadelta", ("accumulated_grad", "accumulated_delta_var"), "rho"
    ),
    "Adam": _optimizer("Adam", ("momentum", "velocity"), "beta_1", "beta_2"),
    "Adamax": _optimizer("Adamax", ("momentum", "norm"), "beta_1", "beta_2"),
}
ROWS = {**ACTIVATIONS, **CORE, **MERGED, **IMAGES, **CONVOLUTIONS, **OPTIMIZERS}
CONSTRAINTS: dict[str, dict[str, str]] = {
    "MaxNorm": {"max_value": "m", "axis": "axis"},
    "MinMaxNorm": {
        "min_value": "low",
        "max_value": "high",
        "rate": "rate",
        "axis": "axis",
    },
    "UnitNorm": {"axis": "axis"},
    "NonNeg": {},
}
"""The arguments of constraints there and here."""
INITIALIZATIONS = {
    "Zeros": "zero",
    "zeros": "zero",
    "Ones": "one",
    "ones": "one",
    "Constant": "zero",
    "RandomUniform": "uniform",
    "random_uniform": "uniform",
    "RandomNormal": "normal",
    "random_normal": "normal",
    "TruncatedNormal": "normal",
    "GlorotUniform": "glorot_uniform",
    "GlorotNormal": "glorot_normal",
    "HeUniform": "he_uniform",
    "HeNormal": "he_normal",
    "LecunUniform": "lecun_uniform",
    "LecunNormal": "lecun_uniform",
    "Orthogonal": "orthogonal",
    "Identity": "identity",
}
"""Initializers, and the nearest ones here. A loaded model has its weights; for a model
built from JSON alone, a warning names the replacement."""
FUNCTIONS = {
    "MeanSquaredError": "mean_squared_error",
    "MeanAbsoluteError": "mean_absolute_error",
    "MeanAbsolutePercentageError": "mean_absolute_percentage_error",
    "MeanSquaredLogarithmicError": "mean_squared_logarithmic_error",
    "BinaryCrossentropy": "binary_crossentropy",
    "CategoricalCrossentropy": "categorical_crossentropy",
    "SparseCategoricalCrossentropy": "sparse_categorical_crossentropy",
    "Hinge": "hinge",
    "SquaredHinge": "squared_hinge",
    "KLDivergence": "kullback_leibler_divergence",
    "Poisson": "poisson",
    "kl_divergence": "kullback_leibler_divergence",
    "BinaryAccuracy": "binary_accuracy",
    "CategoricalAccuracy": "categorical_accuracy",
    "SparseCategoricalAccuracy": "sparse_categorical_accuracy",
}
"""Losses and metrics that are objects there, and the functions here."""
