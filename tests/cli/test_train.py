"""`purenn train`: which engine computes, what the recipe decides, what is trained on, when it stops, how it fails."""

from __future__ import annotations

import errno
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from math import nan
from pathlib import Path

import pytest

from purenn import datasets, losses, optimizers
from purenn.cli import main, train as train_module
from purenn.cli.main import parse_arguments
from purenn.cli.preparation import Run, _parts, prepare_run
from purenn.cli.train_arguments import TrainArguments
from purenn.datasets import DATASETS, Dataset, Recipe
from purenn.diagnosis import Diagnosis, diagnose
from purenn.engine import FloatEngine
from purenn.lanes import LanesEngine
from purenn.losses import Loss, MeanSquaredError
from purenn.matrix import Matrix
from purenn.metrics import Score
from purenn.network import Sequential
from purenn.optimizers import OPTIMIZERS, SGD, AdaGrad, Adam, AdamW, Optimizer, RMSProp
from purenn.samples import Images, Labels, Numbers, Rows, Samples
from purenn.schedules import SCHEDULES
from tests.cli.conftest import Captured, number, train_failure, trained
from tests.conftest import ROOT

pytestmark = pytest.mark.usefixtures("empty", "few_strokes")
STROKES = ["strokes", "--hidden", "8"]


def prepared(words: str) -> Run:
    """Return the training that `purenn train` with these words would do."""
    arguments = TrainArguments(**vars(parse_arguments(["train", *words.split()])))
    return prepare_run(arguments, datasets.load(arguments.dataset, None))


def rows(part: Rows) -> Matrix:
    """Return all rows."""
    return part.take(range(len(part)))


@pytest.fixture
def mine() -> Iterator[None]:
    """Register a data set `mine` of pictures, with recipes that are like no other."""
    strokes = datasets.load("strokes", None)
    recipes = {
        "float": Recipe((6,), 2, learning_rate=0.25, batch_size=10, momentum=0.5, activation="tanh", adaptive=0.125),
        "lanes": Recipe((7,), 3, learning_rate=0.03125, batch_size=1, activation="sigmoid", scale=32),
    }
    datasets.register("mine", recipes=recipes)(lambda: (strokes.train, strokes.test))
    yield
    DATASETS.remove("mine")


# Which engine.


def engine_said(capsys: Captured, words: str) -> tuple[object, str]:
    """Return the engine in the last line for programs, and what people are told of it. Of a small network, if none is
    asked for."""
    name, *options = words.split()
    _, done, said = trained(capsys, name, "--hidden", "4", *options, "--limit", "40", "--epochs", "1")
    return done["engine"], said[1].partition(": Sequential(")[0]


def test_pictures_get_the_lanes_engine(capsys: Captured) -> None:
    assert engine_said(capsys, "strokes") == ("lanes", "lanes engine")
    assert engine_said(capsys, "strokes --engine lanes") == ("lanes", "lanes engine (as asked)")


LANES_HAVE = "heaviside, identity, sigmoid, tanh, relu, leaky_relu, elu, softplus"
LANES_HAVE += " (slopes up to 1, and its own reaches 1.1)"
REASONS = [
    ("strokes --engine float", "as asked"),
    ("strokes --batch-size 32", "for batches of 32"),
    ("strokes --optimizer adam", "for adam"),
    ("strokes --momentum 0.9", "for momentum"),
    ("strokes --activation swish", f"as swish is not among the activations that lanes have: {LANES_HAVE}"),
    ("strokes --activation prelu", "as lanes have no PReLU layer"),
    ("moons", "as lanes round inputs that are not pictures of bytes"),
    ("house-prices", "as lanes round inputs that are not pictures of bytes"),
]


@pytest.mark.parametrize(("words", "reason"), REASONS)
def test_what_lanes_are_not_for_gets_the_float_engine_and_the_reason_is_said(
    words: str, reason: str, capsys: Captured
) -> None:
    slower = "; it takes ten to twenty times as long as the lanes engine"
    at_a_loss = words.startswith("strokes") and "--engine" not in words
    assert engine_said(capsys, words) == ("float", f"float engine ({reason}{slower if at_a_loss else ''})")


