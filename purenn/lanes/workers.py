"""Several workers train one network: each on its own part of the samples, and every few thousand they average.

This is local SGD (Stich, 2019): between two averages, workers go their own way, and the average of their weights is
usually better than each worker's own. The result of a worker's round depends only on the weights it starts from, its
part, the epoch, the position and the seed. So it does not matter which process computes it: the same seed with the same
number of workers gives the same bits.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING
from uuid import uuid4

from purenn.engine import ADVICE, Engine, Job, Progress, State, register
from purenn.errors import TrainingError, check_whole
from purenn.lanes.engine import BLOCK, LanesEngine, resolution
from purenn.lanes.layers import LayerState
from purenn.losses import Loss
from purenn.metrics import Score
from purenn.network import Sequential
from purenn.optimizers import Optimizer
from purenn.registry import load_plugin, plugins
from purenn.regularization import Penalty
from purenn.samples import Samples
from purenn.schedules import Schedule

if TYPE_CHECKING:
    from concurrent.futures import Executor  # loaded when processes start: it takes 20 ms

__all__ = ["ParallelEngine"]

ROUND = 10 * BLOCK  # samples that each worker learns between two averages
# With fewer samples, averaging takes more away than a worker has learned: of 1,000 strokes, one worker learned to tell
# 85 % apart in 8 epochs, two 82 %, four 77 % and sixteen 59 %.
SHARE = BLOCK

Loader = Callable[[], Samples]
Result = tuple[list[LayerState], float, int]  # the weights after a round, the sum of the losses, how many were right


@dataclass(frozen=True)
class Part:
    """The samples of one worker, every `of`-th from number `number` on, and how it trains on them."""

    run: str  # tells trainings apart that share a process
    number: int
    of: int
    load: Loader  # returns the samples of all parts
    job: _Sealed
    plugins: tuple[str, ...]


@dataclass(frozen=True)
class _JobWithoutData:
    """A job that can be sent to another process: without its samples, and with a network made of its description."""

    architecture: str
    shapes: dict[str, tuple[int, ...]]
    loss: Loss
    optimizer: Optimizer | None
    penalty: Penalty | None
    shuffle: bool
    seed: int
    scale: int

    def with_samples(self, samples: Samples, seed: str) -> Job:
        """Return the whole job."""
        network = Sequential.blank(self.architecture, self.shapes)
        return Job(
            network,
            samples,
            self.loss,
            self.optimizer,
            penalty=self.penalty,
            shuffle=self.shuffle,
            rng=Random(seed),
            scale=self.scale,
        )


class _Sealed:
    """A job on its way to another process, to be opened there once the plugins are loaded that it may need."""

    def __init__(self, job: _JobWithoutData) -> None:
        self._job: _JobWithoutData | bytes = job

    def __getstate__(self) -> dict[str, bytes]:
        return {"_job": self._job if isinstance(self._job, bytes) else pickle.dumps(self._job)}

    def open(self) -> _JobWithoutData:
        """Return the job."""
        if isinstance(self._job, bytes):
            job: _JobWithoutData = pickle.loads(self._job)
            return job
        return self._job


@dataclass(frozen=True)
class _Given:
    """A loader of samples that are sent along with it."""

    samples: Samples

    def __call__(self) -> Samples:
        return self.samples


@dataclass(frozen=True)
class Round:
    """A round of one worker: from these weights, the samples from `start` on of its order in this epoch."""

    run: str
    number: int
    part: Part | None  # None if the process has it already
    states: list[LayerState]
    epoch: int
    start: int
    rates: list[float]  # for each block of BLOCK samples
    bits: int


class _Worker:
    """A part of the samples, grouped, with the order in which an epoch goes through them."""

    def __init__(self, part: Part) -> None:
        for plugin in part.plugins:
            load_plugin(plugin)
        samples = part.load()
        mine = samples.select(range(part.number, len(samples), part.of))
        job = part.job.open()
        self.seed = f"{job.seed} {part.number}"
        self.engine = LanesEngine(job.with_samples(mine, self.seed))
        self.epoch = -1
        self.order: list[int] = []

    def work(self, task: Round) -> Result:
        """Train for a round."""
        if task.epoch != self.epoch:
            self.epoch, self.order = task.epoch, list(range(len(self.engine.samples)))
            if self.engine.shuffle:
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


# Of this process, by run and number: a process has one worker, or as many as its executor gives it.
_parts: dict[tuple[str, int], Part] = {}
_workers: dict[tuple[str, int], _Worker] = {}


def _work(task: Round) -> Result:
    """Train for a round, in whatever process this is."""
    key = task.run, task.number
    worker = _workers.get(key)
    if not worker:
        for other in list(_workers):  # a copy: in an executor of threads, others change it meanwhile
            if other[0] != task.run:
                _workers.pop(other, None)
        worker = _workers[key] = _Worker(task.part or _parts[key])
    return worker.work(task)


def _begin(part: Part | None) -> None:
    """Make this process the worker of a part, given now or with the first round.

    Ctrl-C is for the parent to handle, and without a parent there is nothing to do. The samples are read later, in the
    first round, whose errors reach the parent.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    if part:
        _parts[part.run, part.number] = part


