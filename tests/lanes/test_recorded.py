"""The recorded sum of a small training: every Python must write the very same file, whatever machine it runs on.

The lanes engine computes with whole numbers. Only softmax and the losses are floats, and what becomes of them is
rounded to whole units, so that a last bit that differs from one mathematical library to another is rounded away.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from random import Random

import pytest

from purenn import datasets, feed_forward, fit

RECORDED = {
    1: "ef120e1dfc00879e4329d2566d51701931b03fb7a5010bb2ce231e3382fa3f22",
    2: "d89f4850872cf81e0207ec92251d01ec63eba3f59ab319b5384fe44810351aea",
}


@pytest.mark.parametrize("workers", RECORDED)
def test_every_python_writes_the_recorded_bytes(workers: int, tmp_path: Path) -> None:
    strokes = datasets.load("strokes").train.select(range(2000))
    network = feed_forward([784, 32, 10], Random(1), hidden="relu")
    fit(network, strokes, loss="cross_entropy", engine="lanes", epochs=3, workers=workers, seed=1)
    network.save(tmp_path / "strokes.safetensors")
    assert hashlib.sha256((tmp_path / "strokes.safetensors").read_bytes()).hexdigest() == RECORDED[workers]
