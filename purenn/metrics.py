"""Metrics: how good the answers are, in figures for people. Training itself follows the loss.

`evaluate` scores a network on samples: its loss and its accuracy. The other functions compare actual answers, the first
argument as in scikit-learn, with predicted ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt
from statistics import median
from typing import NamedTuple, overload

from purenn.charts import Svg, confusion
from purenn.errors import ShapeError, TrainingWarning, check_kind, check_whole, is_a, warn
from purenn.foreign import explained
from purenn.formats import File, arrays
from purenn.losses import Loss
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.samples import (
    Answers,
    Labels,
    LossLike,
    Numbers,
    Rows,
    Samples,
    Targets,
    as_loss,
    as_rows,
    classes as classes_of,
    loss_doubts,
    renumbered,
)

__all__ = [
    "ClassScore",
    "ConfusionMatrix",
    "Metric",
    "Score",
    "accuracy",
    "as_metrics",
    "class_scores",
    "confusion_matrix",
    "constant_loss",
    "count_right",
    "evaluate",
    "losses_of",
    "mean_absolute_error",
    "measure",
    "r2_score",
    "score_of",
    "weighted_loss",
    "wilson_interval",
]

MOST = 10_000  # classes, if only the largest number tells how many there are: the matrix takes 1 GB
DRAWN = 100  # classes, at most, in the picture of a confusion matrix
NEVER = 1e-12  # the probability of what never occurs, for a logarithm


class Score(NamedTuple):
    """The loss, averaged over the samples, and the fraction of right answers: None if the targets are quantities."""

    loss: float
    accuracy: float | None


@overload
def evaluate(
    network: Sequential, inputs: Samples, third: LossLike | None = None, /, *, loss: LossLike | None = None
) -> Score: ...
@overload
def evaluate(network: Sequential, inputs: Numbers, targets: Targets | float, loss: LossLike | None = None) -> Score: ...
@explained("evaluate")
def evaluate(
    network: Sequential,
    inputs: Samples | Numbers,
    targets: Targets | float | LossLike | None = None,
    loss: LossLike | None = None,
) -> Score:
    """Return the loss of a network on these samples and, if their targets are classes or labels, its accuracy.

    inputs, targets: as for `training.fit`; Samples have both. loss: a loss, or its name. Default: the loss that the
    network was trained with or, if that is not known, the one that suits the targets. Raises ValueError for targets of
    classes that the network does not have.
    """
    check_kind("meaning", "Sequential(Linear(4, 8)), which comes first: evaluate(network, X, y)", network=network)
    if isinstance(targets, (int, float)):
        targets = [float(targets)]  # of one sample
    if isinstance(targets, (str, type)) or not (targets is None or isinstance(targets, (Rows, Iterable))):
        targets, loss = None, targets  # after Samples, the loss may come third
    if isinstance(inputs, Samples):
        inputs = renumbered(inputs, network.classes)
    samples = renumbered(network.samples(inputs, targets), network.classes)
    loss = as_loss(loss or network.loss, samples, network.meaning.last)
    for doubt in () if loss is network.loss else loss_doubts(loss, network.meaning.last):
        warn(doubt, TrainingWarning)
    return score_of(network, samples, loss, samples.answers)


def score_of(network: Sequential, samples: Samples, loss: Loss, answers: Answers | None) -> Score:
    """Return the score as `evaluate` does, but with the kind of answers given, which is that of the training samples.

    A small validation set may not show the kind: a few rows of labels, of which several can be 1, may look one-hot.
    """
    total, right = 0.0, 0
    for start in range(0, len(samples), 100):
        batch = range(start, min(start + 100, len(samples)))
        x, targets = samples.take(batch)
        outputs = network(x)
        total += weighted_loss(loss, outputs, targets, samples.weights_of(batch)) * x.rows
        right += count_right(answers, loss, outputs, targets)
    return Score(total / len(samples), right / len(samples) if answers else None)


def weighted_loss(loss: Loss, outputs: Matrix, targets: Matrix, weights: Sequence[float]) -> float:
    """Return Σ weight · loss / n for a batch of n. Without weights, this is the loss of the batch."""
    if not weights:
        return loss.value(outputs, targets)
    pairs = zip(weights, outputs, targets)
    return sum(w * loss.value(Matrix.wrap([y]), Matrix.wrap([t])) for w, y, t in pairs if w) / outputs.rows


def losses_of(network: Sequential, samples: Samples, loss: Loss) -> list[float]:
    """Return the loss of each sample alone, times its weight. Their mean is the loss of `evaluate`."""
    x, targets = samples.take(range(len(samples)))
    weights = samples.weights_of(range(len(samples))) or [1.0] * len(samples)
    rows = zip(weights, network(x), targets)
    return [weight * loss.value(Matrix.wrap([y]), Matrix.wrap([t])) for weight, y, t in rows]


def constant_loss(samples: Samples, loss: Loss) -> float:
    """Return the loss of the best constant: of the outputs that answer all samples alike, whatever their inputs.

    A network that has learned anything is better. For classes and labels, the best constant is the frequency of each,
    which as a logit is ln p, or ln(p / (1 - p)) for independent labels. For quantities it is the mean where errors are
    squared, and the median where they are not: the better of the two is taken.

    >>> from purenn.losses import MeanSquaredError
    >>> constant_loss(Samples(Matrix([[0], [1]]), Matrix([[10], [30]])), MeanSquaredError())
    100.0
    """
    targets = samples.targets.take(range(len(samples)))
    weights = samples.weights_of(range(len(samples))) or [1.0] * len(samples)
    total = sum(weights) or 1.0
    means = [sum(w * t for w, t in zip(weights, column)) / total for column in targets.T]
    constants = [means]
    if loss.takes == "quantities":
        constants.append([median(column) for column in targets.T])
    elif loss.takes == "logits":
        # a label that never occurs, or always does, has an infinite logit: one of ±28 stands for it
        odds = [(max(p, NEVER), max(1.0 - p, NEVER)) for p in means]
        constants = [[log(p) if loss.kind == "classes" else log(p / q) for p, q in odds]]
    values = (weighted_loss(loss, Matrix.wrap([row] * targets.rows), targets, weights) for row in constants)
    return min(values)


def count_right(answers: Answers | None, loss: Loss, outputs: Matrix, targets: Matrix) -> int:
    """Return the number of rows in a batch that are answered right; 0 for quantities, which have no right or wrong."""
    if answers is None:
        return 0
    return sum(p == t for p, t in zip(answers(loss.predictions(outputs)), answers(targets)))


Metric = Callable[[Matrix, Matrix], float]  # of actual and predicted rows


def as_metrics(metrics: Mapping[str, Metric] | None) -> Mapping[str, Metric]:
    """Return metrics by name, none for None. Raises TypeError for anything but a mapping to functions."""
    metrics = {} if metrics is None else metrics
    if not is_a(metrics, Mapping) or not all(map(callable, metrics.values())):
        what = "expected functions by name, as in {'mae': mean_absolute_error}"
        raise TypeError(f"metrics is {metrics!r:.100}, {what}; loss and accuracy are always computed")
    return metrics


def measure(
    network: Sequential, loss: Loss, metrics: Mapping[str, Metric], parts: Mapping[str, Samples | None]
) -> dict[str, float]:
    """Compute every metric on every part of the samples.

    parts: samples by the prefix that they give to the names of their figures, such as "validation_"; None is left out.
    """
    figures: dict[str, float] = {}
    for prefix, samples in parts.items():
        if samples:
            predicted = loss.predictions(network.outputs(samples.inputs))
            actual = samples.targets.take(range(len(samples)))
            for name, metric in metrics.items():
                figures[f"{prefix}{name}"] = float(metric(actual, predicted))  # JSON knows no NumPy numbers
    return figures


def accuracy(actual: Targets, predicted: Targets) -> float:
    """Return the fraction of samples whose class is right. Classes are numbers or names, or rows of probabilities.

    >>> accuracy([0, 1, 0, 1], [0, 1, 1, 1])
    0.75
    """
    ours, theirs = _class_numbers(actual, predicted)
    return sum(a == p for a, p in zip(ours, theirs)) / len(ours)


def wilson_interval(right: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """Return the interval in which the probability of a right answer is, given that `right` of `count` were.

    With f = right / count, its ends are (f + z² / 2n ± z √(f (1 - f) / n + z² / 4n²)) / (1 + z² / n). z = 1.96 gives
    the interval that holds the true value in 95 of 100 such measurements. Unlike f ± z √(f (1 - f) / n), it is inside
    [0, 1] and tells something also where all answers are right. It knows only the chance by which the samples were
    drawn. Source: Wilson (1927).

    >>> low, high = wilson_interval(4, 4)
    >>> f"{low:.2f} to {high:.2f}"
    '0.51 to 1.00'
    """
    check_whole(1, count=count)
    if not 0 <= right <= count:
        raise ValueError(f"right must be from 0 to {count}, got {right}")
    f, doubt = right / count, z * z / count
    middle = (f + doubt / 2.0) / (1.0 + doubt)
    half = z * sqrt(f * (1.0 - f) / count + doubt / (4.0 * count)) / (1.0 + doubt)
    # where none or all are right, an end is 0 or 1, but for rounding
    return (middle - half if right else 0.0), (middle + half if right < count else 1.0)


class ConfusionMatrix(list[list[int]]):
    """A confusion matrix, as a list with a row of counts for each actual class. A notebook shows it as a picture.

    names: of the classes, if they are known.
    """

    def __init__(self, counts: Iterable[list[int]], names: Iterable[str] = ()) -> None:
        super().__init__(counts)
        self.names = tuple(names)

    def plot(self, path: File | None = None) -> Svg:
        """Return a drawing, an SVG text, in which right answers and mistakes have different colours. It is also written
        to `path`, if that is given: "confusion.svg"."""
        return confusion(self, self.names).written(path)

    def _repr_svg_(self) -> str | None:
        return self.plot() if len(self) <= DRAWN else None


def confusion_matrix(
    actual: Targets, predicted: Targets, classes: int | Sequence[str] | None = None
) -> ConfusionMatrix:
    """Return how often class i (row) was predicted as class j (column): right answers are on the diagonal.

    Classes are numbers or names, or rows of probabilities. classes: how many there are, or their names in order.
    Default: as many as the numbers need; names in sorted order.

    >>> confusion_matrix([0, 1, 0, 1], [0, 1, 1, 1], classes=2)
    [[1, 1], [0, 2]]
    """
    columns = _class_numbers(actual, predicted)
    texts = sorted({answer for column in columns for answer in column if isinstance(answer, str)})
    names = texts if classes is None or isinstance(classes, int) else [*classes]
    if texts:
        columns = _numbered(columns[0], names), _numbered(columns[1], names)
    numbers = [arrays.as_column(column, "classes") for column in columns]
    if not isinstance(classes, int):
        classes = len(names) or int(max(map(max, numbers))) + 1
        if classes > MOST and not names:
            what = f"class numbers count from 0, and {classes - 1} would make {classes:,} rows and columns"
            raise ValueError(f"{what}: if they are codes, make texts of them")
    counts = [[0] * classes for _ in range(classes)]
    for a, p in zip(*numbers):
        if a % 1 or p % 1 or not (0 <= p < classes and 0 <= a < classes):
            raise ValueError(f"classes must be 0 to {classes - 1}, got {p:g} for {a:g}")
        counts[int(a)][int(p)] += 1
    names = names or [*(actual.names if isinstance(actual, Labels) else ())]
    return ConfusionMatrix(counts, names if len(names) == classes else ())


@dataclass(frozen=True)
class ClassScore:
    """The scores of one class against all others. `support` is the number of samples in the class."""

    precision: float
    recall: float
    f1: float
    support: int


def class_scores(confusion: Sequence[Sequence[int]]) -> list[ClassScore]:
    """Return precision, recall and F1 of each class, from a confusion matrix.

    For a class, precision P is the fraction of right answers among the samples predicted as this class, recall R the
    fraction of right answers among the samples in this class, and F1 their harmonic mean, 2 P R / (P + R). Where a
    quotient is not defined, because the class has no samples or is never predicted, it is 0, as in scikit-learn.

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


