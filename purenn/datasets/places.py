"""The places where data are looked for: folders on disk, and the data that come with purenn.

Built-in data are read through the package's loader, so purenn finds them wherever it runs from: a folder, a wheel or
a zip file, in which there are no paths to open.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from purenn.datasets.download import cache_folder
from purenn.formats import Openable

__all__ = ["Place", "builtin", "folders"]


class Place(Openable, Protocol):
    """A file or a folder, on disk (a pathlib.Path) or inside a zip file (what importlib.resources returns).

    Both can do more, but not the same in every version of Python: `is_file` in a zip file is always True in 3.9.
    """

    @property
    def name(self) -> str: ...

    def is_dir(self) -> bool: ...

    def iterdir(self) -> Iterator[Place]: ...

    def __truediv__(self, child: str, /) -> Place: ...


def builtin(name: str) -> Place:
    """Return where a built-in file or folder of this name is, or would be.

    >>> builtin("strokes").is_dir(), builtin("mnist").is_dir()
    (True, False)
    """
    from importlib import resources  # here, because it takes time to load

    # from the package at the top: for one further down, Python 3.9 on Windows builds a path that no zip file has
    place: Place = resources.files("purenn")
    for part in ("datasets", "builtin", *name.split("/")):
        place = place / part
    return place


def folders(name: str, folder: Path | None = None) -> list[Place]:
    """Return where the data of this name are looked for, in this order: in the given folder, in that of the environment
    variable PURENN_DATA, among the built-in data, in the folder `datasets` beside purenn, and in the user's cache."""
    first = [folder] if folder else []
    if os.environ.get("PURENN_DATA"):
        first.append(Path(os.environ["PURENN_DATA"]))
    beside = Path(__file__).parents[2]  # the folder that purenn is in, or the zip file
    if beside.is_file():
        beside = beside.parent
    last = [beside / "datasets"]
    with suppress(FileNotFoundError):  # a user without a home folder has no cache
        last.append(cache_folder())
    return [*(parent / name for parent in first), builtin(name), *(parent / name for parent in last)]
