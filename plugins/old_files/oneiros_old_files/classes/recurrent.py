"""Migration from files of other versions of Keras: recurrent layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from oneiros_old_files.base import Arrays, Origin
from oneiros_old_files.convolution_kernels import KernelMigration
from oneiros_old_files.keras2 import ANY, Keras2Layer, Renamed
from oneiros_old_files.keras3 import Keras3Layer

SHARED: Renamed = {
    "activation": "activation",
    "kernel_initializer": "init",
    "recurrent_initializer": "inner_init",
    "kernel_regularizer": "W_regularizer",
    "recurrent_regularizer": "U_regularizer",
    "bias_regularizer": "b_regularizer",
    "dropout": "dropout_W",
    "recurrent_dropout": "dropout_U",
    "return_sequences": "return_sequences",
    "go_backwards": "go_backwards",
    "stateful": "stateful",
}
NEUTRAL = {
    "use_bias": (True,),
    "activity_regularizer": (None,),
    "kernel_constraint": (None,),
    "recurrent_constraint": (None,),
    "bias_constraint": (None,),
    "return_state": (False,),
    "seed": ANY,
    "implementation": ANY,
    "time_major": (False,),
    "zero_output_for_mask": (False,),
}


def separated(arrays: Arrays, gates: tuple[str, ...], order: tuple[str, ...]) -> Arrays:
    """Returns kernel, recurrent kernel and bias, gate by gate.

    Files hold them joined on the last axis.

    # Arguments
        arrays: list of the three.
        gates: the gates in the order in which they are joined.
        order: the gates in the order in which a layer has its weights.
    """
    parts = [
        dict(zip(gates, np.split(value, len(gates), axis=-1), strict=True))
        for value in arrays
    ]
    return [part[gate] for gate in order for part in parts]


def joined(arrays: Arrays, gates: tuple[str, ...], order: tuple[str, ...]) -> Arrays:
    """Returns kernel, recurrent kernel and bias, each joined on the last axis; the
    opposite of `separated`."""
    parts = {
        gate: arrays[3 * place : 3 * place + 3] for place, gate in enumerate(order)
    }
    return [
        np.concatenate([parts[gate][kind] for gate in gates], axis=-1)
        for kind in range(3)
    ]


def _from_cudnn(arrays: Arrays, count: int) -> Arrays:
    """Returns CuDNN's arrays as Keras has them.

    Each gate's matrices are transposed, the two biases added.
    """
    kernel, recurrent, bias = arrays
    blocks = [np.ascontiguousarray(block) for block in np.split(kernel, count, axis=-1)]
    return [
        np.concatenate(
            [block.reshape(block.shape[::-1]).T for block in blocks], axis=-1
        ),
        np.concatenate(
            [block.T for block in np.split(recurrent, count, axis=-1)], axis=-1
        ),
        bias.reshape(2, -1).sum(axis=0),
    ]


class SimpleRNNMigration(Keras2Layer):
    """SimpleRNN."""

    name = "SimpleRNN"
    unneeded = frozenset({"consume_less"})
    renamed = {**SHARED, "units": "output_dim", "unroll": "unroll"}
    neutral = NEUTRAL


class GatedMigration(SimpleRNNMigration):
    """A layer with gates, whose weights Keras 2 stores joined.

    `consume_less="gpu"` has them so here.
    """

    stored = 3
    gates: tuple[str, ...]
    order: tuple[str, ...]
    renamed = {**SimpleRNNMigration.renamed, "recurrent_activation": "inner_activation"}
    added = {"consume_less": "gpu"}

    def to_keras3(self, config: dict[str, Any], arrays: Arrays) -> Keras3Layer | None:
        """Returns the layer. Gate by gate, Keras 1 applies `W_regularizer` to the
        recurrent weights, too, and `U_regularizer` to none."""
        layer = super().to_keras3(config, arrays)
        if layer is not None and config["consume_less"] != "gpu":
            regularizer = layer.arguments["kernel_regularizer"]
            layer.arguments["recurrent_regularizer"] = regularizer
        return layer

    def weights_there(self, config: dict[str, Any], arrays: Arrays) -> Arrays:
        """Returns kernel, recurrent kernel and bias, joined."""
        if config["consume_less"] == "gpu":
            return arrays
        return joined(arrays, self.gates, self.order)

    def weights(self, config: dict[str, Any], arrays: Arrays, origin: Origin) -> Arrays:
        """Returns the weights joined or gate by gate, as the layer has them."""
        if origin.keras < 2 or config["consume_less"] == "gpu":
            return arrays
        return separated(arrays, self.gates, self.order)


class ForgetBiasMigration(Keras2Layer):
    """What layers with a forget gate share.

    Keras 2 says whether that gate's bias begins with ones.
    """

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its arguments."""
        if origin.keras < 2:
            return name, config
        begins_with_ones = config.pop("unit_forget_bias", True)
        class_name, arguments = super().translated(name, config, origin)
        return class_name, {
            **arguments,
            "forget_bias_init": "one" if begins_with_ones else "zero",
        }


class LSTMMigration(ForgetBiasMigration, GatedMigration):
    """LSTM."""

    name = "LSTM"
    gates = ("i", "f", "c", "o")
    order = ("i", "c", "f", "o")

    def weights(self, config: dict[str, Any], arrays: Arrays, origin: Origin) -> Arrays:
        """Returns the weights joined or gate by gate; CuDNN's have two biases."""
        if (
            origin.keras > 1
            and arrays[-1].size == 2 * len(self.gates) * config["output_dim"]
        ):
            arrays = _from_cudnn(arrays, len(self.gates))
        return super().weights(config, arrays, origin)


class CuDNNLSTMMigration(LSTMMigration):
    """LSTM of NVIDIA's library, which has these activations alone."""

    added = {**LSTMMigration.added, "activation": "tanh", "inner_activation": "sigmoid"}


class GRUMigration(GatedMigration):
    """GRU, which resets the state before its product with the weights."""

    name = "GRU"
    gates = ("z", "r", "h")
    order = gates
    neutral = {**NEUTRAL, "reset_after": (False,)}


class ConvLSTM2DMigration(KernelMigration, ForgetBiasMigration):
    """ConvLSTM2D, whose weights are always gate by gate here."""

    stored = 3
    steps = 1
    name = "ConvLSTM2D"
    renamed = {
        **SHARED,
        "recurrent_activation": "inner_activation",
        "filters": "nb_filter",
        "kernel_size": ("nb_row", "nb_col"),
        "strides": "subsample",
        "padding": "border_mode",
        "data_format": "dim_ordering",
    }
    neutral = {**NEUTRAL, "dilation_rate": (1, [1, 1]), "unroll": (False,)}

    def weights_there(self, config: dict[str, Any], arrays: Arrays) -> Arrays:
        """Returns kernel, recurrent kernel and bias, with the window first."""
        arrays = self.reordered(config, arrays, "tf")
        return joined(arrays, LSTMMigration.gates, LSTMMigration.order)

    def weights(self, config: dict[str, Any], arrays: Arrays, origin: Origin) -> Arrays:
        """Returns the weights gate by gate, in the layer's order of axes."""
        if origin.keras < 2:
            return arrays
        by_gate = separated(arrays, LSTMMigration.gates, LSTMMigration.order)
        return super().weights(config, by_gate, origin)
