"""The words of a call: every command of the command line with its options, checked as far as words can be."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from pathlib import Path

from purenn import __version__
from purenn.activations import activation
from purenn.datasets.dataset import PICTURES, SMALL
from purenn.datasets.sources import SOURCES
from purenn.optimizers import OPTIMIZERS

__all__ = ["Options", "parse", "parser"]


class Options(argparse.Namespace):
    """What the words of a call come to. A command finds set those fields that its own options fill."""

    command: str
    debug: bool
    json: bool
    data: Path | None
    dataset: str | None
    model: Path
    file: Path
    index: list[int] | None
    seed: int
    hidden: list[int] | None
    activation: str | None
    epochs: int | None
    batch_size: int | None
    learning_rate: float | None
    optimizer: str
    patience: int | None
    diagnose: bool
    checkpoint: Path | None
    resume: bool
    momentum: float | None
    weight_decay: float | None
    dropout: float
    schedule: str
    engine: str
    workers: int
    limit: int | None
    target_accuracy: float | None
    out: Path | None


def parse(arguments: Sequence[str] | None) -> Options:
    """The options of a call; None stands for that of the process. Ends it with status 2 if its words are off."""
    words = parser()
    options = words.parse_args(arguments, namespace=Options())
    if options.command == "train" and options.resume and not options.checkpoint:
        words.error("argument --resume: there is nothing to go on from without --checkpoint FILE")
    return options


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    whole = argparse.ArgumentParser(prog="purenn", description="Neural networks in pure Python.")
    whole.add_argument("--version", action="version", version=f"purenn {__version__}")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, purpose: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=purpose, description=f"{purpose.capitalize()}.")
        added.add_argument("--json", action="store_true", help="JSON lines on stdout and nothing else there")
        added.add_argument("--debug", action="store_true", help="show the traceback of an error")
        return added

    _train(command("train", "train a network and save it"))
    _evaluate(command("evaluate", "say how good a saved network is on a test set"))
    _predict(command("predict", "say what a saved network takes pictures for"))
    check = command("check", "compare every derivative in the library with a measured one")
    check.add_argument("--seed", type=int, default=0, metavar="N", help="for the numbers to check at; default: 0")
    fetch = command("fetch", "download a data set")
    fetch.add_argument("dataset", choices=SOURCES, metavar="NAME", help=", ".join(SOURCES))
    fetch.add_argument("--data", type=Path, metavar="DIR", help="put it in DIR/NAME; default: the user's cache folder")
    command("bench", "measure purenn's speed on this machine, in about a minute")
    inspect = command("inspect", "say what an IDX or safetensors file holds, without loading it")
    inspect.add_argument("file", type=Path, metavar="FILE", help="gzipped or not")
    return whole


DATA = "look for DATASET in DIR first; then come PURENN_DATA, the built-in data and the user's cache folder"


def _train(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    names = ", ".join((*PICTURES, *SMALL))
    add("dataset", nargs="?", default="strokes", metavar="DATASET", help=f"one of {names}; default: strokes")
    add("--data", type=Path, metavar="DIR", help=DATA)
    add("--hidden", type=_whole(1), nargs="+", metavar="N", help="units of each hidden layer")
    add("--activation", type=_activation, metavar="NAME", help="of hidden layers: relu, tanh, leaky_relu(0.2), prelu …")
    add("--epochs", type=_whole(1), metavar="N", help="passes over the training samples")
    add("--batch-size", type=_whole(1), metavar="N", help="samples in a step")
    add("--learning-rate", type=_positive, metavar="X", help="how far a step goes")
    add("--optimizer", choices=OPTIMIZERS, default="sgd", help=f"{', '.join(OPTIMIZERS)}; default: sgd")
    add("--momentum", type=_part, metavar="X", help="how much of the last step goes into the next, in sgd and rmsprop")
    decay = "how strongly weights are pulled to 0; default: 0, of adamw 0.01"
    add("--weight-decay", type=_part, metavar="X", help=decay)
    add("--dropout", type=_part, default=0.0, metavar="X", help="part of the hidden units to silence in training")
    schedules = ["constant", "linear", "cosine", "step", "exponential", "inverse-time", "plateau"]
    schedule = "of the learning rate; default: linear, down to a twentieth"
    add("--schedule", choices=schedules, default="linear", help=schedule)
    add("--engine", choices=["auto", "float", "lanes"], default="auto", help="what computes; default: auto")
    add("--workers", type=_whole(1), default=1, metavar="N", help="processes of the lanes engine; default: 1")
    add("--seed", type=int, default=0, metavar="N", help="of all that is random; default: 0")
    add("--limit", type=_whole(2), metavar="N", help="train on the first N samples only")
    add("--target-accuracy", type=_accuracy, metavar="X", help="stop when validation reaches it, 0.97 for example")
    add("--patience", type=_whole(1), metavar="N", help="stop after N epochs without a better validation")
    add("--diagnose", action="store_true", help="show with each epoch what passes through the layers")
    add("--checkpoint", type=Path, metavar="FILE", help="keep the whole state of the training in FILE")
    add("--resume", action="store_true", help="go on from the checkpoint, if it is there")
    add("--out", type=Path, metavar="FILE", help="where to save the network; default: DATASET.safetensors")


def _evaluate(command: argparse.ArgumentParser) -> None:
    command.add_argument("model", type=Path, metavar="MODEL", help="a file that train has written")
    command.add_argument("dataset", nargs="?", metavar="DATASET", help="default: the one it was trained on")
    command.add_argument("--data", type=Path, metavar="DIR", help=DATA)


def _predict(command: argparse.ArgumentParser) -> None:
    command.add_argument("model", type=Path, metavar="MODEL", help="a file that train has written")
    command.add_argument("file", type=Path, metavar="FILE", help="an IDX file of pictures, gzipped or not")
    index = "draw picture N, counted from 0, instead of listing all; may be repeated"
    command.add_argument("--index", type=_whole(0), action="append", metavar="N", help=index)


# What an option's value may be. argparse turns the error into a line that names the option, and exits with 2.


def _whole(least: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"expected a whole number of at least {least}, got {text!r}")
        return int(text)

    return parse


def _positive(text: str) -> float:
    value = _number(text)
    if not 0.0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return value


def _accuracy(text: str) -> float:
    value = _number(text)
    if not 0.0 < value <= 1.0:
        raise argparse.ArgumentTypeError(f"expected a number above 0 and at most 1, got {text!r}")
    return value


def _part(text: str) -> float:
    value = _number(text)
    if not 0.0 <= value < 1.0:
        raise argparse.ArgumentTypeError(f"expected a number in [0, 1), got {text!r}")
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, got {text!r}") from None


def _activation(text: str) -> str:
    try:
        return text if text == "prelu" else activation(text).name
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}, prelu") from None
