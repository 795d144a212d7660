"""Killed at random moments and resumed, a training ends with the same bits as one that was left alone."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from purenn import checkpoints
from purenn.history import Epoch

KILLS = 50
ROOT = Path(__file__).parent.parent
COMMANDS = {
    "float": ["circles", "--optimizer", "adam", "--dropout", "0.1", "--epochs", "60", "--engine", "float"],
    "lanes": [
        "strokes",
        "--limit",
        "1500",
        "--hidden",
        "24",
        "--dropout",
        "0.1",
        "--epochs",
        "12",
        "--engine",
        "lanes",
    ],
}


def start(engine: str, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "purenn", "train", *COMMANDS[engine], "--resume"]
    command += ["--checkpoint", str(folder / "checkpoint"), "--out", str(folder / "model")]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def result(folder: Path) -> tuple[bytes, list[Epoch]]:
    """The model to the last byte, and every figure of every epoch but how long it took."""
    epochs = checkpoints.load(folder / "checkpoint").epochs
    return (folder / "model").read_bytes(), [replace(epoch, seconds=0.0) for epoch in epochs]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("engine", COMMANDS)
def test_killed_fifty_times_and_resumed_a_training_ends_with_the_same_bits(engine: str, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    assert start(engine, alone).wait() == 0
    expected = result(alone)

    rng = random.Random(engine)
    kills, trainings, resumed = 0, 0, 0
    while kills < KILLS:
        folder = tmp_path / f"training {trainings}"
        folder.mkdir()
        status = None
        while status is None:
            going_on = (folder / "checkpoint").exists()
            process = start(engine, folder)
            try:
                status = process.wait(timeout=rng.uniform(0.1, 1.5))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                kills += 1
                resumed += going_on
        assert status == 0
        assert result(folder) == expected
        # a kill in the middle of a write leaves a file of another name, and the real one as it was
        assert {path.name for path in folder.iterdir() if path.suffix != ".tmp"} == {"checkpoint", "model"}
        trainings += 1
    assert resumed > 0, "every kill came before the first checkpoint: this machine is too slow for the test"
