"""Arrays and data frames of other libraries, as lists; and results as arrays, for callers who passed arrays.

NumPy arrays, pandas and polars data frames, SciPy sparse matrices: purenn imports none of these libraries and tells
each kind by a method that it has. A caller who passes an array has NumPy, so NumPy is imported only for such callers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from itertools import chain
from math import inf, isfinite, isnan
from typing import Protocol, SupportsFloat, TypeVar, overload, runtime_checkable

from purenn.errors import is_a
from purenn.matrix import Matrix

__all__ = [
    "Array",
    "as_column",
    "as_matrix",
    "bytes_of",
    "column_names",
    "dtype_of",
    "flat",
    "in_kind",
    "is_array",
    "is_missing",
    "is_nested",
    "items",
    "select",
    "shape_of",
]

LARGEST = sys.float_info.max

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Array(Protocol[T_co]):
    """The interface that lists and NumPy arrays share: the type of a result that may be either."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> T_co: ...

    def __iter__(self) -> Iterator[T_co]: ...


@runtime_checkable
class _Sparse(Protocol):
    """A SciPy sparse matrix."""

    def toarray(self) -> object: ...


@runtime_checkable
class _Frame(Protocol):
    """A data frame or a series of pandas, polars and others. A frame iterates over the names of its columns."""

    def to_numpy(self) -> object: ...


@runtime_checkable
class _Columns(Protocol):
    """A data frame; a series has no columns."""

    @property
    def columns(self) -> _Iterates: ...


@runtime_checkable
class _NumPy(Protocol):
    """A NumPy array, or an object that can become one, such as a PyTorch tensor."""

    def __array__(self) -> object: ...


@runtime_checkable
class _Shaped(Protocol):
    """An array, or a Matrix."""

    @property
    def shape(self) -> tuple[int, ...]: ...


@runtime_checkable
class _Bytes(Protocol):
    """A NumPy array."""

    @property
    def dtype(self) -> object: ...

    def tobytes(self) -> bytes: ...


@runtime_checkable
class _Lists(Protocol):
    """An array of any kind, including the standard library's `array.array`."""

    def tolist(self) -> object: ...


@runtime_checkable
class _Places(Protocol):
    """A data frame or a series of pandas, whose rows are chosen by `iloc`."""

    @property
    def iloc(self) -> _Chooses: ...


@runtime_checkable
class _Chooses(Protocol):
    """An array, which takes several indices at once."""

    def __getitem__(self, indices: list[int], /) -> object: ...


@runtime_checkable
class _Selects(Protocol):
    """Rows of ours: a Matrix, Images or Labels."""

    def select(self, indices: Sequence[int], /) -> object: ...


@runtime_checkable
class _Iterates(Protocol):
    """Any iterable."""

    def __iter__(self) -> Iterator[object]: ...


def is_array(values: object) -> bool:
    """Return whether the values are an array, a data frame or a sparse matrix, rather than a list or the like."""
    return isinstance(values, (_Sparse, _Frame, _NumPy))


def in_kind(results: Sequence[T], arrays: bool, dtype: object = None) -> Array[T]:
    """Return the results as they are or, if `arrays` is true, as a NumPy array of this dtype."""
    if not arrays:
        return results
    array: Array[T] = import_module("numpy").asarray(results, dtype=dtype)
    return array


def dtype_of(values: object) -> object:
    """Return the NumPy dtype of an array's entries; None for lists and the like."""
    if not is_array(values):
        return None
    dtype: object = import_module("numpy").asarray(_unpacked(values)).dtype
    return dtype


def column_names(values: object) -> list[str]:
    """Return the names of a data frame's columns; an empty list unless it is a frame and all names are strings."""
    if not (isinstance(values, _Frame) and isinstance(values, _Columns)):
        return []
    names = list(values.columns)
    strings = [name for name in names if isinstance(name, str)]
    return strings if len(strings) == len(names) else []


