"""Surfaces: cells stand where their corners are, near ones hide far ones, and paths that are behind are not seen."""

from __future__ import annotations

import re
from math import nan
from xml.etree import ElementTree

import pytest

from purenn.charts import surface
from purenn.charts.fields import thinned
from purenn.charts.frame import Frame
from purenn.charts.scales import Scale
from purenn.charts.space import TALL, View
from purenn.charts.surface import Relief
from purenn.errors import ShapeError
from tests.charts.pictures import check, elements, parsed, points_of

N = 21
RANGE = (-1.0, 1.0)
BOWL = [[(j / 10.0 - 1.0) ** 2 + (i / 10.0 - 1.0) ** 2 for j in range(N)] for i in range(N)]
RIDGE = [[1.0 if 9 <= i <= 11 else 0.0 for _ in range(N)] for i in range(N)]


def cells(picture: str) -> list[ElementTree.Element]:
    """The cells of the surface, in the order in which they are drawn."""
    return [path for path in elements(picture, "path") if re.fullmatch(r"s\d+-\d", path.get("class") or "")]


def corner(cell: ElementTree.Element) -> tuple[float, float]:
    """The first corner of a cell."""
    return points_of(cell.get("d", ""))[0]


def test_a_surface_has_all_its_cells_and_names() -> None:
    picture = surface(BOWL, RANGE, RANGE, title="Bowl", x_name="a", y_name="b", z_name="loss")
    check(picture, ["Bowl", "a", "b", "loss", "0.5", "2.0"])
    assert len(cells(picture)) == (N - 1) ** 2
    assert "values from 0 near (0, 0) to 2 near (1, 1)" in (parsed(picture)[1].text or "")


def test_seen_from_above_cells_stand_at_equal_distances() -> None:
    corners = [corner(cell) for cell in cells(surface(BOWL, RANGE, RANGE, azimuth=-90.0, elevation=90.0))]
    xs, ys = sorted({x for x, _ in corners}), sorted({y for _, y in corners})
    assert len(xs) == len(ys) == N - 1
    assert [b - a for a, b in zip(xs, xs[1:])] == pytest.approx([xs[1] - xs[0]] * (N - 2), abs=0.11)


@pytest.mark.parametrize(("azimuth", "first"), [(-60.0, (19, 0)), (30.0, (0, 0)), (150.0, (0, 19)), (-120.0, (19, 19))])
def test_the_cell_that_is_farthest_away_is_drawn_first(azimuth: float, first: tuple[int, int]) -> None:
    picture = surface(BOWL, RANGE, RANGE, azimuth=azimuth)
    view = View.filling(Frame(64.0, 52.0, 496.0, 388.0), azimuth, 35.0)
    relief = Relief.of(BOWL, Scale(0.0, 2.0, 0.0, TALL))
    assert corner(cells(picture)[0]) == pytest.approx(view.place(relief.corner(*first)), abs=0.06)


def test_a_symmetric_surface_is_symmetric_from_a_corner() -> None:
    corners = [corner(cell) for cell in cells(surface(BOWL, RANGE, RANGE, azimuth=-135.0))]
    middle = corners[0][0]  # the farthest place is in the middle: corners are mirrored, but for the sides of the cells
    left, right = (
        sorted(round(sign * (x - middle), 1) for x, _ in corners if sign * (x - middle) > 0.5) for sign in (-1, 1)
    )
    assert max(left) == pytest.approx(max(right), abs=25.0)


def test_what_is_higher_and_what_is_turned_away_from_the_light_is_darker() -> None:
    picture = surface(BOWL, RANGE, RANGE)
    shades = [tuple(map(int, (cell.get("class") or "")[1:].split("-"))) for cell in cells(picture)]
    assert {height for height, _ in shades} == set(range(11))  # the mean of a corner cell is below 2
    assert len({light for _, light in shades}) >= 4
    style = next(element.text or "" for element in elements(picture, "style") if ".s0-0" in (element.text or ""))
    colours = dict(re.findall(r"\.(s\d+-\d)\{fill:#(\w\w)", style.partition("@")[0]))
    assert int(colours["s0-5"], 16) > int(colours["s11-5"], 16) > int(colours["s11-0"], 16)


