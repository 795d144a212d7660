"""Matrices: what they refuse, what they compute, and that skipping zeros changes no product."""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable, Sequence
from copy import deepcopy
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest

from purenn.errors import ShapeError
from purenn.matrix import Matrix, dot
from tests.conftest import normal

A = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]


def exact_product(a: Matrix, b: Matrix) -> Matrix:
    """Entry i, j is Σ a[i, k] b[k, j], in fractions and so without rounding."""
    return Matrix(
        [
            [float(sum(Fraction(a[i, k]) * Fraction(b[k, j]) for k in range(a.columns))) for j in range(b.columns)]
            for i in range(a.rows)
        ]
    )


def thinned(full: Matrix, density: float, rng: Random) -> Matrix:
    """Return a copy in which each number is kept with this probability and is 0 otherwise."""
    return full.map(lambda value: value if rng.random() < density else 0.0)


# The door.


def test_whole_numbers_become_floats() -> None:
    m = Matrix([[1, 2.5], [-3, 0]])
    assert m.data == [[1.0, 2.5], [-3.0, 0.0]]
    assert {type(value) for row in m for value in row} == {float}


def test_a_matrix_copies_the_rows_it_is_given() -> None:
    rows = [[1.0, 2.0]]
    m = Matrix(rows)
    rows[0][0] = 9.0
    assert m[0, 0] == 1.0


def test_rows_may_come_from_generators() -> None:
    assert Matrix((float(i * j) for j in range(2)) for i in range(1, 3)) == Matrix([[0, 1], [0, 2]])


@pytest.mark.parametrize("value", [True, False, "1", None, 1j, [1.0], Decimal(1)], ids=repr)
def test_an_entry_that_is_no_number_is_refused_with_its_row_and_column(value: float) -> None:
    with pytest.raises(TypeError, match=r"row 1, column 2: expected a number") as caught:
        Matrix([[0.0, 0.0, 0.0], [0.0, 0.0, value]])
    assert repr(value) in str(caught.value)
    m = Matrix(A)
    with pytest.raises(TypeError, match="row 1, column 2: expected a number"):
        m[1, 2] = value
    assert m == Matrix(A)


def test_ragged_rows_are_refused_with_the_row_and_both_lengths() -> None:
    with pytest.raises(ShapeError, match="row 2 has 3 numbers, but row 0 has 2"):
        Matrix([[1, 2], [3, 4], [5, 6, 7], [8]])
    with pytest.raises(ShapeError, match="row 1 has 0 numbers, but row 0 has 1"):
        Matrix([[1], []])


@pytest.mark.parametrize(("rows", "number"), [([], 0), ([[]], 1), ([[], []], 2)], ids=str)
def test_an_empty_matrix_is_refused(rows: list[list[float]], number: int) -> None:
    with pytest.raises(ShapeError, match=f"at least one row and one column, got {number} rows"):
        Matrix(rows)


@pytest.mark.parametrize(("rows", "columns"), [(0, 3), (3, 0), (0, 0), (-1, 2)])
def test_an_empty_matrix_is_not_made_by_other_ways_either(rows: int, columns: int) -> None:
    with pytest.raises(ShapeError, match=f"got {rows} x {columns}"):
        Matrix.zeros(rows, columns)
    with pytest.raises(ShapeError, match="no indices"):
        Matrix(A).take([])


def test_nan_and_infinity_are_numbers() -> None:
    m = Matrix([[math.nan, math.inf]])
    assert math.isnan(m[0, 0])
    assert m[0, 1] == math.inf


# Making one.


