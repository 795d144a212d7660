"""`fit` and `partial_fit`: a whole training in one call, and a single step."""

from __future__ import annotations

import copy
import random
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import log
from pathlib import Path
from random import Random

import pytest

from purenn.engine import ENGINES, Engine, FloatEngine, Job
from purenn.errors import TrainingError, TrainingWarning
from purenn.formats import Tensor
from purenn.history import Epoch, History, stop_at
from purenn.lanes import LanesEngine, ParallelEngine
from purenn.layers import Activation, Linear
from purenn.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    CrossEntropyOfProbabilities,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
)
from purenn.matrix import Matrix
from purenn.metrics import confusion_matrix, evaluate, mean_absolute_error, r2_score
from purenn.network import Sequential, feed_forward
from purenn.optimizers import SGD, Adam, OptimizerLike
from purenn.preprocessing import standardize
from purenn.regularization import Penalty, clip_by_norm, clip_by_value
from purenn.samples import Images, Labels, LossLike, Numbers, Samples, Targets, as_rows, classes
from purenn.schedules import constant, linear_decay, reduce_on_plateau
from purenn.training import fit, partial_fit
from tests.conftest import ANSWERS, XOR, bars, line, numbers

# Learning.


@pytest.mark.parametrize("seed", range(5))
def test_xor_is_learned_from_any_seed(seed: int) -> None:
    network = feed_forward([2, 8, 1], Random(seed), hidden="tanh")
    history = fit(network, XOR, ANSWERS, loss=BinaryCrossEntropy(), optimizer=SGD(0.5), epochs=300, seed=seed)
    assert network.predict_classes(XOR) == ANSWERS
    assert history.epochs[-1].accuracy == 1.0


@pytest.mark.parametrize("seed", range(5))
def test_the_line_of_house_prices_is_recovered(seed: int) -> None:
    rng = Random(seed)
    feet = Matrix([[rng.uniform(1_000.0, 3_000.0)] for _ in range(100)])
    prices = feet.map(lambda square_feet: 50_000.0 + 200.0 * square_feet + rng.gauss(0.0, 3_000.0))
    to_input, to_target = standardize(feet), standardize(prices)
    network = Sequential(Linear(1, 1, rng))
    schedule = linear_decay(0.1, epochs=30)
    fit(network, to_input(feet), to_target(prices), loss=MeanSquaredError(), schedule=schedule, epochs=30, seed=seed)
    (small,), (large,) = to_target.inverse(network.predict(to_input(Matrix([[1_000], [2_000]]))))
    # the noise leaves the slope uncertain by 3,000 / (577 * √100) = 0.5 dollars a foot; 577 is the spread of the feet
    assert (large - small) / 1_000.0 == pytest.approx(200.0, rel=0.01)
    assert small == pytest.approx(250_000.0, rel=0.01)


def test_one_full_batch_is_one_step_of_gradient_descent() -> None:
    # y = w x + b from w = b = 0 on (1, 2) and (3, 4): dL/dw = 2 (-2*1 - 4*3) / 2 = -14, dL/db = 2 (-2 - 4) / 2 = -6
    network = line()
    fit(network, [1, 3], [2, 4], loss=MeanSquaredError(), optimizer=SGD(0.01), epochs=1)
    assert numbers(network) == pytest.approx([0.14, 0.06])


def test_class_numbers_and_one_hot_rows_are_the_same_targets() -> None:
    def parameters(targets: Numbers) -> list[float]:
        network = feed_forward([2, 4, 3], Random(0))
        history = fit(network, XOR, targets, loss=CrossEntropy(), epochs=3)
        assert history.epochs[-1].accuracy is not None
        return numbers(network)

    expected = parameters(Labels([0, 2, 1, 2], classes=3))
    assert parameters([0, 2, 1, 2]) == expected
    assert parameters([[1, 0, 0], [0, 0, 1], [0, 1, 0], [0, 0, 1]]) == expected


LABELS = [[0.0, 0.0, 1.0], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 0.0]]  # bit 0, bit 1, and "not both"


def test_several_labels_are_learned_and_right_only_together() -> None:
    inputs = [[0, 0], [1, 0], [0, 1], [1, 1]]
    network = feed_forward([2, 8, 3], Random(0), hidden="tanh")
    history = fit(network, inputs, LABELS, loss=BinaryCrossEntropy(), optimizer=Adam(0.05), epochs=300)
    assert history.epochs[-1].accuracy == 1.0
    assert network.predict_multilabel(inputs) == [[int(value) for value in row] for row in LABELS]
    # one label of one sample wrong: that sample is wrong
    network.parameters[-1][0, 2] -= 1000.0
    score = evaluate(network, Samples(as_rows(inputs), as_rows(LABELS)), BinaryCrossEntropy())
    assert score.accuracy == 0.25


def test_no_warning_is_given() -> None:
    network = Sequential(Linear(1, 2, Random(0)), Activation("relu"), Linear(2, 1, Random(0)))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = fit(network, [1, 2, 3], [2, 4, 6], loss=MeanSquaredError(), optimizer=SGD(0.01), validation=0.34)
    assert (caught, len(history.epochs)) == ([], 10)


# Penalties and clipping.


def test_an_l2_penalty_is_weight_decay_of_weights() -> None:
    penalized, decayed = line(2.0), line(2.0)
    x, t = [1.0, 2.0], [1.0, 6.0]
    fit(penalized, x, t, loss=MeanSquaredError(), optimizer=SGD(0.01), epochs=1, penalty=Penalty(l2=0.5))
    fit(decayed, x, t, loss=MeanSquaredError(), optimizer=SGD(0.01, weight_decay=0.5), epochs=1)
    assert numbers(penalized) == pytest.approx(numbers(decayed))  # from a bias of 0, which does not decay
    assert numbers(penalized) != numbers(line(2.0))


def test_l1_makes_useless_weights_nothing() -> None:
    rng = Random(0)
    inputs = [[rng.gauss(0, 1) for _ in range(6)] for _ in range(60)]
    targets = [3.0 * row[0] + rng.gauss(0, 0.1) for row in inputs]

    def others(penalty: Penalty | None) -> float:
        network = feed_forward([6, 1], Random(1))
        fit(network, inputs, targets, loss=MeanSquaredError(), optimizer=SGD(0.02), epochs=60, penalty=penalty)
        assert numbers(network)[0] == pytest.approx(3.0, abs=0.3)
        return max(map(abs, numbers(network)[1:6]))

    assert others(Penalty(l1=0.1)) < 0.01 < 0.03 < others(None)


