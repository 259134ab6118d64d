"""Configurations and the files of their weights: `m.json` and `m_weights.h5`."""

import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from oneiros import load_context
from oneiros_initializations.postponed import Postponed
from oneiros_safe_files.budget import Budget
from oneiros_safe_files.model_state import ModelState
from oneiros_saving import loading, model_files
from oneiros_saving.model_files import PathLike
from oneiros_saving.provenance import KEY

from oneiros_cli.file_tools.stored_file import read

Objects = dict[str, Any] | None
HDF5 = (".h5", ".hdf5", ".hdf")
"""Suffixes of HDF5 files; `save_weights` takes any."""
MARKS = re.compile(r"[._-](weights?|w|architecture|arch|model|config)$", re.IGNORECASE)
"""What the names of both files of a pair add to the name that they share."""


def shared_name(path: Path) -> Path:
    """Returns the path that a configuration and its weights have in common: without
    suffix, `_weights`, `_arch` and the like."""
    return path.with_name(MARKS.sub("", path.stem))


def weights_beside(configuration: Path) -> list[Path]:
    """Returns the files beside a configuration that hold weights alone and share its
    name."""
    suffixes = {*HDF5, *model_files.suffixes()} - {".keras"}
    shared = shared_name(configuration)
    beside = sorted(configuration.parent.iterdir())
    candidates = [path for path in beside if path.suffix.lower() in suffixes]
    return [
        path
        for path in candidates
        if shared_name(path) == shared and read(path).state.model_config is None
    ]


def configuration_of(state: ModelState) -> dict[str, Any]:
    """Returns a file's configuration as `model.to_json()` writes it."""
    config = dict(state.model_config or {})
    if state.keras_version:
        config["keras_version"] = state.keras_version
    if state.provenance:
        config[KEY] = state.provenance
    return config


def load_pair(
    configuration: PathLike,
    weights: PathLike | None,
    custom_objects: Objects = None,
    functions: Objects = None,
    trained_on: str | None = None,
    *,
    budget: Budget | None = None,
):
    """Returns the model of a configuration with the weights of another file.

    # Arguments
        configuration: path of a file of JSON or YAML.
        weights: path of a file that `save_weights` wrote; None for a model that needs
            no values.
        custom_objects, functions, trained_on, budget: as for `load_model`.
    """
    config = configuration_of(read(configuration, budget).state)
    values = nullcontext() if weights else load_context.changed(postponed=Postponed())
    with values:
        model = loading.model_from_config(
            config, custom_objects, functions, budget=budget
        )
    loading.checked_model(model, configuration)
    if weights is not None:
        loading.load_weights(model, weights, budget=budget, trained_on=trained_on)
    return model
