"""Rows of a `ray.data.Dataset`, of which each worker reads its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import ray.train
from oneiros.arguments import check_int, refusal
from oneiros.typing import Array
from ray.data import Dataset
from ray.train import ScalingConfig

WEIGHTS = "sample_weight"
"""The column of weights that a dataset gets if it has none, and needs it."""
Batch = dict[str, Array]


@dataclass
class Shard:
    """The batches of a worker: a stream for `fit`.

    # Properties
        name: str, the name under which Ray knows the dataset.
        columns: the columns of inputs, targets and, perhaps, weights.
        rows: int, the number of rows of this worker.
        batch_size: int, the number of rows in its batches; the last may be smaller.
    """

    name: str
    columns: Sequence[Any]
    rows: int
    batch_size: int

    def __len__(self) -> int:
        return -(-self.rows // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        shard = ray.train.get_dataset_shard(self.name)
        for batch in shard.iter_batches(batch_size=self.batch_size):
            yield tuple(_chosen(batch, columns) for columns in self.columns)


def _chosen(batch: Batch, columns: Any) -> Any:
    """Returns a column, or a list of columns."""
    if isinstance(columns, str):
        return batch[columns]
    return [batch[column] for column in columns]


class Division:
    """Divides datasets among the devices of all workers.

    # Arguments
        columns: the columns of inputs, targets and, perhaps, weights.
        scaling: Ray's description of the workers.
        batch_size: int, the number of rows in a batch of all workers.

    # Raises
        ArgumentError: if the devices don't divide the batches, or their number may
            change.
    """

    def __init__(self, columns: Sequence[Any], scaling: ScalingConfig, batch_size: Any):
        if scaling.elasticity_enabled:
            expected = "one number of workers, with a dataset"
            raise refusal("fit", "workers", scaling.num_workers, expected)
        self.columns = columns
        self.workers = scaling.num_workers
        self.devices = self.workers * max(1, int(scaling.num_gpus_per_worker))
        self.batch_size = check_int("fit", "batch_size", batch_size)
        if self.batch_size % self.devices:
            expected = f"a multiple of {self.devices}, the number of devices"
            raise refusal("fit", "batch_size", batch_size, expected)

    def shard(self, name: str, data: Any) -> tuple[Dataset, Shard]:
        """Returns a dataset with as many rows as the devices divide, and what a worker
        reads of it.

        Ray would leave out the other rows. Instead some come a second time, with weight
        0.
        """
        if not isinstance(data, Dataset):
            raise refusal("fit", f"{name} data", data, "a ray.data.Dataset, too")
        self._check_columns(data)
        rows = data.count()
        if rows < self.devices:
            expected = f"at least {self.devices}, one for each device"
            raise refusal("fit", f"rows of {name} data", rows, expected)
        columns = self.columns
        lacking = -rows % self.devices
        if lacking:
            columns = columns if len(columns) == 3 else (*columns, WEIGHTS)
            added = data.limit(lacking).map_batches(_weighted, fn_args=(columns[2], 0))
            data = data.map_batches(_weighted, fn_args=(columns[2], 1)).union(added)
        own_rows = (rows + lacking) // self.workers
        return data, Shard(name, columns, own_rows, self.batch_size // self.workers)

    def _check_columns(self, data: Dataset) -> None:
        known = data.columns() or []
        for columns in self.columns:
            names = [columns] if isinstance(columns, str) else columns
            if not set(names) <= set(known):
                expected = f"names of the dataset's columns, {known}"
                raise refusal("fit", "columns", self.columns, expected)


def _weighted(batch: Batch, column: str, factor: int) -> Batch:
    """Returns rows with their weights multiplied."""
    rows = len(next(iter(batch.values())))
    weights = batch.get(column, np.ones(rows, np.float32))
    return {**batch, column: weights * factor}
