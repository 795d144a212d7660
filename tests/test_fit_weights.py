"""Weights of samples and of classes: what counts for how much in training, in validation, and in both engines."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from purenn.engine import Engine, evaluate
from purenn.float_engine import FloatEngine
from purenn.lanes.engine import LanesEngine
from purenn.lanes.workers import ParallelEngine
from purenn.layers import Linear
from purenn.losses import BinaryCrossEntropy, CrossEntropy, Loss, MeanSquaredError
from purenn.matrix import Matrix
from purenn.metrics import confusion_matrix
from purenn.network import Sequential, feed_forward
from purenn.optimizers import SGD
from purenn.samples import Labels, Numbers, Samples, as_rows
from purenn.schedules import constant
from purenn.training import fit


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


@pytest.mark.parametrize("workers", [1, 2])
def test_the_lanes_engine_weighs_samples_too(workers: int) -> None:
    def made(network: Sequential, samples: Samples) -> Engine:
        if workers == 1:
            return LanesEngine(network, samples, CrossEntropy(), Random(0))
        return ParallelEngine(network, samples, CrossEntropy(), workers, 0, executors=[ThreadPoolExecutor(1)])

    inputs, targets = as_rows([[0.0, 1.0], [1.0, 0.0]] * 40), Labels([0, 1] * 40, classes=2)
    scores = {}
    for weights in (None, [1.0] * 80, [0.0, 1.0] * 40):
        network = feed_forward([2, 4, 2], Random(1))
        samples = Samples(inputs, targets, weights)
        engine = made(network, samples)
        before = engine.evaluate(samples).loss
        for epoch in range(5):
            engine.train(epoch, constant(0.1), silent)
        scores[str(weights)[:9]] = before, evaluate(engine.network(), Samples(inputs, targets), CrossEntropy())
    assert scores["None"] == scores["[1.0, 1.0"]
    before, after = scores["[0.0, 1.0"]
    assert before < scores["None"][0]
    assert after.accuracy == 0.5, "what counts for nothing is not learned"


class Array(list[float]):
    """Weights that, like NumPy's arrays, do not say whether they are there."""

    def __bool__(self) -> bool:
        raise ValueError("the truth value of an array is ambiguous")


def test_weights_may_be_an_array() -> None:
    # y = 0 for targets 1 and 2 with weights 1 and 3: L = (1 · 1 + 3 · 4) / 2 = 6.5
    samples = Samples(as_rows([0.0, 0.0]), as_rows([1.0, 2.0]), Array([1.0, 3.0]))
    engines: list[Engine] = [
        FloatEngine(line(), samples, MeanSquaredError(), SGD(), 2, Random(0)),
        LanesEngine(line(), samples, MeanSquaredError(), Random(0)),
    ]
    for engine in engines:
        assert engine.evaluate(samples).loss == pytest.approx(6.5)
        assert engine.train(0, constant(1e-300), silent).loss == pytest.approx(6.5)


@pytest.mark.parametrize("class_weights", [None, "balanced"])
def test_fit_takes_an_array_of_weights(class_weights: str | None) -> None:
    def trained(weights: Sequence[float]) -> list[float]:
        inputs, targets, network = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 1], feed_forward([2, 1], Random(0))
        loss = BinaryCrossEntropy()
        fit(network, inputs, targets, loss=loss, sample_weights=weights, class_weights=class_weights)
        return numbers(network)

    assert trained(Array([1.0, 2.0, 3.0, 4.0])) == trained([1.0, 2.0, 3.0, 4.0])


def test_a_generator_of_weights_is_as_good_as_a_list() -> None:
    network = line()
    fit(
        network,
        (x for x in [1, 3]),
        (t for t in [2, 4]),
        loss=MeanSquaredError(),
        optimizer=SGD(0.01),
        epochs=1,
        sample_weights=iter([3.0, 0.5]),
    )
    assert numbers(network) == pytest.approx([0.12, 0.08])  # as above


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
