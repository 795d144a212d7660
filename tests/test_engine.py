"""Engines: one contract for all of them, which of them does a job, and the float engine."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from math import inf, isnan, nan
from random import Random

import pytest

from purenn.engine import ENGINES, Engine, FloatEngine, Job, Progress, State, choose_engine, register
from purenn.errors import ShapeError, TrainingError
from purenn.formats import Tensor
from purenn.lanes import LanesEngine, ParallelEngine, ShardedEngine
from purenn.layers import Activation, Layer, Linear
from purenn.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError
from purenn.matrix import Matrix
from purenn.metrics import Score, evaluate
from purenn.network import Sequential, feed_forward
from purenn.normalization import BatchNorm
from purenn.optimizers import SGD, AdaGrad, Adam, AdamW, Optimizer, RMSProp
from purenn.regularization import Dropout, Penalty, clip_by_norm
from purenn.samples import Augmentation, Labels, Samples, as_rows
from purenn.schedules import Schedule, constant
from tests.conftest import bars, line, numbers, silent

# The contract of engines. It is run on every engine that is registered, and on two workers.

Factory = Callable[[Job], Engine]


POOLS: list[ThreadPoolExecutor] = []


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    while POOLS:
        POOLS.pop().shutdown()


def two_workers(job: Job) -> Engine:
    POOLS.append(ThreadPoolExecutor(2))
    return ParallelEngine(replace(job, workers=2, executors=POOLS[-1:]))


MAKERS: dict[str, Factory] = {**{name: ENGINES[name].for_job for name in ENGINES}, "two workers": two_workers}
every_engine = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def pictures(seed: int = 0, dropout: float = 0.0) -> Job:
    """Bars to tell apart. With 128 shades, the network sees the pictures nearly as the lanes engine does."""
    start = feed_forward([16, 8, 4], Random(1), dropout=dropout)
    return Job(start, bars(), CrossEntropy(), SGD(0.1), seed=seed, scale=128)


def points(network: Sequential, inputs: list[float], targets: list[float], **options: object) -> Job:
    """Quantities to come close to, with the squared error."""
    make: Callable[..., Job] = Job
    return make(network, Samples(as_rows(inputs), as_rows(targets)), MeanSquaredError(), **options)


def trained(make: Factory, job: Job, epochs: int = 2) -> Engine:
    engine = make(job)
    for epoch in range(epochs):
        engine.train(epoch, constant(0.1), silent)
    return engine


def test_the_contract_is_run_on_every_engine() -> None:
    assert {*MAKERS} == {*ENGINES, "two workers"}
    assert {type(make(pictures())) for make in MAKERS.values()} >= {FloatEngine, LanesEngine, ParallelEngine}


@every_engine
def test_training_lowers_the_loss_and_finds_the_classes(make: Factory) -> None:
    engine = make(pictures())
    before = engine.evaluate(bars())
    scores = [engine.train(epoch, constant(0.3), silent) for epoch in range(30)]
    after = engine.evaluate(bars())
    assert scores[-1].loss < scores[0].loss < before.loss * 1.1
    assert after.loss < 0.5 * before.loss
    assert after.accuracy == 1.0


@every_engine
def test_evaluating_changes_nothing(make: Factory) -> None:
    engine = trained(make, pictures())
    before = numbers(engine.network())
    assert engine.evaluate(bars()) == engine.evaluate(bars())
    assert numbers(engine.network()) == before


@every_engine
@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_same_seed_same_bits_and_another_seed_others(dropout: float, make: Factory) -> None:
    first, second, other = (trained(make, pictures(seed, dropout=dropout)) for seed in (5, 5, 6))
    assert numbers(first.network()) == numbers(second.network())
    assert first.evaluate(bars()) == second.evaluate(bars())
    assert numbers(first.network()) != numbers(other.network())


@every_engine
def test_evaluating_between_epochs_does_not_change_the_training(make: Factory) -> None:
    engine = make(pictures(5))
    for epoch in range(2):
        engine.train(epoch, constant(0.1), silent)
        engine.evaluate(bars())
    assert numbers(engine.network()) == numbers(trained(make, pictures(5)).network())


@every_engine
def test_the_network_scores_as_the_engine_says(make: Factory) -> None:
    engine = trained(make, pictures())
    said, found = engine.evaluate(bars()), evaluate(engine.network(), bars(), CrossEntropy())
    assert said.loss == pytest.approx(found.loss, rel=0.01)  # an engine may compute with fewer bits than a float has
    assert said.accuracy == found.accuracy


@every_engine
def test_the_network_is_the_one_of_the_job(make: Factory) -> None:
    job = pictures()
    engine = trained(make, job)
    assert engine.network() is job.network


@every_engine
def test_progress_counts_up_to_all_samples(make: Factory) -> None:
    calls: list[tuple[int, int]] = []
    make(pictures()).train(0, constant(0.1), lambda done, total: calls.append((done, total)))
    assert calls == sorted(set(calls))
    assert calls[-1] == (100, 100)


@every_engine
def test_the_running_loss_ends_as_the_loss_of_the_epoch(make: Factory) -> None:
    engine, losses = make(pictures()), list[float]()
    assert isnan(engine.running_loss), "before the first epoch"
    for epoch in range(3):
        score = engine.train(epoch, constant(0.1), lambda done, total: losses.append(engine.running_loss))
        assert losses[-1] == pytest.approx(score.loss)


@every_engine
def test_the_rate_is_that_of_the_optimizer_and_the_steps_are_of_a_known_size(make: Factory) -> None:
    engine = make(replace(pictures(), optimizer=SGD(0.25)))
    assert engine.learning_rate == 0.25
    assert 1 <= engine.batch_size <= 100
    assert make(replace(pictures(), optimizer=None)).learning_rate > 0.0


@every_engine
def test_a_rate_far_too_high_ends_in_a_training_error(make: Factory) -> None:
    engine = make(pictures())
    with pytest.raises(TrainingError, match=r"^epoch \d+, (batch|samples)[a-z ]* \d.*: .*lower learning rate.*1e\+200"):
        deque(engine.train(epoch, constant(1e200), silent) for epoch in range(5))


@every_engine
def test_without_shuffling_the_last_samples_of_an_epoch_have_the_last_word(make: Factory) -> None:
    # y = b: shuffled, it would end near the mean, 1/2
    zeros_before_ones = points(line(), [0.0] * 200, [0.0] * 100 + [1.0] * 100, shuffle=False, batch_size=1)
    engine = make(zeros_before_ones)
    for epoch in range(2):
        engine.train(epoch, constant(0.1), silent)
    assert engine.network().predict([0.0])[0, 0] > 0.99
    shuffled = make(replace(zeros_before_ones, network=line(), shuffle=True))
    for epoch in range(2):
        shuffled.train(epoch, constant(0.1), silent)
    assert shuffled.network().predict([0.0])[0, 0] < 0.99


class Array(list[float]):
    """Weights that, as NumPy's arrays, have no truth value."""

    def __bool__(self) -> bool:
        raise ValueError("the truth value of an array is ambiguous")


