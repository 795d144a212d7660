"""New samples for a trained network: rows and files, read as those were that the network was trained on."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Union

from purenn.datasets.picture_folders import join_pictures, pictures_below, read_picture
from purenn.datasets.schema import Schema
from purenn.datasets.tables import TABLE, read_rows, schema_of
from purenn.errors import FormatError, ShapeError, did_you_mean, read_all
from purenn.formats import tabular
from purenn.samples import Rows

__all__ = ["read_inputs"]

File = Union[str, os.PathLike[str]]
Cell = Union[str, float, None]
Row = Union[Sequence[Cell], Mapping[str, Cell]]
New = Union[File, Row, Sequence[Union[File, Cell, Row]]]


def read_inputs(rows: New, source: Mapping[str, str]) -> Rows:
    """Return new samples as a network takes them that was trained on the user's own files.

    source: how those files were read: `network.source`, or `dataset.source`.
    rows: for a network that was trained on a table, the path of a CSV file, a row of values in the order of the inputs,
    a dict with a value for each column, or a list of such rows; in them, texts are read as in the file, and None is a
    missing value. For one that was trained on pictures, the path of a picture, of a folder of them, or a list of paths.

    Raises FormatError, naming the place, for a value or a picture that cannot be read; ShapeError for a row of another
    length; ValueError for a source that is empty, as that of a network is that was not trained on files.

    >>> import tempfile
    >>> from purenn.datasets.tables import from_csv
    >>> lines = ["area,town,rent", *(f"{i},{town},{9 * i}" for i in range(30, 60) for town in ("Bonn", "Ulm"))]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "rents.csv")
    ...     _ = path.write_text("\\n".join(lines))
    ...     rents = from_csv(path)
    >>> read_inputs([80, "Ulm"], rents.source)
    Matrix([[80.0, 1.0]])
    >>> read_inputs([{"town": "Bonn", "area": 50.5}, {"town": "Ulm", "area": 70}], rents.source)
    Matrix([[50.5, 0.0], [70.0, 1.0]])
    """
    if source.get("kind") == TABLE:
        schema = schema_of(source)
        if isinstance(rows, (str, os.PathLike)):
            return schema.encode(read_rows(rows, schema)).inputs
        return schema.encode(_table(_rows(rows), schema)).inputs
    if "height" not in source:
        what = f"the source is {dict(source)!r:.100}, expected that of a network trained on from_csv or from_folder"
        raise ValueError(f"{what}; for another network, read_picture(path, (28, 28)) reads a picture of this size")
    paths = [path for file in _files(rows) for path in pictures_below(file)]
    return join_pictures(read_all(lambda path: read_picture(path, source), paths, str))


def _rows(given: Mapping[str, Cell] | Sequence[File | Cell | Row]) -> list[Row]:
    """Return a list of rows for one row or several."""
    if isinstance(given, Mapping):
        return [given]
    rows: list[Row] = []
    cells: list[Cell] = []
    for item in given:
        if isinstance(item, os.PathLike):
            raise TypeError(f"{item!r} is among the rows: a CSV file is read alone, by its path")
        if isinstance(item, Mapping) or (isinstance(item, Sequence) and not isinstance(item, str)):
            rows.append(item)
        else:
            cells.append(item)
    if rows and cells:
        raise TypeError(f"{cells[0]!r:.100} stands among rows: expected one row of values, or a list of rows")
    return rows or [cells]


def _table(rows: Sequence[Row], schema: Schema) -> tabular.TextTable:
    """Return rows of values as a table that has the inputs of a schema, for messages that count rows from 0."""
    names = [column.name for column in schema.inputs]
    table: list[list[str]] = []
    for i, row in enumerate(rows):
        cells = [_in_dict(row, name, i) for name in names] if isinstance(row, Mapping) else [*row]
        if len(cells) != len(names):
            count = f"{len(cells)} value{'s' * (len(cells) != 1)}"
            raise ShapeError(f"row {i} has {count}, expected {len(names)}, in this order: {', '.join(names)}")
        pairs = zip(cells, schema.inputs)
        table.append([_text(cell, schema.decimal, is_number=column.kind == "number") for cell, column in pairs])
    lines = range(len(table))
    return tabular.TextTable("new rows", tuple(names), table, lines, True, schema.delimiter, schema.decimal, "row")


def _in_dict(row: Mapping[str, Cell], name: str, i: int) -> Cell:
    if name not in row:
        raise FormatError(f"row {i} has no {name!r}: {', '.join(map(str, row))}{did_you_mean(name, row)}")
    return row[name]


def _text(cell: Cell, decimal: str, *, is_number: bool) -> str:
    """Return a value as the text of a cell."""
    text = "" if cell is None else str(cell).strip()
    if not is_number:
        return text
    return tabular.typed(text, decimal) if isinstance(cell, str) else text.replace(".", decimal)


def _files(given: New) -> list[Path]:
    """Return the paths of pictures or folders. TypeError for anything else."""
    files = [given] if isinstance(given, (str, os.PathLike)) else [*given]
    paths = [Path(file) for file in files if isinstance(file, (str, os.PathLike))]
    if len(paths) < len(files) or not paths:
        what = "the path of a picture, of a folder of pictures, or a list of such paths"
        raise TypeError(f"the network was trained on pictures: expected {what}, got {given!r:.100}")
    return paths
