"""Scales: where a number stands, and which numbers get a mark."""

from __future__ import annotations

from math import inf, nan

import pytest

from purenn.charts.scales import Scale, extent, fitting, round_ticks, tick_labels


@pytest.mark.parametrize("span", [1e-30, 1e-9, 0.013, 0.7, 1.0, 3.0, 42.0, 999.0, 1e6, 1e30])
@pytest.mark.parametrize("low", [0.0, -0.37, 5.0])
def test_ticks_are_few_round_and_inside(low: float, span: float) -> None:
    low *= span
    ticks = round_ticks(low, low + span)
    assert 3 <= len(ticks) <= 8
    assert all(low - 1e-6 * span <= tick <= low + span * (1 + 1e-6) for tick in ticks)
    step = ticks[1] - ticks[0]
    assert float(f"{step:.0e}") == pytest.approx(step)
    assert f"{step:.0e}"[0] in "125"
    assert all(abs(tick / step - round(tick / step)) < 1e-6 for tick in ticks)


def test_a_scale_turns_the_other_way_where_its_end_is_before_its_start() -> None:
    y = Scale(0.0, 2.0, start=100.0, end=0.0)
    assert [y(v) for v in (0.0, 0.5, 2.0)] == [100.0, 75.0, 0.0]


def test_epochs_have_whole_marks() -> None:
    assert Scale(1.0, 3.0, 0.0, 1.0, whole=True).ticks == [1.0, 2.0, 3.0]
    assert Scale(1.0, 3.0, 0.0, 1.0).ticks == [1.0, 1.5, 2.0, 2.5, 3.0]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.002, 70.0, [0.01, 0.1, 1.0, 10.0]),
        (1e-12, 1.0, [1e-12, 1e-9, 1e-6, 1e-3, 1.0]),
        (2.0, 8.0, [2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]),  # no power of ten is there to stand at
    ],
)
def test_a_logarithmic_scale_has_powers_of_ten(low: float, high: float, ticks: list[float]) -> None:
    assert Scale(low, high, 0.0, 1.0, log=True).ticks == pytest.approx(ticks)


def test_what_cannot_be_drawn_does_not_stretch_a_scale() -> None:
    assert extent([1.0, nan, 3.0, inf, -inf]) == (1.0, 3.0)
    assert extent([-1.0, 0.0, 2.0, 8.0], log=True) == (2.0, 8.0)
    assert extent([nan], log=True) == (1.0, 10.0)


@pytest.mark.parametrize("values", [[0.0], [-3.0], [1e-300], [7.0, 7.0]])
def test_a_single_value_stands_in_the_middle_of_some_room(values: list[float]) -> None:
    low, high = extent(values)
    assert low < values[0] < high


def test_a_scale_for_values_begins_and_ends_at_its_marks() -> None:
    for values in ([0.13, 0.97], [-4.2, 17.0], [1e-5, 3e-5], [0.0, 1e30], [0.28, 1.62]):
        scale = fitting(values, 0.0, 1.0)
        assert scale.low <= min(values) <= max(values) <= scale.high
        assert (scale.ticks[0], scale.ticks[-1]) == pytest.approx((scale.low, scale.high))


def test_labels_have_the_same_decimals() -> None:
    assert tick_labels([0.0, 0.25, 0.5]) == ["0.00", "0.25", "0.50"]
    assert tick_labels([-10.0, 0.0, 10.0]) == ["-10", "0", "10"]
    assert tick_labels([0.0, 2e6]) == ["0", "2·10⁶"]
    assert tick_labels([-2.5e-7]) == ["-2.5·10⁻⁷"]
    assert tick_labels([]) == []
