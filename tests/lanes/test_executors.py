"""Tasks on executors of others: missing data are sent, errors are told apart, and Dask gives the same bits. How
trainings share an executor is in test_workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from importlib import import_module
from random import Random
from typing import TypeVar

import pytest

from purenn import datasets
from purenn.errors import FormatError, TrainingError
from purenn.formats import Tensor
from purenn.lanes import as_executors
from purenn.lanes.executors import ExecutorError, MissingData, ask
from purenn.network import feed_forward
from purenn.samples import Samples
from purenn.training import fit
from tests.conftest import bars

Answer = TypeVar("Answer")


def doubled(task: tuple[int, bool]) -> int:
    """A task is a number, and whether it has its data."""
    if not task[1]:
        raise MissingData
    return 2 * task[0]


def with_data(task: tuple[int, bool]) -> tuple[int, bool]:
    return task[0], True


def fails(task: tuple[int, bool]) -> int:
    raise FormatError("not an IDX file")


class Peculiar(Exception):
    """An error that can be sent, but not received."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and {other}")


def fails_in_its_own_way(task: tuple[int, bool]) -> int:
    raise Peculiar(1, 2)


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_tasks_without_their_data_are_sent_once_more_with_them(kind: Callable[[int], Executor]) -> None:
    tasks = [(0, True), (1, False), (2, True), (3, False)]
    with kind(2) as one, kind(1) as other:
        assert ask([one], doubled, tasks, with_data) == [0, 2, 4, 6]
        assert ask([one, other], doubled, tasks, with_data) == [0, 2, 4, 6]


def test_a_process_that_does_not_get_its_data_is_not_asked_for_ever() -> None:
    with ThreadPoolExecutor(1) as pool, pytest.raises(ExecutorError, match="still had no data"):
        ask([pool], doubled, [(1, False)], lambda task: task)


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_the_error_of_a_task_is_raised_as_it_is(kind: Callable[[int], Executor]) -> None:
    with kind(1) as pool:
        with pytest.raises(FormatError, match=r"^not an IDX file$"):
            ask([pool], fails, [(1, True)], with_data)
        with pytest.raises(RuntimeError, match=r"^Peculiar: 1 and 2$"):
            ask([pool], fails_in_its_own_way, [(1, True)], with_data)
        assert ask([pool], doubled, [(1, True)], with_data) == [2]


def test_an_executor_that_is_shut_down_is_named() -> None:
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(TrainingError, match=r"^ThreadPoolExecutor failed: RuntimeError: .* after shutdown$"):
        ask([pool], doubled, [(1, True)], with_data)


class Full(ThreadPoolExecutor):
    """An executor that takes one task, and does not do it."""

    def __init__(self) -> None:
        super().__init__(1)
        self.cancelled: list[Callable[[], bool]] = []

    def submit(self, fn: Callable[..., Answer], /, *args: object, **options: object) -> Future[Answer]:
        if self.cancelled:
            raise MemoryError
        future: Future[Answer] = Future()
        self.cancelled.append(future.cancelled)
        return future


def test_tasks_that_have_not_begun_are_cancelled_if_one_cannot_be_handed_in() -> None:
    full = Full()
    with pytest.raises(ExecutorError, match=r"^Full failed: MemoryError: it says nothing more$"):
        ask([full], doubled, [(1, True), (2, True)], with_data)
    assert [cancelled() for cancelled in full.cancelled] == [True]


def test_what_is_no_executor_is_refused() -> None:
    wrong: list[object] = [3, "threads", [None]]
    call: Callable[..., object] = as_executors
    for value in wrong:
        with pytest.raises(TypeError, match=r"^executor is .*, expected an object such as ThreadPoolExecutor\(4\)"):
            call(value, 2)
    assert as_executors(None, 1) == as_executors([], 1) == []


# By `fit`.


def trained(
    executor: Executor | list[Executor] | None,
    samples: Samples,
    workers: int = 2,
    callbacks: Sequence[Callable[[object], None]] = (),
) -> dict[str, Tensor]:
    network = feed_forward([samples.inputs.columns, 8, samples.targets.columns], Random(0))
    fit(network, samples, engine="lanes", epochs=2, workers=workers, executor=executor, callbacks=callbacks)
    return dict(network.state())


few = pytest.mark.filterwarnings("ignore::purenn.errors.TrainingWarning")


@few
def test_fit_gives_the_same_bits_with_every_executor_and_leaves_it_open() -> None:
    expected = trained(None, bars(1101))
    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(2) as processes:
        pools: list[Executor] = [threads, processes]
        for executor in (threads, processes, pools):
            assert trained(executor, bars(1101)) == expected
        for pool in pools:
            assert pool.submit(int).result() == 0


@pytest.mark.interop
def test_dask_gives_the_same_bits_and_a_lost_worker_costs_nothing() -> None:
    strokes = datasets.load("strokes").train.select(range(2000))
    expected = trained(None, strokes, workers=3)
    distributed = import_module("distributed")
    lost: list[object] = []

    def lose(epoch: object) -> None:
        """End one of the two processes, in the middle of the training."""
        if not lost:
            worker = next(iter(cluster.workers.values()))
            lost.append(worker)
            cluster.sync(worker.kill, timeout=0.1)

    make = distributed.LocalCluster
    with make(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, cluster.get_client() as client:
        executor = client.get_executor(pure=False)
        assert trained(executor, strokes, workers=3) == expected
        assert trained(executor, strokes, workers=3, callbacks=[lose]) == expected
        assert len(lost) == 1


class Careless(Executor):
    """An executor that returns no future."""

    def submit(self, *call: object) -> int:  # type: ignore[override]
        return 5


def test_an_executor_that_returns_no_future_is_told() -> None:
    with pytest.raises(ExecutorError, match=r"^Careless failed: TypeError: what submit returns is 5, expected"):
        ask([Careless()], doubled, [(1, True)], with_data)