@pytest.mark.parametrize(("words", "reason"), REASONS[1:])
def test_where_workers_need_lanes_and_lanes_are_not_for_this_the_reasons_of_both_are_said(
    words: str, reason: str, capsys: Captured
) -> None:
    why = f"must be chosen by name, {reason}" if "round inputs" in reason else f"cannot be used {reason}"
    said = train_failure(capsys, *words.split(), "--workers", "2")
    start, _, reasons = said.partition(": ")
    assert start == "no engine can be chosen"
    at_a_loss = "float must be chosen by name, as 2 workers pay with large batches only"
    assert {at_a_loss, f"lanes {why}"} <= {*reasons.split("; ")}


@pytest.mark.parametrize(("words", "reason"), REASONS[1:6])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_engine_that_was_asked_for_and_cannot_be_used_is_an_error(
    words: str, reason: str, workers: str, capsys: Captured
) -> None:
    said = train_failure(capsys, *words.split(), "--engine", "lanes", "--workers", workers)
    assert said == f"the lanes engine cannot be used {reason}"


@pytest.mark.parametrize(
    "option",
    [
        "--batch-size 1",
        "--momentum 0",
        "--dropout 0.2",
        "--weight-decay 0.001",
        "--hidden 9 7",
        "--activation tanh",
        "--activation leaky_relu(0.2)",
        "--activation elu",
        "--activation softplus",
        "--activation heaviside",
        "--loss MeanSquaredError",
    ],
)
def test_options_that_lanes_support_stay_with_them(option: str, capsys: Captured) -> None:
    assert engine_said(capsys, f"strokes {option}") == ("lanes", "lanes engine")


@pytest.mark.parametrize("name", ["moons", "xor", "house-prices"])
def test_lanes_take_numbers_where_they_are_asked_for_and_round_them_finely(name: str) -> None:
    engine = prepared(f"{name} --engine lanes").engine
    assert isinstance(engine, LanesEngine)
    assert engine.scale == 64, "and not the 8 shades of pictures"


def test_workers_share_the_work_of_the_lanes_engine() -> None:
    run = prepared("strokes --workers 2 --weight-decay 0.01 --seed 3")
    with closing(run.engine):
        assert (run.engine.name, run.why, run.job.workers) == ("lanes", "lanes engine, 2 workers", 2)
        assert not isinstance(run.engine, LanesEngine)
    assert isinstance(prepared("strokes --workers 1").engine, LanesEngine)


def test_two_workers_share_many_pictures_unless_another_number_is_asked_for() -> None:
    pictures = Samples(Images(bytes(range(250)) * 320, height=2, width=2), Labels([0, 1] * 10_000, 2))
    datasets.register("many")(lambda: (pictures, pictures.select(range(4))))
    try:
        for words, workers in (
            ("", 2),
            ("--limit 19000", 1),
            ("--workers 1", 1),
            ("--workers 3", 3),
            ("--engine float", 1),
        ):
            run = prepared(f"many {words}")
            with closing(run.engine):
                assert run.job.workers == workers, words
    finally:
        DATASETS.remove("many")


def test_more_workers_than_samples_are_refused(capsys: Captured) -> None:
    said = train_failure(capsys, "strokes", "--workers", "5", "--limit", "3")
    assert said == "workers must be from 1 to the 3 training samples, got 5"


# The recipe: settings that the user leaves open.


@pytest.mark.usefixtures("mine")
def test_the_recipe_is_that_of_the_data_set_and_the_engine() -> None:
    run = prepared("mine --engine float")
    assert str(run.job.network) == "Sequential(Linear(784, 6), Activation('tanh'), Linear(6, 10))"
    assert (run.plan.epochs, run.engine.learning_rate, run.engine.batch_size) == (2, 0.25, 10)
    assert run.job.optimizer is not None
    assert run.job.optimizer.options["momentum"] == 0.5
    run = prepared("mine --engine lanes")
    assert str(run.job.network) == "Sequential(Linear(784, 7), Activation('sigmoid'), Linear(7, 10))"
    assert (run.plan.epochs, run.engine.learning_rate, run.engine.batch_size) == (3, 0.03125, 1)
    assert isinstance(run.engine, LanesEngine)
    assert run.engine.scale == 32


