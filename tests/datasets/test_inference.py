"""Inference: the columns of a table, its target and its classes, by their values, and what is said about mistakes."""

from __future__ import annotations

import pytest

from purenn.datasets.inference import infer
from purenn.errors import FormatError
from purenn.formats import tabular
from tests.datasets.people import PEOPLE, kinds, rows, table

# Inputs.


def test_columns_that_tell_nothing_are_left_out_with_the_reason() -> None:
    lines = "".join(f"{i},Name {i},same,,{i % 3},{'' if i > 13 else i},{i % 2}\n" for i in range(30))
    schema = infer(table(f"id,name,one,none,x,few,group\n{lines}"))
    notes = {column.name: column.note for column in schema.columns if column.kind == "left out"}
    assert notes == {
        "id": "it counts the rows",
        "name": "30 different texts in 30 rows, such as 'Name 0'",
        "one": "only 'same'",
        "none": "no value at all",
        "few": "16 of 30 values are missing",
    }
    assert schema.features == ["x"]


@pytest.mark.parametrize(("name", "kind"), [("id", "left out"), ("PassengerId", "left out"), ("week", "number")])
def test_a_column_that_counts_the_rows_is_an_index_only_by_its_name(name: str, kind: str) -> None:
    schema = infer(table(f"{name},x,y\n1,5,a\n2,7,b\n3,9,a\n"))
    assert kinds(schema)[name] == kind


def test_thousands_of_digits_count_no_rows_and_number_no_column() -> None:
    digits = "9" * 4301  # one more than `int` reads
    assert kinds(infer(table(f"id,x,y\n{digits},5,a\n1,7,b\n2,9,a\n")))["id"] == "number"  # and no index
    with pytest.raises(FormatError, match=r"no column is called .9{39}; there are"):
        infer(table("x,y\n1,a\n2,b\n"), digits)


def test_a_few_texts_among_numbers_are_a_mistake_that_is_named() -> None:
    lines = "".join(f"{i}.5,{i % 2}\n" for i in range(20))
    with pytest.raises(FormatError, match=r"people.csv: line 22, column x: 'twelve' is not a number, but 20 of 21"):
        infer(table(f"x,y\n{lines}twelve,1\n"))


def test_amounts_of_two_units_in_one_column_are_refused_with_both_places() -> None:
    with pytest.raises(FormatError, match=r"line 2, column x: '\$12' but '14 €' in line 4: write all amounts with one"):
        infer(table("x,y\n$12,a\n$13,b\n14 €,a\n"))


def test_an_index_may_begin_anywhere_and_a_date_is_left_out_with_what_to_do() -> None:
    lines = "".join(f"{100000 + i},2024-0{i % 9 + 1}-11,{i % 3},{i % 2}\n" for i in range(30))
    schema = infer(table(f"OrderID,day,x,y\n{lines}"))
    assert schema.features == ["x"]
    said = schema.describe()
    assert "left out OrderID: it counts the rows" in said
    assert "left out day: dates such as 2024-01-11 are not understood; write the year, the month or the days" in said


def test_a_number_thousands_of_times_as_large_as_the_others_is_named_with_its_line() -> None:
    lines = "".join(f"{i}.5,{i % 2}\n" for i in range(20))
    assert "times as large" not in infer(table(f"x,y\n{lines}")).describe()
    said = infer(table(f"x,y\n{lines}5e9,1\n")).describe()
    assert "x: line 22 has 5e9, 256,410,256 times as large as any other" in said  # 5e9 / 19.5


def test_classes_that_differ_in_case_or_have_one_row_are_named() -> None:
    said = infer(table("x,y\n1,Yes\n2,YES\n3,no\n4,no\n5,Yes\n")).describe()
    assert "the classes YES and Yes differ only in upper and lower case" in said
    said = infer(table("x,y\n1,hot\n2,hot\n3,cold\n4,cold\n5,tepid\n")).describe()
    assert "too few to learn from and to test: 1 row of class tepid" in said
    said = infer(table("x,y\n1,hot\n2,hot\n3,cool\n4,cold\n5,tepid\n")).describe()
    assert "too few to learn from and to test: 1 row of each of the classes cold, cool, tepid" in said
    said = infer(table("x,y\n1,1.0\n2,1\n3,2.0\n4,3\n5,3\n"), task="classes").describe()
    assert "1 row of class 2" in said


def test_hundreds_of_numbers_as_classes_are_told_in_a_short_sentence() -> None:
    schema = infer(table(rows(300, "{i},{i}.5")), task="classes")
    assert len(schema.describe()) < 300
    assert 'y: 300 different numbers as classes, most of them in 1 row only: task="quantities"' in schema.describe()


# The target.


@pytest.mark.parametrize(
    ("names", "target", "found"),
    [
        ("a,b,c", None, "c"),
        ("a,Class,c", None, "Class"),
        ("y,b,c", None, "y"),
        ("a,b,c", "b", "b"),
        ("a,b,c", 0, "a"),
        ("a,b,c", -2, "b"),
        ("a,b,c", "1", "a"),  # the first, as spreadsheets count
        ("a,1,c", "1", "1"),  # a name goes before a place
    ],
)
def test_the_target_is_named_or_counted_or_the_last_column(names: str, target: str | int | None, found: str) -> None:
    assert infer(table(f"{names}\n1,2,4\n2,4,8\n", header=True), target).target == found


