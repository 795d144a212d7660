"""Trajectories: a dot for each step, marks at both ends, names beside the lines."""

from __future__ import annotations

from math import inf, nan

import pytest

from purenn.charts.frame import Frame
from purenn.charts.svg import drawing
from purenn.charts.trajectories import Trail, check_trajectories, drawn, few_steps, names_of, told
from purenn.errors import ShapeError
from tests.charts.pictures import check, elements, points_of

FRAME = Frame(0.0, 0.0, 200.0, 100.0)
LINE = [(20.0 * n, 10.0 * n) for n in range(1, 6)]


def test_a_trajectory_has_a_line_dots_and_marks_at_its_ends() -> None:
    picture = drawing(200, 100, "a", "b", *drawn([Trail.of(LINE, FRAME)]))
    check(picture)
    line, dots = elements(picture, "path", "line0")
    assert points_of(line.get("d", "")) == points_of(dots.get("d", "")) == LINE
    ends = [(c.get("class"), float(c.get("cx", "")), float(c.get("cy", ""))) for c in elements(picture, "circle")]
    assert ends == [("paper line0", 20.0, 10.0), ("fill0 edge", 100.0, 50.0)]


def test_a_trajectory_that_leaves_the_frame_is_cut_and_has_no_end() -> None:
    line = [(100.0, 50.0), (300.0, 50.0), (-300.0, 60.0), (500.0, 0.0)]
    picture = drawing(200, 100, "a", "b", *drawn([Trail.of(line, FRAME)]))
    assert points_of(elements(picture, "path", "line0")[0].get("d", "")) == [(100.0, 50.0), (200.0, 50.0)]
    assert len(elements(picture, "circle")) == 1


def test_the_shorter_one_is_above_and_narrower() -> None:
    picture = drawing(200, 100, "a", "b", *drawn([Trail.of(line, FRAME) for line in (LINE[:2], LINE)]))
    lines = [path for path in elements(picture, "path") if (path.get("class") or "").startswith("line")]
    assert [line.get("class") for line in lines] == ["line1", "line1", "line0", "line0"]
    assert float(lines[0].get("stroke-width", "")) > float(lines[2].get("stroke-width", ""))


def test_dots_that_would_hide_each_other_are_left_out() -> None:
    steps = [(10.0 + 0.8 * n, 50.0) for n in range(100)]
    dots = points_of(
        elements(drawing(9, 9, "a", "b", *drawn([Trail.of(steps, FRAME)])), "path", "line0")[1].get("d", "")
    )
    assert min(b[0] - a[0] for a, b in zip(dots, dots[1:])) > 4.5


def test_thousands_of_steps_stay_small() -> None:
    zigzag = [(100.0 + n / 1000.0, 90.0 if n % 2 else 10.0) for n in range(20_001)]
    few = few_steps([zigzag] * 5)
    check(drawing(200, 100, "a", "b", *drawn([Trail.of(line, FRAME) for line in few])))
    assert all((line[0], line[-1]) == (zigzag[0], zigzag[-1]) for line in few)


def test_steps_that_are_too_short_to_be_seen_are_left_out() -> None:
    assert few_steps([[(0.0, 0.0), (0.1, 0.0), (0.2, 0.0), (3.0, 0.0), (3.1, 0.0)]]) == [
        [(0.0, 0.0), (3.0, 0.0), (3.1, 0.0)]
    ]
    assert few_steps([[(1.0, 1.0)]]) == [[(1.0, 1.0)]]


def test_names_stand_beside_their_lines_and_not_on_others() -> None:
    lines = {"upper": [(20.0, 20.0), (180.0, 20.0)], "lower": [(20.0, 80.0), (180.0, 80.0)]}
    names, taken = names_of({name: Trail.of(line, FRAME) for name, line in lines.items()}, FRAME)
    picture = drawing(200, 100, "a", "b", *names)
    check(picture, ["upper", "lower"])
    ys = [float(elements(picture, "text", f"fill{k} edge")[0].get("y", "")) - 4.5 for k in (0, 1)]
    assert ys[0] < 50.0 < ys[1]
    assert 0.0 < abs(ys[0] - 20.0) < 20.0
    assert {(180.0, 20.0), (20.0, 80.0)} <= {*taken}


def test_a_line_outside_has_no_name() -> None:
    assert names_of({"away": Trail.of([(500.0, 500.0), (600.0, 500.0)], FRAME)}, FRAME) == ([], [])


@pytest.mark.parametrize("gone", [nan, inf])
def test_a_trajectory_ends_where_it_diverges(gone: float) -> None:
    found = check_trajectories({"a": [(1.0, 2.0), (3.0, 4.0), (gone, 0.0), (5.0, 6.0)]})["a"]
    assert found == [(1.0, 2.0), (3.0, 4.0)]
    assert told("a", found) == "a: 1 steps from (1, 2) to (3, 4)"


def test_what_is_no_trajectory_is_refused() -> None:
    with pytest.raises(ShapeError, match="point 1 of a has 1 numbers, expected 2: a place in the plane"):
        check_trajectories({"a": [(1.0, 2.0), (3.0,)]})
    with pytest.raises(ValueError, match="a has no point to start from"):
        check_trajectories({"a": [(nan, 2.0)]})