def mean_absolute_error(actual: Numbers, predicted: Numbers) -> float:
    """Return Σ |y - t| / n over all n entries: the average error, in the unit of the targets.

    >>> mean_absolute_error([1, 2, 3], [1, 2, 6])
    1.0
    """
    actual, predicted = _quantities(actual, predicted)
    differences = predicted - actual
    return sum(sum(map(abs, row)) for row in differences) / (actual.rows * actual.columns)


def r2_score(actual: Numbers, predicted: Numbers, weights: Sequence[float] = ()) -> float:
    """Return R² = 1 - Σ w (y - t)² / Σ w (t - mean)², averaged over the columns. Default: all weights are 1.

    R² is the explained fraction of the targets' variance: 1 is perfect, 0 is as good as always predicting the mean, and
    below 0 is worse. For a column of equal targets it is 1 if all predictions are exact, otherwise 0, as in
    scikit-learn. Raises ShapeError if the shapes differ, and ValueError unless there is one weight for each row and at
    least one is not 0.

    >>> r2_score([1, 2, 3], [1, 2, 4])
    0.5
    """
    actual, predicted = _quantities(actual, predicted)
    if weights and (len(weights) != actual.rows or not sum(weights)):
        found = f"got {len(weights)} of sum {sum(weights):g}"
        raise ValueError(f"expected {actual.rows} weights, not all of them zero, {found}")
    counts = weights or [1.0] * actual.rows
    figures: list[float] = []
    for ts, ys in zip(actual.T, predicted.T):
        counted = [t for w, t in zip(counts, ts) if w]
        # equal numbers are their own mean; their sum / n may miss it by a last bit, which is no variance
        equal = min(counted) == max(counted)
        mean = counted[0] if equal else sum(w * t for w, t in zip(counts, ts)) / sum(counts)
        spread = sum(w * (t - mean) ** 2 for w, t in zip(counts, ts))
        error = sum(w * (y - t) ** 2 for w, y, t in zip(counts, ys, ts))
        figures.append(1.0 - error / spread if spread else float(not error))
    return sum(figures) / len(figures)


