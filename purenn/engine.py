"""Engines: the part of training that computes.

The training loop decides when and how often; an engine does the arithmetic of one pass over the samples. `FloatEngine`
computes with Python floats, one batch at a time, and takes any network, loss and optimizer. The modules before this one
explain its parts, forward, loss, backward and step; `FloatEngine.learn` puts them together.

To add an engine, write a class that inherits from `Engine` and `register` it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from random import Random
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol, TypeVar

from purenn.errors import ShapeError, TrainingError, check_choice, check_optional, check_whole
from purenn.formats import Tensor, numbered_matrices, numbered_tensors, random_state, restore_random
from purenn.losses import Loss
from purenn.matrix import Matrix
from purenn.metrics import Score, count_right, score_of, weighted_loss
from purenn.network import Sequential
from purenn.optimizers import SGD, Optimizer
from purenn.registry import Registry
from purenn.regularization import Clip, Penalty
from purenn.samples import Augmentation, Samples, warped_rows
from purenn.schedules import Schedule

if TYPE_CHECKING:
    from concurrent.futures import Executor  # of the caller, who has loaded it

__all__ = ["ADVICE", "ENGINES", "Engine", "FloatEngine", "Job", "Progress", "State", "choose_engine", "register"]

Progress = Callable[[int, int], None]  # takes the number of samples done in this epoch, and of all samples
ADVICE = "try a lower learning rate or inputs on a smaller scale"
BY_NAME_ONLY = "as auto never chooses it"


@dataclass(frozen=True)
class Job:
    """A network to train, its samples, and how a step is made. Every engine is made from a job.

    network: trained in place. optimizer, batch_size: chosen by the engine if None.
    penalty: its value is added to every loss, and its gradient to that of the weights. clip: applied to all gradients
    before a step, after the penalty. augment: pictures are warped in training, by new random maps in each epoch.
    shuffle: if False, every epoch takes the samples in their own order.
    seed: for the random numbers, unless `rng` gives them. workers: the number of processes that share the work.
    executors: do the work of the workers, in place of processes of their own; worker n has `executors[n %
    len(executors)]`.
    scale: an engine that rounds inputs rounds them to multiples of 1 / scale. Default: chosen by the engine.
    every_sample: if False, an engine may leave out samples that the network knows already.
    """

    network: Sequential
    samples: Samples
    loss: Loss
    optimizer: Optimizer | None = None
    batch_size: int | None = None
    penalty: Penalty | None = None
    clip: Clip | None = None
    augment: Augmentation | None = None
    shuffle: bool = True
    seed: int = 0
    rng: Random | None = None
    workers: int = 1
    executors: Sequence[Executor] = ()
    scale: int | None = None
    every_sample: bool = False

    def __post_init__(self) -> None:
        check_whole(1, workers=self.workers)
        check_optional("gradient", "Penalty(l2=0.001)", penalty=self.penalty)
        check_optional("__call__", "clip_by_norm(1.0)", clip=self.clip)
        check_optional("maps", "Augmentation(shift=1, rotate=10)", augment=self.augment)
        if self.augment:
            self.augment.check(self.samples.inputs)

    @property
    def generator(self) -> Random:
        """The random number generator: `rng`, or a new one from `seed`."""
        return Random(self.seed) if self.rng is None else self.rng


class State(NamedTuple):
    """Everything besides its job that an engine's next epoch depends on: tensors, and notes, which are short texts."""

    tensors: dict[str, Tensor]
    notes: dict[str, str]

    def part(self, prefix: str) -> dict[str, Tensor]:
        """Return the tensors whose names begin with this prefix, under their names without it."""
        return {name[len(prefix) :]: tensor for name, tensor in self.tensors.items() if name.startswith(prefix)}

    def note(self, name: str) -> str:
        """Return the note with this name. Raises ValueError if there is none: another engine wrote the state."""
        if name not in self.notes:
            found = ", ".join(self.notes) or "nothing"
            raise ValueError(f"the state of another engine: it has no {name!r}, only {found}")
        return self.notes[name]


