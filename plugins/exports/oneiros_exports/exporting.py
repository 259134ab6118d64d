"""`export`: writes a model for another library, and proves the file by replay."""

import inspect
import math
import os
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import registry
from oneiros.arguments import check_fraction
from oneiros.engine.container import Container
from oneiros.errors import (
    ArgumentError,
    FileMissingError,
    OneirosError,
    PluginLoadError,
)
from oneiros.typing import Array
from oneiros_safe_files import file_access
from oneiros_safe_files.atomic_files import REPLACED, temporary_folder
from oneiros_saving.model_files import PathLike, resolved
from oneiros_saving.pickling import on_backend

from oneiros_exports.destination import Export, ExportError
from oneiros_exports.first_difference import first_difference
from oneiros_exports.predictor import names_of
from oneiros_exports.replay import Comparison, Report, compared, expectation_of, size_of

LIBRARIES = {
    "keras": ("keras3", "keras", "oneiros_keras3"),
    "onnx": ("onnx", "onnx", "onnxruntime", "oneiros_backend_onnx"),
    "saved_model": ("tensorflow", "oneiros_backend_tensorflow"),
    "stablehlo": ("jax", "flatbuffers", "oneiros_backend_jax"),
    "tflite": ("tensorflow", "oneiros_backend_tensorflow"),
}
"""For each destination the extra of this plugin, and the packages that it brings."""
TOLERANCE = 1e-5
LARGEST_ROUNDING = 1e-2
"""A relative difference from which on it isn't rounding."""


def export(
    model: Container,
    path: PathLike,
    *,
    inputs: Array | Iterable[Any] | None = None,
    tolerance: float = TOLERANCE,
    overwrite: bool = False,
    **options: Any,
) -> Report:
    """Writes a model for another library, which its suffix or name selects.

    The same inputs are given to the model and, in another process, to the other
    library. If the outputs differ, nothing is left at `path`.

    # Example
        ```python
        import oneiros
        from oneiros.layers import LSTM
        from oneiros.models import Sequential

        model = Sequential([LSTM(3, input_shape=(None, 2))])
        report = oneiros.export(model, "model.onnx", overwrite=True)
        print(report.comparison.agrees)  # True
        ```

    # Arguments
        model: a `Model` or `Sequential`; it stays as it is.
        path: path of the new file or folder, such as `"model.onnx"`.
        inputs: list with an array for each input of the model, the array of the only
            one, or a dict of arrays by the names of inputs, on which to compare. By
            default, noise, zeros and masked steps are drawn.
        tolerance: float, the largest difference allowed, as a share of the output's
            largest value.
        overwrite: bool, whether `path` may exist.
        options: those of the library. ONNX has `opset`, the version of its operators,
            18 or higher, and `fills_missing_rows`, whether an index that an `Embedding`
            has no row for gives NaN in the file, too, instead of the nearest row.

    # Returns
        A `Report`: `print` shows it.

    # Raises
        ArgumentError: if no installed plugin writes such files, the path can't be used,
            or an option doesn't apply.
        ExportError: if part of the model has no exact counterpart there (names each),
            or the outputs differ (names the layer).
        FileAccessError: if the disk is full, memory is short, or writing isn't
            permitted.
    """
    if not isinstance(model, Container):
        raise ArgumentError(f"export needs a model; received {model!r:.80}.")
    check_fraction("export", "tolerance", tolerance)
    target = resolved(path)
    destination = _destination(target, options)
    _check_target(target, destination, overwrite)
    refusals = destination.refusals(model)
    if refusals:
        lines = [f"{destination.title} can't hold this model exactly:", *refusals]
        raise ExportError("\n  ".join(map(str, lines)))
    copied = model if destination.trains else on_backend(model, destination.backend)
    arrays = None if inputs is None else input_arrays(model, inputs)
    source = on_backend(model) if model.stateful else model
    expectation = expectation_of(source, arrays)
    with file_access.saving(target), temporary_folder(target.parent) as folder:
        draft = folder / target.name
        try:
            written = destination.write(copied, draft)
        except (OneirosError, OSError, MemoryError):
            raise
        except Exception as error:  # of a library
            first_line = str(error).partition("\n")[0]
            raise ExportError(
                f"{destination.title} can't hold this model: {type(error).__name__}: "
                f"{first_line:.300}. Try another destination: {available_paths()}."
            ) from error
        comparison = compared(
            model, expectation, destination, draft, written, tolerance
        )
        if not comparison.agrees:
            models = (source, copied)
            layer = first_difference(
                models, destination, expectation, comparison, target.name
            )
            raise _disagreement(comparison, layer)
        _put(draft, target, destination)
    left_out = list(written.left_out)
    if getattr(model, "optimizer", None) is not None and not destination.trains:
        left_out += ["optimizer", "loss"]
    size = sum(map(size_of, [target, *destination.beside(target)]))
    return Report(Path(path), size, written, left_out, comparison)


