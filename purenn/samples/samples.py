"""Samples: inputs with their targets, and the answers that targets are: classes, labels or quantities."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isfinite
from typing import Union
from zlib import crc32

from purenn.errors import ShapeError
from purenn.foreign import Answering
from purenn.formats import arrays
from purenn.losses import Loss
from purenn.matrix import Matrix
from purenn.samples.rows import Images, Labels, Rows, as_rows, check_names, each_row

__all__ = ["Answers", "Samples", "answers_of", "classes", "multilabel", "renumbered", "with_names"]

Answers = Callable[[Matrix], Union[list[int], list[list[int]]]]


def classes(outputs: Matrix, threshold: float = 0.5) -> list[int]:
    """Return the class of each row: the column of its largest number or, for a single column, 1 above `threshold`.

    >>> classes(Matrix([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]])), classes(Matrix([[0.9], [0.2]]))
    ([1, 0], [1, 0])
    """
    if outputs.columns == 1:
        return [int(value > threshold) for (value,) in outputs]
    return [row.index(max(row)) for row in outputs]


def multilabel(outputs: Matrix, threshold: float = 0.5) -> list[list[int]]:
    """Return the labels of each row: 1 for each number above `threshold`, otherwise 0. Several can be 1.

    >>> multilabel(Matrix([[0.9, 0.2, 0.7], [0.1, 0.4, 0.3]]))
    [[1, 0, 1], [0, 0, 0]]
    """
    return [[int(value > threshold) for value in row] for row in outputs]


def answers_of(targets: Rows) -> Answers | None:
    """Return the function that turns rows into answers, or None if the targets are quantities.

    It is `classes` for one-hot rows and for a single column of 0 and 1, and `multilabel` for other rows of 0 and 1.
    """
    if isinstance(targets, Labels):
        return classes
    ones: set[int] = set()
    for row in each_row(targets):
        if not {*row} <= {0.0, 1.0}:
            return None
        ones.add(1 if len(row) == 1 else row.count(1.0))
    return classes if ones == {1} else multilabel


@dataclass(frozen=True)
class Samples(Answering):
    """Inputs with their targets, row by row, and a weight for each sample. Default: all weights are 1.

    names: the names of the classes, if they have some. Default: those of the targets, if they are Labels.
    source: how they were read from the user's own files, as in `Dataset.source`; a network trained on them keeps it.
    quantities: the targets are quantities, even if all of them happen to be 0 or 1.
    `X, y = samples` takes inputs and targets apart.

    Raises ShapeError if there are no samples or not as many inputs as targets, ValueError for a weight that is negative
    or not finite.
    """

    inputs: Rows
    targets: Rows
    weights: Sequence[float] | None = None
    names: tuple[str, ...] = ()
    source: Mapping[str, str] = field(default_factory=dict[str, str], repr=False, compare=False)
    quantities: bool = False

    def __repr__(self) -> str:
        """Give the numbers of samples and features, and the kind of targets: a repr is to be short."""
        kind = "classes" if self.answers is classes else "labels" if self.answers else "quantities"
        columns = f"{self.inputs.columns} features, {max(self.targets.columns, len(self.classes))} {kind}"
        return f"Samples({len(self)} of {columns}{', weighted' if self.weights else ''})"

    def __post_init__(self) -> None:
        _check_rows("inputs", self.inputs)
        _check_rows("targets", self.targets)
        if len(self.inputs) != len(self.targets):
            raise ShapeError(f"{len(self.inputs)} inputs, but {len(self.targets)} targets")
        if not len(self.inputs):
            raise ShapeError("there must be at least one sample, got none")
        if self.weights is not None:
            _check_weights(self.weights, len(self.inputs))
        check_names(self.names)
        if isinstance(self.targets, Labels) and not self.names:
            vars(self)["names"] = self.targets.names

    def __len__(self) -> int:
        return len(self.inputs)

    def __iter__(self) -> Iterator[Rows]:
        return iter((self.inputs, self.targets))

    def take(self, indices: Sequence[int]) -> tuple[Matrix, Matrix]:
        """Return the inputs and the targets with these indices."""
        return self.inputs.take(indices), self.targets.take(indices)

    @cached_property
    def answers(self) -> Answers | None:
        """The function that turns rows into answers, or None for quantities: see `answers_of`.

        Selected samples keep that of all samples, because a few rows of labels, of which several can be 1, may look
        one-hot.
        """
        return None if self.quantities else answers_of(self.targets)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, or their numbers if they have none; empty if the targets are not classes."""
        if self.answers is not classes:
            return ()
        return self.names or tuple(map(str, range(max(self.targets.columns, 2))))

    def select(self, indices: Sequence[int]) -> Samples:
        """Return only the samples with these indices."""
        weights = None if self.weights is None else [self.weights[i] for i in indices]
        inputs, targets = self.inputs.select(indices), self.targets.select(indices)
        selected = replace(self, inputs=inputs, targets=targets, weights=weights)
        vars(selected)["answers"] = self.answers
        return selected

    def weights_of(self, batch: Sequence[int]) -> list[float]:
        """Return the weights of the samples with these indices, an empty list if the samples have no weights."""
        return [] if self.weights is None else [float(self.weights[i]) for i in batch]

    def check(self, loss: Loss, part: str = "") -> None:
        """Raise ValueError, naming the place, for a number that is not finite or a target that the loss cannot use.

        Training on it would run, but learn nonsense. `part` is the beginning of the message.
        """
        _check_finite(self.inputs, f"{part}input")
        _check_finite(self.targets, f"{part}target")
        for i, row in enumerate(each_row(self.targets)):
            loss.check_target(row, f"{part}target row {i}")
            if isinstance(self.targets, Labels):
                break  # they are one-hot, all of one kind

    @property
    def checksum(self) -> str:
        """Eight hexadecimal digits for the samples in this order. Others are very unlikely to have the same."""
        crc = _crc(self.targets, _crc(self.inputs, 0))
        return f"{crc if self.weights is None else _crc(as_rows(self.weights), crc):08x}"


