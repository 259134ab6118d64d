"""`DataParallel`: training on all devices of several processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

from oneiros import backend as K
from oneiros import processes, registry
from oneiros.backend.contract import Backend, Placement
from oneiros.errors import CapabilityError

from oneiros_distribution.team import Team, join, joined


@dataclass(frozen=True)
class Info:
    """What a process knows of those that train together.

    # Properties
        processes: int, how many there are.
        rank: int, the number of this one, from 0.
        devices: int, how many devices they have in all.
    """

    processes: int
    rank: int
    devices: int


class DataParallel:
    """Trains on all devices of all processes: each batch is split among them.

    The results are those of one device. Each process runs the same script, with the
    same data; sizes, such as `batch_size`, are those of the whole. docs/guides/scale.md
    tells how to start the processes.

    `model.compile(…, distribution=DataParallel())` does the same as a block around the
    rest of the program.

    # Example
        ```python
        import numpy as np
        from oneiros.distribution import DataParallel
        from oneiros.layers import Dense
        from oneiros.models import Sequential

        x = np.random.random((64, 4))
        with DataParallel():
            model = Sequential([Dense(1, input_dim=4)])
            model.compile("sgd", "mse")
            model.fit(x, x[:, :1], nb_epoch=2, verbose=0)
        ```

    # Arguments
        shard: dict from the name of a layer to the axis along which its weights are
            split among the devices, for embeddings and kernels too large for one;
            `{"embedding_1": 0}`. Other variables of the same shapes, such as the
            optimizer's, are split, too.
        own_rows: bool, whether each process passes only its own rows, equally many;
            sizes such as `batch_size` are then those of one process.

    # Raises
        DistributionError: if not all processes come, or one is gone.
        CapabilityError: if the backend can't train on several devices.
        SettingsError: if a variable of the environment is missing or wrong.
    """

    def __init__(self, shard: Mapping[str, int] | None = None, own_rows: bool = False):
        self.shard = dict(shard or {})
        self.own_rows = own_rows
        self._entered: list[tuple[Backend, Placement | None]] = []
        self._placements: dict[str, Placement] = {}

    def start(self) -> None:
        """Distributes what the current backend computes from now on."""
        with _membership() as team:
            backend = K.current()
            backend.placement = self._placement(team, backend.name)

    def __enter__(self) -> DataParallel:
        with _membership():
            backend = K.current()
            self._entered.append((backend, backend.placement))
            self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        backend, before = self._entered.pop()
        backend.placement = before
        team = joined()
        if error is not None and team is not None:
            team.leave(error)

    def _placement(self, team: Team, backend: str) -> Placement:
        if backend not in self._placements:
            place = _distribution(backend)
            self._placements[backend] = place(team, self.shard, self.own_rows)
        return self._placements[backend]


@contextmanager
def _membership() -> Iterator[Team]:
    """Context manager in which this process has joined the others, which it does before
    it imports an engine; an error ends all."""
    team = join()
    try:
        yield team
    except BaseException as error:
        team.leave(error)
        raise


def _distribution(backend: str):
    """Returns what places the functions of a backend.

    # Raises
        CapabilityError: if nothing does.
    """
    if registry.find("distribution", backend):
        return registry.resolve("distribution", backend)
    able = ", ".join(registry.names("distribution")) or "none"
    raise CapabilityError(
        f"The backend {backend!r} doesn't train on several devices. Those that do: "
        f"{able}. Set ONEIROS_BACKEND=jax or ONEIROS_BACKEND=theano; "
        "docs/guides/scale.md says why others don't."
    )


def info() -> Info:
    """Returns how many processes train together, and which one this is.

    # Example
        ```python
        from oneiros.distribution import info

        print(info().processes, info().rank)  # 1 0
        ```
    """
    current = processes.current()
    placement = K.current().placement
    devices = 1 if placement is None else placement.devices
    return Info(current.count, current.rank, devices)


def barrier(name: str) -> None:
    """Waits until all processes have come here, for instance before they read a file
    that the first one has written.

    # Arguments
        name: str, which errors mention.

    # Raises
        DistributionError: if a process doesn't come.
    """
    team = joined()
    if team is not None:
        team.meet(name)
