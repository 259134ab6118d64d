"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

MODELS = {
    "save_model": "oneiros_saving.saving:save_model",
    "load_model": "oneiros_saving.loading:load_model",
    "model_from_config": "oneiros_saving.loading:model_from_config",
    "model_from_json": "oneiros_saving.loading:model_from_json",
    "model_from_yaml": "oneiros_saving.loading:model_from_yaml",
}
SAVING = {
    **MODELS,
    "load_untrusted": "oneiros_saving.loading:load_untrusted",
    "save_weights": "oneiros_saving.saving:save_weights",
    "load_weights": "oneiros_saving.loading:load_weights",
    "Budget": "oneiros_safe_files.budget:Budget",
    "Format": "oneiros_safe_files.model_state:Format",
    "ModelState": "oneiros_safe_files.model_state:ModelState",
    "function_scope": "oneiros_old_files.stored_functions:function_scope",
    "provenance": "oneiros_saving.provenance:provenance",
    "parameter_budget": "oneiros_safe_files.budget:parameter_budget",
    "rebuilt": "oneiros_saving.pickling:rebuilt",
}

FORMATS = {
    "hdf5": "oneiros_saving.formats.hdf5:HDF5Format",
    "keras3": "oneiros_saving.formats.keras3:Keras3Format",
    "safetensors": "oneiros_saving.formats.safetensors:SafetensorsFormat",
}


@hookimpl
def oneiros_formats():
    """The file formats of models."""
    return FORMATS


@hookimpl
def oneiros_modules():
    """The functions of `oneiros.models`, and `oneiros.saving`."""
    return {"models": MODELS, "saving": SAVING}


@hookimpl
def oneiros_services():
    """Configurations, files and copies of models."""
    return {
        "configurations": "oneiros_saving.configurations:service",
        "copying": "oneiros_saving.pickling:service",
        "saving": "oneiros_saving.saving:service",
    }