def items(values: object, name: str) -> list[object]:
    """Return the entries of a column, or the rows of a table, as a list.

    Raises ValueError, with `name` in the message, unless the values are a list, an array or a data frame.

    >>> from array import array
    >>> items(array("d", [1.5, 2.0]), "y"), items(("a", "b"), "y")
    ([1.5, 2.0], ['a', 'b'])
    """
    inner = _unpacked(values)
    if isinstance(inner, _Lists):
        inner = inner.tolist()
    if isinstance(inner, (str, bytes, Mapping)) or not isinstance(inner, _Iterates):
        raise ValueError(f"{name} must be a list, an array or a data frame, got {values!r:.100}")
    return list(inner)


@overload
def select(values: list[T], indices: Sequence[int]) -> list[T]: ...
@overload
def select(values: T, indices: Sequence[int]) -> T: ...
def select(values: object, indices: Sequence[int]) -> object:
    """Return the rows or entries with these indices, in this order, in a collection of the same kind.

    Raises TypeError for anything but a list, a tuple, an array, a data frame or rows of ours.

    >>> select(["a", "b", "c"], [2, 0])
    ['c', 'a']
    """
    kind = type(values)
    if issubclass(kind, (list, tuple)) and isinstance(values, _Iterates):
        entries = list(values)
        chosen = [entries[i] for i in indices]
        return chosen if issubclass(kind, list) else tuple(chosen)
    if isinstance(values, _Places):
        return values.iloc[list(indices)]
    if is_array(values) and isinstance(values, _Chooses):
        return values[list(indices)]
    if isinstance(values, _Selects):
        return values.select(indices)
    raise TypeError(f"expected a list, a tuple, an array, a data frame or rows of numbers, got {values!r:.100}")


def shape_of(values: object) -> tuple[int, ...]:
    """Return the sizes of an array or of nested lists, judged by the first entry of each.

    >>> shape_of([[[1, 2, 3]], [[4, 5, 6]]]), shape_of([1, 2])
    ((2, 1, 3), (2,))
    """
    sizes: list[int] = []
    while is_a(values, list) or is_a(values, tuple):
        entries = items(values, "the array")
        sizes.append(len(entries))
        values = entries[0] if entries else None
    return (*sizes, *values.shape) if isinstance(values, _Shaped) else tuple(sizes)


def flat(values: object) -> list[object]:
    """Return all numbers of an array or of nested lists, the last dimension fastest.

    >>> flat([[1, 2], [[3], [4]]])
    [1, 2, 3, 4]
    """
    entries = items(values, "the array")
    return list(chain.from_iterable(map(flat, entries))) if is_nested(entries) else entries


def bytes_of(values: object) -> bytes | None:
    """Return the bytes of an array of uint8, the last dimension fastest; None for anything else."""
    if not is_array(values):
        return None
    array: object = import_module("numpy").asarray(_unpacked(values))
    return array.tobytes() if isinstance(array, _Bytes) and str(array.dtype) == "uint8" else None


def is_nested(values: Sequence[object]) -> bool:
    """Return whether the values are rows rather than single numbers or labels, judged by the first."""
    return bool(values) and isinstance(values[0], _Iterates) and not isinstance(values[0], (str, bytes))


def as_matrix(values: object, name: str) -> Matrix:
    """Return a table of finite numbers, a row for each sample.

    Raises ValueError, naming the place, for a ragged or empty table, for a single column and for a number that is not
    finite; TypeError for an entry that is not a number.

    >>> as_matrix([[1, 2.5], [True, 0]], "X")
    Matrix([[1.0, 2.5], [1.0, 0.0]])
    """
    rows = items(values, name)
    if rows and not is_nested(rows):
        raise ValueError(
            f"Expected 2D array, got 1D array instead: {name} must be a table with a row for each sample. Reshape your "
            f"data: [[x] for x in {name}] makes a table of single features, [{name}] a table of one sample"
        )
    names = column_names(values)
    data = [_numbers(items(row, f"{name}, row {i}"), f"{name}, row {i}, column", names) for i, row in enumerate(rows)]
    if not data or not data[0]:
        what = "0 feature(s)" if data else "0 sample(s)"
        shape = f"({len(data)}, {len(data[0]) if data else 0})"
        raise ValueError(f"Found array with {what} (shape={shape}) while a minimum of 1 is required: {name}")
    for i, row in enumerate(data):
        if len(row) != len(data[0]):
            raise ValueError(f"{name}, row {i} has {len(row)} numbers, but row 0 has {len(data[0])}")
    return Matrix.wrap(data)


