"""Schemas: the order of inputs and categories, missing values, and other tables read in the same way."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from purenn import datasets
from purenn.datasets.inference import infer
from purenn.datasets.schema import Column, Schema
from purenn.errors import FormatError
from purenn.formats import JsonObject, parse_json
from purenn.matrix import Matrix
from purenn.samples import Labels, Rows
from tests.datasets.people import PEOPLE, kinds, table


def labels(targets: Rows | None) -> list[int]:
    assert isinstance(targets, Labels)
    return list(targets.values)


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


# Missing values.

GAPS = "age,town,group\n30,Ulm,a\n,Bonn,b\n50,?,a\n40,Ulm,b\n20,Ulm,NA\n"


def test_missing_values_are_counted_and_the_first_is_named() -> None:
    schema = infer(table(GAPS))
    with pytest.raises(FormatError) as caught:
        schema.completed(table(GAPS))
    assert str(caught.value).startswith(
        "people.csv: 3 values are missing (1 in age, 1 in town, 1 in group), first in line 3, column age; "
        'in training, missing="drop" (--missing drop) leaves out such rows, and missing="fill" (--missing fill) puts '
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
    with pytest.raises(FormatError, match=r"table\.csv: line 3, column a: 1e999 is too large, expected at most 1e"):
        datasets.from_csv(tmp_path / "table.csv")
