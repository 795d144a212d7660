"""Several workers: the same bits wherever they run, their average, and the error when one of them fails. The contract
that they share with every engine is in tests/test_engine."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain
from math import nan
from multiprocessing.process import BaseProcess
from random import Random
from typing import TypeVar

import pytest

from purenn.activations import gelu
from purenn.engine import Job, State
from purenn.errors import FormatError, TrainingError
from purenn.lanes import workers as parallel
from purenn.lanes.engine import BLOCK, LanesEngine, resolution
from purenn.lanes.outer import PAYS, Outer
from purenn.lanes.workers import ParallelEngine, dealt
from purenn.layers import Activation, Linear
from purenn.losses import CrossEntropy, MeanSquaredError
from purenn.matrix import Matrix
from purenn.network import Sequential, feed_forward
from purenn.optimizers import SGD
from purenn.regularization import Penalty
from purenn.samples import Augmentation, Labels, Samples, as_rows
from purenn.schedules import constant, linear_decay
from tests.conftest import bars, line, numbers, silent

METHODS = multiprocessing.get_all_start_methods()
# Of ProcessPoolExecutor: PyPy 7.3's lacks a method that it calls unless it forks. purenn's own processes do without it.
POOL_METHODS = METHODS if hasattr(ProcessPoolExecutor, "_adjust_process_count") else ["fork"]
processes = pytest.mark.skipif(sys.platform == "emscripten", reason="a browser has no processes")


@pytest.fixture(autouse=True)
def short_rounds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An average after every block, so that a thousand samples are several rounds. At the end no worker is left."""
    monkeypatch.setattr(parallel, "outer_for", short)
    yield
    for run, _ in list(parallel._workers):
        parallel._forget(run)


def short(workers: int, *, warped: bool) -> Outer:
    return Outer(BLOCK, momentum=7, rate=14)


many_bars = partial(bars, 1101)  # two parts of unequal size
Loader = Callable[[Sequence[int]], Samples]
Answer = TypeVar("Answer")


def some_bars(numbers: Sequence[int]) -> Samples:
    """A loader of a part."""
    return many_bars().select(numbers)


def job(workers: int = 2, seed: int = 0) -> Job:
    network = feed_forward([16, 8, 4], Random(1), dropout=0.1)
    optimizer, penalty = SGD(0.05, weight_decay=1e-4), Penalty(l2=1e-3)
    augment = Augmentation(shift=0.6)
    return Job(
        network, many_bars(), CrossEntropy(), optimizer, penalty=penalty, augment=augment, seed=seed, workers=workers
    )


def trained(job: Job, *, load: Loader | None = some_bars, executors: Sequence[Executor] = ()) -> list[float]:
    """The weights after two epochs of two rounds each."""
    with closing(ParallelEngine(replace(job, executors=executors), load=load)) as engine:
        for epoch in range(2):
            engine.train(epoch, linear_decay(0.05, 2), silent)
        return numbers(engine.network())


