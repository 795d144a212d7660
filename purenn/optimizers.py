"""Optimizers: how a gradient becomes a step.

An optimizer changes the parameters in place, given one gradient for each. Between steps it remembers what its rule
needs, such as a velocity for momentum.

In the rules below, w is a single weight or bias and g its gradient. A weight decay of λ replaces g by g + λ w, except
in AdamW. Where libraries differ, the rules are PyTorch's.

To add an optimizer, write a class with the members of `Optimizer` and `register` it.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from inspect import signature
from operator import is_not
from typing import ClassVar, Protocol, TypeVar, Union

from purenn.errors import ShapeError, check_fraction, check_not_negative, check_optional, check_positive
from purenn.foreign import explained
from purenn.matrix import Matrix
from purenn.registry import Registry

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Optimizer",
    "OptimizerLike",
    "RMSProp",
    "as_optimizer",
    "make_optimizer",
    "register",
]

Matrices = Sequence[Matrix]  # one for each parameter, in their order


class Optimizer(Protocol):
    """The interface of an optimizer in training.

    An optimizer with the same options that is given the `steps` and the `memory` of another one continues as that one
    would, bit for bit. So all that it remembers between steps has to be in `memory`: under each name, a matrix for each
    parameter. A step changes them in place, so copy them to keep them.

    A custom optimizer inherits from this class, sets learning_rate, steps = 0 and memory = {} when it is made, and
    defines `step`, which also counts the steps.

    adaptive: a factor for the default learning rate on the command line. It is above 0 for an optimizer that scales the
    gradients itself, so that one rate suits most networks, and 0 where the right rate depends on their size.
    """

    adaptive: ClassVar[float] = 0.0
    learning_rate: float  # set by training before each step
    steps: int  # the number taken so far
    memory: dict[str, list[Matrix]]  # empty before the first step

    @property
    def options(self) -> dict[str, float]:
        """The arguments that make an equal optimizer, apart from the learning rate.

        Default: the numbers among its attributes, which then have to be named as the arguments are.
        """
        numbers = {name: value for name, value in vars(self).items() if isinstance(value, (int, float))}
        return {name: value for name, value in numbers.items() if name not in {"learning_rate", "steps"}}

    def __repr__(self) -> str:
        """Return the call that makes an equal optimizer, without options that have their default value."""
        usual = _with_rate(type(self), self.learning_rate).options
        changed = [f", {name}={value!r}" for name, value in self.options.items() if usual[name] != value]
        return f"{type(self).__name__}({self.learning_rate!r}{''.join(changed)})"

    @abstractmethod
    def step(self, parameters: Matrices, gradients: Matrices) -> None:
        """Move every parameter one step against its gradient, in place.

        Raises ShapeError unless each parameter has a gradient of its shape and the memory has these shapes too, and
        ValueError if the memory belongs to other parameters or has names that this rule does not use. After an error,
        nothing has changed.
        """
        ...


def _with_rate(make: Callable[..., Optimizer], learning_rate: float) -> Optimizer:
    return make(learning_rate)


OptimizerLike = Union[Optimizer, type[Optimizer], str]
OPTIMIZERS: Registry[Callable[..., Optimizer]] = Registry("optimizer")

Defined = TypeVar("Defined", bound=Optimizer)


def register(optimizer: type[Defined]) -> type[Defined]:
    """Register an optimizer under the name of its class in lower case. Used as a decorator.

    Its first argument must be the learning rate; the others are options with defaults. Raises ValueError for a name
    that is taken.
    """
    OPTIMIZERS.add(optimizer.__name__.lower(), optimizer)
    return optimizer


def make_optimizer(name: str, learning_rate: float | None = None, **options: float) -> Optimizer:
    """Make the optimizer with this name. Options that are not given have the optimizer's own defaults.

    Raises ValueError for an unknown name, for an option that it does not have (naming the optimizers that do), and for
    an option out of range.

    >>> make_optimizer("adam", 0.01, beta1=0.8).options["beta1"]
    0.8
    """
    make = OPTIMIZERS[name]
    for option in options:
        if option not in signature(make).parameters:
            others = [other for other in OPTIMIZERS if option in signature(OPTIMIZERS[other]).parameters]
            raise ValueError(f"{name} has no option {option} ({', '.join(others) or 'no optimizer'} would take it)")
    return make(**options) if learning_rate is None else make(learning_rate, **options)


def as_optimizer(optimizer: OptimizerLike | None) -> Optimizer | None:
    """Return an optimizer from its name or its class, or as it is. Raises ValueError for an unknown name."""
    if isinstance(optimizer, str):
        return make_optimizer(optimizer.casefold())
    if isinstance(optimizer, type):
        make: Callable[[], Optimizer] = optimizer
        return make()
    check_optional("step", '"adam" or Adam(0.001)', optimizer=optimizer)
    return optimizer


class _Rule(Optimizer):
    """The common part of the rules: checks of options and memory, the count of steps, weight decay."""

    def __init__(self, learning_rate: float, weight_decay: float) -> None:
        """Check the options that all rules have. A rule checks its own.

        All are kept as floats: a number of NumPy's, as a grid search passes it, would make NumPy's of all weights.
        """
        check_positive(learning_rate=learning_rate)
        check_not_negative(weight_decay=weight_decay)
        self.learning_rate, self.weight_decay = float(learning_rate), float(weight_decay)
        self.steps = 0
        self.memory: dict[str, list[Matrix]] = {}
        self._last: tuple[object, Matrices] = None, []  # the memory and the parameters of the last step

    def __getstate__(self) -> dict[str, object]:
        """Leave the parameters out of a copy or a pickle, which belongs to a copy of the network."""
        return {**vars(self), "_last": (None, [])}

    def _begin(self, parameters: Matrices, gradients: Matrices, start: float = 0.0, **remembers: bool) -> Matrices:
        """Check, count the step, and return the gradients with weight decay. At the first step, fill the memory with
        `start`; `remembers` names its parts, each true if it is used."""
        names = {name for name, used in remembers.items() if used}
        self._check(parameters, gradients, names if self.steps else set())
        if not self.steps:
            self.memory = {name: [p.map(lambda _: start) for p in parameters] for name in sorted(names)}
        self.steps += 1
        self._last = self.memory, list(parameters)
        return self._decay(parameters, gradients)

    def _check(self, parameters: Matrices, gradients: Matrices, names: set[str]) -> None:
        if len(parameters) != len(gradients):
            raise ShapeError(f"{len(parameters)} parameters, but {len(gradients)} gradients")
        for i, (w, g) in enumerate(zip(parameters, gradients)):
            if w.shape != g.shape:
                raise ShapeError(f"parameter {i} is {w.rows} x {w.columns}, but its gradient {g.rows} x {g.columns}")
        me = f"{type(self).__name__} after {self.steps} steps"
        if self.memory.keys() != names:
            raise ValueError(f"{me} remembers {sorted(names)}, but its memory is {sorted(self.memory)}")
        for name, matrices in self.memory.items():
            was, now = [m.shape for m in matrices], [w.shape for w in parameters]
            if was != now:
                raise ShapeError(f"{me} has a {name} for {was}, not for {now}: each network needs its own optimizer")
        memory, owners = self._last
        if self.memory and memory is self.memory and any(map(is_not, owners, parameters)):
            raise ValueError(f"{me} remembers other parameters than these: each network needs its own optimizer")

    def _decay(self, parameters: Matrices, gradients: Matrices) -> Matrices:
        return [g + w * self.weight_decay for w, g in zip(parameters, gradients)] if self.weight_decay else gradients


@register
class SGD(_Rule):
    """Stochastic gradient descent: w ← w - rate · g, with optional momentum, Nesterov's variant and weight decay.

    With momentum μ and dampening δ, a velocity gathers the gradients, v ← μ v + (1 - δ) g, and w ← w - rate · v. The
    first v is the first g, undampened. Nesterov's variant looks one step ahead, with g + μ v in place of v. As in
    PyTorch, the rate multiplies v; in Keras and the papers it is a part of v, which is another rule once the rate
    changes.
    Sources: Robbins and Monro (1951); Polyak (1964) for momentum; Sutskever et al. (2013) for Nesterov's.

    >>> w = Matrix([[1.0]])
    >>> SGD(learning_rate=0.1).step([w], [Matrix([[2.0]])])
    >>> w
    Matrix([[0.8]])
    """

    @explained("optimizer")
    def __init__(
        self,
        learning_rate: float = 0.1,
        *,
        momentum: float = 0.0,
        dampening: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        check_fraction(momentum=momentum, dampening=dampening)
        self.momentum, self.dampening, self.nesterov = float(momentum), float(dampening), nesterov
        super().__init__(learning_rate, weight_decay)
        if (nesterov or dampening) and not momentum:
            raise ValueError(f"{'nesterov' if nesterov else 'dampening'} needs a momentum above 0, got {momentum}")
        if nesterov and dampening:
            raise ValueError(f"nesterov needs a dampening of 0, got {dampening}")

    def step(self, parameters: Matrices, gradients: Matrices) -> None:
        gradients = self._begin(parameters, gradients, velocity=self.momentum > 0)
        if self.momentum:
            velocities = self.memory["velocity"]
            _gather(velocities, gradients, self.momentum, 1.0 if self.steps == 1 else 1.0 - self.dampening)
            gradients = [g + v * self.momentum for g, v in zip(gradients, velocities)] if self.nesterov else velocities
        _descend(parameters, gradients, self.learning_rate)


@register
class AdaGrad(_Rule):
    """A rate for each weight, lower after larger gradients: s ← s + g²; w ← w - rate · g / (√s + ε).

    A weight whose gradient is mostly 0, such as the weight of a rare word, takes a large step when it is not 0. s
    starts at `initial_accumulator`. The rate at step t, counted from 1, is learning_rate / (1 + (t - 1)
    learning_rate_decay). As in PyTorch, ε is outside the root; in Keras it is inside, and s starts at 0.1.
    Source: Duchi et al. (2011).
    """

    adaptive = 10.0  # a large factor, because its steps become smaller and smaller

    @explained("optimizer")
    def __init__(
        self,
        learning_rate: float = 0.01,
        *,
        epsilon: float = 1e-10,
        learning_rate_decay: float = 0.0,
        initial_accumulator: float = 0.0,
        weight_decay: float = 0.0,
    ) -> None:
        check_positive(epsilon=epsilon)
        check_not_negative(learning_rate_decay=learning_rate_decay, initial_accumulator=initial_accumulator)
        self.epsilon, self.learning_rate_decay = float(epsilon), float(learning_rate_decay)
        self.initial_accumulator = float(initial_accumulator)
        super().__init__(learning_rate, weight_decay)

    def step(self, parameters: Matrices, gradients: Matrices) -> None:
        gradients = self._begin(parameters, gradients, self.initial_accumulator, sum_of_squares=True)
        sums = self.memory["sum_of_squares"]
        for s, g in zip(sums, gradients):
            s.add_scaled(g * g, 1.0)
        rate = self.learning_rate / (1.0 + (self.steps - 1) * self.learning_rate_decay)
        _descend(parameters, _over_roots(gradients, sums, self.epsilon), rate)


@register
class RMSProp(_Rule):
    """AdaGrad that forgets: n ← α n + (1 - α) g²; w ← w - rate · g / (√n + ε), where α is `alpha`.

    n is a running mean, so the steps do not die out. If `centered`, √(n - m²) replaces √n, with m ← α m + (1 - α) g:
    the spread of the gradients instead of their size. With momentum μ, v ← μ v + g / (√n + ε) and w ← w - rate · v. As
    in PyTorch, ε is outside the root and the rate outside v; in Keras and in Graves's paper both are inside.
    Sources: Tieleman and Hinton (2012), lecture 6.5e; Graves (2013) for the centered rule.
    """

    adaptive = 1.0

    @explained("optimizer")
    def __init__(
        self,
        learning_rate: float = 0.01,
        *,
        alpha: float = 0.99,
        epsilon: float = 1e-8,
        momentum: float = 0.0,
        centered: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        check_fraction(alpha=alpha, momentum=momentum)
        check_positive(epsilon=epsilon)
        self.alpha, self.epsilon, self.momentum = float(alpha), float(epsilon), float(momentum)
        self.centered = centered
        super().__init__(learning_rate, weight_decay)

    def step(self, parameters: Matrices, gradients: Matrices) -> None:
        gradients = self._begin(parameters, gradients, mean_square=True, mean=self.centered, velocity=self.momentum > 0)
        squares, keep = self.memory["mean_square"], self.alpha
        _gather(squares, (g * g for g in gradients), keep, 1.0 - keep)
        if self.centered:
            means = self.memory["mean"]
            _gather(means, gradients, keep, 1.0 - keep)
            # n - m² is never below 0, but rounding can make it slightly negative: PyTorch's root is NaN then
            squares = [(n - m * m).map(lambda spread: max(spread, 0.0)) for n, m in zip(squares, means)]
        directions = _over_roots(gradients, squares, self.epsilon)
        if self.momentum:
            _gather(self.memory["velocity"], directions, self.momentum, 1.0)
        _descend(parameters, self.memory["velocity"] if self.momentum else directions, self.learning_rate)


@register
class Adam(_Rule):
    """Momentum and RMSProp in one: m ← β₁ m + (1 - β₁) g; v ← β₂ v + (1 - β₂) g²; w ← w - rate · m̂ / (√v̂ + ε).

    m and v start at 0, which makes them too small at first. At step t, counted from 1, m̂ = m / (1 - β₁ᵗ) and
    v̂ = v / (1 - β₂ᵗ) correct this. The first step is close to rate · sign(g). With `amsgrad`, the largest v so far
    replaces v, so that a large gradient is not forgotten; it is corrected as v is, unlike in the paper. As in PyTorch,
    ε is added after the correction; in Keras, before. Sources: Kingma and Ba (2015); Reddi et al. (2018) for AMSGrad.
    """

    adaptive = 1.0
    usual_decay: ClassVar[float] = 0.0  # the default of weight_decay

    @explained("optimizer")
    def __init__(
        self,
        learning_rate: float = 0.001,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        amsgrad: bool = False,
        weight_decay: float | None = None,
    ) -> None:
        check_fraction(beta1=beta1, beta2=beta2)
        check_positive(epsilon=epsilon)
        self.beta1, self.beta2, self.epsilon = float(beta1), float(beta2), float(epsilon)
        self.amsgrad = amsgrad
        super().__init__(learning_rate, self.usual_decay if weight_decay is None else weight_decay)

    def step(self, parameters: Matrices, gradients: Matrices) -> None:
        gradients = self._begin(parameters, gradients, mean=True, mean_square=True, largest=self.amsgrad)
        means, squares = self.memory["mean"], self.memory["mean_square"]
        _gather(means, gradients, self.beta1, 1.0 - self.beta1)
        _gather(squares, (g * g for g in gradients), self.beta2, 1.0 - self.beta2)
        if self.amsgrad:
            for top, square in zip(self.memory["largest"], squares):
                top.data[:] = [list(map(max, u, v)) for u, v in zip(top, square)]
            squares = self.memory["largest"]
        # m̂ / (√v̂ + ε) = root / (1 - β₁ᵗ) · m / (√v + ε root): so the corrections are made once, not for each weight
        root = math.sqrt(1.0 - self.beta2**self.steps)
        rate = self.learning_rate * root / (1.0 - self.beta1**self.steps)
        _descend(parameters, _over_roots(means, squares, self.epsilon * root), rate)


@register
class AdamW(Adam):
    """Adam with decoupled weight decay, which does not enter the gradients: w ← w - rate · λ w, then Adam's step.

    In Adam, λ w is divided by √v̂ like the rest of the gradient, so weights with large gradients hardly decay. Here all
    weights decay alike. Default: λ = 0.01. As in PyTorch, λ is multiplied by the whole learning rate; in the paper, by
    its schedule only. Source: Loshchilov and Hutter (2019).
    """

    usual_decay = 0.01

    def _decay(self, parameters: Matrices, gradients: Matrices) -> Matrices:
        _descend(parameters, parameters, self.learning_rate * self.weight_decay)
        return gradients


def _gather(memory: Iterable[Matrix], news: Iterable[Matrix], keep: float, add: float) -> None:
    """Set m ← keep · m + add · x, in place."""
    for m, x in zip(memory, news):
        for u, v in zip(m, x):
            u[:] = [keep * a + add * b for a, b in zip(u, v)]


def _over_roots(values: Iterable[Matrix], squares: Iterable[Matrix], epsilon: float) -> Iterator[Matrix]:
    """Yield x / (√s + ε), one matrix at a time. As ε is above 0, nothing is divided by 0."""
    for x, s in zip(values, squares):
        yield Matrix.wrap([[a / (b + epsilon) for a, b in zip(u, map(math.sqrt, v))] for u, v in zip(x, s)])


def _descend(parameters: Iterable[Matrix], directions: Iterable[Matrix], rate: float) -> None:
    """Set w ← w - rate · direction, in place."""
    for w, direction in zip(parameters, directions):
        w.add_scaled(direction, -rate)
