"""Matrices as lists of rows, and the one dot product that every multiplication in purenn comes down to.

A Matrix checks its numbers and its shape when it is made; after that the inner loops trust it. Those loops are all
comprehensions over whole rows with `map`, `zip` and `dot` inside, because that is where Python is quick: the
interpreter sees one step per row, not one per number.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat
from math import isclose, isfinite
from numbers import Real
from operator import add, mul, sub
from typing import overload

from purenn.errors import ShapeError

__all__ = ["Matrix", "dot"]

if sys.version_info >= (3, 12):
    from math import sumprod as dot

    WORTH_A_CALL = 8  # products from which on calling `dot` is quicker than multiplying and adding in Python; measured
else:
    WORTH_A_CALL = sys.maxsize

    def dot(u: Sequence[float], v: Sequence[float], /) -> float:
        """u1 v1 + u2 v2 + …: multiply pair by pair and add up. From Python 3.12 on this is `math.sumprod`."""
        total: float = sum(map(mul, u, v))
        return total


class Matrix:
    """A rows × columns table of floats, never empty.

    >>> a = Matrix([[1, 2], [3, 4]])
    >>> a @ a
    Matrix([[7.0, 10.0], [15.0, 22.0]])
    >>> a * a - 2 * a.T
    Matrix([[-1.0, -2.0], [5.0, 8.0]])
    >>> a[1], a[1, 0]
    ([3.0, 4.0], 3.0)
    """

    __slots__ = ("data",)

    def __init__(self, rows: Iterable[Iterable[float]]) -> None:
        """Copy `rows`, checking every number.

        Raises TypeError for anything that is not a real number (bools included) and ShapeError for no rows, no columns
        or rows of different lengths; the message names the row and the column.
        """
        self.data: list[list[float]] = [
            [_number(value, i, j) for j, value in enumerate(row)] for i, row in enumerate(rows)
        ]
        if not self.data or not self.data[0]:
            raise ShapeError(f"a matrix needs at least one row and one column, got {len(self.data)} rows of 0 numbers")
        for i, row in enumerate(self.data):
            if len(row) != self.columns:
                raise ShapeError(f"row {i} has {len(row)} numbers, but row 0 has {self.columns}")

    @classmethod
    def wrap(cls, data: list[list[float]]) -> Matrix:
        """The matrix of these very lists, neither copied nor checked: for code that has just built them itself."""
        matrix = cls.__new__(cls)
        matrix.data = data
        return matrix

    @classmethod
    def zeros(cls, rows: int, columns: int) -> Matrix:
        """rows × columns zeros."""
        return cls.from_function(rows, columns, lambda i, j: 0.0)

    @classmethod
    def identity(cls, size: int) -> Matrix:
        """size × size, ones on the diagonal and zeros elsewhere."""
        return cls.from_function(size, size, lambda i, j: float(i == j))

    @classmethod
    def from_function(cls, rows: int, columns: int, function: Callable[[int, int], float]) -> Matrix:
        """The matrix whose entry in row i, column j is function(i, j); a random matrix where the function draws."""
        if rows < 1 or columns < 1:
            raise ShapeError(f"a matrix needs at least one row and one column, got {rows} x {columns}")
        return cls.wrap([[float(function(i, j)) for j in range(columns)] for i in range(rows)])

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.data)

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return len(self.data[0])

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.rows, self.columns

    def __iter__(self) -> Iterator[list[float]]:
        """The rows, from the first to the last."""
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)

    @overload
    def __getitem__(self, index: int) -> list[float]: ...
    @overload
    def __getitem__(self, index: tuple[int, int]) -> float: ...
    def __getitem__(self, index: int | tuple[int, int]) -> list[float] | float:
        """m[i] is row i, m[i, j] the number in its column j."""
        if isinstance(index, tuple):
            i, j = index
            return self.data[i][j]
        return self.data[index]

    def __setitem__(self, index: tuple[int, int], value: float) -> None:
        i, j = index
        self.data[i][j] = _number(value, i, j)

    def take(self, indices: Iterable[int]) -> Matrix:
        """The rows with these indices, in this order. They are shared, not copied. ShapeError for no indices."""
        rows = [self.data[i] for i in indices]
        if not rows:
            raise ShapeError(f"a matrix needs at least one row, got no indices to take from {_x(self)}")
        return Matrix.wrap(rows)

    select = take  # the name that all rows have for it: some rows of a Matrix are a Matrix, some pictures are not

    def copy(self) -> Matrix:
        """Return a matrix with its own rows."""
        return Matrix.wrap([row[:] for row in self.data])

    @property
    def T(self) -> Matrix:
        """The transpose: columns become rows."""
        return Matrix.wrap(list(map(list, zip(*self.data))))

    def __matmul__(self, other: Matrix) -> Matrix:
        """The matrix product: entry i, j is the dot product of row i of self and column j of other.

        A zero on the left multiplies a whole row on the right to nothing, so where zeros are many (pictures are mostly
        background, ReLU silences half of its units) those rows are left out before the dot products are taken. Only if
        all of `other` is finite, though: 0 times NaN or infinity is NaN, and must be seen.

        Raises ShapeError unless self has as many columns as other has rows.
        """
        if self.columns != other.rows:
            raise ShapeError(f"cannot multiply {_x(self)} by {_x(other)}: {self.columns} columns, {other.rows} rows")
        zeros = sum(row.count(0.0) for row in self.data)
        # one infinite or NaN entry makes the sum of all infinite or NaN
        if 3 * zeros > self.rows * self.columns and isfinite(sum(map(sum, other.data))):
            return Matrix.wrap([_combine(row, other.data) for row in self.data])
        columns = list(zip(*other.data))
        return Matrix.wrap([list(map(dot, repeat(row), columns)) for row in self.data])

    def __add__(self, other: Matrix) -> Matrix:
        return self._pairwise(add, "+", other)

    def __sub__(self, other: Matrix) -> Matrix:
        return self._pairwise(sub, "-", other)

    def __mul__(self, other: Matrix | float) -> Matrix:
        """Entry by entry with a matrix of the same shape, or every entry with a number."""
        if isinstance(other, Matrix):
            return self._pairwise(mul, "*", other)
        return Matrix.wrap([[value * other for value in row] for row in self.data])

    __rmul__ = __mul__

    def __truediv__(self, other: Matrix | float) -> Matrix:
        """Entry by entry by a matrix of the same shape, or every entry by a number. ZeroDivisionError as in Python."""
        if isinstance(other, Matrix):
            return self._pairwise(lambda a, b: a / b, "/", other)
        return Matrix.wrap([[value / other for value in row] for row in self.data])

    def __neg__(self) -> Matrix:
        return Matrix.wrap([[-value for value in row] for row in self.data])

    def _pairwise(self, operation: Callable[[float, float], float], sign: str, other: Matrix) -> Matrix:
        if self.shape != other.shape:
            raise ShapeError(f"cannot compute {_x(self)} {sign} {_x(other)}: the shapes differ")
        return Matrix.wrap([list(map(operation, u, v)) for u, v in zip(self.data, other.data)])

    def map(self, function: Callable[[float], float]) -> Matrix:
        """function(value) of every entry."""
        return Matrix.wrap([list(map(function, row)) for row in self.data])

    def add_row(self, row: Matrix) -> Matrix:
        """Every row of self plus this one row, as a bias is added to a batch. ShapeError if it is not 1 × columns."""
        if row.shape != (1, self.columns):
            raise ShapeError(f"cannot add a row of {_x(row)} to every row of {_x(self)}: expected 1 x {self.columns}")
        return Matrix.wrap([list(map(add, u, row.data[0])) for u in self.data])

    def add_scaled(self, other: Matrix, factor: float) -> None:
        """self += factor · other, in place: the step of gradient descent. ShapeError if the shapes differ."""
        if self.shape != other.shape:
            raise ShapeError(f"cannot add a multiple of {_x(other)} to {_x(self)}: the shapes differ")
        for u, v in zip(self.data, other.data):
            if any(v):  # the gradient of a pixel that is 0 in the whole batch is not
                u[:] = [a + factor * b for a, b in zip(u, v)]  # in place: the network's layers hold this very list

    def sum_rows(self) -> Matrix:
        """All rows added up: 1 × columns."""
        return Matrix.wrap([list(map(sum, zip(*self.data)))])

    def __eq__(self, other: object) -> bool:
        """Same shape and exactly the same numbers; for computed ones see `is_close`."""
        return self.data == other.data if isinstance(other, Matrix) else NotImplemented

    def is_close(self, other: Matrix, *, relative: float = 1e-9, absolute: float = 1e-12) -> bool:
        """True if the shapes agree and every pair of entries differs by at most the larger of the two tolerances."""
        return self.shape == other.shape and all(
            isclose(a, b, rel_tol=relative, abs_tol=absolute) for u, v in zip(self, other) for a, b in zip(u, v)
        )

    def __repr__(self) -> str:
        """All of a small matrix; of a large one its size and its corners.

        >>> Matrix.zeros(100, 784)
        Matrix 100 x 784: [[0.0, 0.0, ..., 0.0], [0.0, 0.0, ..., 0.0], ..., [0.0, 0.0, ..., 0.0]]
        """
        if self.rows * self.columns <= 36:
            return f"Matrix({self.data})"
        return f"Matrix {_x(self)}: [{_shorten([f'[{_shorten(list(map(str, row)))}]' for row in self.data])}]"

    def __str__(self) -> str:
        """Every number, a line per row, in columns of equal width.

        >>> print(Matrix([[1, 2.5], [-30, 4]]))
          1.0   2.5
        -30.0   4.0
        """
        cells = [[f"{v:.1f}" if v % 1 == 0.0 and abs(v) < 1e9 else f"{v:.6g}" for v in row] for row in self.data]
        widths = [max(map(len, column)) for column in zip(*cells)]
        return "\n".join("  ".join(map(str.rjust, row, widths)) for row in cells)


def _number(value: float, i: int, j: int) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"row {i}, column {j}: expected a number, got {value!r}")
    try:
        return float(value)
    except OverflowError:
        raise TypeError(f"row {i}, column {j}: this whole number is too large for a float") from None


def _combine(factors: Sequence[float], rows: Sequence[Sequence[float]]) -> list[float]:
    """f1 · row 1 + f2 · row 2 + …, of those rows whose factor is not zero.

    Enough rows are combined column by column, with `dot`. Where `dot` would cost more to call than what it computes,
    they are added up row by row: the odd one, the odd pair, and then four at a time, for each pass builds a new list.
    """
    kept = [(factor, row) for factor, row in zip(factors, rows) if factor]
    if len(kept) >= WORTH_A_CALL:
        values, others = zip(*kept)
        return list(map(dot, repeat(values), zip(*others)))
    total = [0.0] * len(rows[0])
    terms = iter(kept)
    if len(kept) & 1:
        a, u = next(terms)
        total = [a * x for x in u]
    if len(kept) & 2:
        (a, u), (b, v) = next(terms), next(terms)
        total = [t + a * x + b * y for t, x, y in zip(total, u, v)]
    for (a, u), (b, v), (c, w), (d, q) in zip(terms, terms, terms, terms):
        total = [t + a * x + b * y + c * z + d * r for t, x, y, z, r in zip(total, u, v, w, q)]
    return total


def _x(matrix: Matrix) -> str:
    return f"{matrix.rows} x {matrix.columns}"


def _shorten(words: list[str]) -> str:
    return ", ".join(words if len(words) <= 4 else [*words[:2], "...", words[-1]])
