"""Schedules and plateaus against PyTorch: epoch by epoch, and between whole epochs by its closed formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Protocol

import pytest

from purenn.schedules import (
    Schedule,
    constant,
    cosine,
    exponential_decay,
    inverse_time,
    linear_decay,
    multi_step,
    reduce_on_plateau,
    step_decay,
    warmup,
)

torch = pytest.importorskip("torch")
lr_scheduler = torch.optim.lr_scheduler

pytestmark = pytest.mark.interop


class Optimizer(Protocol):
    """The part of torch.optim.SGD that is used here."""

    param_groups: list[dict[str, float]]

    def step(self) -> None: ...


class Scheduler(Protocol):
    """The part of the classes in torch.optim.lr_scheduler that is used here."""

    def step(self, epoch: float | None = None) -> None: ...


RATE = 0.4
SCHEDULES: dict[str, tuple[Schedule, Callable[[Optimizer], Scheduler]]] = {
    "constant": (constant(RATE), lambda o: lr_scheduler.ConstantLR(o, factor=1.0)),
    "linear": (
        linear_decay(RATE, epochs=8, final=0.1),
        lambda o: lr_scheduler.LinearLR(o, start_factor=1.0, end_factor=0.25, total_iters=8),
    ),
    "cosine": (cosine(RATE, epochs=12, final=0.1), lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=12, eta_min=0.1)),
    "cosine to 0": (cosine(RATE, epochs=12), lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=12)),
    "step_decay": (step_decay(RATE, every=3, factor=0.5), lambda o: lr_scheduler.StepLR(o, step_size=3, gamma=0.5)),
    "multi_step": (
        multi_step(RATE, milestones=[2, 3, 9], factor=0.3),
        lambda o: lr_scheduler.MultiStepLR(o, milestones=[2, 3, 9], gamma=0.3),
    ),
    "exponential_decay": (exponential_decay(RATE, factor=0.9), lambda o: lr_scheduler.ExponentialLR(o, gamma=0.9)),
    "inverse_time": (
        inverse_time(RATE, decay=0.7),
        lambda o: lr_scheduler.LambdaLR(o, lambda epoch: 1.0 / (1.0 + 0.7 * epoch)),
    ),
}
# Those that PyTorch can chain: their step multiplies the rate that is there, whatever it is.
CHAINABLE = [name for name in SCHEDULES if name not in {"cosine", "inverse_time"}]


def an_optimizer() -> Optimizer:
    made: Optimizer = torch.optim.SGD([torch.zeros(1)], lr=RATE)
    return made


def course(make: Callable[[Optimizer], Scheduler], epochs: int) -> list[float]:
    """The rate in each of PyTorch's epochs."""
    optimizer = an_optimizer()
    scheduler = make(optimizer)
    rates: list[float] = []
    for _ in range(epochs):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize("name", SCHEDULES)
def test_twelve_epochs_of_a_schedule(name: str) -> None:
    ours, theirs = SCHEDULES[name]
    assert [ours(epoch) for epoch in range(12)] == pytest.approx(course(theirs, 12), rel=1e-9)


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.filterwarnings("ignore:The epoch parameter:UserWarning")  # the one way to ask for the closed formula
def test_quarters_of_an_epoch_follow_the_same_formula(name: str) -> None:
    ours, theirs = SCHEDULES[name]
    optimizer = an_optimizer()
    scheduler = theirs(optimizer)
    optimizer.step()
    for quarter in range(48):
        scheduler.step(quarter / 4)
        assert ours(quarter / 4) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)


@pytest.mark.parametrize("start", [0.01, 1 / 3, 1.0])
@pytest.mark.parametrize("name", CHAINABLE)
def test_warmup_in_front_of_a_schedule(name: str, start: float) -> None:
    ours, make = SCHEDULES[name]

    def theirs(optimizer: Optimizer) -> Scheduler:
        rise = lr_scheduler.LinearLR(optimizer, start_factor=start, total_iters=5)
        chained: Scheduler = lr_scheduler.ChainedScheduler([rise, make(optimizer)])
        return chained

    warmed = warmup(ours, epochs=5, start=start)
    assert [warmed(epoch) for epoch in range(12)] == pytest.approx(course(theirs, 12), rel=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_warmup_in_front_of_what_pytorch_cannot_chain(seed: int) -> None:
    rng = Random(seed)
    start, epochs, decay = rng.uniform(0.0, 1.0), rng.randrange(1, 8), rng.uniform(0.1, 2.0)

    def factor(epoch: int) -> float:
        return (start + (1.0 - start) * min(epoch / epochs, 1.0)) / (1.0 + decay * epoch)

    warmed = warmup(inverse_time(RATE, decay), epochs, start)
    theirs = course(lambda o: lr_scheduler.LambdaLR(o, factor), 12)
    assert [warmed(epoch) for epoch in range(12)] == pytest.approx(theirs, rel=1e-9)


def random_losses(rng: Random) -> list[float]:
    """A falling curve with noise, flat stretches, exact repeats, now and then a NaN, an infinity or a value below 0."""
    level, losses = rng.uniform(0.5, 3.0), list[float]()
    for _ in range(rng.randrange(1, 80)):
        level *= rng.choice([1.0, 1.0, 0.9999, 0.99, 0.9])
        noise = rng.choice([0.0, 0.0, rng.gauss(0.0, 0.01), rng.gauss(0.0, 0.3)])
        losses.append(rng.choice([level + noise] * 30 + [math.nan, math.inf, -level]))
    return losses


@pytest.mark.parametrize("seed", range(300))
def test_a_plateau_on_random_losses_with_random_options(seed: int) -> None:
    rng = Random(seed)
    factor, patience, cooldown = rng.choice([0.1, 0.5, 0.9]), rng.choice([0, 1, 2, 3, 10]), rng.choice([0, 0, 1, 2, 5])
    threshold, minimum = rng.choice([0.0, 1e-4, 0.01, 0.3]), rng.choice([0.0, 0.0, 1e-3, 0.2, 0.9])
    ours = reduce_on_plateau(factor=factor, patience=patience, threshold=threshold, cooldown=cooldown, minimum=minimum)
    optimizer = an_optimizer()
    theirs = lr_scheduler.ReduceLROnPlateau(
        optimizer,
        factor=factor,
        patience=patience,
        threshold=threshold,
        cooldown=cooldown,
        min_lr=minimum * RATE,
        eps=0.0,
    )
    losses = random_losses(rng)
    for epochs in range(len(losses) + 1):
        assert RATE * ours(losses[:epochs]) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
        optimizer.step()
        if epochs < len(losses):
            theirs.step(losses[epochs])


@pytest.mark.parametrize("seed", range(20))
def test_a_plateau_with_the_defaults(seed: int) -> None:
    rng = Random(seed)
    optimizer = an_optimizer()
    theirs = lr_scheduler.ReduceLROnPlateau(optimizer)
    losses = [1.0 + rng.choice([0.0, 5e-5, 2e-4]) - epoch * 2e-5 for epoch in range(60)]
    for epochs, loss in enumerate(losses, 1):
        theirs.step(loss)
        # with PyTorch's eps of 1e-8, far below these rates
        assert RATE * reduce_on_plateau()(losses[:epochs]) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
