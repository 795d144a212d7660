"""`purenn train --workers`: processes come and go, and a network is saved, however training ends."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from purenn.cli.main import main
from purenn.network import Sequential
from tests.conftest import ROOT
from tests.processes import emptied, members

METHODS = multiprocessing.get_all_start_methods()
on_linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked for in /proc")
# Minutes of training, of which the tests see the first moments.
LONG = ["train", "strokes", "--limit", "1200", "--hidden", "8", "--epochs", "10000", "--workers", "2", "--json"]


def test_an_error_of_a_worker_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["train", "strokes", "--limit", "100", "--hidden", "4", "--learning-rate", "1e200", "--workers", "2"]
    assert main(words) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert err.splitlines()[-1].startswith("purenn train: epoch 1, samples from 1: ")
    assert "(the rate was 1e+200)" in err.splitlines()[-1]
    assert multiprocessing.active_children() == []


def started(folder: Path, method: str, *words: str) -> subprocess.Popen[str]:
    """`purenn` in this folder, in a process group of its own, with this way to start its workers."""
    code = (
        "import multiprocessing, sys; from purenn.cli.main import main; multiprocessing.set_start_method(sys.argv[1])"
    )
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a child of one who ignores Ctrl-C would too
    try:
        return subprocess.Popen(
            [sys.executable, "-c", f"{code}; sys.exit(main(sys.argv[2:]))", method, *words],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def in_training(folder: Path, method: str) -> Iterator[subprocess.Popen[str]]:
    """A long training with two workers that has done an epoch; nothing of it survives the test."""
    process = started(folder, method, *LONG)
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["epoch"] == 1
        yield process
    finally:
        if members(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.parametrize("method", METHODS)
def test_the_command_trains_the_same_network_however_workers_are_started(method: str, tmp_path: Path) -> None:
    words = ["train", "--limit", "100", "--hidden", "4", "--epochs", "2", "--workers", "2", "--json", "--out"]
    assert main([*words, str(tmp_path / "expected")]) == 0
    process = started(tmp_path, method, *words, "m")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    events = [json.loads(line) for line in out.splitlines()]
    assert [event["workers"] for event in events if event["event"] == "done"] == [2]
    assert (tmp_path / "m").read_bytes() == (tmp_path / "expected").read_bytes()


@on_linux
@pytest.mark.parametrize("method", METHODS)
def test_a_worker_that_is_killed_ends_the_command_with_a_line_and_the_best_network(method: str, tmp_path: Path) -> None:
    with in_training(tmp_path, method) as process:
        os.kill(members(process.pid)[-1], signal.SIGKILL)  # servants of spawn and forkserver are started before workers
        _, err = process.communicate(timeout=60)
        assert process.returncode == 1
        said = err.splitlines()[-1]
        where = r"epoch \d+, samples from \d+: "  # if it was training: it may have been judging validation samples
        assert re.match(f"purenn train: ({where})?a worker process ended unasked: ", said)
        assert "; strokes.safetensors holds the network after epoch " in said
        assert "Traceback" not in err
        assert Sequential.load(tmp_path / "strokes.safetensors").widths == [8, 8, 10]
        assert emptied(process.pid)


@on_linux
@pytest.mark.parametrize("method", METHODS)
def test_ctrl_c_reaches_all_processes_and_only_the_parent_answers(method: str, tmp_path: Path) -> None:
    with in_training(tmp_path, method) as process:
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert err.splitlines()[-1].startswith("interrupted; strokes.safetensors holds the network after epoch ")
        assert "Traceback" not in err
        assert {json.loads(line)["event"] for line in out.splitlines()} <= {"epoch", "warning", "error"}
        assert Sequential.load(tmp_path / "strokes.safetensors").widths == [8, 8, 10]
        assert emptied(process.pid)


@on_linux
@pytest.mark.parametrize("method", METHODS)
def test_ctrl_c_does_not_wake_a_worker_that_is_still_being_started(method: str, tmp_path: Path) -> None:
    process = started(tmp_path, method, *LONG)
    while len(members(process.pid)) < 3 and process.poll() is None:  # itself, and the first workers or their servants
        time.sleep(0.001)
    time.sleep(0.04)  # Python has started in it, and is importing
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert emptied(process.pid)


@on_linux
@pytest.mark.parametrize("method", METHODS)
def test_workers_do_not_outlive_their_parent(method: str, tmp_path: Path) -> None:
    with in_training(tmp_path, method) as process:
        assert len(members(process.pid)) >= 3
        process.kill()
        assert emptied(process.pid)
