"""Schedules: the rate at the beginning, on the way, at the end and after it."""

from __future__ import annotations

import pytest

from purenn.schedules import Schedule, constant, cosine, exponential_decay, linear, step_decay, warmup


def rates(schedule: Schedule, *epochs: float) -> list[float]:
    return [schedule(epoch) for epoch in epochs]


def test_constant_stays() -> None:
    assert rates(constant(0.3), 0, 0.5, 1000) == [0.3, 0.3, 0.3]


def test_linear_falls_in_a_line_and_stays_at_its_end() -> None:
    assert rates(linear(1.0, epochs=4), 0, 1, 2.5, 4, 9) == [1.0, 0.75, 0.375, 0.0, 0.0]
    assert rates(linear(1.0, epochs=2, final=0.5), 0, 1, 2, 3) == [1.0, 0.75, 0.5, 0.5]


def test_cosine_falls_slowly_then_fast_then_slowly() -> None:
    # 0.5 (1 + cos(π e / 6)) with cos 60° = 1/2, cos 90° = 0, cos 120° = -1/2
    assert rates(cosine(1.0, epochs=6), 0, 2, 3, 4, 6, 60) == pytest.approx([1.0, 0.75, 0.5, 0.25, 0.0, 0.0])
    # the same between 0.5 and 0.1
    assert rates(cosine(0.5, epochs=6, final=0.1), 0, 2, 3, 6, 7) == pytest.approx([0.5, 0.4, 0.3, 0.1, 0.1])


def test_step_decay_drops_after_whole_epochs_only() -> None:
    expected = [1.0, 1.0, 0.5, 0.5, 0.25]
    assert rates(step_decay(1.0, every=3, factor=0.5), 0, 2.99, 3, 5.5, 6) == expected
    assert rates(step_decay(1.0, every=10), 9, 10, 20) == pytest.approx([1.0, 0.1, 0.01])


def test_exponential_decay_multiplies_by_its_factor_over_each_epoch() -> None:
    # 4 · (1/4)^e; half an epoch halves
    assert rates(exponential_decay(4.0, factor=0.25), 0, 0.5, 1, 2) == [4.0, 2.0, 1.0, 0.25]


def test_warmup_rises_from_zero_and_then_leaves_the_schedule_alone() -> None:
    assert rates(warmup(constant(0.8), epochs=2), 0, 0.5, 1, 2, 3) == pytest.approx([0.0, 0.2, 0.4, 0.8, 0.8])
    # the other schedule goes on underneath: at epoch 1, half of linear's 0.75
    assert rates(warmup(linear(1.0, epochs=4), epochs=2), 1, 2, 3) == [0.375, 0.5, 0.25]


@pytest.mark.parametrize(
    "schedule",
    [linear(0.1, 5), cosine(0.1, 5), step_decay(0.1, 2), exponential_decay(0.1, 0.9)],
    ids=["linear", "cosine", "step_decay", "exponential_decay"],
)
def test_a_decay_never_rises_and_never_goes_below_zero(schedule: Schedule) -> None:
    course = [schedule(step / 10) for step in range(100)]
    assert course[0] == pytest.approx(0.1)
    assert course == sorted(course, reverse=True)
    assert course[-1] >= 0.0


def test_a_schedule_has_no_memory() -> None:
    schedule = warmup(cosine(0.1, 10), 2)
    forth = [schedule(epoch) for epoch in range(12)]
    back = [schedule(epoch) for epoch in reversed(range(12))]
    assert forth == back[::-1]
