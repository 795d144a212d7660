"""Samples: inputs with their targets, kept small until a batch needs them.

60,000 pictures of 28 × 28 pixels are 47 MB as bytes, but eight times that as lists of numbers. So pictures stay bytes,
labels stay class numbers, and `take` makes floats of only the rows that are asked for. `Images` holds such pictures,
`Labels` such class numbers, and a `Matrix` any other rows.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import isfinite, prod
from typing import Protocol, Union, overload, runtime_checkable
from zlib import crc32

from purenn.activations import AnyActivation, Elementwise, sigmoid, softmax
from purenn.errors import ShapeError, check_kind, did_you_mean
from purenn.formats import JsonObject, arrays, parse_json
from purenn.losses import LOSSES, BinaryCrossEntropy, CrossEntropy, Loss, MeanSquaredError, find_loss
from purenn.matrix import Matrix
from purenn.registry import Answering

__all__ = [
    "Answers",
    "Images",
    "Labels",
    "LossLike",
    "Meaning",
    "Numbers",
    "Rows",
    "Samples",
    "Targets",
    "answers_of",
    "as_inputs",
    "as_loss",
    "as_rows",
    "as_samples",
    "as_targets",
    "class_names",
    "classes",
    "loss_doubts",
    "multilabel",
    "with_names",
]

SHADES = [level / 255.0 for level in range(256)]  # a pixel's byte as a number from 0 (background) to 1 (ink)
PICTURE = 16  # pixels at least: a table of as many numbers as the network takes is a picture, a smaller one a mistake


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


def as_inputs(inputs: Numbers, features: int | None) -> Rows:
    """Return inputs as rows for a network that takes this many features; None if it takes any number.

    A list of exactly as many numbers is one sample; for a single feature, a list of numbers is a column of samples.
    Samples of two or more dimensions become rows; those of an array of bytes (uint8) are pictures, which become Images.
    Raises ShapeError for rows of another length.

    >>> as_inputs([[1, 2], [3, 4]], 2), as_inputs([1, 2], 2), as_inputs([1, 2], 1)
    (Matrix([[1.0, 2.0], [3.0, 4.0]]), Matrix([[1.0, 2.0]]), Matrix([[1.0], [2.0]]))
    """
    _check_numbers(inputs)
    if not isinstance(inputs, (Rows, Sequence)):
        inputs = inputs if arrays.is_array(inputs) else list(inputs)
    if not isinstance(inputs, Rows) or arrays.is_array(inputs):
        inputs = _flattened(inputs, features)
    if not isinstance(inputs, Rows) and isinstance(inputs, Sequence) and not inputs:
        raise ShapeError("there must be at least one sample, got none")
    rows = as_rows(inputs)
    if features is None or rows.columns == features:
        return rows
    if isinstance(rows, Matrix) and rows.columns == 1 and not arrays.is_nested(arrays.items(inputs, "the inputs")):
        if rows.rows == features:
            return rows.T
        what = f"one sample is a list of {features} numbers, and several are a list of such lists"
        raise ShapeError(f"the network takes {features} features, got a list of {rows.rows} numbers; {what}")
    raise ShapeError(f"the network takes {features} feature{'s' * (features > 1)}, got rows of {rows.columns}")


def _flattened(inputs: Numbers, features: int | None) -> Numbers:
    """Return samples of several dimensions, or a single picture, as rows: an array of bytes as Images. Others as they
    are."""
    shape = arrays.shape_of(inputs)
    size = prod(shape[1:])
    single = size != features == prod(shape) >= PICTURE and len(shape) > 1
    if len(shape) < 3 and not single:
        return inputs
    if features not in (None, size) and not single:
        what = f"{shape}, whose samples have {' x '.join(map(str, shape[1:]))} = {size} numbers"
        raise ShapeError(f"the network takes {features} feature{'s' * (features != 1)}, got an array of shape {what}")
    pixels = arrays.bytes_of(inputs)
    if pixels is not None:
        sides = list(shape if single else shape[1:])
        return Images(pixels, sides[0], prod(sides[1:]))
    rows = [inputs] if single else arrays.items(inputs, "the inputs")
    return arrays.as_matrix([arrays.flat(row) for row in rows], "the array")


def as_targets(targets: Targets, outputs: int, names: Sequence[str] = ()) -> Rows:
    """Return targets as rows for a network of `outputs` outputs. If these are several, a single column of targets holds
    class numbers and becomes Labels. Texts are names of classes, numbered by their places in `names`.

    Raises ValueError for a class number that is not a whole number from 0 to outputs - 1, and for a text that is not
    among the names; ShapeError for targets that are not a number or a name, and not a row of `outputs` numbers.

    >>> as_targets([2, 0], outputs=3).take([0, 1])
    Matrix([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    >>> as_targets(["no", "yes"], outputs=1, names=["no", "yes"])
    Matrix([[0.0], [1.0]])
    """
    targets = _kept(targets)
    rows: Rows | None = None
    if arrays.is_array(targets) or not isinstance(targets, Rows):
        values = [_only(value) for value in arrays.items(targets, "targets")]
        if any(isinstance(value, str) for value in values):
            rows = Matrix([[_number_of(value, i, names)] for i, value in enumerate(values)])
        elif not (arrays.is_array(targets) or isinstance(targets, Rows)):
            rows = as_rows([int(target) if isinstance(target, bool) else target for target in targets])
    rows = rows or as_rows(targets)
    if rows.columns == outputs:
        return rows
    if rows.columns > 1 or not isinstance(rows, Matrix):
        raise ShapeError(f"the network has {_count(outputs, 'output')}, but the targets have {rows.columns} columns")
    for i, (number,) in enumerate(rows):
        if number % 1.0 != 0.0 or not 0 <= number < outputs:
            what = f"expected a class number from 0 to {outputs - 1}, as the network has {outputs} outputs"
            raise ValueError(f"target {i} is {number:g}, {what}")
    return Labels([int(number) for (number,) in rows], outputs)


def class_names(targets: Targets) -> tuple[str, ...]:
    """Return the names of the classes: those of Labels, texts in sorted order, or those of bools; otherwise nothing.

    >>> class_names(["dog", "cat", "dog"]), class_names([True, False]), class_names([0, 1])
    (('cat', 'dog'), ('False', 'True'), ())
    """
    if isinstance(targets, Rows) and not arrays.is_array(targets):
        return targets.names if isinstance(targets, Labels) else ()
    values = [_only(value) for value in arrays.items(targets, "targets")]
    if values and all(isinstance(value, bool) for value in values):
        return ("False", "True")
    return tuple(sorted({value for value in values if isinstance(value, str)}))


def as_samples(
    inputs: Numbers | Samples,
    targets: Targets | None,
    sizes: tuple[int | None, int],
    weights: Iterable[float] | None = None,
    known: tuple[str, ...] = (),
) -> Samples:
    """Return samples for a network of these sizes, its numbers of features (None: any) and of outputs.

    known: the names of the classes, if the network has some. Targets that are texts have these names if all are among
    them, or else their own, sorted. Raises the errors of `as_inputs` and `as_targets`, ValueError if there are not as
    many names as classes, and TypeError for samples with further targets or without any.
    """
    features, outputs = sizes
    if isinstance(inputs, Samples):
        if targets is not None:
            raise TypeError("samples have their targets: pass either samples, or inputs and targets")
        as_inputs(inputs.inputs, features)
        as_targets(inputs.targets, outputs)
        return inputs if weights is None else replace(inputs, weights=[*map(float, weights)])
    if targets is None:
        raise TypeError("the targets are missing: pass inputs and targets, or both as Samples")
    targets = _kept(targets)
    names = class_names(targets)
    names = known if {*names} <= {*known} else names
    if len(names) not in (0, max(outputs, 2)):
        what = f"the targets are of {_count(len(names), 'class', 'classes')} ({', '.join(names[:10])})"
        needed = "a single output tells 2 classes apart" if outputs == 1 else "there must be an output for each class"
        hint = "; if some are missing here, set network.classes first" if len(names) < outputs else ""
        raise ShapeError(f"the network has {_count(outputs, 'output')}, but {what}: {needed}{hint}")
    rows = as_inputs(inputs, features)
    return Samples(
        rows, as_targets(targets, outputs, names), None if weights is None else [*map(float, weights)], names
    )


def _check_numbers(inputs: object) -> None:
    """Raise TypeError for inputs that have no rows."""
    if hasattr(inputs, "train") and hasattr(inputs, "test"):
        raise TypeError("a Dataset has .train and .test, each with inputs and targets: pass one of them")
    if isinstance(inputs, Samples):
        raise TypeError(f"the inputs are {inputs!r}, which have their targets with them: pass samples.inputs alone")
    if not isinstance(inputs, (Rows, Iterable)) or isinstance(inputs, (str, Mapping)):
        what = "expected a list of numbers for each sample, an array, a data frame, a Matrix or Images"
        raise TypeError(f"the inputs are {inputs!r:.100}, {what}")


def _kept(targets: Targets) -> Targets:
    """Return the targets in a form that can be read twice."""
    if isinstance(targets, (Rows, Sequence)) or arrays.is_array(targets):
        return targets
    return [*targets]


def _only(value: object) -> object:
    """Return the entry of a row that has only one, and anything else as it is."""
    if not (arrays.is_nested([value]) or arrays.is_array(value)):
        return value
    entries = arrays.items(value, "a target") if arrays.is_nested([value]) else []
    return entries[0] if len(entries) == 1 else value


def _number_of(value: object, i: int, names: Sequence[str]) -> int:
    """Return the number of the class with this name, which is target i."""
    if not isinstance(value, str):
        raise ValueError(f"target {i} is {value!r:.100}, expected the name of a class, as others are")
    if value not in names:
        known = f"expected one of {', '.join(names)}{did_you_mean(value, names)}" if names else "expected a number"
        raise ValueError(f"target {i} is {value!r:.100}, {known}")
    return names.index(value)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


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
        if self.names and len(self.names) != self.classes:
            raise ShapeError(f"{self.classes} classes, but {_count(len(self.names), 'name')}: {', '.join(self.names)}")
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
        return [self.names[number] for number in self.values] if self.names else [*self.values]


def with_names(samples: Samples, names: tuple[str, ...]) -> Samples:
    """Return the samples with these names for their classes, if their targets are Labels."""
    if not isinstance(samples.targets, Labels):
        return samples
    return replace(samples, targets=replace(samples.targets, names=names), names=names)


# The loss that suits the targets.

LossLike = Union[Loss, type[Loss], str]


def as_loss(loss: LossLike | None, samples: Samples, last: AnyActivation | None = None) -> Loss:
    """Return a loss from its name or its class, or as it is; for None, the one that suits the targets.

    That is cross-entropy for classes, in its binary form for a single output and for labels, and the squared error for
    quantities. last: the activation at the end of the network, as in `Meaning`. If it makes probabilities, a loss that
    is not an object becomes the form that takes these; `loss_doubts` tells of other misfits.

    Raises ValueError, listing all names, for an unknown one, and for a last activation whose outputs cannot fit the
    targets; TypeError for what is not a loss.

    >>> samples = Samples(Matrix([[0.5], [1.5]]), Labels([0, 1], classes=2))
    >>> as_loss(None, samples), as_loss("mse", samples)
    (CrossEntropy(), MeanSquaredError())
    """
    outputs = samples.targets.columns
    if loss is None:
        usual = CrossEntropy if samples.answers is classes and outputs > 1 else BinaryCrossEntropy
        kind: type[Loss] = usual if samples.answers else MeanSquaredError
    elif isinstance(loss, str):
        kind = find_loss(loss)
    elif isinstance(loss, type):
        kind = loss
    else:
        check_kind(
            "check_target", '"cross_entropy", CrossEntropy() or a class of yours that inherits from Loss', loss=loss
        )
        _check_last(last, type(loss), outputs)
        return loss
    if last and last.probabilities and kind.takes == "logits":
        fitting = [other for other in LOSSES.values() if (other.kind, other.takes) == (kind.kind, "probabilities")]
        kind = fitting[0] if fitting else kind
    _check_last(last, kind, outputs)
    make: Callable[[], Loss] = kind
    return make()


def _check_last(last: AnyActivation | None, loss: type[Loss], outputs: int) -> None:
    """Raise ValueError for a last activation with which a network can only learn nonsense."""
    if last is softmax and outputs == 1:
        raise ValueError("softmax of one output is always 1: end with sigmoid, or with no activation")
    if isinstance(last, Elementwise) and last.probabilities and (loss.kind, loss.takes) == ("classes", "probabilities"):
        what = f"{last.name} over {outputs} classes: its outputs do not sum to 1, and all would become 1"
        labels = "for labels that can occur together, pass loss='binary_cross_entropy'"
        raise ValueError(f"{what}: end with softmax, or with no activation; {labels}")


def loss_doubts(loss: Loss, last: AnyActivation | None) -> tuple[str, ...]:
    """Return, in words, how a loss and the last activation do not suit each other; nothing if they do.

    >>> from purenn.activations import relu
    >>> loss_doubts(CrossEntropy(), relu)
    ('CrossEntropy() takes logits, any numbers, but the last layer is relu, which limits them: leave that layer out',)
    """
    if last is None or loss.takes == "quantities":
        return ()
    if loss.takes == "probabilities":
        what = f"{loss} takes probabilities, but the last layer does not make them"
        return () if last.probabilities else (f"{what}: end with softmax or sigmoid, or pass the name of the loss",)
    if last.probabilities:
        what = f"{loss} takes logits, but the last layer of the network makes probabilities already"
        return (f"{what}: leave that layer out, or pass the name of the loss",)
    if isinstance(last, Elementwise) and min(-last(-1000.0), last(1000.0)) < 2.0:  # tanh on both sides, relu on one
        what = f"{loss} takes logits, any numbers, but the last layer is {last.name}, which limits them"
        return (f"{what}: leave that layer out",)
    return ()


# From rows back to answers: class numbers or labels.

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
    for row in _each(targets):
        if not {*row} <= {0.0, 1.0}:
            return None
        ones.add(1 if len(row) == 1 else row.count(1.0))
    return classes if ones == {1} else multilabel


@dataclass(frozen=True)
class Meaning:
    """The meaning of a network's outputs, by which they become predictions, classes or labels.

    loss: the loss that the network was trained with. None if it is not known; the outputs are taken for logits then.
    classes: the names of the classes; empty if the targets were not classes, or are not known.
    last: the activation at the end of the network: `identity` if that is a Linear layer, None if it is not known.
    """

    loss: Loss | None = None
    classes: tuple[str, ...] = ()
    last: AnyActivation | None = None

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str], outputs: int) -> Meaning:
        """Return the loss and the classes of a network with this number of outputs, from the metadata of its file.

        Raises ValueError for a loss that is not registered, and for classes that do not fit the outputs.
        """
        loss: Loss | None = None
        if "loss" in metadata:
            options = parse_json(metadata.get("loss options", "{}"))
            if not isinstance(options, JsonObject):
                raise ValueError(f"the options of its loss are {options!r}, expected an object")
            try:
                make: Callable[..., Loss] = LOSSES[metadata["loss"]]
                loss = make(**options)
            except (TypeError, ValueError) as error:
                raise ValueError(f"it was trained with the loss {metadata['loss']!r}: {error}") from error
        classes = tuple(metadata["classes"].split("\n")) if "classes" in metadata else ()
        if len(classes) not in (0, max(outputs, 2)):
            expected = f"expected {max(outputs, 2)} for {outputs} output{'s' * (outputs > 1)}"
            raise ValueError(f"its classes are {', '.join(classes)}, {expected}")
        return cls(loss, classes)

    @property
    def probabilities(self) -> bool:
        """True if the last layer makes probabilities, as softmax and sigmoid do."""
        return self.last is not None and self.last.probabilities

    @property
    def metadata(self) -> dict[str, str]:
        """The loss and the classes as metadata for a file. A loss that is not registered is left out."""
        found: dict[str, str] = {}
        if self.loss and self.loss.name in LOSSES and LOSSES[self.loss.name] is type(self.loss):
            found["loss"] = self.loss.name
            if self.loss.options:
                found["loss options"] = json.dumps(self.loss.options)
        if self.classes:
            found["classes"] = "\n".join(self.classes)
        return found

    def predictions(self, outputs: Matrix) -> Matrix:
        """Return the outputs in the units of the targets; unchanged if the loss is not known."""
        return self.loss.predictions(outputs) if self.loss else outputs

    def class_probabilities(self, outputs: Matrix) -> Matrix:
        """Return the probability of each class, or of each label. A single output tells two classes apart.

        Raises ValueError if the network was trained to predict quantities.
        """
        p = self._probabilities(outputs)
        return Matrix.wrap([[1.0 - yes, yes] for (yes,) in p]) if p.columns == 1 else p

    def class_numbers(self, outputs: Matrix, threshold: float) -> list[int]:
        """Return the class of each row, as `classes` does. Raises ValueError if the targets were not classes."""
        if self._targets == "quantities":
            raise ValueError(f"{self._trained} on quantities, not on classes: predict(inputs) returns them")
        if self._targets == "multilabel" and outputs.columns > 1:
            what = "on labels, of which a sample can have several"
            raise ValueError(f"{self._trained} {what}: predict_multilabel(inputs) returns them")
        return classes(self.predictions(outputs) if self.loss else self._probabilities(outputs), threshold)

    def labels(self, outputs: Matrix, threshold: float) -> list[list[int]]:
        """Return the labels of each row, as `multilabel` does. Raises ValueError if the targets were something else."""
        if self._targets == "quantities":
            raise ValueError(f"{self._trained} on quantities, not on labels: predict(inputs) returns them")
        if self._targets == "classes" and not (self.loss and self.loss.kind == "multilabel"):
            raise ValueError(f"{self._trained} on classes, one for each sample: predict_classes(inputs) returns them")
        is_logit = not (self.loss or self.probabilities)
        return multilabel(outputs.map(sigmoid.function) if is_logit else self.predictions(outputs), threshold)

    def class_names(self, outputs: Matrix) -> list[str]:
        """Return the name of the class of each row. Raises ValueError if the names are not known."""
        numbers = self.class_numbers(outputs, 0.5)
        count = max(outputs.columns, 2)
        if len(self.classes) != count:
            known = f"are {', '.join(self.classes)}" if self.classes else "are not known"
            raise ValueError(f"the names of the {count} classes {known}: set network.classes to a tuple of names")
        return [self.classes[number] for number in numbers]

    @property
    def _targets(self) -> str:
        """The kind of targets in training, as in `Loss.kind`; an empty string if it is not known."""
        if self.classes or not self.loss:
            return "classes" if self.classes else ""
        # an error measure for quantities is also used, with a sigmoid before it, for labels
        return "multilabel" if self.probabilities and self.loss.kind == "quantities" else self.loss.kind

    def _probabilities(self, outputs: Matrix) -> Matrix:
        """Return a probability for each output."""
        if self.loss and self.loss.takes != "quantities":
            return self.loss.predictions(outputs)
        if self.probabilities:
            return outputs
        if self.loss:
            what = "whose outputs are not probabilities: train with CrossEntropy() to have them"
            raise ValueError(f"{self._trained}, {what}")
        if outputs.columns == 1:
            return outputs.map(sigmoid.function)
        return Matrix.wrap([softmax(row) for row in outputs])

    @property
    def _trained(self) -> str:
        return f"this network was trained with {self.loss}"


@dataclass(frozen=True)
class Samples(Answering):
    """Inputs with their targets, row by row, and a weight for each sample. Default: all weights are 1.

    names: the names of the classes, if they have some. Default: those of the targets, if they are Labels.
    `X, y = samples` takes inputs and targets apart.

    Raises ShapeError if there are no samples or not as many inputs as targets, ValueError for a weight that is negative
    or not finite.
    """

    inputs: Rows
    targets: Rows
    weights: Sequence[float] | None = None
    names: tuple[str, ...] = ()

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
        return answers_of(self.targets)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, or their numbers if they have none; empty if the targets are not classes."""
        if self.answers is not classes:
            return ()
        return self.names or tuple(map(str, range(max(self.targets.columns, 2))))

    def select(self, indices: Sequence[int]) -> Samples:
        """Return only the samples with these indices."""
        weights = None if self.weights is None else [self.weights[i] for i in indices]
        selected = Samples(self.inputs.select(indices), self.targets.select(indices), weights, self.names)
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
        for i, row in enumerate(_each(self.targets)):
            loss.check_target(row, f"{part}target row {i}")
            if isinstance(self.targets, Labels):
                break  # they are one-hot, all of one kind

    @property
    def checksum(self) -> str:
        """Eight hexadecimal digits for the samples in this order. Others are very unlikely to have the same."""
        crc = _crc(self.targets, _crc(self.inputs, 0))
        return f"{crc if self.weights is None else _crc(as_rows(self.weights), crc):08x}"


def _crc(rows: Rows, crc: int) -> int:
    """Continue a CRC-32 over all rows: over the bytes of pictures, which are many, and over other rows as 64-bit
    numbers."""
    if isinstance(rows, Images):
        for i in range(len(rows)):
            crc = crc32(rows.picture(i), crc)
        return crc
    if isinstance(rows, Labels):
        return crc32(struct.pack(f"<{len(rows)}q", *rows.values), crc)
    for row in _each(rows):
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
    for i, row in enumerate(_each(rows)):
        for j, value in enumerate(row):
            if not isfinite(value):
                raise ValueError(f"{what} row {i}, column {j} is {value}, expected a finite number")


def _each(rows: Rows) -> Iterator[list[float]]:
    """Yield one row after the other, without a Matrix of them all."""
    return (rows.take([i])[0] for i in range(len(rows)))