@every_engine
@pytest.mark.parametrize("weights", [[1.0, 3.0], Array([1.0, 3.0])])
def test_a_weight_multiplies_the_loss_of_its_sample(weights: list[float], make: Factory) -> None:
    # y = 0 for targets 1 and 2 with weights 1 and 3: L = (1 · 1 + 3 · 4) / 2 = 6.5
    samples = Samples(as_rows([0.0, 0.0]), as_rows([1.0, 2.0]), weights)
    engine = make(Job(line(), samples, MeanSquaredError()))
    assert engine.evaluate(samples).loss == pytest.approx(6.5)
    assert engine.train(0, constant(1e-300), silent).loss == pytest.approx(6.5)


@every_engine
def test_weights_of_one_change_nothing_and_samples_of_weight_zero_are_not_learned(make: Factory) -> None:
    inputs, targets = as_rows([[0.0, 1.0], [1.0, 0.0]] * 40), Labels([0, 1] * 40, classes=2)
    equal = Samples(inputs, targets)
    scores: list[Score] = []
    for weights in (None, [1.0] * 80, [0.0, 1.0] * 40):
        job = Job(feed_forward([2, 4, 2], Random(1)), Samples(inputs, targets, weights), CrossEntropy())
        engine = trained(make, job, epochs=10)
        scores.append(evaluate(engine.network(), equal, CrossEntropy()))
    assert scores[0] == scores[1]
    assert scores[0].accuracy == 1.0
    assert scores[2].accuracy == 0.5