def _ready() -> None:
    """Show that a process has started: a first task, before anything large is sent."""


def _leave_with_parent() -> None:
    from multiprocessing import parent_process

    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)  # from a thread, nothing else ends the process


@contextmanager
def _ctrl_c_later() -> Generator[None, None, None]:
    """Hold Ctrl-C back in this block, and for good from the processes it starts.

    They inherit the mask, and so cannot be interrupted while they import, before `_begin`. Windows has no such mask.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@register
class ParallelEngine(Engine):
    """The lanes engine on several workers. `close` ends their processes.

    executors: do the work; part n runs on `executors[n % len(executors)]`. Default: a process for each worker.
    load: returns the training samples; it is sent to the executors, with every round, in place of the samples
    themselves. Processes of its own get the samples once.
    Raises ValueError for fewer than 1 worker, more workers than samples, and what the lanes engine does not support.
    """

    name = "lanes"

    def __init__(self, job: Job, *, executors: Sequence[Executor] = (), load: Loader | None = None) -> None:
        check_whole(1, workers=job.workers)
        if job.workers > len(job.samples):
            raise ValueError(f"workers must be from 1 to the {len(job.samples)} training samples, got {job.workers}")
        job.samples.check(job.loss)  # all of them, and now: a worker counts the rows of its own part
        self.samples = job.samples
        # not to train, but to check the job, to evaluate, and to put the weights back into the network
        self.engine = LanesEngine(replace(job, samples=job.samples.select(range(1)), workers=1))
        self.learning_rate, self.batch_size = self.engine.learning_rate, self.engine.batch_size
        self.bits = resolution(0.0)
        self.states = self.engine.packed.state
        self.parts = _parts_of(job, self.engine.scale, load)
        self.given = list(executors)
        self.own, self.send_parts = ([], True) if executors else _processes(self.parts)

    def doubts(self) -> list[str]:
        workers, samples = len(self.parts), len(self.samples)
        if samples >= SHARE * workers:
            return []
        share = f"each of {workers} workers has only {samples // workers} samples"
        best = max(samples // SHARE, 1)
        more = f"{best} workers" if best > 1 else "one worker"
        return [f"{share}, too few to learn from before they average their weights: {more} would learn much more"]

    def rounding(self) -> str:
        return self.engine.rounding()

    @classmethod
    def for_job(cls, job: Job) -> Engine:
        """Make this engine, or for a single worker the lanes engine, which needs no other process."""
        return LanesEngine(job) if job.workers == 1 else cls(job)

    @classmethod
    def unsupported(cls, job: Job) -> str:
        return LanesEngine.unsupported(job)

    @classmethod
    def unsuited(cls, job: Job) -> str:
        return LanesEngine.unsuited(job)

    def close(self) -> None:
        """End the processes of the workers."""
        for executor in self.own:
            executor.shutdown(wait=True, cancel_futures=True)

    def network(self) -> Sequential:
        """Return the network it was given, with the weights as they are now."""
        self.engine.packed.restore(self.states)
        return self.engine.network()

    def evaluate(self, samples: Samples) -> Score:
        self.engine.packed.restore(self.states)
        return self.engine.evaluate(samples)

    def state(self) -> State:
        """Return the weights. Random numbers have no state: every round seeds them from seed, epoch and position."""
        self.engine.packed.restore(self.states)
        self.engine.bits = self.bits
        return self.engine.state()

    def restore(self, state: State) -> None:
        self.engine.restore(state)
        self.states, self.bits = self.engine.packed.state, self.engine.bits

    def train(self, epoch: int, schedule: Schedule, progress: Progress) -> Score:
        total = len(self.samples)
        longest = -(-total // len(self.parts))
        loss, right = 0.0, 0
        for start in range(0, longest, ROUND):
            blocks = range(start, min(start + ROUND, longest), BLOCK)
            rates = [schedule(epoch + block / longest) for block in blocks]
            self.bits = min(self.bits, resolution(max(rates)))
            results = self._round(epoch, start, rates)
            self.states = self.engine.packed.average([states for states, _, _ in results])
            loss += sum(part_loss for _, part_loss, _ in results)
            right += sum(part_right for _, _, part_right in results)
            done = min((start + ROUND) * len(self.parts), total)
            self.running_loss = loss / done
            progress(done, total)
        self.engine.packed.restore(self.states)
        return self.engine.score(loss / total, right / total)

    def _round(self, epoch: int, start: int, rates: list[float]) -> list[Result]:
        """Let every worker train on from the same weights."""
        from concurrent.futures import BrokenExecutor

        executors = self.given or self.own
        tasks = [
            Round(part.run, part.number, part if self.send_parts else None, self.states, epoch, start, rates, self.bits)
            for part in self.parts
        ]
        try:
            with _ctrl_c_later():  # the first tasks start the processes
                started = [executor.submit(_ready) for executor in self.own]
            for process in started:
                process.result()
            futures = [executors[task.number % len(executors)].submit(_work, task) for task in tasks]
            self.send_parts = bool(self.given)
            return [future.result() for future in futures]
        except BrokenExecutor as error:
            never_ran = self.send_parts and not self.given
            hint = '; a script with workers needs `if __name__ == "__main__":` before it trains' if never_ran else ""
            raise TrainingError(f"epoch {epoch + 1}: a worker process ended unasked: {error}{hint}") from error
        except TrainingError as error:
            where = f"epoch {epoch + 1}, samples from {start + 1}"
            raise TrainingError(f"{where}: {error}; {ADVICE} (the rate was {rates[0]:g})") from error


def _parts_of(job: Job, scale: int, load: Loader | None) -> list[Part]:
    """Divide a job among its workers."""
    shapes = {name: tensor.shape for name, tensor in job.network.state().items()}
    common = _JobWithoutData(
        job.network.architecture, shapes, job.loss, job.optimizer, job.penalty, job.shuffle, seed=job.seed, scale=scale
    )
    run, of = uuid4().hex, job.workers
    return [Part(run, number, of, load or _Given(job.samples), _Sealed(common), tuple(plugins)) for number in range(of)]


def _processes(parts: Sequence[Part]) -> tuple[list[Executor], bool]:
    """Return an executor for each worker in its own process, and whether the first round has to bring its part.

    A forked process inherits its part. Any other would read it from a pipe while it starts, and if it ended before
    that, this process would wait for ever.
    """
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_start_method

    forked = get_start_method() == "fork"
    own: list[Executor] = [
        ProcessPoolExecutor(1, initializer=_begin, initargs=(part if forked else None,)) for part in parts
    ]
    return own, not forked
