"""Trials as points: each stands over its value, at the height of its figure, and the best has a ring."""

from __future__ import annotations

import pytest

from purenn.charts import trial_charts
from purenn.errors import ShapeError
from tests.charts.pictures import check, elements, parsed

RATES = [0.001 * 1.6**i for i in range(8)]
FIGURES = [0.6, 0.7, 0.8, 0.9, 0.8, 0.7, 0.6, 0.5]


def centres(picture: str) -> list[tuple[float, float]]:
    """The middle of every circle."""
    return [(float(c.get("cx", "")), float(c.get("cy", ""))) for c in elements(picture, "circle")]


def test_an_equal_factor_is_an_equal_distance_where_numbers_span_a_power_of_ten() -> None:
    picture = trial_charts({"rate": RATES}, FIGURES, title="Accuracy")
    check(picture, ["Accuracy", "rate", "0.01", "0.5", "0.9"])
    xs = [x for x, _ in centres(picture)]
    assert [b - a for a, b in zip(xs, xs[1:])] == pytest.approx([xs[1] - xs[0]] * 7, abs=0.03)


def test_a_better_figure_stands_higher_in_every_chart() -> None:
    picture = trial_charts({"rate": RATES, "name": ["a", "b"] * 4}, FIGURES)
    for chart in (centres(picture)[:8], centres(picture)[8:]):
        heights = [y for _, y in chart]
        assert sorted(range(8), key=lambda i: (-heights[i], i)) == sorted(range(8), key=lambda i: (FIGURES[i], i))


def test_few_numbers_stand_side_by_side_in_their_order_and_texts_in_that_of_the_trials() -> None:
    picture = trial_charts({"hidden": [64, 8, 16], "optimizer": ["sgd", "adam", "sgd"]}, [0.1, 0.2, 0.3])
    check(picture, ["8", "16", "64", "sgd", "adam"])
    (x64, _), (x8, _), (x16, _), (sgd, _), (adam, _), (again, _) = centres(picture)
    assert x8 < x16 < x64
    assert sgd == again < adam


def test_the_best_has_a_ring_in_every_chart() -> None:
    picture = trial_charts({"a": [1, 2], "b": [3, 4]}, [0.1, 0.2], best=1)
    places = centres(picture)
    for chart in (places[:4], places[4:]):
        assert chart[2] == chart[3] == chart[1]  # two rings, one of them the gap
    assert "The best: a 2, b 4: 0.2." in (parsed(picture)[1].text or "")


def test_kinds_have_colours_and_a_key() -> None:
    picture = trial_charts({"a": [1, 2]}, [0.1, 0.2], kinds=[0, 1], kind_names=["4 epochs", "8 epochs"])
    check(picture, ["4 epochs", "8 epochs"])
    assert [c.get("class") for c in elements(picture, "circle")][:2] == ["fill0", "fill1"]


def test_the_charts_of_a_second_row_do_not_touch_the_first() -> None:
    picture = trial_charts({name: [1, 2] for name in "abcd"}, [0.1, 0.2])
    check(picture, ["a", "b", "c", "d"])
    bottom = {t.text: float(t.get("y", "")) for t in elements(picture, "text")}
    assert bottom["d"] - max(float(t.get("y", "")) for t in elements(picture, "text")[:12] if t.text == "1") > -400
    numbers = [float(t.get("y", "")) for t in elements(picture, "text") if t.text == "1"]
    assert bottom["d"] - min(numbers) > 15.0


def test_a_long_name_is_cut() -> None:
    picture = trial_charts({"warps": ["shift=1 rotate=10 scale=0.1 elastic=0.8", "none"]}, [0.1, 0.2])
    assert any((t.text or "").endswith("…") for t in elements(picture, "text"))


def test_there_may_be_nothing_to_draw() -> None:
    check(trial_charts({}, []))
    check(trial_charts({"a": [True]}, [0.5], best=0), ["True"])


def test_lists_of_other_lengths_and_figures_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ShapeError, match="a has 1 values, but there are 2 figures"):
        trial_charts({"a": [1]}, [0.1, 0.2])
    with pytest.raises(ValueError, match="expected finite figures"):
        trial_charts({"a": [1]}, [float("nan")])
