"""Pictures in folders: four IDX files, named as MNIST's, become samples to train and to test on.

The files are not trusted: each may be of another type, another length or another data set than the other three.
"""

from __future__ import annotations

from typing import NamedTuple

from purenn.datasets.places import Place
from purenn.errors import FormatError
from purenn.formats import idx
from purenn.samples import Images, Labels, Samples

__all__ = ["has_pictures", "read_pictures"]


def has_pictures(folder: Place) -> bool:
    """Return whether the folder exists and has a file that is named as pictures are."""
    return folder.is_dir() and any("-images" in file.name for file in folder.iterdir())


def read_pictures(
    folder: Place, classes: int | None = None, *, first_label: int = 0, transposed: bool = False
) -> tuple[Samples, Samples]:
    """Read the training and the test pictures of a folder.

    classes: how many there are; default: as many as the labels need. first_label: the label of class 0.
    transposed: whether the files hold every picture column by column.
    Raises FileNotFoundError for a missing file, and FormatError, naming the file, for one that is not as expected.
    """
    train, test = (_read_part(folder, names, transposed) for names in (("train",), ("t10k", "test")))
    sizes = [f"{images.height} x {images.width}" for images, _, _ in (train, test)]
    if sizes[0] != sizes[1]:
        raise FormatError(f"{folder}: training pictures are {sizes[0]} pixels, test ones {sizes[1]}")
    if classes is None:
        classes = max(train.labels + test.labels) + 1 - first_label
    if classes < 2:
        raise FormatError(f"{folder}: every label is {first_label}, expected at least two classes")
    return _samples(train, first_label, classes), _samples(test, first_label, classes)


class _Part(NamedTuple):
    images: Images
    labels: bytes
    path: Place  # of the labels, for errors about them


def _read_part(folder: Place, names: tuple[str, ...], transposed: bool) -> _Part:
    """Read the pictures and the labels of one part, and check that they belong together."""
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
    if transposed:
        pixels, height, width = _transpose(pixels, height, width), width, height
    return _Part(Images(pixels, height, width), values, labels_path)


def _find(folder: Place, parts: tuple[str, ...], kind: str, dimensions: int) -> Place:
    """Return the path of a file, under whichever of its usual names it has."""
    names = [
        f"{part}-{kind}{separator}idx{dimensions}-ubyte{ending}"
        for part in parts
        for separator in "-."
        for ending in ("", ".gz")
    ]
    there = {file.name for file in folder.iterdir()}  # in a zip file, Python 3.9 holds that every name is a file
    for name in names:
        if name in there:
            return folder / name
    raise FileNotFoundError(f"{folder} has no {names[1]}, nor under the names {', '.join(names[:1] + names[2:])}")


def _describe(file: idx.Idx) -> str:
    return f"{file.type_name} {file.shape}"


def _transpose(pixels: bytes, height: int, width: int) -> bytes:
    """Transpose every picture: column j of a picture, the bytes j, j + width, …, becomes row j."""
    size = height * width
    pictures = (pixels[start : start + size] for start in range(0, len(pixels), size))
    return b"".join(picture[j::width] for picture in pictures for j in range(width))


def _samples(part: _Part, first_label: int, classes: int) -> Samples:
    for i, label in enumerate(part.labels):
        if not first_label <= label < first_label + classes:
            expected = f"expected {first_label} to {first_label + classes - 1}"
            raise FormatError(f"{part.path}: label {i} is {label}, {expected}")
    return Samples(part.images, Labels(bytes(label - first_label for label in part.labels), classes))
