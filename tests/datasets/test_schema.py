"""Schemas: kinds of columns, targets and categories by their values, and other tables read in the same way."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from purenn import datasets
from purenn.datasets.schema import Column, Schema, infer
from purenn.errors import FormatError
from purenn.formats import JsonObject, parse_json, tabular
from purenn.matrix import Matrix
from purenn.samples import Labels, Rows

PEOPLE = """age,town,smokes,income,group
31,Ulm,yes,1000,a
42,Bonn,no,2000.5,b
25,Köln,no,1500,a
57,Ulm,yes,3000,b
"""


def table(text: str, header: bool | None = None) -> tabular.TextTable:
    return tabular.parse(text.encode(), "people.csv", header=header)


def kinds(schema: Schema) -> dict[str, str]:
    return {column.name: column.kind for column in schema.columns}


def labels(targets: Rows | None) -> list[int]:
    assert isinstance(targets, Labels)
    return list(targets.values)


def rows(count: int, line: str) -> str:
    """A table of this many lines, made of a template of the line's number i."""
    return "x,y\n" + "".join(line.format(i=i, half=i // 2, odd=i % 2) + "\n" for i in range(count))


# What becomes of the columns.


def test_numbers_stay_and_texts_become_an_input_for_each_category() -> None:
    schema = infer(table(PEOPLE))
    assert kinds(schema) == {"age": "number", "town": "text", "smokes": "text", "income": "number", "group": "target"}
    assert schema.features == ["age", "town=Bonn", "town=Köln", "town=Ulm", "smokes=yes", "income"]
    encoded = schema.encode(table(PEOPLE))
    assert encoded.inputs == Matrix(
        [[31, 0, 0, 1, 1, 1000], [42, 1, 0, 0, 0, 2000.5], [25, 0, 1, 0, 0, 1500], [57, 0, 0, 1, 1, 3000]]
    )
    assert (schema.classes, labels(encoded.targets)) == (("a", "b"), [0, 1, 0, 1])


def test_the_columns_are_told_in_words() -> None:
    said = infer(table(PEOPLE)).describe()
    assert said == "inputs: 2 numbers, 2 texts; target group: 2 classes (a, b)"
    said = infer(table("age,name,y\n1,x,1.5\n2,x,2.5\n"), "y").describe()
    assert said == "inputs: 1 number; target y: a quantity; left out name: only 'x'"


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


AMOUNTS = "rate;town;price\n12 %;a;1.310,98 €\n8 %;b;749,11 €\n9,5 %;a;2.000,00 €\n"


def test_amounts_with_one_sign_are_numbers_and_the_sign_is_kept() -> None:
    schema = infer(table(AMOUNTS))
    assert [column.sign for column in schema.columns] == ["%", "", "€"]
    encoded = schema.encode(table(AMOUNTS))
    assert encoded.inputs == Matrix([[12, 0], [8, 1], [9.5, 0]])
    assert encoded.targets == Matrix([[1310.98], [749.11], [2000]])
    found = parse_json(json.dumps(schema.to_json()))
    assert isinstance(found, JsonObject)
    assert Schema.from_json(found) == schema


def test_an_amount_with_another_sign_than_in_training_is_refused() -> None:
    schema = infer(table(AMOUNTS))
    assert schema.encode(schema.arranged(table("10;a\n", header=False))).inputs == Matrix([[10, 0]])
    with pytest.raises(FormatError, match="column rate: '10 €' has another sign than in training, which was %"):
        schema.encode(schema.arranged(table("10 €;a\n", header=False)))


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


# Missing values.

GAPS = "age,town,group\n30,Ulm,a\n,Bonn,b\n50,?,a\n40,Ulm,b\n20,Ulm,NA\n"


def test_missing_values_are_counted_and_the_first_is_named() -> None:
    schema = infer(table(GAPS))
    with pytest.raises(FormatError) as caught:
        schema.completed(table(GAPS))
    assert str(caught.value).startswith(
        "people.csv: 3 values are missing (1 in age, 1 in town, 1 in group), first in line 3, column age; "
        'missing="drop" (--missing drop) leaves out such rows, missing="fill" (--missing fill) puts in the mean'
    )


def test_rows_with_a_missing_value_can_be_left_out() -> None:
    schema = infer(table(GAPS), missing="drop")
    assert schema.completed(table(GAPS)).lines == [2, 5]
    with pytest.raises(FormatError, match="every row has a missing value"):
        schema.completed(table("age,town,group\n,Ulm,a\n30,,b\n"))


def test_missing_values_can_be_filled_by_the_mean_or_the_most_frequent_text() -> None:
    schema = infer(table(GAPS), missing="fill")
    complete = schema.completed(table(GAPS))
    assert complete.lines == [2, 3, 4, 5], "without a target, nothing can be learned"
    schema = schema.with_fills(complete)
    # the mean of 30, 50 and 40; Ulm stands twice, Bonn once
    assert [column.fill for column in schema.columns] == [40.0, "Ulm", None]
    assert schema.encode(complete).inputs == Matrix([[30, 1], [40, 0], [50, 1], [40, 1]])


def test_an_unknown_rule_for_missing_values_is_refused() -> None:
    with pytest.raises(ValueError, match="missing must be one of error, drop, fill, got 'mean'"):
        infer(table(GAPS), missing="mean")


# Other tables, read in the same way.


def arranged(text: str) -> tuple[list[list[float]], list[int] | None]:
    schema = infer(table(PEOPLE))
    encoded = schema.encode(schema.arranged(table(text, header=False)))
    return list(encoded.inputs), None if encoded.targets is None else labels(encoded.targets)


ADA = [31.0, 0.0, 0.0, 1.0, 1.0, 1000.0]


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("age,town,smokes,income,group\n31,Ulm,yes,1000,b\n", [1]),
        ("age,town,smokes,income\n31,Ulm,yes,1000\n", None),
        ("income,smokes,extra,town,age\n1000,yes,?,Ulm,31\n", None),
        ("31,Ulm,yes,1000,b\n", [1]),
        ("31,Ulm,yes,1000\n", None),
        ("31;Ulm;yes;1000\n", None),
    ],
)
def test_columns_are_found_by_name_or_place_with_or_without_the_target(text: str, targets: list[int] | None) -> None:
    assert arranged(text) == ([ADA], targets)


