"""Tables as text: files of comma-separated values, as people have them.

A spreadsheet writes them in many ways: with commas, semicolons or tabs, with a decimal comma where people write one,
in UTF-8 or an older encoding, with a line of names at the top or without. All of it is decided here from the bytes, and
each decision is by a rule that can be read. (The standard library's `csv.Sniffer` guesses from the frequencies of
characters, and is wrong for files as common as those with decimal commas.) The quoting is left to the `csv` module.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

from purenn.errors import FormatError, listed
from purenn.formats.gunzip import Source, contents

__all__ = ["DELIMITERS", "MISSING", "TextTable", "in_doubt", "is_missing", "number", "parse", "read", "sign", "typed"]

DELIMITERS = {";": "semicolon", "\t": "tab", "|": "bar", ",": "comma"}
MISSING = {"", "na", "n/a", "nan", "null", "?", "-", "#n/a", "#nv"}  # an empty cell, by the names it is given
LARGEST_FILE = 1 << 30  # bytes, also of a gzip file once inflated: its cells would take about ten times as much

# Numbers as they are written: 1234.5, 1,234.5, .5 or 1e-3; and with a decimal comma 1234,5 or 1.234,5. Groups of
# thousands never begin with a 0: 0.500 has decimals, wherever it was written.
_EXPONENT = r"(?:[eE][+-]?\d+)?"
_PATTERNS = {
    ".": re.compile(rf"[+-]?(?:\d+(?:\.\d*)?|[1-9]\d{{,2}}(?:,\d{{3}})+(?:\.\d*)?|\.\d+){_EXPONENT}", re.ASCII),
    ",": re.compile(rf"[+-]?(?:\d+(?:,\d*)?|[1-9]\d{{,2}}(?:\.\d{{3}})+(?:,\d*)?|,\d+){_EXPONENT}", re.ASCII),
}
_DECIMAL_COMMA = re.compile(rf"[+-]?(?:\d+|[1-9]\d{{,2}}(?:\.\d{{3}})+)?,\d+{_EXPONENT}", re.ASCII)
_DOTTED = re.compile(r"[+-]?[1-9]\d{,2}(?:\.\d{3})+", re.ASCII)  # 1.234: thousands, or three decimals

# Signs of amounts, before or after the number: $540,079, 3.310,98 € or 12 %.
_BEFORE = re.compile(r"([+-]?)([€$£])[ \u00a0\u202f]?(.+)")
_AFTER = re.compile(r"(.+?)[ \u00a0\u202f]?([€$£%])")

_MAGIC = {
    b"PK\x03\x04": "an Excel workbook or another zip file: open it and save it as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: open it and save it as CSV",
    b"%PDF": "a PDF file",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
}


@dataclass(frozen=True)
class TextTable:
    """The cells of a file: `rows` of texts, all of one length, with the spaces around them removed.

    name: of the file, for messages. names: of the columns; without a header, "column 1", "column 2", …
    lines: the line of the file that each row begins in. delimiter, decimal: as they were found or said.
    counts: what `lines` are the numbers of, "line" for a file.
    """

    name: str
    names: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    lines: Sequence[int]
    header: bool
    delimiter: str
    decimal: str
    counts: str = "line"

    def where(self, index: int, column: str) -> str:
        """Return the place of a cell in words, by the index of its row: "houses.csv: line 4, column price"."""
        named = column if column.startswith("column ") else f"column {column}"  # or it has only a number
        return f"{self.name}: {self.counts} {self.lines[index]}, {named}"

    def column(self, index: int) -> list[str]:
        """Return the cells of a column."""
        return [row[index] for row in self.rows]

    def select(self, indices: Sequence[int]) -> TextTable:
        """Return only the rows with these indices, in this order."""
        return replace(self, rows=[self.rows[i] for i in indices], lines=[self.lines[i] for i in indices])

    def with_header(self) -> TextTable:
        """Return the table with its first row as the names of the columns. Raises FormatError if two are equal.

        A column without a name keeps its "column 3".
        """
        names = tuple(cell or other for cell, other in zip(self.rows[0], self.names))
        for most, count in Counter(names).most_common(1):
            if count > 1:
                places = " and ".join(str(j + 1) for j, other in enumerate(names) if other == most)
                raise FormatError(f"{self.name}: columns {places} are called {most!r}: give each a name of its own")
        return replace(self, names=names, rows=self.rows[1:], lines=self.lines[1:], header=True)


def is_missing(cell: str) -> bool:
    """Return whether a cell holds no value.

    >>> [is_missing(cell) for cell in ("", "NA", "?", "0", "no")]
    [True, True, True, False, False]
    """
    return cell.lower() in MISSING


def number(cell: str, decimal: str = ".") -> float | None:
    """Return the number that a cell holds, None if it holds none. `decimal` is the mark before the decimals.

    Numbers may have a mark between thousands, and a sign: € $ £ or %. One too large for a float is infinite.

    >>> number("1,234.5"), number("1.234,5 €", decimal=","), number("12 kg")
    (1234.5, 1234.5, None)
    """
    cell = sign(cell)[1]
    if not _PATTERNS[decimal].fullmatch(cell):
        return None
    thousands = "," if decimal == "." else "."
    return float(cell.replace(thousands, "").replace(decimal, "."))


def typed(word: str, decimal: str) -> str:
    """Return a value that someone has typed as a cell with this decimal mark: as it is, unless only the other mark
    makes a number of it, as in 0.5 where a comma is usual.

    >>> typed("0.5", ","), typed("1.500", ","), typed("Ulm", ",")
    ('0,5', '1.500', 'Ulm')
    """
    other = "," if decimal == "." else "."
    if number(word, decimal) is None and number(word, other) is not None:
        return word.replace(decimal, "").replace(other, decimal)
    return word


def sign(cell: str) -> tuple[str, str]:
    """Return the sign of an amount, an empty text if it has none, and the amount without it.

    >>> sign("-$5"), sign("12 %"), sign("12")
    (('$', '-5'), ('%', '12'), ('', '12'))
    """
    if before := _BEFORE.fullmatch(cell):
        return before[2], before[1] + before[3]
    after = _AFTER.fullmatch(cell)
    return (after[2], after[1]) if after else ("", cell)


def in_doubt(cells: Sequence[str]) -> str:
    """Return the first of these cells whose dot may stand between thousands or before decimals, for all that the other
    cells tell; an empty text if they do tell.

    >>> in_doubt(["6.504", "7.250"]), in_doubt(["6.504", "7.25"]), in_doubt(["6.504", "372"])
    ('6.504', '', '')
    """
    dotted = [cell for cell in cells if "." in cell]
    certain = len(dotted) < len(cells) or not all(_DOTTED.fullmatch(sign(cell)[1]) for cell in dotted)
    return "" if certain else next(iter(dotted), "")


def read(
    source: Source,
    *,
    header: bool | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
) -> TextTable:
    """Read a CSV file, gzipped or not. The options are those of `parse`, as are the errors; OSError if it cannot be
    read."""
    if isinstance(source, (str, os.PathLike)) and os.path.isdir(source):
        raise FormatError(f"{os.fspath(source)}: a folder, expected a CSV file")
    data, name = contents(source, LARGEST_FILE)
    return parse(data, name, header=header, delimiter=delimiter, decimal=decimal)


def parse(
    data: bytes,
    name: str,
    *,
    header: bool | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
) -> TextTable:
    """Return the table in these bytes.

    header: whether the first line has the names of the columns. delimiter: the mark between cells. decimal: the mark
    before decimals. Default: decided from the bytes.
    Lines without any value are left out, and so is a last column without any.
    Raises FormatError, naming the line, for bytes that are no text, an open quote, a line with too many or too few
    values, a table without rows and two columns of one name.

    >>> table = parse(b"name;size\\nAda;1,75\\n", "people.csv")
    >>> table.names, table.rows, table.delimiter, table.decimal
    (('name', 'size'), [['Ada', '1,75']], ';', ',')
    """
    text, said, skipped = _without_directive(_decoded(data, name))
    delimiter = delimiter or said or _delimiter(text)
    rows, lines = _cells(text, delimiter, name, skipped)
    if not rows:
        raise FormatError(f"{name}: there is nothing in it, expected a table with a line for each sample")
    _check_lengths(rows, lines, name)
    if len(rows[0]) > 1 and not any(row[-1] for row in rows):  # each line ends with a delimiter
        rows = [row[:-1] for row in rows]
    decimal = decimal or _decimal(rows, delimiter)
    names = tuple(f"column {j + 1}" for j in range(len(rows[0])))
    table = TextTable(name, names, rows, lines, False, delimiter, decimal)
    return table.with_header() if header or (header is None and _has_header(rows, decimal)) else table


# From bytes to text.


def _decoded(data: bytes, name: str) -> str:
    """Decode the bytes: by their byte order mark or, if there is none, as UTF-8 or as Windows-1252.

    UTF-8 goes first, because text in another encoding hardly ever happens to be valid UTF-8. Windows-1252 is what
    Western European spreadsheets write, and agrees with Latin-1 in all printable characters.
    """
    for magic, what in _MAGIC.items():
        if data.startswith(magic):
            raise FormatError(f"{name}: {what}, expected a CSV file")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
        if 0 in data:
            what = "a NUL byte, expected text: UTF-8, UTF-16 with a byte order mark, or Windows-1252"
            raise FormatError(f"{name}: not a CSV file: offset {data.index(0)} is {what}")
    failures: list[str] = []
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            failures.append(f"not {encoding.replace('-sig', '')} at offset {error.start}")
    raise FormatError(f"{name}: cannot tell its encoding: {', '.join(failures)}; save it as UTF-8")


def _without_directive(text: str) -> tuple[str, str, int]:
    """Return the text without the line "sep=;" for Excel, the delimiter that it names, and the lines removed."""
    found = re.match(r'"?sep=(.)"?\r?\n', text)
    return (text[found.end() :], found[1], 1) if found else (text, "", 0)


# From text to cells.


def _delimiter(text: str) -> str:
    """Return the delimiter that cuts the first lines into equally many cells, of which there are at least two.

    A semicolon, tab or bar that does so is taken before a comma, because a comma may be a decimal mark: "1,5;2,5" could
    be cut at either. If none does so, it is the one by which the most lines agree.
    """
    lines = [line for line in text[:100_000].splitlines()[:200] if line.strip()]
    best, most = ",", 0
    for delimiter in DELIMITERS:
        counts = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if any(row))
        if not counts:  # nothing but delimiters
            return delimiter
        (cells, agreeing), *others = counts.most_common()
        if cells > 1 and not others:
            return delimiter
        if cells > 1 and agreeing > most:
            best, most = delimiter, agreeing
    return best


def _cells(text: str, delimiter: str, name: str, skipped: int) -> tuple[list[list[str]], list[int]]:
    """Return the rows that are not empty, and the line that each begins in."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    begin = skipped + 1
    try:
        for cells in reader:
            row = [cell.strip() for cell in cells]
            if any(row):
                rows.append(row)
                lines.append(begin)
            begin = skipped + reader.line_num + 1
    except csv.Error as error:
        open_quote, after_quote = "a quote is opened and never closed", "text after a closing quote"
        reasons = {"unexpected end of data": open_quote, f"{delimiter!r} expected after '\"'": after_quote}
        said = re.sub(r"^line \d+: ", "", str(error))  # which PyPy says, counting otherwise
        raise FormatError(f"{name}: line {begin}: {reasons.get(said, said)}") from None
    return rows, lines


