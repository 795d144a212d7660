"""The answers of a network beside what is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from purenn.cli import own_data
from purenn.cli.evaluation import class_rows, evaluated
from purenn.cli.saved import SavedNetwork
from purenn.errors import ShapeError
from purenn.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError
from purenn.matrix import Matrix
from purenn.samples import Labels, Samples
from tests.cli.conftest import linear_network
from tests.conftest import line

NAMES = ("left", "right")


def some(samples: Samples, classes: tuple[str, ...] = ()) -> own_data.Tested:
    return own_data.Tested("some", samples, classes, "some samples")


def test_classes_are_compared_with_the_largest_outputs() -> None:
    network = linear_network([[1.0, 0.0], [0.0, 1.0]], loss=CrossEntropy())
    samples = Samples(Matrix([[2.0, 0.0], [0.0, 2.0], [2.0, 0.0]]), Labels([0, 1, 1], 2))
    found = evaluated(SavedNetwork(Path("m"), network, CrossEntropy(), {}), some(samples, NAMES))
    assert (found.actual, found.answers) == ([0, 1, 1], [0, 1, 0])
    assert found.confusion == [[1, 0], [1, 1]]
    assert found.confusion.names == NAMES
    assert found.accuracy == pytest.approx(2 / 3)


def test_a_single_output_tells_two_classes_apart() -> None:
    network = linear_network([[1.0]], loss=BinaryCrossEntropy())
    samples = Samples(Matrix([[-1.0], [1.0]]), Matrix([[0.0], [0.0]]))
    found = evaluated(SavedNetwork(Path("m"), network, BinaryCrossEntropy(), {}), some(samples, NAMES))
    assert found.confusion == [[1, 1], [0, 0]]


def test_quantities_have_errors() -> None:
    samples = Samples(Matrix([[1], [2], [3]]), Matrix([[1], [2], [6]]))
    found = evaluated(SavedNetwork(Path("m"), line(1.0), MeanSquaredError(), {}), some(samples))
    assert found.pairs == [(1.0, 1.0), (2.0, 2.0), (6.0, 3.0)]
    # squared distances from the mean 3 are 4 + 1 + 9 = 14, and the only error is 3
    assert found.errors == {
        "root_mean_squared_error": pytest.approx(3**0.5),
        "mean_absolute_error": pytest.approx(1.0),
        "r2": pytest.approx(1 - 9 / 14),
    }


def test_a_network_for_others_is_refused_with_both_sizes() -> None:
    samples = Samples(Matrix([[1.0]]), Matrix([[1.0, 2.0]]))
    with pytest.raises(ShapeError, match="m has 1 outputs, but some needs 2"):
        evaluated(SavedNetwork(Path("m"), line(1.0), MeanSquaredError(), {}), some(samples))


def test_a_quotient_of_0_and_0_is_no_figure() -> None:
    assert class_rows([[1, 0], [0, 0]], NAMES) == [
        ["class", "precision", "recall", "F1", "samples"],
        ["left", "1.0000", "1.0000", "1.0000", "1"],
        ["right", "-", "-", "-", "0"],
    ]
