"""Losses: one number that says how wrong a batch of outputs is, and its gradient, which says how to reduce it.

Outputs and targets are batch × k. Every loss is an average over the batch, so that a learning rate keeps its meaning
when the batch size changes. `CrossEntropy` and `BinaryCrossEntropy` take logits, the weighted sums before any softmax
or sigmoid: computed together with the logarithm, these cannot overflow, and the gradient is simply p - t. The textbook
forms, which take probabilities, are at the end of this file.

To add a loss, write a class that inherits from `Loss` and `register` it.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, Literal, Protocol, TypeVar, get_args

from purenn.activations import log_softmax, sigmoid, softmax
from purenn.errors import ShapeError, check_choice
from purenn.matrix import Matrix
from purenn.registry import Registry

__all__ = [
    "LOSSES",
    "BinaryCrossEntropy",
    "BinaryCrossEntropyOfProbabilities",
    "CrossEntropy",
    "CrossEntropyOfProbabilities",
    "Kind",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "find_loss",
    "register",
]

SUM_TOLERANCE = 1e-6  # for the sum of probabilities, which may have been computed in 32 bits
CLIP = 1e-12  # probabilities are kept this far from 0 and 1 before a logarithm is taken


Kind = Literal["quantities", "classes", "multilabel"]
Takes = Literal["quantities", "logits", "probabilities"]


class Loss(Protocol):
    """The interface of a loss, for training, metrics and the command line.

    A custom loss inherits from this class and defines `value` and `gradient`; the other members have defaults that suit
    a loss of quantities. The command line creates a loss without arguments.

    kind: the kind of targets. "quantities" are numbers to approximate; "classes" are rows of probabilities that sum to
    1, usually one-hot; "multilabel" are independent probabilities, each for a yes or no.
    takes: the meaning of the outputs: "quantities", "logits" or "probabilities".
    short: further names under which `find_loss` finds it.
    """

    kind: ClassVar[Kind] = "quantities"
    takes: ClassVar[Takes] = "quantities"
    short: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def value(self, outputs: Matrix, targets: Matrix) -> float:
        """Return the loss, averaged over the batch. Raises ShapeError if the shapes differ."""
        ...

    @abstractmethod
    def gradient(self, outputs: Matrix, targets: Matrix) -> Matrix:
        """Return dL/d(outputs), in the shape of outputs. Raises ShapeError if the shapes differ."""
        ...

    def predictions(self, outputs: Matrix) -> Matrix:
        """Return the outputs in the units of the targets: probabilities for logits, otherwise unchanged."""
        return outputs

    def check_target(self, row: Sequence[float], where: str) -> None:
        """Raise ValueError for a row of targets that a loss of this kind cannot use. `where` is its place."""
        if self.kind == "classes" and len(row) == 1:
            raise ValueError(f"{self.name} needs an output for each class; for a yes or no, use BinaryCrossEntropy")
        if self.kind == "classes" and (min(row) < 0.0 or abs(sum(row) - 1.0) > SUM_TOLERANCE):
            raise ValueError(f"{where} is {row}, expected a probability for each class, summing to 1")
        for j, target in enumerate(row if self.kind == "multilabel" else ()):
            if not 0.0 <= target <= 1.0:
                raise ValueError(f"{where}, column {j} is {target}, expected a probability from 0 to 1")

    @property
    def name(self) -> str:
        """The name of the class, for files and tables."""
        return type(self).__name__

    @property
    def options(self) -> dict[str, float | str]:
        """The arguments that make an equal loss: its attributes that are numbers or strings."""
        return {name: value for name, value in vars(self).items() if isinstance(value, (int, float, str))}

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{name}={value!r}' for name, value in self.options.items())})"


LOSSES: Registry[type[Loss]] = Registry("loss")

Defined = TypeVar("Defined", bound=Loss)


def register(loss: type[Defined]) -> type[Defined]:
    """Register a loss under the name of its class. Used as a decorator. Raises ValueError for a name that is taken."""
    check_choice(get_args(Kind), kind=loss.kind)
    check_choice(get_args(Takes), takes=loss.takes)
    LOSSES.add(loss.__name__, loss)
    return loss


def find_loss(name: str) -> type[Loss]:
    """Return the loss with this name, in any spelling: "cross_entropy" and "CrossEntropyLoss" are CrossEntropy too.

    Raises ValueError, listing all names, if there is none.

    >>> find_loss("mse").__name__, find_loss("binary_crossentropy").__name__
    ('MeanSquaredError', 'BinaryCrossEntropy')
    """

    def letters(text: str) -> str:
        return text.replace("_", "").replace("-", "").replace(" ", "").casefold()

    wanted = letters(name)
    for loss in LOSSES.values():
        if {wanted, wanted.replace("loss", "")} & set(map(letters, (loss.__name__, *loss.short))):
            return loss
    return LOSSES[name]


@register
class MeanSquaredError(Loss):
    """Mean squared error: L = Σ (y - t)² / (n k); dL/dy = 2 (y - t) / (n k).

    A house with a predicted price of 350,000 is sold for 400,000:

    >>> MeanSquaredError().value(Matrix([[350_000]]), Matrix([[400_000]]))
    2500000000.0
    """

    short = ("mse", "squared_error")

    def value(self, outputs: Matrix, targets: Matrix) -> float:
        return _mean(outputs, targets, lambda y, t: (y - t) * (y - t))

    def gradient(self, outputs: Matrix, targets: Matrix) -> Matrix:
        return _slopes(outputs, targets, lambda y, t: 2.0 * (y - t))


@register
class MeanAbsoluteError(Loss):
    """Mean absolute error: L = Σ |y - t| / (n k); dL/dy = sign(y - t) / (n k), and 0 where y = t.

    Outliers count less than in the mean squared error.
    """

    short = ("mae", "absolute_error")

    def value(self, outputs: Matrix, targets: Matrix) -> float:
        return _mean(outputs, targets, lambda y, t: abs(y - t))

    def gradient(self, outputs: Matrix, targets: Matrix) -> Matrix:
        return _slopes(outputs, targets, lambda y, t: (y - t) / abs(y - t) if y != t else 0.0)


@register
class CrossEntropy(Loss):
    """Cross-entropy of n rows of logits z: L = -Σ t ln softmax(z) / n; dL/dz = (softmax(z) Σt - t) / n.

    A row of targets is a probability for each class, usually one-hot, and sums to 1; then dL/dz = (p - t) / n.
    Source: Bishop (2006), section 4.3.4.

    >>> CrossEntropy().value(Matrix([[1000, 0]]), Matrix([[0, 1]]))
    1000.0
    """

    kind = "classes"
    takes = "logits"
    short = ("categorical_crossentropy", "sparse_categorical_crossentropy", "log_loss")

    def value(self, outputs: Matrix, targets: Matrix) -> float:
        _check(outputs, targets)
        pairs = (pair for z, t in zip(outputs, targets) for pair in zip(t, log_softmax(z)))
        return sum(-p * log for p, log in pairs if p) / outputs.rows  # 0 · ln 0 counts as 0, its limit

    def gradient(self, outputs: Matrix, targets: Matrix) -> Matrix:
        _check(outputs, targets)
        rows: list[list[float]] = []
        for z, t in zip(outputs, targets):
            total = sum(t)
            rows.append([(p * total - target) / outputs.rows for p, target in zip(softmax(z), t)])
        return Matrix.wrap(rows)

    def predictions(self, outputs: Matrix) -> Matrix:
        return Matrix.wrap([softmax(z) for z in outputs])


@register
class BinaryCrossEntropy(Loss):
    """Binary cross-entropy of logits z: L = -Σ (t ln σ(z) + (1 - t) ln(1 - σ(z))) / (n k); dL/dz = (σ(z) - t) / (n k).

    Each output is an independent yes or no: one column for two classes, several for labels that can occur together.
    Computed as Σ (max(z, 0) - z t + ln(1 + e^-|z|)) / (n k), the same value without overflow or ln 0.

    >>> BinaryCrossEntropy().value(Matrix([[-1000]]), Matrix([[1]]))
    1000.0
    """

    kind = "multilabel"
    takes = "logits"
    short = ("bce", "bce_with_logits")

    def value(self, outputs: Matrix, targets: Matrix) -> float:
        return _mean(outputs, targets, lambda z, t: max(z, 0.0) - z * t + math.log1p(math.exp(-abs(z))))

    def gradient(self, outputs: Matrix, targets: Matrix) -> Matrix:
        return _slopes(outputs, targets, lambda z, t: sigmoid(z) - t)

    def predictions(self, outputs: Matrix) -> Matrix:
        return outputs.map(sigmoid.function)


@register
class CrossEntropyOfProbabilities(Loss):
    """Cross-entropy of n rows of probabilities p, the textbook form: L = -Σ t ln p / n; dL/dp = -t / (p n).

    p is clipped to [1e-12, 1 - 1e-12]. A clipped p gets the slope at the limit, so that a saturated unit still learns.
    Prefer `CrossEntropy` on logits.
    """

    kind = "classes"
    takes = "probabilities"

    def value(self, outputs: Matrix, targets: Matrix) -> float:
        return _mean(outputs, targets, lambda p, t: -t * math.log(_clip(p))) * outputs.columns

    def gradient(self, outputs: Matrix, targets: Matrix) -> Matrix:
        return _slopes(outputs, targets, lambda p, t: -t / _clip(p)) * outputs.columns


@register
class BinaryCrossEntropyOfProbabilities(Loss):
    """Binary cross-entropy of probabilities p, the textbook form.

    L = -Σ (t ln p + (1 - t) ln(1 - p)) / (n k); dL/dp = (p - t) / (p (1 - p) n k)

    p is clipped to [1e-12, 1 - 1e-12]. A clipped p gets the slope at the limit, so that a saturated unit still learns.
    Prefer `BinaryCrossEntropy` on logits.
    """

    kind = "multilabel"
    takes = "probabilities"

    def value(self, outputs: Matrix, targets: Matrix) -> float:
        def surprise(p: float, t: float) -> float:
            p = _clip(p)
            return -t * math.log(p) - (1.0 - t) * math.log(1.0 - p)

        return _mean(outputs, targets, surprise)

    def gradient(self, outputs: Matrix, targets: Matrix) -> Matrix:
        def slope(p: float, t: float) -> float:
            p = _clip(p)
            return (p - t) / (p * (1.0 - p))

        return _slopes(outputs, targets, slope)


def _check(outputs: Matrix, targets: Matrix) -> None:
    if outputs.shape != targets.shape:
        raise ShapeError(f"outputs are {outputs.shape}, but targets are {targets.shape} (batch, outputs)")


def _mean(outputs: Matrix, targets: Matrix, loss: Callable[[float, float], float]) -> float:
    """Return L = Σ loss(y, t) / (n k), the average over all entries."""
    _check(outputs, targets)
    return sum(sum(map(loss, y, t)) for y, t in zip(outputs, targets)) / (outputs.rows * outputs.columns)


def _slopes(outputs: Matrix, targets: Matrix, slope: Callable[[float, float], float]) -> Matrix:
    """Return the gradient of such an average, slope(y, t) / (n k) for every entry."""
    _check(outputs, targets)
    slopes = [list(map(slope, y, t)) for y, t in zip(outputs, targets)]
    return Matrix.wrap(slopes) * (1.0 / (outputs.rows * outputs.columns))


def _clip(p: float) -> float:
    return min(max(p, CLIP), 1.0 - CLIP)
