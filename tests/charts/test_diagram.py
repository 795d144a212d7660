"""The diagram of a network: lines with the colour and thickness of their weights, and numbers that do not overlap."""

from __future__ import annotations

from itertools import product
from math import inf, nan

import pytest

from purenn.charts import Column, diagram
from purenn.charts.diagram import THICKEST, THINNEST
from purenn.errors import ShapeError
from tests.charts.pictures import check, elements, parsed, points_of, words_in

# The worked example of two inputs, two hidden neurons and two outputs, all with a sigmoid: x = (0.05, 0.1), targets
# (0.01, 0.99). z = 0.15 * 0.05 + 0.2 * 0.1 + 0.35 = 0.3775, sigmoid(z) = 0.59327, and so on to the outputs 0.75137 and
# 0.77293; with L = Σ (y - t)² / 2, dL/dy = y - t = (0.74137, -0.21707).
# Source: Mazur, "A Step by Step Backpropagation Example" (2015).
WEIGHTS = [[[0.15, 0.25], [0.20, 0.30]], [[0.40, 0.50], [0.45, 0.55]]]
COLUMNS = [
    Column(2, ["2 inputs"], values={"x": [0.05, 0.10]}),
    Column(2, ["Linear 2 → 2", "sigmoid"], [0.35, 0.35], values={"z": [0.3775, 0.3925], "y": [0.59327, 0.59688]}),
    Column(
        2,
        ["Linear 2 → 2", "sigmoid"],
        [0.6, 0.6],
        values={"z": [1.10591, 1.22492], "y": [0.75137, 0.77293]},
        gradients={"z": [0.138499, -0.0380982], "y": [0.741365, -0.217072]},
    ),
]


def plain(*sizes: int, weight: float = 1.0) -> str:
    """The diagram of a network with all weights equal."""
    weights = [[[weight] * b for _ in range(a)] for a, b in zip(sizes, sizes[1:])]
    return diagram([Column(size, [f"{size} neurons"], [0.5] * size) for size in sizes], weights)


def test_a_line_has_the_colour_and_the_thickness_of_its_weight() -> None:
    picture = diagram([Column(2), Column(2)], [[[-1.0, 0.5], [2.0, 0.0]]])
    check(picture, ["negative weight", "positive weight", "thickest: 2", "-1", "0.5", "2", "0"])
    thickness = {
        class_: sorted(float(line.get("stroke-width", "")) for line in elements(picture, "path", class_))
        for class_ in ("line0", "line1")
    }
    full = THICKEST - THINNEST
    assert thickness["line0"] == [THINNEST, THINNEST + full / 2.0]  # 0 and -1
    assert thickness["line1"] == pytest.approx([THINNEST + full / 4.0, THICKEST], abs=0.01)  # 0.5 and 2


def test_lines_join_the_right_neurons() -> None:
    picture = diagram([Column(2), Column(3)], [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]])
    circles = [(float(c.get("cx", "")), float(c.get("cy", ""))) for c in elements(picture, "circle")]
    lines = sorted(elements(picture, "path", "line1"), key=lambda line: float(line.get("stroke-width", "")))
    ends = [[y for _, y in points_of(line.get("d", ""))] for line in lines]
    assert ends == [[circles[i][1], circles[2 + j][1]] for i in range(2) for j in range(3)]


@pytest.mark.parametrize("sizes", [p for p in product(range(1, 13), repeat=2) if p[0] * p[1] <= 12 and max(p) <= 10])
def test_written_weights_do_not_overlap(sizes: tuple[int, int]) -> None:
    picture = plain(*sizes, weight=-0.125)
    places = sorted(float(t.get("y", "")) for t in elements(picture, "text", "fill0 edge"))
    assert len(places) == sizes[0] * sizes[1]
    assert all(b - a >= 15.0 for a, b in zip(places, places[1:]))
    assert len({t.get("x") for t in elements(picture, "text", "fill0 edge")}) == 1


def test_many_lines_have_no_numbers_and_biases_are_only_colours() -> None:
    small, large = plain(4, 3), plain(4, 4)
    assert (words_in(small).count("1"), words_in(small).count("0.5")) == (12, 7)
    assert [word for word in words_in(large) if word in ("1", "0.5")] == []
    assert "number of a neuron: its bias" in words_in(small)
    assert "colour of a neuron: its bias" in words_in(large)
    assert len(elements(large, "circle", "fill1")) == 8


def test_a_wide_column_is_shortened_and_tells_how_many_are_left_out() -> None:
    picture = diagram(
        [Column(784, ["784 inputs"]), Column(128, ["Linear 784 → 128", "relu"], [0.0] * 128), Column(10)],
        [[[0.01 * i - 0.02 * j for j in range(128)] for i in range(784)], [[1.0] * 10] * 128],
        inputs=[f"pixel {i}" for i in range(784)],
        outputs=list("0123456789"),
    )
    shown = ["pixel 0", "pixel 3", "pixel 780", "pixel 783", *"0123456789"]
    check(picture, ["784 inputs", "776 more", "120 more", "Linear 784 → 128", "relu", *shown])
    assert "pixel 4" not in words_in(picture)
    assert len(elements(picture, "circle", "paper axis")) == 8 + 8 + 10
    assert len(elements(picture, "path")) == 8 * 8 + 8 * 10


