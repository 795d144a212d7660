"""Targets: what an estimator is to learn, as it comes from outside, and as the outputs of a network should be.

A column of strings or numbers stands for classes, a table of zeros and ones for labels of which any number may hold, a
column or a table of numbers for quantities. How good the answers are is said here too, as scikit-learn scores them.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import SupportsFloat

from purenn.formats.arrays import Array, as_column, as_matrix, dtype_of, in_kind, is_array, is_nested, items
from purenn.matrix import Matrix
from purenn.metrics import classes as likeliest
from purenn.metrics import labels as likely
from purenn.samples import Labels, Rows

__all__ = ["Classes", "DataConversionWarning", "quantities", "r_squared", "share_right", "targets_of"]


class DataConversionWarning(UserWarning):
    """Targets came as a table of one column, where a plain column was expected."""


@dataclass(frozen=True)
class Classes:
    """What the outputs stand for: a class each or, with `several`, a label each, of which any number may hold."""

    values: Sequence[object]
    several: bool
    arrays: bool = field(compare=False)  # whether they came in an array, and its dtype
    dtype: object = field(compare=False)

    @classmethod
    def among(cls, targets: Sequence[object], y: object) -> Classes:
        """The classes of these targets, which came as y."""
        several = is_nested(targets)
        values = range(as_matrix(targets, "y").columns) if several else _in_order(targets)
        return cls(values, several, is_array(y), None if several else dtype_of(y))

    @property
    def is_pair(self) -> bool:
        """Two classes need one output only: the probability of the second."""
        return len(self.values) == 2 and not self.several

    @property
    def out_activation(self) -> str:
        """What makes probabilities of the outputs, under scikit-learn's name."""
        return "logistic" if self.is_pair or self.several else "softmax"

    def listed(self, arrays: bool) -> Array[object]:
        """The classes, in an array if they came in one or `arrays` are wanted anyway."""
        return in_kind(list(self.values), self.arrays or arrays, self.dtype)

    def encode(self, targets: Sequence[object]) -> Rows:
        """Targets as the network's outputs should be. Raises ValueError for one that is of no class."""
        if self.several:
            return _zeros_and_ones(targets, len(self.values))
        numbers = {value: number for number, value in enumerate(self.values)}
        for i, target in enumerate(targets):
            if target not in numbers:
                raise ValueError(f"y, row {i} is {target!r}, which is not among the classes {list(self.values)}")
        if self.is_pair:
            return Matrix.wrap([[float(numbers[target])] for target in targets])
        return Labels([numbers[target] for target in targets], len(self.values))

    def decode(self, probabilities: Matrix) -> list[object]:
        """The class of each row or, with several labels, a list of zeros and ones."""
        if self.several:
            return [*likely(probabilities)]
        return [self.values[number] for number in likeliest(probabilities)]

    def accuracy(self, predictions: Matrix, targets: Matrix, weights: Sequence[float]) -> float:
        """The part of the samples, by weight, that are answered right; with several labels, all of them."""
        return share_right(self.decode(predictions), self.decode(targets), weights)


def targets_of(y: object) -> list[object]:
    """Targets as a column of values, or as rows of several; rows of one are a column, with a warning."""
    if y is None:
        raise ValueError("This estimator requires y to be passed, but the target y is None")
    targets = items(y, "y")
    if not targets:
        raise ValueError("y is empty, expected a target for each sample")
    if not is_nested(targets):
        return targets
    rows = [items(row, f"y, row {i}") for i, row in enumerate(targets)]
    if any(len(row) != 1 for row in rows):
        return [*rows]
    what = "A column-vector y was passed when a 1d array was expected: [value for (value,) in y] is one"
    warnings.warn(what, DataConversionWarning, stacklevel=3)
    return [value for (value,) in rows]


def quantities(targets: Sequence[object]) -> Matrix:
    """Targets as rows of finite numbers. Raises as `arrays.table` does."""
    if is_nested(targets):
        return as_matrix(targets, "y")
    return Matrix.wrap([[value] for value in as_column(targets, "y")])


def share_right(answers: Sequence[object], truths: Sequence[object], weights: Sequence[float]) -> float:
    """The accuracy: the part of the samples, by weight, whose answer is the truth.

    >>> share_right(["cat", "dog"], ["cat", "cat"], weights=[3.0, 1.0])
    0.75
    """
    if len(answers) != len(truths):
        raise ValueError(f"X has {len(answers)} samples, but y has {len(truths)}")
    counts = _counts(len(answers), weights)
    return sum(count for answer, truth, count in zip(answers, truths, counts) if answer == truth) / sum(counts)


def r_squared(answers: Matrix, truths: Matrix, weights: Sequence[float]) -> float:
    """R² = 1 - Σ w (y - t)² / Σ w (t - mean)², averaged over the columns. In a column of equal truths it is 1 if
    all are met exactly, and 0 otherwise.

    >>> r_squared(Matrix([[1], [2], [4]]), Matrix([[1], [2], [3]]), weights=[])
    0.5
    """
    if answers.shape != truths.shape:
        raise ValueError(f"the answers are {answers.shape} (samples, quantities), but y is {truths.shape}")
    counts = _counts(answers.rows, weights)
    figures: list[float] = []
    for ys, ts in zip(answers.T, truths.T):
        mean = sum(w * t for w, t in zip(counts, ts)) / sum(counts)
        spread = sum(w * (t - mean) ** 2 for w, t in zip(counts, ts))
        error = sum(w * (y - t) ** 2 for w, y, t in zip(counts, ys, ts))
        figures.append(1.0 - error / spread if spread else float(not error))
    return sum(figures) / len(figures)


def _counts(samples: int, weights: Sequence[float]) -> Sequence[float]:
    """The weights or, without any, a 1 for each sample."""
    if not weights:
        return [1.0] * samples
    if len(weights) != samples or not sum(weights):
        raise ValueError(
            f"expected {samples} weights, not all of them zero, got {len(weights)} of sum {sum(weights):g}"
        )
    return weights


def _in_order(targets: Sequence[object]) -> list[object]:
    """Each class once: strings by the alphabet, or numbers by size. Raises ValueError for anything else."""
    for i, target in enumerate(targets):
        if isinstance(target, complex):
            raise ValueError(f"Complex data not supported: y, row {i} is {target}")
        if not isinstance(target, (str, SupportsFloat)) or (isinstance(target, float) and target % 1.0 != 0.0):
            what = "a class is a string, an int, a bool or a whole float; a regressor is for continuous quantities"
            raise ValueError(f"Unknown label type: y, row {i} is {target!r}; {what}")
    strings = sorted({target for target in targets if isinstance(target, str)})
    numbers = sorted({target for target in targets if isinstance(target, SupportsFloat)}, key=float)
    if strings and numbers:
        raise ValueError(f"classes must be all strings or all numbers, got {strings[0]!r} and {numbers[0]!r}")
    if len(strings or numbers) < 2:
        raise ValueError(f"there must be at least 2 classes to tell apart, got 1 class at most: {strings or numbers}")
    return [*strings, *numbers]


def _zeros_and_ones(targets: Sequence[object], columns: int) -> Matrix:
    """Rows of labels, each 1 if it holds."""
    rows = as_matrix(targets, "y")
    if rows.columns != columns:
        raise ValueError(f"y has {rows.columns} columns, but there are {columns} labels")
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            if value not in (0.0, 1.0):
                what = "in a table of labels all are 0 or 1 (outputs of several classes each are not supported)"
                raise ValueError(f"Unknown label type: y, row {i}, column {j} is {value:g}; {what}")
    return rows
