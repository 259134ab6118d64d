"""Converts a model file to a file for another library."""

from __future__ import annotations

from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.backend.dispatch import backend_of
from oneiros.errors import ArgumentError
from oneiros_exports.exporting import TOLERANCE, export
from oneiros_exports.report import Report
from oneiros_safe_files.budget import Budget
from oneiros_safe_files.npy import read_npz
from oneiros_saving import loading, model_files
from oneiros_saving.model_files import PathLike

from oneiros_file_tools.conversion import Axes, Objects, check_whole, reordered
from oneiros_file_tools.stored_file import read

Array = np.ndarray[Any, Any]


def export_file(
    source: PathLike,
    target: PathLike,
    *,
    inputs: PathLike | None = None,
    tolerance: float = TOLERANCE,
    rows: int | None = None,
    dim_ordering: str | None = None,
    trained_on: str | None = None,
    overwrite: bool = False,
    custom_objects: Objects = None,
    functions: Objects = None,
    budget: Budget | None = None,
    **options: Any,
) -> tuple[Report, dict[str, Axes]]:
    """Writes the model in a file for another library; see `oneiros.export`.

    # Arguments
        source: path of a file with a whole model.
        target: path of the new file or folder; its suffix selects the library.
        inputs: path of an `.npz` file with an array for each input, on which to
            compare: by the name of the input, or in order.
        tolerance, rows, overwrite, options: as for `oneiros.export`.
        dim_ordering: `"th"` or `"tf"`, the order of images' axes in the new model.
        trained_on, custom_objects, functions, budget: as for `load_model`.

    # Returns
        The `Report`, and with `dim_ordering` the new axes of the inputs, as `convert`
        returns them.

    # Raises
        ArgumentError, ExportError: as for `oneiros.export`.
    """
    stored = read(source, budget)
    check_whole(stored.state, source)
    if not any(arrays for _, arrays in stored.state.weights):
        raise ArgumentError(
            f"{source} holds no weights, so the new file would predict nothing useful. "
            f"Load the weights, save the whole model, and convert that file."
        )
    model = loading.load_model(
        source, custom_objects, functions, budget=budget, trained_on=trained_on
    )
    axes: dict[str, Axes] = {}
    if dim_ordering:
        with K.use(backend_of(model)):
            model, axes = reordered(model, dim_ordering)
    arrays = None if inputs is None else _arrays(model, inputs, budget)
    report = export(
        model,
        target,
        inputs=arrays,
        rows=rows,
        tolerance=tolerance,
        overwrite=overwrite,
        **options,
    )
    return report, axes


def _arrays(model: Any, path: PathLike, budget: Budget | None) -> list[Array]:
    """Returns the arrays of a file in the order of a model's inputs."""
    arrays = read_npz(model_files.existing(path), budget or Budget())
    names = model.input_names
    if set(names) <= set(arrays):
        return [arrays[name] for name in names]
    if len(arrays) != len(names):
        raise ArgumentError(
            f"{path} holds {', '.join(arrays)}. The model needs an array for each of "
            f"its inputs: {', '.join(names)}."
        )
    return list(arrays.values())