def with_names(samples: Samples, names: tuple[str, ...]) -> Samples:
    """Return the samples with these names for their classes, if their targets are Labels."""
    if not isinstance(samples.targets, Labels):
        return samples
    return replace(samples, targets=replace(samples.targets, names=names), names=names)


def renumbered(samples: Samples, known: tuple[str, ...]) -> Samples:
    """Return the samples with their classes numbered as in `known`, the names of the classes of a network, say.

    A folder with pictures of dogs only begins to count its classes at other names than one with cats. Unchanged are
    samples whose classes have no names, and those with names for the classes of a network that knows only numbers.
    Raises ValueError, listing all names, for a class that is not known.

    >>> samples = Samples(Matrix([[0.5], [1.5]]), Labels([0, 1], 2, names=("dog", "cat")))
    >>> renumbered(samples, ("bird", "cat", "dog")).targets.tolist()
    ['dog', 'cat']
    """
    if not known or samples.names in ((), known) or samples.answers is not classes:
        return samples
    unknown = [name for name in samples.names if name not in known]
    knows_numbers = known == tuple(map(str, range(len(known))))
    if unknown and knows_numbers and isinstance(samples.targets, Labels) and samples.targets.names:
        return samples
    if unknown:
        raise ValueError(f"no class of the network is called {unknown[0]!r}; there are: {', '.join(known)}")
    numbers = [known.index(name) for name in samples.names]
    if isinstance(samples.targets, Labels):
        labels = [numbers[label] for label in samples.targets.values]
    else:
        labels = [numbers[label] for label in classes(samples.targets.take(range(len(samples))))]
    targets = Labels(labels, len(known), known) if samples.targets.columns > 1 else Matrix([[v] for v in labels])
    return replace(samples, targets=targets, names=known)


def _crc(rows: Rows, crc: int) -> int:
    """Continue a CRC-32 over all rows: over the bytes of pictures, which are many, and over other rows as 64-bit
    numbers."""
    if isinstance(rows, Images):
        for picture in rows.pictures():
            crc = crc32(picture, crc)
        return crc
    if isinstance(rows, Labels):
        return crc32(struct.pack(f"<{len(rows)}q", *rows.values), crc)
    for row in each_row(rows):
        crc = crc32(struct.pack(f"<{len(row)}d", *row), crc)
    return crc


def _check_rows(name: str, rows: object) -> None:
    if not isinstance(rows, Rows) or arrays.is_array(rows):
        what = "expected a Matrix, Images, Labels or other rows; as_rows makes them from lists and arrays"
        raise TypeError(f"the {name} are a {type(rows).__name__}, {what}")


def _check_weights(weights: Sequence[float], samples: int) -> None:
    if len(weights) != samples:
        raise ShapeError(f"{samples} samples, but {len(weights)} weights")
    for i, weight in enumerate(weights):
        if not (isfinite(weight) and weight >= 0.0):
            raise ValueError(f"the weight of sample {i} is {weight}, expected a finite number of at least 0")


def _check_finite(rows: Rows, what: str) -> None:
    if isinstance(rows, (Images, Labels)):
        return  # bytes and class numbers are finite
    for i, row in enumerate(each_row(rows)):
        for j, value in enumerate(row):
            if not isfinite(value):
                raise ValueError(f"{what} row {i}, column {j} is {value}, expected a finite number")
