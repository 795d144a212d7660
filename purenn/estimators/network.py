"""The network of an estimator: linear layers that begin as scikit-learn's do, with scalers around them.

The scalers are layers too, so that the network takes inputs, and answers, in their own units. They are not trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from random import Random

from purenn.layers import Activation, Layer, Linear
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.normalization import Scaling
from purenn.preprocessing import Scaler

__all__ = ["initial_network", "scalers_of", "trained_part", "with_scalers"]


def initial_network(sizes: Sequence[int], activation: str, rng: Random) -> Sequential:
    """Make linear layers with this activation between them, initialized as in scikit-learn.

    Weights and biases are uniform in ±√(6 / (inputs + outputs)) or, for the logistic activation, ±√(2 / (inputs +
    outputs)), drawn layer by layer, weights first. Source: Glorot and Bengio (2010), whose biases are 0. Raises
    ValueError, listing the names there are, for an unknown activation.
    """
    function = "sigmoid" if activation == "logistic" else activation
    factor = 2.0 if function == "sigmoid" else 6.0
    layers: list[Layer] = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layers += [_linear(inputs, outputs, sqrt(factor / (inputs + outputs)), rng), Activation(function)]
    return Sequential(*layers[:-1])


def _linear(inputs: int, outputs: int, bound: float, rng: Random) -> Linear:
    def uniform(rows: int, columns: int, rng: Random) -> Matrix:
        return Matrix.from_function(rows, columns, lambda i, j: rng.uniform(-bound, bound))

    layer = Linear(inputs, outputs, rng, initializer=uniform)
    layer.bias = uniform(1, outputs, rng)
    return layer


def with_scalers(network: Sequential, before: Scaler | None, after: Scaler | None) -> Sequential:
    """Return a network of the same layers that scales its inputs and takes the scaling of its targets back."""
    first = [Scaling.of(before)] if before else []
    last = [Scaling.inverse_of(after)] if after else []
    return Sequential(*first, *network.layers, *last)


def trained_part(network: Sequential) -> Sequential:
    """Return a network of the same layers without those that scale."""
    return Sequential(*(layer for layer in network.layers if not isinstance(layer, Scaling)))


def scalers_of(network: Sequential) -> tuple[Scaler | None, Scaler | None]:
    """Return the scalers that `with_scalers` was given."""
    scalings = [layer for layer in network.layers if isinstance(layer, Scaling)]
    before = Scaler(scalings[0].shift[0], scalings[0].scale[0]) if scalings else None
    if len(scalings) < 2:
        return before, None
    # the layer is the inverse of the scaler, (y + mean / deviation) / (1 / deviation)
    shifts, scales = scalings[-1].shift[0], scalings[-1].scale[0]
    return before, Scaler([-a / b for a, b in zip(shifts, scales)], [1.0 / b for b in scales])
