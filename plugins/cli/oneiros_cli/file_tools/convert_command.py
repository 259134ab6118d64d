"""`oneiros convert`: converts a model file to another format, `dim_ordering` or
engine."""

import os
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from oneiros.errors import ArgumentError, OneirosError
from oneiros_exports.exporting import TOLERANCE, available_paths, destination_name
from oneiros_exports.processes import shared_processes
from oneiros_safe_files.budget import UNTRUSTED
from oneiros_saving import model_files
from oneiros_saving.saving import enough_memory

from oneiros_cli.file_tools import conversion
from oneiros_cli.file_tools.export_file import export_file
from oneiros_cli.file_tools.folder import (
    FAILS,
    KEPT,
    LOADS,
    WRITTEN,
    Source,
    Verdict,
    first_sentences,
    inspected,
    reported,
    sources_in,
)
from oneiros_cli.file_tools.own_objects import ObjectsFile, own_objects
from oneiros_cli.file_tools.pairs import weights_beside

Ordering = Literal["th", "tf"]
"""The position of the channels: first, as in Theano, or last, as in TensorFlow."""
Keras1Engine = Literal["theano", "tensorflow"]
"""An engine of Keras 1 whose kernel format to write."""


def convert(
    source: Annotated[
        Path,
        typer.Argument(
            help="The file of a model, of weights, or of a configuration; or a folder."
        ),
    ],
    target: Annotated[
        Path,
        typer.Argument(
            help="The new file; its suffix chooses the format, or the library that it "
            "is for: .onnx, saved_model, .tflite, ...; for a folder, the new folder."
        ),
    ],
    to: Annotated[
        str | None,
        typer.Option(help="For a folder: the suffix of the new files, such as onnx."),
    ] = None,
    weights_from: Annotated[
        Path | None,
        typer.Option(
            help="The weights of a configuration; by default the file beside it that "
            "shares its name, such as model_weights.h5 for model.json."
        ),
    ] = None,
    objects: ObjectsFile = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="For a folder: print JSON, for machines.")
    ] = False,
    dim_ordering: Annotated[
        Ordering | None,
        typer.Option(help="The order of images' axes that the model takes afterwards."),
    ] = None,
    kernels: Annotated[
        Keras1Engine | None,
        typer.Option(help="Write kernels as Keras 1 on this engine would have."),
    ] = None,
    trained_on: Annotated[
        Keras1Engine | None,
        typer.Option(
            help="The engine the source was trained on, if its names don't tell."
        ),
    ] = None,
    weights: Annotated[
        bool, typer.Option("--weights", help="Leave out configuration and optimizer.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the target if it exists.")
    ] = False,
    inputs: Annotated[
        Path | None,
        typer.Option(
            help="For another library: an .npz file with the inputs to compare on."
        ),
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(
            help="For another library: the difference allowed, as a share of the "
            f"largest output; {TOLERANCE:g} by default."
        ),
    ] = None,
    opset: Annotated[
        int | None,
        typer.Option(help="For .onnx: the version of ONNX's operators; 18 by default."),
    ] = None,
) -> None:
    """Convert a model's file, or a folder of them.

    The new file has another format, order of images' axes, or engine's kernels, or is
    for another library. Then both compute the same inputs, and the largest difference
    is shown; if it is too large, nothing is written.
    """
    choices: dict[str, Any] = {
        "dim_ordering": dim_ordering,
        "trained_on": trained_on,
        "overwrite": overwrite,
    }
    request = Request(
        choices,
        of_libraries=_chosen(inputs=inputs, tolerance=tolerance, opset=opset),
        of_keras=_chosen(kernels=kernels, weights_only=weights or None),
    )
    with own_objects(objects):
        if source.is_dir():
            _convert_folder(request, source, target, to, as_json)
            return
        if to is not None or as_json:
            raise ArgumentError(f"--to and --json are for folders; {source} is none.")
        if weights_from is None and target.suffix not in model_files.TEXTS:
            weights_from = _only_weights(source)
        for line in request.lines(source, weights_from, target):
            print(line)


