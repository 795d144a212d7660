"""Training: batches, epochs, and a record of how it went.

`epochs` is a generator: it trains for one epoch each time it is asked for the next, so that a `for` loop around it can
look, print, save, and `break` when it has seen enough. It does not know who computes; that is an engine's business. The
engine here computes with floats, a batch at a time. `fit` is the whole thing in one call.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from random import Random
from typing import NamedTuple, Protocol

from purenn.errors import TrainingError
from purenn.losses import Loss
from purenn.matrix import Matrix
from purenn.metrics import classes
from purenn.network import Sequential
from purenn.optimizers import SGD, Optimizer
from purenn.preprocessing import split
from purenn.samples import Images, Labels, Numbers, Rows, Samples, Selection, as_rows
from purenn.schedules import Schedule, constant

__all__ = ["Engine", "Epoch", "FloatEngine", "History", "Progress", "Score", "epochs", "fit"]

Progress = Callable[[int, int], None]  # samples done in this epoch, samples in all
ADVICE = "try a lower learning rate or inputs on a smaller scale"


class Score(NamedTuple):
    """The loss, averaged over samples, and the part of them classified right: None where the targets are no classes."""

    loss: float
    accuracy: float | None


@dataclass(frozen=True)
class Epoch:
    """One pass over the training samples. The training figures are running ones, taken while the weights change, and so
    a little behind; those of the validation samples are taken at the end. `seconds` is the pass with its validation."""

    number: int
    loss: float
    accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float
    seconds: float


class Engine(Protocol):
    """Who computes. An engine has its training samples from the start and trains a network on them."""

    @property
    def name(self) -> str:
        """What the user calls it."""
        ...

    def train(self, epoch: int, schedule: Schedule, progress: Progress) -> Score:
        """One pass over all training samples in random order; `epoch` counts from 0. TrainingError if it diverges."""
        ...

    def evaluate(self, samples: Samples) -> Score:
        """The score on other samples, without learning from them."""
        ...

    def network(self) -> Sequential:
        """The network as it is now, in floats."""
        ...


class FloatEngine:
    """Forward, loss, backward, step: batch after batch, with Python floats.

    Raises ValueError, naming the place, if an input or a target is not a finite number.
    """

    name = "float"

    def __init__(
        self, network: Sequential, samples: Samples, loss: Loss, optimizer: Optimizer, batch_size: int, rng: Random
    ) -> None:
        if not 1 <= batch_size <= len(samples):
            raise ValueError(f"batch_size must be from 1 to the {len(samples)} training samples, got {batch_size}")
        _check_finite(samples.inputs, "input")
        _check_finite(samples.targets, "target")
        self.samples = samples
        self.loss = loss
        self.optimizer = optimizer
        self.batch_size = batch_size
        self.rng = rng
        self.classify = _are_classes(samples.targets)
        self._network = network

    def network(self) -> Sequential:
        """The network it was given, which it changes in place."""
        return self._network

    def train(self, epoch: int, schedule: Schedule, progress: Progress) -> Score:
        """One pass over all training samples in random order; `epoch` counts from 0. TrainingError if it diverges."""
        order = list(range(len(self.samples)))
        self.rng.shuffle(order)
        loss, right = 0.0, 0
        for start in range(0, len(order), self.batch_size):
            self.optimizer.learning_rate = schedule(epoch + start / len(order))
            batch = order[start : start + self.batch_size]
            x, targets = self.samples.take(batch)
            outputs, backward = self._network.forward(x, self.rng)
            batch_loss = self.loss.value(outputs, targets)
            if not isfinite(batch_loss):
                raise self._diverged(f"the loss is {batch_loss}", epoch, start)
            gradients = backward.parameters(self.loss.gradient(outputs, targets))
            self.optimizer.step(self._network.parameters, gradients)
            loss += batch_loss * len(batch)
            right += self._count_right(outputs, targets)
            progress(start + len(batch), len(order))
        if not all(isfinite(weight) for parameter in self._network.parameters for row in parameter for weight in row):
            raise self._diverged("a weight is no longer a finite number", epoch, len(order) - 1)
        return self._score(loss, right, len(order))

    def evaluate(self, samples: Samples) -> Score:
        """The score on other samples, without learning from them."""
        loss, right = 0.0, 0
        for start in range(0, len(samples), 100):
            x, targets = samples.take(range(start, min(start + 100, len(samples))))
            outputs = self._network(x)
            loss += self.loss.value(outputs, targets) * x.rows
            right += self._count_right(outputs, targets)
        return self._score(loss, right, len(samples))

    def _count_right(self, outputs: Matrix, targets: Matrix) -> int:
        if not self.classify:
            return 0
        return sum(p == t for p, t in zip(classes(self.loss.predictions(outputs)), classes(targets)))

    def _score(self, loss: float, right: int, count: int) -> Score:
        return Score(loss / count, right / count if self.classify else None)

    def _diverged(self, what: str, epoch: int, start: int) -> TrainingError:
        rate = self.optimizer.learning_rate
        where = f"epoch {epoch + 1}, batch {start // self.batch_size + 1}"
        return TrainingError(f"{where}: {what}; {ADVICE} (the rate was {rate:g})")


def epochs(
    engine: Engine,
    count: int,
    schedule: Schedule,
    *,
    validation: Samples | None = None,
    progress: Progress = lambda done, total: None,
) -> Iterator[Epoch]:
    """Train for up to `count` epochs, yielding a record after each. To stop early, stop asking.

    Raises ValueError if count is below 1 and TrainingError, naming epoch and batch, if the loss or a weight stops being
    a finite number.
    """
    if count < 1:
        raise ValueError(f"epochs must be at least 1, got {count}")
    for epoch in range(count):
        start = time.perf_counter()
        score = engine.train(epoch, schedule, progress)
        checked = engine.evaluate(validation) if validation else Score(0.0, None)
        yield Epoch(
            number=epoch + 1,
            loss=score.loss,
            accuracy=score.accuracy,
            validation_loss=checked.loss if validation else None,
            validation_accuracy=checked.accuracy,
            learning_rate=schedule(epoch),
            seconds=time.perf_counter() - start,
        )


@dataclass(frozen=True)
class History:
    """The record of every epoch, in order."""

    epochs: Sequence[Epoch]

    @property
    def best(self) -> Epoch:
        """The epoch of the lowest validation loss or, without validation, of the lowest training loss."""
        return min(self.epochs, key=lambda e: e.loss if e.validation_loss is None else e.validation_loss)

    @property
    def losses(self) -> list[float]:
        """The training loss of every epoch."""
        return [epoch.loss for epoch in self.epochs]


def fit(
    network: Sequential,
    inputs: Numbers,
    targets: Numbers,
    *,
    loss: Loss,
    optimizer: Optimizer | None = None,
    epochs: int = 10,
    batch_size: int | None = None,
    schedule: Schedule | None = None,
    validation: Samples | float | None = None,
    seed: int = 0,
    callbacks: Iterable[Callable[[Epoch], object]] = (),
    progress: Progress = lambda done, total: None,
) -> History:
    """Train `network` in place and return the history.

    inputs: Matrix, Images, or lists of numbers, a row a sample. targets: the same, or Labels for one-hot rows; a flat
    list is one column or, for a network with several outputs, class numbers. batch_size: 32, or all where there are
    fewer. optimizer: SGD() if not given, with its own learning rate unless there is a schedule. validation: samples
    to score after each epoch, or the fraction of the training samples to hold back for that. callbacks: each is called
    with every Epoch; one that returns True ends the training.

    Raises ValueError for options out of range or samples that are not finite, ShapeError for sizes that do not fit, and
    TrainingError, naming epoch and batch, if training diverges.

    >>> from purenn.losses import BinaryCrossEntropy
    >>> from purenn.network import feed_forward
    >>> xor = feed_forward([2, 8, 1], Random(1), hidden="tanh")
    >>> inputs = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> history = fit(xor, inputs, [0, 1, 1, 0], loss=BinaryCrossEntropy(), optimizer=SGD(0.5), epochs=500)
    >>> xor.predict_classes(inputs), history.epochs[-1].accuracy
    ([0, 1, 1, 0], 1.0)
    """
    rng = Random(seed)
    samples = Samples(as_rows(inputs), _targets(targets, network.widths[-1]))
    if isinstance(validation, (int, float)):
        larger, smaller = split(len(samples), validation, rng)
        samples, validation = samples.select(larger), samples.select(smaller)
    elif validation is not None:
        _check_finite(validation.inputs, "validation input")
        _check_finite(validation.targets, "validation target")
    optimizer = SGD() if optimizer is None else optimizer
    size = min(32, len(samples)) if batch_size is None else batch_size
    engine = FloatEngine(network, samples, loss, optimizer, size, rng)
    return _record(engine, epochs, schedule or constant(optimizer.learning_rate), validation, list(callbacks), progress)


def _record(
    engine: Engine,
    count: int,
    schedule: Schedule,
    validation: Samples | None,
    callbacks: Sequence[Callable[[Epoch], object]],
    progress: Progress,
) -> History:
    """The history of training until `count` epochs are done or a callback returns True."""
    done: list[Epoch] = []
    for epoch in epochs(engine, count, schedule, validation=validation, progress=progress):
        done.append(epoch)
        answers = [callback(epoch) for callback in callbacks]
        if any(answer is True for answer in answers):  # and not `True in answers`: a callback may return a count, 1
            break
    return History(done)


def _targets(targets: Numbers, outputs: int) -> Rows:
    """Targets as rows; a flat list of whole numbers for several outputs are class numbers."""
    if not isinstance(targets, Rows) and outputs > 1:
        values = list(targets)
        labels = [value for value in values if isinstance(value, int)]
        if len(labels) == len(values):
            return Labels(labels, outputs)
        return as_rows(values)
    return as_rows(targets)


def _are_classes(targets: Rows) -> bool:
    """True for one-hot rows and, in a single column, for yes or no. Several yes in a row are not one class."""
    if isinstance(targets, Selection):
        return _are_classes(targets.whole)
    if isinstance(targets, Labels):
        return True
    return all({*row} <= {0.0, 1.0} and (len(row) == 1 or row.count(1.0) == 1) for row in _rows(targets))


def _check_finite(rows: Rows, what: str) -> None:
    """Raise ValueError naming the first number that is infinite or NaN. Bytes and class numbers cannot be."""
    if isinstance(rows, Selection):
        _check_finite(rows.whole, what)
    elif not isinstance(rows, (Images, Labels)):
        for i, row in enumerate(_rows(rows)):
            for j, value in enumerate(row):
                if not isfinite(value):
                    raise ValueError(f"{what} row {i}, column {j} is {value}, expected a finite number")


def _rows(rows: Rows) -> Iterator[list[float]]:
    """Row after row, without holding all of them at once."""
    return (rows.take([i])[0] for i in range(len(rows)))
