"""Samples: pictures stay bytes, labels stay numbers, and only the rows asked for become floats."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

import pytest

from purenn.errors import ShapeError
from purenn.matrix import Matrix
from purenn.samples import Images, Labels, Numbers, Rows, Samples, Selection, as_rows, as_targets

FOUR = Images(bytes(range(24)), height=2, width=3)  # pictures 0 to 5, 6 to 11, 12 to 17, 18 to 23
LETTERS = Labels([0, 1, 2, 1], classes=3)


def test_everything_with_rows_is_rows() -> None:
    for rows in (Matrix([[1.0]]), FOUR, LETTERS, Selection(FOUR, [1])):
        assert isinstance(rows, Rows)


def test_as_rows_leaves_rows_as_they_are() -> None:
    assert as_rows(FOUR) is FOUR


def test_as_rows_makes_a_flat_list_one_column() -> None:
    assert as_rows([1, 2.5]) == Matrix([[1.0], [2.5]])


def test_as_rows_takes_any_iterable_of_rows() -> None:
    assert as_rows(range(i, i + 2) for i in range(2)) == Matrix([[0.0, 1.0], [1.0, 2.0]])


def test_as_rows_refuses_no_rows_and_uneven_rows() -> None:
    with pytest.raises(ShapeError, match="0 rows"):
        as_rows([])
    with pytest.raises(ShapeError, match="row 1 has 1 numbers, but row 0 has 2"):
        as_rows([[1, 2], [3]])


def test_pictures_become_numbers_from_0_to_1_in_the_order_asked_for() -> None:
    images = Images(bytes([0, 255, 51, 102]), height=1, width=2)
    assert images.take([1, 0, 1]) == Matrix([[0.2, 0.4], [0.0, 1.0], [0.2, 0.4]])


def test_a_picture_is_its_own_bytes() -> None:
    assert (len(FOUR), FOUR.columns) == (4, 6)
    assert FOUR.picture(1) == bytes(range(6, 12))


@pytest.mark.parametrize("index", [4, -1])
def test_a_picture_that_is_not_there_is_an_error(index: int) -> None:
    with pytest.raises(IndexError, match=f"no picture {index}: there are 4"):
        FOUR.picture(index)
    with pytest.raises(IndexError, match=f"no picture {index}"):
        FOUR.take([0, index])


@pytest.mark.parametrize(("count", "height", "width"), [(23, 2, 3), (0, 2, 3), (6, 0, 3), (6, -2, -3)])
def test_bytes_that_are_not_whole_pictures_are_refused(count: int, height: int, width: int) -> None:
    with pytest.raises(ShapeError, match=f"{count} bytes are not pictures of {height} x {width}"):
        Images(bytes(count), height, width)


def test_labels_become_one_hot_rows() -> None:
    assert (len(LETTERS), LETTERS.columns) == (4, 3)
    assert LETTERS.take([3, 0]) == Matrix([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])


@pytest.mark.parametrize("label", [3, -1])
def test_a_label_out_of_range_is_named(label: int) -> None:
    with pytest.raises(ValueError, match=f"label 1 is {label}, expected 0 to 2"):
        Labels([0, label, 2], classes=3)


def test_a_selection_counts_within_itself() -> None:
    some = Selection(LETTERS, [2, 0])
    assert (len(some), some.columns) == (2, 3)
    assert some.take([1, 0]) == LETTERS.take([0, 2])
    assert Selection(some, [1]).take([0]) == LETTERS.take([0])


def test_samples_keep_inputs_and_targets_together() -> None:
    inputs, targets = Samples(FOUR, LETTERS).select([3, 2, 1]).take([0, 2])
    assert inputs == FOUR.take([3, 1])
    assert targets == LETTERS.take([3, 1])


def test_selecting_samples_copies_no_picture() -> None:
    selected = Samples(FOUR, LETTERS).select([1, 2])
    assert isinstance(selected.inputs, Selection)
    assert selected.inputs.whole is FOUR


def test_inputs_and_targets_of_different_numbers_are_refused() -> None:
    with pytest.raises(ShapeError, match="4 inputs, but 3 targets"):
        Samples(FOUR, Labels([0, 1, 2], classes=3))


def test_no_samples_are_refused() -> None:
    with pytest.raises(ShapeError, match="at least one sample"):
        Samples(FOUR, LETTERS).select([])


class Frame:
    """As pandas has it: it has a length, columns and take, and iterating over it gives the names of the columns."""

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
    assert as_rows(frame) == Matrix([[1, 2], [3, 4]])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"the inputs are a Frame, expected a Matrix, .* as_rows makes them"):
        Samples(frame, LETTERS)  # type: ignore[arg-type]


def test_lists_are_no_samples_until_they_are_rows() -> None:
    with pytest.raises(TypeError, match="the targets are a list, expected"):
        Samples(FOUR, [0, 1, 2, 1])  # type: ignore[arg-type]


@pytest.mark.parametrize("targets", [[2, 0], [2.0, 0.0], [[2], [0]], (number for number in (2, 0)), array("b", [2, 0])])
def test_a_single_column_for_several_outputs_holds_class_numbers(targets: Numbers) -> None:
    assert as_targets(targets, 3) == Labels([2, 0], 3)


def test_yes_and_no_are_targets_too() -> None:
    assert as_targets([True, False], 1) == Matrix([[1], [0]])
    assert as_targets([True, False], 2) == Labels([1, 0], 2)


def test_a_class_number_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match=r"target 1 is 0\.5, expected a class number from 0 to 2, as .* 3 outputs"):
        as_targets([1, 0.5], 3)
    with pytest.raises(ValueError, match="label 0 is 3, expected 0 to 2"):
        as_targets([3, 0], 3)


def test_rows_of_several_numbers_stay_as_they_are() -> None:
    assert as_targets([[0.5, 0.5]], 2) == Matrix([[0.5, 0.5]])
    assert as_targets(LETTERS, 3) is LETTERS
