"""Inference: from the values in a table to its schema, what each column holds and what is to be predicted.

Nobody says of a CSV file which columns are numbers, which are texts, and which only count the rows. The values show it
in most tables. Where they may mislead, as with few whole numbers that may be classes or quantities, the schema keeps a
note for the user.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from purenn.datasets.schema import MISSING_RULES, Column, Schema, class_name
from purenn.errors import FormatError, check_choice, did_you_mean, is_a, listed
from purenn.formats import tabular

__all__ = ["TASKS", "infer"]

TASKS = ("classes", "quantities")
TARGET_NAMES = ("target", "class", "label", "labels", "y")
MOST_CLASSES = 20  # of a target of whole numbers; with more of them it is a quantity
STRAY = 0.1  # with no more texts than this among its numbers, a column was meant to be one of numbers
FAR_OFF = 1000.0  # times as large as any other number, a number is likely to be a mistake
FEW = 10  # rows: among fewer, categories may all be different by chance
_DATE = re.compile(r"\d{4}[-/.]\d\d?[-/.]\d\d?\b|\d\d?[-/.]\d\d?[-/.](\d{4}|\d\d)\b", re.ASCII)
_MEASURE = re.compile(r"[+-]?\d[\d.,]* ?([^\W\d_]\S{,5})")  # a number and its unit: 194 m²


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
    if not is_a(target, (str, int)):
        raise TypeError(f"target is {said!r:.40}, expected the name of a column, or its place")
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
        other = "." if table.decimal == "," else ","
        if all(tabular.number(cell, other) is not None for cell in counts):
            way = f': if they are numbers, say decimal="{other}" (--decimal {other})'
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
    return Counter(cells if len(numbers) < len(cells) else map(class_name, numbers))


# What a user is told about a column.


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


def _is_text(cell: str, decimal: str) -> bool:
    """Return whether a cell has a value that is no number."""
    return not tabular.is_missing(cell) and tabular.number(cell, decimal) is None
