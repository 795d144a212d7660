"""Penalties: what large weights add to the loss, so that a network does not learn its samples by heart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from purenn.matrix import Matrix, dot

__all__ = ["Penalty"]


@dataclass(frozen=True)
class Penalty:
    """l1 Σ|w| + l2/2 Σw² on top of the loss; its gradient is l1 sign(w) + l2 w, where sign(0) = 0.

    L2 pulls every weight towards 0 in proportion to its size, so that large ones shrink most and none gets there. L1
    pulls all with the same force and makes many of them 0, or all but: what is left is what the network needs. (A step
    may carry a weight across 0, where it then swings within the learning rate times l1.)

    To plain SGD an l2 is what its weight_decay is, but it shows in the loss, and can be for weights without biases.
    Under Adam its gradient is divided by the root like any other, which weakens it where gradients are large; AdamW's
    weight_decay is not. Other libraries count otherwise: Keras's L2 is λ Σw², so that its λ is half of this l2, and
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
        for name, value in (("l1", self.l1), ("l2", self.l2)):
            if not 0.0 <= value < math.inf:
                raise ValueError(f"{name} must be a finite number of at least 0, got {value}")

    def value(self, weights: Sequence[Matrix]) -> float:
        """What these weights add to the loss."""
        rows = [row for weight in weights for row in weight]
        return self.l1 * sum(sum(map(abs, row)) for row in rows) + self.l2 / 2.0 * sum(dot(row, row) for row in rows)

    def gradient(self, weight: Matrix) -> Matrix:
        """What one weight matrix adds to its own gradient, of the same shape."""
        return weight.map(lambda w: self.l1 * ((w > 0.0) - (w < 0.0)) + self.l2 * w)
