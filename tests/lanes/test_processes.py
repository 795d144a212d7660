"""Processes of our own for workers: their answers and errors, and that nobody ever waits for one that has ended."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from purenn.lanes.processes import InTurn, WorkerProcess, answers, start_processes
from tests.conftest import ROOT

METHODS = multiprocessing.get_all_start_methods()
LARGE = b"x" * 10_000_000  # more than a pipe takes before it is read


def nothing() -> None:
    """A beginning of nothing."""


def fail(error: Exception) -> None:
    raise error


def double(number: int) -> int:
    return 2 * number


def length(raw: bytes) -> int:
    return len(raw)


def process_of(nothing: None) -> int:
    return os.getpid()


def wait_for(path: Path) -> None:
    """Wait until there is such a file. Raises TimeoutError if nobody makes it."""
    end = time.monotonic() + 30.0
    while not path.exists():
        if time.monotonic() > end:
            raise TimeoutError(path)
        time.sleep(0.01)


def leave(status: int) -> None:
    os._exit(status)


class Unsendable(Exception):
    """An error that pickle can write, but not read again."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first + second)


@contextmanager
def started(count: int = 1, method: str = "fork" if "fork" in METHODS else "spawn") -> Iterator[list[WorkerProcess]]:
    """Processes that are started in this way, and ended."""
    before = multiprocessing.get_start_method()
    multiprocessing.set_start_method(method, force=True)
    processes: list[WorkerProcess] = []
    try:
        processes += start_processes([nothing] * count)
        yield processes
    finally:
        multiprocessing.set_start_method(before, force=True)
        for process in processes:
            process.shutdown()
        assert multiprocessing.active_children() == []


@pytest.mark.parametrize("method", METHODS)
def test_tasks_are_done_in_their_order_by_one_process_each(method: str) -> None:
    with started(2, method) as processes:
        futures = [processes[i % 2].submit(double, i) for i in range(6)]
        assert answers(futures, processes) == [0, 2, 4, 6, 8, 10]
        pids = answers([process.submit(process_of, None) for process in processes], processes)
        assert len({*pids, os.getpid()}) == 3


@pytest.mark.parametrize("method", METHODS)
def test_large_tasks_are_no_reason_to_wait(method: str, tmp_path: Path) -> None:
    with started(1, method) as [process]:
        first = process.submit(wait_for, tmp_path / "go on")
        second = process.submit(length, LARGE)
        (tmp_path / "go on").touch()
        assert answers([second], [process]) == [len(LARGE)]
        assert first.result() is None


def test_the_error_of_a_task_is_raised_with_its_traceback() -> None:
    with started() as [process]:
        with pytest.raises(ZeroDivisionError, match=r"^none$") as caught:
            answers([process.submit(fail, ZeroDivisionError("none"))], [process])
        assert "in fail" in str(caught.value.__cause__)
        assert answers([process.submit(double, 2)], [process]) == [4]


def test_an_error_that_cannot_be_sent_is_told_in_words() -> None:
    with started() as [process], pytest.raises(RuntimeError, match=r"^Unsendable: ab$"):
        answers([process.submit(raise_unsendable, None)], [process])


def raise_unsendable(nothing: None) -> None:
    raise Unsendable("a", "b")


def test_an_error_at_the_beginning_is_the_answer_to_every_task() -> None:
    (process,) = start_processes([partial(fail, OSError(24, "Too many open files"))])
    for _ in range(2):
        with pytest.raises(OSError, match="Too many open files"):
            answers([process.submit(double, 1)], [process])
    process.shutdown()


@pytest.mark.parametrize("method", METHODS)
def test_a_process_that_has_ended_is_told_with_how_it_ended(method: str) -> None:
    with started(1, method) as [process], pytest.raises(BrokenExecutor, match=r"^process \d+ has ended with status 7$"):
        answers([process.submit(leave, 7)], [process])


def test_the_first_to_end_is_told_while_others_still_work() -> None:
    with started(2) as [one, other]:
        begun = time.monotonic()
        with pytest.raises(BrokenExecutor, match="status 7"):
            answers([one.submit(time.sleep, 60.0), other.submit(leave, 7)], [one, other])
        assert time.monotonic() - begun < 10.0


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_pipe_that_another_process_keeps_open_is_no_reason_to_wait() -> None:
    """If a thread forks in the wrong moment, the child has the other end of the pipe too, and so it never breaks."""
    with started() as [process]:
        pid = answers([process.submit(process_of, None)], [process])[0]
        process._pipe, end = multiprocessing.Pipe()  # of which nobody reads the end, and nobody closes it
        task = process.submit(length, LARGE)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(BrokenExecutor, match="was ended by SIGKILL"):
            answers([task], [process])
        begun = time.monotonic()
    assert time.monotonic() - begun < 5.0
    end.close()


