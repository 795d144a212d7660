"""Samples: inputs, targets and weights stay together, are checked, summed up and answered for."""

from __future__ import annotations

import math
import pickle
import re
from array import array
from collections.abc import Sequence

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
    as_rows,
    classes,
    multilabel,
)

FOUR = Images(bytes(range(24)), height=2, width=3)  # pictures 0 to 5, 6 to 11, 12 to 17, 18 to 23
LETTERS = Labels([0, 1, 2, 1], classes=3)


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


def test_lists_are_no_samples_until_they_are_rows() -> None:
    with pytest.raises(TypeError, match="the targets are a list, expected"):
        Samples(FOUR, [0, 1, 2, 1])  # type: ignore[arg-type]


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


def test_samples_show_how_many_they_are_and_not_all_their_bytes() -> None:
    samples = Samples(Images(bytes(2000), height=4, width=5), Labels([1] * 100, classes=3)).select(range(40))
    assert repr(samples) == "Samples(40 of 20 features, 3 classes)"


def test_samples_unpack_into_inputs_and_targets() -> None:
    inputs, targets = Samples(FOUR, LETTERS)
    assert inputs is FOUR
    assert targets is LETTERS
