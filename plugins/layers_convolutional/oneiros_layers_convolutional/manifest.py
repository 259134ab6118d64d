"""Manifest: what this plugin offers, by reference, importing nothing."""

from oneiros import hookimpl

_FILES = {
    "convolution_1d": ("Convolution1D", "AtrousConvolution1D"),
    "convolution_2d": ("Convolution2D", "AtrousConvolution2D"),
    "convolution_3d": ("Convolution3D",),
    "deconvolution": ("Deconvolution2D",),
    "separable": ("SeparableConvolution2D",),
    "upsampling": ("UpSampling1D", "UpSampling2D", "UpSampling3D"),
    "padding": ("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D"),
    "cropping": ("Cropping1D", "Cropping2D", "Cropping3D"),
}
LAYERS = {
    name: f"oneiros_layers_convolutional.{file}:{name}"
    for file, names in _FILES.items()
    for name in names
}
ALIASES = {
    name.replace("olution", ""): LAYERS[name] for name in LAYERS if "onvolution" in name
}
MIGRATIONS = {
    "Conv1D": "oneiros_layers_convolutional.migrations:Conv1D",
    "Conv2D": "oneiros_layers_convolutional.migrations:Conv2D",
    "Conv3D": "oneiros_layers_convolutional.migrations:Conv3D",
    "Conv2DTranspose": "oneiros_layers_convolutional.migrations:Conv2DTranspose",
    "SeparableConv2D": "oneiros_layers_convolutional.migrations:SeparableConv2D",
    "UpSampling1D": "oneiros_layers_convolutional.migrations:UpSampling1D",
    "UpSampling2D": "oneiros_layers_convolutional.migrations:UpSampling2D",
    "UpSampling3D": "oneiros_layers_convolutional.migrations:UpSampling3D",
    "ZeroPadding1D": "oneiros_layers_convolutional.migrations:ZeroPadding1D",
    "ZeroPadding2D": "oneiros_layers_convolutional.migrations:ZeroPadding2D",
    "ZeroPadding3D": "oneiros_layers_convolutional.migrations:ZeroPadding3D",
    "Cropping1D": "oneiros_layers_convolutional.migrations:Cropping1D",
    "Cropping2D": "oneiros_layers_convolutional.migrations:Cropping2D",
    "Cropping3D": "oneiros_layers_convolutional.migrations:Cropping3D",
    "Convolution1D": "oneiros_layers_convolutional.migrations:Conv1D",
    "AtrousConvolution1D": "oneiros_layers_convolutional.migrations:Conv1D",
    "Convolution2D": "oneiros_layers_convolutional.migrations:Conv2D",
    "AtrousConvolution2D": "oneiros_layers_convolutional.migrations:Conv2D",
    "Convolution3D": "oneiros_layers_convolutional.migrations:Conv3D",
    "Deconvolution2D": "oneiros_layers_convolutional.migrations:Conv2DTranspose",
    "SeparableConvolution2D": "oneiros_layers_convolutional.migrations:SeparableConv2D",
}


@hookimpl
def oneiros_layers() -> dict[str, str]:
    """The layers by name."""
    return LAYERS


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """The module `oneiros.layers.convolutional`, with the short names."""
    return {"layers.convolutional": {**LAYERS, **ALIASES}}


@hookimpl
def oneiros_migrations() -> dict[str, str]:
    """How files of other versions of Keras are read, by class."""
    return MIGRATIONS