def test_the_penalized_gradient_is_clipped() -> None:
    # y = 10 for 60: dL/dw = 2 (10 - 60) = -100, and with the penalty 2 · 10 it is -80, clipped to -15; clipped first,
    # it would be -15 + 20 = 5. The bias has no penalty: -100, clipped to -15
    network = line(10.0)
    penalty, clip = Penalty(l2=2.0), clip_by_value(15.0)
    fit(network, [1], [60], loss=MeanSquaredError(), optimizer=SGD(0.1), epochs=1, penalty=penalty, clip=clip)
    assert numbers(network) == pytest.approx([11.5, 1.5])


def test_clipping_bounds_the_step() -> None:
    # the gradient is (-14, -6), as in the full batch above; by value it becomes (-1, -1), and by norm it keeps its
    # direction: 15.2315 long, it becomes (-0.9191, -0.3939)
    for clip, expected in ((clip_by_value(1.0), [0.01, 0.01]), (clip_by_norm(1.0), [0.009191, 0.003939])):
        network = line()
        fit(network, [1, 3], [2, 4], loss=MeanSquaredError(), optimizer=SGD(0.01), epochs=1, clip=clip)
        assert numbers(network) == pytest.approx(expected, rel=1e-3)


# Weights of samples and of classes.


def test_a_weight_multiplies_the_loss_and_the_gradient_of_its_sample() -> None:
    # y = 0 for (1, 2) and (3, 4) with weights 3 and 1/2: L = (3 · 2² + 0.5 · 4²) / 2 = 10,
    # dL/dw = 2 (-2·1·3 - 4·3·0.5) / 2 = -12, dL/db = 2 (-2·3 - 4·0.5) / 2 = -8
    for inputs, targets, weights in (
        ([1, 3], [2, 4], [3.0, 0.5]),
        (iter([1, 3]), iter([2, 4]), iter([3.0, 0.5])),
    ):
        network = line()
        loss, optimizer = MeanSquaredError(), SGD(0.01)
        history = fit(network, inputs, targets, loss=loss, optimizer=optimizer, epochs=1, sample_weights=weights)
        assert history.losses == pytest.approx([10.0])
        assert numbers(network) == pytest.approx([0.12, 0.08])


@pytest.mark.parametrize("loss", [CrossEntropy(), BinaryCrossEntropy(), MeanSquaredError()])
def test_a_weight_of_two_is_the_sample_twice(loss: Loss) -> None:
    def trained(inputs: Numbers, targets: Numbers, weights: Sequence[float] | None) -> list[float]:
        network = feed_forward([2, 3, 2], Random(0), hidden="tanh")
        fit(network, inputs, targets, loss=loss, optimizer=SGD(0.3), epochs=20, sample_weights=weights)
        return numbers(network)

    # three samples, the first counting twice and all by 3/4, so that both average over 4
    weighted = trained([[0, 1], [1, 0], [1, 1]], [[1, 0], [0, 1], [0, 1]], [1.5, 0.75, 0.75])
    doubled = trained([[0, 1], [0, 1], [1, 0], [1, 1]], [[1, 0], [1, 0], [0, 1], [0, 1]], None)
    assert weighted == pytest.approx(doubled)


def test_weights_of_one_change_nothing_and_of_zero_leave_a_sample_out() -> None:
    def trained(weights: Sequence[float] | None, count: int) -> list[float]:
        network = line(1.0)
        inputs, targets = [[1.0], [2.0], [3.0]][:count], [2.0, 3.0, 99.0][:count]
        fit(network, inputs, targets, loss=MeanSquaredError(), optimizer=SGD(0.02), epochs=3, sample_weights=weights)
        return numbers(network)

    assert trained([1.0, 1.0, 1.0], 3) == pytest.approx(trained(None, 3))
    assert trained([1.5, 1.5, 0.0], 3) == pytest.approx(trained(None, 2))


class Array(list[float]):
    """Weights that, as NumPy's arrays, have no truth value."""

    def __bool__(self) -> bool:
        raise ValueError("the truth value of an array is ambiguous")


@pytest.mark.parametrize("class_weights", [None, "balanced"])
def test_weights_may_be_an_array(class_weights: str | None) -> None:
    def trained(weights: Sequence[float]) -> list[float]:
        network = feed_forward([2, 1], Random(0))
        loss = BinaryCrossEntropy()
        fit(network, XOR, [0, 1, 1, 1], loss=loss, sample_weights=weights, class_weights=class_weights)
        return numbers(network)

    assert trained(Array([1.0, 2.0, 3.0, 4.0])) == trained([1.0, 2.0, 3.0, 4.0])


def test_weights_stay_with_their_samples_when_a_part_is_held_back() -> None:
    # the network answers 0, so that the loss of each sample, t², is 1, 4, 9 or 16
    squares = {1.0: 5.0, 4.0: 0.5, 9.0: 2.0, 16.0: 0.25}
    epoch = fit(
        line(),
        [0, 0, 0, 0],
        [1, 2, 3, 4],
        loss=MeanSquaredError(),
        optimizer=SGD(1e-300),
        epochs=1,
        validation=0.5,
        sample_weights=list(squares.values()),
    ).epochs[0]
    weighted = [square * weight for square, weight in squares.items()]
    pairs = {((a + b) / 2, (sum(weighted) - a - b) / 2) for a in weighted for b in weighted if a != b}
    assert (epoch.loss, epoch.validation_loss) in pairs


def rare(seed: int, often: int = 190, seldom: int = 10) -> tuple[list[list[float]], list[int]]:
    """Two clouds that overlap; class 1 is rare."""
    rng = Random(seed)
    targets = [0] * often + [1] * seldom
    return [[rng.gauss(1.2 * label, 1.0), rng.gauss(1.2 * label, 1.0)] for label in targets], targets


def test_balanced_class_weights_find_the_rare_class() -> None:
    inputs, targets = rare(0)
    fresh_inputs, fresh_targets = rare(1, 1900, 100)

    def recall(weights: str | None) -> float:
        network = feed_forward([2, 1], Random(0))
        fit(network, inputs, targets, loss=BinaryCrossEntropy(), optimizer=SGD(0.5), epochs=30, class_weights=weights)
        return confusion_matrix(fresh_targets, network.predict_classes(fresh_inputs), 2)[1][1] / 100

    assert recall(None) < 0.5
    assert recall("balanced") > 0.7


def test_class_weights_multiply_sample_weights() -> None:
    def trained(own: list[float], by_class: dict[int, float] | None = None) -> list[float]:
        network = feed_forward([2, 2], Random(0))
        samples = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
        fit(network, samples, [0, 1, 1], loss=CrossEntropy(), sample_weights=own, class_weights=by_class)
        return numbers(network)

    expected = trained([2.0, 0.5, 1.5])
    assert trained([1.0, 1.0, 3.0], {0: 2.0, 1: 0.5}) == pytest.approx(expected)
    assert trained([1.0, 1.0, 1.0]) != pytest.approx(expected)


# Validation.


