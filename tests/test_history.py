"""The record of a training: its files, the warning of overfitting, and how epochs are judged."""

from __future__ import annotations

import csv
import json
import os
from math import inf, isnan, nan
from operator import attrgetter, methodcaller
from pathlib import Path

import pytest

from purenn.errors import FormatError
from purenn.history import (
    Epoch,
    History,
    check_metrics,
    from_json,
    high_accuracy,
    low_loss,
    stop_at,
    to_json,
)
from tests.charts.pictures import check, parsed, words_in


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


def test_a_history_draws_its_losses_and_accuracies_with_the_best_epoch_marked(tmp_path: Path) -> None:
    epochs = [Epoch(n, 1.0 / n, 0.5, loss, 0.25, 0.1, 0.0) for n, loss in ((1, 0.9), (2, 0.4), (3, 0.6))]
    picture = History(epochs).plot()
    check(picture, ["Loss", "Accuracy", "training", "validation", "best: epoch 2"])
    assert "validation: 3 values, from 0.9 to 0.6" in (parsed(picture)[1].text or "")
    assert History(epochs).plot(tmp_path / "history.svg") == picture
    assert (tmp_path / "history.svg").read_text(encoding="utf-8") == picture
    assert methodcaller("_repr_svg_")(History(epochs)) == picture


def test_a_history_without_validation_or_accuracy_or_epochs_draws_what_it_has() -> None:
    check(TWO.plot(), ["Loss", "Accuracy", "best: epoch 2"])
    alone = History([epoch(1, 3.0), epoch(2, 1.0)]).plot()
    check(alone, ["Loss", "training", "best: epoch 2"])
    assert {"Accuracy", "validation"} & {*words_in(alone)} == set()
    check(History([]).plot(), ["Loss"])


def test_some_of_the_epochs_are_drawn_at_their_numbers_and_several_trainings_one_after_the_other() -> None:
    check(History([epoch(10, 2.0), epoch(20, 1.0), epoch(30, 1.5)]).plot(), ["best: epoch 20", "10", "30"])
    check(History([epoch(1, 2.0), epoch(2, 1.0), epoch(1, 3.0)]).plot(), ["best: epoch 2", "1", "3"])


def test_validation_is_watched_where_there_is_one() -> None:
    watched = Epoch(1, 3.0, 0.25, 0.5, 0.75, 0.1, 0.0)
    assert (watched.watched_loss, watched.watched_accuracy) == (0.5, 0.75)
    assert (epoch(1, 3.0, accuracy=0.25).watched_loss, epoch(1, 3.0, accuracy=0.25).watched_accuracy) == (3.0, 0.25)


def test_epochs_are_judged_by_their_loss_or_by_their_accuracy_and_among_equals_by_their_loss() -> None:
    epochs = [Epoch(i, 9.0, 0.1, loss, accuracy, 0.1, 0.0) for i, (loss, accuracy) in enumerate(SCORES)]
    assert [epoch.number for epoch in sorted(epochs, key=low_loss)] == [3, 0, 2, 1]
    assert [epoch.number for epoch in sorted(epochs, key=high_accuracy)] == [3, 1, 0, 2]


SCORES = [(0.5, 0.75), (0.25, 0.5), (0.375, 0.75), (nan, 0.0)]  # loss and accuracy in validation


def test_an_epoch_without_an_accuracy_is_judged_by_its_loss() -> None:
    assert high_accuracy(epoch(1, 0.25)) > high_accuracy(epoch(1, 0.5))


def test_the_engine_of_a_history_is_unknown_unless_it_is_said() -> None:
    assert (TWO.engine, History(TWO.epochs, "lanes").engine) == ("", "lanes")


def test_a_loss_that_is_no_number_is_the_worst() -> None:
    assert History([epoch(1, 1.0, nan), epoch(2, 1.0, inf), epoch(3, 1.0, 9.0), epoch(4, 1.0, nan)]).best.number == 3
    assert History([epoch(1, 1.0, nan), epoch(2, 1.0, 9.0)]).best.number == 2


# Files.

HEADER = "epoch,loss,learning_rate,seconds"
LINE = '{"epoch": 1, "loss": 2, "learning_rate": 0.5, "seconds": 0}'


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
    assert b"\r" not in (tmp_path / "history.csv").read_bytes()
    assert (tmp_path / "history.csv").read_text(encoding="utf-8") == TWO.to_csv()


