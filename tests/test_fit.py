"""What `fit` does beyond epochs: penalties, clipping, metrics, several labels, and partial fits."""

from __future__ import annotations

import warnings
from random import Random

import pytest

from purenn.engine import evaluate
from purenn.errors import ShapeError
from purenn.float_engine import FloatEngine
from purenn.layers import Activation, Linear
from purenn.losses import BinaryCrossEntropy, MeanSquaredError
from purenn.matrix import Matrix
from purenn.metrics import mean_absolute_error, r2_score
from purenn.network import Sequential, feed_forward
from purenn.optimizers import SGD, Adam
from purenn.regularization import Penalty, clip_by_norm, clip_by_value
from purenn.samples import Samples, as_rows
from purenn.schedules import constant
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


def test_what_is_clipped_is_the_penalised_gradient() -> None:
    # y = 10 for 60: dL/dw = 2 (10 - 60) = -100, and with the penalty 2 · 10 it is -80, clipped to -15; clipped first,
    # it would be -15 + 20 = 5. The bias has no penalty: -100, clipped to -15
    network = line(10.0)
    penalty, clip = Penalty(l2=2.0), clip_by_value(15.0)
    fit(network, [1], [60], loss=MeanSquaredError(), optimizer=SGD(0.1), epochs=1, penalty=penalty, clip=clip)
    assert numbers(network) == pytest.approx([11.5, 1.5])


def test_clipping_bounds_the_step() -> None:
    # the gradient is (-14, -6), as in the full batch of test_training; by value it becomes (-1, -1), and by norm it
    # keeps its direction: 15.2315 long, it becomes (-0.9191, -0.3939)
    for clip, expected in ((clip_by_value(1.0), [0.01, 0.01]), (clip_by_norm(1.0), [0.009191, 0.003939])):
        network = line()
        fit(network, [1, 3], [2, 4], loss=MeanSquaredError(), optimizer=SGD(0.01), epochs=1, clip=clip)
        assert numbers(network) == pytest.approx(expected, rel=1e-3)


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


def test_a_metric_is_a_float_whatever_the_function_returns() -> None:
    history = fit(line(), [1], [1], loss=MeanSquaredError(), epochs=1, metrics={"rows": lambda p, t: p.rows})
    assert type(history.epochs[0].metrics["rows"]) is float


def test_without_metrics_nothing_is_predicted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sequential, "predict", None)
    assert fit(line(), [1], [1], loss=MeanSquaredError(), epochs=1, metrics={}).epochs[0].metrics == {}


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


def test_a_partial_fit_is_penalised_and_clipped() -> None:
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


def test_partial_fit_checks_what_it_is_given() -> None:
    with pytest.raises(ShapeError):
        partial_fit(line(), [[1, 2]], [1], loss=MeanSquaredError(), optimizer=SGD())


def test_nothing_is_warned_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        network = Sequential(Linear(1, 2, Random(0)), Activation("relu"), Linear(2, 1, Random(0)))
        fit(network, [1, 2, 3], [2, 4, 6], loss=MeanSquaredError(), optimizer=SGD(0.01), epochs=2, validation=0.34)