@pytest.mark.usefixtures("mine")
def test_what_the_user_chose_goes_before_the_recipe() -> None:
    run = prepared(
        "mine --engine float --hidden 9 8 --activation elu --epochs 4 --learning-rate 0.7 --batch-size 5 --momentum 0.1"
    )
    layers = "Linear(784, 9), Activation('elu(1.0)'), Linear(9, 8), Activation('elu(1.0)'), Linear(8, 10)"
    assert str(run.job.network) == f"Sequential({layers})"
    assert (run.plan.epochs, run.engine.learning_rate, run.engine.batch_size) == (4, 0.7, 5)
    assert run.job.optimizer is not None
    assert run.job.optimizer.options["momentum"] == 0.1


@pytest.mark.parametrize("engine", ["float", "lanes"])
def test_a_folder_of_pictures_trains_by_its_name_with_the_recipe_of_its_engine(
    engine: str, empty: Path, capsys: Captured
) -> None:
    (empty / "data").mkdir()
    (empty / "data" / "found").symlink_to(ROOT / "purenn/datasets/builtin/strokes", target_is_directory=True)
    recipe = datasets.recipe_for("found", engine)
    words = f"found --data data --limit 30 --epochs 1 --schedule constant --engine {engine}"
    epochs, done, _ = trained(capsys, *words.split())
    assert (done["dataset"], done["model"]) == ("found", "found.safetensors")
    assert Sequential.load("found.safetensors").widths[0] == recipe.hidden[0]
    assert epochs[0]["learning_rate"] == recipe.learning_rate


def test_without_a_name_it_trains_on_strokes(capsys: Captured) -> None:
    assert trained(capsys, "--hidden", "8", "--epochs", "1").done["dataset"] == "strokes"


@pytest.mark.parametrize("name", ["circles", "moons", "blobs", "house-prices"])
def test_points_and_prices_learn_with_their_own_recipes(name: str, capsys: Captured) -> None:
    epochs, done, _ = trained(capsys, name, "--epochs", "5")
    assert number(epochs[-1], "loss") < number(epochs[0], "loss")
    assert done["model"] == f"{name}.safetensors"


@pytest.mark.parametrize("name", ["and", "or", "xor"])
def test_gates_are_learned(name: str, capsys: Captured) -> None:
    # with their own recipes but for the epochs: 60 at a constant rate do, and each that is better writes a file
    done = trained(capsys, name, "--epochs", "60", "--schedule", "constant", "--learning-rate", "2").done
    assert done["test_accuracy"] == 1.0


# Optimizers.


def made(words: str) -> tuple[Optimizer, float]:
    """Return the optimizer for `blobs` with these options, and the learning rate at the beginning."""
    run = prepared(f"blobs {words}")
    assert run.job.optimizer is not None
    assert run.plan.schedule is not None
    rate = run.plan.schedule(0.0)
    assert rate == run.job.optimizer.learning_rate == run.engine.learning_rate
    return run.job.optimizer, rate


@pytest.mark.parametrize(("rule", "rate"), [(SGD, 0.1), (AdaGrad, 0.1), (RMSProp, 0.01), (Adam, 0.01), (AdamW, 0.01)])
def test_an_optimizer_has_a_rate_that_suits_it_and_takes_what_is_asked_for(
    rule: Callable[..., Optimizer], rate: float
) -> None:
    name = rule.__name__.lower()
    optimizer, its_rate = made(f"--optimizer {name}")
    assert (type(optimizer), its_rate) == (rule, rate)
    assert optimizer.options == rule().options
    optimizer, its_rate = made(f"--optimizer {name} --learning-rate 0.7 --weight-decay 0.25")
    assert its_rate == 0.7
    assert optimizer.options == rule(weight_decay=0.25).options
    assert made(f"--optimizer {name} --weight-decay 0")[0].options["weight_decay"] == 0.0


