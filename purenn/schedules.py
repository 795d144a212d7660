"""Learning-rate schedules: large steps while the goal is far, small ones when it is near.

A schedule is a function from the epochs done so far (2.5 is half-way through the third) to the learning rate. It keeps
no state, so a plot of it is a plot of what training will do. What only the course of training can tell, a plateau, is a
function of the losses so far: it returns what the schedule's rate is multiplied by, so that it goes with any schedule.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence

__all__ = [
    "Plateau",
    "Schedule",
    "constant",
    "cosine",
    "exponential_decay",
    "inverse_time",
    "linear",
    "multi_step",
    "reduce_on_plateau",
    "step_decay",
    "warmup",
]

Schedule = Callable[[float], float]
Plateau = Callable[[Sequence[float]], float]


def constant(learning_rate: float) -> Schedule:
    """The same rate all the time."""
    _check_positive(learning_rate=learning_rate)
    return lambda epoch: learning_rate


def linear(learning_rate: float, epochs: float, final: float = 0.0) -> Schedule:
    """A straight line from `learning_rate` down to `final` after `epochs`, then flat.

    >>> [linear(0.5, epochs=4)(epoch) for epoch in (0, 1, 4, 5)]
    [0.5, 0.375, 0.0, 0.0]
    """
    _check_positive(learning_rate=learning_rate, epochs=epochs)
    _check_not_negative(final=final)
    return lambda epoch: learning_rate + (final - learning_rate) * min(epoch / epochs, 1.0)


def cosine(learning_rate: float, epochs: float, final: float = 0.0) -> Schedule:
    """Half a cosine wave down to `final`: slow, fast, slow. Source: Loshchilov and Hutter (2017), equation 5."""
    _check_positive(learning_rate=learning_rate, epochs=epochs)
    _check_not_negative(final=final)
    return lambda epoch: final + (learning_rate - final) * 0.5 * (1.0 + math.cos(math.pi * min(epoch / epochs, 1.0)))


def step_decay(learning_rate: float, every: int, factor: float = 0.1) -> Schedule:
    """Multiplied by `factor` after each `every` whole epochs."""
    _check_positive(learning_rate=learning_rate, every=every, factor=factor)
    return lambda epoch: learning_rate * factor ** (epoch // every)


def multi_step(learning_rate: float, milestones: Sequence[float], factor: float = 0.1) -> Schedule:
    """Multiplied by `factor` at each of these epochs. ValueError unless they are above 0 and each above the last.

    >>> [multi_step(0.5, milestones=[2, 3], factor=0.5)(epoch) for epoch in (0, 1.9, 2, 3, 9)]
    [0.5, 0.5, 0.25, 0.125, 0.125]
    """
    _check_positive(learning_rate=learning_rate, factor=factor)
    steps = list(milestones)
    if not all(before < after < math.inf for before, after in zip([0.0, *steps], steps)):
        raise ValueError(f"milestones must be finite numbers above 0, each above the one before, got {steps}")
    return lambda epoch: learning_rate * factor ** bisect_right(steps, epoch)  # as many as there are up to this epoch


def exponential_decay(learning_rate: float, factor: float) -> Schedule:
    """Multiplied by `factor` over each epoch, a little at every step."""
    _check_positive(learning_rate=learning_rate, factor=factor)
    return lambda epoch: learning_rate * factor**epoch


def inverse_time(learning_rate: float, decay: float) -> Schedule:
    """learning_rate / (1 + decay · epoch): half after 1 / decay epochs, a third after 2 / decay.

    Such rates add up to infinity and their squares do not, the conditions of Robbins and Monro (1951): training can get
    anywhere from where it began, and still the noise of its batches dies away. Exponential decay fails the first, a
    constant rate the second.
    """
    _check_positive(learning_rate=learning_rate, decay=decay)
    return lambda epoch: learning_rate / (1.0 + decay * epoch)


def warmup(schedule: Schedule, epochs: float, start: float = 0.0) -> Schedule:
    """The given schedule times a factor that rises in a line from `start` to 1 over the first `epochs`: fresh weights
    stand no large steps.

    >>> [warmup(constant(0.5), epochs=4, start=0.5)(epoch) for epoch in (0, 2, 4, 5)]
    [0.25, 0.375, 0.5, 0.5]
    """
    _check_positive(epochs=epochs)
    if not 0.0 <= start <= 1.0:
        raise ValueError(f"start must be in [0, 1], got {start}")
    return lambda epoch: schedule(epoch) * (start + (1.0 - start) * min(epoch / epochs, 1.0))


def reduce_on_plateau(
    *, factor: float = 0.1, patience: int = 10, threshold: float = 1e-4, cooldown: int = 0, minimum: float = 0.0
) -> Plateau:
    """Smaller steps when the loss no longer falls: given the losses of all epochs done, those of validation samples if
    there are any, it returns the number by which the schedule's rate is multiplied in the next.

    The number begins at 1 and is multiplied by `factor`, but never below `minimum`, each time more than `patience`
    epochs in a row were not better: no lower than the best loss so far times (1 - threshold). The `cooldown` epochs
    after that do not count. These are the rules of PyTorch's ReduceLROnPlateau, with its min_lr as a part of the
    schedule's rate, and without its eps, which leaves out steps too small to matter.

    >>> plateau = reduce_on_plateau(factor=0.5, patience=1)
    >>> [plateau([0.9, 0.7, 0.7, 0.7, 0.6][:epochs]) for epochs in range(6)]
    [1.0, 1.0, 1.0, 1.0, 0.5, 0.5]
    """
    if not 0.0 < factor < 1.0:
        raise ValueError(f"factor must be between 0 and 1, got {factor}")
    for name, value in (("threshold", threshold), ("minimum", minimum)):
        if not 0.0 <= value < 1.0:
            raise ValueError(f"{name} must be in [0, 1), got {value}")
    _check_not_negative(patience=patience, cooldown=cooldown)

    def multiplier(losses: Sequence[float]) -> float:
        scale, best = 1.0, math.inf
        bad, rest = 0, 0  # epochs in a row that were not better, and those left of the cooldown
        for loss in losses:  # from the start each time: it costs next to nothing, and there is no state to save
            bad += 1
            if loss < best * (1.0 - threshold):
                best, bad = loss, 0
            if rest:
                rest, bad = rest - 1, 0
            if bad > patience:
                scale, rest, bad = max(scale * factor, minimum), cooldown, 0
        return scale

    return multiplier


def _check_positive(**options: float) -> None:
    for name, value in options.items():
        if not (value > 0 and math.isfinite(value)):
            raise ValueError(f"{name} must be a finite number above 0, got {value}")


def _check_not_negative(**options: float) -> None:
    for name, value in options.items():
        if not (value >= 0 and math.isfinite(value)):
            raise ValueError(f"{name} must be a finite number of at least 0, got {value}")