def test_a_forward_and_a_backward_pass_stand_on_the_neurons() -> None:
    picture = diagram(COLUMNS, WEIGHTS, inputs=["i1", "i2"], outputs=["o1", "o2"], title="Worked example")
    check(picture, ["x", "b", "z", "y", "0.05", "0.1", "0.378", "0.597", "1.11", "0.773", "i1", "o2", "dL/d value"])
    assert [t.text for t in elements(picture, "text", "fill2")][:4] == ["0.138", "0.741", "-0.0381", "-0.217"]
    assert len(elements(picture, "rect", "paper axis")) == 6
    boxes = [
        tuple(float(r.get(name, "")) for name in ("x", "y", "width", "height"))
        for r in elements(picture, "rect", "paper axis")
    ]
    inside = [(float(t.get("x", "")), float(t.get("y", ""))) for t in elements(picture, "text", "soft")]
    for x, y in inside[2:-1]:  # without the second lines of titles, and the key
        assert any(left < x < left + width and top < y < top + height for left, top, width, height in boxes)


def test_the_numbers_of_a_neuron_do_not_overlap() -> None:
    wide = Column(2, values={"a long name": [-1.2345e-7, 123456.0]}, gradients={"a long name": [nan, -1.5e-9]})
    picture = diagram([wide], [])
    check(picture, ["a long name", "-1.2·10⁻⁷", "120,000", "NaN", "-1.5·10⁻⁹"])
    (box, *_), rows = elements(picture, "rect", "paper axis"), elements(picture, "text")
    name, value, gradient = rows[1:4]  # after the title
    starts = [float(name.get("x", "")), float(value.get("x", "")) - 9 * 6.72, float(gradient.get("x", "")) - 3 * 6.72]
    ends = [starts[0] + 11 * 6.72, float(value.get("x", "")), float(gradient.get("x", ""))]
    edges = float(box.get("x", "")), float(box.get("x", "")) + float(box.get("width", ""))
    assert edges[0] < starts[0] < ends[0] < starts[1] < ends[1] < starts[2] < ends[2] < edges[1]


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_what_is_no_number_is_no_line_and_no_colour(value: float) -> None:
    picture = diagram([Column(1), Column(2, biases=[value, 1.0])], [[[value, 1.0]]])
    check(picture)
    assert len(elements(picture, "path")) == 1
    assert {circle.get("fill-opacity") for circle in elements(picture, "circle", "fill1")} <= {"0", "0.45"}


def test_titles_and_names_have_room() -> None:
    names = ["a very long name of a feature", "another"]
    picture = diagram(
        [Column(2, ["x" * 40]), Column(1, ["y" * 40])], [[[1.0], [1.0]]], inputs=names, outputs=["z" * 30]
    )
    check(picture, names)
    width = float(parsed(picture).get("width", ""))
    for t in elements(picture, "text"):
        x, size = float(t.get("x", "")), float(t.get("font-size", "13"))
        long = len(t.text or "") * size * 0.56
        shift = {"start": 0.0, "middle": 0.5, "end": 1.0}[t.get("text-anchor", "")]
        assert x - shift * long >= 0.0
        assert x + (1.0 - shift) * long <= width


def test_a_screen_reader_tells_the_numbers() -> None:
    told = parsed(diagram(COLUMNS, WEIGHTS, inputs=["i1", "i2"]))[1].text or ""
    assert "weights from 0.15 to 0.3, biases 0.35, 0.35, z 0.378, 0.393, y 0.593, 0.597" in told
    assert "dL/dz 0.138, -0.0381, dL/dy 0.741, -0.217" in told
    assert "Inputs: i1, i2" in told
    assert "weights from 1 to 1" in (parsed(plain(784, 10))[1].text or "")


def test_columns_without_weights_between_them_have_no_lines() -> None:
    picture = diagram([Column(2), Column(3)], [[]])
    check(picture)
    assert elements(picture, "path") == []
    assert "negative weight" not in words_in(picture)


def test_sizes_that_do_not_fit_are_refused() -> None:
    pair = [Column(2), Column(1, biases=[0.0])]
    with pytest.raises(ShapeError, match=r"^weights 0: 1 rows of \[1\] numbers, expected 2 rows of 1$"):
        diagram(pair, [[[1.0]]])
    with pytest.raises(ShapeError, match=r"^0 tables of weights for 2 columns, expected one between every two$"):
        diagram(pair, [])
    with pytest.raises(ShapeError, match=r"^column 1 has 1 neurons, but 2 outputs$"):
        diagram(pair, [[[1.0], [1.0]]], outputs=["a", "b"])
    with pytest.raises(ShapeError, match=r"^column 0 has 2 neurons, but 3 dL/dz$"):
        diagram([Column(2, values={"z": [1.0, 2.0]}, gradients={"z": [1.0, 2.0, 3.0]})], [])


def test_names_can_be_anything() -> None:
    name = "<b>&\"'"
    assert words_in(diagram([Column(1, [name])], [], inputs=[name], outputs=[name], title=name)).count(name) == 4
