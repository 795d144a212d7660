"""Processes for workers: one for each, which does a task at a time, and ends as soon as nobody needs it.

`ProcessPoolExecutor` does the same, but it waits for its processes when it is shut down and when Python exits. If one
is killed at the wrong moment, it waits for ever: a thread is still writing into the pipe to that process, whose other
end a process that was forked meanwhile keeps open. Here nobody has to wait for a pipe. Threads that Python leaves
behind at its end write and read them, and who waits for an answer looks every second whether the process is alive.

They are forked or spawned, by Python's start method. Where that is the server that forks others, they are spawned too:
what such a server inherits when it is started for them, as signals held back, it would hand to all processes that the
program starts later.

Where no processes can be started, in a browser or at a limit of the system, `InTurn` does the work in this process.
"""

from __future__ import annotations

import atexit
import errno
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from traceback import format_exc
from typing import TYPE_CHECKING, Optional, TypeVar
from weakref import finalize

if TYPE_CHECKING:
    from concurrent.futures import Future  # loaded when processes start: it takes 20 ms
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

__all__ = ["InTurn", "Traceback", "WorkerProcess", "answers", "is_forking", "packed", "start_processes"]

# Signals to a whole group of processes, from the terminal or from who ends a service: the parent answers them.
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
LOOK = 1.0  # seconds between two looks at a process that has not answered yet
GUARD = 'a script with workers is a file, in which `if __name__ == "__main__":` stands before it trains'
DYING = 5.0  # seconds to wait for a process that was killed: it takes milliseconds

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
Steps = SimpleQueue[Optional[Callable[[], None]]]  # of the thread that serves a pipe; None ends it


class WorkerProcess:
    """A process that does one task after the other. `submit` is that of an executor.

    begin: called in the process before the first task; its error is the answer to every task. A forked process inherits
    it, another is sent it.
    Raises OSError, ImportError or NotImplementedError if no process can be started.
    """

    def __init__(self, begin: Callable[[], None]) -> None:
        from multiprocessing import Pipe, current_process

        if current_process().daemon:
            raise OSError(errno.EPERM, "this is a process of a pool, which may not start others")
        self._pipe, theirs = Pipe()
        with theirs:  # closed in this process, so that it is closed everywhere when the other ends
            self._process = _kind()(target=_serve, args=(theirs, begin))
            self._process.start()
        self._steps: Steps = SimpleQueue()
        self._thread = threading.Thread(target=_take, args=(self._steps,), daemon=True)
        _remember(self._process)
        self._end = finalize(self, _end, self._process, self._steps)

    def listen(self) -> None:
        """Start the thread that serves the pipe. Not earlier, because no process should be forked beside threads.

        Raises OSError if the system has no thread left.
        """
        try:
            self._thread.start()
        except RuntimeError as error:
            raise OSError(errno.EAGAIN, str(error)) from error

    def submit(self, work: Callable[[Asked], Answer], task: Asked) -> Future[Answer]:
        """Let the process do a task, after those that it has already."""
        from concurrent.futures import Future

        answer: Future[Answer] = Future()
        raw = pickle.dumps((work, task))
        self._steps.put(partial(_exchange, self._pipe, self._process, raw, answer))
        return answer

    def check(self) -> None:
        """Raise BrokenExecutor if the process has ended."""
        from concurrent.futures import BrokenExecutor

        if not self._process.is_alive():
            raise BrokenExecutor(_last_words(self._process))

    def shutdown(self) -> None:
        """End the process, whatever it is doing."""
        self._end()
        _wait_for(self._process)
        if self._thread.is_alive():
            self._thread.join(LOOK)


class InTurn:
    """An executor that does each task at once, in this thread."""

    def submit(self, work: Callable[[Asked], Answer], task: Asked) -> Future[Answer]:
        """Do a task, and return its answer, or its error."""
        from concurrent.futures import Future

        answer: Future[Answer] = Future()
        try:
            answer.set_result(work(task))
        except Exception as error:
            answer.set_exception(error)
        return answer


def is_forking() -> bool:
    """Return True if a new process has all that this one has, and False if it begins empty."""
    from multiprocessing import get_start_method

    return get_start_method() == "fork"


def _kind() -> type[BaseProcess]:
    """Return the class of processes to start."""
    from multiprocessing import Process
    from multiprocessing.context import SpawnProcess

    return Process if is_forking() else SpawnProcess


def start_processes(begins: Sequence[Callable[[], None]]) -> list[WorkerProcess]:
    """Start a process for each, with what it calls first.

    Raises OSError, ImportError or NotImplementedError, and leaves no process, if one of them cannot be started.
    """
    started: list[WorkerProcess] = []
    try:
        with _signals_later():
            for begin in begins:
                started.append(WorkerProcess(begin))
        for process in started:
            process.listen()
    except BaseException:
        for process in started:
            process.shutdown()
        raise
    return started


def answers(futures: Sequence[Future[Answer]], processes: Sequence[WorkerProcess]) -> list[Answer]:
    """Wait for all answers and return them. Raises the first error, and BrokenExecutor if a process has ended."""
    from concurrent.futures import FIRST_EXCEPTION, wait

    while True:
        done, waiting = wait(futures, LOOK, FIRST_EXCEPTION)
        given = [future.result() for future in futures if future in done]
        if not waiting:
            return given
        for process in processes:
            process.check()