@every_engine
def test_validation_is_answered_as_training_is(make: Factory) -> None:
    # several labels in training; in validation each sample happens to have one, and they are labels all the same
    network = Sequential(Linear(2, 2, Random(0)))
    network.load_state({"0.weight": Tensor((2, 2), [1.0, 0.0, 0.0, 1.0]), "0.bias": Tensor((2,), [0.0, 0.0])})
    training = Samples(as_rows([[0, 0], [1, 1]]), as_rows([[0, 0], [1, 1]]))
    validation = Samples(as_rows([[2, 1], [-1, -2]]), as_rows([[1, 0], [1, 0]]))  # as classes both would be right
    assert make(Job(network, training, BinaryCrossEntropy())).evaluate(validation).accuracy == 0.0
    assert evaluate(network, validation, BinaryCrossEntropy()).accuracy == 1.0


@every_engine
def test_quantities_have_no_accuracy(make: Factory) -> None:
    job = points(feed_forward([1, 4, 1], Random(0)), [x / 50.0 for x in range(50)], [x / 25.0 for x in range(50)])
    engine = make(job)
    first, *_, last = [engine.train(epoch, constant(0.05), silent) for epoch in range(10)]
    assert (first.accuracy, engine.evaluate(job.samples).accuracy) == (None, None)
    assert last.loss < 0.5 * first.loss


@every_engine
def test_an_l2_penalty_is_added_to_every_loss(make: Factory) -> None:
    # y = 2 x - 1 is right for (1, 1): all the loss is penalty, 0.3 / 2 · 2² = 0.6, without the bias
    job = points(line(2.0, -1.0), [1.0, 1.0], [1.0, 1.0], penalty=Penalty(l2=0.3))
    engine = make(job)
    assert engine.evaluate(job.samples).loss == pytest.approx(0.6)
    assert engine.train(0, constant(1e-300), silent).loss == pytest.approx(0.6)


@every_engine
def test_an_l2_penalty_keeps_weights_small(make: Factory) -> None:
    def size(penalty: Penalty | None) -> float:
        network = trained(make, replace(pictures(), penalty=penalty), epochs=10).network()
        return sum(w * w for weight in network.weights for row in weight for w in row)

    assert size(Penalty(l2=0.1)) < 0.8 * size(None)


@every_engine
@pytest.mark.parametrize("bad", [inf, -inf, nan])
def test_a_number_that_is_not_finite_is_refused_with_its_place(bad: float, make: Factory) -> None:
    with pytest.raises(ValueError, match=f"^input row 2, column 0 is {bad}, expected a finite number"):
        make(points(line(), [1.0, 2.0, bad], [1.0, 2.0, 3.0]))
    with pytest.raises(ValueError, match=f"^target row 1, column 0 is {bad}, expected a finite number"):
        make(points(line(), [1.0, 2.0, 3.0], [1.0, bad, 3.0]))


@every_engine
def test_a_target_that_means_nothing_to_the_loss_is_refused_with_its_place(make: Factory) -> None:
    samples = Samples(as_rows([1.0, 2.0, 3.0]), as_rows([0.0, 1.0, 2.0]))
    with pytest.raises(ValueError, match=r"^target row 2, column 0 is 2\.0, expected a probability"):
        make(Job(line(), samples, BinaryCrossEntropy()))


