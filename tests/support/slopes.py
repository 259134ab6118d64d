"""Gradients against differences of what they are gradients of."""

import numpy as np
from oneiros import backend as K

STEP = 1e-6
DIRECTIONS = 3


def assert_slopes(cases, **tolerance):
    """Asserts that gradients are the slopes of losses, along some random directions.

    All are computed by one function, and differentiated at once: no case depends on
    another one.

    # Arguments
        cases: dict from names to a scalar of float64, the placeholders that it is
            computed from, and their arrays.
        tolerance: `rtol` and `atol`.
    """
    losses = [loss for loss, _, _ in cases.values()]
    inputs = [x for _, placeholders, _ in cases.values() for x in placeholders]
    at = [array for _, _, arrays in cases.values() for array in arrays]
    compute = K.function(inputs, [*losses, *K.gradients(sum(losses), inputs)])
    gradients = compute(at)[len(losses) :]
    assert {gradient.dtype.name for gradient in gradients} == {"float64"}
    random = np.random.RandomState(0)
    for _ in range(DIRECTIONS):
        ways = [random.randn(*array.shape) for array in at]
        ends = [
            compute([a + sign * STEP * way for a, way in zip(at, ways, strict=True)])
            for sign in (1, -1)
        ]
        rises = (g * way for g, way in zip(gradients, ways, strict=True))
        for (name, case), up, down in zip(cases.items(), *ends, strict=False):
            slope = sum(np.sum(next(rises)) for _ in case[1])
            expected = (up - down) / (2 * STEP)
            limits = {"rtol": 1e-6, "atol": 1e-7, **tolerance}
            np.testing.assert_allclose(slope, expected, err_msg=name, **limits)
