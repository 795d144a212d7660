"""The lanes network on plain lists of integers: the page to read before `layers` and `network`, which pack the lists.

One training step of a network with 3 pixels, 2 hidden neurons (ReLU) and 2 outputs (softmax). The picture shows class
0, the learning rate is 1/16. The network computes with integers; each is followed here by the number it represents.

Pixels are counted in eighths, so the pixel 1/2 is the integer 4. Weights to the hidden neurons are counted in 2^-17,
and a bias is the weight of an input that is always 1:

    pixel 0     0  (0)        weights     -32768  (-1/4)      65536  (1/2)
    pixel 1     4  (1/2)                   65536  (1/2)       32768  (1/4)
    pixel 2     8  (1)                     16384  (1/8)      -65536  (-1/2)
    bias        8  (1)                     16384  (1/8)       16384  (1/8)

Forward. Pixel times weight is in eighths of 2^-17, which is 2^-20, and so is each hidden neuron's sum of them:

    0 · -32768 + 4 · 65536 + 8 · 16384 + 8 · 16384 = 524288  (1/2)
    0 · 65536 + 4 · 32768 + 8 · -65536 + 8 · 16384 = -262144  (-1/4)

ReLU turns the negative sum into 0. Outputs of hidden neurons are counted in 2^-8. From 2^-20 to 2^-8, divide by 2^12:

    524288 / 2^12 = 128  (1/2)

Weights to the outputs are counted in 2^-20. Output of a hidden neuron times weight is then in 2^-8 · 2^-20 = 2^-28, and
so are the biases that are added and the two sums:

    hidden neuron 0     128  (1/2)        weights     786432  (3/4)     -262144  (-1/4)
    hidden neuron 1     0  (0)                        524288  (1/2)     1048576  (1)
    bias                                              0  (0)            134217728  (1/2)

    128 · 786432 + 0 · 524288 + 0 = 100663296  (3/8)
    128 · -262144 + 0 · 1048576 + 134217728 = 100663296  (3/8)

Back. The softmax of equal outputs is p = (1/2, 1/2). With the target t = (1, 0), the slope of the loss is p - t. The
learning rate times that is counted in 2^-10:

    -32  (-1/32)     32  (1/32)

It goes back through the weights, each hidden neuron's sum in 2^-10 · 2^-20 = 2^-30:

    -32 · 786432 + 32 · -262144 = -33554432  (-1/32)
    -32 · 524288 + 32 · 1048576 = 16777216  (1/64)

ReLU stops the second, because that neuron's sum was negative. The first is now counted in 2^-14: a pixel in eighths
times it is then in 2^-17, like the weights it will change. From 2^-30 to 2^-14, the integer is divided by 2^16:

    -33554432 / 2^16 = -512  (-1/32)

Learn: subtract from each weight its input times what came back. 128 · -32 is in 2^-8 · 2^-10 = 2^-18, and the weights
to the outputs are in 2^-20: multiply by 4. What came back is in 2^-10, and the biases in 2^-28: multiply by 2^18.

    786432 - 128 · -32 · 4 = 802816  (49/64)
    -262144 - 128 · 32 · 4 = -278528  (-17/64)
    0 - -32 · 2^18 = 8388608  (1/32)
    134217728 - 32 · 2^18 = 125829120  (15/32)

Pixel 0 is 0 and changes nothing. The weights from pixel 1, from pixel 2 and the bias, all of hidden neuron 0, become

    65536 - 4 · -512 = 67584  (33/64)
    16384 - 8 · -512 = 20480  (5/32)
    16384 - 8 · -512 = 20480  (5/32)

For the same picture, softmax now gives class 0 a probability of 0.538.

In general, for any scale that is a power of 2 (8 in the example). The unit of an integer is the number that 1 stands
for:

    integer                                                unit                       in the example
    level: an input                                        1 / scale                  1/8
    weight or bias of the first layer                      scale · 2^-SUM             2^-17
    z of the first layer: Σ level · weight                 2^-SUM                     2^-20
    activity: the output of a hidden neuron                2^-ACTIVITY                2^-8
    weight of a later layer                                2^-WEIGHT                  2^-20
    z or bias of a later layer: Σ activity · weight        2^-(ACTIVITY + WEIGHT)     2^-28
    delta of a later layer: learning rate · dL/dz          2^-bits                    2^-10
    delta of the first layer: learning rate · dL/dz        scale² · 2^-SUM            2^-14

SUM is 20, but 16 while the first layer has narrow lanes, which are faster (`layers.width_for`). When its numbers
outgrow these lanes, they are multiplied by 2^4 and SUM is 20 from then on (`widen`), which changes no weight.

All units are powers of 2, so to change from one to another is to shift. A delta of the first layer has the unit with
which level · delta is in the unit of a weight. bits is chosen so that 64 <= learning rate · 2^bits < 128, but not above
WEIGHT - ACTIVITY = 12, so that activity · delta is never finer than the unit of a weight.

ReLU in the first hidden layer rounds activities down, all else rounds them to the nearest unit. Deltas are rounded at
random: 2.3 becomes 3 with probability 0.3 and 2 otherwise, so that on average nothing is lost, however small the
learning rate (stochastic rounding; Gupta et al., 2015). For a sample that the network knows already, most deltas of the
outputs become 0. Where all do, there is nothing to learn, and half of the work is saved.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import floor
from operator import mul
from random import Random
from typing import NamedTuple

from purenn.activations import Elementwise, identity, relu
from purenn.layers import Activation, Linear
from purenn.network import Sequential
from purenn.regularization import Dropout

__all__ = [
    "ACTIVITY",
    "LATER_SUM",
    "NARROW_SUM",
    "SUM",
    "WEIGHT",
    "Hidden",
    "PlainNetwork",
    "first_delta",
    "hidden_functions",
]

# The table's exponents: the unit is 2^-n, for
SUM = 20  # z of the first layer
NARROW_SUM = 16  # the same, in narrow lanes
ACTIVITY = 8  # activities
WEIGHT = 20  # weights of later layers
LATER_SUM = ACTIVITY + WEIGHT  # z and biases of later layers: 28


def first_delta(scale: int, point: int = SUM) -> int:
    """Return n, where the unit of the first layer's deltas, scale² · 2^-point, is 2^-n.

    >>> first_delta(scale=8)
    14
    """
    return point - 2 * (scale.bit_length() - 1)


def hidden_functions(network: Sequential) -> list[tuple[Elementwise, float]]:
    """Return the activation after each Linear layer but the last, and the probability of its dropout."""
    found: list[tuple[Elementwise, float]] = []
    for layer in network.layers:
        if isinstance(layer, Linear):
            found.append((identity, 0.0))
        elif isinstance(layer, Activation) and isinstance(layer.function, Elementwise):
            found[-1] = layer.function, 0.0
        elif isinstance(layer, Dropout):
            found[-1] = found[-1][0], layer.probability
    return found[:-1]


class Hidden(NamedTuple):
    """Hidden neurons in a forward pass: the sum z of each, its activity f(z) · factor, and the factor of dropout."""

    sums: list[int]
    activities: list[int]
    factors: list[float]


class PlainNetwork:
    """Linear layers in integers, with the same results as `PackedNetwork` to the last bit.

    Python's integers have no limit, so nothing is checked here. How lanes stay within theirs is explained in `layers`.

    >>> first, last = Linear(3, 2, Random(0)), Linear(2, 2, Random(0))
    >>> first.weight.data[:] = [[-1 / 4, 1 / 2], [1 / 2, 1 / 4], [1 / 8, -1 / 2]]
    >>> first.bias.data[:] = [[1 / 8, 1 / 8]]
    >>> last.weight.data[:] = [[3 / 4, -1 / 4], [1 / 2, 1]]
    >>> last.bias.data[:] = [[0, 1 / 2]]
    >>> plain = PlainNetwork(Sequential(first, Activation("relu"), last), scale=8)
    >>> plain.first
    [[-32768, 65536], [65536, 32768], [16384, -65536], [16384, 16384]]
    >>> hidden, outputs = plain.forward([0, 4, 8])
    >>> hidden[0].sums, hidden[0].activities, outputs
    ([524288, -262144], [128, 0], [0.375, 0.375])
    >>> plain.learn([0, 4, 8], hidden, [-32, 32], bits=10, rng=Random(0))
    >>> plain.first
    [[-32768, 65536], [67584, 32768], [20480, -65536], [20480, 16384]]
    >>> plain.later, plain.biases
    ([[[802816, -278528], [524288, 1048576]]], [[8388608, 125829120]])
    """

    def __init__(self, network: Sequential, scale: int, point: int = SUM) -> None:
        """Round the weights to units.

        scale: the level of an input of 1, a power of 2. point: the bits after the point of z in the first layer.
        """
        first, *later = [layer for layer in network.layers if isinstance(layer, Linear)]
        self.scale, self.point = scale, point
        self.functions = hidden_functions(network)
        # Weights by input: rows[j][k] is that from input j to neuron k. The last row of the first layer is its bias.
        self.first = _integers([*first.weight, first.bias[0]], 2**point / scale)
        self.later = [_integers(layer.weight, 2**WEIGHT) for layer in later]
        self.biases = [_integers(layer.bias, 2**LATER_SUM)[0] for layer in later]

    def widen(self) -> None:
        """Count the weights of the first layer, from now on, in the finer units of wide lanes."""
        self.first = [[w << (SUM - self.point) for w in row] for row in self.first]
        self.point = SUM

    def forward(self, levels: Sequence[int], rng: Random | None = None) -> tuple[list[Hidden], list[float]]:
        """Return the hidden layers, which `learn` needs, and the outputs. `rng`, for dropout, is given in training."""
        z, point = _weighted_sums([*levels, self.scale], self.first), self.point  # the bias has level `scale`
        hidden: list[Hidden] = []
        for i, (weights, bias) in enumerate(zip(self.later, self.biases)):
            hidden.append(self._activate(i, z, point, rng))
            z = [b + s for b, s in zip(bias, _weighted_sums(hidden[i].activities, weights))]
            point = LATER_SUM
        return hidden, [value / 2**point for value in z]

    def _activate(self, i: int, sums: list[int], point: int, rng: Random | None) -> Hidden:
        """Apply the activation of hidden layer i to sums with `point` bits after the point, and dropout in training."""
        function, dropout = self.functions[i]
        if self._is_packed_relu(i):  # from 2^-point to 2^-ACTIVITY
            return Hidden(sums, [max(0, z) >> (point - ACTIVITY) for z in sums], [1.0] * len(sums))
        factors = [1.0] * len(sums)
        if rng and dropout:
            factors = [1.0 / (1.0 - dropout) if rng.random() >= dropout else 0.0 for _ in sums]
        values = [function.function(z / 2**point) * factor for z, factor in zip(sums, factors)]
        return Hidden(sums, [round(value * 2**ACTIVITY) for value in values], factors)

    def learn(self, levels: Sequence[int], hidden: list[Hidden], deltas: list[int], bits: int, rng: Random) -> None:
        """Take one step against the deltas of the outputs, in units of 2^-bits: w -= delta · input for every weight.

        Without hidden layers they are deltas of the first layer, and bits is first_delta(scale, point).
        """
        for i in reversed(range(len(self.later))):
            # Back, through the weights as they were. delta · weight is in 2^-(bits + WEIGHT).
            back = [sum(map(mul, deltas, row)) for row in self.later[i]]
            # Learn. activity · delta is in 2^-(ACTIVITY + bits), a weight in 2^-WEIGHT; a delta in 2^-bits, a bias in
            # 2^-LATER_SUM. The integer is shifted by the difference.
            for row, activity in zip(self.later[i], hidden[i].activities):
                row[:] = [w - ((activity * d) << (WEIGHT - ACTIVITY - bits)) for w, d in zip(row, deltas)]
            self.biases[i] = [b - (d << (LATER_SUM - bits)) for b, d in zip(self.biases[i], deltas)]
            # The deltas of the layer before are in 2^-bits again or, in the first layer, 2^-first_delta.
            bits_before = bits if i else first_delta(self.scale, self.point)
            deltas = self._backward(i, hidden[i], back, bits + WEIGHT - bits_before, rng)
        for row, level in zip(self.first, [*levels, self.scale]):
            row[:] = [w - level * d for w, d in zip(row, deltas)]

    def _backward(self, i: int, hidden: Hidden, back: list[int], shift: int, rng: Random) -> list[int]:
        """Return the deltas of hidden layer i: back · f'(z) · factor / 2^shift, rounded at random."""
        if self._is_packed_relu(i):  # 32 random bits a lane are drawn at once
            noise = rng.getrandbits(32 * len(back))
            draws = [(noise >> (32 * j)) % 2**shift for j in range(len(back))]
            return [(b + draw) >> shift if z > 0 else 0 for b, draw, z in zip(back, draws, hidden.sums)]
        derivative, point = self.functions[i][0].derivative, LATER_SUM if i else self.point
        slopes = [derivative(z / 2**point) * factor for z, factor in zip(hidden.sums, hidden.factors)]
        return [floor(b * slope / 2**shift + rng.random()) for b, slope in zip(back, slopes)]

    def _is_packed_relu(self, i: int) -> bool:
        """Return True for ReLU in the first hidden layer, the one activation that is computed on whole rows."""
        return i == 0 and self.functions[i] == (relu, 0.0)


def _integers(rows: Iterable[Sequence[float]], per_unit: float) -> list[list[int]]:
    """Return numbers as integers, in units of 1 / per_unit."""
    return [[round(number * per_unit) for number in row] for row in rows]


def _weighted_sums(inputs: Sequence[int], rows: list[list[int]]) -> list[int]:
    """Return Σ_j input_j · w_jk for every neuron k."""
    return [sum(map(mul, inputs, column)) for column in zip(*rows)]
