"""Several workers train one network: each on its own part of the samples, and every few thousand they average.

This is local SGD (Stich, 2019): between two averages, workers go their own way, and the average of their weights is
usually better than each worker's own. What a round has moved it by becomes an outer step (`outer`). The result of a
worker's round depends only on the weights it starts from, the samples it is given, the rates and the seed. So it does
not matter which process computes it: the same seed with the same number of workers gives the same bits.
"""

from __future__ import annotations

import gc
import pickle
import threading
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from uuid import uuid4

from purenn.engine import ADVICE, Engine, Job, Progress, State, register
from purenn.errors import TrainingError, check_whole
from purenn.lanes.engine import BLOCK, LanesEngine, Prepared, Tally, resolution
from purenn.lanes.executors import ExecutorError, MissingData, ask
from purenn.lanes.layers import LayerState
from purenn.lanes.outer import PAYS, outer_for
from purenn.lanes.processes import InTurn, WorkerProcess, answers, is_forking, start_processes
from purenn.lanes.selection import Selection
from purenn.losses import Loss
from purenn.metrics import Score
from purenn.network import Sequential
from purenn.optimizers import Optimizer
from purenn.registry import load_plugin, plugins
from purenn.regularization import Penalty
from purenn.samples import Augmentation, Samples
from purenn.schedules import Schedule

if TYPE_CHECKING:
    from concurrent.futures import Executor  # loaded when processes start: it takes 20 ms

__all__ = ["ParallelEngine"]

# With fewer samples, averaging takes more away than a worker has learned: of 1,000 strokes, one worker learned to tell
# 85 % apart in 8 epochs, two 83 %, four 82 % and sixteen 74 % (medians of three seeds).
SHARE = BLOCK
# Seconds without a task after which a process of an executor lets the samples of a part go. If one comes later after
# all, they are sent once more.
IDLE = 60.0

