"""Training: the loop over epochs, and the work between them.

`Training` is the only such loop in purenn. It trains one epoch each time the next is requested, decides when training
ends, keeps the best network, and writes checkpoints. The arithmetic is left to an engine. `train` offers this loop to a
`for` statement, and `fit` does everything in one call; the command line and the estimators use `Training` too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isclose
from operator import index
from typing import TYPE_CHECKING

from purenn import lanes as lanes  # registers the lanes engine
from purenn.checkpoints import Checkpoint, CheckpointFile, Settings
from purenn.engine import Engine, FloatEngine, Job, Progress, choose_engine
from purenn.errors import TrainingError, TrainingWarning, check_kind, check_whole, warn
from purenn.findings import Advice, Watch
from purenn.foreign import explained
from purenn.formats import Tensor
from purenn.history import Epoch, History, Merit, check_metrics, checked_callbacks, low_loss
from purenn.initializers import generator
from purenn.metrics import Metric, Score, as_metrics, measure
from purenn.network import Sequential
from purenn.optimizers import SGD, Optimizer, OptimizerLike, as_optimizer
from purenn.preprocessing import ClassWeights, Validation, prepare
from purenn.progress import Report
from purenn.regularization import Clip, Penalty
from purenn.samples import Augmentation, LossLike, Numbers, Samples, Targets, as_loss, loss_doubts
from purenn.schedules import Plateau, Schedule, check_rates, checked_rate, constant

if TYPE_CHECKING:
    from concurrent.futures import Executor  # of the caller, who has loaded it

__all__ = ["Plan", "Training", "fit", "partial_fit", "silent", "train"]


def silent(done: int, total: int) -> None:
    """Report no progress: the default for `progress`."""


@dataclass(frozen=True)
class Plan:
    """A training plan: the number of epochs, the learning rates, when to stop early, and which network to keep.

    schedule: the learning rate over the epochs. Default: the engine's own rate, constant.
    plateau: a factor for this rate, from the losses so far (validation losses, if there are any).
    validation: samples to score after each epoch.
    patience: stop after this many epochs without a better one, judged by `merit`. target_accuracy: stop when it is
    reached.
    merit: how good an epoch is. The network of the best epoch is kept and, however training ends, restored. Default:
    the last network stays.
    """

    epochs: int
    schedule: Schedule | None = None
    plateau: Plateau | None = None
    validation: Samples | None = None
    patience: int | None = None
    target_accuracy: float | None = None
    merit: Merit | None = None

    def __post_init__(self) -> None:
        check_whole(1, epochs=self.epochs)
        if self.patience is not None:
            check_whole(1, patience=self.patience)
            if self.merit is None:
                raise ValueError(f"a patience of {self.patience} needs a merit to judge epochs by")

    def settings(self, job: Job, engine: Engine) -> Settings:
        """Return everything that the results of a training by this plan depend on."""
        schedule = self.schedule or constant(engine.learning_rate)
        return Settings.of(
            job, engine, schedule=schedule, plateau=self.plateau, validation=self.validation, best_by=self.merit
        )


class Training:
    """A training in progress. Use it in a `with` block: its end restores the best weights and writes the checkpoint.

    done: the epochs so far. best: the best of them, by the plan's merit. ended: set this to True to stop after the
    present epoch; a resumed training does not continue either.
    settings: everything its results depend on. A checkpoint to resume from must have the same.
    measure: returns further figures after each epoch, by name.
    resume: continue from the checkpoint, if the file exists.
    watch: measures the network before and after, so that `history` can tell what went wrong.

    Raises OSError if the checkpoint cannot be written or another training writes it, FormatError for a file that is not
    a checkpoint or holds the state of another engine, and ValueError for a checkpoint with other settings; such a file
    is not changed.
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
        watch: Watch | None = None,
    ) -> None:
        self.engine = engine
        self.plan = plan
        self.watch = watch
        self.schedule = plan.schedule or constant(engine.learning_rate)
        self.measure = measure
        self.done: list[Epoch] = []
        self.best: Epoch | None = None
        self.best_merit: tuple[float, ...] = ()  # an epoch must be better than this to be kept
        self.best_state: Mapping[str, Tensor] = {}
        self.ended = False
        self.file = CheckpointFile(checkpoint, settings)
        saved = self.file.resume(engine) if resume else None
        if saved:
            self._go_on(saved)

    def _go_on(self, saved: Checkpoint) -> None:
        """Continue after the epochs of a checkpoint. Raises ValueError if they had other learning rates."""
        for number, epoch in enumerate(saved.epochs[: self.plan.epochs]):
            now, was = self._rates(saved.epochs[:number])(number), epoch.learning_rate
            if not isclose(now, was):
                what = f"epoch {epoch.number} was trained with a learning rate of {was:g} at its beginning"
                now_other = f"but now its rate would be {now:g}: continue with the same rates"
                raise ValueError(f"{self.file.path}: {what}, {now_other}")
        self.done, self.best_state, self.ended = list(saved.epochs), saved.best, saved.ended
        if self.plan.merit:
            self.best = max(self.done, key=self.plan.merit)
            self.best_merit = self.plan.merit(self.best)

    def _rates(self, done: Sequence[Epoch]) -> Schedule:
        """Return the schedule for the epoch after these: the plan's, times the factor of its plateau.

        Its rates are floats, even those of a function that computes with NumPy.
        """
        factor = self.plan.plateau([epoch.watched_loss for epoch in done]) if self.plan.plateau else 1.0
        return lambda epoch: float(factor * checked_rate(self.schedule(epoch), epoch))

    def epochs(self, progress: Progress = silent) -> Iterator[Epoch]:
        """Train until the end and yield a record after each epoch.

        Raises TrainingError, naming epoch and batch, if the loss or a weight stops being a finite number.
        """
        while len(self.done) < self.plan.epochs and not self.stopped:
            try:
                epoch = self._epoch(progress)
            except TrainingError as error:
                if self.watch:
                    raise self.watch.explained(error, self._rates(self.done)(len(self.done))) from error
                raise
            yield epoch
            # only now: what a callback has changed is in the checkpoint, and where one has failed, its epoch is not
            self.file.take(self.engine, self.done, self.best_state)
            self.file.save(ended=self.ended)

    def _epoch(self, progress: Progress) -> Epoch:
        """Train one epoch, and return and store its record."""
        start, number, rates = time.perf_counter(), len(self.done), self._rates(self.done)
        score = self.engine.train(number, rates, progress)
        trained = time.perf_counter()
        checked = self.engine.evaluate(self.plan.validation) if self.plan.validation else None
        epoch = Epoch(
            number=number + 1,
            loss=score.loss,
            accuracy=score.accuracy,
            validation_loss=checked.loss if checked else None,
            validation_accuracy=checked.accuracy if checked else None,
            learning_rate=rates(number),
            seconds=max(0.0, time.perf_counter() - start),  # the clock of a virtual machine may go back
        )
        network = self.engine.network()  # with its present weights, for metrics and callbacks too
        epoch = replace(epoch, metrics=self.measure(), train_seconds=max(0.0, trained - start))
        epoch = replace(epoch, evaluate_seconds=max(0.0, time.perf_counter() - trained))
        self.done.append(epoch)
        merit = self.plan.merit(epoch) if self.plan.merit else ()
        if merit > self.best_merit:
            self.best, self.best_merit, self.best_state = epoch, merit, network.state()
        return epoch

    @property
    def stopped(self) -> str:
        """The reason why training ends before all epochs are done, an empty string if it continues.

        It is not stored in a checkpoint, because a resumed training may have more patience.
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
        return self.watch.hopeless(self.done) if self.watch else ""

    def best_network(self) -> Sequential:
        """Return the engine's network with the best weights or, if none are kept, with its present weights."""
        network = self.engine.network()
        if self.best_state:
            network.load_state(self.best_state)
        return network

    def history(self, engine: str = "") -> History:
        """Return the history, with the evidence of the watch, after training: the best weights are restored for it."""
        number = (self.best or self.done[-1]).number
        found = self.watch.evidence(self.engine.network(), self.best_network, number) if self.watch else None
        return History(self.done, engine, found)

    def flush(self) -> None:
        """Write the newest checkpoint, unless it has been written."""
        self.file.flush(ended=self.ended)

    def __enter__(self) -> Training:
        self.file.reserve()
        return self

    def __exit__(self, *raised: object) -> None:
        try:
            self.best_network()  # first, because writing the checkpoint may fail, on a full disk
            self.flush()
        finally:
            self.engine.close()
            self.file.release()


