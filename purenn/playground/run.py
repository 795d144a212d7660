"""A training that can stop after any batch, be looked at, changed, and brought back to an earlier moment.

It makes the same steps as `fit`: the float engine learns the same batches at the same rates, so that a run without
changes has, after each epoch, the same bits as a program that calls `fit`.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from math import isfinite
from random import Random

from purenn.engine import ADVICE, FloatEngine, Job, State
from purenn.errors import TrainingError
from purenn.findings import Advice, Watch
from purenn.history import Epoch, History
from purenn.landscape import parameters_of
from purenn.matrix import Matrix
from purenn.metrics import Score
from purenn.optimizers import Optimizer
from purenn.playground.data import Point
from purenn.playground.networks import make_loss, make_network, make_samples
from purenn.playground.settings import LIMITS, Settings
from purenn.regularization import Penalty
from purenn.samples import Samples
from purenn.schedules import SCHEDULES

__all__ = ["Moment", "Run", "Trail"]

LONGEST_TRAIL = 64
MOST_CHANGES = 100
WORDS = Advice(
    rate="a learning rate of {:.2g}",
    epochs="{} epochs",
    scaling="other data",
    targets="targets on a smaller scale",
    diagnosis="a look at the gradients of each layer",
    again=" and a reset",
)


@dataclass(frozen=True)
class Trail:
    """The way of all parameters through a training, as at most 64 places at equal distances in time.

    >>> trail = Trail()
    >>> for step in range(100):
    ...     trail = trail.passing([Matrix([[step]])])
    >>> len(trail.places), trail.places[1], trail.stride
    (50, [Matrix([[2.0]])], 2)
    """

    places: tuple[list[Matrix], ...] = ()
    stride: int = 1
    passed: int = 0

    def passing(self, place: list[Matrix]) -> Trail:
        """Return the trail with another place. When it is full, every other place is dropped."""
        if self.passed % self.stride:
            return replace(self, passed=self.passed + 1)
        longer = Trail((*self.places, place), self.stride, self.passed + 1)
        if len(longer.places) <= LONGEST_TRAIL:
            return longer
        return Trail(longer.places[::2], 2 * self.stride, longer.passed)


@dataclass(frozen=True)
class Moment:
    """Everything that a run depends on besides its settings: the engine's state and the place in the epoch."""

    state: State
    order: tuple[int, ...]
    place: int
    loss: float
    right: int
    epochs: tuple[Epoch, ...]
    factor: float
    trail: Trail
    failure: str
    changes: tuple[str, ...]


