"""Locks by which processes notice each other, and that no process leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from purenn.formats.locks import delete_abandoned, lock, sole_writer
from tests.conftest import ROOT

needs_locks = pytest.mark.skipif(sys.platform == "emscripten", reason="in a browser, locks lock nothing")
WRITES = """
import sys
from purenn.formats import sole_writer
with sole_writer(sys.argv[1]):
    print("begun", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_writer(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that is the sole writer of a path."""
    command = [sys.executable, "-c", WRITES, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"begun"
        yield process


def test_a_second_writer_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    with another_writer(tmp_path / "model"):
        said = r"another process is writing it .*model'"
        with pytest.raises(BlockingIOError, match=said), sole_writer(tmp_path / "model"):
            raise AssertionError("there are two")
        with sole_writer(tmp_path / "other"):
            pass
    with sole_writer(tmp_path / "model"):
        pass
    assert os.listdir(tmp_path) == []


@needs_locks
def test_a_second_writer_in_the_same_process_is_refused_too(tmp_path: Path) -> None:
    with sole_writer(tmp_path / "model"), pytest.raises(BlockingIOError), sole_writer(tmp_path / "model"):
        raise AssertionError("there are two")


def test_a_second_writer_may_wait(tmp_path: Path) -> None:
    with another_writer(tmp_path / "model") as process:
        waited: list[str] = []

        def wait() -> None:
            waited.append("")
            assert process.stdin is not None
            process.stdin.close()
            process.wait()

        with sole_writer(tmp_path / "model", wait):
            assert waited == [""]


@needs_locks
def test_a_link_and_its_file_are_one(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "model")
    with sole_writer(tmp_path / "model"), pytest.raises(BlockingIOError), sole_writer(tmp_path / "link"):
        raise AssertionError("there are two")


def test_a_killed_writer_is_in_nobody_s_way(tmp_path: Path) -> None:
    with another_writer(tmp_path / "model") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert os.listdir(tmp_path) == ["model.lock"]
        with sole_writer(tmp_path / "model"):
            pass
    assert os.listdir(tmp_path) == []


def test_a_lock_file_that_was_deleted_meanwhile_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One opens the file; another, which had the lock, deletes it; now two could have a lock on a file of this name."""
    status, deleted = os.stat, list[str]()

    def delete_first(path: str) -> os.stat_result:
        if not deleted:
            deleted.append(path)
            os.unlink(path)
        return status(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", delete_first)
        with sole_writer(tmp_path / "model"):
            assert os.listdir(tmp_path) == ["model.lock"]
    assert deleted == [str(tmp_path / "model.lock")]
    assert os.listdir(tmp_path) == []


@needs_locks
def test_an_abandoned_file_is_deleted_and_a_locked_one_is_not(tmp_path: Path) -> None:
    with open(tmp_path / "locked", "wb") as file:
        assert lock(file, wait=False)
        (tmp_path / "abandoned").touch()
        for name in ("locked", "abandoned", "none"):
            delete_abandoned(str(tmp_path / name))
        assert os.listdir(tmp_path) == ["locked"]


def test_where_there_are_no_locks_nobody_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)  # its import fails, as in a browser
    with sole_writer(tmp_path / "model"), sole_writer(tmp_path / "model"):
        pass
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there, nobody can open a lock of others")
def test_a_file_of_somebody_else_that_is_called_as_a_lock_is_kept(tmp_path: Path) -> None:
    (tmp_path / "poetry.lock").write_text("precious", encoding="utf-8")
    (tmp_path / "link.lock").symlink_to("nothing yet")
    for name in ("poetry", "link"):
        with sole_writer(tmp_path / name):
            pass
    assert (tmp_path / "poetry.lock").read_text(encoding="utf-8") == "precious"
    assert (tmp_path / "link.lock").is_symlink()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_pipe_that_is_called_as_a_lock_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.lock")
    with pytest.raises(OSError, match=r"pipe\.lock"), sole_writer(tmp_path / "pipe"):
        pass