def noisy() -> tuple[list[list[float]], list[float]]:
    """Forty points, of whose eight coordinates one counts, and much noise."""
    rng = Random(4)
    inputs = [[rng.gauss(0, 1) for _ in range(8)] for _ in range(40)]
    return inputs, [row[0] + rng.gauss(0, 1.0) for row in inputs]


def test_validation_samples_are_scored_after_the_epoch() -> None:
    inputs, targets = noisy()
    points, network = Samples(as_rows(inputs), as_rows(targets)), feed_forward([8, 1], Random(0))
    last = fit(network, inputs, targets, loss=MeanSquaredError(), validation=points, epochs=3).epochs[-1]
    assert last.validation_loss == pytest.approx(evaluate(network, points, MeanSquaredError()).loss)
    assert (last.accuracy, last.validation_accuracy) == (None, None)


def test_a_pair_of_inputs_and_targets_is_validation_too() -> None:
    def last(validation: Samples | tuple[Numbers, Numbers]) -> Epoch:
        network = feed_forward([2, 1], Random(0))
        history = fit(network, XOR, ANSWERS, loss=BinaryCrossEntropy(), validation=validation)
        return replace(history.epochs[-1], seconds=0.0)

    assert last((XOR, ANSWERS)).validation_loss is not None
    assert last((XOR, ANSWERS)) == last(Samples(as_rows(XOR), as_rows(ANSWERS)))


def test_a_fraction_is_held_back_and_not_learned_from() -> None:
    totals: set[int] = set()
    history = fit(
        feed_forward([8, 1], Random(0)),
        *noisy(),
        loss=MeanSquaredError(),
        optimizer=SGD(0.01),
        validation=0.3,
        epochs=2,
        progress=lambda done, total: totals.add(total),
    )
    assert totals == {28}
    assert len(history.validation_losses) == 2


@pytest.mark.parametrize("outputs", [1, 2])
def test_each_class_is_held_back_in_its_proportion(outputs: int) -> None:
    inputs, targets = rare(0, often=90, seldom=10)

    def ones(actual: Matrix, predicted: Matrix) -> float:
        return sum(classes(actual))

    network = feed_forward([2, outputs], Random(0))
    loss = BinaryCrossEntropy()
    for seed in range(3):
        history = fit(network, inputs, targets, loss=loss, epochs=1, validation=0.2, metrics={"ones": ones}, seed=seed)
        assert history.epochs[0].metrics == {"ones": 8, "validation_ones": 2}


def rows(actual: Matrix, predicted: Matrix) -> float:
    return actual.rows


def test_quantities_are_held_back_as_they_come() -> None:
    # as classes, three equal targets and one other could not be parted three to one in any proportion
    metrics = {"n": rows, "sum": lambda actual, predicted: sum(map(sum, actual))}
    found: set[float] = set()
    for seed in range(8):
        history = fit(
            line(), [1] * 4, [1.0, 2, 3, 4], loss=MeanSquaredError(), validation=0.25, metrics=metrics, seed=seed
        )
        figures = history.epochs[0].metrics
        assert (figures["n"], figures["validation_n"]) == (3, 1)
        found.add(figures["validation_sum"])
    assert len(found) > 2


def test_a_class_of_one_sample_goes_to_one_part_or_the_other() -> None:
    network = feed_forward([2, 3], Random(0))
    targets, metrics = [0, 1, 2, 2], {"n": rows}
    history = fit(
        network, XOR, targets, loss=CrossEntropy(), validation=0.75, class_weights="balanced", metrics=metrics
    )
    assert history.epochs[0].metrics == {"n": 1, "validation_n": 3}


def test_classes_stay_classes_when_a_part_is_held_back() -> None:
    epoch = fit(feed_forward([2, 1], Random(0)), XOR, ANSWERS, loss=BinaryCrossEntropy(), validation=0.5).epochs[0]
    assert epoch.accuracy is not None
    assert epoch.validation_accuracy is not None


