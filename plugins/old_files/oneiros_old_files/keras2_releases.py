"""What releases of Keras 2 compute in another way than Keras 1, though nothing in their
files says so.

The files of `tf.keras` have versions such as `2.2.4-tf`; later ones, from 2.4 on, are
all of `tf.keras`.
"""

from __future__ import annotations

import re

from oneiros_old_files.base import Origin

OF_TENSORFLOW = 4
"""The first minor version that is always `tf.keras`."""
WITH_LABELS = 3
"""The first minor version whose `hinge` and `squared_hinge` take 0 for -1."""


def zeroes_masked_steps(origin: Origin) -> bool:
    """Returns whether a `Bidirectional` that returns sequences gives zeros at masked
    steps, where Keras 1 repeats the step before."""
    return origin.keras > 2 or _is_of_tensorflow(origin)


def converts_labels(origin: Origin) -> bool:
    """Returns whether the losses for targets of -1 and 1 take 0 for -1."""
    has_them = _minor(origin) >= WITH_LABELS or _is_of_tensorflow(origin)
    return origin.keras > 2 or has_them


def _is_of_tensorflow(origin: Origin) -> bool:
    return _minor(origin) >= OF_TENSORFLOW or _is_marked(origin)


def _is_marked(origin: Origin) -> bool:
    return origin.keras == 2 and origin.version.endswith("tf")


def _minor(origin: Origin) -> int:
    """Returns the minor version of Keras 2; -1 for other versions."""
    found = re.match(r"2\.(\d{1,3})", origin.version)
    if found is None or origin.keras != 2:
        return -1
    return int(found[1])
