"""The user's own data: found by `train`, described in the file of the network, and found again by other commands."""

from __future__ import annotations

import json
import os
from argparse import ArgumentError
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import adler32

from purenn import datasets
from purenn.cli.saved import SavedNetwork
from purenn.cli.train_arguments import TrainArguments
from purenn.datasets import Dataset, Schema
from purenn.errors import check_text, did_you_mean, listed
from purenn.samples import Images, Labels, Samples, renumbered, with_names

__all__ = [
    "Tested",
    "about_own_samples",
    "described",
    "find",
    "in_words",
    "ink_of",
    "is_plain",
    "samples_to_test",
    "schema_in",
    "source_in",
    "unit_of",
    "usual_name",
]

TABLE_ENDINGS = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
OPTIONS = {
    "table": ("target", "task", "missing", "header", "delimiter", "decimal", "test"),
    "pictures": ("size", "test"),
    "": (),
}
KINDS = {"table": "a table (a CSV file)", "pictures": "a folder of pictures", "": "a data set with a name"}


def kind_of(name: str) -> str:
    """Return what the name of a data set stands for: "table" for a CSV file, "pictures" for a folder of picture files,
    "" for everything that `datasets.load` finds by its name."""
    path = Path(name)
    if name in datasets.DATASETS:
        return ""
    if name.lower().endswith(TABLE_ENDINGS) or path.is_file():
        return "table"
    return "pictures" if path.is_dir() and not datasets.has_pictures(path) else ""


def find(arguments: TrainArguments) -> Dataset:
    """Load the data set to train on: the user's own files, read as the arguments say, or one that has a name.

    Raises ArgumentError for an option that does not go with this kind of data, and the errors of reading it.
    """
    name, kind = arguments.dataset, kind_of(arguments.dataset)
    check_text(path=name)
    is_folder = name.endswith(("/", os.sep)) or (arguments.size is not None and name not in datasets.DATASETS)
    if is_folder and not os.path.exists(name):
        there = [path.name for path in Path(name).absolute().parent.glob("*/")]
        raise FileNotFoundError(f"there is no folder {name}{did_you_mean(Path(name).name, there)}")
    for option in sorted({option for options in OPTIONS.values() for option in options}):
        if getattr(arguments, option) is not None and option not in OPTIONS[kind]:
            fitting = " or ".join(KINDS[other] for other, options in OPTIONS.items() if option in options)
            raise ArgumentError(None, f"argument --{option}: is for {fitting}, but {name} is {KINDS[kind]}")
    test = _part(arguments.test)
    if isinstance(test, float) and not 0.0 < test < 1.0:
        way = "" if kind == "pictures" else f"; to train on all rows, test on them too: --test {name}"
        raise ArgumentError(None, f"argument --test: expected a part above 0 and below 1, got {arguments.test}{way}")
    if kind == "table":
        return datasets.from_csv(
            name,
            arguments.target,
            test=test,
            task=arguments.task,
            missing=arguments.missing or "error",
            header=None if arguments.header is None else arguments.header == "yes",
            delimiter=arguments.delimiter,
            decimal=arguments.decimal,
        )
    if kind == "pictures":
        if isinstance(test, str):
            raise ArgumentError(None, "argument --test: expected the part of the pictures to test on, 0.2 for example")
        return datasets.from_folder(name, size=arguments.size, test=test)
    return datasets.load(name, arguments.data)


def _part(test: str | None) -> float | str:
    """Return --test as a fraction, or as the path of a file."""
    try:
        return 0.2 if test is None else float(test)
    except ValueError:
        return test or ""


def in_words(dataset: Dataset) -> str:
    """Return what was found in a table or a folder of pictures, an empty string for other data."""
    if dataset.source.get("kind") == datasets.TABLE:
        train, test = len(dataset.train), len(dataset.test)
        is_split = _is_number(dataset.source.get("test", "0"))
        rows = f"{train + test:,} rows" if is_split else f"{train:,} rows to train on, {test:,} to test on"
        return f"{dataset.name}: {rows}; {datasets.schema_of(dataset.source).describe()}"
    if not dataset.source:
        return ""
    source, count = dataset.source, len(dataset.train) + len(dataset.test)
    swapped = ", light and dark swapped" if source.get("invert") == "yes" else ""
    size = f"{source.get('height')} x {source.get('width')} pixels{swapped}"
    return f"{dataset.name}: {count:,} pictures of {len(dataset.classes)} classes ({listed(dataset.classes)}), {size}"


def usual_name(name: str) -> str:
    """Return the name for the network of a data set: "iris" for data/iris.csv.

    >>> usual_name("data/iris.csv"), usual_name("pictures/"), usual_name("mnist")
    ('iris', 'pictures', 'mnist')
    """
    base = Path(name).resolve().name if name.endswith(("/", "\\", ".")) else Path(name).name
    ending = next((ending for ending in TABLE_ENDINGS if base.lower().endswith(ending)), "")
    return base[: len(base) - len(ending)] or base


# In the file of a network.