def test_accuracy_is_for_classes_and_labels_only() -> None:
    def accuracy(targets: list[list[float]]) -> float | None:
        network = feed_forward([2, len(targets[0])], Random(0))
        return fit(network, XOR, targets, loss=BinaryCrossEntropy(), epochs=1).epochs[0].accuracy

    assert accuracy([[0.0], [1.0], [1.0], [0.0]]) is not None
    assert accuracy([[0.0], [1.0], [1.0], [0.5]]) is None
    assert accuracy([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]) is not None
    assert accuracy([[1.0, 1.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]) is not None
    assert accuracy([[1.0, 1.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.5]]) is None


# When it ends, and with which weights.


def overfitted(patience: int | None) -> tuple[list[Epoch], float]:
    """A network that learns noise by heart: its epochs, and its validation loss in the end."""
    inputs, targets = noisy()
    network = feed_forward([8, 30, 1], Random(0), hidden="tanh")
    validation = Samples(as_rows(inputs[20:]), as_rows(targets[20:]))
    loss, optimizer = MeanSquaredError(), SGD(0.1)
    training = inputs[:20], targets[:20]
    history = fit(
        network, *training, loss=loss, optimizer=optimizer, epochs=80, validation=validation, patience=patience
    )
    return list(history.epochs), evaluate(network, validation, MeanSquaredError()).loss


def test_patience_ends_training_and_brings_back_the_best_weights() -> None:
    epochs, loss = overfitted(patience=4)
    best = min(epochs, key=lambda epoch: epoch.watched_loss)
    assert len(epochs) == best.number + 4 < 80
    assert loss == pytest.approx(best.watched_loss, rel=1e-12)
    assert loss < epochs[-1].watched_loss


def test_without_patience_the_last_weights_stay() -> None:
    epochs, loss = overfitted(patience=None)
    assert len(epochs) == 80
    assert loss == pytest.approx(epochs[-1].watched_loss, rel=1e-12)
    assert loss > min(epoch.watched_loss for epoch in epochs)


def test_patience_that_is_never_exhausted_brings_back_the_best_weights_too() -> None:
    epochs, loss = overfitted(patience=80)
    assert len(epochs) == 80
    assert loss == pytest.approx(min(epoch.watched_loss for epoch in epochs), rel=1e-12)


def test_the_best_weights_come_back_when_a_callback_ends_the_training_too() -> None:
    seen: list[float] = []
    network = line()
    fit(
        network,
        [1, 3],
        [2, 4],
        loss=MeanSquaredError(),
        schedule=lambda epoch: 0.01 if epoch < 3 else 1.0,  # which throws everything over
        epochs=9,
        patience=9,
        validation=Samples(as_rows([1, 3]), as_rows([2, 4])),
        callbacks=[lambda epoch: seen.append(network.parameters[0][0, 0]), lambda epoch: epoch.number == 6],
    )
    assert len(seen) == 6
    assert network.parameters[0][0, 0] == seen[2]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_the_best_weights_come_back_when_an_error_ends_the_training_too(error: type[BaseException]) -> None:
    seen: list[float] = []
    network, optimizer = line(), SGD(123.0)

    def stop(epoch: Epoch) -> None:
        seen.append(network.parameters[0][0, 0])
        if epoch.number == 6:
            raise error

    with pytest.raises(error):
        fit(
            network,
            [1, 3],
            [2, 4],
            loss=MeanSquaredError(),
            optimizer=optimizer,
            schedule=lambda epoch: 0.01 if epoch < 3 else 1.0,
            validation=([1, 3], [2, 4]),
            patience=50,
            callbacks=[stop],
        )
    assert network.parameters[0][0, 0] == seen[2] != seen[5]
    assert optimizer.learning_rate == 123.0


def test_a_goal_ends_training() -> None:
    history = fit(line(), [1, 3], [2, 4], loss=MeanSquaredError(), epochs=500, callbacks=[stop_at(loss=0.01)])
    assert history.losses[-1] <= 0.01 < history.losses[-2]


def run(*callbacks: Callable[[Epoch], object]) -> int:
    """Train for at most 5 epochs with these callbacks and return the number of epochs."""
    network = feed_forward([2, 1], Random(0))
    return len(fit(network, XOR, ANSWERS, loss=BinaryCrossEntropy(), epochs=5, callbacks=iter(callbacks)).epochs)


def test_callbacks_see_every_epoch() -> None:
    first: list[Epoch] = []
    second: list[Epoch] = []
    assert run(first.append, second.append) == 5
    assert [epoch.number for epoch in first] == [1, 2, 3, 4, 5]
    assert first == second


def test_a_callback_that_returns_true_ends_the_training_after_all_have_seen_the_epoch() -> None:
    seen: list[Epoch] = []
    assert run(lambda epoch: epoch.number == 3, seen.append) == 3
    assert len(seen) == 3


@pytest.mark.parametrize("answer", [1, 1.0, "yes", None, False])
def test_a_callback_that_returns_anything_else_does_not(answer: object) -> None:
    # file.write(...) returns how many characters it wrote, which may be 1
    assert run(lambda epoch: answer) == 5


# Rates.


def test_a_schedule_sets_the_rate_of_every_batch_and_the_optimizer_keeps_its_own() -> None:
    asked: list[float] = []

    def schedule(epoch: float) -> float:
        asked.append(epoch)
        return 0.1 - 0.01 * epoch

    optimizer, network = SGD(123.0), feed_forward([2, 1], Random(0))
    loss = MeanSquaredError()
    history = fit(network, XOR, ANSWERS, loss=loss, optimizer=optimizer, batch_size=2, epochs=2, schedule=schedule)
    assert {0.0, 0.5, 1.0, 1.5} == set(asked)
    assert [epoch.learning_rate for epoch in history.epochs] == pytest.approx([0.1, 0.09])
    assert optimizer.learning_rate == 123.0


def test_without_a_schedule_the_rate_is_that_of_the_optimizer() -> None:
    history = fit(feed_forward([2, 1], Random(0)), XOR, ANSWERS, loss=MeanSquaredError(), optimizer=SGD(0.25), epochs=2)
    assert [epoch.learning_rate for epoch in history.epochs] == [0.25, 0.25]


def test_a_schedule_may_end_at_0() -> None:
    schedule = linear_decay(0.1, epochs=1)
    history = fit(feed_forward([2, 1], Random(0)), XOR, ANSWERS, loss=BinaryCrossEntropy(), schedule=schedule, epochs=2)
    assert history.epochs[1].learning_rate == 0.0


def test_a_plateau_lowers_the_rate() -> None:
    # a rate so low that the loss stays within a ten-thousandth: after 2 epochs without progress the rate is halved
    plateau = reduce_on_plateau(factor=0.5, patience=1)
    history = fit(line(), [1, 3], [2, 4], loss=MeanSquaredError(), optimizer=SGD(1e-9), epochs=6, plateau=plateau)
    assert [epoch.learning_rate for epoch in history.epochs] == pytest.approx([1e-9] * 3 + [5e-10] * 2 + [2.5e-10])


# Metrics.


def test_metrics_are_taken_after_the_epoch_on_both_parts() -> None:
    network = line()
    history = fit(
        network,
        [1, 3],
        [2, 4],
        loss=MeanSquaredError(),
        optimizer=SGD(0.01),
        epochs=2,
        validation=([5, 7], [6, 9]),
        metrics={"mae": mean_absolute_error, "r2": r2_score},
    )
    assert list(history.epochs[0].metrics) == ["mae", "r2", "validation_mae", "validation_r2"]
    last = history.epochs[-1].metrics
    assert last["mae"] == mean_absolute_error(Matrix([[2], [4]]), network.predict([1, 3]))
    assert last["validation_mae"] == mean_absolute_error(Matrix([[6], [9]]), network.predict([5, 7]))
    assert last["validation_r2"] == r2_score(Matrix([[6], [9]]), network.predict([5, 7]))


def test_metrics_are_called_with_actual_and_predicted_rows_in_the_units_of_the_targets() -> None:
    seen: list[tuple[Matrix, Matrix]] = []

    def look(actual: Matrix, predicted: Matrix) -> float:
        seen.append((actual, predicted))
        return 0.0

    network = line(9.0)
    fit(network, [-5.0, 5.0], [0, 1], loss=BinaryCrossEntropy(), epochs=1, metrics={"look": look})
    ((actual, predicted),) = seen
    assert actual == Matrix([[0], [1]])
    assert predicted == network.predict([-5.0, 5.0])
    assert all(0.0 <= probability <= 1.0 for (probability,) in predicted)


def test_a_metric_is_a_float_whatever_the_function_returns() -> None:
    history = fit(line(), [1], [1], loss=MeanSquaredError(), epochs=1, metrics={"rows": lambda actual, _: actual.rows})
    assert type(history.epochs[0].metrics["rows"]) is float


def test_without_metrics_nothing_is_predicted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sequential, "predict", None)
    assert fit(line(), [1], [1], loss=MeanSquaredError(), epochs=1, metrics={}).epochs[0].metrics == {}


# Randomness.


def drilled(seed: int) -> list[float]:
    network = feed_forward([2, 8, 1], Random(0), dropout=0.3)
    fit(network, XOR, ANSWERS, loss=BinaryCrossEntropy(), epochs=3, batch_size=2, validation=0.25, seed=seed)
    return numbers(network)


def test_the_same_seed_gives_the_same_bits() -> None:
    assert drilled(seed=1) == drilled(seed=1)
    assert drilled(seed=1) != drilled(seed=2)


def test_nothing_touches_the_global_generator() -> None:
    before = random.getstate()
    drilled(seed=1)
    assert random.getstate() == before


# Engines.


def fit_bars(**options: object) -> tuple[Sequential, History]:
    """Train on pictures of bars."""
    call: Callable[..., History] = fit
    network = feed_forward([16, 8, 4], Random(1))
    usual: dict[str, object] = {"loss": CrossEntropy(), "epochs": 2}
    return network, call(network, bars().inputs, bars().targets, **{**usual, **options})


