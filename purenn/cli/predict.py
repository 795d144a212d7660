"""`purenn predict`: name the class of each picture in an IDX file, with its probability."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from purenn.charts import gauge, picture
from purenn.cli.arguments import whole
from purenn.cli.command import Arguments, Command, register
from purenn.cli.output import print_json
from purenn.cli.saved import SavedNetwork, load_network
from purenn.errors import FormatError
from purenn.formats import idx
from purenn.matrix import Matrix
from purenn.samples import Images

__all__ = ["PredictArguments", "predict"]


class PredictArguments(Arguments):
    """Arguments of `purenn predict`."""

    model: Path
    file: Path
    index: list[int] | None

    @classmethod
    def add_to(cls, parser: ArgumentParser) -> None:
        parser.add_argument("model", type=Path, metavar="MODEL", help="a file written by `purenn train`")
        parser.add_argument("file", type=Path, metavar="FILE", help="an IDX file of pictures, gzipped or not")
        index = "draw picture N, counted from 0, instead of listing all; may be repeated"
        parser.add_argument("--index", type=whole(0), action="append", metavar="N", help=index)


def predict(arguments: PredictArguments) -> int:
    """Print the most likely class of every picture, or draw the chosen pictures with their three likeliest classes."""
    saved = load_network(arguments.model)
    if saved.loss.kind == "quantities":
        raise ValueError(f"{saved.path} was trained with {saved.loss.name}: it predicts quantities, not classes")
    images = _read_images(arguments.file)
    saved.check_features(images.columns, f"a picture in {arguments.file}")
    names = _class_names(saved)
    for i in arguments.index if arguments.index else range(len(images)):
        pixels = images.picture(i)
        probabilities = _probabilities(saved.loss.predictions(saved.network(images.take([i]))))
        ranking = sorted(range(len(names)), key=lambda k: -probabilities[k])
        best = ranking[0]
        if arguments.json:
            ranked = {names[k]: probabilities[k] for k in ranking}
            print_json("prediction", {"index": i, "class": names[best], "probabilities": ranked})
        elif arguments.index:
            print(f"picture {i}\n{picture(pixels, images.width)}")
            for k in ranking[:3]:
                print(f"{names[k]:>12} {gauge(probabilities[k], 20)} {probabilities[k]:6.1%}")
        else:
            print(f"{i} {names[best]} {probabilities[best]:.4f}")
    return 0


def _read_images(path: Path) -> Images:
    """Read the pictures of an IDX file; one of two dimensions holds a single picture."""
    file = idx.read(path)
    if not isinstance(file.values, bytes) or len(file.shape) not in (2, 3) or 0 in file.shape:
        raise FormatError(f"{path}: holds {file.type_name} {file.shape}, expected uint8 (pictures, height, width)")
    height, width = file.shape[-2:]
    return Images(file.values, height, width)


def _class_names(saved: SavedNetwork) -> Sequence[str]:
    """Return the names of the classes in the network's file or, if it has none, numbers from 0."""
    count = max(saved.network.widths[-1], 2)  # a single output tells two classes apart
    return saved.network.classes or [str(i) for i in range(count)]


def _probabilities(predictions: Matrix) -> list[float]:
    """Return the probability of each class; a single output is the probability of class 1."""
    row = predictions[0]
    return [1.0 - row[0], row[0]] if len(row) == 1 else row


register(Command("predict", "name the classes of pictures with a saved network", PredictArguments, predict))
