"""Programs: they run without the playground, and give the same numbers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from purenn.network import Sequential
from purenn.playground.program import program
from purenn.playground.run import Run
from tests.conftest import ROOT, numbers
from tests.playground.helpers import trained

SETTINGS: dict[str, dict[str, object]] = {
    "usual": {},
    "everything": {
        "data": {"name": "blobs", "samples": 40},
        "features": ["x1", "x2", "x1^2", "x2^2", "x1*x2", "sin x1", "sin x2"],
        "layers": [
            {"units": 3, "activation": "prelu", "dropout": 0.25, "normalization": "batch"},
            {"units": 5, "activation": "softmax", "normalization": "layer"},
        ],
        "optimizer": {"name": "sgd", "learning_rate": 0.3, "options": {"momentum": 0.9, "nesterov": True}},
        "schedule": {"name": "plateau", "epochs": 7},
        "initializer": "he_uniform",
        "batch_size": 7,
        "l1": 0.001,
        "seed": 5,
    },
    "probabilities": {
        "loss": "CrossEntropyOfProbabilities",
        "optimizer": {"name": "adamw"},
        "schedule": {"name": "step"},
    },
    "regression": {
        "data": {"name": "sine", "test": 0.0},
        "loss": "MeanAbsoluteError",
        "layers": [{"activation": "relu"}],
    },
}


def in_a_process(text: str, folder: Path) -> str:
    """Run a program in an empty folder and return what it prints."""
    return subprocess.run(
        [sys.executable, "-c", text],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize("name", SETTINGS)
def test_a_program_gives_the_same_numbers_in_another_process(name: str, tmp_path: Path) -> None:
    run = trained(4, **SETTINGS[name])
    shown = in_a_process(f"{program(run)}\nprint([epoch.loss for epoch in history.epochs])\n", tmp_path)
    assert json.loads(shown.splitlines()[-1]) == [epoch.loss for epoch in run.epochs]
    assert shown.startswith("epoch 4: loss ")
    saved = Sequential.load(tmp_path / "playground.safetensors")
    assert (str(saved), numbers(saved)) == (str(run.network), numbers(run.network))


def test_own_points_and_names_are_in_the_program(tmp_path: Path) -> None:
    rows = [[i / 7.0, (i * i % 5) / 3.0, i % 3, "train"] for i in range(12)]
    run = trained(2, data={"name": "own", "points": rows, "classes": ["a", "b's", 'c"'], "inputs": ["u", "v"]})
    shown = in_a_process(f"{program(run)}\nprint(history.epochs[-1].loss)\n", tmp_path)
    assert float(shown.splitlines()[-1]) == run.epochs[-1].loss
    assert Sequential.load(tmp_path / "playground.safetensors").classes == ("a", "b's", 'c"')


def test_a_program_says_what_it_does_not_repeat() -> None:
    run: Run = trained(1)
    assert "does not repeat" not in program(run)
    run.note("a weight set by hand")
    assert "# - a weight set by hand after 1 epoch" in program(run)


def test_a_program_of_an_untrained_network_trains_one_epoch() -> None:
    assert "epochs=1," in program(trained(0))


def test_a_program_says_that_it_does_not_repeat_an_epoch_that_has_only_begun() -> None:
    run = trained(1)
    assert "It does not repeat" not in program(run)
    run.step()
    assert "# - the 10 samples that epoch 2 has learned so far\n" in program(run)