def train(
    engine: Engine,
    epochs: int,
    schedule: Schedule | None = None,
    *,
    plateau: Plateau | None = None,
    validation: Samples | None = None,
    progress: Progress = silent,
) -> Iterator[Epoch]:
    """Train for `epochs` epochs and yield a record after each. To stop early, leave the `for` loop.

    schedule, plateau, validation: as for `Plan`. Raises ValueError if epochs is below 1, and TrainingError, naming
    epoch and batch, if the loss or a weight stops being a finite number.
    """
    return Training(engine, Plan(epochs, schedule, plateau, validation)).epochs(progress)


@explained("fit")
def fit(
    network: Sequential,
    inputs: Numbers | Samples,
    targets: Targets | None = None,
    *,
    loss: LossLike | None = None,
    optimizer: OptimizerLike | None = None,
    epochs: int = 10,
    batch_size: int | None = None,
    schedule: Schedule | None = None,
    plateau: Plateau | None = None,
    penalty: Penalty | None = None,
    clip: Clip | None = None,
    augment: Augmentation | None = None,
    sample_weights: Iterable[float] | None = None,
    class_weights: ClassWeights | None = None,
    validation: Validation | None = None,
    patience: int | None = None,
    metrics: Mapping[str, Metric] | None = None,
    callbacks: Iterable[Callable[[Epoch], object]] = (),
    progress: Progress | bool = False,
    engine: str | Callable[[Job], Engine] = "auto",
    workers: int = 1,
    executor: Executor | Sequence[Executor] | None = None,
    every_sample: bool = False,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    seed: int = 0,
) -> History:
    """Train `network` in place and return the history. The network keeps the loss and the names of the classes.

    inputs: Matrix, Images, lists of numbers, an array or a data frame, with one row per sample; or Samples, which have
    their targets.
    targets: rows as for inputs, or Labels for one-hot rows. A single column for several outputs holds class numbers, or
    texts or bools, which are names of classes: they are numbered in sorted order and kept in `network.classes`.
    loss: a loss, or its name: "cross_entropy", "mse", … Default: cross-entropy for classes and labels, in its binary
    form for a single output and for labels, and the squared error for quantities.
    optimizer: an optimizer, or its name; default SGD(). Its own learning rate is used unless there is a schedule.
    batch_size: default 32, or all samples if there are fewer; the lanes engine takes one sample at a time.
    schedule: the learning rate over the epochs. plateau: lowers it when the loss no longer falls.
    penalty: added to the loss for large weights. clip: limits the gradients.
    augment: how far pictures are warped in training, as in Augmentation(shift=1, rotate=10); for Images and arrays of
    bytes. Scores of an epoch are then those of warped pictures; validation is never warped.
    sample_weights: a weight for each sample, in training and in validation if the sample is held back. class_weights: a
    weight for each class, by number or name, or "balanced", in training only.
    validation: samples to score after each epoch, as Samples or as inputs and targets; or the fraction of the samples
    to hold back for this, each class in its proportion.
    patience: stop after this many epochs without a lower validation loss (without validation: training loss). However
    training ends, even by an error, the weights of the epoch with the lowest loss are restored.
    metrics: functions of actual and predicted rows, by name. They are computed after each epoch, on the training
    samples as "name" and on the validation samples as "validation_name". Loss and accuracy are always computed.
    progress: True to print the figures of the epochs to stderr, with a bar in a terminal or a notebook; or a function
    of the number of samples done in an epoch and of all samples.
    callbacks: each is called with every Epoch; one that returns True ends the training. To inspect the layers during
    training, call `purenn.diagnose` in a callback.
    engine: "float"; "lanes", which does plain SGD on one sample at a time and is some twenty times faster on pictures;
    a function that makes an engine for a Job; or "auto": lanes for pictures where it can do the job, otherwise floats.
    As a learning rate for batches is far too high for single samples, "auto" chooses floats if an optimizer or a
    schedule is given without batch_size. The history's `engine` says which was chosen, and why.
    workers: the number of processes, which divide the samples or, in the float engine, each batch. A script that uses
    them calls `fit` below `if __name__ == "__main__":`.
    executor: does the work of the workers in place of processes of their own: any `concurrent.futures.Executor`, such
    as a pool of processes, Dask's or MPI's, or several of them, which take turns. The weights are the same to the last
    bit. Scores of validation are computed in this process. The executor stays open; a process of it that has had no
    task for a minute lets the samples go.
    every_sample: the lanes engine leaves out most samples that the network knows already, those of classes with a
    loss below 0.05; if True, every sample takes part in every epoch, as it does in the float engine.
    checkpoint: a file for the whole state of the training, written at most once a second. An older file is replaced.
    resume: continue from this file, if it exists, with the same bits as without an interruption. All arguments must be
    the same, except that there may be more epochs or more patience; functions of your own are compared by their names.

    Raises ValueError for options out of range, samples that are not finite or do not suit the loss, an engine that
    cannot do the job, or the checkpoint of another training; ShapeError for sizes that do not fit; TypeError for
    arguments of another kind; FormatError for a file that is not a checkpoint; OSError if it cannot be written; and
    TrainingError, naming epoch and batch, if the loss or a weight stops being a finite number. Issues a TrainingWarning
    for samples that look wrong and for a training that has diverged or learned little: the history's `findings`.

    >>> from random import Random
    >>> from purenn.losses import BinaryCrossEntropy
    >>> from purenn.network import feed_forward
    >>> from purenn.optimizers import SGD
    >>> xor = feed_forward([2, 8, 1], Random(1), hidden="tanh")
    >>> inputs = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> history = fit(xor, inputs, [0, 1, 1, 0], loss=BinaryCrossEntropy(), optimizer=SGD(0.5), epochs=500)
    >>> xor.predict_classes(inputs), history.epochs[-1].accuracy
    ([0, 1, 1, 0], 1.0)
    """
    check_kind("meaning", "Sequential(Linear(4, 8)), which comes first: fit(network, X, y)", network=network)
    check_kind("__iter__", "[print]", callbacks=callbacks)
    check_rates(schedule, plateau)
    rng, optimizer = generator(seed), as_optimizer(optimizer)
    samples = network.samples(inputs, targets, sample_weights)
    loss = as_loss(loss, samples, network.meaning.last)
    samples, held_back = prepare(samples, loss, rng, validation=validation, class_weights=class_weights)
    if batch_size is None and engine == "auto" and (optimizer or schedule):  # whose rate is meant for batches
        batch_size = min(32, len(samples))
    job = Job(network, samples, loss, optimizer, batch_size, penalty, clip, augment, seed=index(seed), rng=rng)
    job = replace(job, workers=workers, executors=lanes.as_executors(executor, workers), every_sample=every_sample)
    made, why = _make(engine, job)
    plan = Plan(epochs, schedule, plateau, held_back, patience, merit=None if patience is None else low_loss)
    parts, metrics = {"": samples, "validation_": held_back}, as_metrics(metrics)
    check_metrics(f"{part}{name}" for part in parts for name in metrics)
    settings = None if checkpoint is None else plan.settings(job, made)
    watch = Watch(job, held_back, doubts=made.doubts(), advice=_advice(job, schedule))
    for cause in filter(None, (made.obstacle, *watch.causes)):
        warn(cause, TrainingWarning)
    report, callbacks = Report(progress, epochs, lambda: made.running_loss), checked_callbacks(callbacks)
    training = Training(
        made,
        plan,
        settings=settings,
        measure=lambda: measure(made.network(), loss, metrics, parts) if metrics else {},
        checkpoint=checkpoint,
        resume=resume,
        watch=watch,
    )
    network.remember(samples, loss)
    with training, report:
        for epoch in report.told(training.epochs(report.progress), first=len(training.done) + 1):
            answers = [callback(epoch) for callback in callbacks]
            training.ended = any(answer is True for answer in answers)  # not `in`, which takes a count of 1 for True
        history = training.history(f"{made.name} ({why})" if why else made.name)
    for finding in history.findings:
        if finding not in (*watch.causes, history.overfitting):
            warn(finding, TrainingWarning)
    return history