def test_a_target_that_is_not_there_is_answered_with_the_names() -> None:
    with pytest.raises(FormatError, match=r"no column is called 'grup'; there are age, .*; did you mean group\?"):
        infer(table(PEOPLE), "grup")
    for target in ("9", "0", 5):
        first = 1 if isinstance(target, str) else 0
        said = f"no column has the number {target}: there are 5, counted from {first}, age, town"
        with pytest.raises(FormatError, match=said):
            infer(table(PEOPLE), target)


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        (rows(40, "{i},{odd}"), ("0", "1")),
        (rows(40, "{i},{odd}.0"), ("0", "1")),  # 1.0 is the class 1
        (rows(42, "{i},{half}"), ()),  # 21 different whole numbers
        (rows(40, "{i},{half}"), tuple(map(str, range(20)))),
        (rows(9, "{i},{half}"), ()),  # the last occurs once
        (rows(40, "{i},{odd}.5"), ()),
        (rows(8, "{i},class {odd}"), ("class 0", "class 1")),
    ],
)
def test_few_whole_numbers_that_repeat_are_classes_and_others_quantities(text: str, classes: tuple[str, ...]) -> None:
    assert infer(table(text)).classes == classes


def test_the_task_can_be_said() -> None:
    assert infer(table(rows(40, "{i},{odd}")), task="quantities").classes == ()
    assert infer(table(rows(40, "{i},{odd}.5")), task="classes").classes == ("0.5", "1.5")
    with pytest.raises(FormatError, match="line 2, column group, the target: 'a' is not a quantity"):
        infer(table(PEOPLE), task="quantities")
    with pytest.raises(ValueError, match="task must be one of classes, quantities, got 'regression'"):
        infer(table(PEOPLE), task="regression")


def test_numbers_as_classes_are_in_the_order_of_numbers() -> None:
    assert infer(table("x,y\n1,10\n2,9\n3,10\n4,9\n")).classes == ("9", "10")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a,b\n", "a line of names and no rows below it"),
        ("a\n1\n2\n", r"one column only, expected inputs and a target, separated by , ; \| or a tab"),
        ("a,b\n1,x\n2,x\n", "the only value is 'x' in column b, the target: there is nothing to learn"),
        ("a,b\n1,\n2,NA\n", "all values are missing in column b, the target"),
        ("a,b\nx,1\nx,2\n", "no column is left to predict b from: a: only 'x'"),
        ('a,b\n1,"x\ny"\n2,z\n', r"column b, the target, has a line break in 'x\\ny'"),
        (
            rows(12, "{i},name {i}"),
            "column y, the target, has 12 different texts in 12 rows, such as 'name 0': too many for classes",
        ),
    ],
)
def test_a_table_that_nothing_can_be_learned_from_is_refused(text: str, what: str) -> None:
    with pytest.raises(FormatError, match=what):
        infer(table(text))


# Mistakes in the values, and what is said about them.


@pytest.mark.parametrize("task", [None, "quantities"])
def test_a_text_among_the_prices_of_the_target_is_named_with_its_line(task: str | None) -> None:
    text = "size,price\n" + "".join(f"{i},{i % 250}.5\n" for i in range(300)) + "7,sold\n"
    said = r"line 302, column price: 'sold' is not a number, but 300 of 301 values in this column are; .*--missing drop"
    with pytest.raises(FormatError, match=said):
        infer(table(text), task=task)


def test_a_few_classes_that_are_mostly_numbers_stay_classes() -> None:
    text = "size,grade\n" + "".join(f"{i},{i % 5}\n" for i in range(40)) + "7,absent\n8,absent\n"
    assert infer(table(text)).classes == ("0", "1", "2", "3", "4", "absent")


def test_the_other_decimal_mark_among_numbers_is_named_as_one() -> None:
    text = "size;y\n" + "1,70;a\n2,50;b\n" * 12 + "1.72;a\n"
    with pytest.raises(
        FormatError, match=r"'1\.72' is not a number, as decimals have a comma in this table, but 24 of"
    ):
        infer(table(text))
    text = "size;y\n" + "1.70;a\n2.50;b\n" * 12 + "x;a\n"
    with pytest.raises(FormatError, match="'x' is not a number, but 24 of 25"):
        infer(table(text))


def test_whole_numbers_taken_for_classes_are_told_with_the_way_to_predict_them_as_numbers() -> None:
    text = "size,rooms\n" + "".join(f"{i},{i % 4}\n" for i in range(40))
    assert "--task quantities) predicts them as numbers" in infer(table(text)).describe()
    assert "--task" not in infer(table(text), task="classes").describe()
    yes_or_no = "size,won\n" + "".join(f"{i},{i % 2}\n" for i in range(40))
    assert "--task" not in infer(table(yes_or_no)).describe()


def test_texts_that_differ_in_case_are_named_as_classes_are() -> None:
    text = "town,y\n" + "Westend,a\nwestend,b\nMitte,a\nMitte,b\n"
    assert "town: the texts Westend and westend differ only in upper and lower case" in infer(table(text)).describe()


def test_a_column_of_numbers_with_their_unit_is_left_out_with_the_way_to_use_it() -> None:
    text = "area,y\n" + "".join(f"{i} m²,{i % 2}\n" for i in range(100, 140))
    with pytest.raises(FormatError, match="'100 m²': write the numbers alone, without m²"):
        infer(table(text))


def test_numbers_with_the_other_decimal_mark_are_told_to_be_so() -> None:
    cells = [[f"{i},25", "ab"[i % 2]] for i in range(40)]
    found = tabular.TextTable("t.csv", ("x", "y"), cells, range(2, 42), True, ",", ".")
    with pytest.raises(FormatError, match=r"such as '0,25': if they are numbers, say decimal=\",\" \(--decimal ,\)$"):
        infer(found)
