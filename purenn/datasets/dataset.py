"""Data sets, and how one is defined.

A data set has one definition, which holds every fact about it: how its samples are made or read, the names of its
classes, the settings that suit it and where it is published. A program adds its own with `register`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar, Union

from purenn.datasets.download import Publication
from purenn.datasets.recipes import NUMBER_RECIPES, PICTURE_RECIPES, Recipe
from purenn.errors import check_kind
from purenn.foreign import Answering
from purenn.registry import Registry
from purenn.samples import Labels, Samples, with_names

__all__ = ["DATASETS", "Dataset", "Definition", "recipe_for", "register"]


@dataclass(frozen=True)
class Dataset(Answering):
    """Samples to train on and samples to test on: `train, test = dataset`.

    classes: the names of the classes; a regression has none.
    source: how the samples were read from the user's own files. A saved network keeps it, so that new data are read in
        the same way and the data it was trained on are found again; hence only strings. `kind` names the reader and
        `path` the file or folder, as an absolute path; the other entries are the reader's own. Empty for a data set
        that is loaded by its name, or without a path if such a one is a table.
    """

    name: str
    train: Samples
    test: Samples
    classes: tuple[str, ...]
    source: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        for part in (self.train, self.test):
            vars(part)["source"] = self.source  # so that a network trained on them knows it

    def __iter__(self) -> Iterator[Samples]:
        """Iterate over the two parts, as in (X, y), (X_test, y_test) = dataset."""
        return iter((self.train, self.test))

    def __repr__(self) -> str:
        """Give the sizes.

        >>> from purenn.datasets import load
        >>> load("moons")
        Dataset('moons', 300 to train, 300 to test, 2 classes)
        """
        kind = f"{len(self.classes)} classes" if self.classes else "quantities"
        return f"Dataset({self.name!r}, {len(self.train)} to train, {len(self.test)} to test, {kind})"


Parts = Union[tuple[Samples, Samples], Dataset]


@dataclass(frozen=True)
class Definition:
    """Every fact about a data set.

    classes: the names of the classes; if empty, labels are named by their numbers.
    samples: a function of the folder to look in first, None for the usual places; it returns training and test samples,
        or a whole Dataset.
    recipes: the settings that suit it, by the name of the engine.
    publication: where it can be downloaded, if it can.
    unit: of the quantity to predict, if it has one.
    """

    name: str
    classes: tuple[str, ...]
    samples: Callable[[Path | None], Parts]
    recipes: Mapping[str, Recipe] = field(default_factory=dict[str, Recipe])
    publication: Publication | None = None
    unit: str = ""

    def __repr__(self) -> str:
        kind = f", {len(self.classes)} classes" if self.classes else ""
        return f"Definition({self.name!r}{kind}{', can be fetched' if self.publication else ''})"

    def load(self, folder: Path | None = None) -> Dataset:
        """Make or read the samples."""
        found = self.samples(folder)
        if isinstance(found, Dataset):
            return replace(found, name=self.name)
        train, test = (with_names(part, self.classes) for part in found)
        numbers = range(train.targets.columns if isinstance(train.targets, Labels) else 0)
        return Dataset(self.name, train, test, self.classes or tuple(map(str, numbers)))


Maker = TypeVar("Maker", bound=Callable[[], Parts])
DATASETS: Registry[Definition] = Registry("data set")


def register(
    name: str, *, classes: Sequence[str] = (), recipes: Mapping[str, Recipe] | None = None, unit: str = ""
) -> Callable[[Maker], Maker]:
    """Return a decorator that registers a function as a data set. It returns training and test samples, or a Dataset.

    `classes`, `recipes` and `unit` are as in Definition. Raises ValueError if the name is taken.

    >>> from purenn.datasets import load
    >>> from purenn.matrix import Matrix
    >>> @register("halves", recipes={"float": Recipe(hidden=(), epochs=9, learning_rate=0.1)})
    ... def halves() -> tuple[Samples, Samples]:
    ...     line = Samples(Matrix([[2.0], [4.0]]), Matrix([[1.0], [2.0]]))
    ...     return line, line
    >>> load("halves").train.take([1]), recipe_for("halves", "float").epochs
    ((Matrix([[4.0]]), Matrix([[2.0]])), 9)
    >>> DATASETS.remove("halves")
    """

    check_kind("isidentifier", '"mine", as in @register("mine")', name=name)

    def add(make: Maker) -> Maker:
        DATASETS.add(name, Definition(name, tuple(classes), lambda folder: make(), recipes or {}, unit=unit))
        return make

    return add


def recipe_for(name: str, engine: str, *, pictures: bool = True) -> Recipe:
    """Return the settings that suit a data set and an engine, by their names.

    A data set without settings for the engine gets the engine's default, for pictures or for other numbers; an engine
    without a default gets what suits floats.
    """
    own: Mapping[str, Recipe] = DATASETS[name].recipes if name in DATASETS else {}
    defaults = PICTURE_RECIPES if pictures else NUMBER_RECIPES
    for kind in (engine, "float"):
        for recipes in (own, defaults):
            if kind in recipes:
                return recipes[kind]
    return defaults["float"]
