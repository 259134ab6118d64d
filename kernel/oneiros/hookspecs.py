"""Every hook that a plugin may implement: the table of contents of what can be
extended.

A plugin's manifest implements a hook as a function of the same name, marked with
`oneiros.hookimpl`; it takes any subset of the arguments. A hook that raises is recorded
(`oneiros plugins` shows it) and passed over;
`ONEIROS_STRICT=1` raises. Plugins are called in a fixed order: first what their
manifests declare in the lists `oneiros_before` and `oneiros_after`, then by
distribution name. Wrapper hooks of pluggy are not called, since one of them could undo
the isolation of the others.

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
    """Layer classes, derived from `oneiros.engine.layer.Layer`; seen in
    `oneiros.layers`. Since level 1."""


def oneiros_activations() -> Names:
    """Activation functions `f(x) -> tensor`. Since level 1."""


def oneiros_initializations() -> Names:
    """Initialization functions `f(shape, name=None, dim_ordering='th') -> variable`.
    Since level 1."""


def oneiros_regularizers() -> Names:
    """Regularizer classes, or functions that return a regularizer. Since level 1."""


def oneiros_constraints() -> Names:
    """Constraint classes, or functions that return a constraint. Since level 1."""


def oneiros_objectives() -> Names:
    """Losses `f(y_true, y_pred) -> tensor`, one value per sample, or per sample and
    step. Since level 1."""


def oneiros_metrics() -> Names:
    """Metrics `f(y_true, y_pred) -> tensor`, averaged over batches. Since level 1."""


def oneiros_optimizers() -> Names:
    """Optimizer classes, derived from `oneiros.bases.Optimizer`. Since level 1."""


def oneiros_callbacks() -> Names:
    """Callback classes, derived from `oneiros.bases.Callback`. Since level 1."""


def oneiros_formats() -> Names:
    """File formats for models, classes derived from `oneiros.saving.Format`. Since level
    1."""


def oneiros_migrations() -> Names:
    """How files of other versions are read, classes derived from
    `oneiros.migrations.Migration`.

    The name is that of the class in those files, and again, if it is another one, that
    of the class here. Since level 1.
    """


def oneiros_backends() -> Names:
    """Backends, derived from `oneiros.backend.Backend`, by the name that selects them.
    Since level 1."""


def oneiros_commands() -> Names:
    """Commands of `oneiros`, by name: a typer application, a click command or a
    function. Since level 1."""


def oneiros_modules() -> dict[str, dict[str, str]] | None:
    """Contents of modules below `oneiros.`: {"layers.core": {"Dense":
    "package.module:Dense"}}.

    Several plugins may add names to one module. `oneiros.layers` also shows the names
    of every `layers.*`. Since level 1.
    """


# Behaviour: implemented by who takes part in a run without being named. Called when a
# model is built, or once per run, never per batch or per operation. Results that are
# None are left out.


def oneiros_configure(settings: Any) -> None:
    """Called once after discovery with the module `oneiros.settings`, to prepare state
    of one's own.

    Other plugins may not have been configured yet. Since level 1.
    """


def oneiros_default_callbacks(
    model: Any, params: Mapping[str, Any]
) -> list[Any] | None:
    """Returns `oneiros.bases.Callback` objects that take part in this `fit`; the
    progress bar is one.

    Called once per fit, before training begins; `params` is what callbacks get in
    `set_params`, for reading only. Since level 1.
    """


def oneiros_progress(model: Any, total: int) -> Any:
    """Returns what shows how far an `evaluate` or `predict` with `verbose=1` is. Since
    level 1.

    Called once per run; the result is called with the number of samples done, out of
    `total`.
    """


def oneiros_before_compile(model: Any, arguments: dict[str, Any]) -> None:
    """Called first in `Model.compile` with its arguments by name, which may be changed.
    Since level 1."""


def oneiros_after_compile(model: Any) -> None:
    """Called last in `Model.compile`, by who looks at or adds to what was compiled.
    Since level 1."""


def oneiros_before_save(model: Any, path: Path) -> None:
    """Called before a model or its weights are written to `path`. Since level 1."""


def oneiros_after_save(model: Any, path: Path) -> None:
    """Called when the file at `path` is complete and in its place. Since level 1."""


def oneiros_before_load(path: Path) -> None:
    """Called before a model or weights are read from `path`. Since level 1."""


def oneiros_after_load(model: Any, path: Path) -> None:
    """Called with the model that was built from `path`, or that received its weights.
    Since level 1."""


for _name in [name for name in globals() if name.startswith("oneiros_")]:
    hookspec(globals()[_name])