Loader = Callable[[Sequence[int]], Samples]
Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Part:
    """The samples of one worker, and how it trains on them."""

    run: str  # tells trainings apart that share a process
    number: int
    load: Callable[[], Samples]
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
    augment: Augmentation | None
    shuffle: bool
    seed: int
    scale: int
    every_sample: bool

    def with_samples(self, samples: Samples, seed: str) -> Job:
        """Return the whole job."""
        network = Sequential.blank(self.architecture, self.shapes)
        return Job(
            network,
            samples,
            self.loss,
            self.optimizer,
            penalty=self.penalty,
            augment=self.augment,
            shuffle=self.shuffle,
            rng=Random(seed),
            scale=self.scale,
            every_sample=self.every_sample,
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
class _Share:
    """A loader of a worker's part, which is compared with the one that the training was begun with."""

    load: Loader
    worker: str
    numbers: Sequence[int]
    checksum: str

    def __call__(self) -> Samples:
        samples = self.load(self.numbers)
        if samples.checksum != self.checksum:
            raise ValueError(
                f"{self.worker} has read {len(samples)} samples of checksum {samples.checksum}, and not the "
                f"{len(self.numbers)} training samples that have {self.checksum}: "
                "load(numbers) must return the training samples with these numbers, in this order"
            )
        return samples


@dataclass(frozen=True)
class _Given:
    """A loader of those of the samples that have these numbers. Only they are sent along with it."""

    samples: Samples
    numbers: Sequence[int]

    def __call__(self) -> Samples:
        return self.samples.select(self.numbers)

    def __reduce__(self) -> tuple[type[_Given], tuple[Samples, Sequence[int]]]:
        return _Given, (self(), range(len(self.numbers)))


@dataclass(frozen=True)
class Start:
    """The beginning of a task: for which worker it is, and the weights of every layer. part: None if its process has it
    already."""

    run: str
    number: int
    part: Part | None
    states: Sequence[LayerState]


@dataclass(frozen=True)
class Round:
    """Train on these samples of the part, in this order: as many equal pieces as there are rates."""

    start: Start
    samples: Sequence[int]
    known: bytes  # which of them are known
    rates: list[float]
    bits: int
    seed: str  # of the random numbers
    warps: str  # the seed of the warps, which last for an epoch


class Result(NamedTuple):
    """The weights after a round, the sums over its samples, and which of them are known now."""

    states: list[LayerState]
    tally: Tally
    known: bytes


@dataclass(frozen=True)
class Exam:
    """Judge the worker's share of other samples. samples: None if the worker has them already."""

    start: Start
    key: int
    samples: Samples | None


class _Worker:
    """The engine of a part, with its samples in groups, and those that it has judged."""

    def __init__(self, part: Part) -> None:
        for plugin in part.plugins:
            load_plugin(plugin)
        self.engine = LanesEngine(part.job.open().with_samples(part.load(), ""))
        self.exams: dict[int, Prepared] = {}  # without the pictures, which are not needed any more
        self.warps = ""

    def work(self, task: Round) -> Result:
        """Train for a round."""
        engine, samples = self.engine, task.samples
        engine.rng.seed(task.seed)
        engine.bits = task.bits
        engine.packed.restore(task.start.states)
        if task.warps != self.warps:
            self.warps = task.warps
            engine.draw_warps(Random(task.warps))
        for i, known in zip(samples, task.known):
            engine.selection.known[i] = known
        tally = Tally(0.0, 0.0, 0.0)
        for piece, rate in zip(cut(samples, len(task.rates)), task.rates):
            tally = tally.plus(engine.learn(piece, rate))
        return Result(engine.packed.state, tally, bytes(engine.selection.known[i] for i in samples))

    def judge(self, task: Exam) -> Tally:
        """Sum up the losses of the share."""
        if task.samples is not None:
            self.exams[task.key] = self.engine.prepare(task.samples)
        self.engine.packed.restore(task.start.states)
        return self.engine.judge_prepared(self.exams[task.key])


def cut(samples: Sequence[int], count: int) -> list[Sequence[int]]:
    """Cut a sequence into `count` pieces, whose lengths differ by 1 at most.

    >>> cut([5, 6, 7, 8, 9], 2)
    [[5, 6], [7, 8, 9]]
    """
    ends = [len(samples) * i // count for i in range(count + 1)]
    return [samples[start:end] for start, end in zip(ends, ends[1:])]


# Of this process, by run and number: a process has one worker, or as many as its executor gives it.
_parts: dict[tuple[str, int], Part] = {}
_workers: dict[tuple[str, int], _Worker] = {}
_idle: dict[tuple[str, int], threading.Timer] = {}  # each will let its worker go


def _worker(start: Start) -> _Worker:
    """Return the worker for a task, made now if there is none yet in this process, whatever process this is."""
    key = start.run, start.number
    worker = _workers.get(key)
    if not worker:
        part = start.part or _parts.get(key)
        if not part:
            raise MissingData
        worker = _workers[key] = _Worker(part)
    return worker


def _work(task: Round) -> Result:
    return _worker(task.start).work(task)


def _work_for_others(task: Round) -> Result:
    """Do a task of an executor. Nobody tells its processes when a training has ended, so a worker waits `IDLE` seconds
    for its next task, and is let go then."""
    key = task.start.run, task.start.number
    if key in _idle:
        _idle.pop(key).cancel()
    result = _work(task)
    timer = _idle[key] = threading.Timer(IDLE, _let_go, [key])
    timer.daemon = True
    with suppress(RuntimeError):  # where there are no threads, or no more, it stays
        timer.start()
    return result


def _let_go(key: tuple[str, int]) -> None:
    """Let a worker go, and the samples of its part."""
    _workers.pop(key, None)
    timer = _idle.pop(key, None)
    if timer:
        timer.cancel()


def _judge(task: Exam) -> Tally:
    return _worker(task.start).judge(task)


def _prepare(start: Start) -> None:
    """Group the samples of a part. An error is raised once more when the worker is asked to train."""
    with suppress(Exception):
        _worker(start)


def _forget(run: str) -> None:
    """Let the workers of a training go that were in this process: they took turns, or were threads."""
    for key in list(_workers):  # a copy: threads of another training change it meanwhile
        if key[0] == run:
            _let_go(key)


def _begin(part: Part | None) -> None:
    """Make this process the worker of a part, given now or with the first round.

    The samples are read later, in the first round, whose errors reach the parent.
    """
    if part:
        _parts[part.run, part.number] = part
        if hasattr(gc, "freeze"):  # not in PyPy
            gc.freeze()  # the collector does not write into what is inherited, so its pages stay shared with the parent


@register
class ParallelEngine(Engine):
    """The lanes engine on several workers: on the executors of the job, or in a process for each. `close` ends these.

    load: `load(numbers)` returns the training samples with these numbers. It is sent in place of the samples, so that
    each worker reads those of its own part and no others. Samples that differ from those of the job, by their checksum,
    are a ValueError of the first round. Where no process can be started, `obstacle` says why, and the workers take
    turns in this process, with the same result.
    Raises ValueError for fewer than 1 worker, more workers than samples, and what the lanes engine does not support.
    """

    name = "lanes"

    def __init__(self, job: Job, *, load: Loader | None = None) -> None:
        check_whole(1, workers=job.workers)
        if job.workers > len(job.samples):
            raise ValueError(f"workers must be from 1 to the {len(job.samples)} training samples, got {job.workers}")
        job.samples.check(job.loss)  # all of them, and now: a worker counts the rows of its own part
        self.samples = job.samples
        # not to train, but to check the job, to evaluate, and to put the weights back into the network
        self.engine = LanesEngine(replace(job, samples=job.samples.select(range(1)), workers=1, executors=()))
        self.engine.outer = outer_for(job.workers, warped=bool(job.augment))
        if self.engine.outer.gain > 1:  # what rounds so short move on average is too little for narrow lanes
            self.engine.packed.first.widen()
        self.engine.selection = Selection(len(job.samples))
        self.shuffle, self.seed = job.shuffle, job.seed
        self.learning_rate, self.batch_size = self.engine.learning_rate, self.engine.batch_size
        self.bits = resolution(0.0)
        self.states = self.engine.packed.state
        self.dealt = dealt(len(job.samples), job.workers, job.seed)
        self.parts = _parts_of(job, self.engine.scale, self.dealt, load)
        self.exams: dict[int, tuple[int, Samples]] = {}
        self.given: Sequence[Executor] = job.executors
        self.own: list[WorkerProcess] = []
        self.send_parts = False
        if not self.given:
            self._start()

    def doubts(self) -> list[str]:
        workers, samples = len(self.parts), len(self.samples)
        if samples < SHARE * workers:
            share = f"each of {workers} workers has only {samples // workers} samples"
            best = min(max(samples // SHARE, 1), PAYS)
            more = f"{best} workers" if best > 1 else "one worker"
            return [f"{share}, too few to learn from before they average their weights: {more} would learn much more"]
        if workers > PAYS:
            return [f"{workers} workers average so often, and so many weights, that {PAYS} would be done earlier"]
        return []

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
        """End the processes of the workers, but no executor that was given."""
        for process in self.own:
            process.shutdown()
        _forget(self.parts[0].run)

    def network(self) -> Sequential:
        """Return the network it was given, with the weights as they are now."""
        self.engine.packed.restore(self.states)
        return self.engine.network()

    def evaluate(self, samples: Samples) -> Score:
        """Return the score on other samples. Processes of its own judge a share of them each, and keep it."""
        self.engine.packed.restore(self.states)
        if self.given:
            return self.engine.evaluate(samples)
        key, shares = self._shares(samples)
        exams = [Exam(start, key, share) for start, share in zip(self._starts(), shares)]
        return self.engine.score(sum_of(self._ask(_judge, exams)))

    def _shares(self, samples: Samples) -> tuple[int, Sequence[Samples | None]]:
        """Return the key of these samples and, if it is new, a share of them for each worker."""
        of = min(len(self.parts), len(samples))
        if id(samples) in self.exams:
            return self.exams[id(samples)][0], [None] * of
        self.engine.check(samples)
        key = len(self.exams)
        self.exams[id(samples)] = key, samples
        return key, [samples.select(range(number, len(samples), of)) for number in range(of)]

    def state(self) -> State:
        """Return the weights. Random numbers have no state: every round seeds them from seed, epoch and position."""
        self.engine.packed.restore(self.states)
        self.engine.bits = self.bits
        return self.engine.state()

    def restore(self, state: State) -> None:
        self.engine.restore(state)
        self.states, self.bits = self.engine.packed.state, self.engine.bits

    def train(self, epoch: int, schedule: Schedule, progress: Progress) -> Score:
        orders = self._orders(epoch)
        longest, total, done = max(map(len, orders)), sum(map(len, orders)), 0
        outer = self.engine.outer
        rounds = -(-longest // outer.samples)
        tally = Tally(0.0, 0.0, 0.0)
        for number, given in enumerate(zip(*(cut(order, rounds) for order in orders))):
            times = [epoch + start / longest for start in cut(range(longest), rounds)[number][::BLOCK]]
            rates = [outer.factor(time) * schedule(time) for time in times]
            self.bits = min(self.bits, resolution(max(rates)))
            try:
                tally = tally.plus(self._round(epoch, number, given, rates))
            except TrainingError as error:
                where = f"epoch {epoch + 1}, samples from {done + 1}"
                if isinstance(error, ExecutorError):
                    raise ExecutorError(f"{where}: {error}") from error
                raise TrainingError(f"{where}: {error}; {ADVICE} (the rate was {rates[0]:g})") from error
            done += sum(map(len, given))
            self.running_loss = tally.loss / tally.weight
            progress(done, total)
        self.engine.packed.restore(self.states)
        return self.engine.score(tally)

    def _orders(self, epoch: int) -> list[list[int]]:
        """Return, for every part, the numbers of its samples that take part in an epoch, in their order."""
        selection = self.engine.selection
        orders: list[list[int]] = []
        for number, numbers in enumerate(self.dealt):
            rng, order = Random(f"{self.seed} {number} {epoch}"), list(numbers)
            if self.shuffle:
                rng.shuffle(order)
            orders.append(selection.choose(order, rng) if self.engine.selective else order)
        return orders

    def _round(self, epoch: int, number: int, given: Sequence[Sequence[int]], rates: list[float]) -> Tally:
        """Let every worker train on from the same weights, on the samples with these numbers, and step on from there.

        Return the sums over the samples.
        """
        known, of = self.engine.selection.known, len(self.parts)
        tasks = [
            Round(
                start,
                samples=[i // of for i in samples],  # as `dealt` explains
                known=bytes(known[i] for i in samples),
                rates=rates,
                bits=self.bits,
                seed=f"{self.seed} {start.number} {epoch} {number}",
                warps=f"{self.seed} {start.number} {epoch} warps",
            )
            for start, samples in zip(self._starts(), given)
        ]
        others = self.given
        results = ask(others, _work_for_others, tasks, self._with_part) if others else self._ask(_work, tasks)
        for samples, result in zip(given, results):
            for i, flag in zip(samples, result.known):
                known[i] = flag
        self.states = self.engine.step_on(self.states, [result.states for result in results])
        return sum_of([result.tally for result in results])

    def _starts(self) -> list[Start]:
        """Return, for every worker, the beginning of its next task."""
        return [Start(part.run, part.number, part if self.send_parts else None, self.states) for part in self.parts]

    def _with_part(self, task: Round) -> Round:
        """Return a task for a process that does not have the part yet."""
        return replace(task, start=replace(task.start, part=self.parts[task.start.number]))

    def _start(self) -> None:
        """Start a process for each worker; where that cannot be done, let them take turns in this one.

        A forked process inherits its part, and groups its samples while there is other work to do here; another gets
        the part with its first round. What goes wrong with the samples goes wrong again in the first round, whose error
        ends the training, and processes too.
        """
        try:
            self.send_parts = not is_forking()
            inherited = [None if self.send_parts else part for part in self.parts]
            self.own = start_processes([partial(_begin, part) for part in inherited])
        except (ImportError, NotImplementedError, OSError) as error:
            self.obstacle = f"no process can be started ({error}): {len(self.parts)} workers take turns in this one"
            self.send_parts = True
        if not self.send_parts:
            for process, start in zip(self.own, self._starts()):
                process.submit(_prepare, start)

    def _ask(self, work: Callable[[Asked], Answer], tasks: Sequence[Asked]) -> list[Answer]:
        """Return the answers of all workers to their tasks, in their processes or in turn.

        Raises ExecutorError if a process has ended.
        """
        from concurrent.futures import BrokenExecutor

        executors: Sequence[WorkerProcess | InTurn] = self.own or [InTurn()]
        try:
            futures = [executors[i % len(executors)].submit(work, task) for i, task in enumerate(tasks)]
            if len(tasks) == len(self.parts):  # of few samples to judge, some workers get none
                self.send_parts = not self.own
            return answers(futures, self.own)
        except BrokenExecutor as error:
            raise ExecutorError(f"a worker process ended unasked: {error}") from error


def sum_of(tallies: Sequence[Tally]) -> Tally:
    """Return the sums over the samples of all."""
    return Tally(*map(sum, zip(*tallies)))


def dealt(samples: int, of: int, seed: int) -> list[array[int]]:
    """Deal samples out to so many workers, like cards: of each `of` in a row, every worker gets one, drawn by lot.

    So the parts are alike, in whatever order the samples are. (In MNIST, every second picture has a tenth more ink on
    average: if two workers took turns without a lot, one of them would get all of these.) Sample i is number i // of in
    its part.

    >>> [part.tolist() for part in dealt(10, 4, seed=0)]
    [[1, 7], [2, 4], [3, 5, 8], [0, 6, 9]]
    """
    hands = range(0, samples, of)
    first = Random(f"{seed} dealt").choices(range(of), k=len(hands))  # place of the sample that worker 0 gets
    parts = [array("I", (hand + (n + place) % of for hand, place in zip(hands, first))) for n in range(of)]
    for part in parts:
        if part[-1] >= samples:  # there were not enough for all in the last hand
            del part[-1]
    return parts


def _parts_of(job: Job, scale: int, numbers: Sequence[Sequence[int]], load: Loader | None) -> list[Part]:
    """Divide a job among its workers."""
    shapes = {name: tensor.shape for name, tensor in job.network.state().items()}
    common = _JobWithoutData(
        job.network.architecture,
        shapes,
        job.loss,
        job.optimizer,
        job.penalty,
        job.augment,
        job.shuffle,
        seed=job.seed,
        scale=scale,
        every_sample=job.every_sample,
    )
    run = uuid4().hex
    parts: list[Part] = []
    for number, own in enumerate(numbers):
        given = _Given(job.samples, own)
        worker = f"worker {number + 1} of {job.workers}"
        loader = _Share(load, worker, own, given().checksum) if load else given
        parts.append(Part(run, number, loader, _Sealed(common), tuple(plugins)))
    return parts
