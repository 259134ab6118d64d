"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

NETWORKS = {
    "vgg16": "VGG16",
    "vgg19": "VGG19",
    "resnet50": "ResNet50",
    "inception_v3": "InceptionV3",
    "xception": "Xception",
}
IMAGENET_UTILS = ("preprocess_input", "decode_predictions")
SHAPES = "_obtain_input_shape"
FOUR_FILES = (
    "TH_WEIGHTS_PATH",
    "TF_WEIGHTS_PATH",
    "TH_WEIGHTS_PATH_NO_TOP",
    "TF_WEIGHTS_PATH_NO_TOP",
)
NAMES = {
    "vgg16": FOUR_FILES,
    "vgg19": FOUR_FILES,
    "resnet50": (*FOUR_FILES, "identity_block", "conv_block"),
    "inception_v3": (*FOUR_FILES, "conv2d_bn", "preprocess_input"),
    "xception": ("TF_WEIGHTS_PATH", "TF_WEIGHTS_PATH_NO_TOP", "preprocess_input"),
    "music_tagger_crnn": ("TH_WEIGHTS_PATH", "TF_WEIGHTS_PATH", "MusicTaggerCRNN"),
    "imagenet_utils": ("CLASS_INDEX", "CLASS_INDEX_PATH", SHAPES, *IMAGENET_UTILS),
    "audio_conv_utils": ("TAGS", *IMAGENET_UTILS),
}
"""The names in each module, besides its network."""
SHARED = {
    "vgg16": ("imagenet_utils", (SHAPES, *IMAGENET_UTILS)),
    "vgg19": ("imagenet_utils", (SHAPES, *IMAGENET_UTILS)),
    "resnet50": ("imagenet_utils", (SHAPES, *IMAGENET_UTILS)),
    "inception_v3": ("imagenet_utils", (SHAPES, "decode_predictions")),
    "xception": ("imagenet_utils", (SHAPES, "decode_predictions")),
    "music_tagger_crnn": ("audio_conv_utils", IMAGENET_UTILS),
}
"""Names that a module shares with another one."""


def _references(module: str, names: tuple[str, ...]) -> dict[str, str]:
    return {name: f"oneiros_applications.{module}:{name}" for name in names}


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """`oneiros.applications` and a module for each network."""
    modules: dict[str, dict[str, str]] = {"applications": {}}
    for module, names in NAMES.items():
        modules[f"applications.{module}"] = _references(module, names)
    for module, (source, names) in SHARED.items():
        modules[f"applications.{module}"] |= _references(source, names)
    for module, network in NETWORKS.items():
        references = _references(module, (network,))
        modules[f"applications.{module}"] |= references
        modules["applications"] |= references
    return modules
