"""The record of a training: its files, its words, and when it says stop."""

from __future__ import annotations

import csv
import json
from math import isnan, nan
from pathlib import Path

import pytest

from purenn.errors import FormatError
from purenn.history import Epoch, History, from_json, stop_at, to_json


def epoch(number: int, loss: float, validation_loss: float | None = None, accuracy: float | None = None) -> Epoch:
    return Epoch(number, loss, accuracy, validation_loss, None, learning_rate=0.1, seconds=0.5)


TWO = History(
    [
        Epoch(1, 0.7, 0.25, 0.8, 0.125, 0.1, 1.5, {"mean absolute error": 0.1 + 0.2}),
        Epoch(2, 0.5, None, None, None, 0.05, 3.0),
    ]
)


def test_the_best_epoch_is_that_of_the_lowest_validation_loss_or_else_of_the_lowest_loss() -> None:
    assert History([epoch(1, 3.0), epoch(2, 1.0), epoch(3, 2.0)]).best.number == 2
    assert History([epoch(1, 3.0, 0.5), epoch(2, 1.0, 0.7), epoch(3, 0.5, 0.5)]).best.number == 1
    assert TWO.losses == [0.7, 0.5]


def test_what_is_watched_is_validation_where_there_is_one() -> None:
    watched = Epoch(1, 3.0, 0.25, 0.5, 0.75, 0.1, 0.0)
    assert (watched.watched_loss, watched.watched_accuracy) == (0.5, 0.75)
    assert (epoch(1, 3.0, accuracy=0.25).watched_loss, epoch(1, 3.0, accuracy=0.25).watched_accuracy) == (3.0, 0.25)


# Files.


@pytest.mark.parametrize("write", [History.write_csv, History.write_json_lines])
def test_a_file_gives_back_every_figure(write: object, tmp_path: Path) -> None:
    path = tmp_path / "history"
    assert callable(write)
    write(TWO, path)
    assert History.read(path) == TWO


def test_csv_has_a_header_a_row_an_epoch_and_nothing_where_nothing_was_measured(tmp_path: Path) -> None:
    TWO.write_csv(tmp_path / "history.csv")
    with open(tmp_path / "history.csv", newline="", encoding="utf-8") as file:
        header, first, second = csv.reader(file)
    assert header[:3] == ["epoch", "loss", "accuracy"]
    assert header[-1] == "mean absolute error"
    assert first == ["1", "0.7", "0.25", "0.8", "0.125", "0.1", "1.5", "0.30000000000000004"]
    assert second == ["2", "0.5", "", "", "", "0.05", "3.0", ""]


def test_json_lines_are_objects_of_numbers_and_nulls(tmp_path: Path) -> None:
    TWO.write_json_lines(tmp_path / "history.jsonl")
    first, second = map(json.loads, (tmp_path / "history.jsonl").read_text(encoding="utf-8").splitlines())
    assert first["epoch"] == 1
    assert first["mean absolute error"] == 0.1 + 0.2
    assert second["validation_loss"] is None
    assert second["loss"] == 0.5


def test_the_lines_of_train_can_be_read() -> None:
    line = (
        '{"event": "epoch", "epoch": 3, "loss": 1.5, "learning_rate": 0.5, "seconds": 2, "test": 4, "accuracy": null}'
    )
    read = from_json(line)
    assert read == Epoch(3, 1.5, None, None, None, 0.5, 2, {"test": 4})
    assert from_json('{"event": "done", "dataset": "xor"}') is None


def test_a_metric_that_is_not_a_number_survives() -> None:
    read = from_json(to_json(Epoch(1, 0.5, None, None, None, 0.1, 1.0, {"r2": nan})))
    assert read is not None
    assert isnan(read.metrics["r2"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no epoch"),
        ('{"event": "done"}\n', "holds no epoch"),
        ('{"epoch": 1, "loss": 2, "learning_rate": 1, "seconds": 0}\n{"epoch": 2}', "record 2 .*loss and .* missing"),
        (
            '{"epoch": 1, "loss": "low", "learning_rate": 1, "seconds": 0}',
            "record 1 .*loss is 'low', expected a number",
        ),
        ("{not json", "record 1 is no epoch"),
        ("[1, 2]", "holds no epoch"),
        ("epoch,loss,learning_rate,seconds\n1,low,0.1,2", "record 1 .*loss is 'low'"),
        ("epoch,loss,learning_rate,seconds\n1,2,0.1,2,9,9", r"record 1 .*'9', '9'"),
        ("epoch,loss,learning_rate,seconds\n1,2", "record 1 .*learning_rate and seconds missing"),
    ],
)
def test_a_file_that_is_no_history_is_refused_with_the_place(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError, match=f"^{path}: .*{words}"):
        History.read(path)


# Overfitting, told when the curves part.


def curves(training: list[float], validation: list[float]) -> History:
    return History([epoch(i, *losses) for i, losses in enumerate(zip(training, validation), start=1)])


def test_curves_that_part_are_told_in_words() -> None:
    words = curves([0.9, 0.5, 0.3, 0.2, 0.1], [0.8, 0.6, 0.65, 0.7, 0.9]).overfitting
    assert "since epoch 2 the training loss fell from 0.5 to 0.1" in words
    assert "validation loss rose from 0.6 to 0.9" in words


@pytest.mark.parametrize(
    ("training", "validation"),
    [
        ([0.9, 0.5, 0.3, 0.2], [0.8, 0.6, 0.5, 0.4]),  # both fall
        ([0.9, 0.5, 0.3, 0.2, 0.1], [0.8, 0.6, 0.62, 0.61, 0.62]),  # validation trembles, by less than 5 %
        ([0.9, 0.5, 0.3, 0.2, 0.1], [0.8, 0.6, 0.7, 0.61, 0.7]),  # it was high, but not 3 times in a row
        ([0.9, 0.5, 0.6, 0.7, 0.8], [0.8, 0.6, 0.7, 0.8, 0.9]),  # both rise: that is a rate too high
        ([0.9, 0.5], [0.5, 0.9]),  # too short to tell
    ],
)
def test_curves_that_have_not_parted_are_not_talked_about(training: list[float], validation: list[float]) -> None:
    assert curves(training, validation).overfitting == ""


def test_without_validation_nobody_can_tell() -> None:
    assert History([epoch(i, 1.0 / i) for i in range(1, 9)]).overfitting == ""


# When to stop.


def test_stop_at_a_loss_or_an_accuracy() -> None:
    assert [stop_at(loss=0.5)(epoch(1, loss)) for loss in (0.6, 0.5, 0.4)] == [False, True, True]
    assert [stop_at(accuracy=0.9)(epoch(1, 1.0, accuracy=a)) for a in (None, 0.89, 0.9)] == [False, False, True]
    assert not stop_at(loss=0.5)(epoch(1, 0.1, 0.6)), "validation decides"


def test_stop_at_wants_exactly_one_goal() -> None:
    for goals in ({}, {"loss": 0.1, "accuracy": 0.9}):
        with pytest.raises(ValueError, match=r"a loss or .* an accuracy"):
            stop_at(**goals)