def test_a_path_on_the_surface_is_seen_and_one_behind_a_ridge_is_not() -> None:
    near, far = [(-0.5, -0.9), (0.5, -0.9)], [(-0.5, 0.6), (0.5, 0.6)]
    picture = surface(RIDGE, RANGE, RANGE, azimuth=-90.0, elevation=20.0, paths={"near": near, "far": far})
    check(picture, ["near"])
    seen, hidden = (elements(picture, "path", f"line{k}")[0].get("d", "") for k in (0, 1))
    assert (len(points_of(seen)) > 10, hidden) == (True, "")
    assert len(elements(picture, "circle")) == 2
    again = surface(RIDGE, RANGE, RANGE, azimuth=-90.0, elevation=80.0, paths={"near": near, "far": far})
    check(again, ["near", "far"])


def test_a_path_that_goes_over_a_ridge_is_seen_on_this_side_and_on_top() -> None:
    picture = surface(RIDGE, RANGE, RANGE, azimuth=-90.0, elevation=30.0, paths={"over": [(0.0, -1.0), (0.0, 1.0)]})
    d = elements(picture, "path", "line0")[0].get("d", "")
    view = View.filling(Frame(64.0, 52.0, 496.0, 388.0), -90.0, 30.0)
    top = view.place((0.0, 0.1, TALL))
    assert min(y for _, y in points_of(d)) == pytest.approx(top[1], abs=3.0)
    assert "over: 1 steps from (0, -1) to (0, 1)" in (parsed(picture)[1].text or "")


def test_heights_between_corners_are_means() -> None:
    relief = Relief([[0.0, 1.0, 1.0], [0.5, 0.5, 0.0]])
    assert [relief.height(*p) for p in ((-1.0, -1.0), (-0.5, -1.0), (-1.0, 0.0), (1.0, 1.0), (-0.5, 0.0))] == [
        0.0, 0.5, 0.25, 0.0, 0.5,
    ]  # fmt: skip


def test_what_is_not_finite_is_a_hole() -> None:
    holed = [[nan if (i, j) == (10, 10) else v for j, v in enumerate(row)] for i, row in enumerate(BOWL)]
    picture = surface(holed, RANGE, RANGE, paths={"through": [(-0.8, 0.0), (0.8, 0.0)]}, elevation=80.0)
    check(picture)
    assert len(cells(picture)) == (N - 1) ** 2 - 4
    assert elements(picture, "path", "line0")[0].get("d", "").count("M") == 2


def test_logarithms_of_heights_are_cut_off_below() -> None:
    deep = [[value**4 for value in row] for row in BOWL]
    picture = surface(deep, RANGE, RANGE, log=True)
    check(picture)
    assert len(cells(picture)) == (N - 1) ** 2
    with pytest.raises(ValueError, match="has no logarithm: pass log=False"):
        surface([[-value for value in row] for row in BOWL], RANGE, RANGE, log=True)


@pytest.mark.parametrize("value", [3.0, 0.0, nan])
def test_a_function_may_be_flat_or_missing(value: float) -> None:
    check(surface([[value] * 3] * 3, RANGE, RANGE, paths={"still": [(0.0, 0.0)] * 3}))


def test_a_large_grid_with_long_paths_stays_small() -> None:
    grid = [[(i * 7919 + j * 104729) % 1000 / 1000.0 for j in range(100)] for i in range(100)]
    assert len(thinned(grid, 36)) == 36
    zigzag = [(-0.9 + 0.0018 * n, 0.9 if n % 2 else -0.9) for n in range(1000)]
    check(surface(grid, RANGE, RANGE, paths={f"path {k}": zigzag for k in range(4)}, elevation=70.0))


def test_what_is_no_grid_is_refused() -> None:
    with pytest.raises(ShapeError, match="the grid of values is 1 x 2"):
        surface([[1.0, 2.0]], RANGE, RANGE)
    with pytest.raises(ValueError, match="elevation must be"):
        surface(BOWL, RANGE, RANGE, elevation=100.0)
