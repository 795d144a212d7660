"""Learning-rate schedules: large steps while the goal is far, small ones when it is near.

A schedule is a function from the epochs done so far (2.5 is half-way through the third) to the learning rate. It keeps
no state, so a plot of it is a plot of what training will do. A plateau can only be seen in the course of training: its
function takes the losses so far and returns a factor for the schedule's rate, so that it goes with any schedule.

To add a schedule, write a function that returns one and `register` it under a name.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from purenn.errors import check_fraction, check_not_negative, check_positive, check_probability
from purenn.registry import Registry

__all__ = [
    "SCHEDULES",
    "Course",
    "Described",
    "Plateau",
    "Schedule",
    "constant",
    "cosine",
    "exponential_decay",
    "inverse_time",
    "linear_decay",
    "multi_step",
    "reduce_on_plateau",
    "register",
    "step_decay",
    "warmup",
]

Schedule = Callable[[float], float]
Plateau = Callable[[Sequence[float]], float]


@dataclass(frozen=True)
class Described:
    """A schedule that can say what it is, so that a resumed training can tell whether it has the same one.

    >>> cosine(0.1, epochs=10)
    cosine(0.1, epochs=10, final=0.0)
    """

    description: str
    rate: Schedule

    def __call__(self, epoch: float) -> float:
        return self.rate(epoch)

    def __repr__(self) -> str:
        return self.description


@dataclass(frozen=True)
class Course:
    """A schedule by name: how `train --schedule NAME` makes it from a learning rate and the number of epochs.

    plateau: lowers the schedule's rate when the loss no longer falls. open_ended: whether the schedule does not depend
    on the number of epochs, so that more can be added to a training.
    """

    schedule: Callable[[float, int], Schedule]
    plateau: Plateau | None = None
    open_ended: bool = False


SCHEDULES: Registry[Course] = Registry("schedule")

Maker = TypeVar("Maker", bound=Callable[[float, int], Schedule])


def register(name: str, *, plateau: Plateau | None = None, open_ended: bool = False) -> Callable[[Maker], Maker]:
    """Make a schedule known by this name: a decorator for a function of a learning rate and a number of epochs.

    Raises ValueError for a name that is taken.

    >>> @register("halving")
    ... def halving(learning_rate: float, epochs: int) -> Schedule:
    ...     return lambda epoch: learning_rate / 2.0**epoch
    >>> SCHEDULES["halving"].schedule(0.1, 5)(1)
    0.05
    >>> SCHEDULES.remove("halving")
    """

    def add(maker: Maker) -> Maker:
        SCHEDULES.add(name, Course(maker, plateau, open_ended))
        return maker

    return add


def constant(learning_rate: float) -> Schedule:
    """Keep the same rate all the time."""
    check_positive(learning_rate=learning_rate)
    return Described(f"constant({learning_rate})", lambda epoch: learning_rate)


def linear_decay(learning_rate: float, epochs: float, final: float = 0.0) -> Schedule:
    """Follow a straight line from `learning_rate` down to `final` after `epochs`, then stay there.

    >>> [linear_decay(0.5, epochs=4)(epoch) for epoch in (0, 1, 4, 5)]
    [0.5, 0.375, 0.0, 0.0]
    """
    check_positive(learning_rate=learning_rate, epochs=epochs)
    check_not_negative(final=final)
    return Described(
        f"linear_decay({learning_rate}, epochs={epochs}, final={final})",
        lambda epoch: learning_rate + (final - learning_rate) * min(epoch / epochs, 1.0),
    )


def cosine(learning_rate: float, epochs: float, final: float = 0.0) -> Schedule:
    """Follow half a cosine wave down to `final`: slow, fast, slow. Source: Loshchilov and Hutter (2017), equation 5."""
    check_positive(learning_rate=learning_rate, epochs=epochs)
    check_not_negative(final=final)
    return Described(
        f"cosine({learning_rate}, epochs={epochs}, final={final})",
        lambda epoch: final + (learning_rate - final) * 0.5 * (1.0 + math.cos(math.pi * min(epoch / epochs, 1.0))),
    )


def step_decay(learning_rate: float, every: int, factor: float = 0.1) -> Schedule:
    """Multiply the rate by `factor` after each `every` whole epochs."""
    check_positive(learning_rate=learning_rate, every=every, factor=factor)
    return Described(
        f"step_decay({learning_rate}, every={every}, factor={factor})",
        lambda epoch: learning_rate * factor ** (epoch // every),
    )


def multi_step(learning_rate: float, milestones: Sequence[float], factor: float = 0.1) -> Schedule:
    """Multiply the rate by `factor` at each of these epochs. ValueError unless they are above 0 and in rising order.

    >>> [multi_step(0.5, milestones=[2, 3], factor=0.5)(epoch) for epoch in (0, 1.9, 2, 3, 9)]
    [0.5, 0.5, 0.25, 0.125, 0.125]
    """
    check_positive(learning_rate=learning_rate, factor=factor)
    steps = list(milestones)
    if not all(before < after < math.inf for before, after in zip([0.0, *steps], steps)):
        raise ValueError(f"milestones must be finite numbers above 0, each above the one before, got {steps}")
    return Described(
        f"multi_step({learning_rate}, milestones={steps}, factor={factor})",
        lambda epoch: learning_rate * factor ** bisect_right(steps, epoch),  # as many as there are up to this epoch
    )


def exponential_decay(learning_rate: float, factor: float) -> Schedule:
    """Multiply the rate by `factor` over each epoch, a little at every step."""
    check_positive(learning_rate=learning_rate, factor=factor)
    return Described(f"exponential_decay({learning_rate}, {factor})", lambda epoch: learning_rate * factor**epoch)


def inverse_time(learning_rate: float, decay: float) -> Schedule:
    """Use the rate learning_rate / (1 + decay · epoch): half after 1 / decay epochs, a third after 2 / decay.

    Such rates add up to infinity and their squares do not, the conditions of Robbins and Monro (1951): training can get
    anywhere from where it began, and still the noise of its batches dies away. Exponential decay fails the first, a
    constant rate the second.
    """
    check_positive(learning_rate=learning_rate, decay=decay)
    return Described(f"inverse_time({learning_rate}, {decay})", lambda epoch: learning_rate / (1.0 + decay * epoch))


def warmup(schedule: Schedule, epochs: float, start: float = 0.0) -> Schedule:
    """Multiply the given schedule by a factor that rises in a line from `start` to 1 over the first `epochs`.

    Fresh weights do not stand large steps.

    >>> [warmup(constant(0.5), epochs=4, start=0.5)(epoch) for epoch in (0, 2, 4, 5)]
    [0.25, 0.375, 0.5, 0.5]
    """
    check_positive(epochs=epochs)
    check_probability(start=start)
    return Described(
        f"warmup({schedule}, epochs={epochs}, start={start})",
        lambda epoch: schedule(epoch) * (start + (1.0 - start) * min(epoch / epochs, 1.0)),
    )


@dataclass(frozen=True)
class _ReduceOnPlateau:
    factor: float
    patience: int
    threshold: float
    cooldown: int
    minimum: float

    def __call__(self, losses: Sequence[float]) -> float:
        scale, best = 1.0, math.inf
        bad, rest = 0, 0  # epochs in a row that were not better, and those left of the cooldown
        for loss in losses:  # from the start each time: it costs next to nothing, and there is no state to save
            bad += 1
            if loss < best * (1.0 - self.threshold):
                best, bad = loss, 0
            if rest:
                rest, bad = rest - 1, 0
            if bad > self.patience:
                scale, rest, bad = max(scale * self.factor, self.minimum), self.cooldown, 0
        return scale


def reduce_on_plateau(
    *, factor: float = 0.1, patience: int = 10, threshold: float = 1e-4, cooldown: int = 0, minimum: float = 0.0
) -> Plateau:
    """Take smaller steps when the loss no longer falls.

    The result is a function of the losses of all epochs done (validation losses, if there are any). It returns the
    number by which the schedule's rate is multiplied in the next epoch. The number begins at 1 and is multiplied by
    `factor`, but never below `minimum`, each time more than `patience` epochs in a row were not better: no lower than
    the best loss so far times (1 - threshold). The `cooldown` epochs after that do not count. These are the rules of
    PyTorch's ReduceLROnPlateau, with its min_lr as a part of the schedule's rate, and without its eps, which leaves out
    steps too small to matter.

    >>> plateau = reduce_on_plateau(factor=0.5, patience=1)
    >>> [plateau([0.9, 0.7, 0.7, 0.7, 0.6][:epochs]) for epochs in range(6)]
    [1.0, 1.0, 1.0, 1.0, 0.5, 0.5]
    """
    if not 0.0 < factor < 1.0:
        raise ValueError(f"factor must be between 0 and 1, got {factor}")
    check_fraction(threshold=threshold, minimum=minimum)
    check_not_negative(patience=patience, cooldown=cooldown)
    return _ReduceOnPlateau(factor, patience, threshold, cooldown, minimum)


# By name, with what is usual for the rest.


@register("constant", open_ended=True)
def _constant(learning_rate: float, epochs: int) -> Schedule:
    return constant(learning_rate)


@register("linear")
def _linear(learning_rate: float, epochs: int) -> Schedule:
    return linear_decay(learning_rate, epochs, final=learning_rate / 20.0)


@register("cosine")
def _cosine(learning_rate: float, epochs: int) -> Schedule:
    return cosine(learning_rate, epochs)


@register("step")
def _step(learning_rate: float, epochs: int) -> Schedule:
    return step_decay(learning_rate, every=max(epochs // 3, 1))


@register("exponential")
def _exponential(learning_rate: float, epochs: int) -> Schedule:
    return exponential_decay(learning_rate, 0.01 ** (1.0 / epochs))  # to a hundredth


@register("inverse-time")
def _inverse_time(learning_rate: float, epochs: int) -> Schedule:
    return inverse_time(learning_rate, 9.0 / epochs)  # to a tenth


@register("plateau", plateau=reduce_on_plateau(factor=0.5, patience=2), open_ended=True)
def _plateau(learning_rate: float, epochs: int) -> Schedule:
    return constant(learning_rate)
