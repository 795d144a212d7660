"""The bench command, on few samples: that it measures what it says, not how fast this machine is."""

from __future__ import annotations

import json

import pytest

from purenn import datasets
from purenn.cli import bench
from purenn.cli.main import main
from purenn.samples import Samples


@pytest.fixture(autouse=True)
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """400 pictures whatever is asked for, and workers that need not start."""
    pictures = datasets.load("strokes").train.select(range(400))

    def strokes(count: int) -> Samples:
        return pictures

    monkeypatch.setattr(bench, "_strokes", strokes)
    monkeypatch.setattr(bench, "_speedup", lambda: 1.5)


def figures(capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    assert main(["bench", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["event"] for line in lines} == {"bench"}
    return {str(line["what"]): float(line["figure"]) for line in lines}


def test_it_measures_both_engines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "find_spec", lambda name: None)
    found = figures(capsys)
    assert len(found) == 5
    assert all(figure > 0.0 for figure in found.values())
    # by more than a factor of 3 even on so few samples and a busy machine: otherwise one of the two was not measured
    assert found["lanes engine, training"] * 3 < found["float engine, training, batches of 32"]


def test_a_person_gets_a_table(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "find_spec", lambda name: None)
    assert main(["bench"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "[784, 128, 10]" in lines[0]
    assert len(lines) == 3 + 5
    assert lines[-1].split() == ["2", "workers", "against", "1", "1.50", "times", "faster"]


@pytest.mark.interop
def test_numpy_and_scikit_learn_are_measured_where_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn")
    found = figures(capsys)
    assert found["NumPy, a sample at a time"] > 0.0
    assert found["scikit-learn, batches of 200"] > 0.0