def _quantities(actual: Numbers, predicted: Numbers) -> tuple[Matrix, Matrix]:
    """Return both as a Matrix. Raises ShapeError if their shapes differ."""
    t, y = (rows.take(range(len(rows))) for rows in (as_rows(actual), as_rows(predicted)))
    if y.shape != t.shape:
        raise ShapeError(f"predictions are {y.shape} (samples, quantities), but targets are {t.shape}")
    return t, y


def _numbered(answers: Sequence[object], names: Sequence[str]) -> list[object]:
    """Return the place of each answer among the names. Raises ValueError for another one."""
    for answer in answers:
        if answer not in names:
            raise ValueError(f"{answer!r} is not among the classes {', '.join(map(repr, names))}")
    return [names.index(str(answer)) for answer in answers]


def _class_numbers(actual: Targets, predicted: Targets) -> tuple[list[object], list[object]]:
    """Return the classes of both, as numbers or names.

    Raises TypeError for quantities, ShapeError for sizes that do not agree, and ValueError for names on one side only:
    they would equal no number.
    """
    ours, theirs = _classes_in(actual, "actual"), _classes_in(predicted, "predicted")
    if len(ours) != len(theirs) or not ours:
        raise ShapeError(f"{len(theirs)} predictions for {len(ours)} samples")
    kinds = _kind(ours), _kind(theirs)
    if kinds[0] != kinds[1]:
        what = f"actual are {kinds[0]}, such as {ours[0]!r}, but predicted are {kinds[1]}, such as {theirs[0]!r}"
        raise ValueError(f"{what}: predict_names(X) returns names, predict_classes(X) numbers")
    return ours, theirs


def _kind(answers: Sequence[object]) -> str:
    return "names" if any(isinstance(answer, str) for answer in answers) else "numbers"


def _classes_in(values: Targets, name: str) -> list[object]:
    """Return class numbers or names as they are, and the classes of rows of probabilities."""
    if isinstance(values, Labels):
        return [*values.values]
    entries: list[object] = [*values] if isinstance(values, Matrix) else arrays.items(values, name)
    if not arrays.is_nested(entries):
        return entries
    rows = arrays.as_matrix(entries, name)
    if not all(0.0 <= value <= 1.0 for row in rows for value in row):
        raise TypeError(f"{name} has rows of quantities, expected class numbers, or rows of probabilities")
    return [*classes_of(rows)]
