"""Training loops written by hand in PyTorch, the fastest that are known."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

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


class Contender:
    """A network as a function of tensors, and its optimizer.

    `form` is words out of: "eager" or "compiled", "single" (on one thread, which small
        networks compute faster), and "freeing": what a step frees goes back to the
        system, as in a loop that nobody has tuned.
    A compiled step is one program with Adam in it. Not so that of a network with an
    LSTM, which PyTorch doesn't compile, nor one with batch normalizations, which takes
    minutes to compile and is no faster: there, the loss and its gradient are compiled.
    """

    def __init__(self, name: str, form: str) -> None:
        self.case = case_named(name)
        words = form.split("-")
        if "freeing" not in words:
            keep_freed_memory()
        if "single" in words:
            torch.set_num_threads(1)
        self.network = NETWORKS[self.case.network]
        drawn = self.case.weights()
        self.weights = {
            layer: [in_torch(array, layer) for array in trained(layer, arrays)]
            for layer, arrays in drawn.items()
        }
        self.running = {
            layer: [torch.from_numpy(array) for array in arrays[2:]]
            for layer, arrays in drawn.items()
            if normalizes(layer)
        }
        self.trained = [array for group in self.weights.values() for array in group]
        self.moments = [[torch.zeros_like(x) for x in self.trained] for _ in range(2)]
        self.counts = [torch.zeros(()) for _ in self.trained]
        in_one = "compiled" in words and not (self.case.recurs or self.case.normalizes)
        for array in self.trained:
            array.requires_grad_(not in_one)
        self.step = compiled(self._whole_step) if in_one else self._step
        self.loss = self._loss
        self.predicted = self._predicted
        if "compiled" in words:
            self.loss = compiled(self._loss)
            self.predicted = compiled(self._predicted)

    @staticmethod
    def imported() -> None:
        """PyTorch is imported with this module."""

    def _loss(self, weights: T, x: T, y: T, training: bool) -> tuple[T, T]:
        scores, statistics = self.network(weights, self.running, x, training)
        if self.case.classes > 1:
            return F.cross_entropy(scores, y), statistics
        return F.binary_cross_entropy_with_logits(scores, y), statistics

    def _step(self, x: T, y: T) -> T:
        loss, statistics = self.loss(self.weights, x, y, True)
        gradients = torch.autograd.grad(loss, self.trained)
        with torch.no_grad():
            self._adam(list(gradients))
            for layer, new in statistics.items():
                torch._foreach_lerp_(self.running[layer], new, 1 - NORM_MOMENTUM)
        return loss.detach()

    def _adam(self, gradients: list[T]) -> None:
        """Moves the weights, with the operation behind `torch.optim.Adam(fused=True)`.

        PyTorch adds epsilon to the root of the corrected variance, the others to that
        of the variance.
        """
        torch._foreach_add_(self.counts, 1)
        correction = math.sqrt(1 - BETA_2 ** self.counts[0].item())
        torch._fused_adam_(
            self.trained,
            gradients,
            *self.moments,
            [],
            self.counts,
            lr=RATE,
            beta1=BETA_1,
            beta2=BETA_2,
            weight_decay=0.0,
            eps=self.case.epsilon / correction,
            amsgrad=False,
            maximize=False,
        )

    def _whole_step(self, x: T, y: T) -> T:
        derived = torch.func.grad_and_value(self._loss, has_aux=True)
        by_layer, (loss, _) = derived(self.weights, x, y, True)
        gradients = [array for group in by_layer.values() for array in group]
        count = self.counts[0].add_(1)
        rate = RATE * torch.sqrt(1 - BETA_2**count) / (1 - BETA_1**count)
        for w, m, v, g in zip(self.trained, *self.moments, gradients, strict=True):
            m.lerp_(g, 1 - BETA_1)
            v.lerp_(g * g, 1 - BETA_2)
            w.sub_(rate * m / (v.sqrt() + self.case.epsilon))
        return loss

    def _predicted(self, x: T) -> T:
        scores, _ = self.network(self.weights, self.running, x, False)
        return scores.softmax(1) if self.case.classes > 1 else scores.sigmoid()

    def train_on_batch(self, x: Array, y: Array) -> float:
        """Returns the batch's loss."""
        return float(self.step(torch.from_numpy(x), torch.from_numpy(y)))

    def fit(
        self,
        x: Array,
        y: Array,
        epochs: int,
        shuffle: bool,
        on_epoch: Callable[[], None],
    ) -> float:
        """Returns the last epoch's loss."""
        order = np.arange(len(x))
        data = torch.from_numpy(x), torch.from_numpy(y)
        losses = [0.0]
        for _ in range(epochs):
            if shuffle:
                np.random.shuffle(order)
            batches = self._batches(order)
            steps = [
                self.step(*(each.index_select(0, rows) for each in data))
                for rows in batches
            ]
            losses = torch.stack(steps).tolist()
            on_epoch()
        sizes = [len(rows) for rows in self._batches(order)]
        return float(np.average(losses, weights=sizes))

    @torch.inference_mode()
    def evaluate(self, x: Array, y: Array) -> float:
        """Returns the loss."""
        pairs = list(zip(self._batches(x), self._batches(y), strict=True))
        losses = [self.loss(self.weights, *pair, False)[0] for pair in pairs]
        sizes = [len(rows) for rows, _ in pairs]
        return float(np.average(torch.stack(losses).numpy(), weights=sizes))

    @torch.inference_mode()
    def predict(self, x: Array) -> Array:
        """Returns the predictions."""
        parts = [self.predicted(rows) for rows in self._batches(x)]
        predictions: Array = torch.cat(parts).numpy()
        return predictions

    def _batches(self, array: Array) -> tuple[T, ...]:
        return torch.from_numpy(array).split(self.case.batch)


