"""How far a model amplifies rounding.

Its weights are changed in their last digits, and the outputs are compared. Two
libraries that round otherwise differ by as much, since each adds up in another order.

# References
    - D. S. Parker (1997), Monte Carlo Arithmetic: exploiting randomness in
      floating-point arithmetic.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from oneiros_saving.pickling import on_backend

from oneiros_exports.replay import Recording, predicted

Array = np.ndarray[Any, Any]
SEED = 1337


def rounding_of(model: Any, recording: Recording) -> list[float]:
    """Returns by how much each output changes if the last digits of the weights do.

    # Arguments
        model: the model; it stays as it is.
        recording: what it computes.
    """
    rng = np.random.default_rng(SEED)
    copy = on_backend(model)
    copy.set_weights([_with_other_digits(rng, array) for array in copy.get_weights()])
    copy.reset_states()
    changes = [0.0] * len(model.outputs)
    for case, outputs in zip(recording.cases, recording.outputs, strict=True):
        changed_outputs = predicted(copy, case.arrays)
        for place, output in enumerate(outputs):
            with np.errstate(invalid="ignore"):  # infinity less infinity
                differences = np.abs(changed_outputs[place] - output)
            largest = differences.max(initial=0.0, where=np.isfinite(differences))
            changes[place] = max(changes[place], float(largest))
    return changes


def _with_other_digits(rng: np.random.Generator, array: Array) -> Array:
    """Returns numbers that are up to a unit in the last place larger or smaller."""
    if array.dtype.kind != "f":
        return array
    unit = np.finfo(array.dtype).eps
    changed: Array = array * (1 + unit * rng.uniform(-1, 1, array.shape))
    return changed.astype(array.dtype)
