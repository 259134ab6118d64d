"""Calls that functions of K refuse: what brings each error that they document."""

from dataclasses import dataclass
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
REDUCTIONS = "max min sum prod mean var std any all argmax argmin l2_normalize"
SHAPED = """
    random_uniform random_normal random_binomial zeros ones random_uniform_variable
    random_normal_variable
"""
SPATIAL = """
    conv1d conv2d deconv2d atrous_conv2d separable_conv2d conv3d pool2d pool3d
    spatial_2d_padding asymmetric_spatial_2d_padding spatial_3d_padding
    temporal_padding asymmetric_temporal_padding
"""


@dataclass(frozen=True)
class Refused:
    """A call that is refused.

    # Properties
        function: name of the function of K.
        changes: the arguments that differ from those of `k_arguments`.
        kind: class of the error.
        on: the backends that refuse it.
    """

    function: str
    changes: dict[str, Any]
    kind: type[Exception] = ArgumentError
    on: tuple[str, ...] = ALL


def refused(kind, on=ALL, **calls):
    """Returns calls: changes, or a list of them, by function."""
    return [
        Refused(name, each, kind, on)
        for name, changes in calls.items()
        for each in (changes if isinstance(changes, list) else [changes])
    ]


def alike(names, **changes):
    """Returns the same changes for several functions."""
    return dict.fromkeys(names.split(), changes)


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
    return [
        *refused(ArgumentError, **alike(REDUCTIONS, axis=7)),
        *refused(ArgumentError, **alike(SHAPED, shape=(None, 3))),
        *refused(
            ArgumentError, **alike("max min argmax argmin", x=tensor(2, 0), axis=1)
        ),
        *refused(
            ArgumentError,
            eye={"size": None},
            arange=[{"step": 0}, {"step": 0.0}, {"start": None}],
            one_hot={"nb_classes": 2.5},
            repeat=[{"n": 1.5}, {"x": tensor(2, 3, 4)}],
            repeat_elements=[{"rep": 1.5}, {"axis": 7}],
            tile={"n": 1.5},
            expand_dims={"dim": 9},
            squeeze={"axis": 7},
            reverse={"axes": 7},
            permute_dimensions=[{"pattern": (0, 0)}, {"pattern": (0,)}],
            concatenate={"axis": 7},
            softmax={"x": tensor(3)},
            dropout={"level": 1.0},
            pattern_broadcast={"broatcastable": [True]},
            set_learning_phase={"value": 3},
            variable={"value": tensor(2)},
            batch_dot=[{"x": tensor(3)}, {"axes": 7}],
            **alike("pool2d pool3d", pool_mode="min"),
            temporal_padding={"padding": -1},
            asymmetric_temporal_padding={"left_pad": 0.5},
            conv2d=[
                {"strides": (1, 0)},
                {"strides": (1, 1, 1)},
                {"filter_dilation": 1.5},
            ],
            atrous_conv2d={"rate": 0},
            conv1d={"stride": True},
            resize_images=[{"height_factor": 0}, {"width_factor": 0.5}],
            spatial_2d_padding={"padding": (1, 1, 1)},
            lstm=[
                {"activation": "elu"},
                {"initial_states": [tensor(2, 4)]},
                {"W": tensor(3, 16)},
            ],
        ),
        *refused(ArgumentError, pool2d={"border_mode": "full"}),
        *refused(
            ArgumentError,
            ("theano", "jax"),
            placeholder={"shape": None, "ndim": None},
            batch_dot={"axes": 0},
        ),
        *refused(CapabilityError, ("theano",), ctc_decode={"greedy": False}),
    ]


