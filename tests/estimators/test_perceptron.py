"""The perceptron: its parameters, how a network begins, what a step does, and when training ends."""

from __future__ import annotations

import json
import math
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite, nan, sqrt
from pathlib import Path
from random import Random

import pytest

from purenn import activations, optimizers
from purenn.activations import Elementwise
from purenn.datasets import load
from purenn.errors import FormatError, TrainingError, TrainingWarning
from purenn.estimators import ConvergenceWarning, MLPClassifier, MLPRegressor, NotFittedError
from purenn.estimators.perceptron import HalfSquaredError, SummedBinaryCrossEntropy, initial_network
from purenn.formats import safetensors
from purenn.gradcheck import check_loss
from purenn.layers import Activation, Linear
from purenn.losses import BinaryCrossEntropy, Loss
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.optimizers import OPTIMIZERS, SGD, AdaGrad, Adam, AdamW, Optimizer, RMSProp
from purenn.preprocessing import standardize
from tests.conftest import XOR
from tests.estimators.conftest import LINE, SAME, guessing, line_of, linear_regressor, quick

pytestmark = pytest.mark.filterwarnings("ignore::purenn.estimators.ConvergenceWarning")

X, y = [[0.0], [1.0]], [0, 1]


def optimizer_of(**options: object) -> Optimizer:
    """Return the optimizer that fit makes of these options."""
    model = MLPClassifier().set_params(**{"hidden_layer_sizes": (), "max_iter": 1, **options})
    return model.fit(X, y)._optimizer


# Parameters are kept as they come.

# From scikit-learn's documentation of MLPClassifier, without the two that only L-BFGS and a choice of loss need.
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


# Parameters are checked and used by fit.


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": "cosine"}, "learning_rate must be one of constant, invscaling, adaptive, got 'cosine'"),
        (
            {"solver": "lbfgs"},
            "solver must be one of .*, got 'lbfgs': L-BFGS takes all samples at once, purenn",
        ),
        ({"activation": "step"}, "no activation is called 'step'"),
        ({"hidden_layer_sizes": (5, 0)}, "hidden_layer_sizes must be at least 1, got 0"),
        ({"hidden_layer_sizes": -1}, "hidden_layer_sizes must be at least 1, got -1"),
        ({"max_iter": 0}, "max_iter must be at least 1, got 0"),
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"batch_size": "full"}, "batch_size must be one of auto, got 'full'"),
        ({"n_iter_no_change": 0}, "n_iter_no_change must be at least 1, got 0"),
        ({"tol": -1.0}, "tol must be a finite number of at least 0, got -1.0"),
        ({"power_t": inf}, "power_t must be a finite number of at least 0, got inf"),
        ({"validation_fraction": 1.0}, r"validation_fraction must be in \[0, 1\), got 1.0"),
        ({"random_state": "seed"}, r"random_state must be None, an int or a random.Random, got 'seed'"),
        ({"alpha": -1.0}, "alpha must be a finite number of at least 0, got -1.0"),
        ({"learning_rate_init": 0.0}, "learning_rate_init must be a finite number above 0, got 0.0"),
        ({"solver": "sgd", "momentum": 1.0}, r"momentum must be in \[0, 1\), got 1.0"),
        ({"beta_1": 1.0}, r"beta1 must be in \[0, 1\), got 1.0"),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_fit(options: dict[str, object], message: str) -> None:
    model = MLPClassifier().set_params(**options)  # which does not check
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)


def test_an_unknown_solver_is_answered_with_the_names_of_all_optimizers() -> None:
    with pytest.raises(ValueError, match=f"^solver must be one of {', '.join(OPTIMIZERS)}, got 'adma'$"):
        MLPClassifier(solver="adma").fit(X, y)


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


# Tags, with a stand-in for scikit-learn.


@dataclass
class Tags:
    """Any of the kinds of tags in sklearn.utils."""

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


# Initial networks.


