"""Metrics against numbers computed by hand; tests/test_metrics_interop.py compares them with scikit-learn's."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Sequence
from math import inf, log
from operator import methodcaller
from pathlib import Path
from random import Random

import pytest

from purenn.errors import ShapeError
from purenn.layers import Activation, Linear
from purenn.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    CrossEntropyOfProbabilities,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
)
from purenn.matrix import Matrix
from purenn.metrics import (
    ClassScore,
    Score,
    accuracy,
    as_metrics,
    class_scores,
    confusion_matrix,
    constant_loss,
    count_right,
    evaluate,
    losses_of,
    mean_absolute_error,
    measure,
    r2_score,
    score_of,
    weighted_loss,
    wilson_interval,
)
from purenn.network import Sequential
from purenn.normalization import BatchNorm
from purenn.regularization import Dropout
from purenn.samples import Labels, Samples, Targets, classes, multilabel
from tests.charts.pictures import check

ACTUAL = [0, 0, 0, 0, 0, 1, 1, 1, 2, 2]
PREDICTED = [0, 0, 0, 1, 2, 1, 1, 0, 2, 2]
CONFUSION = [[3, 1, 1], [1, 2, 0], [0, 0, 2]]  # a row for each actual class, a column for each predicted one


def test_accuracy_is_the_diagonal_over_all() -> None:
    assert accuracy(ACTUAL, PREDICTED) == 0.7  # 3 + 2 + 2 of 10


def test_confusion_has_actual_classes_in_rows_and_predicted_ones_in_columns() -> None:
    assert confusion_matrix(ACTUAL, PREDICTED, 3) == CONFUSION
    assert confusion_matrix([0], [1], 2) == [[0, 1], [0, 0]]


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
    assert mean_absolute_error(Matrix([[1], [4], [10]]), Matrix([[2], [4], [7]])) == pytest.approx(4 / 3)
    assert mean_absolute_error(Matrix([[1, 2]]), Matrix([[2, 5]])) == 2.0


def test_r2_is_the_variance_explained() -> None:
    # mean of the targets 5, their spread 16 + 1 + 25 = 42, errors 1 + 0 + 9 = 10; of the others 38/3
    actual, predicted = Matrix([[1], [4], [10]]), Matrix([[2], [4], [7]])
    assert r2_score(actual, predicted) == pytest.approx(1 - 10 / 42)
    assert r2_score(predicted, actual) == pytest.approx(1 - 30 / 38)


def test_r2_of_several_columns_is_their_mean() -> None:
    # spreads 2 and 8, errors 0 + 1 and 1 + 1
    assert r2_score(Matrix([[0, 1], [2, 5]]), Matrix([[0, 0], [1, 4]])) == pytest.approx((1 - 1 / 2 + 1 - 2 / 8) / 2)


def test_r2_of_the_truth_is_1_and_of_the_mean_0() -> None:
    targets = Matrix([[1.0], [2.0], [6.0]])
    assert r2_score(targets, targets) == 1.0
    assert r2_score(targets, Matrix([[3.0]] * 3)) == 0.0


def test_r2_counts_a_sample_as_often_as_its_weight_says() -> None:
    actual, predicted = Matrix([[1], [4], [10]]), Matrix([[2], [4], [7]])
    twice = r2_score(Matrix([[1], [4], [10], [10]]), Matrix([[2], [4], [7], [7]]))
    assert r2_score(actual, predicted, [1.0, 1.0, 2.0]) == pytest.approx(twice)
    assert r2_score(actual, predicted, [3.0] * 3) == pytest.approx(r2_score(actual, predicted))
    assert r2_score(actual, predicted, [1.0, 1.0, 0.0]) == pytest.approx(1 - 1 / 4.5)


@pytest.mark.parametrize(("weights", "found"), [([1.0, 2.0], "got 2 of sum 3"), ([0.0] * 3, "got 3 of sum 0")])
def test_r2_weights_that_are_too_few_or_all_zero_are_refused(weights: Sequence[float], found: str) -> None:
    with pytest.raises(ValueError, match=f"expected 3 weights, not all of them zero, {found}$"):
        r2_score(Matrix([[1], [2], [3]]), Matrix([[1], [2], [3]]), weights)


@pytest.mark.parametrize("value", [0.0, 5.0, 0.1])
def test_r2_of_equal_targets_is_1_if_all_are_met_and_0_otherwise(value: float) -> None:
    targets = Matrix([[value]] * 3)
    assert r2_score(targets, targets) == 1.0
    # with 0.1 the mean computed is off by a last bit, which must not pass for variance
    assert r2_score(targets, Matrix([[value], [value], [1.0]])) == 0.0
    # a target that does not count is no variance either
    others = Matrix([[value], [value], [value], [7.0]])
    assert r2_score(others, Matrix([[value], [value], [1.0], [7.0]]), [1.0, 1.0, 1.0, 0.0]) == 0.0


def test_predictions_for_other_samples_are_refused() -> None:
    with pytest.raises(ShapeError, match="1 predictions for 2 samples"):
        accuracy([0, 1], [0])
    with pytest.raises(ShapeError, match="1 predictions for 2 samples"):
        confusion_matrix([0, 1], [0], 2)
    with pytest.raises(ShapeError, match="0 predictions for 0 samples"):
        accuracy([], [])
    two, three = Matrix([[1], [2]]), Matrix([[1], [2], [3]])
    with pytest.raises(ShapeError, match=r"\(3, 1\) .* targets are \(2, 1\)"):
        mean_absolute_error(two, three)
    with pytest.raises(ShapeError, match=r"^predictions are \(3, 1\) .*, but targets are \(2, 1\)$"):
        r2_score(two, three)


@pytest.mark.parametrize(("predicted", "actual"), [(2, 0), (0, 2), (-1, 0), (0, -1)])
def test_a_class_out_of_range_is_named(predicted: int, actual: int) -> None:
    with pytest.raises(ValueError, match=f"classes must be 0 to 1, got {predicted} for {actual}"):
        confusion_matrix([actual], [predicted], 2)


def test_rows_of_probabilities_are_classes() -> None:
    rows, column = Matrix([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]), Matrix([[0.1], [0.8], [0.4]])
    assert accuracy(Matrix([[1, 0], [0, 1], [0, 1]]), rows) == accuracy([0, 1, 1], column) == 2 / 3
    assert accuracy(["cat", "dog"], ["cat", "cat"]) == 0.5
    assert confusion_matrix([0, 1, 1], rows) == confusion_matrix(Labels([0, 1, 1], 2), column) == [[1, 0], [1, 1]]


@pytest.mark.parametrize("rows", [Matrix([[1.5]]), Matrix([[-0.5, 1.5]])])
def test_the_accuracy_of_quantities_is_refused(rows: Matrix) -> None:
    with pytest.raises(TypeError, match=r"^actual has rows of quantities, expected class numbers, or rows of probabil"):
        accuracy(rows, rows)


def test_a_confusion_matrix_is_a_list_that_draws_itself_with_the_names_of_its_classes(tmp_path: Path) -> None:
    confusion = confusion_matrix(["dog", "cat", "dog"], ["dog", "dog", "dog"])
    assert confusion == [[0, 1], [0, 2]]
    assert json.loads(json.dumps(confusion)) == [[0, 1], [0, 2]]
    assert confusion.names == ("cat", "dog")
    check(confusion.plot(tmp_path / "pets.svg"), ["cat", "dog", "66.7 % right: 2 of 3"])
    assert (tmp_path / "pets.svg").read_text(encoding="utf-8") == confusion.plot()
    assert methodcaller("_repr_svg_")(confusion) == confusion.plot()


def test_a_confusion_matrix_takes_the_names_of_labels_and_of_its_argument() -> None:
    labels = Labels([0, 1, 1], 2, names=("no", "yes"))
    assert confusion_matrix(labels, [0, 1, 0]).names == ("no", "yes")
    assert confusion_matrix([0, 1], [0, 1], ["a", "b"]).names == ("a", "b")
    assert confusion_matrix(labels, [0, 2, 0]).names == ()  # a third class, which has no name
    assert confusion_matrix([0, 1], [0, 1], 2).names == ()


def test_a_confusion_matrix_of_hundreds_of_classes_is_shown_as_numbers() -> None:
    assert methodcaller("_repr_svg_")(confusion_matrix([0], [100])) is None
    assert methodcaller("_repr_svg_")(confusion_matrix([0], [99]))


def test_a_confusion_matrix_has_as_many_classes_as_the_numbers_need() -> None:
    assert confusion_matrix([0, 0], [0, 2]) == [[1, 0, 1], [0, 0, 0], [0, 0, 0]]
    assert confusion_matrix(array("l", [0, 1]), array("l", [0, 1])) == [[1, 0], [0, 1]]


def test_a_single_sample_is_scored() -> None:
    network = Sequential(Linear(2, 3, 0))
    assert evaluate(network, [1.0, 2.0], 2) == evaluate(network, [[1.0, 2.0]], [2])


@pytest.mark.parametrize("metrics", [["mae"], "accuracy", {"mae": "mae"}])
def test_metrics_are_functions_by_name(metrics: object) -> None:
    call: Callable[..., object] = as_metrics
    with pytest.raises(TypeError, match=r"expected functions by name, .*; loss and accuracy are always computed$"):
        call(metrics)


def test_a_forgotten_network_is_asked_for() -> None:
    call: Callable[..., object] = evaluate
    with pytest.raises(TypeError, match=r"which comes first: evaluate\(network, X, y\)$"):
        call([[1.0]], [1.0])


# Scores of a network.


def unchanged() -> Sequential:
    """Return a network whose outputs are its inputs."""
    return Sequential(Activation("identity"))


def test_right_answers_are_counted_as_the_targets_ask() -> None:
    # as classes 0 and 1 are right, and 2 is not; as labels, over 1/2 each, only 1 is
    outputs, targets = Matrix([[0.9, 0.6], [0.4, 0.7], [0.2, 0.3]]), Matrix([[1, 0], [0, 1], [1, 0]])
    assert count_right(classes, MeanSquaredError(), outputs, targets) == 2
    assert count_right(multilabel, MeanSquaredError(), outputs, targets) == 1
    assert count_right(None, MeanSquaredError(), outputs, targets) == 0
    # as logits all probabilities are over 1/2
    assert count_right(multilabel, BinaryCrossEntropy(), outputs, targets) == 0


def test_the_weighted_loss_is_divided_by_the_samples_and_not_by_their_weights() -> None:
    # (2 · 3² + 0.5 · 2²) / 2 = 10; without weights (9 + 4) / 2
    outputs, targets = Matrix([[3.0], [2.0]]), Matrix([[0.0], [0.0]])
    assert weighted_loss(MeanSquaredError(), outputs, targets, [2.0, 0.5]) == 10.0
    assert weighted_loss(MeanSquaredError(), outputs, targets, []) == 6.5


def test_a_sample_that_counts_for_nothing_may_have_an_infinite_loss() -> None:
    outputs, targets = Matrix([[1e200], [0.0]]), Matrix([[0.0], [2.0]])
    assert MeanSquaredError().value(outputs, targets) == inf
    assert weighted_loss(MeanSquaredError(), outputs, targets, [0.0, 1.0]) == 2.0


def test_a_score_averages_over_batches_of_unequal_size_with_weights() -> None:
    # 150 samples, evaluated 100 at a time: of class 0 with weight 1 and, from 120 on, of class 1 with weight 4;
    # logits 0 and 0 have a loss of ln 2 each
    targets = Labels([0] * 120 + [1] * 30, classes=2)
    samples = Samples(Matrix.zeros(150, 2), targets, [1.0] * 120 + [4.0] * 30)
    score = evaluate(unchanged(), samples, CrossEntropy())
    assert score.loss == pytest.approx(log(2.0) * (120 + 4 * 30) / 150)
    assert score.accuracy == 0.8  # a count of samples, whatever their weights


def test_the_score_of_quantities_has_no_accuracy() -> None:
    samples = Samples(Matrix([[1.0], [2.0]]), Matrix([[1.5], [4.0]]))
    assert evaluate(unchanged(), samples, MeanSquaredError()) == Score((0.25 + 4.0) / 2, None)


def test_answers_can_be_judged_as_in_training_where_a_few_samples_do_not_show_how() -> None:
    # both logits of each row are on the side of "yes" or of "no", but the larger one is that of the label that holds
    samples, loss = Samples(Matrix([[2, 1], [-1, -2]]), Matrix([[1, 0], [1, 0]])), BinaryCrossEntropy()
    assert evaluate(unchanged(), samples, loss).accuracy == 1.0
    assert score_of(unchanged(), samples, loss, multilabel).accuracy == 0.0
    assert score_of(unchanged(), samples, loss, None).accuracy is None


def test_evaluation_uses_the_network_and_does_not_train_it() -> None:
    rng = Random(0)
    network = Sequential(Dropout(0.5), BatchNorm(2))
    network.forward(Matrix([[1.0, 2.0], [3.0, 5.0]]), training=True, rng=rng)
    before = [buffer.copy() for buffer in network.buffers]
    samples = Samples(Matrix([[1.0, 2.0], [3.0, 5.0], [0.0, 0.0]]), Matrix([[0.3, 0.1]] * 3))
    x, targets = samples.take([0, 1, 2])
    assert evaluate(network, samples, MeanSquaredError()).loss == MeanSquaredError().value(network(x), targets)
    assert network.buffers == before


# Metrics taken in training.


@pytest.mark.parametrize("loss", [MeanSquaredError(), BinaryCrossEntropy()], ids=lambda loss: loss.name)
def test_every_metric_is_taken_on_every_part_of_actual_and_predicted_rows(loss: Loss) -> None:
    inputs, targets = Matrix([[0.0], [4.0]]), Matrix([[0.0], [1.0]])
    asked: list[tuple[Matrix, Matrix]] = []

    def largest(actual: Matrix, predicted: Matrix) -> float:
        asked.append((actual, predicted))
        return max(row[0] for row in predicted)

    parts = {"": Samples(inputs, targets), "validation_": Samples(inputs, targets).select([0]), "test_": None}
    figures = measure(unchanged(), loss, {"largest": largest, "mae": mean_absolute_error}, parts)
    predicted = loss.predictions(inputs)  # in the units of the targets
    assert asked == [(targets, predicted), (targets.take([0]), predicted.take([0]))]
    assert figures == {
        "largest": predicted[1, 0],
        "mae": mean_absolute_error(targets, predicted),
        "validation_largest": predicted[0, 0],
        "validation_mae": predicted[0, 0],
    }
    assert {type(figure) for figure in figures.values()} == {float}


def test_parts_that_are_not_there_have_no_figures() -> None:
    network = unchanged()
    assert measure(network, MeanSquaredError(), {}, {"": Samples(Matrix([[0.0]]), Matrix([[0.0]]))}) == {}
    assert measure(network, MeanSquaredError(), {"mae": mean_absolute_error}, {"validation_": None}) == {}


def test_labels_are_class_numbers() -> None:
    actual, predicted = Labels([0, 1, 0, 1], classes=2), [0, 1, 1, 1]
    assert accuracy(actual, predicted) == accuracy(predicted, actual) == 0.75
    assert confusion_matrix(actual, predicted, classes=2) == [[1, 1], [0, 2]]


# The best constant, and the loss of each sample.


def constant_of(loss: Loss, targets: list[list[float]], weights: list[float] | None = None) -> float:
    return constant_loss(Samples(Matrix([[0.0]] * len(targets)), Matrix(targets), weights), loss)


@pytest.mark.parametrize(
    ("loss", "targets", "expected"),
    [
        # the entropy of frequencies 3/4 and 1/4: -(3 ln 3/4 + ln 1/4) / 4
        (CrossEntropy(), [[1, 0], [1, 0], [1, 0], [0, 1]], -(3 * log(0.75) + log(0.25)) / 4),
        (CrossEntropyOfProbabilities(), [[1, 0], [1, 0], [1, 0], [0, 1]], -(3 * log(0.75) + log(0.25)) / 4),
        (BinaryCrossEntropy(), [[0], [1], [1], [0]], log(2.0)),
        # two labels, of frequencies 1/4 and 1/2: the mean of their entropies
        (BinaryCrossEntropy(), [[1, 1], [0, 1], [0, 0], [0, 0]], (-(0.25 * log(0.25) + 0.75 * log(0.75)) + log(2)) / 2),
        (MeanSquaredError(), [[1], [2], [6]], 14.0 / 3.0),  # about the mean, 3: 4 + 1 + 9
        (MeanAbsoluteError(), [[1], [2], [6]], 5.0 / 3.0),  # about the median, 2: 1 + 0 + 4; about the mean it is 6
    ],
)
def test_the_best_constant_by_hand(loss: Loss, targets: list[list[float]], expected: float) -> None:
    assert constant_of(loss, targets) == pytest.approx(expected)


def test_where_all_targets_are_equal_a_constant_is_right() -> None:
    assert constant_of(CrossEntropy(), [[1, 0, 0], [1, 0, 0]]) == pytest.approx(0.0, abs=1e-9)
    assert constant_of(BinaryCrossEntropy(), [[1], [1]]) == pytest.approx(0.0, abs=1e-9)
    assert constant_of(MeanSquaredError(), [[7], [7]]) == 0.0


def test_the_best_constant_goes_by_the_weights() -> None:
    # frequencies 3/4 and 1/4 by weight; Σ weight · loss / n
    assert constant_of(CrossEntropy(), [[1, 0], [0, 1]], [3.0, 1.0]) == pytest.approx(-(3 * log(0.75) + log(0.25)) / 2)


def test_the_losses_of_single_samples_have_the_mean_of_the_score() -> None:
    network = Sequential(Activation("tanh"))
    samples = Samples(Matrix([[0.0, 1.0], [2.0, 0.0]]), Labels([1, 0], 2), [1.0, 3.0])
    losses = losses_of(network, samples, CrossEntropy())
    assert len(losses) == 2
    assert sum(losses) / 2 == pytest.approx(evaluate(network, samples, CrossEntropy()).loss)


def test_labels_with_names_suit_a_network_that_knows_its_classes_by_number() -> None:
    network, named = Sequential(Linear(2, 2, 0)), Labels([0, 1], 2, ("cat", "dog"))
    network.classes = ("0", "1")
    assert evaluate(network, [[0, 1], [1, 0]], named) == evaluate(network, [[0, 1], [1, 0]], [0, 1])
    network.classes = ("hen", "dog")
    with pytest.raises(ValueError, match="no class of the network is called 'cat'; there are: hen, dog"):
        evaluate(network, [[0, 1], [1, 0]], named)


def test_lists_of_quantities_are_scored() -> None:
    assert r2_score([1, 2, 3], [1, 2, 4]) == r2_score(Matrix([[1], [2], [3]]), [[1], [2], [4]]) == 0.5
    assert mean_absolute_error([1, 2, 3], [1, 2, 6]) == 1.0
    with pytest.raises(ShapeError, match=r"predictions are \(2, 1\) \(samples, quantities\), but targets are \(3, 1\)"):
        mean_absolute_error([1, 2, 3], [1, 2])


def test_confusion_of_names() -> None:
    actual, predicted = ["dog", "cat", "dog"], ["dog", "dog", "dog"]
    assert confusion_matrix(actual, predicted) == [[0, 1], [0, 2]]
    assert confusion_matrix(actual, predicted, ["dog", "cat"]) == [[2, 0], [1, 0]]
    assert confusion_matrix(actual, predicted, 3) == [[0, 1, 0], [0, 2, 0], [0, 0, 0]]
    assert confusion_matrix([0, 1], [0, 0], ["dog", "cat"]) == [[1, 0], [1, 0]]
    with pytest.raises(ValueError, match="'dog' is not among the classes 'cat', 'hen'"):
        confusion_matrix(actual, predicted, ["cat", "hen"])


@pytest.mark.parametrize("compare", [accuracy, confusion_matrix])
@pytest.mark.parametrize(
    ("actual", "predicted", "words"),
    [
        (["cat", "dog"], [0, 1], "actual are names, such as 'cat', but predicted are numbers, such as 0:"),
        (["cat", "dog"], Matrix([[0.1, 0.9], [0.8, 0.2]]), "predicted are numbers, such as 1:"),
        ([0, 1], ["0", "1"], "actual are numbers, such as 0, but predicted are names, such as '0':"),
        (Labels([0, 1], 2, ("cat", "dog")), ["cat", "dog"], "actual are numbers, such as 0"),
    ],
)
def test_names_are_not_compared_with_numbers(
    compare: Callable[[Targets, Targets], object], actual: Targets, predicted: Targets, words: str
) -> None:
    with pytest.raises(ValueError, match=rf"{words}.* predict_names\(X\) returns names, predict_classes\(X\) numbers$"):
        compare(actual, predicted)


# The interval of an accuracy.


def test_the_interval_of_an_accuracy_is_wilson_s() -> None:
    # f = 0.9, n = 10, z = 1.96: z²/n = 0.38416; middle (0.9 + 0.19208) / 1.38416 = 0.788984;
    # half 1.96 √(0.009 + 0.009604) / 1.38416 = 0.193141
    assert wilson_interval(9, 10) == pytest.approx((0.595843, 0.982125), abs=2e-6)
    # f = 0.5, n = 100, z = 1: middle 0.505 / 1.01 = 0.5; half √(0.0025 + 0.000025) / 1.01 = 0.0497519
    assert wilson_interval(50, 100, z=1.0) == pytest.approx((0.5 - 0.0497519, 0.5 + 0.0497519), abs=1e-6)


def test_an_interval_ends_at_0_or_1_where_all_are_alike_and_shrinks_with_their_number() -> None:
    assert wilson_interval(0, 5)[0] == 0.0
    assert wilson_interval(7, 7)[1] == 1.0
    assert 0.99 < wilson_interval(1000, 1000)[0] < 1.0 == wilson_interval(1000, 1000)[1]


@pytest.mark.parametrize(("right", "count"), [(0, 0), (2, 1), (-1, 3)])
def test_an_interval_needs_samples_and_no_more_right_answers(right: int, count: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        wilson_interval(right, count)


def test_codes_are_no_class_numbers() -> None:
    with pytest.raises(ValueError, match="count from 0, and 1000000 would make 1,000,001 rows and columns"):
        confusion_matrix([1_000_000, 0], [0, 1])
