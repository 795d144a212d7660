"""CSV files as people have them: encodings, delimiters, decimal marks, headers, quotes, and files that are none."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from purenn.errors import FormatError
from purenn.formats.tabular import TextTable, in_doubt, is_missing, number, parse, read

GERMAN = "Größe;Preis;Ort\n1,5;1.234,50;Köln\n2,0;99,5;Ulm\n"


def table(text: str | bytes, header: bool | None = None) -> TextTable:
    return parse(text.encode() if isinstance(text, str) else text, "people.csv", header=header)


# Encodings.


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_every_usual_encoding_is_told_from_the_bytes(encoding: str) -> None:
    found = table(GERMAN.encode(encoding))
    assert found.names == ("Größe", "Preis", "Ort")
    assert found.rows == [["1,5", "1.234,50", "Köln"], ["2,0", "99,5", "Ulm"]]


def test_both_byte_orders_of_utf_16_are_read() -> None:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        assert table(mark + GERMAN.encode(encoding)).names[0] == "Größe"


def test_bytes_in_no_encoding_are_refused_with_the_offset() -> None:
    with pytest.raises(
        FormatError, match=r"people.csv: cannot tell its encoding: not utf-8 at offset 2, not cp1252 at"
    ):
        table(b"a,\x81\n")


def test_a_nul_byte_is_no_text() -> None:
    with pytest.raises(FormatError, match=r"people.csv: not a CSV file: offset 1 is a NUL byte, expected text"):
        table(b"a\0b")


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"PK\x03\x04", "an Excel workbook or another zip file: open it and save it as CSV"),
        (b"\x89PNG\r\n", "a PNG picture"),
        (b"%PDF-1.7", "a PDF file"),
    ],
)
def test_other_files_are_told_by_their_first_bytes(head: bytes, what: str) -> None:
    with pytest.raises(FormatError, match=rf"people.csv: {what}"):
        table(head + b"\n1,2\n")


# Delimiters and decimal marks.


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_delimiter_is_found(delimiter: str) -> None:
    found = table("a,b,c\n1,2,x\n3,4,y\n".replace(",", delimiter))
    assert (found.delimiter, found.names, found.rows) == (
        delimiter,
        ("a", "b", "c"),
        [["1", "2", "x"], ["3", "4", "y"]],
    )


def test_a_semicolon_goes_before_a_comma_that_may_be_a_decimal_mark() -> None:
    # a comma would cut each line into three cells, a semicolon into two
    found = table("1,5;2,5\n0,5;3,5\n")
    assert (found.delimiter, found.decimal, found.rows) == (";", ",", [["1,5", "2,5"], ["0,5", "3,5"]])


def test_a_semicolon_within_some_texts_is_no_delimiter() -> None:
    found = table("n,text\n1,so; so\n2,well\n3,fine\n")
    assert (found.delimiter, found.rows[0]) == (",", ["1", "so; so"])


def test_a_decimal_point_is_one_in_a_file_with_semicolons_too() -> None:
    assert table("1.5;2.5\n0.5;3.5\n").decimal == "."


@pytest.mark.parametrize(
    ("rows", "decimal"),
    [
        (["372;37.200", "6.504;650.400"], ","),  # 372 has no decimals: nor has 6.504
        (["1.234.567;5", "2.345.678;6"], ","),  # two dots are no decimals
        (["6.504;650.400", "7.250;725.000"], "."),  # cannot be told
        (["372;0.500", "6.504;650.400"], "."),  # 0.500 has decimals
        (["372;1.5", "6.504;650.400"], "."),
        (["1831;1.500", "1678;2.250"], "."),  # 1831 would have a dot
        (["01.02.2023;1.5", "12.10.2023;2.5"], "."),
    ],
)
def test_dots_between_thousands_are_told_by_the_other_numbers(rows: list[str], decimal: str) -> None:
    assert table("\n".join(["a;b", *rows])).decimal == decimal


def test_commas_between_cells_leave_dots_to_decimals() -> None:
    assert table("a,b\n372,37.200\n").decimal == "."


def test_the_dots_of_a_column_are_in_doubt_if_nothing_tells_what_they_are() -> None:
    assert in_doubt(["6.504", "7.250"]) == "6.504"
    assert in_doubt(["6.504", "0.250"]) == in_doubt(["6.504", "372"]) == in_doubt(["5", "6"]) == ""


def test_a_decimal_comma_is_found_in_amounts_with_a_sign() -> None:
    assert table("a;b\nx;331,10 €\ny;20,5 €\n").decimal == ","


def test_excels_line_that_names_the_delimiter_is_taken_at_its_word() -> None:
    found = table("sep=|\na|b;c\n1|2;3\n")
    assert (found.names, found.rows, found.lines) == (("a", "b;c"), [["1", "2;3"]], [3])


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        ("5", ".", 5.0),
        ("-1.5e3", ".", -1500.0),
        (".5", ".", 0.5),
        ("1,234.5", ".", 1234.5),
        ("1,5", ".", None),
        ("1,5", ",", 1.5),
        ("1.234,5", ",", 1234.5),
        ("1.234", ",", 1234.0),
        ("1.5", ",", None),
        ("nan", ".", None),
        ("inf", ".", None),
        ("1_000", ".", None),
        ("٣", ".", None),
        ("12 kg", ".", None),
        ("0.500", ",", None),
        ("0,500", ".", None),
        ("$540,079", ".", 540079.0),
        ("-£5", ".", -5.0),
        ("3.310,98\u00a0€", ",", 3310.98),
        ("12 %", ".", 12.0),
        ("$12 %", ".", None),
        ("", ".", None),
        ("1e999", ".", float("inf")),
    ],
)
def test_a_number_is_what_people_write_as_one(cell: str, decimal: str, value: float | None) -> None:
    assert number(cell, decimal) == value


def test_a_missing_value_has_many_names() -> None:
    assert all(map(is_missing, ["", "NA", "n/a", "NaN", "null", "?", "-", "#N/A", "#NV"]))
    assert not any(map(is_missing, ["0", "none", "no", "--", "n"]))


# Headers.


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("a,b\n1,2\n", True),
        ("1,2\n3,4\n", False),
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n", False),
        ("name,2019,2020\nAda,1,2\nBob,3,4\n", False),  # nothing but numbers in it but for a name: cannot be told
        ("name,age,2020\nAda,1,2\nBob,3,4\n", True),  # age stands over numbers
        ("name,color\nx,red\ny,red\n", True),
        ("x,red\ny,red\nz,blue\n", False),  # red comes again
        (",a\n0,1\n1,2\n", True),  # as pandas writes an index
        ("a,b\nNA,1\n2,3\n", True),
        ("a,b\n", True),
        ("5,red\n", False),
    ],
)
def test_a_header_is_told_by_the_values_below_it(text: str, header: bool) -> None:
    assert table(text).header is header


def test_a_header_can_be_said() -> None:
    assert table("2019,2020\n1,2\n", header=True).names == ("2019", "2020")
    assert table("a,b\n1,2\n", header=False).rows == [["a", "b"], ["1", "2"]]


def test_columns_without_names_are_counted() -> None:
    assert table("1,2\n3,4\n").names == ("column 1", "column 2")
    assert table(",a\n0,1\n1,2\n").names == ("column 1", "a")


def test_two_columns_of_one_name_are_refused_with_their_places() -> None:
    with pytest.raises(FormatError, match=r"people.csv: columns 1 and 3 are called 'x': give each a name of its own"):
        table("x,y,x\n1,2,3\n")


# Rows.


def test_quotes_hold_delimiters_lines_and_doubled_quotes() -> None:
    found = table('a,b\n1,"x, y"\n3,"z ""q""\nmore"\n4, "5"\n')
    assert found.rows == [["1", "x, y"], ["3", 'z "q"\nmore'], ["4", "5"]]
    assert found.lines == [2, 3, 5]


def test_empty_lines_and_a_last_column_without_values_are_left_out() -> None:
    found = table("a;b;\n\n1;2;\n;;\n3;4;\n")
    assert (found.names, found.rows, found.lines) == (("a", "b"), [["1", "2"], ["3", "4"]], [3, 5])


def test_all_lines_of_another_length_are_named() -> None:
    with pytest.raises(
        FormatError, match=r"people.csv: line 3 has 1 value, expected 2 as in the other lines: correct or remove it$"
    ):
        table("a,b\n1,2\n3\n4,5\n")
    with pytest.raises(
        FormatError, match=r"line 2 has 3 values, expected 2 as in the other lines; other lengths too in lines 5, 6: "
    ):
        table("a,b\n1,2,3\n4,5\n6,7\n8,9,10\n8\n7,8\n9,0\n")


def test_a_quote_that_is_never_closed_is_named_by_its_line() -> None:
    with pytest.raises(FormatError, match=r"people.csv: line 2: a quote is opened and never closed"):
        table('a,b\n1,"x\n2,y\n')
    with pytest.raises(FormatError, match=r"people.csv: line 3: text after a closing quote"):
        table('a,b\n1,2\n1,"x"y\n')


@pytest.mark.parametrize("text", ["", "\n\n", ";;\n;;\n", "\ufeff"])
def test_a_file_without_values_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match=r"people.csv: there is nothing in it, expected a table"):
        table(text)


def test_selected_rows_keep_their_lines() -> None:
    chosen = table("a,b\n1,2\n3,4\n5,6\n").select([2, 0])
    assert (chosen.rows, chosen.lines, chosen.column(1)) == ([["5", "6"], ["1", "2"]], [4, 2], ["6", "2"])


# Files.


def test_a_file_may_be_gzipped(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n"))
    assert read(tmp_path / "a.csv").rows == read(tmp_path / "b.csv.gz").rows == [["1", "2"]]
    assert read(tmp_path / "a.csv").name == str(tmp_path / "a.csv")


def test_a_folder_and_a_file_that_is_not_there_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="a folder, expected a CSV file"):
        read(tmp_path)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none.csv")