@pytest.fixture(scope="module")
def expected() -> list[float]:
    """The weights that come of two workers in processes of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parallel, "outer_for", short)
        return trained(job())


def test_every_sample_is_dealt_out_once_and_to_parts_of_the_same_size() -> None:
    for of in range(1, 24):
        parts = dealt(23, of, seed=of)
        assert sorted(chain(*parts)) == list(range(23))
        assert {len(part) for part in parts} <= {23 // of, -(-23 // of)}
        assert all(i // of == place for part in parts for place, i in enumerate(part))


def test_samples_whose_kinds_alternate_are_dealt_out_alike() -> None:
    for part in dealt(10_000, 4, seed=0):
        kinds = [i % 4 for i in part]
        assert all(550 < kinds.count(kind) < 700 for kind in range(4))  # 625 ± 3.5 · sqrt(2500 · 1/4 · 3/4)


# Equal bits in processes and in threads.


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(expected: list[float]) -> None:
    assert trained(job()) == expected
    assert trained(job(seed=1)) != expected


def test_another_number_of_workers_gives_other_bits(expected: list[float]) -> None:
    assert trained(job(workers=3)) != expected


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_give_the_bits_of_processes(threads: int, expected: list[float]) -> None:
    with ThreadPoolExecutor(threads) as executor:
        assert trained(job(), executors=[executor]) == expected


@pytest.mark.parametrize("processes", [1, 2])
def test_processes_that_share_the_tasks_give_the_bits_of_processes_of_their_own(
    processes: int, expected: list[float]
) -> None:
    with ProcessPoolExecutor(processes) as executor:
        assert trained(job(), executors=[executor]) == expected


@pytest.mark.parametrize("method", POOL_METHODS)
def test_every_way_to_start_a_process_gives_the_same_bits(method: str, expected: list[float]) -> None:
    context = multiprocessing.get_context(method)
    one, other = (ProcessPoolExecutor(1, mp_context=context) for _ in range(2))
    with one, other:
        assert trained(job(), executors=[one, other]) == expected


def test_samples_that_are_sent_along_give_the_bits_of_samples_that_are_read(expected: list[float]) -> None:
    assert trained(job(), load=None) == expected


# The average.


def test_the_parts_together_are_all_samples_each_of_them_once() -> None:
    plain = Job(feed_forward([16, 8, 4], Random(1)), many_bars(), CrossEntropy(), workers=2)
    with ThreadPoolExecutor(1) as executor:
        engine = ParallelEngine(replace(plain, executors=[executor]))
        before = engine.evaluate(many_bars())
        score = engine.train(0, constant(1e-300), silent)  # no step changes anything, so what is scored is one network
    assert score.loss == pytest.approx(before.loss, rel=1e-12)
    assert score.accuracy == before.accuracy


def test_a_round_ends_with_the_average_of_what_the_workers_have_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    one_round = Outer(5 * BLOCK, momentum=0, rate=16)
    monkeypatch.setattr(parallel, "outer_for", lambda workers, warped: one_round)
    with ThreadPoolExecutor(1) as executor:
        engine = ParallelEngine(replace(job(), executors=[executor]), load=some_bars)
        rates, bits = [0.05, 0.05], resolution(0.05)
        rounds: list[parallel.Round] = []
        for part, order in zip(engine.parts, engine._orders(epoch=0)):
            samples, known = [i // 2 for i in order], bytes(len(order))
            seeds = f"0 {part.number} 0 0", f"0 {part.number} 0 warps"
            start = parallel.Start(part.run, part.number, part, engine.states)
            rounds.append(parallel.Round(start, samples, known, rates, bits, *seeds))
        results = [parallel._work(each).states for each in rounds]
        engine.train(0, constant(0.05), silent)
    average = [parameter.copy() for parameter in engine.network().parameters]
    reached: list[list[Matrix]] = []
    for states in results:
        engine.states = states
        reached.append([parameter.copy() for parameter in engine.network().parameters])
    assert reached[0] != reached[1]
    for mean, one, other in zip(average, *reached):
        for values in zip(mean, one, other):
            for m, a, b in zip(*values):
                assert m == pytest.approx((a + b) / 2.0, abs=2.0**-16)  # a unit of the first layer is 2^-17


@pytest.mark.parametrize("decaying", [{"optimizer": SGD(0.05, weight_decay=0.05)}, {"penalty": Penalty(l2=0.05)}])
def test_weights_decay_in_the_workers(decaying: dict[str, object]) -> None:
    def size(options: dict[str, object]) -> float:
        make: Callable[..., Job] = Job
        plain = make(feed_forward([16, 8, 4], Random(1)), many_bars(), CrossEntropy(), workers=2, **options)
        with ThreadPoolExecutor(1) as executor:
            engine = ParallelEngine(replace(plain, executors=[executor]))
            engine.train(0, constant(0.05), silent)
        return sum(w * w for row in engine.network().parameters[0] for w in row)

    assert size(decaying) < 0.9 * size({})


def test_unshuffled_parts_are_learned_in_their_own_order() -> None:
    # y = b, which ends at 1 for zeros before ones, if each worker keeps to that order
    zeros_before_ones = Samples(as_rows([0.0] * 400), as_rows([0.0] * 200 + [1.0] * 200))
    with ThreadPoolExecutor(1) as executor:
        engine = ParallelEngine(
            Job(line(), zeros_before_ones, MeanSquaredError(), shuffle=False, workers=2, executors=[executor])
        )
        engine.train(0, constant(0.1), silent)
    assert numbers(engine.network())[1] > 0.99


def test_deltas_keep_the_resolution_that_the_highest_rate_so_far_needs() -> None:
    with ThreadPoolExecutor(1) as executor:
        engine = ParallelEngine(replace(job(), executors=[executor]), load=some_bars)
        bits: list[int] = []
        for epoch, rate in enumerate([0.01, 0.5, 0.01]):
            engine.train(epoch, constant(rate), silent)
            bits.append(engine.bits)
    assert bits == [resolution(0.01), resolution(0.5), resolution(0.5)]
    assert resolution(0.5) < resolution(0.01)


def test_the_rate_of_many_workers_grows_to_a_multiple_and_deltas_have_the_resolution_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parallel, "outer_for", lambda workers, warped: Outer(50, momentum=7, rate=14, gain=8))
    rates: list[float] = []

    def work(task: parallel.Round) -> parallel.Result:
        result = parallel._work(task)  # an error if it has not got its data yet
        rates.extend(task.rates if task.start.number == 0 else [])
        return result

    monkeypatch.setattr(parallel, "_work_for_others", work)
    with ThreadPoolExecutor(1) as executor:
        engine = ParallelEngine(replace(job(), executors=[executor]), load=some_bars)
        engine.train(0, constant(0.01), silent)
        assert rates[0] == 0.01
        assert rates == sorted(rates)
        assert rates[3] < 0.08 == rates[4] == rates[11]  # of 12 rounds, 4 begin in the first 0.3 epochs
        engine.train(1, constant(0.01), silent)
        assert rates[12:] == pytest.approx([0.08] * len(rates[12:]))
        assert engine.bits == resolution(0.08)


def test_progress_counts_up_to_all_samples() -> None:
    calls: list[tuple[int, int]] = []
    with ThreadPoolExecutor(1) as executor:
        engine = ParallelEngine(replace(job(), executors=[executor]), load=some_bars)
        engine.train(0, constant(0.05), lambda done, total: calls.append((done, total)))
    assert calls == [(550, 1101), (1101, 1101)]


def test_the_running_loss_is_that_of_the_samples_done() -> None:
    losses: list[float] = []
    with ThreadPoolExecutor(1) as executor:
        engine = ParallelEngine(replace(job(), penalty=None, executors=[executor]), load=some_bars)
        score = engine.train(0, constant(0.05), lambda done, total: losses.append(engine.running_loss))
    first, last = losses
    assert last == pytest.approx(score.loss)
    assert first > last, "the losses of the first 1,000, most of which it had not learned yet, and of all"


class Counting:
    """A loader that counts how often it is called, for workers that are threads, and notes for which parts."""

    def __init__(self) -> None:
        self.count = 0
        self.asked: list[list[int]] = []

    def __call__(self, numbers: Sequence[int]) -> Samples:
        self.count += 1
        self.asked.append(list(numbers))
        return some_bars(numbers)


def test_a_worker_reads_its_part_once_and_keeps_it_for_the_next_rounds() -> None:
    load = Counting()
    with ThreadPoolExecutor(1) as executor:
        trained(job(workers=3), load=load, executors=[executor])
        assert load.count == 3
        trained(job(workers=2), load=load, executors=[executor])  # a new run, with its own parts
        assert load.count == 5
    assert sorted(load.asked) == sorted(map(list, [*dealt(1101, 3, 0), *dealt(1101, 2, 0)]))
    assert parallel._workers == {}  # threads let them go as soon as the training has ended


def test_a_training_goes_on_with_another_number_of_processes_with_the_same_bits() -> None:
    def weights_after(executors: Sequence[Executor]) -> list[float]:
        """Train for an epoch on each of these."""
        state: State | None = None
        for epoch, executor in enumerate(executors):
            engine = ParallelEngine(replace(job(workers=4), executors=[executor]), load=some_bars)
            if state:
                engine.restore(state)
            engine.train(epoch, linear_decay(0.05, 2), silent)
            state = engine.state()
        return numbers(engine.network())

    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(3) as three, ProcessPoolExecutor(2) as two:
        assert weights_after([one, three]) == weights_after([two, one]) == weights_after([three, two])


# Refusals and failures.


FIRST = dealt(1101, 2, seed=0)[0]


def too_few(numbers: Sequence[int]) -> Samples:
    """A loader that leaves out a sample of the first worker."""
    return some_bars(FIRST[:-1] if numbers == FIRST else numbers)


def turned(numbers: Sequence[int]) -> Samples:
    """A loader of the right samples, for the first worker in another order."""
    return some_bars(FIRST[::-1] if numbers == FIRST else numbers)


@pytest.mark.parametrize("load", [too_few, turned])
@pytest.mark.parametrize("threads", [False, True])
def test_a_worker_that_reads_other_samples_than_those_of_its_part_ends_the_training(
    load: Loader, threads: bool
) -> None:
    found, expected = load(FIRST), some_bars(FIRST).checksum
    said = (
        f"^worker 1 of 2 has read {len(found)} samples of checksum {found.checksum}, "
        f"and not the {len(FIRST)} training samples that have {expected}: "
    )
    with ThreadPoolExecutor(1) as executor, pytest.raises(ValueError, match=said):
        trained(job(), load=load, executors=[executor] if threads else [])
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize(
    ("workers", "said"),
    [(-1, "at least 1, got -1"), (0, "at least 1, got 0"), (1102, "from 1 to the 1101 training samples, got 1102")],
)
def test_more_workers_than_samples_or_none_are_refused(workers: int, said: str) -> None:
    with pytest.raises(ValueError, match=f"^workers must be {said}$"):
        ParallelEngine(job(workers))


def test_as_many_workers_as_samples_are_not_too_many() -> None:
    three = many_bars().select([5, 6, 7])
    with ThreadPoolExecutor(1) as executor:
        engine = ParallelEngine(
            Job(feed_forward([16, 4], Random(0)), three, CrossEntropy(), workers=3, executors=[executor])
        )
        assert engine.train(0, constant(0.05), silent).loss > 0.0


def test_a_single_worker_is_the_lanes_engine_in_this_process() -> None:
    assert type(ParallelEngine.for_job(job(workers=1))) is LanesEngine
    with closing(ParallelEngine.for_job(job(workers=2))) as engine:
        assert type(engine) is ParallelEngine


def test_samples_that_are_not_finite_are_refused_before_anything_starts() -> None:
    samples = Samples(as_rows([0.0, 1.0, 2.0, nan]), as_rows([0.0] * 4))
    with pytest.raises(ValueError, match=r"^input row 3, column 0 is nan"):
        ParallelEngine(Job(line(), samples, MeanSquaredError(), workers=2))
    assert multiprocessing.active_children() == []


def test_a_network_that_lanes_do_not_support_is_refused_before_anything_starts() -> None:
    network = Sequential(Linear(16, 8, Random(0)), Activation(gelu), Linear(8, 4, Random(0)))
    with pytest.raises(ValueError, match=r"^the lanes engine cannot be used .*gelu"):
        ParallelEngine(replace(job(), network=network))
    assert multiprocessing.active_children() == []


def test_a_rate_far_too_high_is_named_with_its_epoch() -> None:
    said = r"^epoch 1, samples from 1: .*; try a lower learning rate .*\(the rate was 1e\+200\)$"
    with closing(ParallelEngine(job())) as engine, pytest.raises(TrainingError, match=said):
        engine.train(0, constant(1e200), silent)
    assert multiprocessing.active_children() == []


def dies(numbers: Sequence[int]) -> Samples:
    """A loader that takes its process with it."""
    os._exit(7)


def raises(numbers: Sequence[int]) -> Samples:
    """A loader that finds its file broken."""
    raise FormatError("train-images: not an IDX file")


@pytest.mark.parametrize("method", POOL_METHODS)
def test_a_worker_that_dies_ends_the_training(method: str) -> None:
    context = multiprocessing.get_context(method)
    one, other = (ProcessPoolExecutor(1, mp_context=context) for _ in range(2))
    with one, other, pytest.raises(TrainingError, match=r"^epoch 1, samples from 1: a worker process ended unasked: "):
        trained(job(), load=dies, executors=[one, other])
    assert multiprocessing.active_children() == []


@processes
def test_a_worker_that_died_between_two_rounds_ends_the_training() -> None:
    with closing(ParallelEngine(job())) as engine:
        engine.train(0, constant(0.05), silent)
        process = multiprocessing.active_children()[0]
        process.kill()
        process.join()
        said = r"^epoch 2, samples from 1: a worker process ended unasked: process \d+ was ended by SIGKILL$"
        with pytest.raises(TrainingError, match=said):
            engine.train(1, constant(0.05), silent)
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("threads", [False, True])
def test_the_error_of_a_worker_is_that_of_the_training(threads: bool) -> None:
    with ThreadPoolExecutor(2) as executor, pytest.raises(FormatError, match=r"^train-images: not an IDX file$"):
        trained(job(), load=raises, executors=[executor] if threads else [])
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("method", METHODS)
def test_a_worker_that_had_nothing_to_judge_still_gets_its_samples(method: str) -> None:
    with started_by(method), closing(ParallelEngine(job())) as engine:
        engine.evaluate(many_bars().select(range(1)))
        assert engine.train(0, constant(0.05), silent).loss > 0.0


@processes
@pytest.mark.skipif("fork" not in METHODS or not hasattr(gc, "freeze"), reason="there is no fork, or nothing to freeze")
def test_the_garbage_collector_of_a_forked_worker_leaves_alone_what_was_inherited() -> None:
    with started_by("fork"), closing(ParallelEngine(job())) as engine:
        assert engine.own[0].submit(frozen, None).result(timeout=60.0) > 10_000  # objects


def frozen(nothing: None) -> int:
    return gc.get_freeze_count()


@contextmanager
def started_by(method: str) -> Iterator[None]:
    """Start processes in this way."""
    before = multiprocessing.get_start_method()
    multiprocessing.set_start_method(method, force=True)
    try:
        yield
    finally:
        multiprocessing.set_start_method(before, force=True)


# Executors of others.


def test_two_trainings_on_one_executor_keep_their_own_samples(expected: list[float]) -> None:
    one, other = Counting(), Counting()
    with ThreadPoolExecutor(2) as pool:
        jobs = [replace(job(seed=seed), executors=[pool]) for seed in range(2)]
        first, second = (ParallelEngine(each, load=load) for each, load in zip(jobs, [one, other]))
        with closing(first), closing(second):
            for epoch in range(2):
                for engine in (first, second):
                    engine.train(epoch, linear_decay(0.05, 2), silent)
            assert numbers(first.network()) == expected != numbers(second.network())
            assert {run for run, _ in parallel._workers} == {first.parts[0].run, second.parts[0].run}
    assert (one.count, other.count) == (2, 2)  # each worker has read its part once
    assert (parallel._workers, parallel._idle) == ({}, {})


def test_a_worker_without_tasks_lets_its_samples_go_and_gets_them_again(
    expected: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "IDLE", 0.05)
    load = Counting()
    with ThreadPoolExecutor(2) as pool, closing(ParallelEngine(replace(job(), executors=[pool]), load=load)) as engine:
        engine.train(0, linear_decay(0.05, 2), silent)
        end = time.monotonic() + 30.0
        while parallel._workers and time.monotonic() < end:
            time.sleep(0.01)
        assert (parallel._workers, parallel._idle) == ({}, {})
        before = load.count
        engine.train(1, linear_decay(0.05, 2), silent)
        assert load.count >= before + 2
        assert numbers(engine.network()) == expected


class Recorder(ThreadPoolExecutor):
    """Threads, with the number of bytes of each task as another process would receive it."""

    def __init__(self) -> None:
        super().__init__(1)
        self.sizes: list[int] = []

    def submit(self, fn: Callable[..., Answer], /, *args: object, **options: object) -> Future[Answer]:
        self.sizes.append(len(pickle.dumps((fn, args))))
        return super().submit(fn, *args, **options)


def test_a_process_gets_the_samples_of_its_part_only_and_only_once(expected: list[float]) -> None:
    with Recorder() as pool:
        assert trained(job(), load=None, executors=[pool]) == expected
    whole = len(pickle.dumps(many_bars()))
    large = [size for size in pool.sizes if size > 0.4 * whole]
    assert len(large) == 2
    assert max(large) < 0.7 * whole
    assert len(pool.sizes) > 6


class Broken(Executor):
    """An executor that fails in its own way."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def submit(self, fn: Callable[..., Answer], /, *args: object, **options: object) -> Future[Answer]:
        if isinstance(self.error, RuntimeError):
            raise self.error
        future: Future[Answer] = Future()
        future.set_exception(self.error)
        return future


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("cannot schedule\nnew futures"), "Broken failed: RuntimeError: cannot schedule new futures"),
        (OSError("the scheduler\n  is gone"), "Broken failed: OSError: the scheduler is gone"),
        (KeyError(), "Broken failed: KeyError: it says nothing more"),
    ],
)
def test_an_error_of_an_executor_is_a_line_that_names_it(error: Exception, said: str) -> None:
    with pytest.raises(TrainingError, match=f"^epoch 1, samples from 1: {said}$"):
        trained(job(), executors=[Broken(error)])


