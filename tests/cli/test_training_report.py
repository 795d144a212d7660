"""The report of `purenn train`: JSON lines for programs, lines for people, and lines about a checkpoint."""

from __future__ import annotations

import json
import re
import time
from contextlib import redirect_stderr
from io import StringIO
from math import inf, nan
from pathlib import Path

import pytest

from purenn import checkpoints, datasets
from purenn.cli import main
from purenn.cli.training_report import Report
from purenn.datasets import Dataset
from purenn.history import Epoch, History
from purenn.samples import classes
from tests.cli.conftest import Captured, best_of, json_lines, number, trained

pytestmark = pytest.mark.usefixtures("empty", "few_strokes")
STROKES = ["strokes", "--hidden", "8"]


# Lines for programs.


def test_json_lines_have_the_fields_that_programs_count_on(capsys: Captured) -> None:
    epochs, done, _ = trained(capsys, *STROKES, "--epochs", "2")
    assert [line["epoch"] for line in epochs] == [1, 2]
    promised = {"event", "epoch", "loss", "accuracy", "test_loss", "test_accuracy", "learning_rate", "seconds"}
    for line in epochs:
        times = {"train_seconds", "evaluate_seconds"}
        assert {*line} == promised | {"validation_loss", "validation_accuracy"} | times
        assert 0.0 < number(line, "train_seconds") + number(line, "evaluate_seconds") < number(line, "seconds") + 0.002
    promised = {"event", "dataset", "engine", "workers", "test_accuracy", "epochs", "seconds", "model"}
    assert {*done} == promised | {"test_loss", "rounded", "best_epoch"}
    assert (done["dataset"], done["engine"], done["workers"], done["epochs"]) == ("strokes", "lanes", 1, 2)
    assert done["model"] == "strokes.safetensors"
    assert [number(line, "learning_rate") for line in epochs] == pytest.approx([0.02, 0.0105])  # to a twentieth
    assert 0.0 <= number(epochs[0], "seconds") <= number(epochs[1], "seconds") <= number(done, "seconds")


@pytest.mark.usefixtures("shock")
def test_the_last_line_has_the_figures_of_the_network_that_was_kept(capsys: Captured) -> None:
    epochs, done, _ = trained(capsys, "moons", "--epochs", "8", "--schedule", "shock")
    best = best_of(epochs)
    assert best is not epochs[-1]
    assert (done["test_accuracy"], done["test_loss"]) == (best["test_accuracy"], pytest.approx(best["test_loss"]))
    assert done["epochs"] == 8


def test_workers_are_reported(capsys: Captured) -> None:
    epochs, done, said = trained(capsys, *STROKES, "--epochs", "1", "--workers", "2")
    assert (done["engine"], done["workers"], len(epochs)) == ("lanes", 2, 1)
    assert said[1].startswith("lanes engine, 2 workers: Sequential(")


def test_a_quantity_has_losses_and_no_accuracy(capsys: Captured) -> None:
    epochs, done, said = trained(capsys, "house-prices", "--epochs", "20")
    assert (epochs[0]["accuracy"], epochs[0]["validation_accuracy"], done["test_accuracy"]) == (None, None, None)
    assert number(done, "test_loss") == min(number(line, "test_loss") for line in epochs)
    assert said[3].split()[2:-2:2] == ["loss", "validation", "test"]
    assert "%" not in "".join(said)


def test_a_loss_is_in_one_unit_in_all_lines_of_a_training(capsys: Captured) -> None:
    rows = [f"{i},{i * 1000 + 500}" for i in range(60)]
    Path("rents.csv").write_text("\n".join(["area,rent", *rows]), encoding="utf-8")
    epochs, done, _ = trained(capsys, "rents.csv", "--epochs", "5")
    best = best_of(epochs)
    assert (done["best_epoch"], done["test_loss"]) == (best["epoch"], best["test_loss"])
    assert number(done, "test_loss") < 10.0 < number(done, "test_mean_absolute_error")


# Lines for people.


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (10, "8 samples to train on, the same to validate, 2 to test"),
        (2, "1 sample to train on, the same to validate, 1 to test"),
        (40, "29 samples to train on, 3 to validate, 8 to test"),
    ],
)
def test_samples_used_twice_are_said_to_be_the_same(rows: int, expected: str, capsys: Captured) -> None:
    lines = [f"{i},{i / 7}" for i in range(rows)]
    Path("t.csv").write_text("\n".join(["x,y", *lines]), encoding="utf-8")
    assert f"t.csv: {expected}" in trained(capsys, "t.csv", "--epochs", "1").said