# Their states.


def normalized(optimizer: Callable[[], Optimizer]) -> Callable[[], Engine]:
    """A float engine for a network with a running mean and with 14 parameters: the last number has two digits."""

    def make() -> Engine:
        rng = Random(1)
        layers: list[Layer] = [Linear(16, 8, rng), BatchNorm(8), Activation("relu"), Dropout(0.2)]
        for _ in range(4):
            layers += [Linear(8, 8, rng), Activation("tanh")]
        return FloatEngine(Job(Sequential(*layers, Linear(8, 4, rng)), bars(60), CrossEntropy(), optimizer(), 16))

    return make


def with_dropout(make: Factory) -> Engine:
    return make(pictures(2, dropout=0.1))


def lanes_job() -> Job:
    network = feed_forward([16, 8, 8, 4], Random(1), dropout=0.1)
    return Job(network, bars(60), CrossEntropy(), SGD(0.05, weight_decay=0.001), penalty=Penalty(l2=0.01), seed=2)


STATEFUL: dict[str, Callable[[], Engine]] = {
    **{name: partial(with_dropout, make) for name, make in MAKERS.items()},
    "sgd": normalized(lambda: SGD(momentum=0.9, nesterov=True, weight_decay=0.01)),
    "adagrad": normalized(AdaGrad),
    "rmsprop": normalized(lambda: RMSProp(centered=True, momentum=0.5)),
    "adam": normalized(lambda: Adam(amsgrad=True)),
    "adamw": normalized(AdamW),
    "lanes that decay": lambda: LanesEngine(lanes_job()),
    "workers that decay": lambda: two_workers(lanes_job()),
}
every_state = pytest.mark.parametrize("make", STATEFUL.values(), ids=STATEFUL)


@every_state
@pytest.mark.parametrize("before", [0, 1])
def test_an_engine_goes_back_to_an_earlier_state_as_if_nothing_had_happened_since(
    make: Callable[[], Engine], before: int
) -> None:
    # back to before its first step too, when there is nothing that an optimizer could remember
    engine = make()
    for epoch in range(before):
        engine.train(epoch, constant(0.05), silent)
    state = engine.state()
    results: list[object] = []
    for _ in range(2):
        scores = [engine.train(epoch, constant(0.05), silent) for epoch in range(before, before + 2)]
        results.append([scores, numbers(engine.network()), engine.evaluate(bars())])
        engine.restore(state)
    assert results[0] == results[1]
    assert engine.state() == state


@every_state
def test_a_state_is_a_copy_that_training_leaves_alone(make: Callable[[], Engine]) -> None:
    engine = make()
    engine.train(0, constant(0.05), silent)
    state = engine.state()
    before = {name: list(tensor.values) for name, tensor in state.tensors.items()}
    engine.train(1, constant(0.05), silent)
    assert {name: list(tensor.values) for name, tensor in state.tensors.items()} == before
    assert engine.state() != state


@every_state
def test_evaluating_and_looking_at_a_restored_engine_changes_nothing(make: Callable[[], Engine]) -> None:
    first, second = make(), make()
    first.train(0, constant(0.05), silent)
    second.restore(first.state())
    for samples in (bars(), bars().select([3])):
        second.evaluate(samples)
    assert second.state() == first.state()
    assert numbers(second.network()) == numbers(first.network())
    assert second.train(1, constant(0.05), silent) == first.train(1, constant(0.05), silent)
    assert second.state() == first.state()


@every_engine
def test_the_state_of_another_engine_is_refused_and_changes_nothing(make: Factory) -> None:
    engine = make(pictures())
    other = FloatEngine(pictures()) if not isinstance(engine, FloatEngine) else LanesEngine(pictures())
    other.train(0, constant(0.1), silent)
    before = engine.state()
    with pytest.raises(ValueError, match=r"the state of another engine: it has no '(bits|steps)', only "):
        engine.restore(other.state())
    assert engine.state() == before