@pytest.mark.parametrize(("activation", "factor"), [("relu", 6.0), ("tanh", 6.0), ("logistic", 2.0), ("sigmoid", 2.0)])
def test_initial_weights_and_biases_fill_glorots_range(activation: str, factor: float) -> None:
    network = initial_network([30, 50, 10], activation, Random(0))
    for layer, bound in ((network.layers[0], sqrt(factor / 80)), (network.layers[2], sqrt(factor / 60))):
        for parameter in layer.parameters:
            sizes = [abs(value) for row in parameter for value in row]
            assert max(sizes) <= bound
            assert max(sizes) > 0.7 * bound  # the chance that 10 uniform numbers are all below that is 0.7^10, 3 %


def test_activations_stand_between_the_layers_and_not_at_the_end() -> None:
    kinds = [type(layer) for layer in initial_network([2, 3, 4, 1], "leaky_relu(0.2)", Random(0)).layers]
    assert kinds == [Linear, Activation, Linear, Activation, Linear]
    assert str(initial_network([2, 3, 1], "logistic", Random(0)).layers[1]) == "Activation('sigmoid')"


# Losses.


def test_half_the_squared_error_adds_up_over_the_outputs() -> None:
    # errors 1, 2 and 0, 3: half their squares, 0.5 + 2 and 0 + 4.5, over 2 samples
    loss, y, t = HalfSquaredError(), Matrix([[1, 2], [0, 3]]), Matrix([[0, 0], [0, 0]])
    assert loss.value(y, t) == pytest.approx(3.5)
    assert loss.gradient(y, t) == Matrix([[0.5, 1.0], [0.0, 1.5]])


def test_a_summed_cross_entropy_is_the_sum_of_those_of_single_labels() -> None:
    summed, single = SummedBinaryCrossEntropy(), BinaryCrossEntropy()
    expected = single.value(Matrix([[0.5]]), Matrix([[1.0]])) + single.value(Matrix([[-1.0]]), Matrix([[0.0]]))
    assert summed.value(Matrix([[0.5, -1.0]]), Matrix([[1.0, 0.0]])) == pytest.approx(expected)


@pytest.mark.parametrize("loss", [HalfSquaredError(), SummedBinaryCrossEntropy()])
def test_a_summed_loss_has_its_own_gradient(loss: Loss) -> None:
    assert check_loss(loss, [[0.5, -1.0]], [[1.0, 0.0]]).passed


def test_a_summed_loss_has_the_targets_of_the_averaged_one() -> None:
    loss = SummedBinaryCrossEntropy()
    assert (loss.kind, loss.takes) == ("multilabel", "logits")
    with pytest.raises(ValueError, match="y, column 1 is 2, expected a probability"):
        loss.check_target([1, 2], "y")


# Steps.


def step(alpha: float, weights: list[float]) -> tuple[float, float, float]:
    """Return the loss before, and w and b after, one step of rate 0.1 on the line, as scikit-learn defines them."""
    rows = [x for (x,) in LINE[0]]
    layer = initial_network([1, 1], "relu", Random(0)).layers[0]
    (w,), (b,) = layer.parameters[0][0], layer.parameters[1][0]
    total = sum(weights)
    errors = [w * x + b - t for x, t in zip(rows, LINE[1])]
    loss = sum(s * e * e for s, e in zip(weights, errors)) / total / 2 + alpha / 2 * w * w / total
    dw = sum(s * e * x for s, e, x in zip(weights, errors, rows)) / total + alpha * w / total
    db = sum(s * e for s, e in zip(weights, errors)) / total
    return loss, w - 0.1 * dw, b - 0.1 * db


@pytest.mark.parametrize("alpha", [0.0, 2.0])
def test_a_step_divides_alpha_by_the_number_of_samples(alpha: float) -> None:
    model = linear_regressor(alpha=alpha, learning_rate_init=0.1, max_iter=1).fit(*LINE)
    assert (model.loss_, *line_of(model)) == pytest.approx(step(alpha, [1.0] * 4))


@pytest.mark.parametrize("weights", [[1.0, 2.0, 0.0, 5.0], [2.0, 2.0, 2.0, 2.0]])
def test_a_step_divides_the_weights_by_their_sum(weights: list[float]) -> None:
    model = linear_regressor(alpha=2.0, learning_rate_init=0.1, max_iter=1).fit(*LINE, weights)
    assert (model.loss_, *line_of(model)) == pytest.approx(step(2.0, weights))


