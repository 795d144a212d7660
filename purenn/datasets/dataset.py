"""Data sets by name: small ones computed on the spot, pictures read from IDX files.

`strokes` comes with the library. MNIST and its relatives are looked for in a few folders and, if they are in none of
them, can be fetched. Any folder of four files named as MNIST's is a data set too, under the folder's name.
"""

from __future__ import annotations

import math
import os
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from purenn.datasets.download import cache_folder
from purenn.datasets.sources import SOURCES
from purenn.errors import FormatError
from purenn.formats import idx
from purenn.matrix import Matrix
from purenn.samples import Images, Labels, Samples

__all__ = ["SMALL", "Dataset", "folders", "load"]


@dataclass(frozen=True)
class Dataset:
    """Samples to train on and samples to test on. `classes` are the classes' names; there are none in a regression."""

    name: str
    train: Samples
    test: Samples
    classes: tuple[str, ...]


def load(name: str, folder: Path | None = None) -> Dataset:
    """The data set of this name, pictures from `folder`/name or the other places that `folders` lists.

    Raises FileNotFoundError saying where it looked, and FormatError naming the file if one is not what it should be.

    >>> len(load("strokes").train), load("xor").train.take([1, 3])
    (8000, (Matrix([[0.0, 1.0], [1.0, 1.0]]), Matrix([[1.0], [0.0]])))
    """
    if name in SMALL:
        return SMALL[name](name)
    places = folders(name, folder)
    for place in places:
        if place.is_dir() and any(place.glob("*-images*")):
            return _pictures(name, place)
    hint = f"python -m purenn fetch {name}" if name in SOURCES else f"known names: {', '.join((*SMALL, *PICTURES))}"
    raise FileNotFoundError(f"no data set {name!r} in {', '.join(map(str, places))}; {hint}")


def folders(name: str, folder: Path | None = None) -> list[Path]:
    """Where the pictures of this name may lie, in the order they are looked for: the given folder, that of the
    environment variable PURENN_DATA, the built-in ones, and the user's cache."""
    package = Path(__file__).parents[1]
    parents = [folder] if folder else []
    if os.environ.get("PURENN_DATA"):
        parents.append(Path(os.environ["PURENN_DATA"]))
    # an installed purenn has its data in the package, a checkout beside it
    parents += [package / "builtin", package.parent / "datasets", cache_folder()]
    return [parent / name for parent in parents]


# Pictures


FASHION = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
KANA = ("お", "き", "す", "つ", "な", "は", "ま", "や", "れ", "を")
DIGITS = tuple(string.digits)
MERGED = DIGITS + tuple(string.ascii_uppercase) + tuple("abdefghnqrt")  # lower case that does not look like upper

PICTURES: dict[str, tuple[str, ...]] = {
    "strokes": DIGITS,
    "mnist": DIGITS,
    "fashion-mnist": FASHION,
    "kmnist": KANA,
    "emnist": MERGED,
    "emnist-balanced": MERGED,
    "emnist-bymerge": MERGED,
    "emnist-byclass": DIGITS + tuple(string.ascii_uppercase + string.ascii_lowercase),
    "emnist-letters": tuple(string.ascii_uppercase),
    "emnist-digits": DIGITS,
    "emnist-mnist": DIGITS,
}


def _pictures(name: str, folder: Path) -> Dataset:
    """The data set in a folder of four IDX files named as MNIST's are."""
    train, test = _part(name, folder, ("train",)), _part(name, folder, ("t10k", "test"))
    classes = PICTURES.get(name) or tuple(map(str, range(max(train[1] + test[1]) + 1)))

    def samples(images: Images, labels: bytes, path: Path) -> Samples:
        highest = max(labels)
        if highest >= len(classes):
            where = f"{path}: label {labels.index(highest)} is {highest}"
            raise FormatError(f"{where}, expected 0 to {len(classes) - 1}")
        return Samples(images, Labels(labels, len(classes)))

    sizes = [f"{images.height} x {images.width}" for images, _, _ in (train, test)]
    if sizes[0] != sizes[1]:
        raise FormatError(f"{folder}: training pictures are {sizes[0]} pixels, test ones {sizes[1]}")
    if len(classes) < 2:
        raise FormatError(f"{folder}: every label is 0, expected at least two classes")
    return Dataset(name, samples(*train), samples(*test), classes)


def _part(name: str, folder: Path, names: tuple[str, ...]) -> tuple[Images, bytes, Path]:
    """The pictures and labels of one part, and the path of the labels for errors about them."""
    images_path, labels_path = _find(folder, names, "images", 3), _find(folder, names, "labels", 1)
    images, labels = idx.read(images_path), idx.read(labels_path)
    pixels, values = images.values, labels.values
    if not isinstance(pixels, bytes) or len(images.shape) != 3 or 0 in images.shape:
        raise FormatError(f"{images_path}: holds {_describe(images)}, expected uint8 (pictures, height, width)")
    if not isinstance(values, bytes) or len(labels.shape) != 1:
        raise FormatError(f"{labels_path}: holds {_describe(labels)}, expected uint8 (labels,)")
    count, height, width = images.shape
    if len(values) != count:
        raise FormatError(f"{labels_path}: {len(values)} labels, but {images_path} has {count} pictures")
    if name.startswith("emnist"):
        pixels = _upright(pixels, count, height, width)  # EMNIST stores every picture transposed
    if name == "emnist-letters":  # labelled 1 to 26
        for i, value in enumerate(values):
            if not 1 <= value <= 26:
                raise FormatError(f"{labels_path}: label {i} is {value}, expected 1 to 26")
        values = bytes(value - 1 for value in values)
    return Images(pixels, height, width), values, labels_path


