"""The float engine on several workers: each batch is divided among them, and the sum of their gradients makes one step.

The gradient of a batch is the mean of those of its samples. So it is also the mean of the gradients of the batch's
shards, weighted by their sizes, and training with many workers gives what it gives with one, to rounding. This is
synchronous data parallelism (Dean et al., 2012, has its asynchronous sister). At every step the weights go to all
workers and the gradients come back, which takes longer than a small batch.

It suits layers that treat each sample by itself. Batch normalization takes its averages over a whole batch, and dropout
draws its random numbers in the order of the samples: those are refused.
"""

from __future__ import annotations

import pickle
import threading
from array import array
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from copy import copy
from dataclasses import dataclass, replace
from itertools import chain
from math import isfinite
from operator import add
from typing import NamedTuple
from uuid import uuid4

from purenn.engine import Engine, FloatEngine, Job, register
from purenn.lanes.executors import MissingData, ask, places
from purenn.matrix import Matrix
from purenn.normalization import Scaling
from purenn.optimizers import Optimizer
from purenn.registry import load_plugin, plugins
from purenn.regularization import Dropout

__all__ = ["ShardedEngine"]

IDLE = 60.0  # seconds without a task after which a process lets the samples go; they are sent once more then

Numbers = list["array[float]"]  # of each parameter, row by row


@dataclass(frozen=True)
class Shard:
    """A part of a batch, and the weights for it. job: None if the process has it already."""

    run: str  # tells trainings apart that share a process
    weights: Numbers
    batch: Sequence[int]
    part: float  # of the batch
    job: _SealedJob | None = None


@dataclass(frozen=True)
class _SealedJob:
    """A job on its way to another process, to be opened there once the plugins are loaded that it may need."""

    raw: bytes
    plugins: tuple[str, ...]


class Gradients(NamedTuple):
    """The loss of a shard, its number of right answers, and its part of the gradients, or none if the loss is not
    finite."""

    loss: float
    right: int
    sums: Numbers


@register
class ShardedEngine(FloatEngine):
    """The float engine on several workers: on the executors of the job or in a process for each worker. `close` ends
    these.

    Validation is computed in this process. Raises the errors of FloatEngine, and ValueError for a network that cannot
    be trained so.
    """

    name = "float"

    def __init__(self, job: Job) -> None:
        reason = self.unsupported(job)
        if reason:
            raise ValueError(f"the float engine cannot be used {reason}")
        super().__init__(replace(job, workers=1, executors=()))
        self.run, self.workers = uuid4().hex, job.workers
        self._given = Job(job.network, job.samples, job.loss, _Kept(), self.batch_size)
        self._sealed: _SealedJob | None = None
        self._open = ExitStack()
        self._places = self._open.enter_context(places(job.executors, job.workers))
        if len(self._places) < job.workers:
            self.obstacle = f"no process can be started: {job.workers} workers take turns in this one"

    @classmethod
    def for_job(cls, job: Job) -> Engine:
        """Make this engine, or for a single worker the float engine itself."""
        return FloatEngine(job) if job.workers == 1 else cls(job)

    @classmethod
    def unsupported(cls, job: Job) -> str:
        on = f"on {job.workers} workers"
        if job.workers == 1:
            return ""
        if job.augment:
            return f"for warped pictures {on}, whose warps are drawn in the order of the samples"
        for layer in job.network.layers:
            if isinstance(layer, Dropout):
                return f"for {layer} {on}: its random numbers are drawn in the order of the samples"
            if layer.buffers and not isinstance(layer, Scaling):
                return f"for {layer} {on}: its averages are those of whole batches"
        return ""

    @classmethod
    def unsuited(cls, job: Job) -> str:
        return "" if job.workers == 1 else f"as {job.workers} workers pay with large batches only"

    def learn(self, batch: Sequence[int]) -> tuple[float, int]:
        parameters, count = self._network.parameters, min(self.workers, len(batch))
        weights = [_packed(parameter) for parameter in parameters]
        shards = [batch[number::count] for number in range(count)]
        tasks = [Shard(self.run, weights, shard, len(shard) / len(batch)) for shard in shards]
        found = ask(self._places, _work, tasks, self._with_job)
        loss = sum(each.loss * task.part for each, task in zip(found, tasks)) + self._penalty()
        if isfinite(loss):
            sums = zip(*(each.sums for each in found))
            gradients = [_matrix(_total(each), parameter.columns) for each, parameter in zip(sums, parameters)]
            self.optimizer.step(parameters, self._regularized(gradients))
        return loss, sum(each.right for each in found)

    def _with_job(self, task: Shard) -> Shard:
        """Return a task for a process that does not have the job yet."""
        if self._sealed is None:
            self._sealed = _SealedJob(pickle.dumps(self._given), tuple(plugins))
        return replace(task, job=self._sealed)

    def close(self) -> None:
        """End the processes of the workers, but no executor that was given."""
        self._open.close()
        _let_go(self.run)
        super().close()


def _packed(matrix: Iterable[Iterable[float]], factor: float = 1.0) -> array[float]:
    """Return the numbers of a matrix, times a factor, to be sent."""
    numbers = chain.from_iterable(matrix)
    return array("d", numbers if factor == 1.0 else [factor * number for number in numbers])


def _matrix(numbers: Sequence[float], columns: int) -> Matrix:
    return Matrix.wrap([[*numbers[i : i + columns]] for i in range(0, len(numbers), columns)])


def _total(parts: Sequence[Sequence[float]]) -> Sequence[float]:
    """Return the sums of the numbers at each place."""
    total = parts[0]
    for part in parts[1:]:
        total = [*map(add, total, part)]
    return total


# In the process of a worker.


class _Kept(Optimizer):
    """An optimizer that makes no step, but keeps the gradients."""

    def __init__(self) -> None:
        self.learning_rate, self.steps, self.memory = 1.0, 0, {}
        self.gradients: Sequence[Matrix] = []

    def step(self, parameters: Sequence[Matrix], gradients: Sequence[Matrix]) -> None:
        self.gradients = gradients


_engines: dict[str, FloatEngine] = {}  # of this process, by run
_idle: dict[str, threading.Timer] = {}  # each will let its engine go


def _work(task: Shard) -> Gradients:
    """Compute the gradients of a shard, wherever this is."""
    kept = _Kept()
    engine = copy(_engine(task))  # tasks of one step may share this process, but not where gradients are kept
    engine.optimizer = kept
    for parameter, numbers in zip(engine.network().parameters, task.weights):
        parameter.data = _matrix(numbers, parameter.columns).data
    loss, right = engine.learn(task.batch)
    _let_go_later(task.run)
    return Gradients(loss, right, [_packed(gradient, task.part) for gradient in kept.gradients])


def _engine(task: Shard) -> FloatEngine:
    """Return the engine for a task, made now if there is none yet in this process."""
    engine = _engines.get(task.run)
    if not engine:
        if not task.job:
            raise MissingData
        for plugin in task.job.plugins:
            load_plugin(plugin)
        job: Job = pickle.loads(task.job.raw)
        engine = _engines[task.run] = FloatEngine(job)
    return engine


def _let_go_later(run: str) -> None:
    """Let an engine go when it has had no task for a while: nobody tells a process that a training has ended."""
    before = _idle.pop(run, None)
    if before:
        before.cancel()
    timer = _idle[run] = threading.Timer(IDLE, _let_go, [run])
    timer.daemon = True
    with suppress(RuntimeError):  # where there are no threads, or no more, it stays
        timer.start()


def _let_go(run: str) -> None:
    _engines.pop(run, None)
    timer = _idle.pop(run, None)
    if timer:
        timer.cancel()
