"""Hyperparameters: kept as they come, got and set by name, and asked for sense only when training begins."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from random import Random

import pytest

from purenn.estimators.mlp import MLPClassifier, MLPRegressor
from purenn.optimizers import SGD, AdaGrad, Adam, AdamW, Optimizer, RMSProp

X, y = [[0.0], [1.0]], [0, 1]


def optimizer_of(**options: object) -> Optimizer:
    model = MLPClassifier().set_params(**{"hidden_layer_sizes": (), "max_iter": 1, "tol": 0.0, **options})
    with pytest.warns(UserWarning, match="max_iter=1"):
        model.fit(X, y)
    return model._optimizer


# scikit-learn's documentation of MLPClassifier, which has two more that only L-BFGS and nothing here would need
DEFAULTS = {
    "hidden_layer_sizes": (100,),
    "activation": "relu",
    "solver": "adam",
    "alpha": 0.0001,
    "batch_size": "auto",
    "learning_rate": "constant",
    "learning_rate_init": 0.001,
    "power_t": 0.5,
    "max_iter": 200,
    "shuffle": True,
    "random_state": None,
    "tol": 1e-4,
    "verbose": False,
    "warm_start": False,
    "momentum": 0.9,
    "nesterovs_momentum": True,
    "early_stopping": False,
    "validation_fraction": 0.1,
    "beta_1": 0.9,
    "beta_2": 0.999,
    "epsilon": 1e-8,
    "n_iter_no_change": 10,
}


def test_the_defaults_are_those_of_scikit_learn() -> None:
    assert MLPClassifier().get_params() == DEFAULTS
    assert MLPRegressor().get_params(deep=False) == DEFAULTS


@pytest.mark.parametrize("name", DEFAULTS)
def test_an_argument_is_kept_untouched_under_its_own_name(name: str) -> None:
    value = [object()]
    model = MLPClassifier().set_params(**{name: value})
    assert getattr(model, name) is value
    assert model.get_params()[name] is value
    make: Callable[..., MLPRegressor] = MLPRegressor
    assert vars(make(**{name: value})) == {**DEFAULTS, name: value}


def test_setting_returns_the_estimator() -> None:
    model = MLPClassifier()
    assert model.set_params(alpha=1.0, tol=0.5) is model
    assert (model.alpha, model.tol) == (1.0, 0.5)


def test_an_unknown_name_is_refused_and_nothing_changes() -> None:
    model = MLPClassifier()
    with pytest.raises(
        ValueError, match=r"Invalid parameter 'beta' for MLPClassifier\(\), valid parameters are hidden"
    ):
        model.set_params(alpha=1.0, beta=2.0)
    assert model.alpha == 0.0001


def test_the_text_is_the_call_that_makes_an_equal_one() -> None:
    assert repr(MLPRegressor()) == "MLPRegressor()"
    model = MLPClassifier((5, 3), "tanh", alpha=0.0, random_state=0)
    expected = "MLPClassifier(hidden_layer_sizes=(5, 3), activation='tanh', alpha=0.0, random_state=0)"
    assert repr(model) == expected
    assert repr(eval(expected)) == expected


# What fit makes of them.


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": "cosine"}, "learning_rate must be one of constant, invscaling, adaptive, got 'cosine'"),
        ({"solver": "sophia"}, "solver must be one of sgd, adam, adamw, adagrad, rmsprop, got 'sophia'"),
        ({"solver": "lbfgs"}, "got 'lbfgs': L-BFGS takes all samples at once, purenn learns in batches"),
        ({"activation": "step"}, "no activation is called 'step'"),
        ({"hidden_layer_sizes": (5, 0)}, r"hidden_layer_sizes must be > 0, got \[5, 0\]"),
        ({"hidden_layer_sizes": -1}, r"hidden_layer_sizes must be > 0, got \[-1\]"),
        ({"max_iter": 0}, "max_iter must be at least 1, got 0"),
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"n_iter_no_change": 0}, "n_iter_no_change must be at least 1, got 0"),
        ({"tol": -1.0}, "tol must be a finite number of at least 0, got -1.0"),
        ({"power_t": inf}, "power_t must be a finite number of at least 0, got inf"),
        ({"validation_fraction": 1.0}, r"validation_fraction must be in \[0, 1\), got 1.0"),
        ({"random_state": "seed"}, r"random_state must be None, an int or a random.Random, got 'seed'"),
        ({"alpha": -1.0}, "l2 must be a finite number of at least 0, got"),
        ({"learning_rate_init": 0.0}, "learning_rate must be a finite number above 0, got 0.0"),
        ({"solver": "sgd", "momentum": 1.0}, r"momentum must be in \[0, 1\), got 1.0"),
        ({"beta_1": 1.0}, r"beta1 must be in \[0, 1\), got 1.0"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_by_fit(options: dict[str, object], message: str) -> None:
    model = MLPClassifier().set_params(**options)  # which does not ask
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"solver": "sgd"}, SGD(0.5, momentum=0.9, nesterov=True)),
        ({"solver": "sgd", "nesterovs_momentum": False, "momentum": 0.3}, SGD(0.5, momentum=0.3)),
        ({"solver": "sgd", "momentum": 0.0}, SGD(0.5)),
        ({"beta_1": 0.8, "beta_2": 0.7, "epsilon": 1e-3}, Adam(0.5, beta1=0.8, beta2=0.7, epsilon=1e-3)),
        ({"solver": "adamw", "alpha": 0.2, "beta_1": 0.8}, AdamW(0.5, beta1=0.8, weight_decay=0.2)),
        ({"solver": "adagrad", "epsilon": 1e-3}, AdaGrad(0.5, epsilon=1e-3)),
        ({"solver": "rmsprop", "epsilon": 1e-3}, RMSProp(0.5, epsilon=1e-3)),
    ],
)
def test_the_solver_and_its_options_make_the_optimizer(options: dict[str, object], expected: Optimizer) -> None:
    made = optimizer_of(learning_rate_init=0.5, **options)
    assert type(made) is type(expected)
    assert made.options == expected.options
    assert made.learning_rate == 0.5


@pytest.mark.parametrize(
    ("sizes", "expected"), [((), [1, 1]), (3, [1, 3, 1]), ([4, 2], [1, 4, 2, 1]), (range(2, 4), [1, 2, 3, 1])]
)
def test_hidden_layers_may_be_a_number_or_several(sizes: object, expected: list[int]) -> None:
    model = MLPRegressor(max_iter=1).set_params(hidden_layer_sizes=sizes)
    with pytest.warns(UserWarning, match="max_iter=1"):
        model.fit(X, y)
    assert [len(coefs) for coefs in model.coefs_] == expected[:-1]
    assert [len(intercepts) for intercepts in model.intercepts_] == expected[1:]


@pytest.mark.filterwarnings("ignore:.*max_iter")
def test_the_seed_makes_the_random_numbers() -> None:
    def weights(random_state: int | Random | None) -> object:
        return MLPRegressor(3, max_iter=2, random_state=random_state).fit(X, y).coefs_

    assert weights(1) == weights(1) == weights(Random(1))
    assert weights(1) != weights(2)
    assert weights(None) != weights(None)


@pytest.mark.filterwarnings("ignore:.*max_iter")
def test_a_generator_is_used_up_by_every_fit() -> None:
    model = MLPRegressor(3, max_iter=2, random_state=Random(1))
    assert model.fit(X, y).coefs_ != model.fit(X, y).coefs_


@pytest.mark.filterwarnings("ignore:.*max_iter")
def test_the_order_of_the_samples_comes_from_the_same_generator() -> None:
    shuffling, ordered = Random(1), Random(1)
    MLPRegressor(3, max_iter=1, random_state=shuffling).fit(X, y)
    MLPRegressor(3, max_iter=1, random_state=ordered, shuffle=False).fit(X, y)
    assert shuffling.getstate() != ordered.getstate()


# What scikit-learn asks.


@dataclass
class Tags:
    """What this version of scikit-learn has in its utils under any name that ends so."""

    options: dict[str, object]


class Utils:
    """The module sklearn.utils."""

    @staticmethod
    def Tags(**options: object) -> Tags:
        return Tags(options)

    TargetTags = ClassifierTags = RegressorTags = InputTags = Tags


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_the_tags_are_made_by_scikit_learn(
    kind: type[MLPClassifier | MLPRegressor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", Utils)
    monkeypatch.setitem(sys.modules, "sklearn.utils", Utils)
    tags = kind().__sklearn_tags__()
    classifies = kind is MLPClassifier
    assert tags == Tags(
        {
            "estimator_type": "classifier" if classifies else "regressor",
            "target_tags": Tags({"required": True, "multi_output": not classifies}),
            "classifier_tags": Tags({"multi_label": True}) if classifies else None,
            "regressor_tags": None if classifies else Tags({}),
            "input_tags": Tags({"sparse": True}),
        }
    )
    assert kind._estimator_type == ("classifier" if classifies else "regressor")