@every_engine
def test_the_state_of_another_network_is_refused(make: Factory) -> None:
    other = make(replace(pictures(), network=feed_forward([16, 9, 4], Random(1))))
    with pytest.raises(ShapeError, match="9"):
        make(pictures()).restore(other.state())


def test_the_part_of_a_state_with_a_prefix() -> None:
    one, two = Tensor((1,), [1.0]), Tensor((1,), [2.0])
    assert State({"a.x": one, "b.a.x": two}, {}).part("a.") == {"x": one}


def test_a_missing_note_is_named_with_those_there_are() -> None:
    assert State({}, {"bits": "12"}).note("bits") == "12"
    with pytest.raises(ValueError, match=r"another engine: it has no 'steps', only bits, random$"):
        State({}, {"bits": "12", "random": "…"}).note("steps")
    with pytest.raises(ValueError, match="only nothing"):
        State({}, {}).note("steps")


# Jobs, and the choice of an engine.


def test_the_random_numbers_of_a_job_come_from_its_generator_or_else_its_seed() -> None:
    rng = Random(1)
    assert replace(pictures(), rng=rng).generator is rng
    assert pictures(7).generator.random() == Random(7).random()


def gelus() -> Sequential:
    return feed_forward([16, 8, 4], Random(1), hidden="gelu")


JOBS: list[tuple[Job, str, str]] = [
    (pictures(), "lanes", ""),
    (replace(pictures(), optimizer=None, batch_size=1), "lanes", ""),
    (replace(pictures(), optimizer=SGD(0.1, weight_decay=0.1), penalty=Penalty(l2=0.1)), "lanes", ""),
    (replace(pictures(), workers=2), "lanes", ""),
    (replace(pictures(), augment=Augmentation(shift=1)), "lanes", ""),
    (replace(pictures(), batch_size=32), "float", "for batches of 32"),
    (replace(pictures(), optimizer=SGD(0.1, momentum=0.9)), "float", "for momentum"),
    (replace(pictures(), optimizer=Adam()), "float", "for adam"),
    (replace(pictures(), penalty=Penalty(l1=0.1)), "float", "for an L1 penalty"),
    (replace(pictures(), clip=clip_by_norm(1.0)), "float", "for clipping"),
    (
        replace(pictures(), network=gelus()),
        "float",
        "as gelu is not among the activations that lanes have: "
        "heaviside, identity, sigmoid, tanh, relu, leaky_relu, elu, softplus "
        "(slopes up to 1, and its own reaches 1.13)",
    ),
    (
        replace(pictures(), network=Sequential(Linear(16, 4, Random(0)), BatchNorm(4))),
        "float",
        "as lanes need a Linear layer first and last",
    ),
    (points(line(), [1.0], [1.0]), "float", "as lanes round inputs that are not pictures of bytes"),
]


@pytest.mark.parametrize(("job", "name", "why"), JOBS)
def test_auto_takes_lanes_for_pictures_and_floats_for_a_reason(job: Job, name: str, why: str) -> None:
    assert choose_engine("auto", job) == (ENGINES[name], why)


@pytest.mark.parametrize(("job", "name", "why"), JOBS[5:-1])
def test_an_engine_that_is_asked_for_and_cannot_be_says_why(job: Job, name: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"^the lanes engine cannot be used {re.escape(why)}$"):
        choose_engine("lanes", job)
    assert choose_engine(name, job) == (ShardedEngine, "as asked")


def test_an_engine_that_is_asked_for_need_not_be_the_one_that_suits() -> None:
    assert choose_engine("lanes", points(line(), [1.0], [1.0])) == (ParallelEngine, "as asked")
    assert choose_engine("float", pictures()) == (ShardedEngine, "as asked")
    assert type(ShardedEngine.for_job(pictures())) is FloatEngine


