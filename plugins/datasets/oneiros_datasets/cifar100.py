"""CIFAR-100: 60,000 photographs of 32 by 32 pixels in a hundred classes."""

from pathlib import Path

from oneiros.arguments import check_choice, open_to_old_code

from oneiros_datasets.cifar import as_part, load_batch
from oneiros_datasets.sources import Part, fetched

FOLDER = "cifar-100-python"
ORIGIN = "http://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
MD5 = "eb9058c3a382ffc7106e4002c42a8d85"


@open_to_old_code
def load_data(label_mode: str = "fine") -> tuple[Part, Part]:
    """Returns the photographs; downloads them if needed.

    # Arguments
        label_mode: str, `"fine"` for 100 classes, `"coarse"` for 20 groups of classes.

    # Returns
        `(X_train, y_train), (X_test, y_test)`: uint8 arrays of 50,000 and of 10,000
        images, `(n, 3, 32, 32)` or, with `image_dim_ordering` `"tf"`, `(n, 32, 32, 3)`,
        and int arrays of their classes, `(n, 1)`.

    # Raises
        ArgumentError: if `label_mode` is unknown.
        FileMissingError: if they can't be downloaded. The message says where you can
            put the archive by hand.
        FileFormatError: if a file has other contents.

    # References
        A. Krizhevsky: Learning multiple layers of features from tiny images. Technical
        report, University of Toronto, 2009.
    """
    check_choice("cifar100.load_data", "label_mode", label_mode, ("fine", "coarse"))
    folder = fetched(FOLDER, ORIGIN, untar=True, md5_hash=MD5)
    train = _part(folder / "train", label_mode)
    return train, _part(folder / "test", label_mode)


def _part(path: Path, label_mode: str) -> Part:
    return as_part(*load_batch(path, f"{label_mode}_labels"))