def test_zeros_identity_and_from_function() -> None:
    assert Matrix.zeros(2, 3).data == [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    assert Matrix.identity(2).data == [[1.0, 0.0], [0.0, 1.0]]
    m = Matrix.from_function(2, 3, lambda i, j: 10 * i + j)
    assert m.data == [[0.0, 1.0, 2.0], [10.0, 11.0, 12.0]]
    assert type(m[1, 2]) is float


def test_the_rows_of_zeros_are_apart() -> None:
    m = Matrix.zeros(2, 2)
    m[0, 0] = 1.0
    assert m[1, 0] == 0.0


def test_wrap_keeps_the_very_lists() -> None:
    rows = [[1.0], [2.0]]
    assert Matrix.wrap(rows).data is rows


# Reading and changing.


def test_shape_rows_columns_and_items() -> None:
    m = Matrix(A)
    assert (m.shape, m.rows, m.columns, len(m)) == ((2, 3), 2, 3, 2)
    assert (m[1], m[1, 2], m[-1, -1]) == ([4.0, 5.0, 6.0], 6.0, 6.0)
    assert list(m) == A


@pytest.mark.parametrize("index", [(2, 0), (0, 3)])
def test_an_index_beyond_the_edge_is_an_error(index: tuple[int, int]) -> None:
    with pytest.raises(IndexError):
        Matrix(A)[index]


def test_one_entry_can_be_set() -> None:
    m = Matrix(A)
    m[1, 0] = -1
    assert m.data == [[1.0, 2.0, 3.0], [-1.0, 5.0, 6.0]]
    assert type(m[1, 0]) is float


def test_take_shares_rows_in_the_order_asked_for() -> None:
    m = Matrix([[1], [2], [3]])
    taken = m.take([2, 0, 2])
    assert taken.data == [[3.0], [1.0], [3.0]]
    assert taken[0] is m[2]


def test_the_part_selected_of_a_matrix_is_a_matrix_of_the_same_rows() -> None:
    m = Matrix([[1], [2], [3]])
    part = m.select([2, 0])
    assert part == Matrix([[3], [1]])
    assert part[0] is m[2]
    assert m.select([2, 0]).select([1]) == Matrix([[1]])


@pytest.mark.parametrize("copied", [Matrix.copy, deepcopy])
def test_a_copy_has_its_own_rows(copied: Callable[[Matrix], Matrix]) -> None:
    m = Matrix(A)
    other = copied(m)
    other[0, 0] = 9.0
    assert m == Matrix(A)


def test_add_scaled_changes_the_very_rows_in_place() -> None:
    m = Matrix(A)
    rows = list(m)
    m.add_scaled(Matrix([[1, 1, 1], [2, 2, 2]]), -0.5)
    # 1 - 0.5*1 … and 4 - 0.5*2 …
    assert m.data == [[0.5, 1.5, 2.5], [3.0, 4.0, 5.0]]
    assert all(now is before for now, before in zip(m, rows))


def test_add_scaled_changes_nothing_where_a_whole_row_is_zeros() -> None:
    m = Matrix([[-0.0, 2, 3], [4, 5, 6]])
    m.add_scaled(Matrix([[0, -0.0, 0], [1, -1, 0]]), 0.5)
    assert repr(m) == "Matrix([[-0.0, 2.0, 3.0], [4.5, 4.5, 6.0]])"  # -0.0 + 0.5 * 0.0 would have been 0.0


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_add_scaled_does_not_pass_over_a_number_that_is_not_finite(value: float) -> None:
    m = Matrix(A)
    m.add_scaled(Matrix([[0, value, 0], [0, 0, 0]]), 1.0)
    assert repr(m) == f"Matrix([[1.0, {value}, 3.0], [4.0, 5.0, 6.0]])"


# Arithmetic.


def test_transpose() -> None:
    assert Matrix(A).T.data == [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]
    assert Matrix(A) == Matrix(A).T.T


def test_entrywise_operations() -> None:
    a, b = Matrix([[1, 2], [3, 4]]), Matrix([[10, 20], [30, 40]])
    assert (a + b).data == [[11.0, 22.0], [33.0, 44.0]]
    assert (b - a).data == [[9.0, 18.0], [27.0, 36.0]]
    assert (a * b).data == [[10.0, 40.0], [90.0, 160.0]]
    assert (b / a).data == [[10.0, 10.0], [10.0, 10.0]]
    assert (-a).data == [[-1.0, -2.0], [-3.0, -4.0]]
    assert (a, b) == (Matrix([[1, 2], [3, 4]]), Matrix([[10, 20], [30, 40]]))


def test_operations_with_a_number() -> None:
    a = Matrix([[1, 2], [3, 4]])
    assert (a * 2).data == (2 * a).data == [[2.0, 4.0], [6.0, 8.0]]
    assert (a / 2).data == [[0.5, 1.0], [1.5, 2.0]]
    with pytest.raises(ZeroDivisionError):
        a / 0.0
    with pytest.raises(ZeroDivisionError):
        a / Matrix.zeros(2, 2)


def test_map_applies_a_function_and_what_it_gives_can_be_divided() -> None:
    squares = Matrix(A).map(lambda value: value * value)
    assert squares.data == [[1.0, 4.0, 9.0], [16.0, 25.0, 36.0]]
    signs = Matrix([[2.5, -1.5]]).map(lambda value: 1 if value > 0 else -1)
    assert (signs / Matrix([[4, 2]])).data == [[0.25, -0.5]]


def test_rows_are_added_up_column_by_column() -> None:
    assert Matrix(A).sum_rows().data == [[5.0, 7.0, 9.0]]


def test_add_row_adds_to_every_row() -> None:
    assert Matrix(A).add_row(Matrix([[10, 20, 30]])).data == [[11.0, 22.0, 33.0], [14.0, 25.0, 36.0]]


def test_shapes_that_do_not_fit_are_both_named() -> None:
    a, b = Matrix.zeros(2, 3), Matrix.zeros(4, 5)
    with pytest.raises(ShapeError, match=r"2 x 3 \+ 4 x 5"):
        a + b
    with pytest.raises(ShapeError, match="2 x 3 - 4 x 5"):
        a - b
    with pytest.raises(ShapeError, match=r"2 x 3 \* 4 x 5"):
        a * b
    with pytest.raises(ShapeError, match="2 x 3 / 4 x 5"):
        a / b
    with pytest.raises(ShapeError, match="2 x 3 by 4 x 5: 3 columns, 4 rows"):
        a @ b
    with pytest.raises(ShapeError, match=r"a row of 4 x 5 to every row of 2 x 3: expected 1 x 3"):
        a.add_row(b)
    with pytest.raises(ShapeError, match="4 x 5 to 2 x 3"):
        a.add_scaled(b, 1.0)


@pytest.mark.parametrize("shape", [(1, 3), (3, 2), (2, 2), (3, 3)])
def test_nothing_is_stretched_to_fit(shape: tuple[int, int]) -> None:
    with pytest.raises(ShapeError):
        Matrix.zeros(2, 3) + Matrix.zeros(*shape)


# The product. Where zeros are many, the rows that are kept are combined by `dot` or, if its calls would cost too much,
# row by row. Which it is depends on the Python: both ways are tried on every one.

each_way = pytest.mark.parametrize("worth_a_call", [1, sys.maxsize], ids=["by dot", "row by row"])


def test_dot_multiplies_in_pairs_and_adds_up() -> None:
    assert dot([1.0, 2.0, 3.0], [4.0, 5.0, 6.0]) == 32.0  # 4 + 10 + 18


def test_a_product_by_hand() -> None:
    # 1*7 + 2*9 + 3*11 = 58, and so on
    assert (Matrix(A) @ Matrix([[7, 8], [9, 10], [11, 12]])).data == [[58.0, 64.0], [139.0, 154.0]]
    assert Matrix(A) @ Matrix.identity(3) == Matrix(A)
    assert Matrix.identity(2) @ Matrix(A) == Matrix(A)


@pytest.mark.parametrize("density", [0.0, 0.05, 0.3, 0.6, 0.7, 0.95, 1.0])
def test_the_product_is_exact_to_rounding_however_many_zeros(density: float) -> None:
    rng = Random(3)
    for _ in range(10):
        rows, inner, columns = rng.randint(1, 8), rng.randint(1, 12), rng.randint(1, 8)
        a, b = thinned(normal(rows, inner, rng), density, rng), normal(inner, columns, rng)
        assert (a @ b).is_close(exact_product(a, b), relative=0.0, absolute=1e-13)


@each_way
@pytest.mark.parametrize("kept", [*range(10), 39])
def test_the_product_is_exact_to_rounding_however_many_rows_are_kept(
    monkeypatch: pytest.MonkeyPatch, worth_a_call: int, kept: int
) -> None:
    # row by row the odd one, the odd pair and the fours are added apart: 0 to 9 have every mix of them
    monkeypatch.setattr("purenn.matrix.WORTH_A_CALL", worth_a_call)
    rng = Random(5)
    rows = [rng.sample([rng.gauss(0, 1) for _ in range(kept)] + [0.0] * (60 - kept), 60) for _ in range(3)]
    a, b = Matrix(rows), normal(60, 4, rng)
    assert (a @ b).is_close(exact_product(a, b), relative=0.0, absolute=1e-13)


def test_dot_is_called_for_each_column_from_as_many_kept_rows_on_as_are_worth_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lengths: list[int] = []

    def counted(u: Sequence[float], v: Sequence[float]) -> float:
        lengths.append(len(u))
        return dot(u, v)

    monkeypatch.setattr("purenn.matrix.WORTH_A_CALL", 3)
    monkeypatch.setattr("purenn.matrix.dot", counted)
    two_kept, three_kept = [1.0, 0.0, 0.0, 0.0, 2.0], [1.0, 0.0, 3.0, 0.0, 2.0]
    Matrix([two_kept, three_kept, [0.0] * 5]) @ Matrix.identity(5)
    assert lengths == [3] * 5  # five columns for the row that keeps three, none for the others


def test_both_ways_to_a_product_agree() -> None:
    # more than a third of zeros are skipped; the same rows among full ones, which keep the share down, are not
    rng = Random(4)
    sparse, full, b = thinned(normal(5, 12, rng), 0.3, rng), normal(40, 12, rng), normal(12, 6, rng)
    together = Matrix([*sparse, *full]) @ b
    assert (sparse @ b).is_close(together.take(range(5)), absolute=1e-13)


@each_way
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("zeros", range(7))
def test_nan_and_infinity_are_seen_behind_any_number_of_zeros(
    monkeypatch: pytest.MonkeyPatch, worth_a_call: int, value: float, zeros: int
) -> None:
    # 0 · NaN and 0 · inf are NaN, whether zeros are few enough for dot products or so many that rows are left out
    monkeypatch.setattr("purenn.matrix.WORTH_A_CALL", worth_a_call)
    left = Matrix([[0.0] * zeros + [1.0] * (6 - zeros)])
    right = Matrix([[value, 2.0], *[[2.0, 2.0]] * 5])
    product = left @ right
    assert math.isnan(product[0, 0]) if zeros or math.isnan(value) else product[0, 0] == value
    assert product[0, 1] == 2.0 * (6 - zeros)
    assert math.isnan((left @ Matrix([[2.0, 2.0]] * 5 + [[2.0, math.nan]]))[0, 1])


def test_infinities_that_cancel_out_in_a_sum_are_seen_too() -> None:
    product = Matrix([[0, 0, 0, 1]]) @ Matrix([[math.inf], [-math.inf], [5], [7]])
    assert math.isnan(product[0, 0])


def test_finite_numbers_whose_sum_is_beyond_all_floats_are_multiplied_all_the_same() -> None:
    product = Matrix([[0, 0, 0, 2]]) @ Matrix([[1.5e308], [1.5e308], [1.5e308], [7]])
    assert product == Matrix([[14.0]])


@each_way
def test_a_row_of_zeros_gives_a_row_of_zeros(monkeypatch: pytest.MonkeyPatch, worth_a_call: int) -> None:
    monkeypatch.setattr("purenn.matrix.WORTH_A_CALL", worth_a_call)
    assert (Matrix([[0, 0], [0, -0.0], [1, 0]]) @ Matrix([[1, 2, 3], [4, 5, 6]])).data == [
        [0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0],
        [1.0, 2.0, 3.0],
    ]


@each_way
def test_nan_passes_through_every_way(monkeypatch: pytest.MonkeyPatch, worth_a_call: int) -> None:
    monkeypatch.setattr("purenn.matrix.WORTH_A_CALL", worth_a_call)
    assert math.isnan((Matrix([[math.nan, 0, 0]]) @ Matrix([[1], [1], [1]]))[0, 0])
    assert math.isnan((Matrix([[math.nan, 1, 1]]) @ Matrix([[1], [1], [1]]))[0, 0])


# Comparing and showing.


def test_equality_is_of_shape_and_every_number() -> None:
    assert Matrix(A) == Matrix(A)
    assert Matrix(A) != Matrix(A).T
    assert Matrix([[1.0]]) != Matrix([[1.0 + 2**-52]])
    assert Matrix([[1.0]]) != [[1.0]]


def test_a_matrix_has_no_hash_because_it_can_change() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Matrix(A))


