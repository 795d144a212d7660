"""Preprocessing: the preparation of samples for training, by scaling, one-hot labels, weights or a split.

A scaler is made from the training data and then used on all data, so nothing about the test set leaks into training.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, replace
from itertools import chain
from math import hypot, inf, sqrt
from operator import index
from random import Random
from typing import TYPE_CHECKING, SupportsFloat, SupportsIndex, TypeVar, Union

from purenn.errors import ShapeError, check_kind, did_you_mean, is_a
from purenn.foreign import explained, foreign_attribute
from purenn.formats import arrays
from purenn.losses import Loss
from purenn.matrix import Matrix
from purenn.samples import Labels, Numbers, Rows, Samples, Targets, as_rows, as_samples, classes, renumbered

__all__ = [
    "ClassWeights",
    "Scaler",
    "Validation",
    "badly_scaled",
    "balanced_weights",
    "hold_back",
    "min_max",
    "missing_classes",
    "one_hot",
    "prepare",
    "split",
    "split_indices",
    "standardize",
    "with_class_weights",
]

Inputs = TypeVar("Inputs", bound=Sized)
Wanted = TypeVar("Wanted", bound=Sized)

Validation = Union[Samples, tuple[Numbers, Targets], float]  # samples, inputs and targets, or a fraction to hold back
ClassWeights = Union[Mapping[int, float], Mapping[str, float], str]  # by number, by name, or "balanced"

LARGEST = 1e150  # a number beyond has an infinite square, and no standard deviation
LARGE = 10.0  # a column with a root mean square above this is badly scaled; that of a standardized column is 1
FAR = 100.0  # a column is also badly scaled if its mean is this many standard deviations from 0


@dataclass(frozen=True)
class Scaler:
    """A linear map of each column, x' = (x - shift) / scale, and its `inverse`.

    It is a function and not the scaled numbers: made from the training data, it is called on all data.

    >>> scaler = min_max([[1000], [3000]])
    >>> scaler([[1500], [4000]])
    Matrix([[0.25], [1.5]])
    >>> scaler.inverse([[0.25]])
    Matrix([[1500.0]])
    >>> scaler
    Scaler for rows of 1: scaler(X) returns X scaled, scaler.inverse(X) undoes it
    """

    shifts: Sequence[float]
    scales: Sequence[float]

    def __call__(self, x: Numbers) -> Matrix:
        rows = self._rows(x)
        return Matrix.wrap([[(v - a) / b for v, a, b in zip(row, self.shifts, self.scales)] for row in rows])

    def inverse(self, x: Numbers) -> Matrix:
        """Return x' · scale + shift."""
        rows = self._rows(x)
        return Matrix.wrap([[v * b + a for v, a, b in zip(row, self.shifts, self.scales)] for row in rows])

    def __repr__(self) -> str:
        columns = len(self.shifts)
        return f"Scaler for rows of {columns}: scaler(X) returns X scaled, scaler.inverse(X) undoes it"

    def _rows(self, x: Numbers) -> Matrix:
        """Return rows of as many numbers as there are columns; a list of so many single numbers is one row."""
        rows = _matrix(x)
        if rows.columns == 1 and rows.rows == len(self.shifts):
            return rows.T
        if rows.columns != len(self.shifts):
            raise ShapeError(f"a scaler of {len(self.shifts)} columns cannot scale {rows.columns}")
        return rows

    if not TYPE_CHECKING:  # for those who take a scaler for the scaled numbers, or for one of another library

        def __iter__(self, *index: object) -> None:
            raise TypeError("a Scaler is not the scaled numbers: scaler(X) returns them, as in standardize(X)(X)")

        __getitem__ = __iter__
        __getattr__ = foreign_attribute


def min_max(x: Numbers) -> Scaler:
    """Return the scaler that maps every column of x to [0, 1]; a column of equal numbers becomes 0.

    >>> min_max([[1], [3]])([[1], [2]])
    Matrix([[0.0], [0.5]])
    """
    columns = list(zip(*_matrix(x)))
    lows, highs = list(map(min, columns)), list(map(max, columns))
    return Scaler(lows, [high - low or 1.0 for low, high in zip(lows, highs)])


