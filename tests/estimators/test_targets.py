"""Targets: classes, labels and quantities, and the accuracy."""

from __future__ import annotations

from math import inf, nan
from operator import methodcaller
from random import Random

import pytest

from purenn.estimators import DataConversionWarning, MLPClassifier, MLPRegressor
from purenn.estimators.targets import Classes, accuracy_score, check_data, quantities, targets_of, weights_of
from purenn.layers import Linear
from purenn.matrix import Matrix
from purenn.network import Sequential


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
def test_each_class_is_there_once_and_in_order(targets: list[object], expected: list[object]) -> None:
    assert classes_of(targets).listed(as_array=False) == expected


@pytest.mark.parametrize("target", [0.5, nan, None, b"a", ()])
def test_a_target_that_cannot_be_a_class_is_refused_at_its_place(target: object) -> None:
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


def test_two_classes_share_one_output() -> None:
    pair = classes_of(["no", "yes"])
    assert pair.out_activation == "logistic"
    rows = pair.encode(["yes", "no"])
    assert rows.take([0, 1]) == Matrix([[1.0], [0.0]])
    assert pair.decode(Matrix([[0.6], [0.5]])) == ["yes", "no"]


def test_more_than_two_classes_have_an_output_each() -> None:
    three = classes_of(["c", "a", "b"])
    assert three.out_activation == "softmax"
    rows = three.encode(["c", "a"])
    assert rows.take([0, 1]) == Matrix([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    assert three.decode(Matrix([[0.2, 0.5, 0.3]])) == ["b"]


def test_labels_are_independent_of_each_other() -> None:
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


def test_classes_are_equal_whether_they_come_from_an_array_or_a_list() -> None:
    assert Classes([0, 1], several=False, from_array=True, dtype="int64") == classes_of([1, 0])
    assert classes_of([0, 1]) != classes_of([[0, 1]])


def test_accuracy_compares_the_classes_of_rows() -> None:
    # the classes are 1, 0 and 1, 1: the first sample, of weight 3, is right
    actual, predicted = Matrix([[1.0], [0.0]]), Matrix([[0.6], [0.9]])
    assert classes_of(["no", "yes"]).accuracy(actual, predicted, [3.0, 1.0]) == 0.75


# Targets as the user passes them.


def test_a_column_of_targets_stays_as_it_is() -> None:
    assert targets_of(("a", "b")) == ["a", "b"]


def test_rows_of_several_stay_rows() -> None:
    assert targets_of([(1, 2), (3, 4)]) == [[1, 2], [3, 4]]


def test_rows_of_one_become_a_column() -> None:
    assert targets_of([["a"], ["b"]]) == ["a", "b"]


def test_a_table_of_one_column_is_warned_of_with_the_way_to_the_column() -> None:
    said = r"A column-vector y was passed when a 1d array was expected: \[value for \(value,\) in y\] is one$"
    with pytest.warns(DataConversionWarning, match=said):
        check_data([[0.5], [1.5]], [["a"], ["b"]], "fit(X, y)")


def test_missing_targets_are_refused() -> None:
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        targets_of(None)
    with pytest.raises(ValueError, match="y is empty"):
        targets_of([])


def test_infinite_targets_are_refused_in_scikit_learn_s_words_and_with_their_place() -> None:
    said = "Input contains NaN, infinity or a value too large .*: y, row 1 is -inf, expected a finite number$"
    with pytest.raises(ValueError, match=said):
        targets_of([1.0, -inf])


def test_quantities_are_rows_of_numbers() -> None:
    assert quantities([1, 2.5]) == Matrix([[1.0], [2.5]])
    assert quantities([[1, 2], [3, 4]]) == Matrix([[1.0, 2.0], [3.0, 4.0]])


def test_a_quantity_that_is_not_finite_is_refused_at_its_place() -> None:
    with pytest.raises(ValueError, match=r"y, row 1 is missing \(NaN\)"):
        quantities([1.0, nan])


def test_weights_are_numbers_or_none_at_all() -> None:
    assert (weights_of([1, 2.5]), weights_of(None)) == ([1.0, 2.5], None)
    with pytest.raises(ValueError, match="sample_weight must be 1D"):
        weights_of([[1.0]])


# The order of the arguments.


@pytest.mark.parametrize("kind", [MLPClassifier(), MLPRegressor()], ids=str)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_inputs_and_targets_in_exchanged_places_are_answered_with_the_call(kind: object, method: str) -> None:
    said = rf"X is a column and y is a table, as if they had changed places: {method}\(X, y\)"
    with pytest.raises(ValueError, match=said):
        methodcaller(method, [1, 0], [[0.5], [1.5]])(kind)
    network = Sequential(Linear(1, 2, Random(0)))
    with pytest.raises(TypeError, match=rf"X is a network, but an estimator makes its own: {method}\(X, y\)"):
        methodcaller(method, network, [[0.5], [1.5]], [1, 0])(kind)


@pytest.mark.parametrize(("X", "y"), [([[0.5]], [1]), ([[0.5]], [[1, 2]]), ([0.5], [1]), ((), ())])
def test_all_but_a_table_of_targets_for_a_column_may_be_in_their_places(X: object, y: object) -> None:
    check_data(X, y, "fit(X, y)")


# The accuracy.


def test_accuracy_counts_samples_by_weight() -> None:
    assert accuracy_score([1, 2, 4], [1, 2, 3]) == pytest.approx(2 / 3)
    assert accuracy_score([1, 2, 4], [1, 2, 3], [1.0, 1.0, 2.0]) == pytest.approx(1 / 2)
    assert accuracy_score([[0, 1], [1, 0]], [[0, 1], [1, 1]]) == 0.5


@pytest.mark.parametrize(
    ("actual", "predicted", "said"),
    [
        ([0, 1], ["cat", "dog"], "y has numbers, such as 0, but the classes are names, such as 'cat'$"),
        (["cat", "dog"], [0, 1], "y has names, such as 'cat', but the classes are numbers, such as 0$"),
    ],
)
def test_names_are_not_compared_with_numbers(actual: list[object], predicted: list[object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        accuracy_score(actual, predicted)


def test_accuracy_of_different_numbers_of_samples_is_refused() -> None:
    with pytest.raises(ValueError, match="X has 2 samples, but y has 1"):
        accuracy_score([1], [1, 2])


@pytest.mark.parametrize(("weights", "message"), [([1.0], "got 1 of sum 1"), ([0.0, 0.0], "got 2 of sum 0")])
def test_accuracy_refuses_too_few_weights_or_all_zero(weights: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=f"expected 2 weights, not all of them zero, {message}"):
        accuracy_score([1, 2], [1, 2], weights)