def test_adamw_takes_alpha_as_its_weight_decay_and_adds_nothing_to_the_loss() -> None:
    decaying, free = (linear_regressor(solver="adamw", alpha=alpha, max_iter=1).fit(*LINE) for alpha in (0.5, 0.0))
    assert decaying.loss_ == free.loss_
    (w,) = initial_network([1, 1], "relu", Random(0)).parameters[0][0]
    # the steps are equal, but one begins by w ← w - rate · alpha · w
    assert line_of(decaying)[0] - line_of(free)[0] == pytest.approx(-0.001 * 0.5 * w)


def test_batches_are_of_200_samples_at_most() -> None:
    model = linear_regressor(max_iter=1).fit([[1.0]] * 401, [0.0] * 401)
    assert model._optimizer.steps == 3
    assert linear_regressor(max_iter=1).fit(*LINE)._optimizer.steps == 1
    assert linear_regressor(max_iter=1, batch_size=3).fit(*LINE)._optimizer.steps == 2


def test_a_batch_that_is_too_large_is_clipped_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="batch_size=5 is clipped to the number of samples, 4") as caught:
        model = linear_regressor(max_iter=1, batch_size=5).fit(*LINE)
    assert caught[0].filename == __file__
    assert model._optimizer.steps == 1


def test_shuffling_changes_the_order_of_the_steps() -> None:
    assert line_of(linear_regressor(batch_size=1, max_iter=1).fit(*LINE)) != line_of(
        linear_regressor(batch_size=1, max_iter=1, shuffle=True).fit(*LINE)
    )


