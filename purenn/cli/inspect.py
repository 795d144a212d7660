"""`purenn inspect`: show what a file holds: safetensors from the header alone, small networks with their numbers, IDX
from the header, and whether the file is whole, pictures and tables as read."""

from __future__ import annotations

import math
import sys
from argparse import ArgumentParser
from pathlib import Path

from purenn import datasets
from purenn.charts import table
from purenn.cli.command import Arguments, Command, register
from purenn.cli.invocation import command
from purenn.cli.output import amount, print_json, print_result
from purenn.cli.record import HISTORY
from purenn.cli.terminal import room, wrapped
from purenn.errors import FormatError
from purenn.formats import GZIP, JsonObject, idx, parse_json, png, pnm, safetensors, tabular

__all__ = ["InspectArguments", "inspect"]

PNM = [b"P%d" % kind for kind in range(1, 7)]
TABLES = (".csv", ".tsv")
FEW = 40  # numbers in a network that are shown: those of a neuron, or of a network for XOR
MOST_LINES = 8  # of such a text in a terminal
SHOWN = 500  # characters of a text in the metadata; the state of the random numbers in a checkpoint has thousands


class InspectArguments(Arguments):
    """Arguments of `purenn inspect`."""

    file: Path

    @classmethod
    def add_to(cls, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="an IDX, safetensors, PNG, PNM or CSV file")


def inspect(arguments: InspectArguments) -> int:
    """Print the format of the file, and the types and shapes of its values."""
    _check_is_file(arguments.file)
    with open(arguments.file, "rb") as file:
        head = file.read(9)
    if _is_safetensors(arguments.file, head):
        _print_safetensors(arguments.file, as_json=arguments.json)
    elif head.startswith(GZIP) and arguments.file.stem.lower().endswith(TABLES):
        _print_table(arguments.file, as_json=arguments.json)
    elif head.startswith((GZIP, b"\0\0")):
        _print_idx(arguments.file, gzipped=head.startswith(GZIP), as_json=arguments.json)
    elif head.startswith(png.SIGNATURE) or head[:2] in PNM:
        _print_picture(arguments.file, is_png=head.startswith(png.SIGNATURE), as_json=arguments.json)
    elif arguments.file.suffix.lower() in TABLES:
        _print_table(arguments.file, as_json=arguments.json)
    else:
        known = "neither IDX, safetensors nor a picture, and its name does not end in .csv or .tsv"
        raise FormatError(f"{arguments.file}: {known}: the first bytes are {head[:4].hex(' ') or 'none'}")
    return 0


def _is_safetensors(path: Path, head: bytes) -> bool:
    """Return True for a file that begins as safetensors do.

    An IDX file with a first size of 0 may have the same first bytes, but then the header would not fit into the file.
    """
    fits = not head.startswith(b"\0\0") or 8 + int.from_bytes(head[:8], "little") <= path.stat().st_size
    return fits and safetensors.may_begin(head)


def _check_is_file(path: Path) -> None:
    """Raise FileNotFoundError, with the command that was probably meant, for a folder and the name of a data set."""
    if path.is_dir():
        trained = f"to train a network on pictures in it: {command('train', path)}"
        raise FileNotFoundError(f"{path} is a folder: name a file in it; {trained}")
    if str(path) in datasets.DATASETS and not path.exists():
        trained = f"; to train a network on it: {command('train', path)}"
        raise FileNotFoundError(f"{path} is the name of a data set that purenn has, and no file{trained}")


def _print_picture(path: Path, *, is_png: bool, as_json: bool) -> None:
    picture = png.read(path) if is_png else pnm.read(path)
    values = ("grey", "grey and alpha", "RGB", "RGB and alpha")[picture.channels - 1]
    name = "PNG" if is_png else "PNM"
    fields = {"format": name, "height": picture.height, "width": picture.width, "values": values}
    print_result("file", fields, as_json=as_json)


def _print_table(path: Path, *, as_json: bool) -> None:
    """Print the columns of a table, each with the kind of its cells and how many are missing."""
    read = tabular.read(path)
    columns = [_column(name, [row[i] for row in read.rows], read.decimal) for i, name in enumerate(read.names)]
    delimiter = "tab" if read.delimiter == "\t" else read.delimiter
    fields: dict[str, object] = {"format": "CSV", "rows": len(read.rows), "delimiter": delimiter}
    if as_json:
        print_json("file", {**fields, "columns": columns})
        return
    print_result("file", fields, as_json=False)
    titles = ["column", "kind", "different", "missing"]
    print(f"\n{table([titles, *([str(value) for value in column.values()] for column in columns)], room(sys.stdout))}")


