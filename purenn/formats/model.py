"""A model in a file: its numbers as tensors, its architecture as text. This module knows no network.

The file is safetensors, which PyTorch and Netron open too. The architecture stands in its metadata, beside whatever
else the caller has to say.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from purenn.errors import FormatError, check_choice
from purenn.formats import safetensors
from purenn.formats.safetensors import Tensor

__all__ = ["CHECKPOINT", "Model", "read_model", "write_model"]

ARCHITECTURE = "architecture"  # its key in the metadata
CHECKPOINT = "purenn checkpoint"  # a key that only the metadata of a checkpoint have
FLOATS = ("F64", "F32", "F16", "BF16")


@dataclass(frozen=True)
class Model:
    """The content of a model's file. `metadata` are the strings given beside the architecture."""

    architecture: str
    tensors: dict[str, Tensor]
    metadata: dict[str, str]


def write_model(
    path: str | os.PathLike[str],
    architecture: str,
    tensors: Mapping[str, Tensor],
    metadata: Mapping[str, str] | None = None,
    dtype: str = "F64",
) -> None:
    """Write a model to a file, atomically.

    dtype: how F64 tensors are stored. F64 keeps every bit; F32, F16 and BF16 round, for a file of half or a quarter of
    the size. Tensors of other dtypes, such as counts, stay as they are.
    Raises ValueError, before the file is touched, for another dtype, for a value that does not fit it (naming tensor
    and index) and for metadata that are not strings; OSError if the file cannot be written.
    """
    check_choice(FLOATS, dtype=dtype)
    stored = {name: replace(t, dtype=dtype) if t.dtype == "F64" else t for name, t in tensors.items()}
    safetensors.write(path, stored, {**(metadata or {}), ARCHITECTURE: architecture})


def read_model(path: str | os.PathLike[str]) -> Model:
    """Read a file that `write_model` wrote.

    Raises FormatError if it is not safetensors, has no architecture or is the checkpoint of a training; OSError if it
    cannot be read.
    """
    tensors, metadata = safetensors.read(path)
    if CHECKPOINT in metadata:
        raise FormatError(f"{path}: a checkpoint of a training, expected a model: resume the training to get one")
    if ARCHITECTURE not in metadata:
        raise FormatError(f"{path}: the metadata has no architecture: these tensors were not saved by purenn")
    return Model(metadata.pop(ARCHITECTURE), tensors, metadata)
