"""purenn.metrics against scikit-learn, over random cases."""

from __future__ import annotations

from random import Random

import pytest

from purenn.matrix import Matrix
from purenn.metrics import accuracy, class_scores, confusion_matrix, mean_absolute_error, r2_score

official = pytest.importorskip("sklearn.metrics")

pytestmark = pytest.mark.interop


@pytest.mark.parametrize("seed", range(50))
def test_figures_of_classes_agree(seed: int) -> None:
    rng = Random(seed)
    count, samples = rng.randint(2, 6), rng.randint(1, 40)
    predicted = [rng.randrange(count) for _ in range(samples)]  # often without some of the classes
    actual = [rng.randrange(count) for _ in range(samples)]
    every = list(range(count))
    confusion = confusion_matrix(actual, predicted, count)
    assert confusion == official.confusion_matrix(actual, predicted, labels=every).tolist()
    assert accuracy(actual, predicted) == pytest.approx(float(official.accuracy_score(actual, predicted)))
    figures = official.precision_recall_fscore_support(actual, predicted, labels=every, zero_division=0.0)
    for score, expected in zip(class_scores(confusion), zip(*(column.tolist() for column in figures))):
        assert (score.precision, score.recall, score.f1, score.support) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(50))
def test_figures_of_numbers_agree(seed: int) -> None:
    rng = Random(seed)
    rows, columns = rng.randint(2, 40), rng.randint(1, 3)
    actual = Matrix.from_function(rows, columns, lambda i, j: rng.gauss(100.0, 10.0 ** rng.randint(-2, 2)))
    predicted = actual + Matrix.from_function(rows, columns, lambda i, j: rng.gauss(1.0, 5.0))
    weights = [rng.choice([0.0, 0.5, 1.0, 3.0]) for _ in range(rows - 1)] + [1.0]
    theirs = [official.mean_absolute_error(actual.data, predicted.data), official.r2_score(actual.data, predicted.data)]
    weighted = official.r2_score(actual.data, predicted.data, sample_weight=weights)
    assert mean_absolute_error(actual, predicted) == pytest.approx(float(theirs[0]))
    assert r2_score(actual, predicted) == pytest.approx(float(theirs[1]))
    assert r2_score(actual, predicted, weights) == pytest.approx(float(weighted))


@pytest.mark.parametrize(
    ("actual", "predicted"),
    [
        ([[2.0], [2.0]], [[2.0], [2.0]]),  # equal targets, met
        ([[2.0], [2.0]], [[2.0], [3.0]]),  # and missed
        ([[0.0, 1.0], [0.0, 3.0]], [[0.0, 1.5], [0.0, 2.0]]),  # in one of two columns
        ([[0.0, 1.0], [0.0, 3.0]], [[0.5, 1.5], [0.0, 2.0]]),
        ([[1.0], [2.0]], [[9.0], [-9.0]]),  # worse than the mean
    ],
)
def test_r2_agrees_where_there_is_little_or_no_variance(
    actual: list[list[float]], predicted: list[list[float]]
) -> None:
    assert r2_score(Matrix(actual), Matrix(predicted)) == pytest.approx(float(official.r2_score(actual, predicted)))
