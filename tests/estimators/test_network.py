"""The network: how it begins, and its scalers."""

from __future__ import annotations

from math import sqrt
from random import Random

import pytest

from purenn.estimators.network import initial_network, scalers_of, trained_part, with_scalers
from purenn.layers import Activation, Linear
from purenn.preprocessing import standardize


@pytest.mark.parametrize(("activation", "factor"), [("relu", 6.0), ("tanh", 6.0), ("logistic", 2.0), ("sigmoid", 2.0)])
def test_initial_weights_and_biases_fill_glorots_range(activation: str, factor: float) -> None:
    network = initial_network([30, 50, 10], activation, Random(0))
    for layer, bound in ((network.layers[0], sqrt(factor / 80)), (network.layers[2], sqrt(factor / 60))):
        for parameter in layer.parameters:
            sizes = [abs(value) for row in parameter for value in row]
            assert max(sizes) <= bound
            assert max(sizes) > 0.7 * bound  # the chance that 10 uniform numbers are all below that is 0.7^10, 3 %


def test_activations_stand_between_the_layers_and_not_at_the_end() -> None:
    kinds = [type(layer) for layer in initial_network([2, 3, 4, 1], "leaky_relu(0.2)", Random(0)).layers]
    assert kinds == [Linear, Activation, Linear, Activation, Linear]
    assert str(initial_network([2, 3, 1], "logistic", Random(0)).layers[1]) == "Activation('sigmoid')"


# Scalers.


def test_a_network_with_scalers_takes_inputs_and_answers_in_their_own_units() -> None:
    inputs, targets = [[1000.0], [3000.0]], [[40.0], [60.0]]
    network, before, after = initial_network([1, 1], "relu", Random(0)), standardize(inputs), standardize(targets)
    expected = after.inverse(network(before(inputs)))
    assert with_scalers(network, before, after)(inputs).is_close(expected)


def test_scalers_are_not_among_the_layers_that_are_trained() -> None:
    network, scaler = initial_network([1, 2, 1], "relu", Random(0)), standardize([[1.0], [3.0]])
    assert trained_part(with_scalers(network, scaler, scaler)).layers == network.layers


def test_the_scalers_of_a_network_are_found_again() -> None:
    network = initial_network([1, 1], "relu", Random(0))
    before, after = standardize([[1.0], [4.0]]), standardize([[7.0], [9.0]])
    assert scalers_of(network) == (None, None)
    assert scalers_of(with_scalers(network, before, None)) == (before, None)
    first, last = scalers_of(with_scalers(network, before, after))
    assert first == before
    assert last is not None
    assert (*last.shifts, *last.scales) == pytest.approx((*after.shifts, *after.scales))