def test_a_process_is_ended_whatever_it_is_doing() -> None:
    begun = time.monotonic()
    with started(2) as processes:
        for process in processes:
            process.submit(time.sleep, 60.0)
            process.submit(length, LARGE)
    assert time.monotonic() - begun < 10.0


def test_a_process_that_nobody_needs_is_ended() -> None:
    processes = start_processes([nothing])
    assert len(multiprocessing.active_children()) == 1
    processes.clear()
    end = time.monotonic() + 10.0
    while multiprocessing.active_children() and time.monotonic() < end:
        gc.collect()  # PyPy counts no references
        time.sleep(0.01)
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("method", METHODS)
def test_python_ends_with_processes_at_work(method: str, tmp_path: Path) -> None:
    code = """
        import multiprocessing, time
        from purenn.lanes.processes import start_processes
        from tests.lanes.test_processes import LARGE, length, nothing
        if __name__ == "__main__":
            multiprocessing.set_start_method(%r)
            processes = start_processes([nothing, nothing])
            for process in processes:
                process.submit(time.sleep, 60.0)
                process.submit(length, LARGE)
            print("end")
    """
    (tmp_path / "main.py").write_text("\n".join(line[8:] for line in (code % method).splitlines()))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "main.py"], cwd=tmp_path, env=environment, capture_output=True, timeout=30, check=True
    )
    assert (ended.stdout.strip(), ended.stderr) == (b"end", b"")


# What a task starts, and what the program starts later.


def ended_children(nothing: None) -> tuple[int | None, int | None]:
    """Start a program and fork a process, and end both. Return how they have ended."""
    program = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
    child.start()
    child.terminate()
    child.join(20)
    program.terminate()
    return program.wait(20), child.exitcode


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("method", METHODS)
def test_what_a_task_starts_can_be_ended(method: str) -> None:
    with started(1, method) as [process]:
        for _ in range(5):
            assert answers([process.submit(ended_children, None)], [process]) == [(-signal.SIGTERM, -signal.SIGTERM)]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("method", METHODS)
def test_what_the_program_starts_after_its_workers_can_be_ended(method: str, tmp_path: Path) -> None:
    code = """
        import multiprocessing, time
        from purenn.lanes.processes import start_processes
        from tests.lanes.test_processes import nothing
        if __name__ == "__main__":
            multiprocessing.set_start_method(%r)
            start_processes([nothing])[0].shutdown()
            later = multiprocessing.Process(target=time.sleep, args=[60.0])
            later.start()
            later.terminate()
            later.join(20)
            print(later.exitcode)
            later.kill()
    """
    (tmp_path / "main.py").write_text("\n".join(line[8:] for line in (code % method).splitlines()))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "main.py"], cwd=tmp_path, env=environment, capture_output=True, timeout=60, check=True
    )
    assert ended.stdout.strip() == b"-15"


# In turn.


def test_a_task_can_be_cancelled_until_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if the process ends then, no thread raises an error."""
    raised: list[object] = []
    monkeypatch.setattr(threading, "excepthook", raised.append)
    with started() as (process,):
        begun = process.submit(wait_for, tmp_path / "go on")
        waiting, last = process.submit(double, 1), process.submit(double, 2)
        while not begun.running():
            time.sleep(0.001)
        assert not begun.cancel()
        assert waiting.cancel()
        (tmp_path / "go on").touch()
        assert last.result() == 4
        endless = process.submit(time.sleep, 60)
        while not endless.running():
            time.sleep(0.001)
        endless.cancel()
    with pytest.raises(BrokenExecutor):
        endless.result(10)
    assert raised == []


def test_in_turn_a_task_is_done_at_once() -> None:
    with pytest.raises(ZeroDivisionError, match="none"):
        answers([InTurn().submit(fail, ZeroDivisionError("none"))], [])
    assert answers([InTurn().submit(double, 2), InTurn().submit(process_of, None)], []) == [4, os.getpid()]
