"""The arguments of `purenn train`."""

from __future__ import annotations

from argparse import Action, ArgumentParser, ArgumentTypeError
from collections.abc import Iterable
from pathlib import Path
from typing import Union

from purenn import datasets
from purenn.cli.arguments import DATA_HELP, accuracy, activation_name, fraction, integer, loss_name, positive, whole
from purenn.cli.command import Arguments
from purenn.cli.executors import EXECUTORS, PROCESSES, executor_name
from purenn.cli.parser import Parser
from purenn.datasets import MISSING_RULES, TASKS
from purenn.engine import ENGINES
from purenn.formats import tabular
from purenn.layers import activation_names
from purenn.losses import LOSSES
from purenn.optimizers import OPTIMIZERS
from purenn.samples import Augmentation
from purenn.schedules import SCHEDULES

__all__ = ["NO_WARPS", "TrainArguments", "add_settings", "options_in", "words_of"]

NO_WARPS = "none"  # for data that are warped unless this word is given
Value = Union[None, bool, float, str, Path, tuple[int, int], list[int], list[str]]
ELSEWHERE = ("data", "out", "checkpoint", "resume", "force", "diagnose", "executor")  # options that change no weight


class TrainArguments(Arguments):
    """Arguments of `purenn train`. None stands for the recipe's choice."""

    dataset: str
    data: Path | None
    target: str | None
    task: str | None
    test: str | None
    missing: str | None
    header: str | None
    delimiter: str | None
    decimal: str | None
    size: tuple[int, int] | None
    hidden: list[int] | None
    activation: str | None
    loss: str | None
    epochs: int | None
    batch_size: int | None
    learning_rate: float | None
    optimizer: str
    momentum: float | None
    weight_decay: float | None
    dropout: float
    augment: list[str] | None
    schedule: str
    engine: str
    workers: int | None
    executor: str
    every_sample: bool
    seed: int
    limit: int | None
    target_accuracy: float | None
    patience: int | None
    diagnose: bool
    checkpoint: Path | None
    resume: bool
    out: Path | None
    force: bool

    @classmethod
    def add_to(cls, parser: ArgumentParser) -> None:
        add_settings(parser)
        _add_files(parser)


def add_settings(parser: ArgumentParser, *, many: bool = False) -> None:
    """Add the arguments that say what is trained and how, and who does it; `many` for a command that trains often."""
    _add_data(parser)
    _add_own_data(parser)
    _add_network(parser)
    _add_training(parser, many=many)
    parser.epilog = "Where no default is named, it is a value that suits the data set and the engine."


def options_in(arguments: TrainArguments) -> list[str]:
    """Return the options that differ from their defaults, as words of a command. Left out are those that only say where
    files are or go, and a file to test on, which is found by its path in the source of the data."""
    parser = Parser(add_help=False)
    TrainArguments.add_to(parser)
    is_file = tabular.number(str(arguments.test)) is None
    return words_of(arguments, [a for a in parser.actions() if a.dest not in (*ELSEWHERE, *["test"] * is_file)])


def words_of(arguments: Arguments, actions: Iterable[Action]) -> list[str]:
    """Return those of these options that differ from their defaults, as words of a command."""
    words: list[str] = []
    for action in actions:
        value: Value = getattr(arguments, action.dest)
        if action.option_strings and value != action.default:
            words += [action.option_strings[-1], *_words(value)]
    return words


def _words(value: Value) -> list[str]:
    """Return the value of an option as it is typed: nothing for one that is only switched on."""
    if value is True:
        return []
    if isinstance(value, tuple):
        return ["x".join(map(str, value))]  # a size
    return [*map(str, value)] if isinstance(value, list) else [str(value)]


def _add_data(parser: ArgumentParser) -> None:
    add = parser.add_argument_group("data").add_argument
    names = ", ".join(datasets.DATASETS)
    dataset = f"one of {names}; or a CSV file; or a folder with a folder of pictures for each class; default: strokes"
    add("dataset", nargs="?", default="strokes", metavar="DATA", help=dataset)
    add("--data", type=Path, metavar="DIR", help=DATA_HELP)
    add(
        "--limit",
        type=whole(2),
        metavar="N",
        help="train on N samples only: the first or, of a folder, some of each class",
    )


def _add_network(parser: ArgumentParser) -> None:
    add = parser.add_argument_group("network").add_argument
    hidden = "units of each hidden layer; 0 for none, a single layer of neurons; DATA goes before this option"
    add("--hidden", type=_units, nargs="+", metavar="N", help=hidden)
    activation = f"activation of the hidden layers: {', '.join(activation_names())}; leaky_relu(0.2) sets its parameter"
    add("--activation", type=activation_name, metavar="NAME", help=activation)
    dropout = "part of the hidden units to silence in training; default: 0"
    add("--dropout", type=fraction, default=0.0, metavar="X", help=dropout)


