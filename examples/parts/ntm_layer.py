"""The Neural Turing Machine as a recurrent layer, for neural_turing_machine.py.

The equations are those of Alex Graves, Greg Wayne and Ivo Danihelka, Neural Turing
Machines, 2014; the memory begins with one small number everywhere, as in Mark Collier
and Joeran Beel, Implementing Neural Turing Machines, 2018.
"""

import numpy as np
from oneiros import backend as K
from oneiros.layers import Recurrent

MOVES = (-1, 0, 1)
EMPTY = 1e-6


def split(x, *sizes):
    """Returns the parts of the last axis of a 2D tensor, of these sizes."""
    ends = np.cumsum(sizes).tolist()
    return [x[:, end - size : end] for size, end in zip(sizes, ends, strict=True)]


def likeness(memory, key):
    """Returns the cosine of the angle between each slot and a key."""
    key = K.expand_dims(key, 1)
    squares = K.sum(K.square(memory), axis=-1) * K.sum(K.square(key), axis=-1)
    return K.sum(memory * key, axis=-1) / (K.sqrt(squares) + 1e-8)


class NeuralTuringMachine(Recurrent):
    """An LSTM with a memory, one head that writes into it and one that reads.

    Its output at each step is the LSTM's, and what was read.

    # Arguments
        units: int, size of the LSTM's output.
        slots: int, number of the memory's slots.
        width: int, numbers in a slot.
    """

    def __init__(self, units, slots, width, **kwargs):
        self.units = units
        self.slots = slots
        self.width = width
        self.output_dim = units + width
        self.head_size = width + 3 + len(MOVES)
        super().__init__(**kwargs)

    def build(self, input_shape):
        lstm_inputs = input_shape[-1] + self.width + self.units
        self.W, self.b = self.dense("lstm", lstm_inputs, 4 * self.units)
        head_outputs = 2 * (self.head_size + self.width)
        self.W_heads, self.b_heads = self.dense("heads", self.units, head_outputs)
        self.moves = [K.variable(np.roll(np.eye(self.slots), by, 1)) for by in MOVES]
        self.states = [None] * 6
        super().build(input_shape)

    def dense(self, name, nb_input, nb_output):
        """Returns a new matrix and a new bias."""
        shape = (nb_input, nb_output)
        W = self.add_weight(shape, "glorot_uniform", f"{self.name}_{name}_W")
        return W, self.add_weight((nb_output,), "zero", f"{self.name}_{name}_b")

    def get_initial_states(self, x):
        """Returns zeros for the LSTM, an empty memory, of which nothing was read, and
        both heads at its first slot."""
        sample = K.zeros_like(x[:, 0, :1])
        zeros = sample + K.variable(np.zeros((1, self.units)))
        empty = sample + K.variable(np.full((1, self.width), EMPTY))
        first_slot = sample + K.variable(np.eye(1, self.slots))
        memory = K.repeat(empty, self.slots)
        return [zeros, zeros, memory, empty, first_slot, first_slot]

    def step(self, x, states):
        h, c, memory, read, writer, reader = states
        gates = K.dot(K.concatenate([x, read, h]), self.W) + self.b
        i, f, o, new = split(gates, *[self.units] * 4)
        c = K.sigmoid(f + 1) * c + K.sigmoid(i) * K.tanh(new)
        h = K.sigmoid(o) * K.tanh(c)

        writing, reading, erased, added = split(
            K.dot(h, self.W_heads) + self.b_heads,
            *[self.head_size, self.head_size, self.width, self.width],
        )
        writer = self.moved(writer, writing, memory)
        share = K.expand_dims(writer)
        memory = memory * (1 - share * K.expand_dims(K.sigmoid(erased), 1))
        memory = memory + share * K.expand_dims(K.tanh(added), 1)
        reader = self.moved(reader, reading, memory)
        read = K.sum(K.expand_dims(reader) * memory, axis=1)
        return K.concatenate([h, read]), [h, c, memory, read, writer, reader]

    def moved(self, head, how, memory):
        """Returns the share of a head at each slot after a step.

        The head stays or goes to the slots that are like its key, moves on by a slot at
        most, and is focused.
        """
        key, strength, gate, sharpness, by = split(how, self.width, 1, 1, 1, len(MOVES))
        found = K.softmax(K.softplus(strength) * likeness(memory, K.tanh(key)))
        gate = K.sigmoid(gate)
        head = gate * found + (1 - gate) * head
        shares = split(K.softmax(by), *[1] * len(MOVES))
        head = sum(
            share * K.dot(head, move)
            for share, move in zip(shares, self.moves, strict=True)
        )
        head = (head + 1e-8) ** (1 + K.softplus(sharpness))
        return head / K.sum(head, axis=-1, keepdims=True)

    def get_config(self):
        sizes = {"units": self.units, "slots": self.slots, "width": self.width}
        return {**super().get_config(), **sizes}


class Heads(NeuralTuringMachine):
    """The same machine; its output is where it writes, and where it reads."""

    def __init__(self, units, slots, width, **kwargs):
        super().__init__(units, slots, width, **kwargs)
        self.output_dim = 2 * slots

    def step(self, x, states):
        _, states = super().step(x, states)
        return K.concatenate(states[-2:]), states
