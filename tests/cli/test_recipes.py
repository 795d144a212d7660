"""Recipes: which engine a call gets and why, what is trained on and what is held back, and the rates of an epoch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from purenn.cli.recipes import (
    FLOAT,
    FLOAT_PICTURES,
    LANES,
    LANES_PICTURES,
    SCHEDULES,
    Recipe,
    Run,
    TrainArguments,
    _parts,
    _training,
    prepare,
)
from purenn.float_engine import FloatEngine

from purenn import datasets
from purenn.cli.main import parse_arguments
from purenn.lanes.engine import NUMBER_SCALE, LanesEngine
from purenn.lanes.workers import ParallelEngine
from purenn.losses import BinaryCrossEntropy, CrossEntropy, Loss, MeanSquaredError
from purenn.matrix import Matrix
from purenn.optimizers import SGD, AdaGrad, Adam, AdamW, Optimizer, RMSProp
from purenn.samples import Rows, Samples

STROKES = datasets.load("strokes")


def prepared(words: str, limit: int = 40) -> Run:
    """What `purenn train` with these words would do, on few samples."""
    options = TrainArguments(**vars(parse_arguments(["train", *words.split(), "--limit", f"{limit}"])))
    dataset = STROKES if options.dataset == "strokes" else datasets.load(options.dataset or "")
    with ExitStack() as stack:
        return prepare(options, dataset, stack)


def rows(part: Rows) -> Matrix:
    return part.take(range(len(part)))


# Which engine.


def test_pictures_get_the_lanes_engine() -> None:
    run = prepared("strokes")
    assert isinstance(run.engine, LanesEngine)
    assert (run.engine.name, run.why) == ("lanes", "lanes engine")


def test_one_worker_is_the_plain_engine_and_two_are_a_parallel_one() -> None:
    assert isinstance(prepared("strokes --workers 1").engine, LanesEngine)
    run = prepared("strokes --workers 2 --weight-decay 0.01 --seed 3")
    assert isinstance(run.engine, ParallelEngine)
    assert (run.engine.name, run.engine.workers, run.why) == ("lanes", 2, "lanes engine, 2 workers")
    assert [(part.seed, part.weight_decay) for part in run.engine.parts] == [(3, 0.01)] * 2


REASONS = [
    ("strokes --engine float", "as asked"),
    ("strokes --batch-size 32", "for batches of 32"),
    ("strokes --optimizer adam", "for adam"),
    ("strokes --momentum 0.9", "for momentum"),
    ("strokes --activation gelu", "as lanes can't: it has no Activation('gelu') after Linear(1, 1)"),
    ("strokes --activation prelu", "as lanes can't: it has no PReLU(1)"),
    ("moons", "as lanes pay for pictures"),
    ("house-prices", "as lanes pay for pictures"),
]


@pytest.mark.parametrize(("words", "reason"), REASONS)
def test_what_lanes_are_not_for_gets_the_float_engine_and_the_reason_is_said(words: str, reason: str) -> None:
    run = prepared(words)
    assert isinstance(run.engine, FloatEngine)
    assert run.why == f"float engine ({reason})"


@pytest.mark.parametrize(("words", "reason"), REASONS)
def test_workers_are_not_for_the_float_engine(words: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r"^--workers is for the lanes engine, but ") as caught:
        prepared(f"{words} --workers 2")
    assert str(caught.value) == f"--workers is for the lanes engine, but the float engine is taken {reason}"


@pytest.mark.parametrize(("words", "reason"), REASONS[1:6])
@pytest.mark.parametrize("workers", [1, 2])
def test_lanes_that_were_asked_for_and_cannot_be_are_an_error(words: str, reason: str, workers: int) -> None:
    with pytest.raises(ValueError, match=r"^the float engine is needed ") as caught:
        prepared(f"{words} --engine lanes --workers {workers}")
    assert str(caught.value) == f"the float engine is needed {reason}: leave out --engine lanes"


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
    ],
)
def test_options_that_lanes_support_stay_with_them(option: str) -> None:
    assert prepared(f"strokes {option}").why == "lanes engine"


@pytest.mark.parametrize("name", ["moons", "xor", "house-prices"])
def test_lanes_take_numbers_where_they_are_asked_for_and_round_them_finely(name: str) -> None:
    engine = prepared(f"{name} --engine lanes").engine
    assert isinstance(engine, LanesEngine)
    assert engine.scale == NUMBER_SCALE > 8  # and not the few shades of pictures


def test_more_workers_than_samples_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^workers must be from 1 to the 3 training samples, got 5$"):
        prepared("strokes --workers 5", limit=3)


# What it leaves to the recipe.


def test_every_recipe_is_for_a_data_set_there_is() -> None:
    for engine, recipes in (("float", FLOAT), ("lanes", LANES)):
        assert {name: datasets.recipe_for(name, engine) for name in recipes} == recipes


def test_lanes_go_a_sample_at_a_time_and_without_momentum() -> None:
    for recipe in (LANES_PICTURES, *LANES.values()):
        assert (recipe.batch_size, recipe.momentum) == (1, 0.0)


@pytest.mark.parametrize(("engine", "recipe"), [("float", FLOAT["strokes"]), ("lanes", LANES["strokes"])])
def test_the_recipe_is_that_of_the_data_set_and_the_engine(engine: str, recipe: Recipe) -> None:
    run = prepared(f"strokes --engine {engine}")
    assert run.engine.network().widths[0] == recipe.hidden[0]
    assert (run.epochs, run.schedule(0.0)) == (recipe.epochs, recipe.learning_rate)


@pytest.mark.parametrize(("engine", "recipe"), [("float", FLOAT_PICTURES), ("lanes", LANES_PICTURES)])
def test_pictures_that_nobody_knows_have_a_recipe_too(
    engine: str, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").symlink_to(Path(datasets.__file__).parents[2] / "datasets/strokes", target_is_directory=True)
    monkeypatch.setenv("PURENN_DATA", str(tmp_path))
    run = prepared(f"mine --engine {engine}")
    assert (run.epochs, run.schedule(0.0)) == (recipe.epochs, recipe.learning_rate)


def test_what_the_user_chose_goes_before_the_recipe() -> None:
    run = prepared("moons --hidden 9 7 --activation elu --epochs 3 --learning-rate 0.7 --batch-size 5 --momentum 0.1")
    layers = "Linear(2, 9), Activation('elu(1.0)'), Linear(9, 7), Activation('elu(1.0)'), Linear(7, 2)"
    assert str(run.engine.network()) == f"Sequential({layers})"
    assert (run.epochs, run.schedule(0.0)) == (3, 0.7)
    assert isinstance(run.engine, FloatEngine)
    assert (run.engine.batch_size, run.engine.optimizer.learning_rate) == (5, 0.7)


@pytest.mark.parametrize(("rule", "rate"), [(SGD, 0.1), (AdaGrad, 0.1), (RMSProp, 0.01), (Adam, 0.01), (AdamW, 0.01)])
def test_an_optimizer_has_a_rate_that_suits_it_and_takes_what_is_asked_for(
    rule: Callable[..., Optimizer], rate: float
) -> None:
    def made(words: str) -> tuple[Optimizer, float]:
        run = prepared(f"blobs --optimizer {rule.__name__.lower()} {words}")
        assert isinstance(run.engine, FloatEngine)
        assert run.schedule(0.0) == run.engine.optimizer.learning_rate
        return run.engine.optimizer, run.schedule(0.0)

    optimizer, its_rate = made("")
    assert (type(optimizer), its_rate) == (rule, rate)
    assert optimizer.options == rule().options
    optimizer, its_rate = made("--learning-rate 0.7 --weight-decay 0.25")
    assert its_rate == 0.7
    assert optimizer.options == rule(weight_decay=0.25).options
    assert made("--weight-decay 0")[0].options["weight_decay"] == 0.0


@pytest.mark.parametrize("name", ["sgd", "rmsprop"])
def test_momentum_is_for_those_that_have_it(name: str) -> None:
    engine = prepared(f"blobs --optimizer {name} --momentum 0.5").engine
    assert isinstance(engine, FloatEngine)
    assert engine.optimizer.options["momentum"] == 0.5


@pytest.mark.parametrize("name", ["adagrad", "adam", "adamw"])
def test_momentum_is_not_for_those_that_have_none(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} has no momentum to set; sgd and rmsprop have$"):
        prepared(f"moons --optimizer {name} --momentum 0.5")
    assert prepared(f"moons --optimizer {name}").engine, "the momentum in the recipe is that of sgd"


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("xor", BinaryCrossEntropy),
        ("moons", CrossEntropy),
        ("strokes", CrossEntropy),
        ("house-prices", MeanSquaredError),
    ],
)
def test_the_loss_is_that_of_the_targets(name: str, loss: type[Loss]) -> None:
    assert isinstance(prepared(name).loss, loss)


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        ("constant", [0.6, 0.6, 0.6, 0.6]),
        ("linear", [0.6, 0.41, 0.22, 0.03]),  # to a twentieth, in steps of 0.57 / 3
        ("cosine", [0.6, 0.45, 0.15, 0.0]),  # (1 + cos 60°) / 2 = 3/4, (1 + cos 120°) / 2 = 1/4
        ("step", [0.6, 0.06, 0.006, 0.0006]),
        ("exponential", [0.6, 0.6 * 0.01 ** (1 / 3), 0.6 * 0.01 ** (2 / 3), 0.006]),
        ("inverse-time", [0.6, 0.15, 0.6 / 7, 0.06]),  # 1 / (1 + 3 · epoch), to a tenth
        ("plateau", [0.6, 0.6, 0.6, 0.6]),  # times what the losses say
    ],
)
def test_schedules_run_over_the_epochs_of_the_call(schedule: str, rates: list[float]) -> None:
    run = prepared(f"blobs --epochs 3 --learning-rate 0.6 --schedule {schedule}")
    assert [run.schedule(epoch) for epoch in range(4)] == pytest.approx(rates)
    assert (run.plateau is not None) == (schedule == "plateau")


def test_on_a_plateau_the_rate_is_halved_after_three_epochs_that_were_not_better() -> None:
    plateau = prepared("blobs --schedule plateau").plateau
    assert plateau is not None
    assert [plateau([1.0] * epochs) for epochs in range(9)] == [1.0] * 4 + [0.5] * 3 + [0.25] * 2


def test_a_schedule_for_every_word_the_command_line_knows() -> None:
    for name in SCHEDULES:
        assert TrainArguments(**vars(parse_arguments(["train", "--schedule", name]))).schedule == name


# What is trained on, and what is held back.


def test_a_tenth_is_for_validation_with_its_share_of_every_class_and_not_trained_on() -> None:
    training, validation = _parts(STROKES.train, 1000, seed=0)
    assert (len(training), len(validation)) == (900, 100)
    pictures = [{*map(tuple, rows(part.inputs))} for part in (training, validation)]
    assert pictures[0] & pictures[1] == set()
    shares = [rows(part.targets).sum_rows()[0] for part in (training, validation)]
    assert all(abs(few - many / 9) < 2.0 for many, few in zip(*shares))


def test_at_most_5000_are_held_back() -> None:
    many = STROKES.train.select([i % 8000 for i in range(60_000)])
    assert [len(part) for part in _parts(many, None, seed=0)] == [55_000, 5_000]


@pytest.mark.parametrize(("limit", "sizes"), [(2, [2, 2]), (19, [19, 19]), (20, [18, 2])])
def test_few_samples_are_for_both(limit: int, sizes: list[int]) -> None:
    assert [len(part) for part in _parts(STROKES.train, limit, seed=0)] == sizes


def test_a_worker_reads_the_samples_that_the_parent_trains_on() -> None:
    def same(a: Samples, b: Samples) -> bool:
        return rows(a.inputs) == rows(b.inputs) and rows(a.targets) == rows(b.targets)

    run = prepared("strokes --workers 2 --seed 4")
    assert isinstance(run.engine, ParallelEngine)
    assert same(run.engine.parts[0].source(), run.training)
    assert not same(_training("strokes", None, 40, seed=5), run.training)
