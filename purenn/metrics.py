"""Metrics: how good the answers are, in figures that people read. Training follows the loss; people ask for these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from purenn.errors import ShapeError
from purenn.matrix import Matrix

__all__ = [
    "ClassScore",
    "accuracy",
    "class_scores",
    "classes",
    "confusion_matrix",
    "labels",
    "mean_absolute_error",
    "r2_score",
]


def classes(outputs: Matrix, threshold: float = 0.5) -> list[int]:
    """The class each row stands for: the column of its largest number; with a single column, 1 if it is over threshold.

    >>> classes(Matrix([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]])), classes(Matrix([[0.9], [0.2]]))
    ([1, 0], [1, 0])
    """
    if outputs.columns == 1:
        return [int(value > threshold) for (value,) in outputs]
    return [row.index(max(row)) for row in outputs]


def labels(outputs: Matrix, threshold: float = 0.5) -> list[list[int]]:
    """The labels each row stands for, where several can hold at once: 1 for a number over threshold, 0 for another.

    >>> labels(Matrix([[0.9, 0.2, 0.7], [0.1, 0.4, 0.3]]))
    [[1, 0, 1], [0, 0, 0]]
    """
    return [[int(value > threshold) for value in row] for row in outputs]


def accuracy(predicted: Sequence[int], actual: Sequence[int]) -> float:
    """The part of the samples whose class is right. Of outputs or one-hot rows, `classes` makes class numbers.

    >>> accuracy([0, 1, 1, 1], [0, 1, 0, 1])
    0.75
    """
    _check(predicted, actual)
    return sum(p == a for p, a in zip(predicted, actual)) / len(actual)


def confusion_matrix(predicted: Sequence[int], actual: Sequence[int], classes: int) -> list[list[int]]:
    """How often class i (row) was taken for class j (column): what is right stands on the diagonal.

    >>> confusion_matrix([0, 1, 1, 1], [0, 1, 0, 1], classes=2)
    [[1, 1], [0, 2]]
    """
    _check(predicted, actual)
    counts = [[0] * classes for _ in range(classes)]
    for p, a in zip(predicted, actual):
        if not (0 <= p < classes and 0 <= a < classes):
            raise ValueError(f"classes must be 0 to {classes - 1}, got {p} for {a}")
        counts[a][p] += 1
    return counts


@dataclass(frozen=True)
class ClassScore:
    """One class against all others; `support` is how many samples are of it."""

    precision: float
    recall: float
    f1: float
    support: int


def class_scores(confusion: Sequence[Sequence[int]]) -> list[ClassScore]:
    """Precision, recall and F1 of each class, from a confusion matrix.

    Precision = right / predicted as it, recall = right / all of it, F1 = their harmonic mean, 2 P R / (P + R). A class
    never predicted, or without samples, has 0 where the quotient is not defined, as in scikit-learn.

    >>> class_scores([[1, 1], [0, 2]])[1]
    ClassScore(precision=0.6666666666666666, recall=1.0, f1=0.8, support=2)
    """
    predicted = [sum(column) for column in zip(*confusion)]
    scores: list[ClassScore] = []
    for i, row in enumerate(confusion):
        right, support = row[i], sum(row)
        precision = right / predicted[i] if predicted[i] else 0.0
        recall = right / support if support else 0.0
        f1 = 2.0 * right / (predicted[i] + support) if predicted[i] + support else 0.0
        scores.append(ClassScore(precision, recall, f1, support))
    return scores


def mean_absolute_error(predicted: Matrix, actual: Matrix) -> float:
    """Σ |y - t| / n: how far off an answer is on average, in the unit of the targets."""
    differences = predicted - actual
    return sum(sum(map(abs, row)) for row in differences) / (actual.rows * actual.columns)


def r2_score(predicted: Matrix, actual: Matrix) -> float:
    """R² = 1 - Σ (y - t)² / Σ (t - mean)², over all columns together: the part of the targets' variance explained.

    1 is perfect, 0 no better than always answering the mean, below 0 worse. scikit-learn's function of this name takes
    the targets first, and averages the R² of each column. Raises ValueError if all targets of each column are equal,
    for then there is nothing to explain.

    >>> r2_score(Matrix([[1], [2], [4]]), Matrix([[1], [2], [3]]))
    0.5
    """
    means = [total / actual.rows for total in actual.sum_rows()[0]]
    spread = sum((t - mean) ** 2 for row in actual for t, mean in zip(row, means))
    if all(min(column) == max(column) for column in zip(*actual)):
        raise ValueError("R² is not defined when all targets are equal")
    return 1.0 - sum(error * error for row in predicted - actual for error in row) / spread


def _check(predicted: Sequence[int], actual: Sequence[int]) -> None:
    _refuse_matrices(predicted, actual)
    if len(predicted) != len(actual) or not actual:
        raise ShapeError(f"{len(predicted)} predictions for {len(actual)} samples")


def _refuse_matrices(*values: object) -> None:
    """Rows of a matrix can be compared as well, and would hardly ever be equal: the accuracy would be 0, silently."""
    if any(isinstance(value, Matrix) for value in values):
        raise TypeError("expected class numbers, got a Matrix: metrics.classes makes them of its rows")