def test_what_cannot_be_sent_to_a_process_is_an_error_of_its_executor() -> None:
    said = "^epoch 1, samples from 1: ProcessPoolExecutor failed: "
    with ProcessPoolExecutor(1) as pool, pytest.raises(TrainingError, match=said):
        trained(job(), load=lambda numbers: many_bars().select(numbers), executors=[pool])


def test_the_error_of_a_worker_in_a_pool_is_that_of_the_training_with_its_way() -> None:
    with ProcessPoolExecutor(1) as pool, pytest.raises(FormatError, match=r"^train-images: ") as caught:
        trained(job(), load=raises, executors=[pool])
    assert "in raises" in str(caught.value.__cause__)


def test_a_rate_far_too_high_is_named_in_a_pool_too() -> None:
    said = r"^epoch 1, samples from 1: .*; try a lower learning rate .*\(the rate was 1e\+200\)$"
    with ThreadPoolExecutor(2) as pool, pytest.raises(TrainingError, match=said):
        ParallelEngine(replace(job(), executors=[pool])).train(0, constant(1e200), silent)


# Where no processes can be started, workers take turns.


def refuse(error: Exception) -> Callable[[object], None]:
    def raise_it(process: object) -> None:
        raise error

    return raise_it


NO_PROCESSES = [
    (OSError(11, "Resource temporarily unavailable"), "[Errno 11] Resource temporarily unavailable"),
    (ImportError("No module named '_multiprocessing'"), "No module named '_multiprocessing'"),
    (NotImplementedError("no fork"), "no fork"),
]


