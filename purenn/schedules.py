"""Learning-rate schedules: large steps while the goal is far, small ones when it is near.

A schedule is a function from the epochs done so far (2.5 is halfway through the third) to the learning rate. It keeps
no state, so a plot of it shows what training will do. A plateau of the loss is only seen during training. Its function
takes the losses so far and returns a factor for the schedule's rate, so it can be combined with any schedule.

To add a schedule, write a function that returns one and `register` it under a name.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TypeVar

from purenn.errors import (
    check_fraction,
    check_function,
    check_kind,
    check_not_negative,
    check_positive,
    check_probability,
    is_a,
)
from purenn.foreign import explained
from purenn.registry import Registry

__all__ = [
    "SCHEDULES",
    "Described",
    "Plateau",
    "Schedule",
    "SchedulePreset",
    "check_rates",
    "checked_rate",
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
    """A schedule with a description, by which a resumed training checks that it has the same schedule.

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
class SchedulePreset:
    """A registered schedule, as `train --schedule NAME` uses it.

    schedule: makes the schedule from a learning rate and the number of epochs. plateau: lowers its rate when the loss
    no longer falls.
    """

    schedule: Callable[[float, int], Schedule]
    plateau: Plateau | None = None


SCHEDULES: Registry[SchedulePreset] = Registry("schedule")

Maker = TypeVar("Maker", bound=Callable[[float, int], Schedule])


def register(name: str, *, plateau: Plateau | None = None) -> Callable[[Maker], Maker]:
    """Register a schedule under this name. Used to decorate a function of a learning rate and a number of epochs.

    plateau: as for `SchedulePreset`. Raises ValueError for a name that is taken.

    >>> @register("halving")
    ... def halving(learning_rate: float, epochs: int) -> Schedule:
    ...     return lambda epoch: learning_rate / 2.0**epoch
    >>> SCHEDULES["halving"].schedule(0.1, 5)(1)
    0.05
    >>> SCHEDULES.remove("halving")
    """

    check_kind("isidentifier", '"mine", as in @register("mine")', name=name)

    def add(maker: Maker) -> Maker:
        SCHEDULES.add(name, SchedulePreset(maker, plateau))
        return maker

    return add


def constant(learning_rate: float) -> Schedule:
    """Keep the learning rate constant."""
    check_positive(learning_rate=learning_rate)
    return Described(f"constant({learning_rate})", lambda epoch: learning_rate)


@explained("schedules")
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


@explained("schedules")
def cosine(learning_rate: float, epochs: float, final: float = 0.0) -> Schedule:
    """Follow half a cosine wave from `learning_rate` down to `final` after `epochs`: slow, fast, slow.

    Source: Loshchilov and Hutter (2017), equation 5.
    """
    check_positive(learning_rate=learning_rate, epochs=epochs)
    check_not_negative(final=final)
    return Described(
        f"cosine({learning_rate}, epochs={epochs}, final={final})",
        lambda epoch: final + (learning_rate - final) * 0.5 * (1.0 + math.cos(math.pi * min(epoch / epochs, 1.0))),
    )


