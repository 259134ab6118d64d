"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

NAMES = {
    "image.files": ("array_to_img", "img_to_array", "list_pictures", "load_img"),
    "image.transforms": (
        "apply_transform",
        "flip_axis",
        "random_channel_shift",
        "random_rotation",
        "random_shear",
        "random_shift",
        "random_zoom",
        "transform_matrix_offset_center",
    ),
    "image.generator": ("ImageDataGenerator",),
    "image.iterators": ("Iterator", "NumpyArrayIterator", "DirectoryIterator"),
    "sequence": ("make_sampling_table", "pad_sequences", "skipgrams"),
    "text": ("Tokenizer", "base_filter", "one_hot", "text_to_word_sequence"),
}
"""Names by the module that has them."""


@hookimpl
def oneiros_modules():
    """The modules of `oneiros.preprocessing`."""
    tables: dict[str, dict[str, str]] = {}
    for module, names in NAMES.items():
        path = f"preprocessing.{module.partition('.')[0]}"
        table = tables.setdefault(path, {})
        for name in names:
            table[name] = f"oneiros_preprocessing.{module}:{name}"
    return tables
