"""`TensorBoardTracker`: trainings side by side in TensorBoard."""

from pathlib import Path
from typing import Any

from oneiros.errors import PluginLoadError

from lab_trackers.tracker import Tracker


def writer_in(folder: Path) -> Any:
    """Returns a writer of event files in a folder.

    # Raises
        PluginLoadError: if tensorboardX isn't installed.
    """
    try:
        from tensorboardX import SummaryWriter
    except ImportError as error:
        raise PluginLoadError(
            f"TensorBoardTracker writes with tensorboardX, which can't be imported "
            f"({error}). Type: pip install 'lab-trackers[tensorboard]'"
        ) from error
    return SummaryWriter(str(folder))


class TensorBoardTracker(Tracker):
    """Writes each training to a folder of its own, for TensorBoard: its parameters as a
    table, and the values of each epoch.

    `tensorboard --logdir=runs` shows the trainings side by side. For graphs and
    histograms of one training there is `TensorBoard` of `oneiros-callbacks`.

    # Arguments
        folder: str, below which each training makes a folder, named after the model and
            numbered.

    # Raises
        PluginLoadError: at the end of the first epoch, if tensorboardX isn't installed.
    """

    called_after_runs = True

    def __init__(self, folder: str = "runs") -> None:
        self.folder = str(folder)
        self._writer: Any = None

    def get_state(self) -> None:
        """Has no state: resumed training writes to a new folder."""

    def set_state(self, state: Any) -> None:
        """Ignores the state."""

    def begin(self, parameters: dict[str, Any]) -> None:
        """Opens a file in a new folder, and writes the parameters."""
        folder = Path(self.folder)
        earlier = len(list(folder.glob(f"{self.model.name}-*")))
        self._writer = writer_in(folder / f"{self.model.name}-{earlier + 1}")
        rows = [f"| {name} | {value} |" for name, value in parameters.items()]
        table = "\n".join(["| parameter | value |", "|---|---|", *rows])
        self._writer.add_text("parameters", table)

    def keep_values(self, epoch: int, values: dict[str, float]) -> None:
        """Writes an epoch's numbers under their names."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, epoch)
        self._writer.flush()

    def end(self) -> None:
        """Closes the file."""
        self._writer.close()