SHAPES = (
    "as gelu is not among the activations that lanes have: "
    "heaviside, identity, sigmoid, tanh, relu, leaky_relu, elu, softplus "
    "(slopes up to 1, and its own reaches 1.13)"
)


@pytest.mark.parametrize(
    ("options", "engine"),
    [
        ({}, "lanes"),
        ({"optimizer": SGD(0.05), "batch_size": 1}, "lanes"),
        ({"schedule": constant(0.05), "batch_size": 1}, "lanes"),
        ({"penalty": Penalty(l2=0.001)}, "lanes"),
        ({"engine": "lanes"}, "lanes (as asked)"),
        ({"engine": "lanes", "optimizer": SGD(0.05)}, "lanes (as asked)"),
        ({"engine": "float"}, "float (as asked)"),
        ({"optimizer": SGD(0.1)}, "float (for batches of 32)"),
        ({"schedule": constant(0.1)}, "float (for batches of 32)"),
        ({"batch_size": 10}, "float (for batches of 10)"),
        ({"optimizer": SGD(0.1, momentum=0.9), "batch_size": 1}, "float (for momentum)"),
        ({"optimizer": Adam(), "batch_size": 1}, "float (for adam)"),
        ({"penalty": Penalty(l1=0.001)}, "float (for an L1 penalty)"),
        ({"clip": clip_by_norm(1.0)}, "float (for clipping)"),
        ({"network": feed_forward([16, 8, 4], Random(1), hidden="gelu")}, f"float ({SHAPES})"),
    ],
)
def test_the_history_says_which_engine_was_taken_and_why(options: dict[str, object], engine: str) -> None:
    call: Callable[..., History] = fit
    usual = {"network": feed_forward([16, 8, 4], Random(1)), "inputs": bars().inputs, "targets": bars().targets}
    assert call(**{**usual, "loss": CrossEntropy(), "epochs": 1, **options}).engine == engine


def test_numbers_are_for_floats_unless_lanes_are_asked_for() -> None:
    network = feed_forward([2, 1], Random(0))
    engine = fit(network, XOR, ANSWERS, loss=BinaryCrossEntropy()).engine
    assert engine == "float (as lanes round inputs that are not pictures of bytes)"
    assert fit(network, XOR, ANSWERS, loss=BinaryCrossEntropy(), engine="lanes").engine == "lanes (as asked)"


def test_auto_gives_the_bits_of_the_engine_it_takes() -> None:
    lanes, floats = fit_bars(engine="lanes")[0], fit_bars(engine="float")[0]
    assert numbers(fit_bars()[0]) == numbers(lanes) != numbers(floats)
    optimizer = SGD(0.1)
    assert numbers(fit_bars(optimizer=optimizer)[0]) == numbers(fit_bars(engine="float", optimizer=optimizer)[0])


@pytest.mark.parametrize("workers", [1, 2])
def test_lanes_learn_the_bars(workers: int) -> None:
    network, history = fit_bars(engine="lanes", workers=workers, epochs=12, optimizer=SGD(0.1))
    assert history.losses[-1] < 0.5 * history.losses[0]
    assert evaluate(network, bars(), CrossEntropy()).accuracy == 1.0
    assert history.epochs[-1].accuracy == 1.0


def test_another_number_of_workers_gives_other_bits_and_the_same_number_the_same() -> None:
    one, two, again = (numbers(fit_bars(engine="lanes", workers=workers)[0]) for workers in (1, 2, 2))
    assert two == again != one


every_setup = pytest.mark.parametrize("setup", [("float", 1), ("lanes", 1), ("lanes", 2)], ids=str)


@every_setup
def test_every_engine_takes_schedule_weights_penalty_validation_metrics_and_callbacks(setup: tuple[str, int]) -> None:
    seen: list[Epoch] = []

    def train(**options: object) -> tuple[Sequential, History]:
        return fit_bars(
            engine=setup[0],
            workers=setup[1],
            epochs=3,
            schedule=linear_decay(0.2, epochs=4),
            validation=0.2,
            **options,
        )

    plain, history = train(metrics={"n": rows}, callbacks=[seen.append])
    assert [epoch.learning_rate for epoch in history.epochs] == pytest.approx([0.2, 0.15, 0.1])
    assert seen == list(history.epochs)
    assert history.epochs[-1].metrics == {"n": 80, "validation_n": 20}
    assert len(history.validation_losses) == 3
    weighted, weighted_history = train(class_weights={0: 0.0, 1: 1.0, 2: 1.0, 3: 1.0})
    answers = plain.predict_classes(bars().inputs), weighted.predict_classes(bars().inputs)
    assert answers[1].count(0) < answers[0].count(0), "a class that counts for nothing is not learned"
    assert weighted_history.losses[0] < history.losses[0]
    penalized, penalized_history = train(penalty=Penalty(l2=0.1))
    assert penalized_history.losses[0] > history.losses[0]
    assert Penalty(l2=1.0).value(penalized.weights) < 0.9 * Penalty(l2=1.0).value(plain.weights)


@every_setup
def test_callbacks_find_the_weights_of_their_epoch_in_the_network(setup: tuple[str, int]) -> None:
    network = feed_forward([16, 8, 4], Random(1))
    found: list[float] = []
    history = fit(
        network,
        bars().inputs,
        bars().targets,
        loss=CrossEntropy(),
        optimizer=SGD(0.1),
        epochs=4,
        validation=bars(),
        engine=setup[0],
        workers=setup[1],
        callbacks=[lambda epoch: found.append(evaluate(network, bars(), CrossEntropy()).loss)],
    )
    assert found == pytest.approx(history.validation_losses, rel=0.02)  # lanes tell 8 shades apart
    assert found[-1] < 0.9 * found[0]


@every_setup
def test_every_engine_leaves_the_best_weights_in_the_network(setup: tuple[str, int]) -> None:
    network = feed_forward([16, 8, 4], Random(1))
    seen: list[list[float]] = []
    shifted = bars().targets.select([*range(1, 100), 0])  # the labels of other pictures: the more it learns, the worse
    history = fit(
        network,
        bars().inputs,
        bars().targets,
        loss=CrossEntropy(),
        optimizer=SGD(0.2),
        epochs=30,
        validation=Samples(bars().inputs, shifted),
        patience=2,
        engine=setup[0],
        workers=setup[1],
        callbacks=[lambda epoch: seen.append(numbers(network))],
    )
    assert len(history.epochs) == history.best.number + 2 < 30
    assert numbers(network) == seen[history.best.number - 1] != seen[-1]


