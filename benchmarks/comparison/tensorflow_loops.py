"""Training loops written by hand in TensorFlow, the fastest that are known."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

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

T = Any


class Contender:
    """A network and its optimizer as graph functions over variables.

    `form` is words out of: "xla", "loop" (many steps in one call, batches gathered on
        the device; otherwise a
    call for each), "gradient" (the LSTM's derived by hand).
    """

    def __init__(self, name: str, form: str) -> None:
        self.case = case_named(name)
        words = form.split("-")
        self.looped = "loop" in words
        self.xla = "xla" in words
        self.network = NETWORKS[self.case.network]
        if self.case.recurs:
            self.network = functools.partial(
                self.network, lstm_by_hand if "gradient" in words else lstm_by_loop
            )
        self.weights = {
            key: [tf.Variable(x) for x in arrays]
            for key, arrays in self.case.weights().items()
        }
        self.trained = [
            x
            for key, group in self.weights.items()
            for x in group[: 2 if normalizes(key) else None]
        ]
        self.moments = [
            [tf.Variable(tf.zeros_like(x)) for x in self.trained] for _ in range(2)
        ]
        self.count = tf.Variable(0.0)
        self._define()

    @staticmethod
    def imported() -> None:
        """TensorFlow is imported with this module."""

    def _loss(self, x: T, y: T, training: bool) -> T:
        return _crossentropy(self.network(self.weights, x, training), y)

    def _step(self, x: T, y: T) -> T:
        with tf.GradientTape() as tape:
            loss = self._loss(x, y, True)
        gradients = tape.gradient(loss, self.trained)
        self.count.assign_add(1.0)
        powers = BETA_1**self.count, BETA_2**self.count
        for weight, m, v, gradient in zip(
            self.trained, *self.moments, gradients, strict=True
        ):
            tf.raw_ops.ResourceApplyAdam(
                var=weight.handle,
                m=m.handle,
                v=v.handle,
                beta1_power=powers[0],
                beta2_power=powers[1],
                lr=RATE,
                beta1=BETA_1,
                beta2=BETA_2,
                epsilon=self.case.epsilon,
                grad=tf.convert_to_tensor(gradient),
            )
        return loss

    def _predicted(self, x: T) -> T:
        scores = self.network(self.weights, x, False)
        return tf.nn.softmax(scores) if scores.shape[1] > 1 else tf.sigmoid(scores)

    def _define(self) -> None:
        compiled = functools.partial(tf.function, autograph=False, jit_compile=self.xla)
        self.test = compiled(lambda x, y: self._loss(x, y, False))
        self.predicted = compiled(self._predicted)
        self.step = compiled(self._step)

        def many(one: Callable[..., T], *sequences: T) -> T:
            steps = sequences[0].shape[0]
            shape = (
                tf.TensorShape(())
                if one != self._predicted
                else (sequences[0].shape[1], self.case.classes)
            )
            results = tf.TensorArray(tf.float32, steps, element_shape=shape)

            def body(i: T, results: T) -> Any:
                return i + 1, results.write(i, one(*[x[i] for x in sequences]))

            start = (tf.constant(0), results)
            return tf.while_loop(
                lambda i, _: i < steps, body, start, parallel_iterations=1
            )[1].stack()

        looped = compiled(lambda x, y: many(self._step, x, y))
        self.loop = tf.function(
            lambda rows, x, y: looped(tf.gather(x, rows), tf.gather(y, rows))
        )
        self.tests = compiled(
            lambda x, y: many(lambda *pair: self._loss(*pair, False), x, y)
        )
        self.predictions = compiled(lambda x: many(self._predicted, x))

    def train_on_batch(self, x: Array, y: Array) -> float:
        """Returns the batch's loss."""
        return float(self._call("step", x, y))

    def _call(self, name: str, *arrays: Array) -> T:
        """Calls a function as directly as TensorFlow allows, once it is traced."""
        key = (name, *(x.shape for x in arrays))
        known = self.__dict__.setdefault("_direct", {})
        if key not in known:
            concrete = getattr(self, name).get_concrete_function(*map(_like, arrays))
            known[key] = concrete.inference_fn.call_flat, list(concrete.captured_inputs)
        call, captured = known[key]
        return call(*[tf.constant(x) for x in arrays], *captured)[0].numpy()

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
        data = (tf.constant(x), tf.constant(y)) if self.looped else (x, y)
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
            return self._call("loop", index, x, y).tolist()
        return [self.train_on_batch(x[rows], y[rows]) for rows in index]

    def evaluate(self, x: Array, y: Array) -> float:
        """Returns the loss."""
        size = self.case.batch
        in_batches = len(x) // self.case.batch * self.case.batch
        if self.looped:
            total = self._call(
                "tests", _batched(x[:in_batches], size), _batched(y[:in_batches], size)
            ).sum()
        else:
            starts = range(0, in_batches, size)
            total = sum(
                self._call("test", x[i : i + size], y[i : i + size]) for i in starts
            )
        total = float(total) * size
        if in_batches < len(x):
            total += float(self._call("test", x[in_batches:], y[in_batches:])) * (
                len(x) - in_batches
            )
        return total / len(x)

    def predict(self, x: Array) -> Array:
        """Returns the predictions."""
        size = self.case.batch
        in_batches = len(x) // self.case.batch * self.case.batch
        if self.looped and in_batches:
            parts = [
                self._call("predictions", _batched(x[:in_batches], size)).reshape(
                    in_batches, -1
                )
            ]
        else:
            parts = [
                self._call("predicted", x[start : start + size])
                for start in range(0, in_batches, size)
            ]
        if in_batches < len(x):
            parts.append(self._call("predicted", x[in_batches:]))
        return np.concatenate(parts)


def _like(x: T) -> Any:
    return tf.TensorSpec(x.shape, x.dtype)


def _batched(x: Array, size: int) -> Array:
    return x.reshape(-1, size, *x.shape[1:])


def _crossentropy(scores: T, y: T) -> T:
    if scores.shape[1] > 1:
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(y, scores))
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(y, scores))


