"""Training: what it learns, what it refuses and why, and one contract for every engine."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from math import inf, nan
from random import Random

import pytest

from purenn.engine import Engine
from purenn.errors import ShapeError, TrainingError
from purenn.float_engine import FloatEngine
from purenn.history import Epoch
from purenn.lanes.engine import LanesEngine
from purenn.lanes.workers import ParallelEngine
from purenn.layers import Dropout, Linear
from purenn.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError
from purenn.matrix import Matrix
from purenn.network import Sequential, feed_forward
from purenn.optimizers import SGD
from purenn.preprocessing import standardize
from purenn.samples import Images, Labels, Numbers, Samples, Selection, as_rows
from purenn.schedules import constant, linear
from purenn.training import epochs, fit

XOR = [[0, 0], [0, 1], [1, 0], [1, 1]]
ANSWERS = [0, 1, 1, 0]


def silent(done: int, total: int) -> None:
    """Progress that nobody looks at."""


def ten_points() -> Samples:
    """Ten random points and the sum of their coordinates, with a little noise."""
    rng = Random(3)
    inputs = [[rng.gauss(0.0, 1.0), rng.gauss(0.0, 1.0)] for _ in range(10)]
    return Samples(as_rows(inputs), as_rows([sum(row) + rng.gauss(0.0, 0.1) for row in inputs]))


def float_engine(samples: Samples, batch_size: int = 4, seed: int = 0) -> FloatEngine:
    network = feed_forward([2, 3, 1], Random(seed), hidden="tanh")
    return FloatEngine(network, samples, MeanSquaredError(), SGD(0.1), batch_size, Random(seed))


# The contract of engines. An engine that joins adds its factory here: network, samples, seed.

Factory = Callable[[Sequential, Samples, int], Engine]


def floats(network: Sequential, samples: Samples, seed: int) -> Engine:
    return FloatEngine(network, samples, CrossEntropy(), SGD(0.1), 16, Random(seed))


def lanes(network: Sequential, samples: Samples, seed: int) -> Engine:
    # 128 shades, so that the network sees the pictures nearly as the engine does
    return LanesEngine(network, samples, CrossEntropy(), Random(seed), scale=128)


def workers(network: Sequential, samples: Samples, seed: int) -> Engine:
    return ParallelEngine(network, samples, CrossEntropy(), 2, seed, scale=128, executors=[ThreadPoolExecutor(2)])


ENGINES: list[Factory] = [floats, lanes, workers]
every_engine = pytest.mark.parametrize("make", ENGINES)


def bars() -> Samples:
    """Pictures of 4 × 4 grey pixels with one bright row, which is the class; 100, so that the last batch is smaller."""
    rng = Random(8)
    labels = [rng.randrange(4) for _ in range(100)]
    pixels = [rng.randrange(200, 256) if i // 4 == label else rng.randrange(90) for label in labels for i in range(16)]
    return Samples(Images(bytes(pixels), height=4, width=4), Labels(labels, classes=4))


def trained(make: Factory, seed: int) -> Engine:
    engine = make(feed_forward([16, 8, 4], Random(1)), bars(), seed)
    for epoch in range(2):
        engine.train(epoch, constant(0.1), silent)
    return engine


@every_engine
def test_training_lowers_the_loss_and_finds_the_classes(make: Factory) -> None:
    engine = make(feed_forward([16, 8, 4], Random(1)), bars(), 0)
    before = engine.evaluate(bars())
    scores = [engine.train(epoch, constant(0.3), silent) for epoch in range(20)]
    after = engine.evaluate(bars())
    assert scores[-1].loss < scores[0].loss < before.loss * 1.1
    assert after.loss < 0.5 * before.loss
    assert after.accuracy == 1.0


@every_engine
def test_evaluating_changes_nothing(make: Factory) -> None:
    engine = trained(make, seed=0)
    before = [parameter.copy() for parameter in engine.network().parameters]
    assert engine.evaluate(bars()) == engine.evaluate(bars())
    assert engine.network().parameters == before


@every_engine
def test_same_seed_same_bits_and_another_seed_others(make: Factory) -> None:
    first, second, other = trained(make, seed=5), trained(make, seed=5), trained(make, seed=6)
    assert first.network().parameters == second.network().parameters
    assert first.evaluate(bars()) == second.evaluate(bars())
    assert first.network().parameters != other.network().parameters


@every_engine
def test_evaluating_in_the_middle_does_not_change_what_comes_of_training(make: Factory) -> None:
    engine = make(feed_forward([16, 8, 4], Random(1)), bars(), 5)
    for epoch in range(2):
        engine.train(epoch, constant(0.1), silent)
        engine.evaluate(bars())
    assert engine.network().parameters == trained(make, seed=5).network().parameters


@every_engine
def test_the_network_scores_as_the_engine_says(make: Factory) -> None:
    engine, samples = trained(make, seed=0), bars()
    score = engine.evaluate(samples)
    inputs, targets = samples.take(range(len(samples)))
    # an engine may compute with fewer bits than a float has
    assert CrossEntropy().value(engine.network().predict(inputs), targets) == pytest.approx(score.loss, rel=0.01)
    right = sum(row[c] for row, c in zip(targets, engine.network().predict_classes(inputs)))
    assert score.accuracy == right / 100


@every_engine
def test_progress_counts_up_to_all_samples(make: Factory) -> None:
    calls: list[tuple[int, int]] = []
    engine = make(feed_forward([16, 8, 4], Random(1)), bars(), 0)
    engine.train(0, constant(0.1), lambda done, total: calls.append((done, total)))
    assert calls == sorted(set(calls))
    assert calls[-1] == (100, 100)


@every_engine
def test_a_rate_far_too_high_ends_in_a_training_error(make: Factory) -> None:
    engine = make(feed_forward([16, 8, 4], Random(1)), bars(), 0)
    with pytest.raises(TrainingError, match=r"^epoch \d+, (batch|samples)[a-z ]* \d.*: .*lower learning rate.*1e\+200"):
        list(epochs(engine, 5, constant(1e200)))


# What it learns.


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
    schedule = linear(0.1, epochs=30)
    fit(network, to_input(feet), to_target(prices), loss=MeanSquaredError(), schedule=schedule, epochs=30, seed=seed)
    (small,), (large,) = to_target.inverse(network.predict(to_input(Matrix([[1_000], [2_000]]))))
    # the noise leaves the slope uncertain by 3,000 / (577 * √100) = 0.5 dollars a foot; 577 is the spread of the feet
    assert (large - small) / 1_000.0 == pytest.approx(200.0, rel=0.01)
    assert small == pytest.approx(250_000.0, rel=0.01)


def test_one_full_batch_is_one_step_of_gradient_descent() -> None:
    # y = w x + b from w = b = 0 on (1, 2) and (3, 4): dL/dw = 2 (-2*1 - 4*3) / 2 = -14, dL/db = 2 (-2 - 4) / 2 = -6
    layer = Linear(1, 1, Random(0))
    layer.weight[0, 0] = 0.0
    fit(Sequential(layer), [1, 3], [2, 4], loss=MeanSquaredError(), optimizer=SGD(0.01), epochs=1)
    assert layer.weight[0, 0] == pytest.approx(0.14)
    assert layer.bias[0, 0] == pytest.approx(0.06)


def test_class_numbers_and_one_hot_rows_are_the_same_targets() -> None:
    def parameters(targets: Numbers) -> list[Matrix]:
        network = feed_forward([2, 4, 3], Random(0))
        history = fit(network, XOR, targets, loss=CrossEntropy(), epochs=3)
        assert history.epochs[-1].accuracy is not None
        return network.parameters

    expected = parameters(Labels([0, 2, 1, 2], classes=3))
    assert parameters([0, 2, 1, 2]) == expected
    assert parameters([[1, 0, 0], [0, 0, 1], [0, 1, 0], [0, 0, 1]]) == expected


# What it records.


def test_the_loss_is_averaged_over_samples_though_the_last_batch_is_smaller() -> None:
    engine = float_engine(ten_points())  # batches of 4, 4 and 2
    before = engine.evaluate(ten_points()).loss
    assert engine.train(0, constant(1e-300), silent).loss == pytest.approx(before, rel=1e-12)


def test_evaluating_many_samples_averages_over_all_of_them() -> None:
    engine, samples = float_engine(ten_points()), ten_points()
    many = samples.select([i % 10 for i in range(7)] * 37)  # 259, and not a multiple of anything round
    inputs, targets = many.take(range(259))
    assert engine.evaluate(many).loss == pytest.approx(MeanSquaredError().value(engine.network()(inputs), targets))


def test_accuracy_is_for_classes_and_labels_only() -> None:
    def accuracy(targets: list[list[float]]) -> float | None:
        network = feed_forward([2, len(targets[0])], Random(0))
        return fit(network, XOR, targets, loss=BinaryCrossEntropy(), epochs=1).epochs[0].accuracy

    assert accuracy([[0.0], [1.0], [1.0], [0.0]]) is not None
    assert accuracy([[0.0], [1.0], [1.0], [0.5]]) is None
    assert accuracy([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]) is not None
    assert accuracy([[1.0, 1.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]) is not None
    assert accuracy([[1.0, 1.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.5]]) is None


def test_accuracy_of_logits_is_that_of_their_probabilities() -> None:
    # 0.3 is below 1/2, but as a logit it stands for a probability of 0.57
    layer = Linear(1, 1, Random(0))
    layer.weight, layer.bias = Matrix([[0.0]]), Matrix([[0.3]])
    yes = Samples(as_rows([0.0, 0.0]), as_rows([1.0, 1.0]))
    engine = FloatEngine(Sequential(layer), yes, BinaryCrossEntropy(), SGD(), 2, Random(0))
    assert engine.evaluate(yes).accuracy == 1.0


def test_what_was_right_in_an_epoch_is_what_was_right_before_each_step() -> None:
    # weights of 0 answer "no", and one step answers "yes" to all
    layer = Linear(1, 1, Random(0))
    layer.weight[0, 0] = 0.0
    yes = Samples(as_rows([1.0, 1.0]), as_rows([1.0, 1.0]))
    engine = FloatEngine(Sequential(layer), yes, BinaryCrossEntropy(), SGD(), 2, Random(0))
    assert [engine.train(epoch, constant(1.0), silent).accuracy for epoch in range(2)] == [0.0, 1.0]


def test_classes_stay_classes_when_a_part_is_held_back() -> None:
    epoch = fit(feed_forward([2, 1], Random(0)), XOR, ANSWERS, loss=BinaryCrossEntropy(), validation=0.5).epochs[0]
    assert epoch.accuracy is not None
    assert epoch.validation_accuracy is not None


def test_dropout_acts_in_training_and_not_in_evaluation() -> None:
    network = Sequential(Dropout(0.5), Linear(2, 1, Random(0)))
    points = ten_points()
    expected = MeanSquaredError().value(network.predict(points.inputs), points.targets.take(range(10)))
    engine = FloatEngine(network, points, MeanSquaredError(), SGD(), 10, Random(0))
    assert engine.evaluate(points).loss == pytest.approx(expected)
    assert engine.train(0, constant(1e-300), silent).loss != pytest.approx(expected, rel=0.01)


def test_a_fraction_is_held_back_for_validation_and_not_learned_from() -> None:
    totals: set[int] = set()
    points = ten_points()
    network = feed_forward([2, 1], Random(0))
    history = fit(
        network,
        points.inputs,
        points.targets,
        loss=MeanSquaredError(),
        validation=0.3,
        epochs=2,
        seed=4,
        progress=lambda done, total: totals.add(total),
    )
    assert totals == {7}
    assert [epoch.validation_loss is not None for epoch in history.epochs] == [True, True]


def test_validation_samples_are_scored_after_the_epoch() -> None:
    points = ten_points()
    network = feed_forward([2, 1], Random(0))
    history = fit(network, points.inputs, points.targets, loss=MeanSquaredError(), validation=points, epochs=3)
    expected = MeanSquaredError().value(network.predict(points.inputs), points.targets.take(range(10)))
    assert history.epochs[-1].validation_loss == pytest.approx(expected)
    assert history.epochs[-1].validation_accuracy is None


def test_a_schedule_sets_the_rate_of_every_batch() -> None:
    asked: list[float] = []

    def schedule(epoch: float) -> float:
        asked.append(epoch)
        return 0.1 - 0.01 * epoch

    points = ten_points()
    optimizer = SGD(123.0)
    network = feed_forward([2, 1], Random(0))
    history = fit(
        network,
        points.inputs,
        points.targets,
        loss=MeanSquaredError(),
        optimizer=optimizer,
        batch_size=5,
        epochs=2,
        schedule=schedule,
    )
    assert {0.0, 0.5, 1.0, 1.5} == set(asked)
    assert optimizer.learning_rate == 123.0, "another training with it begins as this one would have without a schedule"
    assert [epoch.learning_rate for epoch in history.epochs] == pytest.approx([0.1, 0.09])


def test_without_a_schedule_the_rate_is_the_optimizers() -> None:
    history = fit(feed_forward([2, 1], Random(0)), XOR, ANSWERS, loss=MeanSquaredError(), optimizer=SGD(0.25), epochs=2)
    assert [epoch.learning_rate for epoch in history.epochs] == [0.25, 0.25]


# Randomness.


def drilled(seed: int) -> list[Matrix]:
    network = feed_forward([2, 8, 1], Random(0), dropout=0.3)
    fit(network, XOR, ANSWERS, loss=BinaryCrossEntropy(), epochs=3, batch_size=2, validation=0.25, seed=seed)
    return network.parameters


def test_fit_with_the_same_seed_gives_the_same_bits() -> None:
    assert drilled(seed=1) == drilled(seed=1)
    assert drilled(seed=1) != drilled(seed=2)


def test_nothing_touches_the_global_generator() -> None:
    before = random.getstate()
    drilled(seed=1)
    assert random.getstate() == before


# The loop.


def test_breaking_out_of_epochs_trains_no_further() -> None:
    engine, same = float_engine(ten_points()), float_engine(ten_points())
    for epoch in epochs(engine, 100, constant(0.1)):
        if epoch.number == 2:
            break
    assert [epoch.number for epoch in epochs(same, 2, constant(0.1))] == [1, 2]
    assert engine.network().parameters == same.network().parameters


def test_epochs_train_only_when_the_next_is_asked_for() -> None:
    engine = float_engine(ten_points())
    before = [parameter.copy() for parameter in engine.network().parameters]
    running = epochs(engine, 3, constant(0.1))
    assert engine.network().parameters == before
    next(running)
    assert engine.network().parameters != before
    assert len(list(islice(running, 10))) == 2


def run(*callbacks: Callable[[Epoch], object]) -> int:
    """How many of 5 epochs are done with these callbacks."""
    network = feed_forward([2, 1], Random(0))
    return len(fit(network, XOR, ANSWERS, loss=BinaryCrossEntropy(), epochs=5, callbacks=callbacks).epochs)


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


# What it refuses.


@pytest.mark.parametrize("bad", [nan, inf, -inf])
def test_an_input_or_target_that_is_not_finite_is_named(bad: float) -> None:
    network = feed_forward([2, 1], Random(0))
    inputs, targets = [[0.0, 1.0], [2.0, bad]], [1.0, 2.0]
    with pytest.raises(ValueError, match=f"^input row 1, column 1 is {bad}, expected a finite number"):
        fit(network, inputs, targets, loss=MeanSquaredError())
    with pytest.raises(ValueError, match=f"^target row 0, column 0 is {bad}"):
        fit(network, [[0.0, 1.0], [2.0, 3.0]], [bad, 2.0], loss=MeanSquaredError())
    with pytest.raises(ValueError, match=f"^input row 1, column 1 is {bad}"):
        fit(network, Selection(Matrix(inputs), [0, 1]), targets, loss=MeanSquaredError())


@pytest.mark.parametrize("bad", [nan, inf])
def test_validation_samples_that_are_not_finite_are_named(bad: float) -> None:
    network = feed_forward([2, 1], Random(0))
    for inputs, targets, what in ([[0.0, bad]], [1.0], "input row 0, column 1"), ([[0.0, 1.0]], [bad], "target row 0"):
        validation = Samples(as_rows(inputs), as_rows(targets))
        with pytest.raises(ValueError, match=f"^validation {what}.* is {bad}"):
            fit(network, XOR, ANSWERS, loss=BinaryCrossEntropy(), validation=validation)


def test_a_loss_that_is_not_finite_names_epoch_and_batch_and_says_what_to_try() -> None:
    # squares of numbers beyond 1e154 are infinite: a rate of 1e60 gets there in a few steps
    points = ten_points()
    with pytest.raises(TrainingError) as caught:
        fit(
            feed_forward([2, 1], Random(0)),
            points.inputs,
            points.targets,
            loss=MeanSquaredError(),
            optimizer=SGD(1e60),
            batch_size=5,
            epochs=50,
        )
    # each step multiplies the weights by about 1e60: 1, 1e60, 1e120, and the square of 1e180 in the fourth batch is inf
    assert str(caught.value) == (
        "epoch 2, batch 2: the loss is inf; try a lower learning rate or inputs on a smaller scale (the rate was 1e+60)"
    )


def test_a_loss_that_is_not_finite_teaches_nothing() -> None:
    network = Sequential(Linear(1, 1, Random(0)))
    before = [parameter.copy() for parameter in network.parameters]
    with pytest.raises(TrainingError, match="epoch 1, batch 1: the loss is inf"):
        fit(network, [1e200], [0.0], loss=MeanSquaredError())
    assert network.parameters == before


def test_a_weight_that_is_nan_is_found_in_the_first_batch() -> None:
    network = feed_forward([2, 3, 1], Random(0))
    network.parameters[0][1, 0] = nan
    with pytest.raises(TrainingError, match=r"^epoch 1, batch 1: the loss is nan; try a lower learning rate"):
        fit(network, [[1.0, 2.0]] * 4, ANSWERS, loss=BinaryCrossEntropy())


def test_a_weight_that_the_last_step_made_infinite_is_found_before_the_epoch_is_reported() -> None:
    # one step: the loss is finite still, 1e154, and the step, 2 * 1e77 * 1 times the rate, is not
    network = Sequential(Linear(1, 1, Random(0)))
    seen: list[Epoch] = []
    with pytest.raises(TrainingError, match=r"^epoch 1, batch 1: a weight is no longer a finite number"):
        fit(network, [1.0], [1e77], loss=MeanSquaredError(), optimizer=SGD(1e300), epochs=1, callbacks=[seen.append])
    assert seen == []


@pytest.mark.parametrize("rate", [0.0, -0.1, nan, inf])
def test_a_learning_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match=f"learning_rate must be a finite number above 0, got {rate}"):
        fit(feed_forward([2, 1], Random(0)), XOR, ANSWERS, loss=BinaryCrossEntropy(), optimizer=SGD(rate))


@pytest.mark.parametrize("count", [0, -1])
def test_no_epochs_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"epochs must be at least 1, got {count}"):
        fit(feed_forward([2, 1], Random(0)), XOR, ANSWERS, loss=BinaryCrossEntropy(), epochs=count)
    with pytest.raises(ValueError, match=f"epochs must be at least 1, got {count}"):
        next(epochs(float_engine(ten_points()), count, constant(0.1)))


@pytest.mark.parametrize("size", [0, -1, 5])
def test_a_batch_of_nothing_or_of_more_than_there_is_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"from 1 to the 4 training samples, got {size}"):
        fit(feed_forward([2, 1], Random(0)), XOR, ANSWERS, loss=BinaryCrossEntropy(), batch_size=size)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.5, nan])
def test_a_validation_part_that_leaves_nothing_is_refused(fraction: float) -> None:
    with pytest.raises(ValueError, match=f"between 0 and 1, got {fraction}"):
        fit(feed_forward([2, 1], Random(0)), XOR, ANSWERS, loss=BinaryCrossEntropy(), validation=fraction)


@pytest.mark.parametrize(
    ("inputs", "targets", "outputs", "complaint"),
    [
        (XOR, [0, 1, 1], 1, "4 inputs, but 3 targets"),
        (XOR, [0, 1, 1], 2, "4 inputs, but 3 targets"),
        ([], [], 1, "0 rows"),
        ([[1, 2, 3]] * 4, ANSWERS, 1, r"Linear\(2, 1\): expected 2 features, got 3"),
        (XOR, [[0.0, 1.0]] * 4, 1, r"outputs are \(4, 1\), but targets are \(4, 2\)"),
        (XOR, [0.0, 0.5, 1.0, 0.0], 2, r"target 1 is 0\.5, expected a class number from 0 to 1, .* has 2 outputs"),
        (XOR, [0, 1, 2, 1], 2, "label 2 is 2, expected 0 to 1"),
    ],
)
def test_samples_that_do_not_fit_are_refused_with_both_sizes(
    inputs: Numbers, targets: Numbers, outputs: int, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint) as caught:
        fit(feed_forward([2, outputs], Random(0)), inputs, targets, loss=MeanSquaredError())
    assert isinstance(caught.value, ShapeError) or "expected 0 to 1" in complaint or "class number" in complaint


def test_a_schedule_may_end_at_0() -> None:
    schedule = linear(0.1, epochs=1)
    history = fit(feed_forward([2, 1], Random(0)), XOR, ANSWERS, loss=BinaryCrossEntropy(), schedule=schedule, epochs=2)
    assert history.epochs[1].learning_rate == 0.0