def test_columns_that_were_left_out_need_not_be_there() -> None:
    text = "id,x,one,group\n" + "".join(f"{i},{i * i},q,{i % 2}\n" for i in range(12))
    schema = infer(table(text))
    for other in ("7,49,q,1\n", "7,49,q\n", "49\n", "x\n49\n"):
        assert schema.encode(schema.arranged(table(other, header=False))).inputs == Matrix([[49]])


def test_a_line_of_names_is_skipped_if_training_had_none() -> None:
    schema = infer(table("1,2,a\n3,4,b\n", header=False))
    assert schema.encode(schema.arranged(table("p,q\n5,6\n", header=False))).inputs == Matrix([[5, 6]])


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("age,town,smokes\n31,Ulm,yes\n", "the first line is age, town, smokes, without income; expected the columns"),
        ("31,Ulm\n", "without age, town, smokes, income; expected the columns age, town, smokes, income, in any order"),
        (
            "31,Ulmm,yes,1000\n",
            r"line 1, column town: 'Ulmm' is unknown, expected one of Bonn, .*; did you mean U",
        ),
        ("age,town,smokes,income\n31,Ulm,yes,much\n", "line 2, column income: 'much' is not a number"),
        ("31,Ulm,yes,NA\n", "line 1, column income: a value is missing"),
        ("31,,yes,1\n", "line 1, column town: a value is missing, expected one of Bonn"),
        ("31,Ulm,yes,1000,c\n", "line 1, column group: 'c' is not among the classes: a, b"),
        ("31,Ulm,yes,1e200\n", re.escape("line 1, column income: 1e200 is too large, expected at most 1e+150")),
    ],
)
def test_a_table_of_another_kind_is_refused_with_the_place(text: str, what: str) -> None:
    with pytest.raises(FormatError, match=rf"^people.csv: .*{what}"):
        arranged(text)


def test_the_span_of_numbers_is_remembered() -> None:
    schema = infer(table(PEOPLE)).with_spans(table(PEOPLE))
    assert {column.name: column.span for column in schema.columns if column.span} == {
        "age": (25, 57),
        "income": (1000, 3000),
    }
    gaps = infer(table(GAPS), missing="fill").with_spans(table(GAPS))
    assert all(column.span for column in gaps.columns if column.kind == "number"), "and missing values have none"


# Files.


