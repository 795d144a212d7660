"""Every file of the corpus is read, or refused with FormatError, at once and in little memory."""

from __future__ import annotations

import io
import time
from collections.abc import Callable

import pytest

from purenn.errors import FormatError
from purenn.formats import idx, png, pnm, safetensors, tabular
from tests.corpus import IDX, PICTURES, SAFETENSORS, TABLES, Case


def read_picture(raw: bytes) -> object:
    """Read a picture of either format."""
    return (png if raw.startswith(png.SIGNATURE) else pnm).read(io.BytesIO(raw))


READERS: dict[str, tuple[dict[str, Case], Callable[[bytes], object]]] = {
    "IDX": (IDX, lambda raw: idx.read(io.BytesIO(raw))),
    "IDX, read through": (IDX, lambda raw: idx.read_header(io.BytesIO(raw), whole=True)),
    "safetensors": (SAFETENSORS, lambda raw: safetensors.read(io.BytesIO(raw))),
    "pictures": (PICTURES, read_picture),
    "tables": (TABLES, lambda raw: tabular.read(io.BytesIO(raw))),
}
CASES = [(kind, name) for kind, (cases, _) in READERS.items() for name in cases]


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_a_file_of_the_corpus_is_read_or_refused_within_a_second(kind: str, name: str) -> None:
    cases, read = READERS[kind]
    start = time.process_time()
    if cases[name].is_read:
        read(cases[name].raw)
    else:
        with pytest.raises(FormatError):
            read(cases[name].raw)
    assert time.process_time() - start < 1.0
