"""The words of `purenn train` about how it went: no false alarm on healthy trainings, and none missed on sick ones.

A few seeds run always, 20 seeds on every data set with the slow tests.
"""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest

from purenn.cli import main
from tests.cli.conftest import Captured

pytestmark = pytest.mark.usefixtures("empty")

RATES = {"xor": 0.5, "house-prices": 0.05, "circles": 0.1, "moons": 0.1, "spirals": 0.1, "blobs": 0.1}
# The healthy networks of these data sets tell all but a few test samples apart, or are wrong by 100 squared on prices.
GOOD_ACCURACY, GOOD_LOSS = 0.9, 1000.0


class Outcome(NamedTuple):
    """The end of a training: everything that was told as wrong, the exit status, and whether its network is good."""

    told: str
    status: int
    good: bool


def outcome(capsys: Captured, *words: str) -> Outcome:
    """Run `purenn train`, and look at its best epoch as it does."""
    status = main(["train", *words, "--json", "--force"])
    out, err = capsys.readouterr()
    events = [json.loads(line) for line in out.splitlines()]
    warnings = [event["message"] for event in events if event["event"] == "warning"]
    told = "\n".join(warning for warning in warnings if "is there already" not in warning)
    if status:
        told += err.splitlines()[-1]
    (done,) = [event for event in events if event["event"] == "done"] or [{"test_accuracy": 0.0, "test_loss": 1e9}]
    accuracy = done["test_accuracy"]
    return Outcome(told, status, done["test_loss"] < GOOD_LOSS if accuracy is None else accuracy >= GOOD_ACCURACY)


def words_of(name: str, seed: int) -> list[str]:
    """The arguments that train on a data set; on the pictures, a few of them only, which is quicker."""
    return [name, "--seed", str(seed), *(["--limit", "2000"] if name == "strokes" else [])]


# Healthy trainings.


@pytest.mark.parametrize("name", ["and", "or", "xor", "house-prices", "blobs", "moons"])
def test_nothing_is_wrong_with_a_healthy_training(name: str, capsys: Captured) -> None:
    for seed in range(2):
        assert outcome(capsys, *words_of(name, seed)) == ("", 0, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["and", "or", "xor", "house-prices", "circles", "moons", "spirals", "blobs", "strokes"]
)
def test_nothing_is_wrong_with_20_healthy_trainings(name: str, capsys: Captured) -> None:
    found = [outcome(capsys, *words_of(name, seed)) for seed in range(20)]
    assert [each for each in found if each.told or each.status] == []
    assert [each for each in found if not each.good] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["xor", "house-prices", "circles", "moons", "blobs"])
def test_nothing_false_is_told_of_the_lanes_engine(name: str, capsys: Captured) -> None:
    """Its recipe is made for pictures and may fail here: then that has to be told."""
    for seed in range(20):
        found = outcome(capsys, *words_of(name, seed), "--engine", "lanes")
        assert bool(found.told) != found.good, f"seed {seed}: {found}"


# Sick ones: learning rates that are far too high. Some data sets are learned all the same, and then nothing is sick.


def sick(capsys: Captured, name: str, factor: float, seed: int) -> Outcome:
    return outcome(capsys, *words_of(name, seed), "--learning-rate", repr(RATES[name] * factor))


@pytest.mark.parametrize(
    ("name", "factor"), [("xor", 100), ("xor", 1e10), ("house-prices", 10), ("house-prices", 1000), ("moons", 1e4)]
)
def test_a_learning_rate_that_is_far_too_high_is_told(name: str, factor: float, capsys: Captured) -> None:
    found = sick(capsys, name, factor, 0)
    assert not found.good
    assert found.status == 1
    assert "diverged" in found.told or "the loss is inf" in found.told
    assert "Try --learning-rate 0.1" in found.told or "for example --learning-rate 0.1" in found.told or factor == 10
    assert "overfitting" not in found.told


@pytest.mark.slow
@pytest.mark.parametrize("name", RATES)
def test_no_training_that_fails_goes_untold(name: str, capsys: Captured) -> None:
    for factor in (10.0, 100.0, 1000.0, 1e10):
        for seed in range(5):
            found = sick(capsys, name, factor, seed)
            assert found.told or found.good, f"{factor} times the rate, seed {seed}"
            assert "overfitting" not in found.told, f"{factor} times the rate, seed {seed}: {found}"