def test_is_close_allows_the_larger_of_two_tolerances() -> None:
    a = Matrix([[1000.0, 0.0]])
    assert a.is_close(Matrix([[1000.0 + 1e-7, 1e-13]]))
    assert not a.is_close(Matrix([[1000.0 + 1e-5, 0.0]]))
    assert not a.is_close(Matrix([[1000.0, 1e-11]]))
    assert a.is_close(Matrix([[1010.0, 0.0]]), relative=0.01)
    assert a.is_close(Matrix([[1000.0, 0.5]]), absolute=0.5)
    assert not a.is_close(Matrix([[1000.0]]), relative=1.0, absolute=1e9)
    assert not Matrix([[math.nan]]).is_close(Matrix([[math.nan]]))


def test_a_small_matrix_shows_all_of_itself() -> None:
    assert repr(Matrix(A)) == "Matrix([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])"
    assert repr(Matrix.zeros(6, 6)).count("0.0") == 36


def test_a_large_matrix_shows_its_size_and_its_corners() -> None:
    m = Matrix.from_function(100, 784, lambda i, j: 1000 * i + j)
    assert repr(m) == (
        "Matrix 100 x 784: "
        "[[0.0, 1.0, ..., 783.0], [1000.0, 1001.0, ..., 1783.0], ..., [99000.0, 99001.0, ..., 99783.0]]"
    )
    assert repr(Matrix.zeros(37, 1)) == "Matrix 37 x 1: [[0.0], [0.0], ..., [0.0]]"
    assert repr(Matrix.zeros(2, 20)) == "Matrix 2 x 20: [[0.0, 0.0, ..., 0.0], [0.0, 0.0, ..., 0.0]]"


