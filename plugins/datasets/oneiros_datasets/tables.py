"""Small tables from scikit-learn; they need no network."""

from oneiros.arguments import check_choice

from oneiros_datasets.sources import Part
from oneiros_datasets.splits import optional, split

OWNER = "tables.load_data"
TABLES = ("iris", "wine", "breast_cancer", "diabetes", "linnerud")


def load_data(
    name: str = "iris", test_split: float = 0.2, seed: int = 113
) -> tuple[Part, Part]:
    """Returns a table.

    # Arguments
        name: str: `"iris"`, `"wine"` and `"breast_cancer"` are for classification,
            `"diabetes"` and `"linnerud"` for regression.
        test_split: float, the fraction of the rows to use for testing.
        seed: int, seed of their order. NumPy's global generator doesn't change.

    # Returns
        `(X_train, y_train), (X_test, y_test)`: float64 arrays `(n, columns)`, and
        classes `(n,)` or numbers `(n,)`, for `"linnerud"` `(n, 3)`.

    # Raises
        PluginLoadError: if scikit-learn isn't installed.

    # Example
        ```python
        from oneiros.datasets import tables

        (X_train, y_train), (X_test, y_test) = tables.load_data("wine")
        print(X_train.shape, sorted(set(y_test.tolist())))  # (142, 13) [0, 1, 2]
        ```
    """
    check_choice(OWNER, "name", name, TABLES)
    data = optional("sklearn.datasets", "scikit-learn", "These tables")
    x, y = getattr(data, f"load_{name}")(return_X_y=True)
    return split(OWNER, x, y, test_split, seed)