@dataclass(frozen=True)
class Request:
    """What the command line asks for, whatever the file.

    # Properties
        choices: dict of the arguments of both ways of conversion.
        of_libraries, of_keras: dicts of those for files of other libraries, and of
            Keras.
    """

    choices: dict[str, Any]
    of_libraries: dict[str, Any]
    of_keras: dict[str, Any]

    def lines(self, source: Path, weights_from: Path | None, target: Path) -> list[str]:
        """Converts a file; returns what there is to say of it.

        # Raises
            OneirosError: if the file can't be converted; says why.
        """
        if os.path.exists(target) and not self.choices["overwrite"]:
            raise ArgumentError(
                f"{target} exists. Pass --overwrite to replace it, or another target."
            )
        is_for_library = destination_name(target) is not None
        _check_unused(target, self.of_keras if is_for_library else self.of_libraries)
        choices = {"weights_from": weights_from, **self.choices}
        try:
            with enough_memory(target):
                if is_for_library:
                    report, moved_inputs = export_file(
                        source, target, **self.of_libraries, **choices
                    )
                    lines = str(report).splitlines()
                else:
                    moved_inputs = conversion.convert(
                        source, target, **self.of_keras, **choices
                    )
                    lines = [f"{target}: {target.stat().st_size:,} bytes"]
        except OneirosError:
            raise
        except OSError as error:
            raise ArgumentError(str(error)) from error
        for name, axes in moved_inputs.items():
            order = (0, *axes)
            lines.append(
                f"The input of {name} now is x.transpose{order} of what it was."
            )
        return lines


def _convert_folder(
    request: Request, folder: Path, target: Path, to: str | None, as_json: bool
) -> None:
    """Converts all model files in a folder to one format, each beside the others in the
    new folder."""
    if to is None or "inputs" in request.of_libraries:
        raise ArgumentError(
            f"{folder} is a folder. Type the suffix of the new files, such as --to "
            "onnx, and leave out --inputs, which is for one file."
        )
    sources = sources_in(folder, left_out=target)
    suffix = f".{to.removeprefix('.')}"
    if not suffix[1:].isidentifier():
        raise ArgumentError(
            f"--to {to!r} is no suffix. Available suffixes: {available_paths()}."
        )
    targets = _targets(sources, folder, target, suffix)

    def look(source: Source) -> Verdict:
        return _converted(request, source, folder, targets[source])

    with shared_processes():
        reported(sources, look, as_json)


def _targets(
    sources: list[Source], folder: Path, target: Path, suffix: str
) -> dict[Source, Path]:
    """Returns the new files; those of files that differ in their suffixes alone keep
    these."""
    paths = {source: source.weights or source.path for source in sources}
    stems = Counter(path.with_suffix("") for path in paths.values())
    targets = {}
    for source, path in paths.items():
        is_alone = stems[path.with_suffix("")] == 1
        name = (path.stem if is_alone else path.name) + suffix
        targets[source] = target / path.relative_to(folder).with_name(name)
    return targets


def _converted(request: Request, source: Source, folder: Path, target: Path) -> Verdict:
    name = source.named(folder)
    if target.exists() and not request.choices["overwrite"]:
        return Verdict(name, KEPT, f"{target} exists; --overwrite replaces it")
    verdict = inspected(source, folder, UNTRUSTED, loads=False)
    if verdict.verdict != LOADS:
        return verdict
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            request.lines(source.path, source.weights, target)
    except OneirosError as error:
        return Verdict(name, FAILS, first_sentences(error))
    notes = [f"{target}", *(str(each.message) for each in told)]
    return Verdict(name, WRITTEN, "; ".join(notes))


def _only_weights(source: Path) -> Path | None:
    """Returns the weights beside a configuration, if there is one file of them."""
    if source.suffix.lower() not in model_files.TEXTS:
        return None
    beside = weights_beside(source)
    if len(beside) > 1:
        names = ", ".join(path.name for path in beside)
        raise ArgumentError(
            f"Several files may hold the weights of {source}: {names}. Choose one: "
            "--weights-from FILE."
        )
    return beside[0] if beside else None


def _chosen(**values) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _check_unused(target: Path, options: dict[str, Any]) -> None:
    if options:
        names = ", ".join(f"--{name.removesuffix('_only')}" for name in options)
        raise ArgumentError(
            f"{names} doesn't apply to {target.name}: --kernels and --weights are for "
            "files of Keras, --inputs, --tolerance and --opset for those of other "
            f"libraries. Available suffixes: {available_paths()}."
        )
