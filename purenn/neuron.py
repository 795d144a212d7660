"""One artificial neuron, by hand.

Everything a network does is in this file once, for a single neuron and with floats only: a weight for each input, a
bias, the weighted sum, an activation, and the learning step that makes the next answer a little less wrong. The rest of
the library does the same for many neurons and many samples at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from purenn.errors import ShapeError, check_kind

__all__ = ["Neuron"]


@dataclass(frozen=True)
class Neuron:
    """An artificial neuron: y = activation(w1 x1 + w2 x2 + … + b).

    A neuron that fires when both of its inputs are on, which is the logical AND:

    >>> from purenn.activations import heaviside
    >>> both = Neuron([1.0, 1.0], bias=-1.5, activation=heaviside)
    >>> [both([a, b]) for a in (0, 1) for b in (0, 1)]
    [0.0, 0.0, 0.0, 1.0]

    Its boundary is the line where the weighted sum is zero, x1 + x2 = 1.5. No single line separates XOR, so no single
    neuron computes it.
    """

    weights: Sequence[float]
    bias: float
    activation: Callable[[float], float]

    def __post_init__(self) -> None:
        check_kind("__call__", "heaviside, without quotes", activation=self.activation)

    def weighted_sum(self, inputs: Sequence[float]) -> float:
        """Return z = w1 x1 + w2 x2 + … + b. Raises ShapeError unless there is one input for each weight."""
        if len(inputs) != len(self.weights):
            raise ShapeError(f"a neuron with {len(self.weights)} weights takes as many inputs, got {len(inputs)}")
        return sum(w * x for w, x in zip(self.weights, inputs)) + self.bias

    def __call__(self, inputs: Sequence[float]) -> float:
        """Return the neuron's output, activation(z)."""
        return self.activation(self.weighted_sum(inputs))

    def learn(self, inputs: Sequence[float], target: float, learning_rate: float) -> Neuron:
        """Return a new neuron, one learning step on one sample further, and leave this one: neuron = neuron.learn(…).

        Its weights are w - rate (y - t) x, and its bias b - rate (y - t).
        With the Heaviside step this is the perceptron rule (Rosenblatt, 1958). With the sigmoid and binary
        cross-entropy, and with the identity and half the squared error, it is gradient descent: in both cases the
        derivative of the loss with respect to the weighted sum is y - t.

        >>> from purenn.activations import heaviside
        >>> neuron = Neuron([0.0, 0.0], bias=0.0, activation=heaviside)
        >>> for _ in range(10):
        ...     for a, b in (0, 0), (0, 1), (1, 0), (1, 1):
        ...         neuron = neuron.learn([a, b], target=float(a and b), learning_rate=0.5)
        >>> [neuron([a, b]) for a in (0, 1) for b in (0, 1)]
        [0.0, 0.0, 0.0, 1.0]
        """
        error = self(inputs) - target
        weights = [w - learning_rate * error * x for w, x in zip(self.weights, inputs)]
        return Neuron(weights, self.bias - learning_rate * error, self.activation)
