"""Going on: what partial_fit and warm_start keep of the training before."""

from __future__ import annotations

import warnings

import pytest

from purenn.errors import ShapeError
from purenn.estimators.mlp import MLPRegressor
from tests.estimators.test_mlp import CORNERS, LINE, XOR, quick

pytestmark = pytest.mark.filterwarnings("ignore::purenn.estimators.perceptron.ConvergenceWarning")


@pytest.mark.parametrize("options", [{}, {"solver": "sgd"}, {"batch_size": 3}, {"shuffle": False}])
def test_partial_fit_goes_on_where_fit_ended(options: dict[str, object]) -> None:
    model = MLPRegressor((3,), max_iter=2, random_state=0).set_params(**options).fit(*LINE)
    model.partial_fit(*LINE).partial_fit(*LINE)
    at_once = MLPRegressor((3,), max_iter=4, random_state=0).set_params(**options).fit(*LINE)
    assert (model.coefs_, model.intercepts_) == (at_once.coefs_, at_once.intercepts_)
    assert model.loss_curve_ == at_once.loss_curve_
    assert (model.n_iter_, model.t_) == (1, at_once.t_)


def test_partial_fit_can_be_first() -> None:
    model, fitted = MLPRegressor((3,), random_state=0), MLPRegressor((3,), random_state=0, max_iter=1)
    assert model.partial_fit(*LINE).coefs_ == fitted.fit(*LINE).coefs_


def test_partial_fit_is_not_meant_to_converge() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MLPRegressor((3,), max_iter=1).partial_fit(*LINE)


def test_partial_fit_has_nothing_to_stop_by() -> None:
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
        MLPRegressor(early_stopping=True).partial_fit(*LINE)


def test_a_fit_forgets_the_one_before() -> None:
    model = MLPRegressor((3,), max_iter=2, random_state=0)
    first = model.fit(*LINE).coefs_
    assert model.fit(*LINE).coefs_ == first
    assert len(model.loss_curve_) == 2


def test_a_warm_start_goes_on_with_the_network() -> None:
    plain = {"solver": "sgd", "momentum": 0.0, "batch_size": 1, "random_state": 0}  # an optimizer without a memory
    model = MLPRegressor((3,), max_iter=2, warm_start=True).set_params(**plain).fit(*LINE).fit(*LINE)
    at_once = MLPRegressor((3,), max_iter=4).set_params(**plain).fit(*LINE)
    assert (model.coefs_, model.loss_curve_) == (at_once.coefs_, at_once.loss_curve_)
    assert (model.n_iter_, model.t_) == (2, 16)


def test_a_warm_start_has_a_new_optimizer() -> None:
    model = MLPRegressor((3,), warm_start=True, max_iter=2).fit(*LINE).fit(*LINE)
    assert model._optimizer.steps == 2


def test_a_warm_start_may_begin_to_stop_early() -> None:
    model = MLPRegressor((3,), warm_start=True, max_iter=2)
    x, y = [[i / 40] for i in range(40)], [float(i) for i in range(40)]
    model.fit(x, y).set_params(early_stopping=True).fit(x, y)
    assert model.validation_scores_ is not None
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert len(model.validation_scores_) == 2


def test_going_on_needs_the_same_features_and_targets() -> None:
    model = MLPRegressor((3,), warm_start=True, max_iter=2).fit(*LINE)
    with pytest.raises(ValueError, match="X has 2 features, but MLPRegressor is expecting 1 features as input"):
        model.fit([[1.0, 2.0]], [1.0])
    with pytest.raises(ShapeError):
        model.partial_fit([[1.0]], [[1.0, 2.0]])


@pytest.mark.parametrize("change", [{"hidden_layer_sizes": (3, 2)}, {"activation": "tanh"}])
def test_going_on_needs_the_same_layers(change: dict[str, object]) -> None:
    model = MLPRegressor((3,), warm_start=True, max_iter=2).fit(*LINE).set_params(**change)
    with pytest.raises(ValueError, match=r"a network with hidden layers \(\[3\], 'relu'\) cannot go on as one with"):
        model.fit(*LINE)
    model.set_params(warm_start=False).fit(*LINE)


def test_what_is_refused_leaves_the_network_as_it_was() -> None:
    model = MLPRegressor((3,), max_iter=2).fit(*LINE)
    network, coefs = model.network_, model.coefs_
    with pytest.raises(ValueError, match="4 samples, but 1 weights"):
        model.fit(*LINE, [1.0])
    with pytest.raises(ValueError, match="solver must be one of"):
        model.set_params(solver="").fit(*LINE)
    assert model.network_ is network
    assert model.coefs_ == coefs


def test_a_warm_start_needs_the_same_classes() -> None:
    model = quick(warm_start=True, max_iter=1).fit(CORNERS, XOR)
    with pytest.raises(ValueError, match=r"were \['different', 'same'\]: y has \['a', 'b'\]"):
        model.fit(CORNERS, ["a", "b", "b", "a"])


def test_partial_fit_learns_classes_that_come_one_at_a_time() -> None:
    model = quick()
    with pytest.raises(ValueError, match=r"classes must be passed on the first call to partial_fit\."):
        model.partial_fit(CORNERS, XOR)
    model.partial_fit(CORNERS[:1], ["same"], classes=["same", "different"])
    for _ in range(300):
        model.partial_fit(CORNERS[1:3], ["different"] * 2).partial_fit(CORNERS[3:], ["same"])
        model.partial_fit(CORNERS[:1], ["same"], classes=("different", "same"))
    assert model.score(CORNERS, XOR) == 1.0


def test_partial_fit_refuses_other_classes() -> None:
    model = quick().partial_fit(CORNERS, XOR, classes=XOR)
    with pytest.raises(ValueError, match=r"y, row 1 is 'else', which is not among the classes"):
        model.partial_fit(CORNERS[:2], ["same", "else"])
    with pytest.raises(
        ValueError, match=r"`classes=\['else', 'same'\]` is not the same as on last call to partial_fit"
    ):
        model.partial_fit(CORNERS[:1], ["same"], classes=["same", "else"])


def test_partial_fit_needs_no_classes_where_there_are_labels() -> None:
    model = quick().partial_fit(CORNERS, [[0, 0], [0, 1], [0, 1], [1, 1]])
    assert model.n_outputs_ == 2