def test_an_engine_may_be_a_function_of_the_job() -> None:
    jobs: list[Job] = []

    def coarse(job: Job) -> Engine:
        jobs.append(job)
        return LanesEngine(replace(job, scale=1))

    optimizer, penalty = SGD(0.05), Penalty(l2=0.01)
    network, history = fit_bars(engine=coarse, optimizer=optimizer, penalty=penalty, seed=3)
    (job,) = jobs
    assert (job.network, job.optimizer, job.penalty, job.seed) == (network, optimizer, penalty, 3)
    assert job.batch_size is None, "it is for the engine to choose"
    assert len(job.samples) == 100
    assert history.engine == "lanes"
    fine = fit_bars(engine="lanes", optimizer=optimizer, penalty=penalty, seed=3)[0]
    assert numbers(network) != numbers(fine)


def test_a_function_that_makes_a_usual_engine_gives_its_bits() -> None:
    assert numbers(fit_bars(engine=FloatEngine)[0]) == numbers(fit_bars(engine="float")[0])
    assert numbers(fit_bars(engine=ParallelEngine, workers=2)[0]) == numbers(fit_bars(engine="lanes", workers=2)[0])


def test_an_engine_is_closed_however_training_ends() -> None:
    closed: list[str] = []

    class Watched(FloatEngine):
        def close(self) -> None:
            closed.append("closed")
            super().close()

    fit_bars(engine=Watched)
    assert closed == ["closed"]
    with pytest.raises(ZeroDivisionError):
        fit_bars(engine=Watched, callbacks=[lambda epoch: 1 / 0])
    assert closed == ["closed"] * 2


def test_a_registered_engine_can_be_asked_for_by_name() -> None:
    class Renamed(FloatEngine):
        name = "renamed"

    ENGINES.add("renamed", Renamed)
    network, history = fit_bars(engine="renamed")
    assert history.engine == "renamed (as asked)"
    assert numbers(network) == numbers(fit_bars(engine="float")[0])


# In pieces.


def test_a_partial_fit_is_one_step_that_the_optimizer_remembers() -> None:
    whole, pieces = (feed_forward([2, 3, 1], Random(0), hidden="tanh") for _ in range(2))
    loss, optimizer = BinaryCrossEntropy(), SGD(0.3, momentum=0.9)
    history = fit(whole, XOR, ANSWERS, loss=loss, optimizer=SGD(0.3, momentum=0.9), epochs=5, batch_size=4)
    scores = [partial_fit(pieces, XOR, ANSWERS, loss=loss, optimizer=optimizer) for _ in range(5)]
    assert numbers(pieces) == pytest.approx(numbers(whole))
    assert [score.loss for score in scores] == pytest.approx(history.losses)
    assert [score.accuracy for score in scores] == [epoch.accuracy for epoch in history.epochs]
    assert (optimizer.steps, optimizer.learning_rate) == (5, 0.3)


def test_the_score_of_a_partial_fit_is_that_before_the_step() -> None:
    network = line()
    score = partial_fit(network, [1.0, 1.0], [0, 1], loss=BinaryCrossEntropy(), optimizer=SGD(0.1))
    assert score.loss == pytest.approx(log(2.0))
    assert score.accuracy == 0.5


def test_a_partial_fit_is_penalized_and_clipped() -> None:
    # as above: -100 of the error and 20 of the penalty are clipped to -15
    network = line(10.0)
    penalty, clip = Penalty(l2=2.0), clip_by_value(15.0)
    score = partial_fit(network, [1], [60], loss=MeanSquaredError(), optimizer=SGD(0.1), penalty=penalty, clip=clip)
    assert score.loss == pytest.approx(2500.0 + 100.0)  # 50², and 2 / 2 · 10²
    assert numbers(network) == pytest.approx([11.5, 1.5])


def test_partial_fits_drop_out_other_units_each_time() -> None:
    network = feed_forward([2, 50, 1], Random(0), dropout=0.5)
    optimizer = SGD(1e-300)
    scores = [partial_fit(network, [[1, 1]], [1], loss=BinaryCrossEntropy(), optimizer=optimizer) for _ in range(5)]
    assert len({score.loss for score in scores}) == 5


# What people pass: names, texts, samples, nothing.

PETS = ["dog", "cat", "cat", "dog"]


@pytest.mark.parametrize("outputs", [1, 2])
def test_targets_that_are_texts_become_classes_with_names(outputs: int) -> None:
    network = feed_forward([2, 8, outputs], 1, hidden="tanh")
    history = fit(network, XOR, PETS, optimizer=SGD(0.5), epochs=300)
    assert network.classes == ("cat", "dog")
    assert (network.predict_names(XOR), history.epochs[-1].accuracy) == (PETS, 1.0)
    assert evaluate(network, XOR, PETS).accuracy == 1.0


def test_texts_keep_the_numbers_that_the_network_knows() -> None:
    network = feed_forward([2, 2])
    fit(network, XOR, PETS, epochs=1)
    fit(network, [[0, 1]], ["dog"], epochs=1)  # without cats, "dog" would be class 0
    assert network.classes == ("cat", "dog")
    fit(network, [[0, 1]], [1], epochs=1)  # numbers bring no names
    assert network.classes == ("cat", "dog")
    fit(network, XOR, ["no", "yes", "no", "no"], epochs=1)
    assert network.classes == ("no", "yes")


def test_bools_are_classes_with_names() -> None:
    network = feed_forward([2, 1])
    fit(network, XOR, [False, True, True, False], epochs=1)
    assert network.classes == ("False", "True")


