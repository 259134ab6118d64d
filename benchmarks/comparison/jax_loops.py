"""Training loops written by hand in JAX, the fastest that are known."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from comparison.cases import (
    BETA_1,
    BETA_2,
    NORM_EPSILON,
    NORM_MOMENTUM,
    RATE,
    Array,
    blocks,
    bottlenecks,
    case_named,
    normalizes,
)
from comparison.freed_memory import keep_freed_memory

T = Any
WITHOUT_YNN = {"xla_cpu_experimental_ynn_fusion_type": ""}


class Contender:
    """A network and its optimizer as pure functions.

    `form` is words out of: "loop" (many steps in one compiled call, their batches
        gathered on the device
    before; otherwise a call for each), "gradient" (the LSTM's derived by hand), "noynn"
    (convolutions without XLA's YNN, and freed memory kept).
    """

    def __init__(self, name: str, form: str) -> None:
        self.case = case_named(name)
        words = form.split("-")
        self.looped = "loop" in words
        network = NETWORKS[self.case.network]
        if self.case.recurs:
            network = functools.partial(
                network, lstm_by_hand if "gradient" in words else lstm_by_scan
            )
        if "noynn" in words:
            keep_freed_memory()
        self._define(network, WITHOUT_YNN if "noynn" in words else None)
        weights = jax.tree.map(jnp.array, self.case.weights())
        self.running = {key: weights[key][2:] for key in weights if normalizes(key)}
        kept = {
            key: arrays[:2] if key in self.running else arrays
            for key, arrays in weights.items()
        }
        zeros = [jax.tree.map(jnp.zeros_like, kept) for _ in range(2)]
        self.state = (kept, *zeros, jnp.zeros((), jnp.int32), self.running)

    @staticmethod
    def imported() -> None:
        """JAX is imported with this module."""

    def _define(self, network: Callable[..., Any], options: Any) -> None:
        jit = functools.partial(jax.jit, compiler_options=options)

        def loss(weights: T, running: T, x: T, y: T, training: bool) -> tuple[T, T]:
            scores, running = network(weights, running, x, training)
            return crossentropy(scores, y), running

        def step(state: T, x: T, y: T) -> tuple[T, T]:
            weights, m, v, count, running = state
            (value, running), gradients = jax.value_and_grad(loss, has_aux=True)(
                weights, running, x, y, True
            )
            return (
                *adam(weights, m, v, count + 1, gradients, self.case.epsilon),
                running,
            ), value

        def loop(state: T, index: T, x: T, y: T) -> tuple[T, T]:
            return jax.lax.scan(
                lambda state, batch: step(state, *batch), state, (x[index], y[index])
            )

        def test(state: T, x: T, y: T) -> T:
            return loss(state[0], state[4], x, y, False)[0]

        def tests(state: T, x: T, y: T) -> T:
            return jax.lax.map(lambda pair: test(state, *pair), (x, y))

        def predicted(state: T, x: T) -> T:
            scores = network(state[0], state[4], x, False)[0]
            return (
                jax.nn.softmax(scores)
                if scores.shape[1] > 1
                else jax.nn.sigmoid(scores)
            )

        def predictions(state: T, x: T) -> T:
            return jax.lax.map(lambda rows: predicted(state, rows), x)

        self.step = jit(step, donate_argnums=0)
        self.loop = jit(loop, donate_argnums=0)
        self.gathered = jit(
            lambda state, rows, x, y: step(state, x[rows], y[rows]), donate_argnums=0
        )
        self.test = jit(test)
        self.tests = jit(tests)
        self.predicted = jit(predicted)
        self.predictions = jit(predictions)

    def train_on_batch(self, x: Array, y: Array) -> float:
        """Returns the batch's loss."""
        self.state, value = self.step(self.state, x, y)
        return float(value)

    def fit(
        self,
        x: Array,
        y: Array,
        epochs: int,
        shuffle: bool,
        on_epoch: Callable[[], None],
    ) -> float:
        """Returns the last epoch's loss."""
        order = np.arange(len(x), dtype=np.int32)
        size = self.case.batch
        losses = [0.0]
        in_batches = len(x) // size * size
        data = jax.device_put((x, y))
        for _ in range(epochs):
            if shuffle:
                np.random.shuffle(order)
            runs = [order[:in_batches].reshape(-1, size), order[None, in_batches:]]
            losses = [
                loss
                for rows in runs
                if rows.size
                for loss in self._trained(rows, *data)
            ]
            on_epoch()
        sizes = [min(size, len(x) - start) for start in range(0, len(x), size)]
        return float(np.average(losses, weights=sizes))

    def _trained(self, index: Array, x: T, y: T) -> list[float]:
        if self.looped:
            self.state, values = self.loop(self.state, index, x, y)
            return np.asarray(values).tolist()
        values = []
        for rows in index:
            self.state, value = self.gathered(self.state, rows, x, y)
            values.append(value)
        return [float(value) for value in values]

    def evaluate(self, x: Array, y: Array) -> float:
        """Returns the loss."""
        size = self.case.batch
        in_batches = len(x) // self.case.batch * self.case.batch
        if self.looped:
            losses = np.asarray(
                self.tests(
                    self.state,
                    _batched(x[:in_batches], size),
                    _batched(y[:in_batches], size),
                )
            )
        else:
            losses = [
                self.test(self.state, x[i : i + size], y[i : i + size])
                for i in range(0, in_batches, size)
            ]
        total = float(np.sum(losses)) * size
        if in_batches < len(x):
            total += float(self.test(self.state, x[in_batches:], y[in_batches:])) * (
                len(x) - in_batches
            )
        return total / len(x)

    def predict(self, x: Array) -> Array:
        """Returns the predictions."""
        size = self.case.batch
        in_batches = len(x) // self.case.batch * self.case.batch
        parts = []
        if self.looped and in_batches:
            predictions = np.asarray(
                self.predictions(self.state, _batched(x[:in_batches], size))
            )
            parts = [predictions.reshape(in_batches, -1)]
        elif in_batches:
            parts = [
                self.predicted(self.state, x[start : start + size])
                for start in range(0, in_batches, size)
            ]
        if in_batches < len(x):
            parts.append(self.predicted(self.state, x[in_batches:]))
        return np.concatenate([np.asarray(part) for part in parts])


def _batched(x: Array, size: int) -> Array:
    return x.reshape(-1, size, *x.shape[1:])


def crossentropy(scores: T, y: T) -> T:
    if scores.shape[1] > 1:
        return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(scores), -1))
    return jnp.mean(jax.nn.softplus(scores) - y * scores)