@processes
@pytest.mark.parametrize(("error", "why"), NO_PROCESSES, ids=lambda each: type(each).__name__)
def test_without_processes_workers_take_turns_with_the_same_bits_and_scores(
    error: Exception, why: str, expected: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def scores_and_weights() -> tuple[list[object], list[float], str]:
        with closing(ParallelEngine(job(), load=some_bars)) as engine:
            judged = many_bars()
            schedule = linear_decay(0.05, 2)
            scores = [(engine.train(epoch, schedule, silent), engine.evaluate(judged)) for epoch in range(2)]
            return list(scores), numbers(engine.network()), engine.obstacle

    scores, weights, obstacle = scores_and_weights()
    assert (weights, obstacle) == (expected, "")
    monkeypatch.setattr(BaseProcess, "start", refuse(error))
    said = f"no process can be started ({why}): 2 workers take turns in this one"
    assert scores_and_weights() == (scores, weights, said)
    assert parallel._workers == {}
    assert multiprocessing.active_children() == []


@processes
def test_if_the_second_process_cannot_be_started_the_first_is_ended(
    expected: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    start, starts = BaseProcess.start, list[str]()

    def start_one(process: BaseProcess) -> None:
        starts.append("")
        if len(starts) > 1:
            raise OSError(11, "Resource temporarily unavailable")
        start(process)

    monkeypatch.setattr(BaseProcess, "start", start_one)
    assert trained(job()) == expected
    assert len(starts) == 2
    assert multiprocessing.active_children() == []


def test_without_threads_workers_take_turns(expected: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", refuse(RuntimeError("can't start new thread")))
    assert trained(job()) == expected
    assert multiprocessing.active_children() == []


def test_workers_of_two_trainings_that_take_turns_do_not_disturb_each_other(
    expected: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BaseProcess, "start", refuse(OSError(11, "no more")))
    schedule, judged = linear_decay(0.05, 2), many_bars()
    with closing(ParallelEngine(job())) as one, closing(ParallelEngine(job(seed=1))) as other:
        for epoch in range(2):
            for engine in (one, other):
                engine.train(epoch, schedule, silent)
                engine.evaluate(judged)
        assert numbers(one.network()) == expected != numbers(other.network())


def test_the_error_of_a_worker_in_turn_is_that_of_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BaseProcess, "start", refuse(OSError(11, "no more")))
    with pytest.raises(FormatError, match=r"^train-images: not an IDX file$"):
        trained(job(), load=raises)


def in_a_pool(number: int) -> list[float]:
    return trained(job())


@processes
def test_a_process_of_a_pool_which_may_not_start_others_trains_too(expected: list[float]) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        (weights,) = pool.map(in_a_pool, [0])
    assert len(weights) == len(expected)  # with longer rounds there: no fixture makes them short


def test_executors_that_were_handed_in_stay_open() -> None:
    with ThreadPoolExecutor(1) as executor:
        trained(job(), executors=[executor])
        assert executor.submit(int).result() == 0


def test_a_share_too_small_to_learn_from_is_told() -> None:
    many = as_rows([[0.5, 0.5]] * (2 * parallel.SHARE))
    enough = Job(feed_forward([2, 2], Random(0)), Samples(many, Labels([0, 1] * parallel.SHARE, 2)), CrossEntropy())
    for workers, said in [
        (2, []),
        (3, ["each of 3 workers has only 333 samples"]),
        (8, ["each of 8 workers has only 125"]),
    ]:
        with closing(ParallelEngine(replace(enough, workers=workers))) as engine:
            assert [text[: len(start)] for text, start in zip(engine.doubts(), said)] == said
            assert len(engine.doubts()) == len(said)
            assert all(text.endswith(": 2 workers would learn much more") for text in engine.doubts())
    with closing(ParallelEngine(replace(enough, samples=enough.samples.select(range(99)), workers=2))) as engine:
        assert engine.doubts()[0].endswith(": one worker would learn much more")


def test_more_workers_than_pay_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "SHARE", 10)
    with ThreadPoolExecutor(1) as executor:
        doubts = [
            ParallelEngine(replace(job(workers), executors=[executor])).doubts() for workers in (2, PAYS, PAYS + 1, 111)
        ]
    assert doubts[:2] == [[], []]
    assert doubts[2] == [f"{PAYS + 1} workers average so often, and so many weights, that {PAYS} would be done earlier"]
    assert doubts[3] == [
        "each of 111 workers has only 9 samples, too few to learn from before they average their weights: "
        f"{PAYS} workers would learn much more"
    ]


def test_they_round_as_the_lanes_engine_does() -> None:
    with closing(ParallelEngine(job())) as engine:
        assert engine.rounding() == engine.engine.rounding() != ""


# Narrow lanes in the first layer.


def narrow_job(executors: Sequence[Executor] = ()) -> Job:
    network = feed_forward([16, 64, 4], Random(1))
    return Job(network, many_bars(), CrossEntropy(), SGD(0.02), workers=2, executors=executors)


def with_a_full_worker(*, stops: bool) -> tuple[list[int], list[float]]:
    """Train for three epochs; in the second, one of two workers has no room in narrow lanes.

    stops: go on after the second epoch with another engine. Return the widths after the epochs, and the weights.
    """
    widths: list[int] = []
    with ThreadPoolExecutor(1) as executor:
        engine = ParallelEngine(narrow_job([executor]), load=some_bars)
        for epoch in range(3):
            if epoch == 1:
                first = parallel._workers[engine.parts[0].run, 0].engine.packed.first
                first.admit((2**23 - 1) // max(first.layout.unpack(engine.states[0].bound)))
            if epoch == 2 and stops:
                state, engine = engine.state(), ParallelEngine(narrow_job([executor]), load=some_bars)
                engine.restore(state)
            engine.train(epoch, constant(0.1 if epoch else 1e-4), silent)
            widths.append(engine.states[0].width)
        return widths, numbers(engine.network())


def test_if_one_worker_widens_its_lanes_all_go_on_in_wide_ones() -> None:
    widths, weights = with_a_full_worker(stops=False)
    assert widths == [24, 32, 32]
    assert with_a_full_worker(stops=False) == with_a_full_worker(stops=True) == (widths, weights)


def test_many_workers_whose_rounds_are_short_begin_with_wide_lanes(monkeypatch: pytest.MonkeyPatch) -> None:
    for gain, width in (1, 24), (2, 32):
        monkeypatch.setattr(parallel, "outer_for", lambda workers, warped, gain=gain: Outer(500, 8, 16, gain))
        with ThreadPoolExecutor(1) as executor:
            assert ParallelEngine(narrow_job([executor])).states[0].width == width


def test_processes_give_the_bits_of_threads_in_narrow_lanes() -> None:
    with ThreadPoolExecutor(1) as executor:
        assert trained(narrow_job(), executors=[executor]) == trained(narrow_job())
