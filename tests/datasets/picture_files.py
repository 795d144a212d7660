"""Small data sets in files, for the tests of everything that reads pictures."""

from __future__ import annotations

from pathlib import Path

from purenn.formats import idx
from purenn.matrix import Matrix
from purenn.samples import Images, Labels, Rows, Samples

TRAIN_IMAGES = "train-images-idx3-ubyte"
TRAIN_LABELS = "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"


def put(path: Path, shape: tuple[int, ...], values: idx.Values) -> Path:
    """Write an IDX file and return its path."""
    idx.write(path, idx.Idx(shape, values))
    return path


def four_files(parent: Path, name: str = "mine", ending: str = "") -> Path:
    """Write 6 training and 3 test pictures of 2 × 3 pixels, of the classes 1, 2, 0, 1, 2, 0; return their folder."""
    folder = parent / name
    folder.mkdir(parents=True)
    for images, labels, count in ((TRAIN_IMAGES, TRAIN_LABELS, 6), (TEST_IMAGES, TEST_LABELS, 3)):
        put(folder / (images + ending), (count, 2, 3), bytes(range(6 * count)))
        put(folder / (labels + ending), (count,), bytes((i + 1) % 3 for i in range(count)))
    return folder


def images_of(rows: Rows) -> Images:
    """Return the rows, which must be Images."""
    assert isinstance(rows, Images)
    return rows


def labels_of(samples: Samples) -> list[int]:
    """Return the class numbers of samples whose targets must be Labels."""
    assert isinstance(samples.targets, Labels)
    return list(samples.targets.values)


def everything(samples: Samples) -> tuple[Matrix, Matrix]:
    """Return all inputs and all targets."""
    return samples.take(range(len(samples)))
