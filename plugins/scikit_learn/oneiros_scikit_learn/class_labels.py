"""Maps labels of any kind to the numbers of a model's outputs."""

import numpy as np
from sklearn.utils.multiclass import check_classification_targets


def labels_of(y, outputs: int):
    """Returns the array of the labels of targets; a label's index is the number of its
    output.

    Integers that are output numbers keep their meaning, even if some don't occur.

    # Arguments
        y: array of labels, or of one-hot rows.
        outputs: int, the number of the model's outputs.

    # Raises
        ValueError: if there are more labels than outputs, or numbers outside the
            classes.
    """
    count = max(outputs, 2)
    if _is_one_hot(y):
        return np.arange(y.shape[1])
    check_classification_targets(y)
    distinct = np.unique(y)
    if _number_outputs(distinct, count):
        return np.arange(count).astype(distinct.dtype)
    if len(distinct) > count:
        raise ValueError(
            f"The targets have {len(distinct)} labels, but the model that build_fn "
            f"made has {count} classes. Its last layer must have one output "
            "per label."
        )
    return distinct


def numbers_of(y, labels):
    """Returns the numbers of targets among labels; one-hot rows stay unchanged."""
    if _is_one_hot(y) or np.array_equal(labels, np.arange(len(labels))):
        return y
    unknown = set(np.unique(y).tolist()) - set(labels.tolist())
    if unknown:
        raise ValueError(
            f"{sorted(unknown)} aren't among the labels from training: "
            f"{labels.tolist()}."
        )
    return np.searchsorted(labels, y)


def _is_one_hot(y) -> bool:
    return y.ndim == 2 and bool(y.shape[1] > 1)


def _number_outputs(distinct, count: int) -> bool:
    """Returns whether sorted labels are output numbers."""
    if distinct.dtype.kind not in "iufb" or not len(distinct):
        return False
    are_whole = np.array_equal(distinct, np.floor(distinct.astype(float)))
    return are_whole and distinct[0] >= 0 and distinct[-1] < count
