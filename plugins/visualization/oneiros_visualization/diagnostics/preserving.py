"""Restores a model after an experiment."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.backend.dispatch import backend_of
from oneiros.engine.node import unique
from oneiros_training.arrays.user_data import check_compiled
from oneiros_training.parts import assign, values_of

ATTRIBUTES = ("history", "validation_data")
"""Attributes that `fit` sets on a model."""


@contextmanager
def preserved(model) -> Iterator[None]:
    """Context manager that restores a compiled model at the end, even after an error.

    It restores the weights, the layers' states, the optimizer's state and learning
    rate, and NumPy's random state. It doesn't reset the random numbers of layers such
    as Dropout.

    # Arguments
        model: a compiled model.

    # Raises
        NotCompiledError: if the model wasn't compiled.

    # Example
        ```python
        import numpy as np
        from oneiros.diagnostics import preserved
        from oneiros.layers import Dense
        from oneiros.models import Sequential

        model = Sequential([Dense(1, input_dim=2)])
        model.compile("adam", "mse")
        before = model.get_weights()
        with preserved(model):
            model.fit(np.ones((8, 2)), np.ones((8, 1)), verbose=0)
        print((model.get_weights()[0] == before[0]).all())  # True
        ```
    """
    check_compiled(model)
    with K.use(backend_of(model)):
        model._make_train_function()  # makes the optimizer's state
        variables = _variables(model)
        values = K.batch_get_value(variables)
        of_optimizer = values_of(model.optimizer)
    attributes = {name: getattr(model, name, None) for name in ATTRIBUTES}
    random_state = np.random.get_state()
    try:
        yield
    finally:
        with K.use(backend_of(model)):
            K.batch_set_value(list(zip(variables, values, strict=True)))
            assign(model.optimizer, of_optimizer)
        np.random.set_state(random_state)
        for name, value in attributes.items():
            setattr(model, name, value)


def _variables(model) -> list[Any]:
    """Returns a model's weights and all other variables that a training step
    changes."""
    updates = [*model.updates, *model.optimizer.updates]
    return unique([*model.weights, *(variable for variable, _ in updates)])
