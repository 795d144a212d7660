"""Preprocessing: the preparation of samples for training, by scaling, one-hot labels, weights or a split.

A scaler is made from the training data and then used on all data, so nothing about the test set leaks into training.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from random import Random
from typing import Union

from purenn.errors import ShapeError
from purenn.losses import Loss
from purenn.matrix import Matrix
from purenn.samples import Labels, Numbers, Samples, as_rows, as_targets, classes

__all__ = [
    "Scaler",
    "Validation",
    "balanced_weights",
    "hold_back",
    "min_max",
    "one_hot",
    "prepare",
    "split",
    "standardize",
    "with_class_weights",
]

Validation = Union[Samples, tuple[Numbers, Numbers], float]  # samples, inputs and targets, or a fraction to hold back


@dataclass(frozen=True)
class Scaler:
    """A linear map of each column, x' = (x - shift) / scale, and its `inverse`.

    >>> scaler = min_max(Matrix([[1000], [3000]]))
    >>> scaler(Matrix([[1500], [4000]]))
    Matrix([[0.25], [1.5]])
    >>> scaler.inverse(Matrix([[0.25]]))
    Matrix([[1500.0]])
    """

    shifts: Sequence[float]
    scales: Sequence[float]

    def __call__(self, x: Matrix) -> Matrix:
        self._check(x)
        return Matrix.wrap([[(v - a) / b for v, a, b in zip(row, self.shifts, self.scales)] for row in x])

    def inverse(self, x: Matrix) -> Matrix:
        """Return x' · scale + shift."""
        self._check(x)
        return Matrix.wrap([[v * b + a for v, a, b in zip(row, self.shifts, self.scales)] for row in x])

    def _check(self, x: Matrix) -> None:
        if x.columns != len(self.shifts):
            raise ShapeError(f"a scaler of {len(self.shifts)} columns cannot scale {x.columns}")


def min_max(x: Matrix) -> Scaler:
    """Return the scaler that maps every column of x to [0, 1]; a column of equal numbers becomes 0."""
    lows, highs = [min(column) for column in zip(*x)], [max(column) for column in zip(*x)]
    return Scaler(lows, [high - low or 1.0 for low, high in zip(lows, highs)])


def standardize(x: Matrix) -> Scaler:
    """Return the scaler that brings every column of x to mean 0 and standard deviation 1.

    The variance is Σ (x - mean)² / n, as in scikit-learn. A column of equal numbers becomes 0.
    """
    # the computed mean of equal numbers may differ from them in the last bit, and that would become the scale
    means = [sum(column) / x.rows if min(column) < max(column) else column[0] for column in zip(*x)]
    variances = [sum((v - mean) ** 2 for v in column) / x.rows for column, mean in zip(zip(*x), means)]
    return Scaler(means, [sqrt(variance) or 1.0 for variance in variances])


def one_hot(labels: Sequence[int], classes: int) -> Matrix:
    """Return a row for each label: 1 in the column of its class, 0 in the others.

    Raises ValueError for a label out of range.

    >>> one_hot([2, 0], classes=3)
    Matrix([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    """
    return Labels(labels, classes).take(range(len(labels)))


def balanced_weights(labels: Sequence[int]) -> dict[int, float]:
    """Return a weight for each class, so that all classes count the same, however many samples they have.

    For n samples in k classes it is n / (k · samples in the class). The weights of all samples add up to n, so a
    learning rate keeps its meaning. Source: King and Zeng (2001).

    >>> balanced_weights([0, 0, 0, 1])
    {0: 0.6666666666666666, 1: 2.0}
    """
    counts = Counter(labels)
    return {label: len(labels) / (len(counts) * count) for label, count in counts.items()}


def split(
    samples: int, fraction: float, rng: Random, *, stratify: Sequence[int] | None = None
) -> tuple[list[int], list[int]]:
    """Split indices at random into two lists: the larger part, and `fraction` of the samples, at least one each.

    With labels in `stratify`, both parts have the same mixture of classes: each class's count is within 1 of its share.
    Raises ValueError for fewer than 2 samples or a fraction that is not between 0 and 1.

    >>> larger, smaller = split(100, 0.2, Random(0))
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
    class_weights: Mapping[int, float] | str | None = None,
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


def with_class_weights(samples: Samples, weights: Mapping[int, float] | str) -> Samples:
    """Return the samples, each with its weight multiplied by that of its class. "balanced" means `balanced_weights`.

    Raises ValueError if the targets are not classes, or a class has no weight.
    """
    if samples.answers is not classes:
        raise ValueError("class weights are for targets that are classes: class numbers, one-hot rows, or 0 and 1")
    labels = _class_numbers(samples)
    if isinstance(weights, str):
        if weights != "balanced":
            raise ValueError(f"class weights must be 'balanced' or a weight for each class, got {weights!r}")
        weights = balanced_weights(labels)
    missing = sorted({*labels} - {*weights})
    if missing:
        raise ValueError(f"no class weight for class {', '.join(map(str, missing))}: there are {weights}")
    own = [1.0] * len(samples) if samples.weights is None else samples.weights
    return replace(samples, weights=[weight * weights[label] for weight, label in zip(own, labels)])


def hold_back(samples: Samples, validation: Validation | None, rng: Random) -> tuple[Samples, Samples | None]:
    """Return the samples to train on and those to validate on.

    `validation` is either the samples to validate on, or the fraction of `samples` to hold back for that: drawn with
    `rng`, with each class in its proportion. Raises ShapeError if the sizes of the two parts differ, TypeError for a
    `validation` that is neither, and ValueError for a fraction out of range.
    """
    if validation is None:
        return samples, None
    if isinstance(validation, tuple):
        inputs, targets = validation
        validation = Samples(as_rows(inputs), as_targets(targets, samples.targets.columns))
    if isinstance(validation, Samples):
        ours, theirs = ((part.inputs.columns, part.targets.columns) for part in (samples, validation))
        if ours != theirs:
            raise ShapeError(f"training samples are {ours} wide (inputs, targets), but validation samples {theirs}")
        return samples, validation
    labels = _class_numbers(samples) if samples.answers is classes else None
    larger, smaller = split(len(samples), _fraction(validation), rng, stratify=labels)
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
