"""Samples from lists, arrays and frames."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator

import pytest

from purenn.errors import ShapeError
from purenn.matrix import Matrix
from purenn.samples import (
    Images,
    Labels,
    Numbers,
    Rows,
    Samples,
    as_inputs,
    as_rows,
    as_targets,
)

FOUR = Images(bytes(range(24)), height=2, width=3)  # pictures 0 to 5, 6 to 11, 12 to 17, 18 to 23
LETTERS = Labels([0, 1, 2, 1], classes=3)


class Frame:
    """Like a data frame of pandas: it has a length, columns and take, and iterating over it gives the column names."""

    columns = ("feet", "rooms")

    def __init__(self, rows: list[list[float]]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def take(self, indices: Iterable[int]) -> Matrix:
        raise AssertionError("a frame's take is not that of Rows")

    def to_numpy(self) -> object:
        return array("d", self.rows[0]) if len(self.rows) == 1 else self.rows


def test_a_data_frame_is_its_numbers_and_not_its_names() -> None:
    frame = Frame([[1, 2], [3, 4]])
    assert as_rows(frame) == Matrix([[1, 2], [3, 4]])
    with pytest.raises(TypeError, match=r"the inputs are a Frame, expected a Matrix, .* as_rows makes them"):
        Samples(frame, LETTERS)  # type: ignore[arg-type]


@pytest.mark.parametrize("targets", [[2, 0], [2.0, 0.0], [[2], [0]], (number for number in (2, 0)), array("b", [2, 0])])
def test_a_single_column_for_several_outputs_holds_class_numbers(targets: Numbers) -> None:
    assert as_targets(targets, 3) == Labels([2, 0], 3)


def test_yes_and_no_are_targets_too() -> None:
    assert as_targets([True, False], 1) == Matrix([[1], [0]])
    assert as_targets([True, False], 2) == Labels([1, 0], 2)


def test_a_target_that_is_no_class_number_is_named() -> None:
    with pytest.raises(ValueError, match=r"target 1 is 0\.5, expected a class number from 0 to 2, as .* 3 outputs"):
        as_targets([1, 0.5], 3)
    with pytest.raises(ValueError, match="target 0 is 3, expected a class number from 0 to 2"):
        as_targets([3, 0], 3)


def test_rows_of_several_numbers_stay_as_they_are() -> None:
    assert as_targets([[0.5, 0.5]], 2) == Matrix([[0.5, 0.5]])
    assert as_targets(LETTERS, 3) is LETTERS


def test_samples_are_no_inputs() -> None:
    with pytest.raises(TypeError, match=r"the inputs are Samples\(4 of .* pass samples.inputs alone"):
        as_inputs(Samples(FOUR, LETTERS), 6)  # type: ignore[arg-type]


def test_samples_of_several_dimensions_become_rows() -> None:
    cubes: list[Iterable[Iterable[float]]] = [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
    call: Callable[..., Rows] = as_inputs
    assert call(cubes, 4) == call(cubes, None) == Matrix([[1, 2, 3, 4], [5, 6, 7, 8]])
    with pytest.raises(ShapeError, match=r"takes 3 features, got an array of shape \(2, 2, 2\), .* 2 x 2 = 4 numbers"):
        call(cubes, 3)


def test_a_single_picture_becomes_a_row_but_a_small_table_stays_a_mistake() -> None:
    picture = [[float(4 * i + j) for j in range(4)] for i in range(4)]
    assert as_inputs(picture, 16) == Matrix([[float(i) for i in range(16)]])
    with pytest.raises(ShapeError, match="takes 4 features, got rows of 2"):
        as_inputs([[1, 2], [3, 4]], 4)