def adam(
    weights: T, m: T, v: T, count: T, gradients: T, epsilon: float
) -> tuple[T, T, T, T]:
    power = count.astype(jnp.float32)
    rate = RATE * jnp.sqrt(1 - BETA_2**power) / (1 - BETA_1**power)
    m = jax.tree.map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, m, gradients)
    v = jax.tree.map(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, v, gradients)
    moved = jax.tree.map(
        lambda w, m, v: w - rate * m / (jnp.sqrt(v) + epsilon), weights, m, v
    )
    return moved, m, v, count


@jax.custom_vjp
def _product(x: T, y: T) -> T:
    return x @ y


def _product_backward(saved: tuple[T, T], gradient: T) -> tuple[T, T]:
    x, y = saved
    return gradient @ y.T, jax.lax.optimization_barrier(gradient.T @ x).T


_product.defvjp(lambda x, y: (x @ y, (x, y)), _product_backward)


def dense(weights: T, x: T) -> T:
    kernel, bias = weights
    few = 1 < kernel.shape[1] <= 16 and len(kernel) >= 4 * kernel.shape[1]
    return (_product(x, kernel) if few else x @ kernel) + bias


def _mlp(weights: T, running: T, x: T, training: bool) -> tuple[T, T]:
    for i in range(1, len(weights)):
        x = jax.nn.relu(dense(weights[f"hidden{i}"], x))
    return dense(weights["output"], x), running


def convolved(x: T, kernel: T, stride: int = 1, padding: str = "SAME") -> T:
    numbers = ("NHWC", "HWIO", "NHWC")
    return jax.lax.conv_general_dilated(
        x, kernel, (stride, stride), padding, dimension_numbers=numbers
    )


