"""The words of a call: what they come to, and what is said of those that are off."""

from __future__ import annotations

from pathlib import Path

import pytest

from purenn import __version__
from purenn.cli.arguments import Options, parse, parser
from purenn.cli.main import COMMANDS
from purenn.datasets.sources import SOURCES


def parsed(words: str) -> Options:
    return parser().parse_args(words.split(), namespace=Options())


def refused(words: str, capsys: pytest.CaptureFixture[str]) -> str:
    """The last line of what is said about words that are off."""
    with pytest.raises(SystemExit) as caught:
        parsed(words)
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()[-1]


def test_train_without_words_leaves_the_choice_to_the_recipe() -> None:
    options = parsed("train")
    assert (options.command, options.dataset, options.seed) == ("train", "strokes", 0)
    assert (options.optimizer, options.schedule, options.engine, options.workers) == ("sgd", "linear", "auto", 1)
    assert (options.dropout, options.diagnose, options.resume) == (0.0, False, False)
    assert (options.json, options.debug) == (False, False)
    open_fields = (options.hidden, options.activation, options.epochs, options.batch_size, options.learning_rate)
    assert (*open_fields, options.momentum, options.weight_decay) == (None,) * 7
    assert (options.limit, options.target_accuracy, options.patience) == (None,) * 3
    assert (options.out, options.data, options.checkpoint) == (None,) * 3


def test_every_option_of_train_reaches_its_field() -> None:
    options = parsed(
        "train mnist --data d --hidden 64 32 --activation leaky_relu(0.2) --epochs 3 --batch-size 16 --learning-rate "
        "0.5 --optimizer sgd --momentum 0.9 --weight-decay 1e-4 --dropout 0.2 --schedule cosine --engine lanes "
        "--workers 3 --seed -7 --limit 100 --target-accuracy 0.97 --patience 4 --diagnose --checkpoint c --resume "
        "--out m --json --debug"
    )
    assert (options.dataset, options.data, options.out) == ("mnist", Path("d"), Path("m"))
    assert (options.hidden, options.activation) == ([64, 32], "leaky_relu(0.2)")
    assert (options.epochs, options.batch_size, options.limit, options.seed) == (3, 16, 100, -7)
    assert (options.learning_rate, options.momentum, options.weight_decay) == (0.5, 0.9, 1e-4)
    assert (options.dropout, options.schedule, options.target_accuracy) == (0.2, "cosine", 0.97)
    assert (options.engine, options.workers, options.optimizer) == ("lanes", 3, "sgd")
    assert (options.patience, options.checkpoint) == (4, Path("c"))
    assert (options.diagnose, options.resume) == (True, True)
    assert (options.json, options.debug) == (True, True)


def test_an_activation_goes_by_its_own_name() -> None:
    assert parsed("train --activation silu").activation == "swish"
    assert parsed("train --activation prelu").activation == "prelu"


def test_options_of_the_other_commands_reach_their_fields() -> None:
    options = parsed("evaluate m mnist --data d")
    assert (options.model, options.dataset, options.data) == (Path("m"), "mnist", Path("d"))
    assert parsed("evaluate m").dataset is None
    options = parsed("predict m f --index 3 --index 0")
    assert (options.model, options.file, options.index) == (Path("m"), Path("f"), [3, 0])
    assert parsed("predict m f").index is None
    assert parsed("check --seed 5").seed == 5
    assert parsed("inspect f").file == Path("f")


@pytest.mark.parametrize("name", SOURCES)
def test_every_published_data_set_can_be_fetched(name: str) -> None:
    assert parsed(f"fetch {name}").dataset == name


@pytest.mark.parametrize("value", ["0", "-0.1", "nan", "inf", "1e999"])
def test_a_learning_rate_that_cannot_be_is_refused(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(f"train --learning-rate={value}", capsys)
    assert f"argument --learning-rate: expected a number above 0, got '{value}'" in line


@pytest.mark.parametrize("name", ["sgd", "adagrad", "rmsprop", "adam", "adamw"])
def test_optimizers_go_by_their_names(name: str) -> None:
    assert parsed(f"train --optimizer {name}").optimizer == name


def test_to_go_on_there_must_be_a_checkpoint_to_go_on_from(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(["train", "--resume"])
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("error: argument --resume: there is nothing to go on from without --checkpoint FILE\n")
    assert parse(["train", "--resume", "--checkpoint", "c"]).resume
    assert parse(["check"]).command == "check"


@pytest.mark.parametrize("option", ["epochs", "batch-size", "hidden", "workers", "patience"])
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "two", "", "²"])
def test_counts_are_whole_numbers_from_1(option: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(f"train --{option}={value}", capsys)
    assert f"argument --{option}: expected a whole number of at least 1, got '{value}'" in line


@pytest.mark.parametrize("option", ["momentum", "weight-decay", "dropout"])
@pytest.mark.parametrize("value", ["1", "-0.1", "nan"])
def test_parts_are_from_0_and_below_1(option: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(f"train --{option}={value}", capsys)
    assert f"argument --{option}: expected a number in [0, 1), got '{value}'" in line


@pytest.mark.parametrize("value", ["0", "97", "nan", "-0.5"])
def test_a_target_accuracy_in_percent_is_refused(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(f"train --target-accuracy={value}", capsys)
    assert f"argument --target-accuracy: expected a number above 0 and at most 1, got '{value}'" in line


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "the following arguments are required: COMMAND"),
        ("tarin", "invalid choice: 'tarin'"),
        ("train --limit 1", "--limit: expected a whole number of at least 2, got '1'"),
        ("train --activation rleu", "--activation: no activation is called 'rleu'; there are heaviside, identity,"),
        ("train --optimizer adamax", "--optimizer: invalid choice: 'adamax'"),
        ("train --schedule sine", "--schedule: invalid choice: 'sine'"),
        ("train --engine fast", "--engine: invalid choice: 'fast'"),
        ("train --learning-rate fast", "--learning-rate: expected a number, got 'fast'"),
        ("train mnist kmnist", "unrecognized arguments: kmnist"),
        ("evaluate", "the following arguments are required: MODEL"),
        ("predict m", "the following arguments are required: FILE"),
        ("predict m f --index -1", "--index: expected a whole number of at least 0, got '-1'"),
        ("fetch", "the following arguments are required: NAME"),
        ("fetch strokes", "NAME: invalid choice: 'strokes'"),
        ("inspect", "the following arguments are required: FILE"),
    ],
)
def test_words_that_are_off_are_named(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said in refused(words, capsys)


def test_an_unknown_activation_is_told_of_prelu_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused("train --activation rleu", capsys).endswith(", prelu")


def test_there_is_a_command_for_every_parser_and_help_for_both(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ("--help", *(f"{command} --help" for command in COMMANDS)):
        with pytest.raises(SystemExit) as caught:
            parsed(words)
        assert caught.value.code == 0
        out, err = capsys.readouterr()
        assert err == ""
        assert out.startswith("usage: purenn ")
        if words == "--help":
            assert all(f"\n    {command} " in out for command in COMMANDS)
        else:
            assert out.startswith(f"usage: purenn {words.split()[0]} ")
            assert "--json" in out


def test_the_version_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parsed("--version")
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"purenn {__version__}\n"
