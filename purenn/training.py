"""Training: epochs, and what is done between them.

`Training` is the one loop. It trains an epoch each time it is asked for the next, decides when training ends, keeps the
best network, and writes checkpoints. It does not know who computes; that is an engine's business. `train` is that loop
for a `for` statement, `fit` the whole thing in one call; the command line and the estimators use it too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import isclose
from random import Random
from types import TracebackType

from purenn import lanes as lanes  # registers the lanes engine
from purenn.checkpoints import Checkpoint, CheckpointFile, Settings
from purenn.engine import Engine, FloatEngine, Job, Progress, choose_engine
from purenn.errors import check_at_least, check_kind
from purenn.formats import Tensor
from purenn.history import Epoch, History, Merit, check_metrics, low_loss
from purenn.losses import Loss
from purenn.metrics import Metric, Score, measure
from purenn.network import Sequential
from purenn.optimizers import Optimizer
from purenn.preprocessing import Validation, hold_back, with_class_weights
from purenn.regularization import Clip, Penalty
from purenn.samples import Numbers, Samples, as_rows, as_targets
from purenn.schedules import Plateau, Schedule, constant

__all__ = ["Plan", "Training", "fit", "partial_fit", "silent", "train"]


def silent(done: int, total: int) -> None:
    """Report no progress."""


@dataclass(frozen=True)
class Plan:
    """How long to train, with which learning rates, and what is kept.

    schedule: the learning rate in the course of the epochs. Default: the engine's own rate throughout.
    plateau: a factor for it, from the losses so far (validation losses, if there are any).
    validation: samples to score after each epoch.
    patience: stop after so many epochs without a better one, by `merit`. target_accuracy: stop when it is reached.
    merit: how good an epoch is. The network of the best epoch is kept and, however training ends, restored.
    """

    epochs: int
    schedule: Schedule | None = None
    plateau: Plateau | None = None
    validation: Samples | None = None
    patience: int | None = None
    target_accuracy: float | None = None
    merit: Merit | None = None

    def __post_init__(self) -> None:
        check_at_least(1, epochs=self.epochs)
        if self.patience is not None:
            check_at_least(1, patience=self.patience)
            if self.merit is None:
                raise ValueError(f"a patience of {self.patience} needs a merit to judge epochs by")

    def settings(self, job: Job, engine: Engine) -> Settings:
        """Return everything that the numbers of a training by this plan depend on."""
        schedule = self.schedule or constant(engine.learning_rate)
        return Settings.of(
            job, engine, schedule=schedule, plateau=self.plateau, validation=self.validation, best_by=self.merit
        )


class Training:
    """A training in progress. Use it in a `with` block, whose end writes the last checkpoint and the best weights.

    done: the epochs so far. best: the best of them, by the plan's merit. ended: set it to stop after this epoch, for
    good: a resumed training does not go on either.
    settings: everything its numbers depend on, which a checkpoint it resumes from must share.
    measure: further figures to take after each epoch, on the network as it then is.
    resume: go on from the checkpoint, if the file exists.

    Raises OSError if the checkpoint cannot be written, FormatError for a file that is not a checkpoint or holds the
    state of another engine, and ValueError for one with other settings; such a file stays as it is.
    """

    def __init__(
        self,
        engine: Engine,
        plan: Plan,
        *,
        settings: Settings | None = None,
        measure: Callable[[], Mapping[str, float]] = dict,
        checkpoint: str | os.PathLike[str] | None = None,
        resume: bool = False,
    ) -> None:
        self.engine = engine
        self.plan = plan
        self.schedule = plan.schedule or constant(engine.learning_rate)
        self.measure = measure
        self.done: list[Epoch] = []
        self.best: Epoch | None = None
        self.best_merit: tuple[float, ...] = ()  # an epoch has to be better than this to be kept
        self.best_state: Mapping[str, Tensor] = {}
        self.ended = False
        self.file = CheckpointFile(checkpoint, settings)
        saved = self.file.resume(engine) if resume else None
        if saved:
            self._go_on(saved)

    def _go_on(self, saved: Checkpoint) -> None:
        for epoch in saved.epochs[: self.plan.epochs]:
            self._check_rate(epoch)
            self.done.append(epoch)
        self.done, self.best_state, self.ended = list(saved.epochs), saved.best, saved.ended
        if self.plan.merit:
            self.best = max(self.done, key=self.plan.merit)
            self.best_merit = self.plan.merit(self.best)

    def _check_rate(self, epoch: Epoch) -> None:
        """Raise ValueError if this epoch, the next after those done, had another learning rate than it would have."""
        now, was = self._rates()(epoch.number - 1), epoch.learning_rate
        if not isclose(now, was):
            what = f"epoch {epoch.number} was trained with a learning rate of {was:g} at its beginning"
            raise ValueError(f"{what}, but now its rate would be {now:g}: go on with the same rates")

    def _rates(self) -> Schedule:
        """Return the schedule of the next epoch, with the factor of the plateau."""
        if self.plan.plateau is None:
            return self.schedule
        factor = self.plan.plateau([epoch.watched_loss for epoch in self.done])
        return lambda epoch: factor * self.schedule(epoch)

    def epochs(self, progress: Progress = silent) -> Iterator[Epoch]:
        """Train until the end, yielding a record after each epoch.

        Raises TrainingError, naming epoch and batch, if the loss or a weight stops being a finite number.
        """
        while len(self.done) < self.plan.epochs and not self.stopped:
            yield self._epoch(progress)
            self.file.save(ended=self.ended)

    def _epoch(self, progress: Progress) -> Epoch:
        """Train one epoch, and enter it."""
        start, number, rates = time.perf_counter(), len(self.done), self._rates()
        score = self.engine.train(number, rates, progress)
        checked = self.engine.evaluate(self.plan.validation) if self.plan.validation else None
        epoch = Epoch(
            number=number + 1,
            loss=score.loss,
            accuracy=score.accuracy,
            validation_loss=checked.loss if checked else None,
            validation_accuracy=checked.accuracy if checked else None,
            learning_rate=rates(number),
            seconds=time.perf_counter() - start,
        )
        network = self.engine.network()  # with the weights as they are now, for callbacks too
        epoch = replace(epoch, metrics=self.measure())
        self.done.append(epoch)
        merit = self.plan.merit(epoch) if self.plan.merit else ()
        if merit > self.best_merit:
            self.best, self.best_merit, self.best_state = epoch, merit, network.state()
        self.file.take(self.engine, self.done, self.best_state)
        return epoch

    @property
    def stopped(self) -> str:
        """Why training ends before all its epochs are done; an empty string if it does not.

        A resumed training asks again, since it may have been given more patience.
        """
        if self.ended:
            return "a callback ended it"
        plan, best = self.plan, self.best
        if not self.done:
            return ""
        if plan.target_accuracy and (self.done[-1].watched_accuracy or 0.0) >= plan.target_accuracy:
            return f"validation has reached {plan.target_accuracy:.2%}".replace("%", " %")
        if plan.patience and best and len(self.done) - best.number >= plan.patience:
            return f"validation has not been better since epoch {best.number}"
        return ""

    def best_network(self) -> Sequential:
        """Return the engine's network with the best weights in it; with those it has, if no best is kept."""
        network = self.engine.network()
        if self.best_state:
            network.load_state(self.best_state)
        return network

    def flush(self) -> None:
        """Write the newest checkpoint, if it is not on disk yet."""
        self.file.flush(ended=self.ended)

    def __enter__(self) -> Training:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self.best_network()  # first: a full disk may be why the checkpoint cannot be written
            self.file.flush(ended=self.ended)
        finally:
            self.engine.close()