def standardize(x: Numbers) -> Scaler:
    """Return the scaler that brings every column of x to mean 0 and standard deviation 1.

    The variance is Σ (x - mean)² / n, as in scikit-learn. A column of equal numbers becomes 0. Raises ValueError for
    numbers whose squares are infinite.

    >>> scaler = standardize([[1], [3]])
    >>> scaler([[1], [3], [7]])
    Matrix([[-1.0], [1.0], [5.0]])
    """
    rows = _matrix(x)
    for j, column in enumerate(zip(*rows)):
        most = max(max(column), -min(column))
        if LARGEST < most < inf:
            raise ValueError(f"column {j} has {most:g}, whose square is infinite, expected at most {LARGEST:g}")
    # the computed mean of equal numbers may differ from them in the last bit, and that would become the scale
    means = [sum(column) / rows.rows if min(column) < max(column) else column[0] for column in zip(*rows)]
    variances = [sum((v - mean) ** 2 for v in column) / rows.rows for column, mean in zip(zip(*rows), means)]
    return Scaler(means, [sqrt(variance) or 1.0 for variance in variances])


def _matrix(x: Numbers) -> Matrix:
    rows = as_rows(x)
    return rows if isinstance(rows, Matrix) else rows.take(range(len(rows)))


def badly_scaled(x: Matrix, names: Sequence[str] = ()) -> list[str]:
    """Return, in words, the columns of large numbers, and those far from 0 compared with their spread, worst first.

    A column is large if √(mean² + deviation²) > 10, and far if |mean| > 1 and |mean| > 100 · deviation. Equal numbers
    act as a bias, so they may be far, but not large. The worst is furthest above one of these limits.

    >>> badly_scaled(Matrix([[850, 1], [2400, 3]]), names=["area", "rooms"])
    ["column 0 ('area') with mean 1625 and standard deviation 775"]
    """
    wild: list[tuple[float, str]] = []
    for j, column in enumerate(zip(*x)):
        mean = sum(column) / len(column)
        deviation = hypot(*(value - mean for value in column)) / sqrt(len(column))
        far = abs(mean) > max(1.0, FAR * deviation) and min(column) < max(column)
        size = hypot(mean, deviation)
        if far or LARGE < size < inf:
            badness = max(size / LARGE, abs(mean) / (FAR * deviation) if far and deviation else 0.0)
            name = f"column {j}{''.join(f' ({name!r})' for name in names[j : j + 1])}"
            wild.append((badness, f"{name} with mean {mean:.4g} and standard deviation {deviation:.4g}"))
    return [text for _, text in sorted(wild, key=lambda column: -column[0])]


def missing_classes(samples: Samples) -> list[int]:
    """Return the classes that no sample has; for several labels in a row, those that no sample has.

    >>> missing_classes(Samples(Matrix([[1], [2]]), Labels([0, 2], classes=4)))
    [1, 3]
    """
    if samples.answers is None:
        return []
    if samples.answers is classes:
        known = set(_class_numbers(samples))
        return [label for label in range(max(samples.targets.columns, 2)) if label not in known]
    columns = zip(*samples.targets.take(range(len(samples))))
    return [label for label, column in enumerate(columns) if not any(column)]


def one_hot(labels: Iterable[int] | Iterable[str], classes: int | Sequence[str] | None = None) -> Matrix:
    """Return a row for each label: 1 in the column of its class, 0 in the others.

    Labels are class numbers, or texts. classes: their number or, for texts, their names in the order of the columns.
    Default: as many as the labels need; texts in alphabetical order. Raises ValueError for a label that is not among
    the classes.

    >>> one_hot([2, 0], classes=3)
    Matrix([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    >>> one_hot(["dog", "cat"])
    Matrix([[0.0, 1.0], [1.0, 0.0]])
    """
    given = arrays.items(labels, "labels")
    numbers = [index(label) for label in given if isinstance(label, SupportsIndex)]
    texts = [label for label in given if isinstance(label, str)]
    if texts and numbers:
        raise ValueError(f"labels must be all texts or all numbers, got {texts[0]!r} and {numbers[0]!r}")
    names = list(dict.fromkeys(sorted(texts))) if classes is None else [] if isinstance(classes, int) else [*classes]
    if texts and not names:
        raise ValueError(f"labels that are texts need the names of their classes, as in classes={sorted({*texts})}")
    for i, text in enumerate(texts):
        if text not in names:
            raise ValueError(f"label {i} is {text!r}, expected one of {', '.join(names)}{did_you_mean(text, names)}")
    values = [names.index(text) for text in texts] or numbers
    if len(values) != len(given) or not values:
        raise ValueError("labels must be whole numbers from 0, or texts, and at least one")
    count = classes if isinstance(classes, int) else len(names) or max(values) + 1
    return Labels(values, count).take(range(len(values)))


