"""Samples: pictures stay bytes, labels stay numbers, and only the rows asked for become floats."""

from __future__ import annotations

import math
import pickle
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence

import pytest

from purenn.errors import ShapeError
from purenn.losses import BinaryCrossEntropy, CrossEntropy, Loss, MeanSquaredError
from purenn.matrix import Matrix
from purenn.samples import (
    Answers,
    Images,
    Labels,
    Numbers,
    Rows,
    Samples,
    answers_of,
    as_inputs,
    as_rows,
    as_targets,
    classes,
    multilabel,
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


# Parts of rows.


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


# Samples.


def test_samples_keep_inputs_and_targets_together() -> None:
    inputs, targets = Samples(FOUR, LETTERS).select([3, 2, 1]).take([0, 2])
    assert inputs == FOUR.take([3, 1])
    assert targets == LETTERS.take([3, 1])


def test_selecting_samples_copies_no_picture_and_keeps_the_weights_beside_them() -> None:
    selected = Samples(FOUR, LETTERS, [0.5, 1.0, 2.0, 4.0]).select([3, 1])
    assert isinstance(selected.inputs, Images)
    assert selected.inputs.pixels is FOUR.pixels
    assert selected.targets == Labels([1, 1], classes=3)
    assert selected.weights == [4.0, 1.0]


def test_the_weights_of_a_batch_are_none_if_all_samples_count_the_same() -> None:
    assert Samples(FOUR, LETTERS).weights_of([1, 2]) == []
    assert Samples(FOUR, LETTERS, [1, 2, 3, 4]).weights_of([3, 0]) == [4.0, 1.0]


@pytest.mark.parametrize("weight", [-0.1, math.nan, math.inf])
def test_a_weight_out_of_range_is_named(weight: float) -> None:
    message = f"the weight of sample 2 is {weight}, expected a finite number of at least 0"
    with pytest.raises(ValueError, match=message):
        Samples(FOUR, LETTERS, [1.0, 1.0, weight, 1.0])
    with pytest.raises(ShapeError, match="4 samples, but 3 weights"):
        Samples(FOUR, LETTERS, [1.0, 1.0, 1.0])


def test_inputs_and_targets_of_different_numbers_are_refused() -> None:
    with pytest.raises(ShapeError, match="4 inputs, but 3 targets"):
        Samples(FOUR, Labels([0, 1, 2], classes=3))


def test_no_samples_are_refused() -> None:
    with pytest.raises(ShapeError, match="at least one sample"):
        Samples(FOUR, LETTERS).select([])


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


def test_lists_are_no_samples_until_they_are_rows() -> None:
    with pytest.raises(TypeError, match="the targets are a list, expected"):
        Samples(FOUR, [0, 1, 2, 1])  # type: ignore[arg-type]


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


# Checks.

ONE_HOT = Matrix([[1.0, 0.0], [0.0, 1.0]])


@pytest.mark.parametrize(
    ("inputs", "targets", "loss", "complaint"),
    [
        ([[1, math.nan], [3, 4]], ONE_HOT, CrossEntropy(), "input row 0, column 1 is nan, expected a finite number"),
        ([[1, 2], [3, math.inf]], ONE_HOT, CrossEntropy(), "input row 1, column 1 is inf"),
        ([[1], [2]], [[1], [-math.inf]], MeanSquaredError(), "target row 1, column 0 is -inf"),
        (
            [[1], [2]],
            [[1, 0], [1, 1]],
            CrossEntropy(),
            r"target row 1 is \[1\.0, 1\.0\], expected a probability for each",
        ),
        ([[1], [2]], [[1], [2]], BinaryCrossEntropy(), r"target row 1, column 0 is 2\.0, expected a probability"),
    ],
)
def test_samples_that_would_train_nonsense_are_refused_with_the_place(
    inputs: Numbers, targets: Numbers, loss: Loss, complaint: str
) -> None:
    samples = Samples(as_rows(inputs), as_rows(targets))
    for part in ("", "validation "):
        with pytest.raises(ValueError, match=f"^{part}{complaint}"):
            samples.check(loss, part)


class Particular(MeanSquaredError):
    """A loss that remembers the targets it was asked about."""

    def __init__(self) -> None:
        self.rows: list[list[float]] = []

    def check_target(self, row: Sequence[float], where: str) -> None:
        self.rows.append(list(row))


def test_every_row_of_targets_is_shown_to_the_loss_but_of_labels_only_the_first() -> None:
    loss, rows = Particular(), [[1.0, 2.0], [3.0, 4.0]]
    Samples(Matrix(rows), Matrix(rows)).check(loss)
    assert loss.rows == rows
    loss.rows.clear()
    Samples(FOUR, LETTERS).check(loss)
    assert loss.rows == [[1.0, 0.0, 0.0]]
    with pytest.raises(ValueError, match="needs an output for each class"):
        Samples(FOUR, Labels([0] * 4, classes=1)).check(CrossEntropy())


# Answers.


def test_classes_are_the_columns_of_the_largest_numbers() -> None:
    assert classes(Matrix([[-3.0, -1.0, -2.0], [5.0, 0.0, 1.0]])) == [1, 0]


def test_the_first_of_equally_large_columns_is_taken() -> None:
    assert classes(Matrix([[0.0, 2.0, 2.0]])) == [1]


def test_a_single_column_is_class_1_over_the_threshold() -> None:
    answers = Matrix([[0.4], [0.5], [0.6]])
    assert classes(answers) == [0, 0, 1]
    assert classes(answers, threshold=0.0) == [1, 1, 1]


def test_labels_are_all_columns_over_the_threshold() -> None:
    rows = Matrix([[0.4, 0.5, 0.6], [0.0, 0.9, 0.55]])
    assert multilabel(rows) == [[0, 0, 1], [0, 1, 1]]
    assert multilabel(rows, threshold=0.45) == [[0, 1, 1], [0, 1, 1]]


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (LETTERS, classes),
        (Matrix([[0, 1], [1, 0]]), classes),
        (Matrix([[0], [1]]), classes),
        (Matrix([[0, 1], [1, 1]]), multilabel),
        (Matrix([[0, 1], [0, 0]]), multilabel),
        (Matrix([[0, 1], [0.5, 0.5]]), None),
        (Matrix([[2.0], [3.5]]), None),
        (Matrix([[0, 1], [1, 2]]), None),
        (Images(bytes([0, 255, 128, 0]), 2, 2), None),
        (LETTERS.select([1, 3]), classes),
    ],
    ids=["labels", "one-hot", "yes or no", "two labels", "no label", "probabilities", "numbers", "2", "grey", "part"],
)
def test_targets_tell_how_answers_are_made(targets: Rows, expected: Answers | None) -> None:
    assert answers_of(targets) is expected


