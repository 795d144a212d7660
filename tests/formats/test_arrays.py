"""Arrays: what comes from other libraries, played here by classes that have the methods those libraries' have."""

from __future__ import annotations

import re
from array import array
from datetime import date
from fractions import Fraction
from math import inf, nan

import pytest

from purenn.formats.arrays import as_column, as_matrix, column_names, dtype_of, in_kind, is_array, is_nested, items
from purenn.matrix import Matrix
from tests.conftest import Frame, NumPyArray, Wrapped


class Sparse:
    """A sparse matrix of one entry."""

    def toarray(self) -> NumPyArray:
        return NumPyArray([[0.0, 7.0]])


# Inputs.


@pytest.mark.parametrize(
    "values",
    [
        [[1, 2.5], [3, True]],
        ((1, 2.5), (3, 1)),
        iter([iter([1, 2.5]), iter([3, 1])]),
        [array("d", [1, 2.5]), array("d", [3, 1])],
        [[Fraction(1), Fraction(5, 2)], [3, 1]],
        Matrix([[1, 2.5], [3, 1]]),
        NumPyArray([[1, 2.5], [3, 1]]),
        [NumPyArray([1, 2.5]), NumPyArray([3, 1])],
        Frame([[1, 2.5], [3, 1]], ["a", "b"]),
    ],
)
def test_everything_that_holds_rows_of_numbers_makes_a_table(values: object) -> None:
    rows = as_matrix(values, "X")
    assert rows == Matrix([[1.0, 2.5], [3.0, 1.0]])
    assert {type(value) for row in rows for value in row} == {float}


def test_a_sparse_matrix_is_filled_up() -> None:
    assert as_matrix(Sparse(), "X") == Matrix([[0.0, 7.0]])


@pytest.mark.usefixtures("numpy")
def test_what_only_numpy_can_read_is_read_by_numpy() -> None:
    assert as_matrix(Wrapped(), "X") == Matrix([[1.0, 2.0]])


def test_a_column_may_hold_numbers_of_any_kind() -> None:
    assert as_column(array("i", [1, 2]), "sample_weight") == [1.0, 2.0]
    assert as_column(iter([1, Fraction(1, 2), False]), "sample_weight") == [1.0, 0.5, 0.0]


def test_items_of_a_column_are_left_as_they_are() -> None:
    assert items(NumPyArray(["a", "b"]), "y") == ["a", "b"]
    assert items({3: "only"}.values(), "y") == ["only"]


@pytest.mark.parametrize("values", [None, 3.0, "abc", b"abc", {"a": [1.0]}, NumPyArray(3.0)])
def test_what_is_no_list_is_refused_by_name(values: object) -> None:
    with pytest.raises(ValueError, match="X must be a list, an array or a data frame, got"):
        items(values, "X")


def test_nested_is_told_by_the_first_item() -> None:
    assert is_nested([[1], [2]])
    assert is_nested([NumPyArray([1]), NumPyArray([2])])
    assert not is_nested(["abc", b"abc", 1])
    assert not is_nested([])


# Refusals.


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (nan, r"X, row 1, column 0 is missing \(NaN\)"),
        (inf, "X, row 1, column 0 is infinity"),
        (-inf, "X, row 1, column 0 is infinity"),
        (10**400, "X, row 1, column 0 is infinity"),
        (1j, r"Complex data not supported: X, row 1, column 0 is 1j"),
    ],
)
def test_a_number_that_is_not_finite_is_refused_at_its_place(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        as_matrix([[1, 2], [value, 4]], "X")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("1.5", "the argument must be not a string but a number, got '1.5'"),
        ({}, r"float\(\) argument must be a string or a real number, got {}"),  # as Python says it
    ],
)
def test_what_is_no_number_is_refused_at_its_place(value: object, said: str) -> None:
    with pytest.raises(TypeError, match=f"X, row 1, column 1: {said}"):
        as_matrix([[1, 2], [3, value]], "X")
    with pytest.raises(TypeError, match="weights, row 1: "):
        as_column([1, value], "weights")


def test_an_array_of_3_dimensions_is_refused_as_one() -> None:
    said = "X, row 0, column 0: expected a number, got a list, as in an array of 3 dimensions: [1, 2]; x.reshape(len(x)"
    with pytest.raises(TypeError, match=re.escape(said)):
        as_matrix([[[1, 2], [3, 4]]], "X")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("1.5", "'1.5'; float(text) makes a number of it"),
        ("red", "'red'; one_hot(texts) makes columns of numbers from texts"),
        ("inf", "'inf'; one_hot(texts) makes columns of numbers from texts"),
        (date(2020, 1, 31), "datetime.date(2020, 1, 31); date.toordinal() makes a number of days of it"),
        (b"1.5", "b'1.5'"),
    ],
)
def test_a_text_or_a_date_is_refused_with_the_way_to_a_number(value: object, said: str) -> None:
    with pytest.raises(TypeError, match=f" number, got {re.escape(said)}$"):
        as_column([value], "y")


def test_rows_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="X, row 1 has 1 numbers, but row 0 has 2"):
        as_matrix([[1, 2], [3]], "X")


def test_a_column_for_a_table_is_refused_with_a_way_out() -> None:
    with pytest.raises(ValueError, match=r"Expected 2D array, got 1D array instead: .* Reshape your data: \[\[x\]"):
        as_matrix([1, 2], "X")


def test_a_table_for_a_column_is_refused() -> None:
    with pytest.raises(ValueError, match="sample_weight must be 1D"):
        as_column([[1], [2]], "sample_weight")


def test_a_table_without_samples_or_without_features_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0 sample\(s\) \(shape=\(0, 0\)\) while a minimum of 1 is required"):
        as_matrix([], "X")
    with pytest.raises(ValueError, match=r"0 feature\(s\) \(shape=\(3, 0\)\) while a minimum of 1 is required"):
        as_matrix([[], [], []], "X")


# Answers.


def test_arrays_and_frames_are_told_from_lists() -> None:
    assert all(map(is_array, [NumPyArray([]), Frame([], []), Sparse(), Wrapped()]))
    assert not any(map(is_array, [[1.0], (1.0,), array("d"), Matrix([[1.0]]), None]))


@pytest.mark.usefixtures("numpy")
def test_answers_come_in_the_kind_that_is_wanted() -> None:
    answers = ["a", "b"]
    assert in_kind(answers, arrays=False) is answers
    made = in_kind(answers, arrays=True, dtype="object")
    assert isinstance(made, NumPyArray)
    assert (made.values, made.dtype) == (["a", "b"], "object")


@pytest.mark.usefixtures("numpy")
def test_the_type_of_the_entries_is_numpys() -> None:
    assert dtype_of(NumPyArray([1], "int8")) == "int8"
    assert dtype_of(Frame([[1.0]], ["a"])) == "float64"
    assert dtype_of([1, 2]) is None


def test_only_a_frame_has_names_and_only_strings_count() -> None:
    assert column_names(Frame([[1, 2]], ["a", "b"])) == ["a", "b"]
    assert column_names(Frame([[1, 2]], ["a", 0])) == []
    assert column_names(Matrix([[1, 2]])) == []  # its columns are a number
    assert column_names([["a", "b"]]) == []


def test_a_text_of_digits_is_told_to_become_a_number() -> None:
    with pytest.raises(TypeError, match=r"got '17\.99'; float\(text\) makes a number of it"):
        as_matrix([["17.99"]], "X")
