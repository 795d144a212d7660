"""Helpers that several test files share. Tests import them by name: `from tests.conftest import ROOT, silent`."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest

from purenn.activations import ACTIVATIONS, Elementwise, Rowwise
from purenn.engine import ENGINES
from purenn.layers import LAYERS, Linear
from purenn.losses import LOSSES
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.optimizers import OPTIMIZERS
from purenn.playground import Server
from purenn.registry import Registry
from purenn.samples import Images, Labels, Samples
from purenn.schedules import SCHEDULES
from purenn.training import silent

__all__ = [
    "ANSWERS",
    "ELEMENTWISE",
    "ROOT",
    "ROWWISE",
    "XOR",
    "Clock",
    "Frame",
    "NumPyArray",
    "Wrapped",
    "bars",
    "line",
    "linear",
    "normal",
    "numbers",
    "silent",
]

collect_ignore = [] if find_spec("resource") else ["faults.py"]  # limits of POSIX

if sys.platform == "emscripten":  # Pyodide: a test that starts a process, a thread or a server ends there, skipped

    def skip(*_: object, **__: object) -> None:
        pytest.skip("Python in a browser has no processes, threads and sockets")

    pytest.MonkeyPatch().setattr(threading.Thread, "start", skip)
    for made in (Server, subprocess.Popen, ProcessPoolExecutor):
        pytest.MonkeyPatch().setattr(made, "__init__", skip)

Entry = TypeVar("Entry")
ROOT = Path(__file__).parent.parent  # of the project
XOR = [[0, 0], [0, 1], [1, 0], [1, 1]]
ANSWERS = [0, 1, 1, 0]
ELEMENTWISE = list(dict.fromkeys(f for f in ACTIVATIONS.values() if isinstance(f, Elementwise)))  # silu is swish
ROWWISE = [f for f in ACTIVATIONS.values() if isinstance(f, Rowwise)]


@pytest.fixture(autouse=True)
def restored_registries() -> Iterator[None]:
    """Remove what a test has registered."""
    with ExitStack() as stack:
        stack.enter_context(_restored(ACTIVATIONS))
        stack.enter_context(_restored(ENGINES))
        stack.enter_context(_restored(LAYERS))
        stack.enter_context(_restored(LOSSES))
        stack.enter_context(_restored(OPTIMIZERS))
        stack.enter_context(_restored(SCHEDULES))
        yield


@contextmanager
def _restored(registry: Registry[Entry]) -> Iterator[None]:
    before = set(registry)
    yield
    for name in set(registry) - before:
        registry.remove(name)


def linear(weight: list[list[float]], bias: list[float] | None = None) -> Linear:
    """Return a layer with this weight, a row for each input, and this bias. Default: a bias of zeros."""
    layer = Linear(len(weight), len(weight[0]), Random(0))
    layer.weight, layer.bias = Matrix(weight), Matrix([bias or [0.0] * len(weight[0])])
    return layer


def normal(rows: int, columns: int, seed: int | Random = 0, spread: float = 1.0, mean: float = 0.0) -> Matrix:
    """Return numbers of a normal distribution, drawn from this generator or from a new one with this seed."""
    rng = seed if isinstance(seed, Random) else Random(seed)
    return Matrix.from_function(rows, columns, lambda i, j: rng.gauss(mean, spread))


def line(weight: float = 0.0, bias: float = 0.0) -> Sequential:
    """y = weight · x + bias."""
    return Sequential(linear([[weight]], [bias]))


def numbers(network: Sequential) -> list[float]:
    """All parameters of a network, in order."""
    return [value for parameter in network.parameters for row in parameter for value in row]


def bars(count: int = 100) -> Samples:
    """Pictures of 4 × 4 grey pixels with one bright row, which is the class."""
    rng = Random(8)
    labels = [rng.randrange(4) for _ in range(count)]
    pixels = [rng.randrange(200, 256) if i // 4 == label else rng.randrange(90) for label in labels for i in range(16)]
    return Samples(Images(bytes(pixels), height=4, width=4), Labels(labels, classes=4))


class Clock:
    """A clock that stands still until a test moves it, or that moves by a tick, in seconds, whenever it is read."""

    def __init__(self, tick: float = 0.0) -> None:
        self.now = 1000.0
        self.tick = tick

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


# Stand-ins for NumPy and data frames: purenn tells them by the methods they have.


class NumPyArray:
    """An array with the methods that tell one."""

    def __init__(self, values: object, dtype: object = None) -> None:
        self.values, self.dtype = values, dtype

    def __array__(self) -> NumPyArray:
        return self

    def __iter__(self) -> Iterator[object]:
        if not isinstance(self.values, list):
            raise TypeError("iteration over a 0-d array")
        return iter(self.values)

    def tolist(self) -> object:
        return self.values


class Frame:
    """A data frame, which iterates over the names of its columns."""

    def __init__(self, rows: object, names: list[object]) -> None:
        self.rows, self.columns = rows, names

    def __iter__(self) -> Iterator[object]:
        return iter(self.columns)

    def to_numpy(self) -> NumPyArray:
        return NumPyArray(self.rows, "float64")


class Wrapped:
    """An object that is no array, but that NumPy can make one of."""

    def __array__(self) -> NumPyArray:
        return NumPyArray([[1, 2]], "int64")


class NumPy:
    """The module numpy."""

    @staticmethod
    def asarray(values: object, dtype: object = None) -> NumPyArray:
        if isinstance(values, (Wrapped, NumPyArray)):
            return values.__array__()
        return NumPyArray(values, dtype)


@pytest.fixture
def numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a stand-in in the place of NumPy."""
    monkeypatch.setitem(sys.modules, "numpy", NumPy)
