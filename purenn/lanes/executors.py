"""Tasks on executors of others: threads, a pool of processes, Dask, MPI.

Nothing is known about them but `submit`: which process does a task, whether it has done one before, and whether it will
still be there for the next. So a task is sent without its data first. A process that does not have them answers so, and
is asked once more, with them. A process that is lost costs no more than this.

An error of a task comes back as an answer. So every other error is one of the executor.

The weights are the same on all of them, here on two threads and on the two processes of a pool:

>>> from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
>>> from random import Random
>>> import purenn
>>> strokes = purenn.datasets.load("strokes").train.select(range(1000))
>>> def trained(executor):
...     network = purenn.feed_forward([784, 8, 10], Random(0))
...     with executor:
...         purenn.fit(network, strokes, epochs=2, workers=2, executor=executor)
...     return network.state()
>>> trained(ThreadPoolExecutor(2)) == trained(ProcessPoolExecutor(2))
True
"""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar, Union

from purenn.errors import TrainingError, check_kind
from purenn.lanes.processes import LOOK, InTurn, Traceback, WorkerProcess, answers, packed, start_processes

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future  # loaded when training starts: it takes 20 ms

__all__ = ["ExecutorError", "MissingData", "Place", "as_executors", "ask", "completed", "places"]

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class ExecutorError(TrainingError):
    """Raised if an executor could not do a task, whatever the reason."""


class MissingData(Exception):
    """Raised by a task whose process does not have its data."""


@dataclass(frozen=True)
class Failed:
    """The error of a task. raw: as `packed` makes it, since many errors cannot be sent as they are."""

    raw: bytes

    def error(self) -> Exception:
        """Return the error, with the way to it in the other process as its cause."""
        error: Exception
        _, error, traceback = pickle.loads(self.raw)
        error.__cause__ = Traceback(traceback)
        return error


Outcome = Union[Answer, Failed, None]  # None: the data are missing
Place = Union["Executor", WorkerProcess, InTurn]  # where a task can be done while others are done elsewhere


def as_executors(executor: Executor | Sequence[Executor] | None, workers: int) -> Sequence[Executor]:
    """Return one executor, several, or none, as a list of them.

    Raises TypeError for anything else, and ValueError for one worker, who needs none.
    """
    if executor is None:
        return []
    given = executor if isinstance(executor, Sequence) else [executor]
    for each in given:
        check_kind("submit", "ThreadPoolExecutor(4)", executor=each)
    if given and workers == 1:
        raise ValueError("an executor is for several workers, such as workers=2, but workers is 1")
    return given


def ask(
    executors: Sequence[Place],
    work: Callable[[Asked], Answer],
    tasks: Sequence[Asked],
    with_data: Callable[[Asked], Asked],
) -> list[Answer]:
    """Return the answers to all tasks. Task n is done by `executors[n % len(executors)]`.

    with_data: makes of a task the same with its data. Raises the error of a task, and ExecutorError for any other.
    """
    outcomes = _outcomes(executors, work, dict(enumerate(tasks)))
    lacking = {i: with_data(tasks[i]) for i, outcome in outcomes.items() if outcome is None}
    outcomes.update(_outcomes(executors, work, lacking))
    return [_answer(outcomes[i]) for i in range(len(tasks))]


def _outcomes(
    executors: Sequence[Place], work: Callable[[Asked], Answer], tasks: dict[int, Asked]
) -> dict[int, Outcome[Answer]]:
    """Return the outcome of every task, by its number."""
    futures: list[Future[Outcome[Answer]]] = []
    try:
        with _failures(executors):
            for i, task in tasks.items():
                futures.append(_submitted(executors[i % len(executors)], work, task))
            return dict(zip(tasks, answers(futures, [each for each in executors if isinstance(each, WorkerProcess)])))
    finally:
        for future in futures:
            future.cancel()  # does nothing to those that are done


def _submitted(executor: Place, work: Callable[[Asked], Answer], task: Asked) -> Future[Outcome[Answer]]:
    """Give a task to an executor."""
    future = executor.submit(partial(attempt, work), task)
    check_kind("cancel", "a concurrent.futures.Future", **{"what submit returns": future})
    return future


@contextmanager
def _failures(executors: Sequence[Place]) -> Generator[None, None, None]:
    """Raise ExecutorError, naming them, for every error of executors in this block."""
    from concurrent.futures import BrokenExecutor

    try:
        yield
    except BrokenExecutor as error:
        raise ExecutorError(f"a worker process ended unasked: {_in_a_line(error)}") from error
    except Exception as error:
        names = ", ".join(sorted({type(executor).__name__ for executor in executors}))
        raise ExecutorError(f"{names} failed: {type(error).__name__}: {_in_a_line(error)}") from error


@contextmanager
def places(executors: Sequence[Executor], workers: int) -> Generator[Sequence[Place], None, None]:
    """Return a place for each worker: on these executors or, if there are none, in a process for each, which ends with
    the block. For a single worker, and where no process can be started, it is this process."""
    if executors:
        yield [executors[i % len(executors)] for i in range(workers)]
        return
    processes: list[WorkerProcess] = []
    with suppress(ImportError, NotImplementedError, OSError):
        processes += start_processes([_nothing] * workers) if workers > 1 else []
    try:
        yield processes or [InTurn()]
    finally:
        for process in processes:
            process.shutdown()


def _nothing() -> None:
    """Begin a process that needs no data."""


def completed(free: Sequence[Place], work: Callable[[Asked], Answer], tasks: Sequence[Asked]) -> Iterator[Answer]:
    """Yield the answers to all tasks as they come. A task begins when one of the places is free.

    Raises the error of a task, and ExecutorError for any other.
    """
    from concurrent.futures import FIRST_COMPLETED, wait

    idle, waiting, busy = deque(free), deque(tasks), dict["Future[Outcome[Answer]]", Place]()
    try:
        while waiting or busy:
            with _failures(free):
                while waiting and idle:
                    place = idle.popleft()
                    busy[_submitted(place, work, waiting.popleft())] = place
                done, _ = wait(busy, LOOK, FIRST_COMPLETED)
                idle.extend(busy.pop(future) for future in done)
                outcomes = [future.result() for future in done]
            for outcome in outcomes:
                yield _answer(outcome)
            with _failures(free):
                for place in busy.values():
                    if isinstance(place, WorkerProcess):
                        place.check()
    finally:
        for future in busy:
            future.cancel()  # does nothing to those that are running


def _answer(outcome: Outcome[Answer]) -> Answer:
    """Return the answer in an outcome, or raise the error."""
    if isinstance(outcome, Failed):
        raise outcome.error()
    if outcome is None:
        raise ExecutorError("a process still had no data after they were sent to it")
    return outcome


def _in_a_line(error: Exception) -> str:
    return " ".join(str(error).split()) or "it says nothing more"


def attempt(work: Callable[[Asked], Answer], task: Asked) -> Outcome[Answer]:
    """Do a task, wherever this is."""
    try:
        return work(task)
    except MissingData:
        return None
    except Exception as error:
        return Failed(packed(error))