def _find(folder: Path, parts: tuple[str, ...], kind: str, dimensions: int) -> Path:
    """The file of this part and kind, by any of the names it goes by."""
    names = [
        f"{part}-{kind}{separator}idx{dimensions}-ubyte{ending}"
        for part in parts
        for separator in "-."
        for ending in ("", ".gz")
    ]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"{folder} has no {names[1]}, nor under the names {', '.join(names[:1] + names[2:])}")


def _describe(file: idx.Idx) -> str:
    return f"{file.type_name} {file.shape}"


def _upright(pixels: bytes, count: int, height: int, width: int) -> bytes:
    """Every picture transposed: column j of a picture, the bytes j, j + width, …, becomes row j."""
    size = height * width
    pictures = (pixels[i * size : (i + 1) * size] for i in range(count))
    return b"".join(picture[j::width] for picture in pictures for j in range(width))


# Small data sets


def _gate(outputs: tuple[int, int, int, int]) -> Callable[[str], Dataset]:
    """A logical gate: all there is to know of it is in four samples, which are both training and test."""

    def make(name: str) -> Dataset:
        inputs = Matrix([[0, 0], [0, 1], [1, 0], [1, 1]])
        samples = Samples(inputs, Matrix([[value] for value in outputs]))
        return Dataset(name, samples, samples, ("0", "1"))

    return make


def _house_prices(name: str) -> Dataset:
    """Made-up houses: $50,000 and $200 per square foot, give or take $10,000 (one σ). Both columns are in thousands,
    square feet and dollars, so that gradient descent meets numbers of a handy size and the slope is still 200."""
    rng = Random(200)

    def part(count: int) -> Samples:
        areas = [rng.uniform(0.8, 3.5) for _ in range(count)]
        return Samples(Matrix([[a] for a in areas]), Matrix([[50.0 + 200.0 * a + rng.gauss(0.0, 10.0)] for a in areas]))

    return Dataset(name, part(100), part(50), ())


Point = tuple[float, float]


def _plane(count: int, place: Callable[[int, float, Random], Point], classes: int = 2) -> Callable[[str], Dataset]:
    """Points in the plane: place(class, t, rng) is a point of that class, t running from 0 to 1 along its shape."""

    def make(name: str) -> Dataset:
        parts = [list(points(Random(f"{name} {part}"))) for part in ("train", "test")]
        train, test = (
            Samples(Matrix([place for place, _ in part]), Labels([label for _, label in part], classes))
            for part in parts
        )
        return Dataset(name, train, test, tuple(map(str, range(classes))))

    def points(rng: Random) -> Iterator[tuple[Point, int]]:
        for i in range(count):
            yield place(i % classes, rng.random(), rng), i % classes

    return make


def _circle(label: int, t: float, rng: Random) -> Point:
    """A ring of radius 1 around one of radius 1/2."""
    radius = (0.5 if label else 1.0) + rng.gauss(0.0, 0.08)
    return radius * math.cos(2.0 * math.pi * t), radius * math.sin(2.0 * math.pi * t)


def _moon(label: int, t: float, rng: Random) -> Point:
    """Two half circles, each reaching into the other."""
    x, y = math.cos(math.pi * t), math.sin(math.pi * t)
    if label:
        x, y = 1.0 - x, 0.5 - y
    return x + rng.gauss(0.0, 0.1), y + rng.gauss(0.0, 0.1)


def _spiral(label: int, t: float, rng: Random) -> Point:
    """Arms that wind one and a half times around the centre, one opposite the other."""
    angle, radius = 3.0 * math.pi * t + math.pi * label, 0.1 + t
    return radius * math.cos(angle) + rng.gauss(0.0, 0.02), radius * math.sin(angle) + rng.gauss(0.0, 0.02)


def _blob(label: int, t: float, rng: Random) -> Point:
    """Clouds around three corners of a triangle."""
    angle = 2.0 * math.pi * label / 3.0
    return math.cos(angle) + rng.gauss(0.0, 0.3), math.sin(angle) + rng.gauss(0.0, 0.3)


SMALL: dict[str, Callable[[str], Dataset]] = {
    "and": _gate((0, 0, 0, 1)),
    "or": _gate((0, 1, 1, 1)),
    "xor": _gate((0, 1, 1, 0)),
    "house-prices": _house_prices,
    "circles": _plane(300, _circle),
    "moons": _plane(300, _moon),
    "spirals": _plane(400, _spiral),
    "blobs": _plane(300, _blob, classes=3),
}