def described(dataset: Dataset, folder: Path) -> dict[str, str]:
    """Return the metadata that name the data of a network whose file is in this folder.

    The path of the user's own files is kept relative to the folder, so that both can be moved together. A table that
    has a name is described without a path.
    """
    found, inputs = {"dataset": dataset.name}, dataset.train.inputs
    if isinstance(inputs, Images):
        least = min(map(ink_of, inputs.pictures()))
        found.update(height=str(inputs.height), width=str(inputs.width), ink=repr(least))
    elif not dataset.source:
        columns = list(zip(*inputs.take(range(len(inputs)))))
        found["ranges"] = ", ".join(f"{min(column)} to {max(column)}" for column in columns)
    if not dataset.source:
        return found
    source = dict(dataset.source)
    for key in ("path", "test"):
        if os.path.isabs(source.get(key, "")):
            source[key] = _relative(source[key], folder)
    found["source"] = json.dumps(source, ensure_ascii=False)
    if "path" in source:
        found["checksum"] = _checksum(dataset)
    return found


def ink_of(picture: bytes) -> float:
    """Return the part of a picture that is ink: the mean of its pixels, where paper is 0 and ink is 1.

    >>> ink_of(bytes([255, 0, 0, 0]))
    0.25
    """
    return _sum(picture) / (255.0 * len(picture))


def _sum(values: bytes) -> int:
    """Return the sum of bytes, ten times as fast as `sum`.

    The lower half of the checksum Adler-32 is 1 plus the sum of the bytes, modulo 65521: more than 256 bytes can have.
    """
    return sum((adler32(values[i : i + 256]) & 0xFFFF) - 1 for i in range(0, len(values), 256))


def _relative(path: str, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder.resolve())).as_posix()
    except ValueError:  # on another drive of Windows
        return path


def source_in(saved: SavedNetwork) -> dict[str, str]:
    """Return how the data of a network were read, with absolute paths; empty if they have a name."""
    source = dict(saved.network.source)
    if source.get("kind") not in datasets.READERS:
        return {}
    for key in ("path", "test"):
        if key in source and not _is_number(source[key]):
            source[key] = os.path.normpath(saved.path.resolve().parent / source[key])
    return source


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def schema_in(saved: SavedNetwork) -> Schema | None:
    """Return how the columns of a table were read for this network, None if it was not trained on a table."""
    source = source_in(saved)
    return datasets.schema_of(source) if source.get("kind") == datasets.TABLE else None


def unit_of(name: str, schema: Schema | None) -> str:
    """Return the unit of the quantity to predict: as the definition of a data set of this name says it or, for a table,
    the sign of its amounts. It is empty if there is none.

    >>> unit_of("house-prices", None)
    'thousand dollars'
    """
    if name in datasets.DATASETS:
        return datasets.DATASETS[name].unit
    return next((column.sign for column in schema.columns if column.kind == "target"), "") if schema else ""


@dataclass(frozen=True)
class Tested:
    """Samples to test a network on.

    name: of the data set, file or folder. what: the samples in words, as in "the 30 rows held back from flowers.csv".
    note: what the user should know about them, if anything. lines: those of a table's file in which they stand.
    seen: True if the network was trained on these very samples.
    """

    name: str
    samples: Samples
    classes: tuple[str, ...]
    what: str
    note: str = ""
    lines: Sequence[int] = ()
    seen: bool = False


def samples_to_test(saved: SavedNetwork, named: str | None, folder: Path | None) -> Tested:
    """Return the samples to test a network on: those of the data set that is `named` or, by default, of the one that it
    was trained on.

    Of the file that the network was trained on, these are the samples that were kept for testing; of another one, all.
    Their classes are found by their names, and numbered as in training.
    Raises FileNotFoundError, saying how to name them, if the data are not where they were; ValueError if the network
    does not say what it was trained on.
    """
    source = source_in(saved)
    if named is None and "path" not in source:  # data with a name
        named = saved.metadata.get("dataset", "")
        if not named:
            raise ValueError(f"{saved.path} does not say what it was trained on: name a data set")
        if not is_plain(named):
            what = f"{saved.path} was trained on {named!r}, which is a path and no name of a data set"
            raise ValueError(f"{what}: if you trust it, name it yourself: evaluate {saved.path} PATH")
    if named is not None and not (source and kind_of(named) == source.get("kind")):
        dataset = datasets.load(named, folder)
        what, seen = f"the {_count(dataset.test, 'test sample')} of {named}", saved.metadata.get("dataset") == named
        found = Tested(named, dataset.test, dataset.classes, what, seen=seen and _is_all_one(dataset))
        return _numbered_as_in_training(saved, found)
    if named is None and not os.path.exists(source["path"]):
        what = f"{os.path.relpath(source['path'])}, which {saved.path} was trained on, is not there"
        raise FileNotFoundError(
            f"{what}; name the place where it is now: evaluate {saved.path} PATH, or predict {saved.path} PATH"
        )
    return _numbered_as_in_training(saved, _of_source(saved, source, named))


