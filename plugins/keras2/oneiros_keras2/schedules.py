"""Learning rates that change with the number of updates.

Each schedule is a function of the initial rate and of the number of updates so far,
both tensors, and of the arguments that the schedule has in Keras 2.
"""

import math
from collections.abc import Callable
from typing import Any

from oneiros import backend as K
from oneiros.typing import Tensor

from oneiros_keras2.tensors import floats


def exponential_decay(
    rate: Tensor,
    step: Tensor,
    decay_steps: float,
    decay_rate: float,
    staircase: bool = False,
) -> Tensor:
    """Returns `rate * decay_rate ** (step / decay_steps)`; with `staircase`, of whole
    periods alone."""
    periods = _periods(step, decay_steps, staircase)
    logarithm = math.log(decay_rate)
    return rate * K.exp(logarithm * periods)


def inverse_time_decay(
    rate: Tensor,
    step: Tensor,
    decay_steps: float,
    decay_rate: float,
    staircase: bool = False,
) -> Tensor:
    """Returns `rate / (1 + decay_rate * step / decay_steps)`; with `staircase`, of
    whole periods alone."""
    periods = _periods(step, decay_steps, staircase)
    return rate / (1.0 + decay_rate * periods)


def polynomial_decay(
    rate: Tensor,
    step: Tensor,
    decay_steps: float,
    end_learning_rate: float = 0.0001,
    power: float = 1.0,
) -> Tensor:
    """Returns a rate that goes to `end_learning_rate` as a power of what is left of
    `decay_steps`."""
    left = 1.0 - _share(step, decay_steps)
    distance = rate - end_learning_rate
    return distance * K.pow(left, power) + end_learning_rate


def cosine_decay(
    rate: Tensor,
    step: Tensor,
    decay_steps: float,
    alpha: float = 0.0,
    warmup_target: float | None = None,
    warmup_steps: float = 0,
) -> Tensor:
    """Returns a rate that goes to its share `alpha` along half a cosine, after
    `warmup_steps` in which it grows to `warmup_target`."""
    if warmup_target is None or not warmup_steps:
        peak = rate if warmup_target is None else warmup_target
        return _along_cosine(peak, step, decay_steps, alpha)
    after = K.maximum(step - warmup_steps, 0.0)
    decayed = _along_cosine(warmup_target, after, decay_steps, alpha)
    growth = (warmup_target - rate) * step / warmup_steps
    is_after = _is_after(step, warmup_steps - 0.5)
    is_before = 1.0 - is_after
    grown = rate + growth
    return is_after * decayed + is_before * grown


def piecewise_constant_decay(
    rate: Tensor, step: Tensor, boundaries: list[float], values: list[float]
) -> Tensor:
    """Returns the value of the interval between two boundaries; `rate` is the first."""
    for boundary, before, value in zip(boundaries, values, values[1:]):
        change = value - before
        rate = rate + change * _is_after(step, boundary)
    return rate


SCHEDULES: dict[str, Callable[..., Tensor]] = {
    "CosineDecay": cosine_decay,
    "ExponentialDecay": exponential_decay,
    "InverseTimeDecay": inverse_time_decay,
    "PiecewiseConstantDecay": piecewise_constant_decay,
    "PolynomialDecay": polynomial_decay,
}
"""The schedules by their names in Keras 2."""


def scheduled(schedule: dict[str, Any], rate: Tensor, step: Tensor) -> Tensor:
    """Returns the learning rate of an update.

    # Arguments
        schedule: dict with the schedule's `class_name`, and its arguments.
        rate: the initial rate.
        step: the number of updates so far.
    """
    arguments = dict(schedule)
    function = SCHEDULES[arguments.pop("class_name")]
    return function(rate, step, **arguments)


def _periods(step: Tensor, decay_steps: float, staircase: bool) -> Tensor:
    if not staircase:
        return step / decay_steps
    # Half a step more is never rounded to the next period, nor to the one before.
    periods = (step + 0.5) / decay_steps
    return K.round(periods - 0.5)


def _share(step: Tensor, steps: float) -> Tensor:
    return K.minimum(step / steps, 1.0)


def _along_cosine(peak, step: Tensor, decay_steps: float, alpha: float) -> Tensor:
    angle = math.pi * _share(step, decay_steps)
    share = 0.5 * (1.0 + K.cos(angle))
    return peak * ((1.0 - alpha) * share + alpha)


def _is_after(step: Tensor, boundary: float) -> Tensor:
    return floats(K.greater(step, boundary))
