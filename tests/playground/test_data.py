"""Points: computed, and read from tables."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from purenn.datasets import toys
from purenn.errors import FormatError
from purenn.playground.data import KINDS, MOST_POINTS, OWN, Data, around, from_table, points_of


@pytest.mark.parametrize("name", KINDS)
def test_points_are_as_many_as_asked_for_and_the_same_every_time(name: str) -> None:
    data = Data(name, samples=61, noise=KINDS[name].noise, test=0.25)
    points = points_of(data)
    assert points == points_of(data)
    assert points != points_of(replace(data, seed=2))
    assert [point.part for point in points] == ["train"] * 46 + ["test"] * 15
    if KINDS[name].classes:
        assert {point.target for point in points} == set(range(len(KINDS[name].classes)))
    else:
        assert {point.x2 for point in points} == {0.0}


def test_every_shape_of_the_toys_is_there() -> None:
    assert {*toys.SHAPES} <= {*KINDS}


@pytest.mark.parametrize(("name", "answers"), [("and", [0, 0, 0, 1]), ("or", [0, 1, 1, 1]), ("xor", [0, 1, 1, 0])])
def test_a_gate_without_noise_is_its_truth_table(name: str, answers: list[int]) -> None:
    points = points_of(Data(name, samples=4, noise=0.0, test=0.0))
    assert [(x1, x2, target) for x1, x2, target, _ in points] == [(i // 2, i % 2, answers[i]) for i in range(4)]


def test_functions_without_noise_are_exact() -> None:
    assert all(p.target == math.sin(p.x1) for p in points_of(Data("sine", noise=0.0)))
    assert all(p.target == 0.5 * p.x1 + 0.25 for p in points_of(Data("line", noise=0.0)))


def test_bounds_hold_all_points_and_stay_when_one_moves_a_little() -> None:
    assert around([0.01, 0.98]) == around([0.03, 0.99]) == pytest.approx((-0.1, 1.1))
    assert around([3.0]) == (2.5, 3.5)  # a span of 1 is taken for that of a single number


def test_a_table_becomes_points_with_classes_by_name() -> None:
    data, told = from_table("width,height,kind\n1,2,cat\n2,1,dog\n3,4,cat\n4,3,dog\n", None, Data(test=0.5))
    assert (data.name, data.inputs, data.classes) == (OWN, ("width", "height"), ("cat", "dog"))
    assert data.points is not None
    assert [(p.x1, p.x2, p.target) for p in data.points] == [(1, 2, 0), (2, 1, 1), (3, 4, 0), (4, 3, 1)]
    assert sorted(p.part for p in data.points) == ["test", "test", "train", "train"]
    assert told == "kind is predicted"


def test_a_table_of_large_numbers_is_standardized_and_says_so() -> None:
    rows = "\n".join(f"{1000 + 100 * i};{i % 7};{50000 + 3000 * i}" for i in range(30))
    data, told = from_table(f"area;rooms;price\n{rows}", "price", Data())
    points = points_of(data)
    assert sum(p.x1 for p in points) == pytest.approx(0.0, abs=1e-9)
    assert sum(p.target**2 for p in points) == pytest.approx(30.0)
    assert told == (
        "price is predicted; inputs standardized to mean 0 and standard deviation 1; "
        "price standardized to mean 0 and standard deviation 1"
    )


def test_of_more_than_two_inputs_two_are_shown() -> None:
    data, told = from_table("a,b,c,y\n1,2,3,u\n2,3,1,v\n3,1,2,u\n1,1,1,v", "y", Data())
    assert data.inputs == ("a", "b")
    assert "of 3 inputs, the plane shows two: c left out" in told


def test_a_single_input_leaves_the_second_coordinate_at_0() -> None:
    data, _ = from_table("x,y\n1,2.5\n2,3.5\n3,1.25\n", None, Data())
    assert data.inputs == ("x",)
    assert data.classes == ()
    assert {p.x2 for p in points_of(data)} == {0.0}


def test_a_table_that_cannot_be_used_is_refused_with_the_reason() -> None:
    with pytest.raises(FormatError, match="the table: line 3 has 2 values, expected 3"):
        from_table("a,b,c\n1,2,x\n2,3\n4,1,y\n5,1,x", None, Data())
    with pytest.raises(FormatError, match="no column is called 'd'"):
        from_table("a,b,c\n1,2,x\n2,3,y\n", "d", Data())
    rows = "\n".join(f"{i % 17},{i % 3}" for i in range(MOST_POINTS + 1))
    with pytest.raises(ValueError, match="the table has 2,001 rows, expected at most 2,000"):
        from_table(f"a,b\n{rows}", None, Data())
    with pytest.raises(ValueError, match="c has 11 classes, expected at most 10"):
        from_table("a,c\n" + "\n".join(f"{i},{chr(97 + i % 11)}" for i in range(22)), None, Data())


def test_rows_with_a_missing_value_are_left_out_and_columns_of_texts_are_told() -> None:
    data, told = from_table("a,b,y\n1,2,u\n2,,v\n3,1,u\n4,hello,v\n5,3,v\n", "y", Data())
    assert "line 3" in told
    assert "b is taken as texts" in told
    assert len(points_of(data)) == 4
