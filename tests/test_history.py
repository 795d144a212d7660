"""The record of a training: its files, the warning of overfitting, and how epochs are judged."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import replace
from math import inf, isnan, log, nan
from operator import attrgetter, methodcaller
from pathlib import Path
from random import Random

import pytest

from purenn.engine import ADVICE, Job
from purenn.errors import FormatError, TrainingError
from purenn.history import (
    RISEN,
    Advice,
    Epoch,
    Evidence,
    History,
    Watch,
    check_metrics,
    from_json,
    high_accuracy,
    low_loss,
    rank_sum,
    stop_at,
    to_json,
)
from purenn.layers import Layer, Linear
from purenn.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.normalization import Scaling
from purenn.samples import Images, Labels, Rows, Samples


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
        (f"{HEADER}\n" + "1" * 200_000, "neither CSV nor JSON lines in UTF-8: field larger than field limit"),
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


def judged(last: float = 0.1, after: float = 0.1, surplus: float = 0.0) -> Evidence:
    """Evidence of a training that began with a loss of 0.8, where the best constant has 0.7."""
    return Evidence(before=0.8, last=last, after=after, constant=0.7, kept=2, surplus=surplus)


@pytest.mark.parametrize(("surplus", "told"), [(3.01, True), (3.0, False), (0.0, False), (-1.0, False)])
def test_a_surplus_that_chance_explains_is_not_overfitting(surplus: float, told: bool) -> None:
    """Chance explains three standard deviations of the ranks."""
    parted = curves([0.9, 0.5, 0.3, 0.2, 0.1], [0.8, 0.6, 0.65, 0.7, 0.9])
    words = replace(parted, evidence=judged(surplus=surplus)).overfitting
    assert words.startswith("overfitting: since epoch 2 ") == told


def test_a_training_that_has_diverged_does_not_overfit() -> None:
    parted = curves([0.9, 0.5, 0.3, 0.2, 0.1], [0.8, 0.6, 0.65, 0.7, 0.9])
    history = replace(parted, evidence=judged(last=1e3, surplus=9.0))
    assert history.overfitting == ""
    assert [finding.partition(":")[0] for finding in history.findings] == ["diverged in the end"]


def test_samples_learned_by_heart_are_told_once_where_validation_kept_a_network_that_knows_nothing() -> None:
    parted = curves([0.9, 0.5, 0.3, 0.2, 0.1], [0.8, 0.6, 0.65, 0.7, 0.9])
    (finding,) = replace(parted, evidence=judged(last=0.1, after=0.69, surplus=5.0)).findings
    assert finding.startswith("learned its samples by heart: the loss on 300 training samples fell to 0.1, but ")
    assert "not finished" not in finding


def test_more_epochs_are_not_advised_where_only_the_training_loss_still_falls() -> None:
    training = [0.69, 0.68, 0.67, 0.66, 0.65, 0.64]
    assert "not finished" in told(judged(last=0.64, after=0.64), list(curves(training, training).epochs))
    words = told(judged(last=0.64, after=0.64), list(curves(training, [0.69, 0.68, 0.68, 0.68, 0.69, 0.69]).epochs))
    assert words.startswith("learned little")


def test_losses_are_compared_by_their_ranks() -> None:
    # 3 of 3 above both: U = 6 and z = (6 - 3) / √(6 · 6 / 12)
    assert rank_sum([3.0, 4.0, 1e9], [1.0, 2.0]) == pytest.approx(3.0 / 3.0**0.5)
    assert rank_sum([1.0, 1.0], [1.0, 1.0, 1.0]) == 0.0
    assert rank_sum([1.0], [2.0]) == -rank_sum([2.0], [1.0])


# Findings, told from the losses before and after a training.

FIVE = [epoch(number, 0.9 / number) for number in range(1, 6)]


def told(evidence: Evidence, epochs: list[Epoch] | None = None) -> str:
    return "; ".join(History(epochs or FIVE, evidence=evidence).findings)


def test_a_training_without_evidence_is_not_judged() -> None:
    assert History(FIVE).findings == ()
    assert History(FIVE).failure == ""


def test_a_training_that_has_learned_is_not_talked_about() -> None:
    assert told(judged()) == ""
    assert told(judged(after=0.59)) == "", "below 85 % of the best constant's loss"


@pytest.mark.parametrize("after", [1.61, 1e30, inf, nan])
def test_twice_the_loss_of_knowing_nothing_has_diverged(after: float) -> None:
    words = told(judged(last=after, after=after))
    assert words.startswith(
        f"diverged: the loss on 300 training samples is {after:.4g}, but the untrained network has 0.8"
    )
    assert words.endswith("the learning rate of 0.1 is too high. Try optimizer=SGD(0.01) and a new network")
    assert History(FIVE, evidence=judged(last=after, after=after)).failure == words


def test_a_network_from_before_the_explosion_that_knows_nothing_has_diverged_too() -> None:
    assert told(judged(last=2.0, after=0.71)).startswith("diverged: the loss on 300 training samples is 0.71")
    assert not told(judged(last=0.71, after=0.71)).startswith("diverged")


def test_a_loss_below_that_of_the_untrained_network_has_not_diverged() -> None:
    # unscaled samples: the untrained network is a million times worse than the mean of the targets
    unscaled = Evidence(before=1e9, last=1e6, after=1e6, constant=100.0, kept=5)
    assert not told(unscaled).startswith("diverged")


def test_a_network_that_answers_well_is_kept_though_its_loss_has_exploded() -> None:
    sure = replace(judged(last=30.0, after=30.0), wrong=0.03, wrong_constant=0.9)
    assert told(sure).startswith("diverged: ")
    assert History(FIVE, evidence=sure).failure == ""
    assert History(FIVE, evidence=replace(sure, wrong=0.19)).failure != "", "0.18 is a fifth of 0.9"


def test_a_good_network_from_before_the_explosion_is_kept_and_the_explosion_told() -> None:
    evidence = judged(last=1e9, after=0.2)
    assert told(evidence).startswith("diverged in the end: the last loss is 1e+09, but the untrained network has 0.8")
    assert told(evidence).endswith("The network of epoch 2 is kept, with a loss of 0.2")
    assert History(FIVE, evidence=evidence).failure == ""


def test_a_loss_that_jumped_is_told_unless_the_network_is_good_in_the_end() -> None:
    jump = [epoch(1, 0.7), epoch(2, 50.0), epoch(3, 0.6), epoch(4, 0.55), epoch(5, 0.5)]
    assert told(judged(after=0.5), jump).startswith("unsteady: the loss was 50 in epoch 2 and is 0.5 now, but ")
    assert told(judged(after=0.3), jump) == ""


def test_a_loss_no_better_than_the_best_constant_has_learned_nothing() -> None:
    flat = [epoch(number, 0.7) for number in range(1, 6)]
    assert told(judged(after=0.7), flat).startswith("learned nothing: the loss on 300 training samples is 0.7, and ")
    assert told(judged(after=0.65), flat).startswith("learned little: ")
    assert told(judged(after=0.65), flat[:2]) == "", "nobody expects much after two epochs"


def test_answers_no_better_than_the_most_frequent_are_told_though_the_loss_has_fallen() -> None:
    alike = replace(judged(after=0.1), wrong=0.5, wrong_constant=0.5)
    assert told(alike).startswith("answers no better: 50% of the answers on 300 training samples are right, no more ")
    assert told(replace(alike, wrong=0.4)) == "", "some are right that the most frequent answer would get wrong"
    assert told(replace(alike, wrong=0.0, wrong_constant=0.0)) == "", "all have the same answer"
    assert told(alike, FIVE[:2]) == "", "nobody expects much of two epochs"


def test_a_loss_that_is_still_falling_wants_more_epochs() -> None:
    words = told(judged(after=0.71))
    assert words.startswith("not finished: ")
    assert words.endswith("it is still falling. Try epochs=15 or a higher learning rate")


def test_a_rate_that_makes_it_worse_is_lowered_and_never_called_too_low() -> None:
    """As with pictures of digits at a rate of 1: the loss falls, but only back to that of knowing nothing."""
    back = [epoch(number, 0.85 - 0.01 * number) for number in range(1, 10)]
    words = told(replace(judged(after=0.76), risen=RISEN, before=0.79), back)
    assert words.startswith(
        "unsteady: the loss was 0.84 in epoch 1 and is 0.76 now, but the untrained network has 0.79"
    )
    assert words.endswith("is too high. Try optimizer=SGD(0.01)")
    assert "a higher learning rate" in told(replace(judged(after=0.76), risen=RISEN, before=0.84), back)


def test_a_loss_that_was_low_and_rises_above_that_of_knowing_nothing_is_unsteady() -> None:
    swings = [epoch(1, 0.6), epoch(2, 0.08), epoch(3, 0.92), epoch(4, 0.16)]
    words = told(judged(), swings)
    assert words.startswith("unsteady: the loss was 0.08 in epoch 2 and 0.92 in epoch 3, but the untrained network")
    assert words.endswith("Try optimizer=SGD(0.01). The network of epoch 2 is kept, with a loss of 0.1")
    assert told(judged(), [epoch(1, 0.6), epoch(2, 0.08), epoch(3, 0.69), epoch(4, 0.16)]) == ""
    assert told(judged(), [epoch(1, 0.92), epoch(2, 0.36), epoch(3, 0.71), epoch(4, 0.16)]) == ""


def test_a_network_without_a_hidden_layer_that_learned_nothing_is_told_so() -> None:
    words = told(replace(judged(after=0.7), flat=True), [epoch(number, 0.7) for number in range(1, 6)])
    assert "without a hidden layer a network separates by straight lines only, too little for XOR" in words
    assert "Try a hidden layer, " in words


def test_right_answers_of_a_network_that_learned_nothing_are_luck() -> None:
    flat = [epoch(number, 0.7) for number in range(1, 6)]
    assert "; that 75 % are right is luck" in told(replace(judged(after=0.7), wrong=0.25, wrong_constant=0.5), flat)
    assert "luck" not in told(replace(judged(after=0.7), wrong=0.5, wrong_constant=0.5), flat)


def test_where_all_targets_are_equal_there_is_nothing_to_learn() -> None:
    assert told(replace(judged(after=0.01), constant=0.0)) == ""


def test_causes_come_first_and_scaled_targets_only_where_it_failed() -> None:
    healthy = replace(judged(), causes=("no training sample has class 7",), targets="targets: badly scaled")
    assert History(FIVE, evidence=healthy).findings == ("no training sample has class 7",)
    failed = History(FIVE, evidence=replace(healthy, after=9.0)).findings
    assert failed[:2] == ("no training sample has class 7", "targets: badly scaled")
    assert failed[2].endswith("Try optimizer=SGD(0.01) and a new network, after what is said above")


@pytest.mark.parametrize(("rate", "lower"), [(0.05, "0.005"), (1.0, "0.1"), (5.0, "0.1"), (1e10, "0.1")])
def test_a_tenth_of_the_rate_is_suggested_and_never_more_than_a_usual_one(rate: float, lower: str) -> None:
    assert Advice().lower(rate) == f"optimizer=SGD({lower})"
    assert Advice(rate="--learning-rate {:.2g}").lower(rate) == f"--learning-rate {lower}"


# The measurements.


def watched(inputs: Rows, targets: Rows, *layers: Layer, validation: Samples | None = None) -> Watch:
    network = Sequential(*(layers or [Linear(inputs.columns, targets.columns, Random(0))]))
    loss = CrossEntropy() if isinstance(targets, Labels) else MeanSquaredError()
    return Watch(Job(network, Samples(inputs, targets), loss), validation)


def linear(*weights: float, bias: tuple[float, ...] = (0.0,)) -> Linear:
    """A layer of one input, with a weight and a bias for each output."""
    layer = Linear(1, len(weights), Random(0))
    layer.weight, layer.bias = Matrix([list(weights)]), Matrix([list(bias)])
    return layer


def test_columns_that_are_badly_scaled_are_named_before_a_training() -> None:
    (said,) = watched(Matrix([[850, 1], [2400, 2]]), Matrix([[0], [1]])).causes
    assert said.startswith("inputs: badly scaled: column 0 with mean 1625 and standard deviation 775: no learning rate")
    assert "standardize(inputs)" in said


def test_whole_numbers_up_to_255_may_be_pixels_to_divide() -> None:
    pixels = Matrix([[float(37 * i * j % 256) for j in range(16)] for i in range(10)])
    assert "if they are pixels, divide them by 255" in watched(pixels, Matrix([[0.5]] * 10), Linear(16, 1)).causes[0]
    halves = watched(pixels * 0.5, Matrix([[0.5]] * 10), Linear(16, 1)).causes[0]
    assert halves.startswith("inputs: badly scaled: column 6 with mean")


def test_pictures_and_networks_that_scale_are_not_blamed() -> None:
    assert watched(Images(bytes([0, 255]), 1, 1), Matrix([[0], [1]])).causes == ()
    houses, prices = Matrix([[850], [2400]]), Matrix([[170_000], [480_000]])
    assert watched(houses, prices, Scaling([1625], [775]), Linear(1, 1, Random(0))).causes == ()


def test_badly_scaled_targets_are_remembered_for_a_failure() -> None:
    assert watched(Matrix([[0], [1]]), Matrix([[0], [1]])).targets == ""
    watch = watched(Matrix([[0], [1]]), Matrix([[170_000], [480_000]]))
    assert watch.causes == ()
    assert watch.targets.startswith("targets: badly scaled: column 0 with mean 3.25e+05")
    error = watch.explained(TrainingError(f"epoch 1: {ADVICE} (the rate was 0.5)"), 0.5)
    assert (
        str(error)
        == f"epoch 1: {ADVICE} (the rate was 0.5); for example optimizer=SGD(0.05) and a new network; {watch.targets}"
    )
    other = TrainingError("a worker process ended unasked")
    assert watch.explained(other, 0.5) is other


@pytest.mark.parametrize("weight", [2.9e154, inf, nan])
def test_a_network_that_has_diverged_before_is_named_as_the_cause(weight: float) -> None:
    watch = watched(Matrix([[0], [1]]), Matrix([[0], [1]]), linear(weight))
    (cause,) = watch.causes
    said = f"the network begins with a weight of {weight:.3g}, as one that has diverged: start with a new network"
    assert cause == said
    assert str(watch.explained(TrainingError(ADVICE), 0.5)) == f"{ADVICE}; {said}"
    assert watched(Matrix([[0], [1]]), Matrix([[0], [1]]), linear(1e8)).causes == ()


# Before: x = 1 and 2 give 0.75 and 1.25, but should give 2 and 3: (1.25² + 1.75²) / 2 = 2.3125, so 2312.5 is the limit.
@pytest.mark.parametrize(
    ("losses", "hopeless"),
    [
        ([1e30] * 10, True),
        ([10.0**i for i in range(4, 14)], True),
        ([nan] * 10, True),
        ([1e30] * 9, False),  # it may come back
        ([1e30] * 5 + [1.2e3] + [1e30] * 4, False),
        ([1e30] * 9 + [1e29], False),  # it falls
    ],
)
def test_a_loss_that_stays_a_thousand_times_too_high_leaves_no_hope(losses: list[float], hopeless: bool) -> None:
    watch = watched(Matrix([[1], [2]]), Matrix([[2], [3]]), linear(0.5, bias=(0.25,)))
    assert watch.before == pytest.approx(2.3125)
    assert bool(watch.hopeless([epoch(number, loss) for number, loss in enumerate(losses, 1)])) == hopeless


def test_a_class_that_training_lacks_is_named_and_whether_validation_has_it() -> None:
    inputs = Matrix([[0], [1]])
    assert watched(inputs, Labels([0, 1], 2)).causes == ()
    assert watched(inputs, Labels([0, 2], 4)).causes == (
        "no training sample has class 1, 3: the network cannot learn it",
    )
    validation = Samples(inputs, Labels([0, 3], 4))
    assert watched(inputs, Labels([0, 2], 4), validation=validation).causes == (
        "no training sample has class 1, 3, but validation samples have class 3: the network cannot learn it",
    )


def test_a_class_is_named_by_its_name() -> None:
    network = Sequential(Linear(1, 3, Random(0)))
    network.classes = ("cat", "dog", "owl")
    job = Job(network, Samples(Matrix([[0], [1]]), Labels([0, 2], 3)), CrossEntropy())
    assert Watch(job, None).causes == ("no training sample has class dog: the network cannot learn it",)


def test_classes_that_take_turns_are_all_among_the_few_samples_that_judge() -> None:
    samples = Samples(Matrix([[i % 2] for i in range(600)]), Matrix([[i % 2] for i in range(600)]))
    watch = Watch(Job(Sequential(Linear(1, 1, 0)), samples, BinaryCrossEntropy()), None)
    assert watch.constant == pytest.approx(log(2.0), rel=0.01)


def test_evidence_is_measured_on_a_few_hundred_samples_and_by_hand() -> None:
    # y = w x, with w = 0 before, 1 in the end, and 2 kept; the targets are 2 x: a loss is (w - 2)² x²
    x, t = Matrix([[1], [2]]), Matrix([[2], [4]])
    last, kept = Sequential(linear(1.0)), Sequential(linear(2.0))
    watch = watched(x, t, linear(0.0), validation=Samples(Matrix([[3], [3]]), Matrix([[6], [8]])))
    evidence = watch.evidence(last, lambda: kept, 7)
    assert (evidence.before, evidence.last, evidence.after, evidence.kept) == (10.0, 2.5, 0.0, 7)
    assert (evidence.constant, evidence.count, evidence.wrong) == (1.0, 2, None)  # about the mean, 3
    # the losses of 9 and 25 are both above those of 1 and 4: U = 4, and z = (4 - 2) / √(4 · 5 / 12)
    assert evidence.surplus == pytest.approx(2.0 / (20.0 / 12.0) ** 0.5)
    many = Matrix([[float(i)] for i in range(1000)])
    assert 200 < len(watched(many, many).samples) <= 300


def test_a_classifier_is_compared_with_the_most_frequent_class() -> None:
    watch = watched(Matrix([[0], [1], [2], [3]]), Labels([0, 0, 0, 1], 2))
    network = Sequential(linear(0.0, 0.0, bias=(0.0, 1.0)))  # it always answers 1
    evidence = watch.evidence(network, lambda: network, 1)
    assert (evidence.wrong, evidence.wrong_constant) == (0.75, 0.25)


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


def test_classes_for_a_single_output_are_doubted() -> None:
    def causes(targets: list[float]) -> tuple[str, ...]:
        samples = Samples(Matrix([[0.0]] * len(targets)), Matrix([[target] for target in targets]))
        return Watch(Job(Sequential(Linear(1, 1, 0)), samples, MeanSquaredError()), None).causes

    (said,) = causes([0, 1, 2] * 3)
    assert said.endswith("learned as a quantity by a single output: if they are classes, the network needs 3 outputs")
    assert causes([0, 1] * 3) == causes([0, 1, 2.5] * 3) == causes([0, 1, 3] * 3) == causes([0, 1, 2]) == ()