def test_the_float_engine_itself_has_one_worker() -> None:
    with pytest.raises(ValueError, match=r"^the float engine has one worker, got 2$"):
        FloatEngine.for_job(replace(pictures(), workers=2))
    with pytest.raises(ValueError, match=r"^workers must be at least 1, got 0$"):
        replace(pictures(), workers=0)


def test_if_no_engine_can_be_taken_each_says_why() -> None:
    with pytest.raises(ValueError, match=r"^no engine can be chosen: ") as error:
        choose_engine("auto", replace(pictures(), optimizer=SGD(momentum=0.9), workers=2))
    reasons = str(error.value).partition(": ")[2].split("; ")
    assert {
        "float must be chosen by name, as 2 workers pay with large batches only",
        "lanes cannot be used for momentum",
    } <= {*reasons}
    assert {reason.split()[0] for reason in reasons} >= {*ENGINES}


def test_an_engine_of_no_known_name_is_answered_with_the_names() -> None:
    with pytest.raises(
        ValueError,
        match=f"^engine must be one of auto, {re.escape(', '.join(ENGINES))}, got 'flaot'; did you mean float.$",
    ):
        choose_engine("flaot", pictures())


class Standing(Engine):
    """An engine from outside: it never moves."""

    name = "standing"
    batch_size = 1
    learning_rate = 1.0

    def __init__(self, job: Job) -> None:
        self.job = job

    def train(self, epoch: int, schedule: Schedule, progress: Progress) -> Score:
        return self.evaluate(self.job.samples)

    def evaluate(self, samples: Samples) -> Score:
        return evaluate(self.job.network, samples, self.job.loss)

    def network(self) -> Sequential:
        return self.job.network

    def state(self) -> State:
        return State({}, {})

    def restore(self, state: State) -> None:
        return


def test_an_engine_from_outside_needs_no_words_about_doubts_and_rounding() -> None:
    engine = Standing(pictures())
    assert (engine.doubts(), engine.rounding()) == ([], "")


def test_a_registered_engine_is_taken_when_it_is_asked_for_only() -> None:
    register(Standing)
    assert choose_engine("standing", pictures()) == (Standing, "as asked")
    assert choose_engine("auto", pictures()) == (ENGINES["lanes"], "")
    with pytest.raises(ValueError, match="another engine is called 'standing' already"):
        register(Standing)


def test_the_last_registered_engine_that_suits_is_that_of_auto() -> None:
    class Willing(Standing):
        name = "willing"

        @classmethod
        def unsuited(cls, job: Job) -> str:
            return "" if job.seed == 3 else "as the seed is not 3"

    register(Willing)
    assert choose_engine("auto", pictures(3)) == (Willing, "")
    assert choose_engine("auto", pictures(4)) == (ENGINES["lanes"], "as the seed is not 3")


# The float engine.


def ten_points(batch_size: int | None = 4) -> Job:
    """Ten random points and the sum of their coordinates, with a little noise."""
    rng = Random(3)
    inputs = [[rng.gauss(0.0, 1.0), rng.gauss(0.0, 1.0)] for _ in range(10)]
    samples = Samples(as_rows(inputs), as_rows([sum(row) + rng.gauss(0.0, 0.1) for row in inputs]))
    return Job(feed_forward([2, 3, 1], Random(0), hidden="tanh"), samples, MeanSquaredError(), SGD(0.1), batch_size)


def test_batches_are_of_32_or_of_all_samples_where_there_are_fewer() -> None:
    assert FloatEngine(ten_points(None)).batch_size == 10
    assert FloatEngine(pictures()).batch_size == 32


@pytest.mark.parametrize("size", [0, -1, 11])
def test_a_batch_of_nothing_or_of_more_than_there_is_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"batch_size must be from 1 to the 10 training samples, got {size}"):
        FloatEngine(ten_points(size))