@pytest.mark.parametrize(
    ("outputs", "targets", "said"),
    [
        (3, PETS, r"the network has 3 outputs, but the targets are of 2 classes \(cat, dog\): there must be an output"),
        (1, ["a", "b", "c", "a"], r"has 1 output, .* 3 classes \(a, b, c\): a single output tells 2 classes apart"),
        (2, ["a", "b", "a", 0.5], "target 3 is 0.5, expected the name of a class, as others are"),
    ],
)
def test_texts_that_do_not_fit_the_outputs_are_refused(outputs: int, targets: Targets, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        fit(feed_forward([2, outputs]), XOR, targets)


def test_validation_targets_are_texts_too() -> None:
    history = fit(feed_forward([2, 2]), XOR, PETS, epochs=1, validation=([[0, 1]], ["cat"]))
    assert history.epochs[0].validation_accuracy in (0.0, 1.0)
    with pytest.raises(ValueError, match="the validation targets are of the classes bird, cat, but the training"):
        fit(feed_forward([2, 2]), XOR, PETS, epochs=1, validation=([[0, 1], [1, 1]], ["cat", "bird"]))


def test_the_classes_of_validation_samples_are_found_by_their_names() -> None:
    training = Samples(Matrix(XOR), Labels([0, 1, 1, 0], 2, ("cat", "dog")))
    same = Samples(Matrix(XOR), Labels([1, 0, 0, 1], 2, ("dog", "cat")))
    network = feed_forward([2, 8, 2], 1, hidden="tanh")
    last = fit(network, training, epochs=500, validation=same).epochs[-1]
    assert last.validation_accuracy == evaluate(network, training).accuracy == evaluate(network, same).accuracy == 1.0
    with pytest.raises(ValueError, match=r"^validation: no class of the network is called 'ant'; there are: cat, dog$"):
        fit(network, training, epochs=1, validation=Samples(Matrix(XOR), Labels([1, 0, 0, 1], 2, ("ant", "cat"))))


@pytest.mark.parametrize(
    ("targets", "outputs", "last", "loss"),
    [
        ([0, 1, 1, 0], 1, "identity", "BinaryCrossEntropy"),
        ([0, 2, 1, 0], 3, "identity", "CrossEntropy"),
        ([[0, 1], [1, 1], [0, 0], [1, 0]], 2, "identity", "BinaryCrossEntropy"),
        ([0.5, 1.5, 2.5, 3.5], 1, "identity", "MeanSquaredError"),
        ([0, 1, 1, 0], 1, "sigmoid", "BinaryCrossEntropyOfProbabilities"),
        ([0, 2, 1, 0], 3, "softmax", "CrossEntropyOfProbabilities"),
    ],
)
def test_the_loss_suits_targets_and_outputs_by_default(targets: Targets, outputs: int, last: str, loss: str) -> None:
    network = Sequential(Linear(2, outputs), last)
    fit(network, XOR, targets, epochs=1)
    assert network.loss is not None
    assert network.loss.name == loss


@pytest.mark.parametrize("loss", ["cross_entropy", "CrossEntropy", "CrossEntropyLoss", CrossEntropy, CrossEntropy()])
@pytest.mark.parametrize("optimizer", ["adam", "Adam", Adam])
def test_a_loss_and_an_optimizer_can_be_given_by_name_or_class(loss: LossLike, optimizer: OptimizerLike) -> None:
    network, expected = feed_forward([2, 3]), feed_forward([2, 3])
    fit(network, XOR, [0, 2, 1, 0], loss=loss, optimizer=optimizer, epochs=2)
    fit(expected, XOR, [0, 2, 1, 0], loss=CrossEntropy(), optimizer=Adam(), epochs=2)
    assert numbers(network) == numbers(expected)


@pytest.mark.parametrize(
    ("argument", "said"), [("loss", "no loss is called 'hinge'"), ("optimizer", "no optimizer is")]
)
def test_an_unknown_name_is_answered_with_those_that_there_are(argument: str, said: str) -> None:
    anything: Callable[..., object] = fit
    with pytest.raises(ValueError, match=f"{said}.*; there are: "):
        anything(feed_forward([2, 2]), XOR, ANSWERS, **{argument: "hinge"})


@pytest.mark.parametrize(
    ("last", "loss", "said"),
    [
        (
            "softmax",
            CrossEntropy(),
            r"CrossEntropy\(\) takes logits, but the last layer .* makes probabilities",
        ),
        ("relu", CrossEntropy(), "the last layer is relu, which limits them: leave that layer out"),
        ("tanh", BinaryCrossEntropy(), "the last layer is tanh, which limits them"),
        ("relu", CrossEntropyOfProbabilities(), "takes probabilities, but the last layer does not make them: end with"),
    ],
)
def test_a_last_layer_that_does_not_suit_the_loss_is_a_finding(last: str, loss: Loss, said: str) -> None:
    network = Sequential(Linear(2, 2), last)
    with pytest.warns(TrainingWarning, match=said) as caught:
        history = fit(network, XOR, ANSWERS, loss=loss, epochs=1)
    assert re.search(said, history.findings[0])
    assert {warning.filename for warning in caught} == {__file__}
    with pytest.warns(TrainingWarning, match=said) as caught:
        partial_fit(network, XOR, ANSWERS, loss=loss, optimizer=SGD())
    assert {warning.filename for warning in caught} == {__file__}


@pytest.mark.parametrize("last", ["leaky_relu(0.01)", "identity", "log_softmax"])
def test_a_last_layer_that_does_not_limit_logits_suits_the_loss(last: str) -> None:
    assert fit(Sequential(Linear(2, 2), last), XOR, ANSWERS, loss=CrossEntropy(), epochs=1).findings == ()


@pytest.mark.parametrize("loss", [None, "sparse_categorical_crossentropy", CrossEntropyOfProbabilities()])
def test_a_sigmoid_over_classes_is_refused(loss: LossLike | None) -> None:
    network = Sequential(Linear(2, 3), "sigmoid")
    with pytest.raises(ValueError, match=r"^sigmoid over 3 classes: its outputs do not sum to 1, .*end with softmax"):
        fit(network, XOR, [0, 1, 2, 0], loss=loss)
    fit(network, XOR, [0, 1, 2, 0], loss="mse", epochs=1)  # which is in every textbook
    fit(network, XOR, [[0, 1, 1], [1, 0, 0], [1, 1, 1], [0, 0, 0]], epochs=1)  # labels, of which several can be 1


def test_a_softmax_of_one_output_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^softmax of one output is always 1: end with sigmoid"):
        fit(Sequential(Linear(2, 1), "softmax"), XOR, ANSWERS)


def test_samples_can_be_passed_whole() -> None:
    samples = Samples(Matrix(XOR), Matrix([[0], [1], [1], [0]]))
    network, expected = feed_forward([2, 1]), feed_forward([2, 1])
    fit(network, samples, epochs=2)
    fit(expected, XOR, ANSWERS, epochs=2)
    assert numbers(network) == numbers(expected)
    assert evaluate(network, samples) == evaluate(network, XOR, ANSWERS)
    with pytest.raises(TypeError, match="samples have their targets: pass either samples, or inputs and targets"):
        fit(network, samples, ANSWERS)
    with pytest.raises(TypeError, match="the targets are missing: pass inputs and targets, or both as Samples"):
        fit(network, XOR)


def test_evaluate_takes_the_loss_of_the_training() -> None:
    network = feed_forward([2, 1])
    fit(network, XOR, ANSWERS, loss=MeanAbsoluteError(), epochs=1)
    assert evaluate(network, XOR, ANSWERS) == evaluate(network, XOR, ANSWERS, loss="mae")
    assert evaluate(network, XOR, ANSWERS) != evaluate(network, XOR, ANSWERS, "mse")
    fit(network, XOR, PETS, epochs=1)
    with pytest.raises(ValueError, match="no class of the network is called 'bird'; there are: cat, dog"):
        evaluate(network, [[0, 1], [1, 0]], ["bird", "cat"])


def test_progress_shows_the_epochs(capsys: pytest.CaptureFixture[str]) -> None:
    history = fit(feed_forward([2, 1]), XOR, ANSWERS, epochs=3, progress=True)
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert (out, lines[0], lines[-1]) == ("", str(history.epochs[0]), str(history.epochs[2]))
    fit(feed_forward([2, 1]), XOR, ANSWERS, epochs=50, progress=True)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) < 51
    assert lines.count("(fast epochs are left out: at most ten in a second are shown)") == 1
    fit(feed_forward([2, 1]), XOR, ANSWERS, epochs=3, progress=False)
    assert capsys.readouterr().err == ""


