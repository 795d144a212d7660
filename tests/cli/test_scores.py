"""Scores of a saved network: the figures that suit its targets."""

from __future__ import annotations

from pathlib import Path

import pytest

from purenn.cli.saved import SavedNetwork
from purenn.cli.scores import scores_of
from purenn.losses import CrossEntropy, MeanSquaredError
from purenn.matrix import Matrix
from purenn.metrics import evaluate
from purenn.network import Sequential
from purenn.samples import Labels, Samples
from tests.conftest import line, linear


def test_classes_have_an_accuracy_and_are_scored_as_in_training() -> None:
    network = Sequential(linear([[1.0, -1.0]]))
    samples = Samples(Matrix([[2], [-1], [3], [4]]), Labels([0, 1, 1, 0], 2))
    found = scores_of(SavedNetwork(Path("m"), network, CrossEntropy(), {}), samples)
    assert found == {"loss": pytest.approx(evaluate(network, samples, CrossEntropy()).loss), "accuracy": 0.75}


def test_quantities_have_an_error_in_their_unit_and_r2() -> None:
    samples = Samples(Matrix([[1], [2], [3]]), Matrix([[1], [2], [4]]))
    # y = x: errors 0, 0 and 1; the mean target is 7/3 and their squared distances add up to 16/9 + 1/9 + 25/9 = 14/3
    found = scores_of(SavedNetwork(Path("m"), line(1.0), MeanSquaredError(), {}), samples)
    assert found == {
        "loss": pytest.approx(1 / 3),
        "mean_absolute_error": pytest.approx(1 / 3),
        "r2": pytest.approx(1 - 1 / (14 / 3)),
    }