def test_the_loss_is_averaged_over_samples_though_the_last_batch_is_smaller() -> None:
    engine = FloatEngine(ten_points())  # batches of 4, 4 and 2
    before = engine.evaluate(engine.samples).loss
    assert engine.train(0, constant(1e-300), silent).loss == pytest.approx(before, rel=1e-12)


def test_evaluating_many_samples_averages_over_all_of_them() -> None:
    engine = FloatEngine(ten_points())
    many = engine.samples.select([i % 10 for i in range(7)] * 37)  # 259, and not a multiple of anything round
    inputs, targets = many.take(range(259))
    assert engine.evaluate(many).loss == pytest.approx(MeanSquaredError().value(engine.network()(inputs), targets))


def test_dropout_acts_in_training_and_not_in_evaluation() -> None:
    job = replace(ten_points(10), network=Sequential(Dropout(0.5), Linear(2, 1, Random(0))))
    expected = evaluate(job.network, job.samples, MeanSquaredError()).loss
    engine = FloatEngine(job)
    assert engine.evaluate(job.samples).loss == pytest.approx(expected)
    assert engine.train(0, constant(1e-300), silent).loss != pytest.approx(expected, rel=0.01)


def yes(network: Sequential, x: float) -> FloatEngine:
    """Two samples of class 1, in one batch."""
    samples = Samples(as_rows([x, x]), as_rows([1.0, 1.0]))
    return FloatEngine(Job(network, samples, BinaryCrossEntropy()))


def test_accuracy_of_logits_is_that_of_their_probabilities() -> None:
    # 0.3 is below 1/2, but as a logit it stands for a probability of 0.57
    engine = yes(line(0.0, 0.3), 0.0)
    assert engine.evaluate(engine.samples).accuracy == 1.0


def test_the_accuracy_of_an_epoch_counts_the_right_answers_before_each_step() -> None:
    # weights of 0 answer "no", and one step answers "yes" to all
    engine = yes(line(), 1.0)
    assert [engine.train(epoch, constant(1.0), silent).accuracy for epoch in range(2)] == [0.0, 1.0]


def test_one_step_on_a_penalized_loss() -> None:
    # y = 2 x - 1 is right for (1, 1): all the loss is penalty, 0.1 · |2| + 0.3 / 2 · 2² = 0.8, without the bias
    engine = FloatEngine(points(line(2.0, -1.0), [1.0], [1.0], penalty=Penalty(l1=0.1, l2=0.3)))
    assert engine.evaluate(engine.samples).loss == pytest.approx(0.8)
    assert engine.learn([0])[0] == pytest.approx(0.8)
    # dL/dw = 0.1 + 0.3 · 2 = 0.7: the step at the rate of SGD(), 0.1, is 0.07, and the bias keeps still
    assert numbers(engine.network()) == pytest.approx([1.93, -1.0])


def test_each_batch_asks_the_schedule_for_its_rate() -> None:
    asked: list[float] = []

    def schedule(epoch: float) -> float:
        asked.append(epoch)
        return 0.01

    FloatEngine(ten_points(5)).train(3, schedule, silent)
    assert asked == [3.0, 3.5]


def test_a_closed_engine_has_given_the_optimizer_its_own_rate_back() -> None:
    optimizer = SGD(123.0)
    engine = FloatEngine(replace(ten_points(), optimizer=optimizer))
    engine.train(0, constant(0.01), silent)
    assert optimizer.learning_rate == 0.01
    engine.close()
    assert optimizer.learning_rate == 123.0


def test_a_loss_that_is_not_finite_names_epoch_and_batch_and_says_what_to_try() -> None:
    # each step multiplies the weights by about 1e60: 1, 1e60, 1e120, and the square of 1e180 in the fourth batch is inf
    engine = FloatEngine(replace(ten_points(5), network=feed_forward([2, 1], Random(0))))
    engine.train(0, constant(1e60), silent)
    with pytest.raises(TrainingError) as caught:
        engine.train(1, constant(1e60), silent)
    assert str(caught.value) == (
        "epoch 2, batch 2: the loss is inf; try a lower learning rate or inputs on a smaller scale (the rate was 1e+60)"
    )