def train(
    engine: Engine,
    epochs: int,
    schedule: Schedule | None = None,
    *,
    plateau: Plateau | None = None,
    validation: Samples | None = None,
    progress: Progress = silent,
) -> Iterator[Epoch]:
    """Train for up to `epochs`, yielding a record after each. To stop early, stop asking.

    schedule, plateau, validation: as for `Plan`. Raises ValueError if epochs is below 1, and TrainingError, naming
    epoch and batch, if the loss or a weight stops being a finite number.
    """
    return Training(engine, Plan(epochs, schedule, plateau, validation)).epochs(progress)


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
    progress: Progress = silent,
    engine: str | Callable[[Job], Engine] = "auto",
    workers: int = 1,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    seed: int = 0,
) -> History:
    """Train `network` in place and return the history.

    inputs: Matrix, Images, lists of numbers, an array or a data frame, a row a sample.
    targets: rows as for inputs, or Labels for one-hot rows. A single column for several outputs holds class numbers.
    optimizer: default SGD(), with its own learning rate unless there is a schedule. batch_size: default 32, or all
    samples if there are fewer; the lanes engine takes one sample at a time.
    schedule: the learning rate in the course of the epochs. plateau: lowers it when the loss no longer falls.
    penalty: is added to the loss for large weights. clip: limits the gradients.
    sample_weights: how much each sample counts, in training and in the part held back. class_weights: how much each
    class counts, or "balanced"; in training only.
    validation: samples to score after each epoch, as Samples or as inputs and targets, or the fraction of the training
    samples to hold back for that, each class in its proportion.
    patience: stop after so many epochs without a lower validation loss (without validation: training loss). However
    training ends, with an error too, the weights of the epoch where that was lowest are restored.
    metrics: functions of actual and predicted rows, taken after each epoch on the training samples under the name given
    and on the validation samples under "validation_" and the name. Loss and accuracy are always taken.
    callbacks: each is called with every Epoch; one that returns True ends the training. To look into the layers as they
    learn, call `purenn.diagnose` in one.
    engine: "float"; "lanes", which does plain SGD a sample at a time, some twenty times faster on pictures; a function
    that makes an engine for a Job; or "auto": lanes for pictures if nothing speaks against it, floats otherwise. As a
    learning rate that suits batches is far too high for single samples, "auto" takes floats if an optimizer or a
    schedule but no batch_size is given. The history's `engine` says which was taken, and why. workers: processes.
    checkpoint: a file that keeps the whole state of the training, written at most once a second, over an older one.
    resume: go on from that file, if it exists, and end with the same bits as without a break. The call must be the
    same, but may be for more epochs or have more patience.

    Raises ValueError for options out of range, samples that are not finite or mean nothing to the loss, an engine that
    cannot do this, or the checkpoint of another training, ShapeError for sizes that do not fit, TypeError for arguments
    of another kind, FormatError for a file that is not a checkpoint, OSError if it cannot be written, and
    TrainingError, naming epoch and batch, if training diverges.

    >>> from purenn.losses import BinaryCrossEntropy
    >>> from purenn.network import feed_forward
    >>> from purenn.optimizers import SGD
    >>> xor = feed_forward([2, 8, 1], Random(1), hidden="tanh")
    >>> inputs = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> history = fit(xor, inputs, [0, 1, 1, 0], loss=BinaryCrossEntropy(), optimizer=SGD(0.5), epochs=500)
    >>> xor.predict_classes(inputs), history.epochs[-1].accuracy
    ([0, 1, 1, 0], 1.0)
    """
    check_kind("gradient", "CrossEntropy()", loss=loss)
    check_kind("step", "SGD(0.1)", optimizer=optimizer)
    check_kind("gradient", "Penalty(l2=0.001)", penalty=penalty)
    check_kind("__call__", "linear_decay(0.1, epochs=10)", schedule=schedule, plateau=plateau, clip=clip)
    rng = Random(seed)
    weights = None if sample_weights is None else list(map(float, sample_weights))
    samples = Samples(as_rows(inputs), as_targets(targets, network.widths[-1]), weights)
    if isinstance(validation, float):
        samples.check(loss)  # before a part is held back, so that the row it names is that of the call
    samples, held_back = hold_back(samples, validation, rng)
    if class_weights is not None:
        samples = with_class_weights(samples, class_weights)
    if samples.weights is not None and not any(samples.weights):
        raise ValueError("all training samples have a weight of 0: there is nothing to learn from")
    if held_back and not isinstance(validation, float):
        held_back.check(loss, "validation ")
    if batch_size is None and engine == "auto" and (optimizer or schedule):
        batch_size = min(32, len(samples))
    job = Job(network, samples, loss, optimizer, batch_size, penalty, clip, seed=seed, rng=rng, workers=workers)
    made, why = _make(engine, job)
    plan = Plan(epochs, schedule, plateau, held_back, patience, merit=None if patience is None else low_loss)
    parts, metrics = {"": samples, "validation_": held_back}, metrics or {}
    check_metrics(f"{part}{name}" for part in parts for name in metrics)
    settings = None if checkpoint is None else plan.settings(job, made)
    callbacks = list(callbacks)  # an iterator would be at its end after the first epoch
    training = Training(
        made,
        plan,
        settings=settings,
        measure=lambda: measure(made.network, loss, metrics, parts),
        checkpoint=checkpoint,
        resume=resume,
    )
    with training:
        for epoch in training.epochs(progress):
            answers = [callback(epoch) for callback in callbacks]
            training.ended = any(answer is True for answer in answers)  # not `in`: a callback may return a count, 1
    return History(training.done, f"{made.name} ({why})" if why else made.name)


def _make(engine: str | Callable[[Job], Engine], job: Job) -> tuple[Engine, str]:
    """Make the engine for a job; say why it was taken."""
    if not isinstance(engine, str):
        return engine(job), ""
    kind, why = choose_engine(engine, job)
    return kind.for_job(job), why


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
    """Make one step on these samples, as a single batch: for data that come in pieces, or are too many to hold at once.

    Call it with the same optimizer each time, which remembers what its rule needs. Returns the score before the step.
    Raises what `fit` raises.
    """
    samples = Samples(as_rows(inputs), as_targets(targets, network.widths[-1]))
    # a seed for each step: the same one every time would drop out the same units
    job = Job(network, samples, loss, optimizer, len(samples), penalty, clip, seed=optimizer.steps)
    (epoch,) = train(FloatEngine(job), epochs=1)
    return Score(epoch.loss, epoch.accuracy)