def test_as_text_it_stands_in_columns() -> None:
    assert str(Matrix([[1, -2.25], [300, 1e-9], [math.inf, math.nan]])) == (
        "  1.0  -2.25\n300.0  1e-09\n  inf    nan"  # every column as wide as its widest number, right-aligned
    )
    assert len(str(Matrix.zeros(50, 3)).splitlines()) == 50


# Habits from other libraries.


def test_a_matrix_becomes_a_list_of_rows_of_its_own() -> None:
    m = Matrix(A)
    rows = m.tolist()
    assert rows == A
    rows[0][0] = 9.0
    assert m[0, 0] == 1.0


def test_slices_are_rows_and_a_column() -> None:
    m = Matrix(A)
    assert m[1:] == Matrix([[4, 5, 6]])
    assert m[:, 1] == [2.0, 5.0]
    with pytest.raises(ShapeError, match="at least one row"):
        m[5:]


def test_a_list_chooses_rows_by_number_or_by_a_bool_for_each() -> None:
    m = Matrix([[1], [2], [3]])
    assert m[[2, 0]] == Matrix([[3], [1]])
    assert m[[row[0] > 1.0 for row in m]] == Matrix([[2], [3]])
    assert m[[2]][0] is m[2]


@pytest.mark.parametrize(
    ("index", "error", "words"),
    [
        ([True, False], ShapeError, r"expected a bool for each of the 3 rows, got 2"),
        ([False, False, False], ShapeError, "at least one row"),
        ([3], IndexError, "out of range"),
        ("a", TypeError, "integers or slices, not str"),
        (False, TypeError, r"m\[False\]: expected a bool for each row, as in m\[\[label == 0 for label in y\]\]"),
    ],
    ids=["too few bools", "nothing", "no such row", "a name", "one bool"],
)
def test_rows_that_cannot_be_chosen(index: list[int], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Matrix([[1], [2], [3]])[index]


@pytest.mark.parametrize("other", [1, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]], ids=["number", "list"])
def test_an_operand_that_is_no_matrix_is_refused_with_the_call_that_works(other: Matrix) -> None:
    call = r"m\.map\(function\)" if other == 1 else r"Matrix\(rows\) makes one"
    for operation in (operator.add, operator.sub, operator.matmul):
        with pytest.raises(TypeError, match=rf"cannot compute 2 x 3 [-+@] .*: expected another Matrix; {call}"):
            operation(Matrix(A), other)


