"""Activation functions: values and slopes at their places, jumps as gaps, and one scale for several."""

from __future__ import annotations

from math import inf, nan

import pytest

from purenn.activations import Elementwise, heaviside, relu, sigmoid, tanh
from purenn.charts import activation_curve, activation_curves
from purenn.errors import ShapeError
from tests.charts.pictures import check, elements, parsed, points_of, words_in
from tests.conftest import ELEMENTWISE

Z = [i / 20.0 for i in range(-120, 121)]


def lines(function: Elementwise, z: list[float] = Z) -> tuple[list[float], list[float]]:
    """f(z) and f′(z)."""
    return function(z), list(map(function.derivative, z))


def curve(picture: str, k: int, chart: int = 0) -> str:
    """The path of f (0) or f′ (1)."""
    return elements(picture, "path", f"line{k}")[chart].get("d", "")


def test_value_and_slope_stand_at_their_places() -> None:
    picture = activation_curve(Z, *lines(sigmoid), title="sigmoid", limits=[0.0, 1.0])
    check(picture, ["sigmoid", "z", "f(z)", "f′(z)", "0.0", "1.0", "-6", "6", "f(0) = 0.5,  f′(0) = 0.25"])
    dots = {dot.get("class"): dot for dot in elements(picture, "circle")}
    places = [float(dots[name].get("cy", "")) for name in ("fill0", "fill1")]
    bottom, top = (points_of(curve(picture, 0))[i][1] for i in (0, -1))  # sigmoid(-6) = 0.00247, and 1 minus that
    unit = (bottom - top) / (sigmoid(6.0) - sigmoid(-6.0))
    assert [(bottom - place) / unit + sigmoid(-6.0) for place in places] == pytest.approx([0.5, 0.25], abs=1e-4)
    assert elements(picture, "path", "line1")[0].get("stroke-dasharray")
    assert not elements(picture, "path", "line0")[0].get("stroke-dasharray")


def test_asymptotes_are_dotted_lines_where_they_are_no_axis() -> None:
    picture = activation_curve(Z, *lines(tanh), limits=[-1.0, 1.0])
    dotted = [line.get("d", "") for line in elements(picture, "path", "axis") if line.get("stroke-dasharray")]
    ends = [y for _, y in (points_of(curve(picture, 0))[i] for i in (0, -1))]
    assert [float(d.split()[1].partition("H")[0]) for d in dotted] == pytest.approx(ends, abs=0.01)
    plain = activation_curve(Z, *lines(relu), limits=[0.0])
    assert [line for line in elements(plain, "path", "axis") if line.get("stroke-dasharray")] == []


def test_a_jump_is_a_gap_and_a_bend_is_none() -> None:
    step, bent = activation_curve(Z, *lines(heaviside)), activation_curve(Z, *lines(relu))
    assert [curve(step, k).count("M") for k in (0, 1)] == [2, 1]
    assert [curve(bent, k).count("M") for k in (0, 1)] == [1, 2]


@pytest.mark.parametrize("function", ELEMENTWISE, ids=str)
def test_every_activation_can_be_drawn(function: Elementwise) -> None:
    check(activation_curve(Z, *lines(function), title=function.name), [function.name])


@pytest.mark.parametrize("gap", [nan, inf, -inf])
def test_what_is_no_number_is_a_gap(gap: float) -> None:
    picture = activation_curve([0.0, 1.0, 2.0, 3.0], [0.0, gap, 2.0, 3.0], [gap, 1.0, 1.0, gap])
    check(picture)
    assert [curve(picture, k).count("M") for k in (0, 1)] == [2, 1]
    check(activation_curve([1.0, 2.0], [gap, gap], [0.0, 0.0]))


def test_small_charts_have_the_same_scales() -> None:
    functions = {f.name: lines(f, Z[::2]) for f in ELEMENTWISE}
    picture = activation_curves(Z[::2], functions, title="Activations")
    check(picture, ["Activations", *functions])
    heights = [curve(picture, 0, 1 + [*functions].index(name)) for name in ("tanh", "relu")]  # 1: the legend
    tanh_points, relu_points = map(points_of, heights)
    # from tanh(-6) to tanh(6) is about 2, and relu rises by 6
    rises = [points[0][1] - points[-1][1] for points in (tanh_points, relu_points)]
    assert rises[1] / rises[0] == pytest.approx(3.0, abs=0.01)
    assert words_in(picture).count("-6") == 3 + 4  # below the lowest chart of each column, and beside each row


def test_a_screen_reader_tells_the_values() -> None:
    description = parsed(activation_curve(Z, *lines(sigmoid), title="sigmoid"))[1].text or ""
    assert "sigmoid: f(-6) = 0.002473 with slope 0.002467, f(0) = 0.5 with slope 0.25, f(6)" in description


def test_lists_of_other_lengths_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"^relu: 2 values of f′\(z\) for 3 of z$"):
        activation_curve([0.0, 1.0, 2.0], [0.0, 1.0, 2.0], [1.0, 1.0], title="relu")
    with pytest.raises(ShapeError, match=r"^a curve needs at least 2 values of z and a function, got 3 and 0$"):
        activation_curves([0.0, 1.0, 2.0], {})
    with pytest.raises(ShapeError, match=r"^a curve needs at least 2 values of z and a function, got 1 and 1$"):
        activation_curve([0.0], [0.0], [1.0])
