"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

_FILES = {
    "activation": ("Activation", "ActivityRegularization"),
    "dense": ("Dense", "TimeDistributedDense", "MaxoutDense", "Highway"),
    "dropout": ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"),
    "lambda_": ("Lambda",),
    "masking": ("Masking",),
    "merge": ("Merge",),
    "reshaping": ("Flatten", "Permute", "RepeatVector", "Reshape"),
}
LAYERS = {
    name: f"oneiros_layers_core.{file}:{name}"
    for file, names in _FILES.items()
    for name in names
}
BASES = {name: f"oneiros.engine.layer:{name}" for name in ("InputSpec", "Layer")}
MERGE = {"Merge": LAYERS["Merge"], "merge": "oneiros_layers_core.merge:merge"}


@hookimpl
def oneiros_layers():
    """The layers by name."""
    return LAYERS


@hookimpl
def oneiros_modules():
    """The module `oneiros.layers.core`, and Merge in its other places in
    Keras 1."""
    return {
        "layers.core": {**LAYERS, **BASES},
        "layers": MERGE,
        "engine": MERGE,
        "engine.topology": MERGE,
    }
