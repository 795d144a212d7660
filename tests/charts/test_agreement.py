"""Predicted against true: each dot at its place, the diagonal, and the errors around 0."""

from __future__ import annotations

from math import inf, nan

import pytest

from purenn.charts import agreement, residuals
from purenn.errors import ShapeError
from tests.charts.pictures import check, elements, parsed, points_of

TRUE, PREDICTED = [0.0, 5.0, 10.0], [1.0, 5.0, 8.0]


def places(picture: str) -> list[tuple[float, float]]:
    """The centres of the dots, from the left."""
    dots = elements(picture, "circle", "fill0")
    return sorted((float(dot.get("cx", "")), float(dot.get("cy", ""))) for dot in dots)


def test_a_right_prediction_is_on_the_diagonal_and_a_larger_one_above_it() -> None:
    picture = agreement(TRUE, PREDICTED, title="Agreement", name="price")
    check(picture, ["Agreement", "true price", "↑ predicted price"])
    (line,) = [e for e in elements(picture, "path", "axis") if e.get("stroke-dasharray")]
    (x1, y1), (x2, y2) = points_of(line.get("d", ""))

    def above(x: float, y: float) -> float:
        return y1 + (x - x1) / (x2 - x1) * (y2 - y1) - y

    heights = [above(*place) for place in places(picture)]
    assert heights[1] == pytest.approx(0.0, abs=0.02)
    assert heights[0] > 5.0
    assert heights[2] == pytest.approx(-2.0 * heights[0], abs=0.05)  # 2 below, and 1 above


def test_errors_stand_over_their_predictions_and_0_is_a_line() -> None:
    picture = residuals(TRUE, PREDICTED, name="price")
    check(picture, ["Errors", "predicted price", "↑ predicted - true"])
    (line,) = [e for e in elements(picture, "path", "axis") if e.get("stroke-dasharray")]
    (_, zero), _ = points_of(line.get("d", ""))
    (x1, y1), (x2, y2), (x3, y3) = places(picture)  # predictions 1, 5 and 8 with errors 1, 0 and -2
    assert (x3 - x1) / (x2 - x1) == pytest.approx(7 / 4, abs=0.01)
    assert y2 == zero
    assert (y3 - zero) == pytest.approx(-2.0 * (y1 - zero), abs=0.03)


def test_some_get_a_ring() -> None:
    picture = agreement(TRUE, PREDICTED, marked=[2])
    (halo,), (ring,) = elements(picture, "g", "edge")[1:], elements(picture, "g", "line6")
    assert [(c.get("cx"), c.get("cy")) for c in ring] == [(c.get("cx"), c.get("cy")) for c in halo]
    assert float(ring[0].get("cx", "")) == places(picture)[2][0]


@pytest.mark.parametrize("draw", [agreement, residuals])
def test_what_is_not_finite_is_left_out(draw: object) -> None:
    assert callable(draw)
    picture = draw([0.0, 5.0, 10.0, nan], [1.0, inf, 8.0, 2.0], marked=[1, 3])
    check(picture)
    assert len(elements(picture, "circle", "fill0")) == 2


@pytest.mark.parametrize("draw", [agreement, residuals])
def test_there_may_be_little_to_draw_and_much(draw: object) -> None:
    assert callable(draw)
    check(draw([], []))
    check(draw([3.0], [3.0]))
    check(draw([1e-9 * n for n in range(5000)], [1e9 * n for n in range(5000)]))


def test_the_errors_are_told_in_words() -> None:
    told = parsed(agreement(TRUE, PREDICTED))[1].text
    assert told == "3 predictions; the errors, predicted less true, are from -2 to 1."


def test_names_can_be_anything() -> None:
    check(agreement(TRUE, PREDICTED, title="<b>&\"'", name="<b>&\"'"), ["<b>&\"'", "true <b>&\"'"])


def test_there_are_as_many_predictions_as_true_values() -> None:
    with pytest.raises(ShapeError, match="there are 3 true values, but 2 predicted ones"):
        agreement([1.0, 2.0, 3.0], [1.0, 2.0])
