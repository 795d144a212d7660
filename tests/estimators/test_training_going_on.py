"""Training that goes on: what partial_fit and warm_start keep of the training before."""

from __future__ import annotations

import warnings
from random import Random

import pytest

from purenn.errors import ShapeError
from purenn.estimators import MLPRegressor
from tests.conftest import XOR
from tests.estimators.conftest import LINE, SAME, guessing, quick

pytestmark = pytest.mark.filterwarnings("ignore::purenn.estimators.ConvergenceWarning")


INVERSE = {"solver": "sgd", "learning_rate": "invscaling"}
ADAPTIVE = {"solver": "sgd", "learning_rate": "adaptive", "tol": 1e9, "n_iter_no_change": 1}  # lower after 3 epochs


@pytest.mark.parametrize("options", [{}, {"solver": "sgd"}, {"batch_size": 3}, {"shuffle": False}, INVERSE, ADAPTIVE])
def test_partial_fit_goes_on_where_fit_ended(options: dict[str, object]) -> None:
    model = MLPRegressor((3,), max_iter=2, random_state=0).set_params(**options).fit(*LINE)
    model.partial_fit(*LINE).partial_fit(*LINE)
    at_once = MLPRegressor((3,), max_iter=4, random_state=0).set_params(**options).fit(*LINE)
    assert (model.coefs_, model.intercepts_) == (at_once.coefs_, at_once.intercepts_)
    assert model.loss_curve_ == at_once.loss_curve_
    assert (model.n_iter_, model.t_) == (1, at_once.t_)


def test_partial_fit_can_come_first() -> None:
    model, fitted = MLPRegressor((3,), random_state=0), MLPRegressor((3,), random_state=0, max_iter=1)
    assert model.partial_fit(*LINE).coefs_ == fitted.fit(*LINE).coefs_


def test_partial_fit_gives_no_warning_of_convergence() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = MLPRegressor((3,), max_iter=1).partial_fit(*LINE)
    assert model.n_iter_ == 1


def test_partial_fit_refuses_early_stopping() -> None:
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
        MLPRegressor(early_stopping=True).partial_fit(*LINE)


def test_a_fit_without_warm_start_begins_again() -> None:
    model = MLPRegressor((3,), max_iter=2, random_state=0)
    first = model.fit(*LINE).coefs_
    assert model.fit(*LINE).coefs_ == first
    assert len(model.loss_curve_) == 2


def test_a_warm_start_continues_with_the_network() -> None:
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


def test_a_warm_start_keeps_its_network_until_an_epoch_is_better_than_the_best_before() -> None:
    model = guessing(warm_start=True)
    coefs, best = model.coefs_, model.best_validation_score_
    rng = Random(1)
    x = [[rng.gauss(0.0, 1.0) for _ in range(3)] for _ in range(40)]
    model.set_params(max_iter=3, learning_rate_init=1e-9).fit(x, [rng.choice("ab") for _ in x])
    assert max((model.validation_scores_ or [])[-3:]) < (best or 0.0)
    assert model.best_validation_score_ == best
    assert model.coefs_ == coefs


def test_going_on_needs_the_same_features_and_targets() -> None:
    model = MLPRegressor((3,), warm_start=True, max_iter=2).fit(*LINE)
    with pytest.raises(ValueError, match="X has 2 features, but MLPRegressor is expecting 1 features as input"):
        model.fit([[1.0, 2.0]], [1.0])
    with pytest.raises(ShapeError, match="y has 2 columns, but the network was made for 1"):
        model.partial_fit([[1.0]], [[1.0, 2.0]])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"hidden_layer_sizes": (3, 2)}, r"hidden_layer_sizes was \[3\] and is \[3, 2\]"),
        ({"activation": "tanh"}, "activation was 'relu' and is 'tanh'"),
        ({"standardize": True}, "standardize was False and is True"),
    ],
)
def test_going_on_needs_the_same_layers(change: dict[str, object], said: str) -> None:
    model = MLPRegressor((3,), warm_start=True, max_iter=2).fit(*LINE).set_params(**change)
    with pytest.raises(ValueError, match=f"^MLPRegressor cannot go on with its network: {said}$"):
        model.fit(*LINE)
    assert model.set_params(warm_start=False).fit(*LINE).n_iter_ == 2


def test_a_refused_fit_leaves_the_network_unchanged() -> None:
    model = MLPRegressor((3,), max_iter=2).fit(*LINE)
    network, coefs = model.network_, model.coefs_
    with pytest.raises(ValueError, match="4 samples, but 1 weights"):
        model.fit(*LINE, [1.0])
    with pytest.raises(ValueError, match="X has 4 samples, but y has 3"):
        model.fit(LINE[0], LINE[1][:3])
    with pytest.raises(ValueError, match="all weights are zero"):
        model.fit(*LINE, [0.0] * 4)
    with pytest.raises(ValueError, match="The validation set is too small"):
        model.set_params(early_stopping=True).fit(*LINE)
    with pytest.raises(ValueError, match="solver must be one of"):
        model.set_params(solver="").fit(*LINE)
    assert model.network_ is network
    assert model.coefs_ == coefs


def test_a_warm_start_needs_the_same_classes() -> None:
    model = quick(warm_start=True, max_iter=1).fit(XOR, SAME)
    with pytest.raises(ValueError, match=r"were \['different', 'same'\]: y has \['a', 'b'\]"):
        model.fit(XOR, ["a", "b", "b", "a"])


def test_partial_fit_learns_classes_that_come_one_at_a_time() -> None:
    model = quick()
    first_call = (
        r"classes must be passed on the first call to partial_fit\. That call is: partial_fit\(X, y, classes=\["
    )
    with pytest.raises(ValueError, match=first_call):
        model.partial_fit(XOR, SAME)
    model.partial_fit(XOR[:1], ["same"], classes=["same", "different"])
    for _ in range(300):
        model.partial_fit(XOR[1:3], ["different"] * 2).partial_fit(XOR[3:], ["same"])
        model.partial_fit(XOR[:1], ["same"], classes=("different", "same"))
    assert model.score(XOR, SAME) == 1.0


def test_partial_fit_refuses_other_classes() -> None:
    model = quick().partial_fit(XOR, SAME, classes=SAME)
    with pytest.raises(ValueError, match=r"y, row 1 is 'else', which is not among the classes"):
        model.partial_fit(XOR[:2], ["same", "else"])
    with pytest.raises(
        ValueError, match=r"`classes=\['else', 'same'\]` is not the same as on last call to partial_fit"
    ):
        model.partial_fit(XOR[:1], ["same"], classes=["same", "else"])


def test_partial_fit_of_classes_refuses_labels() -> None:
    model = quick().partial_fit(XOR, SAME, classes=SAME)
    with pytest.raises(
        ValueError, match=r"y is a table, but each sample has one of the classes \['different', 'same'\]"
    ):
        model.partial_fit(XOR, [[0, 0], [0, 1], [0, 1], [1, 1]])


def test_partial_fit_needs_no_classes_for_labels() -> None:
    model = quick().partial_fit(XOR, [[0, 0], [0, 1], [0, 1], [1, 1]])
    assert model.n_outputs_ == 2
