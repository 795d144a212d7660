"""Activation functions, each with its derivative beside it.

One convention holds throughout: a derivative takes z, the value before the activation. Every function here is safe for
any z: z = ±1000 does not overflow, z = ±inf gives the limit where there is one, and NaN gives NaN, so that an error in
a calculation stays visible.

To add an activation, write its function and its derivative and `register` them. Layers, initializers, the command line,
the gradient check, saved files and the diagnosis then know it by its name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar, Union, overload

from purenn.errors import check_finite, check_kind, warn
from purenn.matrix import Matrix
from purenn.registry import Registry

__all__ = [
    "ACTIVATIONS",
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
    "register",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
    "swish",
    "tanh",
]

Function = Callable[[float], float]


@dataclass(frozen=True)
class Elementwise:
    """An activation of single numbers, y = f(z), as in relu(z), relu([-1.0, 2.0]) and relu.derivative(z).

    gain: a factor for the spread of the weights in front of it, to compensate for the spread that the signal loses.
    initializer: the name of the rule for these weights. slope_below: its slope below 0, which He's rule uses.
    steepest: the largest |derivative| anywhere, infinite if it is not known.
    saturates: whether it flattens out at both ends, where a unit can get stuck.
    probabilities: whether outputs with this activation are probabilities.
    """

    name: str
    function: Function
    derivative: Function
    gain: float = 1.0
    initializer: str = "glorot_uniform"
    slope_below: float = 0.0
    steepest: float = math.inf
    saturates: bool = False
    probabilities: bool = False

    def __repr__(self) -> str:
        return self.name

    @overload
    def __call__(self, z: float) -> float: ...
    @overload
    def __call__(self, z: Matrix) -> Matrix: ...
    @overload
    def __call__(self, z: Sequence[float]) -> list[float]: ...
    @overload
    def __call__(self, z: Sequence[Sequence[float]]) -> list[list[float]]: ...
    def __call__(self, z: float | Matrix | Sequence[float] | Sequence[Sequence[float]]) -> object:
        """Return f(z) for a number, or for every number of a list, of a list of rows or of a Matrix."""
        if isinstance(z, float):  # asked first: this is the usual call, and the fastest
            return self.function(z)
        if isinstance(z, Matrix):
            return z.map(self.function)
        return [self(value) for value in z] if isinstance(z, Iterable) else self.function(z)


@dataclass(frozen=True)
class Rowwise:
    """An activation of a whole row, y = f(z), where every output depends on every input.

    Its derivative is a matrix, the Jacobian J[i][j] = ∂y[i]/∂z[j]. Backpropagation only ever needs the row
    dL/dz = dL/dy · J, which `pullback(z, dy)` computes without building J.

    logits: true if z are logits, so that calling it on probabilities is a mistake. Other fields: as for Elementwise.
    """

    name: str
    function: Callable[[Sequence[float]], list[float]]
    pullback: Callable[[Sequence[float], Sequence[float]], list[float]]
    gain: float = 1.0
    initializer: str = "lecun_normal"
    slope_below: float = 0.0
    logits: bool = False
    probabilities: bool = False

    def __repr__(self) -> str:
        return self.name

    @overload
    def __call__(self, z: Matrix) -> Matrix: ...
    @overload
    def __call__(self, z: Sequence[float]) -> list[float]: ...
    @overload
    def __call__(self, z: Sequence[Sequence[float]]) -> list[list[float]]: ...
    def __call__(self, z: Matrix | Sequence[float] | Sequence[Sequence[float]]) -> object:
        """Return f(z) for a row, or for every row of a list or of a Matrix.

        Warns if it takes logits and all rows are probabilities already.
        """
        row = [value for value in z if not isinstance(value, Iterable)]
        if row:
            return self.function(row)
        rows = z if isinstance(z, Matrix) else Matrix(value for value in z if isinstance(value, Iterable))
        if self.logits and all(min(row) >= 0.0 and math.isclose(sum(row), 1.0) for row in rows):
            what = f"{self.name} is for logits, but these rows are probabilities already: no number is negative, and"
            warn(f"{what} each row sums to 1. The logits are network.outputs(X)")
        outputs = list(map(self.function, rows))
        return Matrix.wrap(outputs) if isinstance(z, Matrix) else outputs


AnyActivation = Union[Elementwise, Rowwise]
ACTIVATIONS: Registry[AnyActivation] = Registry("activation", {"linear": "identity", "logistic": "sigmoid"})
_FAMILIES: dict[str, Callable[[float], Elementwise]] = {}

Defined = TypeVar("Defined", Elementwise, Rowwise)


def register(definition: Defined, *aliases: str, family: Callable[[float], Elementwise] | None = None) -> Defined:
    """Register an activation under its name and its aliases, and return it.

    family: for an activation with a parameter, the function that makes it for a given value; "name(0.2)" then works
    wherever a name does. Raises ValueError for a name that is taken.

    >>> double = register(Elementwise("double", lambda z: 2.0 * z, lambda z: 2.0))
    >>> activation("double")(3.0)
    6.0
    >>> ACTIVATIONS.remove("double")
    """
    check_kind("function", 'Elementwise("name", function, derivative)', definition=definition)
    for name in (definition.name.partition("(")[0], *aliases):
        ACTIVATIONS.add(name, definition)
        if family:
            _FAMILIES[name] = family
    return definition


def activation(name: str) -> AnyActivation:
    """Return the activation with this name: "relu", "softmax", "leaky_relu" or, with a parameter, "leaky_relu(0.2)".

    Raises ValueError, listing all names, if there is none.
    """
    family, _, parameter = name.partition("(")
    if family in _FAMILIES and family in ACTIVATIONS and parameter.endswith(")"):
        with suppress(ValueError):  # the parameter is not a number, or not finite
            found = _FAMILIES[family](float(parameter[:-1]))
            usual = ACTIVATIONS[family]
            return usual if usual.name == found.name else found  # "leaky_relu(0.01)" is leaky_relu itself
    return ACTIVATIONS[name]


# The step and the straight line. `z == z` is False for NaN alone. With `z < 0.0` in its place, the opposite of a
# comparison before it, NaN would be taken for a negative number on PyPy, when it has compiled the function.


def _heaviside(z: float) -> float:
    """1 if z >= 0 else 0: the neuron fires or it does not."""
    return 1.0 if z >= 0.0 else 0.0 if z == z else z


def _heaviside_slope(z: float) -> float:
    """0 (undefined at 0): gradient descent learns nothing through it, which is why the others exist."""
    return 0.0


def _identity(z: float) -> float:
    return z


def _identity_slope(z: float) -> float:
    return 1.0


# S-shaped activations.


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


def _rectifier(
    name: str, function: Function, derivative: Function, steepest: float, slope_below: float = 0.0
) -> Elementwise:
    """Make an activation of the ReLU family. By convention, weights start as for ReLU (Géron, 2022, table 11-1), which
    loses the half below 0: the gain is √2 or, with a slope there, √(2 / (1 + slope²)) (He et al., 2015)."""
    gain = math.sqrt(2.0 / (1.0 + slope_below * slope_below))
    return Elementwise(name, function, derivative, gain, "he_normal", slope_below, steepest)


def _relu(z: float) -> float:
    """max(0, z)."""
    return 0.0 if z <= 0.0 else z


def _relu_slope(z: float) -> float:
    return 1.0 if z > 0.0 else 0.0 if z == z else z


def leaky_relu_with(slope: float) -> Elementwise:
    """Return leaky ReLU, z for z > 0 and slope · z below: a silent unit still gets a small gradient and can recover.

    >>> leaky_relu_with(0.2)(-5.0)
    -1.0
    """
    check_finite(slope=slope)
    slope = float(slope)  # a number of NumPy's would make NumPy's of all that follow
    name, steepest = f"leaky_relu({slope})", max(1.0, abs(slope))
    # a partial, unlike a lambda, can be pickled and sent to another process
    return _rectifier(name, partial(_leaky_relu, slope), partial(_leaky_relu_slope, slope), steepest, slope)


def _leaky_relu(slope: float, z: float) -> float:
    return (slope * z if slope else 0.0) if z <= 0.0 else z  # 0 · -inf would be NaN


def _leaky_relu_slope(slope: float, z: float) -> float:
    return 1.0 if z > 0.0 else slope if z == z else z


def elu_with(alpha: float) -> Elementwise:
    """Return the exponential linear unit: z for z > 0, and alpha (e^z - 1) below, where its slope is alpha e^z.

    Source: Clevert et al. (2016).
    """
    check_finite(alpha=alpha)
    alpha = float(alpha)
    return _rectifier(f"elu({alpha})", partial(_elu, alpha), partial(_elu_slope, alpha), max(1.0, abs(alpha)))


def _elu(alpha: float, z: float) -> float:
    return alpha * math.expm1(z) if z <= 0.0 else z


def _elu_slope(alpha: float, z: float) -> float:
    return 1.0 if z > 0.0 else alpha * math.exp(z)


# The smooth relatives of ReLU. All but softplus are z times a gate g(z), which opens from 0 to 1 as z grows.


def _softplus(z: float) -> float:
    """ln(1 + e^z) in a form whose exponent is never positive. Its slope is the sigmoid."""
    return max(z, 0.0) + math.log1p(math.exp(-abs(z)))


def _gated(gate: Function, z: float) -> float:
    """z g(z)."""
    return z * gate(z) if z != -math.inf else 0.0


def _gated_slope(gate: Function, gate_slope: Function, z: float) -> float:
    """g(z) + z g'(z)."""
    if abs(z) > 1e6:  # z g'(z) is 0 here, but computed as inf · 0 it would be NaN
        return gate(z)
    return gate(z) + z * gate_slope(z)


