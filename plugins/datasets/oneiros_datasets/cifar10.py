"""CIFAR-10: 60,000 photographs of 32 by 32 pixels in ten classes."""

import numpy as np
from oneiros.arguments import open_to_old_code

from oneiros_datasets.cifar import as_part, load_batch
from oneiros_datasets.sources import Part, fetched

FOLDER = "cifar-10-batches-py"
ORIGIN = "http://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
MD5 = "c58f30108f718f92721af3b95e74349a"
TRAINING_FILES = [f"data_batch_{number}" for number in range(1, 6)]
TEST_FILE = "test_batch"


@open_to_old_code
def load_data() -> tuple[Part, Part]:
    """Returns the photographs; downloads them if needed.

    # Returns
        `(X_train, y_train), (X_test, y_test)`: uint8 arrays of 50,000 and of 10,000
        images, `(n, 3, 32, 32)` or, with `image_dim_ordering` `"tf"`, `(n, 32, 32, 3)`,
        and of their classes from 0 to 9, `(n, 1)`.

    # Raises
        FileMissingError: if they can't be downloaded. The message says where you can
            put the archive by hand.
        FileFormatError: if a file has other contents.

    # References
        A. Krizhevsky: Learning multiple layers of features from tiny images. Technical
        report, University of Toronto, 2009.
    """
    folder = fetched(FOLDER, ORIGIN, untar=True, md5_hash=MD5)
    batches = [load_batch(folder / name) for name in TRAINING_FILES]
    X_train = np.concatenate([images for images, _ in batches])
    y_train = np.concatenate([labels for _, labels in batches]).astype("uint8")
    X_test, y_test = load_batch(folder / TEST_FILE)
    return as_part(X_train, y_train), as_part(X_test, y_test)
