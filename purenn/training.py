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

from purenn.arguments import Validation, check_kinds, hold_back, with_class_weights
from purenn.checkpoints import Logbook
from purenn.engine import Engine, Progress, Score, check_samples
from purenn.float_engine import FloatEngine
from purenn.history import Epoch, History, check_metrics, low_loss
from purenn.losses import Loss
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.optimizers import SGD, Optimizer
from purenn.regularization import Clip, Penalty
from purenn.samples import Numbers, Samples, as_rows, as_targets, checksum
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
    for epoch in range(count):
        rates = _scaled(schedule, plateau(losses)) if plateau else schedule
        if epoch < len(done):
            record = done[epoch]
            if not isclose(rates(epoch), record.learning_rate):
                was = f"epoch {epoch + 1} was trained with a learning rate of {record.learning_rate:g} at its beginning"
                raise ValueError(f"{was}, but now its rate would be {rates(epoch):g}: go on with the same rates")
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
    sample_weights: Iterable[float] | None = None,
    class_weights: Mapping[int, float] | str | None = None,
    validation: Validation | None = None,
    patience: int | None = None,
    metrics: Mapping[str, Metric] | None = None,
    callbacks: Iterable[Callable[[Epoch], object]] = (),
    progress: Progress = lambda done, total: None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    seed: int = 0,
) -> History:
    """Train `network` in place and return the history.

    inputs: Matrix, Images, lists of numbers, an array or a data frame, a row a sample.
    targets: the same, or Labels for one-hot rows; a single column is that or, for several outputs, class numbers.
    optimizer: SGD() if not given, with its own learning rate unless there is a schedule. batch_size: 32, or all samples
    where there are fewer.
    schedule: the learning rate in the course of the epochs. plateau: lowers it when the loss no longer falls.
    penalty, clip: what is added to the loss for large weights, and what is cut off large gradients.
    sample_weights: how much each sample counts, in training and in the part held back. class_weights: how much each
    class does, or "balanced"; in training only.
    validation: samples to score after each epoch, as Samples or as inputs and targets, or the fraction of the training
    samples to hold back for that, each class in its proportion.
    patience: end after so many epochs without a lower validation loss (without validation: training loss). Whatever
    ends the training then, an error too, the network is left as it was after the epoch where that was lowest.
    metrics: functions of predictions and targets, taken after each epoch on the training samples under the name given
    and on the validation samples under "validation_" and the name. Loss and accuracy are there without asking.
    callbacks: each is called with every Epoch; one that returns True ends the training. To look into the layers as they
    learn, call `purenn.diagnose` in one.
    checkpoint: a file that keeps the whole state of the training, written at most once a second, over what was there.
    resume: go on from that file, if it is there, and end with the same bits as if there had been no break. The call
    must be the same, but may be for more epochs or have more patience.

    Raises ValueError for options out of range, samples that are not finite or mean nothing to the loss, or the
    checkpoint of another training, ShapeError for sizes that do not fit, TypeError for arguments of another kind,
    FormatError for a file that is no checkpoint, OSError if it cannot be written, and TrainingError, naming epoch and
    batch, if training diverges.

    >>> from purenn.losses import BinaryCrossEntropy
    >>> from purenn.network import feed_forward
    >>> xor = feed_forward([2, 8, 1], Random(1), hidden="tanh")
    >>> inputs = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> history = fit(xor, inputs, [0, 1, 1, 0], loss=BinaryCrossEntropy(), optimizer=SGD(0.5), epochs=500)
    >>> xor.predict_classes(inputs), history.epochs[-1].accuracy
    ([0, 1, 1, 0], 1.0)
    """
    check_kinds(loss=loss, optimizer=optimizer, schedule=schedule, plateau=plateau, penalty=penalty, clip=clip)
    if patience is not None and patience < 1:
        raise ValueError(f"patience must be at least 1, got {patience}")
    if resume and checkpoint is None:
        raise ValueError("there is nothing to resume from without a checkpoint")
    rng = Random(seed)
    weights = None if sample_weights is None else list(map(float, sample_weights))
    samples = Samples(as_rows(inputs), as_targets(targets, network.widths[-1]), weights)
    samples, held_back = hold_back(samples, validation, rng)
    if class_weights is not None:
        samples = with_class_weights(samples, class_weights)
    if samples.weights is not None and not any(samples.weights):
        raise ValueError("all training samples have a weight of 0: there is nothing to learn from")
    optimizer = SGD() if optimizer is None else optimizer
    size = min(32, len(samples)) if batch_size is None else batch_size
    engine = FloatEngine(network, samples, loss, optimizer, size, rng, penalty=penalty, clip=clip)
    if held_back and not isinstance(validation, float):  # a part of the training samples is checked already
        check_samples(held_back, loss, "validation ")
    settings: dict[str, str] = {}
    if checkpoint is not None:
        settings = {
            "network": network.architecture,
            "training samples": f"{len(samples)} of checksum {checksum(samples)}",
            "validation samples": f"{len(held_back)} of checksum {checksum(held_back)}" if held_back else "none",
            "loss": _described(loss),
            "optimizer": f"{type(optimizer).__name__} {optimizer.options}",
            "batch_size": str(size),
            "penalty": str(penalty),
            "clip": "none" if clip is None else "some",
            "patience": "none" if patience is None else "some",
            "seed": str(seed),
        }
    measure = _measure(network, loss, metrics or {}, {"": samples, "validation_": held_back})
    merit = None if patience is None else low_loss
    rate = optimizer.learning_rate
    callbacks = list(callbacks)  # an iterator would be at its end after the first epoch
    with Logbook(engine, settings, checkpoint, resume=resume, merit=merit) as log:
        try:
            for epoch in _epochs(
                engine,
                len(log.epochs) if log.ended or _is_over(log, patience) else epochs,
                schedule or constant(rate),
                validation=held_back,
                plateau=plateau,
                done=tuple(log.epochs),
                progress=progress,
            ):
                log.add(replace(epoch, metrics=measure()))
                answers = [callback(log.epochs[-1]) for callback in callbacks]
                log.ended = any(answer is True for answer in answers)  # not `in`: a callback may return a count, 1
                log.save()
                if log.ended or _is_over(log, patience):
                    break
        finally:
            log.best_network()  # which is `network`
            optimizer.learning_rate = rate
    return History(log.epochs)