def test_momentum_is_for_optimizers_that_have_it(capsys: Captured) -> None:
    for name in ("sgd", "rmsprop"):
        assert made(f"--optimizer {name} --momentum 0.5")[0].options["momentum"] == 0.5
    for name in ("adagrad", "adam", "adamw"):
        said = train_failure(capsys, "blobs", "--optimizer", name, "--momentum", "0.5")
        found = re.fullmatch(rf"{name} has no option momentum \((.+) would take it\)", said)
        assert found
        takers = found[1].split(", ")
        assert {"sgd", "rmsprop"} <= {*takers}
        assert {"adagrad", "adam", "adamw"}.isdisjoint(takers)


def test_the_momentum_of_a_recipe_is_for_optimizers_that_do_not_adapt_their_steps() -> None:
    momenta = {}
    for name in ("sgd", "rmsprop", "adam"):
        optimizer = prepared(f"moons --optimizer {name}").job.optimizer
        assert optimizer is not None
        momenta[name] = optimizer.options.get("momentum")
    assert momenta == {"sgd": 0.9, "rmsprop": 0.0, "adam": None}


def test_a_registered_optimizer_has_the_rate_of_its_kind_and_its_own_defaults() -> None:
    class Heavy(SGD):
        def __init__(self, learning_rate: float = 1.0, *, momentum: float = 0.75) -> None:
            super().__init__(learning_rate, momentum=momentum)

    class Keen(Adam):
        adaptive = 3.0

    optimizers.register(Heavy)
    optimizers.register(Keen)
    heavy, rate = made("--optimizer heavy")
    assert (type(heavy), rate, heavy.options["momentum"]) == (Heavy, 0.1, 0.75)
    assert made("--optimizer heavy --momentum 0")[0].options["momentum"] == 0.0
    of_moons = prepared("moons --optimizer heavy").job.optimizer
    assert of_moons is not None
    assert of_moons.options["momentum"] == 0.9  # the recipe's
    keen, rate = made("--optimizer keen")
    assert type(keen) is Keen
    assert rate == pytest.approx(0.03)


def test_every_optimizer_learns_and_the_five_rules_each_in_its_way(capsys: Captured) -> None:
    last: dict[str, float] = {}
    for name in OPTIMIZERS:
        epochs = trained(capsys, "blobs", "--optimizer", name, "--epochs", "10").epochs
        assert number(epochs[-1], "loss") < 0.9 * number(epochs[0], "loss")
        last[name] = number(epochs[-1], "loss")
    assert len({last[name] for name in ("sgd", "adagrad", "rmsprop", "adam", "adamw")}) == 5


def test_every_option_of_the_optimizer_matters(capsys: Captured) -> None:
    words = ["circles", "--epochs", "3"]
    plain = trained(capsys, *words).done["test_loss"]
    for option, value in (("momentum", "0"), ("weight-decay", "0.1"), ("learning-rate", "0.3"), ("batch-size", "7")):
        assert trained(capsys, *words, f"--{option}", value).done["test_loss"] != plain


# Losses.


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("xor", "BinaryCrossEntropy"),
        ("moons", "CrossEntropy"),
        ("strokes", "CrossEntropy"),
        ("house-prices", "MeanSquaredError"),
    ],
)
def test_the_loss_is_that_of_the_targets_unless_one_is_named(name: str, loss: str) -> None:
    assert prepared(name).job.loss.name == loss
    assert prepared(f"{name} --loss MeanAbsoluteError").job.loss.name == "MeanAbsoluteError"


@pytest.mark.parametrize(
    ("words", "last"),
    [
        ("moons --loss CrossEntropy", "Linear(16, 2)"),
        ("moons --loss CrossEntropyOfProbabilities", "Activation('softmax')"),
        ("moons --loss BinaryCrossEntropyOfProbabilities", "Activation('sigmoid')"),
    ],
)
def test_a_loss_of_probabilities_gets_probabilities(words: str, last: str, capsys: Captured) -> None:
    assert str(prepared(words).job.network.layers[-1]) == last
    assert number(trained(capsys, *words.split(), "--epochs", "5").done, "test_accuracy") > 0.8


