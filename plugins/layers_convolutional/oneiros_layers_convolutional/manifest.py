"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

_FILES = {
    "convolution": (
        "Convolution1D",
        "AtrousConvolution1D",
        "Convolution2D",
        "AtrousConvolution2D",
        "Convolution3D",
    ),
    "deconvolution": ("Deconvolution2D",),
    "separable": ("SeparableConvolution2D",),
    "resizing": (
        "UpSampling1D",
        "UpSampling2D",
        "UpSampling3D",
        "ZeroPadding1D",
        "ZeroPadding2D",
        "ZeroPadding3D",
        "Cropping1D",
        "Cropping2D",
        "Cropping3D",
    ),
}
LAYERS = {
    name: f"oneiros_layers_convolutional.{file}:{name}"
    for file, names in _FILES.items()
    for name in names
}
ALIASES = {
    name.replace("olution", ""): LAYERS[name] for name in LAYERS if "onvolution" in name
}


@hookimpl
def oneiros_layers():
    """The layers by name."""
    return LAYERS


@hookimpl
def oneiros_modules():
    """The module `oneiros.layers.convolutional`, with the short names."""
    return {"layers.convolutional": {**LAYERS, **ALIASES}}
