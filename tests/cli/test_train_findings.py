"""The words of `purenn train` about how it went: no false alarm on healthy trainings, and none missed on sick ones.

A few seeds run always; with the slow tests, 20 seeds on the data sets that take no time, and fewer on those that do.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import NamedTuple

import pytest

from purenn import datasets
from purenn.cli import main
from purenn.datasets import Dataset
from purenn.samples import Labels, Samples, classes
from tests.cli.conftest import Captured, trained

pytestmark = pytest.mark.usefixtures("empty")

RATES = {"xor": 0.5, "house-prices": 0.05, "circles": 0.1, "moons": 0.1, "spirals": 0.1, "blobs": 0.1}
# The healthy networks of these data sets tell all but a few test samples apart, or are wrong by 100 squared on prices.
GOOD_ACCURACY, GOOD_LOSS = 0.85, 1000.0


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
    ("name", "seeds"),
    [
        ("and", 20),
        ("or", 20),
        ("xor", 20),
        ("house-prices", 20),
        ("circles", 10),
        ("moons", 10),
        ("spirals", 3),
        ("blobs", 20),
        ("strokes", 3),
    ],
)
def test_nothing_is_wrong_with_many_healthy_trainings(name: str, seeds: int, capsys: Captured) -> None:
    found = [outcome(capsys, *words_of(name, seed)) for seed in range(seeds)]
    assert [each for each in found if each.told or each.status] == []
    assert [each for each in found if not each.good] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["and", "xor", "circles", "moons", "spirals", "blobs"])
def test_nothing_false_is_told_of_the_lanes_engine(name: str, capsys: Captured) -> None:
    """Its recipe is made for pictures: what it learns too slowly is told as such, and nothing else."""
    for seed in range(3):
        found = outcome(capsys, *words_of(name, seed), "--engine", "lanes")
        assert found.told.startswith(("not finished: ", "learned ")) or not found.told
        assert not found.told or not found.good or name == "and"
        assert not any(word in found.told for word in ("diverged", "unsteady", "overfitting"))


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


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("moons --learning-rate 3", "unsteady: the loss was 0.0"),
        ("strokes --limit 2000 --learning-rate 0.5 --epochs 2", "unsteady: the loss was "),
        ("digits --learning-rate 0.6 --epochs 5", "unsteady: the loss was "),
    ],
)
def test_a_rate_that_makes_the_loss_rise_is_told_and_no_higher_one_is_suggested(
    words: str, told: str, capsys: Captured
) -> None:
    found = outcome(capsys, *words.split())
    assert told in found.told
    assert "is too high. Try --learning-rate 0." in found.told
    assert "higher" not in found.told.replace("too high", "")


@pytest.mark.parametrize("words", ["moons --learning-rate 1000", "house-prices --learning-rate 1"])
def test_a_training_without_hope_ends_early(words: str, capsys: Captured) -> None:
    assert main(["train", *words.split()]) == 1
    said = capsys.readouterr().err
    assert (
        "\nstopped: for 10 epochs the loss was over 1,000 times that of knowing nothing, and has not fallen\n" in said
    )
    assert "diverged: " in said
    assert "epoch 25/" not in said


def test_one_layer_of_neurons_cannot_learn_xor_and_is_told_why(capsys: Captured) -> None:
    told = outcome(capsys, "xor", "--hidden", "0").told
    assert "without a hidden layer a network separates by straight lines only, too little for XOR" in told
    assert "Try --hidden 8, " in told
    assert outcome(capsys, "and", "--hidden", "0") == ("", 0, True)
    with pytest.raises(SystemExit):
        main(["train", "xor", "--hidden", "8", "0"])
    assert "0 stands alone, for no hidden layer, got 8 0" in capsys.readouterr().err


@pytest.mark.parametrize("units", [["10000000"], ["9" * 30], ["6000", "6000"], ["9" * 4300]])
def test_a_network_that_would_fill_the_memory_is_refused_at_once(units: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        main(["train", "xor", "--hidden", *units])
    said = capsys.readouterr().err
    assert "argument --hidden: a network of 2, " in said
    assert " units has more than 30,000,000 numbers, which take 1 GB" in said


def test_with_a_diagnosis_on_the_screen_none_is_suggested(capsys: Captured) -> None:
    words = ["xor", "--epochs", "20", "--learning-rate", "0.01"]
    assert "or --diagnose" in trained(capsys, *words).said[-1]
    said = trained(capsys, *words, "--diagnose").said[-1]
    assert "or see the table of layers above" in said
    assert "--diagnose" not in said


@pytest.mark.slow
@pytest.mark.parametrize("name", RATES)
def test_no_training_that_fails_goes_untold(name: str, capsys: Captured) -> None:
    for factor in (10.0, 100.0, 1000.0, 1e10):
        for seed in range(1 if name in ("circles", "moons", "spirals") else 2):
            found = sick(capsys, name, factor, seed)
            assert found.told or found.good, f"{factor} times the rate, seed {seed}"
            assert "overfitting" not in found.told, f"{factor} times the rate, seed {seed}: {found}"


# Samples that cannot be learned, or only by heart.


Relabel = Callable[[list[int], Random], list[int]]


def replaced(monkeypatch: pytest.MonkeyPatch, name: str, labels: Relabel, count: int, seed: int = 0) -> None:
    """Give the first training samples of a data set other labels, made of their own and of random numbers."""
    real = datasets.load(name)
    own = classes(real.train.targets.take(range(count)))
    inputs = real.train.inputs.select(range(count))
    train = Samples(inputs, Labels(labels(own, Random(seed)), real.train.targets.columns))
    monkeypatch.setattr(datasets, "load", lambda *_: Dataset(name, train, real.test.select(range(100)), real.classes))


def noisy(own: list[int], rng: Random) -> list[int]:
    """Draw every fifth label."""
    return [label if rng.random() > 0.2 else rng.choice(own) for label in own]


LARGE = ["--hidden", "32", "--optimizer", "adam", "--epochs", "20", "--engine", "float"]


def overfitted(capsys: Captured, seed: int) -> str:
    """Return what is told of a large network on 250 noisy pictures, of which 25 are held back."""
    with pytest.MonkeyPatch.context() as patch:
        replaced(patch, "strokes", noisy, 250, seed)
        return outcome(capsys, "strokes", *LARGE, "--seed", str(seed)).told


def test_a_large_network_on_few_noisy_samples_overfits(capsys: Captured) -> None:
    assert overfitted(capsys, 0).startswith("overfitting: since epoch ")


@pytest.mark.slow
def test_overfitting_is_not_missed(capsys: Captured) -> None:
    assert [overfitted(capsys, seed)[:11] for seed in (1, 2)] == ["overfitting"] * 2


def test_of_one_class_only_it_is_said_that_the_others_are_missing(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced(monkeypatch, "blobs", lambda own, _: [1] * len(own), 100)
    assert outcome(capsys, "blobs").told == "no training sample has classes 0, 2: the network cannot learn them"


def test_random_labels_are_called_nothing_false(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line cannot learn them by heart: it learns next to nothing."""
    replaced(monkeypatch, "blobs", lambda own, rng: rng.sample(own, len(own)), 300)
    for seed in range(3):
        assert outcome(capsys, "blobs", "--seed", str(seed)).told.startswith(("learned little: ", "learned nothing: "))
