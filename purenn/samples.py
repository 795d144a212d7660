"""Samples: inputs and the targets that belong to them, kept small until a batch needs them.

60,000 pictures of 28 × 28 pixels are 47 MB as bytes, but eight times that as lists of numbers. So pictures stay bytes,
labels stay small whole numbers, and `take` makes floats of just the rows that are asked for.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Protocol, Union, runtime_checkable
from zlib import crc32

from purenn.errors import ShapeError
from purenn.formats.arrays import column, is_array, is_nested, items, table
from purenn.matrix import Matrix

__all__ = ["Images", "Labels", "Numbers", "Rows", "Samples", "Selection", "as_rows", "as_targets", "checksum"]

SHADES = [level / 255.0 for level in range(256)]  # a pixel's byte as a number from 0 (background) to 1 (ink)


@runtime_checkable
class Rows(Protocol):
    """Anything whose rows can be had as a Matrix; a Matrix itself is one."""

    def __len__(self) -> int: ...

    @property
    def columns(self) -> int:
        """How many numbers a row has."""
        ...

    def take(self, indices: Iterable[int]) -> Matrix:
        """The rows with these indices, in this order."""
        ...


Numbers = Union[Rows, Iterable[Union[float, Iterable[float]]]]


def as_rows(numbers: Numbers) -> Rows:
    """Rows as they are; lists of numbers, arrays and data frames as the rows of a Matrix; single numbers as its column.

    >>> as_rows([[1, 2], [3, 4]]), as_rows([5, 6])
    (Matrix([[1.0, 2.0], [3.0, 4.0]]), Matrix([[5.0], [6.0]]))
    """
    if is_array(numbers):  # asked first: a data frame has all that Rows have, and means something else by it
        values = items(numbers, "the array")
        return table(values, "the array") if is_nested(values) else Matrix([[v] for v in column(values, "the array")])
    if isinstance(numbers, Rows):
        return numbers
    return Matrix([row if isinstance(row, Iterable) else [row] for row in numbers])


def as_targets(targets: Numbers, outputs: int) -> Rows:
    """Targets as rows, for a network of this many outputs. A single column for several outputs holds class numbers.

    Raises ValueError for a class number that is none.

    >>> as_targets([2, 0], outputs=3).take([0, 1])
    Matrix([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    """
    if not isinstance(targets, Rows):
        targets = [int(target) if isinstance(target, bool) else target for target in targets]  # a yes or no is welcome
    rows = as_rows(targets)
    if outputs == 1 or not isinstance(rows, Matrix) or rows.columns > 1:
        return rows
    for i, (number,) in enumerate(rows):
        if number % 1.0 != 0.0:
            what = f"expected a class number from 0 to {outputs - 1}, as the network has {outputs} outputs"
            raise ValueError(f"target {i} is {number}, {what}")
    return Labels([int(number) for (number,) in rows], outputs)


@dataclass(frozen=True)
class Images:
    """Grey pictures of equal size, a byte a pixel, one after the other.

    >>> Images(bytes([0, 255, 51, 0]), height=1, width=2).take([1])
    Matrix([[0.2, 0.0]])
    """

    pixels: bytes
    height: int
    width: int

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1 or not self.pixels or len(self.pixels) % self.columns:
            raise ShapeError(f"{len(self.pixels)} bytes are not pictures of {self.height} x {self.width} pixels")

    def __len__(self) -> int:
        return len(self.pixels) // self.columns

    @property
    def columns(self) -> int:
        """Pixels in a picture."""
        return self.height * self.width

    def picture(self, index: int) -> bytes:
        """The pixels of one picture, row after row."""
        if not 0 <= index < len(self):
            raise IndexError(f"there is no picture {index}: there are {len(self)}, counted from 0")
        return self.pixels[index * self.columns : (index + 1) * self.columns]

    def take(self, indices: Iterable[int]) -> Matrix:
        """The pictures with these indices as rows of numbers from 0 to 1."""
        return Matrix.wrap([list(map(SHADES.__getitem__, self.picture(i))) for i in indices])


@dataclass(frozen=True)
class Labels:
    """Class numbers, whose rows are one-hot: 1 in the column of the class and 0 in the others.

    >>> Labels([2, 0], classes=3).take([0, 1])
    Matrix([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    """

    values: Sequence[int]
    classes: int

    def __post_init__(self) -> None:
        for i, label in enumerate(self.values):
            if not 0 <= label < self.classes:
                raise ValueError(f"label {i} is {label}, expected 0 to {self.classes - 1}")

    def __len__(self) -> int:
        return len(self.values)

    @property
    def columns(self) -> int:
        """How many classes there are."""
        return self.classes

    def take(self, indices: Iterable[int]) -> Matrix:
        """One-hot rows for the labels with these indices."""
        labels = [self.values[i] for i in indices]
        return Matrix.wrap([[float(j == label) for j in range(self.classes)] for label in labels])


@dataclass(frozen=True)
class Selection:
    """Some of the rows of something larger, which stays where it is."""

    whole: Rows
    indices: Sequence[int]

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def columns(self) -> int:
        """How many numbers a row has."""
        return self.whole.columns

    def take(self, indices: Iterable[int]) -> Matrix:
        """The rows with these indices, counted within the selection."""
        return self.whole.take([self.indices[i] for i in indices])


@dataclass(frozen=True)
class Samples:
    """Inputs with their targets, row by row, and how much each sample counts: a weight of 1 if none are given.

    Raises ShapeError if there are no samples or not as many of one as of the other, ValueError for a weight that is
    negative or not finite.
    """

    inputs: Rows
    targets: Rows
    weights: Sequence[float] | None = None

    def __post_init__(self) -> None:
        _check_rows("inputs", self.inputs)
        _check_rows("targets", self.targets)
        if len(self.inputs) != len(self.targets):
            raise ShapeError(f"{len(self.inputs)} inputs, but {len(self.targets)} targets")
        if not len(self.inputs):
            raise ShapeError("there must be at least one sample, got none")
        if self.weights is not None:
            _check_weights(self.weights, len(self.inputs))

    def __len__(self) -> int:
        return len(self.inputs)

    def take(self, indices: Sequence[int]) -> tuple[Matrix, Matrix]:
        """The inputs and the targets with these indices."""
        return self.inputs.take(indices), self.targets.take(indices)

    def select(self, indices: Sequence[int]) -> Samples:
        """Only the samples with these indices."""
        weights = None if self.weights is None else [self.weights[i] for i in indices]
        return Samples(Selection(self.inputs, indices), Selection(self.targets, indices), weights)


def checksum(samples: Samples) -> str:
    """Eight hexadecimal digits that other samples, or the same in another order, will hardly share."""
    crc = 0
    for i in range(len(samples)):
        x, t = samples.take([i])
        numbers = [*x[0], *t[0], 1.0 if samples.weights is None else samples.weights[i]]
        crc = crc32(struct.pack(f"<{len(numbers)}d", *numbers), crc)
    return f"{crc:08x}"


def _check_rows(name: str, rows: object) -> None:
    if not isinstance(rows, Rows) or is_array(rows):
        what = "expected a Matrix, Images, Labels or other rows; as_rows makes them of lists and arrays"
        raise TypeError(f"the {name} are a {type(rows).__name__}, {what}")


def _check_weights(weights: Sequence[float], samples: int) -> None:
    if len(weights) != samples:
        raise ShapeError(f"{samples} samples, but {len(weights)} weights")
    for i, weight in enumerate(weights):
        if not (isfinite(weight) and weight >= 0.0):
            raise ValueError(f"the weight of sample {i} is {weight}, expected a finite number of at least 0")
