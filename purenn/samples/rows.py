"""Rows of numbers that are kept small until a batch needs them.

60,000 pictures of 28 × 28 pixels are 47 MB as bytes, but eight times that as lists of numbers. So pictures stay bytes,
labels stay class numbers, and `take` makes floats of only the rows that are asked for. `Images` holds such pictures,
`Labels` such class numbers, and a `Matrix` any other rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Protocol, Union, overload, runtime_checkable

from purenn.errors import ShapeError, check_text
from purenn.formats import arrays
from purenn.matrix import Matrix

__all__ = ["Images", "Labels", "Numbers", "Rows", "Targets", "as_rows", "check_names", "each_row"]

SHADES = [level / 255.0 for level in range(256)]  # a pixel's byte as a number from 0 (background) to 1 (ink)


@runtime_checkable
class Rows(Protocol):
    """Rows of numbers that can be read as a Matrix, some at a time: a Matrix, Images, Labels or a class with these
    members."""

    def __len__(self) -> int: ...

    @property
    def columns(self) -> int:
        """The number of entries in a row."""
        ...

    def take(self, indices: Iterable[int]) -> Matrix:
        """Return the rows with these indices, in this order."""
        ...

    def select(self, indices: Sequence[int]) -> Rows:
        """Return rows of the same kind: only those with these indices, in this order."""
        ...


Numbers = Union[Rows, Iterable[Union[float, Iterable[float]]]]
Targets = Union[Rows, Iterable[Union[float, Iterable[float], str]]]


def as_rows(numbers: Targets) -> Rows:
    """Return the numbers as rows: Rows as they are; lists, arrays and data frames as a Matrix; a list of single numbers
    as a Matrix of one column. Raises TypeError, naming the place, for what is not a number.

    >>> as_rows([[1, 2], [3, 4]]), as_rows([5, 6])
    (Matrix([[1.0, 2.0], [3.0, 4.0]]), Matrix([[5.0], [6.0]]))
    """
    if arrays.is_array(numbers):  # asked first: a data frame has methods with these names that do something else
        values = arrays.items(numbers, "the array")
        if arrays.is_nested(values):
            return arrays.as_matrix(values, "the array")
        return Matrix([[value] for value in arrays.as_column(values, "the array")])
    if isinstance(numbers, Rows):
        return numbers
    rows: list[Iterable[float]] = []
    for i, row in enumerate(numbers):
        if isinstance(row, str):
            raise TypeError(f"row {i} is the text {row!r:.100}, expected numbers")
        rows.append(row if isinstance(row, Iterable) else [row])
    return Matrix(rows)


@dataclass(frozen=True)
class Images:
    """Gray pictures of equal size, one byte per pixel, one picture after the other. With `indices`, only these.

    >>> two = Images(bytes([0, 255, 51, 0]), height=1, width=2)
    >>> two.take([1]), len(two.select([1]))
    (Matrix([[0.2, 0.0]]), 1)
    """

    pixels: bytes
    height: int
    width: int
    indices: Sequence[int] | None = None

    def __repr__(self) -> str:
        """Give the number and the size: 47 MB of pixels would help nobody."""
        return f"Images({len(self)} of {self.height} x {self.width} pixels)"

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1 or not self.pixels or len(self.pixels) % self.columns:
            raise ShapeError(f"{len(self.pixels)} bytes are not pictures of {self.height} x {self.width} pixels")
        count = len(self.pixels) // self.columns
        if self.indices and not 0 <= min(self.indices) <= max(self.indices) < count:
            wrong = next(i for i in self.indices if not 0 <= i < count)
            raise IndexError(f"there is no picture {wrong}: there are {count}, counted from 0")

    def __len__(self) -> int:
        return len(self.pixels) // self.columns if self.indices is None else len(self.indices)

    @property
    def columns(self) -> int:
        """The number of pixels in a picture."""
        return self.height * self.width

    def picture(self, index: int) -> bytes:
        """Return the pixels of one picture, row after row. Raises IndexError if there is no such picture."""
        if not 0 <= index < len(self):
            raise IndexError(f"there is no picture {index}: there are {len(self)}, counted from 0")
        place = index if self.indices is None else self.indices[index]
        return self.pixels[place * self.columns : (place + 1) * self.columns]

    def pictures(self) -> Iterator[bytes]:
        """Yield the pixels of every picture."""
        pixels, size = self.pixels, self.columns
        places = range(len(self)) if self.indices is None else self.indices
        return (pixels[place * size : place * size + size] for place in places)

    def take(self, indices: Iterable[int]) -> Matrix:
        """Return the pictures with these indices as rows of numbers from 0 to 1."""
        return Matrix.wrap([list(map(SHADES.__getitem__, self.picture(i))) for i in indices])

    @overload
    def __getitem__(self, index: int) -> list[float]: ...
    @overload
    def __getitem__(self, index: slice) -> Images: ...
    def __getitem__(self, index: int | slice) -> list[float] | Images:
        """Return one picture as a row of numbers from 0 to 1, or some as Images. `picture` returns its bytes."""
        chosen = range(len(self))[index]
        return self.take([chosen])[0] if isinstance(chosen, int) else self.select(chosen)

    def __iter__(self) -> Iterator[list[float]]:
        """Iterate over the rows of numbers."""
        return (self[i] for i in range(len(self)))

    @classmethod
    def of(cls, pictures: Iterable[object]) -> Images:
        """Return pictures from an array of the shape (pictures, height, width) or nested lists, with numbers 0 to 255.

        Raises ShapeError for another number of dimensions or pictures of different sizes, ValueError for other numbers.

        >>> Images.of([[[0, 255], [51, 0]]])
        Images(1 of 2 x 2 pixels)
        """
        shape, pixels = arrays.shape_of(pictures), arrays.bytes_of(pictures)
        if len(shape) == 4 and shape[3] == 1:  # of one channel, as Keras has them
            shape = shape[:3]
        if len(shape) != 3:
            raise ShapeError(f"expected pictures of the shape (pictures, height, width), got {shape}")
        if pixels is None:
            numbers = arrays.as_column(arrays.flat(pictures), "the pictures")
            wrong = [number for number in numbers if number % 1.0 or not 0 <= number <= 255]
            if wrong:
                raise ValueError(f"a pixel is {wrong[0]:g}, expected a whole number from 0 to 255")
            pixels = bytes(map(int, numbers))
        if len(pixels) != prod(shape):
            raise ShapeError(f"{len(pixels)} pixels are not {shape[0]} pictures of {shape[1]} x {shape[2]}")
        return cls(pixels, shape[1], shape[2])

    def select(self, indices: Sequence[int]) -> Images:
        """Return only the pictures with these indices. The pixels are shared, not copied."""
        places = indices if self.indices is None else [self.indices[i] for i in indices]
        return Images(self.pixels, self.height, self.width, places)

    def __reduce__(self) -> tuple[type[Images], tuple[bytes, int, int, Sequence[int] | None]]:
        """Copy or pickle these pictures alone: a few of many take no other pixels with them to another process."""
        if self.indices is None:
            return Images, (self.pixels, self.height, self.width, None)
        pixels = b"".join(map(self.picture, range(len(self))))
        everything = None if pixels else ()
        return Images, (pixels or self.pixels[: self.columns], self.height, self.width, everything)

    def tolist(self) -> list[list[float]]:
        """Return all pictures as rows of numbers from 0 to 1."""
        return self.take(range(len(self))).data


@dataclass(frozen=True)
class Labels:
    """Class numbers, whose rows are one-hot: 1 in the column of the class and 0 in the others.

    names: the names of the classes, if they have some. A network that is trained on these labels keeps them.

    >>> Labels([2, 0], classes=3).take([0, 1])
    Matrix([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    """

    values: Sequence[int]
    classes: int
    names: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Labels({len(self)} of {self.classes} classes)"

    def __post_init__(self) -> None:
        check_names(self.names)
        if self.names and len(self.names) != self.classes:
            names = f"{len(self.names)} name{'s' * (len(self.names) != 1)}: {', '.join(self.names)}"
            raise ShapeError(f"{self.classes} classes, but {names}")
        for i, label in enumerate(self.values):
            if not 0 <= label < self.classes:
                raise ValueError(f"label {i} is {label}, expected 0 to {self.classes - 1}")

    def __len__(self) -> int:
        return len(self.values)

    @property
    def columns(self) -> int:
        """The number of classes."""
        return self.classes

    def take(self, indices: Iterable[int]) -> Matrix:
        """Return one-hot rows for the labels with these indices."""
        labels = [self.values[i] for i in indices]
        return Matrix.wrap([[float(j == label) for j in range(self.classes)] for label in labels])

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Labels: ...
    def __getitem__(self, index: int | slice) -> int | Labels:
        """Return one class number, or some as Labels."""
        chosen = range(len(self))[index]
        return self.values[chosen] if isinstance(chosen, int) else self.select(chosen)

    def __iter__(self) -> Iterator[int]:
        """Iterate over the class numbers."""
        return iter(self.values)

    def select(self, indices: Sequence[int]) -> Labels:
        """Return only the labels with these indices."""
        return Labels([self.values[i] for i in indices], self.classes, self.names)

    def tolist(self) -> list[int] | list[str]:
        """Return the class of each sample: its name, or its number if classes have no names."""
        if self.names:
            return [self.names[number] for number in self.values]
        return list(self.values)


def check_names(names: Sequence[str]) -> None:
    """Raise ValueError for the name of a class that the file of a network could not keep: there, they are lines."""
    for name in names:
        if "\n" in name:
            raise ValueError(f"the name of the class {name!r} has a line break, expected names of one line")
        check_text(**{"the name of the class": name})


def each_row(rows: Rows) -> Iterator[list[float]]:
    """Yield one row after the other, without a Matrix of them all."""
    return (rows.take([i])[0] for i in range(len(rows)))
