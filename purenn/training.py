"""Training: epochs, and a record of how they went.

`epochs` is a generator: it trains for one epoch each time it is asked for the next, so that a `for` loop around it can
look, print, save, and `break` when it has seen enough. It does not know who computes; that is an engine's business.
`fit` is the whole thing in one call.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from numbers import Integral
from random import Random

from purenn.engine import Engine, FloatEngine, Progress, Score, check_finite
from purenn.losses import Loss
from purenn.network import Sequential
from purenn.optimizers import SGD, Optimizer
from purenn.preprocessing import split
from purenn.samples import Labels, Numbers, Rows, Samples, as_rows
from purenn.schedules import Schedule, constant

__all__ = ["Epoch", "History", "epochs", "fit"]


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
        check_finite(validation.inputs, "validation input")
        check_finite(validation.targets, "validation target")
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
        labels = [int(value) for value in values if isinstance(value, Integral)]
        if len(labels) == len(values):
            return Labels(labels, outputs)
        return as_rows(values)
    return as_rows(targets)