def test_a_loss_that_is_not_finite_teaches_nothing() -> None:
    engine = FloatEngine(points(line(1.0), [1e200], [0.0]))
    before = numbers(engine.network())
    with pytest.raises(TrainingError, match="epoch 1, batch 1: the loss is inf"):
        engine.train(0, constant(0.1), silent)
    assert numbers(engine.network()) == before


def test_a_weight_that_is_nan_is_found_in_the_first_batch() -> None:
    network = feed_forward([2, 3, 1], Random(0))
    network.parameters[0][1, 0] = nan
    with pytest.raises(TrainingError, match=r"^epoch 1, batch 1: the loss is nan; try a lower learning rate"):
        FloatEngine(replace(ten_points(), network=network)).train(0, constant(0.1), silent)


def test_a_weight_that_the_last_step_made_infinite_is_found_before_the_epoch_ends() -> None:
    # one step: the loss is finite still, 1e154, and the step, 2 · 1e77 · 1 times the rate, is not
    engine = FloatEngine(points(line(), [1.0], [1e77]))
    with pytest.raises(TrainingError, match=r"^epoch 1, batch 1: a weight is no longer a finite number"):
        engine.train(0, constant(1e300), silent)


def test_samples_of_another_size_than_the_network_are_refused_with_both_sizes() -> None:
    wide = Samples(Matrix.zeros(4, 3), Matrix.zeros(4, 1))
    with pytest.raises(ShapeError, match="the network takes 2 features, got rows of 3"):
        FloatEngine(replace(ten_points(4), samples=wide)).train(0, constant(0.1), silent)


# Warped pictures.

WARPS = Augmentation(shift=1, rotate=20, elastic=0.5)


def warped_pictures() -> Job:
    return replace(pictures(3), network=feed_forward([16, 4], Random(1)), augment=WARPS, batch_size=40)


def test_a_batch_of_warped_pictures_teaches_what_the_same_pictures_teach_that_were_warped_by_hand() -> None:
    engine, network, rng = FloatEngine(warped_pictures()), feed_forward([16, 4], Random(1)), Random(3)
    engine.train(0, constant(0.1), silent)
    order, optimizer = [*range(100)], SGD(0.1)
    rng.shuffle(order)
    maps = WARPS.maps(4, 4, 100, rng)  # as many as there are samples, which are fewer than 512
    for batch in (order[:40], order[40:80], order[80:]):
        x, targets = bars().take(batch)
        rows = Matrix.zeros(len(batch), 16)
        for row, picture in zip(rows, x):
            for place, ink in zip(rng.choice(maps), picture):
                row[place] += ink if place >= 0 else 0.0
        outputs, backward = network.forward(rows, training=True)
        optimizer.step(network.parameters, backward.parameters(CrossEntropy().gradient(outputs, targets)))
    assert numbers(engine.network()) == pytest.approx(numbers(network), rel=1e-12)


def test_every_epoch_draws_new_maps() -> None:
    engine = FloatEngine(warped_pictures())
    engine.train(0, constant(0.1), silent)
    before = engine.maps
    engine.train(1, constant(0.1), silent)
    assert len(before) == len(engine.maps) == 100
    assert before != engine.maps


def test_pictures_to_score_are_not_warped() -> None:
    engine, plain = FloatEngine(warped_pictures()), FloatEngine(replace(warped_pictures(), augment=None))
    engine.train(0, constant(0.1), silent)
    plain.network().load_state(engine.network().state())
    before = engine.state()
    assert engine.evaluate(bars()) == plain.evaluate(bars())
    assert engine.state() == before


def test_warps_for_rows_that_are_no_pictures_are_refused_with_the_job() -> None:
    with pytest.raises(
        ValueError, match=r"^augment=Augmentation\(.*\) is for pictures, but the inputs are Matrix rows"
    ):
        replace(ten_points(), augment=WARPS)
