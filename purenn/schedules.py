"""Learning-rate schedules: large steps while the goal is far, small ones when it is near.

A schedule is a function from the epochs done so far (2.5 is half-way through the third) to the learning rate. It keeps
no state, so a plot of it is a plot of what training will do.
"""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = ["Schedule", "constant", "cosine", "exponential_decay", "linear", "step_decay", "warmup"]

Schedule = Callable[[float], float]


def constant(learning_rate: float) -> Schedule:
    """The same rate all the time."""
    return lambda epoch: learning_rate


def linear(learning_rate: float, epochs: float, final: float = 0.0) -> Schedule:
    """A straight line from `learning_rate` down to `final` after `epochs`, then flat.

    >>> [linear(0.5, epochs=4)(epoch) for epoch in (0, 1, 4, 5)]
    [0.5, 0.375, 0.0, 0.0]
    """
    _check_positive("epochs", epochs)
    return lambda epoch: learning_rate + (final - learning_rate) * min(epoch / epochs, 1.0)


def cosine(learning_rate: float, epochs: float, final: float = 0.0) -> Schedule:
    """Half a cosine wave down to `final`: slow, fast, slow. Source: Loshchilov and Hutter (2017), equation 5."""
    _check_positive("epochs", epochs)
    return lambda epoch: final + (learning_rate - final) * 0.5 * (1.0 + math.cos(math.pi * min(epoch / epochs, 1.0)))


def step_decay(learning_rate: float, every: int, factor: float = 0.1) -> Schedule:
    """Multiplied by `factor` after each `every` whole epochs."""
    _check_positive("every", every)
    return lambda epoch: learning_rate * factor ** (epoch // every)


def exponential_decay(learning_rate: float, factor: float) -> Schedule:
    """Multiplied by `factor` over each epoch, a little at every step."""
    return lambda epoch: learning_rate * factor**epoch


def warmup(schedule: Schedule, epochs: float) -> Schedule:
    """The given schedule, but rising in a line from 0 over the first `epochs`: fresh weights stand no large steps."""
    _check_positive("epochs", epochs)
    return lambda epoch: schedule(epoch) * min(epoch / epochs, 1.0)


def _check_positive(name: str, value: float) -> None:
    if not value > 0:
        raise ValueError(f"{name} must be above 0, got {value}")
