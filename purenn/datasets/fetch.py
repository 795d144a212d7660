"""Fetch a published data set by its name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from purenn.datasets.dataset import DATASETS
from purenn.datasets.download import FileProgress, Publication, cache_folder, download
from purenn.errors import check_choice

__all__ = ["fetch", "published"]


def published() -> dict[str, Publication]:
    """Return where the data sets are published that can be downloaded, by their names."""
    return {definition.name: definition.publication for definition in DATASETS.values() if definition.publication}


def fetch(
    name: str,
    folder: str | os.PathLike[str] | None = None,
    *,
    progress: FileProgress | None = None,
    mirrors: Sequence[str] | None = None,
    timeout: float = 30.0,
) -> list[Path]:
    """Download a published data set into folder/name, by default in the user's cache, where `load` finds it.

    Takes, returns and raises what `download` does; raises ValueError for a data set that is not published.
    """
    publications = published()
    check_choice(publications, name=name)
    parent = Path(folder) if folder else cache_folder()
    return download(name, publications[name], parent, progress=progress, mirrors=mirrors, timeout=timeout)
