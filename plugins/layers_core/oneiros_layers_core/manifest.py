"""Manifest: what this plugin offers, by reference, importing nothing."""

from oneiros import hookimpl

_FILES = {
    "activation": ("Activation", "ActivityRegularization"),
    "dense": ("Dense", "TimeDistributedDense"),
    "dropout": ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"),
    "highway": ("Highway",),
    "lambda_": ("Lambda",),
    "masking": ("Masking",),
    "maxout": ("MaxoutDense",),
    "merge": ("Merge",),
    "reshaping": ("Flatten", "Permute", "RepeatVector", "Reshape"),
}
LAYERS = {name: f"oneiros_layers_core.{file}:{name}" for file, names in _FILES.items() for name in names}
MERGE = {"Merge": LAYERS["Merge"], "merge": "oneiros_layers_core.merge:merge"}


@hookimpl
def oneiros_layers() -> dict[str, str]:
    """The layers by name."""
    return LAYERS


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """The module `oneiros.layers.core`; `Merge` and `merge` are also where Keras 1 has them."""
    return {"layers.core": LAYERS, "layers": MERGE, "engine": MERGE, "engine.topology": MERGE}
