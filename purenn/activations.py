"""Activation functions, each with its derivative beside it.

One convention, said once: a derivative takes z, the value before the activation. Everything here is safe for any z: no
overflow for z = ±1000, the limit for z = ±inf where there is one, and NaN goes in and comes out, so that a calculation
gone wrong is seen and not swallowed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Union

__all__ = [
    "ELEMENTWISE",
    "ROWWISE",
    "AnyActivation",
    "Elementwise",
    "Rowwise",
    "activation",
    "elu",
    "elu_with",
    "gelu",
    "gelu_tanh",
    "heaviside",
    "identity",
    "leaky_relu",
    "leaky_relu_with",
    "log_softmax",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
    "swish",
    "tanh",
]


@dataclass(frozen=True)
class Elementwise:
    """An activation that looks at one number at a time: relu(z), relu.derivative(z)."""

    name: str
    function: Callable[[float], float]
    derivative: Callable[[float], float]

    def __call__(self, z: float) -> float:
        return self.function(z)


@dataclass(frozen=True)
class Rowwise:
    """An activation of a whole row, y = f(z), where every output depends on every input.

    Its derivative is a matrix, the Jacobian J[i][j] = ∂y[i]/∂z[j]. Backpropagation only ever needs the row
    dL/dz = dL/dy · J, which `pullback(z, dy)` returns without writing J down.
    """

    name: str
    function: Callable[[Sequence[float]], list[float]]
    pullback: Callable[[Sequence[float], Sequence[float]], list[float]]

    def __call__(self, z: Sequence[float]) -> list[float]:
        return self.function(z)


# The plain ones.


def _heaviside(z: float) -> float:
    """1 if z >= 0 else 0: the neuron fires or it does not."""
    return 1.0 if z >= 0.0 else 0.0 if z < 0.0 else z  # z: neither, so NaN


def _heaviside_slope(z: float) -> float:
    """0 (undefined at 0): gradient descent learns nothing through it, which is why the others exist."""
    return 0.0


def _identity(z: float) -> float:
    return z


def _identity_slope(z: float) -> float:
    return 1.0


# The S-shaped ones.


def _sigmoid(z: float) -> float:
    """1 / (1 + e^-z), between 0 and 1."""
    if z >= 0.0:
        return 1.0 / (1.0 + math.exp(-z))
    power = math.exp(z)  # for z < 0 the same value as power / (1 + power): e^z <= 1 cannot overflow, e^-z could
    return power / (1.0 + power)


def _sigmoid_slope(z: float) -> float:
    """σ(z) (1 - σ(z)), at most 1/4; written with σ(-z) = 1 - σ(z), which loses no digits where σ(z) is nearly 1."""
    return _sigmoid(z) * _sigmoid(-z)


def _tanh_slope(z: float) -> float:
    """1 - tanh² z = 4 σ(2z) σ(-2z); the second form loses no digits where tanh z is nearly ±1."""
    return 4.0 * _sigmoid(2.0 * z) * _sigmoid(-2.0 * z)


# The rectifiers. At their kink, z = 0, the derivative is the one from the left, as in PyTorch.


def _relu(z: float) -> float:
    """max(0, z)."""
    return 0.0 if z <= 0.0 else z


def _relu_slope(z: float) -> float:
    return 1.0 if z > 0.0 else 0.0 if z <= 0.0 else z


def leaky_relu_with(slope: float) -> Elementwise:
    """Leaky ReLU, z for z > 0 and slope · z below: a silent unit still gets a small gradient and can wake up.

    >>> leaky_relu_with(0.2)(-5.0)
    -1.0
    """
    _check_finite("slope", slope)
    # partial, and not a lambda: what refers to a function by its name can be pickled, and sent to another process
    return Elementwise(f"leaky_relu({float(slope)})", partial(_leaky_relu, slope), partial(_leaky_relu_slope, slope))


def _leaky_relu(slope: float, z: float) -> float:
    return slope * z if z <= 0.0 else z


def _leaky_relu_slope(slope: float, z: float) -> float:
    return 1.0 if z > 0.0 else slope if z <= 0.0 else z


def elu_with(alpha: float) -> Elementwise:
    """Exponential linear unit (Clevert et al., 2016): z for z > 0 and alpha (e^z - 1) below; slope alpha e^z there."""
    _check_finite("alpha", alpha)
    return Elementwise(f"elu({float(alpha)})", partial(_elu, alpha), partial(_elu_slope, alpha))


def _elu(alpha: float, z: float) -> float:
    return alpha * math.expm1(z) if z <= 0.0 else z


def _elu_slope(alpha: float, z: float) -> float:
    return 1.0 if z > 0.0 else alpha * math.exp(z)


def _check_finite(name: str, value: float) -> None:
    if not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number, got {value}")


# The smooth relatives of ReLU.


def _softplus(z: float) -> float:
    """ln(1 + e^z), written so that the exponent is never positive. Its slope is the sigmoid."""
    return max(z, 0.0) + math.log1p(math.exp(-abs(z)))


def _normal_cdf(z: float) -> float:
    """Φ(z), the part of the standard normal distribution below z; erfc keeps the digits of the thin left tail."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def _gelu(z: float) -> float:
    """z Φ(z) (Hendrycks and Gimpel, 2016)."""
    return z * _normal_cdf(z) if z != -math.inf else 0.0


def _gelu_slope(z: float) -> float:
    """Φ(z) + z φ(z), φ being the normal density, Φ's own slope."""
    if abs(z) > 1e6:  # z φ(z) is 0 long before, and inf · 0 would be NaN
        return _normal_cdf(z)
    return _normal_cdf(z) + z * math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)


