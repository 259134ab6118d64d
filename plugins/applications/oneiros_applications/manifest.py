"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

Names = dict[str, tuple[str, ...]]
_SHAPES = ("_obtain_input_shape",)
_UTILS = ("preprocess_input", "decode_predictions")
_FOUR_FILES = (
    "TH_WEIGHTS_PATH",
    "TF_WEIGHTS_PATH",
    "TH_WEIGHTS_PATH_NO_TOP",
    "TF_WEIGHTS_PATH_NO_TOP",
)
_WITH_MEANS = {"imagenet_utils": _UTILS, "image_networks": _SHAPES}
_FROM_MINUS_ONE = {
    "imagenet_utils": ("decode_predictions",),
    "pixels": ("preprocess_input",),
    "image_networks": _SHAPES,
}
_SOURCES: dict[str, Names] = {
    "applications": {
        "vgg16": ("VGG16",),
        "vgg19": ("VGG19",),
        "resnet50": ("ResNet50",),
        "inception_v3": ("InceptionV3",),
        "xception": ("Xception",),
    },
    "applications.vgg16": {"vgg16": ("VGG16", *_FOUR_FILES), **_WITH_MEANS},
    "applications.vgg19": {"vgg19": ("VGG19", *_FOUR_FILES), **_WITH_MEANS},
    "applications.resnet50": {
        "resnet50": ("ResNet50", *_FOUR_FILES, "identity_block", "conv_block"),
        **_WITH_MEANS,
    },
    "applications.inception_v3": {
        "inception_v3": ("InceptionV3", *_FOUR_FILES, "conv2d_bn"),
        **_FROM_MINUS_ONE,
    },
    "applications.xception": {
        "xception": ("Xception", *_FOUR_FILES[1::2]),
        **_FROM_MINUS_ONE,
    },
    "applications.music_tagger_crnn": {
        "music_tagger_crnn": ("MusicTaggerCRNN", *_FOUR_FILES[:2]),
        "audio_conv_utils": _UTILS,
    },
    "applications.imagenet_utils": {
        "imagenet_utils": ("CLASS_INDEX", "CLASS_INDEX_PATH", *_UTILS),
        "image_networks": _SHAPES,
    },
    "applications.audio_conv_utils": {"audio_conv_utils": ("TAGS", *_UTILS)},
}
"""The names in each module, by the module that defines them."""


def _references(sources: Names) -> dict[str, str]:
    return {
        name: f"oneiros_applications.{source}:{name}"
        for source, names in sources.items()
        for name in names
    }


@hookimpl
def oneiros_modules():
    """`oneiros.applications` and a module for each network."""
    return {module: _references(sources) for module, sources in _SOURCES.items()}