def compiled(function: Callable[..., T]) -> Callable[..., T]:
    """Returns a function that is compiled for each shape."""
    return torch.compile(function, dynamic=False)


def trained(layer: str, arrays: list[Array]) -> list[Array]:
    """Returns the arrays that training changes by gradients."""
    return arrays[:2] if normalizes(layer) else arrays


def in_torch(array: Array, layer: str) -> T:
    """Returns the array as PyTorch's functions take it: the outputs come first, and in
    memory the channels last."""
    tensor = torch.from_numpy(array)
    if array.ndim == 4:
        kernel = tensor.permute(3, 2, 0, 1)
        return kernel.contiguous(memory_format=torch.channels_last)
    if array.ndim == 2 and layer != "embedding":
        return tensor.T.contiguous()
    return tensor


def _mlp(weights: T, running: T, x: T, training: bool) -> tuple[T, T]:
    for i in range(1, len(weights)):
        x = F.linear(x, *weights[f"hidden{i}"]).relu()
    return F.linear(x, *weights["output"]), {}


def channels_first(x: T) -> T:
    """Returns a view; convolutions compute with its memory as it is."""
    return x.permute(0, 3, 1, 2)


def _cnn(weights: T, running: T, x: T, training: bool) -> tuple[T, T]:
    x = channels_first(x)
    for layer in ("conv1", "conv2"):
        x = F.conv2d(x, *weights[layer]).relu()
    x = F.max_pool2d(x, 2).permute(0, 2, 3, 1).flatten(1)
    x = F.linear(x, *weights["hidden1"]).relu()
    return F.linear(x, *weights["output"]), {}


@torch.compiler.disable
def last_of_lstm(x: T, weights: list[T]) -> T:
    """Returns the last outputs, of both directions if there are six arrays.

    PyTorch adds a second bias, which stays zero here and isn't trained.
    """
    directions = len(weights) // 3
    zero = torch.zeros_like(weights[2])
    arrays = [*weights[:3], zero]
    if directions == 2:
        arrays += [*weights[3:], zero]
    start = torch.zeros(directions, len(x), weights[1].shape[1])
    _, ends, _ = torch.lstm(
        x,
        (start, start),
        arrays,
        has_biases=True,
        num_layers=1,
        dropout=0.0,
        train=torch.is_grad_enabled(),
        bidirectional=directions == 2,
        batch_first=True,
    )
    return ends.transpose(0, 1).flatten(1)


def _lstm(weights: T, running: T, x: T, training: bool) -> tuple[T, T]:
    return F.linear(last_of_lstm(x, weights["lstm"]), *weights["output"]), {}


def _reviews(weights: T, running: T, x: T, training: bool) -> tuple[T, T]:
    x = F.embedding(x, *weights["embedding"])
    ends = last_of_lstm(x, weights["bidirectional"])
    return F.linear(ends, *weights["output"]), {}


def normalised(weights: T, running: T, x: T, training: bool) -> tuple[T, T]:
    """Returns the normalized images, and the batch's mean and variance, which
    `F.batch_norm` would correct for the number of values."""
    if not training:
        return F.batch_norm(x, *running, *weights, eps=NORM_EPSILON), running
    x, mean, inverse = torch.native_batch_norm(
        x, *weights, None, None, True, 0.0, NORM_EPSILON
    )
    return x, [mean, inverse**-2 - NORM_EPSILON]


def _resnet(weights: T, running: T, x: T, training: bool) -> tuple[T, T]:
    new = {}

    def block(name: str, part: str, x: T, stride: int = 1) -> T:
        if stride > 1:
            x = F.pad(x, (0, 1, 0, 1))
        padding = int(stride == 1)
        kernel = weights[f"{name}conv{part}"][0]
        x = F.conv2d(x, kernel, stride=stride, padding=padding)
        norm = f"{name}norm{part}"
        x, new[norm] = normalised(weights[norm], running[norm], x, training)
        return x

    x = block("", "", channels_first(x)).relu()
    for name, _, stride in blocks():
        short = x
        if stride > 1:
            short = F.conv2d(x, *weights[f"{name}_short"], stride=stride)
        x = block(f"{name}_", "2", block(f"{name}_", "1", x, stride).relu())
        x = (x + short).relu()
    return F.linear(x.mean((2, 3)), *weights["output"]), new


def _resnet50(weights: T, running: T, x: T, training: bool) -> tuple[T, T]:
    new = {}

    def convolved(layer: str, norm: str, x: T, stride: int, padding: int) -> T:
        x = F.conv2d(x, *weights[layer], stride=stride, padding=padding)
        x, new[norm] = normalised(weights[norm], running[norm], x, training)
        return x

    def block(place: str, x: T, stride: int = 1, padding: int = 0) -> T:
        return convolved(f"res{place}", f"bn{place}", x, stride, padding)

    x = convolved("conv1", "bn_conv1", channels_first(x), 2, 3).relu()
    x = F.max_pool2d(x, 3, 2)
    for name, _, stride in bottlenecks():
        short = block(f"{name}_branch1", x, stride) if name.endswith("a") else x
        x = block(f"{name}_branch2a", x, stride).relu()
        x = block(f"{name}_branch2b", x, padding=1).relu()
        x = (block(f"{name}_branch2c", x) + short).relu()
    return F.linear(x.mean((2, 3)), *weights["fc1000"]), new


NETWORKS: dict[str, Callable[..., Any]] = {
    "mlp": _mlp,
    "cnn": _cnn,
    "lstm": _lstm,
    "reviews": _reviews,
    "resnet": _resnet,
    "resnet50": _resnet50,
}
