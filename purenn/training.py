"""Training: epochs, and what is done between them.

`epochs` is a generator: it trains for one epoch each time it is asked for the next, so that a `for` loop around it can
look, print, save, and `break` when it has seen enough. It does not know who computes; that is an engine's business.
`fit` is the whole thing in one call.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import isclose
from random import Random

from purenn.checkpoints import Logbook
from purenn.clipping import Clip
from purenn.engine import Engine, Progress, Score, answers_of, check_finite
from purenn.float_engine import FloatEngine
from purenn.history import Epoch, History
from purenn.losses import Loss
from purenn.matrix import Matrix
from purenn.metrics import classes
from purenn.network import Sequential
from purenn.optimizers import SGD, Optimizer
from purenn.penalties import Penalty
from purenn.preprocessing import balanced_weights, split
from purenn.samples import Numbers, Samples, as_rows, as_targets
from purenn.schedules import Plateau, Schedule, constant

__all__ = ["Metric", "epochs", "fit", "partial_fit"]

Metric = Callable[[Matrix, Matrix], float]  # of predictions and targets


def epochs(
    engine: Engine,
    count: int,
    schedule: Schedule,
    *,
    validation: Samples | None = None,
    plateau: Plateau | None = None,
    done: Sequence[Epoch] = (),
    progress: Progress = lambda done, total: None,
) -> Iterator[Epoch]:
    """Train for up to `count` epochs, yielding a record after each. To stop early, stop asking.

    plateau: turns the losses so far (in validation, if there is one) into a factor for the schedule's rate. done: the
    epochs that a restored engine has behind it; they count.

    Raises ValueError if count is below 1 or the epochs done had other learning rates, and TrainingError, naming epoch
    and batch, if the loss or a weight stops being a finite number.
    """
    if count < 1:
        raise ValueError(f"epochs must be at least 1, got {count}")
    losses: list[float] = []
    for epoch in range(max(count, len(done))):
        rates = _scaled(schedule, plateau(losses)) if plateau else schedule
        if epoch < len(done):
            record = done[epoch]
            if not isclose(rates(epoch), record.learning_rate):
                rate = f"the schedule begins epoch {epoch + 1} with a learning rate of {rates(epoch):g}"
                raise ValueError(f"{rate}, but it was trained with {record.learning_rate:g}")
        else:
            start = time.perf_counter()
            score = engine.train(epoch, rates, progress)
            checked = engine.evaluate(validation) if validation else None
            record = Epoch(
                number=epoch + 1,
                loss=score.loss,
                accuracy=score.accuracy,
                validation_loss=checked.loss if checked else None,
                validation_accuracy=checked.accuracy if checked else None,
                learning_rate=rates(epoch),
                seconds=time.perf_counter() - start,
            )
            yield record
        losses.append(record.watched_loss)


def _scaled(schedule: Schedule, factor: float) -> Schedule:
    return lambda epoch: factor * schedule(epoch)


_epochs = epochs  # `fit` has an argument of that name


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
    plateau: Plateau | None = None,
    penalty: Penalty | None = None,
    clip: Clip | None = None,
    sample_weights: Sequence[float] | None = None,
    class_weights: Mapping[int, float] | str | None = None,
    validation: Samples | float | None = None,
    patience: int | None = None,
    metrics: Mapping[str, Metric] | None = None,
    callbacks: Iterable[Callable[[Epoch], object]] = (),
    progress: Progress = lambda done, total: None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    seed: int = 0,
) -> History:
    """Train `network` in place and return the history.

    inputs: Matrix, Images, or lists of numbers, a row a sample.
    targets: the same, or Labels for one-hot rows; a flat list is one column or, for several outputs, class numbers.
    optimizer: SGD() if not given, with its own learning rate unless there is a schedule. batch_size: 32, or all samples
    where there are fewer.
    schedule: the learning rate in the course of the epochs. plateau: lowers it when the loss no longer falls.
    penalty, clip: what is added to the loss for large weights, and what is cut off large gradients.
    sample_weights: how much each sample counts. class_weights: how much each class does, or "balanced".
    validation: samples to score after each epoch, or the fraction of the training samples to hold back for that, each
    class in its proportion.
    patience: end after so many epochs without a lower validation loss (without validation: training loss), and in any
    case leave the network as it was when that was lowest.
    metrics: functions of predictions and targets, taken after each epoch on the training samples under the name given
    and on the validation samples under "validation_" and the name.
    callbacks: each is called with every Epoch; one that returns True ends the training.
    checkpoint: a file that keeps the whole state of the training, written at most once a second. resume: go on from
    that file, if it is there, and end with the same bits as if there had been no break.

    Raises ValueError for options out of range or samples that are not finite, ShapeError for sizes that do not fit,
    FormatError for a file that is no checkpoint, and TrainingError, naming epoch and batch, if training diverges.

    >>> from purenn.losses import BinaryCrossEntropy
    >>> from purenn.network import feed_forward
    >>> xor = feed_forward([2, 8, 1], Random(1), hidden="tanh")
    >>> inputs = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> history = fit(xor, inputs, [0, 1, 1, 0], loss=BinaryCrossEntropy(), optimizer=SGD(0.5), epochs=500)
    >>> xor.predict_classes(inputs), history.epochs[-1].accuracy
    ([0, 1, 1, 0], 1.0)
    """
    if patience is not None and patience < 1:
        raise ValueError(f"patience must be at least 1, got {patience}")
    rng = Random(seed)
    samples = Samples(as_rows(inputs), as_targets(targets, network.widths[-1]), sample_weights)
    if class_weights is not None:
        samples = _with_class_weights(samples, class_weights)
    samples, held_back = _hold_back(samples, validation, rng)
    optimizer = SGD() if optimizer is None else optimizer
    size = min(32, len(samples)) if batch_size is None else batch_size
    engine = FloatEngine(network, samples, loss, optimizer, size, rng, penalty=penalty, clip=clip)
    settings = {
        "network": network.architecture,
        "training samples": str(len(samples)),
        "validation samples": str(len(held_back) if held_back else 0),
        "loss": loss.name,
        "optimizer": f"{type(optimizer).__name__} {optimizer.options}",
        "batch_size": str(size),
        "penalty": str(penalty),
        "patience": str(patience),
        "seed": str(seed),
    }
    measure = _measure(network, loss, metrics or {}, {"": samples, "validation_": held_back})
    merit = None if patience is None else _low_loss
    with Logbook(engine, settings, checkpoint, resume=resume, merit=merit) as log:
        schedule = schedule or constant(optimizer.learning_rate)
        count = len(log.epochs) if log.ended else epochs
        done = tuple(log.epochs)
        for epoch in _epochs(
            engine, count, schedule, validation=held_back, plateau=plateau, done=done, progress=progress
        ):
            log.add(replace(epoch, metrics=measure()))
            answers = [callback(log.epochs[-1]) for callback in callbacks]
            log.ended = any(answer is True for answer in answers)  # not `in`: a callback may return a count, 1
            if patience is not None and log.best and len(log.epochs) - log.best.number >= patience:
                log.ended = True
            log.save()
            if log.ended:
                break
        log.best_network()  # which is `network`
    return History(log.epochs)


def partial_fit(
    network: Sequential,
    inputs: Numbers,
    targets: Numbers,
    *,
    loss: Loss,
    optimizer: Optimizer,
    penalty: Penalty | None = None,
    clip: Clip | None = None,
) -> Score:
    """One step on these samples, as a single batch: for data that comes in pieces, or is too much to hold at once.

    Call it with the same optimizer each time, which remembers what its rule needs. Returns the score before the step.
    Raises what `fit` raises.
    """
    samples = Samples(as_rows(inputs), as_targets(targets, network.widths[-1]))
    rng = Random(optimizer.steps)  # the same seed every time would drop out the same units
    engine = FloatEngine(network, samples, loss, optimizer, len(samples), rng, penalty=penalty, clip=clip)
    return engine.train(0, constant(optimizer.learning_rate), lambda done, total: None)


def _low_loss(epoch: Epoch) -> tuple[float]:
    return (-epoch.watched_loss,)


def _with_class_weights(samples: Samples, weights: Mapping[int, float] | str) -> Samples:
    """The same samples, each with its weight multiplied by that of its class."""
    if answers_of(samples.targets) is not classes:
        raise ValueError("class weights are for targets that are classes: class numbers, one-hot rows, or 0 and 1")
    labels = classes(samples.targets.take(range(len(samples))))
    if isinstance(weights, str):
        if weights != "balanced":
            raise ValueError(f"class weights must be 'balanced' or a weight for each class, got {weights!r}")
        weights = balanced_weights(labels)
    missing = sorted({*labels} - {*weights})
    if missing:
        raise ValueError(f"no class weight for class {', '.join(map(str, missing))}: there are {dict(weights)}")
    own = samples.weights or [1.0] * len(samples)
    return replace(samples, weights=[weight * weights[label] for weight, label in zip(own, labels)])


def _hold_back(samples: Samples, validation: Samples | float | None, rng: Random) -> tuple[Samples, Samples | None]:
    """The samples to train on, and those to validate on."""
    if validation is None:
        return samples, None
    if isinstance(validation, Samples):
        check_finite(validation.inputs, "validation input")
        check_finite(validation.targets, "validation target")
        return samples, validation
    are_classes = answers_of(samples.targets) is classes
    labels = classes(samples.targets.take(range(len(samples)))) if are_classes else None
    larger, smaller = split(len(samples), validation, rng, stratify=labels)
    return samples.select(larger), samples.select(smaller)


def _measure(
    network: Sequential, loss: Loss, metrics: Mapping[str, Metric], parts: Mapping[str, Samples | None]
) -> Callable[[], dict[str, float]]:
    """A function that takes every metric on every part, under the part's prefix and the metric's name."""

    def measure() -> dict[str, float]:
        figures: dict[str, float] = {}
        for prefix, samples in parts.items():
            if samples and metrics:
                predictions = loss.predictions(network.predict(samples.inputs))
                targets = samples.targets.take(range(len(samples)))
                figures.update({f"{prefix}{name}": metric(predictions, targets) for name, metric in metrics.items()})
        return figures

    return measure
