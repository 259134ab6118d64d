"""What a worker of Ray does: it joins the others, builds the model and trains it."""

import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import numpy as np
import ray
from oneiros import settings
from oneiros.callbacks import Resume
from oneiros.distribution import DataParallel
from oneiros_distribution.cluster import Cluster
from ray.train import get_checkpoint, get_context
from ray.train.collective import broadcast_from_rank_zero

from oneiros_distribution_ray.reports import MODEL, Reports


@dataclass
class Job:
    """What each worker receives."""

    build: Callable[[], Any]
    data: Any
    callbacks: Any
    options: dict[str, Any]
    random_state: Any


def train(config: dict[str, Any]) -> dict[str, list[float]]:
    """Trains in a worker; returns the history."""
    with settings.override(**config["settings"]):
        job = ray.get(config["job"])
        with DataParallel(cluster=joined()):
            np.random.set_state(job.random_state)
            with tempfile.TemporaryDirectory(prefix="oneiros-") as folder:
                return _fit(job, Path(folder))


def joined() -> Cluster:
    """Returns the cluster of Ray's workers."""
    context = get_context()
    return Cluster(
        processes=context.get_world_size(),
        rank=context.get_world_rank(),
        coordinator=broadcast_from_rank_zero(_free_address()),
        local_rank=context.get_local_rank(),
        local_processes=context.get_local_world_size(),
        source="Ray",
    )


def _free_address() -> str:
    host = ray.util.get_node_ip_address()
    with socket.create_server((host, 0)) as server:
        return f"{host}:{server.getsockname()[1]}"


def _fit(job: Job, folder: Path) -> dict[str, list[float]]:
    checkpoint = get_checkpoint()
    if checkpoint is not None:
        checkpoint.to_directory(folder)
    callbacks = job.callbacks() if callable(job.callbacks) else job.callbacks
    resume = Resume(folder / MODEL, keep=True)
    model = job.build()
    history = model.fit(
        *job.data, callbacks=[*callbacks, resume, Reports(folder)], **job.options
    )
    return history.history
