"""Arguments of `purenn train`: the fields they fill, and those that are refused."""

from __future__ import annotations

from collections.abc import Iterable
from math import cos, sin
from pathlib import Path

import pytest

from purenn import activations, datasets, engine, layers, losses, optimizers, schedules
from purenn.cli import main
from purenn.cli.main import parse_arguments
from purenn.cli.parser import parser
from purenn.cli.train_arguments import TrainArguments, options_in
from tests.cli.conftest import Captured


def parsed(words: str) -> TrainArguments:
    """Return the parsed arguments of this command."""
    return TrainArguments(**vars(parse_arguments(words.split())))


def refused(words: str, capsys: Captured) -> str:
    """Return the reason on stderr for arguments that are wrong; the only other line says where help is."""
    with pytest.raises(SystemExit) as caught:
        main(words.split())
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    reason, hint = err.splitlines()
    assert hint == "try: python3 -m purenn train --help"
    return reason


def test_train_without_arguments_leaves_the_choice_to_the_recipe() -> None:
    options = parsed("train")
    assert (options.command, options.dataset, options.seed) == ("train", "strokes", 0)
    assert (options.optimizer, options.schedule, options.engine, options.workers) == ("sgd", "linear", "auto", None)
    assert (options.dropout, options.diagnose, options.resume) == (0.0, False, False)
    assert (options.json, options.debug) == (False, False)
    open_fields = (options.hidden, options.activation, options.epochs, options.batch_size, options.learning_rate)
    assert (*open_fields, options.momentum, options.weight_decay) == (None,) * 7
    assert (options.limit, options.target_accuracy, options.patience, options.augment) == (None,) * 4
    assert (options.out, options.data, options.checkpoint, options.loss) == (None,) * 4


@pytest.mark.parametrize(
    "words",
    [
        "",
        "--hidden 64 32 --activation leaky_relu(0.2) --loss MeanSquaredError --epochs 3 --batch-size 16",
        "--learning-rate 0.5 --optimizer adam --momentum 0.9 --weight-decay 0.0001 --dropout 0.2 --schedule cosine",
        "--engine lanes --workers 3 --seed -7 --limit 100 --target-accuracy 0.97 --patience 4",
        "--target y --task classes --missing drop --header no --delimiter ; --decimal , --test 0.3",
        "--size 28x20",
        "--augment shift=1 rotate=10 mirror --epochs 2",
        "--every-sample --epochs 2",
    ],
)
def test_the_options_of_a_training_are_words_that_ask_for_the_same(words: str) -> None:
    found = options_in(parsed(f"train x {words}"))
    assert options_in(parsed(" ".join(["train x", *found]))) == found
    assert sorted(found) == sorted(words.split())


def test_options_that_change_no_weight_are_left_out_and_so_is_a_file_to_test_on() -> None:
    words = "--data d --out m --checkpoint c --resume --force --diagnose --executor mpi --json --debug --test rows.csv"
    assert options_in(parsed(f"train x.csv {words}")) == []


def test_every_argument_fills_its_field() -> None:
    options = parsed(
        "train mnist --data d --hidden 64 32 --activation leaky_relu(0.2) --loss MeanSquaredError --epochs 3 "
        "--batch-size 16 --learning-rate 0.5 --optimizer sgd --momentum 0.9 --weight-decay 1e-4 --dropout 0.2 "
        "--augment shift=1 mirror "
        "--schedule cosine --engine lanes --workers 3 --seed -7 --limit 100 --target-accuracy 0.97 --patience 4 "
        "--executor dask:tcp://10.0.0.1:8786 --diagnose --checkpoint c --resume --out m --json --debug"
    )
    assert (options.dataset, options.data, options.out) == ("mnist", Path("d"), Path("m"))
    assert (options.hidden, options.activation, options.loss) == ([64, 32], "leaky_relu(0.2)", "MeanSquaredError")
    assert (options.epochs, options.batch_size, options.limit, options.seed) == (3, 16, 100, -7)
    assert (options.learning_rate, options.momentum, options.weight_decay) == (0.5, 0.9, 1e-4)
    assert (options.dropout, options.schedule, options.target_accuracy) == (0.2, "cosine", 0.97)
    assert (options.engine, options.workers, options.optimizer) == ("lanes", 3, "sgd")
    assert options.executor == "dask:tcp://10.0.0.1:8786"
    assert (options.patience, options.checkpoint, options.augment) == (4, Path("c"), ["shift=1", "mirror"])
    assert (options.diagnose, options.resume) == (True, True)
    assert (options.json, options.debug) == (True, True)