def test_a_training_that_diverges_is_stopped_with_advice() -> None:
    with pytest.raises(TrainingError, match="try a lower learning rate"):
        linear_regressor(learning_rate_init=1e99).fit(*LINE)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([0.0] * 4, "all weights are zero"),
        ([1.0, 1.0], "4 samples, but 2 weights"),
        ([1.0, -1.0, 1.0, 1.0], "the weight of sample 1 is -1.0"),
        ([[1.0]] * 4, "sample_weight must be 1D"),
    ],
)
def test_sample_weights_of_wrong_size_or_sign_are_refused(weights: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        linear_regressor().fit(*LINE, weights)


# Learning rates of sgd. For one sample x = 1 with target 0 the output is w + b, and a step multiplies it by 1 - 2 rate.


def shrinkage(**options: object) -> list[float]:
    model = linear_regressor(learning_rate_init=0.1, max_iter=4, **options).fit([[1.0]], [0.0])
    outputs = [sqrt(2.0 * loss) for loss in model.loss_curve_]
    return [after / before for before, after in zip(outputs, outputs[1:])]


def test_a_constant_rate_stays_the_same() -> None:
    assert shrinkage() == pytest.approx([0.8, 0.8, 0.8])


def test_inverse_scaling_divides_the_rate_by_a_power_of_the_samples_seen() -> None:
    # the first epoch has rate 0.1; after it t = 1, so 0.1 / 2^0.25, then 0.1 / 3^0.25
    expected = [1 - 0.2, 1 - 0.2 / 2**0.25, 1 - 0.2 / 3**0.25]
    assert shrinkage(learning_rate="invscaling", power_t=0.25) == pytest.approx(expected)


def test_adam_keeps_its_rate_under_invscaling() -> None:
    adam, same = (linear_regressor(solver="adam", learning_rate=rule).fit(*LINE) for rule in ("constant", "invscaling"))
    assert line_of(adam) == line_of(same)


def test_an_adaptive_rate_is_divided_by_5_until_it_is_tiny() -> None:
    # With so large a tol no epoch but the first is better. The rate 1e-4 ends after 1 + (1 + 1) epochs, 2e-5 and 4e-6
    # after 2 more each; 8e-7 is below 1e-6, so training ends 2 epochs later: 3 + 3 · 2 in all.
    model = linear_regressor(learning_rate="adaptive", learning_rate_init=1e-4, tol=1e9, n_iter_no_change=1).fit(*LINE)
    assert model.n_iter_ == 9
    assert model._rate == pytest.approx(8e-7)


# When training ends.


@pytest.mark.parametrize("patience", [1, 5])
def test_training_ends_after_more_than_n_iter_no_change_epochs_without_progress(patience: int) -> None:
    model = linear_regressor(tol=1e9, n_iter_no_change=patience).fit(*LINE)
    assert model.n_iter_ == 1 + (patience + 1)  # the first epoch is always progress


def test_training_continues_while_the_loss_falls_by_tol() -> None:
    model = linear_regressor(tol=1e-3, n_iter_no_change=1, learning_rate_init=0.1).fit(*LINE)
    falls = [before - after for before, after in zip(model.loss_curve_, model.loss_curve_[1:])]
    assert all(fall < 1e-3 for fall in falls[-2:])
    assert falls[-3] >= 1e-3


def test_max_iter_ends_training_with_a_warning() -> None:
    with pytest.warns(ConvergenceWarning, match="MLPRegressor did all of its max_iter=3 epochs") as caught:
        model = linear_regressor(max_iter=3).fit(*LINE)
    assert caught[0].filename == __file__  # the warning points to the call of fit
    assert (model.n_iter_, model.t_, len(model.loss_curve_)) == (3, 12, 3)


def test_there_is_no_warning_if_training_converges_in_the_last_epoch() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = linear_regressor(tol=1e9, n_iter_no_change=1, max_iter=3).fit(*LINE)
    assert model.n_iter_ == 3


def test_the_lowest_loss_is_remembered() -> None:
    model = linear_regressor(momentum=0.9, learning_rate_init=0.2, max_iter=30).fit(*LINE)  # overshoots and comes back
    assert model.best_loss_ == min(model.loss_curve_) < model.loss_
    assert (model.validation_scores_, model.best_validation_score_) == (None, None)


def test_verbose_prints_every_epoch_and_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    model = linear_regressor(tol=1e9, n_iter_no_change=1, verbose=True).fit(*LINE)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Iteration 1, loss = {model.loss_curve_[0]:.8f}"
    assert lines[3] == (
        "Training loss did not improve more than tol=1000000000.000000 for 1 consecutive epochs. Stopping."
    )
    assert len(lines) == 4


# Early stopping.


def test_early_stopping_keeps_the_best_network() -> None:
    model = guessing()
    scores = model.validation_scores_ or []
    assert model.best_validation_score_ == max(scores) > scores[-1]
    assert model.best_loss_ is None
    there = guessing(max_iter=scores.index(max(scores)) + 1)
    assert (model.coefs_, model.intercepts_) == (there.coefs_, there.intercepts_)
    assert model.coefs_[0] != initial_network([3, 4, 1], "relu", Random(0)).parameters[0].data


def test_early_stopping_trains_on_the_samples_not_held_back() -> None:
    model = guessing(validation_fraction=0.25, batch_size=1)
    assert model.t_ == model._optimizer.steps == 30 * model.n_iter_


def test_early_stopping_ends_when_the_score_does_not_rise() -> None:
    model = guessing(tol=10.0, n_iter_no_change=3)
    assert model.n_iter_ == 5
    assert len(model.validation_scores_ or []) == 5


def test_early_stopping_scores_samples_by_weight() -> None:
    # of 8 equal samples the 2 with weight 9 are of class 1, so class 1 is learned; each half holds one of them
    x, y = [[1.0]] * 8, [1, 0, 0, 0, 1, 0, 0, 0]
    model = MLPClassifier((), early_stopping=True, validation_fraction=0.5, random_state=0, learning_rate_init=0.1)
    model.fit(x, y, [9.0, 1.0, 1.0, 1.0] * 2)
    assert model.best_validation_score_ == pytest.approx(9 / 12)


def test_early_stopping_of_a_regressor_watches_r_squared() -> None:
    x = [[i / 40] for i in range(40)]
    y = [3.0 * v + 1.0 for (v,) in x]
    model = linear_regressor(early_stopping=True, learning_rate_init=0.1, batch_size=1).fit(x, y)
    assert model.best_validation_score_ == pytest.approx(1.0, abs=1e-3)
    assert model.n_iter_ < 200


def test_verbose_early_stopping_prints_the_scores(capsys: pytest.CaptureFixture[str]) -> None:
    guessing(tol=10.0, n_iter_no_change=1, verbose=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[1::2]] == ["Validation score"] * 3
    assert lines[-1].startswith("Validation score did not improve more than tol=10.000000 for 1 consecutive epochs.")


def test_too_few_samples_to_hold_back_are_refused() -> None:
    with pytest.raises(ValueError, match=r"The validation set is too small: 0\.25 of 4 samples\. At least 2"):
        linear_regressor(early_stopping=True, validation_fraction=0.25).fit(*LINE)
    model = linear_regressor(early_stopping=True, validation_fraction=0.5).fit(*LINE)
    assert model.validation_scores_


def test_early_stopping_keeps_the_best_network_when_training_diverges() -> None:
    x, y = [[0.5 * i] for i in range(20)], [0.5 * i for i in range(20)]
    model = linear_regressor(early_stopping=True, validation_fraction=0.2, learning_rate_init=1e99, batch_size=1)
    with pytest.raises(TrainingError):
        model.fit(x, y)
    assert all(isfinite(value) for value in line_of(model))


# The scaler in the house.

PRICES = [[500.0 + 100.0 * math.sin(i), 0.001 * math.cos(3.0 * i)] for i in range(60)]  # two columns of other units
DEAR = ["dear" if price > 500.0 else "cheap" for price, _ in PRICES]


def scaled_classifier(**options: object) -> MLPClassifier:
    """Return a classifier that standardizes its inputs."""
    return MLPClassifier((8,), learning_rate_init=0.05, random_state=0, standardize=True).set_params(**options)


def test_standardize_is_the_same_as_scaling_before() -> None:
    scaler = standardize(PRICES)
    inside = scaled_classifier().fit(PRICES, DEAR)
    outside = scaled_classifier(standardize=False).fit(scaler(PRICES).data, DEAR)
    assert inside.loss_curve_ == outside.loss_curve_
    assert inside.predict_proba(PRICES) == outside.predict_proba(scaler(PRICES).data)
    assert inside.scaler_ == scaler
    assert outside.scaler_ is None


def test_the_network_of_a_classifier_that_standardizes_takes_inputs_in_their_units() -> None:
    model = scaled_classifier().fit(PRICES, DEAR)
    assert model.network_.predict_names(PRICES) == model.predict(PRICES)
    assert [len(model.coefs_), len(model.intercepts_)] == [2, 2]


def test_a_regressor_standardizes_its_quantities_too_and_answers_in_their_unit() -> None:
    targets = [[3.0 * price, 1000.0 - price] for price, _ in PRICES]
    model = MLPRegressor((8,), learning_rate_init=0.05, random_state=0, standardize=True).fit(PRICES, targets)
    assert model.score(PRICES, targets) > 0.99
    assert model.network_.predict(PRICES).data == list(model.predict(PRICES))


def test_a_scaler_is_kept_by_training_that_goes_on() -> None:
    model = scaled_classifier().fit(PRICES[:30], DEAR[:30])
    scaler = model.scaler_
    model.partial_fit(PRICES[30:], DEAR[30:])
    assert model.scaler_ == scaler == standardize(PRICES[:30])


def test_early_stopping_restores_the_best_of_a_network_that_scales() -> None:
    model = scaled_classifier(early_stopping=True, max_iter=30).fit(PRICES, DEAR)
    assert model.best_validation_score_ == max(model.validation_scores_ or [])


def test_unscaled_inputs_are_warned_of_by_the_name_of_their_column() -> None:
    expected = r"inputs: badly scaled: column 0 with mean 5\d\d.* MLPClassifier\(standardize=True\) scales them$"
    with pytest.warns(TrainingWarning, match=expected) as caught:
        scaled_classifier(standardize=False, max_iter=500).fit(PRICES, DEAR)
    assert caught[0].filename == __file__


def test_a_classifier_that_diverges_says_so_in_its_own_words() -> None:
    said = r"^diverged: the loss on 60 .* the learning rate of 100 is too high\. Try learning_rate_init=0\.1$"
    with pytest.warns(TrainingWarning, match=said) as caught:
        scaled_classifier(solver="sgd", learning_rate_init=100.0).fit(PRICES, [*"abc"] * 20)
    assert {warning.filename for warning in caught} == {__file__}


def test_targets_that_are_not_scaled_are_named_if_training_fails() -> None:
    x = standardize(PRICES)(PRICES).data
    dear = [price for price, _ in PRICES]
    said = r"^targets: badly scaled: column 0 .*; MLPRegressor\(standardize=True\) scales these too$"
    with pytest.warns(TrainingWarning, match=said):
        MLPRegressor((4,), random_state=0, max_iter=20).fit(x, dear)


def test_a_training_that_has_ended_early_is_not_told_to_take_more_epochs() -> None:
    with pytest.warns(TrainingWarning, match="not finished: .* Try a larger n_iter_no_change or a higher"):
        scaled_classifier(learning_rate_init=1e-3, n_iter_no_change=6, tol=0.5).fit(PRICES, DEAR)


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


def test_samples_of_a_data_set_are_inputs_and_targets() -> None:
    model = MLPClassifier((4,), max_iter=2).fit(*load("iris").train)
    assert list(model.classes_) == ["setosa", "versicolor", "virginica"]


def test_a_random_state_of_numpy_gives_a_seed() -> None:
    class State:
        def randint(self, below: int, /) -> int:
            return below - 1

    models = [quick(random_state=seed).fit(XOR, SAME) for seed in (State(), 2**31 - 2)]
    assert models[0].coefs_ == models[1].coefs_


def test_a_part_without_all_classes_is_nothing_to_warn_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quick().partial_fit(XOR[:1], SAME[:1], classes=["same", "different", "other"])


def test_scaled_inputs_are_not_warned_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scaled_classifier().fit(PRICES, DEAR)
        quick().fit(XOR, SAME)


# Files.


@pytest.mark.parametrize("scales", [False, True])
def test_a_classifier_is_saved_and_loaded(tmp_path: Path, scales: bool) -> None:
    model = scaled_classifier(standardize=scales).fit(standardize(PRICES)(PRICES).data, DEAR)
    model.save(tmp_path / "own.safetensors")
    again = MLPClassifier.load(tmp_path / "own.safetensors")
    assert repr(again) == repr(model)
    assert again.predict_proba(PRICES) == model.predict_proba(PRICES)
    assert again.predict(PRICES) == model.predict(PRICES)
    names = [name for name in vars(model) if name.endswith("_") and name != "network_"]
    assert [vars(again)[name] for name in names] == [vars(model)[name] for name in names]


@pytest.mark.parametrize("classes", [[3, 7, 9], [False, True, True], ["b", "a", "c"], [1.0, 2.0, 5.0]], ids=str)
def test_classes_keep_their_type_in_a_file(tmp_path: Path, classes: list[object]) -> None:
    model = quick().fit([[0.0], [1.0], [2.0]], classes)
    model.save(tmp_path / "own.safetensors")
    found = MLPClassifier.load(tmp_path / "own.safetensors").predict([[0.0], [1.0], [2.0]])
    assert [(type(value), value) for value in found] == [(type(value), value) for value in classes]


def test_labels_are_saved_and_loaded(tmp_path: Path) -> None:
    X, y = [[0.0], [1.0], [2.0]], [[0, 1], [1, 1], [1, 0]]
    model = quick().fit(X, y)
    model.save(tmp_path / "own.safetensors")
    assert MLPClassifier.load(tmp_path / "own.safetensors").predict(X) == model.predict(X)


def test_a_regressor_that_scales_is_saved_and_goes_on_after_loading(tmp_path: Path) -> None:
    targets = [3.0 * price for price, _ in PRICES]
    options = {"learning_rate_init": 0.01, "random_state": 0, "standardize": True}
    model = MLPRegressor((8,)).set_params(**options).fit(PRICES, targets)
    model.save(tmp_path / "own.safetensors")
    again = MLPRegressor.load(tmp_path / "own.safetensors")
    assert again.predict(PRICES) == model.predict(PRICES)
    again.partial_fit(PRICES, targets)
    assert again.loss_ < 2.0 * model.loss_ + 0.01  # of the standardized quantities: of the others it would be 1e6


def test_a_saved_estimator_is_a_network_too(tmp_path: Path) -> None:
    model = scaled_classifier().fit(PRICES, DEAR)
    model.save(tmp_path / "own.safetensors")
    assert Sequential.load(tmp_path / "own.safetensors").predict_names(PRICES) == model.predict(PRICES)


def test_a_file_of_something_else_is_refused_with_what_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    scaled_classifier().fit(PRICES, DEAR).save(path)
    with pytest.raises(FormatError, match=r"own\.safetensors: .* MLPClassifier, which MLPClassifier\.load reads"):
        MLPRegressor.load(path)
    Sequential(Linear(2, 2, Random(0))).save(path)
    with pytest.raises(FormatError, match=r"holds a network, but no estimator: Sequential\.load reads it"):
        MLPClassifier.load(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classes": None}, "its classes are None"),
        ({"classes": {"values": ["a", "b", "c"], "several": False, "array": False, "dtype": None}}, "3 classes"),
        ({"parameters": {"nonsense": 1}}, "Invalid parameter 'nonsense'"),
        ({"parameters": {"alpha": -1.0}}, "alpha must be a finite number of at least 0"),
        ({"parameters": {"alpha": "much"}}, "alpha must be a number, got 'much'"),
        ({"loss_curve": [None]}, "its loss_curve is None, expected a number"),
    ],
)
def test_a_damaged_record_is_refused(tmp_path: Path, change: dict[str, object], message: str) -> None:
    path = tmp_path / "own.safetensors"
    scaled_classifier().fit(PRICES, DEAR).save(path)
    tensors, metadata = safetensors.read(path)
    metadata["estimator"] = json.dumps({**json.loads(metadata["estimator"]), **change})
    safetensors.write(path, tensors, metadata)
    with pytest.raises(FormatError, match=f"no MLPClassifier can be made from it: .*{message}"):
        MLPClassifier.load(path)


