"""What tests of data sets share: a name to register, and an empty cache folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from purenn.datasets.dataset import DATASETS


@pytest.fixture
def name() -> Iterator[str]:
    """A name that a test may register."""
    yield "two-lines"
    if "two-lines" in DATASETS:
        DATASETS.remove("two-lines")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's cache folder, and no PURENN_DATA."""
    monkeypatch.delenv("PURENN_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.platform", "linux")
    return tmp_path / "cache" / "purenn"
