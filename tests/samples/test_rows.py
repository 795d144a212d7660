"""Rows: pictures stay bytes, labels stay numbers, and only the rows asked for become floats."""

from __future__ import annotations

import copy
import pickle

import pytest

from purenn.errors import ShapeError
from purenn.matrix import Matrix
from purenn.samples import (
    Images,
    Labels,
    Rows,
    Samples,
    as_rows,
)

FOUR = Images(bytes(range(24)), height=2, width=3)  # pictures 0 to 5, 6 to 11, 12 to 17, 18 to 23
LETTERS = Labels([0, 1, 2, 1], classes=3)


def test_everything_with_rows_is_rows() -> None:
    for rows in (Matrix([[1.0]]), FOUR, LETTERS, FOUR.select([1])):
        assert isinstance(rows, Rows)
    assert not isinstance([[1.0]], Rows)


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


def test_a_part_of_pictures_is_pictures_that_share_the_pixels_and_count_within_themselves() -> None:
    some = FOUR.select([2, 0, 3])
    assert isinstance(some, Images)
    assert some.pixels is FOUR.pixels
    assert (len(some), some.columns, some.height, some.width) == (3, 6, 2, 3)
    assert [some.picture(i) for i in range(3)] == [FOUR.picture(i) for i in (2, 0, 3)]
    assert some.take([1, 0]) == FOUR.take([0, 2])
    with pytest.raises(IndexError, match="no picture 3: there are 3"):
        some.picture(3)


def test_a_part_of_a_part_of_pictures_is_one_of_the_whole() -> None:
    some = FOUR.select([2, 0, 3]).select([2, 1])
    assert (len(some), some.picture(0), some.picture(1)) == (2, FOUR.picture(3), FOUR.picture(0))


@pytest.mark.parametrize("chosen", [[3, 1], [2], []], ids=str)
def test_a_part_of_pictures_is_pickled_without_the_others(chosen: list[int]) -> None:
    many = Images(bytes(range(200)) * 500, height=10, width=20)
    part = many.select(chosen)
    there = pickle.loads(pickle.dumps(part))
    assert (len(there), there.height, there.width) == (len(chosen), 10, 20)
    assert [there.picture(i) for i in range(len(there))] == [many.picture(i) for i in chosen]
    assert len(pickle.dumps(part)) < 1000
    assert pickle.loads(pickle.dumps(many)) == many == copy.deepcopy(many)


def test_a_part_of_labels_is_labels_of_as_many_classes() -> None:
    some = LETTERS.select([2, 0])
    assert some == Labels([2, 0], classes=3)
    assert some.take([1, 0]) == LETTERS.take([0, 2])
    assert some.select([1]) == Labels([0], classes=3)


@pytest.mark.parametrize(
    "rows", [FOUR, LETTERS, Matrix([[1, 2], [3, 4], [5, 6], [7, 8]])], ids=["images", "labels", "matrix"]
)
def test_a_part_of_rows_is_of_their_kind_and_in_the_order_asked_for(rows: Rows) -> None:
    part = rows.select([3, 1, 3])
    assert type(part) is type(rows)
    assert (len(part), part.columns) == (3, rows.columns)
    assert part.take([2, 0, 1]) == rows.take([3, 3, 1])


@pytest.mark.parametrize("wrong", [-1, 3, 99])
def test_a_picture_that_is_not_there_cannot_be_selected(wrong: int) -> None:
    pictures = Images(bytes(6), height=1, width=2)
    with pytest.raises(IndexError, match=f"^there is no picture {wrong}: there are 3, counted from 0$"):
        pictures.select([0, wrong])


def test_labels_keep_the_names_of_their_classes() -> None:
    pets = Labels([1, 0, 1], 2, ("cat", "dog"))
    assert pets.tolist() == ["dog", "cat", "dog"]
    assert pets.select([0]).names == ("cat", "dog")
    assert Labels([1, 0], 2).tolist() == [1, 0]
    samples = Samples(Matrix([[1], [2], [3]]), pets)
    assert samples.names == samples.classes == samples.select([0]).classes == ("cat", "dog")
    with pytest.raises(ShapeError, match="2 classes, but 1 name: cat"):
        Labels([0, 1], 2, ("cat",))


def test_pictures_are_rows_of_numbers_one_by_one_and_pictures_in_slices() -> None:
    assert FOUR[0] == FOUR.take([0])[0]
    assert FOUR[-1] == [*FOUR][3] == FOUR.take([3])[0]
    assert (len(FOUR[1:3]), FOUR[1:3][0]) == (2, FOUR[1])
    with pytest.raises(IndexError):
        FOUR[4]


def test_labels_are_numbers_one_by_one_and_labels_in_slices() -> None:
    assert ([*LETTERS], LETTERS[-1], LETTERS[1:]) == ([0, 1, 2, 1], 1, Labels([1, 2, 1], classes=3))


def test_pictures_are_made_of_nested_lists() -> None:
    lists = [[[6 * i + 3 * j + k for k in range(3)] for j in range(2)] for i in range(4)]
    assert Images.of(lists) == FOUR
    assert Images.of([[[[value] for value in row] for row in picture] for picture in lists]) == FOUR, "with a channel"


@pytest.mark.parametrize(
    ("pictures", "said"),
    [
        ([[1, 2]], r"expected pictures of the shape \(pictures, height, width\), got \(1, 2\)"),
        ([[[0.5]]], "a pixel is 0.5, expected a whole number from 0 to 255"),
        ([[[256]]], "a pixel is 256, expected"),
        ([[[1, 2], [3]]], "3 pixels are not 1 pictures of 2 x 2"),
    ],
)
def test_lists_that_are_not_pictures_are_refused(pictures: list[list[object]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Images.of(pictures)
