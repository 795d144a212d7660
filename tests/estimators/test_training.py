"""Training: what a step does, the learning rates, when training ends, and what it warns of."""

from __future__ import annotations

import warnings
from math import isfinite, sqrt
from random import Random

import pytest

from purenn.errors import TrainingError, TrainingWarning
from purenn.estimators import ConvergenceWarning, MLPClassifier, MLPRegressor
from purenn.estimators.network import initial_network
from purenn.preprocessing import standardize
from tests.conftest import XOR
from tests.estimators.conftest import (
    DEAR,
    LINE,
    PRICES,
    SAME,
    guessing,
    line_of,
    linear_regressor,
    quick,
    scaled_classifier,
)

pytestmark = pytest.mark.filterwarnings("ignore::purenn.estimators.ConvergenceWarning")

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


def warned(model: MLPClassifier | MLPRegressor, X: object, y: object) -> list[tuple[str, str]]:
    """Return the kind and the first words of each warning of a fit."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, y)
    return [(warning.category.__name__, str(warning.message).partition(":")[0]) for warning in caught]


def test_a_training_that_is_not_finished_is_warned_of_once() -> None:
    slow = scaled_classifier(max_iter=12, learning_rate_init=0.01)
    assert warned(slow, PRICES, DEAR) == [("ConvergenceWarning", "not finished")]


def test_a_training_that_went_wrong_is_not_told_to_take_more_epochs_as_well() -> None:
    wild = scaled_classifier(solver="sgd", learning_rate_init=100.0, max_iter=20)
    assert warned(wild, PRICES, [*"abc"] * 20) == [("TrainingWarning", "diverged")]


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


# Scaling.


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


# Warnings, in the words of the parameters.


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
    with pytest.warns(ConvergenceWarning, match=r"^not finished: .* Try a larger n_iter_no_change or a higher"):
        scaled_classifier(learning_rate_init=1e-3, n_iter_no_change=6, tol=0.5).fit(PRICES, DEAR)


def test_a_part_without_all_classes_is_nothing_to_warn_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quick().partial_fit(XOR[:1], SAME[:1], classes=["same", "different", "other"])


def test_scaled_inputs_are_not_warned_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scaled_classifier().fit(PRICES, DEAR)
        quick().fit(XOR, SAME)