def _described(loss: Loss) -> str:
    """The name of a loss, with its options where it has some. An object among them would be written with its address,
    which is another in the process that goes on."""
    options = vars(loss) if hasattr(loss, "__dict__") else {}
    shown = [f"{name}={value!r}" for name, value in options.items() if isinstance(value, (int, float, str))]
    return f"{loss.name}({', '.join(shown)})"


def _is_over(log: Logbook, patience: int | None) -> bool:
    """True if patience has run out. A resumed training asks anew: it may have been given more."""
    return patience is not None and log.best is not None and len(log.epochs) - log.best.number >= patience


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


def _measure(
    network: Sequential, loss: Loss, metrics: Mapping[str, Metric], parts: Mapping[str, Samples | None]
) -> Callable[[], dict[str, float]]:
    """A function that takes every metric on every part, under the part's prefix and the metric's name."""
    check_metrics(f"{prefix}{name}" for prefix in parts for name in metrics)

    def measure() -> dict[str, float]:
        figures: dict[str, float] = {}
        for prefix, samples in parts.items():
            if samples and metrics:
                predictions = loss.predictions(network.predict(samples.inputs))
                targets = samples.targets.take(range(len(samples)))
                for name, metric in metrics.items():
                    figures[f"{prefix}{name}"] = float(metric(predictions, targets))  # NumPy's are no numbers for JSON
        return figures

    return measure
