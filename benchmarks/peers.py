"""A peer of the lanes engine: a network in NumPy, a sample at a time, for bench_lanes.py to import.

It needs the `bench` group of pyproject.toml and uses nothing of purenn.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol

__all__ = ["ONE_THREAD", "Array", "NumpyNetwork", "read"]

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
os.environ.update(ONE_THREAD)  # a sample at a time is for one core; now, for NumPy looks only when it is loaded
np = import_module("numpy")  # and not `import numpy`: types are checked also where it is not installed

STEP = 10  # samples whose gradients are summed before a step


class Array(Protocol):
    """The part of a numpy.ndarray that is used here."""

    def __getitem__(self, index: int) -> Array: ...
    def __setitem__(self, index: int, value: Array) -> None: ...
    def __add__(self, other: Array) -> Array: ...
    def __sub__(self, other: float) -> Array: ...
    def __mul__(self, other: Array) -> Array: ...
    def __truediv__(self, other: float) -> Array: ...
    def __gt__(self, other: float) -> Array: ...
    def argmax(self) -> int: ...
    def astype(self, dtype: str) -> Array: ...
    def fill(self, value: float) -> None: ...
    def max(self) -> float: ...
    def reshape(self, rows: int, columns: int) -> Array: ...
    def sum(self) -> float: ...
    def tolist(self) -> list[int]: ...


def read(folder: Path, part: str, dtype: str) -> tuple[Array, list[int]]:
    """The pictures of a part of MNIST, "train" or "t10k", as rows of numbers from 0 to 1, and their labels."""
    pixels = _bytes(folder / "mnist" / f"{part}-images-idx3-ubyte.gz", 16)
    labels = _bytes(folder / "mnist" / f"{part}-labels-idx1-ubyte.gz", 8)
    return pixels.reshape(-1, 784).astype(dtype) / 255.0, labels.tolist()


def _bytes(path: Path, header: int) -> Array:
    """Return the bytes after the header of a gzipped IDX file."""
    values: Array = np.frombuffer(gzip.decompress(path.read_bytes()), "uint8", offset=header)
    return values


class NumpyNetwork:
    """Linear, ReLU, Linear, softmax and cross-entropy, a sample at a time, written as one does who wants it fast.

    Floats of 64 or 32 bits. The outer products are `np.dot` of a column and a row: `@`, `np.outer` and broadcasting are
    slower. The gradients of 10 samples are summed in place before a step.
    """

    def __init__(self, w1: Sequence[Sequence[float]], w2: Sequence[Sequence[float]], dtype: str) -> None:
        """w1, w2: a row of weights for each unit, hidden and output; the biases begin at 0."""
        start = [w1, [0.0] * len(w1), w2, [0.0] * len(w2)]
        self.parameters: list[Array] = [np.array(values, dtype) for values in start]
        self.gradients: list[Array] = [np.zeros_like(parameter) for parameter in self.parameters]

    def train(self, inputs: Array, labels: Sequence[int], order: Sequence[int], rate: float) -> None:
        """One pass over the samples in this order, with a step of `rate` times the gradients' sum after every 10."""
        for start in range(0, len(order), STEP):
            for i in order[start : start + STEP]:
                self._add_gradients(inputs[i], labels[i])
            for parameter, gradient in zip(self.parameters, self.gradients):
                np.multiply(gradient, rate, out=gradient)
                np.subtract(parameter, gradient, out=parameter)
                gradient.fill(0.0)

    def _add_gradients(self, x: Array, label: int) -> None:
        w1, b1, w2, b2 = self.parameters
        dw1, db1, dw2, db2 = self.gradients
        hidden: Array = np.maximum(np.dot(w1, x) + b1, 0.0)
        y: Array = np.dot(w2, hidden) + b2
        dy: Array = np.exp(y - y.max())
        dy = dy / dy.sum()
        dy[label] = dy[label] - 1.0
        dz: Array = np.dot(dy, w2) * (hidden > 0.0)
        dw2 += np.dot(dy.reshape(-1, 1), hidden.reshape(1, -1))
        db2 += dy
        dw1 += np.dot(dz.reshape(-1, 1), x.reshape(1, -1))
        db1 += dz

    def accuracy(self, inputs: Array, labels: Sequence[int]) -> float:
        """The part of these samples whose class is right."""
        w1, b1, w2, b2 = self.parameters
        right = 0
        for i, label in enumerate(labels):
            y: Array = np.dot(w2, np.maximum(np.dot(w1, inputs[i]) + b1, 0.0)) + b2
            right += int(y.argmax()) == label
        return right / len(labels)
