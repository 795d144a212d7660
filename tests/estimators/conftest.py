"""Helpers for tests of the estimators. Tests import them by name: `from tests.estimators.conftest import LINE`."""

from __future__ import annotations

import math
from random import Random

from purenn.estimators import MLPClassifier, MLPRegressor

__all__ = ["DEAR", "LINE", "PRICES", "SAME", "guessing", "line_of", "linear_regressor", "quick", "scaled_classifier"]

LINE = [[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 5.0, 7.0]  # y = 2 x + 1
PRICES = [[500.0 + 100.0 * math.sin(i), 0.001 * math.cos(3.0 * i)] for i in range(60)]  # two columns of other units
DEAR = ["dear" if price > 500.0 else "cheap" for price, _ in PRICES]
SAME = ["same", "different", "different", "same"]  # whether the two inputs of XOR are the same


def quick(hidden: object = (8,), **options: object) -> MLPClassifier:
    """Return a classifier that learns the corners of a square in no time."""
    lively = {"hidden_layer_sizes": hidden, "activation": "tanh", "solver": "sgd", "learning_rate_init": 0.5}
    return MLPClassifier(max_iter=300, random_state=1).set_params(**{**lively, **options})


def linear_regressor(**options: object) -> MLPRegressor:
    """Return y = w x + b, learned by plain gradient descent on all samples at once unless the options differ."""
    plain = {"hidden_layer_sizes": (), "solver": "sgd", "momentum": 0.0, "alpha": 0.0, "random_state": 0}
    return MLPRegressor().set_params(**{**plain, "shuffle": False, **options})


def line_of(model: MLPRegressor) -> tuple[float, float]:
    """Return w and b of `linear_regressor`."""
    return model.coefs_[0][0][0], model.intercepts_[0][0]


def guessing(**options: object) -> MLPClassifier:
    """Fit a classifier to random classes: what it learns of one half does not hold for the other."""
    rng = Random(0)
    x = [[rng.gauss(0.0, 1.0) for _ in range(3)] for _ in range(40)]
    plain = {"learning_rate_init": 0.1, "early_stopping": True, "validation_fraction": 0.5, "random_state": 0}
    return MLPClassifier((4,)).set_params(**{**plain, **options}).fit(x, [rng.choice("ab") for _ in x])


def scaled_classifier(**options: object) -> MLPClassifier:
    """Return a classifier that standardizes its inputs."""
    return MLPClassifier((8,), learning_rate_init=0.05, random_state=0, standardize=True).set_params(**options)
