"""Schemas: how the texts in a table become numbers for a network.

A network takes numbers, and takes them in one order for ever. A schema is made from the table that a network is trained
on, is kept with the network, and turns other rows into the same inputs: columns are found by their names, a text
becomes the category it was, a decimal comma stays one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

from purenn.errors import FormatError, check_choice, closest, did_you_mean, listed, read_all
from purenn.formats import Json, JsonObject, tabular
from purenn.matrix import Matrix
from purenn.samples import Labels, Rows, Samples

__all__ = ["MISSING_RULES", "TASKS", "Column", "Encoded", "Schema", "infer"]

TASKS = ("classes", "quantities")
MISSING_RULES = ("error", "drop", "fill")  # for rows with a missing value: refuse them, leave them out, fill them in
TARGET_NAMES = ("target", "class", "label", "labels", "y")
MOST_CLASSES = 20  # of a target of whole numbers; with more of them it is a quantity
LARGEST = 1e150  # numbers beyond have a square that is infinite, and no standard deviation
STRAY = 0.1  # with no more texts than this among its numbers, a column was meant to be one of numbers
FAR_OFF = 1000.0  # times as large as any other number, a number is likely to be a mistake
KINDS = ("number", "text", "target", "left out")
FEW = 10  # rows: among fewer, categories may all be different by chance
_DATE = re.compile(r"\d{4}[-/.]\d\d?[-/.]\d\d?\b|\d\d?[-/.]\d\d?[-/.](\d{4}|\d\d)\b", re.ASCII)
_MEASURE = re.compile(r"[+-]?\d[\d.,]* ?([^\W\d_]\S{,5})")  # a number and its unit: 194 m²
_WORDS = {"number": "number", "text": "text"}


@dataclass(frozen=True)
class Column:
    """A column of a table.

    kind: "number" and "text" are inputs; "target" is predicted; "left out" is not used, for the reason in `note`.
    categories: of a text, in the order of their inputs. fill: the value to take where one is missing, if there is one.
    sign: of amounts: €, $, £ or %. span: the least and the greatest of the numbers in training, if they are known.
    """

    name: str
    kind: str
    categories: tuple[str, ...] = ()
    fill: float | str | None = None
    note: str = ""
    sign: str = ""
    span: tuple[float, float] | None = None

    @property
    def features(self) -> list[str]:
        """The names of the network inputs that it becomes: one for a number or one of two categories, which is 0 or 1;
        otherwise one for each category, of which one is 1."""
        if self.kind not in ("number", "text"):
            return []
        if self.kind == "number":
            return [self.name]
        shown = self.categories[1:] if len(self.categories) == 2 else self.categories
        return [f"{self.name}={category}" for category in shown]


class Encoded(NamedTuple):
    """Rows of a table as numbers. `targets` is None if the table has no target."""

    inputs: Matrix
    targets: Rows | None


@dataclass(frozen=True)
class Schema:
    """The columns of a table in the order of its file, and how its texts are read.

    classes: the names of the classes; none if the target is a quantity. missing: the rule for missing values.
    delimiter, decimal: the marks between cells and before decimals in the file. note: about the rows left out.
    """

    columns: tuple[Column, ...]
    classes: tuple[str, ...]
    header: bool
    decimal: str
    missing: str = "error"
    delimiter: str = ","
    note: str = ""

    @property
    def inputs(self) -> list[Column]:
        """The columns that a prediction is made from."""
        return [column for column in self.columns if column.kind in ("number", "text")]

    @property
    def target(self) -> str:
        """The name of the column that is predicted."""
        return next(column.name for column in self.columns if column.kind == "target")

    @property
    def features(self) -> list[str]:
        """The names of the inputs of the network."""
        return [feature for column in self.inputs for feature in column.features]

    def describe(self) -> str:
        """Return the kinds of columns in words.

        >>> Schema((Column("age", "number"), Column("won", "target")), ("no", "yes"), True, ".").describe()
        'inputs: 1 number; target won: 2 classes (no, yes)'
        """
        kinds = Counter(column.kind for column in self.inputs)
        counts = [f"{n} {word}{'s' * (n > 1)}" for kind, word in _WORDS.items() if (n := kinds[kind])]
        named = ", ".join(self.classes[:6]) + ", …" * (len(self.classes) > 6)
        target = f"{len(self.classes)} classes ({named})" if self.classes else "a quantity"
        notes = [
            f"{'left out ' * (column.kind == 'left out')}{column.name}: {column.note}"
            for column in self.columns
            if column.note
        ]
        notes += [self.note] if self.note else []
        return "; ".join([f"inputs: {', '.join(counts)}", f"target {self.target}: {target}", *notes])

    # From texts to numbers.

    def encode(self, table: tabular.TextTable) -> Encoded:
        """Return the rows of a table as numbers, after `arranged` has found its columns.

        Raises FormatError for missing values, texts that are no numbers, unknown categories and unknown classes, naming
        the lines and the columns of all of them.
        """
        columns = [(column, table.names.index(column.name)) for column in self.inputs]
        cells = ((column, i, row[j]) for i, row in enumerate(table.rows) for column, j in columns)
        parts = read_all(
            lambda cell: self._encoded(table, *cell),
            cells,
            lambda cell: f"{table.counts} {table.lines[cell[1]]}, column {cell[0].name}: {cell[2]!r}",
        )
        width = len(columns)  # parts in each row
        inputs = Matrix.wrap([[*chain(*parts[i : i + width])] for i in range(0, len(parts), width)])
        return Encoded(inputs, self.targets_of(table) if self.target in table.names else None)

    def samples(self, table: tabular.TextTable) -> Samples:
        """Return the rows of a table, which has the target, as samples. Raises the errors of `encode`."""
        encoded = self.encode(table)
        if encoded.targets is None:
            raise FormatError(f"{table.name}: there is no column {self.target!r}, which is the target")
        return Samples(encoded.inputs, encoded.targets, quantities=not self.classes)

    def _encoded(self, table: tabular.TextTable, column: Column, index: int, cell: str) -> list[float]:
        """Return the inputs that a cell becomes, which is in the row with this index."""
        value: str | float = column.fill if column.fill is not None and tabular.is_missing(cell) else cell
        where = table.where(index, column.name)
        if column.kind == "number":
            return [_number(value, table.decimal, where, column.sign)]
        return self._one_hot(column, value, where)

    def _one_hot(self, column: Column, cell: str | float, where: str) -> list[float]:
        if cell not in column.categories:
            hint = did_you_mean(str(cell), column.categories)
            found = "a value is missing" if tabular.is_missing(str(cell)) else f"{cell!r} is unknown"
            raise FormatError(f"{where}: {found}, expected one of {listed(column.categories)}{hint}")
        ones = [float(cell == category) for category in column.categories]
        return ones[1:] if len(ones) == 2 else ones

    def targets_of(self, table: tabular.TextTable) -> Rows:
        """Return the targets: class numbers, or a column of quantities. Raises the errors of `encode`."""
        (sign,) = (column.sign for column in self.columns if column.kind == "target")
        cells = table.column(table.names.index(self.target))

        def target(i: int) -> float:
            where = table.where(i, self.target)
            return (
                self._label(cells[i], table, where) if self.classes else _number(cells[i], table.decimal, where, sign)
            )

        found = read_all(target, range(len(cells)), lambda i: f"{table.counts} {table.lines[i]}: {cells[i]!r}")
        if not self.classes:
            return Matrix.wrap([[value] for value in found])
        return Labels([int(value) for value in found], len(self.classes), self.classes)

    def _label(self, cell: str, table: tabular.TextTable, where: str) -> int:
        """Return the number of the class in a cell."""
        value = tabular.number(cell, table.decimal)
        name = cell if cell in self.classes or value is None else _plain(value)
        if name not in self.classes:
            hint = did_you_mean(cell, self.classes)
            raise FormatError(f"{where}: {cell!r} is not among the classes: {listed(self.classes)}{hint}")
        return self.classes.index(name)

    # Other tables of the same kind.

    def arranged(self, table: tabular.TextTable) -> tabular.TextTable:
        """Return a table that was read without a header with the columns of this schema, in any order and with or
        without the target and the columns left out.

        Columns are found by their names, if the first row has those of all inputs; otherwise by their number: all
        columns as in training, all but the target, or the inputs alone. Raises FormatError if neither is so.
        """
        first, needed = table.rows[0], [column.name for column in self.inputs]
        if self.header and {*needed} <= {*first}:
            return table.with_header()
        named_otherwise = self.header and {name.casefold() for name in needed} & {cell.casefold() for cell in first}
        for columns in (self.columns, [c for c in self.columns if c.kind != "target"], self.inputs):
            if len(columns) == len(first) and not named_otherwise:
                named = replace(table, names=tuple(column.name for column in columns))
                if _fits(columns, first, table.decimal):
                    return named
                if not self.header:  # a line of names, where training had none
                    return named.select(range(1, len(table.rows)))
        lacking = [name for name in needed if name not in first]
        like = [(closest(name, first), name) for name in lacking if self.header]
        hint = "".join(f"; did you mean {name} by {found}?" for found, name in like if found not in ("", *needed))
        what = (
            f"the first line is {listed(first)}, without {listed(lacking)}" if self.header else f"{len(first)} columns"
        )
        raise FormatError(f"{table.name}: {what}; expected the columns {listed(needed)}, in any order if named{hint}")

    def completed(self, table: tabular.TextTable) -> tabular.TextTable:
        """Return the table without the rows that have a missing value, as far as the rule says so.

        Under "fill", only rows without a target are left out. Raises FormatError under "error", with the number of
        missing values and the first of them, and if no row is left.
        """
        watched = [c for c in self.columns if c.kind == "target" or (c.kind != "left out" and self.missing != "fill")]
        places = [(c.name, table.names.index(c.name)) for c in watched if c.name in table.names]
        gaps = [(i, name) for i, row in enumerate(table.rows) for name, j in places if tabular.is_missing(row[j])]
        if not gaps:
            return table
        if self.missing == "error":
            counts = ", ".join(f"{n} in {name}" for name, n in Counter(name for _, name in gaps).items())
            first, name = gaps[0]
            many = "1 value is" if len(gaps) == 1 else f"{len(gaps)} values are"
            what = f"{many} missing ({counts}), first in line {table.lines[first]}, column {name}"
            drop, fill = 'missing="drop" (--missing drop)', 'missing="fill" (--missing fill)'
            ways = f"{drop} leaves out such rows, {fill} puts in the mean or the most frequent text"
            raise FormatError(f"{table.name}: {what}; {ways}")
        without = {i for i, _ in gaps}
        kept = [i for i in range(len(table.rows)) if i not in without]
        if not kept:
            raise FormatError(f"{table.name}: every row has a missing value: nothing is left to learn from")
        return table.select(kept)

    def with_losses(self, table: tabular.TextTable, complete: tabular.TextTable) -> Schema:
        """Return the schema with notes about a table and what `completed` has left of it: which rows are left out and,
        under the rule "fill", how many values are filled in."""
        lines = sorted({*table.lines} - {*complete.lines})
        why = f"without a {self.target}" if self.missing == "fill" else "with a missing value"
        ending = "s" * (len(lines) > 1)
        note = f"left out: {len(lines)} row{ending} {why}, line{ending} {listed([*map(str, lines)])}" if lines else ""

        def told(column: Column) -> Column:
            if column.kind not in ("number", "text"):
                return column
            gaps = len(complete.rows) - len(_present(column, complete))
            return replace(column, note=column.note or f"{gaps} missing value{'s' * (gaps > 1)} filled in" * (gaps > 0))

        return replace(self, columns=tuple(map(told, self.columns)), note=note)

    def with_fills(self, table: tabular.TextTable) -> Schema:
        """Return the schema with a value for every column to take where one is missing, if that is the rule: the mean
        of the numbers in this table, or its most frequent text."""
        if self.missing != "fill":
            return self

        def filled(column: Column) -> Column:
            if column.kind not in ("number", "text"):
                return column
            if column.kind == "text":
                cells = _present(column, table)
                return replace(column, fill=Counter(cells).most_common(1)[0][0] if cells else column.categories[0])
            values = _numbers(column, table)
            return replace(column, fill=sum(values) / len(values) if values else 0.0)

        return replace(self, columns=tuple(map(filled, self.columns)))

    def with_spans(self, table: tabular.TextTable) -> Schema:
        """Return the schema with the least and the greatest number of each column in this table, the training rows."""

        def spanned(column: Column) -> Column:
            values = _numbers(column, table) if column.kind == "number" else []
            return replace(column, span=(min(values), max(values))) if values else column

        return replace(self, columns=tuple(map(spanned, self.columns)))

    def with_doubts(self, table: tabular.TextTable) -> Schema:
        """Return the schema with a note at each column of numbers whose dots may be decimal or stand between thousands,
        if this table was not cut at commas: where people write 1,5 they write 1.000 too."""
        if table.delimiter == "," or table.decimal == ",":
            return self

        def doubted(column: Column, cells: Sequence[str]) -> Column:
            is_number = column.kind == "number" or (column.kind == "target" and not self.classes)
            cell = tabular.in_doubt([cell for cell in cells if not tabular.is_missing(cell)]) if is_number else ""
            if not cell:
                return column
            values = f"{_plain(tabular.number(cell) or 0.0)}; if it is {_plain(tabular.number(cell, ',') or 0.0)}"
            return replace(column, note=f'{cell} is read as {values}, say decimal="," (--decimal ,)')

        return replace(self, columns=tuple(map(doubted, self.columns, zip(*table.rows))))

    # Files.

    def to_json(self) -> dict[str, object]:
        """Return the schema as an object for JSON, from which `from_json` makes an equal one."""
        columns = [
            {key: value for key, value in vars(column).items() if value not in ((), "", None)}
            for column in self.columns
        ]
        return {**vars(self), "columns": columns}

    @classmethod
    def from_json(cls, found: JsonObject) -> Schema:
        """Make a schema from the object in a file. Raises ValueError if it is none."""
        columns = found.get("columns")
        if not isinstance(columns, list) or not columns:
            raise ValueError(f"its columns are {columns!r}, expected a list")
        classes, decimal, missing = _strings(found, "classes"), _string(found, "decimal"), _string(found, "missing")
        schema = cls(tuple(map(_column, columns)), classes, found.get("header") is True, decimal, missing)
        if "delimiter" in found:
            schema = replace(schema, delimiter=_string(found, "delimiter"))
        if "note" in found:
            schema = replace(schema, note=_string(found, "note"))
        if len(schema.delimiter) != 1:
            raise ValueError(f"its delimiter is {schema.delimiter!r}, expected one character")
        check_choice((".", ","), decimal=decimal)
        check_choice(MISSING_RULES, missing=missing)
        if not schema.inputs or [column.kind for column in schema.columns].count("target") != 1:
            raise ValueError("its columns are not some to predict from and one target")
        return schema


def _column(record: object) -> Column:
    if not isinstance(record, JsonObject):
        raise ValueError(f"a column is {record!r}, expected an object")
    fill = record.get("fill")
    if isinstance(fill, bool) or not isinstance(fill, (int, float, str, type(None))):
        raise ValueError(f"the fill of a column is {fill!r}, expected a number or a text")
    categories = _strings(record, "categories") if "categories" in record else ()
    sign = _string(record, "sign") if "sign" in record else ""
    span = _span(record["span"]) if "span" in record else None
    column = Column(_string(record, "name"), _string(record, "kind"), categories, fill, sign=sign, span=span)
    check_choice(KINDS, kind=column.kind)
    return replace(column, note=_string(record, "note")) if "note" in record else column


def _span(found: Json) -> tuple[float, float]:
    numbers = [float(v) for v in found if isinstance(v, (int, float))] if isinstance(found, list) else []
    if len(numbers) != 2:
        raise ValueError(f"the span of a column is {found!r}, expected two numbers")
    return numbers[0], numbers[1]


def _string(record: JsonObject, key: str) -> str:
    value = record.get(key)
    if not isinstance(value, str):
        raise ValueError(f"its {key} is {value!r}, expected a text")
    return value


def _strings(record: JsonObject, key: str) -> tuple[str, ...]:
    values = record.get(key)
    texts = [value for value in values if isinstance(value, str)] if isinstance(values, list) else None
    if texts is None or not isinstance(values, list) or len(texts) < len(values):
        raise ValueError(f"its {key} are {values!r}, expected a list of texts")
    return tuple(texts)


# From a table to its schema.


def infer(
    table: tabular.TextTable,
    target: str | int | None = None,
    *,
    task: str | None = None,
    missing: str = "error",
) -> Schema:
    """Return the schema of a table by its values.

    target: the name of the column to predict or its place, from 0 as in a list. A text of digits that names no column
    is a place counted from 1. Default: a column called target, class, label or y, otherwise the last one.
    task: "classes" or "quantities". Default: classes for texts, and for whole numbers of at most 20 different values,
    each of which occurs at least twice; otherwise quantities.
    missing: the rule for rows with a missing value: "error", "drop" or "fill".

    A column is of numbers if all its cells are, and of texts otherwise. Left out are columns of one value, of texts
    that are nearly all different (names, dates, numbers of tickets), of an index that counts the rows, and those that
    lack more than half of their values.
    Raises FormatError for a table with nothing to predict or nothing to predict from, and for a column of numbers with
    a few texts in it, naming the first.
    """
    check_choice(MISSING_RULES, missing=missing)
    if task is not None:
        check_choice(TASKS, task=task)
    if not table.rows:
        raise FormatError(f"{table.name}: a line of names and no rows below it")
    if len(table.names) < 2:
        raise FormatError(f"{table.name}: one column only, expected inputs and a target, separated by , ; | or a tab")
    place = _place(table, target)
    columns = [_judged(table, j) if j != place else Column(name, "target") for j, name in enumerate(table.names)]
    classes = _classes(table, place, task)
    if not classes:
        columns[place] = replace(columns[place], sign=_sign_of(table, place))
    note = _about_classes(table, place, classes) or ("" if task else _about_numbers(classes))
    columns[place] = replace(columns[place], note=note)
    columns = [replace(column, note=column.note or _outlier(table, j)) for j, column in enumerate(columns)]
    schema = Schema(tuple(columns), classes, table.header, table.decimal, missing, table.delimiter)
    if not schema.inputs:
        reasons = "; ".join(f"{column.name}: {column.note}" for column in columns if column.note)
        raise FormatError(f"{table.name}: no column is left to predict {schema.target} from: {reasons}")
    return schema


def _place(table: tabular.TextTable, target: str | int | None) -> int:
    """Return the place of the target among the columns, from 0."""
    names = table.names
    if target is None:
        return next((j for j, name in enumerate(names) if name.lower() in TARGET_NAMES), len(names) - 1)
    said, first = target, 0
    if isinstance(target, str) and target not in names and _is_short_whole(target):
        target, first = int(target) - 1 if int(target) else len(names), 1
    if isinstance(target, int):
        if not -len(names) <= target < len(names):
            what = f"no column has the number {said}: there are {len(names)}, counted from {first}, {listed(names)}"
            raise FormatError(f"{table.name}: {what}")
        return target % len(names)
    if target not in names:
        hint = did_you_mean(target, names)
        raise FormatError(f"{table.name}: no column is called {target!r:.40}; there are {listed(names)}{hint}")
    return names.index(target)


def _judged(table: tabular.TextTable, place: int) -> Column:
    """Return an input column by its cells: numbers, texts, or left out for a reason."""
    name = table.names[place]
    cells = [(i, cell) for i, cell in enumerate(table.column(place)) if not tabular.is_missing(cell)]
    counts = Counter(cell for _, cell in cells)
    if len(counts) < 2:
        return Column(name, "left out", note=f"only {next(iter(counts))!r}" if counts else "no value at all")
    lacking = len(table.rows) - len(cells)
    if lacking > len(table.rows) / 2:
        return Column(name, "left out", note=f"{lacking} of {len(table.rows)} values are missing")
    texts = [(i, cell) for i, cell in cells if tabular.number(cell, table.decimal) is None]
    if not texts:
        if _is_index(name, [cell for _, cell in cells]) and len(table.names) > 2:
            return Column(name, "left out", note="it counts the rows")
        return Column(name, "number", sign=_sign_of(table, place))
    if len(texts) <= STRAY * len(cells):
        raise _stray(table, place)
    if all(_DATE.match(cell) for _, cell in cells):
        ways = "write the year, the month or the days since the first as a number to use it"
        return Column(name, "left out", note=f"dates such as {cells[0][1]} are not understood; {ways}")
    if (len(counts) > 20 and len(counts) > len(cells) / 2) or len(counts) == len(cells) >= FEW:
        units = {unit[1] if (unit := _MEASURE.fullmatch(cell)) else "" for cell in counts}
        way = f": write the numbers alone, without {units.pop()}" if len(units) == 1 and "" not in units else ""
        note = f"{len(counts)} different texts in {len(cells)} rows, such as {cells[0][1]!r:.40}{way}"
        return Column(name, "left out", note=note)
    return Column(name, "text", tuple(sorted(counts)), note=_about_case("texts", [*counts]))


def _stray(table: tabular.TextTable, place: int) -> FormatError:
    """Return the error for a column of numbers with texts in it, which names the first of these."""
    cells = [(i, cell) for i, cell in enumerate(table.column(place)) if not tabular.is_missing(cell)]
    texts = [(i, cell) for i, cell in cells if _is_text(cell, table.decimal)]
    i, cell = texts[0]
    mark, other = ("comma", ".") if table.decimal == "," else ("point", ",")
    why = f", as decimals have a {mark} in this table" if tabular.number(cell, other) is not None else ""
    what = f"{cell!r} is not a number{why}, but {len(cells) - len(texts)} of {len(cells)} values in this column are"
    ways = 'correct it, or leave the cell empty and say missing="drop" (--missing drop)'
    return FormatError(f"{table.where(i, table.names[place])}: {what}; {ways}")


def _is_index(name: str, cells: Sequence[str]) -> bool:
    """Return whether a column counts the rows, by its name and its whole numbers, each by 1 above the one before."""
    usual = re.fullmatch(r"|column \d+|unnamed: 0|index|.*\bid|.*[a-z]Id", name, re.IGNORECASE)
    first = int(cells[0]) if usual and _is_short_whole(cells[0]) else -1
    return first >= 0 and cells == [str(first + i) for i in range(len(cells))]


def _is_short_whole(text: str) -> bool:
    """Return whether a text is a whole number of so few digits that `int` takes it: it refuses more than 4,300."""
    return text.isdecimal() and len(text) <= 20


def _classes(table: tabular.TextTable, place: int, task: str | None) -> tuple[str, ...]:
    """Return the names of the classes in a target column, none if it holds quantities."""
    name, cells = table.names[place], [cell for cell in table.column(place) if not tabular.is_missing(cell)]
    numbers = [value for value in (tabular.number(cell, table.decimal) for cell in cells) if value is not None]
    counts = _class_counts(cells, table.decimal)
    if len(counts) < 2:
        found = f"the only value is {next(iter(counts))!r}" if counts else "all values are missing"
        raise FormatError(f"{table.name}: {found} in column {name}, the target: there is nothing to learn")
    if len(numbers) < len(cells):
        are_few = len(cells) - len(numbers) <= STRAY * len(cells)
        if are_few and (task == "quantities" or (task is None and len(counts) > MOST_CLASSES)):
            raise _stray(table, place)
        if task == "quantities":
            i = next(i for i, cell in enumerate(table.column(place)) if _is_text(cell, table.decimal))
            raise FormatError(f"{table.where(i, name)}, the target: {table.rows[i][place]!r} is not a quantity")
        if len(counts) > len(cells) / 2 and len(cells) >= FEW:
            what = f"{len(counts)} different texts in {len(cells)} rows, such as {cells[0]!r:.40}: too many for classes"
            raise FormatError(f"{table.name}: column {name}, the target, has {what}; name another target")
        broken = next((cell for cell in counts if "\n" in cell), None)
        if broken is not None:  # names of classes are kept in lines
            raise FormatError(f"{table.name}: column {name}, the target, has a line break in {broken!r}")
        return tuple(sorted(counts))
    few = len(counts) <= MOST_CLASSES and all(v % 1 == 0 for v in numbers) and min(counts.values()) > 1
    is_classes = few if task is None else task == "classes"
    return tuple(sorted(counts, key=float)) if is_classes else ()


def _class_counts(cells: Sequence[str], decimal: str) -> Counter[str]:
    """Return how many of these cells each class has. If all are numbers, 1 and 1.0 are one class."""
    numbers = [value for value in (tabular.number(cell, decimal) for cell in cells) if value is not None]
    return Counter(cells if len(numbers) < len(cells) else map(_plain, numbers))


# Cells.


def _about_classes(table: tabular.TextTable, place: int, classes: Sequence[str]) -> str:
    """Return a sentence about classes that are likely to be one, or have one row only; empty if there are none."""
    if twins := _about_case("classes", classes):
        return twins
    counts = _class_counts([cell for cell in table.column(place) if not tabular.is_missing(cell)], table.decimal)
    rare = [name for name in classes if counts[name] == 1]
    if not rare:
        return ""
    if len(rare) > len(classes) / 2 and all(tabular.number(name) is not None for name in classes):
        what = f"{len(classes)} different numbers as classes, most of them in 1 row only"
        return f'{what}: task="quantities" (--task quantities) would predict them as numbers'
    which = "each of the classes" if len(rare) > 1 else "class"
    return f"too few to learn from and to test: 1 row of {which} {listed(rare)}"


def _about_case(what: str, texts: Sequence[str]) -> str:
    """Return a sentence about two texts that are likely to be one; empty if there are no such two."""
    by_letters = sorted(sorted(texts), key=str.lower)
    for one, other in zip(by_letters, by_letters[1:]):
        if one.lower() == other.lower():
            return f"the {what} {one} and {other} differ only in upper and lower case: are they one?"
    return ""


def _about_numbers(classes: Sequence[str]) -> str:
    """Return a sentence about more than two classes that are all numbers; empty for others."""
    if len(classes) < 3 or any(tabular.number(name) is None for name in classes):
        return ""
    return 'few whole numbers are taken for classes; task="quantities" (--task quantities) predicts them as numbers'


def _outlier(table: tabular.TextTable, place: int) -> str:
    """Return a sentence about a number that is thousands of times as large as all others in its column, if one is."""
    values = [abs(tabular.number(cell, table.decimal) or 0.0) for cell in table.column(place)]
    *_, second, first = sorted([0.0, *values])
    if not 0.0 < FAR_OFF * second < first:
        return ""
    i = values.index(first)
    times = f"{first / second:,.0f} times as large as any other"
    return (
        f"line {table.lines[i]} has {table.rows[i][place]}, {times}: if it is a mistake, correct it or remove the line"
    )


def _sign_of(table: tabular.TextTable, place: int) -> str:
    """Return the sign of the amounts in a column of numbers, empty if they have none.

    Raises FormatError unless all of them have the same: 12 % and 12 are not in one unit.
    """
    found: dict[str, int] = {}
    for i, cell in enumerate(table.column(place)):
        if not tabular.is_missing(cell):
            found.setdefault(tabular.sign(cell)[0], i)
    if len(found) > 1:
        (i, j), name = list(found.values())[:2], table.names[place]
        pair = f"{table.rows[i][place]!r} but {table.rows[j][place]!r} in line {table.lines[j]}"
        raise FormatError(
            f"{table.name}: line {table.lines[i]}, column {name}: {pair}: write all amounts with one sign, or none"
        )
    return next(iter(found), "")


def _number(cell: str | float, decimal: str, where: str, sign: str = "") -> float:
    """Return the number in a cell, an amount with this sign or without one.

    Raises FormatError, with the place `where`, if there is none.
    """
    if isinstance(cell, str) and tabular.sign(cell)[0] not in ("", sign):
        raise FormatError(f"{where}: {cell!r} has another sign than in training, which was {sign or 'none'}")
    value = tabular.number(cell, decimal) if isinstance(cell, str) else cell
    if value is None:
        mark = " with a decimal comma" if decimal == "," else " with a decimal point" if "," in str(cell) else ""
        found = "a value is missing" if tabular.is_missing(str(cell)) else f"{cell!r} is not a number{mark}"
        raise FormatError(f"{where}: {found}")
    if not -LARGEST <= value <= LARGEST:
        raise FormatError(f"{where}: {cell} is too large, expected at most {LARGEST:g}")
    return value


def _is_text(cell: str, decimal: str) -> bool:
    """Return whether a cell has a value that is no number."""
    return not tabular.is_missing(cell) and tabular.number(cell, decimal) is None


def _present(column: Column, table: tabular.TextTable) -> list[str]:
    """Return the cells of a column that are not missing."""
    return [cell for cell in table.column(table.names.index(column.name)) if not tabular.is_missing(cell)]


def _numbers(column: Column, table: tabular.TextTable) -> list[float]:
    """Return the numbers of a column, without those that are missing."""
    where = f"{table.name}: {column.name}"
    return [_number(cell, table.decimal, where, column.sign) for cell in _present(column, table)]


def _plain(value: float) -> str:
    """Return a number as the name of a class: 1 and 1.0 are one class."""
    return f"{value:.15g}"


def _fits(columns: Sequence[Column], row: Sequence[str], decimal: str) -> bool:
    """Return whether a row may hold values: it has numbers, or nothing, where numbers belong."""
    cells = [cell for cell, column in zip(row, columns) if column.kind == "number"]
    return all(tabular.is_missing(cell) or tabular.number(cell, decimal) is not None for cell in cells)