_GELU_SCALE = 2.0 * math.sqrt(2.0 / math.pi)


def _gelu_tanh(z: float) -> float:
    """GELU with Φ(z) replaced by (1 + tanh u) / 2 = σ(2u), where 2u = √(8/π) (z + 0.044715 z³)."""
    return z * _sigmoid(_GELU_SCALE * (z + 0.044715 * z * z * z)) if z != -math.inf else 0.0


def _gelu_tanh_slope(z: float) -> float:
    """σ(2u) + z σ'(2u) · d(2u)/dz."""
    if abs(z) > 1e6:
        return _sigmoid(z)
    s = _GELU_SCALE * (z + 0.044715 * z * z * z)
    return _sigmoid(s) + z * _sigmoid_slope(s) * _GELU_SCALE * (1.0 + 3.0 * 0.044715 * z * z)


def _swish(z: float) -> float:
    """z σ(z), also called SiLU (Ramachandran et al., 2017)."""
    return z * _sigmoid(z) if z != -math.inf else 0.0


def _swish_slope(z: float) -> float:
    """σ(z) + z σ(z) (1 - σ(z))."""
    if abs(z) > 1e6:
        return _sigmoid(z)
    return _sigmoid(z) + z * _sigmoid_slope(z)


heaviside = Elementwise("heaviside", function=_heaviside, derivative=_heaviside_slope)
identity = Elementwise("identity", function=_identity, derivative=_identity_slope)
sigmoid = Elementwise("sigmoid", function=_sigmoid, derivative=_sigmoid_slope)
tanh = Elementwise("tanh", function=math.tanh, derivative=_tanh_slope)
relu = Elementwise("relu", function=_relu, derivative=_relu_slope)
leaky_relu = leaky_relu_with(0.01)
elu = elu_with(1.0)
softplus = Elementwise("softplus", function=_softplus, derivative=_sigmoid)
gelu = Elementwise("gelu", function=_gelu, derivative=_gelu_slope)
gelu_tanh = Elementwise("gelu_tanh", function=_gelu_tanh, derivative=_gelu_tanh_slope)
swish = Elementwise("swish", function=_swish, derivative=_swish_slope)


# Those that turn a row of scores into a row of probabilities.


def _softmax(z: Sequence[float]) -> list[float]:
    """e^z[i] / Σ e^z[j]: positive and summing to 1."""
    peak = max(z)
    if peak == math.inf and _outgrows_the_rest(z):
        return [1.0 if value == peak else 0.0 for value in z]
    powers = [math.exp(value - peak) for value in z]  # e^(z - peak) <= 1: nothing can overflow
    total = sum(powers)
    return [power / total for power in powers]


def _softmax_pullback(z: Sequence[float], dy: Sequence[float]) -> list[float]:
    """J[i][j] = y[i] ([i = j] - y[j]), so dL/dz[j] = y[j] (dy[j] - Σ dy[i] y[i])."""
    y = _softmax(z)
    mean = sum(g * p for g, p in zip(dy, y))
    return [p * (g - mean) for g, p in zip(dy, y)]


def _log_softmax(z: Sequence[float]) -> list[float]:
    """ln softmax(z)[i] = z[i] - ln Σ e^z[j], without the zero that softmax may round to before the logarithm."""
    peak = max(z)
    if peak == math.inf and _outgrows_the_rest(z):
        return [0.0 if value == peak else -math.inf for value in z]
    log_sum = math.log(sum(math.exp(value - peak) for value in z))
    return [(value - peak) - log_sum for value in z]


def _outgrows_the_rest(z: Sequence[float]) -> bool:
    """True if one score alone is infinite and none is NaN: then softmax has a limit, where inf - inf would be NaN."""
    return z.count(math.inf) == 1 and not any(map(math.isnan, z))


def _log_softmax_pullback(z: Sequence[float], dy: Sequence[float]) -> list[float]:
    """J[i][j] = [i = j] - p[j] with p = softmax(z), so dL/dz[j] = dy[j] - p[j] Σ dy[i]."""
    total = sum(dy)
    return [g - p * total for g, p in zip(dy, _softmax(z))]


softmax = Rowwise("softmax", function=_softmax, pullback=_softmax_pullback)
log_softmax = Rowwise("log_softmax", function=_log_softmax, pullback=_log_softmax_pullback)

AnyActivation = Union[Elementwise, Rowwise]

ELEMENTWISE = (heaviside, identity, sigmoid, tanh, relu, leaky_relu, elu, softplus, gelu, gelu_tanh, swish)
ROWWISE = (softmax, log_softmax)


def activation(name: str) -> AnyActivation:
    """The activation of this name: "relu", "softmax", "leaky_relu" or, with a number of one's own, "leaky_relu(0.2)".

    Raises ValueError, listing the names there are.
    """
    known: dict[str, AnyActivation] = {f.name: f for f in (*ELEMENTWISE, *ROWWISE)}
    known.update({"leaky_relu": leaky_relu, "elu": elu, "silu": swish})
    if name in known:
        return known[name]
    family, _, parameter = name.partition("(")
    families = {"leaky_relu": leaky_relu_with, "elu": elu_with}
    if family in families and parameter.endswith(")"):
        with suppress(ValueError):  # from float, or for a number that is not finite
            return families[family](float(parameter[:-1]))
    raise ValueError(f"no activation is called {name!r}; there are {', '.join(known)}")
