"""`TensorBoard`: the callback that writes files for TensorBoard."""

from typing import Any

import numpy as np
import oneiros
from oneiros import backend as K
from oneiros import processes
from oneiros.arguments import check_bool, check_int, int_if_whole, open_to_old_code
from oneiros.bases import Callback, Logs
from oneiros.errors import PluginLoadError
from oneiros.typing import Array

from oneiros_callbacks.files import writing
from oneiros_callbacks.messages import warn

LARGEST_BATCH = 32
"""The number of samples from which outputs and gradients are computed, if the fit has
no batch size."""


class TensorBoard(Callback):
    """Writes event files for TensorBoard; `tensorboard --logdir=./logs` shows them.

    They have the values of each epoch, the graph of the layers, and histograms: of
    weights, of gradients (`_grad`) and of layers' outputs (`_out`). The latter two are
    those of the first batch of the validation data, which must be arrays. Images show
    weights.

    # Example
        ```python
        import os

        import numpy as np
        from oneiros.callbacks import TensorBoard
        from oneiros.layers import Dense
        from oneiros.models import Sequential

        model = Sequential([Dense(1, input_dim=4)])
        model.compile("sgd", "mse")
        x = np.random.random((100, 4))
        board = TensorBoard("logs", histogram_freq=1, write_images=True)
        data = dict(x=x, y=x[:, :1], validation_split=0.1)
        model.fit(**data, nb_epoch=1, callbacks=[board], verbose=0)
        print(len(os.listdir("logs")))  # 1
        ```

    # Arguments
        log_dir: str, the folder to write to; created if it doesn't exist.
        histogram_freq: int, the number of epochs between histograms and images; 0 for
            none.
        write_graph: bool, whether to write the graph.
        write_images: bool, whether to write the images; they are written with the
            histograms.

    # Raises
        PluginLoadError: if tensorboardX isn't installed.
        FileAccessError: before training begins, if the system refuses to write.

    # References
        - [TensorBoard](https://www.tensorflow.org/tensorboard)
    """

    merged: Any = None
    """None: this attribute belongs to TensorFlow's sessions."""
    sess: Any = None
    """None, like `merged`."""

    @open_to_old_code
    def __init__(
        self,
        log_dir: str = "./logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
    ):
        self.log_dir = log_dir
        self.histogram_freq = check_int(
            self, "histogram_freq", int_if_whole(histogram_freq), 0
        )
        self.write_graph = check_bool(self, "write_graph", write_graph)
        self.write_images = check_bool(self, "write_images", write_images)
        self.writer: Any = None
        self._measure: Any = None
        _check_installed()

    def get_state(self) -> None:
        """Has no state: only the program decides about the folder."""

    def set_state(self, state) -> None:
        """Ignores the state."""

    def on_train_begin(self, logs: Logs = None) -> None:
        """Opens a file, and writes the graph."""
        from tensorboardX import SummaryWriter

        from oneiros_callbacks.layer_graph import graph_of

        with writing("TensorBoard", "log_dir", self.log_dir):
            self.writer = SummaryWriter(
                str(self.log_dir), write_to_disk=processes.is_first()
            )
        self._measure = None
        if self.write_graph:
            graph = graph_of(self.model)
            self.writer.file_writer.add_onnx_graph(graph)  # it takes any graph
            self.writer.flush()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Writes the epoch's values, and histograms and images if they are due."""
        for name, value in (logs or {}).items():
            if np.ndim(value) == 0 and name not in ("batch", "size"):
                self.writer.add_scalar(name, value, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
            self._write_measured(epoch)
        self.writer.flush()

    def on_train_end(self, _: Logs = None) -> None:
        """Closes the file."""
        self.writer.close()

    def _write_weights(self, epoch: int) -> None:
        for layer in self.model.layers:
            values = K.batch_get_value(layer.weights)
            for weight, value in zip(layer.weights, values, strict=True):
                name = _tag(weight)
                self._write_histogram(name, value, epoch)
                if self.write_images and value.size:
                    ordering = getattr(layer, "dim_ordering", "th")
                    image = image_of(value, ordering)
                    self.writer.add_image(name, image, epoch, dataformats="NCHW")

    def _write_measured(self, epoch: int) -> None:
        """Writes gradients and outputs."""
        if self._measure is None:
            self._measure = _Measure(self.model, self.params)
        for name, value in self._measure().items():
            self._write_histogram(name, value, epoch)

    def _write_histogram(self, name: str, values: Array, epoch: int) -> None:
        finite = values[np.isfinite(values)]
        if finite.size:
            self.writer.add_histogram(name, finite, epoch)


def _tag(weight) -> str:
    """Returns a weight's name without the `:0` that it ends in on TensorFlow."""
    return str(weight.name).removesuffix(":0")


class _Measure:
    """Computes gradients and layers' outputs from a batch of the validation data."""

    def __init__(self, model, params: dict[str, Any]):
        self.names: list[str] = []
        if not isinstance(model.validation_data, list) or not model.validation_data:
            warn(
                "TensorBoard writes only histograms of weights: those of gradients "
                "and outputs need validation data in arrays. Pass validation_split or "
                "validation_data=(x, y) to fit."
            )
            return
        size = params.get("batch_size", LARGEST_BATCH)
        targets = [*model.targets, *model.sample_weights]
        arrays = model.validation_data[: len(model.inputs) + len(targets)]
        rows = min(size, arrays[0].shape[0])
        self.batch = [array[:rows] for array in arrays]
        weights = model._collected_trainable_weights
        layers = [layer for layer in model.graph_layers() if _has_one_output(layer)]
        self.names = [f"{_tag(weight)}_grad" for weight in weights]
        self.names += [f"{layer.name}_out" for layer in layers]
        gradients = K.gradients(model.total_loss, weights)
        outputs = [layer.output for layer in layers]
        self.function = model._function(targets, [*gradients, *outputs], [])
        if self.function.phase_index is not None:
            self.batch.append(0)

    def __call__(self) -> dict[str, Array]:
        """Returns the arrays by name."""
        if not self.names:
            return {}
        arrays = self.function(self.batch)
        return dict(zip(self.names, arrays, strict=True))


def _has_one_output(layer) -> bool:
    """Returns whether a layer of the graph was called once, and isn't a model."""
    is_model = isinstance(layer, oneiros.models.Model)
    return len(layer.inbound_nodes) == 1 and not is_model and hasattr(layer, "output")


def image_of(weight: Array, ordering: str) -> Array:
    """Returns a picture of a weight, from black for its lowest value to white.

    # Arguments
        weight: array. A vector becomes a line, a matrix is shown on its longer side,
            and for more axes the images have lines between them.
        ordering: `"th"` if the last two axes are those of images, `"tf"` if channels
            follow them.

    # Returns
        Array `(images, 1, rows, columns)` of uint8; tensorboardX puts the images side
        by side.
    """
    if weight.ndim > 3 and ordering == "tf":
        weight = np.moveaxis(weight, (-1, -2), (0, 1))
    values = np.squeeze(np.nan_to_num(weight.astype(float)))
    if values.ndim < 2:
        values = values.reshape(1, -1)
    if values.ndim == 2 and values.shape[0] > values.shape[1]:
        values = values.T
    lowest = values.min()
    span = values.max() - lowest or 1.0
    shares = (values - lowest) / span
    images = np.uint8(255 * shares).reshape(-1, 1, *values.shape[-2:])
    line = int(len(images) > 1)
    return np.pad(images, ((0, 0), (0, 0), (0, line), (0, line)))


def _check_installed() -> None:
    try:
        import tensorboardX  # noqa: F401
    except ImportError as error:
        raise PluginLoadError(
            f"TensorBoard writes with tensorboardX, which can't be imported ({error}). "
            "Type: pip install 'oneiros-callbacks[tensorboard]'"
        ) from error
