"""Folders of picture files, one folder for each class, as a data set.

    pictures/cats/1.png         or, with the test pictures chosen    pictures/train/cats/1.png
    pictures/cats/2.pgm         already:                             pictures/train/dogs/2.png
    pictures/dogs/1.png                                              pictures/test/cats/3.png

A network wants pictures of one size, in shades of grey, and ink on paper the same way round everywhere. How they were
made so is in the data set's `source`, by which a saved network reads new pictures in the same way.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple, Union

from purenn.datasets.dataset import Dataset
from purenn.datasets.loading import READERS, Reader
from purenn.datasets.pictures import has_pictures
from purenn.errors import FormatError, check_text, check_whole
from purenn.formats import Picture, png, pnm
from purenn.preprocessing import split_indices
from purenn.samples import Images, Labels, Samples

__all__ = ["from_folder", "hold_out", "join_pictures", "pictures_below", "read_picture"]

Invert = Union[bool, Literal["auto"]]
Size = Union[int, tuple[int, int], None]

ENDINGS = {".png", ".pgm", ".ppm", ".pbm", ".pnm"}
OTHER_ENDINGS = {  # pictures that purenn cannot read: better refused than overlooked
    *(".jpg", ".jpeg", ".jfif", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".heic", ".avif", ".svg", ".ico", ".jxl"),
}
FIRST_BYTES = {  # of files that are often named .png, which they are not
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"RIFF": "WebP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"P7": "PAM",
}
CONVERT = "expected PNG, PGM, PPM or PBM; convert it, for example by `magick FILE FILE.png`, or save it as PNG"

TRAIN = ("train", "training")
VALIDATION = ("valid", "validation", "val")
TEST = ("test", "testing")


class _File(NamedTuple):
    path: Path
    label: int


def from_folder(
    path: str | os.PathLike[str], *, size: Size = None, invert: Invert = "auto", test: float = 0.2, seed: int = 0
) -> Dataset:
    """Read a folder that has a folder of pictures for each class, named as the class: PNG, PGM, PPM or PBM files.

    The folders of the classes may also be in `train` and `test`. Without these, the part `test` of the pictures is kept
    for testing: drawn with `seed`, of every class in proportion, and at least one picture of every class is trained on.
    Pictures in `valid` or `val` are used for testing if there is no `test`, else for training, of which `fit` holds
    back its own part. Classes are in alphabetical order; pictures may be in further folders within that of their class;
    hidden files and those that are not pictures are skipped.

    size: (height, width), or one number for both, that all pictures are resized to, with their proportions kept;
        default: none are, and they must be of one size.
    invert: swap light and dark. Networks for pictures expect a background of 0, as in MNIST. "auto" does so if most
        pictures have a light border, as black ink on white paper has: all of them, or none.
    Colours become grey, and transparent parts white.

    `source` has the kind "pictures", and what `read_picture` needs: height, width, and whether light and dark were
    swapped; `test` and `seed` are in it too.

    Raises FileNotFoundError for a folder without classes or pictures, FormatError, naming the file, for one that cannot
    be read or has another size than the rest, and ValueError for an option out of range.
    """
    if invert not in (True, False, "auto"):
        raise ValueError(f'invert must be True, False or "auto", got {invert!r}')
    check_whole(0, seed=seed)
    check_text(path=os.fsdecode(os.path.abspath(path)))
    folder = Path(path)
    shape = _shape(size)
    classes, train, held_out = _files(folder)
    if not held_out:
        larger, smaller = hold_out([file.label for file in train], test, seed)
        train, held_out = [train[i] for i in larger], [train[i] for i in smaller]
    train_pictures, test_pictures = ([_read_grey(file.path, shape) for file in part] for part in (train, held_out))
    _check_sizes([*train, *held_out], [*train_pictures, *test_pictures], folder)
    if invert == "auto":
        light = sum(picture.background() > 127 for picture in train_pictures)
        invert = 2 * light > len(train_pictures)
    parts = [
        Samples(_images(pictures, invert), Labels([file.label for file in files], len(classes), classes))
        for files, pictures in ((train, train_pictures), (held_out, test_pictures))
    ]
    source = {
        "kind": "pictures",
        "path": os.path.abspath(folder),
        "height": str(train_pictures[0].height),
        "width": str(train_pictures[0].width),
        "invert": "yes" if invert else "no",
        "test": repr(test),
        "seed": str(seed),
    }
    return Dataset(folder.resolve().name, parts[0], parts[1], classes, source)


def read_picture(path: str | os.PathLike[str], description: Mapping[str, str] | tuple[int, int]) -> Images:
    """Read a picture file as a network wants it that was trained on data of this description: `Dataset.source`, or the
    height and the width of its pictures.

    The picture becomes grey, is resized to `height` × `width` if these are given, with its proportions kept, and light
    and dark are swapped if `invert` is "yes". If it is "auto", or not given, they are if the border of the picture is
    light: for networks that were trained on data like MNIST's, where the background is 0.
    Raises FormatError, naming the file, if it is not a picture that can be read, or the description is not one of
    pictures.
    """
    if isinstance(description, tuple):
        description = dict(zip(("height", "width"), map(str, description)))
    try:
        shape = (int(description["height"]), int(description["width"])) if "height" in description else None
    except (KeyError, ValueError):
        raise FormatError(f"{os.fspath(path)}: no way to read a picture is described by {dict(description)}") from None
    picture = _read_grey(Path(path), shape)
    invert = description.get("invert", "auto")
    return _images([picture], picture.background() > 127 if invert == "auto" else invert == "yes")


def pictures_below(path: Path) -> list[Path]:
    """Return the picture files in a folder and the folders within it, in alphabetical order; a file as it is.

    Raises FormatError for pictures of another kind, and FileNotFoundError if there are none.
    """
    files = [*_walk(path)] if path.is_dir() else [path]
    if not files:
        raise FileNotFoundError(f"{path} has no pictures: no file ends in {', '.join(sorted(ENDINGS))}")
    return files


def join_pictures(images: Sequence[Images]) -> Images:
    """Return pictures of one size in one object."""
    pixels = b"".join(picture for part in images for picture in part.pictures())
    return Images(pixels, images[0].height, images[0].width)


def hold_out(labels: Sequence[int], fraction: float, seed: int) -> tuple[list[int], list[int]]:
    """Split samples for training and for testing; return the indices of both, in ascending order.

    Every class is in both in proportion, but a class is never tested only: its last sample stays for training.
    Raises ValueError for a fraction that is not between 0 and 1, or if every class has a single sample.

    >>> hold_out([0, 0, 0, 0, 1, 1, 1, 1, 2], 0.5, seed=1)
    ([1, 2, 4, 7, 8], [0, 3, 5, 6])
    """
    larger, smaller = split_indices(len(labels), fraction, Random(seed), stratify=labels)
    trained = {labels[i] for i in larger}
    for i in list(smaller):
        if labels[i] not in trained:
            trained.add(labels[i])
            larger.append(i)
            smaller.remove(i)
    if not smaller:
        raise ValueError(
            "no sample is left to test on: every class has a single one, expected two of at least one class"
        )
    return sorted(larger), sorted(smaller)


# Finding the files.


def _files(folder: Path) -> tuple[tuple[str, ...], list[_File], list[_File]]:
    """Return the names of the classes, the files to train on, and those to test on, which may be none."""
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder: expected one with a folder of pictures for each class")
    below = {child.name.lower(): child for child in _folders(folder)}
    train, validation, test = ([below[name] for name in names if name in below] for names in (TRAIN, VALIDATION, TEST))
    if not train:
        classes = _classes([folder])
        return classes, _pictures(folder, classes), []
    if not test:
        validation, test = [], validation
    classes = _classes(train + validation)
    unknown = sorted({*_classes(test, least=0)} - {*classes})
    if unknown:
        raise FormatError(f"{test[0] / unknown[0]}: no such class to train on in {train[0]}: {', '.join(classes)}")
    trained, tested = (
        [file for part in parts for file in _pictures(part, classes)] for parts in (train + validation, test)
    )
    if test and not tested:
        raise FileNotFoundError(f"{test[0]} has no pictures: expected a folder for each class, as in {train[0]}")
    return classes, trained, tested


def _classes(parts: Sequence[Path], least: int = 2) -> tuple[str, ...]:
    """Return the names of all folders in these folders, in alphabetical order. FileNotFoundError for too few."""
    names = sorted({child.name for part in parts for child in _folders(part)})
    if len(names) < least:
        loose = sum(child.suffix.lower() in ENDINGS for child in parts[0].iterdir() if child.is_file())
        found = f"only {names[0]!r}" if names else f"{loose} pictures and no folder" if loose else "none"
        raise FileNotFoundError(
            f"{parts[0]}: expected a folder of pictures for each of two or more classes, found {found}"
        )
    return tuple(names)


def _folders(folder: Path) -> list[Path]:
    """Return the folders in a folder, without hidden ones."""
    return [child for child in folder.iterdir() if child.is_dir() and not child.name.startswith((".", "__"))]


def _pictures(part: Path, classes: Sequence[str]) -> list[_File]:
    """Return the picture files of every class that has a folder in this part, in alphabetical order."""
    files: list[_File] = []
    for label, name in enumerate(classes):
        if (part / name).is_dir():
            found = [_File(path, label) for path in _walk(part / name)]
            if not found:
                endings = ", ".join(sorted(ENDINGS))
                raise FileNotFoundError(f"{part / name} has no pictures: no file ends in {endings}")
            files += found
    return files


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the picture files in a folder and those below, without hidden ones. FormatError for other pictures."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _walk(path)
        elif path.suffix.lower() in ENDINGS:
            yield path
        elif path.suffix.lower() in OTHER_ENDINGS:
            raise FormatError(f"{path}: {path.suffix} files cannot be read, {CONVERT}")


# Reading them.


def _read_grey(path: Path, shape: tuple[int, int] | None) -> Picture:
    """Read a picture file, make it grey, and resize it to a shape."""
    with open(path, "rb") as file:
        head = file.read(8)
        file.seek(0)
        if head.startswith(png.SIGNATURE[:4]):
            picture = png.read(file)
        elif head[:1] == b"P" and head[1:2].isdigit() and head[:2] != b"P7":
            picture = pnm.read(file)
        else:
            kinds = [kind for first, kind in FIRST_BYTES.items() if head.startswith(first)]
            what = (
                f"is a {kinds[0]} file" if kinds else f"is not a picture: the first bytes are {head.hex(' ') or 'none'}"
            )
            raise FormatError(f"{path}: {what}, {CONVERT}")
    grey = picture.grey()
    return grey if shape is None else grey.resized(*shape)


def _shape(size: Size) -> tuple[int, int] | None:
    """Return the height and the width, or None if pictures are not resized."""
    if size is None:
        return None
    height, width = size if isinstance(size, tuple) else (size, size)
    check_whole(1, height=height, width=width)
    return height, width


def _check_sizes(files: Sequence[_File], pictures: Sequence[Picture], folder: Path) -> None:
    """Raise FormatError, naming two files, unless all pictures have one size."""
    first = pictures[0]
    for file, picture in zip(files, pictures):
        if (picture.height, picture.width) != (first.height, first.width):
            one, other = (
                f"{path.relative_to(folder)} has {p.height} x {p.width} pixels"
                for path, p in ((files[0].path, first), (file.path, picture))
            )
            wanted = f"size=({first.height}, {first.width}) (--size {first.height}x{first.width})"
            raise FormatError(f"{folder}: {one}, but {other}; say {wanted} or another height and width to resize all")


def _images(pictures: Sequence[Picture], invert: bool) -> Images:
    values = b"".join((picture.inverted() if invert else picture).values for picture in pictures)
    return Images(values, pictures[0].height, pictures[0].width)


def _read_again(source: Mapping[str, str]) -> Dataset:
    """Read the folder again that a `source` describes."""
    try:
        size, test, seed = (int(source["height"]), int(source["width"])), float(source["test"]), int(source["seed"])
        folder, invert = source["path"], source["invert"] == "yes"
    except (KeyError, ValueError):
        raise FormatError(f"no folder of pictures is described by {dict(source)}") from None
    return from_folder(folder, size=size, invert=invert, test=test, seed=seed)


READERS.add("pictures", Reader(lambda path: path.is_dir() and not has_pictures(path), from_folder, _read_again))
