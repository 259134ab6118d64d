"""Models whose compiled functions are replaced, so that a test sees what the loop feeds
them."""

import numpy as np
import pytest
from oneiros import backend as K
from oneiros_backend_toolkit.function import Function
from small_models import compiled_dense


class Recorded(Function):
    """Keeps the rows it is given, in batches.

    Its outputs are their mean, and their number.
    """

    def __init__(self, model, outputs=1):
        inputs = [*model.inputs, *model.targets, *model.sample_weights]
        super().__init__(K.current(), inputs, [], [])
        self.count = outputs
        self.batches = []
        self.singles = 0
        self.released = 0

    def _outputs(self, rows):
        self.batches.append(rows[:, 0].astype(int).tolist())
        return [np.float32(rows[:, 0].mean())] + [np.float32(len(rows))] * (
            self.count - 1
        )

    def run(self, arrays, phase):
        self.singles += 1
        return self._outputs(arrays[0])

    def upload(self, arrays):
        handle = super().upload(arrays)
        release = handle.release

        def counted():
            self.released += 1
            release()

        handle.release = counted
        return handle

    def loop(self, handle, index, phase=None):
        x = handle.arrays[0]
        steps = [self._outputs(x[rows]) for rows in self.check_index(handle, index)]
        return [np.stack(values) for values in zip(*steps, strict=True)]


@pytest.fixture
def recorded():
    """Returns a function that makes `(model, train function, test function)`.

    A row's input is its number.
    """

    def make(metrics=(), **arguments):
        model = compiled_dense(metrics=list(metrics), **arguments)
        model.train_function = Recorded(model, 1 + len(metrics))
        model.test_function = Recorded(model, 1 + len(metrics))
        return model, model.train_function, model.test_function

    return make


@pytest.fixture
def rows():
    """Returns a function that makes `n` samples, numbered."""
    return lambda n: (
        np.arange(n, dtype="float32")[:, None],
        np.zeros((n, 1), "float32"),
    )
