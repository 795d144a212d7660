"""CSV files as data sets: the parts to train and to test on, and the source by which they are read again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from purenn import datasets
from purenn.datasets.tables import from_csv, read_rows, schema_of
from purenn.errors import FormatError
from purenn.matrix import Matrix
from purenn.samples import Labels, Rows


def flowers(count: int = 60) -> str:
    """Two measures and a text; a third of the rows is of each class, and they are in the order of the classes."""
    names = ["iris", "poppy", "rose"]
    lines = [f"{i}.5,{i % 7},{names[3 * i // count]}" for i in range(count)]
    return "\n".join(["length,width,species", *lines, ""])


def values(targets: Rows) -> list[int]:
    assert isinstance(targets, Labels)
    return list(targets.values)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "flowers.csv").write_text(flowers(), encoding="utf-8")
    return tmp_path / "flowers.csv"


def test_a_fifth_of_every_class_is_kept_for_testing(path: Path) -> None:
    found = from_csv(path)
    assert (found.name, found.classes, len(found.train), len(found.test)) == (
        "flowers.csv",
        ("iris", "poppy", "rose"),
        48,
        12,
    )
    assert Counter(values(found.test.targets)) == {0: 4, 1: 4, 2: 4}
    assert found.train.inputs.columns == 2


def test_no_row_is_in_both_parts_and_none_is_lost(path: Path) -> None:
    found = from_csv(path, test=0.5)
    lengths = [row[0] for part in (found.train, found.test) for row in part.inputs.take(range(len(part)))]
    assert sorted(lengths) == [i + 0.5 for i in range(60)]


def test_the_parts_are_drawn_by_the_seed(path: Path) -> None:
    sums = [from_csv(path, seed=seed).test.checksum for seed in (0, 0, 1)]
    assert sums[0] == sums[1] != sums[2]


def test_the_first_training_rows_are_of_all_classes_though_the_file_is_sorted(path: Path) -> None:
    assert {*values(from_csv(path).train.targets)[:20]} == {0, 1, 2}


def test_a_second_file_can_be_the_test(path: Path, tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text("species,width,length\nrose,2,100\niris,3,200\n", encoding="utf-8")
    found = from_csv(path, test=tmp_path / "test.csv")
    assert (len(found.train), found.test.inputs) == (60, Matrix([[100, 2], [200, 3]]))
    assert values(found.test.targets) == [2, 0]
    (tmp_path / "test.csv").write_text("species,width,length\ntulip,2,100\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"test.csv: line 2, column species: 'tulip' is not among the classes"):
        from_csv(path, test=tmp_path / "test.csv")


def test_quantities_have_no_classes_and_stay_in_their_unit(tmp_path: Path) -> None:
    (tmp_path / "rents.csv").write_text("Fläche;Miete\n50,5;400,25\n60;500\n70;1.600\n", encoding="cp1252")
    found = from_csv(tmp_path / "rents.csv", test=0.4)
    assert found.classes == ()
    rents = [row[0] for part in (found.train, found.test) for row in part.targets.take(range(len(part)))]
    assert sorted(rents) == [400.25, 500.0, 1600.0]


def test_the_source_says_how_the_rows_were_read(path: Path) -> None:
    source = from_csv(path, "width", task="quantities", seed=3).source
    assert {key: source[key] for key in ("kind", "path", "test", "seed")} == {
        "kind": "table",
        "path": str(path),
        "test": "0.2",
        "seed": "3",
    }
    assert schema_of(source).target == "width"
    assert schema_of(source).features == ["length", "species=iris", "species=poppy", "species=rose"]


def test_the_range_of_the_training_rows_is_kept_and_not_that_of_the_others(path: Path) -> None:
    found = from_csv(path)
    spans = {column.name: column.span for column in schema_of(found.source).inputs}
    assert list(spans) == ["length", "width"]
    for column, span in zip(zip(*found.train.inputs.take(range(len(found.train)))), spans.values()):
        assert span == (min(column), max(column))


def test_rows_are_read_by_the_schema_of_the_training(path: Path) -> None:
    schema = schema_of(from_csv(path).source)
    table = read_rows(b"width;length\n2;1,5\n", schema, "<stdin>")
    assert (schema.encode(table).inputs, schema.encode(table).targets) == (Matrix([[1.5, 2]]), None)
    with pytest.raises(FormatError, match="<stdin>: the first line is width, without length"):
        read_rows(b"width\n2\n", schema, "<stdin>")


def test_a_few_rows_that_do_not_show_the_decimal_comma_are_read_with_it(tmp_path: Path) -> None:
    (tmp_path / "rents.csv").write_text("area;rent\n50,5;400\n60;500\n70;600\n", encoding="utf-8")
    schema = schema_of(from_csv(tmp_path / "rents.csv").source)
    assert schema.encode(read_rows(b"1.050;1\n2.000;2\n", schema)).inputs == Matrix([[1050], [2000]])
    assert schema.encode(read_rows(b"area,rent\n2,5\n", schema)).inputs == Matrix([[2]]), "commas between cells"


@pytest.mark.parametrize(
    ("text", "areas"), [("area\n1.500\n750\n", [1500, 750]), ("area\n4,500\n", [4.5]), ("area\n1.500,00\n", [1500])]
)
def test_one_column_without_a_delimiter_is_read_with_the_marks_of_the_schema(
    text: str, areas: list[float], tmp_path: Path
) -> None:
    (tmp_path / "rents.csv").write_text("area;rent\n50,5;400\n60;500\n70;600\n", encoding="utf-8")
    schema = schema_of(from_csv(tmp_path / "rents.csv").source)
    assert schema.encode(read_rows(text.encode(), schema)).inputs == Matrix([[area] for area in areas])


def test_dots_that_cannot_be_told_are_decimal_and_both_readings_are_said(tmp_path: Path) -> None:
    path = tmp_path / "rents.csv"
    path.write_text("area;rent\n6.504;650.400\n7.250;725.000\n8.125;812.500\n", encoding="utf-8")
    said = schema_of(from_csv(path).source).describe()
    assert 'area: 6.504 is read as 6.504; if it is 6504, say decimal="," (--decimal ,)' in said
    assert "rent: 650.400 is read as 650.4; if it is 650400, say" in said
    for decimal, mean in ((".", 6.504), (",", 6504)):
        found = from_csv(path, decimal=decimal)
        assert "is read as" not in schema_of(found.source).describe()
        areas = [row[0] for part in (found.train, found.test) for row in part.inputs.take(range(len(part)))]
        assert min(areas) == mean


def test_fills_are_those_of_the_training_rows(tmp_path: Path) -> None:
    lines = "".join(f"{i if i % 3 else ''},{i % 2}\n" for i in range(30))
    (tmp_path / "gaps.csv").write_text(f"x,y\n{lines}", encoding="utf-8")
    found = from_csv(tmp_path / "gaps.csv", missing="fill")
    (fill,) = (column.fill for column in schema_of(found.source).columns if column.name == "x")
    train = [row[0] for row in found.train.inputs.take(range(len(found.train)))]
    known = [x for x in train if x != fill]
    assert fill == pytest.approx(sum(known) / len(known))
    assert len(known) < len(train)


def test_two_rows_are_enough_for_both_parts_and_one_is_not(tmp_path: Path) -> None:
    (tmp_path / "two.csv").write_text("x,y\n1,a\n2,b\n", encoding="utf-8")
    found = from_csv(tmp_path / "two.csv")
    assert (len(found.train), len(found.test)) == (1, 1)
    (tmp_path / "one.csv").write_text("x,w,y\n1,5,a\n2,,b\n3,6,\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"one.csv: 1 row, expected at least 2: one to train on and one to test on"):
        from_csv(tmp_path / "one.csv", missing="drop")


def test_a_source_of_another_kind_is_refused() -> None:
    for source in ({}, {"schema": "{"}, {"schema": "[]"}):
        with pytest.raises(FormatError, match="no table is described by"):
            schema_of(source)


def test_the_door_hands_on_the_same_function() -> None:
    assert datasets.from_csv is from_csv


def test_load_takes_the_path_of_a_csv_file_and_its_source_reads_it_again(path: Path) -> None:
    by_path = datasets.load(path)
    assert (by_path.train, by_path.classes) == (from_csv(path).train, ("iris", "poppy", "rose"))
    again = datasets.load_again(from_csv(path, test=0.4, seed=3).source)
    assert (again.train, again.test) == (from_csv(path, test=0.4, seed=3).train, from_csv(path, test=0.4, seed=3).test)


def test_what_becomes_of_missing_values_is_said(tmp_path: Path) -> None:
    path = tmp_path / "rents.csv"
    path.write_text(
        "area,town,rent\n" + "1,Ulm,5.5\n,Bonn,6.5\n3,,7.5\n4,Ulm,\n" + "5,Bonn,8.5\n" * 6, encoding="utf-8"
    )
    said = schema_of(from_csv(path, missing="drop").source).describe()
    assert "left out: 3 rows with a missing value, lines 3, 4, 5" in said
    source = from_csv(path, missing="fill").source
    said = schema_of(source).describe()
    assert "area: 1 missing value filled in; town: 1 missing value filled in" in said
    assert said.endswith("left out: 1 row without a rent, line 5")
    assert schema_of(datasets.load_again(source).source).describe() == said


def test_a_header_is_true_or_false(path: Path) -> None:
    with pytest.raises(ValueError, match="header must be True, False or None, got 'no'"):
        from_csv(path, header="no")  # type: ignore[arg-type]


@pytest.mark.parametrize("test", [0, 0.0, 1.0, -1])
def test_a_part_that_leaves_nothing_is_refused_with_the_way_to_train_on_all_rows(test: float, path: Path) -> None:
    with pytest.raises(
        ValueError, match=rf"test must be .*, got {test}; to train on all rows, name a file for the test"
    ):
        from_csv(path, test=test)
    assert len(from_csv(path, test=path).train) == 60


def test_a_mistake_in_the_first_row_of_a_file_without_names_is_no_line_of_names(tmp_path: Path) -> None:
    rows = [f"{3 * i % 11},{i % 7},{'rose' if i % 2 else 'iris'}" for i in range(40)]
    (tmp_path / "old.csv").write_text("\n".join(rows), encoding="utf-8")
    schema = schema_of(from_csv(tmp_path / "old.csv").source)
    (tmp_path / "new.csv").write_text("a5,3\n6,5\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"new\.csv: line 1, column 1: 'a5' is not a number$"):
        schema.encode(read_rows(tmp_path / "new.csv", schema))
    (tmp_path / "new.csv").write_text("length,width\n6,5\n", encoding="utf-8")
    assert schema.encode(read_rows(tmp_path / "new.csv", schema)) == (Matrix([[6, 5]]), None)
    (tmp_path / "new.csv").write_text("length,width\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"new\.csv: a line of names and no rows below it$"):
        read_rows(tmp_path / "new.csv", schema)


def test_a_target_that_is_blank_in_every_row_is_none(path: Path) -> None:
    schema = schema_of(from_csv(path).source)
    table = read_rows(f"{','.join(column.name for column in schema.columns)}\n1,2,\n3,4,\n".encode(), schema)
    assert schema.encode(table) == (Matrix([[1, 2], [3, 4]]), None)


def test_classes_of_sixteen_digits_are_told_apart(tmp_path: Path) -> None:
    rows = [f"{3 * i % 11},{i % 5},123456789012345{6 + i % 2}" for i in range(40)]
    (tmp_path / "codes.csv").write_text("\n".join(rows), encoding="utf-8")
    assert from_csv(tmp_path / "codes.csv").classes == ("1234567890123456", "1234567890123457")


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"seed": None}, TypeError, "^seed must be a number, got None"),
        ({"decimal": "x"}, ValueError, "^decimal must be one of ., ,, got 'x'"),
        ({"missing": None}, ValueError, "^missing must be one of error, drop, fill, got None"),
        ({"target": 1.5}, TypeError, "^target is 1.5, expected the name of a column, or its place"),
    ],
)
def test_options_that_are_none_are_refused(
    options: dict[str, object], error: type[Exception], said: str, path: Path
) -> None:
    read: Callable[..., object] = from_csv
    with pytest.raises(error, match=said):
        read(path, **options)
