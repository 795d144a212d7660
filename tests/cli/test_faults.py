"""Faults of the system around a command: no target, file or training is lost by them, and the user gets one line."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from purenn import checkpoints
from purenn.cli import main
from purenn.cli.command import Command
from purenn.network import Sequential
from tests.cli.conftest import Captured, failure
from tests.cli.test_main import LONG, failing_with, read_until, start
from tests.conftest import ROOT

TRAIN = ["train", "xor", "--epochs", "2", "--force"]
pipes = pytest.mark.skipif(sys.platform in ("win32", "emscripten"), reason="pipes, permissions and signals of POSIX")


# Targets that are no files.


@pipes
@pytest.mark.parametrize("words", [[*TRAIN, "--out"], [*TRAIN, "--checkpoint"], [*TRAIN, "--resume", "--checkpoint"]])
def test_a_training_does_not_replace_a_pipe(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    assert "pipe: is a pipe, expected a file" in failure(capsys, *words, "pipe")
    assert os.listdir() == ["pipe"]
    assert stat.S_ISFIFO(os.stat("pipe").st_mode)


@pipes
def test_a_report_and_a_picture_do_not_replace_a_pipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(TRAIN) == 0
    capsys.readouterr()
    for name in ("xor.html", "xor-curves.svg"):
        os.mkfifo(name)
    assert "xor.html: is a pipe, expected" in failure(
        capsys, "report", "xor.safetensors", "--out", "xor.html", "--force"
    )
    assert "xor-curves.svg: is a pipe, expected" in failure(capsys, "plot", "xor.safetensors", "--force")
    assert all(stat.S_ISFIFO(os.stat(name).st_mode) for name in ("xor.html", "xor-curves.svg"))


# Signals.


@pipes
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("workers", [[], ["--workers", "2"]])
def test_a_signal_saves_network_and_checkpoint(name: str, workers: list[str], tmp_path: Path) -> None:
    number = getattr(signal, name)
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # tests that were started by nohup ignore it
    try:
        process = start(tmp_path, *LONG, *workers, "--json", "--checkpoint", "checkpoint")
    finally:
        signal.signal(signal.SIGHUP, before)
    read_until(process.stdout, '"epoch": 3,')
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert err.splitlines()[-1].startswith("interrupted; strokes.safetensors holds the network after epoch ")
    assert "Traceback" not in err
    last = json.loads(out.splitlines()[-1])
    assert (last["event"], last["status"]) == ("error", 128 + number)
    assert Sequential.load(tmp_path / "strokes.safetensors").widths == [8, 8, 10]
    assert len(checkpoints.load(tmp_path / "checkpoint").epochs) >= 2
    assert {*os.listdir(tmp_path)} == {"strokes.safetensors", "checkpoint"}


@pipes
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_again_and_again_until_the_process_has_ended_is_one(name: str, tmp_path: Path) -> None:
    """To the last moment: Python takes its handlers away before."""
    number = getattr(signal, name)
    process = start(tmp_path, *LONG, "--workers", "2", "--json")
    read_until(process.stdout, '"epoch": 2,')
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        process.send_signal(number)
        time.sleep(0.001)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in err) == (128 + number, False)
    assert Sequential.load(tmp_path / "strokes.safetensors").widths == [8, 8, 10]


@pipes
def test_a_signal_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    """As in `nohup purenn train`: the terminal may be closed."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = start(tmp_path, *LONG, "--json")
    finally:
        signal.signal(signal.SIGHUP, before)
    read_until(process.stdout, '"epoch": 1,')
    process.send_signal(signal.SIGHUP)
    read_until(process.stdout, '"epoch": 3,')
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM


# Streams that cannot be written to.


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="it is a device of Linux")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_full_stderr_does_not_end_a_training(workers: str, tmp_path: Path) -> None:
    words = ["train", "strokes", "--limit", "100", "--hidden", "8", "--epochs", "2", "--workers", workers, "--out", "m"]
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "purenn", *words]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=tmp_path, env=environment, stdout=-1, stderr=full, text=True, check=False)
    assert done.returncode == 0
    assert "saved m" in done.stdout
    assert os.listdir(tmp_path) == ["m"]


@pipes
def test_a_reader_of_stderr_that_goes_away_does_not_end_a_training(tmp_path: Path) -> None:
    process = start(tmp_path, "train", "strokes", "--limit", "400", "--hidden", "8", "--epochs", "4", "--out", "m")
    read_until(process.stderr, "epoch 1/")
    assert process.stderr is not None
    process.stderr.close()
    assert process.stdout is not None
    assert "saved m" in process.stdout.read()
    process.stdout.close()
    assert process.wait(timeout=60) == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="it is a device of Linux")
def test_a_full_stdout_is_told_and_the_network_is_saved(tmp_path: Path) -> None:
    words = ["train", "strokes", "--limit", "1000", "--hidden", "8", "--epochs", "2", "--json", "--out", "m"]
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "purenn", *words]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=tmp_path, env=environment, stdout=full, stderr=-1, text=True, check=False)
    assert done.returncode != 0
    assert "purenn train: stdout: No space left on device" in done.stderr.splitlines()
    assert "Traceback" not in done.stderr
    assert Sequential.load(tmp_path / "m").widths[-1] == 10


# Errors of the system.


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), NotImplementedError("no such function")])
def test_errors_of_the_system_are_one_line(error: Exception, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Command, "run", failing_with(error))
    assert failure(capsys, "check") == f"purenn check: {error}\n"
    with pytest.raises(type(error)):
        main(["check", "--debug"])


# Two at the same time.


@pipes
def test_two_trainings_do_not_write_one_file(tmp_path: Path) -> None:
    words = ["train", "strokes", "--limit", "200", "--hidden", "4", "--epochs", "1"]
    first = start(tmp_path, *LONG, "--json", "--checkpoint", "checkpoint")
    read_until(first.stdout, '"epoch": 2,')
    for named in (["--out", "strokes.safetensors", "--force"], ["--force"]):
        _, said = start(tmp_path, *words, *named).communicate(timeout=60)
        assert "strokes.safetensors: another training is writing it at this moment: wait for it" in said
    again = [*LONG, "--checkpoint", "checkpoint", "--resume", "--out", "other"]
    _, said = start(tmp_path, *again).communicate(timeout=60)
    assert "checkpoint: another process is writing it at this moment" in said
    process = start(tmp_path, *words)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "saved strokes-2.safetensors" in out
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=60)
    assert {*os.listdir(tmp_path)} == {"strokes.safetensors", "strokes-2.safetensors", "checkpoint"}


@pipes
def test_a_training_that_was_killed_is_in_nobody_s_way(tmp_path: Path) -> None:
    killed = start(tmp_path, *LONG, "--json", "--checkpoint", "checkpoint")
    read_until(killed.stdout, '"epoch": 2,')
    killed.kill()
    killed.communicate(timeout=60)
    process = start(tmp_path, *LONG, "--json", "--checkpoint", "checkpoint", "--resume")
    read_until(process.stdout, '"epoch": ')
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM, err
    assert {*os.listdir(tmp_path)} == {"strokes.safetensors", "checkpoint"}
