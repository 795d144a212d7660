"""Metrics against numbers computed by hand; tests/test_metrics_interop.py compares them with scikit-learn's."""

from __future__ import annotations

import pytest

from purenn.errors import ShapeError
from purenn.matrix import Matrix
from purenn.metrics import (
    ClassScore,
    accuracy,
    class_scores,
    classes,
    confusion_matrix,
    mean_absolute_error,
    r2_score,
)

ACTUAL = [0, 0, 0, 0, 0, 1, 1, 1, 2, 2]
PREDICTED = [0, 0, 0, 1, 2, 1, 1, 0, 2, 2]
CONFUSION = [[3, 1, 1], [1, 2, 0], [0, 0, 2]]  # a row is a class as it is, a column what it was taken for


def test_classes_are_the_columns_of_the_largest_numbers() -> None:
    assert classes(Matrix([[-3.0, -1.0, -2.0], [5.0, 0.0, 1.0]])) == [1, 0]


def test_the_first_of_equally_large_columns_is_taken() -> None:
    assert classes(Matrix([[0.0, 2.0, 2.0]])) == [1]


def test_a_single_column_is_class_1_over_the_threshold() -> None:
    answers = Matrix([[0.4], [0.5], [0.6]])
    assert classes(answers) == [0, 0, 1]
    assert classes(answers, threshold=0.0) == [1, 1, 1]


def test_accuracy_is_the_diagonal_over_all() -> None:
    assert accuracy(PREDICTED, ACTUAL) == 0.7  # 3 + 2 + 2 of 10


def test_confusion_has_what_is_in_rows_and_what_was_answered_in_columns() -> None:
    assert confusion_matrix(PREDICTED, ACTUAL, 3) == CONFUSION


def test_class_scores_by_hand() -> None:
    # class 0: 3 right, 4 predicted, 5 there are: F1 = 2 * 3 / (4 + 5); class 1: 2, 3, 3; class 2: 2, 3, 2
    expected = [(3 / 4, 3 / 5, 2 / 3, 5), (2 / 3, 2 / 3, 2 / 3, 3), (2 / 3, 1.0, 4 / 5, 2)]
    found = [(s.precision, s.recall, s.f1, s.support) for s in class_scores(CONFUSION)]
    assert found == [pytest.approx(row) for row in expected]


def test_a_class_never_answered_or_never_there_scores_0() -> None:
    # class 1 is there, but never answered; class 2 is answered once, but never there
    never_answered, never_there = class_scores([[1, 0, 1], [2, 0, 0], [0, 0, 0]])[1:]
    assert never_answered == ClassScore(precision=0.0, recall=0.0, f1=0.0, support=2)
    assert never_there == ClassScore(precision=0.0, recall=0.0, f1=0.0, support=0)
    assert class_scores([[5, 0], [0, 0]])[1] == never_there  # neither there nor answered


def test_errors_in_the_unit_of_the_targets() -> None:
    # (1 + 0 + 3) / 3 of one column, (1 + 3) / 2 of two
    assert mean_absolute_error(Matrix([[2], [4], [7]]), Matrix([[1], [4], [10]])) == pytest.approx(4 / 3)
    assert mean_absolute_error(Matrix([[1, 2]]), Matrix([[2, 5]])) == 2.0


def test_r2_is_the_variance_explained() -> None:
    # mean of the targets 5, their spread 16 + 1 + 25 = 42, errors 1 + 0 + 9 = 10
    assert r2_score(Matrix([[2], [4], [7]]), Matrix([[1], [4], [10]])) == pytest.approx(1 - 10 / 42)
    # two columns together: spread 2 + 8 = 10, errors 0 + 1 + 1 + 1 = 3
    assert r2_score(Matrix([[0, 0], [1, 4]]), Matrix([[0, 1], [2, 5]])) == pytest.approx(1 - 3 / 10)


def test_r2_of_the_truth_is_1_and_of_the_mean_0() -> None:
    targets = Matrix([[1.0], [2.0], [6.0]])
    assert r2_score(targets, targets) == 1.0
    assert r2_score(Matrix([[3.0]] * 3), targets) == 0.0


@pytest.mark.parametrize("value", [0.0, 5.0, 0.1])
def test_r2_of_equal_targets_is_an_error(value: float) -> None:
    # with 0.1 the mean computed is off by a last bit, which must not pass for variance
    with pytest.raises(ValueError, match="targets are equal"):
        r2_score(Matrix([[1.0]] * 3), Matrix([[value]] * 3))


def test_predictions_for_other_samples_are_refused() -> None:
    with pytest.raises(ShapeError, match="1 predictions for 2 samples"):
        accuracy([0], [0, 1])
    with pytest.raises(ShapeError, match="1 predictions for 2 samples"):
        confusion_matrix([0], [0, 1], 2)
    with pytest.raises(ShapeError, match="0 predictions for 0 samples"):
        accuracy([], [])
    for metric in (mean_absolute_error, r2_score):
        with pytest.raises(ShapeError, match="3 x 1"):
            metric(Matrix([[1], [2], [3]]), Matrix([[1], [2]]))


@pytest.mark.parametrize(("predicted", "actual"), [(2, 0), (0, 2), (-1, 0), (0, -1)])
def test_a_class_out_of_range_is_named(predicted: int, actual: int) -> None:
    with pytest.raises(ValueError, match=f"classes must be 0 to 1, got {predicted} for {actual}"):
        confusion_matrix([predicted], [actual], 2)


def test_the_accuracy_of_outputs_is_refused_for_it_would_be_0() -> None:
    with pytest.raises(TypeError, match=r"class numbers, got a Matrix: metrics.classes makes them"):
        accuracy(Matrix([[0.9, 0.1]]), Matrix([[1.0, 0.0]]))  # type: ignore[arg-type]
