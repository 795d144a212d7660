"""The settings of a run: all that its bits depend on, and that a checkpoint must agree with, and nothing else."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from purenn import datasets
from purenn.checkpoints import Checkpoint
from purenn.cli.main import parse_arguments
from purenn.cli.recipes import Run, TrainArguments, prepare

STROKES = datasets.load("strokes")


def prepared(words: str, limit: int = 40) -> Run:
    """What `purenn train` with these words would do, on few samples."""
    options = TrainArguments(**vars(parse_arguments(["train", *words.split(), "--limit", f"{limit}"])))
    dataset = STROKES if options.dataset == "strokes" else datasets.load(options.dataset or "")
    with ExitStack() as stack:
        return prepare(options, dataset, stack)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--batch-size 7", "batch size 32, now 7"),
        ("--learning-rate 0.3", "learning rate 0.1, now 0.3"),
        ("--schedule cosine", "schedule linear over 100 epochs, now cosine over 100 epochs"),
        ("--schedule plateau", "schedule linear over 100 epochs, now plateau"),
        ("--epochs 9", "schedule linear over 100 epochs, now linear over 9 epochs"),
        ("--momentum 0", "momentum 0.9, now 0.0"),
        ("--weight-decay 0.01", "weight decay 0.0, now 0.01"),
        ("--seed 1", "seed 0, now 1"),
        ("--optimizer rmsprop", "optimizer sgd, now rmsprop; learning rate 0.1, now 0.01; momentum 0.9, now 0.0"),
        ("--engine lanes", "engine float, now lanes; .*; batch size 32, now 1; "),
        ("--hidden 7", 'network {"0": .*"out_features": 16.*, now {"0": .*"out_features": 7'),
        ("--activation relu", 'network .*tanh.*, now .*"relu"'),
        ("--dropout 0.1", "network .*, now .*Dropout"),
    ],
)
def test_another_option_makes_another_training(option: str, said: str) -> None:
    old, new = prepared("moons"), prepared(f"moons {option}")
    checkpoint = Checkpoint(old.settings, old.engine.state(), [], {})
    with pytest.raises(ValueError, match=f"^c is the checkpoint of another training: {said}"):
        checkpoint.check(new.settings, "c")


def test_so_do_the_data_their_number_and_the_workers() -> None:
    assert prepared("moons").settings["dataset"] == "moons"
    assert prepared("moons", limit=50).settings["training samples"] == "45"
    assert prepared("strokes --workers 2").settings["workers"] == "2"


@pytest.mark.parametrize(
    "option", ["--patience 3", "--target-accuracy 0.5", "--out m", "--checkpoint c", "--diagnose", "--json", "--resume"]
)
def test_options_that_the_bits_do_not_depend_on_may_change(option: str) -> None:
    assert prepared(f"moons {option}").settings == prepared("moons").settings


@pytest.mark.parametrize("schedule", ["constant", "plateau"])
def test_epochs_may_be_added_where_the_rates_do_not_depend_on_their_number(schedule: str) -> None:
    words = f"moons --schedule {schedule}"
    assert prepared(f"{words} --epochs 3").settings == prepared(f"{words} --epochs 9").settings