@explained("schedules")
def step_decay(learning_rate: float, every: int, factor: float = 0.1) -> Schedule:
    """Multiply the rate by `factor` after every `every` epochs."""
    check_positive(learning_rate=learning_rate, every=every, factor=factor)
    return Described(
        f"step_decay({learning_rate}, every={every}, factor={factor})",
        lambda epoch: learning_rate * factor ** (epoch // every),
    )


@explained("schedules")
def multi_step(learning_rate: float, milestones: Sequence[float], factor: float = 0.1) -> Schedule:
    """Multiply the rate by `factor` at each of these epochs.

    Raises ValueError unless the milestones are finite, above 0 and in rising order.

    >>> [multi_step(0.5, milestones=[2, 3], factor=0.5)(epoch) for epoch in (0, 1.9, 2, 3, 9)]
    [0.5, 0.5, 0.25, 0.125, 0.125]
    """
    check_positive(learning_rate=learning_rate, factor=factor)
    steps = list(milestones)
    if not all(before < after < math.inf for before, after in zip([0.0, *steps], steps)):
        raise ValueError(f"milestones must be finite numbers above 0, each above the one before, got {steps}")
    return Described(
        f"multi_step({learning_rate}, milestones={steps}, factor={factor})",
        lambda epoch: learning_rate * factor ** bisect_right(steps, epoch),  # the number of milestones so far
    )


@explained("schedules")
def exponential_decay(learning_rate: float, factor: float) -> Schedule:
    """Multiply the rate by `factor` in the course of each epoch, a little at every step."""
    check_positive(learning_rate=learning_rate, factor=factor)
    return Described(f"exponential_decay({learning_rate}, {factor})", lambda epoch: learning_rate * factor**epoch)


@explained("schedules")
def inverse_time(learning_rate: float, decay: float) -> Schedule:
    """Use the rate learning_rate / (1 + decay · epoch): a half after 1 / decay epochs, a third after 2 / decay.

    Such rates add up to infinity and their squares do not, the two conditions of Robbins and Monro (1951): training can
    get anywhere from where it began, and yet the noise of its batches dies away. Exponential decay fails the first
    condition, a constant rate the second.
    """
    check_positive(learning_rate=learning_rate, decay=decay)
    return Described(f"inverse_time({learning_rate}, {decay})", lambda epoch: learning_rate / (1.0 + decay * epoch))


def warmup(schedule: Schedule, epochs: float, start: float = 0.0) -> Schedule:
    """Multiply the given schedule by a factor that rises linearly from `start` to 1 over the first `epochs`.

    New random weights do not tolerate large steps.

    >>> [warmup(constant(0.5), epochs=4, start=0.5)(epoch) for epoch in (0, 2, 4, 5)]
    [0.25, 0.375, 0.5, 0.5]
    """
    check_function(1, "a schedule, such as constant(0.1)", schedule=schedule)
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

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={value}" for name, value in vars(self).items())
        return f"reduce_on_plateau({options})"

    def __call__(self, losses: Sequence[float]) -> float:
        scale, best = 1.0, math.inf
        bad, rest = 0, 0  # epochs in a row without a better loss; epochs left of the cooldown
        for loss in losses:  # from the start each time: this costs little, and there is no state to save
            bad += 1
            if loss < best * (1.0 - self.threshold):
                best, bad = loss, 0
            if rest:
                rest, bad = rest - 1, 0
            if bad > self.patience:
                scale, rest, bad = max(scale * self.factor, self.minimum), self.cooldown, 0
        return scale


@explained("reduce_on_plateau")
def reduce_on_plateau(
    *, factor: float = 0.1, patience: int = 10, threshold: float = 1e-4, cooldown: int = 0, minimum: float = 0.0
) -> Plateau:
    """Reduce the learning rate when the loss no longer falls.

    The result is a function of the losses of all epochs done (validation losses, if there are any). It returns the
    factor for the schedule's rate in the next epoch. This starts at 1. Each time more than `patience` epochs in a row
    bring no better loss, it is multiplied by `factor`, but not reduced below `minimum`. A loss is better if it is below
    the best so far times (1 - threshold). The `cooldown` epochs after a reduction do not count.

    These are the rules of PyTorch's ReduceLROnPlateau, except that `minimum` is a part of the schedule's rate, unlike
    min_lr, and that there is no eps, which leaves out reductions that are too small.

    >>> plateau = reduce_on_plateau(factor=0.5, patience=1)
    >>> [plateau([0.9, 0.7, 0.7, 0.7, 0.6][:epochs]) for epochs in range(6)]
    [1.0, 1.0, 1.0, 1.0, 0.5, 0.5]
    """
    if not 0.0 < factor < 1.0:
        raise ValueError(f"factor must be between 0 and 1, got {factor}")
    check_fraction(threshold=threshold, minimum=minimum)
    check_not_negative(patience=patience, cooldown=cooldown)
    return _ReduceOnPlateau(factor, patience, threshold, cooldown, minimum)


def check_rates(schedule: Schedule | None, plateau: Plateau | None) -> None:
    """Raise TypeError for a schedule or a plateau that training cannot call, or for one in the other's place."""
    if is_a(schedule, _ReduceOnPlateau):
        raise TypeError(f"schedule is {schedule}, which lowers the rate of a schedule: pass it as plateau=")
    if is_a(plateau, Described):
        raise TypeError(f"plateau is {plateau}, which is a schedule: pass it as schedule=")
    if schedule is not None:
        check_function(1, "a function of the epochs done, such as linear_decay(0.1, epochs=10)", schedule=schedule)
    if plateau is not None:
        check_function(1, "a function of the losses so far, such as reduce_on_plateau(factor=0.5)", plateau=plateau)


def checked_rate(rate: object, epoch: float) -> float:
    """Return what a schedule gives after so many epochs. Raises ValueError if it is no learning rate."""
    if not (isinstance(rate, Real) and 0.0 <= float(rate) < math.inf):
        what = f"the schedule gives {rate!r:.40} after {epoch:g} epochs"
        raise ValueError(f"{what}, expected a learning rate, a finite number of at least 0")
    return float(rate)


# The schedules by name, with common values for their other arguments.


@register("constant")
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
    return exponential_decay(learning_rate, 0.01 ** (1.0 / epochs))  # a hundredth of the rate in the end


@register("inverse-time")
def _inverse_time(learning_rate: float, epochs: int) -> Schedule:
    return inverse_time(learning_rate, 9.0 / epochs)  # a tenth of the rate in the end


@register("plateau", plateau=reduce_on_plateau(factor=0.5, patience=2))
def _plateau(learning_rate: float, epochs: int) -> Schedule:
    return constant(learning_rate)
