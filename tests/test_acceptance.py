"""Whole trainings that must reach their accuracy, as a user would start them: a process, a command, its JSON lines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow


def train(folder: Path, *words: str) -> dict[str, float]:
    """The last line of `python -m purenn train … --json`."""
    done = subprocess.run(
        [sys.executable, "-m", "purenn", "train", *words, "--json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def test_strokes_are_learned_without_any_option(tmp_path: Path) -> None:
    result = train(tmp_path)
    assert result["test_accuracy"] >= 0.95
    assert (tmp_path / "strokes.safetensors").exists()


@pytest.mark.skipif("PURENN_DATA" not in os.environ, reason="needs real MNIST: set PURENN_DATA to a folder with mnist/")
def test_ten_thousand_digits_of_mnist_are_enough_for_92_percent(tmp_path: Path) -> None:
    words = ["mnist", "--engine", "float", "--limit", "10000", "--hidden", "32", "--epochs", "3"]
    result = train(tmp_path, *words)
    assert result["test_accuracy"] >= 0.92
