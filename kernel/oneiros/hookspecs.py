"""Every hook that a plugin can implement: the extension points of Oneiros.

A plugin's manifest implements a hook as a function of the same name, marked with
`oneiros.hookimpl`; it accepts any subset of the arguments. If a hook raises an error,
the error is recorded (`oneiros plugins` shows it) and the hook is skipped;
`ONEIROS_STRICT=1` raises the error. Plugins are called in the order of their
distributions' names, unless `hookimpl(tryfirst=True)` or `trylast=True` says otherwise.

Each function of this module whose name starts with `oneiros_` is a hook. The first
ones, up to `oneiros_modules`, register names. Who provides something that users name
implements them; they are called once, at discovery. Each returns
`{name: "package.module:attribute"}`; what a reference stands for is imported on first
use.

Who takes part in a run without being named implements the other ones. They are called
when a model is built, or once per run, never per batch or per operation. Results that
are None are left out.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pluggy

from oneiros import deprecations

Names = dict[str, Any] | None
hookspec = pluggy.HookspecMarker("oneiros")
hookimpl = pluggy.HookimplMarker("oneiros")


def oneiros_layers() -> Names:
    """Layers: classes derived from `oneiros.engine.layer.Layer`.

    They appear in `oneiros.layers`. Since level 1.
    """


def oneiros_activations() -> Names:
    """Activations: functions `f(x) -> tensor`. Since level 1."""


def oneiros_initializations() -> Names:
    """Initializations: functions `f(shape, name=None, dim_ordering='th')`.

    They return a variable. Since level 1.
    """


def oneiros_regularizers() -> Names:
    """Regularizers: classes, or functions that return one. Since level 1."""


def oneiros_constraints() -> Names:
    """Constraints: classes, or functions that return one. Since level 1."""


def oneiros_objectives() -> Names:
    """Losses: functions `f(y_true, y_pred) -> tensor`.

    The tensor has one value per sample, or per sample and step. Since level 1.
    """


def oneiros_metrics() -> Names:
    """Metrics: functions `f(y_true, y_pred) -> tensor`.

    They are averaged over batches. Since level 1.
    """


def oneiros_optimizers() -> Names:
    """Optimizers, derived from `oneiros.optimizers.Optimizer`. Since level 1."""


def oneiros_callbacks() -> Names:
    """Callbacks: classes derived from `oneiros.bases.Callback`. Since level 1."""


def oneiros_tables() -> Names:
    """Tables: functions `f(table, name) -> array`.

    The key is the name of the table's class after that of its top-level package, such
    as `"pandas.DataFrame"`. Messages call the data by `name`. Instead of an array, the
    result may be an object with `shape`, `dtype` and slicing. Since level 1.
    """


def oneiros_formats() -> Names:
    """File formats: classes derived from `oneiros.saving.Format`. Since level 1."""


def oneiros_exports() -> Names:
    """Exports: classes derived from `oneiros.exports.Export`, by their destination.

    They write models for other libraries, such as ONNX Runtime. Since level 1.
    """


def oneiros_migrations() -> Names:
    """Migrations: how to read classes in other versions' files, by the name there.

    Where only names differ, a `oneiros_old_files.rows.MigrationRow`; otherwise a class
    derived from `oneiros.migrations.Migration`. One that moves arrays is registered
    under the name here, too. Since level 1.
    """


def oneiros_backends() -> Names:
    """Backends: classes derived from `oneiros.backend.Backend`.

    You select a backend by its name. Since level 1.
    """


def oneiros_distributions() -> Names:
    """Distributions: functions `f(team, shard, own_rows) -> Placement`, by the name of
    the backend whose functions they spread over devices.

    `oneiros.distribution.DataParallel` calls them. Since level 1.
    """


def oneiros_commands() -> Names:
    """Commands of `oneiros`: a typer application or a function.

    Since level 1.
    """


def oneiros_services() -> Names:
    """Services: objects that the kernel calls, by the names in `oneiros.services`.

    Since level 1.
    """


def oneiros_modules() -> Names:
    """Contents of modules below `oneiros`, by their paths.

    For example, {"layers.core": {"Dense": "package.module:Dense"}}. Several plugins may
    add names to one module. `__getattr__` refers to a function for names that aren't
    listed: it receives a name, or `__all__`, for which it returns the list of its
    names. Since level 1.
    """


REGISTRATION = [name for name in globals() if name.startswith("oneiros_")]
"""The hooks so far, by which plugins register names."""


def oneiros_default_callbacks(
    model: Any, params: Mapping[str, Any]
) -> list[Any] | None:
    """Returns additional callbacks for this `fit`, such as the progress bar.

    Called once per fit, before training begins. `params` is the read-only dict that
    callbacks receive in `set_params`. Since level 1.
    """


def oneiros_progress(model: Any, total: int) -> Any:
    """Returns a function that shows the progress of `evaluate` or `predict` with
    `verbose=1`.

    Called once per call. The function is called with the number of samples or batches
    that are done, out of `total`, which is 0 if unknown. Since level 1.
    """


def oneiros_before_compile(model: Any, arguments: dict[str, Any]) -> None:
    """Called first in `Model.compile`, with its arguments by name.

    The hook may change the arguments. Since level 1.
    """


def oneiros_after_compile(model: Any) -> None:
    """Called last in `Model.compile`, to inspect the compiled model or add to it.

    Since level 1.
    """


def oneiros_before_save(model: Any, path: Path) -> None:
    """Called before a model or its weights are written to `path`. Since level 1."""


def oneiros_after_save(model: Any, path: Path) -> None:
    """Called when the file at `path` is complete and in place. Since level 1."""


def oneiros_before_load(path: Path) -> None:
    """Called before a model or weights are read from `path`. Since level 1."""


def oneiros_after_load(model: Any, path: Path) -> None:
    """Called with the model that was built from `path`, or that received its weights.

    Since level 1.
    """


HOOKS = {name for name in globals() if name.startswith("oneiros_")}
"""All hooks."""

for _name in HOOKS:
    hookspec(globals()[_name], **deprecations.HOOKS.get(_name, {}))