def destination_name(path: Path) -> str | None:
    """Returns the name of the destination that a path selects, whether it is installed
    or not; None if it selects none."""
    name = path.suffix.removeprefix(".") or path.name
    is_known = name in registry.owners()["export"] or name in registry.names("export")
    return name if is_known else None


def available_paths() -> str:
    """Returns what selects the installed destinations, in words."""
    return ", ".join(f".{name}" for name in registry.names("export")) or "none"


def _destination(path: Path, options: dict[str, Any]) -> Export:
    name = destination_name(path)
    if name is None:
        raise ArgumentError(
            f"{path.name} names no library to export to. Available suffixes: "
            f"{available_paths()}."
        )
    # The libraries of our own destinations.
    extra, *packages = LIBRARIES.get(name, ("",))
    for package in packages:
        if find_spec(package) is None:
            raise PluginLoadError(
                f"Models go to .{name} with the package {package}, which is not "
                f"installed. Type: pip install 'oneiros-exports[{extra}]'"
            )
    cls: type[Export] = registry.resolve("export", name)
    offered = inspect.signature(cls).parameters
    unknown = ", ".join(option for option in options if option not in offered)
    if unknown:
        raise ArgumentError(
            f"{cls.title} has no option {unknown}; {path.name} takes "
            f"{', '.join(offered) or 'none'}."
        )
    return cls(**options)


def _check_target(target: Path, destination: Export, overwrite: bool) -> None:
    if not target.parent.is_dir():
        raise FileMissingError(
            f"Can't export to {target}: there is no folder {target.parent}. Create it "
            f"first."
        )
    existing = [path for path in (target, *destination.beside(target)) if path.exists()]
    if existing and not overwrite:
        raise ArgumentError(
            f"{existing[0]} exists. Pass overwrite=True (--overwrite) to replace it, "
            f"or another path."
        )
    main_file = destination.main_file
    is_own = bool(main_file) and (target / main_file).exists()
    if target.is_dir() and any(target.iterdir()) and not is_own:
        raise ArgumentError(
            f"{target} is a folder that {destination.title} didn't write, so it isn't "
            "replaced. Choose another path, or remove the folder first."
        )


def input_arrays(model, inputs) -> list[Array]:
    """Returns the user's arrays, in the types that the model takes.

    # Arguments
        model: the model.
        inputs: array or list of arrays; or a dict, from which arrays are taken by the
            names of inputs if it has all, and in its order otherwise.
    """
    if isinstance(inputs, str) or not isinstance(inputs, Iterable):
        raise ArgumentError(
            f"export needs inputs as a list of arrays; received {inputs!r:.80}."
        )
    names = names_of(model.inputs)
    if isinstance(inputs, Mapping):
        chosen = names if set(names) <= inputs.keys() else inputs.keys()
        inputs = [inputs[name] for name in chosen]
    arrays = [inputs] if isinstance(inputs, np.ndarray) else list(inputs)
    if len(arrays) != len(names):
        raise ArgumentError(
            f"export received {len(arrays)} inputs. The model needs an array for each "
            f"of its inputs: {', '.join(names)}."
        )
    types = map(K.dtype, model.inputs)
    return [np.asarray(*pair) for pair in zip(arrays, types)]


def _put(draft: Path, target: Path, destination: Export) -> None:
    """Moves what was written into place, the file itself last, so that it never stands
    beside the data of another one. If that fails, the old file comes back."""
    pairs = zip(destination.beside(draft), destination.beside(target))
    moved = [pair for pair in pairs if any(path.exists() for path in pair)]
    replaced = draft.with_name(REPLACED)
    if target.exists() and (moved or target.is_dir() or draft.is_dir()):
        os.replace(target, replaced)
    try:
        for new, old in moved:
            if new.exists():
                os.replace(new, old)
            else:
                old.unlink()
        os.replace(draft, target)
    except BaseException:
        if replaced.exists():
            os.replace(replaced, target)
        raise


def _disagreement(comparison: Comparison, layer: str) -> ExportError:
    largest = comparison.largest
    if not math.isfinite(largest.absolute):
        return ExportError(
            f"Only one of both libraries computes NaN or infinity, so nothing was "
            f"written: {largest}. First layer whose output differs: {layer}. If it is "
            f"an Embedding, it got an index that it has no row for: pass inputs with "
            f"valid ones, inputs=[…] or --inputs FILE.npz. In Python, ONNX has the "
            f"option fills_missing_rows=True, which gives NaN there, too."
        )
    verdict = "The other library computes something else"
    advice = "Please report this."
    if largest.relative < LARGEST_ROUNDING:
        verdict = "The outputs differ by more than is allowed"
        enough = f"{2 * largest.relative:.0e}"
        advice = (
            "This may be rounding, which deep models with large weights amplify. To "
            f"allow it: tolerance={enough}, or --tolerance {enough}. If the model is "
            "small, please report this."
        )
    return ExportError(
        f"{verdict}, so nothing was written. Largest difference: {largest}; allowed "
        f"{comparison.tolerance:g}. First layer whose output differs: "
        f"{layer.removesuffix('.')}. {advice}"
    )