def test_lanes_are_not_for_probabilities(capsys: Captured) -> None:
    name, said = engine_said(capsys, "strokes --loss CrossEntropyOfProbabilities")
    assert name == "float"
    assert said.startswith("float engine (as lanes need a Linear layer first and last; it takes ")


def test_a_registered_loss_is_trained_with(capsys: Captured) -> None:
    @losses.register
    class Doubled(Loss):
        def value(self, outputs: Matrix, targets: Matrix) -> float:
            return 2.0 * MeanSquaredError().value(outputs, targets)

        def gradient(self, outputs: Matrix, targets: Matrix) -> Matrix:
            return MeanSquaredError().gradient(outputs, targets) * 2.0

    words = ["house-prices", "--epochs", "3", "--schedule", "constant"]
    plain = trained(capsys, *words, "--learning-rate", "0.1").epochs
    doubled = trained(capsys, *words, "--learning-rate", "0.05", "--loss", "Doubled").epochs
    assert [number(line, "loss") for line in doubled] == pytest.approx([2.0 * number(line, "loss") for line in plain])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("xor --loss CrossEntropy", "CrossEntropy needs an output for each class; for a yes or no, use Binary"),
        ("house-prices --loss BinaryCrossEntropy", "target row 0, column 0 is "),
        ("house-prices --target-accuracy 0.9", "--target-accuracy is for classes, but house-prices has quantities"),
    ],
)
def test_what_does_not_suit_the_targets_is_refused(words: str, said: str, capsys: Captured) -> None:
    assert train_failure(capsys, *words.split()).startswith(said)


# Schedules.


RATES = {
    "constant": [0.6, 0.6, 0.6, 0.6],
    "linear": [0.6, 0.41, 0.22, 0.03],  # to a twentieth, in steps of 0.57 / 3
    "cosine": [0.6, 0.45, 0.15, 0.0],  # (1 + cos 60°) / 2 = 3/4, (1 + cos 120°) / 2 = 1/4
    "step": [0.6, 0.06, 0.006, 0.0006],
    "exponential": [0.6, 0.6 * 0.01 ** (1 / 3), 0.6 * 0.01 ** (2 / 3), 0.006],
    "inverse-time": [0.6, 0.15, 0.6 / 7, 0.06],  # 1 / (1 + 3 · epoch), to a tenth
    "plateau": [0.6, 0.6, 0.6, 0.6],  # times what the losses say
}


@pytest.mark.parametrize(("schedule", "rates"), RATES.items())
def test_schedules_run_over_the_epochs_of_the_call(schedule: str, rates: list[float], capsys: Captured) -> None:
    words = f"blobs --epochs 3 --learning-rate 0.6 --schedule {schedule}"
    plan = prepared(words).plan
    assert plan.schedule is not None
    assert [plan.schedule(epoch) for epoch in range(4)] == pytest.approx(rates)
    assert (plan.plateau is not None) == (schedule == "plateau")
    epochs = trained(capsys, *words.split()).epochs
    assert [number(line, "learning_rate") for line in epochs] == pytest.approx(rates[:3])


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_registered_schedule_is_made_for_the_rate_and_the_epochs_of_the_call(schedule: str) -> None:
    plan = prepared(f"blobs --epochs 3 --learning-rate 0.6 --schedule {schedule}").plan
    expected = SCHEDULES[schedule].schedule(0.6, 3)
    assert plan.schedule is not None
    assert [plan.schedule(half / 2) for half in range(7)] == [expected(half / 2) for half in range(7)]
    assert plan.plateau == SCHEDULES[schedule].plateau


def test_on_a_plateau_of_the_validation_loss_the_rate_is_halved(capsys: Captured) -> None:
    plateau = prepared("blobs --schedule plateau").plan.plateau
    assert plateau is not None
    assert [plateau([1.0] * epochs) for epochs in range(9)] == [1.0] * 4 + [0.5] * 3 + [0.25] * 2
    # so small a rate that the loss stays within a ten-thousandth
    epochs = trained(capsys, "blobs", "--schedule", "plateau", "--learning-rate", "1e-9", "--epochs", "6").epochs
    assert [number(line, "learning_rate") for line in epochs] == pytest.approx([1e-9] * 4 + [5e-10] * 2)


# The network and its random numbers.