# Checksums.

NUMBERS = Matrix([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
ABC = Labels([0, 1, 2], classes=3)


def test_equal_samples_have_equal_checksums_of_eight_digits() -> None:
    checksum = Samples(NUMBERS, ABC).checksum
    assert re.fullmatch("[0-9a-f]{8}", checksum)
    assert Samples(NUMBERS.copy(), Labels(array("b", [0, 1, 2]), classes=3)).checksum == checksum
    assert Samples(NUMBERS, ABC).select([0, 1, 2]).checksum == checksum
    assert (
        Samples(FOUR, LETTERS).select([1, 3]).checksum
        == Samples(FOUR.select([0, 1, 3]), LETTERS.select([0, 1, 3])).select([1, 2]).checksum
    )


def test_other_samples_have_other_checksums() -> None:
    pictures, same = Images(bytes([1, 2, 3]), 1, 1), Matrix([[1 / 255], [2 / 255], [3 / 255]])
    different = [
        Samples(NUMBERS, ABC),
        Samples(NUMBERS, ABC).select([1, 0, 2]),  # in another order
        Samples(NUMBERS.select([1, 0, 2]), ABC),  # with the targets of others
        Samples(NUMBERS, Labels([0, 1, 1], classes=3)),
        Samples(NUMBERS, Matrix([[0], [1], [2]])),  # numbers of the same value
        Samples(NUMBERS, ABC, [1.0, 1.0, 1.0]),
        Samples(NUMBERS, ABC, [1.0, 2.0, 1.0]),
        Samples(NUMBERS, ABC, [1.0, 1.0, 2.0]),
        Samples(Matrix([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0 + 1e-15]]), ABC),
        Samples(NUMBERS, ABC).select([0, 1]),
        Samples(pictures, ABC),
        Samples(same, ABC),
        Samples(pictures.select([0, 2, 1]), ABC),
    ]
    assert len({samples.checksum for samples in different}) == len(different)


def test_a_selection_knows_the_kind_of_answers_of_the_whole() -> None:
    targets = Matrix([[1, 0, 0], [0, 1, 0], [1, 1, 0]])  # the last row says that several labels may hold
    samples = Samples(Matrix([[0], [1], [2]]), targets)
    assert answers_of(targets.take([0, 1])) is classes
    assert samples.select([0, 1]).answers is multilabel
    assert samples.select([0, 1]).select([1]).answers is multilabel
    assert pickle.loads(pickle.dumps(samples.select([0]))).answers is multilabel  # as it goes to a worker


@pytest.mark.parametrize("wrong", [-1, 3, 99])
def test_a_picture_that_is_not_there_cannot_be_selected(wrong: int) -> None:
    pictures = Images(bytes(6), height=1, width=2)
    with pytest.raises(IndexError, match=f"^there is no picture {wrong}: there are 3, counted from 0$"):
        pictures.select([0, wrong])


def test_samples_show_how_many_they_are_and_not_all_their_bytes() -> None:
    samples = Samples(Images(bytes(2000), height=4, width=5), Labels([1] * 100, classes=3)).select(range(40))
    assert repr(samples) == "Samples(40 of 20 features, 3 classes)"


def test_labels_keep_the_names_of_their_classes() -> None:
    pets = Labels([1, 0, 1], 2, ("cat", "dog"))
    assert pets.tolist() == ["dog", "cat", "dog"]
    assert pets.select([0]).names == ("cat", "dog")
    assert Labels([1, 0], 2).tolist() == [1, 0]
    samples = Samples(Matrix([[1], [2], [3]]), pets)
    assert samples.names == samples.classes == samples.select([0]).classes == ("cat", "dog")
    with pytest.raises(ShapeError, match="2 classes, but 1 name: cat"):
        Labels([0, 1], 2, ("cat",))


def test_samples_unpack_into_inputs_and_targets() -> None:
    inputs, targets = Samples(FOUR, LETTERS)
    assert inputs is FOUR
    assert targets is LETTERS


def test_samples_are_no_inputs() -> None:
    with pytest.raises(TypeError, match=r"the inputs are Samples\(4 of .* pass samples.inputs alone"):
        as_inputs(Samples(FOUR, LETTERS), 6)  # type: ignore[arg-type]


# Pictures as other libraries have them.


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