def _check_lengths(rows: Sequence[Sequence[str]], lines: Sequence[int], name: str) -> None:
    """Raise FormatError, naming the lines, unless all rows have as many cells."""
    usual = Counter(map(len, rows)).most_common(1)[0][0]
    wrong = [(line, len(row)) for line, row in zip(lines, rows) if len(row) != usual]
    if wrong:
        line, count = wrong[0]
        more = [str(other) for other, _ in wrong[1:]]
        such = f"; other lengths too in line{'s' * (len(more) > 1)} {listed(more)}" if more else ""
        what = f"line {line} has {count} value{'s' * (count != 1)}, expected {usual} as in the other lines{such}"
        raise FormatError(f"{name}: {what}: correct or remove {'these lines' if such else 'it'}")


# Decisions by the values.


def _decimal(rows: Sequence[Sequence[str]], delimiter: str) -> str:
    """Return the decimal mark: a comma if no comma stands between cells and some cell has one, as in 1.234,5, or else
    if the dots stand between thousands."""
    if delimiter == ",":
        return "."
    cells = [sign(cell)[1] for row in rows for cell in row]
    return "," if any(map(_DECIMAL_COMMA.fullmatch, cells)) or _has_thousands(rows) else "."


def _has_thousands(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the dots in a table stand between thousands: each is followed by three digits, and some column
    shows that they are no decimals, by 1.234.567 or by whole numbers beside them, none of which is above 999."""
    shown = False
    for column in zip(*rows[1:]):  # the first row may hold names
        cells = [amount for _, amount in map(sign, column) if not is_missing(amount)]
        if not all(number(cell) is not None or _DOTTED.fullmatch(cell) for cell in cells):
            continue  # texts
        dotted = [cell for cell in cells if "." in cell]
        if not all(map(_DOTTED.fullmatch, dotted)):
            return False
        whole = [cell for cell in cells if "." not in cell]
        small = bool(whole) and all(len(cell.lstrip("+-")) <= 3 for cell in whole)
        shown = shown or any(cell.count(".") > 1 or small for cell in dotted)
    return shown


def _has_header(rows: Sequence[Sequence[str]], decimal: str) -> bool:
    """Return whether the first row has names: by a column of numbers that begins with a text. Without such a column it
    is one if no cell is a number, none is empty, and none occurs again below it."""

    def is_number(cell: str) -> bool:
        value = number(cell, decimal)
        return value is not None and isfinite(value)

    first, others = rows[0], rows[1:]
    columns = [[row[j] for row in others if not is_missing(row[j])] for j in range(len(first))]
    kinds = [(is_number(cell) or is_missing(cell), all(map(is_number, below))) for cell, below in zip(first, columns)]
    if any(numbers and below and not begins for (begins, numbers), below in zip(kinds, columns)):
        return True
    return all(cell and number(cell, decimal) is None and cell not in below for cell, below in zip(first, columns))