def shown_help(capsys: Captured) -> str:
    """Return the help of the command, in one line."""
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("option", "names"),
    [
        ("activation", layers.activation_names()),
        ("loss", losses.LOSSES),
        ("optimizer", optimizers.OPTIMIZERS),
        ("schedule", schedules.SCHEDULES),
        ("engine", ["auto", *engine.ENGINES]),
        ("dataset", datasets.DATASETS),
    ],
)
def test_every_registered_name_is_a_choice_and_in_the_help(option: str, names: Iterable[str], capsys: Captured) -> None:
    for name in names:
        chosen = getattr(parsed(f"train {name}" if option == "dataset" else f"train --{option} {name}"), option)
        full_names = {"silu": "swish", "leaky_relu": "leaky_relu(0.01)", "elu": "elu(1.0)"}
        assert chosen == (full_names.get(name, name) if option == "activation" else name)
    assert ", ".join(names) in shown_help(capsys)


def test_what_a_program_registers_is_a_choice_and_in_the_help(capsys: Captured) -> None:
    @losses.register
    class Hinge(losses.MeanSquaredError):
        pass

    @optimizers.register
    class Lion(optimizers.SGD):
        pass

    @engine.register
    class Abacus(engine.FloatEngine):
        name = "abacus"

    @layers.register
    class Maxout(layers.PReLU):
        stands_for = "maxout"

    schedules.register("sawtooth")(lambda rate, epochs: lambda epoch: rate)
    activations.register(activations.Elementwise("wave", sin, cos))
    words = "train --loss Hinge --optimizer lion --engine abacus --schedule sawtooth --activation"
    assert [parsed(f"{words} {name}").activation for name in ("wave", "maxout")] == ["wave", "maxout"]
    options = parsed(f"{words} wave")
    chosen = (options.loss, options.optimizer, options.engine, options.schedule)
    assert chosen == ("Hinge", "lion", "abacus", "sawtooth")
    shown = shown_help(capsys)
    assert all(f" {name}" in shown for name in (*chosen, "wave", "maxout"))


def test_to_resume_there_must_be_a_checkpoint(capsys: Captured) -> None:
    line = refused("train --resume", capsys)
    assert line == "purenn train: argument --resume: there is nothing to go on from without --checkpoint FILE"


@pytest.mark.parametrize("option", ["epochs", "batch-size", "workers", "patience"])
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "two", "", "²"])
def test_counts_are_whole_numbers_from_1(option: str, value: str, capsys: Captured) -> None:
    line = refused(f"train --{option}={value}", capsys)
    assert f"argument --{option}: expected a whole number of at least 1, got '{value}'" in line


@pytest.mark.parametrize("value", ["-1", "1.5", "two", "", "²"])
def test_units_are_whole_numbers_and_may_be_none(value: str, capsys: Captured) -> None:
    line = refused(f"train --hidden={value}", capsys)
    assert f"argument --hidden: expected a whole number of at least 0, got '{value}'" in line