def test_options_make_the_network(capsys: Captured) -> None:
    words = ["--hidden", "9", "7", "--activation", "prelu", "--dropout", "0.25", "--epochs", "1", "--out", "m"]
    done = trained(capsys, "circles", *words).done
    layers = "Linear(2, 9), PReLU(9), Dropout(0.25), Linear(9, 7), PReLU(7), Dropout(0.25), Linear(7, 2)"
    assert str(Sequential.load("m")) == f"Sequential({layers})"
    assert done["model"] == "m"


@pytest.mark.parametrize("words", ["circles --dropout 0.1", "strokes --hidden 8", "strokes --hidden 8 --workers 2"])
def test_the_same_call_gives_the_same_bits_and_another_seed_others(words: str, capsys: Captured) -> None:
    for out, seed in (("a", "0"), ("b", "0"), ("c", "1")):
        trained(capsys, *words.split(), "--epochs", "2", "--out", out, "--seed", seed)
    assert Path("a").read_bytes() == Path("b").read_bytes() != Path("c").read_bytes()


# Training samples, and those held back for validation.


def test_a_tenth_is_for_validation_with_its_share_of_every_class_and_not_trained_on() -> None:
    run = prepared("strokes")
    validation = run.plan.validation
    assert validation is not None
    assert (len(run.job.samples), len(validation)) == (270, 30)
    pictures = [{*map(tuple, rows(part.inputs))} for part in (run.job.samples, validation)]
    assert pictures[0] & pictures[1] == set()
    shares = [rows(part.targets).sum_rows()[0] for part in (run.job.samples, validation)]
    assert all(abs(few - many / 9) < 2.0 for many, few in zip(*shares))


def test_another_seed_holds_back_other_samples() -> None:
    parts = [prepared(f"strokes --seed {seed}").plan.validation for seed in (1, 1, 2)]
    assert all(part is not None for part in parts)
    first, again, other = (part.checksum for part in parts if part is not None)
    assert first == again != other


def test_at_most_5000_are_held_back(few_strokes: Dataset) -> None:
    many = few_strokes.train.select([i % 300 for i in range(60_000)])
    assert [len(part) for part in _parts(many, seed=0)] == [55_000, 5_000]


@pytest.mark.parametrize(("limit", "sizes"), [(2, [2, 2]), (19, [19, 19]), (20, [18, 2])])
def test_few_samples_are_for_both(limit: int, sizes: list[int]) -> None:
    run = prepared(f"strokes --limit {limit}")
    assert [len(run.job.samples), len(run.plan.validation or ())] == sizes


def test_few_samples_are_one_batch_unless_a_size_is_asked_for(capsys: Captured) -> None:
    assert prepared("strokes --limit 10 --engine float").engine.batch_size == 10
    said = train_failure(capsys, "xor", "--batch-size", "5")
    assert said == "batch_size must be from 1 to the 4 training samples, got 5"


def test_a_limit_above_the_number_of_samples_takes_all(capsys: Captured) -> None:
    said = trained(capsys, "xor", "--limit", "1000", "--epochs", "1").said
    assert said[0] == "xor: 4 samples to train on, 4 to validate, 4 to test, all of them the same"


