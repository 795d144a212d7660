"""Targets: classes, labels and quantities, and how good answers are."""

from __future__ import annotations

import warnings
from math import nan

import pytest

from purenn.estimators.targets import Classes, DataConversionWarning, quantities, r_squared, share_right, targets_of
from purenn.matrix import Matrix


def classes_of(targets: list[object]) -> Classes:
    return Classes.among(targets, targets)


# Classes.


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (["b", "a", "b"], ["a", "b"]),
        ([10, 9, -1], [-1, 9, 10]),
        ([True, False, True], [False, True]),
        ([2.0, 1.0], [1.0, 2.0]),
        ([[0, 1, 1], [1, 0, 0]], [0, 1, 2]),
    ],
)
def test_classes_are_in_order_and_each_is_there_once(targets: list[object], expected: list[object]) -> None:
    assert classes_of(targets).listed(arrays=False) == expected


@pytest.mark.parametrize("target", [0.5, nan, None, b"a", ()])
def test_what_is_no_class_is_refused_at_its_place(target: object) -> None:
    with pytest.raises(ValueError, match="Unknown label type: y, row 1 is"):
        classes_of([1, target])


def test_a_complex_class_is_refused() -> None:
    with pytest.raises(ValueError, match="Complex data not supported: y, row 1"):
        classes_of([1, 1j])


def test_strings_and_numbers_do_not_mix() -> None:
    with pytest.raises(ValueError, match="classes must be all strings or all numbers, got 'a' and 1"):
        classes_of(["a", 1])


def test_one_class_is_not_enough() -> None:
    with pytest.raises(ValueError, match="at least 2 classes to tell apart, got 1 class at most: \\['a'\\]"):
        classes_of(["a", "a"])


def test_two_classes_need_one_output() -> None:
    pair = classes_of(["no", "yes"])
    assert pair.out_activation == "logistic"
    rows = pair.encode(["yes", "no"])
    assert rows.take([0, 1]) == Matrix([[1.0], [0.0]])
    assert pair.decode(Matrix([[0.6], [0.5]])) == ["yes", "no"]


def test_more_classes_need_an_output_each() -> None:
    three = classes_of(["c", "a", "b"])
    assert three.out_activation == "softmax"
    rows = three.encode(["c", "a"])
    assert rows.take([0, 1]) == Matrix([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    assert three.decode(Matrix([[0.2, 0.5, 0.3]])) == ["b"]


def test_labels_hold_or_do_not_each_by_itself() -> None:
    both = classes_of([[0, 1], [1, 1]])
    assert (both.out_activation, both.is_pair) == ("logistic", False)
    assert both.encode([[True, False]]).take([0]) == Matrix([[1.0, 0.0]])
    assert both.decode(Matrix([[0.6, 0.5], [0.6, 0.7]])) == [[1, 0], [1, 1]]


def test_a_target_of_no_known_class_is_refused_at_its_place() -> None:
    with pytest.raises(ValueError, match=r"y, row 1 is 'c', which is not among the classes \['a', 'b'\]"):
        classes_of(["a", "b"]).encode(["a", "c"])


def test_a_label_that_is_neither_0_nor_1_is_refused_at_its_place() -> None:
    with pytest.raises(ValueError, match="Unknown label type: y, row 1, column 0 is 2"):
        classes_of([[0, 1]]).encode([[0, 1], [2, 1]])


def test_rows_of_another_number_of_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="y has 3 columns, but there are 2 labels"):
        classes_of([[0, 1]]).encode([[0, 1, 1]])


def test_the_same_classes_are_equal_whatever_they_came_in() -> None:
    assert Classes([0, 1], several=False, arrays=True, dtype="int64") == classes_of([1, 0])
    assert classes_of([0, 1]) != classes_of([[0, 1]])


# Targets as they come.


def test_a_column_of_targets_is_left_as_it_is() -> None:
    assert targets_of(("a", "b")) == ["a", "b"]


def test_rows_of_several_stay_rows() -> None:
    assert targets_of([(1, 2), (3, 4)]) == [[1, 2], [3, 4]]


def test_rows_of_one_become_a_column_with_a_warning_to_the_caller() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert targets_of([["a"], ["b"]]) == ["a", "b"]
    assert [warning.category for warning in caught] == [DataConversionWarning]
    assert "A column-vector y was passed when a 1d array was expected" in str(caught[0].message)


def test_targets_that_are_missing_are_refused() -> None:
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        targets_of(None)
    with pytest.raises(ValueError, match="y is empty"):
        targets_of([])


def test_quantities_are_rows_of_numbers() -> None:
    assert quantities([1, 2.5]) == Matrix([[1.0], [2.5]])
    assert quantities([[1, 2], [3, 4]]) == Matrix([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(ValueError, match="y, row 1 is NaN"):
        quantities([1.0, nan])


# How good answers are.


def test_the_share_that_is_right_counts_by_weight() -> None:
    assert share_right([1, 2, 3], [1, 2, 4], []) == pytest.approx(2 / 3)
    assert share_right([1, 2, 3], [1, 2, 4], [1.0, 1.0, 2.0]) == pytest.approx(1 / 2)
    assert share_right([[0, 1], [1, 1]], [[0, 1], [1, 0]], []) == 0.5


def test_r_squared_counts_by_weight() -> None:
    # truths 0, 2, 4 by weights 2, 1, 1: mean 1.5, spread 2·2.25 + 0.25 + 6.25 = 11; errors 1, 0, 1: 2 + 0 + 1 = 3
    answers, truths = Matrix([[1.0], [2.0], [5.0]]), Matrix([[0.0], [2.0], [4.0]])
    assert r_squared(answers, truths, [2.0, 1.0, 1.0]) == pytest.approx(1 - 3 / 11)


def test_r_squared_is_averaged_over_columns() -> None:
    # the first column is met exactly: 1. The second: mean 1, spread 2, errors 1 and 1: 1 - 2/2 = 0
    assert r_squared(Matrix([[0.0, 1.0], [5.0, 1.0]]), Matrix([[0.0, 0.0], [5.0, 2.0]]), []) == pytest.approx(0.5)


def test_r_squared_of_equal_truths_is_0_or_1() -> None:
    assert r_squared(Matrix([[3.0], [3.0]]), Matrix([[3.0], [3.0]]), []) == 1.0
    assert r_squared(Matrix([[3.0], [4.0]]), Matrix([[3.0], [3.0]]), []) == 0.0


def test_scores_of_different_numbers_of_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="X has 1 samples, but y has 2"):
        share_right([1], [1, 2], [])
    with pytest.raises(ValueError, match="expected 2 weights, not all of them zero, got 1"):
        share_right([1, 2], [1, 2], [1.0])
    with pytest.raises(ValueError, match="expected 2 weights, not all of them zero, got 2 of sum 0"):
        share_right([1, 2], [1, 2], [0.0, 0.0])
    with pytest.raises(ValueError, match=r"the answers are \(1, 2\) .* but y is \(1, 1\)"):
        r_squared(Matrix([[1.0, 2.0]]), Matrix([[1.0]]), [])
