"""Matrices as lists of rows, and the dot product from which their multiplication is built.

A Matrix checks its numbers and its shape when it is made; after that, the inner loops trust it. These loops are
comprehensions over whole rows with `map`, `zip` and `dot` inside, because Python is fast there: the interpreter
executes one step per row, not one per number.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, compress, repeat
from math import isclose, isfinite
from numbers import Real
from operator import add, is_, mul, sub
from typing import TypeVar, overload

from purenn.errors import ShapeError
from purenn.foreign import Answering, Choice, chosen_rows

__all__ = ["Matrix", "dot"]

if sys.version_info >= (3, 12):
    from math import sumprod as dot

    WORTH_A_CALL = 8  # from this many products on, calling `dot` is faster than adding them up in Python; measured
else:
    WORTH_A_CALL = sys.maxsize

    def dot(u: Sequence[float], v: Sequence[float], /) -> float:
        """Return u1 v1 + u2 v2 + …, the sum of the products of pairs. From Python 3.12 on, this is `math.sumprod`."""
        total: float = sum(map(mul, u, v))
        return total


Item = TypeVar("Item")


class Matrix(Answering):
    """A table of floats, rows × columns, never empty.

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

        Raises TypeError for a value that is not a real number (bools are refused), and ShapeError for no rows, no
        columns or rows of different lengths. The message names the row and the column.
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
        """Return a matrix with these lists as its rows, not copied and not checked: for code that just built them."""
        matrix = cls.__new__(cls)
        matrix.data = data
        return matrix

    @classmethod
    def zeros(cls, rows: int, columns: int) -> Matrix:
        """Return a rows × columns matrix of zeros."""
        return cls.from_function(rows, columns, lambda i, j: 0.0)

    @classmethod
    def identity(cls, size: int) -> Matrix:
        """Return the size × size identity matrix: ones on the diagonal, zeros elsewhere."""
        return cls.from_function(size, size, lambda i, j: float(i == j))

    @classmethod
    def from_function(cls, rows: int, columns: int, function: Callable[[int, int], float]) -> Matrix:
        """Return the matrix with function(i, j) in row i, column j, called row by row: it may draw random numbers.

        Raises ShapeError for fewer than one row or column.
        """
        if rows < 1 or columns < 1:
            raise ShapeError(f"a matrix needs at least one row and one column, got {rows} x {columns}")
        return cls.wrap([[float(function(i, j)) for j in range(columns)] for i in range(rows)])

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.data)

    @property
    def columns(self) -> int:
        """The number of columns."""
        return len(self.data[0])

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of rows and columns."""
        return self.rows, self.columns

    def __iter__(self) -> Iterator[list[float]]:
        """Iterate over the rows, from the first to the last."""
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)

    @overload
    def __getitem__(self, index: int) -> list[float]: ...
    @overload
    def __getitem__(self, index: slice | Choice) -> Matrix: ...
    @overload
    def __getitem__(self, index: tuple[int, int]) -> float: ...
    @overload
    def __getitem__(self, index: tuple[slice, int]) -> list[float]: ...
    def __getitem__(self, index: int | slice | Choice | tuple[int, int] | tuple[slice, int]) -> object:
        """Return row i for m[i], the number in row i, column j for m[i, j], rows for m[1:3], and column j for m[:, j].

        A list or an array chooses rows by their numbers, as in m[[2, 0]], or by a bool for each row. Rows are shared,
        not copied.
        """
        if type(index) is int:  # asked first: the usual case is the fastest
            return self.data[index]
        if isinstance(index, tuple):
            i, j = index
            if is_(j, ...):  # m[i, ...] is m[i]: scikit-learn asks for rows like this
                return self[i]
            return [row[j] for row in self.data[i]] if isinstance(i, slice) else self.data[i][j]
        if isinstance(index, Iterable):
            return self.take(chosen_rows(index, self.rows))
        if isinstance(index, bool):  # y == 0 is False for a list y
            raise TypeError(f"m[{index}]: expected a bool for each row, as in m[[label == 0 for label in y]]")
        return self.take(range(self.rows)[index]) if isinstance(index, slice) else self.data[index]

    def __setitem__(self, index: tuple[int, int], value: float) -> None:
        i, j = index
        self.data[i][j] = _number(value, i, j)

    def take(self, indices: Iterable[int]) -> Matrix:
        """Return the rows with these indices, in this order: shared, not copied. Raises ShapeError for no indices."""
        rows = [self.data[i] for i in indices]
        if not rows:
            raise ShapeError(f"a matrix needs at least one row, got no indices to take from {_x(self)}")
        return Matrix.wrap(rows)

    select = take  # `take` makes a Matrix, `select` rows of the same kind: for a Matrix these are one

    def copy(self) -> Matrix:
        """Return a copy that shares no rows with this matrix."""
        return Matrix.wrap([row[:] for row in self.data])

    def __deepcopy__(self, memo: dict[int, object]) -> Matrix:
        """Return a copy. `copy.deepcopy` would look at every number as well, which takes 20 times as long."""
        return self.copy()

    def tolist(self) -> list[list[float]]:
        """Return the numbers as a list of rows, copied."""
        return self.copy().data

    @property
    def T(self) -> Matrix:
        """The transpose: columns become rows."""
        return Matrix.wrap(list(map(list, zip(*self.data))))

    def __matmul__(self, other: Matrix) -> Matrix:
        """Return the matrix product: entry i, j is the dot product of row i of self and column j of other.

        A zero in self multiplies a whole row of other, which then adds nothing. Where zeros are many (pictures are
        mostly background, and ReLU silences about half of its units), these rows are left out before the dot products
        are computed. This is done only if all of `other` is finite: 0 times NaN or infinity is NaN, and must be seen.

        Raises ShapeError unless self has as many columns as other has rows.
        """
        self._check_operand("@", other)
        if self.columns != other.rows:
            raise ShapeError(f"cannot multiply {_x(self)} by {_x(other)}: {self.columns} columns, {other.rows} rows")
        zeros = sum(row.count(0.0) for row in self.data)
        # if one entry is infinite or NaN, so is the sum of all entries
        if 3 * zeros > self.rows * self.columns and isfinite(sum(map(sum, other.data))):
            return Matrix.wrap([_combine(row, other.data) for row in self.data])
        columns = list(zip(*other.data))
        return Matrix.wrap([list(map(dot, repeat(row), columns)) for row in self.data])

    def __add__(self, other: Matrix) -> Matrix:
        return self._pairwise(add, "+", other)

    def __sub__(self, other: Matrix) -> Matrix:
        return self._pairwise(sub, "-", other)

    def __mul__(self, other: Matrix | float) -> Matrix:
        """Multiply entry by entry with a matrix of the same shape, or every entry by a number."""
        if isinstance(other, Matrix):
            return self._pairwise(mul, "*", other)
        return Matrix.wrap([[value * other for value in row] for row in self.data])

    __rmul__ = __mul__

    def __truediv__(self, other: Matrix | float) -> Matrix:
        """Divide entry by entry by a matrix of the same shape, or every entry by a number.

        Raises ZeroDivisionError if one of the divisors is 0.
        """
        if isinstance(other, Matrix):
            return self._pairwise(lambda a, b: a / b, "/", other)
        return Matrix.wrap([[value / other for value in row] for row in self.data])

    def __neg__(self) -> Matrix:
        return Matrix.wrap([[-value for value in row] for row in self.data])

    def _pairwise(self, operation: Callable[[float, float], float], sign: str, other: Matrix) -> Matrix:
        self._check_operand(sign, other)
        if self.shape != other.shape:
            raise ShapeError(f"cannot compute {_x(self)} {sign} {_x(other)}: the shapes differ")
        return Matrix.wrap([list(map(operation, u, v)) for u, v in zip(self.data, other.data)])

    def _check_operand(self, sign: str, other: object) -> None:
        if not isinstance(other, Matrix):
            hint = "m.map(function) changes every number" if isinstance(other, Real) else "Matrix(rows) makes one"
            raise TypeError(f"cannot compute {_x(self)} {sign} {other!r:.100}: expected another Matrix; {hint}")

    def map(self, function: Callable[[float], float]) -> Matrix:
        """Return the matrix of function(value) for every entry."""
        return Matrix.wrap([list(map(function, row)) for row in self.data])

    def add_row(self, row: Matrix) -> Matrix:
        """Return this matrix with `row` added to each of its rows, as a bias is added to a batch.

        Raises ShapeError unless `row` is 1 × columns.
        """
        if row.shape != (1, self.columns):
            raise ShapeError(f"cannot add a row of {_x(row)} to every row of {_x(self)}: expected 1 x {self.columns}")
        return Matrix.wrap([list(map(add, u, row.data[0])) for u in self.data])

    def add_scaled(self, other: Matrix, factor: float) -> None:
        """Add factor · other in place, the step of gradient descent. Raises ShapeError if the shapes differ."""
        if self.shape != other.shape:
            raise ShapeError(f"cannot add a multiple of {_x(other)} to {_x(self)}: the shapes differ")
        for u, v in zip(self.data, other.data):
            if any(v):  # skip rows of zeros: the gradient for a pixel that is 0 in the whole batch
                u[:] = [a + factor * b for a, b in zip(u, v)]  # in place: the layers of the network hold this list

    def sum_rows(self) -> Matrix:
        """Return the sum of all rows, 1 × columns."""
        return Matrix.wrap([list(map(sum, zip(*self.data)))])

    def __eq__(self, other: object) -> bool:
        """Return True for the same shape and exactly the same numbers. For computed numbers see `is_close`."""
        return self.data == other.data if isinstance(other, Matrix) else NotImplemented

    def is_close(self, other: Matrix, *, relative: float = 1e-9, absolute: float = 1e-12) -> bool:
        """Return True if the shapes agree and every two entries differ by at most one of the two tolerances: `relative`
        times the larger entry, or `absolute`."""
        return self.shape == other.shape and all(
            isclose(a, b, rel_tol=relative, abs_tol=absolute) for u, v in zip(self, other) for a, b in zip(u, v)
        )

    def __repr__(self) -> str:
        """Show all of a small matrix, or the size and the corners of a large one.

        >>> Matrix.zeros(100, 784)
        Matrix 100 x 784: [[0.0, 0.0, ..., 0.0], [0.0, 0.0, ..., 0.0], ..., [0.0, 0.0, ..., 0.0]]
        """
        if self.rows * self.columns <= 36:
            return f"Matrix({self.data})"
        rows = (f"[{', '.join(row)}]" for row in self._shown(4, "...", str))
        return f"Matrix {_x(self)}: [{', '.join(rows).replace('[...]', '...')}]"

    def _repr_html_(self) -> str:
        """Return a table for a notebook; of more than 12 rows or columns, the first ones and the last."""
        rows = ("</td><td>".join(row) for row in self._shown(12, "…", "{:.6g}".format))
        return f"<table>{''.join(f'<tr><td>{row}</td></tr>' for row in rows)}</table>{_x(self)}"

    def _shown(self, most: int, gap: str, form: Callable[[float], str]) -> list[list[str]]:
        """Return the numbers as words; of more than `most` rows or columns, the first ones, a gap, and the last."""
        rows = [[form(value) for value in _ends(row, most)] for row in _ends(self.data, most)]
        for row in rows if self.columns > most else ():
            row.insert(most // 2, gap)
        return [*rows[: most // 2], [gap], rows[-1]] if self.rows > most else rows

    def __str__(self) -> str:
        """Return all numbers, a line per row, in columns of equal width.

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
    """Return f1 · row 1 + f2 · row 2 + …, leaving out the rows whose factor is zero.

    From WORTH_A_CALL rows on, the sum is computed column by column, with `dot`. For fewer, calling `dot` would cost
    more than it saves, so rows are added up: in groups of four, because each pass builds a new list. Rows of zeros fill
    up the first group.
    """
    kept, others = list(filter(None, factors)), list(compress(rows, factors))
    if len(kept) >= WORTH_A_CALL:
        return list(map(dot, repeat(kept), zip(*others)))
    total = [0.0] * len(rows[0])
    terms = chain(repeat((0.0, total), -len(kept) % 4), zip(kept, others))
    for (a, u), (b, v), (c, w), (d, q) in zip(terms, terms, terms, terms):  # takes the next four terms
        total = [t + a * x + b * y + c * z + d * r for t, x, y, z, r in zip(total, u, v, w, q)]
    return total


def _x(matrix: Matrix) -> str:
    return f"{matrix.rows} x {matrix.columns}"


def _ends(items: list[Item], most: int) -> list[Item]:
    return items if len(items) <= most else [*items[: most // 2], items[-1]]
