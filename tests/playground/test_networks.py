"""The network, the samples and the loss of settings."""

from __future__ import annotations

import pytest

from purenn.losses import LOSSES, BinaryCrossEntropy, CrossEntropy, MeanSquaredError
from purenn.matrix import Matrix
from purenn.network import feed_forward
from purenn.playground.data import KINDS, Point, points_of
from purenn.playground.networks import inputs_of, make_loss, make_network, make_samples
from purenn.playground.settings import NORMALIZATIONS, loss_names
from tests.playground.helpers import changed, trained


@pytest.mark.parametrize("activation", ["tanh", "relu", "leaky_relu", "prelu", "softmax"])
def test_the_usual_network_is_that_of_feed_forward_with_the_same_seed(activation: str) -> None:
    network = make_network(changed(layers=[{"activation": activation}, {"activation": activation}], seed=5))
    other = feed_forward([2, 4, 4, 1], 5, hidden=activation)
    assert (str(network), network.state()) == (str(other), other.state())


def test_a_layer_has_its_parts_in_order() -> None:
    settings = changed(layers=[{"units": 3, "activation": "relu", "dropout": 0.25, "normalization": "layer"}])
    assert str(make_network(settings)) == (
        "Sequential(Linear(2, 3), LayerNorm(3), Activation('relu'), Dropout(0.25), Linear(3, 1))"
    )


def test_a_network_without_hidden_layers_is_a_single_neuron() -> None:
    assert str(make_network(changed(layers=[], features=["x1", "x2", "x1*x2"]))) == "Sequential(Linear(3, 1))"


def test_the_loss_and_the_outputs_suit_the_data() -> None:
    for name, loss, outputs in (
        ("xor", BinaryCrossEntropy, 1),
        ("blobs", CrossEntropy, 3),
        ("sine", MeanSquaredError, 1),
    ):
        settings = changed(data={"name": name})
        samples = make_samples(settings, points_of(settings.data), "train")
        assert samples is not None
        assert type(make_loss(settings, samples)) is loss
        assert make_network(settings).widths[-1] == samples.targets.columns == outputs
    assert make_network(changed(loss="CrossEntropy")).widths[-1] == 2
    assert str(make_network(changed(loss="CrossEntropyOfProbabilities"))).endswith("Activation('softmax'))")
    assert str(make_network(changed(loss="BinaryCrossEntropyOfProbabilities"))).endswith("Activation('sigmoid'))")


@pytest.mark.parametrize("name", KINDS)
def test_every_loss_and_every_normalization_trains_on_every_kind_of_data(name: str) -> None:
    task = KINDS[name].task
    for loss in loss_names(task):
        for normalization in NORMALIZATIONS:
            layers = [{"units": 3, "normalization": normalization, "dropout": 0.1}]
            run = trained(1, data={"name": name, "samples": 24}, loss=loss, layers=layers)
            assert (run.failure, run.epoch) == ("", 1)
            assert (run.epochs[0].accuracy is None) == (task == "regression")
    assert len(loss_names("classification")) == len(LOSSES)


def test_targets_of_0_and_1_are_quantities_in_a_regression() -> None:
    points = [[0.0, 0.0, 0, "train"], [1.0, 0.0, 1, "train"]]
    settings = changed(data={"name": "own", "points": points, "inputs": ["x"]})
    samples = make_samples(settings, points_of(settings.data), "train")
    assert samples is not None
    assert type(make_loss(settings, samples)) is MeanSquaredError


def test_inputs_are_the_chosen_features_in_their_order() -> None:
    settings = changed(features=["x1*x2", "x1", "x2^2"])
    assert inputs_of(settings, [Point(2.0, 3.0, 0.0, "train")]) == Matrix([[2.0, 9.0, 6.0]])
