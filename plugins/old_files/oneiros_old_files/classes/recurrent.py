"""Migration from files of other versions of Keras: recurrent layers."""

import numpy as np
from oneiros.errors import ConfigError

from oneiros_old_files.base import Arrays, Config, Reference
from oneiros_old_files.convolution_kernels import KernelMigration
from oneiros_old_files.keras2 import Keras2Layer
from oneiros_old_files.rows import ANY, IMAGE_KERNEL, PLACE, Renamed, same_names

Gates = tuple[str, ...]
SHARED: Renamed = {
    **same_names("activation", "return_sequences", "go_backwards", "stateful"),
    "kernel_initializer": "init",
    "recurrent_initializer": "inner_init",
    "kernel_regularizer": "W_regularizer",
    "recurrent_regularizer": "U_regularizer",
    "bias_regularizer": "b_regularizer",
    "dropout": "dropout_W",
    "recurrent_dropout": "dropout_U",
}
GATES: Renamed = {"recurrent_activation": "inner_activation"}
IMPLEMENTATION = {"implementation": ANY}


def separated(arrays: Arrays, gates: Gates, order: Gates) -> Arrays:
    """Returns kernel, recurrent kernel and bias, gate by gate.

    Files hold them joined on the last axis.

    # Arguments
        arrays: list of the three.
        gates: the gates in the order in which they are joined.
        order: the gates in the order in which a layer has its weights.
    """
    count = len(gates)
    parts = [np.split(value, count, axis=-1) for value in arrays]
    places = map(gates.index, order)
    return [part[place] for place in places for part in parts]


def joined(arrays: Arrays, gates: Gates, order: Gates) -> Arrays:
    """Returns kernel, recurrent kernel and bias, each joined on the last axis; the
    opposite of `separated`."""
    places = [3 * order.index(gate) for gate in gates]
    parts: Arrays = []
    for kind in range(3):
        by_gate = [arrays[place + kind] for place in places]
        parts.append(np.concatenate(by_gate, axis=-1))
    return parts


def from_cudnn(arrays: Arrays, count: int) -> Arrays:
    """Returns CuDNN's arrays of `count` gates as Keras has them: each gate's matrices
    are transposed, and there are two biases."""
    kernel, recurrent, bias = arrays
    gates = np.split(kernel, count, axis=-1)
    kernels = [gate.reshape(gate.shape[::-1]).T for gate in gates]
    recurrents = [gate.T for gate in np.split(recurrent, count, axis=-1)]
    return [
        np.concatenate(kernels, axis=-1),
        np.concatenate(recurrents, axis=-1),
        bias.reshape(2, -1),
    ]


class OneInputMigration(Keras2Layer):
    """A layer that begins with zeros, whereas Keras 2's takes initial states."""

    def called(
        self, config: Config, inputs: list[Reference], arguments: Config
    ) -> list[Reference]:
        """Returns the reference to the input.

        # Raises
            ConfigError: if there are initial states.
        """
        if self.origin.keras > 1 and len(inputs) > 1:
            raise ConfigError(
                f"The layer {config.get('name')!r} is called with initial states, "
                f"which Keras 1's {self.name} doesn't take."
            )
        return super().called(config, inputs, arguments)


class SimpleRNNMigration(OneInputMigration):
    """SimpleRNN."""

    name = "SimpleRNN"
    renamed = {**SHARED, "units": "output_dim", "unroll": "unroll"}
    neutral = IMPLEMENTATION


class GatedMigration(SimpleRNNMigration):
    """A layer with gates, whose weights Keras 2 stores joined.

    `consume_less="gpu"` has them so here.
    """

    stored = 3
    gates: Gates
    order: Gates
    renamed = {**SimpleRNNMigration.renamed, **GATES}
    added = {"consume_less": "gpu"}

    def complete_there(self, arguments: Config, config: Config) -> None:
        """Gate by gate, Keras 1 applies `W_regularizer` to the recurrent weights, too,
        and `U_regularizer` to none."""
        if config["consume_less"] != "gpu":
            arguments["recurrent_regularizer"] = arguments["kernel_regularizer"]

    def weights_there(self, config: Config, arrays: Arrays) -> Arrays:
        """Returns kernel, recurrent kernel and bias, joined."""
        if config["consume_less"] == "gpu":
            return arrays
        return joined(arrays, self.gates, self.order)

    def weights(self, config: Config, arrays: Arrays) -> Arrays:
        """Returns the weights joined or gate by gate, as the layer has them."""
        if self.origin.keras < 2 or config["consume_less"] == "gpu":
            return arrays
        return separated(arrays, self.gates, self.order)


class ForgetBiasMigration(OneInputMigration):
    """What layers with a forget gate share.

    Keras 2 says whether that gate's bias begins with ones.
    """

    def complete(self, arguments: Config, config: Config) -> None:
        """Adds how the forget gate's bias begins."""
        begins_with_ones = config.get("unit_forget_bias", True)
        arguments["forget_bias_init"] = "one" if begins_with_ones else "zero"


class LSTMMigration(ForgetBiasMigration, GatedMigration):
    """LSTM."""

    name = "LSTM"
    gates = ("i", "f", "c", "o")
    order = ("i", "c", "f", "o")

    def weights(self, config: Config, arrays: Arrays) -> Arrays:
        """Returns the weights joined or gate by gate; CuDNN's have two biases."""
        count = len(self.gates)
        has_two_biases = arrays[-1].size == 2 * count * config["output_dim"]
        if self.origin.keras > 1 and has_two_biases:
            kernel, recurrent, biases = from_cudnn(arrays, count)
            arrays = [kernel, recurrent, biases.sum(axis=0)]
        return super().weights(config, arrays)


class CuDNNLSTMMigration(LSTMMigration):
    """LSTM of NVIDIA's library, which has these activations alone."""

    added = {**LSTMMigration.added, "activation": "tanh", "inner_activation": "sigmoid"}


class GRUMigration(GatedMigration):
    """GRU, which resets the state before its product with the weights."""

    name = "GRU"
    gates = ("z", "r", "h")
    order = gates


class ConvLSTM2DMigration(KernelMigration, ForgetBiasMigration):
    """ConvLSTM2D, whose weights are always gate by gate here."""

    stored = 3
    steps = 1
    name = "ConvLSTM2D"
    renamed = {**SHARED, **GATES, **PLACE, **IMAGE_KERNEL, "filters": "nb_filter"}
    neutral = IMPLEMENTATION

    def weights_there(self, config: Config, arrays: Arrays) -> Arrays:
        """Returns kernel, recurrent kernel and bias, with the window first."""
        arrays = self.reordered(config, arrays, "tf")
        return joined(arrays, LSTMMigration.gates, LSTMMigration.order)

    def weights(self, config: Config, arrays: Arrays) -> Arrays:
        """Returns the weights gate by gate, in the layer's order of axes."""
        if self.origin.keras < 2:
            return arrays
        by_gate = separated(arrays, LSTMMigration.gates, LSTMMigration.order)
        return super().weights(config, by_gate)
