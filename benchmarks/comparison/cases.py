"""The networks that are compared: sizes, data and first weights, as plain NumPy."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

Array = np.ndarray
Weights = dict[str, list[Array]]
"""The arrays of each layer: a dense layer's or a convolution's kernel and bias, an
LSTM's W, U and b with the columns i, f, c, o, a normalisation's scale, shift, running
mean and running variance."""

RATE = 0.001
BETA_1 = 0.9
BETA_2 = 0.999
"""Of Adam."""
NORM_EPSILON = 1e-3
NORM_MOMENTUM = 0.99
FEATURES = 64
"""Of each step of an LSTM's sequence."""


@dataclass(frozen=True)
class Case:
    """A network and what it is trained on.

    # Arguments
        rows: samples in the training data; an epoch has `rows / batch` steps, the last
            of them maybe smaller.
        shape: a sample's.
        classes: width of the softmax; 1 for one sigmoid unit.
        checked: steps after which all losses must agree.
        draw: function of a random state that returns the first weights.
        network: which of the contenders' networks it is.
        hidden: units of the hidden layers, or of the LSTM.
        tokens: number of different tokens, if a sample consists of them.
        normalizes: whether it normalizes batches, so that the loss of a training step
            isn't that of a prediction.
        only_predicts: whether nothing is trained.
        epsilon: Adam's. Where gradients are rounded much, a large one keeps losses
            comparable: Adam turns the sign of a tiny gradient into a whole step.
        is_large: whether a step takes a second and gigabytes.
    """

    title: str
    batch: int
    rows: int
    shape: tuple[int, ...]
    classes: int
    checked: int
    draw: Callable[[np.random.RandomState], Weights]
    network: str = ""
    hidden: tuple[int, ...] = ()
    convolves: bool = False
    recurs: bool = False
    tokens: int = 0
    normalizes: bool = False
    only_predicts: bool = False
    epsilon: float = 1e-8
    is_large: bool = False

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        return -(-self.rows // self.batch)

    def weights(self) -> Weights:
        """Returns the first weights."""
        return self.draw(np.random.RandomState(0))

    def data(self, rows: int | None = None) -> tuple[Array, Array]:
        """Returns samples and targets.

        The first of them are the same for any number of rows.
        """
        pool = min(1024, self.rows)
        draw = np.random.RandomState(1)
        rows = rows or self.rows
        if self.tokens:
            x = draw.randint(self.tokens, size=(pool, *self.shape)).astype("int32")
        else:
            x = draw.standard_normal((pool, *self.shape)).astype("float32")
        seen = x.reshape(pool, -1)[:, :20]
        scores = (seen - seen.mean(0)) @ draw.standard_normal(
            (seen.shape[1], self.classes)
        )
        y = scores > 0 if self.classes == 1 else np.eye(self.classes)[scores.argmax(1)]
        place = np.arange(rows) % pool
        return x[place], y.astype("float32")[place]


def kernel(draw: np.random.RandomState, *shape: int) -> Array:
    """Returns uniform weights, scaled by the numbers of inputs and outputs."""
    inputs = int(np.prod(shape[:-1]))
    outputs = int(np.prod(shape[:-2])) * shape[-1]
    limit = np.sqrt(6 / (inputs + outputs))
    return draw.uniform(-limit, limit, shape).astype("float32")


def affine(draw: np.random.RandomState, *shape: int) -> list[Array]:
    """Returns a kernel and a bias."""
    return [kernel(draw, *shape), np.zeros(shape[-1], "float32")]


def recurrent(draw: np.random.RandomState, features: int, units: int) -> list[Array]:
    """Returns W, U and b of an LSTM; the forget gate's bias is 1."""
    bias = np.zeros((4, units), "float32")
    bias[1] = 1
    blocks = [np.linalg.qr(draw.standard_normal((units, units)))[0] for _ in range(4)]
    return [
        kernel(draw, features, 4 * units),
        np.hstack(blocks).astype("float32"),
        bias.ravel(),
    ]


def mlp(
    title: str,
    batch: int,
    rows: int,
    sizes: Sequence[int],
    checked: int,
    gain: float = 1,
) -> Case:
    """Returns a stack of dense layers.

    # Arguments
        sizes: of the input, of each hidden layer, and of the output.
        gain: factor of the kernels; the root of 2 keeps the scale in a deep stack.
    """
    inputs, *hidden, classes = sizes

    def draw(state: np.random.RandomState) -> Weights:
        names = [*(f"hidden{i}" for i in range(1, len(hidden) + 1)), "output"]
        pairs = itertools.pairwise(sizes)
        return {
            name: [np.float32(gain) * array for array in affine(state, *pair)]
            for name, pair in zip(names, pairs, strict=True)
        }

    units = tuple(hidden)
    return Case(title, batch, rows, (inputs,), classes, checked, draw, "mlp", units)


def lstm(
    title: str, batch: int, rows: int, steps: int, units: int, checked: int
) -> Case:
    """Returns an LSTM over sequences of vectors, and a dense layer on its last
    output."""

    def draw(state: np.random.RandomState) -> Weights:
        return {
            "lstm": recurrent(state, FEATURES, units),
            "output": affine(state, units, 10),
        }

    shape = (steps, FEATURES)
    case = Case(title, batch, rows, shape, 10, checked, draw, "lstm", (units,))
    return replace(case, recurs=True)


def _cnn(draw: np.random.RandomState) -> Weights:
    return {
        "conv1": affine(draw, 3, 3, 1, 32),
        "conv2": affine(draw, 3, 3, 32, 32),
        "hidden1": affine(draw, 12 * 12 * 32, 128),
        "output": affine(draw, 128, 10),
    }


def _reviews(draw: np.random.RandomState) -> Weights:
    embedding = draw.uniform(-0.05, 0.05, (5000, 64)).astype("float32")
    both = [*recurrent(draw, 64, 64), *recurrent(draw, 64, 64)]
    return {
        "embedding": [embedding],
        "bidirectional": both,
        "output": affine(draw, 128, 1),
    }


STAGES = (16, 32, 64)
BLOCKS = 3


def blocks() -> list[tuple[str, int, int]]:
    """Returns the residual blocks of the ResNet: name, filters, stride."""
    return [
        (f"stage{stage + 1}_block{block + 1}", filters, 2 if stage and not block else 1)
        for stage, filters in enumerate(STAGES)
        for block in range(BLOCKS)
    ]


def normalizes(layer: str) -> bool:
    """Tells by its name whether a layer is a batch normalization."""
    return "norm" in layer or layer.startswith("bn")


def norm(filters: int) -> list[Array]:
    """Returns scale, shift, running mean and running variance."""
    return [np.full(filters, value, "float32") for value in (1, 0, 0, 1)]


def _resnet(draw: np.random.RandomState) -> Weights:
    weights = {"conv": [kernel(draw, 3, 3, 3, STAGES[0])], "norm": norm(STAGES[0])}
    before = STAGES[0]
    for name, filters, stride in blocks():
        weights[f"{name}_conv1"] = [kernel(draw, 3, 3, before, filters)]
        weights[f"{name}_norm1"] = norm(filters)
        weights[f"{name}_conv2"] = [kernel(draw, 3, 3, filters, filters)]
        weights[f"{name}_norm2"] = norm(filters)
        if stride > 1:
            weights[f"{name}_short"] = [kernel(draw, 1, 1, before, filters)]
        before = filters
    return {**weights, "output": affine(draw, before, 10)}


BLOCKS_OF_50 = {2: "abc", 3: "abcd", 4: "abcdef", 5: "abc"}
WIDENED = 4
"""How many times as many filters the last convolution of a block has."""


def bottlenecks() -> list[tuple[str, int, int]]:
    """Returns the blocks of ResNet50: name, filters, stride.

    The first of a stage, whose name ends in "a", has a convolution beside it.
    """
    return [
        (f"{stage}{block}", 2 ** (stage + 4), 2 if stage > 2 and block == "a" else 1)
        for stage, letters in BLOCKS_OF_50.items()
        for block in letters
    ]


def _resnet50(draw: np.random.RandomState) -> Weights:
    """Returns weights with which each block starts as what is beside it, so that
    rounding isn't magnified."""
    weights = {"conv1": affine(draw, 7, 7, 3, 64), "bn_conv1": norm(64)}
    before = 64

    def add(place: str, size: int, inputs: int, filters: int) -> None:
        weights[f"res{place}"] = affine(draw, size, size, inputs, filters)
        weights[f"bn{place}"] = norm(filters)

    for name, filters, _ in bottlenecks():
        if name.endswith("a"):
            add(f"{name}_branch1", 1, before, WIDENED * filters)
        add(f"{name}_branch2a", 1, before, filters)
        add(f"{name}_branch2b", 3, filters, filters)
        add(f"{name}_branch2c", 1, filters, WIDENED * filters)
        weights[f"bn{name}_branch2c"][0][:] = 0
        before = WIDENED * filters
    return {**weights, "fc1000": affine(draw, before, 1000)}


LARGEST = {"batch": 4096, "deep": 200, "steps": 2000, "width": 4096}
"""Of the cases that grow."""


def growing(what: str, size: int) -> Case:
    """Returns a network of some size.

    # Arguments
        what: "batch" or "width" of case a's network, the dense layers of "deep", or the
            "steps" of a sequence.
    """
    steps = int(np.clip(4 * LARGEST[what] // size, 4, 128))
    title = f"{what} {size}"
    if what == "batch":
        return mlp(title, size, size * steps, (784, 512, 512, 10), 2)
    if what == "width":
        return mlp(title, 128, 128 * steps, (784, size, size, 10), 2)
    if what == "deep":
        sizes = (32,) * (size + 1) + (10,)
        return mlp(f"{size} x Dense 32", 64, 64 * steps, sizes, 2, gain=2**0.5)
    return lstm(f"LSTM 32 over {size} steps", 8, 8 * steps, size, 32, 2)


CASES = {
    "a": mlp("MLP 784-512-512-10", 128, 6400, (784, 512, 512, 10), 6),
    "b": Case(
        "CNN on 28x28", 128, 2560, (28, 28, 1), 10, 4, _cnn, "cnn", convolves=True
    ),
    "c": lstm("LSTM 128 over 80 steps", 32, 960, 80, 128, 6),
    "d": mlp("MLP 20-64-64-1", 32, 32000, (20, 64, 64, 1), 8),
    "e": Case(
        "embedding + bidirectional LSTM",
        32,
        1000,
        (100,),
        1,
        5,
        _reviews,
        "reviews",
        recurs=True,
        tokens=5000,
    ),
    "f": Case(
        "ResNet-20 on 32x32",
        32,
        256,
        (32, 32, 3),
        10,
        3,
        _resnet,
        "resnet",
        convolves=True,
        normalizes=True,
        epsilon=0.1,
    ),
    "g": replace(
        lstm("LSTM 128 over 600 steps", 32, 64, 600, 128, 1), only_predicts=True
    ),
    "resnet50": Case(
        "ResNet50 on 224x224",
        8,
        8,
        (224, 224, 3),
        1000,
        2,
        _resnet50,
        "resnet50",
        convolves=True,
        normalizes=True,
        epsilon=0.1,
        is_large=True,
    ),
    "deep": growing("deep", 100),
}
USUAL = ["a", "b", "c", "d", "e", "f"]
"""Those that take no longer than minutes."""


def case_named(name: str) -> Case:
    """Returns a case: "a", or one of a size, such as "deep 50".

    # Raises
        ValueError: if there is none of that name.
    """
    what, _, size = name.partition(" ")
    if what in LARGEST and size.isdecimal():
        return growing(what, int(size))
    if name not in CASES:
        raise ValueError(f"No case is called {name!r}.")
    return CASES[name]
