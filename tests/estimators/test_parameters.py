"""The parameters: their defaults, what they may be, and what is made of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import inf
from random import Random

import pytest

from purenn import activations, optimizers
from purenn.activations import Elementwise
from purenn.estimators import MLPClassifier, MLPRegressor, Parameters
from purenn.optimizers import OPTIMIZERS, SGD, AdaGrad, Adam, AdamW, Optimizer, RMSProp
from tests.conftest import XOR
from tests.estimators.conftest import SAME, quick

pytestmark = pytest.mark.filterwarnings("ignore::purenn.estimators.ConvergenceWarning")

X, y = [[0.0], [1.0]], [0, 1]


def optimizer_of(**options: object) -> Optimizer:
    """Return the optimizer that fit makes of these options."""
    model = MLPClassifier().set_params(**{"hidden_layer_sizes": (), "max_iter": 1, **options})
    return model.fit(X, y)._optimizer


# They are kept as they come.

# From scikit-learn's documentation of MLPClassifier, without the one that only L-BFGS needs.
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
    "standardize": False,
}


def test_the_defaults_are_those_of_scikit_learn() -> None:
    assert MLPClassifier().get_params() == {**DEFAULTS, "class_weight": None}
    assert MLPRegressor().get_params(deep=False) == {**DEFAULTS, "loss": "squared_error"}


@pytest.mark.parametrize("name", DEFAULTS)
def test_an_argument_is_kept_untouched_under_its_own_name(name: str) -> None:
    value = [object()]
    model = MLPClassifier().set_params(**{name: value})
    assert getattr(model, name) is value
    assert model.get_params()[name] is value
    make: Callable[..., MLPRegressor] = MLPRegressor
    assert vars(make(**{name: value})) == {**DEFAULTS, "loss": "squared_error", name: value}


def test_every_argument_is_explained() -> None:
    assert [name for name in DEFAULTS if name not in re.findall(r"\w+", Parameters.__doc__ or "")] == []


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor, type("Own", (MLPRegressor,), {})])
def test_a_wrong_call_names_the_class_that_was_called(kind: type[object]) -> None:
    call: Callable[..., object] = kind
    with pytest.raises(TypeError, match=rf"^{kind.__name__}\(\) has no argument layers; purenn calls it hidden_layer"):
        call(layers=3)
    with pytest.raises(TypeError, match=rf"^{kind.__name__}\(\) got multiple values for argument 'activation'$"):
        call((3,), "relu", activation="tanh")


def test_a_subclass_may_have_arguments_of_its_own() -> None:
    class Deep(MLPRegressor):
        """Layers of equal width."""

        def __init__(self, depth: int = 2, *, tol: float = 1e-4) -> None:
            super().__init__((8,) * depth, tol=tol)
            self.depth = depth

    assert Deep(3).get_params() == {"depth": 3, "tol": 1e-4}
    assert repr(Deep(3).set_params(tol=0.5)) == "Deep(depth=3, tol=0.5)"


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


def test_an_unknown_name_is_answered_as_in_a_call() -> None:
    for name, said in (("lr", "purenn calls it learning_rate_init=0.01"), ("alfa", r"did you mean alpha\?")):
        with pytest.raises(ValueError, match=rf"valid parameters are hidden_layer_sizes, .*, standardize.*; {said}$"):
            MLPClassifier().set_params(**{name: 3})


def test_a_regressor_has_the_one_loss() -> None:
    assert repr(MLPRegressor(loss="squared_error")) == "MLPRegressor()"
    with pytest.raises(ValueError, match=r"^loss must be one of squared_error, got 'poisson'$"):
        MLPRegressor(loss="poisson").fit(X, y)


def test_the_text_is_the_call_that_makes_an_equal_one() -> None:
    assert repr(MLPRegressor()) == "MLPRegressor()"
    model = MLPClassifier((5, 3), "tanh", alpha=0.0, random_state=0)
    expected = "MLPClassifier(hidden_layer_sizes=(5, 3), activation='tanh', alpha=0.0, random_state=0)"
    assert repr(model) == expected
    assert repr(eval(expected)) == expected


# They are checked by fit.


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": "cosine"}, "learning_rate must be one of constant, invscaling, adaptive, got 'cosine'"),
        (
            {"solver": "lbfgs"},
            "solver must be one of .*, got 'lbfgs': L-BFGS takes all samples at once, purenn",
        ),
        ({"activation": "step"}, "activation must be one of logistic, .*, got 'step'$"),
        ({"activation": "ReLU"}, r"activation must be one of logistic, .*, got 'ReLU'; did you mean relu\?$"),
        ({"activation": "leaky_relu(x)"}, r"no activation is called 'leaky_relu\(x\)'"),
        ({"hidden_layer_sizes": (5, 0)}, "hidden_layer_sizes must be at least 1, got 0"),
        ({"hidden_layer_sizes": -1}, "hidden_layer_sizes must be at least 1, got -1"),
        ({"max_iter": 0}, "max_iter must be at least 1, got 0"),
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"batch_size": "full"}, "batch_size must be one of auto, got 'full'"),
        ({"n_iter_no_change": 0}, "n_iter_no_change must be at least 1, got 0"),
        ({"tol": -1.0}, "tol must be a finite number of at least 0, got -1.0"),
        ({"power_t": inf}, "power_t must be a finite number of at least 0, got inf"),
        ({"validation_fraction": 1.0}, r"validation_fraction must be in \[0, 1\), got 1.0"),
        ({"random_state": "seed"}, r"random_state must be None, .* or an np\.random\.RandomState, got 'seed'$"),
        ({"alpha": -1.0}, "alpha must be a finite number of at least 0, got -1.0"),
        ({"learning_rate_init": 0.0}, "learning_rate_init must be a finite number above 0, got 0.0"),
        ({"solver": "sgd", "momentum": 1.0}, r"momentum must be in \[0, 1\), got 1.0"),
        ({"beta_1": 1.0}, r"beta_1 must be in \[0, 1\), got 1.0"),
        ({"epsilon": 0.0}, "epsilon must be a finite number above 0, got 0.0"),
        ({"n_iter_no_change": 2.5}, "n_iter_no_change must be a whole number, got 2.5"),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_fit(options: dict[str, object], message: str) -> None:
    model = MLPClassifier().set_params(**options)  # which does not check
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)


@pytest.mark.parametrize("name", ["n_iter_no_change", *(name for name in DEFAULTS if type(DEFAULTS[name]) is float)])
def test_a_number_that_is_none_is_refused_by_its_own_name(name: str) -> None:
    for value in ("much", None):
        model = MLPClassifier().set_params(**{name: value})
        with pytest.raises(TypeError, match=f"^{name} must be a number, got {value!r}$"):
            model.fit(X, y)


def test_an_unknown_solver_is_answered_with_the_names_of_all_optimizers() -> None:
    with pytest.raises(ValueError, match=f"^solver must be one of {', '.join(OPTIMIZERS)}, got 'adma'$"):
        MLPClassifier(solver="adma").fit(X, y)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"learning_rate": 0.1},
            "learning_rate must be one of constant, .*, got 0.1; the rate itself is learning_rate_i",
        ),
        ({"activation": None}, "activation must be a name, such as 'relu', got None"),
        ({"early_stopping": "yes"}, "early_stopping must be True or False, got 'yes'"),
    ],
)
def test_a_parameter_of_another_kind_is_refused_by_its_name(options: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}"):
        quick(**options).fit(XOR, SAME)


@pytest.mark.parametrize("sizes", ["8", 8.5, (8, 2.5), None], ids=str)
def test_hidden_sizes_of_another_kind_are_refused_with_an_example(sizes: object) -> None:
    with pytest.raises(ValueError, match=r"hidden_layer_sizes must be the number of units .* as in \(100, 50\), got"):
        quick(sizes).fit([[0.0], [1.0]], ["a", "b"])


# What is made of them.


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


def test_a_registered_optimizer_is_a_solver_and_gets_the_options_it_has() -> None:
    @optimizers.register
    class Sophia(Adam):
        """An optimizer of another program."""

        def __init__(self, learning_rate: float = 0.5, *, beta1: float = 0.5) -> None:
            super().__init__(learning_rate, beta1=beta1)

    made = optimizer_of(solver="sophia", beta_1=0.8, beta_2=0.7, epsilon=0.1)
    assert type(made) is Sophia
    assert made.options == Adam(beta1=0.8).options


def test_a_registered_activation_can_be_chosen_by_name() -> None:
    activations.register(Elementwise("double", lambda z: 2.0 * z, lambda z: 2.0))
    model = MLPRegressor((3,), "double", max_iter=1).fit(X, y)
    assert str(model.network_.layers[1]) == "Activation('double')"


@pytest.mark.parametrize(
    ("sizes", "expected"), [((), [1, 1]), (3, [1, 3, 1]), ([4, 2], [1, 4, 2, 1]), (range(2, 4), [1, 2, 3, 1])]
)
def test_hidden_layer_sizes_may_be_one_number_or_several(sizes: object, expected: list[int]) -> None:
    model = MLPRegressor(max_iter=1).set_params(hidden_layer_sizes=sizes)
    model.fit(X, y)
    assert [len(coefs) for coefs in model.coefs_] == expected[:-1]
    assert [len(intercepts) for intercepts in model.intercepts_] == expected[1:]


def test_equal_seeds_give_equal_weights() -> None:
    def weights(random_state: int | Random | None) -> object:
        return MLPRegressor(3, max_iter=2, random_state=random_state).fit(X, y).coefs_

    assert weights(1) == weights(1) == weights(Random(1))
    assert weights(1) != weights(2)
    assert weights(None) != weights(None)


def test_every_fit_draws_new_numbers_from_a_given_generator() -> None:
    model = MLPRegressor(3, max_iter=2, random_state=Random(1))
    assert model.fit(X, y).coefs_ != model.fit(X, y).coefs_


def test_samples_are_shuffled_with_the_same_generator() -> None:
    shuffling, ordered = Random(1), Random(1)
    MLPRegressor(3, max_iter=1, random_state=shuffling).fit(X, y)
    MLPRegressor(3, max_iter=1, random_state=ordered, shuffle=False).fit(X, y)
    assert shuffling.getstate() != ordered.getstate()


def test_a_random_state_of_numpy_gives_a_seed() -> None:
    class State:
        def randint(self, below: int, /) -> int:
            return below - 1

    models = [quick(random_state=seed).fit(XOR, SAME) for seed in (State(), 2**31 - 2)]
    assert models[0].coefs_ == models[1].coefs_