class Engine(Protocol):
    """The interface of an engine for the training loop. An engine is made for one network and its training samples."""

    name: ClassVar[str]  # for users
    learning_rate: float  # used if there is no schedule
    batch_size: int  # samples per step
    running_loss: float = nan  # the mean of the present epoch so far; NaN for an engine that does not tell
    obstacle: str = ""  # why it will take longer than it should, with the same result, in words

    def __init__(self, job: Job) -> None:
        """Prepare for a job. Raises ValueError or ShapeError, naming the place, for a job it cannot do."""

    @classmethod
    def for_job(cls, job: Job) -> Engine:
        """Return the engine for a job: this one, unless it has another for a job like this."""
        return cls(job)

    @classmethod
    def unsupported(cls, job: Job) -> str:
        """Return why this engine cannot do the job, such as "for momentum", or an empty string if it can.

        Default: it can do every job that has one worker.
        """
        return f"for {job.workers} workers" if job.workers > 1 else ""

    @classmethod
    def unsuited(cls, job: Job) -> str:
        """Return why "auto" should not choose this engine for a job that it can do, or an empty string if it should.

        Default: "auto" never chooses it.
        """
        return BY_NAME_ONLY

    @abstractmethod
    def train(self, epoch: int, schedule: Schedule, progress: Progress) -> Score:
        """Train on all samples once and return their score. `epoch` is counted from 0.

        Raises TrainingError if training diverges.
        """
        ...

    @abstractmethod
    def evaluate(self, samples: Samples) -> Score:
        """Return the score on other samples, without learning from them."""
        ...

    @abstractmethod
    def network(self) -> Sequential:
        """Return the network with its present weights, as floats."""
        ...

    @abstractmethod
    def state(self) -> State:
        """Return the state between two epochs, from which an engine for an equal job continues with the same bits."""
        ...

    @abstractmethod
    def restore(self, state: State) -> None:
        """Continue from this state. Raises ValueError or ShapeError if it belongs to another engine or job."""
        ...

    def doubts(self) -> list[str]:
        """Return reasons, in words, why this engine may not do its job well. Default: none."""
        return []

    def rounding(self) -> str:
        """Return how this engine rounds, as in "sees 8 shades of grey": the network itself, which computes with floats,
        may score a little differently. Default: an empty string, for an engine that does not round.
        """
        return ""

    def close(self) -> None:
        """Release processes and other resources. Default: do nothing."""
        return


ENGINES: Registry[type[Engine]] = Registry("engine")

Defined = TypeVar("Defined", bound=Engine)


def register(engine: type[Defined]) -> type[Defined]:
    """Register an engine under its `name`. Used as a decorator. Raises ValueError for a name that is taken."""
    ENGINES.add(engine.name, engine)
    return engine


def choose_engine(name: str, job: Job) -> tuple[type[Engine], str]:
    """Return the engine with this name and the reason for choosing it; for "auto", the last registered suitable one.

    Raises ValueError, with the reason, if the engine cannot do the job or, for "auto", no engine is suitable.
    """
    check_choice(["auto", *ENGINES], engine=name)
    if name != "auto":
        reason = ENGINES[name].unsupported(job)
        if reason:
            raise ValueError(f"the {name} engine cannot be used {reason}")
        return ENGINES[name], "as asked"
    passed_over = ""  # why an engine that was registered later is not chosen
    for engine in reversed(ENGINES.values()):
        reason = engine.unsuited(job) or engine.unsupported(job)
        if not reason:
            return engine, passed_over
        if reason != BY_NAME_ONLY:
            passed_over = reason
    raise ValueError(f"no engine can be chosen: {'; '.join(_obstacle(engine, job) for engine in ENGINES.values())}")


def _obstacle(engine: type[Engine], job: Job) -> str:
    """Return why "auto" cannot choose this engine, and whether it can be chosen by name."""
    reason = engine.unsupported(job)
    if reason:
        return f"{engine.name} cannot be used {reason}"
    return f"{engine.name} must be chosen by name, {engine.unsuited(job)}"


