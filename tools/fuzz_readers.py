"""The readers of untrusted files, each as a function of bytes, for `fuzz_coverage.py`.

What a caller could choose besides the file, such as `by_name`, depends on the bytes,
too, so that an input always does the same.
"""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import callbacks, layers, models
from oneiros.saving import Budget, parameter_budget
from oneiros_cli.file_tools.conversion import convert
from oneiros_cli.file_tools.inspection import inspect_file
from oneiros_resume.keeper import Keeper
from oneiros_safe_files import npy, pickles, tar_archive, zip_archive

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden" / "models"
PARAMETERS = 2**22
CONVERTED = (".h5", ".json", ".yaml", ".safetensors")
ORDERINGS = ("th", "tf", None)
ROWS = 8
Read = Callable[[bytes], Any]


class Readers:
    """The readers, by name.

    # Arguments
        folder: an empty folder for the files that are read.
    """

    def __init__(self, folder: Path) -> None:
        K.set_backend("jax")
        self._folder = folder
        self._models = [
            models.load_model(GOLDEN / f"{name}.h5")
            for name in ("seq_opt_adam", "seq_stacked_gru")
        ]
        self.by_name: dict[str, Read] = {
            "json": self._json,
            "yaml": self._yaml,
            "hdf5": self._model,
            "weights": self._weights,
            "inspect": lambda data: inspect_file(self._written(data)),
            "convert": self._converted,
            "keras": self._model,
            "safetensors": self._weights,
            "resume": self._resumed,
            "npy": lambda data: npy.read_npy(self._written(data), Budget()),
            "npz": self._npz,
            "pickle": self._pickle,
            "gzip": self._pickle,
            "tar": self._unpacked(tar_archive.unpack_tar),
            "zip": self._unpacked(zip_archive.unpack_zip),
        }
        self._arguments_of_keeper: tuple[Any, ...] = ()

    def run_file(self) -> bytes:
        """Returns a file of an interrupted training, which `resume` can continue."""
        self._keeper()
        return (self._folder / "run.h5").read_bytes()

    def _written(self, data: bytes, suffix: str = ".h5") -> Path:
        path = self._folder / f"input{suffix}"
        path.write_bytes(data)
        return path

    def _json(self, data: bytes) -> None:
        with parameter_budget(PARAMETERS):
            models.model_from_json(_text(data))

    def _yaml(self, data: bytes) -> None:
        with parameter_budget(PARAMETERS):
            models.model_from_yaml(_text(data))

    def _model(self, data: bytes) -> None:
        models.load_model(self._written(data))

    def _weights(self, data: bytes) -> None:
        chance = _chance(data)
        model = self._models[chance % 2]
        model.load_weights(self._written(data), by_name=chance % 3 == 0)

    def _converted(self, data: bytes) -> None:
        chance = _chance(data)
        is_text = data.lstrip().startswith(b"{")
        suffixes = CONVERTED[1:3] if is_text else CONVERTED
        with parameter_budget(PARAMETERS):
            convert(
                self._written(data, ".json" if is_text else ".h5"),
                self._folder / f"converted{suffixes[chance % len(suffixes)]}",
                dim_ordering=ORDERINGS[chance % 3],
                kernels="theano" if chance % 5 == 0 else None,
                overwrite=True,
            )

    def _npz(self, data: bytes) -> None:
        npy.read_npz(self._written(data), Budget(), objects=_chance(data) % 2 == 0)

    def _pickle(self, data: bytes) -> None:
        encoding = "bytes" if _chance(data) % 2 else "latin1"
        pickles.read_pickle(self._written(data), Budget(), encoding)

    def _unpacked(self, unpack: Callable[[Path, Path, Budget], Path]) -> Read:
        folder = self._folder / "unpacked"

        def run(data: bytes) -> None:
            try:
                unpack(self._written(data), folder, Budget())
            finally:
                shutil.rmtree(folder, ignore_errors=True)

        return run

    def _resumed(self, data: bytes) -> None:
        plan, training, epochs, params = self._keeper()
        plan.path.write_bytes(data)
        keeper = Keeper(plan, training, epochs, params)
        keeper.on_train_begin()
        keeper.enter(training.order)

    def _keeper(self) -> tuple[Any, ...]:
        """Returns the arguments of the `Keeper` of a training, which is done once."""
        if not self._arguments_of_keeper:
            made: list[Keeper] = []
            model = models.Sequential([layers.Dense(2, input_dim=3, name="d")])
            model.compile("adam", "mse")
            resume = callbacks.Resume(self._folder / "run.h5", batches=1, keep=True)
            prepare = resume.prepare_fit

            def prepare_fit(fit: Any) -> None:
                prepare(fit)
                made.append(fit.callbacks.callbacks[-1])

            resume.prepare_fit = prepare_fit
            stop = callbacks.EarlyStopping("loss")
            model.fit(_zeros(3), _zeros(2), 4, 2, 0, [stop, resume])
            keeper = made[0]
            self._arguments_of_keeper = (
                keeper.plan,
                keeper.training,
                range(3),
                resume.params,
            )
        return self._arguments_of_keeper


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _chance(data: bytes) -> int:
    return zlib.crc32(data)


def _zeros(columns: int) -> Any:
    return np.zeros((ROWS, columns), "float32")
