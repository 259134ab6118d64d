"""`oneiros convert`: converts a model file to another format, `dim_ordering` or
engine."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from oneiros.errors import ArgumentError, OneirosError
from oneiros_exports.exporting import TOLERANCE, available_paths, destination_name
from oneiros_saving.saving import enough_memory

from oneiros_cli.file_tools import conversion
from oneiros_cli.file_tools.export_file import export_file

Ordering = Literal["th", "tf"]
"""The position of the channels: first, as in Theano, or last, as in TensorFlow."""
Keras1Engine = Literal["theano", "tensorflow"]
"""An engine of Keras 1 whose kernel format to write."""


def convert(
    source: Annotated[
        Path,
        typer.Argument(help="The file of a model, of weights, or of a configuration."),
    ],
    target: Annotated[
        Path,
        typer.Argument(
            help="The new file; its suffix chooses the format, or the library that it "
            "is for: .onnx, saved_model, .tflite, ..."
        ),
    ],
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
    """Convert a model's file.

    The new file has another format, order of images' axes, or engine's kernels, or is
    for another library. Then both compute the same inputs, and the largest difference
    is shown; if it is too large, nothing is written.
    """
    if os.path.exists(target) and not overwrite:
        raise ArgumentError(
            f"{target} exists. Pass --overwrite to replace it, or another target."
        )
    is_for_library = destination_name(target) is not None
    of_libraries = _chosen(inputs=inputs, tolerance=tolerance, opset=opset)
    of_keras = _chosen(kernels=kernels, weights=weights or None)
    _check_unused(target, of_keras if is_for_library else of_libraries)
    choices: dict[str, Any] = {
        "dim_ordering": dim_ordering,
        "trained_on": trained_on,
        "overwrite": overwrite,
    }
    try:
        with enough_memory(target):
            if is_for_library:
                report, moved_inputs = export_file(
                    source, target, **of_libraries, **choices
                )
                print(report)
            else:
                moved_inputs = conversion.convert(
                    source, target, kernels=kernels, weights_only=weights, **choices
                )
                print(f"{target}: {target.stat().st_size:,} bytes")
    except OneirosError:
        raise
    except OSError as error:
        raise ArgumentError(str(error)) from error
    for name, axes in moved_inputs.items():
        print(f"The input of {name} now is x.transpose{(0, *axes)} of what it was.")


def _chosen(**values) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _check_unused(target: Path, options: dict[str, Any]) -> None:
    if options:
        names = ", ".join(f"--{name}" for name in options)
        raise ArgumentError(
            f"{names} doesn't apply to {target.name}: --kernels and --weights are for "
            "files of Keras, --inputs, --tolerance and --opset for those of other "
            f"libraries. Available suffixes: {available_paths()}."
        )
