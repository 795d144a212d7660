"""Initializers: random weights to start from, with the right spread.

If the spread is too small, the signal fades from layer to layer; if it is too large, the signal explodes. Each rule
below keeps the variance of the signal constant through a layer with fan_in inputs and fan_out outputs, under its own
assumption about the activation that follows. A weight matrix is fan_in × fan_out: a column holds the weights of one
unit.

Glorot's and LeCun's rules do not depend on the activation, but take its `gain`. He's rule is made for the ReLU family
and takes the slope below 0 of a leaky one. All raise ShapeError for a size below 1 and ValueError for a gain or a slope
out of range. `functools.partial` combines a rule and a gain:

>>> from functools import partial
>>> wider = partial(glorot_uniform, gain=gain("tanh"))
>>> wider(784, 128, Random(0)).shape
(784, 128)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from operator import index
from random import Random
from typing import SupportsIndex

from purenn.activations import AnyActivation, activation
from purenn.errors import ShapeError, check_finite, check_positive
from purenn.matrix import Matrix
from purenn.registry import Registry

__all__ = [
    "INITIALIZERS",
    "Initializer",
    "gain",
    "generator",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "initializer_for",
    "lecun_normal",
    "lecun_uniform",
    "zeros",
]

Initializer = Callable[[int, int, Random], Matrix]


def generator(rng: object) -> Random:
    """Return a random number generator: the one given, or a new one with this seed. Raises TypeError for neither."""
    if isinstance(rng, Random):
        return rng
    if isinstance(rng, bool) or not isinstance(rng, SupportsIndex):
        raise TypeError(f"rng is {rng!r:.100}, expected a seed such as 0, or random.Random(0)")
    return Random(index(rng))


def glorot_uniform(fan_in: int, fan_out: int, rng: Random, *, gain: float = 1.0) -> Matrix:
    """Draw uniformly from ±gain √(6 / (fan_in + fan_out)), for tanh and sigmoid.

    Source: Glorot and Bengio (2010), equation 16, which has no gain.
    """
    _check(fan_in, fan_out, gain=gain)
    return _uniform(fan_in, fan_out, gain * math.sqrt(6.0 / (fan_in + fan_out)), rng)


def glorot_normal(fan_in: int, fan_out: int, rng: Random, *, gain: float = 1.0) -> Matrix:
    """Draw from a normal distribution with σ = gain √(2 / (fan_in + fan_out)), the variance of `glorot_uniform`."""
    _check(fan_in, fan_out, gain=gain)
    return _normal(fan_in, fan_out, gain * math.sqrt(2.0 / (fan_in + fan_out)), rng)


def he_uniform(fan_in: int, fan_out: int, rng: Random, *, slope: float = 0.0) -> Matrix:
    """Draw uniformly from ±√(6 / ((1 + slope²) fan_in)), the variance of `he_normal`."""
    _check(fan_in, fan_out, slope=slope)
    return _uniform(fan_in, fan_out, math.sqrt(6.0 / ((1.0 + slope * slope) * fan_in)), rng)


def he_normal(fan_in: int, fan_out: int, rng: Random, *, slope: float = 0.0) -> Matrix:
    """Draw from a normal distribution with σ = √(2 / ((1 + slope²) fan_in)), for ReLU and leaky ReLU.

    They pass on (1 + slope²) / 2 of the signal's power, where slope is the slope below 0. Source: He et al. (2015),
    equations 10 and 15.
    """
    _check(fan_in, fan_out, slope=slope)
    return _normal(fan_in, fan_out, math.sqrt(2.0 / ((1.0 + slope * slope) * fan_in)), rng)


def lecun_uniform(fan_in: int, fan_out: int, rng: Random, *, gain: float = 1.0) -> Matrix:
    """Draw uniformly from ±gain √(3 / fan_in), the variance of `lecun_normal`."""
    _check(fan_in, fan_out, gain=gain)
    return _uniform(fan_in, fan_out, gain * math.sqrt(3.0 / fan_in), rng)


def lecun_normal(fan_in: int, fan_out: int, rng: Random, *, gain: float = 1.0) -> Matrix:
    """Draw from a normal distribution with σ = gain √(1 / fan_in), for a layer without activation.

    Source: LeCun et al. (1998), section 4.6.
    """
    _check(fan_in, fan_out, gain=gain)
    return _normal(fan_in, fan_out, gain * math.sqrt(1.0 / fan_in), rng)


def zeros(fan_in: int, fan_out: int, rng: Random) -> Matrix:
    """Return zeros, for biases. Weights must not start at 0: equal units get equal gradients and stay equal forever."""
    return Matrix.zeros(fan_in, fan_out)


INITIALIZERS: Registry[Initializer] = Registry("initializer")
for _initializer in (glorot_uniform, glorot_normal, he_uniform, he_normal, lecun_uniform, lecun_normal, zeros):
    INITIALIZERS.add(_initializer.__name__, _initializer)


def gain(name: str) -> float:
    """Return the gain of the activation with this name: the factor for the spread of the weights in front of it.

    identity, softmax, log_softmax            1                nothing is lost
    sigmoid, heaviside                        1                by convention
    tanh                                      5/3              large sums are flattened
    relu                                      √2               half of the power is lost
    leaky_relu(a)                             √(2 / (1 + a²))  (1 - a²) / 2 of the power is lost
    elu, gelu, gelu_tanh, swish, softplus     √2               by convention, as for ReLU

    Sources: torch.nn.init.calculate_gain; for the last line common practice, as in Géron (2022), table 11-1. Raises
    ValueError, listing all names, for an unknown one.

    >>> gain("relu"), gain("leaky_relu(1)")
    (1.4142135623730951, 1.0)
    """
    return activation(name).gain


def initializer_for(function: AnyActivation) -> Initializer:
    """Return the usual initializer for the weights in front of this activation.

    He's rule for the ReLU family, with the slope of a leaky one; LeCun's for identity, softmax and log_softmax, which
    do not bend the sum; Glorot's without a gain for all others, as in Glorot and Bengio and in Keras.
    """
    if function.initializer == "he_normal":
        return partial(he_normal, slope=function.slope_below)
    return INITIALIZERS[function.initializer]


def _check(fan_in: int, fan_out: int, *, gain: float = 1.0, slope: float = 0.0) -> None:
    if fan_in < 1 or fan_out < 1:
        raise ShapeError(f"weights need at least one input and one unit, got {fan_in} x {fan_out}")
    check_positive(gain=gain)
    check_finite(slope=slope)


def _uniform(rows: int, columns: int, limit: float, rng: Random) -> Matrix:
    return Matrix.from_function(rows, columns, lambda i, j: rng.uniform(-limit, limit))


def _normal(rows: int, columns: int, sigma: float, rng: Random) -> Matrix:
    return Matrix.from_function(rows, columns, lambda i, j: rng.gauss(0.0, sigma))
