"""Trials of `purenn sweep`: which options of `train` they can have, and what a trial does with them."""

from __future__ import annotations

from argparse import ArgumentError
from collections.abc import Sequence

import pytest

from purenn.cli.parser import parser
from purenn.cli.trial import TrialTraining, check_option, option_words, varied_options
from purenn.datasets import Dataset
from purenn.matrix import Matrix
from purenn.samples import Samples
from purenn.search import Value


def test_every_option_of_train_can_be_varied_but_those_that_say_where_things_are() -> None:
    shown = [option[2:] for option in parser().commands["train"].options() if option.startswith("--")]
    left_out = [name for name in shown if name not in varied_options()]
    files = ["out", "checkpoint", "resume", "force"]
    assert left_out == ["help", "data", "test", "workers", "executor", "diagnose", *files, "json", "debug"]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("learning-rate", 0.02, "--learning-rate 0.02"),
        ("hidden", "64 32", "--hidden 64 32"),
        ("hidden", 16, "--hidden 16"),
        ("augment", "shift=1 mirror", "--augment shift=1 mirror"),
        ("activation", "leaky_relu(0.2)", "--activation leaky_relu(0.2)"),
        ("every-sample", "yes", "--every-sample"),
        ("every-sample", "no", ""),
        ("seed", -1, "--seed -1"),
    ],
)
def test_a_value_becomes_words_of_the_command(name: str, value: Value, words: str) -> None:
    check_option(name, value)
    assert option_words({name: value}) == words.split()


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("lr", 0.1, "'lr' is none of .*; purenn calls it learning-rate"),
        ("hiden", 4, "'hiden' is none of .*; did you mean hidden?"),
        ("workers", 2, "'workers' is none of"),
        ("hidden", "x", "hidden: expected a whole number of at least 0, got 'x'$"),
        ("optimizer", "adma", "optimizer: 'adma' is none of .*; did you mean adam?"),
        ("every-sample", "maybe", "every-sample: expected yes or no, got 'maybe'"),
    ],
)
def test_what_cannot_be_varied_is_refused(name: str, value: Value, reason: str) -> None:
    with pytest.raises(ArgumentError, match=f"argument --vary: {reason}"):
        check_option(name, value)


def test_options_that_do_not_go_together_are_a_failure_of_the_trial() -> None:
    with pytest.raises(ValueError, match="momentum"):
        TrialTraining(["moons", "--epochs", "1", "--momentum", "0.5"], "")(optimizer="adam")
    with pytest.raises(ValueError, match="0 stands alone"):
        TrialTraining(["moons", "--epochs", "1"], "")(hidden="0 4")


def test_a_trial_never_looks_at_the_test_samples(few_strokes: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Samples] = []
    take = Samples.take

    def watched(self: Samples, indices: Sequence[int]) -> tuple[Matrix, Matrix]:
        taken.append(self)
        return take(self, indices)

    monkeypatch.setattr(Samples, "take", watched)
    history = TrialTraining(["strokes", "--epochs", "1", "--hidden", "4", "--engine", "float"], "")()
    assert taken
    assert all(samples is not few_strokes.test for samples in taken)
    assert history.epochs[0].validation_accuracy is not None
    assert history.epochs[0].metrics == {}