def test_only_a_fitted_estimator_can_be_saved(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError, match=r"this MLPClassifier is not fitted yet: call fit\(X, y\) first"):
        MLPClassifier().save(tmp_path / "own.safetensors")
    assert list(tmp_path.iterdir()) == []


# Errors in the caller's words.


@pytest.mark.parametrize("sizes", ["8", 8.5, (8, 2.5), None], ids=str)
def test_hidden_sizes_of_another_kind_are_refused_with_an_example(sizes: object) -> None:
    with pytest.raises(ValueError, match=r"hidden_layer_sizes must be the number of units .* as in \(100, 50\), got"):
        quick(sizes).fit([[0.0], [1.0]], ["a", "b"])


@pytest.mark.parametrize(("gap", "shown"), [(None, "None"), (nan, "NaN"), ("", "''"), (" ", "' '")])
def test_a_missing_value_is_named_by_row_and_column(gap: object, shown: str) -> None:
    with pytest.raises(ValueError, match=rf"X, row 1, column 0 is missing \({shown}\): leave its row out, or"):
        quick().fit([[0.0, 1.0], [gap, 1.0]], ["a", "b"])


@pytest.mark.parametrize("gap", [None, nan, ""])
def test_a_missing_target_is_named_by_its_row(gap: object) -> None:
    for model in (MLPClassifier(), MLPRegressor()):
        with pytest.raises(ValueError, match=r"y, row 1 is missing \(.*\): leave this sample out"):
            model.fit([[0.0], [1.0]], [1, gap])


def test_texts_as_quantities_are_answered_with_the_estimator_for_classes() -> None:
    with pytest.raises(ValueError, match="y, row 0 is 'a': a regressor predicts quantities; MLPClassifier is for cl"):
        MLPRegressor().fit([[0.0], [1.0]], ["a", "b"])
