"""Converts a model file to a file for another library."""

import os

from oneiros import backend as K
from oneiros.arguments import check_choice
from oneiros.backend.dispatch import backend_of
from oneiros.errors import ArgumentError
from oneiros.typing import Array
from oneiros_exports.exporting import TOLERANCE, export, input_arrays
from oneiros_exports.predictor import names_of
from oneiros_exports.replay import Report
from oneiros_safe_files.npy import read_npz
from oneiros_saving import model_files
from oneiros_saving.model_files import PathLike

from oneiros_cli.file_tools.conversion import Axes, Objects, model_of, reordered
from oneiros_cli.file_tools.conversion_plan import ORDERINGS
from oneiros_cli.file_tools.stored_file import read


def export_file(
    source: PathLike,
    target: PathLike,
    *,
    weights_from: PathLike | None = None,
    inputs: PathLike | None = None,
    tolerance: float = TOLERANCE,
    dim_ordering: str | None = None,
    trained_on: str | None = None,
    overwrite: bool = False,
    custom_objects: Objects = None,
    functions: Objects = None,
    **options,
) -> tuple[Report, dict[str, Axes]]:
    """Writes the model in a file for another library; see `oneiros.export`.

    # Arguments
        source: path of a file with a whole model, or of a configuration.
        target: path of the new file or folder; its suffix selects the library.
        weights_from: path of the file with the weights of a configuration.
        inputs: path of an `.npz` file with an array for each input of the model in
            `source`, on which to compare: by the name of the input, or in order.
        tolerance, overwrite, options: as for `oneiros.export`.
        dim_ordering: `"th"` or `"tf"`, the order of images' axes in the new model.
        trained_on, custom_objects, functions: as for `load_model`.

    # Returns
        The `Report`, and with `dim_ordering` the new axes of the inputs, as `convert`
        returns them.

    # Raises
        ArgumentError, ExportError: as for `oneiros.export`.
    """
    check_choice("convert", "dim_ordering", dim_ordering, (*ORDERINGS, None))
    stored = read(source)
    if stored.is_text and weights_from is None:
        raise ArgumentError(
            f"{source} holds no weights, so the new file would predict nothing useful. "
            f"Pass them: weights_from=path, or --weights-from FILE."
        )
    model = model_of(
        stored, source, weights_from, custom_objects, functions, trained_on
    )
    arrays = None if inputs is None else input_arrays(model, _read_inputs(inputs))
    axes: dict[str, Axes] = {}
    if dim_ordering:
        names = names_of(model.inputs)
        with K.use(backend_of(model)):
            model, axes = reordered(model, dim_ordering, custom_objects)
        if arrays is not None:
            arrays = _turned(arrays, _by_input(names, axes))
    report = export(
        model,
        target,
        inputs=arrays,
        tolerance=tolerance,
        overwrite=overwrite,
        **options,
    )
    return report, axes


def _read_inputs(path: PathLike) -> dict[str, Array]:
    if os.fspath(path).endswith(".npy"):
        raise ArgumentError(
            f"{path} holds a single array without a name. Type: "
            f"numpy.savez('inputs.npz', x)."
        )
    return read_npz(model_files.existing(path))


def _by_input(names: list[str], axes: dict[str, Axes]) -> list[Axes]:
    """Returns the new order of each input's axes. A `Sequential` calls its only input
    by the name of its first layer."""
    if len(names) == 1 and axes:
        return list(axes.values())
    return [axes.get(name, ()) for name in names]


def _turned(arrays: list[Array], axes: list[Axes]) -> list[Array]:
    """Returns arrays for the old model as the new one takes them."""
    pairs = zip(arrays, axes, strict=True)
    return [array.transpose(0, *order) if order else array for array, order in pairs]
