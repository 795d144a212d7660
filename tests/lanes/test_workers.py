"""Several workers: the same bits wherever they run, what they compute, and what is said when one of them fails."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from random import Random

import pytest

from purenn.activations import gelu
from purenn.errors import FormatError, TrainingError
from purenn.lanes import workers as parallel
from purenn.lanes.engine import BLOCK, resolution
from purenn.lanes.workers import ParallelEngine, Source
from purenn.layers import Activation, Linear
from purenn.losses import CrossEntropy, MeanSquaredError
from purenn.matrix import Matrix
from purenn.network import Sequential, feed_forward
from purenn.samples import Images, Labels, Samples, as_rows
from purenn.schedules import constant, linear

METHODS = multiprocessing.get_all_start_methods()


@pytest.fixture(autouse=True)
def short_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """An average after every block, so that a thousand samples are several rounds."""
    monkeypatch.setattr(parallel, "ROUND", BLOCK)


def silent(done: int, total: int) -> None:
    """Progress that nobody looks at."""


def bars() -> Samples:
    """Pictures of 4 × 4 grey pixels with one bright row, which is the class. 1101: two parts of unequal size."""
    rng = Random(8)
    labels = [rng.randrange(4) for _ in range(1101)]
    pixels = [rng.randrange(200, 256) if i // 4 == label else rng.randrange(90) for label in labels for i in range(16)]
    return Samples(Images(bytes(pixels), height=4, width=4), Labels(labels, classes=4))


def made(
    workers: int = 2, seed: int = 0, source: Source | None = bars, executors: Sequence[Executor] = ()
) -> ParallelEngine:
    network = feed_forward([16, 8, 4], Random(1), dropout=0.1)
    return ParallelEngine(
        network, bars(), CrossEntropy(), workers, seed, weight_decay=1e-4, source=source, executors=executors
    )


def trained(
    workers: int = 2, seed: int = 0, source: Source | None = bars, executors: Sequence[Executor] = ()
) -> list[Matrix]:
    """The weights after two epochs of two rounds each."""
    with made(workers, seed, source, executors) as engine:
        for epoch in range(2):
            engine.train(epoch, linear(0.05, 2), silent)
        return engine.network().parameters


@pytest.fixture(scope="module")
def expected() -> list[Matrix]:
    """The weights that come of two workers in processes of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parallel, "ROUND", BLOCK)
        return trained()


# The same bits, wherever the work is done.


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(expected: list[Matrix]) -> None:
    assert trained() == expected
    assert trained(seed=1) != expected


def test_another_number_of_workers_gives_other_bits(expected: list[Matrix]) -> None:
    assert trained(workers=3) != expected


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_give_the_bits_of_processes(threads: int, expected: list[Matrix]) -> None:
    with ThreadPoolExecutor(threads) as executor:
        assert trained(executors=[executor]) == expected


@pytest.mark.parametrize("processes", [1, 2])
def test_processes_that_share_the_tasks_give_the_bits_of_processes_of_their_own(
    processes: int, expected: list[Matrix]
) -> None:
    with ProcessPoolExecutor(processes) as executor:
        assert trained(executors=[executor]) == expected


@pytest.mark.parametrize("method", METHODS)
def test_every_way_to_start_a_process_gives_the_same_bits(method: str, expected: list[Matrix]) -> None:
    context = multiprocessing.get_context(method)
    one, other = (ProcessPoolExecutor(1, mp_context=context, initializer=parallel._begin) for _ in range(2))
    with one, other:
        assert trained(executors=[one, other]) == expected


def test_samples_that_are_sent_along_give_the_bits_of_samples_that_are_read(expected: list[Matrix]) -> None:
    assert trained(source=None) == expected


# What it computes.


def test_it_learns() -> None:
    with made() as engine:
        before = engine.evaluate(bars())
        scores = [engine.train(epoch, constant(0.05), silent) for epoch in range(3)]
        after = engine.evaluate(bars())
    assert scores[-1].loss < scores[0].loss < before.loss
    assert after.accuracy == 1.0


def test_the_parts_together_are_all_samples_each_of_them_once() -> None:
    network = feed_forward([16, 8, 4], Random(1))
    with ThreadPoolExecutor(1) as executor:
        engine = ParallelEngine(network, bars(), CrossEntropy(), 2, seed=0, executors=[executor])
        before = engine.evaluate(bars())
        score = engine.train(0, constant(1e-300), silent)  # no step changes anything, so what is scored is one network
    assert score.loss == pytest.approx(before.loss, rel=1e-12)
    assert score.accuracy == before.accuracy


def test_a_round_ends_with_the_average_of_what_the_workers_have_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "ROUND", 5 * BLOCK)  # an epoch is one round
    with ThreadPoolExecutor(1) as executor:
        engine = made(executors=[executor])
        rates, bits = [0.05, 0.05], resolution(0.05)
        tasks = [parallel.Task(part, engine.states, 0, 0, rates, bits) for part in engine.parts]
        results = [parallel._work(task)[0] for task in tasks]
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


def test_weights_decay_in_the_workers() -> None:
    def size(weight_decay: float) -> float:
        with ThreadPoolExecutor(1) as executor:
            network, executors = feed_forward([16, 8, 4], Random(1)), [executor]
            engine = ParallelEngine(
                network, bars(), CrossEntropy(), 2, seed=0, weight_decay=weight_decay, executors=executors
            )
            engine.train(0, constant(0.05), silent)
        return sum(w * w for row in engine.network().parameters[0] for w in row)

    assert size(0.05) < 0.9 * size(0.0)