# What went wrong is told.


def houses() -> tuple[Matrix, Matrix]:
    """Square feet and dollars."""
    return Matrix([[feet] for feet in range(800, 3500, 100)]), Matrix(
        [[5e4 + 200.0 * f] for f in range(800, 3500, 100)]
    )


def test_unscaled_samples_are_named_before_the_training_and_the_divergence_after_it() -> None:
    """The learning rate is one at which the loss stays finite: 2e56 is what a newcomer has seen."""
    inputs, targets = houses()
    network = feed_forward([1, 8, 1], Random(0), hidden="leaky_relu")
    with pytest.warns(TrainingWarning) as warned:
        history = fit(network, inputs, targets, loss=MeanSquaredError(), optimizer=SGD(1e-5), epochs=3)
    said = [str(warning.message) for warning in warned]
    assert said == list(history.findings)
    assert said[0].startswith("inputs: badly scaled: column 0 with mean 2100 and standard deviation 778.9")
    assert said[1].startswith("targets: badly scaled: column 0 with mean 4.7e+05")
    assert said[2].startswith("diverged: the loss on 27 training samples is ")
    assert said[2].endswith(
        "the learning rate of 1e-05 is too high. Try optimizer=SGD(1e-06) and a new network, after what is said above"
    )
    assert {warning.filename for warning in warned} == {__file__}


def test_a_training_that_breaks_off_tells_the_cause_too() -> None:
    inputs = houses()[0]
    network = feed_forward([1, 8, 1], Random(0), hidden="leaky_relu")
    said = r"\(the rate was 0\.1\); for example optimizer=Adam\(0\.01\) and a new network; targets: badly scaled: "
    with pytest.warns(TrainingWarning, match="^inputs: badly scaled"), pytest.raises(TrainingError, match=said):
        fit(network, inputs, [[1e300]] * len(inputs), loss=MeanSquaredError(), optimizer=Adam(0.1), epochs=100)


def test_a_training_without_hope_ends_early_and_leaves_a_network_that_is_not_trained_again() -> None:
    inputs, targets = houses()
    x, network = standardize(inputs)(inputs), feed_forward([1, 1], Random(0))
    with pytest.warns(TrainingWarning, match=r"^diverged: .* and a new network, after what is said above$"):
        assert len(fit(network, x, targets, loss=MeanSquaredError(), optimizer=SGD(2.0), epochs=500).epochs) < 20
    network.load_state({name: Tensor(t.shape, [1e154] * len(t.values)) for name, t in network.state().items()})
    cause = "the network begins with a weight of 1e[+]154, as one that has diverged: start with a new network$"
    with pytest.warns(TrainingWarning, match=f"^{cause}"), pytest.raises(TrainingError, match=f"; {cause}"):
        fit(network, x, targets, loss=MeanSquaredError(), optimizer=SGD(0.1), epochs=1)


@pytest.mark.filterwarnings("error")
def test_nothing_is_told_of_scaled_samples() -> None:
    inputs, targets = houses()
    x, t = standardize(inputs)(inputs), standardize(targets)(targets)
    assert fit(feed_forward([1, 1], Random(0)), x, t, loss=MeanSquaredError(), epochs=50).findings == ()


def test_a_rate_that_a_schedule_sets_is_lowered_there() -> None:
    network = feed_forward([2, 8, 1], Random(0), hidden="tanh")
    with pytest.warns(
        TrainingWarning, match=r"^diverged: .* too high\. Try a schedule that begins with 0\.1 and a new"
    ):
        fit(network, XOR, ANSWERS, loss=BinaryCrossEntropy(), schedule=constant(1e10), epochs=50)


def test_the_best_network_is_kept_of_a_training_that_explodes_late() -> None:
    inputs, targets = houses()
    x, t = standardize(inputs)(inputs), standardize(targets)(targets)
    network, samples = feed_forward([1, 1], Random(1)), Samples(x, t)

    def late(epoch: float) -> float:
        return 0.1 if epoch < 9 else 1000.0

    with pytest.warns(TrainingWarning, match=r"^diverged in the end: .*\. The network of epoch 9 is kept"):
        history = fit(network, x, t, loss=MeanSquaredError(), schedule=late, epochs=12, patience=5, validation=samples)
    assert history.best.number == 9
    assert evaluate(network, samples, MeanSquaredError()).loss < 0.1


def test_a_class_only_in_the_validation_samples_is_named() -> None:
    """That is for all engines, which know nothing of it."""
    bars_of_3 = [i for i, label in enumerate(classes(bars().targets.take(range(len(bars()))))) if label != 1]
    few = bars().select(bars_of_3)
    for engine in ("float", "lanes"):
        network = feed_forward([16, 8, 4], Random(0))
        with pytest.warns(
            TrainingWarning, match="^no training sample has class 1, but validation samples have class 1: "
        ):
            fit(network, few.inputs, few.targets, loss=CrossEntropy(), validation=bars(), engine=engine, epochs=1)


# What a network remembers of its training.

TWO_PICTURES = Images(bytes([0, 255, 255, 0]), height=1, width=2)


def test_a_network_trained_on_pixels_doubts_larger_numbers() -> None:
    network = feed_forward([2, 2], Random(0))
    fit(network, TWO_PICTURES, Labels([0, 1], 2), epochs=1)
    for again in (network, copy.deepcopy(network)):
        with pytest.warns(UserWarning, match="^some inputs are above 1, but the network was trained on pixels") as said:
            again.predict([[0, 255], [255, 0]])
        assert said[0].filename == __file__
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            again.predict([[0, 1], [0.5, 0]])
            again.predict(TWO_PICTURES)


def test_a_network_and_its_file_remember_how_the_samples_were_read(tmp_path: Path) -> None:
    source = {"kind": "table", "path": "letters.csv"}
    samples = Samples(as_rows(XOR), as_rows(ANSWERS), source=source)
    network = feed_forward([2, 1], Random(0))
    fit(network, samples, loss=BinaryCrossEntropy(), epochs=1, validation=0.5)
    assert network.source == samples.select([1]).source == source
    network.save(tmp_path / "own")
    assert Sequential.load(tmp_path / "own").source == source
    network.save(tmp_path / "told", {"source": '{"kind": "other"}'})
    assert Sequential.load(tmp_path / "told").source == {"kind": "other"}
    network.save(tmp_path / "plain", {"kind": "plain", "size": "3"})
    assert Sequential.load(tmp_path / "plain").source["size"] == "3"