def test_people_get_a_line_for_each_epoch_and_are_told_what_to_do_next(capsys: Captured) -> None:
    assert main(["train", *STROKES, "--epochs", "2"]) == 0
    out, err = capsys.readouterr()
    said = err.splitlines()
    assert said[0] == "strokes: 270 samples to train on, 30 to validate, 100 to test"
    assert said[1].startswith("lanes engine: Sequential(Linear(784, 8), Activation('relu'), ")
    assert said[2] == "SGD, learning rate 0.02 (linear), a sample a step, 2 epochs"
    assert [line.split("loss")[0].strip() for line in said[3:]] == ["epoch 1/2", "epoch 2/2"]
    assert said[3].count("%") == 3
    assert "\r" not in err
    result = out.splitlines()
    assert result[0].startswith("test accuracy ")
    assert result[1].startswith("(the lanes engine sees 8 shades of grey; ")
    assert result[2:] == ["saved strokes.safetensors", "try   python3 -m purenn evaluate strokes.safetensors"]


def test_people_are_told_r2_and_the_mean_error_of_quantities(capsys: Captured) -> None:
    done = trained(capsys, "house-prices", "--epochs", "1").done
    r2, error = number(done, "test_r2"), number(done, "test_mean_absolute_error")
    assert main(["train", "house-prices", "--epochs", "1"]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    errors = f"R² {r2:.3f}, mean absolute error {error:.4g} thousand dollars"
    assert first == f"test {errors}, after epoch 1, the best in validation"


def test_an_accuracy_that_always_answering_one_class_has_too_is_told_so(empty: Path, capsys: Captured) -> None:
    rows = "".join(f"{i % 7},{'fraud' if i % 20 == 0 else 'fine'}\n" for i in range(200))
    (empty / "bills.csv").write_text(f"x,y\n{rows}", encoding="utf-8")
    assert main(["train", "bills.csv", "--epochs", "1"]) == 0
    assert "\nalways answering fine is right for 95.00 % of them\n" in capsys.readouterr().out


@pytest.mark.parametrize(("count", "printed"), [(50, 50), (51, 26), (400, 20)])
def test_people_get_about_20_lines_where_epochs_are_many_and_programs_get_all(
    count: int, printed: int, capsys: Captured
) -> None:
    epochs, _, said = trained(capsys, "and", "--epochs", f"{count}")
    numbers = [int(line.split()[1].partition("/")[0]) for line in said if line.startswith("epoch ")]
    step = max(count // 20 if count > 50 else 1, 1)
    assert numbers == sorted({*range(step, count + 1, step), count}), "and the last in any case"
    assert len(numbers) == printed
    assert [line["epoch"] for line in epochs] == list(range(1, count + 1))


def test_what_went_wrong_is_told_before_the_result(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(History, "overfitting", property(lambda history: f"overfitting, {len(history.epochs)}"))
    assert main(["train", "moons", "--epochs", "3"]) == 0
    assert capsys.readouterr().err.splitlines()[-1] == "overfitting, 3"
    assert main(["train", "moons", "--epochs", "3", "--json"]) == 0
    *_, warning, done = json_lines(capsys)
    assert (warning, done["event"]) == ({"event": "warning", "message": "overfitting, 3"}, "done")


def test_what_is_wrong_before_a_training_is_told_before_its_first_epoch(few_strokes: Dataset, capsys: Captured) -> None:
    assert main(["train", "strokes", "--limit", "5", "--hidden", "8", "--epochs", "2"]) == 0
    said = capsys.readouterr().err.splitlines()
    known = classes(few_strokes.train.targets.take(range(5)))
    missing = ", ".join(str(label) for label in range(10) if label not in known)
    assert said[3] == f"no training sample has classes {missing}: the network cannot learn them"
    assert said[4].startswith("epoch 1/2 ")
    assert "cannot learn" not in "".join(said[4:])


# Columns.


def an_epoch(number: int, loss: float, accuracy: float | None) -> Epoch:
    """Return an epoch with these figures in training, validation and test."""
    tested = {"test_loss": loss} if accuracy is None else {"test_loss": loss, "test_accuracy": accuracy}
    return Epoch(number, loss, accuracy, loss, accuracy, learning_rate=0.1, seconds=1.0, metrics=tested)


def line_of(number: int, loss: float, accuracy: float | None, *, epochs: int = 10, after: float = 0.0) -> str:
    """Return the line for an epoch that ends so many seconds after the beginning."""
    report = Report(datasets.load("xor", None), None, epochs, time.monotonic() - after, as_json=False)
    report.bar.line.live = True
    with redirect_stderr(StringIO()) as said:
        report.epoch(an_epoch(number, loss, accuracy), last=True)
    return said.getvalue().rpartition("\n")[0].rpartition("\x1b[K")[2]


@pytest.mark.parametrize("accuracy", [0.0, None])
def test_columns_stay_in_place_for_numbers_of_all_sizes(
    accuracy: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    line = line_of(1, 0.25, accuracy)
    places = [match.start() for match in re.finditer("loss|accuracy|validation|test", line)]
    for at, loss, right, seconds in (
        (10, 1e-9, 1.0, 1.0),
        (9, 1e12, 0.5, 12_345.0),
        (10, 123.456, 0.05, 999.96),
        (1, 0.0, 1.0, 1000.0),
        (1, 9_999.99999, 1.0, 1000.0),
        (1, -12_345.678, 1.0, 1000.0),
        (1, 1e300, 1.0, 1000.0),
        (1, inf, 1.0, 0.0),
        (1, nan, 1.0, 0.0),
    ):
        other = line_of(at, loss, None if accuracy is None else right, after=seconds)
        assert [match.start() for match in re.finditer("loss|accuracy|validation|test", other)] == places
        assert len(other) == len(line)
    many = [line_of(at, 0.25, accuracy, epochs=10_000).index("loss") for at in (500, 1000, 10_000)]
    assert len(set(many)) == 1


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 100])
@pytest.mark.parametrize("accuracy", [1.0, None])
def test_a_narrow_terminal_gets_the_figures_that_matter_most(
    columns: int, accuracy: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    line = line_of(1, 0.25, accuracy)
    assert len(line) < columns
    assert ("validation" in line) == (columns >= 40)
    assert ("100.00 %" if accuracy else "0.2500") in line, "and at 20 columns, the figure alone"
    assert ("test" in line) == (columns >= 60)
    assert ("loss" in line) == (columns >= 80)
    assert line.endswith(" s") == (columns >= 80)
    assert ("accuracy" in line) == (columns >= 100 and accuracy is not None)


@pytest.mark.parametrize("accuracy", [1.0, None])
def test_columns_stay_in_place_in_narrow_terminals_too(accuracy: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    for columns in range(17, 100):
        monkeypatch.setenv("COLUMNS", str(columns))
        lines = [line_of(at, loss, accuracy) for at, loss in ((1, 0.25), (10, 1.5), (9, 1e-9))]
        assert len({len(line) for line in lines}) == 1
        assert len({line.startswith("epoch ") for line in lines}) == 1
        assert len(lines[0]) < columns


# The checkpoint.


def test_it_says_what_becomes_of_a_checkpoint(capsys: Captured) -> None:
    words = ["moons", "--schedule", "constant", "--checkpoint", "c"]
    assert len(trained(capsys, *words, "--epochs", "3").said) == 3 + 3
    for more, said in (
        (["--epochs", "2", "--force"], "c is there already and will be replaced"),
        (["--epochs", "3", "--resume"], "going on after epoch 2, from c"),
        (["--epochs", "3", "--resume"], "c ends with epoch 3: all 3 are done"),
        (["--epochs", "2", "--resume"], "c ends with epoch 3: all 2 are done"),
        (["--epochs", "3", "--resume", "--checkpoint", "d"], "d is not there yet: beginning with epoch 1"),
    ):
        assert trained(capsys, *words, *more).said[3] == said
    assert len(checkpoints.load("c").epochs) == 3


def test_a_resumed_training_counts_its_epochs_from_the_first(capsys: Captured) -> None:
    words = ["moons", "--schedule", "constant", "--checkpoint", "c", "--resume"]
    trained(capsys, *words, "--epochs", "3")
    epochs, done, said = trained(capsys, *words, "--epochs", "5")
    assert [line["epoch"] for line in epochs] == [4, 5]
    assert [line.split("loss")[0].strip() for line in said[4:6]] == ["epoch 4/5", "epoch 5/5"]
    assert done["epochs"] == 5
    again = trained(capsys, *words, "--epochs", "5")
    assert again.epochs == []
    assert {**again.done, "seconds": 0} == {**done, "seconds": 0}


def test_json_lines_stay_json_when_training_diverges(capsys: Captured) -> None:
    assert main(["train", "house-prices", "--learning-rate", "1e6", "--json"]) == 1
    *epochs, error = json_lines(capsys)
    assert {line["event"] for line in epochs} <= {"epoch", "warning"}
    assert (error["event"], error["status"]) == ("error", 1)
    assert "the loss is inf; try a lower learning rate" in str(error["message"])


# Notes about the data.


def test_what_was_found_in_a_table_is_told_to_programs_too(empty: Path, capsys: Captured) -> None:
    rows = "".join(f"{i}.5,{'' if i == 7 else i % 3},{2 * i}\n" for i in range(40))
    (empty / "prices.csv").write_text(f"x,rooms,price\n{rows}", encoding="utf-8")
    assert main(["train", "prices.csv", "--missing", "drop", "--epochs", "2", "--json"]) == 0
    out, err = capsys.readouterr()
    notes = [line["message"] for line in map(json.loads, out.splitlines()) if line["event"] == "note"]
    left_out = "left out: 1 row with a missing value, line 9"
    assert notes == [
        f"prices.csv: 39 rows; inputs: 2 numbers; target price: a quantity; {left_out}",
        "the losses of epochs are of targets in standard deviations from their mean",
    ]
    assert err.splitlines()[:2] == notes