@pytest.mark.parametrize(
    ("text", "missing"),
    [(PEOPLE, "error"), (GAPS, "fill"), (GAPS, "drop"), ("x;y\n1,5;2,5\n2,5;3,5\n", "error"), ("1,a\n2,b\n", "error")],
)
def test_a_schema_goes_to_json_and_back(text: str, missing: str) -> None:
    schema = infer(table(text), missing=missing)
    rows = schema.completed(table(text))
    schema = schema.with_fills(rows).with_spans(rows)
    found = parse_json(json.dumps(schema.to_json()))
    assert isinstance(found, JsonObject)
    assert Schema.from_json(found) == schema


def test_a_fill_and_a_span_of_0_are_kept() -> None:
    column = Column("x", "number", fill=0.0, span=(0.0, 0.0))
    schema = Schema((column, Column("y", "target")), (), True, ".", "fill")
    found = parse_json(json.dumps(schema.to_json()))
    assert isinstance(found, JsonObject)
    assert Schema.from_json(found) == schema


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ('"columns": 5', "its columns are 5, expected a list"),
        ('"columns": [5]', "a column is 5, expected an object"),
        ('"columns": [{"name": "x", "kind": "number"}]', "its columns are not some to predict from and one target"),
        (
            '"columns": [{"name": "x", "kind": "date"}]',
            "kind must be one of number, .*, got 'date'",
        ),
        ('"columns": [{"name": 5, "kind": "number"}]', "its name is 5, expected a text"),
        (
            '"columns": [{"name": "x", "kind": "text", "categories": [1]}]',
            "its categories are .* a list of texts",
        ),
        (
            '"columns": [{"name": "x", "kind": "number", "fill": true}]',
            "the fill of a column is True",
        ),
        (
            '"columns": [{"name": "x", "kind": "number", "span": [1, "2"]}]',
            r"the span of a column is \[1, '2'\], expected two numbers",
        ),
        ('"classes": "a"', "its classes are 'a', expected a list of texts"),
        ('"decimal": ";"', "decimal must be one of ., ,, got ';'"),
        ('"missing": null', "its missing is None, expected a text"),
    ],
)
def test_a_damaged_description_is_refused(change: str, what: str) -> None:
    good = json.dumps(infer(table(PEOPLE)).to_json(), ensure_ascii=False)
    key = change.partition(":")[0]
    parsed = parse_json(good)
    assert isinstance(parsed, JsonObject)
    changed = parse_json("{" + change + "}")
    assert isinstance(changed, JsonObject)
    parsed[json.loads(key)] = changed[json.loads(key)]
    with pytest.raises(ValueError, match=what):
        Schema.from_json(parsed)


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


@pytest.mark.parametrize("head", ["AGE,town,smokes,Income", "AGE,town,smokes,Income,group"])
def test_names_of_columns_in_another_case_are_recognized_in_the_message(head: str) -> None:
    schema = infer(table(PEOPLE))
    row = "\n31,Ulm,yes,1000" + ",a" * head.count("group")
    said = "without age, income; .*; did you mean age by AGE\\?; did you mean income by Income\\?"
    with pytest.raises(FormatError, match=said):
        schema.arranged(table(head + row, header=False))
    towns = infer(table("town,y\nUlm,a\nBonn,b\n"))
    with pytest.raises(FormatError, match=r"the first line is Town, without town.*did you mean town by Town\?"):
        towns.arranged(table("Town\nUlm\n", header=False))


def test_all_cells_that_cannot_be_read_are_named() -> None:
    schema = infer(table(PEOPLE))
    new = schema.arranged(
        table("age,town,smokes,income\n1,Ulmm,yes,1\n,Ulm,yes,2\n3,Ulm,yes,3\n4,Rom,yes,x\n", header=False)
    )
    with pytest.raises(FormatError) as caught:
        schema.encode(new)
    assert str(caught.value) == (
        "people.csv: line 2, column town: 'Ulmm' is unknown, expected one of Bonn, Köln, Ulm; did you mean Ulm?; "
        "and 3 more that cannot be read: line 3, column age: ''; line 5, column town: 'Rom'; line 5, column income: 'x'"
    )


def test_a_number_that_is_too_large_is_told_with_the_name_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a,b\n0,1\n1e999,0\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"table\.csv: a: 1e999 is too large, expected at most 1e\+150$"):
        datasets.from_csv(tmp_path / "table.csv")
