"""What classes of later versions of Keras are called here, and their arguments: rows
for the hook `oneiros_migrations`, whose docstring describes them."""

from collections.abc import Mapping
from typing import Any, TypedDict

PACKAGE = "oneiros_keras3>"
"""What registered names in the module `oneiros_keras3` begin with."""


class MigrationRow(TypedDict, total=False):
    """What a layer is called here, and its arguments, as plain data.

    # Properties
        name: str, the class's name here, if it is another one.
        renamed: dict, arguments there and here; a tuple of names stands for the items
            of a list.
        neutral: dict, arguments without an equivalent here, and the tuple of values
            that can be read; None for any.
        added: dict, additional arguments here.
        keras3: str, the class's name in Keras 3, if it is another one; None if it has
            no such class.
        renamed_there: dict, arguments of Keras 2 and of Keras 3.
        elementwise: bool, whether the layer takes each value by itself, wherever it is.
        of_keras1: bool, whether later versions lack the class.
    """

    name: str
    renamed: Mapping[str, str | tuple[str, ...]]
    neutral: Mapping[str, Any]
    added: Mapping[str, Any]
    keras3: str | None
    renamed_there: Mapping[str, str]
    elementwise: bool
    of_keras1: bool


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
IMAGE_KERNEL: Renamed = {"kernel_size": ("nb_row", "nb_col")}
UNDILATED = (1, [1], [1, 1], [1, 1, 1])
LAST = {"data_format": ("channels_last",)}
FLAT = {"keepdims": (False,)}
NO_MODE = {"trainable": ()}
"""Merge of Keras 1 has no argument `trainable`."""


def same_names(*names: str) -> Renamed:
    """Returns arguments that are called the same there and here."""
    return {name: name for name in names}


def _pooling(kind: str) -> dict[str, MigrationRow]:
    """Returns the rows of Max or Average."""
    padding: Renamed = {"padding": "border_mode"}
    steps: MigrationRow = {
        "renamed": {"pool_size": ("pool_length",), "strides": ("stride",), **padding},
        "neutral": LAST,
    }
    windows = {"pool_size": "pool_size", "strides": "strides", **padding, **ORDERED}
    rows: dict[str, MigrationRow] = {
        f"{kind}Pooling1D": steps,
        f"Global{kind}Pooling1D": {"neutral": {**FLAT, **LAST}},
    }
    for rank in (2, 3):
        rows[f"{kind}Pooling{rank}D"] = {"renamed": windows}
        rows[f"Global{kind}Pooling{rank}D"] = {"renamed": ORDERED, "neutral": FLAT}
    return rows


ACTIVATIONS: dict[str, MigrationRow] = {
    "LeakyReLU": {
        "renamed": {"alpha": "alpha"},
        "renamed_there": {"alpha": "negative_slope"},
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
    "SpatialDropout1D": {
        "renamed": {"rate": "p", "seed": "seed"},
        "neutral": {"noise_shape": (None,)},
    },
    **{
        f"SpatialDropout{rank}D": {
            "renamed": {"rate": "p", "seed": "seed", **ORDERED},
            "neutral": {"noise_shape": (None,)},
        }
        for rank in (2, 3)
    },
    "Reshape": {"renamed": {"target_shape": "target_shape"}},
    "RepeatVector": {"renamed": {"n": "n"}},
    "Masking": {"renamed": {"mask_value": "mask_value"}},
    "GaussianNoise": {
        "renamed": {"stddev": "sigma"},
        "neutral": {"seed": None},
        "elementwise": True,
    },
    "GaussianDropout": {
        "renamed": {"rate": "p"},
        "neutral": {"seed": None},
        "elementwise": True,
    },
}
MERGED: dict[str, MigrationRow] = {
    **{
        there: {"name": "Merge", "added": {"mode": mode}, "renamed": NO_MODE}
        for there, mode in (
            ("Add", "sum"),
            ("Multiply", "mul"),
            ("Average", "ave"),
            ("Maximum", "max"),
        )
    },
    "Concatenate": {
        "name": "Merge",
        "added": {"mode": "concat"},
        "renamed": {"axis": "concat_axis", **NO_MODE},
    },
    "Dot": {
        "name": "Merge",
        "added": {"mode": "dot"},
        "renamed": {"axes": "dot_axes", **NO_MODE},
        "neutral": {"normalize": (False,)},
    },
    "Cosine": {
        "name": "Merge",
        "added": {"mode": "cos"},
        "renamed": {"axes": "dot_axes", **NO_MODE},
        "of_keras1": True,
    },
}
IMAGES: dict[str, MigrationRow] = {
    "UpSampling1D": {"renamed": {"size": "length"}},
    "UpSampling2D": {
        "renamed": {"size": "size", **ORDERED},
        "neutral": {"interpolation": ("nearest",)},
    },
    "UpSampling3D": {"renamed": {"size": "size", **ORDERED}},
    "Cropping1D": {"renamed": {"cropping": "cropping"}, "neutral": LAST},
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
        "neutral": {"implementation": (1,), **LAST},
    },
    **_pooling("Max"),
    **_pooling("Average"),
}
ROWS = {**ACTIVATIONS, **CORE, **MERGED, **IMAGES}
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