def _other_shapes():
    wrong = tensor(7, 11)
    return [
        *refused(ShapeError, **alike(SPATIAL, x=tensor(2, 3))),
        *refused(ShapeError, **alike("resize_images resize_volumes", X=tensor(2, 3))),
        *refused(
            ShapeError,
            conv1d={"kernel": tensor(2, 7, 5)},
            conv2d=[
                {"kernel": tensor(2, 2, 7, 5)},
                {"kernel": tensor(5, 5, 3, 5), "border_mode": "valid"},
                {"kernel": tensor(2, 3, 5)},
            ],
            deconv2d=[
                {"kernel": tensor(2, 2, 7, 5)},
                {"output_shape": (2, 9, 4, 5)},
                {"output_shape": (None, None, 4, 5)},
                {"output_shape": (None, 4, 4, 6)},
            ],
            atrous_conv2d={"kernel": tensor(2, 2, 7, 5)},
            conv3d={"kernel": tensor(2, 2, 2, 7, 2)},
            separable_conv2d=[
                {"depthwise_kernel": tensor(2, 2, 7, 2)},
                {"pointwise_kernel": tensor(1, 1, 7, 2)},
            ],
            pool2d={"pool_size": (5, 5)},
            pool3d={"pool_size": (5, 5, 5)},
            clip={"min_value": wrong},
            relu=[{"alpha": wrong}, {"max_value": wrong}],
            elu={"alpha": wrong},
            pow={"a": wrong},
            batch_dot={"y": tensor(2, 4)},
            in_top_k=[{"predictions": tensor(3)}, {"targets": integers(5)}],
            dropout={"noise_shape": (5, 7)},
            normalize_batch_in_training=[{"gamma": tensor(2)}, {"beta": tensor(2)}],
            sparse_categorical_crossentropy={"target": integers(5)},
            reshape={"shape": (4, 2)},
            stack=[{"x": []}, {"x": [tensor(2, 3), wrong]}],
            concatenate={"tensors": [tensor(2, 3), wrong]},
            squeeze={"x": tensor(2, 3)},
            batch_flatten={"x": K.variable(3.0)},
            ctc_batch_cost=[{"y_pred": tensor(3, 4)}, {"y_true": integers(3, 2)}],
            ctc_decode=[{"y_pred": tensor(5, 4)}, {"input_length": integers(3)}],
            ctc_label_dense_to_sparse={"label_lengths": integers(3)},
            **alike("ctc_cost ctc_path_probs", predict=tensor(3)),
            **alike("ctc_interleave_blanks ctc_create_skip_idxs", Y=integers(2, 3)),
            ctc_update_log_p={"log_p_prev": tensor(7)},
            maximum={"y": wrong},
            lstm=[
                {"mask": K.placeholder((None,))},
                {"W": tensor(3, 7), "b": tensor(7)},
            ],
        ),
    ]


def _of_variables():
    computed, placeholder = tensor(2, 3) * 2, K.placeholder((2, 3))
    doubled = placeholder * 2
    return [
        *refused(
            ArgumentError,
            **alike("update update_add update_sub set_value", x=computed),
            moving_average_update={"variable": computed},
            batch_set_value={"tuples": [(computed, 3)]},
            eval=[{"x": placeholder}, {"x": doubled}],
            get_value={"x": doubled},
            batch_get_value={"xs": [doubled]},
            count_params=[{"x": K.placeholder((None, 3))}, {"x": np.ones(2)}],
            **alike("int_shape get_variable_shape", x=np.ones(2)),
        ),
        *refused(
            DataError,
            set_value={"value": np.ones(7)},
            batch_set_value={"tuples": [(tensor(2), np.ones(7))]},
        ),
        *refused(ArgumentError, ("tensorflow",), int_shape={"x": of_open_rank()}),
    ]


def of_open_rank():
    """Returns a tensor of open rank where there are such: on TensorFlow."""
    return K.placeholder() if K.backend() == "tensorflow" else None


def _of_graphs():
    x, whole = tensor(2, 3), integers(2)
    return [
        *refused(
            ArgumentError,
            function=[{"updates": [(x * 2, x)]}, {"updates": [3]}],
            gradients=[
                {"loss": K.sum(whole)},
                {"loss": K.cast(whole, "float32"), "variables": [whole]},
            ],
        ),
        *refused(GraphError, gradients={"variables": [tensor(2)]}),
        *refused(
            ShapeError,
            gradients={"loss": x, "upstream": tensor(7, 11)},
            function=[
                {"updates": [(x, tensor(7, 11))]},
                {"updates": [(x, tensor(2, 3, 1))]},
            ],
        ),
    ]


def _of_sequences():
    unequal = [tensor(4, 3), tensor(3, 3)]
    weights = {"simple_rnn": (4, 5), "gru": (4, 13), "lstm": (4, 17)}
    for name in ("foldl", "foldr"):
        pair = {"fn": lambda so_far, x: (so_far, x)}
        yield from refused(ArgumentError, **{name: [{"elems": 3}, pair]})
        shapes = [
            {"fn": longer},
            {"fn": first, "elems": unequal},
            {"elems": tensor(0, 3)},
        ]
        yield from refused(ShapeError, **{name: shapes})
    for name, shape in weights.items():
        shapes = [{"U": tensor(*shape)}, {"x": tensor(2, 3)}]
        yield from refused(ShapeError, **{name: shapes})
    yield from refused(
        ArgumentError,
        map_fn={"elems": 3},
        rnn=[
            {"step_function": lambda x, states: x},
            {"step_function": lambda x, states: (x, [])},
            {"inputs": K.placeholder((2, None, 4)), "unroll": True},
        ],
    )
    yield from refused(
        ShapeError,
        map_fn={"fn": lambda pair: K.minimum(*pair), "elems": unequal},
        rnn=[
            {"inputs": tensor(2, 3)},
            {"mask": tensor(2, 7)},
            {"mask": tensor(2, 3, 2)},
            {"inputs": tensor(2, 0, 4), "step_function": lambda x, s: (x * 2, s)},
            {"step_function": lambda x, s: (x, [longer(s[0], x)])},
        ],
    )


def longer(so_far, element):
    return K.concatenate([so_far, element])


def first(so_far, elements):
    return so_far