def test_deltas_keep_the_resolution_that_the_highest_rate_so_far_needs() -> None:
    with ThreadPoolExecutor(1) as executor:
        engine = made(executors=[executor])
        bits: list[int] = []
        for epoch, rate in enumerate([0.01, 0.5, 0.01]):
            engine.train(epoch, constant(rate), silent)
            bits.append(engine.bits)
    assert bits == [resolution(0.01), resolution(0.5), resolution(0.5)]
    assert resolution(0.5) < resolution(0.01)


def test_a_quantity_has_no_accuracy() -> None:
    samples = Samples(as_rows([[x / 100.0] for x in range(100)]), as_rows([2.0 * x / 100.0 for x in range(100)]))
    with ThreadPoolExecutor(2) as executor:
        network = feed_forward([1, 4, 1], Random(0))
        engine = ParallelEngine(network, samples, MeanSquaredError(), 2, seed=0, executors=[executor])
        first, *_, last = [engine.train(epoch, constant(0.05), silent) for epoch in range(10)]
    assert first.accuracy is None
    assert last.loss < first.loss


def test_progress_counts_up_to_all_samples() -> None:
    calls: list[tuple[int, int]] = []
    with ThreadPoolExecutor(1) as executor:
        made(executors=[executor]).train(0, constant(0.05), lambda done, total: calls.append((done, total)))
    assert calls == [(1000, 1101), (1101, 1101)]


class Counting:
    """A source that counts how often it is read, for workers that are threads."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> Samples:
        self.count += 1
        return bars()


def test_a_worker_reads_its_part_once_and_keeps_it_for_the_next_rounds() -> None:
    source = Counting()
    with ThreadPoolExecutor(1) as executor:
        trained(workers=3, source=source, executors=[executor])
        assert source.count == 3
        trained(workers=2, source=source, executors=[executor])  # a new run, with parts of its own
        assert source.count == 5
    assert len(parallel._workers) == 2  # those of the run before are let go


# What it refuses, and how it fails.


@pytest.mark.parametrize("workers", [-1, 0, 1102])
def test_more_workers_than_samples_or_none_are_refused(workers: int) -> None:
    said = f"workers must be from 1 to the 1101 training samples, got {workers}"
    with pytest.raises(ValueError, match=said):
        made(workers)


def test_as_many_workers_as_samples_are_not_too_many() -> None:
    three = bars().select([5, 6, 7])
    with ThreadPoolExecutor(1) as executor:
        network = feed_forward([16, 4], Random(0))
        engine = ParallelEngine(network, three, CrossEntropy(), 3, seed=0, executors=[executor])
        assert engine.train(0, constant(0.05), silent).loss > 0.0


def test_a_network_that_lanes_do_not_support_is_refused_before_anything_starts() -> None:
    network = Sequential(Linear(16, 8, Random(0)), Activation(gelu), Linear(8, 4, Random(0)))
    with pytest.raises(ValueError, match=r"the lanes engine cannot train .*gelu"):
        ParallelEngine(network, bars(), CrossEntropy(), 2, seed=0)
    assert multiprocessing.active_children() == []


def test_a_rate_far_too_high_is_named_with_its_epoch() -> None:
    said = r"^epoch 1, samples from 1: .*; try a lower learning rate .*\(the rate was 1e\+200\)$"
    with made() as engine, pytest.raises(TrainingError, match=said):
        engine.train(0, constant(1e200), silent)
    assert multiprocessing.active_children() == []


def dies() -> Samples:
    """A source that takes its process with it."""
    os._exit(7)


def raises() -> Samples:
    """A source that finds its file broken."""
    raise FormatError("train-images: not an IDX file")


@pytest.mark.parametrize("method", METHODS)
def test_a_worker_that_dies_ends_the_training(method: str) -> None:
    context = multiprocessing.get_context(method)
    one, other = (ProcessPoolExecutor(1, mp_context=context) for _ in range(2))
    with one, other, pytest.raises(TrainingError, match=r"^epoch 1: a worker process ended unasked: "):
        trained(source=dies, executors=[one, other])
    assert multiprocessing.active_children() == []


def wait_until_broken(executors: Sequence[Executor]) -> None:
    """An executor learns of the death of its process a moment later."""
    with suppress(BrokenExecutor):
        while True:
            for executor in executors:
                executor.submit(int).result()


def test_a_worker_that_died_between_two_rounds_ends_the_training() -> None:
    with made() as engine:
        engine.train(0, constant(0.05), silent)
        multiprocessing.active_children()[0].kill()
        wait_until_broken(engine.executors)
        with pytest.raises(TrainingError, match=r"^epoch 2: a worker process ended unasked: "):
            engine.train(1, constant(0.05), silent)
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("threads", [False, True])
def test_the_error_of_a_worker_is_that_of_the_training(threads: bool) -> None:
    with ThreadPoolExecutor(2) as executor, pytest.raises(FormatError, match=r"^train-images: not an IDX file$"):
        trained(source=raises, executors=[executor] if threads else [])
    assert multiprocessing.active_children() == []


def test_executors_that_were_handed_in_stay_open() -> None:
    with ThreadPoolExecutor(1) as executor:
        trained(executors=[executor])
        assert executor.submit(int).result() == 0