def _add_training(parser: ArgumentParser, *, many: bool) -> None:
    add = parser.add_argument_group("training").add_argument
    add("--epochs", type=whole(1), metavar="N", help="passes over the training samples")
    add("--batch-size", type=whole(1), metavar="N", help="samples in a step")
    add("--learning-rate", type=positive, metavar="X", help="length of a step, as a multiple of the gradient")
    loss = f"what is minimized: {', '.join(LOSSES)}, also as mse, cross_entropy, bce; default: what suits the targets"
    add("--loss", type=loss_name, choices=LOSSES, metavar="NAME", help=loss)
    optimizer = f"how a step is made of a gradient: {', '.join(OPTIMIZERS)}; default: sgd"
    add("--optimizer", choices=OPTIMIZERS, default="sgd", metavar="NAME", help=optimizer)
    momentum = "part of the last step to add to the next, for optimizers that have it"
    add("--momentum", type=fraction, metavar="X", help=momentum)
    decay = "how strongly weights are pulled to 0; default: the optimizer's own"
    add("--weight-decay", type=fraction, metavar="X", help=decay)
    augment = (
        "how far to warp pictures at random: shift=1 rotate=10 scale=0.1 shear=0.1 elastic=0.8 mirror, any of them; "
        f"{NO_WARPS} for no warps"
    )
    add("--augment", type=_warp, nargs="+", metavar="WARP", help=augment)
    schedule = f"how the learning rate changes: {', '.join(SCHEDULES)}; default: linear, down to a twentieth"
    add("--schedule", choices=SCHEDULES, default="linear", metavar="NAME", help=schedule)
    add("--target-accuracy", type=accuracy, metavar="X", help="stop when validation reaches X, 0.97 for example")
    add("--patience", type=whole(1), metavar="N", help="stop after N epochs without a better validation")
    engine = f"what computes: auto, {', '.join(ENGINES)}; default: auto"
    add("--engine", choices=["auto", *ENGINES], default="auto", metavar="NAME", help=engine)
    if many:
        add("--workers", type=whole(1), default=1, metavar="N", help="trainings at once, each in a process; default: 1")
    else:
        workers = "processes that share the work; default: 2 for 20,000 pictures or more, otherwise 1"
        add("--workers", type=whole(1), metavar="N", help=workers)
    result = "results" if many else "network"
    executor = f"where the workers are: {EXECUTORS}; all give the same {result}; default: {PROCESSES}"
    add("--executor", type=executor_name, default=PROCESSES, metavar="WHERE", help=executor)
    every = "learn from every sample in every epoch: leave none out because it is known already"
    add("--every-sample", action="store_true", help=every)
    seed = "draws all random numbers of the training; the test part of your own data stays the same; default: 0"
    add("--seed", type=integer, default=0, metavar="N", help=seed)
    if not many:
        diagnosis = "show at the end what passes through the layers, and after an epoch in which something looks wrong"
        add("--diagnose", action="store_true", help=diagnosis)


def _add_files(parser: ArgumentParser) -> None:
    add = parser.add_argument_group("files").add_argument
    out = "where to save the network; default: DATA.safetensors or, if that is there, DATA-2.safetensors"
    add("--out", type=Path, metavar="FILE", help=out)
    add("--checkpoint", type=Path, metavar="FILE", help="keep the whole state of the training in FILE")
    add("--resume", action="store_true", help="continue from the checkpoint, if it exists")
    add("--force", action="store_true", help="write over a network or a checkpoint that is there already")


def _units(text: str) -> int:
    """Return the number of units of a hidden layer."""
    try:
        return whole(0)(text)
    except ArgumentTypeError as error:
        sizes = text.split(",")
        is_list = all(size.isdecimal() for size in sizes)
        hint = f"write --hidden {' '.join(sizes)}" if is_list else "DATA goes before --hidden"
        raise ArgumentTypeError(f"{error}; {hint}") from None


def _warp(text: str) -> str:
    """Return a word for an `Augmentation`, as it is."""
    if text == NO_WARPS:
        return text
    try:
        Augmentation.parse([text])
    except ValueError as error:
        hint = "" if "=" in text else "; DATA goes before --augment"
        raise ArgumentTypeError(f"{error}{hint}") from None
    return text


def _size(text: str) -> tuple[int, int]:
    """Return height and width: both 28 for "28", 28 and 20 for "28x20"."""
    parts = text.lower().split("x")
    if len(parts) > 2 or not all(part.isdecimal() and int(part) for part in parts):
        raise ArgumentTypeError(f"expected a size in pixels such as 28 or 28x20, got {text!r}")
    return int(parts[0]), int(parts[-1])


def _delimiter(text: str) -> str:
    """Return the mark between cells. A tab has a name, as it is hard to type."""
    mark = {"tab": "\t", "\\t": "\t"}.get(text, text)
    if mark not in tabular.DELIMITERS:
        raise ArgumentTypeError(f"expected one of , ; | tab, got {text!r}")
    return mark


def _add_own_data(parser: ArgumentParser) -> None:
    add = parser.add_argument_group("a CSV file or a folder of pictures").add_argument
    target = "column of a table to predict, its name or its number from 1; default: target, class, label, y or the last"
    add("--target", metavar="COLUMN", help=target)
    usual = "classes for texts and for whole numbers of at most 20 different values, otherwise quantities"
    task = f"{' or '.join(TASKS)}: what the target holds; default: {usual}"
    add("--task", choices=TASKS, metavar="KIND", help=task)
    missing = (
        "error, drop or fill: refuse rows with a missing value, leave them out, or fill in the mean; default: error"
    )
    add("--missing", choices=MISSING_RULES, metavar="RULE", help=missing)
    header = (
        "yes or no: the first line of a table has the names of the columns; default: decided by the values below it"
    )
    add("--header", choices=["yes", "no"], metavar="ANSWER", help=header)
    delimiter = "between the cells of a table: , ; | or tab; default: decided by its lines"
    add("--delimiter", type=_delimiter, metavar="MARK", help=delimiter)
    decimal = ". or , before decimals, the other one stands between thousands; default: decided by the numbers"
    add("--decimal", choices=[".", ","], metavar="MARK", help=decimal)
    add("--size", type=_size, metavar="N", help="resize pictures to N x N pixels, or to 28x20: height x width")
    test = "part to test on, or the CSV file with the rows to test on, DATA itself to train on all; default: 0.2"
    add("--test", metavar="X", help=test)
