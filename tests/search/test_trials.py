"""Trials: lines of JSON and back, and which is better."""

from __future__ import annotations

import json
from dataclasses import replace
from math import inf, nan

import pytest

from purenn.history import Epoch
from purenn.search.trials import Trial, latest, ranked

GOOD = Trial(3, {"rate": 0.1, "hidden": "64 32", "flag": True}, 4, 0.9, 0.25, 3, 1.5)


def test_a_line_of_json_has_the_whole_trial() -> None:
    assert Trial.from_json(GOOD.to_json()) == GOOD
    failed = Trial(1, {"rate": 1}, error="the loss is nan")
    assert Trial.from_json(failed.to_json()) == failed
    assert json.loads(failed.to_json())["event"] == "trial"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("trial", 0, "expected a whole number of at least 1, got 0"),
        ("trial", "3", "expected a whole number"),
        ("options", [1], "the options are"),
        ("options", {"rate": None}, "rate is None"),
        ("validation_loss", None, "expected a number"),
        ("best_epoch", True, "expected a whole number"),
        ("event", "epoch", "expected a trial"),
    ],
)
def test_a_line_with_something_else_is_refused(field: str, value: object, reason: str) -> None:
    line = json.dumps({**json.loads(GOOD.to_json()), field: value})
    with pytest.raises(ValueError, match=reason):
        Trial.from_json(line)


def test_a_trial_is_judged_in_validation() -> None:
    epoch = Epoch(2, 0.1, 0.99, 0.5, 0.8, learning_rate=0.1, seconds=1.0)
    assert Trial.of(1, {}, None, epoch, 2.0) == Trial(1, {}, None, 0.8, 0.5, 2)
    assert Trial.of(1, {}, None, epoch, 2.0).figure == 0.8
    quantity = replace(epoch, accuracy=None, validation_accuracy=None)
    assert Trial.of(1, {}, None, quantity, 2.0).figure == 0.5


@pytest.mark.parametrize("loss", [inf, nan])
def test_a_loss_that_is_not_finite_is_a_failure(loss: float) -> None:
    epoch = Epoch(2, 0.1, None, loss, None, learning_rate=0.1, seconds=1.0)
    assert Trial.of(1, {}, None, epoch, 2.0).error == f"the validation loss is {loss}"


def test_more_epochs_then_accuracy_then_loss_then_the_number_decide_and_failures_come_last() -> None:
    def trial(number: int, epochs: int, accuracy: float, loss: float, error: str = "") -> Trial:
        return Trial(number, {}, epochs, accuracy, loss, error=error)

    order = [
        trial(5, 4, 0.5, 1.0),
        trial(4, 2, 0.9, 0.5),
        trial(3, 2, 0.9, 0.6),
        trial(7, 2, 0.9, 0.6),
        trial(2, 2, 0.8, 0.1),
        trial(6, 4, 1.0, 0.0, "failed"),
    ]
    assert ranked(sorted(order, key=lambda trial: trial.number)) == order


def test_the_latest_trials_are_the_longest_of_each_number() -> None:
    trials = [Trial(1, {}, 1), Trial(2, {}, 1), Trial(2, {}, 2)]
    assert latest(trials[::-1]) == [trials[0], trials[2]]
