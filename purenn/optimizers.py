"""Optimizers: how a gradient becomes a step.

An optimizer changes the parameters in place, given one gradient for each, and remembers what its rule needs to remember
(a velocity for momentum) between one step and the next.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from purenn.errors import ShapeError
from purenn.matrix import Matrix

__all__ = ["SGD", "Optimizer"]


class Optimizer(Protocol):
    """What training needs of an optimizer."""

    learning_rate: float

    def step(self, parameters: Sequence[Matrix], gradients: Sequence[Matrix]) -> None:
        """Move every parameter a step against its gradient, in place."""
        ...


class SGD:
    """Stochastic gradient descent: w ← w - rate · g, with momentum, Nesterov's variant and weight decay on request.

    With weight decay λ the gradient is g + λ w first, for biases too. With momentum μ a velocity gathers the gradients,
    v ← μ v + g, and the step is w ← w - rate · v; Nesterov looks one step ahead with g + μ v in place of v. These are
    PyTorch's rules: the rate multiplies the velocity, it is not part of it. Sources: Polyak (1964), Sutskever et al.
    (2013).

    >>> w = Matrix([[1.0]])
    >>> SGD(learning_rate=0.1).step([w], [Matrix([[2.0]])])
    >>> w
    Matrix([[0.8]])
    """

    def __init__(
        self, learning_rate: float = 0.1, *, momentum: float = 0.0, nesterov: bool = False, weight_decay: float = 0.0
    ) -> None:
        if not (learning_rate > 0.0 and math.isfinite(learning_rate)):
            raise ValueError(f"learning_rate must be a finite number above 0, got {learning_rate}")
        if not 0.0 <= momentum < 1.0:
            raise ValueError(f"momentum must be in [0, 1), got {momentum}")
        if nesterov and not momentum:
            raise ValueError(f"nesterov needs a momentum above 0, got {momentum}")
        if not (weight_decay >= 0.0 and math.isfinite(weight_decay)):
            raise ValueError(f"weight_decay must be a finite number of at least 0, got {weight_decay}")
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.nesterov = nesterov
        self.weight_decay = weight_decay
        self.velocities: list[Matrix] = []

    def step(self, parameters: Sequence[Matrix], gradients: Sequence[Matrix]) -> None:
        """Move every parameter a step against its gradient, in place. ShapeError if there is not one for each."""
        if len(parameters) != len(gradients):
            raise ShapeError(f"{len(parameters)} parameters, but {len(gradients)} gradients")
        if self.weight_decay:
            gradients = [g + w * self.weight_decay for w, g in zip(parameters, gradients)]
        if self.momentum:
            gradients = self._gather(gradients)
        for parameter, gradient in zip(parameters, gradients):
            parameter.add_scaled(gradient, -self.learning_rate)

    def _gather(self, gradients: Sequence[Matrix]) -> Sequence[Matrix]:
        """The velocities with these gradients in them; for Nesterov, the gradients plus what those will add."""
        if not self.velocities:
            self.velocities = [Matrix.zeros(*gradient.shape) for gradient in gradients]
        was, now = [v.shape for v in self.velocities], [g.shape for g in gradients]
        if was != now:
            raise ShapeError(f"the velocities are of parameters {was}, the gradients {now}: one optimizer, one network")
        for velocity, gradient in zip(self.velocities, gradients):
            for v, g in zip(velocity, gradient):
                v[:] = [self.momentum * a + b for a, b in zip(v, g)]
        if not self.nesterov:
            return self.velocities
        return [g + v * self.momentum for g, v in zip(gradients, self.velocities)]
