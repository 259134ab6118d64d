"""Commands of `oneiros`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from oneiros.errors import ArgumentError
from rich.console import Console
from rich.table import Table

from lab_trackers.behaviour import setting
from lab_trackers.mlflow_store import client_of


def runs(
    folder: Annotated[
        str, typer.Option(help="The store; by default that of the settings, or mlruns.")
    ] = "",
    by: Annotated[
        str, typer.Option(help="The value that orders the runs, the smallest first.")
    ] = "loss",
) -> None:
    """Lists the runs that MLflowTracker keeps, the best first."""
    store = Path(folder or setting("mlflow") or "mlruns").expanduser()
    if not store.is_dir():
        raise ArgumentError(f"{store} is no folder. Type: oneiros runs --folder PATH")
    client = client_of(store)
    experiments = [each.experiment_id for each in client.search_experiments()]
    table = Table("began", "model", "status", "epochs", by, box=None)
    for run in client.search_runs(experiments, order_by=[f"metrics.`{by}` ASC"]):
        began = datetime.fromtimestamp(run.info.start_time / 1000)
        history = client.get_metric_history(run.info.run_id, by)
        value = f"{run.data.metrics[by]:.4g}" if history else ""
        table.add_row(
            f"{began:%Y-%m-%d %H:%M}",
            run.info.run_name,
            run.info.status.lower(),
            str(len(history)),
            value,
        )
    Console().print(table)
