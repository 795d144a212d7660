"""Schedules: the rate at the beginning, on the way, at the end and after it; and how a plateau lowers it."""

from __future__ import annotations

import math
from collections.abc import Callable
from math import inf, nan
from operator import methodcaller

import pytest

from purenn.optimizers import Adam
from purenn.schedules import (
    SCHEDULES,
    Described,
    Plateau,
    Schedule,
    checked_rate,
    constant,
    cosine,
    exponential_decay,
    inverse_time,
    linear_decay,
    multi_step,
    reduce_on_plateau,
    register,
    step_decay,
    warmup,
)


def rates(schedule: Schedule, *epochs: float) -> list[float]:
    return [schedule(epoch) for epoch in epochs]


def test_constant_stays() -> None:
    assert rates(constant(0.3), 0, 0.5, 1000) == [0.3, 0.3, 0.3]


def test_linear_decay_falls_in_a_line_and_stays_at_its_end() -> None:
    assert rates(linear_decay(1.0, epochs=4), 0, 1, 2.5, 4, 9) == [1.0, 0.75, 0.375, 0.0, 0.0]
    assert rates(linear_decay(1.0, epochs=2, final=0.5), 0, 1, 2, 3) == [1.0, 0.75, 0.5, 0.5]


def test_cosine_falls_slowly_then_fast_then_slowly() -> None:
    # 0.5 (1 + cos(π e / 6)) with cos 60° = 1/2, cos 90° = 0, cos 120° = -1/2
    assert rates(cosine(1.0, epochs=6), 0, 2, 3, 4, 6, 60) == pytest.approx([1.0, 0.75, 0.5, 0.25, 0.0, 0.0])
    # the same between 0.5 and 0.1
    assert rates(cosine(0.5, epochs=6, final=0.1), 0, 2, 3, 6, 7) == pytest.approx([0.5, 0.4, 0.3, 0.1, 0.1])


def test_step_decay_drops_after_whole_epochs_only() -> None:
    expected = [1.0, 1.0, 0.5, 0.5, 0.25]
    assert rates(step_decay(1.0, every=3, factor=0.5), 0, 2.99, 3, 5.5, 6) == expected
    assert rates(step_decay(1.0, every=10), 9, 10, 20) == pytest.approx([1.0, 0.1, 0.01])


def test_multi_step_drops_at_each_milestone() -> None:
    expected = [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    assert rates(multi_step(1.0, milestones=[2, 5.5], factor=0.5), 0, 1.99, 2, 5.4, 5.5, 100) == expected
    assert rates(multi_step(1.0, milestones=[1, 2]), 0, 1, 2) == pytest.approx([1.0, 0.1, 0.01])
    assert rates(multi_step(1.0, milestones=[]), 0, 100) == [1.0, 1.0]


def test_multi_step_keeps_its_milestones_to_itself() -> None:
    milestones = [2.0]
    schedule = multi_step(1.0, milestones, factor=0.5)
    milestones[0] = 1.0
    assert schedule(1) == 1.0


def test_exponential_decay_multiplies_by_its_factor_over_each_epoch() -> None:
    # 4 · (1/4)^e; half an epoch halves
    assert rates(exponential_decay(4.0, factor=0.25), 0, 0.5, 1, 2) == [4.0, 2.0, 1.0, 0.25]


def test_inverse_time_is_half_then_a_third_then_a_quarter() -> None:
    # 0.6 / (1 + e / 2)
    assert rates(inverse_time(0.6, decay=0.5), 0, 1, 2, 4, 6) == pytest.approx([0.6, 0.4, 0.3, 0.2, 0.15])


def test_inverse_time_meets_the_conditions_of_robbins_and_monro() -> None:
    # Σ 1/(1 + e) over e from n to 2n - 1 tends to ln 2 however large n is, so the rates add up to infinity;
    # Σ 1/(1 + e)² over the same goes to 0 as 1/(2n), so their squares do not.
    schedule = inverse_time(1.0, decay=1.0)
    for n in (100, 1_000, 10_000):
        later = [schedule(epoch) for epoch in range(n, 2 * n)]
        assert sum(later) == pytest.approx(0.693147, rel=0.01)
        assert sum(rate * rate for rate in later) == pytest.approx(0.5 / n, rel=0.02)


def test_warmup_rises_from_zero_and_then_leaves_the_schedule_alone() -> None:
    assert rates(warmup(constant(0.8), epochs=2), 0, 0.5, 1, 2, 3) == pytest.approx([0.0, 0.2, 0.4, 0.8, 0.8])
    # the other schedule goes on underneath: at epoch 1, half of linear_decay's 0.75
    assert rates(warmup(linear_decay(1.0, epochs=4), epochs=2), 1, 2, 3) == [0.375, 0.5, 0.25]


def test_warmup_may_start_above_zero() -> None:
    # the factor is 1/4 + 3/4 · e/3
    assert rates(warmup(constant(0.8), epochs=3, start=0.25), 0, 1, 2, 3, 4) == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.8])
    # step_decay halves at epoch 2, while the factor is 3/4
    assert rates(warmup(step_decay(1.0, every=2, factor=0.5), epochs=4, start=0.5), 1, 2, 4) == [0.625, 0.375, 0.25]
    assert rates(warmup(constant(0.8), epochs=3, start=1.0), 0, 1) == [0.8, 0.8]


