"""Helpers that several test files share. Tests import them by name: `from tests.conftest import ROOT, silent`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest

from purenn.activations import ACTIVATIONS, Elementwise, Rowwise
from purenn.engine import ENGINES
from purenn.layers import LAYERS, Linear
from purenn.losses import LOSSES
from purenn.matrix import Matrix
from purenn.optimizers import OPTIMIZERS
from purenn.registry import Registry
from purenn.schedules import SCHEDULES
from purenn.training import silent

__all__ = ["ELEMENTWISE", "ROOT", "ROWWISE", "linear", "normal", "silent"]

Entry = TypeVar("Entry")
ROOT = Path(__file__).parent.parent  # of the project
ELEMENTWISE = list(dict.fromkeys(f for f in ACTIVATIONS.values() if isinstance(f, Elementwise)))  # silu is swish
ROWWISE = [f for f in ACTIVATIONS.values() if isinstance(f, Rowwise)]


@pytest.fixture(autouse=True)
def restored_registries() -> Iterator[None]:
    """Remove what a test has registered."""
    with ExitStack() as stack:
        for registry in (ACTIVATIONS, LOSSES, LAYERS, OPTIMIZERS, SCHEDULES, ENGINES):
            stack.enter_context(_restored(registry))
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


def normal(rows: int, columns: int, seed: int = 0, spread: float = 1.0) -> Matrix:
    """Return numbers of a normal distribution with mean 0."""
    rng = Random(seed)
    return Matrix.from_function(rows, columns, lambda i, j: rng.gauss(0.0, spread))
