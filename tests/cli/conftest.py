"""Helpers for the tests of the commands: small networks and data sets, trainings, and what the commands print."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from purenn import datasets, schedules
from purenn.cli import main
from purenn.datasets import Dataset
from purenn.formats import Tensor, idx
from purenn.layers import Linear
from purenn.losses import CrossEntropy, Loss
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.samples import Samples
from purenn.schedules import Schedule

Captured = pytest.CaptureFixture[str]
Line = dict[str, object]
PIXELS = bytes([255, 0, 0, 0, 0, 255, 0, 0, 128, 0, 0, 255])  # three pictures of 2 × 2
METADATA = {"dataset": "tiny"}


def json_lines(capsys: Captured) -> list[Line]:
    """Return the JSON lines on stdout, where there must be nothing else."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def failure(capsys: Captured, *words: str) -> str:
    """Run a command that must fail, and return its one line on stderr."""
    assert main(words) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"purenn {words[0]}: ")
    assert err.count("\n") == 1
    return err


def number(line: Line, key: str) -> float:
    """Return a field of a JSON line that must be a number."""
    value = line[key]
    assert isinstance(value, (int, float))
    return value


class Trained(NamedTuple):
    """The output of `purenn train --json`: epochs, the last line, and lines for people."""

    epochs: list[Line]
    done: Line
    said: list[str]


def trained(capsys: Captured, *words: str) -> Trained:
    """Run `purenn train` with these words, which must end well."""
    assert main(["train", *words, "--json"]) == 0
    out, err = capsys.readouterr()
    *lines, done = [json.loads(line) for line in out.splitlines()]
    assert {line["event"] for line in lines} <= {"note", "epoch", "warning"}
    assert done["event"] == "done"
    return Trained([line for line in lines if line["event"] == "epoch"], done, err.splitlines())


def train_failure(capsys: Captured, *words: str) -> str:
    """Run `purenn train` with these words, which must fail, and return its last line on stderr: the reason."""
    assert main(["train", *words]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    name, _, reason = err.splitlines()[-1].partition(": ")
    assert name == "purenn train"
    return reason


def evaluated(capsys: Captured, model: str) -> Line:
    """Return what `purenn evaluate` says of a network, on the data set it was trained on."""
    assert main(["evaluate", model, "--json"]) == 0
    return json_lines(capsys)[0]


def best_of(epochs: Sequence[Line]) -> Line:
    """Return the first of the epochs that are best in validation: by accuracy and, if that is equal, by loss."""

    def merit(line: Line) -> tuple[float, float]:
        has_accuracy = line["validation_accuracy"] is not None
        return number(line, "validation_accuracy") if has_accuracy else 0.0, -number(line, "validation_loss")

    return max(epochs, key=merit)


def interrupt_at(monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    """Let Ctrl-C be pressed in this batch of 32, counted from 1. 270 samples are 8 such batches and one of 14."""
    take, batches = Samples.take, iter(range(1, batch))

    def interrupted(self: Samples, indices: list[int]) -> tuple[Matrix, Matrix]:
        if len(indices) == 32 and next(batches, None) is None:
            raise KeyboardInterrupt
        return take(self, indices)

    monkeypatch.setattr(Samples, "take", interrupted)


def linear_network(
    weights: list[list[float]], bias: float = 0.0, loss: Loss | None = None, classes: tuple[str, ...] = ()
) -> Sequential:
    """Return one layer with these weights, a row for each output, and the loss and the classes of its training."""
    outputs, inputs = len(weights), len(weights[0])
    network = Sequential(Linear(inputs, outputs, Random(0)))
    flat = [weight for row in weights for weight in row]
    network.load_state({"0.weight": Tensor((outputs, inputs), flat), "0.bias": Tensor((outputs,), [bias] * outputs)})
    network.loss, network.classes = loss, classes
    return network


def left_or_right() -> Sequential:
    """Return a network for 2 × 2 pixels whose two logits are 20 times the upper pixels: the brighter one is the class.

    If one is white and the other black, its probability is 1 to eight digits.
    """
    weights = [[20.0, 0.0, 0.0, 0.0], [0.0, 20.0, 0.0, 0.0]]
    return linear_network(weights, loss=CrossEntropy(), classes=("left", "right"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty working folder with a data set `tiny` of 2 × 2 pixels; the class is the brighter upper pixel."""
    (tmp_path / "tiny").mkdir()
    for part in ("train", "t10k"):
        idx.write(tmp_path / "tiny" / f"{part}-images-idx3-ubyte", idx.Idx((3, 2, 2), PIXELS))
        idx.write(tmp_path / "tiny" / f"{part}-labels-idx1-ubyte", idx.Idx((3,), bytes([0, 1, 0])))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PURENN_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty working folder, to which everything is written unless another place is named."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PURENN_DATA", raising=False)
    return tmp_path


@cache
def _few_strokes() -> Dataset:
    """Read the built-in pictures once for all tests."""
    every = datasets.load("strokes")
    return Dataset("strokes", every.train.select(range(300)), every.test.select(range(100)), every.classes)


@pytest.fixture
def few_strokes(monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """Make `strokes` a data set of 300 pictures to train on, in place of 8,000, and 100 to test."""
    load, few = datasets.load, _few_strokes()
    monkeypatch.setattr(datasets, "load", lambda name, folder: few if name == "strokes" else load(name, folder))
    return few


@pytest.fixture
def shock() -> None:
    """Register a schedule `shock`: the learning rate given for five epochs, then one that throws everything over."""

    @schedules.register("shock")
    def shocking(learning_rate: float, epochs: int) -> Schedule:
        return lambda epoch: learning_rate if epoch < 5.0 else 1000.0 * learning_rate