def _numbered_as_in_training(saved: SavedNetwork, tested: Tested) -> Tested:
    """Return samples with the classes of the network, or as they are if no class has a name that it knows.

    Raises ValueError, naming the file, if it knows some of the names only.
    """
    known = saved.network.classes
    if not {*known} & {*tested.classes}:
        have_names = any(not name.isdecimal() for name in tested.classes)  # IDX files know numbers only
        if not have_names or len(known) != len(tested.classes):
            return tested
        names = f"{tested.name} has the classes {listed(tested.classes)}, and {saved.path} {listed(known)}"
        notes = [tested.note, f"{names}: they are compared by their numbers"]
        return replace(tested, note="\n".join(filter(None, notes)))
    try:
        samples = renumbered(with_names(tested.samples, tested.classes), known)
    except ValueError as error:
        raise ValueError(f"{tested.name} does not go with {saved.path}: {error}") from None
    return replace(tested, samples=samples, classes=known)


def is_plain(name: str) -> bool:
    """Return whether a name from the file of a network, which a stranger may have made, is that of a data set, and no
    path to files of this computer or of another one."""
    return name in datasets.DATASETS or not (name.startswith(".") or set(name) & set("/\\:") or kind_of(name))


def about_own_samples(saved: SavedNetwork, path: Path) -> str:
    """Return a sentence if the network was trained on most of the samples at this path, otherwise an empty string."""
    source = source_in(saved)
    own = Path(source.get("path", os.devnull)).resolve()
    if source.get("kind") == datasets.TABLE:
        is_own = path.is_file() and _is_the_file(saved, source, str(path))
    else:
        is_own = path.is_dir() and own in (path.resolve(), *path.resolve().parents)
    most = f"{saved.path} was trained on most of {path}, so that it answers them better than new ones"
    return f"{most}; `evaluate` asks about those kept for testing" if is_own else ""


def _of_source(saved: SavedNetwork, source: Mapping[str, str], named: str | None) -> Tested:
    """Return the samples of the user's own files, read as in training."""
    name = named or os.path.relpath(source["path"])
    schema = datasets.schema_of(source) if source["kind"] == datasets.TABLE else None
    if named and schema and not _is_the_file(saved, source, named):
        samples = schema.samples(schema.completed(datasets.read_rows(named, schema)))
        return Tested(name, samples, schema.classes, f"the {_count(samples, 'row')} of {name}")
    source = {**source, "path": os.path.abspath(named or source["path"])}
    dataset = datasets.load_again(source)
    same = saved.metadata.get("checksum", _checksum(dataset)) == _checksum(dataset)
    if named and not same:
        samples = _joined(dataset)
        return Tested(name, samples, dataset.classes, f"the {_count(samples, 'picture')} in {name}")
    count = _count(dataset.test, "row" if schema else "picture")
    if not _is_number(source.get("test", "0")):
        what = f"the {count} of {os.path.relpath(source['test'])}"
    else:
        what = f"the {count} held back from {name}" if same else f"{count} of {name}"
    note = "" if same else f"{name} has changed since the training: some of these samples may have been trained on"
    lines = datasets.tested_lines(source) if schema else ()
    return Tested(name, dataset.test, dataset.classes, what, note, lines, seen=same and _is_all_one(dataset))


def _is_all_one(dataset: Dataset) -> bool:
    """Return whether a data set has the same samples to train on and to test on."""
    train, test = dataset
    return len(train) == len(test) and train.checksum == test.checksum


def _count(samples: Samples, word: str) -> str:
    """Return how many samples there are: "1 row", "1,500 rows".

    >>> _count(datasets.load("xor").test, "row")
    '4 rows'
    """
    return f"{len(samples):,} {word}{'s' * (len(samples) != 1)}"


def _is_the_file(saved: SavedNetwork, source: Mapping[str, str], path: str) -> bool:
    """Return whether the table at this path holds the samples that the network was trained and tested on."""
    if "checksum" not in saved.metadata:
        return "path" in source and Path(path).resolve() == Path(source["path"]).resolve()
    try:
        return saved.metadata.get("checksum") == _checksum(datasets.load_again({**source, "path": path}))
    except ValueError:  # it cannot even be read so: it has one row, for example, or no target
        return False


def _checksum(dataset: Dataset) -> str:
    return f"{dataset.train.checksum}-{dataset.test.checksum}"


def _joined(dataset: Dataset) -> Samples:
    """Return all pictures of a folder, in one part."""
    train, test = dataset.train, dataset.test
    labels = [label for part in (train, test) if isinstance(part.targets, Labels) for label in part.targets.values]
    images = [part.inputs for part in (train, test) if isinstance(part.inputs, Images)]
    pixels = [picture for part in images for picture in part.pictures()]
    height, width = (train.inputs.height, train.inputs.width) if isinstance(train.inputs, Images) else (1, 1)
    return Samples(Images(b"".join(pixels), height, width), Labels(labels, len(dataset.classes)))
