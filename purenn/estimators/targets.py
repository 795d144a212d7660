"""Targets of an estimator: from the values that a user passes to rows for a network, and from its outputs back.

A column of strings or whole numbers stands for classes, a table of zeros and ones for labels of which any number may
hold at once, a column or a table of numbers for quantities.
"""

from __future__ import annotations

from collections.abc import Sequence, Sized
from dataclasses import dataclass, field
from math import isinf
from typing import SupportsFloat

from purenn.errors import ShapeError, warn
from purenn.estimators.exceptions import DataConversionWarning, official
from purenn.formats import arrays
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.samples import Labels, Rows, classes, multilabel

__all__ = [
    "Classes",
    "accuracy_score",
    "check_counts",
    "check_data",
    "quantities",
    "targets_of",
    "weights_of",
]


@dataclass(frozen=True)
class Classes:
    """The meaning of a network's outputs: a class each or, with `several`, a label each that holds by itself.

    values: the classes in the order of the outputs; the column numbers of labels. from_array, dtype: whether the
    targets were an array, and its dtype.
    """

    values: Sequence[object]
    several: bool
    from_array: bool = field(compare=False)
    dtype: object = field(compare=False)

    @classmethod
    def among(cls, targets: Sequence[object], y: object) -> Classes:
        """Return the classes found in these targets; y is how the user passed them.

        Raises ValueError for a target that cannot be a class, and for fewer than two classes.
        """
        several = arrays.is_nested(targets)
        values = range(arrays.as_matrix(targets, "y").columns) if several else _in_order(targets)
        return cls(values, several, arrays.is_array(y), None if several else arrays.dtype_of(y))

    @property
    def is_pair(self) -> bool:
        """True for two classes: they share one output, the probability of the second."""
        return len(self.values) == 2 and not self.several

    @property
    def out_activation(self) -> str:
        """The activation that turns outputs into probabilities, by scikit-learn's name."""
        return "logistic" if self.is_pair or self.several else "softmax"

    def listed(self, as_array: bool) -> arrays.Array[object]:
        """Return the classes, as an array if `as_array` is true or the targets were an array."""
        return arrays.in_kind(list(self.values), self.from_array or as_array, self.dtype)

    def encode(self, targets: Sequence[object]) -> Rows:
        """Return the rows to train on. Raises ValueError, naming the place, for a target of no known class."""
        if self.several:
            return _zeros_and_ones(targets, len(self.values))
        if arrays.is_nested(targets):
            raise ValueError(f"y is a table, but each sample has one of the classes {list(self.values)}")
        numbers = {value: number for number, value in enumerate(self.values)}
        for i, target in enumerate(targets):
            if target not in numbers:
                raise ValueError(f"y, row {i} is {target!r}, which is not among the classes {list(self.values)}")
        if self.is_pair:
            return Matrix.wrap([[float(numbers[target])] for target in targets])
        return Labels([numbers[target] for target in targets], len(self.values))

    def decode(self, probabilities: Matrix) -> list[object]:
        """Return the class of each row or, with several labels, a list of zeros and ones."""
        if self.several:
            return [*multilabel(probabilities)]
        return [self.values[number] for number in classes(probabilities)]

    def accuracy(self, actual: Matrix, predicted: Matrix, weights: Sequence[float]) -> float:
        """Return the accuracy of predicted probabilities; see `accuracy_score`."""
        return accuracy_score(self.decode(actual), self.decode(predicted), weights)


def check_data(X: object, y: object, call: str) -> None:
    """Raise TypeError, showing the call, for a network in place of X, and ValueError for X and y in exchanged places.

    That is a table of targets for a column of inputs. All else may be what it is said to be. Warns, with
    DataConversionWarning, if y is a table of one column.
    """
    if isinstance(X, Sequential):
        raise TypeError(f"X is a network, but an estimator makes its own: {call}")
    if (len(arrays.shape_of(X)), len(arrays.shape_of(y))) == (1, 2):
        raise ValueError(f"X is a column and y is a table, as if they had changed places: {call}")
    if arrays.shape_of(y)[1:] == (1,):
        what = f"A column-vector y was passed when a 1d array was expected: {_column_in(y)} is one"
        warn(what, official(DataConversionWarning))


def _column_in(y: object) -> str:
    """Return the expression for the only column of a table."""
    names = arrays.column_names(y)
    if names:
        return f"y[{names[0]!r}]"
    if arrays.is_array(y):
        return "y.ravel()" if hasattr(y, "ravel") else "numpy.ravel(y)"
    return "[value for (value,) in y]"


