"""What a fault may cut off: operations that turn the old state of a folder into a new
one."""

import errno
import io
import json
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import oneiros
import onnx
from oneiros import backend as K
from oneiros.callbacks import ModelCheckpoint, Resume
from oneiros.errors import FileAccessError, OneirosError
from oneiros.layers import Dense
from oneiros.models import Sequential, load_model
from oneiros.optimizers import SGD
from oneiros.utils.io_utils import load_array, save_array
from oneiros_cli.file_tools import conversion
from oneiros_cli.main import main
from oneiros_saving import model_files

X = np.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)
Y = X[:, :2].copy()
OLD = [np.full((3, 2), 7, "float32"), np.zeros(2, "float32")]
NEW = [np.full((3, 2), 8, "float32"), np.ones(2, "float32")]
FILES = (
    "m.h5",
    "w.h5",
    "w.safetensors",
    "a.h5",
    "m.json",
    "s.safetensors",
    "command.h5",
    "t.h5",
    "c.h5",
    "m.onnx",
)
"""The files that the operations of the same names write: a model, weights twice, an
array, two results of a conversion and one of the command line's, a model that was built
again for another order of axes, a checkpoint, and an export."""
SOURCES = ("m.json", "s.safetensors", "command.h5", "t.h5")
"""Of these, the ones that are written from the file `source.h5`."""
LOADED = ("m.h5", "w.h5", "w.safetensors", "a.h5", "source.h5")


@dataclass(frozen=True)
class Operation:
    """Something that reads or writes a file.

    # Arguments
        file: the name of the file that is written or read.
        prepare: makes the old files in a folder.
        run: does it.
        source: the name of another file that is read.
    """

    file: str
    prepare: Callable[[Path], None]
    run: Callable[[Path], None]
    source: str = ""


class Work:
    """The model that all operations share."""

    def __init__(self):
        self.model = Sequential([Dense(2, input_dim=3, name="d")], name="m")
        self.model.compile(SGD(lr=0.1), "mse")

    def saving(self, file, is_over):
        """Returns the operation that writes a file, over an old one or not."""

        def prepare(folder):
            self.model.set_weights(OLD)
            if file in SOURCES:
                self.model.save(folder / "source.h5")
            if is_over:
                self.write(folder / file)
            if is_over and file == "m.json":
                (folder / file).write_text('{"class_name": "Old"}')
            if file in SOURCES:
                self.model.set_weights(NEW)
                self.model.save(folder / "source.h5")
            self.model.set_weights(NEW)

        source = "source.h5" if file in SOURCES else ""
        return Operation(
            file, prepare, lambda folder: self.write(folder / file), source
        )

    def write(self, path):
        """Writes a file of those above."""
        if path.name == "command.h5":
            command("convert", path.with_name("source.h5"), path, "--overwrite")
        elif path.name in SOURCES:
            conversion.convert(
                path.with_name("source.h5"),
                path,
                weights_only=path.suffix == ".safetensors",
                dim_ordering="tf" if path.name == "t.h5" else None,
                overwrite=True,
            )
        elif path.name == "a.h5":
            save_array(self.model.get_weights()[0], path)
        elif path.name == "c.h5":
            before = self.model.get_weights()
            self.fit([ModelCheckpoint(str(path))], lr=0)
            self.model.set_weights(before)
        elif path.name == "m.h5":
            self.model.save(path)
        elif path.name == "m.onnx":
            oneiros.export(self.model, path, overwrite=True, rows=2)
        else:
            self.model.save_weights(path)

    def loading(self, file):
        """Returns the operation that loads a file."""

        def prepare(folder):
            self.model.set_weights(OLD)
            self.write(folder / file)
            self.model.set_weights(NEW)

        def run(folder):
            if file == "m.h5":
                load_model(folder / file)
            elif file == "a.h5":
                load_array(folder / file)
            else:
                self.model.load_weights(folder / file)

        return Operation(file, prepare, run)

    def fit(self, callbacks, lr=0.1):
        """Trains for two batches."""
        K.set_value(self.model.optimizer.lr, lr)
        self.model.fit(X, Y, 4, 1, 0, callbacks, shuffle=False)

    def resumed(self, path):
        """Trains, or goes on with a training; its file stays."""
        self.model.set_weights(NEW)
        self.fit([Resume(path, batches=1, keep=True)])


def command(*arguments):
    """Runs the `oneiros` command in this process.

    # Raises
        OneirosError: with what the command prints, if it fails; a FileAccessError if
            that has the number of one.
    """
    errors = io.StringIO()
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(errors):
            main([*map(str, arguments)])
    except SystemExit as ended:
        printed = errors.getvalue()
        if printed.startswith("oneiros: [Errno"):
            raise FileAccessError(errno.EIO, printed) from None
        if ended.code:
            assert printed.startswith("oneiros: "), printed
            raise OneirosError(printed) from None


def values(path):
    """Returns the numbers or the text of a file, if it is whole."""
    if path.suffix == ".json":
        return json.loads(path.read_text())
    if path.name == "a.h5":
        return load_array(path).tolist()
    if path.suffix == ".onnx":
        weights = onnx.load(path).graph.initializer
        return [onnx.numpy_helper.to_array(each).tolist() for each in weights]
    return [
        (layer, name, array.tolist())
        for layer, arrays in model_files.read(path)[1].weights
        for name, array in arrays
    ]
