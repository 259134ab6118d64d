"""Convolutions and their gradients, by shape: ours beside those of oneDNN, which
TensorFlow and PyTorch call.

    python3 run.py --group benchmark benchmarks/convolutions.py [--turns 7]

Prints the milliseconds of a convolution with both its gradients, medians of turns, and
the ratio of the median on JAX to the better one of oneDNN's. Each contender has a
process of its own; they take turns at each shape. PyTorch takes part if it is
installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from comparison.freed_memory import keep_freed_memory

Action = Callable[[], Any]
OURS = ("jax", "theano")
ONEDNN = ("tf.nn", "torch")
SECONDS = 0.1
"""About how long a turn takes."""


@dataclass(frozen=True)
class Shape:
    """A convolution of square images, by a square kernel.

    # Properties
        kind: "plain", "transposed", or "separable": by a kernel for each channel, and
            then 1 x 1, whose kernel gets no gradient.
    """

    batch: int
    size: int
    channels: int
    filters: int
    kernel: int
    stride: int = 1
    kind: str = "plain"

    def __str__(self) -> str:
        text = f"{self.batch} x {self.size} x {self.size} x {self.channels}"
        text += f", {self.kernel} x {self.kernel}"
        text += f" to {self.filters}"
        if self.stride > 1:
            text += f", stride {self.stride}"
        return text if self.kind == "plain" else f"{text}, {self.kind}"

    @property
    def result(self) -> tuple[int, ...]:
        """The shape of what it is given or, transposed, of what it gives back."""
        size = -(-self.size // self.stride)
        return (self.batch, size, size, self.filters)

    @property
    def pointwise(self) -> np.ndarray:
        """The kernel of the 1 x 1 convolution."""
        return np.ones((1, 1, self.channels, self.filters), "float32")

    def arrays(self) -> list[np.ndarray]:
        """Returns an input, a kernel, and a derivative by the result."""
        draw = np.random.RandomState(0)
        image = (self.batch, self.size, self.size, self.channels)
        filters = 1 if self.kind == "separable" else self.filters
        kernel = (self.kernel, self.kernel, self.channels, filters)
        shapes = [image, kernel, self.result]
        if self.kind == "transposed":
            shapes = [self.result, kernel, image]
        return [draw.standard_normal(shape).astype("float32") for shape in shapes]


SHAPES = [
    Shape(128, 28, 1, 32, 3),
    Shape(128, 26, 32, 32, 3),
    Shape(32, 32, 3, 64, 3),
    Shape(32, 28, 64, 64, 3),
    Shape(32, 14, 128, 128, 3),
    Shape(32, 28, 64, 128, 3, stride=2),
    Shape(32, 28, 64, 64, 1),
    Shape(32, 28, 64, 128, 1, stride=2),
    Shape(32, 28, 32, 64, 5),
    Shape(8, 112, 3, 64, 7, stride=2),
    Shape(32, 28, 64, 64, 3, kind="separable"),
    Shape(32, 28, 32, 64, 3, stride=2, kind="transposed"),
]


def with_oneiros(shape: Shape) -> Action:
    """Returns what computes all three, and leaves the gradients on the device."""
    from oneiros import backend as K

    x, kernel, gradient = map(K.variable, shape.arrays())
    options = {"border_mode": "same", "dim_ordering": "tf"}
    strides = (shape.stride, shape.stride)
    if shape.kind == "separable":
        pointwise = K.variable(shape.pointwise)
        y = K.separable_conv2d(x, kernel, pointwise, strides, **options)
    elif shape.kind == "transposed":
        outputs_last = K.permute_dimensions(kernel, (0, 1, 3, 2))
        sizes = K.int_shape(gradient)
        y = K.deconv2d(x, outputs_last, sizes, strides, **options)
    else:
        y = K.conv2d(x, kernel, strides, **options)
    loss = K.sum(y * gradient)
    gradients = K.gradients(loss, [x, kernel])
    results = [K.variable(np.zeros(K.int_shape(v))) for v in (x, kernel)]
    function = K.function([], [loss], list(zip(results, gradients, strict=True)))
    return lambda: function([])


def with_tensorflow(shape: Shape) -> Action:
    """Returns what computes all three with oneDNN, in a graph."""
    import tensorflow as tf

    x, kernel, gradient = map(tf.Variable, shape.arrays())
    strides = [1, shape.stride, shape.stride, 1]

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            if shape.kind == "separable":
                pointwise = tf.constant(shape.pointwise)
                y = tf.nn.separable_conv2d(x, kernel, pointwise, strides, "SAME")
            elif shape.kind == "transposed":
                y = tf.nn.conv2d_transpose(x, kernel, gradient.shape, strides)
            else:
                y = tf.nn.conv2d(x, kernel, strides, "SAME")
            loss = tf.reduce_sum(y * gradient)
        return loss, *tape.gradient(loss, [x, kernel])

    return step


def with_torch(shape: Shape) -> Action:
    """Returns what computes all three with oneDNN, channels last in memory."""
    import torch
    from torch.nn import functional as F

    keep_freed_memory()
    x, kernel, gradient = map(torch.from_numpy, shape.arrays())
    pointwise = torch.from_numpy(shape.pointwise).permute(3, 2, 0, 1)
    is_separable = shape.kind == "separable"
    order = (2, 3, 0, 1) if is_separable else (3, 2, 0, 1)
    kernel = kernel.permute(order).contiguous(memory_format=torch.channels_last)
    x, gradient = (array.permute(0, 3, 1, 2) for array in (x, gradient))
    groups = shape.channels if is_separable else 1
    trained = [x.requires_grad_(), kernel.requires_grad_()]
    inner = shape.kernel - shape.stride
    before, padding = inner // 2, (inner // 2, inner - inner // 2) * 2

    def step() -> Any:
        if shape.kind == "transposed":
            y = F.conv_transpose2d(x, kernel, stride=shape.stride)
            height, width = gradient.shape[2:]
            y = y[:, :, before : before + height, before : before + width]
        else:
            y = F.conv2d(F.pad(x, padding), kernel, None, shape.stride, 0, 1, groups)
        if is_separable:
            y = F.conv2d(y, pointwise)
        return torch.autograd.grad(y, trained, gradient)

    return step


def answer(name: str) -> None:
    """Answers each line of the standard input with the milliseconds of a turn."""
    makers = {"tf.nn": with_tensorflow, "torch": with_torch}
    make = makers.get(name, with_oneiros)
    actions: dict[Shape, tuple[Action, int]] = {}
    for line in sys.stdin:
        shape = Shape(**json.loads(line))
        if shape not in actions:
            action = make(shape)
            action()
            once = milliseconds(action, 1)
            actions = {shape: (action, max(1, int(1e3 * SECONDS / once)))}
        print(milliseconds(*actions[shape]), flush=True)


def milliseconds(action: Action, times: int) -> float:
    """Returns the milliseconds of a call."""
    before = time.perf_counter()
    for _ in range(times):
        action()
    return (time.perf_counter() - before) * 1e3 / times


def started(name: str, stack: ExitStack) -> subprocess.Popen[str]:
    """Starts the process of a contender."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3"}
    chosen = {"ONEIROS_BACKEND": name} if name in OURS else {}
    process = subprocess.Popen(
        [sys.executable, __file__, "--answer", name],
        text=True,
        env=os.environ | quiet | chosen,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    stack.callback(process.kill)
    return stack.enter_context(process)


def ask(process: subprocess.Popen[str], shape: Shape) -> float:
    """Returns the milliseconds of a turn."""
    assert process.stdin is not None and process.stdout is not None
    print(json.dumps(asdict(shape)), file=process.stdin, flush=True)
    return float(process.stdout.readline())


def main() -> None:
    """Measures and prints, or answers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--answer", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.answer:
        answer(chosen.answer)
        return
    names = [*OURS, "tf.nn"]
    if importlib.util.find_spec("torch"):
        names.append("torch")
    print(f"{'':45}" + "".join(f"{name:>9}" for name in names) + "  JAX to oneDNN")
    with ExitStack() as stack:
        processes = {name: started(name, stack) for name in names}
        for shape in SHAPES:
            taken: dict[str, list[float]] = {name: [] for name in names}
            for _ in range(1 + chosen.turns):
                for name, process in processes.items():
                    taken[name].append(ask(process, shape))
            medians = {name: statistics.median(taken[name][1:]) for name in names}
            best = min(medians[name] for name in ONEDNN if name in medians)
            figures = "".join(f"{medians[name]:9.2f}" for name in names)
            print(f"{shape!s:45}{figures}{medians['jax'] / best:15.2f}", flush=True)


if __name__ == "__main__":
    main()
