"""Faults of the system around a command: no target, file or training is lost by them, and the user gets one line."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from purenn.cli import main
from tests.cli.conftest import Captured, failure

TRAIN = ["train", "xor", "--epochs", "2", "--force"]
pipes = pytest.mark.skipif(sys.platform == "win32", reason="pipes and permissions of POSIX")


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