def _cnn(weights: T, running: T, x: T, training: bool) -> tuple[T, T]:
    for layer in ("conv1", "conv2"):
        x = jax.nn.relu(
            convolved(x, weights[layer][0], padding="VALID") + weights[layer][1]
        )
    n, height, width, channels = x.shape
    x = x.reshape(n, height // 2, 2, width // 2, 2, channels).max((2, 4))
    x = jax.nn.relu(dense(weights["hidden1"], x.reshape(len(x), -1)))
    return dense(weights["output"], x), running


def _lstm(lstm: Any, weights: T, running: T, x: T, training: bool) -> tuple[T, T]:
    x = lstm(jnp.swapaxes(x, 0, 1), *weights["lstm"], False)
    return dense(weights["output"], x), running


def _reviews(lstm: Any, weights: T, running: T, x: T, training: bool) -> tuple[T, T]:
    x = weights["embedding"][0][x.T]
    both = weights["bidirectional"]
    ends = [lstm(x, *both[:3], False), lstm(x, *both[3:], True)]
    return dense(weights["output"], jnp.concatenate(ends, -1)), running


def lstm_by_scan(x: T, W: T, U: T, b: T, backwards: bool) -> T:
    """Returns the last output of a plain scan; `x` is (steps, samples, features)."""

    def step(state: T, row: T) -> tuple[T, None]:
        h, c = state
        i, f, g, o = jnp.split(row @ W + b + h @ U, 4, -1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

    zeros = jnp.zeros((x.shape[1], U.shape[0]))
    return jax.lax.scan(step, (zeros, zeros), x, reverse=backwards)[0][0]


def lstm_by_hand(x: T, W: T, U: T, b: T, backwards: bool) -> T:
    """The same, the input multiplied before the scan, and with the derivative below."""
    z = (x.reshape(-1, x.shape[-1]) @ W + b).reshape(*x.shape[:2], -1)
    return _last(z[::-1] if backwards else z, U)


def _gates(row: T, h: T, U: T) -> T:
    """Returns all gates at once.

    A slice of a sequence is slow to read in more than one place.
    """
    halves = jnp.repeat(jnp.array([0.5, 0.5, 1, 0.5], row.dtype), len(U))
    return jnp.tanh((row + h @ U) * halves) * halves + (1 - halves)


def _cell(state: T, row: T, U: T) -> tuple[T, T]:
    i, f, g, o = jnp.split(_gates(row, state[0], U), 4, -1)
    c = f * state[1] + i * g
    shown = jnp.tanh(c)
    return (o * shown, c), (*state, i, f, g, o, shown)


@jax.custom_vjp
def _last(z: T, U: T) -> T:
    zeros = jnp.zeros((z.shape[1], U.shape[0]))
    return jax.lax.scan(
        lambda state, row: (_cell(state, row, U)[0], None), (zeros, zeros), z
    )[0][0]


def _forward(z: T, U: T) -> tuple[T, T]:
    zeros = jnp.zeros((z.shape[1], U.shape[0]))
    (h, _), kept = jax.lax.scan(
        lambda state, row: _cell(state, row, U), (zeros, zeros), z
    )
    return h, (U, kept)


def _backward(saved: T, dh: T) -> tuple[T, T]:
    U, (before, *kept) = saved
    transposed = U.T

    def step(gradients: T, row: T) -> tuple[T, T]:
        (dh, dc), (c, i, f, g, o, shown) = gradients, row
        dc = dc + dh * o * (1 - shown * shown)
        parts = [
            dc * g * i * (1 - i),
            dc * c * f * (1 - f),
            dc * i * (1 - g * g),
            dh * shown * o * (1 - o),
        ]
        dz = jnp.concatenate(parts, -1)
        return (dz @ transposed, dc * f), dz

    _, dz = jax.lax.scan(step, (dh, jnp.zeros_like(dh)), tuple(kept), reverse=True)
    return dz, before.reshape(-1, len(U)).T @ dz.reshape(-1, dz.shape[-1])


_last.defvjp(_forward, _backward)


def normalised(weights: T, running: T, x: T, training: bool) -> tuple[T, T]:
    if training:
        mean = x.mean((0, 1, 2))
        variance = x.var((0, 1, 2))
        kept = zip(running, (mean, variance), strict=True)
        running = [NORM_MOMENTUM * old + (1 - NORM_MOMENTUM) * new for old, new in kept]
    else:
        mean, variance = running
    scale = weights[0] * jax.lax.rsqrt(variance + NORM_EPSILON)
    return x * scale + (weights[1] - mean * scale), running


def _resnet(weights: T, running: T, x: T, training: bool) -> tuple[T, T]:
    new = {}

    def block(name: str, part: str, x: T, stride: int = 1) -> T:
        x = convolved(x, weights[f"{name}conv{part}"][0], stride)
        norm = f"{name}norm{part}"
        x, new[norm] = normalised(weights[norm], running[norm], x, training)
        return x

    x = jax.nn.relu(block("", "", x))
    for name, _, stride in blocks():
        short = convolved(x, weights[f"{name}_short"][0], stride) if stride > 1 else x
        x = block(f"{name}_", "2", jax.nn.relu(block(f"{name}_", "1", x, stride)))
        x = jax.nn.relu(x + short)
    return dense(weights["output"], x.mean((1, 2))), new


def _resnet50(weights: T, running: T, x: T, training: bool) -> tuple[T, T]:
    new = {}

    def norm(layer: str, x: T) -> T:
        x, new[layer] = normalised(weights[layer], running[layer], x, training)
        return x

    def block(place: str, x: T, stride: int = 1) -> T:
        kernel, bias = weights[f"res{place}"]
        return norm(f"bn{place}", convolved(x, kernel, stride) + bias)

    x = jnp.pad(x, ((0, 0), (3, 3), (3, 3), (0, 0)))
    kernel, bias = weights["conv1"]
    x = jax.nn.relu(norm("bn_conv1", convolved(x, kernel, 2, "VALID") + bias))
    window, strides = (1, 3, 3, 1), (1, 2, 2, 1)
    x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, strides, "VALID")
    for name, _, stride in bottlenecks():
        short = block(f"{name}_branch1", x, stride) if name.endswith("a") else x
        x = jax.nn.relu(block(f"{name}_branch2a", x, stride))
        x = jax.nn.relu(block(f"{name}_branch2b", x))
        x = jax.nn.relu(block(f"{name}_branch2c", x) + short)
    return dense(weights["fc1000"], x.mean((1, 2))), new


NETWORKS: dict[str, Callable[..., Any]] = {
    "mlp": _mlp,
    "cnn": _cnn,
    "lstm": _lstm,
    "reviews": _reviews,
    "resnet": _resnet,
    "resnet50": _resnet50,
}
