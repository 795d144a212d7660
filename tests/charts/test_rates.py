"""The range test: losses at their rates, the chosen rate where it is, the last loss out of the picture."""

from __future__ import annotations

from math import nan

import pytest

from purenn.charts import rate_curve
from purenn.errors import ShapeError
from tests.charts.pictures import check, elements, parsed, points_of, words_in

RATES = [0.001, 0.01, 0.1, 1.0]
LOSSES = [1.0, 1.0, 0.0, 40.0]


def test_rates_stand_at_equal_distances_and_the_last_loss_leaves_at_the_top() -> None:
    picture = rate_curve(RATES, LOSSES)
    check(picture, ["learning rate", "0.001", "0.01", "0.1", "1", "Loss by learning rate"])
    first, second, third, last = points_of(elements(picture, "path", "line0")[0].get("d", ""))
    assert second[0] - first[0] == pytest.approx(third[0] - second[0], abs=0.02)
    assert (first[1], last[1]) == (second[1], first[1])  # both at 1, the highest loss but for the last
    assert last[0] - third[0] == pytest.approx((second[0] - first[0]) / 40.0, abs=0.05)


def test_the_chosen_rate_is_marked_and_named() -> None:
    picture = rate_curve(RATES, [1.0, 0.5, 0.25, 0.0], chosen=10.0**-1.5)
    check(picture, ["chosen rate: 0.032"])
    points = points_of(elements(picture, "path", "line0")[0].get("d", ""))
    (ring,) = elements(picture, "circle")
    assert float(ring.get("cx", "")) == pytest.approx((points[1][0] + points[2][0]) / 2.0, abs=0.02)
    assert float(ring.get("cy", "")) == pytest.approx((points[1][1] + points[2][1]) / 2.0, abs=0.02)
    told = parsed(picture)[1].text or ""
    assert "begins at 1, is lowest at a rate of 1 with 0, ends at 0. The chosen rate is 0.0316." in told


@pytest.mark.parametrize("chosen", [0.001, 1.0, 0.1])
def test_the_name_is_inside_even_at_the_ends(chosen: float) -> None:
    picture = rate_curve(RATES, [1.0, 0.5, 0.25, 0.0], chosen=chosen)
    check(picture)
    (name,) = elements(picture, "text", "fill1 edge")
    assert 90.0 < float(name.get("x", "")) < 500.0


def test_nothing_is_marked_where_nothing_is_chosen() -> None:
    picture = rate_curve(RATES, LOSSES)
    assert elements(picture, "circle") == []
    assert [word for word in words_in(picture) if "chosen" in word] == []


def test_what_is_no_number_is_a_gap() -> None:
    picture = rate_curve([*RATES, 10.0, 100.0], [1.0, 0.5, nan, 0.5, 0.25, 0.125], chosen=0.1)
    check(picture, ["chosen rate: 0.1"])
    assert elements(picture, "path", "line0")[0].get("d", "").count("M") == 2
    assert elements(picture, "circle") == []
    check(rate_curve(RATES, [nan] * 4))


@pytest.mark.parametrize(
    ("rates", "losses", "message"),
    [
        ([0.1, 0.2], [1.0], "expected a loss for each of at least 2 rates, got 2 rates, 1 losses"),
        ([0.1], [1.0], "got 1 rates, 1 losses"),
        ([0.1, 0.2, 0.2], [1.0] * 3, "rate 1 is 0.2 and the next 0.2, expected finite numbers above 0 that rise"),
        ([0.0, 0.2], [1.0] * 2, "rate 0 is 0.0 and the next 0.2"),
        ([0.1, nan], [1.0] * 2, "rate 0 is 0.1 and the next nan"),
        ([1.0, 2.0], [1.0] * 2, "the chosen rate is 0.5, expected one from 1 to 2"),
    ],
)
def test_what_is_no_range_test_is_refused(rates: list[float], losses: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message) as refusal:
        rate_curve(rates, losses, chosen=0.5 if "chosen" in message else None)
    assert isinstance(refusal.value, ShapeError) == ("got" in message)
