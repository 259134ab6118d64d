"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

IMAGE = {
    "files": ("array_to_img", "img_to_array", "list_pictures", "load_img"),
    "transforms": (
        "apply_transform",
        "flip_axis",
        "random_channel_shift",
        "random_rotation",
        "random_shear",
        "random_shift",
        "random_zoom",
        "transform_matrix_offset_center",
    ),
    "generator": ("ImageDataGenerator",),
    "iterators": ("Iterator",),
    "arrays": ("NumpyArrayIterator",),
    "directory": ("DirectoryIterator",),
}
STAR_NAMES = {
    "image": (
        "K",
        "linalg",
        "ndi",
        "np",
        "os",
        "pil_image",
        "re",
        "threading",
        "warnings",
    ),
    "sequence": ("np", "random"),
    "text": ("maketrans", "np", "string", "sys"),
}
"""Other names that star imports provided."""
SEQUENCE = {
    "padding": ("pad_sequences",),
    "pairs": ("make_sampling_table", "skipgrams"),
}
TEXT = {
    "words": ("base_filter", "one_hot", "text_to_word_sequence"),
    "tokenizer": ("Tokenizer",),
}


def references(
    module: str, names_by_file: dict[str, tuple[str, ...]]
) -> dict[str, str]:
    """Returns references for a module's names.

    # Arguments
        module: str, its name, and also the name of its package here.
        names_by_file: dict from each of the package's files to its names.
    """
    star_names = {
        name: f"oneiros_preprocessing.star_names:{name}" for name in STAR_NAMES[module]
    }
    own = {
        name: f"oneiros_preprocessing.{module}.{file}:{name}"
        for file, names in names_by_file.items()
        for name in names
    }
    return {**star_names, **own}


@hookimpl
def oneiros_modules():
    """The modules of `oneiros.preprocessing`."""
    return {
        "preprocessing.image": references("image", IMAGE),
        "preprocessing.sequence": references("sequence", SEQUENCE),
        "preprocessing.text": references("text", TEXT),
    }
