"""A model in a file: its numbers as tensors, its architecture as text. This module knows no network.

The file is safetensors, which PyTorch and Netron open too. The architecture stands in its metadata, beside whatever
else the caller has to say.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from purenn.errors import FormatError, ShapeError, check_choice
from purenn.formats import safetensors
from purenn.formats.safetensors import File, Tensor
from purenn.matrix import Matrix

__all__ = [
    "CHECKPOINT",
    "Model",
    "as_tensor",
    "check_ending",
    "check_tensors",
    "fill",
    "numbered_matrices",
    "numbered_tensors",
    "read_model",
    "write_model",
]

ARCHITECTURE = "architecture"  # its key in the metadata
CHECKPOINT = "purenn checkpoint"  # a key that only the metadata of a checkpoint have
OTHERS = (".h5", ".hdf5", ".keras", ".pt", ".pth", ".pkl", ".pickle", ".joblib", ".onnx", ".json", ".npz", ".py")
FLOATS = ("F64", "F32", "F16", "BF16")


@dataclass(frozen=True)
class Model:
    """The content of a model's file. `metadata` are the strings given beside the architecture."""

    architecture: str
    tensors: dict[str, Tensor]
    metadata: dict[str, str]


def check_ending(path: str | os.PathLike[str]) -> None:
    """Raise ValueError for a file name that promises another format than safetensors."""
    name = Path(path)
    if name.suffix.casefold() in OTHERS:
        raise ValueError(f"{path}: networks are written as safetensors: call the file '{name.stem}.safetensors'")


def write_model(
    path: File,
    architecture: str,
    tensors: Mapping[str, Tensor],
    metadata: Mapping[str, str] | None = None,
    dtype: str = "F64",
) -> None:
    """Write a model to a file, atomically, or to an open binary file.

    dtype: how F64 tensors are stored. F64 keeps every bit; F32, F16 and BF16 round, for a file of half or a quarter of
    the size. Tensors of other dtypes, such as counts, stay as they are.
    Raises ValueError, before the file is touched, for a name that promises another format, for another dtype, for a
    value that does not fit it (naming tensor and index) and for metadata that are not strings; OSError if the file
    cannot be written.
    """
    check_choice(FLOATS, dtype=dtype)
    if isinstance(path, (str, os.PathLike)):
        check_ending(path)
    if metadata and CHECKPOINT in metadata:
        raise ValueError(f"metadata has {CHECKPOINT!r}: the file would be taken for a checkpoint, and not be read")
    stored = {name: replace(t, dtype=dtype) if t.dtype == "F64" else t for name, t in tensors.items()}
    safetensors.write(path, stored, {**(metadata or {}), ARCHITECTURE: architecture})


def read_model(path: File) -> Model:
    """Read a file that `write_model` wrote, by its path or open.

    Raises FormatError if it is not safetensors, has no architecture or is the checkpoint of a training; OSError if it
    cannot be read.
    """
    tensors, metadata = safetensors.read(path)
    if CHECKPOINT in metadata:
        raise FormatError(f"{path}: a checkpoint of a training, expected a model: resume the training to get one")
    if ARCHITECTURE not in metadata:
        raise FormatError(f"{path}: the metadata has no architecture: these tensors were not saved by purenn")
    return Model(metadata.pop(ARCHITECTURE), tensors, metadata)


# A matrix as a tensor: transposed, because PyTorch keeps the weights of a layer as outputs × inputs.


def as_tensor(matrix: Matrix, shape: tuple[int, ...], *, counts: bool = False) -> Tensor:
    """Return the transpose of a matrix as a tensor of this shape: F64, or I64 for counts, which are whole numbers."""
    values = list(chain.from_iterable(matrix.T))
    return Tensor(shape, list(map(int, values)), "I64") if counts else Tensor(shape, values)


def fill(matrix: Matrix, tensor: Tensor) -> None:
    """Put the values of a tensor into a matrix, in place: the inverse of `as_tensor`."""
    values = list(map(float, tensor.values))
    for i, row in enumerate(matrix):
        row[:] = values[i :: matrix.rows]  # row i of the matrix is column i of the tensor


def check_tensors(own: Mapping[str, Tensor], given: Mapping[str, Tensor], owner: str) -> None:
    """Check that given tensors can take the place of the owner's.

    Raises ShapeError naming all that are missing, unknown or of another shape, and ValueError for a count that is not a
    whole number.
    """
    wrong = [f"{name} is missing" for name in own if name not in given]
    wrong += [f"{name} is unknown" for name in given if name not in own]
    wrong += [
        f"{name} is {given[name].shape}, expected {tensor.shape}"
        for name, tensor in own.items()
        if name in given and given[name].shape != tensor.shape
    ]
    if wrong:
        raise ShapeError(f"this state is not of {owner}: {'; '.join(wrong)}")
    for name, tensor in own.items():
        # up to 2**53, a float tells every whole number from the next
        if tensor.dtype == "I64" and not all(0 <= v <= 2**53 and v % 1 == 0 for v in given[name].values):
            raise ValueError(f"{name} is {list(given[name].values)}, expected a whole number from 0 to 2**53")


# Lists of matrices as tensors: matrix 2 of the list "velocity" is the tensor "velocity.2", not transposed.


def numbered_tensors(lists: Mapping[str, Sequence[Matrix]]) -> dict[str, Tensor]:
    """Return every matrix of these lists as a tensor, under the name of its list and its number."""
    return {
        f"{name}.{i}": Tensor(matrix.shape, list(chain.from_iterable(matrix)))
        for name, matrices in lists.items()
        for i, matrix in enumerate(matrices)
    }


def numbered_matrices(tensors: Mapping[str, Tensor]) -> dict[str, list[Matrix]]:
    """Return the lists of which `numbered_tensors` made these tensors."""
    found: dict[str, dict[int, Matrix]] = {}
    for name, tensor in tensors.items():
        of, _, number = name.rpartition(".")
        if len(tensor.shape) != 2 or 0 in tensor.shape:
            raise ShapeError(f"{name} is {tensor.shape}, expected rows and columns")
        rows, columns = tensor.shape
        matrix = [list(tensor.values[i * columns : (i + 1) * columns]) for i in range(rows)]
        found.setdefault(of, {})[int(number)] = Matrix.wrap(matrix)
    # by their numbers: in a file, 10 comes before 2
    return {of: [matrix for _, matrix in sorted(numbered.items())] for of, numbered in found.items()}
