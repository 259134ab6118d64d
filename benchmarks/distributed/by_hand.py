"""Data-parallel training written by hand in JAX.

The step is that of one device. `jax.distributed` connects the processes, variables are
on all devices, and each process brings its rows of a batch; XLA adds the sums over
processes. That is how JAX's documentation does it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from comparison import jax_loops as loops
from comparison.cases import Array, Case
from comparison.freed_memory import keep_freed_memory
from comparison.jax_loops import WITHOUT_YNN, convolved, dense
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from distributed.cases import KEPT
from distributed.team import Place

T = Any
SEED = 7


@dataclass(frozen=True)
class Shardings:
    """Where arrays lie.

    # Properties
        replicated: on each device.
        split: split among the devices, along their rows.
        split_steps: the same, for the batches of many steps.
    """

    replicated: NamedSharding
    split: NamedSharding
    split_steps: NamedSharding


def connect(place: Place) -> Shardings:
    """Connects the devices of all processes."""
    if place.processes > 1:
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        jax.distributed.initialize(place.coordinator, place.processes, place.rank)
    mesh = Mesh(np.array(jax.devices()), ("data",))
    return Shardings(
        NamedSharding(mesh, PartitionSpec()),
        NamedSharding(mesh, PartitionSpec("data")),
        NamedSharding(mesh, PartitionSpec(None, "data")),
    )


class Contender:
    """A network and its optimizer as pure functions, on the devices of all processes.

    # Arguments
        name: the case's.
        case: what is trained, and in which batches.
        form: words out of "loop" (many steps in one compiled call; otherwise a call
            for each), "gradient" (the LSTM's derived by hand), "noynn" (convolutions
            without XLA's YNN, and freed memory kept).
        place: this process among the others.
    """

    def __init__(self, name: str, case: Case, form: str, place: Place) -> None:
        self.case = case
        self.place = place
        words = form.split("-")
        self.looped = "loop" in words
        network = NETWORKS[name]
        if self.case.recurs:
            by_hand = "gradient" in words
            network = functools.partial(
                network, loops.lstm_by_hand if by_hand else loops.lstm_by_scan
            )
        if "noynn" in words:
            keep_freed_memory()
        self.shardings = connect(place)
        self._define(network, WITHOUT_YNN if "noynn" in words else None)
        self.state = jax.tree.map(self._everywhere, self._first_state())

    def _everywhere(self, array: Array) -> T:
        return jax.make_array_from_process_local_data(
            self.shardings.replicated, np.asarray(array)
        )

    def _first_state(self) -> T:
        weights = self.case.weights()
        running = {key: weights[key][2:] for key in weights if "norm" in key}
        kept = {
            key: arrays[:2] if key in running else arrays
            for key, arrays in weights.items()
        }
        zeros = [jax.tree.map(np.zeros_like, kept) for _ in range(2)]
        return kept, *zeros, np.zeros((), np.int32), running

    def _define(self, network: Callable[..., Any], options: Any) -> None:
        def loss(weights: T, running: T, x: T, y: T, count: T) -> tuple[T, T]:
            scores, running = network(weights, running, x, count)
            return loops.crossentropy(scores, y), running

        def step(state: T, x: T, y: T) -> tuple[T, T]:
            weights, m, v, count, running = state
            differentiated = jax.value_and_grad(loss, has_aux=True)
            (value, running), gradients = differentiated(weights, running, x, y, count)
            moved = loops.adam(weights, m, v, count + 1, gradients, self.case.epsilon)
            return (*moved, running), value

        def loop(state: T, x: T, y: T) -> tuple[T, T]:
            return jax.lax.scan(lambda state, batch: step(state, *batch), state, (x, y))

        jit = functools.partial(
            jax.jit,
            compiler_options=options,
            donate_argnums=0,
            out_shardings=self.shardings.replicated,
        )
        self.step = jit(step)
        self.loop = jit(loop)

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
        size = self.case.batch
        own = size // self.place.processes
        mine = slice(self.place.rank * own, (self.place.rank + 1) * own)
        losses = np.zeros(1)
        for _ in range(epochs):
            if shuffle:
                np.random.shuffle(order)
            index = order.reshape(-1, size)[:, mine]
            losses = self._trained(index, x, y)
            on_epoch()
        return float(losses.mean())

    def _trained(self, index: Array, x: Array, y: Array) -> Array:
        put = jax.make_array_from_process_local_data
        if self.looped:
            batches = [put(self.shardings.split_steps, data[index]) for data in (x, y)]
            self.state, values = self.loop(self.state, *batches)
            return np.asarray(values)
        kept = []
        for rows in index:
            batch = [put(self.shardings.split, data[rows]) for data in (x, y)]
            self.state, value = self.step(self.state, *batch)
            kept.append(value)
        return np.array([float(value) for value in kept])


def _mlp(weights: T, running: T, x: T, count: T) -> tuple[T, T]:
    for layer in ("hidden1", "hidden2"):
        x = jax.nn.relu(dense(weights[layer], x))
    return dense(weights["output"], x), running


def _cnn(weights: T, running: T, x: T, count: T) -> tuple[T, T]:
    x = convolved(x, weights["conv1"][0], padding="VALID") + weights["conv1"][1]
    x, new = loops.normalised(weights["norm"], running["norm"], x, True)
    x = jax.nn.relu(x)
    x = convolved(x, weights["conv2"][0], padding="VALID") + weights["conv2"][1]
    x = jax.nn.relu(x)
    n, height, width, channels = x.shape
    x = x.reshape(n, height // 2, 2, width // 2, 2, channels).max((2, 4))
    x = jax.nn.relu(dense(weights["hidden1"], x.reshape(len(x), -1)))
    return dense(weights["output"], x), {"norm": new}


def _lstm(lstm: Any, weights: T, running: T, x: T, count: T) -> tuple[T, T]:
    x = lstm(jnp.swapaxes(x, 0, 1), *weights["lstm"], False)
    key = jax.random.fold_in(jax.random.key(SEED), count)
    x = jnp.where(jax.random.bernoulli(key, KEPT, x.shape), x / KEPT, 0)
    return dense(weights["output"], x), running


def _embedding(weights: T, running: T, x: T, count: T) -> tuple[T, T]:
    x = weights["embedding"][0][x].mean(1)
    x = jax.nn.relu(dense(weights["hidden1"], x))
    return dense(weights["output"], x), running


NETWORKS: dict[str, Callable[..., Any]] = {
    "mlp": _mlp,
    "cnn": _cnn,
    "lstm": _lstm,
    "embedding": _embedding,
}