class FloatEngine(Engine):
    """The engine for any network, loss and optimizer: Python floats, one batch at a time. `lanes.ShardedEngine`, which
    divides its batches among workers, registers both.

    A sample's weight multiplies its loss: L = Σ weight · loss / n for a batch of n. Default: SGD(), batches of 32.
    Raises ValueError, naming the place, if an input or a target is not a finite number or a target does not suit the
    loss.
    """

    name = "float"

    def __init__(self, job: Job) -> None:
        if job.workers != 1:
            raise ValueError(f"the float engine has one worker, got {job.workers}")
        count = len(job.samples)
        self.batch_size = min(32, count) if job.batch_size is None else job.batch_size
        if self.batch_size not in range(1, count + 1):
            raise ValueError(f"batch_size must be from 1 to the {count} training samples, got {self.batch_size}")
        job.samples.check(job.loss)
        self.samples, self.loss = job.samples, job.loss
        self.optimizer = SGD() if job.optimizer is None else job.optimizer
        self.learning_rate = self.optimizer.learning_rate
        self.penalty, self.clip, self.augment = job.penalty, job.clip, job.augment
        self.maps: list[list[int]] = []  # of the present epoch, if pictures are warped
        self.shuffle, self.rng = job.shuffle, job.generator
        self.answers = job.samples.answers
        self._network = job.network

    @classmethod
    def unsuited(cls, job: Job) -> str:
        return "" if cls is FloatEngine else super().unsuited(job)

    def network(self) -> Sequential:
        """Return the network of the job, which is trained in place."""
        return self._network

    def train(self, epoch: int, schedule: Schedule, progress: Progress) -> Score:
        order = list(range(len(self.samples)))
        if self.shuffle:
            self.rng.shuffle(order)
        if self.augment:
            self.maps = self.augment.pool(self.samples.inputs, self.rng)
        loss, right = 0.0, 0
        for start in range(0, len(order), self.batch_size):
            self.optimizer.learning_rate = schedule(epoch + start / len(order))
            batch = order[start : start + self.batch_size]
            batch_loss, batch_right = self.learn(batch)
            if not isfinite(batch_loss):
                raise self._diverged(f"the loss is {batch_loss}", epoch, start)
            loss += batch_loss * len(batch)
            right += batch_right
            self.running_loss = loss / (start + len(batch))
            progress(start + len(batch), len(order))
        if not all(isfinite(weight) for parameter in self._network.parameters for row in parameter for weight in row):
            raise self._diverged("a weight is no longer a finite number", epoch, len(order) - 1)
        return Score(loss / len(order), right / len(order) if self.answers else None)

    def learn(self, batch: Sequence[int]) -> tuple[float, int]:
        """Make one step on the samples with these indices. Return their loss and the number of right answers before it.

        If the loss is not a finite number, no step is made.
        """
        x, targets = self.samples.take(batch)
        if self.maps:
            x = warped_rows(x, self.maps, self.rng)
        weights = self.samples.weights_of(batch)
        outputs, backward = self._network.forward(x, training=True, rng=self.rng)
        loss = weighted_loss(self.loss, outputs, targets, weights) + self._penalty()
        if isfinite(loss):
            dy = self.loss.gradient(outputs, targets)
            if weights:
                dy = Matrix.wrap([[weight * slope for slope in row] for weight, row in zip(weights, dy)])
            self.optimizer.step(self._network.parameters, self._regularized(backward.parameters(dy)))
        return loss, count_right(self.answers, self.loss, outputs, targets)

    def _regularized(self, gradients: Sequence[Matrix]) -> Sequence[Matrix]:
        """Return the gradients of all parameters, with the penalty added, and clipped."""
        if self.penalty:
            penalized = set(map(id, self._network.weights))
            pairs = zip(self._network.parameters, gradients)
            gradients = [g + self.penalty.gradient(w) if id(w) in penalized else g for w, g in pairs]
        return self.clip(gradients) if self.clip else gradients

    def _penalty(self) -> float:
        return self.penalty.value(self._network.weights) if self.penalty else 0.0

    def evaluate(self, samples: Samples) -> Score:
        score = score_of(self._network, samples, self.loss, self.answers)
        return Score(score.loss + self._penalty(), score.accuracy)

    def state(self) -> State:
        """Return the network, the memory of the optimizer, and the state of the random number generator."""
        tensors = {f"network.{name}": tensor for name, tensor in self._network.state().items()}
        memory = {f"optimizer.{name}": tensor for name, tensor in numbered_tensors(self.optimizer.memory).items()}
        return State({**tensors, **memory}, {"steps": str(self.optimizer.steps), "random": random_state(self.rng)})

    def restore(self, state: State) -> None:
        memory, steps = numbered_matrices(state.part("optimizer.")), int(state.note("steps"))
        check_whole(1 if memory else 0, steps=steps)
        shapes = [parameter.shape for parameter in self._network.parameters]
        if any([matrix.shape for matrix in matrices] != shapes for matrices in memory.values()):
            raise ShapeError(f"the optimizer's memory does not have the shapes of the parameters, {shapes}")
        self._network.load_state(state.part("network."))
        restore_random(self.rng, state.note("random"))
        self.optimizer.memory, self.optimizer.steps = memory, steps

    def close(self) -> None:
        """Restore the optimizer's own learning rate, which the schedule has changed."""
        self.optimizer.learning_rate = self.learning_rate

    def _diverged(self, what: str, epoch: int, start: int) -> TrainingError:
        where = f"epoch {epoch + 1}, batch {start // self.batch_size + 1}"
        return TrainingError(f"{where}: {what}; {ADVICE} (the rate was {self.optimizer.learning_rate:g})")