def balanced_weights(labels: Sequence[int]) -> dict[int, float]:
    """Return a weight for each class, so that all classes count the same, however many samples they have.

    For n samples in k classes it is n / (k · samples in the class). The weights of all samples add up to n, so a
    learning rate keeps its meaning. Source: King and Zeng (2001).

    >>> balanced_weights([0, 0, 0, 1])
    {0: 0.6666666666666666, 1: 2.0}
    """
    counts = Counter(labels)
    return {label: len(labels) / (len(counts) * count) for label, count in counts.items()}


@explained("split")
def split(
    inputs: Inputs, targets: Wanted, fraction: float = 0.2, *, seed: int = 0
) -> tuple[Inputs, Inputs, Wanted, Wanted]:
    """Split samples at random into a training part and a test part, which has `fraction` of them.

    Returns four parts in the order X_train, X_test, y_train, y_test, of the kind that was given: lists as lists, arrays
    as arrays. If the targets are classes, labels or whole numbers, both parts have the same mixture of them. The same
    seed gives the same parts.

    Raises ShapeError if there are not as many targets as inputs, ValueError for fewer than 2 samples or a fraction that
    is not between 0 and 1, TypeError for inputs or targets that have no rows to choose from.

    >>> X, y = [[1], [2], [3], [4], [5], [6]], ["a", "b", "a", "b", "a", "b"]
    >>> X_train, X_test, y_train, y_test = split(X, y, 0.33, seed=1)
    >>> len(X_train), len(X_test), sorted(y_train), sorted(y_test)
    (4, 2, ['a', 'a', 'b', 'b'], ['a', 'b'])
    """
    check_kind("__len__", "a list of rows, as in split(X, y, 0.2)", inputs=inputs, targets=targets)
    if len(inputs) != len(targets):
        raise ShapeError(f"{len(inputs)} inputs, but {len(targets)} targets")
    larger, smaller = split_indices(len(inputs), fraction, Random(seed), stratify=_mixture(targets))
    return (
        arrays.select(inputs, larger),
        arrays.select(inputs, smaller),
        arrays.select(targets, larger),
        arrays.select(targets, smaller),
    )


def _mixture(targets: Sized) -> list[Hashable] | None:
    """Return a label for each target, or None if one of them is not a class, a label or a whole number."""
    if isinstance(targets, Labels):
        return [*targets.values]
    if isinstance(targets, Rows) and not arrays.is_array(targets):
        targets = targets.take(range(len(targets)))
    values = arrays.items(targets, "y")
    rows = [tuple(arrays.items(value, "y")) for value in values] if arrays.is_nested(values) else [(v,) for v in values]
    return [*rows] if all(map(_is_label, chain.from_iterable(rows))) else None


def _is_label(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, SupportsFloat) and float(value) % 1.0 == 0.0)


