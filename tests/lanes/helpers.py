"""Networks, inputs and the weights in lanes as lists, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from purenn.activations import Elementwise
from purenn.initializers import he_normal
from purenn.lanes.groups import Groups, grouped
from purenn.lanes.layers import FirstLayer, LaterLayer
from purenn.layers import Activation, Layer, Linear
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.regularization import Dropout

SCALE = 8
BITS = 10  # after the point in deltas
FUNCTIONS = ["relu", "leaky_relu", "identity", "sigmoid", "tanh", "elu", "softplus"]


def network(
    sizes: Sequence[int], function: str | Elementwise, seed: int = 1, spread: float = 1.0, dropout: float = 0.0
) -> Sequential:
    """Return Linear layers with this function and dropout between them, and biases that are not 0."""
    rng = Random(seed)
    layers: list[Layer] = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layer = Linear(inputs, outputs, rng)
        layer.weight = he_normal(inputs, outputs, rng) * spread
        layer.bias = Matrix.from_function(1, outputs, lambda i, j: rng.gauss(0.0, 0.5))
        layers += [layer, Activation(function), Dropout(dropout)] if dropout else [layer, Activation(function)]
    return Sequential(*layers[: -2 if dropout else -1])


def linears(network: Sequential) -> list[Linear]:
    return [layer for layer in network.layers if isinstance(layer, Linear)]


def groups_of(levels: Sequence[int], scale: int = SCALE) -> Groups:
    return grouped(Matrix([[level / scale for level in levels]]), scale)[0]


def some_levels(rng: Random, count: int, scale: int = SCALE) -> list[int]:
    return [rng.choice([0, rng.randint(-scale, scale)]) for _ in range(count)]


def first_weights(layer: FirstLayer) -> list[list[int]]:
    """In units, a list for each input and one for the bias."""
    return [layer.layout.unpack(row) for row in layer.rows[:-1]]


def first_bounds(layer: FirstLayer) -> list[int]:
    """On the Σ |w| of every neuron."""
    return layer.layout.unpack(layer.sums)


def later_weights(layer: LaterLayer) -> list[list[int]]:
    """In units, a list for each input, from the rows."""
    return [layer.outputs.unpack(row) for row in layer.rows]


def later_weights_of_columns(layer: LaterLayer) -> list[list[int]]:
    """In units, a list for each input, from the columns."""
    return list(map(list, zip(*map(layer.inputs.unpack, layer.columns))))


def later_bias(layer: LaterLayer) -> list[int]:
    return layer.outputs.unpack(layer.bias)