# In the parent.

_living: dict[BaseProcess, int] = {}  # processes that have not been ended, and who has started them


def _remember(process: BaseProcess) -> None:
    """End a process when Python exits, too: before multiprocessing, which waits for it, and so registered later."""
    _living[process] = os.getpid()
    atexit.unregister(_end_all)
    atexit.register(_end_all)


def _end_all() -> None:
    for process, parent in list(_living.items()):
        if parent == os.getpid():  # and not a copy of it, made by a fork
            process.kill()


def _end(process: BaseProcess, steps: Steps) -> None:
    """End a process, and the thread that serves its pipe."""
    if _living.pop(process, 0) == os.getpid():
        process.kill()
    steps.put(None)


def _wait_for(process: BaseProcess) -> None:
    """Wait until the system has noticed the end of a process. Not by `join`: a pipe of it may be open elsewhere."""
    end = time.monotonic() + DYING
    while process.is_alive() and time.monotonic() < end:
        time.sleep(0.001)


def _take(steps: Steps) -> None:
    """Take one step after the other, until there is None."""
    for step in iter(steps.get, None):
        step()
        del step  # with its task: the next may be a while


def _exchange(pipe: Connection, process: BaseProcess, raw: bytes, answer: Future[Answer]) -> None:
    """Send a task, unless it was cancelled, and receive the answer to it. From then on, it cannot be cancelled."""
    from concurrent.futures import BrokenExecutor

    if not answer.set_running_or_notify_cancel():
        return
    try:
        pipe.send_bytes(raw)
        given, error, traceback = pickle.loads(pipe.recv_bytes())
        if error:
            error.__cause__ = Traceback(traceback)
            answer.set_exception(error)
        else:
            answer.set_result(given)
    except (EOFError, OSError):
        answer.set_exception(BrokenExecutor(_last_words(process)))
    except Exception as error:  # an answer that cannot be read, or that there is no memory for
        answer.set_exception(error)


class Traceback(Exception):
    """The way of an error in its process, to be shown as the cause of the error."""


def _last_words(process: BaseProcess) -> str:
    """Return how a process has ended."""
    _wait_for(process)
    code = process.exitcode
    if code is None:
        return f"process {process.pid} does not answer"
    if code < 0:
        return f"process {process.pid} was ended by {signal.Signals(-code).name}"
    hint = f"; {GUARD}" if code == 1 and not is_forking() else ""  # it runs the script again, to have its functions
    return f"process {process.pid} has ended with status {code}{hint}"


@contextmanager
def _signals_later() -> Generator[None, None, None]:
    """Hold back in this block, and from the processes it starts, all signals that are for the parent.

    They inherit the mask, and so cannot be interrupted while they import, before `_serve`. Windows has no such mask.
    """
    if sys.platform == "win32":
        yield
        return
    from multiprocessing import resource_tracker

    if not is_forking():
        resource_tracker.ensure_running()  # which ends with a mask without SIGINT, and so would end ours
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# In the process of a worker.


def _serve(pipe: Connection, begin: Callable[[], None]) -> None:
    """Do tasks until the pipe is closed. Signals are for the parent to handle."""
    _leave_signals_to_parent()
    failed = b""
    try:
        threading.Thread(target=_leave_with_parent, daemon=True).start()
        begin()
    except Exception as error:
        failed = packed(error)
    while True:
        try:
            raw = pipe.recv_bytes()
            pipe.send_bytes(failed or _done(raw))
        except (EOFError, OSError):
            return


def _leave_signals_to_parent() -> None:
    """Let signals do nothing to this process, and all they usually do to those that a task starts.

    So they are neither ignored nor held back: a program that is started inherits that, and could not be ended. One that
    is forked inherits the function that does nothing, and is given back what Python does by default.
    """
    for number in SIGNALS:
        signal.signal(number, _do_nothing)
    if sys.platform != "win32":
        os.register_at_fork(before=_hold_back, after_in_parent=_let_through, after_in_child=_as_by_default)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def _do_nothing(number: int, frame: object) -> None:
    """Handle a signal."""


_masks = threading.local()  # the signals that a thread held back before it began to fork


def _hold_back() -> None:
    """Hold back signals while a process is forked: Python would forget one that comes before the child has begun."""
    if sys.platform != "win32":
        _masks.before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)


def _let_through() -> None:
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_SETMASK, _masks.before)


def _as_by_default() -> None:
    """Let signals do in a forked process what they usually do, unless the task has said otherwise."""
    for number in SIGNALS:
        if signal.getsignal(number) is _do_nothing:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    _let_through()


def _leave_with_parent() -> None:
    from multiprocessing import parent_process

    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)  # from a thread, nothing else ends the process


def _done(raw: bytes) -> bytes:
    """Do a task. Return its answer, or its error, to be sent."""
    try:
        work, task = pickle.loads(raw)
        return pickle.dumps((work(task), None, ""))
    except Exception as error:
        return packed(error)


def packed(error: Exception) -> bytes:
    """Return an error to be sent, or its words if it cannot be sent whole."""
    text = f'\n"""\n{format_exc()}"""'
    try:
        raw = pickle.dumps((None, error, text))
        pickle.loads(raw)
    except Exception:
        return pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {error}"), text))
    return raw