def test_a_method_of_another_library_is_answered_with_ours() -> None:
    with pytest.raises(AttributeError, match=r"'Matrix' object has no attribute 'dot'; purenn calls it m @ n"):
        operator.attrgetter("dot")(Matrix(A))
    assert not hasattr(Matrix(A), "toarray")  # other libraries ask like this what kind of object it is


def test_a_notebook_shows_a_matrix_as_a_table() -> None:
    shown = operator.methodcaller("_repr_html_")
    row = "<tr><td>1</td><td>-0.333333</td></tr>"
    assert shown(Matrix([[1.0, -1.0 / 3.0]] * 2)) == f"<table>{row}{row}</table>2 x 2"
    large = shown(Matrix.from_function(13, 20, lambda i, j: i))
    (first, *_, gap, last) = large.partition("</table>13 x 20")[0].split("<tr>")[1:]
    assert first == "<td>0</td>" * 6 + "<td>…</td>" + "<td>0</td></tr>"
    assert (gap, last) == ("<td>…</td></tr>", first.replace("0", "12"))
    assert large.count("<tr>") == 8


def test_only_the_numbers_that_are_shown_of_a_huge_matrix_become_words() -> None:
    class Number(float):
        asked = 0

        def __str__(self) -> str:
            Number.asked += 1
            return "0.5"

    huge = Matrix.wrap([[Number(0.5)] * 1000] * 1000)
    assert repr(huge) == f"Matrix 1000 x 1000: [{', '.join(['[0.5, 0.5, ..., 0.5]'] * 2)}, ..., [0.5, 0.5, ..., 0.5]]"
    assert Number.asked == 9
