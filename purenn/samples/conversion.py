"""Samples from what people have: lists, arrays and data frames, single samples, and names of classes.

What is unambiguous is accepted. For the rest an error says, in the words of the caller, what was expected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import prod

from purenn.errors import ShapeError, did_you_mean
from purenn.formats import arrays
from purenn.matrix import Matrix
from purenn.samples.rows import Images, Labels, Numbers, Rows, Targets, as_rows
from purenn.samples.samples import Samples

__all__ = ["PICTURE", "as_inputs", "as_samples", "as_targets", "class_names"]

PICTURE = 16  # pixels at least: a table of as many numbers as the network takes is a picture, a smaller one a mistake


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
        for i, value in enumerate(values):
            if isinstance(value, (bytes, bytearray)):
                raise TypeError(f"target {i} is {value!r:.100}, expected a number or a text: decode bytes first")
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
