"""Engines: who computes when a network is trained.

The training loop decides when and how often; an engine does the arithmetic of one pass over the samples. The one here
computes with Python floats, a batch at a time, and takes any network, loss and optimizer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isfinite
from random import Random
from typing import NamedTuple, Protocol

from purenn.errors import TrainingError
from purenn.losses import Loss
from purenn.matrix import Matrix
from purenn.metrics import classes
from purenn.network import Sequential
from purenn.optimizers import Optimizer
from purenn.samples import Images, Labels, Rows, Samples, Selection
from purenn.schedules import Schedule

__all__ = ["Engine", "FloatEngine", "Progress", "Score", "are_classes", "check_finite", "evaluate"]

Progress = Callable[[int, int], None]  # samples done in this epoch, samples in all
ADVICE = "try a lower learning rate or inputs on a smaller scale"


class Score(NamedTuple):
    """The loss, averaged over samples, and the part of them classified right: None where the targets are no classes."""

    loss: float
    accuracy: float | None


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
        check_finite(samples.inputs, "input")
        check_finite(samples.targets, "target")
        self.samples = samples
        self.loss = loss
        self.optimizer = optimizer
        self.batch_size = batch_size
        self.rng = rng
        self.classify = are_classes(samples.targets)
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
            right += _count_right(self.loss, outputs, targets) if self.classify else 0
            progress(start + len(batch), len(order))
        if not all(isfinite(weight) for parameter in self._network.parameters for row in parameter for weight in row):
            raise self._diverged("a weight is no longer a finite number", epoch, len(order) - 1)
        return Score(loss / len(order), right / len(order) if self.classify else None)

    def evaluate(self, samples: Samples) -> Score:
        """The score on other samples, without learning from them."""
        return evaluate(self._network, samples, self.loss)

    def _diverged(self, what: str, epoch: int, start: int) -> TrainingError:
        rate = self.optimizer.learning_rate
        where = f"epoch {epoch + 1}, batch {start // self.batch_size + 1}"
        return TrainingError(f"{where}: {what}; {ADVICE} (the rate was {rate:g})")


def evaluate(network: Sequential, samples: Samples, loss: Loss) -> Score:
    """The loss of a network on these samples, and its accuracy where their targets are classes."""
    classify = are_classes(samples.targets)
    total, right = 0.0, 0
    for start in range(0, len(samples), 100):
        x, targets = samples.take(range(start, min(start + 100, len(samples))))
        outputs = network(x)
        total += loss.value(outputs, targets) * x.rows
        right += _count_right(loss, outputs, targets) if classify else 0
    return Score(total / len(samples), right / len(samples) if classify else None)


def _count_right(loss: Loss, outputs: Matrix, targets: Matrix) -> int:
    return sum(p == t for p, t in zip(classes(loss.predictions(outputs)), classes(targets)))


def are_classes(targets: Rows) -> bool:
    """True for one-hot rows and, in a single column, for yes or no. Several yes in a row are not one class."""
    if isinstance(targets, Selection):
        return are_classes(targets.whole)
    if isinstance(targets, Labels):
        return True
    return all({*row} <= {0.0, 1.0} and (len(row) == 1 or row.count(1.0) == 1) for row in _rows(targets))


def check_finite(rows: Rows, what: str) -> None:
    """Raise ValueError naming the first number that is infinite or NaN. Bytes and class numbers cannot be."""
    if isinstance(rows, Selection):
        check_finite(rows.whole, what)
    elif not isinstance(rows, (Images, Labels)):
        for i, row in enumerate(_rows(rows)):
            for j, value in enumerate(row):
                if not isfinite(value):
                    raise ValueError(f"{what} row {i}, column {j} is {value}, expected a finite number")


def _rows(rows: Rows) -> Iterator[list[float]]:
    """Row after row, without holding all of them at once."""
    return (rows.take([i])[0] for i in range(len(rows)))
