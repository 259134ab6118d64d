"""`fit`: trains a model on the workers of a Ray cluster."""

from collections.abc import Callable
from typing import Any

import numpy as np
import ray.train
from oneiros import settings
from oneiros.errors import PluginLoadError
from ray.data import Dataset
from ray.train import Result, RunConfig, ScalingConfig
from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer

from oneiros_distribution_ray import worker
from oneiros_distribution_ray.places import wait_for_places


def fit(
    build: Callable[[], Any],
    data: Any,
    workers: int | ScalingConfig,
    *,
    run_config: RunConfig | None = None,
    callbacks: Any = (),
    timeout: float = 60.0,
    **options: Any,
) -> Result:
    """Trains a model on the workers of a Ray cluster."""
    scaling = workers
    if not isinstance(workers, ScalingConfig):
        scaling = ScalingConfig(num_workers=workers)
    wait_for_places(scaling, timeout)
    job = worker.Job(build, data, callbacks, options, np.random.get_state())
    trainer = DataParallelTrainer(
        worker.train,
        train_loop_config={
            "job": ray.put(job),
            "settings": {key: settings.get(key) for key in settings.SETTINGS},
        },
        scaling_config=scaling,
        run_config=run_config,
    )
    return trainer.fit()
