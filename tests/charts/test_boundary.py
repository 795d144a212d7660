"""The decision boundary: areas, lines, points and names stand where the probabilities put them."""

from __future__ import annotations

from math import nan
from random import Random

import pytest

from purenn.charts import boundary
from purenn.charts.boundary import Probabilities
from purenn.errors import ShapeError
from tests.charts.pictures import check, elements, parsed, points_of, words_in

N = 11
HALVES = [[[1.0 - j / 10.0, j / 10.0] for j in range(N)] for _ in range(N)]
UNIT = (0.0, 1.0)


def shapes(picture: str, class_: str) -> list[list[tuple[float, float]]]:
    """The points of each shade of a class."""
    found = [path for path in elements(picture, "path") if (path.get("class") or "").startswith(f"{class_}-")]
    return [points_of(shape.get("d", "")) for shape in found]


def frame_of(picture: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the frame."""
    (outline,) = elements(picture, "rect", "axis")
    x, y, width, height = (float(outline.get(name, "")) for name in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def test_the_boundary_of_two_halves_is_a_line_in_the_middle() -> None:
    picture = boundary(HALVES, UNIT, UNIT, title="Halves", x_name="width", y_name="height")
    check(picture, ["Halves", "class 0", "class 1", "width", "↑ height", "0.4"])
    left, top, right, bottom = frame_of(picture)
    line = next(d for shape in elements(picture, "path", "axis") if (d := shape.get("d", "")) and shape.get("fill"))
    assert {*points_of(line)} == {((left + right) / 2, top), ((left + right) / 2, bottom)}


def test_the_shades_of_a_class_begin_at_rising_probabilities() -> None:
    picture = boundary(HALVES, UNIT, UNIT)
    left, _, right, _ = frame_of(picture)
    begins = [(min(x for x, _ in shape) - left) / (right - left) for shape in shapes(picture, "fill1")]
    assert begins == pytest.approx([0.5, 0.6, 0.7, 0.8, 0.9], abs=1e-3)


def test_symmetric_probabilities_give_a_symmetric_picture() -> None:
    picture = boundary(HALVES, UNIT, UNIT)
    left, _, right, _ = frame_of(picture)
    mirrored = [{(round(left + right - x, 1), round(y, 1)) for x, y in shape} for shape in shapes(picture, "fill0")]
    assert [{(round(x, 1), round(y, 1)) for x, y in shape} for shape in shapes(picture, "fill1")] == mirrored


def test_names_stand_in_their_areas() -> None:
    picture = boundary(HALVES, UNIT, UNIT, classes=["cats", "dogs"])
    left, _, right, _ = frame_of(picture)
    cats, dogs = (float(elements(picture, "text", f"fill{k} edge")[0].get("x", "")) for k in (0, 1))
    assert left < cats < (left + right) / 2 < dogs < right


def test_a_class_without_an_area_is_named_in_the_key() -> None:
    grid = [[[0.6, 0.3, 0.1] for _ in range(N)] for _ in range(N)]
    picture = boundary(grid, UNIT, UNIT, train=([[0.5, 0.5]], [2]), classes=["a", "b", "c"])
    check(picture, ["a", "b", "c"])
    assert len(elements(picture, "text", "fill0 edge")) == 1
    assert [circle.get("class") for circle in elements(picture, "circle")] == ["fill2", "fill2 edge", "fill1 edge"]
    assert "a: most probable on 100% of the area" in (parsed(picture)[1].text or "")


def test_points_to_train_on_are_dots_and_points_to_test_on_are_rings() -> None:
    train, test = ([[0.0, 0.0], [1.0, 1.0]], [0, 1]), ([[0.5, 0.5], [7.0, 7.0]], [1, 1])
    picture = boundary(HALVES, UNIT, UNIT, train=train, test=test)
    check(picture, ["train", "test"])
    left, top, right, bottom = frame_of(picture)
    places = {c.get("class"): (float(c.get("cx", "")), float(c.get("cy", ""))) for c in elements(picture, "circle")}
    assert places["fill0"] == pytest.approx((left, bottom), abs=0.01)
    assert places["fill1"] == pytest.approx((right, top), abs=0.01)
    assert places["line1"] == pytest.approx(((left + right) / 2, (top + bottom) / 2), abs=0.01)
    assert len(places) == 5  # with the two of the key: the point outside of the area is not drawn


def test_there_is_no_key_without_points_to_test_on() -> None:
    assert "train" not in words_in(boundary(HALVES, UNIT, UNIT, train=([[0.5, 0.5]], [0])))


def test_of_several_classes_each_has_its_third_of_the_area() -> None:
    def strongest(j: int) -> list[float]:
        return [0.8 if j * 3 // 30 == k else 0.1 for k in range(3)]

    grid = [[strongest(j) for j in range(30)] for _ in range(30)]
    picture = boundary(grid, UNIT, UNIT, classes=["low", "middle", "high"])
    left, _, right, _ = frame_of(picture)
    edges = sorted(
        {round((x - left) / (right - left) * 29, 1) for k in range(3) for x, _ in shapes(picture, f"fill{k}")[0]}
    )
    assert edges == [0.0, 9.5, 19.5, 29.0]
    assert (parsed(picture)[1].text or "").count("most probable on 33% of the area") == 3


def test_a_cell_without_a_number_is_a_gap() -> None:
    grid = [[[nan, nan] if (i, j) == (5, 8) else cell for j, cell in enumerate(row)] for i, row in enumerate(HALVES)]
    picture = boundary(grid, UNIT, UNIT)
    check(picture)
    assert len(shapes(picture, "fill1")[0]) == len(shapes(boundary(HALVES, UNIT, UNIT), "fill1")[0]) + 4


def test_a_large_grid_of_many_classes_stays_small() -> None:
    rng = Random(0)

    def noise(count: int) -> list[float]:
        parts = [rng.random() for _ in range(count)]
        return [part / sum(parts) for part in parts]

    points = [[rng.random(), rng.random()] for _ in range(2000)]
    labels = [n % 12 for n in range(2000)]
    grid = [[noise(12) for _ in range(100)] for _ in range(100)]
    check(boundary(grid, UNIT, UNIT, train=(points, labels), test=(points, labels)), ["class 0", "class 11"])


def test_classes_can_have_any_names() -> None:
    name = "<b>&\"'"
    assert words_in(boundary(HALVES, UNIT, UNIT, classes=[name, name], title=name)).count(name) == 3


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ([[[0.5, 0.5]]], "the grid of probabilities is 1 x 1, expected at least 2 rows and 2 columns"),
        ([[[1.0]] * 2] * 2, "row 0, column 0 has 1 probabilities, expected one for each of at least 2 classes"),
        ([[[0.5, 0.5], [0.2, 0.3, 0.5]]] * 2, "row 0, column 1 has 3 probabilities, but the first cell has 2"),
        ([[[0.5, 0.5], [-2.0, 3.0]]] * 2, r"row 0, column 1 is \[-2.0, 3.0\], expected probabilities from 0 to 1"),
    ],
)
def test_what_are_no_probabilities_is_refused(grid: Probabilities, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        boundary(grid, UNIT, UNIT)


def test_classes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ShapeError, match="there are 3 names of classes, but 2 probabilities in each cell"):
        boundary(HALVES, UNIT, UNIT, classes=["a", "b", "c"])
    with pytest.raises(ValueError, match="test has a point of class 2, expected a number from 0 to 1"):
        boundary(HALVES, UNIT, UNIT, test=([[0.5, 0.5]], [2]))


def test_points_that_are_answered_wrong_have_a_ring_and_the_key_says_so() -> None:
    points = [[0.2, 0.5], [0.8, 0.5]]
    picture = boundary(HALVES, UNIT, UNIT, test=(points, [0, 0]), mistakes=[points[1], [7.0, 0.5]])
    check(picture, ["train", "test", "mistake"])
    (group,) = elements(picture, "g", "line6")
    (ring,) = group  # the other one is outside
    places = {(c.get("cx"), c.get("cy")) for c in elements(picture, "circle", "line0")}
    assert (ring.get("cx"), ring.get("cy")) in places
    assert (parsed(picture)[1].text or "").endswith(" Answered wrong: 1.")
    assert "mistake" not in boundary(HALVES, UNIT, UNIT, test=(points, [0, 1]))
    with pytest.raises(ShapeError, match="point 0 of mistakes has 1 numbers"):
        boundary(HALVES, UNIT, UNIT, mistakes=[[0.5]])
