"""Tables of samples in CSV files: a row for each sample, a column to predict, and the others to predict it from."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

from purenn.datasets.dataset import Dataset
from purenn.datasets.inference import infer
from purenn.datasets.loading import READERS, Reader
from purenn.datasets.schema import Schema
from purenn.errors import FormatError, check_choice, check_text, check_whole
from purenn.formats import JsonObject, parse_json, tabular
from purenn.preprocessing import split_indices
from purenn.samples import Labels

__all__ = ["TABLE", "from_csv", "read_rows", "schema_of", "tested_lines"]

TABLE = "table"  # in a data set's source


def from_csv(
    path: str | os.PathLike[str],
    target: str | int | None = None,
    *,
    test: float | str | os.PathLike[str] = 0.2,
    seed: int = 0,
    task: str | None = None,
    missing: str = "error",
    header: bool | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    schema: Schema | None = None,
) -> Dataset:
    """Read a CSV file as a data set, whose `source` has the `Schema` that says what was found in the file.

    target: the column to predict, by its name or its place from 0 (-1 is the last). Default: a column called target,
    class, label or y, otherwise the last one.
    test: the fraction of the rows to test on, drawn with `seed`, each class in its proportion; or the path of a second
    file with the same columns. To train on all rows, name the same file.
    task: "classes" or "quantities". Default: classes for texts, and for whole numbers of at most 20 different values,
    each of which occurs at least twice (say "quantities" for rooms or grades as numbers); otherwise quantities.
    missing: what becomes of rows with a missing value (nothing, NA, N/A, NaN, null, ? or -): "error" refuses them,
    "drop" leaves them out, "fill" puts in the mean of the training rows, or their most frequent text.
    header: whether the first line has the names of the columns. delimiter: , ; | or a tab. decimal: "." or ",".
    Default: decided by what the file holds.
    schema: how to read the columns, for a file like one that was read before. Default: decided by their values.

    Texts become one input for each category. Numbers stay as they are: `standardize(inputs)` as the first layer brings
    them to the size that suits training, as below. Columns of one value, of texts that are nearly all different, of
    dates, of an index, and those that lack more than half of their values are left out.
    Raises FormatError, naming the line or the column, for a file that does not hold such a table; OSError if it cannot
    be read; ValueError for an option out of range.

    >>> import tempfile
    >>> rows = ["legs,sound,animal", *["4,woof,dog", "2,quack,duck", "4,meow,cat"] * 10]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "animals.csv")
    ...     _ = path.write_text("\\n".join(rows))
    ...     animals = from_csv(path)
    >>> len(animals.train), len(animals.test), animals.classes
    (24, 6, ('cat', 'dog', 'duck'))
    >>> schema_of(animals.source).features
    ['legs', 'sound=meow', 'sound=quack', 'sound=woof']

    A network that takes the columns as they are, and predicts in the unit of the target: it begins and ends with a
    `Scaling`. Trained on these samples it knows their `source`, and so does its file: `read_inputs` reads new rows by
    it, and `purenn predict rents.safetensors 80 Ulm` asks it.

    >>> from purenn import Activation, Adam, Linear, Scaling, Sequential, fit, standardize
    >>> from purenn.datasets import read_inputs
    >>> lines = [f"{10 * i},{town},{100 * i + 300 * (town == 'Ulm')}" for i in range(3, 23) for town in ("Bonn", "Ulm")]
    >>> folder = tempfile.TemporaryDirectory()
    >>> _ = Path(folder.name, "rents.csv").write_text("\\n".join(["area,town,rent", *lines]))
    >>> rents = from_csv(Path(folder.name, "rents.csv"))
    >>> inputs, targets = rents.train
    >>> layers = [Linear(inputs.columns, 8), Activation("tanh"), Linear(8, 1)]
    >>> network = Sequential(standardize(inputs), *layers, Scaling.inverse_of(standardize(targets)))
    >>> _ = fit(network, rents.train, epochs=100, optimizer=Adam(0.01))  # whose steps do not depend on the unit
    >>> network.save(Path(folder.name, "rents.safetensors"))
    >>> rows = read_inputs([80, "Ulm"], Sequential.load(Path(folder.name, "rents.safetensors")).source)
    >>> abs(network.predict(rows)[0][0] - 1100) < 50
    True
    >>> folder.cleanup()
    """
    if header not in (None, True, False):
        raise ValueError(f"header must be True, False or None, got {header!r}")
    check_whole(0, seed=seed)
    check_text(path=os.fsdecode(os.path.abspath(path)))
    if decimal is not None:
        check_choice((".", ","), decimal=decimal)
    if schema is None:
        table = tabular.read(path, header=header, delimiter=delimiter, decimal=decimal)
        schema = infer(table, target, task=task, missing=missing)
        schema = schema if decimal else schema.with_doubts(table)
    else:
        table = read_rows(path, schema)
    complete = schema.completed(table)
    train, tested = _parts(complete, schema, test, seed)
    schema = schema.with_losses(table, complete).with_fills(train).with_spans(train)
    source = {
        "kind": TABLE,
        "path": os.path.abspath(path),
        "test": os.path.abspath(test) if isinstance(test, (str, os.PathLike)) else repr(test),
        "seed": str(seed),
        "schema": json.dumps(schema.to_json(), ensure_ascii=False),
    }
    return Dataset(Path(path).name, schema.samples(train), schema.samples(tested), schema.classes, source)


def schema_of(source: Mapping[str, str]) -> Schema:
    """Return the schema in the `source` of a data set. Raises FormatError if it is not one of a table."""
    try:
        found = parse_json(source.get("schema", ""))
        return Schema.from_json(found if isinstance(found, JsonObject) else JsonObject())
    except ValueError as error:
        raise FormatError(f"no table is described by {dict(source)!r:.200}: {error}") from None


def read_rows(path: str | os.PathLike[str] | bytes, schema: Schema, name: str = "<bytes>") -> tabular.TextTable:
    """Return the rows of a CSV file, or of bytes called `name`, arranged by a schema: see `Schema.arranged`.

    Delimiter and decimal mark are those of the schema, as a few rows, or one column, may not show them: 1.234;2. Only a
    file that they do not cut into these columns is read by what it holds.
    """

    def cells(delimiter: str | None, decimal: str | None) -> tabular.TextTable:
        if isinstance(path, bytes):
            return tabular.parse(path, name, header=False, delimiter=delimiter, decimal=decimal)
        return tabular.read(path, header=False, delimiter=delimiter, decimal=decimal)

    try:
        return schema.arranged(cells(schema.delimiter, schema.decimal))
    except FormatError:
        table = cells(None, None)
    if table.delimiter != "," and schema.decimal == ",":
        table = replace(table, decimal=",")
    return schema.arranged(table)


def tested_lines(source: Mapping[str, str]) -> list[int]:
    """Return the line of the CSV file in which each test sample of a `source` stands, counted from 1."""
    path, schema, test, seed = _described(source)
    return list(_parts(schema.completed(read_rows(path, schema)), schema, test, seed)[1].lines)


def _parts(
    table: tabular.TextTable, schema: Schema, test: float | str | os.PathLike[str], seed: int
) -> tuple[tabular.TextTable, tabular.TextTable]:
    """Return the rows to train on and those to test on, which may be in a file of their own."""
    if isinstance(test, (str, os.PathLike)):
        return table, schema.completed(read_rows(test, schema))
    if not 0.0 < test < 1.0:
        what = f"test must be a part of the rows, above 0 and below 1, or the path of a file, got {test}"
        raise ValueError(f"{what}; to train on all rows, name a file for the test, the same one or another")
    if len(table.rows) < 2:
        raise FormatError(f"{table.name}: 1 row, expected at least 2: one to train on and one to test on")
    targets = schema.targets_of(table)
    labels = targets.values if isinstance(targets, Labels) else None
    larger, smaller = split_indices(len(table.rows), test, Random(seed), stratify=labels)
    return table.select(larger), table.select(smaller)


def _read_again(source: Mapping[str, str]) -> Dataset:
    """Read the file again that a `source` describes."""
    path, schema, test, seed = _described(source)
    return from_csv(path, test=test, seed=seed, schema=schema)


def _described(source: Mapping[str, str]) -> tuple[str, Schema, float | str, int]:
    """Return what a `source` says of a table: its path, its schema, what is tested on, and the seed."""
    schema = schema_of(source)
    try:
        path, test, seed = source["path"], source["test"], int(source["seed"])
    except (KeyError, ValueError):
        raise FormatError(f"no table is described by {dict(source)!r:.200}") from None
    return path, schema, float(test) if tabular.number(test) is not None else test, seed


def _is_table(path: Path) -> bool:
    return path.suffix.lower() in (".csv", ".tsv") and path.is_file()


READERS.add(TABLE, Reader(_is_table, from_csv, _read_again))
