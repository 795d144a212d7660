"""`purenn plot`: draw what a file holds, a network or the record of a training, as SVG pictures beside it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from purenn import checkpoints
from purenn.charts import Svg
from purenn.cli.arguments import DATA_HELP
from purenn.cli.command import Arguments, Command, register
from purenn.cli.evaluation import evaluated
from purenn.cli.output import print_json, print_note
from purenn.cli.own_data import Tested, samples_to_test
from purenn.cli.record import read_record
from purenn.cli.saved import SavedNetwork, free_path, load_network
from purenn.cli.terminal import wrapped
from purenn.drawing import first_weights
from purenn.errors import FormatError
from purenn.formats import CHECKPOINT, safetensors
from purenn.history import History, high_accuracy
from purenn.network import Sequential
from purenn.samples import Images, classes

__all__ = ["PlotArguments", "plot"]


class PlotArguments(Arguments):
    """Arguments of `purenn plot`."""

    file: Path
    out: Path | None
    force: bool
    data: Path | None

    @classmethod
    def add_to(cls, parser: ArgumentParser) -> None:
        what = "a network, a checkpoint, or a history in CSV or JSON lines, such as the output of `train --json`"
        parser.add_argument("file", type=Path, metavar="FILE", help=what)
        parser.add_argument("--out", type=Path, metavar="FOLDER", help="where the pictures go; default: beside FILE")
        parser.add_argument("--force", action="store_true", help="write over pictures that are there already")
        parser.add_argument("--data", type=Path, metavar="DIR", help=DATA_HELP)


class _Drawing(NamedTuple):
    """A picture, a word for its file name, and a sentence about it."""

    kind: str
    picture: Svg
    shows: str


def plot(arguments: PlotArguments) -> int:
    """Write all pictures that suit the file, and print the name of each and what it shows."""
    folder = arguments.out or arguments.file.parent
    for drawing in _drawings(arguments):
        folder.mkdir(parents=True, exist_ok=True)  # only now: no folder is made for a file that cannot be read
        path = free_path(folder / f"{arguments.file.stem}-{drawing.kind}.svg", force=arguments.force)
        drawing.picture.written(path)
        if arguments.json:
            print_json("picture", {"file": str(path), "shows": drawing.shows})
        else:
            print(wrapped(f"{path}: {drawing.shows}", sys.stdout), flush=True)
    return 0


def _drawings(arguments: PlotArguments) -> Iterator[_Drawing]:
    """Yield the pictures of a file, which its first bytes tell from other kinds."""
    path = arguments.file
    if path.is_file():
        with open(path, "rb") as file:
            if not safetensors.may_begin(file.read(9)):
                history = History.read(path)
                yield _curves(history, history.best.number)
                return
        if CHECKPOINT in safetensors.read_header(path).metadata:
            checkpoint = checkpoints.load(path)
            history = History(checkpoint.epochs)
            by_accuracy = checkpoint.settings.get("best_by") == high_accuracy.__name__
            yield _curves(history, (max(history.epochs, key=high_accuracy) if by_accuracy else history.best).number)
            yield _diagram(_network_in(checkpoint, path))
            return
    saved = load_network(path)  # where there is no file, its error names the one that was probably meant
    record = read_record(saved.metadata, str(path))
    if record.history:
        yield _curves(record.history, record.epoch)
    tested, reason = _tested(saved, arguments.data)
    yield from _of_network(saved.network, tested)
    if tested:
        print_note(tested.note, as_json=arguments.json)
        yield from _with_samples(saved, tested)
    else:
        print_note(f"only the network itself is drawn: {reason}", as_json=arguments.json)


def _tested(saved: SavedNetwork, folder: Path | None) -> tuple[Tested | None, str]:
    """Return the samples to test a network on, or None and the reason why there are none."""
    try:
        tested = samples_to_test(saved, None, folder)
        saved.check_features(tested.samples.inputs.columns, tested.name)
        return tested, ""
    except (OSError, ValueError) as error:
        return None, str(error)


def _of_network(network: Sequential, tested: Tested | None) -> Iterator[_Drawing]:
    """Yield the pictures of a network that need no samples. But if its file does not say the size of the pictures that
    it takes, the samples do."""
    yield _diagram(network)
    if tested and isinstance(tested.samples.inputs, Images):
        network.picture_shape = (tested.samples.inputs.height, tested.samples.inputs.width)
    weights = first_weights(network)
    if weights:
        yield _Drawing("weights", weights, "the weights of the first layer, a picture for each unit")


def _curves(history: History, best: int) -> _Drawing:
    accuracies = " and accuracies" if history.accuracies else ""
    number = max(epoch.number for epoch in history.epochs)  # some may be left out
    count = f"{number} epoch{'s' * (number != 1)}"
    return _Drawing("curves", history.plot(best=best), f"losses{accuracies} in {count}; epoch {best} is the best")


def _diagram(network: Sequential) -> _Drawing:
    return _Drawing("diagram", network.plot(), "the network, with its weights as lines")


def _network_in(checkpoint: checkpoints.Checkpoint, path: Path) -> Sequential:
    """Return the best network in a checkpoint or, if none is kept, the newest. Raises FormatError for a damaged one."""
    tensors = checkpoint.best or checkpoint.state.part("network.")
    try:
        architecture = checkpoint.settings["network"]
        network = Sequential.blank(architecture, {name: tensor.shape for name, tensor in tensors.items()})
        network.load_state(tensors)
    except (KeyError, ValueError, OverflowError) as error:
        raise FormatError(f"{path}: a damaged checkpoint: no network can be made from it: {error}") from error
    return network


def _with_samples(saved: SavedNetwork, tested: Tested) -> Iterator[_Drawing]:
    """Yield the pictures that need samples: the answers around them, and the classes that are mistaken."""
    network, samples = saved.network, tested.samples
    answers = network.plot(samples) if len(samples) > 1 else network.plot()
    if answers != network.plot():  # there are answers to draw only over one or two features
        is_map = samples.answers is classes and samples.inputs.columns == 2
        kind, what = ("boundary", "the decision boundary") if is_map else ("predictions", "the predictions")
        yield _Drawing(kind, answers, f"{what}, with {tested.what}")
    if tested.classes:
        picture = evaluated(saved, tested).confusion.plot()
        yield _Drawing("confusion", picture, f"the classes that are mistaken for others in {tested.what}")


register(
    Command(
        "plot",
        "draw a network or the curves of a training",
        PlotArguments,
        plot,
        examples=["plot moons.safetensors", "plot history.csv --out pictures"],
    )
)
