"""What a call of `fit` must have in common with the one whose checkpoint it goes on from, and what may be another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from purenn.history import History
from purenn.losses import MeanAbsoluteError, MeanSquaredError
from purenn.network import feed_forward
from purenn.optimizers import SGD, Adam
from purenn.regularization import Penalty, clip_by_value
from purenn.training import fit

INPUTS, TARGETS = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]


def trained(path: Path, **options: object) -> History:
    """A training of two epochs with these options, from the checkpoint if it is there."""
    call: Callable[..., History] = fit
    usual = {"network": feed_forward([2, 1], Random(0)), "inputs": INPUTS, "targets": TARGETS, "epochs": 2}
    more = {"loss": MeanSquaredError(), "patience": 9, "validation": 0.5, "checkpoint": path, "resume": True}
    return call(**{**usual, **more, **options})


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("network", feed_forward([2, 3, 1], Random(0)), r'network {"0": .*}}, now {"0": .*"relu"'),
        ("inputs", [[0, 0], [0, 1], [1, 0], [1, 2]], r"samples \d of checksum \w{8}, now \d of checksum \w{8}"),
        ("targets", [0, 1, 1, 1], r"samples \d of checksum \w{8}, now \d of checksum \w{8}"),
        ("sample_weights", [1.0, 1.0, 1.0, 2.0], r"samples \d of checksum \w{8}, now \d of checksum \w{8}"),
        ("class_weights", {0: 1.0, 1: 3.0}, r"training samples 2 of checksum \w{8}, now 2 of checksum \w{8}"),
        ("validation", 0.25, r"training samples 2 of .*, now 3 of .*; validation samples 2 of .*, now 1 of "),
        ("validation", None, r"training samples 2 of .*, now 4 of .*; validation samples 2 of .*, now none"),
        ("loss", MeanAbsoluteError(), r"loss MeanSquaredError\(\), now MeanAbsoluteError\(\)"),
        ("optimizer", Adam(0.1), "optimizer SGD {.*}, now Adam {"),
        ("optimizer", SGD(0.1, momentum=0.5), "optimizer SGD {'momentum': 0.0.*}, now SGD {'momentum': 0.5"),
        ("batch_size", 1, "batch_size 2, now 1"),
        ("penalty", Penalty(l2=0.5), r"penalty None, now Penalty\(l1=0.0, l2=0.5\)"),
        ("clip", clip_by_value(1.0), "clip none, now some"),
        ("patience", None, "patience some, now none"),
        ("seed", 1, "training samples .*; seed 0, now 1"),
    ],
)
def test_another_call_is_refused(option: str, value: object, said: str, tmp_path: Path) -> None:
    trained(tmp_path / "c")
    before = (tmp_path / "c").read_bytes()
    with pytest.raises(ValueError, match=f"c is the checkpoint of another training: .*{said}"):
        trained(tmp_path / "c", **{option: value})
    assert (tmp_path / "c").read_bytes() == before


def test_so_is_one_whose_validation_alone_is_another(tmp_path: Path) -> None:
    trained(tmp_path / "c", validation=([[1, 1]], [0]))
    with pytest.raises(ValueError, match=r"training: validation samples 1 of checksum \w{8}, now 1 of checksum \w{8}$"):
        trained(tmp_path / "c", validation=([[1, 1]], [1]))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("epochs", 3),
        ("patience", 5),
        ("metrics", {"zero": lambda predictions, targets: 0.0}),
        ("callbacks", [lambda epoch: None]),
        ("progress", lambda done, total: None),
    ],
)
def test_what_the_bits_do_not_depend_on_may_be_another(option: str, value: object, tmp_path: Path) -> None:
    trained(tmp_path / "c", epochs=1)
    history = trained(tmp_path / "c", **{option: value})
    assert [epoch.number for epoch in history.epochs] == [*range(1, 4 if option == "epochs" else 3)]


def test_an_optimizer_and_a_network_may_be_those_of_the_first_call(tmp_path: Path) -> None:
    network, optimizer = feed_forward([2, 1], Random(0)), SGD(0.1, momentum=0.9)
    for epochs in (2, 4):
        trained(tmp_path / "c", network=network, optimizer=optimizer, epochs=epochs)
    other = feed_forward([2, 1], Random(0))
    trained(tmp_path / "d", network=other, optimizer=SGD(0.1, momentum=0.9), epochs=4)
    assert network.parameters == other.parameters