@pytest.mark.parametrize(
    "schedule",
    [
        linear_decay(0.1, 5),
        cosine(0.1, 5),
        step_decay(0.1, 2),
        multi_step(0.1, [1, 4]),
        exponential_decay(0.1, 0.9),
        inverse_time(0.1, 1.0),
    ],
    ids=["linear_decay", "cosine", "step_decay", "multi_step", "exponential_decay", "inverse_time"],
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


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: constant(0.0), "learning_rate must be a finite number above 0, got 0.0"),
        (lambda: linear_decay(-0.1, 5), "learning_rate must be a finite number above 0, got -0.1"),
        (lambda: linear_decay(0.1, 0), "epochs must be a finite number above 0, got 0"),
        (lambda: linear_decay(0.1, 5, final=-1.0), "final must be a finite number of at least 0, got -1.0"),
        (lambda: cosine(0.1, inf), "epochs must be a finite number above 0, got inf"),
        (lambda: cosine(nan, 5), "learning_rate must be a finite number above 0, got nan"),
        (lambda: cosine(0.1, 5, final=nan), "final must be a finite number of at least 0, got nan"),
        (lambda: step_decay(0.1, -1), "every must be a finite number above 0, got -1"),
        (lambda: step_decay(0.1, 1, factor=0.0), "factor must be a finite number above 0, got 0.0"),
        (lambda: step_decay(inf, 1), "learning_rate must be a finite number above 0, got inf"),
        (lambda: multi_step(0.0, [1]), "learning_rate must be a finite number above 0, got 0.0"),
        (lambda: multi_step(0.1, [1], factor=-0.5), "factor must be a finite number above 0, got -0.5"),
        (lambda: multi_step(0.1, [0, 2]), r"milestones must be .* above the one before, got \[0, 2\]"),
        (lambda: multi_step(0.1, [3, 2]), r"got \[3, 2\]"),
        (lambda: multi_step(0.1, [2, 2]), r"got \[2, 2\]"),
        (lambda: multi_step(0.1, [1, inf]), r"got \[1, inf\]"),
        (lambda: multi_step(0.1, [nan]), r"got \[nan\]"),
        (lambda: exponential_decay(0.1, inf), "factor must be a finite number above 0, got inf"),
        (lambda: exponential_decay(0.0, 0.5), "learning_rate must be a finite number above 0, got 0.0"),
        (lambda: inverse_time(0.1, 0.0), "decay must be a finite number above 0, got 0.0"),
        (lambda: inverse_time(-1.0, 1.0), "learning_rate must be a finite number above 0, got -1.0"),
        (lambda: warmup(constant(0.1), 0), "epochs must be a finite number above 0, got 0"),
        (lambda: warmup(constant(0.1), 2, start=-0.1), r"start must be in \[0, 1\], got -0.1"),
        (lambda: warmup(constant(0.1), 2, start=1.5), r"start must be in \[0, 1\], got 1.5"),
    ],
)
def test_bad_numbers_are_refused(make: Callable[[], Schedule], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


# Descriptions.

DESCRIBED: dict[str, Schedule] = {
    "constant(0.3)": constant(0.3),
    "linear_decay(0.5, epochs=4, final=0.1)": linear_decay(0.5, epochs=4, final=0.1),
    "cosine(0.1, epochs=10, final=0.0)": cosine(0.1, epochs=10),
    "step_decay(0.1, every=3, factor=0.5)": step_decay(0.1, every=3, factor=0.5),
    "multi_step(0.5, milestones=[2, 3.5], factor=0.1)": multi_step(0.5, milestones=(2, 3.5)),
    "exponential_decay(0.1, 0.9)": exponential_decay(0.1, 0.9),
    "inverse_time(0.1, 2.0)": inverse_time(0.1, 2.0),
    "warmup(cosine(0.1, epochs=8, final=0.01), epochs=2, start=0.25)": warmup(
        cosine(0.1, epochs=8, final=0.01), epochs=2, start=0.25
    ),
}


@pytest.mark.parametrize("description", DESCRIBED)
def test_a_schedule_is_described_by_the_call_that_makes_it(description: str) -> None:
    schedule = DESCRIBED[description]
    assert isinstance(schedule, Described)
    assert (repr(schedule), str(schedule)) == (description, description)
    again: Schedule = eval(description)
    assert repr(again) == description
    assert [again(step / 4) for step in range(60)] == [schedule(step / 4) for step in range(60)]


def test_a_described_schedule_has_the_rates_of_the_function_in_it() -> None:
    schedule = Described("falling", lambda epoch: 1.0 / (1.0 + epoch))
    assert (repr(schedule), rates(schedule, 0, 1, 3)) == ("falling", [1.0, 0.5, 0.25])
    assert rates(warmup(schedule, epochs=2), 1, 3) == [0.25, 0.25]
    assert repr(warmup(schedule, epochs=2)) == "warmup(falling, epochs=2, start=0.0)"


# By name.

# as in the textbook: the rate at some epochs of ten, for a learning rate of 0.6
COURSES: dict[str, tuple[bool, list[float]]] = {
    "constant": (True, [0.6, 0.6, 0.6, 0.6]),
    "linear": (False, [0.6, 0.6 - 0.57 * 0.25, 0.6 - 0.57 * 0.9, 0.03]),  # to a twentieth
    "cosine": (False, [0.6, 0.3 * (1 + 0.5**0.5), 0.3 * (1 + math.cos(0.9 * math.pi)), 0.0]),
    "step": (False, [0.6, 0.6, 0.0006, 0.0006]),  # a tenth after 3, 6 and 9 epochs
    "exponential": (False, [0.6, 0.6 * 0.01**0.25, 0.6 * 0.01**0.9, 0.006]),  # to a hundredth
    "inverse-time": (False, [0.6, 0.6 / 3.25, 0.6 / 9.1, 0.06]),  # to a tenth
    "plateau": (True, [0.6, 0.6, 0.6, 0.6]),
}


def test_every_course_has_a_name_in_the_order_of_the_help() -> None:
    assert list(SCHEDULES)[: len(COURSES)] == list(COURSES)


@pytest.mark.parametrize("name", COURSES)
def test_a_course_runs_over_the_epochs_it_is_made_for(name: str) -> None:
    open_ended, expected = COURSES[name]
    course = SCHEDULES[name]
    assert rates(course.schedule(0.6, 10), 0, 2.5, 9, 10) == pytest.approx(expected)
    # an open-ended one has the same rates for more epochs, so epochs can be added; the others have not
    longer = course.schedule(0.6, 20)
    assert (rates(longer, 0, 5, 9, 10) == rates(course.schedule(0.6, 10), 0, 5, 9, 10)) is open_ended


@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_a_course_of_few_epochs_begins_at_its_rate(epochs: int) -> None:
    assert {name: SCHEDULES[name].schedule(0.6, epochs)(0) for name in COURSES} == dict.fromkeys(COURSES, 0.6)


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("epochs", [1, 2, 3, 10])
def test_every_registered_schedule_has_finite_rates_that_are_never_negative_nor_all_zero(
    name: str, epochs: int
) -> None:
    schedule = SCHEDULES[name].schedule(0.6, epochs)
    within = [schedule(step / 4) for step in range(4 * epochs)]  # a warm-up may begin at 0, a decay may end there
    assert all(0.0 <= rate < inf for rate in [*within, schedule(epochs), schedule(2 * epochs)])
    assert max(within) > 0.0


def test_only_the_plateau_watches_the_losses() -> None:
    assert [name for name in COURSES if SCHEDULES[name].plateau] == ["plateau"]
    plateau = SCHEDULES["plateau"].plateau
    assert plateau is not None
    # half after more than two epochs without progress
    assert course(plateau, [1.0] * 7) == [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25]
    assert plateau == reduce_on_plateau(factor=0.5, patience=2)


def test_a_registered_schedule_is_found_by_its_name() -> None:
    halves = reduce_on_plateau(factor=0.5)

    @register("halving", plateau=halves)
    def halving(learning_rate: float, epochs: int) -> Schedule:
        return lambda epoch: learning_rate / 2.0**epoch

    found = SCHEDULES["halving"]
    assert (found.schedule, found.plateau) == (halving, halves)
    assert rates(found.schedule(0.8, 3), 0, 1, 2) == [0.8, 0.4, 0.2]
    with pytest.raises(ValueError, match=r"^another schedule is called 'halving' already"):
        register("halving")(halving)
    said = r"^no schedule is called 'steps'; there are: constant, .*, halving; did you mean step\?$"
    with pytest.raises(ValueError, match=said):
        SCHEDULES["steps"]


# Plateaus.


def course(plateau: Plateau, losses: list[float]) -> list[float]:
    """Return the multiplier before the first epoch, after one, after two, …"""
    return [plateau(losses[:epochs]) for epochs in range(len(losses) + 1)]


def test_a_plateau_is_more_than_patience_epochs_without_progress() -> None:
    # the third and the fourth epoch are bad, one more than the patience of 1; so are the fifth and the sixth
    losses = [3.0, 2.0, 2.0, 2.5, 2.0, 2.1, 1.0]
    expected = [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    assert course(reduce_on_plateau(factor=0.5, patience=1), losses) == expected


def test_progress_resets_the_count() -> None:
    losses = [2.0, 2.0, 1.0, 1.0, 0.5, 0.5]  # never two bad epochs in a row
    assert course(reduce_on_plateau(patience=1), losses) == [1.0] * 7


def test_progress_is_measured_from_the_best_loss_and_not_from_the_last() -> None:
    assert reduce_on_plateau(factor=0.5, patience=1)([1.0, 3.0, 2.0]) == 0.5


def test_progress_smaller_than_the_threshold_does_not_count() -> None:
    # to be better than 2 by a tenth of it, a loss must be below 1.8
    plateau = reduce_on_plateau(factor=0.5, patience=0, threshold=0.1)
    assert plateau([2.0, 1.81]) == plateau([2.0, 1.8]) == 0.5
    assert plateau([2.0, 1.79]) == 1.0


def test_the_epochs_of_the_cooldown_do_not_count() -> None:
    # epoch 2 is bad; 3 and 4 are left out; 5 is bad again
    expected = [1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25]
    assert course(reduce_on_plateau(factor=0.5, patience=0, cooldown=2), [1.0] * 6) == expected


def test_a_best_loss_of_the_cooldown_is_remembered() -> None:
    plateau = reduce_on_plateau(factor=0.5, patience=0, cooldown=1)
    assert plateau([2.0, 2.0, 1.0, 1.5]) == 0.25  # 1.5 would be progress if the 1.0 in the cooldown had been missed


def test_the_multiplier_stops_at_its_minimum() -> None:
    assert course(reduce_on_plateau(factor=0.5, patience=0, minimum=0.2), [1.0] * 5) == [1.0, 1.0, 0.5, 0.25, 0.2, 0.2]


def test_the_defaults_are_a_tenth_after_ten_bad_epochs_and_one() -> None:
    plateau = reduce_on_plateau()
    assert plateau([1.0] * 11) == 1.0
    assert plateau([1.0] * 12) == 0.1
    assert plateau([1.0, *[0.9999] * 11]) == 0.1  # not below 1 · (1 - 0.0001)
    assert plateau([1.0, *[0.9998] * 11]) == 1.0


def test_a_loss_that_is_not_a_number_is_no_progress() -> None:
    assert reduce_on_plateau(factor=0.5, patience=1)([nan, nan, 1.0, nan, nan]) == 0.25


def test_plateaus_of_equal_options_are_equal_and_others_differ() -> None:
    assert reduce_on_plateau(patience=3) == reduce_on_plateau(patience=3)
    assert reduce_on_plateau(patience=3) != reduce_on_plateau(patience=4)
    for option in ("factor=0.5", "patience=3", "threshold=0.01", "cooldown=2", "minimum=0.2"):
        assert option in repr(reduce_on_plateau(factor=0.5, patience=3, threshold=0.01, cooldown=2, minimum=0.2))


def test_a_plateau_has_no_memory() -> None:
    plateau = reduce_on_plateau(patience=0)
    assert plateau([1.0, 1.0, 1.0]) == plateau([1.0, 1.0, 1.0]) == pytest.approx(0.01)
    assert plateau([1.0]) == 1.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: reduce_on_plateau(factor=1.0), "factor must be between 0 and 1, got 1.0"),
        (lambda: reduce_on_plateau(factor=0.0), "factor must be between 0 and 1, got 0.0"),
        (lambda: reduce_on_plateau(patience=-1), "patience must be a finite number of at least 0, got -1"),
        (lambda: reduce_on_plateau(cooldown=-2), "cooldown must be a finite number of at least 0, got -2"),
        (lambda: reduce_on_plateau(threshold=1.0), r"threshold must be in \[0, 1\), got 1.0"),
        (lambda: reduce_on_plateau(threshold=nan), r"threshold must be in \[0, 1\), got nan"),
        (lambda: reduce_on_plateau(minimum=-0.1), r"minimum must be in \[0, 1\), got -0.1"),
    ],
)
def test_bad_options_of_a_plateau_are_refused(make: Callable[[], Plateau], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_a_schedule_in_the_place_of_a_number_and_the_reverse_are_refused() -> None:
    with pytest.raises(
        TypeError, match=r"^learning_rate must .*; a schedule goes to training: fit\(…, schedule=cosine"
    ):
        methodcaller("__call__", cosine(0.1, epochs=10))(Adam)
    with pytest.raises(TypeError, match=r"^schedule is 0\.1, expected a schedule, such as constant\(0\.1\)$"):
        methodcaller("__call__", 0.1, 3)(warmup)


@pytest.mark.parametrize("rate", [nan, inf, -0.1, None, "a"])
def test_what_is_no_rate_is_refused(rate: object) -> None:
    with pytest.raises(ValueError, match=r"^the schedule gives .* after 2.5 epochs, expected a learning rate"):
        checked_rate(rate, 2.5)
    assert checked_rate(0, 1.0) == 0.0
