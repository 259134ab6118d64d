"""Calls that functions of K refuse: what brings each error that they document."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from k_arguments import integers, tensor
from oneiros import backend as K
from oneiros.errors import (
    ArgumentError,
    CapabilityError,
    DataError,
    GraphError,
    ShapeError,
)

ALL = ("theano", "tensorflow", "jax")


def _names(text):
    return text.split()


REDUCTIONS = _names("max min sum prod mean var std any all argmax argmin l2_normalize")
SHAPED = _names("""
    random_uniform random_normal random_binomial zeros ones random_uniform_variable
    random_normal_variable
""")
BORDERED = _names("""
    conv1d conv2d deconv2d atrous_conv2d separable_conv2d conv3d pool2d pool3d
""")
NO_SHAPE = {"shape": None, "ndim": None}
COMPUTED = ("update", "update_add", "update_sub", "set_value")


@dataclass(frozen=True)
class Refused:
    """A call that is refused.

    # Properties
        function: name of the function of K.
        kind: class of the error.
        changes: the arguments that differ from those of `k_arguments`.
        on: the backends that refuse it.
    """

    function: str
    kind: type[Exception]
    changes: dict[str, Any] = field(default_factory=dict)
    on: tuple[str, ...] = ALL


def refused_calls():
    """Returns calls that are refused, with tensors of the current backend."""
    return [
        *_other_values(),
        *_other_shapes(),
        *_of_variables(),
        *_of_graphs(),
        *_of_sequences(),
    ]


def _other_values():
    axes = [Refused(name, ArgumentError, {"axis": 7}) for name in REDUCTIONS]
    shapes = [Refused(name, ArgumentError, {"shape": (None, 3)}) for name in SHAPED]
    empty = tensor(2, 0)
    extremes = [
        Refused(name, ArgumentError, {"x": empty, "axis": 1})
        for name in ("max", "min", "argmax", "argmin")
    ]
    return [
        *axes,
        *shapes,
        *extremes,
        Refused("eye", ArgumentError, {"size": None}),
        Refused("arange", ArgumentError, {"step": 0}),
        Refused("arange", ArgumentError, {"step": 0.0}),
        Refused("one_hot", ArgumentError, {"nb_classes": 2.5}),
        Refused("repeat", ArgumentError, {"n": 1.5}),
        Refused("repeat", ArgumentError, {"x": tensor(2, 3, 4)}),
        Refused("repeat_elements", ArgumentError, {"rep": 1.5}),
        Refused("repeat_elements", ArgumentError, {"axis": 7}),
        Refused("tile", ArgumentError, {"n": 1.5}),
        Refused("expand_dims", ArgumentError, {"dim": 9}),
        Refused("squeeze", ArgumentError, {"axis": 7}),
        Refused("reverse", ArgumentError, {"axes": 7}),
        Refused("permute_dimensions", ArgumentError, {"pattern": (0, 0)}),
        Refused("permute_dimensions", ArgumentError, {"pattern": (0,)}),
        Refused("concatenate", ArgumentError, {"axis": 7}),
        Refused("softmax", ArgumentError, {"x": tensor(3)}),
        Refused("dropout", ArgumentError, {"level": 1.0}),
        Refused("pattern_broadcast", ArgumentError, {"broatcastable": [True]}),
        Refused("set_learning_phase", ArgumentError, {"value": 3}),
        Refused("placeholder", ArgumentError, NO_SHAPE, on=("theano", "jax")),
        Refused("variable", ArgumentError, {"value": tensor(2)}),
        Refused("batch_dot", ArgumentError, {"x": tensor(3)}),
        Refused("batch_dot", ArgumentError, {"axes": 7}),
        Refused("batch_dot", ArgumentError, {"axes": 0}, on=("theano", "jax")),
        Refused("pool2d", ArgumentError, {"pool_mode": "min"}),
        Refused("pool3d", ArgumentError, {"pool_mode": "min"}),
        Refused("temporal_padding", ArgumentError, {"padding": -1}),
        Refused("asymmetric_temporal_padding", ArgumentError, {"left_pad": 0.5}),
        Refused("ctc_decode", CapabilityError, {"greedy": False}, on=("theano",)),
        Refused("conv2d", ArgumentError, {"strides": (1, 0)}),
        Refused("conv2d", ArgumentError, {"strides": (1, 1, 1)}),
        Refused("conv2d", ArgumentError, {"filter_dilation": 1.5}),
        Refused("atrous_conv2d", ArgumentError, {"rate": 0}),
        Refused("conv1d", ArgumentError, {"stride": True}),
        Refused("pool2d", ArgumentError, {"border_mode": "full"}),
        Refused("resize_images", ArgumentError, {"height_factor": 0}),
        Refused("resize_images", ArgumentError, {"width_factor": 0.5}),
        Refused("spatial_2d_padding", ArgumentError, {"padding": (1, 1, 1)}),
        Refused("arange", ArgumentError, {"start": None}),
        Refused("lstm", ArgumentError, {"activation": "elu"}),
        Refused("lstm", ArgumentError, {"initial_states": [tensor(2, 4)]}),
        Refused("lstm", ArgumentError, {"W": tensor(3, 16)}),
    ]


def _other_shapes():
    wrong = tensor(7, 11)
    ranks = [
        Refused(name, ShapeError, {"x": tensor(2, 3)})
        for name in [
            *BORDERED,
            "spatial_2d_padding",
            "asymmetric_spatial_2d_padding",
            "spatial_3d_padding",
            "temporal_padding",
            "asymmetric_temporal_padding",
        ]
    ]
    channels = [
        Refused("conv1d", ShapeError, {"kernel": tensor(2, 7, 5)}),
        Refused("conv2d", ShapeError, {"kernel": tensor(2, 2, 7, 5)}),
        Refused("deconv2d", ShapeError, {"kernel": tensor(2, 2, 7, 5)}),
        Refused("atrous_conv2d", ShapeError, {"kernel": tensor(2, 2, 7, 5)}),
        Refused("conv3d", ShapeError, {"kernel": tensor(2, 2, 2, 7, 2)}),
        Refused(
            "separable_conv2d", ShapeError, {"depthwise_kernel": tensor(2, 2, 7, 2)}
        ),
        Refused(
            "separable_conv2d", ShapeError, {"pointwise_kernel": tensor(1, 1, 7, 2)}
        ),
    ]
    windows = [
        Refused(
            "conv2d", ShapeError, {"kernel": tensor(5, 5, 3, 5), "border_mode": "valid"}
        ),
        Refused("pool2d", ShapeError, {"pool_size": (5, 5)}),
        Refused("pool3d", ShapeError, {"pool_size": (5, 5, 5)}),
        Refused("deconv2d", ShapeError, {"output_shape": (2, 9, 4, 5)}),
    ]
    return [
        *ranks,
        *channels,
        *windows,
        Refused("resize_images", ShapeError, {"X": tensor(2, 3)}),
        Refused("clip", ShapeError, {"min_value": wrong}),
        Refused("relu", ShapeError, {"alpha": wrong}),
        Refused("relu", ShapeError, {"max_value": wrong}),
        Refused("elu", ShapeError, {"alpha": wrong}),
        Refused("pow", ShapeError, {"a": wrong}),
        Refused("resize_volumes", ShapeError, {"X": tensor(2, 3)}),
        Refused("batch_dot", ShapeError, {"y": tensor(2, 4)}),
        Refused("in_top_k", ShapeError, {"predictions": tensor(3)}),
        Refused("in_top_k", ShapeError, {"targets": integers(5)}),
        Refused("dropout", ShapeError, {"noise_shape": (5, 7)}),
        Refused("normalize_batch_in_training", ShapeError, {"gamma": tensor(2)}),
        Refused("normalize_batch_in_training", ShapeError, {"beta": tensor(2)}),
        Refused("sparse_categorical_crossentropy", ShapeError, {"target": integers(5)}),
        Refused("reshape", ShapeError, {"shape": (4, 2)}),
        Refused("stack", ShapeError, {"x": []}),
        Refused("squeeze", ShapeError, {"x": tensor(2, 3)}),
        Refused("batch_flatten", ShapeError, {"x": K.variable(3.0)}),
        Refused("ctc_batch_cost", ShapeError, {"y_pred": tensor(3, 4)}),
        Refused("ctc_batch_cost", ShapeError, {"y_true": integers(3, 2)}),
        Refused("ctc_decode", ShapeError, {"y_pred": tensor(5, 4)}),
        Refused("ctc_decode", ShapeError, {"input_length": integers(3)}),
        Refused(
            "ctc_label_dense_to_sparse", ShapeError, {"label_lengths": integers(3)}
        ),
        Refused("ctc_cost", ShapeError, {"predict": tensor(3)}),
        Refused("ctc_interleave_blanks", ShapeError, {"Y": integers(2, 3)}),
        Refused("ctc_create_skip_idxs", ShapeError, {"Y": integers(2, 3)}),
        Refused("ctc_path_probs", ShapeError, {"predict": tensor(3)}),
        Refused("ctc_update_log_p", ShapeError, {"log_p_prev": tensor(7)}),
        Refused("conv2d", ShapeError, {"kernel": tensor(2, 3, 5)}),
        Refused("deconv2d", ShapeError, {"output_shape": (None, None, 4, 5)}),
        Refused("deconv2d", ShapeError, {"output_shape": (None, 4, 4, 6)}),
        Refused("concatenate", ShapeError, {"tensors": [tensor(2, 3), wrong]}),
        Refused("stack", ShapeError, {"x": [tensor(2, 3), wrong]}),
        Refused("maximum", ShapeError, {"y": wrong}),
        Refused("lstm", ShapeError, {"mask": K.placeholder((None,))}),
        Refused("lstm", ShapeError, {"W": tensor(3, 7), "b": tensor(7)}),
    ]


def _of_variables():
    computed = tensor(2, 3) * 2
    of_computed = [Refused(name, ArgumentError, {"x": computed}) for name in COMPUTED]
    placeholder = K.placeholder((2, 3))
    return [
        *of_computed,
        Refused("moving_average_update", ArgumentError, {"variable": computed}),
        Refused("batch_set_value", ArgumentError, {"tuples": [(computed, 3)]}),
        Refused("set_value", DataError, {"value": np.ones(7)}),
        Refused("batch_set_value", DataError, {"tuples": [(tensor(2), np.ones(7))]}),
        Refused("eval", ArgumentError, {"x": placeholder}),
        Refused("eval", ArgumentError, {"x": placeholder * 2}),
        Refused("get_value", ArgumentError, {"x": placeholder * 2}),
        Refused("batch_get_value", ArgumentError, {"xs": [placeholder * 2]}),
        Refused("count_params", ArgumentError, {"x": K.placeholder((None, 3))}),
        *(
            Refused(name, ArgumentError, {"x": np.ones(2)})
            for name in ("int_shape", "get_variable_shape", "count_params")
        ),
        Refused("int_shape", ArgumentError, {"x": of_open_rank()}, on=("tensorflow",)),
    ]


def of_open_rank():
    """Returns a tensor of open rank where there are such: on TensorFlow."""
    return K.placeholder() if K.backend() == "tensorflow" else None


def _of_graphs():
    x = tensor(2, 3)
    computed = x * 2
    wholes = integers(2)
    return [
        Refused("function", ArgumentError, {"updates": [(computed, x)]}),
        Refused("function", ArgumentError, {"updates": [3]}),
        Refused("gradients", ArgumentError, {"loss": K.sum(wholes)}),
        Refused(
            "gradients",
            ArgumentError,
            {"loss": K.cast(wholes, "float32"), "variables": [wholes]},
        ),
        Refused("gradients", GraphError, {"variables": [tensor(2)]}),
        Refused("gradients", ShapeError, {"loss": x, "upstream": tensor(7, 11)}),
        Refused("function", ShapeError, {"updates": [(x, tensor(7, 11))]}),
        Refused("function", ShapeError, {"updates": [(x, tensor(2, 3, 1))]}),
    ]


def _of_sequences():
    folds = [call for name in ("foldl", "foldr") for call in _of_fold(name)]
    weights = {"simple_rnn": (4, 5), "gru": (4, 13), "lstm": (4, 17)}
    fused = [
        call
        for name, shape in weights.items()
        for call in (
            Refused(name, ShapeError, {"U": tensor(*shape)}),
            Refused(name, ShapeError, {"x": tensor(2, 3)}),
        )
    ]
    return [
        *folds,
        *fused,
        Refused("map_fn", ArgumentError, {"elems": 3}),
        Refused("map_fn", ShapeError, {"fn": min_of, "elems": unequal()}),
        Refused("rnn", ArgumentError, {"step_function": lambda x, states: x}),
        Refused("rnn", ArgumentError, {"step_function": lambda x, states: (x, [])}),
        Refused("rnn", ArgumentError, open_steps()),
        Refused("rnn", ShapeError, {"inputs": tensor(2, 3)}),
        Refused("rnn", ShapeError, {"mask": tensor(2, 7)}),
        Refused("rnn", ShapeError, {"mask": tensor(2, 3, 2)}),
        Refused("rnn", ShapeError, {"inputs": tensor(2, 0, 4), "step_function": anew}),
        Refused("rnn", ShapeError, {"step_function": growing}),
    ]


def _of_fold(name):
    return [
        Refused(name, ArgumentError, {"elems": 3}),
        Refused(name, ArgumentError, {"fn": lambda so_far, x: (so_far, x)}),
        Refused(name, ShapeError, {"fn": longer}),
        Refused(name, ShapeError, {"fn": first_of, "elems": unequal()}),
        Refused(name, ShapeError, {"elems": tensor(0, 3)}),
    ]


def unequal():
    return [tensor(4, 3), tensor(3, 3)]


def min_of(elements):
    return K.minimum(*elements)


def first_of(so_far, elements):
    return so_far


def longer(so_far, element):
    return K.concatenate([so_far, element])


def growing(x, states):
    return x, [longer(states[0], x)]


def anew(x, states):
    return x * 2, states


def open_steps():
    return {"inputs": K.placeholder((2, None, 4)), "unroll": True}
