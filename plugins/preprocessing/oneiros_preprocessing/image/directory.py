"""Batches of transformed images from files, with one folder per class."""

import os
from collections.abc import Iterator as AnyIterator

import numpy as np
import oneiros
from oneiros.arguments import check_choice, check_ints, label
from oneiros.errors import DataError, FileMissingError

from oneiros_preprocessing.image.iterators import ImageIterator
from oneiros_preprocessing.image.orderings import chosen_ordering

Array = np.ndarray
ENDINGS = (".png", ".jpg", ".jpeg", ".bmp")
CHANNELS = {"rgb": 3, "grayscale": 1}
CLASS_MODES = ("categorical", "binary", "sparse", None)


class DirectoryIterator(ImageIterator):
    """An endless iterator over batches of transformed images from files.

    # Arguments
        directory: str or path of a folder that contains one folder per class.
        image_data_generator: the `ImageDataGenerator` that transforms the images.
        target_size: `(height, width)` to resize images to.
        color_mode: `"rgb"` or `"grayscale"`: 3 channels or 1.
        dim_ordering: `"tf"`, `"th"` or `"default"`.
        classes, class_mode: as for `ImageDataGenerator.flow_from_directory`.
        batch_size, shuffle, seed: as for `Iterator`.
        save_to_dir, save_prefix, save_format: as for `ImageDataGenerator.flow`.
        follow_links: bool, whether to follow links to folders.

    # Properties
        nb_sample, nb_class: int, the numbers of images and of classes.
        class_indices: dict from class name to class number.
        classes: int32 array, the class of each image.
        filenames: list of str, the images' paths relative to the folder.

    # Raises
        FileMissingError: if the folder doesn't exist.
        DataError: if the class folders contain no images.
        ArgumentError: if `color_mode`, `class_mode` or `dim_ordering` is unknown.

    # Example
        ```python
        import os

        from oneiros.preprocessing.image import DirectoryIterator, ImageDataGenerator
        from PIL import Image

        for name in ("cats", "dogs"):
            os.makedirs(f"pictures/{name}")
            Image.new("RGB", (32, 32)).save(f"pictures/{name}/1.png")
        generator = ImageDataGenerator(dim_ordering="tf")
        batches = DirectoryIterator(
            "pictures", generator, (16, 16), dim_ordering="tf", shuffle=False
        )
        x, y = next(batches)
        print(batches.class_indices)  # {'cats': 0, 'dogs': 1}
        print(x.shape, y)
        # (2, 16, 16, 3) [[1. 0.]
        #  [0. 1.]]
        ```
    """

    def __init__(
        self,
        directory,
        image_data_generator,
        target_size=(256, 256),
        color_mode: str = "rgb",
        dim_ordering: str = "default",
        classes=None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir=None,
        save_prefix: str = "",
        save_format: str = "jpeg",
        follow_links: bool = False,
    ):
        dim_ordering = chosen_ordering(self, dim_ordering)
        self.directory = os.fspath(directory)
        self.target_size = check_ints(self, "target_size", target_size, 2)
        self.color_mode = check_choice(self, "color_mode", color_mode, CHANNELS)
        self.class_mode = check_choice(self, "class_mode", class_mode, CLASS_MODES)
        channels = CHANNELS[self.color_mode]
        if dim_ordering == "tf":
            self.image_shape = (*self.target_size, channels)
        else:
            self.image_shape = (channels, *self.target_size)
        names = self._class_names(classes)
        self.nb_class = len(names)
        self.class_indices = {name: number for number, name in enumerate(names)}
        by_class = [self._pictures(name, follow_links) for name in names]
        self.filenames = [path for paths in by_class for path in paths]
        self.nb_sample = len(self.filenames)
        counts = [len(paths) for paths in by_class]
        self.classes = np.repeat(np.arange(self.nb_class, dtype="int32"), counts)
        if not self.nb_sample:
            raise DataError(
                f"{label(self)} found no picture in {self.directory}. Expected files "
                f"whose names end in {', '.join(ENDINGS)}, in a folder for each class; "
                "pass classes=['.'] if they are in the folder itself."
            )
        print(f"Found {self.nb_sample} images belonging to {self.nb_class} classes.")
        super().__init__(
            image_data_generator,
            dim_ordering,
            (save_to_dir, save_prefix, save_format),
            self.nb_sample,
            batch_size,
            shuffle,
            seed,
        )

    def _class_names(self, classes) -> list[str]:
        """Returns the names of the class folders, in the order of their numbers."""
        if not os.path.isdir(self.directory):
            raise FileMissingError(
                f"{label(self)} received directory={self.directory!r}, which is no "
                "folder."
            )
        if classes:
            return list(classes)
        return sorted(
            name
            for name in os.listdir(self.directory)
            if os.path.isdir(os.path.join(self.directory, name))
        )

    def _pictures(self, name: str, follow_links: bool) -> list[str]:
        """Returns the relative paths of the images of a class."""
        top = os.path.join(self.directory, name)
        return [
            os.path.relpath(path, self.directory)
            for path in _files(top, follow_links)
            if path.lower().endswith(ENDINGS)
        ]

    def image(self, number: int) -> Array:
        """Reads an image."""
        functions = oneiros.preprocessing.image
        picture = functions.load_img(
            os.path.join(self.directory, self.filenames[number]),
            grayscale=self.color_mode == "grayscale",
            target_size=self.target_size,
        )
        x: Array = functions.img_to_array(picture, dim_ordering=self.dim_ordering)
        return x

    def targets(self, numbers: Array) -> Array | None:
        """Returns the images' classes, in the form that `class_mode` selects."""
        if self.class_mode is None:
            return None
        classes: Array = self.classes[numbers]
        if self.class_mode == "sparse":
            return classes
        if self.class_mode == "binary":
            return classes.astype("float32")
        one_hot: Array = np.eye(self.nb_class, dtype="float32")[classes]
        return one_hot


def _files(top: str, follow_links: bool) -> AnyIterator[str]:
    """Yields the files in a folder and its subfolders, both sorted."""
    for folder, _, names in sorted(os.walk(top, followlinks=follow_links)):
        for name in sorted(names):
            yield os.path.join(folder, name)