def _column(name: str, cells: list[str], decimal: str) -> dict[str, object]:
    """Return what is in a column of a table."""
    there = [cell for cell in cells if not tabular.is_missing(cell)]
    is_number = all(tabular.number(cell, decimal) is not None for cell in there)
    kind = "number" if is_number else "text"
    return {"column": name, "kind": kind, "different": len(set(there)), "missing": len(cells) - len(there)}


def _print_idx(path: Path, *, gzipped: bool, as_json: bool) -> None:
    """Print the header. Raises FormatError, after that, unless the values behind it are complete and end the file."""
    header = idx.read_header(path)
    fault: FormatError | None = None
    try:
        idx.read_header(path, whole=True)
    except FormatError as error:
        fault = error
    fields = {
        "format": "IDX",
        "type": header.type_name,
        "shape": header.shape,
        "gzipped": gzipped,
        "bytes": header.values_size,
        "whole": fault is None,
    }
    print_result("file", fields, as_json=as_json)
    if fault:
        raise fault


def _print_safetensors(path: Path, *, as_json: bool) -> None:
    header = safetensors.read_header(path)
    if as_json:
        tensors = {name: {"dtype": entry.dtype, "shape": entry.shape} for name, entry in header.entries.items()}
        print_json("file", {"format": "safetensors", "metadata": header.metadata, "tensors": tensors})
        return
    print("format: safetensors")
    for key, value in header.metadata.items():
        if key in ("source", "schema") and (said := _columns(key, value)):
            print(wrapped("\n".join(said), sys.stdout))
            continue
        shown = _epochs(value) if key == HISTORY else _beginning(value)
        print(wrapped(f"metadata {key}: {shown}".replace("\n", ", "), sys.stdout))
    rows = [[name, entry.dtype, " x ".join(map(str, entry.shape))] for name, entry in header.entries.items()]
    print(f"\n{table([['tensor', 'dtype', 'shape'], *rows], room(sys.stdout))}")
    is_read = all(entry.dtype in safetensors.DTYPES for entry in header.entries.values())
    if is_read and sum(math.prod(entry.shape) for entry in header.entries.values()) <= FEW:
        _print_values(path)


def _beginning(text: str) -> str:
    """Return a text from the metadata or, if it is long, its beginning, which in a terminal is of a few lines."""
    most = min(SHOWN, MOST_LINES * (room(sys.stdout) or SHOWN))
    return text if len(text) <= most else f"{text[:most]} ... ({len(text):,} characters)"


def _epochs(history: str) -> str:
    """Return which epochs a history tells of, and which figures: a table of hundreds of numbers would say less."""
    if not history.startswith("epoch,"):  # the file of another program, which has something else under this key
        return _beginning(history)
    figures, *epochs = [line.split(",") for line in history.splitlines()]
    return f"epochs {epochs[0][0]} to {epochs[-1][0]}: {', '.join(figures[1:])}" if epochs else "no epochs"


def _print_values(path: Path) -> None:
    """Print the numbers of all tensors, a row in a line."""
    for name, tensor in safetensors.read(path)[0].items():
        width = tensor.shape[-1] if tensor.shape else 1
        rows = [tensor.values[i : i + width] for i in range(0, len(tensor.values), width or 1)]
        print(wrapped(f"\n{name}", sys.stdout))
        print(wrapped("\n".join("".join(f"{amount(value):>11}" for value in row) for row in rows), sys.stdout))


def _columns(key: str, value: str) -> list[str]:
    """Return what a source or schema in the metadata says of a table, a line for each column; nothing if it is none."""
    try:
        found = parse_json(value)
        source = {"schema": value} if key == "schema" else {k: str(v) for k, v in _object(found).items()}
        schema = datasets.schema_of(source)
    except ValueError:
        return []
    lines = [f"trained on: {source['path']}"] if "path" in source else []
    for column in schema.columns:
        holds = f"one of {', '.join(column.categories)}" if column.kind == "text" else column.kind
        span = f"{amount(column.span[0])} to {amount(column.span[1])} in training" if column.span else ""
        if column.kind == "target":
            holds = f"target, one of {', '.join(schema.classes)}" if schema.classes else "target, a quantity"
        details = [holds, span, f"in {column.sign}" if column.sign else "", column.note]
        name = column.name if column.name.startswith("column ") else f"column {column.name}"  # or it has only a number
        lines.append(f"{name}: {', '.join(filter(None, details))}")
    return [_beginning(line) for line in lines]


def _object(found: object) -> JsonObject:
    return found if isinstance(found, JsonObject) else JsonObject()


register(
    Command(
        "inspect",
        "show what a file of data or a network holds",
        InspectArguments,
        inspect,
        examples=["inspect strokes.safetensors"],
    )
)