def _dense(weights: T, x: T) -> T:
    return tf.nn.bias_add(x @ weights[0], weights[1])


def _mlp(weights: T, x: T, training: bool) -> T:
    for i in range(1, len(weights)):
        x = tf.nn.relu(_dense(weights[f"hidden{i}"], x))
    return _dense(weights["output"], x)


def _cnn(weights: T, x: T, training: bool) -> T:
    for layer in ("conv1", "conv2"):
        x = tf.nn.relu(
            tf.nn.bias_add(
                tf.nn.conv2d(x, weights[layer][0], 1, "VALID"), weights[layer][1]
            )
        )
    x = tf.nn.max_pool2d(x, 2, 2, "VALID")
    x = tf.nn.relu(_dense(weights["hidden1"], tf.reshape(x, (x.shape[0], -1))))
    return _dense(weights["output"], x)


def _lstm(lstm: Any, weights: T, x: T, training: bool) -> T:
    x = lstm(tf.transpose(x, (1, 0, 2)), *weights["lstm"], False)
    return _dense(weights["output"], x)


def _reviews(lstm: Any, weights: T, x: T, training: bool) -> T:
    x = tf.gather(weights["embedding"][0], tf.transpose(x))
    both = weights["bidirectional"]
    ends = [lstm(x, *both[:3], False), lstm(x, *both[3:], True)]
    return _dense(weights["output"], tf.concat(ends, -1))


def _loop(
    step: Callable[..., Any], states: Any, rows: Any, widths: list[int], backwards: bool
) -> Any:
    """Returns the last states, and the sequences of a step's other results.

    `rows` are sequences.
    """
    steps, samples = rows[0].shape[:2]
    kept = [
        tf.TensorArray(tf.float32, steps, element_shape=(samples, width))
        for width in widths
    ]

    def body(i: T, states: Any, kept: Any) -> Any:
        place = steps - 1 - i if backwards else i
        states, outputs = step(states, [row[place] for row in rows])
        return (
            i + 1,
            states,
            [array.write(place, x) for array, x in zip(kept, outputs, strict=True)],
        )

    start = (tf.constant(0), states, kept)
    _, states, kept = tf.while_loop(
        lambda i, *_: i < steps, body, start, maximum_iterations=steps
    )
    return states, [array.stack() for array in kept]


def _gates(z: T, c: T) -> Any:
    """Computes all gates at once.

    With XLA, a slice of a sequence is slow to read in more than one place.
    """
    halves = tf.repeat(tf.constant([0.5, 0.5, 1, 0.5]), c.shape[-1])
    gates = tf.tanh(z * halves) * halves + (1 - halves)
    i, f, g, o = tf.split(gates, 4, -1)
    c = f * c + i * g
    return c, tf.tanh(c), i, f, g, o


def lstm_by_loop(x: T, W: T, U: T, b: T, backwards: bool) -> T:
    """Returns the last output of a plain loop; `x` is (steps, samples, features)."""
    z = tf.reshape(_dense((W, b), tf.reshape(x, (-1, x.shape[-1]))), (*x.shape[:2], -1))

    def step(states: Any, rows: Any) -> Any:
        c, shown, *_, o = _gates(rows[0] + states[0] @ U, states[1])
        return (o * shown, c), []

    zeros = tf.zeros((x.shape[1], U.shape[0]))
    return _loop(step, (zeros, zeros), [z], [], backwards)[0][0]


