"""The parameters of the estimators: each with its meaning, its default and its range.

scikit-learn makes, copies and changes estimators through `get_params` and `set_params` alone. So `__init__` keeps every
argument as it came, under its own name, and `fit` checks them. They are the fields of a dataclass, which makes the
`__init__` of the classifier and of the regressor: so each is written down once. That all but the first two are to be
passed by name, as in scikit-learn, cannot be said of a dataclass before Python 3.10.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from inspect import signature
from math import inf
from operator import index
from random import Random
from typing import Protocol, TypeVar, runtime_checkable

from purenn.activations import ACTIVATIONS
from purenn.errors import check_choice, check_fraction, check_not_negative, check_positive, check_whole, is_a
from purenn.foreign import explained, name_hint
from purenn.optimizers import OPTIMIZERS, Optimizer, make_optimizer

__all__ = ["Parameters", "RandomState", "explaining"]

LEARNING_RATES = ("constant", "invscaling", "adaptive")

Kind = TypeVar("Kind")
Me = TypeVar("Me", bound="Parameters")


@runtime_checkable
class RandomState(Protocol):
    """A source of random numbers of NumPy's, an np.random.RandomState."""

    def randint(self, below: int, /) -> int: ...


def explaining(kind: type[Kind]) -> type[Kind]:
    """Explain calls with arguments that a class does not have. Used as a decorator, above `dataclass`, which has made
    its `__init__`."""
    type.__setattr__(kind, "__init__", explained("MLP")(vars(kind)["__init__"]))
    return kind


