"""What a worker of Ray does: it joins the others, builds the model and trains it."""

import os
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import ray
from oneiros import settings
from oneiros.callbacks import Resume
from oneiros.distribution import DataParallel
from oneiros_distribution.team import joined
from ray.train import get_checkpoint, get_context
from ray.train.collective import broadcast_from_rank_zero

from oneiros_distribution_ray.reports import MODEL, Reports


@dataclass
class Job:
    """What each worker receives.

    # Properties
        build: function that returns the compiled model.
        options: dict, the arguments of the model's `fit`.
        own_rows: bool, whether its data are those of one worker.
        random_state: the state of NumPy's generator in the program.
    """

    build: Callable[[], Any]
    options: dict[str, Any]
    own_rows: bool
    random_state: Any


def train(config: dict[str, Any]) -> dict[str, list[float]]:
    """Trains in one of Ray's workers.

    # Arguments
        config: dict with the program's settings, and the reference of the job.

    # Returns
        The history.
    """
    os.environ.update(_place())
    # A dataset may take long before it has its first batch.
    os.environ.setdefault("ONEIROS_GENERATOR_TIMEOUT", "0")
    with settings.override(**config["settings"]):
        job: Job = ray.get(config["job"])
        np.random.set_state(job.random_state)
        with (
            DataParallel(own_rows=job.own_rows),
            tempfile.TemporaryDirectory(prefix="oneiros-") as folder,
        ):
            history = _fit(job, Path(folder))
    team = joined()
    assert team is not None
    team.end()
    return history


def _place() -> dict[str, str]:
    """Returns the variables that tell a process its place among the others.

    Ray shows each worker its own devices only, so it is the first one there.
    """
    context = get_context()
    return {
        "ONEIROS_PROCESSES": str(context.get_world_size()),
        "ONEIROS_RANK": str(context.get_world_rank()),
        "ONEIROS_LOCAL_RANK": "0",
        "ONEIROS_LOCAL_PROCESSES": "1",
        "ONEIROS_COORDINATOR": broadcast_from_rank_zero(_free_address()),
    }


def _free_address() -> str:
    host = ray.util.get_node_ip_address()
    with socket.create_server((host, 0)) as server:
        return f"{host}:{server.getsockname()[1]}"


def _fit(job: Job, folder: Path) -> dict[str, list[float]]:
    """Trains, from the last checkpoint on if there is one."""
    checkpoint = get_checkpoint()
    if checkpoint is not None:
        checkpoint.to_directory(folder)
    callbacks = job.options.pop("callbacks", None) or []
    if callable(callbacks):
        callbacks = callbacks()
    callbacks = [*callbacks, Resume(folder / MODEL, keep=True), Reports(folder)]
    values = job.build().fit(callbacks=callbacks, **job.options).history
    return {name: list(map(float, values[name])) for name in values}
