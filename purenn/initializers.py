"""How weights begin: random, and just wide enough.

Too narrow, and the signal fades from layer to layer; too wide, and it explodes. Each rule below keeps the variance of
the signal the same through a layer with fan_in inputs and fan_out outputs, under its own assumption about the
activation that follows. A weight matrix is fan_in × fan_out: a column holds the weights of one unit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

from purenn.matrix import Matrix

__all__ = [
    "INITIALIZERS",
    "Initializer",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "initializer_for",
    "lecun_normal",
    "zeros",
]

Initializer = Callable[[int, int, Random], Matrix]


def glorot_uniform(fan_in: int, fan_out: int, rng: Random) -> Matrix:
    """Uniform in ±√(6 / (fan_in + fan_out)), for tanh and sigmoid. Source: Glorot and Bengio (2010), equation 16."""
    return _uniform(fan_in, fan_out, math.sqrt(6.0 / (fan_in + fan_out)), rng)


def glorot_normal(fan_in: int, fan_out: int, rng: Random) -> Matrix:
    """Normal with σ = √(2 / (fan_in + fan_out)), the same variance as `glorot_uniform`."""
    return _normal(fan_in, fan_out, math.sqrt(2.0 / (fan_in + fan_out)), rng)


def he_uniform(fan_in: int, fan_out: int, rng: Random) -> Matrix:
    """Uniform in ±√(6 / fan_in), for ReLU, which halves the signal's power. Source: He et al. (2015)."""
    return _uniform(fan_in, fan_out, math.sqrt(6.0 / fan_in), rng)


def he_normal(fan_in: int, fan_out: int, rng: Random) -> Matrix:
    """Normal with σ = √(2 / fan_in), the same variance as `he_uniform`. Source: He et al. (2015), equation 10."""
    return _normal(fan_in, fan_out, math.sqrt(2.0 / fan_in), rng)


def lecun_normal(fan_in: int, fan_out: int, rng: Random) -> Matrix:
    """Normal with σ = √(1 / fan_in), for a layer without activation. Source: LeCun et al. (1998), section 4.6."""
    return _normal(fan_in, fan_out, math.sqrt(1.0 / fan_in), rng)


def zeros(fan_in: int, fan_out: int, rng: Random) -> Matrix:
    """All zeros, for biases. Weights must not start so: equal units get equal gradients and stay equal for ever."""
    return Matrix.zeros(fan_in, fan_out)


INITIALIZERS: dict[str, Initializer] = {
    "glorot_uniform": glorot_uniform,
    "glorot_normal": glorot_normal,
    "he_uniform": he_uniform,
    "he_normal": he_normal,
    "lecun_normal": lecun_normal,
    "zeros": zeros,
}


def initializer_for(activation: str) -> Initializer:
    """The usual choice for weights that feed this activation: He's for the ReLU family, LeCun's where nothing bends the
    sum (identity, softmax), Glorot's for all others."""
    family = activation.partition("(")[0]
    if family in {"relu", "leaky_relu", "prelu", "elu", "gelu", "gelu_tanh", "swish", "silu", "softplus"}:
        return he_normal
    return lecun_normal if family in {"identity", "softmax", "log_softmax"} else glorot_uniform


def _uniform(rows: int, columns: int, limit: float, rng: Random) -> Matrix:
    return Matrix.from_function(rows, columns, lambda i, j: rng.uniform(-limit, limit))


def _normal(rows: int, columns: int, sigma: float, rng: Random) -> Matrix:
    return Matrix.from_function(rows, columns, lambda i, j: rng.gauss(0.0, sigma))
