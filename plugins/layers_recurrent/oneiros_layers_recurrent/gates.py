"""What recurrent layers with weights per gate share, over vectors and over images."""

from collections.abc import Callable
from typing import Any

from oneiros import activations, initializations, regularizers
from oneiros import backend as K
from oneiros.arguments import check_fraction
from oneiros.typing import Activation, Initialization, RegularizerLike

from oneiros_layers_recurrent.base import SequenceLayer, Stepped

Part = tuple[Any, Any, Any]
"""The shape of a weight, its initialization and its regularizer."""


class GatedLayer(SequenceLayer):
    """Base of the recurrent layers with weights per gate. Not a layer itself.

    # Arguments
        all: as for `SimpleRNN`.
    """

    gates: tuple[str, ...] = ("",)
    """The names of the gates, in their order in a joined matrix."""
    weight_order: tuple[str, ...] = ("",)
    """The same names in the order of the layer's weights."""
    functions: tuple[str, ...] = ("activation",)
    """The arguments that name activations."""
    gate_axis: int = -1
    """The axis of weights and projections along which gates are joined; the first one
    of a kernel is the one behind the samples."""

    W: Any
    U: Any
    b: Any
    activation: Any

    def __init__(
        self,
        *,
        init: Initialization,
        inner_init: Initialization,
        activation: Activation,
        W_regularizer: RegularizerLike,
        U_regularizer: RegularizerLike,
        b_regularizer: RegularizerLike,
        dropout_W: float,
        dropout_U: float,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.init = initializations.get(init)
        self.inner_init = initializations.get(inner_init)
        self.activation = activations.get(activation)
        self.W_regularizer = regularizers.get(W_regularizer)
        self.U_regularizer = regularizers.get(U_regularizer)
        self.b_regularizer = regularizers.get(b_regularizer)
        self.dropout_W = check_fraction(self, "dropout_W", dropout_W)
        self.dropout_U = check_fraction(self, "dropout_U", dropout_U)
        self.drops_inputs = 0 < self.dropout_W < 1
        self.drops_states = 0 < self.dropout_U < 1
        self.uses_learning_phase = self.drops_inputs or self.drops_states

    def add_gates(self, kernel: Part, recurrent: Part, size: int) -> None:
        """Makes kernel, recurrent kernel and bias of each gate.

        # Arguments
            size: int, the size of a bias.
        """
        for gate in self.gates:
            self.add_part(f"W_{gate}", kernel)
            self.add_part(f"U_{gate}", recurrent)
            bias = (size,), self.bias_init(gate), self.b_regularizer
            self.add_part(f"b_{gate}", bias)
        order = [f"{part}_{gate}" for gate in self.weight_order for part in "WUb"]
        self.trainable_weights = [getattr(self, name) for name in order]
        self.W = self.joined_gates("W")
        self.U = self.joined_gates("U")
        self.b = self.joined_gates("b")

    def add_part(self, name: str, part: Part) -> None:
        """Makes a weight, and stores it in the attribute of this name."""
        shape, init, regularizer = part
        weight = self.add_weight(
            shape, init, name=f"{self.name}_{name}", regularizer=regularizer
        )
        setattr(self, name, weight)

    def bias_init(self, gate: str):
        """Returns the initialization of a gate's bias."""
        return initializations.get("zero")

    def joined_gates(self, part: str):
        """Returns the weights `"W"`, `"U"` or `"b"` of all gates, side by side, in the
        order of `gates`."""
        weights = [getattr(self, f"{part}_{gate}") for gate in self.gates]
        return K.concatenate(weights, axis=self.gate_axis)

    def split(self, x, size: int, count: int | None = None) -> list[Any]:
        """Returns the blocks of a tensor that holds those of `count` gates, each of a
        size, side by side."""
        axes_before = 1 if self.gate_axis == 0 else K.ndim(x) - 1
        whole = (slice(None),) * axes_before
        blocks = []
        for index in range(count or len(self.gates)):
            start = index * size
            block = slice(start, start + size)
            blocks.append(x[(*whole, block)])
        return blocks

    def dropout_masks(self, make_ones: Callable[[], Any], rate: float) -> list[Any]:
        """Returns a dropout mask for each gate: ones if nothing is dropped.

        # Arguments
            make_ones: function that returns ones of a mask's shape.
        """
        if not 0 < rate < 1:
            return [K.cast_to_floatx(1.0)] * len(self.gates)
        ones = make_ones()
        masks = []
        for _ in self.gates:
            dropped = K.dropout(ones, rate)
            masks.append(K.in_train_phase(dropped, ones))
        return masks


class ForgetfulLayer(GatedLayer):
    """Base of the LSTMs, whose cell a gate lets forget. Not a layer itself."""

    gates = ("i", "f", "c", "o")
    weight_order = ("i", "c", "f", "o")
    functions = ("activation", "inner_activation")
    state_count = 2

    forget_bias_init: Any
    inner_activation: Any

    def bias_init(self, gate: str):
        """Returns the initialization of a gate's bias."""
        return self.forget_bias_init if gate == "f" else super().bias_init(gate)

    def next_states(self, c, projections: list[Any]) -> Stepped:
        """Returns the output and the states `[h, c]`.

        # Arguments
            c: the old cell.
            projections: those of the gates i, f, c and o.
        """
        a_i, a_f, a_c, a_o = projections
        i = self.inner_activation(a_i)
        f = self.inner_activation(a_f)
        o = self.inner_activation(a_o)
        c = f * c + i * self.activation(a_c)
        h = o * self.activation(c)
        return h, [h, c]