def _advice(job: Job, schedule: Schedule | None) -> Advice:
    """Return how to ask for another learning rate: by the optimizer, or by the schedule that overrules it."""
    optimizer = f"optimizer={type(job.optimizer or SGD()).__name__}({{:.2g}})"
    return Advice("a schedule that begins with {:.2g}" if schedule else optimizer)


def _make(engine: str | Callable[[Job], Engine], job: Job) -> tuple[Engine, str]:
    """Make an engine for a job. Return it and the reason for choosing it."""
    if not isinstance(engine, str):
        return engine(job), ""
    kind, why = choose_engine(engine, job)
    return kind.for_job(job), why


@explained("partial_fit")
def partial_fit(
    network: Sequential,
    inputs: Numbers | Samples,
    targets: Targets | None = None,
    *,
    loss: LossLike | None = None,
    optimizer: Optimizer,
    penalty: Penalty | None = None,
    clip: Clip | None = None,
) -> Score:
    """Make one step on these samples, as a single batch: for data that arrive in pieces or do not fit into memory.

    Pass the same optimizer each time, because it remembers what its rule needs. Returns the score before the step.
    Raises the errors of `fit`.
    """
    first = "Sequential(Linear(4, 8)), which comes first: partial_fit(network, X, y, optimizer=SGD(0.1))"
    check_kind("meaning", first, network=network)
    check_kind("step", "SGD(0.1): the same each time", optimizer=optimizer)
    samples = network.samples(inputs, targets)
    loss = as_loss(loss, samples, network.meaning.last)
    for doubt in loss_doubts(loss, network.meaning.last):
        warn(doubt, TrainingWarning)
    # another seed for each step: with the same one, dropout would silence the same units each time
    job = Job(network, samples, loss, optimizer, len(samples), penalty, clip, seed=optimizer.steps)
    (epoch,) = train(FloatEngine(job), epochs=1)
    network.remember(samples, loss)
    return Score(epoch.loss, epoch.accuracy)
