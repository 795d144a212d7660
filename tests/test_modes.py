"""Modes in which Python is started elsewhere: training and evaluation work in each, and warn of nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PLAIN = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
COMMANDS = [
    "train strokes --limit 200 --hidden 8 --epochs 1 --out m.safetensors",
    "evaluate m.safetensors",
    "train iris --epochs 2 --out iris.safetensors --checkpoint iris.checkpoint",
]


def results(folder: Path, *options: str, **variables: str) -> tuple[list[str], set[str]]:
    """Run the commands in a folder. Return the errors, and the networks that were written."""
    folder.mkdir()
    errors: list[str] = []
    for command in COMMANDS:
        words = [sys.executable, *options, "-m", "purenn", *command.split()]
        environment = {**PLAIN, "HOME": str(folder), **variables}
        done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, check=False)
        errors += [done.stderr.decode("ascii", "replace")] if done.returncode or b"Warning" in done.stderr else []
    return errors, {path.name for path in folder.glob("*.safetensors")}


MODES: dict[str, tuple[list[str], dict[str, str]]] = {
    "without asserts": (["-O"], {}),
    "without docstrings": (["-OO"], {}),
    "warnings are errors": (["-W", "error"], {}),
    "for developers": (["-X", "dev", "-W", "error"], {}),
    "an old locale": ([], {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}),
    "no home": ([], {"HOME": ""}),
}


@pytest.mark.parametrize("mode", MODES)
def test_commands_work_in_every_mode(mode: str, tmp_path: Path) -> None:
    options, variables = MODES[mode]
    errors, files = results(tmp_path / "folder", *options, **variables)
    assert errors == []
    assert files == {"m.safetensors", "iris.safetensors"}


@pytest.mark.skipif(os.name == "nt", reason="descriptors of POSIX")
@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_closed_standard_streams_end_no_training(closed: tuple[int, ...], tmp_path: Path) -> None:
    begin = f"import os; [os.close(n) for n in {closed}]; os.execv({sys.executable!r}, "
    words = [sys.executable, "-m", "purenn", *COMMANDS[0].split()]
    done = subprocess.run([sys.executable, "-c", f"{begin}{words})"], cwd=tmp_path, env=PLAIN, check=False)
    assert done.returncode == 0
    words = [sys.executable, "-m", "purenn", *COMMANDS[1].split()]
    assert subprocess.run(words, cwd=tmp_path, env=PLAIN, capture_output=True, check=False).returncode == 0
