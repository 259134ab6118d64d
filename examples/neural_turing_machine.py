"""A Neural Turing Machine: a custom layer learns to copy.

The machine reads up to 10 random bytes and an end mark, then repeats the bytes from its
memory. It is tested on 20 bytes, twice as many as it ever saw in training. The layer is
in parts/ntm_layer.py.

    python3 run.py --group tasks examples/neural_turing_machine.py

The task is synthetic by nature: its bytes are drawn.

The baselines: chance, and an LSTM of as many weights that saw as many sequences.

The machine is that of Alex Graves, Greg Wayne and Ivo Danihelka, Neural Turing
Machines, 2014.
"""

import numpy as np
from matplotlib.figure import Figure
from oneiros import backend as K
from oneiros.layers import LSTM, Dense, TimeDistributed
from oneiros.models import Sequential
from oneiros.optimizers import Adam
from parts.ntm_layer import Heads, NeuralTuringMachine

SEED = 1337
TARGET = 0.98
BITS = 8
LONGEST = 10
UNITS = 20
SLOTS = 32
WIDTH = 12
LSTM_UNITS = 30
NB_BATCH = 4000
BATCH_SIZE = 32
RATE = 0.003
NB_TEST = 100


def draw_sequences(lengths, longest):
    """Returns inputs, targets, and the weights of the steps: 1 where an answer is due.

    Their number of steps is that of the longest sequence, its end mark and its answer.
    """
    steps = 2 * longest + 1
    x = np.zeros((len(lengths), steps, BITS + 1), "float32")
    y = np.zeros((len(lengths), steps, BITS), "float32")
    due = np.zeros((len(lengths), steps), "float32")
    for row, length in enumerate(lengths):
        sequence = np.random.randint(0, 2, (length, BITS))
        answer = slice(length + 1, 2 * length + 1)
        x[row, :length, :BITS] = sequence
        x[row, length, BITS] = 1
        y[row, answer] = sequence
        due[row, answer] = 1
    return x, y, due


def train(recurrent):
    """Returns a network, trained on fresh sequences of all lengths.

    The learning rate falls to 0: at a constant one, the loss jumps up now and then.
    """
    model = Sequential()
    model.add(recurrent)
    model.add(TimeDistributed(Dense(BITS, activation="sigmoid")))
    adam = Adam(lr=RATE, clipnorm=10.0)
    model.compile(adam, "binary_crossentropy", sample_weight_mode="temporal")
    model.summary()
    losses = []
    for batch in range(1, NB_BATCH + 1):
        K.set_value(adam.lr, RATE * (1 - batch / NB_BATCH))
        lengths = np.random.randint(1, LONGEST + 1, BATCH_SIZE)
        x, y, due = draw_sequences(lengths, LONGEST)
        losses.append(model.train_on_batch(x, y, sample_weight=due))
        if batch % 500 == 0:
            print(f"batch {batch}: loss {np.mean(losses[-500:]):.4f}")
    return model


def draw(machine, x, y, answer):
    """Draws a sequence, its answer, and where the machine wrote and read."""
    layer = machine.layers[0]
    heads = Sequential([Heads.from_config(layer.get_config())])
    heads.set_weights(layer.get_weights())
    writer, reader = np.split(heads.predict(x[None])[0].T, 2)
    panels = [
        ("input", x.T),
        ("due", y.T),
        ("answer", answer.T),
        ("slots written", writer),
        ("slots read", reader),
    ]
    figure = Figure((10, 8), layout="constrained")
    axes = figure.subplots(5, sharex=True, height_ratios=(9, 8, 8, SLOTS, SLOTS))
    axes[0].set(title=f"{2 * LONGEST} bytes, an end mark, and the bytes from memory")
    for axis, (name, values) in zip(axes, panels, strict=True):
        axis.imshow(values, cmap="magma", aspect="auto")
        axis.set(ylabel=name)
    axes[-1].set(xlabel="step")
    figure.savefig("neural_turing_machine.png")
    print("what it wrote and read where: neural_turing_machine.png")


def main(seed=SEED):
    """Trains the machine. Returns the share of bits right at twice the length."""
    np.random.seed(seed)
    steps = {"return_sequences": True, "input_dim": BITS + 1}
    lstm = train(LSTM(LSTM_UNITS, **steps))
    machine = train(NeuralTuringMachine(UNITS, SLOTS, WIDTH, **steps))

    x, y, due = draw_sequences([2 * LONGEST] * NB_TEST, 2 * LONGEST)
    answers = machine.predict(x)
    draw(machine, x[0], y[0], answers[0])
    score, lstm_score = (
        ((output > 0.5) == y)[due > 0].mean() for output in (answers, lstm.predict(x))
    )
    print(f"baselines: chance 0.5, LSTM {lstm_score:.4f}")
    print(
        f"\nbackend {K.backend()}: bits right at twice the length {score:.4f}, "
        f"target {TARGET}"
    )
    return score


if __name__ == "__main__" and main() < TARGET:
    raise SystemExit("the bits right fell short of the target")
