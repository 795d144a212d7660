"""Curves: every value stands at its place, gaps stay gaps, and names do not overlap."""

from __future__ import annotations

import re
from math import inf, nan

import pytest

from purenn.charts import curves, learning_curves
from purenn.errors import ShapeError
from tests.charts.pictures import check, elements, parsed, points_of, words_in

LOSSES = {"training": [1.0, 0.5, 0.25, 0.0], "validation": [0.75, 0.5, 0.5, 0.5]}


def test_the_values_of_a_curve_stand_at_equal_distances_and_in_proportion() -> None:
    picture = curves(LOSSES, title="Loss")
    check(picture, ["Loss", "epoch", "training", "validation", "0.0", "1.0", "1", "4"])
    training, validation = (points_of(elements(picture, "path", f"line{i}")[0].get("d", "")) for i in (0, 1))
    (x1, top), (x2, half), (x3, _), (x4, bottom) = training
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.02) == pytest.approx(x4 - x3, abs=0.02)
    assert half - top == pytest.approx((bottom - top) / 2.0, abs=0.02)
    assert [y for _, y in validation[1:]] == pytest.approx([half] * 3, abs=0.02)


def test_an_equal_factor_is_an_equal_distance_on_a_logarithmic_axis() -> None:
    picture = curves({"loss": [1.0, 0.1, 0.01, 0.001]}, log=True)
    ys = [y for _, y in points_of(elements(picture, "path", "line0")[0].get("d", ""))]
    assert [b - a for a, b in zip(ys, ys[1:])] == pytest.approx([ys[1] - ys[0]] * 3, abs=0.03)
    check(picture, ["0.001", "0.01", "0.1", "1"])


@pytest.mark.parametrize("gap", [nan, inf, -inf])
def test_what_is_no_number_is_a_gap(gap: float) -> None:
    picture = curves({"loss": [1.0, 0.5, gap, 0.25, 0.125]})
    check(picture)
    d = elements(picture, "path", "line0")[0].get("d", "")
    assert (d.count("M"), len(points_of(d))) == (2, 4)
    assert "5 values, from 1 to 0.125" in (parsed(picture)[1].text or "")


def test_nothing_above_0_is_a_gap_on_a_logarithmic_axis() -> None:
    picture = curves({"loss": [1.0, 0.0, -1.0, 0.1]}, log=True)
    check(picture)
    assert elements(picture, "path", "line0")[0].get("d", "").count("M") == 2


@pytest.mark.parametrize("series", [{}, {"loss": []}, {"loss": [nan]}, {"loss": [0.5]}])
def test_there_may_be_little_to_draw(series: dict[str, list[float]]) -> None:
    check(curves(series), ["epoch"])


def test_the_best_epoch_has_a_ring_on_every_curve() -> None:
    picture = curves(LOSSES, marked=2)
    rings = elements(picture, "circle")
    assert [ring.get("class") for ring in rings] == ["line0", "line1"]
    for i, ring in enumerate(rings):
        place = points_of(elements(picture, "path", f"line{i}")[0].get("d", ""))[2]
        assert (float(ring.get("cx", "")), float(ring.get("cy", ""))) == place


def test_names_of_curves_that_end_together_are_written_apart() -> None:
    picture = curves({name: [1.0, 0.5] for name in ("one", "two", "three")})
    ys = sorted(float(elements(picture, "text", f"fill{i}")[0].get("y", "")) for i in range(3))
    assert all(b - a >= 15.9 for a, b in zip(ys, ys[1:]))


def test_names_can_be_anything() -> None:
    name = "<b>&\"'" * 3
    assert name in words_in(curves({name: [1.0, 2.0]}, title=name, x_name=name))


def test_values_stand_at_their_steps() -> None:
    picture = curves({"loss": [3.0, 2.0, 1.0]}, steps=[1, 11, 21], marked=1, width=400)
    check(picture, ["5", "20"])
    (x1, _), (x2, _), (x3, _) = points_of(elements(picture, "path", "line0")[0].get("d", ""))
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.02)
    assert float(elements(picture, "circle")[0].get("cx", "")) == x2
    assert parsed(picture).get("width") == "400"


def test_steps_are_as_many_as_values_and_rise() -> None:
    with pytest.raises(ShapeError, match="a curve has 3 values, but there are 2 steps for them"):
        curves({"loss": [3.0, 2.0, 1.0]}, steps=[1, 2])
    with pytest.raises(ValueError, match="step 2 is followed by 2, expected steps that rise"):
        curves({"loss": [3.0, 2.0, 1.0]}, steps=[1, 2, 2])


def test_thousands_of_epochs_stay_small() -> None:
    check(curves({"a": [1.0 / n for n in range(1, 5001)], "b": [0.5] * 5000}))


# The curves of a training: losses, and accuracies beside them.


def test_losses_and_accuracies_stand_beside_each_other_with_the_best_epoch_marked() -> None:
    accuracies = {"training": [0.5, 0.75, 1.0, 1.0]}
    picture = learning_curves(LOSSES, accuracies, best=1)
    check(picture, ["Loss", "Accuracy", "best: epoch 2", "training", "validation"])
    assert len(elements(picture, "circle", "line0")) == 2  # a ring in each chart
    assert len(elements(picture, "circle", "line1")) == 1
    (moved,) = [g for g in elements(picture, "g") if g.get("transform")]
    (shift,) = re.findall(r"translate\((\d+) 0\)", moved.get("transform", ""))
    assert float(shift) * 2 == float(parsed(picture).get("width", ""))
    told = parsed(picture)[1].text or ""
    assert "Loss: Curves by epoch. training: 4 values, from 1 to 0" in told
    assert told.endswith("Best epoch: 2.")


def test_the_best_epoch_is_named_by_its_number() -> None:
    picture = learning_curves({"training": [1.0, 0.5, 0.25]}, {}, best=1, epochs=[10, 20, 30])
    check(picture, ["best: epoch 20", "10", "30"])


def test_losses_alone_have_the_whole_width() -> None:
    picture = learning_curves(LOSSES, {"training": [nan, nan]})
    check(picture, ["Loss"])
    assert "Accuracy" not in words_in(picture)
    assert [g for g in elements(picture, "g") if g.get("transform")] == []
    check(learning_curves({}, {}), ["Loss"])


def test_losses_of_many_magnitudes_have_a_logarithmic_axis() -> None:
    assert "10⁴" in words_in(learning_curves({"training": [1e5, 1e3, 50.0]}, {}))
    assert "100,000" in words_in(learning_curves({"training": [1e5, 1.5e3]}, {}))
    assert "100,000" in words_in(learning_curves({"training": [1e5, 0.0]}, {}))