@pytest.mark.parametrize("write", [History.write_csv, History.write_json_lines])
def test_an_older_file_survives_when_the_new_one_cannot_be_written(
    write: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "history").write_text("of last year", encoding="utf-8")
    monkeypatch.setattr(os, "fsync", full)
    assert callable(write)
    with pytest.raises(OSError, match="No space left"):
        write(TWO, tmp_path / "history")
    assert (tmp_path / "history").read_text(encoding="utf-8") == "of last year"


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
        ('{"epoch": 1, "loss": 2, "learning_rate": 1, "seconds": 0}\n{"epoch": 2}', "line 2 .*loss and .* missing"),
        (
            '{"epoch": 1, "loss": "low", "learning_rate": 1, "seconds": 0}',
            "line 1 .*loss is 'low', expected a number",
        ),
        ("{not json", "line 1 is not an epoch"),
        ("[1, 2]", "holds no epoch"),
        (LINE + '\n{"event": "done"}\n[1]', r"line 3 is not an epoch: expected a JSON object, got '\[1\]'"),
        ('{"a": ' + "[" * 100_000, "line 1 is not an epoch: JSON nested too deep"),
        (LINE.replace('"epoch": 1', '"epoch": 1.5'), "epoch is 1.5, expected a whole number from 1"),
        (LINE.replace('"epoch": 1', '"epoch": 0'), "epoch is 0.0, expected a whole number from 1"),
        (LINE.replace('"epoch": 1', '"epoch": NaN'), "epoch is nan, expected a whole number from 1"),
        (LINE.replace('"epoch": 1', '"epoch": Infinity'), "epoch is inf, expected a whole number from 1"),
        (LINE.replace('"seconds": 0', '"seconds": true'), "seconds is True, expected a number"),
        (LINE.replace('"seconds": 0', '"seconds": {}'), "seconds is {}, expected a number"),
        (LINE.replace('"seconds": 0', '"seconds": null'), "line 1 is not an epoch: seconds missing"),
        (f"{HEADER}\n1,low,0.1,2", "line 2 .*loss is 'low'"),
        (f"{HEADER}\n1,2,0.1,2,9,9", r"line 2 .*beyond the last column is \['9', '9'\]"),
        (f"{HEADER}\n1,2", "line 2 .*learning_rate and seconds missing"),
        (f"{HEADER}\n1,2,0.1,3\n\n2,2,0.1,late", "line 4 .*seconds is 'late'"),
        (f"{HEADER}\n" + "1" * 200_000, "neither CSV nor JSON lines in UTF-8: .*field larger than field limit"),
        ("epoch;loss\n1;2", "line 2 is not an epoch: epoch;loss is '1;2', expected a number"),
        (f"{HEADER}\n", "holds no epoch"),
    ],
    ids=lambda text: text[:60],
)
def test_a_file_that_is_no_history_is_refused_with_the_place(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError, match=f"^{path}: .*{words}"):
        History.read(path)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "h").write_bytes(b"\x89PNG\xff")
    with pytest.raises(FormatError, match="h: neither CSV nor JSON lines in UTF-8: "):
        History.read(tmp_path / "h")


@pytest.mark.parametrize(
    "text",
    [
        f"{LINE}\n\n{LINE}",
        f"\n  {LINE}\r\n{LINE}\r\n",
        f"\ufeff{LINE}\n{LINE}",
        f"\ufeff{HEADER}\n1,2,0.5,0\n1,2,0.5,0",  # as Excel saves it
        f"{HEADER}\r\n1,2,0.5,0\r\n\r\n1,2,0.5,0\r\n",
        f"{HEADER}\r1,2,0.5,0\r1,2,0.5,0\r",
        f'{HEADER},accuracy\n"1","2","0.5","0",""\n1,2,0.5,0,',
        f'{LINE}\n{{"event": "a note", "by": "another\u2028program"}}\n{LINE}',
    ],
)
def test_other_programs_may_have_written_it(text: str, tmp_path: Path) -> None:
    (tmp_path / "h").write_bytes(text.encode("utf-8"))
    assert History.read(tmp_path / "h") == History([Epoch(1, 2.0, None, None, None, 0.5, 0.0)] * 2)


@pytest.mark.parametrize("write", [History.write_csv, History.write_json_lines])
def test_any_name_of_a_metric_and_any_number_survives(write: object, tmp_path: Path) -> None:
    names = ["a,b", 'the "mean"', "two\nlines", "R²", "a\u2028b\x85c\x0bd", " ", "", "{", "#"]
    first = dict(zip(names, [inf, -inf, 5e-324, -0.0, 1.7976931348623157e308, 0.1, 1e22, 123456789.123, 2.0**60]))
    history = History([epoch(1, 0.5), Epoch(2, 0.5, None, None, None, 0.1, 1.0, first), epoch(3, 0.5)])
    assert callable(write)
    write(history, tmp_path / "h")
    read = History.read(tmp_path / "h")
    assert read == history
    assert repr(read) == repr(history)  # which tells -0.0 from 0.0


