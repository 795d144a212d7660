"""Loading: finds the data set of a name, the user's own files at a path, or a folder of IDX files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from purenn.datasets.dataset import DATASETS, Dataset, Definition
from purenn.datasets.download import Publication
from purenn.datasets.pictures import has_pictures, read_pictures
from purenn.datasets.places import Place, folders
from purenn.datasets.recipes import Recipe
from purenn.errors import NotFetchedError, did_you_mean, did_you_mean_file
from purenn.registry import Registry
from purenn.samples import Samples

__all__ = ["READERS", "Reader", "find_folder", "load", "load_again", "register_pictures"]


@dataclass(frozen=True)
class Reader:
    """How the user's own files of one kind become a data set, whose `source` names this kind.

    accepts: a function that tells by a path whether it is of this kind; read: one that reads it, with usual options;
    read_again: one that reads it as a `source` says.
    """

    accepts: Callable[[Path], bool]
    read: Callable[[Path], Dataset]
    read_again: Callable[[Mapping[str, str]], Dataset]


READERS: Registry[Reader] = Registry("kind of data")  # by the `kind` of a source


def load(name: str | os.PathLike[str], folder: str | os.PathLike[str] | None = None) -> Dataset:
    """Load the data set of this name: a registered one, the user's own files at this path, or a folder of IDX files.

    A path is followed from here, then from `folder`; a folder of IDX files is found wherever `folders` looks.

    Raises FileNotFoundError, listing the places, if the data are nowhere (NotFetchedError, if `fetch` can get them),
    and FormatError, naming the file, if one is not as expected.

    >>> len(load("strokes").train), load("xor").train.take([1, 3])
    (8000, (Matrix([[0.0, 1.0], [1.0, 1.0]]), Matrix([[1.0], [0.0]])))
    """
    name, parent = os.fspath(name), Path(folder) if folder else None
    if name in DATASETS:
        return DATASETS[name].load(parent)
    for path in (Path(name), *([parent / name] if parent else [])):
        for reader in READERS.values():
            if reader.accepts(path):
                return reader.read(path)
    return Definition(name, (), lambda folder: read_pictures(find_folder(name, folder, has_pictures))).load(parent)


def load_again(source: Mapping[str, str]) -> Dataset:
    """Load the data set with this `source` again. Raises ValueError if it names no known kind, and what `load` does."""
    return READERS[source.get("kind", "")].read_again(source)


def register_pictures(
    name: str,
    classes: Sequence[str],
    *,
    recipes: Mapping[str, Recipe] | None = None,
    publication: Publication | None = None,
    first_label: int = 0,
    transposed: bool = False,
) -> None:
    """Register a data set of pictures, to be found in a folder of this name.

    `classes`, `recipes` and `publication` are as in Definition, `first_label` and `transposed` as in `read_pictures`.
    Raises ValueError if the name is taken.
    """

    def samples(folder: Path | None) -> tuple[Samples, Samples]:
        place = find_folder(name, folder, has_pictures)
        return read_pictures(place, len(classes), first_label=first_label, transposed=transposed)

    DATASETS.add(name, Definition(name, tuple(classes), samples, recipes or {}, publication))


def find_folder(name: str, folder: Path | None, has_files: Callable[[Place], bool]) -> Place:
    """Return the first folder that has the files of the data set of this name. FileNotFoundError if there is none."""
    places = folders(name, folder)
    for place in places:
        if has_files(place):
            return place
    said = f"no data set {name!r} in {', '.join(map(str, places))}"
    if name not in DATASETS:
        hint = did_you_mean(name, DATASETS) or did_you_mean_file(name)
        said = f"no data set {name!r}{hint}" if hint else f"{said}."
        raise FileNotFoundError(f"{said} Known names: {', '.join(DATASETS)}")
    if DATASETS[name].publication:
        raise NotFetchedError(f"{said}; datasets.fetch({name!r}) downloads it", name)
    raise FileNotFoundError(f"{said}; its four IDX files, named as MNIST's, belong into one of these folders")
