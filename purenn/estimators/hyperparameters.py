"""Hyperparameters: the options of a multi-layer perceptron under scikit-learn's names, and what they stand for.

scikit-learn makes, copies and changes estimators through `get_params` and `set_params` alone. So `__init__` keeps every
argument as it came, under its own name, and whether they make sense is asked in `fit`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from inspect import signature
from math import inf
from operator import index
from random import Random
from typing import TypeVar

from purenn.optimizers import SGD, AdaGrad, Adam, AdamW, Optimizer, RMSProp

__all__ = ["Hyperparameters"]

LEARNING_RATES = ("constant", "invscaling", "adaptive")

Me = TypeVar("Me", bound="Hyperparameters")


class Hyperparameters:
    """What scikit-learn asks of any estimator: parameters to get and to set, a text, and tags that say what it is."""

    _estimator_type: str  # "classifier" or "regressor": how scikit-learn before 1.6 tells

    def __init__(
        self,
        hidden_layer_sizes: int | Iterable[int] = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | Random | None = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change

    def get_params(self, deep: bool = True) -> dict[str, object]:
        """Every argument of `__init__` with its value now. None of them is an estimator, so `deep` changes nothing."""
        return {name: getattr(self, name) for name in signature(type(self)).parameters}

    def set_params(self: Me, **params: object) -> Me:
        """Change these arguments. Raises ValueError, and changes nothing, if there is one of another name."""
        names = [*signature(type(self)).parameters]
        for name in params:
            if name not in names:
                raise ValueError(f"Invalid parameter {name!r} for {self}, valid parameters are {', '.join(names)}")
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        """The call that makes an equal estimator, without the arguments that have their default."""
        given = [
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if repr(value) != repr(signature(type(self)).parameters[name].default)
        ]
        return f"{type(self).__name__}({', '.join(given)})"

    def __sklearn_tags__(self) -> object:
        """What scikit-learn asks from 1.6 on: a tree of its own making. Nobody else asks, so it is loaded already."""
        utils = import_module("sklearn.utils")
        classifies = self._estimator_type == "classifier"
        tags: object = utils.Tags(
            estimator_type=self._estimator_type,
            target_tags=utils.TargetTags(required=True, multi_output=not classifies),
            classifier_tags=utils.ClassifierTags(multi_label=True) if classifies else None,
            regressor_tags=None if classifies else utils.RegressorTags(),
            input_tags=utils.InputTags(sparse=True),
        )
        return tags

    def _check(self) -> None:
        """Raise ValueError for an option out of range. Those of the optimizer and of the penalty check themselves."""
        if self.learning_rate not in LEARNING_RATES:
            raise ValueError(f"learning_rate must be one of {', '.join(LEARNING_RATES)}, got {self.learning_rate!r}")
        for name in ("max_iter", "n_iter_no_change", "batch_size"):
            value = getattr(self, name)
            if value != "auto" and not value >= 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        for name in ("tol", "power_t"):
            value = getattr(self, name)
            if not 0.0 <= value < inf:
                raise ValueError(f"{name} must be a finite number of at least 0, got {value}")
        if not 0.0 <= self.validation_fraction < 1.0:
            raise ValueError(f"validation_fraction must be in [0, 1), got {self.validation_fraction}")

    def _hidden_sizes(self) -> list[int]:
        """The numbers of units in the hidden layers."""
        sizes = self.hidden_layer_sizes
        numbers = [index(size) for size in sizes] if isinstance(sizes, Iterable) else [sizes]
        if any(size < 1 for size in numbers):
            raise ValueError(f"hidden_layer_sizes must be > 0, got {numbers}")
        return numbers

    def _generator(self) -> Random:
        """Where the random numbers come from: fresh entropy for None, a sequence of its own for each int."""
        if isinstance(self.random_state, Random):
            return self.random_state
        if self.random_state is None:
            return Random()
        try:
            return Random(index(self.random_state))
        except TypeError:
            what = f"got {self.random_state!r}"
            raise ValueError(f"random_state must be None, an int or a random.Random, {what}") from None

    def _new_optimizer(self) -> Optimizer:
        """What `solver` stands for. Raises ValueError for another name and for options out of range."""
        rate, epsilon, beta1, beta2 = self.learning_rate_init, self.epsilon, self.beta_1, self.beta_2
        nesterov = self.nesterovs_momentum and self.momentum > 0.0
        solvers: dict[str, Callable[[], Optimizer]] = {
            "sgd": lambda: SGD(rate, momentum=self.momentum, nesterov=nesterov),
            "adam": lambda: Adam(rate, beta1=beta1, beta2=beta2, epsilon=epsilon),
            "adamw": lambda: AdamW(rate, beta1=beta1, beta2=beta2, epsilon=epsilon, weight_decay=self.alpha),
            "adagrad": lambda: AdaGrad(rate, epsilon=epsilon),
            "rmsprop": lambda: RMSProp(rate, epsilon=epsilon),
        }
        if self.solver not in solvers:
            why = ": L-BFGS takes all samples at once, purenn learns in batches" if self.solver == "lbfgs" else ""
            raise ValueError(f"solver must be one of {', '.join(solvers)}, got {self.solver!r}{why}")
        return solvers[self.solver]()
