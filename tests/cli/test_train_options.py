"""`purenn train` with the options that change what is learned or looked at: optimizers, a plateau, a diagnosis."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from purenn.cli import train as train_command
from purenn.cli.main import main
from purenn.diagnosis import Diagnosis, diagnose
from purenn.history import History
from purenn.losses import Loss
from purenn.network import Sequential
from purenn.optimizers import OPTIMIZERS
from purenn.samples import Numbers, Rows

Captured = pytest.CaptureFixture[str]
Line = dict[str, float]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder: what is not told where to go is written here."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PURENN_DATA", raising=False)
    return tmp_path


def trained(capsys: Captured, *words: str) -> tuple[list[Line], str]:
    """The lines of the epochs for programs, and what is said to people."""
    assert main(["train", *words, "--json"]) == 0
    out, err = capsys.readouterr()
    return [json.loads(line) for line in out.splitlines()][:-1], err


def test_every_optimizer_learns_and_each_in_its_way(capsys: Captured) -> None:
    losses: set[float] = set()
    for name in OPTIMIZERS:
        epochs, _ = trained(capsys, "blobs", "--optimizer", name, "--epochs", "10")
        assert epochs[-1]["loss"] < 0.9 * epochs[0]["loss"]
        losses.add(epochs[-1]["loss"])
    assert len(losses) == len(OPTIMIZERS)


def test_on_a_plateau_of_the_validation_loss_the_rate_is_halved(capsys: Captured) -> None:
    # so small a rate that the loss stays within a ten-thousandth
    words = ["blobs", "--schedule", "plateau", "--learning-rate", "1e-9", "--epochs", "6"]
    rates = [line["learning_rate"] for line in trained(capsys, *words)[0]]
    assert rates == pytest.approx([1e-9] * 4 + [5e-10] * 2)


def test_overfitting_is_told_to_people_after_the_last_epoch(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(History, "overfitting", property(lambda history: f"overfitting, {len(history.epochs)}"))
    assert main(["train", "moons", "--epochs", "3"]) == 0
    assert capsys.readouterr().err.splitlines()[-1] == "overfitting, 3"
    assert "overfitting" not in trained(capsys, "moons", "--epochs", "3")[1]


def looks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """How many inputs and targets each diagnosis looks at."""
    seen: list[tuple[int, int]] = []

    def look(network: Sequential, inputs: Numbers, targets: Numbers, loss: Loss) -> Diagnosis:
        assert isinstance(inputs, Rows)
        assert isinstance(targets, Rows)
        seen.append((len(inputs), len(targets)))
        return diagnose(network, inputs, targets, loss)

    monkeypatch.setattr(train_command, "diagnose", look)
    return seen


@pytest.mark.parametrize("engine", ["float", "lanes"])
def test_a_diagnosis_comes_with_every_epoch_and_changes_nothing(
    engine: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["strokes", "--engine", engine, "--limit", "300", "--hidden", "8", "--epochs", "2"]
    _, said = trained(capsys, *words, "--out", "a")
    seen = looks(monkeypatch)
    _, more = trained(capsys, *words, "--out", "b", "--diagnose")
    assert seen == [(200, 200)] * 2
    assert "gradient" not in said
    assert [line.split()[0] for line in more.splitlines()[2:] if line] == [
        *("epoch", "layer", "0", "1", "2", "Nothing"),
        *("epoch", "layer", "0", "1", "2", "Nothing"),
    ]
    assert Path("a").read_bytes() == Path("b").read_bytes()


def test_where_epochs_are_many_a_diagnosis_comes_with_those_that_people_see(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = looks(monkeypatch)
    _, said = trained(capsys, "and", "--epochs", "100", "--diagnose")
    assert seen == [(4, 4)] * 20
    assert said.count("epoch ") == 20
