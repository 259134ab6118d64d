"""`fit`: trains a model on the workers of a Ray cluster."""

import copy
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import ray
from oneiros import settings
from oneiros.arguments import check_int, refusal
from oneiros.errors import DistributionError
from ray.data import DataContext, Dataset
from ray.train import ControllerError, DataConfig, Result, RunConfig, ScalingConfig
from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer

from oneiros_distribution_ray.places import wait_for_places
from oneiros_distribution_ray.shards import Division
from oneiros_distribution_ray.worker import Job, train

MISSING = re.compile(r"ModuleNotFoundError: No module named '([^']+)'")


def fit(
    build: Callable[[], Any],
    data: Any,
    workers: int | ScalingConfig,
    *,
    columns: Sequence[Any] = ("x", "y"),
    run_config: RunConfig | None = None,
    timeout: float = 60.0,
    **options: Any,
) -> Result:
    """Trains a model on the workers of a Ray cluster: the running one, or one that Ray
    starts on this machine.

    The weights are those that one process gets with the same `batch_size`. Ray gets the
    metrics and a checkpoint at the end of each epoch. After a lost worker, or when the
    program is started again with the same `name` and `storage_path`, training goes on
    from the last checkpoint.

    # Example
        ```python tested="tests/distribution/test_ray.py"
        import numpy as np
        import oneiros.distribution.ray
        from oneiros.layers import Dense
        from oneiros.models import Sequential, load_model
        from ray.train import FailureConfig, RunConfig

        def build():
            model = Sequential([Dense(1, input_dim=4)])
            model.compile("sgd", "mse")
            return model


        x = np.random.random((640, 4))
        result = oneiros.distribution.ray.fit(
            build,
            (x, x[:, :1]),
            workers=2,
            nb_epoch=5,
            run_config=RunConfig(failure_config=FailureConfig(max_failures=3)),
        )
        print(result.metrics_dataframe)
        with result.checkpoint.as_directory() as folder:
            model = load_model(f"{folder}/model.h5")
        ```

    # Arguments
        build: function that returns the compiled model; each worker calls it.
        data: `(x, y)` or `(x, y, sample_weight)` as for `fit`, or a `ray.data.Dataset`,
            of which each worker reads its own rows.
        workers: int, the number of workers, each with a CPU, or Ray's `ScalingConfig`.
        columns: the columns of a dataset: inputs, targets and, if there are any,
            weights. Inputs and targets may be lists of columns.
        run_config: Ray's `RunConfig`: name, storage, failures, checkpoints to keep.
        timeout: float, the seconds to wait until the cluster has places for all
            workers.
        options: other arguments of `fit`: `nb_epoch`, `validation_data`, …;
            `batch_size` is that of all workers together; `callbacks` may be a function
            that returns the list, which each worker calls.

    # Returns
        Ray's `Result`. The file `model.h5` in its `checkpoint` is for `load_model`;
        `return_value` is the dict of the history.

    # Raises
        ArgumentError: if `data` is anything else, or lacks a column.
        DistributionError: if the cluster has no places, or its nodes have no Oneiros.
        ray.train.TrainingFailedError: if a worker fails, after the last attempt.
    """
    scaling = _scaling(workers)
    own_rows = isinstance(data, Dataset)
    if not own_rows and not (isinstance(data, (tuple, list)) and len(data) in (2, 3)):
        expected = "(x, y), (x, y, sample_weight) or a ray.data.Dataset"
        raise refusal("fit", "data", data, expected)
    wait_for_places(scaling, timeout, spare_cpus=int(own_rows))
    datasets: dict[str, Dataset] = {}
    if own_rows:
        division = Division(columns, scaling, options.pop("batch_size", 32))
        datasets["train"], *data = division.shard("train", data)
        validation = options.pop("validation_data", None)
        if validation is not None:
            parts = division.shard("validation", validation)
            datasets["validation"], options["validation_data"] = parts
    options.update(zip(("x", "y", "sample_weight"), data))
    job = Job(build, options, own_rows, np.random.get_state())
    trainer = DataParallelTrainer(
        train,
        train_loop_config={
            "job": ray.put(job),
            "settings": {key: settings.get(key) for key in settings.SETTINGS},
        },
        scaling_config=scaling,
        run_config=run_config,
        datasets=datasets,
        dataset_config=_in_order(),
    )
    try:
        return trainer.fit()
    except ControllerError as error:
        missing = MISSING.search(str(error))
        if missing is None:
            raise
        raise DistributionError(
            f"The workers of the Ray cluster can't import {missing[1]!r}. Install it "
            "on each node, or let Ray do it: "
            "ray.init(runtime_env={'pip': ['oneiros[ray]']})."
        ) from error


def _scaling(workers: int | ScalingConfig) -> ScalingConfig:
    """Returns Ray's description of the workers."""
    if not isinstance(workers, ScalingConfig):
        return ScalingConfig(num_workers=check_int("fit", "workers", workers))
    check_int("fit", "num_workers", workers.min_workers)
    return workers


def _in_order() -> DataConfig:
    """Returns a configuration in which each epoch, and each attempt, gives a worker the
    same rows."""
    options = copy.copy(DataContext.get_current().execution_options)
    options.preserve_order = True
    return DataConfig(execution_options=options)