@pytest.mark.parametrize("option", ["momentum", "weight-decay", "dropout"])
@pytest.mark.parametrize("value", ["1", "-0.1", "nan"])
def test_fractions_are_from_0_and_below_1(option: str, value: str, capsys: Captured) -> None:
    line = refused(f"train --{option}={value}", capsys)
    assert f"argument --{option}: expected a number in [0, 1), got '{value}'" in line


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("train --limit 1", "--limit: expected a whole number of at least 2, got '1'"),
        ("train --activation rleu", "--activation: no activation is called 'rleu'; there are"),
        ("train --loss Hinge", "--loss: 'Hinge' is none of MeanSquaredError, "),
        (
            "train --optimizer adamax",
            "--optimizer: 'adamax' is none of sgd, adagrad, rmsprop, adam, adamw; did",
        ),
        (
            "train --schedule sine",
            "--schedule: 'sine' is none of constant, linear, cosine, ",
        ),
        ("train --engine fast", "--engine: 'fast' is none of auto, float, lanes"),
        ("train --activation rleu", "; did you mean relu?"),
        ("train --seed x", "--seed: expected a whole number, got 'x'"),
        ("train --lr 0.1", "there is no option --lr; purenn calls it --learning-rate"),
        ("train --lr=0.1 moons", "there is no option --lr; purenn calls it --learning-rate"),
        ("train --batch_size 3", "there is no option --batch_size; did you mean --batch-size?"),
        ("train --optimiser adam", "there is no option --optimiser; did you mean --optimizer?"),
        ("train --ephocs 3", "there is no option --ephocs; did you mean --epochs?"),
        ("train --max_iter 3", "there is no option --max_iter; purenn calls it --epochs"),
        ("train --validation-split 0.2", "; a tenth of the training samples is always held back for validation"),
        ("train --optimizer admin", "; did you mean adam?"),
        ("train --hidden 16 8 iris", ", got 'iris'; DATA goes before --hidden"),
        (
            "train --augment shift=1 iris",
            "no warp is called 'iris'; there are: shift, rotate, scale, shear, elastic, mirror",
        ),
        ("train --augment shift=1 iris", "mirror; DATA goes before --augment"),
        ("train --augment shift=x", "--augment: 'shift=x': expected a number, as in shift=0.5"),
        ("train --augment rotate=200", "--augment: rotate must be from 0 to 180 degrees, got 200.0"),
        ("train --augment", "argument --augment: expected at least one argument"),
        ("train --augmentation shift=1", "there is no option --augmentation; did you mean --augment?"),
        ("train --hidden 16,8", ", got '16,8'; write --hidden 16 8"),
        ("train --class-weight balanced", "; weights of classes are for programs: fit(network, X, y, class_weights="),
        ("train --gpu", "; purenn computes on the processor; --workers shares the work among its cores"),
        ("train --xyzzy", "purenn train: there is no option --xyzzy"),
        ("train --learning-rate fast", "--learning-rate: expected a number, got 'fast'"),
        ("train --learning-rate=0", "--learning-rate: expected a number above 0, got '0'"),
        ("train --target-accuracy 97", "--target-accuracy: expected a number above 0 and at most 1, got '97'"),
        ("train mnist kmnist", "unexpected argument 'kmnist'; usage: purenn train [DATA] [OPTION ...]"),
    ],
)
def test_wrong_arguments_are_named(words: str, said: str, capsys: Captured) -> None:
    assert said in refused(words, capsys)


@pytest.mark.parametrize(("short", "field"), [("--epoch", "epochs"), ("--batch", "batch_size")])
def test_the_beginning_of_an_option_is_enough(short: str, field: str) -> None:
    assert getattr(parsed(f"train {short} 3"), field) == 3


OWN_DATA = "a CSV file or a folder of pictures"


def test_the_help_has_groups_and_names_every_option_once(capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    shown = capsys.readouterr().out
    groups = [line[:-1] for line in shown.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert groups[1:] == ["data", OWN_DATA, "network", "training", "files", "output", "examples"]
    for option in parser().commands["train"].options():
        assert f" {option}" in shown


@pytest.mark.parametrize("name", ["mse", "squared_error", "MeanSquaredError", "mean-squared-error"])
def test_a_loss_goes_by_the_names_that_it_has_in_programs(name: str) -> None:
    assert vars(parse_arguments(["train", "--loss", name]))["loss"] == "MeanSquaredError"


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_help_calls_the_data_as_the_readme_does_and_names_the_folder_beside_purenn(
    command: str, capsys: Captured
) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "[DATA] [OPTION ...]" in said
    assert "folder to look for DATA in first" in said
    assert "the folder `datasets` beside purenn" in said
    assert "DATASET" not in said
