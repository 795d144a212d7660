"""Two peers of the lanes engine: a network in NumPy, a sample at a time, and scikit-learn's MLPClassifier.

    PURENN_DATA=FOLDER python benchmarks/peers.py

trains the MLPClassifier on FOLDER/mnist until it reads 97.42 % of the test pictures, and prints a JSON line an epoch,
as `python -m purenn train mnist --json` does. The network in NumPy is for bench_lanes.py to import. Both need the
`bench` group of pyproject.toml, and neither uses anything of purenn.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol

__all__ = ["GOAL", "ONE_THREAD", "Array", "NumpyNetwork", "main", "read"]

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
if __name__ != "__main__":  # a sample at a time is for one core; scikit-learn may use all there are
    os.environ.update(ONE_THREAD)  # now, for NumPy looks only when it is loaded
np = import_module("numpy")  # and not `import numpy`: types are checked also where it is not installed

GOAL = 0.9742  # of the 10,000 test pictures
STEP = 10  # samples whose gradients are summed before a step
EPOCHS = 30  # by then scikit-learn has long reached the goal, or never will


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

    64-bit floats. The outer products are `np.dot` of a column and a row: `@`, `np.outer` and broadcasting are slower.
    The gradients of 10 samples are summed in place before a step.
    """

    def __init__(self, w1: Sequence[Sequence[float]], w2: Sequence[Sequence[float]]) -> None:
        """w1, w2: a row of weights for each unit, hidden and output; the biases begin at 0."""
        self.parameters: list[Array] = [np.array(w1), np.zeros(len(w1)), np.array(w2), np.zeros(len(w2))]
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


def main() -> int:
    """Train scikit-learn's MLPClassifier with 128 hidden units and otherwise its defaults: Adam, batches of 200."""
    folder = Path(os.environ["PURENN_DATA"])
    # in 32 bits, which is the faster way: it computes in the type of what it is given
    (inputs, labels), test = read(folder, "train", "float32"), read(folder, "t10k", "float32")
    model = import_module("sklearn.neural_network").MLPClassifier((128,), random_state=0)
    for epoch in range(1, EPOCHS + 1):
        model.partial_fit(inputs, labels, classes=range(10))  # once over all samples
        accuracy: float = model.score(*test)
        print(json.dumps({"event": "epoch", "epoch": epoch, "test_accuracy": accuracy}), flush=True)
        if accuracy >= GOAL:
            return 0
    print(f"scikit-learn is below {GOAL:.2%} after {EPOCHS} epochs", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
