"""`oneiros convert`: converts a model file to another format, `dim_ordering` or
engine."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from oneiros.errors import ArgumentError, OneirosError

from oneiros_file_tools import conversion


class Ordering(Enum):
    """The position of the channels: first, as in Theano, or last, as in TensorFlow."""

    TH = "th"
    TF = "tf"


class Keras1Engine(Enum):
    """An engine of Keras 1 whose kernel format to write."""

    THEANO = "theano"
    TENSORFLOW = "tensorflow"


def convert(
    source: Annotated[
        Path,
        typer.Argument(help="The file of a model, of weights, or of a configuration."),
    ],
    target: Annotated[
        Path, typer.Argument(help="The new file; its suffix chooses the format.")
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
) -> None:
    """Convert a model's file.

    The new file has another format, order of images' axes, or engine's kernels.
    """
    if target.exists() and not overwrite:
        raise ArgumentError(
            f"{target} exists. Pass --overwrite to replace it, or another target."
        )
    try:
        inputs = conversion.convert(
            source,
            target,
            dim_ordering=None if dim_ordering is None else dim_ordering.value,
            kernels=None if kernels is None else kernels.value,
            trained_on=None if trained_on is None else trained_on.value,
            weights_only=weights,
            overwrite=overwrite,
        )
    except OneirosError:
        raise
    except OSError as error:
        raise ArgumentError(str(error)) from error
    print(f"{target}: {target.stat().st_size:,} bytes")
    for name, axes in inputs.items():
        print(f"The input of {name} now is x.transpose{(0, *axes)} of what it was.")