@pytest.mark.parametrize("name", ["event", "epoch", "loss", "accuracy", "validation_loss", "learning_rate", "seconds"])
def test_a_metric_cannot_have_the_name_of_another_figure(name: str) -> None:
    with pytest.raises(ValueError, match=f"a metric cannot be called '{name}': every epoch has something of that name"):
        Epoch(1, 0.5, None, None, None, 0.1, 0.0, {"mean": 1.0, name: 1.0})
    with pytest.raises(ValueError, match=f"a metric cannot be called '{name}'"):
        check_metrics(["mean", name])


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
        ([0.9], [0.5]),
        ([0.9, 0.5, 0.3, 0.2], [2.0, 2.1, 2.1, 2.1]),  # just 5 % above
        ([0.9, 0.5, 0.3, 0.2], [0.5, 0.5, 0.9, 0.9]),  # twice in a row
        ([0.9, 0.5, 0.3, 0.2, 0.1], [0.5, 0.9, 0.9, 0.9, 0.525]),  # the last of the three is near the best again
        ([0.9, 0.5, 0.3, 0.9], [0.5, 0.9, 0.9, 0.9]),  # in the end the training loss is where it was
        ([-1.0, -2.0, -3.0, -4.0], [-2.0, -1.99, -1.99, -1.99]),  # a loss may be negative: this is 0.5 % above
    ],
)
def test_curves_that_have_not_parted_are_not_talked_about(training: list[float], validation: list[float]) -> None:
    assert curves(training, validation).overfitting == ""


@pytest.mark.parametrize(
    ("training", "validation"),
    [
        ([0.9, 0.5, 0.3, 0.2], [2.0, 2.11, 2.11, 2.11]),  # from 5 % on, and 3 epochs
        ([-1.0, -2.0, -3.0, -4.0], [-2.0, -1.8, -1.8, -1.8]),
        ([0.9, 0.5, 0.3, 0.2], [0.0, 0.1, 0.1, 0.1]),
        ([0.9, 0.5, 0.3, 0.2, 0.89], [0.5, 0.9, 0.9, 0.9, 0.9]),  # better than at the best epoch is enough
    ],
)
def test_curves_that_have_just_parted(training: list[float], validation: list[float]) -> None:
    assert curves(training, validation).overfitting.startswith("overfitting: since epoch 1 ")


def test_validation_that_was_left_off_tells_nothing() -> None:
    assert History([epoch(1, 0.9, 0.5), epoch(2, 0.8), epoch(3, 0.7), epoch(4, 0.6)]).overfitting == ""


def test_without_validation_nobody_can_tell() -> None:
    assert History([epoch(i, 1.0 / i) for i in range(1, 9)]).overfitting == ""


# When to stop.


def test_stop_at_a_loss_or_an_accuracy() -> None:
    assert [stop_at(loss=0.5)(epoch(1, loss)) for loss in (0.6, 0.5, 0.4)] == [False, True, True]
    assert [stop_at(accuracy=0.9)(epoch(1, 1.0, accuracy=a)) for a in (None, 0.89, 0.9)] == [False, False, True]
    assert not stop_at(loss=0.5)(epoch(1, 0.1, 0.6)), "validation decides"
    assert stop_at(accuracy=1.0)(epoch(1, 1.0, accuracy=1.0))


def test_stop_at_wants_exactly_one_goal() -> None:
    for goals in ({}, {"loss": 0.1, "accuracy": 0.9}):
        with pytest.raises(ValueError, match=r"a loss or .* an accuracy"):
            stop_at(**goals)


@pytest.mark.parametrize("accuracy", [97.0, 1.1, 0.0, -0.5, nan])
def test_an_accuracy_that_cannot_be_reached_or_always_is_is_refused(accuracy: float) -> None:
    with pytest.raises(ValueError, match=f"accuracy to stop at must be above 0 and at most 1, got {accuracy}"):
        stop_at(accuracy=accuracy)


@pytest.mark.parametrize("loss", [nan, inf])
def test_a_loss_to_stop_at_must_be_finite(loss: float) -> None:
    with pytest.raises(ValueError, match=f"loss must be a finite number, got {loss}"):
        stop_at(loss=loss)


def test_an_epoch_is_a_line_of_what_was_measured() -> None:
    assert str(TWO.epochs[1]) == "epoch 2: loss 0.5, seconds 3"
    assert str(TWO.epochs[0]).endswith("validation_accuracy 0.125, seconds 1.5, mean absolute error 0.3")


def test_a_history_knows_its_validation_losses_and_accuracies() -> None:
    assert TWO.validation_losses == [0.8]
    assert (TWO.accuracies, TWO.validation_accuracies) == ([0.25], [0.125])


@pytest.mark.parametrize(
    ("item", "answer"),
    [
        ("val_accuracy", "purenn calls it history.validation_accuracies"),
        ("lr", "losses, validation_losses, accuracies and validation_accuracies have a number for each epoch"),
        (0, "losses, validation_losses, accuracies and validation_accuracies have a number for each epoch"),
    ],
)
def test_the_items_that_a_history_has_elsewhere_are_answered(item: object, answer: str) -> None:
    with pytest.raises(TypeError, match=f"^a History has no item {item!r}; {answer}$"):
        methodcaller("__getitem__", item)(TWO)


def test_a_history_shows_its_length_and_its_best_epoch() -> None:
    assert repr(TWO) == "History(2 epochs, best 2: loss 0.5)"
    assert repr(History([epoch(1, 0.7, 0.5)])) == "History(1 epoch, best 1: validation_loss 0.5)"
    assert repr(History([])) == "History(0 epochs)"


def test_a_history_answers_to_the_names_of_another_library() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'loss'; purenn calls it history\.losses$"):
        attrgetter("loss")(TWO)
