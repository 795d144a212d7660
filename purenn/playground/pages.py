"""The files of the page, read once when the server begins.

A request names one of them by a key of this table. So no path in a request ever reaches the file system, and they are
found in a folder, a wheel and a zip file alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import NamedTuple

__all__ = ["TYPES", "Page", "pages"]

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}


class Page(NamedTuple):
    """The content of a file, and its type for the browser."""

    type: str
    content: bytes


def pages(folder: Path | None = None) -> Mapping[str, Page]:
    """Return the files of a folder by their names, those of a type in the table above. Default: those of purenn."""
    # from the package at the top: for one further down, Python 3.9 on Windows builds a path that no zip file has
    place = folder or resources.files("purenn").joinpath("playground").joinpath("static")
    types = {file: TYPES.get(Path(file.name).suffix) for file in place.iterdir()}
    return {file.name: Page(type, file.read_bytes()) for file, type in types.items() if type}
