"""`oneiros bench`: measures a saved model on this machine."""

from __future__ import annotations

import sys
import time
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import oneiros
import typer
from oneiros import backend as K
from oneiros import registry
from oneiros.backend.dispatch import backend_of
from oneiros.errors import NotCompiledError
from oneiros_backend_toolkit.devices import requested
from rich.console import Console
from rich.table import Table

from oneiros_visualization.profiling import random_data
from oneiros_visualization.profiling.printed_profile import duration
from oneiros_visualization.profiling.profile import StepProfile

LARGEST = 2**29
"""Maximum size of the random data in bytes."""
BACKENDS = f"<{'|'.join(registry.names('backend'))}>"
"""The installed backends, as the help shows a choice."""


class Method(StrEnum):
    """The method of a model to measure."""

    fit = "fit"
    evaluate = "evaluate"
    predict = "predict"


def bench(
    model: Annotated[Path, typer.Argument(help="A model file, such as model.h5.")],
    batch_size: Annotated[
        int, typer.Option(min=1, metavar="<int>", help="Samples per step.")
    ] = 32,
    batches: Annotated[
        int, typer.Option(min=2, metavar="<int>", help="Steps that are measured.")
    ] = 200,
    backend: Annotated[
        str | None,
        typer.Option(metavar=BACKENDS, help="By default the configured one."),
    ] = None,
    method: Annotated[
        Method | None,
        typer.Option(help="By default fit, or predict if the model isn't compiled."),
    ] = None,
) -> None:
    """Measure a saved model's speed and memory.

    The data are random, and a table says where the time goes. The model runs twice over
    the same data: once to compile, once to be measured. The file isn't changed.
    """
    with nullcontext() if backend is None else K.use(backend):
        start = time.perf_counter()
        loaded = oneiros.models.load_model(str(model))
        loading = time.perf_counter() - start
        _report(model, loaded, loading, batch_size, batches, method)


def _report(
    path: Path,
    model: Any,
    loading: float,
    batch_size: int,
    batches: int,
    method: Method | None,
) -> None:
    compiled = model.optimizer is not None
    method = method or (Method.fit if compiled else Method.predict)
    if method is not Method.predict and not compiled:
        raise NotCompiledError(
            f"{path} was saved without compile. Type: oneiros bench {path} --method "
            "predict"
        )
    size = next(
        (shape[0] for shape in model.internal_input_shapes if shape[0]), batch_size
    )
    batches = max(2, min(batches, LARGEST // (size * random_data.sample_bytes(model))))
    x = random_data.inputs(model, size * batches)
    y = [] if method is Method.predict else random_data.targets(model, size * batches)
    cold, _ = _run(model, method, x, y, size)
    warm, profile = _run(model, method, x, y, size)
    backend = backend_of(model).name
    step = sum(row.per_step for row in profile.rows if not row.detail)
    first_step = max(cold - warm, 0.0) + step
    lines = {
        str(path): (
            f"{type(model).__name__}, {len(model.layers)} layers, "
            f"{model.count_params():,} parameters"
        ),
        "measured": f"{method.value}, {batches:,} steps of {size} random samples",
        "backend": f"{backend} on {device_name(backend)}",
        "speed": f"{size / step:,.0f} samples/s, {_short(step)} per step",
        "first step": f"after {_short(first_step)}, and {_short(loading)} to load",
        "peak memory": _peak_memory(),
    }
    console = Console(highlight=False)
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, text in lines.items():
        table.add_row(name, text)
    console.print(table)
    console.print()
    profile.print()


def _short(seconds: float) -> str:
    return duration(seconds).strip()


def _run(
    model: Any, method: Method, x: Any, y: Any, batch_size: int
) -> tuple[float, StepProfile]:
    """Returns the seconds of a run, and their profile."""
    profile = StepProfile(verbose=0)
    start = time.perf_counter()
    if method is Method.fit:
        model.fit(
            x, y, batch_size=batch_size, nb_epoch=1, verbose=0, callbacks=[profile]
        )
    else:
        with profile.watch(model):
            if method is Method.evaluate:
                model.evaluate(x, y, batch_size=batch_size, verbose=0)
            else:
                model.predict(x, batch_size=batch_size)
    return time.perf_counter() - start, profile


def device_name(backend: str) -> str:
    """Returns the device of the setting, or the engine's name of its default device."""
    chosen = requested(backend)
    if chosen is not None:
        return str(chosen)
    if backend == "tensorflow":
        name = sys.modules["tensorflow"].config.list_logical_devices()[-1].name
        return str(name).removeprefix("/device:").lower()
    jax = sys.modules.get("jax")
    return "cpu" if jax is None else str(jax.devices()[0].device_kind)


def _peak_memory() -> str:
    """Returns the peak memory of this process, if the system reports it."""
    try:
        import resource
    except ImportError:
        return "unknown on this system"
    unit = 1 if sys.platform == "darwin" else 1024
    return (
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20:,.0f} MiB"
    )
