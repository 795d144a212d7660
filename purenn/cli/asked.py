"""The samples that `purenn predict` is asked about, from the words of its call."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path

from purenn import datasets
from purenn.cli.own_data import about_own_samples, samples_to_test, schema_in, source_in
from purenn.cli.saved import SavedNetwork
from purenn.errors import FormatError, did_you_mean_file, listed, read_all
from purenn.formats import idx, tabular
from purenn.matrix import Matrix
from purenn.samples import Images, Labels, Rows

__all__ = ["Asked", "asked_about"]

PICTURES = (".png", ".pgm", ".ppm", ".pbm", ".pnm")
OTHER_PICTURES = (".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".heic")  # refused with how to convert
COMMAND_LINE = "the command line"


@dataclass(frozen=True)
class Asked:
    """Samples to predict: their name for messages, the name of each for people, and what is right, if that is known.

    single: one sample was asked about, so it is shown closely. note: what the user should know about them, if anything.
    which: the samples in words, if their names do not tell.
    """

    name: str

    inputs: Rows
    labels: Sequence[str]
    targets: Rows | None = None
    single: bool = False
    note: str = ""
    which: str = ""


def asked_about(saved: SavedNetwork, words: Sequence[str], folder: Path | None) -> Asked:
    """Return the samples that the words of the call name: none, files, or the values of one sample.

    Raises ValueError, naming the place, for values that the network does not take, and the errors of reading files.
    """
    if not words:
        tested = samples_to_test(saved, None, folder)
        which = tested.what if "path" in source_in(saved) else ""
        found = _numbered(tested.name, tested.samples.inputs, tested.samples.targets)
        labels = [f"line {line}" for line in tested.lines] or found.labels
        return replace(found, labels=labels, note=tested.note, which=which)
    if words == ["-"]:
        return _table(saved, sys.stdin.buffer.read(), "<stdin>")
    if all(os.path.exists(word) and not _is_number(word) for word in words):
        paths = [Path(word) for word in words]
        notes = [about_own_samples(saved, paths[0]), _about_left_out(paths[0])] if len(paths) == 1 else []
        return replace(_files(saved, paths), note="\n".join(filter(None, notes)))
    return _numbers(saved, words)


def _files(saved: SavedNetwork, paths: Sequence[Path]) -> Asked:
    """Return the samples in a file, in a folder of pictures or in several pictures."""
    named = paths
    if len(paths) == 1 and paths[0].is_dir():
        paths = _in_folder(paths[0], PICTURES)
        if not paths:
            said = f"{named[0]} has no pictures: expected PNG, PGM or PPM files"
            raise FileNotFoundError(_about_left_out(named[0]) or said)
    if all(path.suffix.lower() in (*PICTURES, *OTHER_PICTURES) for path in paths):
        return _pictures(saved, paths)
    if len(paths) == 1:
        return _file(saved, paths[0])
    raise ValueError(f"expected pictures or one other file, got {', '.join(map(str, named))}")


def _in_folder(folder: Path, endings: Sequence[str]) -> list[Path]:
    """Return the files with these endings in a folder and those below, without hidden ones."""

    def refuse(error: OSError) -> None:
        raise error

    found: list[Path] = []
    for inner, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(inner, name) for name in files if name.lower().endswith(tuple(endings)) and name[0] != "."]
    return sorted(found)


def _about_left_out(folder: Path) -> str:
    """Return a sentence about pictures in a folder that cannot be read, an empty string if there are none."""
    left_out = _in_folder(folder, OTHER_PICTURES) if folder.is_dir() else []
    if not left_out:
        return ""
    shown = listed([str(path.relative_to(folder)) for path in left_out])
    number = f"{len(left_out)} picture{'s are' if len(left_out) > 1 else ' is'}"
    convert = f"convert them, for example by `magick {left_out[0]} NEW.png`"
    return f"{number} left out, as only PNG, PGM and PPM can be read: {shown}; {convert}"


def _numbered(name: str, inputs: Rows, targets: Rows | None = None) -> Asked:
    return Asked(name, inputs, [str(i) for i in range(len(inputs))], targets)


def _file(saved: SavedNetwork, path: Path) -> Asked:
    """Return the pictures of an IDX file, or the rows of a table."""
    with open(path, "rb") as file:
        head = file.read(4)
    if head[:2] != b"\0\0" and (schema_in(saved) or path.suffix.lower() in (".csv", ".tsv", ".txt")):
        return _table(saved, path, str(path))
    return _numbered(f"a picture in {path}", _read_images(path))


def _table(saved: SavedNetwork, source: Path | bytes, name: str) -> Asked:
    """Return the rows of a table, with their targets if it has them."""
    schema = schema_in(saved)
    if schema:
        table = datasets.read_rows(source, schema, name)
        inputs, targets = schema.encode(table)
        return Asked(name, inputs, [f"line {line}" for line in table.lines], targets)
    # a network for points, or for a data set with a name: the columns are its inputs, and may be followed by a target
    table = tabular.parse(source, name) if isinstance(source, bytes) else tabular.read(source)
    width = saved.network.in_features
    if not table.rows:
        raise FormatError(f"{name}: a line of names and no rows below it")
    rows: list[list[float]] = []
    for line, cells in zip(table.lines, table.rows):
        if len(cells) not in (width, width + 1):
            raise FormatError(
                f"{name}: line {line} has {len(cells)} values, expected {width}, the inputs of {saved.path}"
            )
        rows.append([_value(cell, table.decimal, f"{name}: line {line}") for cell in cells])
        if len(cells) > width:
            _check_target(saved, rows[-1][-1], f"{name}: line {line}: {cells[-1]}")
    targets = _targets(saved, [row[width:] for row in rows])
    return Asked(name, Matrix([row[:width] for row in rows]), [f"line {line}" for line in table.lines], targets)


def _targets(saved: SavedNetwork, rows: Sequence[Sequence[float]]) -> Rows | None:
    """Return the targets in a last column: class numbers, or quantities."""
    if not rows[0]:
        return None
    outputs = saved.network.widths[-1]
    if outputs > 1 and saved.loss.kind == "classes":
        return Labels([int(number) for (number,) in rows], outputs)
    return Matrix([list(row) for row in rows])


def _check_target(saved: SavedNetwork, target: float, where: str) -> None:
    """Raise FormatError for the number in a last column, unless it can be one of the classes that are predicted."""
    outputs = saved.network.widths[-1]
    has_classes = saved.loss.kind == "classes" or (saved.loss.kind == "multilabel" and outputs == 1)
    if has_classes and target not in range(max(outputs, 2)):
        last = max(outputs, 2) - 1
        raise FormatError(f"{where} is not a class of {saved.path}, expected a whole number from 0 to {last}")


def _pictures(saved: SavedNetwork, paths: Sequence[Path]) -> Asked:
    """Return pictures in files, read as those were that the network was trained on. In a folder that is named as a
    class, that class is taken for the right answer."""
    source = source_in(saved) or {key: saved.metadata[key] for key in ("height", "width") if key in saved.metadata}
    images = read_all(lambda path: datasets.read_picture(path, source), paths, str)
    for path, image in zip(paths, images):
        saved.check_features(image.columns, f"{path}, which has {image.height} x {image.width} pixels")
    joined = Images(b"".join(image.picture(0) for image in images), images[0].height, images[0].width)
    names = list(saved.network.classes)
    known = [path.parent.name for path in paths if path.parent.name in names]
    targets = Labels([names.index(name) for name in known], len(names)) if len(known) == len(paths) > 1 else None
    return Asked(str(paths[0]), joined, [str(path) for path in paths], targets, single=len(paths) == 1)


def _numbers(saved: SavedNetwork, words: Sequence[str]) -> Asked:
    """Return the one sample whose values are in the words of the call."""
    words = _separated(words, _values_taken(saved))
    missing = [word for word in words if not _is_number(word)]
    schema = schema_in(saved)
    if missing and (len(words) == 1 or not schema):
        what = "neither a file nor a number" if len(words) == 1 else "not a number"
        raise FileNotFoundError(f"{missing[0]!r} is {what}{did_you_mean_file(missing[0])}")
    is_index = len(words) == 1 and words[0].isdecimal()
    hint = f"; --index {words[0]} asks about test sample {words[0]}" if is_index else ""
    if schema is None:
        width = saved.network.in_features
        if len(words) != width:
            raise ValueError(f"{saved.path} takes {width} numbers, got {len(words)}: {' '.join(words)}{hint}")
        return Asked(
            COMMAND_LINE,
            Matrix([[_value(tabular.typed(word, "."), ".", COMMAND_LINE) for word in words]]),
            ["sample"],
            single=True,
        )
    names = tuple(column.name for column in schema.inputs)
    if len(words) != len(names):
        takes = f"{saved.path} takes {len(names)} values, got {len(words)}; in order: {', '.join(names)}"
        raise ValueError(f"{takes}{hint}")
    numbers = {column.name for column in schema.inputs if column.kind == "number"}
    cells = [tabular.typed(word, schema.decimal) if name in numbers else word for name, word in zip(names, words)]
    table = tabular.TextTable(COMMAND_LINE, names, [cells], [1], True, schema.delimiter, schema.decimal)
    return Asked(COMMAND_LINE, schema.encode(table).inputs, ["sample"], single=True)


def _separated(words: Sequence[str], count: int) -> Sequence[str]:
    """Return the values in the words of a call: one in each word, with or without commas between them, or all in one
    word, with commas or spaces between them. There should be `count` of them: 5,1 can be one number or two.

    >>> _separated(["5.1,", "3.5"], 2), _separated(["5.1, 3.5"], 2), _separated(["5,1 3,5"], 2), _separated(["5,1"], 1)
    (['5.1', '3.5'], ['5.1', '3.5'], ['5,1', '3,5'], ['5,1'])
    """
    if len(words) > 1:
        return [word.rstrip(",") for word in words]
    by_commas = [part.strip() for part in words[0].split(",")]
    by_spaces = [part.rstrip(",") for part in words[0].split()]

    def misfit(values: Sequence[str]) -> tuple[bool, int]:
        return len(values) != count, sum(not _is_number(value) for value in values)

    return min(by_commas, by_spaces, key=misfit)


def _values_taken(saved: SavedNetwork) -> int:
    """Return the number of values in one sample: columns of a table, or numbers."""
    schema = schema_in(saved)
    return len(schema.inputs) if schema else saved.network.in_features


def _is_number(word: str) -> bool:
    return tabular.number(word) is not None or tabular.number(word, ",") is not None


def _value(cell: str, decimal: str, where: str) -> float:
    value = tabular.number(cell, decimal)
    if value is None:
        raise FormatError(f"{where}: {cell!r} is not a number")
    if not isfinite(value):
        raise FormatError(f"{where}: {cell:.40} is too large, or not finite")
    return value


def _read_images(path: Path) -> Images:
    """Read the pictures of an IDX file; one of two dimensions holds a single picture."""
    file = idx.read(path)
    if 0 in file.shape:
        raise FormatError(f"{path}: holds no picture, but {file.type_name} {file.shape}")
    if not isinstance(file.values, bytes) or len(file.shape) not in (2, 3):
        raise FormatError(f"{path}: holds {file.type_name} {file.shape}, expected uint8 (pictures, height, width)")
    height, width = file.shape[-2:]
    return Images(file.values, height, width)