@dataclass(eq=False, repr=False)
class Parameters:
    """The arguments that the classifier and the regressor share.

    hidden_layer_sizes: the number of units in each hidden layer, or in the only one.
    activation: that of the hidden layers, by its name; see `purenn.activations`. "logistic" is the sigmoid.
    solver: the optimizer, by its name; see `purenn.optimizers`.
    alpha: the factor of the L2 penalty on the weights or, for "adamw", the weight decay.
    batch_size: the number of samples for each step. "auto" is 200, or all if there are fewer.
    learning_rate: the rule for the learning rate of "sgd": "constant"; "invscaling", divided by (samples seen + 1) to
    the power of power_t; "adaptive", divided by 5 each time that n_iter_no_change epochs have made no progress.
    learning_rate_init: the learning rate of the first epoch.
    max_iter: the largest number of epochs of a `fit`.
    shuffle: whether each epoch takes the samples in another order.
    random_state: an int or a source of random numbers for the first weights and for this order. None: never the same.
    tol, n_iter_no_change: an epoch makes progress if it is better than the best by tol. After more than
    n_iter_no_change epochs in a row without progress, training ends.
    verbose: whether each epoch is printed.
    warm_start: whether `fit` goes on from where the last one ended.
    momentum, nesterovs_momentum: of "sgd".
    early_stopping: whether some samples are held back, so that an epoch is judged by its score on them, and the network
    of the best epoch is kept. Otherwise an epoch is judged by its loss.
    validation_fraction: the part of the samples that is held back.
    beta_1, beta_2, epsilon: of every optimizer that has them.
    standardize: whether the columns of X, and the quantities of a regressor, are standardized for training. The scaler
    is a layer of `network_`, so that X keeps its units everywhere.
    """

    hidden_layer_sizes: int | Iterable[int] = (100,)
    activation: str = "relu"
    solver: str = "adam"
    alpha: float = 0.0001
    batch_size: int | str = "auto"
    learning_rate: str = "constant"
    learning_rate_init: float = 0.001
    power_t: float = 0.5
    max_iter: int = 200
    shuffle: bool = True
    random_state: int | Random | RandomState | None = None
    tol: float = 1e-4
    verbose: bool = False
    warm_start: bool = False
    momentum: float = 0.9
    nesterovs_momentum: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    n_iter_no_change: float = 10
    standardize: bool = False

    def _check(self) -> None:
        """Raise ValueError or TypeError, with its name, for a parameter out of range."""
        self._check_names()
        for name in ("shuffle", "warm_start", "nesterovs_momentum", "early_stopping", "standardize"):
            value = getattr(self, name)
            if isinstance(value, str) or value not in (True, False):
                raise ValueError(f"{name} must be True or False, got {value!r:.100}")
        if isinstance(self.batch_size, str):
            check_choice(["auto"], batch_size=self.batch_size)
        else:
            check_whole(1, batch_size=self.batch_size)
        check_whole(1, max_iter=self.max_iter)
        if self.n_iter_no_change != inf:
            check_whole(1, n_iter_no_change=self.n_iter_no_change)
        check_positive(learning_rate_init=self.learning_rate_init, epsilon=self.epsilon)
        check_not_negative(alpha=self.alpha, tol=self.tol, power_t=self.power_t)
        check_fraction(momentum=self.momentum, beta_1=self.beta_1, beta_2=self.beta_2)
        check_fraction(validation_fraction=self.validation_fraction)

    def _check_names(self) -> None:
        """Raise ValueError for a parameter that is not one of the names there are."""
        rule = self.learning_rate
        if not is_a(rule, str):
            what = f"learning_rate must be one of {', '.join(LEARNING_RATES)}, got {rule!r:.100}"
            raise ValueError(f"{what}; the rate itself is learning_rate_init=0.001")
        check_choice(LEARNING_RATES, learning_rate=rule)
        for name, example in (("activation", "relu"), ("solver", "adam")):
            value = getattr(self, name)
            if not isinstance(value, str):
                raise ValueError(f"{name} must be a name, such as {example!r}, got {value!r:.100}")
        family = self.activation.partition("(")[0]  # leaky_relu(0.2): layers check the parameter
        check_choice(["logistic", *ACTIVATIONS], activation=family)
        if self.solver not in OPTIMIZERS:
            why = ": L-BFGS takes all samples at once, purenn learns in batches" if self.solver == "lbfgs" else ""
            raise ValueError(f"solver must be one of {', '.join(OPTIMIZERS)}, got {self.solver!r}{why}")

    # What is made of them.

    def _hidden_sizes(self) -> list[int]:
        """Return the number of units in each hidden layer."""
        given = self.hidden_layer_sizes
        try:
            units = [index(size) for size in (given if isinstance(given, Iterable) else [given])]
        except TypeError:
            what = "the number of units in the hidden layer, or in each of several, as in (100, 50)"
            raise ValueError(f"hidden_layer_sizes must be {what}, got {given!r:.100}") from None
        for count in units:
            check_whole(1, hidden_layer_sizes=count)
        return units

    def _new_design(self) -> dict[str, object]:
        """Return the parameters that a network is made with: they cannot change when its training goes on."""
        sizes, standardize = self._hidden_sizes(), bool(self.standardize)
        return {"hidden_layer_sizes": sizes, "activation": self.activation, "standardize": standardize}

    def _generator(self) -> Random:
        """Return the given source of random numbers, or one seeded with the given int, by NumPy's or, for None, by the
        system."""
        if isinstance(self.random_state, Random):
            return self.random_state
        if isinstance(self.random_state, RandomState):
            return Random(int(self.random_state.randint(2**31 - 1)))
        if self.random_state is None:
            return Random()
        try:
            return Random(index(self.random_state))
        except TypeError:
            what = "None, an int, a random.Random or an np.random.RandomState"
            raise ValueError(f"random_state must be {what}, got {self.random_state!r:.100}") from None

    @property
    def _decays(self) -> bool:
        """True if alpha is the optimizer's weight decay, and no part of the loss."""
        return self.solver == "adamw"

    def _new_optimizer(self) -> Optimizer:
        """Make the optimizer called `solver`, with the parameters that are among its options."""
        options: dict[str, float] = {"beta1": self.beta_1, "beta2": self.beta_2, "epsilon": self.epsilon}
        if self.solver == "sgd":  # scikit-learn has momentum for sgd only, though RMSProp could have it
            options.update(momentum=self.momentum, nesterov=bool(self.nesterovs_momentum) and self.momentum > 0.0)
        if self._decays:
            options.update(weight_decay=self.alpha)
        known = signature(OPTIMIZERS[self.solver]).parameters
        taken = {name: value for name, value in options.items() if name in known}
        return make_optimizer(self.solver, self.learning_rate_init, **taken)

    # As scikit-learn asks for them: a subclass may have an `__init__` of its own, whose arguments count.

    def get_params(self, deep: bool = True) -> dict[str, object]:
        """Return every argument of `__init__` with its present value. None is an estimator, so `deep` has no effect."""
        return {name: getattr(self, name) for name in signature(type(self)).parameters}

    def set_params(self: Me, **params: object) -> Me:
        """Change these arguments. Raises ValueError, and changes nothing, if one of the names is unknown."""
        names = [*signature(type(self)).parameters]
        for name in params:
            if name not in names:
                what = f"Invalid parameter {name!r} for {self}, valid parameters are {', '.join(names)}"
                raise ValueError(f"{what}{name_hint(name, ['MLP'], names)}")
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        """Return the call that makes an equal estimator, without arguments that have their default value."""
        given = [
            f"{name}={getattr(self, name)!r}"
            for name, parameter in signature(type(self)).parameters.items()
            if repr(getattr(self, name)) != repr(parameter.default)
        ]
        return f"{type(self).__name__}({', '.join(given)})"
