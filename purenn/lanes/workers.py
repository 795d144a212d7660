"""Several workers train one network: each on its own part of the samples, and every few thousand they average.

This is local SGD (Stich, 2019): between two averages, workers go their own way, and the average of where they arrive is
better than any of them. What a worker does depends on nothing but the task it is sent (weights, part, epoch, position,
seed), so it does not matter which process does it, and the same seed with the same number of workers gives the same
bits.

The samples do not travel: a task says where they come from, and a worker reads and groups its part the first time.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import parent_process
from random import Random
from types import TracebackType
from uuid import uuid4

from purenn.engine import ADVICE, Progress, Score, State
from purenn.errors import TrainingError
from purenn.lanes.engine import BLOCK, LanesEngine, resolution
from purenn.lanes.layers import LayerState
from purenn.losses import Loss
from purenn.network import Sequential
from purenn.samples import Samples
from purenn.schedules import Schedule

__all__ = ["ParallelEngine", "Source"]

Source = Callable[[], Samples]  # reads the training samples; it is sent to the workers, so it has to be picklable
ROUND = 10 * BLOCK  # samples that each worker learns between two averages


@dataclass(frozen=True)
class Part:
    """What one worker trains on, and how: every `of`-th sample from number `number` on."""

    run: str
    number: int
    of: int
    source: Source
    architecture: str
    shapes: dict[str, tuple[int, ...]]
    loss: Loss
    seed: int
    weight_decay: float
    scale: int | None


@dataclass(frozen=True)
class Task:
    """A round of one worker: from these weights, the samples from `start` on of its order in this epoch."""

    part: Part
    states: list[LayerState]
    epoch: int
    start: int
    rates: list[float]  # for each block of BLOCK samples
    bits: int


class _Worker:
    """A part of the samples, read and grouped, with the order in which an epoch goes through them."""

    def __init__(self, part: Part) -> None:
        samples = part.source()
        mine = samples.select(range(part.number, len(samples), part.of))
        self.seed = f"{part.seed} {part.number}"
        rng = Random(self.seed)
        network = Sequential.blank(part.architecture, part.shapes)
        self.engine = LanesEngine(network, mine, part.loss, rng, weight_decay=part.weight_decay, scale=part.scale)
        self.epoch = -1
        self.order: list[int] = []

    def work(self, task: Task) -> tuple[list[LayerState], float, int]:
        """The weights after the round, the sum of the losses, and how many samples were right."""
        if task.epoch != self.epoch:
            self.epoch, self.order = task.epoch, list(range(len(self.engine.samples)))
            Random(f"{self.seed} {task.epoch}").shuffle(self.order)
        engine = self.engine
        engine.rng.seed(f"{self.seed} {task.epoch} {task.start}")
        engine.bits = task.bits
        engine.packed.restore(task.states)
        loss, right = 0.0, 0
        for i, rate in enumerate(task.rates):
            start = task.start + i * BLOCK
            block_loss, block_right = engine.learn(self.order[start : start + BLOCK], rate)
            loss += block_loss
            right += block_right
        return engine.packed.state, loss, right


_workers: dict[tuple[str, int], _Worker] = {}  # of this process; it has one, or as many as its executor gives it


def _work(task: Task) -> tuple[list[LayerState], float, int]:
    """Do a task in whatever process this is."""
    key = task.part.run, task.part.number
    worker = _workers.get(key)
    if not worker:
        for other in list(_workers):  # a copy: in an executor of threads, others change it meanwhile
            if other[0] != task.part.run:
                _workers.pop(other, None)
        worker = _workers[key] = _Worker(task.part)
    return worker.work(task)


def _begin() -> None:
    """Make a process a good worker: Ctrl-C is for the parent to handle, and without a parent there is nothing to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)  # from a thread, nothing else ends the process