def test_the_test_set_decides_nothing(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    trained(capsys, "moons", "--epochs", "10", "--out", "a", "--target-accuracy", "0.9")
    moons = datasets.load("moons", None)
    upside_down = Samples(moons.test.inputs.take(range(299, -1, -1)), moons.test.targets)
    monkeypatch.setattr(datasets, "load", lambda name, folder: Dataset(name, moons.train, upside_down, moons.classes))
    trained(capsys, "moons", "--epochs", "10", "--out", "b", "--target-accuracy", "0.9")
    assert Path("a").read_bytes() == Path("b").read_bytes()


# When it stops.


def script(monkeypatch: pytest.MonkeyPatch, validation: list[float], test: float = 0.5) -> None:
    """Let the validation accuracies of the next epochs be these, in order, and the test accuracy always the same."""
    answers: Iterator[float] = iter(validation)

    def evaluate(self: FloatEngine, samples: Samples) -> Score:
        return Score(1.0, next(answers) if len(samples) == 30 else test)

    monkeypatch.setattr(FloatEngine, "evaluate", evaluate)


def test_a_target_reached_in_validation_ends_the_training(capsys: Captured) -> None:
    epochs, done, said = trained(capsys, "moons", "--target-accuracy", "0.9")
    reached = [number(line, "validation_accuracy") >= 0.9 for line in epochs]
    assert reached == [False] * (len(epochs) - 1) + [True]
    assert done["epochs"] == len(epochs) < 100
    assert done["test_accuracy"] == epochs[-1]["test_accuracy"]
    assert said[-1] == "stopped: validation has reached 90.00 %"


def test_the_target_goes_by_validation_alone(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    for validation, test, expected in (([0.5, 0.89, 0.9, 0.95], 0.1, 3), ([0.5, 0.6, 0.7], 1.0, 3)):
        script(monkeypatch, validation, test)
        words = ["--epochs", str(len(validation)), "--target-accuracy", "0.9"]
        assert len(trained(capsys, "moons", *words).epochs) == expected


def test_patience_ends_a_training_and_says_why(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    script(monkeypatch, [0.5, 0.6, 0.6, 0.5, 0.7, 0.7, 0.7, 0.7, 0.9])
    epochs, done, said = trained(capsys, "moons", "--epochs", "100", "--patience", "3")
    assert [line["epoch"] for line in epochs] == [*range(1, 9)]
    assert done["epochs"] == 8
    assert said[-1] == "stopped: validation has not been better since epoch 5"
    assert said[-2].startswith("epoch 8/100 "), "the last gets a line though it is not among the 20"


# The diagnosis.


def looks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Return a list that gets the numbers of inputs and targets that each diagnosis looks at."""
    seen: list[tuple[int, int]] = []

    def look(network: Sequential, inputs: Numbers, targets: Numbers, loss: Loss) -> Diagnosis:
        assert isinstance(inputs, Rows)
        assert isinstance(targets, Rows)
        seen.append((len(inputs), len(targets)))
        return diagnose(network, inputs, targets, loss)

    monkeypatch.setattr(train_module, "diagnose", look)
    return seen


@pytest.mark.parametrize("engine", ["float", "lanes"])
def test_a_diagnosis_comes_at_the_end_and_changes_nothing(
    engine: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [*STROKES, "--engine", engine, "--epochs", "2"]
    plain = trained(capsys, *words, "--out", "a").said
    seen = looks(monkeypatch)
    more = trained(capsys, *words, "--out", "b", "--diagnose").said
    assert seen == [(200, 200)] * 3
    assert "gradient" not in "".join(plain)
    assert [line.split()[0] for line in more[3:] if line] == [
        *("epoch", "epoch", "layer", "0", "1", "2", "Nothing"),
    ]
    assert Path("a").read_bytes() == Path("b").read_bytes()


def test_a_diagnosis_comes_after_the_first_epoch_in_which_something_looks_wrong_and_then_at_the_end(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = iter(range(1, 100))

    def look(network: Sequential, inputs: Numbers, targets: Numbers, loss: Loss) -> Diagnosis:
        return Diagnosis((), ["it burns"] if next(looked) >= 3 else [])

    monkeypatch.setattr(train_module, "diagnose", look)
    said = trained(capsys, *STROKES, "--epochs", "6", "--diagnose").said
    shown = [line.split()[0] for line in said[2:] if line.startswith(("epoch", "it burns"))]
    assert shown == ["epoch"] * 3 + ["it"] + ["epoch"] * 3 + ["it"]


@pytest.mark.skipif(sys.platform == "emscripten", reason="there are no processes: workers take turns, which is told")
def test_more_workers_than_cores_are_warned_of(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    for count in ("cpu_count", "sched_getaffinity"):
        cores: object = (lambda: 1) if count == "cpu_count" else (lambda process: {0})
        monkeypatch.setattr(f"purenn.cli.training_report.os.{count}", cores, raising=False)
    words = [*STROKES, "--epochs", "1"]
    assert not any("core" in line for line in trained(capsys, *words).said)
    assert main(["train", *words, "--workers", "2", "--out", "m", "--json"]) == 0
    out, err = capsys.readouterr()
    warning = "warning: 2 workers, but there is 1 core: more workers than cores only slow each other down"
    assert warning in err.splitlines()
    assert {"event": "warning", "message": warning} in [json.loads(line) for line in out.splitlines()]


# How it fails. What is on disk then is in test_saved.py.


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (["--engine", "float"], "epoch 1, batch 2: the loss is nan"),
        (["--engine", "lanes"], "epoch 1, samples 1 to 270: the gradient behind Linear layer 2 might pass all that "),
        (["--workers", "2"], "epoch 1, samples from 1: the gradient behind Linear layer 2 might pass all that "),
    ],
)
def test_a_training_that_diverges_says_where_and_what_to_try(words: list[str], where: str, capsys: Captured) -> None:
    said = train_failure(capsys, *STROKES, "--learning-rate", "1e200", *words)
    assert said.startswith(where)
    assert "; try a lower learning rate or " in said
    rate = r" \(the rate was \d[.\d]*e\+(199|200)\); for example --learning-rate 0.1; nothing was saved$"
    assert re.search(rate, said)


def test_an_input_that_is_not_a_number_is_named(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Samples(Matrix([[0, 1], [nan, 1]]), Matrix([[0], [1]]))
    monkeypatch.setattr(datasets, "load", lambda name, folder: Dataset(name, broken, broken, ("0", "1")))
    assert train_failure(capsys, "xor") == "input row 1, column 0 is nan, expected a finite number"


@pytest.mark.parametrize("out", ["none/m", ".", "file/m"])
@pytest.mark.parametrize("option", ["--out", "--checkpoint"])
def test_a_file_that_cannot_be_written_is_told_before_anything_else(
    option: str, out: str, capsys: Captured, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(name: str, data: Path | None) -> Dataset:
        raise AssertionError("the data was loaded first")

    (empty / "file").write_bytes(b"")
    monkeypatch.setattr(datasets, "load", load)
    assert train_failure(capsys, option, out).startswith(f"{out}: ")
    assert [path.name for path in empty.iterdir()] == ["file"]


def test_a_folder_that_cannot_be_written_to_says_how_to_save_elsewhere(
    capsys: Captured, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise OSError(errno.EROFS, "cannot write here: Read-only file system", str(path))

    monkeypatch.setattr("purenn.cli.train.check_writable", refuse)
    said = "xor.safetensors: cannot write here: Read-only file system"
    assert train_failure(capsys, "xor") == f"{said}; --out FILE saves the network elsewhere"
    assert train_failure(capsys, "xor", "--out", "xor.safetensors") == said


def test_an_unknown_data_set_lists_where_it_was_looked_for(capsys: Captured, empty: Path) -> None:
    said = train_failure(capsys, "sonar", "--data", str(empty))
    assert said.startswith(f"no data set 'sonar' in {empty / 'sonar'}, ")
    assert all(name in said.partition("Known names: ")[2] for name in ("and, or, xor", "strokes", "mnist"))
    assert list(empty.iterdir()) == []


def test_the_command_that_fetches_a_data_set_is_shown(
    capsys: Captured, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(empty))
    assert main(["train", "kmnist"]) == 1
    reason, hint = capsys.readouterr().err.splitlines()
    assert reason.endswith("datasets.fetch('kmnist') downloads it")
    assert hint == "try: python3 -m purenn fetch kmnist"


def test_a_data_set_that_is_not_whole_is_named(capsys: Captured, empty: Path) -> None:
    (empty / "mnist").mkdir()
    (empty / "mnist" / "train-images-idx3-ubyte.gz").write_bytes(b"<html>")
    said = train_failure(capsys, "mnist", "--data", str(empty))
    assert f"{empty / 'mnist'} has no train-labels-idx1-ubyte.gz" in said
    (empty / "mnist" / "train-labels-idx1-ubyte.gz").write_bytes(b"<html>")
    said = train_failure(capsys, "mnist", "--data", str(empty))
    assert "train-images-idx3-ubyte.gz: not an IDX file: it looks like an HTML page" in said
