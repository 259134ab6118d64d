"""Gradients against the differences that small steps show, and means of draws."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from oneiros import backend as K

STEP = 1e-6
"""How far inputs and weights move for a difference of losses."""
DIRECTIONS = 3
"""Along how many random directions slopes are compared."""
SURE = 6.0
"""How many standard errors a mean of draws may be off."""


class Slopes:
    """The gradients of a loss in float64, and the steps that they must explain.

    # Arguments
        compute: function of arrays and the learning phase, which returns the loss and
            the list of its gradients: for the inputs that move, then for the weights.
        weights: list of variables.
        moved: int, how many inputs move; 0 if they are integers.
    """

    def __init__(
        self,
        compute: Callable[[list[Any], int], tuple[Any, list[Any]]],
        weights,
        moved: int,
    ):
        self.compute = compute
        self.weights = weights
        self.moved = moved

    def compare(self, phase: int, points: Iterable[tuple[list[Any], Any]]):
        """Asserts that the gradient is the slope between a step forth and a step back.

        A kink in between shows as another slope forth than back; such a point is left
        for another one.

        # Arguments
            points: pairs of the arrays to feed, and a mask of the steps that may move,
                or None.
        """
        random = np.random.RandomState(3)
        for arrays, kept in points:
            loss, gradients = self.compute(arrays, phase)
            along = [random.normal(size=np.shape(each)) for each in gradients]
            for direction in along[: self.moved] if kept is not None else ():
                direction[~kept] = 0.0
            up, down = (
                self._loss(arrays, along, step, phase) for step in (STEP, -STEP)
            )
            forth, back = (up - loss) / STEP, (loss - down) / STEP
            if abs(forth - back) < 1e-4 * (1 + abs(forth) + abs(loss)):
                slope = sum(np.sum(g * d) for g, d in zip(gradients, along))
                difference = (up - down) / (2 * STEP)
                allowed = 1e-6 + 1e-8 * abs(loss) + 1e-5 * abs(difference)
                assert abs(slope - difference) <= allowed, (
                    f"The gradients give the slope {slope:.8g}, and small steps "
                    f"{difference:.8g}."
                )
                return
        raise AssertionError(
            "At each point, a step forth shows another slope than a step back. If it "
            "has no gradients, declare the tag not_differentiable."
        )

    def _loss(self, arrays, along, step: float, phase: int):
        """Returns the loss after a step along directions."""
        before = K.batch_get_value(self.weights)
        steps = zip(self.weights, before, along[self.moved :], strict=True)
        K.batch_set_value([(weight, value + step * d) for weight, value, d in steps])
        fed = arrays
        if self.moved:
            fed = [a + step * d for a, d in zip(arrays, along)]
        loss, _ = self.compute(fed, phase)
        K.batch_set_value(list(zip(self.weights, before, strict=True)))
        return loss


def assert_slopes(cases: dict[str, Any], rtol: float = 1e-6, atol: float = 1e-7):
    """Asserts that gradients are the slopes of losses, along some random directions.

    All are computed by one function, and differentiated at once: no case depends on
    another one.

    # Arguments
        cases: dict from names to a scalar of float64, the placeholders that it is
            computed from, and their arrays.
        rtol, atol: float, how far slopes may be off.
    """
    losses = [loss for loss, _, _ in cases.values()]
    inputs = [x for _, placeholders, _ in cases.values() for x in placeholders]
    at = [array for _, _, arrays in cases.values() for array in arrays]
    gradients = K.gradients(sum(losses), inputs)
    compute = K.function(inputs, [*losses, *gradients])
    values = compute(at)[len(losses) :]
    assert {str(value.dtype) for value in values} == {"float64"}
    random = np.random.RandomState(0)
    for _ in range(DIRECTIONS):
        ways = [random.normal(size=np.shape(array)) for array in at]
        up, down = (
            compute([array + step * way for array, way in zip(at, ways)])
            for step in (STEP, -STEP)
        )
        rises = (np.sum(value * way) for value, way in zip(values, ways))
        for (name, (_, placeholders, _)), high, low in zip(cases.items(), up, down):
            slope = sum(next(rises) for _ in placeholders)
            expected = (high - low) / (2 * STEP)
            np.testing.assert_allclose(slope, expected, rtol, atol, err_msg=name)


def assert_mean(draws, expected):
    """Asserts that the mean of draws, the first axis, is what is expected, as surely as
    their number tells; both shifts and factors show."""
    for weights in (np.ones_like(expected), np.sign(expected)):
        axes = tuple(range(1, draws.ndim))
        biases = ((draws - expected) * weights).mean(axis=axes)
        allowed = SURE * biases.std() / np.sqrt(len(draws)) + 1e-6
        assert abs(biases.mean()) <= allowed, (
            f"The mean of {len(draws)} draws is off by {biases.mean():.3g}, where at "
            f"most {allowed:.3g} is by chance; outputs are about "
            f"{np.abs(expected).mean():.3g}. Dropout divides by the share "
            "that it keeps."
        )
