"""Places for the workers of `purenn train`: processes of their own, threads, or with Dask and MPI many computers.

Dask and MPI are packages of others, and imported only when they are asked for.
"""

from __future__ import annotations

from argparse import ArgumentError, ArgumentTypeError
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future  # loaded when one is made: it takes 20 ms

__all__ = ["EXECUTORS", "PROCESSES", "executor_name", "started_executors"]

Answer = TypeVar("Answer")

PROCESSES, THREADS, DASK, MPI = "processes", "threads", "dask:", "mpi"
EXECUTORS = f"{PROCESSES}, {THREADS}, {DASK}ADDRESS or {MPI}"


def executor_name(text: str) -> str:
    """Return the name of a place for workers, as it is."""
    if text in (PROCESSES, THREADS, MPI) or (text.startswith(DASK) and text != DASK):
        return text
    raise ArgumentTypeError(f"expected {EXECUTORS}, got {text!r}")


@contextmanager
def started_executors(name: str, workers: int) -> Generator[Sequence[Executor], None, None]:
    """Return the executors for workers, none for processes of their own, and end them after the block.

    Raises ArgumentError if there are not several workers, or a package is missing, and OSError if nothing is reached.
    """
    if name == PROCESSES:
        yield []
        return
    if workers == 1:
        raise _refused(f"{name} is for several workers, such as --workers 2")
    if name.startswith(DASK):
        with _dask(name[len(DASK) :]) as executor:
            yield [executor]
        return
    with _mpi(workers) if name == MPI else _threads(workers) as executor:
        yield [executor]


@contextmanager
def _threads(workers: int) -> Generator[Executor, None, None]:
    """Return an executor of threads, which nobody waits for: neither the end of the block, as after Ctrl-C, nor that
    of Python, which waits for those of ThreadPoolExecutor until each has done its task."""
    from concurrent.futures import Executor, Future

    steps: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    def submit(work: Callable[..., Answer], /, *args: object) -> Future[Answer]:
        future: Future[Answer] = Future()
        steps.put(partial(_do, future, partial(work, *args)))
        return future

    executor = Executor()
    vars(executor)["submit"] = submit  # not in a class of its own: what it overrides has a type that Python 3.9 lacks
    for _ in range(workers):
        Thread(target=_take, args=[steps], daemon=True).start()
    try:
        yield executor
    finally:
        for _ in range(workers):
            steps.put(None)


def _take(steps: SimpleQueue[Callable[[], None] | None]) -> None:
    """Take one step after the other, until there is None."""
    for step in iter(steps.get, None):
        step()


def _do(future: Future[Answer], task: Callable[[], Answer]) -> None:
    """Do a task, unless it was cancelled."""
    if future.set_running_or_notify_cancel():
        try:
            future.set_result(task())
        except BaseException as error:
            future.set_exception(error)


class _Client(Protocol):
    """A connection to a cluster of Dask."""

    def get_executor(self, *, pure: bool) -> Executor: ...
    def close(self) -> None: ...


@contextmanager
def _dask(address: str) -> Generator[Executor, None, None]:
    """Return the executor of the cluster whose scheduler has this address."""
    try:
        connect = import_module("distributed").Client
    except ImportError as error:
        raise _missing("dask", error) from None
    try:
        client: _Client = connect(address)
    except (OSError, ValueError) as error:
        raise OSError(f"no scheduler of Dask is reached at {address}: {error}") from error
    try:
        yield client.get_executor(pure=False)  # if pure, it would compute a key from all that is sent
    finally:
        client.close()


def _mpi(workers: int) -> Executor:
    try:
        world = import_module("mpi4py.MPI").COMM_WORLD
        executor: Executor = import_module("mpi4py.futures").MPIPoolExecutor(workers)
    except (ImportError, RuntimeError) as error:  # RuntimeError: the library of MPI itself is missing
        raise _missing("mpi", error) from None
    # Only the first process of several comes here if they are started as they should be; the others are its workers.
    if world.Get_size() == 1 or world.Get_rank() > 0:
        started = f"mpiexec -n {workers + 1} python3 -m mpi4py.futures -m purenn train ..."
        raise _refused(f"mpi needs a process for each worker and one more: {started}")
    return executor


def _missing(extra: str, error: Exception) -> ArgumentError:
    reason = " ".join(str(error).split())
    return _refused(f"{extra} cannot be used ({reason}): pip install purenn[{extra}]")


def _refused(reason: str) -> ArgumentError:
    return ArgumentError(None, f"argument --executor: {reason}")
