"""Schemas: how the texts in a table become numbers for a network.

A network takes numbers, and takes them in one order for ever. A schema is made from the table that a network is trained
on, is kept with the network, and turns other rows into the same inputs: columns are found by their names, a text
becomes the category it was, a decimal comma stays one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

from purenn.errors import FormatError, check_choice, closest, did_you_mean, listed, read_all
from purenn.formats import Json, JsonObject, tabular
from purenn.matrix import Matrix
from purenn.samples import Labels, Rows, Samples

__all__ = ["MISSING_RULES", "Column", "Encoded", "Schema", "class_name"]

MISSING_RULES = ("error", "drop", "fill")  # for rows with a missing value: refuse them, leave them out, fill them in
LARGEST = 1e150  # numbers beyond have a square that is infinite, and no standard deviation
KINDS = ("number", "text", "target", "left out")
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
        has_targets = self.target in table.names and not all(map(tabular.is_missing, self._targets_in(table)))
        return Encoded(inputs, self.targets_of(table) if has_targets else None)

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
        cells = self._targets_in(table)

        def target(i: int) -> float:
            where = table.where(i, self.target)
            return (
                self._label(cells[i], table, where) if self.classes else _number(cells[i], table.decimal, where, sign)
            )

        found = read_all(target, range(len(cells)), lambda i: f"{table.counts} {table.lines[i]}: {cells[i]!r}")
        if not self.classes:
            return Matrix.wrap([[value] for value in found])
        return Labels([int(value) for value in found], len(self.classes), self.classes)

    def _targets_in(self, table: tabular.TextTable) -> Sequence[str]:
        """Return the cells of the target."""
        return table.column(table.names.index(self.target))

    def _label(self, cell: str, table: tabular.TextTable, where: str) -> int:
        """Return the number of the class in a cell."""
        value = tabular.number(cell, table.decimal)
        name = cell if cell in self.classes or value is None else class_name(value)
        if name not in self.classes:
            hint = did_you_mean(cell, self.classes)
            raise FormatError(f"{where}: {cell!r} is not among the classes: {listed(self.classes)}{hint}")
        return self.classes.index(name)

    # Other tables of the same kind.

    def arranged(self, table: tabular.TextTable) -> tabular.TextTable:
        """Return a table that was read without a header with the columns of this schema, in any order and with or
        without the target and the columns left out.

        Columns are found by their names, if the first row has those of all inputs; otherwise by their number: all
        columns as in training, all but the target, or the inputs alone. Raises FormatError if neither is so, and for
        a line of names alone.
        """
        found = self._named(table)
        if not found.rows:
            raise FormatError(f"{table.name}: a line of names and no rows below it")
        return found

    def _named(self, table: tabular.TextTable) -> tabular.TextTable:
        """Return a table that was read without a header with the names of its columns, as `arranged` does."""
        first, needed = table.rows[0], [column.name for column in self.inputs]
        if self.header and {*needed} <= {*first}:
            return table.with_header()
        named_otherwise = self.header and {name.casefold() for name in needed} & {cell.casefold() for cell in first}
        for columns in (self.columns, [c for c in self.columns if c.kind != "target"], self.inputs):
            if len(columns) == len(first) and not named_otherwise:
                named = replace(table, names=tuple(column.name for column in columns))
                if _fits(columns, first, table.decimal):
                    return named
                if not self.header:  # a line of names, where training had none, or a mistake among its numbers
                    is_row = _numbers_in(columns, first, table.decimal)
                    return named if is_row else named.select(range(1, len(table.rows)))
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
            ways = f"in training, {drop} leaves out such rows, and {fill} puts in the mean or the most frequent text"
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
            read, other = (class_name(tabular.number(cell, mark) or 0.0) for mark in ".,")
            return replace(column, note=f'{cell} is read as {read}; if it is {other}, say decimal="," (--decimal ,)')

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


# Cells.


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


def _present(column: Column, table: tabular.TextTable) -> list[str]:
    """Return the cells of a column that are not missing."""
    return [cell for cell in table.column(table.names.index(column.name)) if not tabular.is_missing(cell)]


def _numbers(column: Column, table: tabular.TextTable) -> list[float]:
    """Return the numbers of a column, without those that are missing."""
    cells = enumerate(table.column(table.names.index(column.name)))
    there = [(table.where(i, column.name), cell) for i, cell in cells if not tabular.is_missing(cell)]
    return [_number(cell, table.decimal, where, column.sign) for where, cell in there]


def class_name(value: float) -> str:
    """Return a number as the name of a class: 1 and 1.0 are one class.

    >>> class_name(1.0), class_name(0.5), class_name(1234567890123457.0)
    ('1', '0.5', '1234567890123457')
    """
    return str(int(value)) if value % 1.0 == 0.0 and abs(value) < 2.0**53 else repr(value)


def _fits(columns: Sequence[Column], row: Sequence[str], decimal: str) -> bool:
    """Return whether a row may hold values: it has numbers, or nothing, where numbers belong."""
    cells = [cell for cell, column in zip(row, columns) if column.kind == "number" and not tabular.is_missing(cell)]
    return _numbers_in(columns, row, decimal) == len(cells)


def _numbers_in(columns: Sequence[Column], row: Sequence[str], decimal: str) -> int:
    """Return how many numbers a row has where numbers belong."""
    cells = [cell for cell, column in zip(row, columns) if column.kind == "number"]
    return sum(tabular.number(cell, decimal) is not None for cell in cells)
