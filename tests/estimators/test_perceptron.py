"""The perceptron's training: how it begins, what a step is, when it ends, and how it goes on."""

from __future__ import annotations

import warnings
from math import sqrt
from random import Random

import pytest

from purenn.errors import TrainingError
from purenn.estimators.mlp import MLPClassifier, MLPRegressor
from purenn.estimators.perceptron import ConvergenceWarning, Summed, initial_network
from purenn.gradcheck import check_loss
from purenn.layers import Activation, Linear
from purenn.losses import BinaryCrossEntropy, MeanSquaredError
from purenn.matrix import Matrix

pytestmark = pytest.mark.filterwarnings("ignore::purenn.estimators.perceptron.ConvergenceWarning")

LINE = [[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 5.0, 7.0]


def linear(**options: object) -> MLPRegressor:
    """y = w x + b, by plain gradient descent on all samples at once, unless the options say otherwise."""
    plain = {"hidden_layer_sizes": (), "solver": "sgd", "momentum": 0.0, "alpha": 0.0, "random_state": 0}
    return MLPRegressor().set_params(**{**plain, "shuffle": False, **options})


def line_of(model: MLPRegressor) -> tuple[float, float]:
    """w and b."""
    return model.coefs_[0][0][0], model.intercepts_[0][0]


# How it begins.


@pytest.mark.parametrize(("activation", "factor"), [("relu", 6.0), ("tanh", 6.0), ("logistic", 2.0), ("sigmoid", 2.0)])
def test_weights_and_biases_begin_within_glorots_bounds_and_fill_them(activation: str, factor: float) -> None:
    network = initial_network([30, 50, 10], activation, Random(0))
    for layer, bound in ((network.layers[0], sqrt(factor / 80)), (network.layers[2], sqrt(factor / 60))):
        for parameter in layer.parameters:
            sizes = [abs(value) for row in parameter for value in row]
            assert max(sizes) <= bound
            assert max(sizes) > 0.7 * bound  # of 10 uniform numbers the chance that all are below that is 0.7^10, 3 %


def test_activations_stand_between_the_layers_and_not_at_the_end() -> None:
    kinds = [type(layer) for layer in initial_network([2, 3, 4, 1], "leaky_relu(0.2)", Random(0)).layers]
    assert kinds == [Linear, Activation, Linear, Activation, Linear]
    assert str(initial_network([2, 3, 1], "logistic", Random(0)).layers[1]) == "Activation('sigmoid')"


# The loss.


def test_a_summed_loss_adds_up_over_the_outputs() -> None:
    # errors 1, 2 and 0, 3: half their squares, 0.5 + 2 and 0 + 4.5, over 2 samples
    loss = Summed(MeanSquaredError(), 0.5)
    assert loss.value(Matrix([[1, 2], [0, 3]]), Matrix([[0, 0], [0, 0]])) == pytest.approx(3.5)
    assert loss.gradient(Matrix([[1, 2], [0, 3]]), Matrix([[0, 0], [0, 0]])) == Matrix([[0.5, 1.0], [0.0, 1.5]])


def test_a_summed_loss_has_its_own_gradient() -> None:
    assert check_loss(Summed(BinaryCrossEntropy(), 3.0), [[0.5, -1.0]], [[1.0, 0.0]]).passed


# A step.


def step(alpha: float, weights: list[float]) -> tuple[float, float, float]:
    """The loss before, and w and b after, one step of rate 0.1 on the line, as scikit-learn defines them."""
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
    model = linear(alpha=alpha, learning_rate_init=0.1, max_iter=1).fit(*LINE)
    assert (model.loss_, *line_of(model)) == pytest.approx(step(alpha, [1.0] * 4))


@pytest.mark.parametrize("weights", [[1.0, 2.0, 0.0, 5.0], [2.0, 2.0, 2.0, 2.0]])
def test_a_step_divides_the_weights_by_their_sum(weights: list[float]) -> None:
    model = linear(alpha=2.0, learning_rate_init=0.1, max_iter=1).fit(*LINE, weights)
    assert (model.loss_, *line_of(model)) == pytest.approx(step(2.0, weights))


def test_adamw_takes_alpha_as_its_decay_and_adds_nothing_to_the_loss() -> None:
    decaying, free = (linear(solver="adamw", alpha=alpha, max_iter=1).fit(*LINE) for alpha in (0.5, 0.0))
    assert decaying.loss_ == free.loss_
    (w,) = initial_network([1, 1], "relu", Random(0)).parameters[0][0]
    # the steps are equal, but one begins by w ← w - rate · alpha · w
    assert line_of(decaying)[0] - line_of(free)[0] == pytest.approx(-0.001 * 0.5 * w)


def test_batches_are_of_200_samples_at_most() -> None:
    model = linear(max_iter=1).fit([[1.0]] * 401, [0.0] * 401)
    assert model._optimizer.steps == 3
    assert linear(max_iter=1).fit(*LINE)._optimizer.steps == 1
    assert linear(max_iter=1, batch_size=3).fit(*LINE)._optimizer.steps == 2


def test_a_batch_that_is_too_large_is_clipped_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="batch_size=5 is clipped to the number of samples, 4") as caught:
        model = linear(max_iter=1, batch_size=5).fit(*LINE)
    assert caught[0].filename == __file__
    assert model._optimizer.steps == 1


