"""Gradient clipping: no single batch may throw the weights far away.

On a steep wall of the loss one gradient can be a thousand times as large as those before it, and one step along it can
undo all of them. A clip is a function from the gradients of all parameters to gentler ones, between the way back and
the step of the optimizer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from purenn.matrix import Matrix

__all__ = ["Clip", "clip_by_norm", "clip_by_value"]

Clip = Callable[[Sequence[Matrix]], Sequence[Matrix]]


def clip_by_value(limit: float) -> Clip:
    """Each entry by itself into [-limit, limit]. The direction of the whole changes.

    NaN and infinity stay, so that training can notice them; PyTorch's clip_grad_value_ lets NaN stay, infinity not.
    Raises ValueError unless the limit is finite and above 0.

    >>> clip_by_value(1.0)([Matrix([[0.5, -3.0]]), Matrix([[4.0]])])
    [Matrix([[0.5, -1.0]]), Matrix([[1.0]])]
    """
    _check(limit)

    def clipped(g: float) -> float:
        return g if -limit <= g <= limit or not math.isfinite(g) else math.copysign(limit, g)

    return lambda gradients: [gradient.map(clipped) for gradient in gradients]


def clip_by_norm(limit: float) -> Clip:
    """All entries times limit / (‖g‖ + 1e-6) if ‖g‖ > limit, where ‖g‖ = √Σg² over all gradients together.

    The direction stays, the step becomes shorter. Gradients that hold NaN or infinity, or whose norm is beyond the
    largest float, are returned as they are: they have no length to go by, and training is to notice them.
    The rule is that of PyTorch's clip_grad_norm_, which also shortens norms from limit - 1e-6 to the limit.
    Raises ValueError unless the limit is finite and above 0. Source: Pascanu et al. (2013), algorithm 1.

    >>> print(clip_by_norm(1.0)([Matrix([[3.0]]), Matrix([[4.0]])])[1])  # the norm is 5
    0.8
    """
    _check(limit)

    def clip(gradients: Sequence[Matrix]) -> Sequence[Matrix]:
        norm = math.hypot(*(math.hypot(*row) for gradient in gradients for row in gradient))  # squares could overflow
        if not limit < norm < math.inf:
            return gradients
        return [gradient * (limit / (norm + 1e-6)) for gradient in gradients]

    return clip


def _check(limit: float) -> None:
    if not 0.0 < limit < math.inf:
        raise ValueError(f"the limit must be a finite number above 0, got {limit}")
