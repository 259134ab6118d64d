"""Arrays that variables keep without copying.

Without this, loading 105 MB of dense layers on Theano takes 1.2 times as long
(`benchmarks/mechanisms.py arrays`).
"""

from typing import Any

import numpy as np

from oneiros.typing import Array


class Donated(np.ndarray[Any, Any]):
    """An array that nothing else uses any more, so a variable may keep its memory."""


def donated(array: Array) -> Donated:
    """Marks an array that its owner gives up to a variable."""
    return array.view(Donated)