def test_samples_are_shuffled_unless_that_is_off() -> None:
    assert line_of(linear(batch_size=1, max_iter=1).fit(*LINE)) != line_of(
        linear(batch_size=1, max_iter=1, shuffle=True).fit(*LINE)
    )


def test_a_training_that_diverges_says_so() -> None:
    with pytest.raises(TrainingError, match="try a lower learning rate"):
        linear(learning_rate_init=1e99).fit(*LINE)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([0.0] * 4, "all weights are zero"),
        ([1.0, 1.0], "4 samples, but 2 weights"),
        ([1.0, -1.0, 1.0, 1.0], "the weight of sample 1 is -1.0"),
        ([[1.0]] * 4, "sample_weight must be 1D"),
    ],
)
def test_weights_that_make_no_sense_are_refused(weights: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        linear().fit(*LINE, weights)


# The rate of sgd. For one sample x = 1 with target 0 the output is w + b, and a step multiplies it by 1 - 2 rate.


def shrinkings(**options: object) -> list[float]:
    model = linear(learning_rate_init=0.1, max_iter=4, **options).fit([[1.0]], [0.0])
    outputs = [sqrt(2.0 * loss) for loss in model.loss_curve_]
    return [after / before for before, after in zip(outputs, outputs[1:])]


def test_a_constant_rate_stays() -> None:
    assert shrinkings() == pytest.approx([0.8, 0.8, 0.8])


def test_inverse_scaling_divides_by_a_power_of_the_samples_seen() -> None:
    # the first epoch has rate 0.1; after it t = 1, so 0.1 / 2^0.25, then 0.1 / 3^0.25
    expected = [1 - 0.2, 1 - 0.2 / 2**0.25, 1 - 0.2 / 3**0.25]
    assert shrinkings(learning_rate="invscaling", power_t=0.25) == pytest.approx(expected)


def test_schedules_are_for_sgd_only() -> None:
    adam, same = (linear(solver="adam", learning_rate=rule).fit(*LINE) for rule in ("constant", "invscaling"))
    assert line_of(adam) == line_of(same)


def test_an_adaptive_rate_is_divided_by_5_until_it_is_tiny() -> None:
    # With so large a tol no epoch but the first is better. The rate 1e-4 gives way after 1 + (1 + 1) epochs, 2e-5 and
    # 4e-6 after 2 more each; 8e-7 is below 1e-6, so that 2 more are the end: 3 + 3 · 2.
    model = linear(learning_rate="adaptive", learning_rate_init=1e-4, tol=1e9, n_iter_no_change=1).fit(*LINE)
    assert model.n_iter_ == 9
    assert model._optimizer.learning_rate == pytest.approx(8e-7)


# The end.


@pytest.mark.parametrize("patience", [1, 5])
def test_training_ends_when_the_loss_was_not_better_by_tol_for_more_than_so_many_epochs(patience: int) -> None:
    model = linear(tol=1e9, n_iter_no_change=patience).fit(*LINE)
    assert model.n_iter_ == 1 + (patience + 1)  # the first is better than none at all


def test_training_goes_on_while_the_loss_falls_by_tol() -> None:
    model = linear(tol=1e-3, n_iter_no_change=1, learning_rate_init=0.1).fit(*LINE)
    falls = [before - after for before, after in zip(model.loss_curve_, model.loss_curve_[1:])]
    assert all(fall < 1e-3 for fall in falls[-2:])
    assert falls[-3] >= 1e-3


def test_max_iter_ends_it_in_any_case_with_a_warning() -> None:
    with pytest.warns(ConvergenceWarning, match="MLPRegressor did all of its max_iter=3 epochs") as caught:
        model = linear(max_iter=3).fit(*LINE)
    assert caught[0].filename == __file__  # the warning is for who calls fit
    assert (model.n_iter_, model.t_, len(model.loss_curve_)) == (3, 12, 3)


def test_no_warning_comes_when_the_last_epoch_is_the_end_anyway() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        linear(tol=1e9, n_iter_no_change=1, max_iter=3).fit(*LINE)


def test_the_lowest_loss_is_remembered() -> None:
    model = linear(momentum=0.9, learning_rate_init=0.2, max_iter=30).fit(*LINE)  # which runs past its goal and back
    assert model.best_loss_ == min(model.loss_curve_) < model.loss_
    assert (model.validation_scores_, model.best_validation_score_) == (None, None)


def test_verbose_prints_every_epoch_and_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    model = linear(tol=1e9, n_iter_no_change=1, verbose=True).fit(*LINE)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Iteration 1, loss = {model.loss_curve_[0]:.8f}"
    assert lines[3] == (
        "Training loss did not improve more than tol=1000000000.000000 for 1 consecutive epochs. Stopping."
    )
    assert len(lines) == 4


# Early stopping.


def guessing(**options: object) -> MLPClassifier:
    """A training on labels that mean nothing: what it learns of one half does not hold for the other."""
    rng = Random(0)
    x = [[rng.gauss(0.0, 1.0) for _ in range(3)] for _ in range(40)]
    plain = {"learning_rate_init": 0.1, "early_stopping": True, "validation_fraction": 0.5, "random_state": 0}
    return MLPClassifier((4,)).set_params(**{**plain, **options}).fit(x, [rng.choice("ab") for _ in x])


def test_early_stopping_leaves_the_best_network() -> None:
    model = guessing()
    scores = model.validation_scores_ or []
    assert model.best_validation_score_ == max(scores) > scores[-1]
    assert model.best_loss_ is None
    there = guessing(max_iter=scores.index(max(scores)) + 1)
    assert (model.coefs_, model.intercepts_) == (there.coefs_, there.intercepts_)


def test_early_stopping_holds_samples_back_and_trains_on_the_others() -> None:
    model = guessing(validation_fraction=0.25, batch_size=1)
    assert model.t_ == model._optimizer.steps == 30 * model.n_iter_


def test_early_stopping_ends_when_the_score_stays() -> None:
    model = guessing(tol=10.0, n_iter_no_change=3)
    assert model.n_iter_ == 5
    assert len(model.validation_scores_ or []) == 5


def test_early_stopping_counts_by_weight() -> None:
    # of 8 equal samples the 2 of weight 9 are of class 1, which is what is learned; both halves hold one of them
    x, y = [[1.0]] * 8, [1, 0, 0, 0, 1, 0, 0, 0]
    model = MLPClassifier((), early_stopping=True, validation_fraction=0.5, random_state=0, learning_rate_init=0.1)
    model.fit(x, y, [9.0, 1.0, 1.0, 1.0] * 2)
    assert model.best_validation_score_ == pytest.approx(9 / 12)


def test_early_stopping_of_a_regressor_goes_by_r_squared() -> None:
    x = [[i / 40] for i in range(40)]
    model = linear(early_stopping=True, learning_rate_init=0.1, batch_size=1).fit(x, [3.0 * v + 1.0 for (v,) in x])
    assert model.best_validation_score_ == pytest.approx(1.0, abs=1e-3)
    assert model.n_iter_ < 200


def test_verbose_early_stopping_prints_the_scores(capsys: pytest.CaptureFixture[str]) -> None:
    guessing(tol=10.0, n_iter_no_change=1, verbose=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[1::2]] == ["Validation score"] * 3
    assert lines[-1].startswith("Validation score did not improve more than tol=10.000000 for 1 consecutive epochs.")


def test_too_few_samples_to_hold_back_are_refused() -> None:
    with pytest.raises(ValueError, match=r"The validation set is too small: 0\.25 of 4 samples\. At least 2"):
        linear(early_stopping=True, validation_fraction=0.25).fit(*LINE)
    linear(early_stopping=True, validation_fraction=0.5).fit(*LINE)