@contextmanager
def _ctrl_c_later() -> Generator[None, None, None]:
    """Hold Ctrl-C back in this block, and for good from the processes it starts: they inherit the mask, and so are deaf
    to it while they import, before `_begin`. Windows has no such mask."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class ParallelEngine:
    """The lanes engine on several workers. Use it in a `with` block, which ends the workers.

    `executors` do the work, part n by number n modulo their count; if there are none, each worker is a process of its
    own. `source` reads the training samples in the worker; if there is none, the samples themselves are sent with every
    task, which is slow unless they are few.
    Raises ValueError for fewer than 1 worker, more workers than samples, and what the lanes engine does not support.
    """

    name = "lanes"

    def __init__(
        self,
        network: Sequential,
        samples: Samples,
        loss: Loss,
        workers: int,
        seed: int,
        *,
        weight_decay: float = 0.0,
        scale: int | None = None,
        source: Source | None = None,
        executors: Sequence[Executor] = (),
    ) -> None:
        if not 1 <= workers <= len(samples):
            raise ValueError(f"workers must be from 1 to the {len(samples)} training samples, got {workers}")
        self.samples = samples
        self.workers = workers
        # not to train, but to check the arguments, to evaluate, and to put the weights back into the network
        self.engine = LanesEngine(network, samples.select(range(1)), loss, Random(seed), scale=scale)
        shapes = {name: tensor.shape for name, tensor in network.state().items()}
        run = uuid4().hex
        self.parts = [
            Part(
                run,
                number,
                workers,
                source or _Here(samples),
                network.architecture,
                shapes,
                loss,
                seed,
                weight_decay,
                self.engine.scale,
            )
            for number in range(workers)
        ]
        self.answers = self.engine.answers
        self.bits = resolution(0.0)
        self.states = self.engine.packed.state
        self.own = [] if executors else [ProcessPoolExecutor(1, initializer=_begin) for _ in range(workers)]
        self.executors = list(executors) or self.own

    def __enter__(self) -> ParallelEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for executor in self.own:
            executor.shutdown(wait=True, cancel_futures=True)

    def network(self) -> Sequential:
        """The network it was given, with the weights as they are now."""
        self.engine.packed.restore(self.states)
        return self.engine.network()

    def evaluate(self, samples: Samples) -> Score:
        """The score on other samples, without learning from them."""
        self.engine.packed.restore(self.states)
        return self.engine.evaluate(samples)

    def state(self) -> State:
        """The weights; a worker's random numbers begin anew in every round, from seed, epoch and position."""
        self.engine.packed.restore(self.states)
        self.engine.bits = self.bits
        return self.engine.state()

    def restore(self, state: State) -> None:
        """Go on from this state of an equal engine. Raises ValueError or ShapeError if it is of another."""
        self.engine.restore(state)
        self.states, self.bits = self.engine.packed.state, self.engine.bits

    def train(self, epoch: int, schedule: Schedule, progress: Progress) -> Score:
        """One pass over all training samples, in rounds; `epoch` counts from 0. TrainingError if it diverges."""
        total = len(self.samples)
        longest = -(-total // self.workers)
        loss, right = 0.0, 0
        for start in range(0, longest, ROUND):
            blocks = range(start, min(start + ROUND, longest), BLOCK)
            rates = [schedule(epoch + block / longest) for block in blocks]
            self.bits = min(self.bits, resolution(max(rates)))
            results = self._round(epoch, start, rates)
            self.states = self.engine.packed.average([states for states, _, _ in results])
            loss += sum(part_loss for _, part_loss, _ in results)
            right += sum(part_right for _, _, part_right in results)
            progress(min((start + ROUND) * self.workers, total), total)
        return Score(loss / total, right / total if self.answers else None)

    def _round(self, epoch: int, start: int, rates: list[float]) -> list[tuple[list[LayerState], float, int]]:
        """What every worker has made of the same weights."""
        try:
            with _ctrl_c_later():  # the first round starts the processes
                futures = [
                    self.executors[part.number % len(self.executors)].submit(
                        _work, Task(part, self.states, epoch, start, rates, self.bits)
                    )
                    for part in self.parts
                ]
            return [future.result() for future in futures]
        except BrokenExecutor as error:
            raise TrainingError(f"epoch {epoch + 1}: a worker process ended unasked: {error}") from error
        except TrainingError as error:
            where = f"epoch {epoch + 1}, samples from {start + 1}"
            raise TrainingError(f"{where}: {error}; {ADVICE} (the rate was {rates[0]:g})") from error


@dataclass(frozen=True)
class _Here:
    """Samples that are sent along."""

    samples: Samples

    def __call__(self) -> Samples:
        return self.samples
