"""Arrays: the numbers and labels that other libraries hold, as lists; and answers in the kind that was asked with.

NumPy's arrays, the data frames of pandas and polars, SciPy's sparse matrices: purenn imports none of these libraries.
It knows each by a method it has. Whoever passes an array has NumPy, so that an answer can be made one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from math import inf, isfinite, isnan
from typing import Protocol, SupportsFloat, TypeVar, runtime_checkable

from purenn.matrix import Matrix

__all__ = ["Array", "column", "column_names", "dtype_of", "in_kind", "is_array", "is_nested", "items", "table"]

LARGEST = sys.float_info.max

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Array(Protocol[T_co]):
    """What lists and NumPy's arrays have in common: all that can be said of an answer that is one or the other."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> T_co: ...

    def __iter__(self) -> Iterator[T_co]: ...


@runtime_checkable
class _Sparse(Protocol):
    """A sparse matrix of SciPy's."""

    def toarray(self) -> object: ...


@runtime_checkable
class _Frame(Protocol):
    """A data frame or a series, of pandas, polars and others. A frame iterates over the names of its columns."""

    def to_numpy(self) -> object: ...


@runtime_checkable
class _Columns(Protocol):
    """A data frame: a series has no columns."""

    @property
    def columns(self) -> _Iterates: ...


@runtime_checkable
class _NumPy(Protocol):
    """A NumPy array, or what can become one, as a tensor of PyTorch's can."""

    def __array__(self) -> object: ...


@runtime_checkable
class _Lists(Protocol):
    """An array of any kind, the standard library's `array.array` too."""

    def tolist(self) -> object: ...


@runtime_checkable
class _Iterates(Protocol):
    """Anything that iterates."""

    def __iter__(self) -> Iterator[object]: ...


def is_array(values: object) -> bool:
    """True for what lives in the world of NumPy, False for lists and the like."""
    return isinstance(values, (_Sparse, _Frame, _NumPy))


def in_kind(answers: Sequence[T], arrays: bool, dtype: object = None) -> Array[T]:
    """The answers as they are or, if `arrays` are wanted, as a NumPy array, of this dtype if one is given."""
    if not arrays:
        return answers
    made: Array[T] = import_module("numpy").asarray(answers, dtype=dtype)
    return made


def dtype_of(values: object) -> object:
    """What NumPy calls the type of the entries; None for lists and the like."""
    if not is_array(values):
        return None
    dtype: object = import_module("numpy").asarray(_unpacked(values)).dtype
    return dtype


def column_names(values: object) -> list[str]:
    """The names of a data frame's columns; none if there is no frame, or if not all of its names are strings."""
    if not (isinstance(values, _Frame) and isinstance(values, _Columns)):
        return []
    names = list(values.columns)
    strings = [name for name in names if isinstance(name, str)]
    return strings if len(strings) == len(names) else []


def items(values: object, name: str) -> list[object]:
    """The entries of a column, or the rows of a table. Raises ValueError, with this name, for anything that has none.

    >>> from array import array
    >>> items(array("d", [1.5, 2.0]), "y"), items(("a", "b"), "y")
    ([1.5, 2.0], ['a', 'b'])
    """
    inner = _unpacked(values)
    if isinstance(inner, _Lists):
        inner = inner.tolist()
    if isinstance(inner, (str, bytes, Mapping)) or not isinstance(inner, _Iterates):
        raise ValueError(f"{name} must be a list, an array or a data frame, got {values!r}")
    return list(inner)


def is_nested(values: Sequence[object]) -> bool:
    """True for rows, False for single numbers or labels, going by the first."""
    return bool(values) and isinstance(values[0], _Iterates) and not isinstance(values[0], (str, bytes))


def table(values: object, name: str) -> Matrix:
    """A table of finite numbers, a row for each sample.

    Raises ValueError, naming the place, unless it is one; TypeError for an entry that is neither a number nor a string.

    >>> table([[1, 2.5], [True, 0]], "X")
    Matrix([[1.0, 2.5], [1.0, 0.0]])
    """
    rows = items(values, name)
    if rows and not is_nested(rows):
        raise ValueError(
            f"Expected 2D array, got 1D array instead: {name} must be a table with a row for each sample. Reshape your "
            f"data: [[x] for x in {name}] makes a table of single features, [{name}] a table of one sample"
        )
    data = [_numbers(items(row, f"{name}, row {i}"), f"{name}, row {i}, column") for i, row in enumerate(rows)]
    if not data or not data[0]:
        what = "0 feature(s)" if data else "0 sample(s)"
        shape = f"({len(data)}, {len(data[0]) if data else 0})"
        raise ValueError(f"Found array with {what} (shape={shape}) while a minimum of 1 is required: {name}")
    for i, row in enumerate(data):
        if len(row) != len(data[0]):
            raise ValueError(f"{name}, row {i} has {len(row)} numbers, but row 0 has {len(data[0])}")
    return Matrix.wrap(data)


def column(values: object, name: str) -> list[float]:
    """A column of finite numbers. Raises as `table` does."""
    numbers = items(values, name)
    if is_nested(numbers):
        raise ValueError(f"{name} must be 1D, a number for each sample, got rows of several")
    return _numbers(numbers, f"{name}, row")


def _unpacked(values: object) -> object:
    """The array in a frame or a sparse matrix, the array that anything else can make, or else the values themselves."""
    if isinstance(values, _Sparse):
        return values.toarray()
    if isinstance(values, _Frame):
        return values.to_numpy()
    if isinstance(values, _NumPy) and not isinstance(values, _Lists):
        array: object = import_module("numpy").asarray(values)
        return array
    return values


def _numbers(values: Sequence[object], where: str) -> list[float]:
    """Floats, each checked."""
    floats = [float(v) for v in values if isinstance(v, (float, int)) and -LARGEST <= v <= LARGEST]  # NaN is not
    if len(floats) == len(values):
        return floats
    return [_number(value, f"{where} {i}") for i, value in enumerate(values)]


def _number(value: object, where: str) -> float:
    """One number. A number of another library's knows how to become a float; a string does not."""
    if isinstance(value, complex):
        raise ValueError(f"Complex data not supported: {where} is {value}")
    if not isinstance(value, SupportsFloat):
        raise TypeError(f"{where}: the argument must be no string but a number, got {value!r}")
    try:
        number = float(value)
    except OverflowError:
        number = inf
    if not isfinite(number):
        raise ValueError(f"{where} is {'NaN' if isnan(number) else 'infinity'}, expected a finite number")
    return number
