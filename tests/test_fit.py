"""What `fit` does beyond epochs: weights, penalties, clipping, patience, metrics, several labels, and partial fits."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from random import Random

import pytest

from purenn.clipping import clip_by_norm, clip_by_value
from purenn.engine import answers_of, evaluate
from purenn.errors import ShapeError
from purenn.float_engine import FloatEngine
from purenn.history import Epoch, stop_at
from purenn.lanes_engine import LanesEngine
from purenn.layers import Activation, Linear
from purenn.losses import BinaryCrossEntropy, CrossEntropy, Loss, MeanSquaredError
from purenn.matrix import Matrix
from purenn.metrics import classes, confusion_matrix, labels, mean_absolute_error, r2_score
from purenn.network import Sequential, feed_forward
from purenn.optimizers import SGD, Adam
from purenn.penalties import Penalty
from purenn.samples import Labels, Numbers, Samples, as_rows
from purenn.schedules import constant, reduce_on_plateau
from purenn.training import fit, partial_fit


def silent(done: int, total: int) -> None:
    """Progress that nobody looks at."""


def line(weight: float = 0.0, bias: float = 0.0) -> Sequential:
    """y = weight · x + bias."""
    layer = Linear(1, 1, Random(0))
    layer.weight, layer.bias = Matrix([[weight]]), Matrix([[bias]])
    return Sequential(layer)


def numbers(network: Sequential) -> list[float]:
    return [value for parameter in network.parameters for row in parameter for value in row]


def rare(seed: int, often: int = 190, seldom: int = 10) -> tuple[list[list[float]], list[int]]:
    """Two clouds that overlap; class 1 is rare."""
    rng = Random(seed)
    targets = [0] * often + [1] * seldom
    return [[rng.gauss(1.2 * label, 1.0), rng.gauss(1.2 * label, 1.0)] for label in targets], targets


# Weights of samples and classes.


def test_a_weight_multiplies_a_samples_loss_and_gradient() -> None:
    # y = 0 for (1, 2) and (3, 4) with weights 3 and 1/2: L = (3 · 2² + 0.5 · 4²) / 2 = 10,
    # dL/dw = 2 (-2·1·3 - 4·3·0.5) / 2 = -12, dL/db = 2 (-2·3 - 4·0.5) / 2 = -8
    network = line()
    history = fit(
        network, [1, 3], [2, 4], loss=MeanSquaredError(), optimizer=SGD(0.01), epochs=1, sample_weights=[3.0, 0.5]
    )
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


def test_the_lanes_engine_weighs_samples_too() -> None:
    inputs, targets = as_rows([[0.0, 1.0], [1.0, 0.0]] * 40), Labels([0, 1] * 40, classes=2)
    scores = {}
    for weights in (None, [1.0] * 80, [0.0, 1.0] * 40):
        network = feed_forward([2, 4, 2], Random(1))
        samples = Samples(inputs, targets, weights)
        engine = LanesEngine(network, samples, CrossEntropy(), Random(0))
        before = engine.evaluate(samples).loss
        for epoch in range(5):
            engine.train(epoch, constant(0.1), silent)
        scores[str(weights)[:9]] = before, evaluate(engine.network(), Samples(inputs, targets), CrossEntropy())
    assert scores["None"] == scores["[1.0, 1.0"]
    before, after = scores["[0.0, 1.0"]
    assert before < scores["None"][0]
    assert after.accuracy == 0.5, "what counts for nothing is not learned"


def test_balanced_class_weights_find_the_rare_class() -> None:
    inputs, targets = rare(0)
    fresh_inputs, fresh_targets = rare(1, 1900, 100)

    def recall(weights: str | None) -> float:
        network = feed_forward([2, 1], Random(0))
        fit(network, inputs, targets, loss=BinaryCrossEntropy(), optimizer=SGD(0.5), epochs=30, class_weights=weights)
        confusion = confusion_matrix(network.predict_classes(fresh_inputs), fresh_targets, 2)
        return confusion[1][1] / 100

    assert recall(None) < 0.5
    assert recall("balanced") > 0.7


def test_class_weights_multiply_sample_weights() -> None:
    def trained(**options: object) -> list[float]:
        network = feed_forward([2, 2], Random(0))
        samples, classes_of = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1]
        own, by_class = options.get("own"), options.get("by_class")
        assert own is None or isinstance(own, list)
        assert by_class is None or isinstance(by_class, dict)
        fit(network, samples, classes_of, loss=CrossEntropy(), sample_weights=own, class_weights=by_class)
        return numbers(network)

    expected = trained(own=[2.0, 0.5, 1.5])
    assert trained(own=[1.0, 1.0, 3.0], by_class={0: 2.0, 1: 0.5}) == pytest.approx(expected)
    assert trained(own=[1.0, 1.0, 1.0]) != pytest.approx(expected)


def test_weights_that_do_not_fit_are_refused() -> None:
    network, inputs = line(), [1.0, 2.0]

    def refused(words: str, targets: Numbers = (0, 1), **weights: object) -> None:
        own, by_class = weights.get("own"), weights.get("by_class")
        assert own is None or isinstance(own, list)
        assert by_class is None or isinstance(by_class, (dict, str))
        with pytest.raises(ValueError, match=words):
            fit(network, inputs, targets, loss=BinaryCrossEntropy(), sample_weights=own, class_weights=by_class)

    refused("2 samples, but 3 weights", own=[1.0, 1.0, 1.0])
    refused("weight of sample 1 is -1.0, expected a finite number of at least 0", own=[1.0, -1.0])
    refused("weight of sample 0 is nan", own=[float("nan"), 1.0])
    refused("no class weight for class 1", by_class={0: 1.0})
    refused("'balanced' or a weight for each class, got 'equal'", by_class="equal")
    refused("class weights are for targets that are classes", targets=[0.5, 1.5], by_class="balanced")


# Penalties and clipping.


def test_a_penalty_shows_in_the_loss_in_training_and_validation() -> None:
    # y = 2 x - 1 is right for (1, 1): all the loss is penalty, 0.1 · |2| + 0.3 / 2 · 2² = 0.8, without the bias
    points = Samples(as_rows([1.0]), as_rows([1.0]))
    penalty = Penalty(l1=0.1, l2=0.3)
    engine = FloatEngine(line(2.0, -1.0), points, MeanSquaredError(), SGD(), 1, Random(0), penalty=penalty)
    assert engine.evaluate(points).loss == pytest.approx(0.8)
    assert engine.train(0, constant(0.5), silent).loss == pytest.approx(0.8)
    # dL/dw = 0.1 + 0.3 · 2 = 0.7: the step is 0.35, and the bias keeps still
    assert numbers(engine.network()) == pytest.approx([1.65, -1.0])


def test_an_l2_penalty_is_weight_decay_of_weights() -> None:
    penalised, decayed = line(2.0), line(2.0)
    x, t = [1.0, 2.0], [1.0, 5.0]
    fit(penalised, x, t, loss=MeanSquaredError(), optimizer=SGD(0.01), epochs=1, penalty=Penalty(l2=0.5))
    fit(decayed, x, t, loss=MeanSquaredError(), optimizer=SGD(0.01, weight_decay=0.5), epochs=1)
    assert numbers(penalised) == pytest.approx(numbers(decayed))  # from a bias of 0, which does not decay


def test_l1_makes_useless_weights_nothing() -> None:
    rng = Random(0)
    inputs = [[rng.gauss(0, 1) for _ in range(6)] for _ in range(60)]
    targets = [3.0 * row[0] for row in inputs]

    def others(penalty: Penalty | None) -> float:
        network = feed_forward([6, 1], Random(1))
        fit(network, inputs, targets, loss=MeanSquaredError(), optimizer=SGD(0.02), epochs=60, penalty=penalty)
        assert numbers(network)[0] == pytest.approx(3.0, abs=0.2)
        return max(map(abs, numbers(network)[1:6]))

    assert others(Penalty(l1=0.1)) < 0.01


def test_clipping_bounds_the_step() -> None:
    # the gradient is (-14, -6), as in the full batch of test_training; by value it becomes (-1, -1), and by norm it
    # keeps its direction: 15.2315 long, it becomes (-0.9191, -0.3939)
    for clip, expected in ((clip_by_value(1.0), [0.01, 0.01]), (clip_by_norm(1.0), [0.009191, 0.003939])):
        network = line()
        fit(network, [1, 3], [2, 4], loss=MeanSquaredError(), optimizer=SGD(0.01), epochs=1, clip=clip)
        assert numbers(network) == pytest.approx(expected, rel=1e-3)


# Patience, and other ends.


def noisy() -> tuple[list[list[float]], list[float]]:
    rng = Random(4)
    inputs = [[rng.gauss(0, 1) for _ in range(8)] for _ in range(40)]
    return inputs, [row[0] + rng.gauss(0, 1.0) for row in inputs]


def overfitted(patience: int | None) -> tuple[list[Epoch], float]:
    """A network that learns noise by heart: its epochs, and its loss on what was held back, in the end."""
    inputs, targets = noisy()
    network = feed_forward([8, 30, 1], Random(0), hidden="tanh")
    validation = Samples(as_rows(inputs[20:]), as_rows(targets[20:]))
    history = fit(
        network,
        inputs[:20],
        targets[:20],
        loss=MeanSquaredError(),
        optimizer=SGD(0.1),
        epochs=80,
        validation=validation,
        patience=patience,
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


def test_patience_must_be_positive() -> None:
    with pytest.raises(ValueError, match="patience must be at least 1, got 0"):
        fit(line(), [1], [1], loss=MeanSquaredError(), patience=0)


def test_a_target_ends_training() -> None:
    history = fit(line(), [1, 3], [2, 4], loss=MeanSquaredError(), epochs=500, callbacks=[stop_at(loss=0.01)])
    assert history.losses[-1] <= 0.01 < history.losses[-2]


def test_a_plateau_lowers_the_rate() -> None:
    # a rate so low that the loss stays within a ten-thousandth: after 2 epochs without progress the rate is halved
    history = fit(
        line(),
        [1, 3],
        [2, 4],
        loss=MeanSquaredError(),
        optimizer=SGD(1e-9),
        epochs=6,
        plateau=reduce_on_plateau(factor=0.5, patience=1),
    )
    assert [epoch.learning_rate for epoch in history.epochs] == pytest.approx([1e-9] * 3 + [5e-10] * 2 + [2.5e-10])


# Metrics.


def test_metrics_are_taken_after_the_epoch_on_both_parts() -> None:
    network = line()
    held_back = Samples(as_rows([5.0, 7.0]), as_rows([6.0, 9.0]))
    history = fit(
        network,
        [1, 3],
        [2, 4],
        loss=MeanSquaredError(),
        optimizer=SGD(0.01),
        epochs=2,
        validation=held_back,
        metrics={"mae": mean_absolute_error, "r2": r2_score},
    )
    assert list(history.epochs[0].metrics) == ["mae", "r2", "validation_mae", "validation_r2"]
    last = history.epochs[-1].metrics
    assert last["mae"] == mean_absolute_error(network.predict([1, 3]), Matrix([[2], [4]]))
    assert last["validation_mae"] == mean_absolute_error(network.predict([5, 7]), Matrix([[6], [9]]))
    assert last["validation_r2"] == r2_score(network.predict([5, 7]), Matrix([[6], [9]]))


def test_metrics_see_predictions_and_not_logits() -> None:
    seen: list[Matrix] = []

    def look(predictions: Matrix, targets: Matrix) -> float:
        seen.append(predictions)
        return 0.0

    fit(line(9.0), [-5.0, 5.0], [0, 1], loss=BinaryCrossEntropy(), epochs=1, metrics={"look": look})
    assert all(0.0 <= row[0] <= 1.0 for row in seen[0])


# Several labels at once.

LABELS = [[0.0, 0.0, 1.0], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 0.0]]  # bit 0, bit 1, and "not both"


def test_several_labels_are_learned_and_right_only_together() -> None:
    inputs = [[0, 0], [1, 0], [0, 1], [1, 1]]
    network = feed_forward([2, 8, 3], Random(0), hidden="tanh")
    history = fit(network, inputs, LABELS, loss=BinaryCrossEntropy(), optimizer=Adam(0.05), epochs=300)
    assert history.epochs[-1].accuracy == 1.0
    assert network.predict_labels(inputs) == [[int(value) for value in row] for row in LABELS]
    # one label of one sample wrong: that sample is wrong
    network.parameters[-1][0, 2] -= 1000.0
    score = evaluate(network, Samples(as_rows(inputs), as_rows(LABELS)), BinaryCrossEntropy())
    assert score.accuracy == 0.25


def test_what_targets_ask_for() -> None:
    assert answers_of(Labels([0, 1], 3)) is classes
    assert answers_of(Matrix([[0], [1]])) is classes
    assert answers_of(Matrix([[0, 1], [1, 0]])) is classes
    assert answers_of(Matrix(LABELS)) is labels
    assert answers_of(Matrix([[0, 0], [1, 0]])) is labels
    assert answers_of(Matrix([[0.5], [1.0]])) is None
    assert answers_of(Matrix([[0, 1], [1, 2]])) is None


# What is held back.


def test_each_class_is_held_back_in_its_proportion() -> None:
    inputs, targets = rare(0, often=90, seldom=10)
    sizes: list[int] = []

    def count(predictions: Matrix, t: Matrix) -> float:
        sizes.append(sum(map(int, (row[0] for row in t))))
        return 0.0

    network = feed_forward([2, 1], Random(0))
    fit(network, inputs, targets, loss=BinaryCrossEntropy(), epochs=1, validation=0.2, metrics={"count": count})
    assert sizes == [8, 2]


# In pieces.


def test_a_partial_fit_is_one_step_that_the_optimizer_remembers() -> None:
    whole, pieces = feed_forward([2, 3, 1], Random(0), hidden="tanh"), feed_forward([2, 3, 1], Random(0), hidden="tanh")
    inputs, targets = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    history = fit(
        whole, inputs, targets, loss=BinaryCrossEntropy(), optimizer=SGD(0.3, momentum=0.9), epochs=5, batch_size=4
    )
    optimizer = SGD(0.3, momentum=0.9)
    scores = [partial_fit(pieces, inputs, targets, loss=BinaryCrossEntropy(), optimizer=optimizer) for _ in range(5)]
    assert numbers(pieces) == pytest.approx(numbers(whole))
    assert [score.loss for score in scores] == pytest.approx(history.losses)
    assert optimizer.steps == 5


def test_partial_fits_drop_out_other_units_each_time() -> None:
    network = feed_forward([2, 50, 1], Random(0), dropout=0.5)
    optimizer = SGD(1e-300)
    scores = [partial_fit(network, [[1, 1]], [1], loss=BinaryCrossEntropy(), optimizer=optimizer) for _ in range(5)]
    assert len({score.loss for score in scores}) == 5


def test_partial_fit_checks_what_it_is_given() -> None:
    with pytest.raises(ShapeError):
        partial_fit(line(), [[1, 2]], [1], loss=MeanSquaredError(), optimizer=SGD())


def test_nothing_is_warned_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        network = Sequential(Linear(1, 2, Random(0)), Activation("relu"), Linear(2, 1, Random(0)))
        fit(network, [1, 2, 3], [2, 4, 6], loss=MeanSquaredError(), optimizer=SGD(0.01), epochs=2, validation=0.34)