def _normal_cdf(z: float) -> float:
    """Φ(z), the probability of a standard normal number below z; erfc keeps the digits of the thin left tail."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def _normal_density(z: float) -> float:
    """φ(z), the slope of Φ."""
    return math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)


_SCALE = 2.0 * math.sqrt(2.0 / math.pi)


def _normal_cdf_tanh(z: float) -> float:
    """Φ(z) replaced by (1 + tanh u) / 2 = σ(2u), where 2u = √(8/π) (z + 0.044715 z³)."""
    return _sigmoid(_SCALE * (z + 0.044715 * z * z * z))


def _normal_density_tanh(z: float) -> float:
    """σ'(2u) · d(2u)/dz."""
    return _sigmoid_slope(_SCALE * (z + 0.044715 * z * z * z)) * _SCALE * (1.0 + 3.0 * 0.044715 * z * z)


def _gated_rectifier(name: str, gate: Function, gate_slope: Function, steepest: float) -> Elementwise:
    """Make z g(z) of the gate g and its slope."""
    return _rectifier(name, partial(_gated, gate), partial(_gated_slope, gate, gate_slope), steepest)


heaviside = register(Elementwise("heaviside", _heaviside, _heaviside_slope, steepest=0.0))
identity = register(Elementwise("identity", _identity, _identity_slope, initializer="lecun_normal", steepest=1.0))
sigmoid = register(Elementwise("sigmoid", _sigmoid, _sigmoid_slope, steepest=0.25, saturates=True, probabilities=True))
tanh = register(Elementwise("tanh", math.tanh, _tanh_slope, gain=5.0 / 3.0, steepest=1.0, saturates=True))
relu = register(_rectifier("relu", _relu, _relu_slope, steepest=1.0))
leaky_relu = register(leaky_relu_with(0.01), family=leaky_relu_with)
elu = register(elu_with(1.0), family=elu_with)
softplus = register(_rectifier("softplus", _softplus, _sigmoid, steepest=1.0))
gelu = register(_gated_rectifier("gelu", _normal_cdf, _normal_density, steepest=1.13))  # Hendrycks and Gimpel (2016)
gelu_tanh = register(_gated_rectifier("gelu_tanh", _normal_cdf_tanh, _normal_density_tanh, steepest=1.13))
swish = register(
    _gated_rectifier("swish", _sigmoid, _sigmoid_slope, steepest=1.1), "silu"
)  # Ramachandran et al. (2017)


# From a row of scores to a row of probabilities.


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
    """ln softmax(z)[i] = z[i] - ln Σ e^z[j]: no logarithm of a softmax that was rounded to 0."""
    peak = max(z)
    if peak == math.inf and _outgrows_the_rest(z):
        return [0.0 if value == peak else -math.inf for value in z]
    log_sum = math.log(sum(math.exp(value - peak) for value in z))
    return [(value - peak) - log_sum for value in z]


def _outgrows_the_rest(z: Sequence[float]) -> bool:
    """True if exactly one score is infinite and none is NaN: softmax then has a limit, but inf - inf would be NaN."""
    return z.count(math.inf) == 1 and not any(map(math.isnan, z))


def _log_softmax_pullback(z: Sequence[float], dy: Sequence[float]) -> list[float]:
    """J[i][j] = [i = j] - p[j] with p = softmax(z), so dL/dz[j] = dy[j] - p[j] Σ dy[i]."""
    total = sum(dy)
    return [g - p * total for g, p in zip(dy, _softmax(z))]


softmax = register(Rowwise("softmax", _softmax, _softmax_pullback, logits=True, probabilities=True))
log_softmax = register(Rowwise("log_softmax", _log_softmax, _log_softmax_pullback, logits=True))