class Run:
    """A network in training.

    epochs: the figures of every epoch done. place: the number of samples that this epoch has learned from.
    failure: the reason why it cannot go on, empty if it can. changes: what was done by hand, in words, which a program
    that only trains does not repeat.
    """

    def __init__(self, settings: Settings, points: Sequence[Point]) -> None:
        """Make the network and everything that trains it. Raises ValueError for points that do not suit the loss."""
        self.settings = settings
        self.samples, self.tested = _parts(settings, points)
        self.network, self.loss = make_network(settings), make_loss(settings, self.samples)
        self.network.remember(self.samples, self.loss)
        self.engine = FloatEngine(self._job(settings.optimizer.make(), self.samples, Random(settings.seed)))
        self.order: list[int] = []
        self.place = 0
        self.epochs: list[Epoch] = []
        self.failure = ""
        self.changes: tuple[str, ...] = ()
        self._loss, self._right, self._factor = 0.0, 0, 1.0
        self.trail = Trail().passing(parameters_of(self.network))
        self._watch = Watch(self._job(None, self.samples, None), self.tested, advice=WORDS)

    def _job(self, optimizer: Optimizer | None, samples: Samples, rng: Random | None) -> Job:
        settings = self.settings
        penalty = Penalty(settings.l1, settings.l2) if settings.l1 or settings.l2 else None
        size = min(settings.batch_size, len(samples))
        return Job(self.network, samples, self.loss, optimizer, size, penalty, rng=rng)

    @property
    def epoch(self) -> int:
        """The number of epochs done."""
        return len(self.epochs)

    @property
    def batch(self) -> int:
        """The number of batches done in this epoch."""
        return -(-self.place // self.engine.batch_size)

    # Training.

    def step(self) -> None:
        """Learn one batch. At the end of an epoch, its figures are kept. A training that diverges sets `failure`."""
        if self.failure:
            return
        try:
            self._step()
        except (ArithmeticError, ValueError) as error:  # a function of the user's may refuse an infinite number
            failed = error if isinstance(error, TrainingError) else TrainingError(f"{error}; {ADVICE}")
            self.failure = str(self._watch.explained(failed, self.rate))

    def _step(self) -> None:
        count = len(self.samples)
        if self.epoch >= LIMITS["epochs"]:
            raise TrainingError(f"{LIMITS['epochs']:,} epochs are the most that the playground trains")
        if not self.place:
            self._begin()
        self.engine.optimizer.learning_rate = self.rate
        batch = self.order[self.place : self.place + self.engine.batch_size]
        loss, right = self.engine.learn(batch)
        if not isfinite(loss):
            rate = self.engine.optimizer.learning_rate
            raise TrainingError(f"epoch {self.epoch + 1}: the loss is {loss}; {ADVICE} (the rate was {rate:g})")
        self._loss += loss * len(batch)
        self._right += right
        self.place += len(batch)
        if self.place >= count:
            self._end(Score(self._loss / count, self._right / count if self.engine.answers else None))

    def _begin(self) -> None:
        """Shuffle the samples for an epoch, and look at the losses so far, as a plateau of them lowers the rate."""
        self.order = list(range(len(self.samples)))
        self.engine.rng.shuffle(self.order)
        self._loss, self._right = 0.0, 0
        plateau = SCHEDULES[self.settings.schedule.name].plateau
        self._factor = plateau([epoch.watched_loss for epoch in self.epochs]) if plateau else 1.0

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        return self._rate_after(self.epoch + self.place / len(self.samples))

    def _rate_after(self, epochs: float) -> float:
        schedule = self.settings.schedule
        made = SCHEDULES[schedule.name].schedule(self.settings.optimizer.learning_rate, schedule.epochs)
        return float(self._factor * made(epochs))

    def _end(self, score: Score) -> None:
        """Keep the figures of an epoch."""
        if not all(isfinite(weight) for parameter in self.network.parameters for row in parameter for weight in row):
            raise TrainingError(f"epoch {self.epoch + 1}: a weight is no longer a finite number; {ADVICE}")
        tested = self.engine.evaluate(self.tested) if self.tested else None
        self.epochs.append(
            Epoch(
                number=self.epoch + 1,
                loss=score.loss,
                accuracy=score.accuracy,
                validation_loss=tested.loss if tested else None,
                validation_accuracy=tested.accuracy if tested else None,
                learning_rate=self._rate_after(self.epoch),
                seconds=0.0,  # nobody has looked at a clock
            )
        )
        self.place = 0
        self.trail = self.trail.passing(parameters_of(self.network))

    # Changes by hand.

    def note(self, change: str) -> None:
        """Remember a change by hand, in words. The last of equal ones is kept."""
        told = f"{change} after {self.epoch} epoch{'s' * (self.epoch != 1)}"
        self.changes = (*(one for one in self.changes if one != told), told)[-MOST_CHANGES:]

    def learn(self, samples: Samples) -> None:
        """Make a step on these samples alone, besides the epochs."""
        optimizer = self.engine.optimizer
        optimizer.learning_rate = self.rate
        FloatEngine(self._job(optimizer, samples, self.engine.rng)).learn(range(len(samples)))

    def update(self, samples: Samples) -> list[Matrix]:
        """Return the change of each parameter that `learn` would make. It is made to a copy."""
        optimizer, rng = deepcopy(self.engine.optimizer), Random()
        rng.setstate(self.engine.rng.getstate())
        optimizer.learning_rate = self.rate
        job = replace(self._job(optimizer, samples, rng), network=deepcopy(self.network))
        FloatEngine(job).learn(range(len(samples)))
        return [after - before for after, before in zip(job.network.parameters, self.network.parameters)]

    def retune(self, settings: Settings, points: Sequence[Point] | None = None) -> None:
        """Go on with other settings of the training and, if given, with other points: the network stays as it is.

        An optimizer with other options begins with an empty memory. Other points begin another epoch.
        """
        old, samples, tested = self.settings.optimizer, self.samples, self.tested
        if points is not None:
            samples, tested = _parts(settings, points)
        same = (old.name, old.options) == (settings.optimizer.name, settings.optimizer.options)
        optimizer = self.engine.optimizer if same else settings.optimizer.make()
        samples.check(self.loss)  # raises ValueError now, before anything has changed
        self.settings, self.samples, self.tested = settings, samples, tested
        self.engine = FloatEngine(self._job(optimizer, samples, self.engine.rng))
        self.failure = ""
        if points is not None:
            self.place = 0

    # Moments.

    def moment(self) -> Moment:
        """Return everything that this run depends on besides its settings."""
        return Moment(
            self.engine.state(),
            tuple(self.order),
            self.place,
            self._loss,
            self._right,
            tuple(self.epochs),
            self._factor,
            self.trail,
            self.failure,
            self.changes,
        )

    def restore(self, moment: Moment) -> None:
        """Go back to a moment of a run with these settings."""
        self.engine.restore(moment.state)
        self.order, self.place, self.epochs = list(moment.order), moment.place, list(moment.epochs)
        self._loss, self._right, self._factor = moment.loss, moment.right, moment.factor
        self.trail, self.failure, self.changes = moment.trail, moment.failure, moment.changes

    # Words.

    @property
    def finding(self) -> str:
        """The reason why it cannot go on, or what looks wrong so far; empty if nothing does."""
        if self.failure or not self.epochs:
            return self.failure or "; ".join(self._watch.causes)
        evidence = self._watch.evidence(self.network, lambda: self.network, self.epoch)
        return "; ".join(History(self.epochs, evidence=evidence).findings)


def _parts(settings: Settings, points: Sequence[Point]) -> tuple[Samples, Samples | None]:
    """Return the samples to train on and those to test on, if there are some. Raises ValueError for too few."""
    samples = make_samples(settings, points, "train")
    if samples is None or len(samples) < 2:
        raise ValueError("fewer than 2 points are left to train on, expected at least 2")
    return samples, make_samples(settings, points, "test")
