"""Manifest: what this plugin offers, by reference, importing nothing."""

from oneiros import hookimpl

CALLBACKS = {"Resume": "oneiros_saving.resume:Resume"}
FUNCTIONS = (
    "save_model",
    "load_model",
    "model_from_config",
    "model_from_json",
    "model_from_yaml",
)
GROUPS = (
    "save_weights_to_hdf5_group",
    "load_weights_from_hdf5_group",
    "load_weights_from_hdf5_group_by_name",
)


def _references(*names: str) -> dict[str, str]:
    return {name: f"oneiros_saving.saving:{name}" for name in names}


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """`oneiros.models`' functions, and `oneiros.saving` with those that models' methods
    call."""
    return {
        "models": _references(*FUNCTIONS),
        "saving": {
            **_references(*FUNCTIONS, "save_weights", "load_weights", *GROUPS),
            "Budget": "oneiros_safe_files.budget:Budget",
            "Format": "oneiros_saving.formats:Format",
            "ModelState": "oneiros_saving.formats:ModelState",
            "plain_attributes": "oneiros_saving.plain_data:plain_attributes",
            "reduced": "oneiros_saving.pickling:reduced",
        },
        "callbacks": CALLBACKS,
    }


@hookimpl
def oneiros_callbacks() -> dict[str, str]:
    """`Resume`."""
    return CALLBACKS