def as_column(values: object, name: str) -> list[float]:
    """Return a column of finite numbers. Raises the errors of `as_matrix`."""
    numbers = items(values, name)
    if is_nested(numbers):
        raise ValueError(f"{name} must be 1D, a number for each sample, got rows of several")
    return _numbers(numbers, f"{name}, row")


def _unpacked(values: object) -> object:
    """Return the array in a frame, a sparse matrix or another object that can become one, or else the values."""
    if isinstance(values, _Sparse):
        return values.toarray()
    if isinstance(values, _Frame):
        return values.to_numpy()
    if isinstance(values, _NumPy) and not isinstance(values, _Lists):
        array: object = import_module("numpy").asarray(values)
        return array
    return values


def is_missing(value: object) -> bool:
    """Return whether a value stands for one that is not there: None, NaN, an empty text, or the like of a data frame.

    >>> [is_missing(value) for value in (None, float("nan"), " ", 0, "no")]
    [True, True, True, False, False]
    """
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, float) and isnan(value)) or repr(value) in ("<NA>", "NaT")


def _numbers(values: Sequence[object], where: str, names: Sequence[str] = ()) -> list[float]:
    """Return the values as finite floats. `names` are those of their columns, if they have any."""
    floats = [float(v) for v in values if isinstance(v, (float, int)) and -LARGEST <= v <= LARGEST]  # not NaN
    if len(floats) == len(values):
        return floats
    titles = [f" ({name!r})" for name in names] or [""] * len(values)
    return [_number(value, f"{where} {i}{title}") for i, (value, title) in enumerate(zip(values, titles))]


def _number(value: object, where: str) -> float:
    """Return the value as a finite float. Numbers of other libraries convert themselves; strings are refused."""
    if is_missing(value):
        shown = "NaN" if isinstance(value, float) else repr(value)
        raise ValueError(f"{where} is missing ({shown}): leave its row out, or put in the mean of its column")
    if isinstance(value, complex):
        raise ValueError(f"Complex data not supported: {where} is {value}")
    if not isinstance(value, SupportsFloat):
        if isinstance(value, (list, tuple)):
            what = f"{where}: expected a number, got a list, as in an array of 3 dimensions: {value!r:.60}"
            raise TypeError(f"{what}; x.reshape(len(x), -1) makes a row of each sample")
        # Python's words for what is neither, which scikit-learn's tests of estimators look for
        expected = "the argument must be not a string but a number"
        if not isinstance(value, str):
            expected = "float() argument must be a string or a real number"
        raise TypeError(f"{where}: {expected}, got {value!r}{_way_to_a_number(value)}")
    try:
        number = float(value)
    except OverflowError:
        number = inf
    if not isfinite(number):
        raise ValueError(f"{where} is {'NaN' if isnan(number) else 'infinity'}, expected a finite number")
    return number


def _way_to_a_number(value: object) -> str:
    """Return the words to append to the refusal of a text or a date; nothing for other values."""
    if not isinstance(value, str):
        return "; date.toordinal() makes a number of days of it" if hasattr(value, "toordinal") else ""
    with suppress(ValueError):
        if isfinite(float(value)):
            return "; float(text) makes a number of it"
    return "; one_hot(texts) makes columns of numbers from texts"
