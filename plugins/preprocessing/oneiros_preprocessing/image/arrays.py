"""Batches of transformed images that come from an array."""

import numpy as np
from oneiros import backend as K
from oneiros.arguments import label
from oneiros.errors import DataError

from oneiros_preprocessing.image.iterators import ImageIterator
from oneiros_preprocessing.image.orderings import check_batch, chosen_ordering

Array = np.ndarray


class NumpyArrayIterator(ImageIterator):
    """An endless iterator over batches of transformed images from an array.

    # Arguments
        x: array of rank 4, the images.
        y: array with one row of targets per image, or None.
        image_data_generator: the `ImageDataGenerator` that transforms them.
        batch_size, shuffle, seed: as for `Iterator`.
        dim_ordering: `"tf"`, `"th"` or `"default"`.
        save_to_dir, save_prefix, save_format: as for `ImageDataGenerator.flow`.

    # Raises
        DataError: if `x` isn't a batch of images, or `y` has another length.

    # Example
        ```python
        import numpy as np
        from oneiros.preprocessing.image import ImageDataGenerator, NumpyArrayIterator

        images = np.zeros((5, 8, 8, 1))
        generator = ImageDataGenerator(dim_ordering="tf")
        batches = NumpyArrayIterator(
            images, np.arange(5), generator, batch_size=4, dim_ordering="tf"
        )
        x, y = next(batches)
        print(x.shape, y)  # (4, 8, 8, 1) [0 1 2 3]
        x, y = next(batches)
        print(x.shape, y)  # (1, 8, 8, 1) [4]
        ```
    """

    def __init__(
        self,
        x,
        y,
        image_data_generator,
        batch_size: int = 32,
        shuffle: bool = False,
        seed: int | None = None,
        dim_ordering: str = "default",
        save_to_dir=None,
        save_prefix: str = "",
        save_format: str = "jpeg",
    ):
        dim_ordering = chosen_ordering(self, dim_ordering)
        self.x = check_batch(self, "x", x, dim_ordering)
        self.y = None if y is None else np.asarray(y)
        if not len(self.x):
            raise DataError(f"{label(self)} received an empty x.")
        if self.y is not None and np.shape(self.y)[:1] != self.x.shape[:1]:
            raise DataError(
                f"{label(self)} received {len(self.x)} images (x of shape "
                f"{self.x.shape}) and y of shape {self.y.shape}. y must have one row "
                "for each image."
            )
        super().__init__(
            image_data_generator,
            dim_ordering,
            (save_to_dir, save_prefix, save_format),
            len(self.x),
            batch_size,
            shuffle,
            seed,
        )

    @property
    def image_shape(self) -> tuple[int, ...]:
        """The shape of an image."""
        return tuple(self.x.shape[1:])

    def image(self, number: int) -> Array:
        """Returns a copy of an image, of floats."""
        return np.array(self.x[number], dtype=K.floatx())

    def targets(self, numbers: Array) -> Array | None:
        """Returns the rows of `y`; None if there is no `y`."""
        return None if self.y is None else self.y[numbers]
