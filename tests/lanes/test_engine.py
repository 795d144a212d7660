"""The lanes engine: it learns, scores and refuses. The contract that it shares with every engine is in
tests/test_engine."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from math import inf, nan
from random import Random

import pytest

from purenn.engine import FloatEngine, Job, State
from purenn.errors import ShapeError, TrainingError
from purenn.initializers import zeros
from purenn.lanes.engine import BLOCK, LEARNING_RATE, NUMBER_SCALE, LanesEngine, resolution
from purenn.layers import Activation, Linear, PReLU
from purenn.losses import BinaryCrossEntropy, CrossEntropy, Loss, MeanSquaredError
from purenn.matrix import Matrix
from purenn.metrics import evaluate
from purenn.network import Sequential, feed_forward
from purenn.optimizers import SGD, Adam
from purenn.regularization import Penalty, clip_by_value
from purenn.samples import Augmentation, Images, Labels, Samples, as_rows
from purenn.schedules import constant, linear_decay, warmup
from tests.conftest import bars, line, linear, numbers, silent
from tests.lanes.helpers import first_bounds

XOR = Samples(as_rows([[0, 0], [0, 1], [1, 0], [1, 1]] * 25), as_rows([0, 1, 1, 0] * 25))


def blobs(count: int = 90) -> Samples:
    """Points around three centres, the class being the centre; all are multiples of 1/8."""
    rng = Random(1)
    labels = [rng.randrange(3) for _ in range(count)]
    centres = [(-1.0, 0.0), (1.0, 0.0), (0.0, 1.5)]
    near = [[round(8 * rng.gauss(c, 0.25)) / 8 for c in centres[label]] for label in labels]
    return Samples(Matrix(near), Labels(labels, classes=3))


def trained(network: Sequential, samples: Samples, loss: Loss, rate: float, epochs: int, seed: int = 0) -> LanesEngine:
    engine = LanesEngine(Job(network, samples, loss, seed=seed, scale=8))
    for epoch in range(epochs):
        engine.train(epoch, linear_decay(rate, epochs), silent)
    return engine


# Learning.


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


# Scores and state.


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
    engine = LanesEngine(Job(blank, blobs(), CrossEntropy()))
    assert engine.evaluate(blobs()).accuracy == evaluate(blank, blobs(), CrossEntropy()).accuracy


def test_a_block_of_samples_shares_a_learning_rate() -> None:
    asked: list[float] = []

    def schedule(epoch: float) -> float:
        asked.append(epoch)
        return 0.1

    count = 2 * BLOCK + 10
    seen: list[tuple[int, int]] = []
    engine = LanesEngine(Job(feed_forward([2, 3], Random(0)), blobs(count), CrossEntropy()))
    engine.train(3, schedule, lambda done, total: seen.append((done, total)))
    assert asked == [3.0, 3.0 + BLOCK / count, 3.0 + 2 * BLOCK / count]
    assert seen == [(BLOCK, count), (2 * BLOCK, count), (count, count)]


def test_rate_and_scale_are_those_of_the_job_or_suit_what_it_trains_on() -> None:
    assert LanesEngine(JOB).learning_rate == LEARNING_RATE
    assert LanesEngine(replace(JOB, optimizer=SGD(0.5))).learning_rate == 0.5
    assert LanesEngine(JOB).batch_size == 1
    assert LanesEngine(JOB).scale == 64
    assert LanesEngine(replace(JOB, network=feed_forward([16, 4], Random(0)), samples=bars())).scale == 8
    assert LanesEngine(replace(JOB, scale=16)).scale == 16


def test_a_restored_engine_still_minds_the_loudest_inputs_it_has_seen() -> None:
    network = feed_forward([1, 1], Random(0))
    engine = LanesEngine(Job(network, Samples(as_rows([1.0]), as_rows([1.0])), MeanSquaredError()))
    engine.evaluate(Samples(as_rows([100.0]), as_rows([1.0])))
    highest = engine.packed.first.highest
    engine.restore(engine.state())
    assert engine.packed.first.highest == highest == 100 * NUMBER_SCALE


# Narrow lanes in the first layer.


def wide_network(weight: float = 0.0) -> Sequential:
    """A network with enough neurons for narrow lanes, and with this weight from pixel 0 to the first."""
    network = feed_forward([16, 64, 4], Random(1))
    if weight:
        first = network.layers[0]
        assert isinstance(first, Linear)
        first.weight.data[0][0] = weight
    return network


@pytest.mark.parametrize(
    ("job", "width"),
    [
        (Job(wide_network(), bars(), CrossEntropy()), 24),
        (Job(wide_network(), bars(), CrossEntropy(), scale=16), 32),
        (Job(wide_network(), bars(), CrossEntropy(), augment=Augmentation(shift=1)), 32),
        (Job(feed_forward([2, 64, 3], Random(1)), blobs(), CrossEntropy(), scale=8), 32),
        (Job(wide_network(100.0), bars(), CrossEntropy()), 32),
    ],
)
def test_narrow_lanes_are_for_pictures_as_they_are(job: Job, width: int) -> None:
    assert LanesEngine(job).packed.first.width == width


@pytest.mark.parametrize("grown", [False, True])
def test_training_resumes_in_lanes_of_the_width_that_it_had(grown: bool) -> None:
    job = Job(wide_network(), bars(1100), CrossEntropy(), rng=Random(2))
    engine = LanesEngine(job)
    engine.train(0, constant(0.02), silent)
    if grown:
        engine.packed.first.widen()
    resumed = LanesEngine(replace(job, network=wide_network(100.0), rng=Random(3)))
    resumed.restore(engine.state())
    assert resumed.packed.first.width == engine.packed.first.width == (32 if grown else 24)
    for each in engine, resumed:
        each.train(1, constant(0.02), silent)
    assert numbers(resumed.network()) == numbers(engine.network())
    for ours, theirs in zip(resumed.packed.state, engine.packed.state):
        assert (ours.width, ours.rows) == (theirs.width, theirs.rows)


@pytest.mark.parametrize("width", ["16", "0"])
def test_a_width_that_lanes_cannot_have_is_refused(width: str) -> None:
    engine = LanesEngine(JOB)
    tensors, notes = engine.state()
    with pytest.raises(ValueError, match=f"'width' must be the bits of a lane, 24 or 32, got {width}"):
        engine.restore(State(tensors, {**notes, "width": width}))


def test_narrow_lanes_that_get_full_are_widened_in_training_and_in_resumed_training_alike() -> None:
    job = Job(wide_network(), bars(1100), CrossEntropy(), rng=Random(2))
    engine, resumed = LanesEngine(job), LanesEngine(replace(job, network=wide_network(), rng=Random(3)))
    engine.train(0, constant(1e-4), silent)
    resumed.restore(engine.state())
    engine.evaluate(bars())
    most = (2**23 - 1) // max(first_bounds(resumed.packed.first))  # as if inputs were so loud that there is hardly room
    for each in engine, resumed:
        each.packed.first.admit(most)
        assert each.packed.first.width == 24
        each.train(1, constant(0.5), silent)
        assert each.packed.first.width == 32
    assert engine.evaluate(bars()).accuracy == 1.0
    for ours, theirs in zip(resumed.packed.state, engine.packed.state):
        assert ours.rows == theirs.rows


# Precision.


@pytest.mark.parametrize("rate", [0.016, 0.02, 0.03, 0.1, 0.5, 1.0, 3.0, 60.0])
def test_a_delta_of_one_is_64_to_128_units(rate: float) -> None:
    assert 64 <= rate * 2 ** resolution(rate) < 128


@pytest.mark.parametrize("rate", [0.0, 1e-300, 1e-5, 100.0, 1e300])
def test_at_other_rates_the_resolution_is_at_its_end(rate: float) -> None:
    assert 0 <= resolution(rate) <= 12


def test_rates_that_warm_up_from_0_to_high_ones_are_no_overflow() -> None:
    # at a rate of 0 the resolution is the finest, and deltas in such units would be too large at 0.5
    engine = LanesEngine(Job(feed_forward([2, 8, 1], Random(1), hidden="tanh"), XOR, BinaryCrossEntropy(), seed=1))
    for epoch in range(20):
        engine.train(epoch, warmup(constant(0.5), epochs=3), silent)
    assert engine.evaluate(XOR).accuracy == 1.0


@pytest.mark.parametrize("sizes", [[2, 3], [2, 8, 3], [2, 8, 8, 3]], ids=str)
@pytest.mark.parametrize("rate", [0.003, 0.05])
def test_it_gets_as_far_as_the_float_engine_with_batches_of_one(rate: float, sizes: list[int]) -> None:
    samples, start = blobs(), feed_forward(sizes, Random(1), hidden="tanh")
    job = Job(deepcopy(start), samples, CrossEntropy(), SGD(rate), 1, seed=2, scale=8)
    lanes, floats = LanesEngine(job), FloatEngine(replace(job, network=deepcopy(start)))
    for epoch in range(4):
        lanes.train(epoch, constant(rate), silent)
        floats.train(epoch, constant(rate), silent)
    way = evaluate(start, samples, CrossEntropy()).loss - floats.evaluate(samples).loss
    assert way > 0.1
    assert lanes.evaluate(samples).loss == pytest.approx(floats.evaluate(samples).loss, abs=0.1 * way)


def test_steps_of_less_than_a_unit_are_not_lost() -> None:
    # in a single layer a delta is in units of 512² · 2^-20 = 1/4, and here none is over 0.1: rounded, all would be 0
    engine = LanesEngine(Job(feed_forward([2, 3], Random(1)), blobs(), CrossEntropy(), seed=2, scale=512))
    before = engine.evaluate(blobs()).loss
    for epoch in range(20):
        engine.train(epoch, constant(0.1), silent)
    assert engine.evaluate(blobs()).loss < 0.5 * before


# Weight decay and the L2 penalty.


def decayed(optimizer: SGD, penalty: Penalty | None = None, *, count: int = 100) -> list[float]:
    """The parameters after an epoch at a rate of 0.1 in which there is nothing to learn but to become smaller."""
    network = Sequential(linear([[3.0], [-2.0]], [0.5]))
    x = Matrix([[0.25, 0.5]] * count)
    job = Job(network, Samples(x, network(x)), MeanSquaredError(), optimizer, penalty=penalty, seed=1, scale=8)
    engine = LanesEngine(job)
    engine.train(0, constant(0.1), silent)
    return numbers(engine.network())


def test_weight_decay_multiplies_once_a_sample() -> None:
    kept = (1.0 - 0.1 * 0.02) ** 100
    # a unit is 8 · 2^-20 = 0.8e-5
    assert decayed(SGD(weight_decay=0.02)) == pytest.approx([3.0 * kept, -2.0 * kept, 0.5 * kept], abs=1.6e-5)


def test_an_l2_penalty_is_weight_decay_of_weights_and_not_of_biases() -> None:
    weights = decayed(SGD(weight_decay=0.02))[:2]
    assert decayed(SGD(), Penalty(l2=0.02)) == pytest.approx([*weights, 0.5], abs=1.6e-5)


def test_weight_decay_and_a_penalty_add_up() -> None:
    kept, kept_bias = (1.0 - 0.1 * 0.05) ** 100, (1.0 - 0.1 * 0.02) ** 100
    found = decayed(SGD(weight_decay=0.02), Penalty(l2=0.03))
    assert found == pytest.approx([3.0 * kept, -2.0 * kept, 0.5 * kept_bias], abs=1.6e-5)


def test_a_penalty_of_nothing_changes_no_bit() -> None:
    assert decayed(SGD(), Penalty(l2=0.0)) == decayed(SGD())


@pytest.mark.parametrize("sizes", [[2, 3], [2, 8, 3]], ids=str)
def test_a_penalty_gets_as_far_as_in_the_float_engine_with_batches_of_one(sizes: list[int]) -> None:
    start = feed_forward(sizes, Random(1), hidden="tanh")
    job = Job(deepcopy(start), blobs(), CrossEntropy(), SGD(0.02), 1, Penalty(l2=0.05), seed=2, scale=8)
    engines = LanesEngine(job), FloatEngine(replace(job, network=deepcopy(start)))
    scores = [[engine.train(epoch, constant(0.02), silent).loss for epoch in range(6)] for engine in engines]
    assert engines[0].evaluate(blobs()).loss == pytest.approx(engines[1].evaluate(blobs()).loss, rel=0.02)
    # floats count the penalty before each step, lanes after the pass: from the second epoch on it changes little
    assert scores[0][1:] == pytest.approx(scores[1][1:], rel=0.05)
    size, plain = Penalty(l2=1.0), LanesEngine(replace(job, network=deepcopy(start), penalty=None))
    for epoch in range(6):
        plain.train(epoch, constant(0.02), silent)
    lanes, floats, free = (size.value(engine.network().weights) for engine in (*engines, plain))
    assert lanes == pytest.approx(floats, rel=0.1)  # lanes shrink the weights after each block, and not at every step
    assert lanes < 0.8 * free


def test_the_loss_of_an_epoch_has_the_penalty_of_the_weights_after_it() -> None:
    # y = 2 for (1, 1): dL/dw = dL/db = 2, so w = (2 - 0.1 · 2) (1 - 0.1 · 0.1) = 1.782
    one = Samples(as_rows([1.0]), as_rows([1.0]))
    engine = LanesEngine(Job(line(2.0), one, MeanSquaredError(), penalty=Penalty(l2=0.1)))
    assert engine.train(0, constant(0.1), silent).loss == pytest.approx(1.0 + 0.1 / 2 * 1.782**2, abs=1e-3)
    assert numbers(engine.network()) == pytest.approx([1.782, -0.2], abs=5e-3)  # a gradient is rounded, up or down


# Dropout.


def test_evaluating_drops_nothing() -> None:
    engine = LanesEngine(Job(feed_forward([2, 8, 3], Random(1), dropout=0.5), blobs(), CrossEntropy()))
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
    engine = LanesEngine(Job(feed_forward(sizes, Random(0)), blobs(), CrossEntropy()))
    assert f"(the rate was {rate:g})" in str(fails(engine, rate))


@pytest.mark.parametrize("rate", [1e20, 1e200, 1e308, inf, nan])
@pytest.mark.parametrize("sizes", [[2, 3], [2, 8, 3], [2, 8, 8, 3]], ids=str)
def test_so_it_is_where_weights_of_zero_leave_room_for_any_gradient(sizes: list[int], rate: float) -> None:
    network = feed_forward(sizes, Random(0))
    for parameter in network.parameters:
        parameter.data = Matrix.zeros(*parameter.shape).data
    assert fails(LanesEngine(Job(network, blobs(), CrossEntropy())), rate)


@pytest.mark.parametrize("target", [1e5, 1e100, 1e200, 1e308])
def test_absurd_targets_are_an_error(target: float) -> None:
    samples = Samples(as_rows([1.0, 0.5]), as_rows([target, -target]))
    for sizes in [1, 1], [1, 4, 1]:
        engine = LanesEngine(Job(feed_forward(sizes, Random(0)), samples, MeanSquaredError()))
        with pytest.raises(TrainingError, match="try a lower learning rate"):
            engine.train(0, constant(0.1), silent)


@pytest.mark.parametrize("x", [1e4, 1e10, 1e200])
def test_inputs_too_large_for_the_lanes_are_an_error_before_anything_is_computed(x: float) -> None:
    loud = Samples(Matrix([[x, -x]]), Labels([0], classes=3))
    network = feed_forward([2, 8, 3], Random(0))
    with pytest.raises(TrainingError, match=r"first layer might pass .*its inputs are too large"):
        LanesEngine(Job(network, loud, CrossEntropy()))
    engine = LanesEngine(Job(network, blobs(), CrossEntropy()))
    with pytest.raises(TrainingError, match=r"first layer might pass .*its inputs are too large"):
        engine.evaluate(loud)


def test_inputs_that_zero_weights_let_in_are_an_error_when_those_learn() -> None:
    blank = Sequential(Linear(2, 3, Random(0), initializer=zeros))
    loud = Samples(Matrix([[1e10, 1.0]]), Labels([0], classes=3))
    engine = LanesEngine(Job(blank, loud, CrossEntropy()))
    with pytest.raises(TrainingError, match="the first layer"):
        engine.train(0, constant(10.0), silent)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_weights_too_large_for_the_lanes_are_an_error_that_names_the_layer(number: int) -> None:
    network = feed_forward([2, 4, 4, 3], Random(0))
    network.parameters[2 * number].data[0][0] = 1e6
    name = "first layer" if number == 0 else f"Linear layer {number + 1}"
    with pytest.raises(TrainingError, match=name):
        LanesEngine(Job(network, blobs(), CrossEntropy()))


def test_activations_that_later_layers_have_no_room_for_are_an_error() -> None:
    network = feed_forward([1, 1, 1, 1], Random(0), hidden="identity")
    for weight in network.parameters[::2]:
        weight.data[0][0] = 100.0  # 10,000 after the second layer
    engine = LanesEngine(Job(network, Samples(as_rows([1.0]), as_rows([1.0])), MeanSquaredError()))
    with pytest.raises(TrainingError, match="Linear layer 2: an activation passes 2048"):
        engine.train(0, constant(0.1), silent)


def test_a_decay_that_would_turn_weights_round_is_an_error() -> None:
    engine = LanesEngine(Job(feed_forward([2, 3], Random(0)), blobs(), CrossEntropy(), SGD(weight_decay=30.0)))
    with pytest.raises(TrainingError, match=r"weight decay of 30\.0 .* by -2"):
        engine.train(0, constant(0.1), silent)


# Refusals.


@pytest.mark.parametrize("scale", [0, -8, 3, 100, 1024])
def test_a_scale_that_is_no_power_of_2_is_refused(scale: int) -> None:
    with pytest.raises(ValueError, match=f"^scale must be a power of 2 from 1 to 512, got {scale}"):
        LanesEngine(Job(feed_forward([2, 3], Random(0)), blobs(), CrossEntropy(), scale=scale))


@pytest.mark.parametrize("scale", [1, 2, 64, 512])
@pytest.mark.parametrize("sizes", [[4, 2], [4, 3, 2]], ids=str)
def test_any_other_scale_works_for_pictures_and_numbers(sizes: list[int], scale: int) -> None:
    pictures = Samples(Images(bytes([0, 255, 9, 200, 255, 0, 128, 1]), height=2, width=2), Labels([0, 1], classes=2))
    numbers = Samples(pictures.inputs.take([0, 1]), pictures.targets)
    engines = [
        LanesEngine(Job(feed_forward(sizes, Random(0)), samples, CrossEntropy(), scale=scale))
        for samples in (pictures, numbers)
    ]
    for engine in engines:
        engine.train(0, constant(0.01), silent)
    assert engines[0].packed.state == engines[1].packed.state


PRELU = Sequential(Linear(2, 4, Random(0)), PReLU(4), Linear(4, 3, Random(0)))
JOB = Job(feed_forward([2, 4, 3], Random(0)), blobs(), CrossEntropy())
WARPED = Job(feed_forward([16, 4], Random(0)), bars(), CrossEntropy(), augment=Augmentation(shift=1))


@pytest.mark.parametrize(
    ("job", "said"),
    [
        (replace(JOB, network=PRELU), "as lanes have no PReLU layer"),
        (replace(JOB, network=Sequential(Linear(2, 3, Random(0)), Activation("softmax"))), "Linear layer"),
        (replace(JOB, batch_size=2), "for batches of 2"),
        (replace(JOB, batch_size=0), "for batches of 0"),
        (replace(JOB, optimizer=Adam()), "for adam"),
        (replace(JOB, optimizer=SGD(momentum=0.5)), "for momentum"),
        (replace(JOB, penalty=Penalty(l1=0.1)), "for an L1 penalty"),
        (replace(JOB, clip=clip_by_value(1.0)), "for clipping"),
    ],
)
def test_a_job_it_cannot_do_is_refused_with_the_reason(job: Job, said: str) -> None:
    reason = LanesEngine.unsupported(job)
    assert said in reason
    with pytest.raises(ValueError, match=f"^the lanes engine cannot be used {re.escape(reason)}$"):
        LanesEngine(job)


def test_a_job_it_can_do_is_not_refused() -> None:
    plain = replace(JOB, optimizer=SGD(weight_decay=0.1), batch_size=1, penalty=Penalty(l2=0.1))
    for job in (JOB, plain, replace(JOB, penalty=Penalty())):
        assert LanesEngine.unsupported(job) == ""
        assert LanesEngine(job).train(0, constant(0.01), silent).loss > 0.0


def test_several_workers_are_for_another_engine() -> None:
    with pytest.raises(ValueError, match=r"^LanesEngine has one worker, got 2: ParallelEngine has several$"):
        LanesEngine(replace(JOB, workers=2))


@pytest.mark.parametrize("sizes", [[3, 3], [1, 3], [2, 2], [2, 4], [3, 8, 3], [2, 8, 4]], ids=str)
def test_samples_of_another_size_are_refused_with_both_sizes(sizes: list[int]) -> None:
    network = feed_forward(sizes, Random(0))
    sizes_of_both = f"{sizes[0]} inputs and {sizes[-1]} outputs, but the samples 2 and 3"
    with pytest.raises(ShapeError, match=sizes_of_both):
        LanesEngine(Job(network, blobs(), CrossEntropy()))
    fitting = Samples(Matrix.zeros(1, sizes[0]), Labels([0], classes=sizes[-1]))
    engine = LanesEngine(Job(network, fitting, CrossEntropy()))
    with pytest.raises(ShapeError, match=sizes_of_both):
        engine.evaluate(blobs())


@pytest.mark.parametrize("bad", [inf, -inf, nan])
def test_samples_that_are_not_finite_are_refused(bad: float) -> None:
    good, network = Samples(as_rows([1.0]), as_rows([1.0])), feed_forward([1, 1], Random(0))
    engine = LanesEngine(Job(network, good, MeanSquaredError()))
    doors: list[Callable[[Samples], object]] = [
        lambda samples: LanesEngine(Job(network, samples, MeanSquaredError())),
        engine.evaluate,
    ]
    for door in doors:
        with pytest.raises(ValueError, match=f"^input row 0, column 0 is {bad}"):
            door(Samples(as_rows([bad]), as_rows([1.0])))
        with pytest.raises(ValueError, match=f"^target row 0, column 0 is {bad}"):
            door(Samples(as_rows([1.0]), as_rows([bad])))


def test_it_says_how_it_rounds() -> None:
    network = feed_forward([2, 3], Random(0))
    assert LanesEngine(Job(network, blobs(), CrossEntropy())).rounding() == "rounds inputs to multiples of 1/64"
    network, job = feed_forward([16, 4], Random(0)), bars()
    assert LanesEngine(Job(network, job, CrossEntropy())).rounding() == "sees 8 shades of grey"
    assert LanesEngine(Job(network, job, CrossEntropy(), scale=4)).rounding() == "sees 4 shades of grey"
