"""Regularization: ways to keep a network from memorizing its samples, and to keep its weights and steps small.

A penalty adds the size of the weights to the loss. Dropout silences units at random, so that no unit can rely on
another. A clip limits the gradient, so that no single batch moves the weights far away: where the loss is steep, one
gradient can be a thousand times as large as those before it, and one step along it can undo all their steps. A clip is
a function from the gradients of all parameters to smaller ones, applied between the backward pass and the optimizer's
step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from purenn.errors import check_fraction, check_not_negative, check_positive
from purenn.foreign import explained
from purenn.layers import Backward, Layer, Options, register
from purenn.matrix import Matrix, dot

__all__ = ["Clip", "Dropout", "Penalty", "clip_by_norm", "clip_by_value"]

Clip = Callable[[Sequence[Matrix]], Sequence[Matrix]]


@dataclass(frozen=True)
class Penalty:
    """A term added to the loss, l1 Σ|w| + l2/2 Σw². Its gradient is l1 sign(w) + l2 w, where sign(0) = 0.

    L2 pulls every weight toward 0 in proportion to its size, so large weights shrink most and none becomes 0. L1 pulls
    all weights with the same force and makes many of them 0, or nearly 0; those that stay large are those the network
    needs. (A step may carry a weight across 0; it then swings around 0 by at most the learning rate times l1.)

    For plain SGD, l2 changes the weights as weight_decay does, but it shows in the loss and leaves out biases. In Adam,
    its gradient is divided by √v̂ like any other, which weakens it where gradients are large; AdamW's weight_decay is
    not divided. Other libraries scale it differently: Keras's L2 is λ Σw², so its λ is half of this l2, and
    scikit-learn divides its alpha by the batch size.

    Raises ValueError unless both are finite and at least 0.

    >>> penalty, weight = Penalty(l1=0.5, l2=0.1), Matrix([[2.0, -4.0, 0.0]])
    >>> penalty.value([weight])  # 0.5 · (2 + 4) + 0.05 · (4 + 16)
    4.0
    >>> print(penalty.gradient(weight))
     0.7  -0.9   0.0
    """

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        check_not_negative(l1=self.l1, l2=self.l2)
        vars(self).update(l1=float(self.l1), l2=float(self.l2))  # NumPy's numbers would make NumPy's of all weights

    def value(self, weights: Sequence[Matrix]) -> float:
        """Return the penalty for these weights, to be added to the loss."""
        rows = [row for weight in weights for row in weight]
        return self.l1 * sum(sum(map(abs, row)) for row in rows) + self.l2 / 2.0 * sum(dot(row, row) for row in rows)

    def gradient(self, weight: Matrix) -> Matrix:
        """Return the gradient of the penalty with respect to one weight matrix, in its shape."""
        return weight.map(lambda w: self.l1 * ((w > 0.0) - (w < 0.0)) + self.l2 * w)


@register
class Dropout(Layer):
    """A layer that sets numbers to 0 in training, each with this probability, and multiplies the others by 1 / (1 - p).

    This keeps their expected value, so in use the layer returns its inputs unchanged. Source: Srivastava et al. (2014),
    section 10.
    """

    @explained("Dropout")
    def __init__(self, probability: float) -> None:
        check_fraction(probability=probability)
        self.probability = float(probability)  # a whole number, or False in a damaged file, is not kept as it is

    @property
    def options(self) -> Options:
        return {"probability": self.probability}

    @classmethod
    def for_features(cls, features: int, rng: Random) -> Dropout:
        return Dropout(0.4)

    def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        if not training:
            return x, Backward(inputs=lambda dy: dy)
        if rng is None:
            raise ValueError(f"{self}: dropout draws random numbers in training: pass rng=Random(seed)")
        draw, kept = rng.random, 1.0 / (1.0 - self.probability)
        mask = x.map(lambda _: kept if draw() >= self.probability else 0.0)
        return x * mask, Backward(inputs=lambda dy: dy * mask)


@dataclass(frozen=True)
class _ClipByValue:
    limit: float

    def __repr__(self) -> str:
        return f"clip_by_value({self.limit})"

    def __call__(self, gradients: Sequence[Matrix]) -> Sequence[Matrix]:
        return [gradient.map(self._clipped) for gradient in gradients]

    def _clipped(self, g: float) -> float:
        return g if -self.limit <= g <= self.limit or not math.isfinite(g) else math.copysign(self.limit, g)


@dataclass(frozen=True)
class _ClipByNorm:
    limit: float

    def __repr__(self) -> str:
        return f"clip_by_norm({self.limit})"

    def __call__(self, gradients: Sequence[Matrix]) -> Sequence[Matrix]:
        norm = math.hypot(*(math.hypot(*row) for gradient in gradients for row in gradient))  # squares could overflow
        if not self.limit < norm < math.inf:
            return gradients
        return [gradient * (self.limit / (norm + 1e-6)) for gradient in gradients]


def clip_by_value(limit: float) -> Clip:
    """Return a clip that brings each entry into [-limit, limit]. This changes the direction of the gradient.

    NaN and infinity stay, so that training can notice them; PyTorch's clip_grad_value_ keeps NaN, but not infinity.
    Raises ValueError unless the limit is finite and above 0.

    >>> clip_by_value(1.0)([Matrix([[0.5, -3.0]]), Matrix([[4.0]])])
    [Matrix([[0.5, -1.0]]), Matrix([[1.0]])]
    """
    check_positive(limit=limit)
    return _ClipByValue(float(limit))


def clip_by_norm(limit: float) -> Clip:
    """Return a clip that multiplies all entries by limit / (‖g‖ + 1e-6) if ‖g‖ > limit.

    ‖g‖ = √Σg² is taken over all gradients together. The direction stays, the step becomes shorter. Gradients that hold
    NaN or infinity, or whose norm is larger than the largest float, are returned unchanged: they have no length, and
    training should notice them. This is the rule of PyTorch's clip_grad_norm_, except that PyTorch also shortens norms
    between limit - 1e-6 and limit.
    Raises ValueError unless the limit is finite and above 0. Source: Pascanu et al. (2013), algorithm 1.

    >>> print(clip_by_norm(1.0)([Matrix([[3.0]]), Matrix([[4.0]])])[1])  # the norm is 5
    0.8
    """
    check_positive(limit=limit)
    return _ClipByNorm(float(limit))
