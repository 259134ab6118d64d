"""What this plugin does in every training, as its table in the settings says."""

from typing import Any

from oneiros import settings

from lab_trackers.board import TensorBoardTracker
from lab_trackers.mlflow_store import MLflowTracker


def setting(name: str) -> Any:
    """Returns a value of `[plugin.lab-trackers]` in the settings, or None."""
    return settings.of_plugin("lab-trackers").get(name)


def trackers() -> list[Any]:
    """Returns the trackers for whose stores the settings name a folder."""
    named = {"mlflow": MLflowTracker, "tensorboard": TensorBoardTracker}
    return [
        made(folder=setting(store)) for store, made in named.items() if setting(store)
    ]