def lstm_by_hand(x: T, W: T, U: T, b: T, backwards: bool) -> T:
    """The same with its derivative written out."""
    z = tf.reshape(_dense((W, b), tf.reshape(x, (-1, x.shape[-1]))), (*x.shape[:2], -1))
    n = U.shape[0]

    @tf.custom_gradient
    def last(z: T, U: T) -> Any:
        def step(states: Any, rows: Any) -> Any:
            h, c = states
            new, shown, *gates = _gates(rows[0] + h @ U, c)
            return (gates[-1] * shown, new), (h, c, *gates, shown)

        zeros = tf.zeros((z.shape[1], n))
        (end, _), kept = _loop(step, (zeros, zeros), [z], [n] * 7, backwards)
        return end, lambda dh: _backward(dh, U, kept, not backwards)

    return last(z, tf.convert_to_tensor(U))


def _backward(dh: T, U: T, kept: Any, backwards: bool) -> tuple[T, T]:
    n = U.shape[0]
    transposed = tf.transpose(U)

    def step(gradients: Any, rows: Any) -> Any:
        (dh, dc), (c, i, f, g, o, shown) = gradients, rows
        dc = dc + dh * o * (1 - shown * shown)
        parts = [
            dc * g * i * (1 - i),
            dc * c * f * (1 - f),
            dc * i * (1 - g * g),
            dh * shown * o * (1 - o),
        ]
        dz = tf.concat(parts, -1)
        return (dz @ transposed, dc * f), [dz]

    h, *rows = kept
    _, (dz,) = _loop(step, (dh, tf.zeros_like(dh)), rows, [4 * n], backwards)
    return dz, tf.matmul(
        tf.reshape(h, (-1, n)), tf.reshape(dz, (-1, 4 * n)), transpose_a=True
    )


def _normalised(weights: T, x: T, training: bool) -> T:
    scale, shift, mean, variance = weights
    fused = functools.partial(
        tf.raw_ops.FusedBatchNormV3,
        x=x,
        scale=scale,
        offset=shift,
        epsilon=NORM_EPSILON,
    )
    if not training:
        return fused(mean=mean, variance=variance, is_training=False)[0]
    y, mean, variance, *_ = fused(mean=[], variance=[], is_training=True)
    rows = x.shape[0] * x.shape[1] * x.shape[2]
    for running, new in zip(
        weights[2:], (mean, variance * ((rows - 1) / rows)), strict=True
    ):
        running.assign(NORM_MOMENTUM * running + (1 - NORM_MOMENTUM) * new)
    return y


def _resnet(weights: T, x: T, training: bool) -> T:
    def block(name: str, part: str, x: T, stride: int = 1) -> T:
        x = tf.nn.conv2d(x, weights[f"{name}conv{part}"][0], stride, "SAME")
        return _normalised(weights[f"{name}norm{part}"], x, training)

    x = tf.nn.relu(block("", "", x))
    for name, _, stride in blocks():
        short = (
            tf.nn.conv2d(x, weights[f"{name}_short"][0], stride, "SAME")
            if stride > 1
            else x
        )
        x = block(f"{name}_", "2", tf.nn.relu(block(f"{name}_", "1", x, stride)))
        x = tf.nn.relu(x + short)
    return _dense(weights["output"], tf.reduce_mean(x, (1, 2)))


def _resnet50(weights: T, x: T, training: bool) -> T:
    def convolved(layer: str, norm: str, x: T, stride: int, padding: str) -> T:
        kernel, bias = weights[layer]
        x = tf.nn.bias_add(tf.nn.conv2d(x, kernel, stride, padding), bias)
        return _normalised(weights[norm], x, training)

    def block(place: str, x: T, stride: int = 1) -> T:
        return convolved(f"res{place}", f"bn{place}", x, stride, "SAME")

    x = tf.pad(x, ((0, 0), (3, 3), (3, 3), (0, 0)))
    x = tf.nn.relu(convolved("conv1", "bn_conv1", x, 2, "VALID"))
    x = tf.nn.max_pool2d(x, 3, 2, "VALID")
    for name, _, stride in bottlenecks():
        short = block(f"{name}_branch1", x, stride) if name.endswith("a") else x
        x = tf.nn.relu(block(f"{name}_branch2a", x, stride))
        x = tf.nn.relu(block(f"{name}_branch2b", x))
        x = tf.nn.relu(block(f"{name}_branch2c", x) + short)
    return _dense(weights["fc1000"], tf.reduce_mean(x, (1, 2)))


NETWORKS: dict[str, Callable[..., Any]] = {
    "mlp": _mlp,
    "cnn": _cnn,
    "lstm": _lstm,
    "reviews": _reviews,
    "resnet": _resnet,
    "resnet50": _resnet50,
}