def split_indices(
    samples: int, fraction: float, rng: Random, *, stratify: Sequence[Hashable] | None = None
) -> tuple[list[int], list[int]]:
    """Split indices at random into two lists: the larger part, and `fraction` of the samples, at least one each.

    With labels in `stratify`, both parts have the same mixture of classes: each class's count is within 1 of its share.
    Raises ValueError for fewer than 2 samples or a fraction that is not between 0 and 1.

    >>> larger, smaller = split_indices(100, 0.2, Random(0))
    >>> len(larger), len(smaller), len({*larger, *smaller})
    (80, 20, 100)
    """
    if not 0.0 < fraction < 1.0:
        raise ValueError(f"the fraction to split off must be between 0 and 1, got {fraction}")
    if samples < 2:
        raise ValueError(f"at least 2 samples are needed for a split, got {samples}")
    if stratify is not None and len(stratify) != samples:
        raise ShapeError(f"{samples} samples, but {len(stratify)} labels to stratify by")
    order = list(range(samples))
    rng.shuffle(order)
    size = min(max(round(samples * fraction), 1), samples - 1)
    if stratify is None:
        return order[size:], order[:size]
    # A class's share of the smaller part is size * its count / samples. Each class gets its share rounded down, and the
    # places left go to the classes with the largest remainders (Hamilton's method, which also fills parliaments).
    counts = Counter(stratify[i] for i in order)
    quotas = {label: size * count // samples for label, count in counts.items()}
    by_rest = sorted(counts, key=lambda label: size * counts[label] % samples, reverse=True)
    for label in by_rest[: size - sum(quotas.values())]:
        quotas[label] += 1
    larger: list[int] = []
    smaller: list[int] = []
    for i in order:
        quotas[stratify[i]] -= 1
        (smaller if quotas[stratify[i]] >= 0 else larger).append(i)
    return larger, smaller


def prepare(
    samples: Samples,
    loss: Loss,
    rng: Random,
    *,
    validation: Validation | None = None,
    class_weights: ClassWeights | None = None,
) -> tuple[Samples, Samples | None]:
    """Return the samples to train on and those to validate on, checked, for training with this loss.

    The validation samples are as `hold_back` returns them; class weights, as in `with_class_weights`, are only for
    training. Raises ValueError, naming the place, for a number that is not finite, a target that does not suit the
    loss, or weights that are all 0.
    """
    samples.check(loss)  # before a part is held back, so that messages name rows as the caller counts them
    training, held_back = hold_back(samples, validation, rng)
    if held_back and training is samples:  # they came from outside
        held_back.check(loss, "validation ")
    if class_weights is not None:
        training = with_class_weights(training, class_weights)
    if training.weights is not None and not any(training.weights):
        raise ValueError("all training samples have a weight of 0: there is nothing to learn from")
    return training, held_back


def with_class_weights(samples: Samples, weights: ClassWeights) -> Samples:
    """Return the samples, each with its weight multiplied by that of its class. "balanced" means `balanced_weights`.

    The classes are those of the targets, by number or by name; one that is not named has a weight of 1. Raises
    ValueError if the targets are not classes, or a
    weight is for an unknown class; TypeError for anything but a mapping or a text.
    """
    if samples.answers is not classes:
        raise ValueError("class weights are for targets that are classes: class numbers, one-hot rows, or 0 and 1")
    labels = _class_numbers(samples)
    if isinstance(weights, str):
        if weights != "balanced":
            raise ValueError(f"class weights must be 'balanced' or a weight for each class, got {weights!r}")
        weights = balanced_weights(labels)
    if not is_a(weights, Mapping):
        example = str(dict.fromkeys(samples.names[:2], 1.0)) if samples.names else "{0: 1.0, 1: 2.0}"
        raise TypeError(f"class_weights is {weights!r:.100}, expected a weight for each class, as in {example}")
    numbers = range(len(samples.classes))
    for name in weights:
        if name not in (samples.names if isinstance(name, str) else numbers):
            known = ", ".join(samples.names) if samples.names else f"0 to {numbers[-1]}, without names"
            raise ValueError(f"a class weight is for {name!r}, but the classes are: {known}")
    weights = {samples.names.index(key) if isinstance(key, str) else key: value for key, value in weights.items()}
    own = [1.0] * len(samples) if samples.weights is None else samples.weights
    return replace(samples, weights=[weight * weights.get(label, 1.0) for weight, label in zip(own, labels)])


def hold_back(samples: Samples, validation: Validation | None, rng: Random) -> tuple[Samples, Samples | None]:
    """Return the samples to train on and those to validate on.

    `validation` is either the samples to validate on, or the fraction of `samples` to hold back for that: drawn with
    `rng`, with each class in its proportion. Raises ShapeError if the sizes of the two parts differ, TypeError for a
    `validation` that is neither, and ValueError for a fraction out of range.
    """
    if validation is None:
        return samples, None
    if isinstance(validation, tuple):
        if len(validation) != 2:
            what = "expected two parts, (inputs, targets); weights of validation samples go into Samples"
            raise ValueError(f"validation is a tuple of {len(validation)}: {what}")
        inputs, targets = validation
        sizes = samples.inputs.columns, samples.targets.columns
        try:
            validation = as_samples(inputs, targets, sizes, known=samples.names)
        except ShapeError as error:
            raise ShapeError(f"validation: {error}") from None
        if validation.names != samples.names:
            known, now = ", ".join(samples.classes), ", ".join(validation.names)
            raise ValueError(f"the validation targets are of the classes {now}, but the training targets of {known}")
    if isinstance(validation, Samples):
        try:
            validation = renumbered(validation, samples.names)
        except ValueError as error:
            raise ValueError(f"validation: {error}") from None
        ours, theirs = ((part.inputs.columns, part.targets.columns) for part in (samples, validation))
        if ours != theirs:
            raise ShapeError(f"training samples are {ours} wide (inputs, targets), but validation samples {theirs}")
        return samples, validation
    labels = _class_numbers(samples) if samples.answers is classes else None
    larger, smaller = split_indices(len(samples), _fraction(validation), rng, stratify=labels)
    return samples.select(larger), samples.select(smaller)


def _class_numbers(samples: Samples) -> Sequence[int]:
    targets = samples.targets
    return targets.values if isinstance(targets, Labels) else classes(targets.take(range(len(targets))))


def _fraction(validation: object) -> float:
    """Return `validation` as a fraction, or raise TypeError."""
    if isinstance(validation, bool) or not isinstance(validation, (int, float)):
        what = "expected Samples, inputs and targets as a tuple, or a fraction"
        raise TypeError(f"validation is a {type(validation).__name__}, {what}")
    return validation
