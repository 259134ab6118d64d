"""`MLflowTracker`: runs in MLflow's store on this machine, without a server."""

import os
from pathlib import Path
from typing import Any

from oneiros.bases import Logs
from oneiros.errors import PluginLoadError

from lab_trackers.tracker import Tracker

ALLOWED = "MLFLOW_ALLOW_FILE_STORE"
"""The variable by which MLflow 3 takes a folder as its store."""


def client_of(folder: Path | str) -> Any:
    """Returns MLflow's client for a store in a folder.

    # Raises
        PluginLoadError: if MLflow isn't installed.
    """
    os.environ.setdefault(ALLOWED, "true")
    try:
        from mlflow.tracking import MlflowClient
    except ImportError as error:
        raise PluginLoadError(
            f"MLflowTracker needs MLflow, which can't be imported ({error}). Type: pip "
            "install 'lab-trackers[mlflow]'"
        ) from error
    return MlflowClient(tracking_uri=Path(folder).absolute().as_uri())


class MLflowTracker(Tracker):
    """Keeps each training as a run of MLflow: parameters, values of each epoch, and the
    models that are saved meanwhile.

    `mlflow ui --backend-store-uri ./mlruns` shows them. With `Resume`, interrupted
    training goes on in its run.

    # Arguments
        experiment: str, the name under which runs are listed.
        folder: str, the store; created if it doesn't exist.

    # Properties
        run: str, the identifier of the last run; None before there is one.

    # Raises
        PluginLoadError: when training begins, if MLflow isn't installed.
    """

    called_after_runs = True
    # Its state names a run in a store, and means nothing to the kit's new folders.
    conformance = {"tags": ("no_state",)}

    def __init__(self, experiment: str = "oneiros", folder: str = "mlruns") -> None:
        self.experiment = str(experiment)
        self.folder = str(folder)
        self.run: str | None = None
        self._client: Any = None

    def get_state(self) -> dict[str, Any]:
        """Returns the run in which resumed training goes on."""
        return {"run": self.run if self.has_begun else None}

    def set_state(self, state: dict[str, Any]) -> None:
        """Goes on in a run."""
        if state["run"]:
            self.run = state["run"]
            self._client.update_run(self.run, status="RUNNING")
            self.has_begun = True

    def on_train_begin(self, logs: Logs = None) -> None:
        """Opens the store."""
        self._client = client_of(self.folder)
        super().on_train_begin(logs)

    def begin(self, parameters: dict[str, Any]) -> None:
        """Opens a run for a training with these parameters."""
        client = self._client
        experiment = client.get_experiment_by_name(self.experiment)
        identifier = (
            experiment.experiment_id
            if experiment
            else client.create_experiment(self.experiment)
        )
        self.run = client.create_run(identifier, run_name=self.model.name).info.run_id
        for name, value in parameters.items():
            client.log_param(self.run, name, value)

    def keep_values(self, epoch: int, values: dict[str, float]) -> None:
        """Keeps an epoch's numbers, by name."""
        for name, value in values.items():
            self._client.log_metric(self.run, name, value, step=epoch)

    def keep_file(self, path: Path) -> None:
        """Copies a model's file to the run's artifacts."""
        self.ensure_begun()
        self._client.log_artifact(self.run, str(path))

    def end(self) -> None:
        """Closes the run."""
        self._client.set_terminated(self.run)
