"""Helpers for the tests of the commands: networks that can be computed in the head, a small data set, and outputs."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from purenn.cli import main
from purenn.formats import Tensor, idx
from purenn.layers import Linear
from purenn.network import Sequential

Captured = pytest.CaptureFixture[str]
PIXELS = bytes([255, 0, 0, 0, 0, 255, 0, 0, 128, 0, 0, 255])  # three pictures of 2 × 2
METADATA = {"dataset": "tiny", "loss": "CrossEntropy", "classes": "left\nright"}


def json_lines(capsys: Captured) -> list[dict[str, object]]:
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


def linear(weights: list[list[float]], bias: float = 0.0) -> Sequential:
    """Return one layer with these weights, a row for each output."""
    outputs, inputs = len(weights), len(weights[0])
    network = Sequential(Linear(inputs, outputs, Random(0)))
    flat = [weight for row in weights for weight in row]
    network.load_state({"0.weight": Tensor((outputs, inputs), flat), "0.bias": Tensor((outputs,), [bias] * outputs)})
    return network


def left_or_right() -> Sequential:
    """Return a network for 2 × 2 pixels whose two logits are 20 times the upper pixels: the brighter one is the class.

    If one is white and the other black, its probability is 1 to eight digits.
    """
    return linear([[20.0, 0.0, 0.0, 0.0], [0.0, 20.0, 0.0, 0.0]])


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