def targets_of(y: object) -> list[object]:
    """Return targets as a list of values, or of rows if there are several a sample.

    Rows of one value become values. Raises ValueError if there are no targets, or one of them is missing.
    """
    if y is None:
        raise ValueError("This estimator requires y to be passed, but the target y is None")
    targets = arrays.items(y, "y")
    if not targets:
        raise ValueError("y is empty, expected a target for each sample")
    for i, target in enumerate(targets):
        if arrays.is_missing(target):
            raise ValueError(f"y, row {i} is missing ({target!r}): leave this sample out")
        if isinstance(target, float) and isinf(target):  # scikit-learn's tests of estimators look for these words
            found = "Input contains NaN, infinity or a value too large for dtype('float64')"
            raise ValueError(f"{found}: y, row {i} is {target}, expected a finite number")
    if not arrays.is_nested(targets):
        return targets
    rows = [arrays.items(row, f"y, row {i}") for i, row in enumerate(targets)]
    return [*rows] if any(len(row) != 1 for row in rows) else [value for (value,) in rows]


def quantities(targets: Sequence[object]) -> Matrix:
    """Return targets as rows of finite numbers. Raises the errors of `formats.arrays.as_matrix`, and ValueError for
    texts, which are classes."""
    for i, target in enumerate(targets):
        if isinstance(target, str):
            raise ValueError(f"y, row {i} is {target!r}: a regressor predicts quantities; MLPClassifier is for classes")
    if arrays.is_nested(targets):
        return arrays.as_matrix(targets, "y")
    return Matrix.wrap([[value] for value in arrays.as_column(targets, "y")])


def check_counts(samples: Sized, targets: Sized) -> None:
    """Raise ShapeError unless there is a target for each sample."""
    if len(samples) != len(targets):
        raise ShapeError(f"X has {len(samples)} samples, but y has {len(targets)}")


def weights_of(sample_weight: object) -> list[float] | None:
    """Return the weights of samples as the user passes them. Raises the errors of `formats.arrays.as_column`."""
    return None if sample_weight is None else arrays.as_column(sample_weight, "sample_weight")


def accuracy_score(actual: Sequence[object], predicted: Sequence[object], weights: Sequence[float] = ()) -> float:
    """Return the part of the samples, by weight, that are predicted right; a row of labels, if all of them are.

    Default: all weights are 1. Raises ValueError for sizes that differ, for weights that are all zero, and for names on
    one side only: they would equal no number.

    >>> accuracy_score(["cat", "dog"], ["cat", "cat"], weights=[3.0, 1.0])
    0.75
    """
    check_counts(predicted, actual)
    if weights and (len(weights) != len(actual) or not sum(weights)):
        found = f"got {len(weights)} of sum {sum(weights):g}"
        raise ValueError(f"expected {len(actual)} weights, not all of them zero, {found}")
    ours, theirs = _kind(actual), _kind(predicted)
    if ours != theirs:
        raise ValueError(f"y has {ours}, such as {actual[0]!r}, but the classes are {theirs}, such as {predicted[0]!r}")
    counts = weights or [1.0] * len(actual)
    return sum(count for count, a, p in zip(counts, actual, predicted) if a == p) / sum(counts)


def _kind(labels: Sequence[object]) -> str:
    return "names" if any(isinstance(label, str) for label in labels) else "numbers"


def _in_order(targets: Sequence[object]) -> list[object]:
    """Return each class once: strings in alphabetical order, numbers by size. Raises ValueError for anything else."""
    for i, target in enumerate(targets):
        if isinstance(target, complex):
            raise ValueError(f"Complex data not supported: y, row {i} is {target}")
        if not isinstance(target, (str, SupportsFloat)) or (isinstance(target, float) and target % 1.0 != 0.0):
            what = "a class is a string, an int, a bool or a whole float; MLPRegressor is for quantities"
            raise ValueError(f"Unknown label type: y, row {i} is {target!r}; {what}")
    strings = sorted({str(target) for target in targets if isinstance(target, str)})  # NumPy's become Python's
    others = (target for target in targets if not isinstance(target, str))
    numbers = sorted({target for target in others if isinstance(target, SupportsFloat)}, key=float)
    if strings and numbers:
        raise ValueError(f"classes must be all strings or all numbers, got {strings[0]!r} and {numbers[0]!r}")
    if len(strings or numbers) < 2:
        raise ValueError(f"there must be at least 2 classes to tell apart, got 1 class at most: {strings or numbers}")
    return [*strings, *numbers]


def _zeros_and_ones(targets: Sequence[object], columns: int) -> Matrix:
    """Return rows of labels, 1 for a label that holds. Raises ValueError for other numbers or other sizes."""
    rows = arrays.as_matrix(targets, "y")
    if rows.columns != columns:
        raise ValueError(f"y has {rows.columns} columns, but there are {columns} labels")
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            if value not in (0.0, 1.0):
                what = "in a table of labels all are 0 or 1 (outputs of several classes each are not supported)"
                raise ValueError(f"Unknown label type: y, row {i}, column {j} is {value:g}; {what}")
    return rows
