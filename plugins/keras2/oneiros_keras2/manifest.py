"""Manifest: the names of this plugin, by reference, and how files describe them."""

from typing import Any

from oneiros import hookimpl

_PACKAGE = "oneiros_keras2"
_ACTIVATIONS = ("exponential", "gelu", "log_softmax", "mish", "relu6", "selu", "swish")
ACTIVATIONS = {name: f"{_PACKAGE}.activations:{name}" for name in _ACTIVATIONS}
ACTIVATIONS["silu"] = ACTIVATIONS["swish"]
_RANDOM = (
    *("AugMix", "RandAugment", "RandomBrightness", "RandomColorDegeneration"),
    *("RandomColorJitter", "RandomContrast", "RandomElasticTransform"),
    *("RandomErasing", "RandomFlip", "RandomGaussianBlur", "RandomGrayscale"),
    *("RandomHeight", "RandomHue", "RandomInvert", "RandomPerspective"),
    *("RandomPosterization", "RandomRotation", "RandomSaturation"),
    *("RandomSharpness", "RandomShear", "RandomTranslation", "RandomWidth"),
    "RandomZoom",
)
_RANKS = ("1D", "2D", "3D")
_LAYERS = {
    "advanced_activations": ("Keras2ReLU", "Keras2Softmax"),
    "convolutional": (
        *(f"Keras2Conv{rank}" for rank in _RANKS),
        *("Conv1DTranspose", "Keras2Conv2DTranspose", "Conv3DTranspose"),
        *("DepthwiseConv1D", "DepthwiseConv2D"),
        *("SeparableConv1D", "Keras2SeparableConv2D"),
    ),
    "images": (
        *("Keras2UpSampling2D", "Resizing", "CenterCrop", "RandomCrop"),
        *("Augmentation", "Keras2ZeroPadding1D", "Keras2ZeroPadding3D"),
    ),
    "normalization": ("LayerNormalization",),
    "pooling": (
        *("Keras2MaxPooling1D", "Keras2AveragePooling1D"),
        *(f"Keras2GlobalMaxPooling{rank}" for rank in _RANKS),
        *(f"Keras2GlobalAveragePooling{rank}" for rank in _RANKS),
    ),
    "preprocessing": ("Rescaling",),
}
LAYERS = {
    name: f"{_PACKAGE}.{module}:{name}"
    for module, names in _LAYERS.items()
    for name in names
}


@hookimpl
def oneiros_activations():
    """The activation functions by name."""
    return ACTIVATIONS


@hookimpl
def oneiros_layers():
    """The layers by name."""
    return LAYERS


@hookimpl
def oneiros_migrations():
    """How files describe the layers: with the arguments that they have here."""
    rows: dict[str, Any] = {
        name: {"as_stored": True, "keras3": name.removeprefix("Keras2")}
        for name in LAYERS
    }
    rows["Keras2ReLU"]["elementwise"] = True
    rows["Keras2Softmax"]["inputs"] = ("mask", "a second argument")
    for name in (*_RANDOM, "Augmentation"):
        rows[name] = f"{_PACKAGE}.image_files:AugmentationMigration"
    rows["RandomCrop"] = f"{_PACKAGE}.image_files:RandomCropMigration"
    return rows
