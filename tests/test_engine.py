"""What the engines share: how answers are told, losses weighted, scores taken, and random numbers found again."""

from __future__ import annotations

import json
from math import log
from random import Random

import pytest

from purenn.engine import (
    State,
    answers_of,
    count_right,
    evaluate,
    note_of,
    part_of,
    random_state,
    restore_random,
    score_of,
    weighted_loss,
    weights_of,
)
from purenn.float_engine import FloatEngine
from purenn.formats import Tensor
from purenn.lanes.engine import LanesEngine
from purenn.layers import Linear
from purenn.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError
from purenn.matrix import Matrix
from purenn.metrics import classes, labels
from purenn.network import Sequential
from purenn.optimizers import SGD
from purenn.samples import Images, Labels, Samples, Selection, as_rows

# Answers.


def test_what_targets_ask_for() -> None:
    several = Matrix([[0, 0, 1], [1, 0, 1], [0, 1, 1], [1, 1, 0]])
    assert answers_of(Labels([0, 1], 3)) is classes
    assert answers_of(Matrix([[0], [1]])) is classes
    assert answers_of(Matrix([[0, 1], [1, 0]])) is classes
    assert answers_of(several) is labels
    assert answers_of(Matrix([[0, 0], [1, 0]])) is labels
    assert answers_of(Matrix([[0.5], [1.0]])) is None
    assert answers_of(Matrix([[0, 1], [1, 2]])) is None
    assert answers_of(Images(bytes([0, 255, 128, 0]), 2, 2)) is None


def test_a_selection_asks_for_what_its_whole_does() -> None:
    several = Matrix([[0, 1], [1, 0], [1, 1]])
    assert answers_of(Selection(several, [0, 1])) is labels
    assert answers_of(Selection(Selection(Labels([0, 1], 2), [1]), [0])) is classes


def test_right_answers_are_counted_as_the_targets_ask() -> None:
    # as classes 0 and 1 are right, and 2 is not; as labels, over 1/2 each, only 1 is
    outputs, targets = Matrix([[0.9, 0.6], [0.4, 0.7], [0.2, 0.3]]), Matrix([[1, 0], [0, 1], [1, 0]])
    assert count_right(classes, MeanSquaredError(), outputs, targets) == 2
    assert count_right(labels, MeanSquaredError(), outputs, targets) == 1
    assert count_right(None, MeanSquaredError(), outputs, targets) == 0


def test_validation_is_answered_as_training_is() -> None:
    # several labels in training; in validation each sample happens to have one, and they are labels all the same
    network = Sequential(Linear(2, 2, Random(0)))
    network.load_state({"0.weight": Tensor((2, 2), [1.0, 0.0, 0.0, 1.0]), "0.bias": Tensor((2,), [0.0, 0.0])})
    training = Samples(as_rows([[0, 0], [1, 1]]), as_rows([[0, 0], [1, 1]]))
    validation = Samples(as_rows([[2, 1], [-1, -2]]), as_rows([[1, 0], [1, 0]]))  # as classes both would be right
    for engine in (
        FloatEngine(network, training, BinaryCrossEntropy(), SGD(), 2, Random(0)),
        LanesEngine(network, training, BinaryCrossEntropy(), Random(0)),
    ):
        assert engine.evaluate(validation).accuracy == 0.0
    assert evaluate(network, validation, BinaryCrossEntropy()).accuracy == 1.0
    assert score_of(network, validation, BinaryCrossEntropy(), None).accuracy is None


# Weights.


def test_weights_of_a_batch() -> None:
    inputs, targets = as_rows([1, 2, 3]), as_rows([1, 2, 3])
    assert weights_of(Samples(inputs, targets), [2, 0]) == []
    assert weights_of(Samples(inputs, targets, [0.5, 1.0, 2.0]), [2, 0]) == [2.0, 0.5]


def test_the_weighted_loss_is_divided_by_the_samples_and_not_by_their_weights() -> None:
    # (2 · 3² + 0.5 · 2²) / 2 = 10; without weights (9 + 4) / 2
    outputs, targets = Matrix([[3.0], [2.0]]), Matrix([[0.0], [0.0]])
    assert weighted_loss(MeanSquaredError(), outputs, targets, [2.0, 0.5]) == 10.0
    assert weighted_loss(MeanSquaredError(), outputs, targets, []) == 6.5


def test_a_sample_that_counts_for_nothing_may_have_an_infinite_loss() -> None:
    outputs, targets = Matrix([[1e200], [0.0]]), Matrix([[0.0], [2.0]])
    assert weighted_loss(MeanSquaredError(), outputs, targets, [0.0, 1.0]) == 2.0


def test_a_score_averages_over_batches_of_unequal_size_with_weights() -> None:
    # 150 samples, evaluated 100 at a time: of class 0 with weight 1 and, from 120 on, of class 1 with weight 4;
    # logits 0 and 0 have a loss of ln 2 each
    network = Sequential(Linear(1, 2, Random(0)))
    network.load_state({"0.weight": Tensor((2, 1), [0.0, 0.0]), "0.bias": Tensor((2,), [0.0, 0.0])})
    targets = Labels([0] * 120 + [1] * 30, classes=2)
    score = evaluate(network, Samples(as_rows([0] * 150), targets, [1.0] * 120 + [4.0] * 30), CrossEntropy())
    assert score.loss == pytest.approx(log(2.0) * (120 + 4 * 30) / 150)
    assert score.accuracy == 0.8  # how many, and not how much they count


# States.


def test_the_part_of_a_state_under_a_prefix() -> None:
    one, two = Tensor((1,), [1.0]), Tensor((1,), [2.0])
    assert part_of({"a.x": one, "b.a.x": two}, "a.") == {"x": one}


def test_a_note_that_is_missing_is_named_with_those_there_are() -> None:
    assert note_of(State({}, {"bits": "12"}), "bits") == "12"
    with pytest.raises(ValueError, match=r"another engine: it has no 'steps', only bits, random$"):
        note_of(State({}, {"bits": "12", "random": "…"}), "steps")
    with pytest.raises(ValueError, match="only nothing"):
        note_of(State({}, {}), "steps")


@pytest.mark.parametrize("numbers_before", [0, 1, 2, 700])
def test_random_numbers_go_on_where_they_were(numbers_before: int) -> None:
    # gauss makes two numbers at a time and keeps one, which is part of the state
    rng, other = Random(1), Random(2)
    for _ in range(numbers_before):
        rng.gauss(0.0, 1.0)
    restore_random(other, random_state(rng))
    for _ in range(3):
        assert rng.gauss(0.0, 1.0) == other.gauss(0.0, 1.0)
        assert rng.getrandbits(64) == other.getrandbits(64)


STATE = json.loads(random_state(Random(1)))


@pytest.mark.parametrize(
    "state",
    [
        "",
        "5",
        "null",
        "[3, [1, 2], null]",
        "[3, 5, null]",
        json.dumps([9, *STATE[1:]]),
        json.dumps([3, [-1, *STATE[1][1:]], None]),
        json.dumps([3, [0.5, *STATE[1][1:]], None]),
        json.dumps([3, STATE[1], "spare"]),
        json.dumps([3, STATE[1], [1.0]]),
        "[" * 100_000,
    ],
    ids=lambda state: f"{state[:10]}…{state[-10:]}",
)
def test_what_is_no_state_of_a_generator_is_a_value_error(state: str) -> None:
    with pytest.raises(ValueError, match="not the state of a random number generator"):
        restore_random(Random(0), state)
