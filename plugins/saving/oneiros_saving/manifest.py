"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

MODELS = {
    "save_model": "oneiros_saving.saving:save_model",
    "load_model": "oneiros_saving.loading:load_model",
    "model_from_config": "oneiros_saving.model_from_config:model_from_config",
    "model_from_json": "oneiros_saving.model_from_config:model_from_json",
    "model_from_yaml": "oneiros_saving.model_from_config:model_from_yaml",
}
BY_GROUP = "load_weights_from_hdf5_group"
SAVING = {
    **MODELS,
    "save_weights": "oneiros_saving.saving:save_weights",
    "load_weights": "oneiros_saving.loading:load_weights",
    "save_weights_to_hdf5_group": "oneiros_saving.saving:save_weights_to_hdf5_group",
    BY_GROUP: f"oneiros_saving.loading:{BY_GROUP}",
    f"{BY_GROUP}_by_name": f"oneiros_saving.loading:{BY_GROUP}_by_name",
    "Budget": "oneiros_safe_files.budget:Budget",
    "Format": "oneiros_safe_files.model_format:Format",
    "ModelState": "oneiros_safe_files.model_state:ModelState",
    "build_graph": "oneiros_saving.graph_config:build_graph",
    "function_scope": "oneiros_old_files.stored_functions:function_scope",
    "graph_config": "oneiros_saving.graph_config:graph_config",
    "dumps": "oneiros_safe_files.json_text:dumps",
    "provenance": "oneiros_saving.provenance:provenance",
    "parameter_budget": "oneiros_safe_files.budget:parameter_budget",
    "plain_attributes": "oneiros_saving.plain_data_encoding:plain_attributes",
    "reduced": "oneiros_saving.pickling:reduced",
    "yaml_text": "oneiros_saving.yaml_text:yaml_text",
    "layer_config": "oneiros_saving.layer_config:layer_config",
    "argument_config": "oneiros_saving.layer_config:argument_config",
}


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """The functions of `oneiros.models`, and `oneiros.saving` with the functions that
    models' methods call."""
    return {"models": MODELS, "saving": SAVING}
