"""The lanes engine: what it learns, what it says, and what it refuses. The contract that it shares with every engine is
in test_training."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable
from math import inf, nan
from random import Random

import pytest

from purenn.engine import evaluate
from purenn.errors import ShapeError, TrainingError
from purenn.float_engine import FloatEngine
from purenn.initializers import zeros
from purenn.lanes.engine import BLOCK, LanesEngine, resolution
from purenn.layers import Activation, Linear, PReLU
from purenn.losses import BinaryCrossEntropy, CrossEntropy, Loss, MeanSquaredError
from purenn.matrix import Matrix
from purenn.network import Sequential, feed_forward
from purenn.optimizers import SGD
from purenn.samples import Images, Labels, Samples, as_rows
from purenn.schedules import constant, linear, warmup

XOR = Samples(as_rows([[0, 0], [0, 1], [1, 0], [1, 1]] * 25), as_rows([0, 1, 1, 0] * 25))


def silent(done: int, total: int) -> None:
    """Progress that nobody looks at."""


def blobs(count: int = 90) -> Samples:
    """Points around three centres, the class being the centre; all are multiples of 1/8."""
    rng = Random(1)
    labels = [rng.randrange(3) for _ in range(count)]
    centres = [(-1.0, 0.0), (1.0, 0.0), (0.0, 1.5)]
    near = [[round(8 * rng.gauss(c, 0.25)) / 8 for c in centres[label]] for label in labels]
    return Samples(Matrix(near), Labels(labels, classes=3))


def trained(network: Sequential, samples: Samples, loss: Loss, rate: float, epochs: int, seed: int = 0) -> LanesEngine:
    engine = LanesEngine(network, samples, loss, Random(seed), scale=8)
    for epoch in range(epochs):
        engine.train(epoch, linear(rate, epochs), silent)
    return engine


# What it learns.


@pytest.mark.parametrize("seed", range(3))
def test_xor_is_learned_with_binary_cross_entropy(seed: int) -> None:
    network = feed_forward([2, 8, 1], Random(seed), hidden="tanh")
    score = trained(network, XOR, BinaryCrossEntropy(), 0.3, 30, seed).evaluate(XOR)
    assert score.accuracy == 1.0
    assert score.loss < 0.1


@pytest.mark.parametrize("seed", range(3))
def test_a_line_is_recovered_by_one_layer_with_the_squared_error(seed: int) -> None:
    rng = Random(seed)
    x = [[rng.randint(-8, 8) / 8] for _ in range(200)]
    samples = Samples(as_rows(x), as_rows([2.0 * value + 1.0 for (value,) in x]))
    network = trained(Sequential(Linear(1, 1, rng)), samples, MeanSquaredError(), 0.1, 15, seed).network()
    (at_0,), (at_1,) = network(Matrix([[0.0], [1.0]]))
    assert at_0 == pytest.approx(1.0, abs=0.05)
    assert at_1 - at_0 == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("hidden", ["relu", "leaky_relu", "identity", "sigmoid", "tanh"])
@pytest.mark.parametrize("sizes", [[2, 3], [2, 8, 3], [2, 8, 8, 3]], ids=str)
def test_classes_are_learned_at_any_depth_with_any_function(sizes: list[int], hidden: str) -> None:
    start = feed_forward(sizes, Random(1), hidden=hidden)
    before = evaluate(start, blobs(), CrossEntropy()).loss
    score = trained(start, blobs(), CrossEntropy(), 0.2, 25).evaluate(blobs())
    assert score.loss < 0.5 * before
    assert score.accuracy is not None
    assert score.accuracy > 0.8


def test_classes_are_learned_with_dropout() -> None:
    score = trained(feed_forward([2, 32, 3], Random(1), dropout=0.3), blobs(), CrossEntropy(), 0.1, 25).evaluate(
        blobs()
    )
    assert score.accuracy is not None
    assert score.accuracy > 0.8


# What it says.


@pytest.mark.parametrize("hidden", ["relu", "tanh"])
def test_the_network_scores_as_the_engine_says(hidden: str) -> None:
    samples = blobs()
    engine = trained(feed_forward([2, 8, 8, 3], Random(1), hidden=hidden), samples, CrossEntropy(), 0.1, 3)
    said, is_so = engine.evaluate(samples), evaluate(engine.network(), samples, CrossEntropy())
    assert said.loss == pytest.approx(is_so.loss, abs=0.02)  # activations are rounded to 2^-8
    assert said.accuracy == pytest.approx(is_so.accuracy, abs=1.5 / 90)


def test_a_single_layer_says_exactly_what_the_network_says() -> None:
    engine = trained(feed_forward([2, 3], Random(1)), blobs(), CrossEntropy(), 0.1, 3)
    said, is_so = engine.evaluate(blobs()), evaluate(engine.network(), blobs(), CrossEntropy())
    assert said.loss == pytest.approx(is_so.loss, rel=1e-12)
    assert said.accuracy == is_so.accuracy


def test_of_equal_outputs_the_first_is_the_answer() -> None:
    # as in FloatEngine, or else a network that is all zeros would be right about everything
    blank = Sequential(Linear(2, 3, Random(0), initializer=zeros))
    engine = LanesEngine(blank, blobs(), CrossEntropy(), Random(0))
    assert engine.evaluate(blobs()).accuracy == evaluate(blank, blobs(), CrossEntropy()).accuracy


def test_targets_that_are_no_classes_have_no_accuracy() -> None:
    samples = Samples(as_rows([[0.0], [1.0]]), as_rows([0.5, 2.0]))
    engine = LanesEngine(feed_forward([1, 1], Random(0)), samples, MeanSquaredError(), Random(0))
    assert engine.train(0, constant(0.1), silent).accuracy is None
    assert engine.evaluate(samples).accuracy is None


def test_a_block_of_samples_shares_a_learning_rate() -> None:
    asked: list[float] = []

    def schedule(epoch: float) -> float:
        asked.append(epoch)
        return 0.1

    count = 2 * BLOCK + 10
    seen: list[tuple[int, int]] = []
    engine = LanesEngine(feed_forward([2, 3], Random(0)), blobs(count), CrossEntropy(), Random(0))
    engine.train(3, schedule, lambda done, total: seen.append((done, total)))
    assert asked == [3.0, 3.0 + BLOCK / count, 3.0 + 2 * BLOCK / count]
    assert seen == [(BLOCK, count), (2 * BLOCK, count), (count, count)]


# Precision.


@pytest.mark.parametrize("rate", [0.016, 0.02, 0.03, 0.1, 0.5, 1.0, 3.0, 60.0])
def test_a_delta_of_one_is_64_to_128_units(rate: float) -> None:
    assert 64 <= rate * 2 ** resolution(rate) < 128


@pytest.mark.parametrize("rate", [0.0, 1e-300, 1e-5, 100.0, 1e300])
def test_at_other_rates_the_resolution_is_at_its_end(rate: float) -> None:
    assert 0 <= resolution(rate) <= 12


def test_rates_that_warm_up_from_0_to_high_ones_are_no_overflow() -> None:
    # at a rate of 0 the resolution is the finest, and deltas in such units would be too large at 0.5
    engine = LanesEngine(feed_forward([2, 8, 1], Random(1), hidden="tanh"), XOR, BinaryCrossEntropy(), Random(1))
    for epoch in range(20):
        engine.train(epoch, warmup(constant(0.5), epochs=3), silent)
    assert engine.evaluate(XOR).accuracy == 1.0


@pytest.mark.parametrize("sizes", [[2, 3], [2, 8, 3], [2, 8, 8, 3]], ids=str)
@pytest.mark.parametrize("rate", [0.003, 0.05])
def test_it_gets_as_far_as_the_float_engine_with_batches_of_one(rate: float, sizes: list[int]) -> None:
    samples, start = blobs(), feed_forward(sizes, Random(1), hidden="tanh")
    lanes = LanesEngine(copy.deepcopy(start), samples, CrossEntropy(), Random(2), scale=8)
    floats = FloatEngine(copy.deepcopy(start), samples, CrossEntropy(), SGD(rate), 1, Random(2))
    for epoch in range(4):
        lanes.train(epoch, constant(rate), silent)
        floats.train(epoch, constant(rate), silent)
    way = evaluate(start, samples, CrossEntropy()).loss - floats.evaluate(samples).loss
    assert way > 0.1
    assert lanes.evaluate(samples).loss == pytest.approx(floats.evaluate(samples).loss, abs=0.1 * way)


def test_steps_of_less_than_a_unit_are_not_lost() -> None:
    # in a single layer a delta is in units of 512² · 2^-20 = 1/4, and here none is over 0.1: rounded, all would be 0
    engine = LanesEngine(feed_forward([2, 3], Random(1)), blobs(), CrossEntropy(), Random(2), scale=512)
    before = engine.evaluate(blobs()).loss
    for epoch in range(20):
        engine.train(epoch, constant(0.1), silent)
    assert engine.evaluate(blobs()).loss < 0.5 * before


def test_weight_decay_multiplies_once_a_sample() -> None:
    # targets are what the network says, so that there is nothing else to learn; a unit is 8 · 2^-20 = 0.8e-5
    layer = Linear(2, 1, Random(0))
    layer.weight, layer.bias = Matrix([[3.0], [-2.0]]), Matrix([[0.5]])
    x = Matrix([[0.25, 0.5]] * 100)
    samples = Samples(x, layer.forward(x)[0])
    engine = LanesEngine(Sequential(layer), samples, MeanSquaredError(), Random(1), weight_decay=0.02, scale=8)
    engine.train(0, constant(0.1), silent)
    kept = (1.0 - 0.1 * 0.02) ** 100
    weight, bias = engine.network().parameters
    assert [weight[0, 0], weight[1, 0], bias[0, 0]] == pytest.approx([3.0 * kept, -2.0 * kept, 0.5 * kept], abs=1.6e-5)


# Randomness.


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_same_seed_same_bits_and_another_seed_others(dropout: float) -> None:
    def states(seed: int) -> object:
        network = feed_forward([2, 8, 8, 3], Random(1), dropout=dropout)
        return trained(network, blobs(), CrossEntropy(), 0.1, 2, seed).packed.state

    assert states(5) == states(5)
    assert states(5) != states(6)


def test_evaluating_drops_nothing() -> None:
    engine = LanesEngine(feed_forward([2, 8, 3], Random(1), dropout=0.5), blobs(), CrossEntropy(), Random(0))
    said = engine.evaluate(blobs())
    assert said == engine.evaluate(blobs())
    assert said.loss == pytest.approx(evaluate(engine.network(), blobs(), CrossEntropy()).loss, abs=0.02)


# Overflow: an error that says where and what to lower, and never a wrong number.


def fails(engine: LanesEngine, rate: float) -> TrainingError:
    """The error that ends training at this rate."""
    with pytest.raises(TrainingError, match=r"^epoch \d+, samples 1 to 90: .*; try a lower learning rate") as caught:
        deque(engine.train(epoch, lambda _: rate, silent) for epoch in range(200))
    return caught.value


@pytest.mark.parametrize("rate", [1e3, 1e6, 1e20, 1e200, 1e308, inf, nan])
@pytest.mark.parametrize("sizes", [[2, 3], [2, 8, 3], [2, 8, 8, 3]], ids=str)
def test_an_absurd_rate_is_an_error_that_says_to_lower_it(sizes: list[int], rate: float) -> None:
    engine = LanesEngine(feed_forward(sizes, Random(0)), blobs(), CrossEntropy(), Random(0))
    assert f"(the rate was {rate:g})" in str(fails(engine, rate))


@pytest.mark.parametrize("rate", [1e20, 1e200, 1e308, inf, nan])
@pytest.mark.parametrize("sizes", [[2, 3], [2, 8, 3], [2, 8, 8, 3]], ids=str)
def test_so_it_is_where_weights_of_zero_leave_room_for_any_gradient(sizes: list[int], rate: float) -> None:
    network = feed_forward(sizes, Random(0))
    for parameter in network.parameters:
        parameter.data = Matrix.zeros(*parameter.shape).data
    assert fails(LanesEngine(network, blobs(), CrossEntropy(), Random(0)), rate)


@pytest.mark.parametrize("target", [1e5, 1e100, 1e200, 1e308])
def test_absurd_targets_are_an_error(target: float) -> None:
    samples = Samples(as_rows([1.0, 0.5]), as_rows([target, -target]))
    for sizes in [1, 1], [1, 4, 1]:
        engine = LanesEngine(feed_forward(sizes, Random(0)), samples, MeanSquaredError(), Random(0))
        with pytest.raises(TrainingError, match="try a lower learning rate"):
            engine.train(0, constant(0.1), silent)


@pytest.mark.parametrize("x", [1e4, 1e10, 1e200])
def test_inputs_too_large_for_the_lanes_are_an_error_before_anything_is_computed(x: float) -> None:
    loud = Samples(Matrix([[x, -x]]), Labels([0], classes=3))
    network = feed_forward([2, 8, 3], Random(0))
    with pytest.raises(TrainingError, match=r"first layer might pass .*its inputs are too large"):
        LanesEngine(network, loud, CrossEntropy(), Random(0))
    engine = LanesEngine(network, blobs(), CrossEntropy(), Random(0))
    with pytest.raises(TrainingError, match=r"first layer might pass .*its inputs are too large"):
        engine.evaluate(loud)


def test_inputs_that_zero_weights_let_in_are_an_error_when_those_learn() -> None:
    blank = Sequential(Linear(2, 3, Random(0), initializer=zeros))
    loud = Samples(Matrix([[1e10, 1.0]]), Labels([0], classes=3))
    engine = LanesEngine(blank, loud, CrossEntropy(), Random(0))
    with pytest.raises(TrainingError, match="the first layer"):
        engine.train(0, constant(10.0), silent)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_weights_too_large_for_the_lanes_are_an_error_that_names_the_layer(number: int) -> None:
    network = feed_forward([2, 4, 4, 3], Random(0))
    network.parameters[2 * number].data[0][0] = 1e6
    name = "first layer" if number == 0 else f"Linear layer {number + 1}"
    with pytest.raises(TrainingError, match=name):
        LanesEngine(network, blobs(), CrossEntropy(), Random(0))


def test_activations_that_later_layers_have_no_room_for_are_an_error() -> None:
    network = feed_forward([1, 1, 1, 1], Random(0), hidden="identity")
    for weight in network.parameters[::2]:
        weight.data[0][0] = 100.0  # 10,000 after the second layer
    engine = LanesEngine(network, Samples(as_rows([1.0]), as_rows([1.0])), MeanSquaredError(), Random(0))
    with pytest.raises(TrainingError, match="Linear layer 2: an activation passes 2048"):
        engine.train(0, constant(0.1), silent)


def test_a_decay_that_would_turn_weights_round_is_an_error() -> None:
    engine = LanesEngine(feed_forward([2, 3], Random(0)), blobs(), CrossEntropy(), Random(0), weight_decay=30.0)
    with pytest.raises(TrainingError, match=r"weight decay of 30\.0 .* by -2"):
        engine.train(0, constant(0.1), silent)


# What it refuses.


@pytest.mark.parametrize("scale", [0, -8, 3, 100, 1024])
def test_a_scale_that_is_no_power_of_2_is_refused(scale: int) -> None:
    with pytest.raises(ValueError, match=f"^scale must be a power of 2 from 1 to 512, got {scale}"):
        LanesEngine(feed_forward([2, 3], Random(0)), blobs(), CrossEntropy(), Random(0), scale=scale)


@pytest.mark.parametrize("scale", [1, 2, 64, 512])
@pytest.mark.parametrize("sizes", [[4, 2], [4, 3, 2]], ids=str)
def test_any_other_scale_works_for_pictures_and_numbers(sizes: list[int], scale: int) -> None:
    pictures = Samples(Images(bytes([0, 255, 9, 200, 255, 0, 128, 1]), height=2, width=2), Labels([0, 1], classes=2))
    numbers = Samples(pictures.inputs.take([0, 1]), pictures.targets)
    engines = [
        LanesEngine(feed_forward(sizes, Random(0)), samples, CrossEntropy(), Random(0), scale=scale)
        for samples in (pictures, numbers)
    ]
    for engine in engines:
        engine.train(0, constant(0.01), silent)
    assert engines[0].packed.state == engines[1].packed.state


@pytest.mark.parametrize("weight_decay", [-0.1, inf, nan])
def test_a_weight_decay_out_of_range_is_refused(weight_decay: float) -> None:
    with pytest.raises(ValueError, match=f"^weight_decay must be .* got {weight_decay}"):
        LanesEngine(feed_forward([2, 3], Random(0)), blobs(), CrossEntropy(), Random(0), weight_decay=weight_decay)


def test_a_network_it_cannot_train_is_named_with_the_reason() -> None:
    network = Sequential(Linear(2, 4, Random(0)), PReLU(4), Linear(4, 3, Random(0)))
    with pytest.raises(ValueError, match=r"cannot train Sequential\(.*\): it has no PReLU\(4\)"):
        LanesEngine(network, blobs(), CrossEntropy(), Random(0))
    network = Sequential(Linear(2, 3, Random(0)), Activation("softmax"))
    with pytest.raises(ValueError, match="needs a Linear layer first and last"):
        LanesEngine(network, blobs(), CrossEntropy(), Random(0))


@pytest.mark.parametrize("sizes", [[3, 3], [1, 3], [2, 2], [2, 4], [3, 8, 3], [2, 8, 4]], ids=str)
def test_samples_of_another_size_are_refused_with_both_sizes(sizes: list[int]) -> None:
    network = feed_forward(sizes, Random(0))
    sizes_of_both = f"{sizes[0]} inputs and {sizes[-1]} outputs, but the samples 2 and 3"
    with pytest.raises(ShapeError, match=sizes_of_both):
        LanesEngine(network, blobs(), CrossEntropy(), Random(0))
    fitting = Samples(Matrix.zeros(1, sizes[0]), Labels([0], classes=sizes[-1]))
    engine = LanesEngine(network, fitting, CrossEntropy(), Random(0))
    with pytest.raises(ShapeError, match=sizes_of_both):
        engine.evaluate(blobs())


@pytest.mark.parametrize("bad", [inf, -inf, nan])
def test_samples_that_are_not_finite_are_refused(bad: float) -> None:
    good, network = Samples(as_rows([1.0]), as_rows([1.0])), feed_forward([1, 1], Random(0))
    engine = LanesEngine(network, good, MeanSquaredError(), Random(0))
    doors: list[Callable[[Samples], object]] = [
        lambda samples: LanesEngine(network, samples, MeanSquaredError(), Random(0)),
        engine.evaluate,
    ]
    for door in doors:
        with pytest.raises(ValueError, match=f"^input row 0, column 0 is {bad}"):
            door(Samples(as_rows([bad]), as_rows([1.0])))
        with pytest.raises(ValueError, match=f"^target row 0, column 0 is {bad}"):
            door(Samples(as_rows([1.0]), as_rows([bad])))
