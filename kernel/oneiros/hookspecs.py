"""Every hook that a plugin may implement: the table of contents of what can be
extended.

A plugin's manifest implements a hook as a function of the same name, marked with
`oneiros.hookimpl`; it takes any subset of the arguments. A hook that raises is recorded
(`oneiros plugins` shows it) and passed over; `ONEIROS_STRICT=1` raises. Plugins are
called in a fixed order: first what their manifests declare in the lists
`oneiros_before` and `oneiros_after`, then by distribution name. Wrapper hooks of pluggy
are not called, since one of them could undo the isolation of the others.

Each function of this module whose name starts with `oneiros_` is a hook.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pluggy

Names = dict[str, str] | None
hookspec = pluggy.HookspecMarker("oneiros")
hookimpl = pluggy.HookimplMarker("oneiros")

# Registration: implemented by who provides something that users name; called once, at
# discovery. Each returns {name: "package.module:attribute"}; what a reference stands
# for is imported on first use.


def oneiros_layers() -> Names:
    """Layers: classes derived from `oneiros.engine.layer.Layer`.

    `oneiros.layers` shows them. Since level 1.
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
    """Tables: functions `f(table, name) -> array`, by the class that they read.

    It is named by its first package, as `"pandas.DataFrame"`, wherever in there it is
    defined. `name` is what messages call the data. The array may be an object with
    `shape`, `dtype` and slices, which is read batch by batch. Since level 1.
    """


def oneiros_formats() -> Names:
    """File formats: classes derived from `oneiros.saving.Format`. Since level 1."""


def oneiros_migrations() -> Names:
    """How files of other versions are read, by the class that they name.

    What stands behind a name derives from `oneiros.migrations.Migration`. Where the
    class has another name here, it is registered under both. Since level 1.
    """


def oneiros_backends() -> Names:
    """Backends: classes derived from `oneiros.backend.Backend`.

    The name is what selects them. Since level 1.
    """


def oneiros_commands() -> Names:
    """Commands of `oneiros`: a typer application, a click command or a function.

    Since level 1.
    """


def oneiros_modules() -> dict[str, dict[str, str]] | None:
    """Contents of modules below `oneiros`, by their paths.

    It returns {"layers.core": {"Dense": "package.module:Dense"}}. Several plugins may
    add names to one module. What stands for `__getattr__` is a function that is asked
    for names that no plugin lists, and under `__all__` for a list of those it has; it
    raises AttributeError for others. Since level 1.
    """


# Behaviour: implemented by who takes part in a run without being named. Called when a
# model is built, or once per run, never per batch or per operation. Results that are
# None are left out.


def oneiros_configure(settings: Any) -> None:
    """Called once after discovery, to prepare state of one's own.

    `settings` is the module `oneiros.settings`. Other plugins may not have been
    configured yet. Since level 1.
    """


def oneiros_default_callbacks(
    model: Any, params: Mapping[str, Any]
) -> list[Any] | None:
    """Returns callbacks that take part in this `fit`; the progress bar is one.

    Called once per fit, before training begins. `params` is what callbacks get in
    `set_params`, for reading only. Since level 1.
    """


def oneiros_progress(model: Any, total: int) -> Any:
    """Returns what shows how far an `evaluate` or `predict` with `verbose=1` is.

    Called once per run; the result is called with the number of samples done, or of
    batches, out of `total`; that is 0 if it isn't known. Since level 1.
    """


def oneiros_before_compile(model: Any, arguments: dict[str, Any]) -> None:
    """Called first in `Model.compile`, with its arguments by name.

    Their values may be changed. Since level 1.
    """


def oneiros_after_compile(model: Any) -> None:
    """Called last in `Model.compile`, by who looks at or adds to what was compiled.

    Since level 1.
    """


def oneiros_before_save(model: Any, path: Path) -> None:
    """Called before a model or its weights are written to `path`. Since level 1."""


def oneiros_after_save(model: Any, path: Path) -> None:
    """Called when the file at `path` is complete and in its place. Since level 1."""


def oneiros_before_load(path: Path) -> None:
    """Called before a model or weights are read from `path`. Since level 1."""


def oneiros_after_load(model: Any, path: Path) -> None:
    """Called with the model that was built from `path`, or received its weights.

    Since level 1.
    """


for _name in [name for name in globals() if name.startswith("oneiros_")]:
    hookspec(globals()[_name])
