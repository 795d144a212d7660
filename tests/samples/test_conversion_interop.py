"""Samples as NumPy arrays. Run with `make interop`; skipped where NumPy is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from purenn.layers import Flatten, Linear
from purenn.network import Sequential, feed_forward, load
from purenn.samples import Images, Labels
from purenn.training import fit

np = pytest.importorskip("numpy")


def test_arrays_of_bytes_are_pictures_and_arrays_of_floats_are_rows() -> None:
    pixels = np.arange(60, dtype=np.uint8).reshape(2, 6, 5) * 4
    for pictures in (pixels, pixels[..., None]):
        network = feed_forward([30, 4, 2])
        assert fit(network, pictures, [0, 1], epochs=1).engine.startswith("lanes")
        assert network.predict(pictures[0]) == network.predict((pictures / 255.0)[:1]) == network.predict(pictures[:1])
    fit(Sequential(Flatten(), Linear(30, 2)), pixels / 255.0, np.array([0, 1]), epochs=1)
    assert Images.of(pixels) == Images.of(pixels[..., None].tolist()) == feed_forward([30, 2]).rows(pixels)


def test_pictures_and_labels_become_arrays() -> None:
    assert np.array(Images(bytes(12), height=2, width=3)).shape == (2, 6)
    assert np.array(Labels([0, 2, 1], classes=3)).tolist() == [0, 2, 1]


def test_integers_are_sizes_and_seeds_and_the_network_can_be_saved(tmp_path: Path) -> None:
    targets = np.array([0, 1, 2, 0])
    network = feed_forward([2, 8, targets.max() + 1])
    fit(network, [[0, 0], [0, 1], [1, 0], [1, 1]], targets, epochs=1, seed=np.int64(3))
    network.save(tmp_path / "m.safetensors")
    assert load(tmp_path / "m.safetensors").state() == network.state()
