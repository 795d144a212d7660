"""Estimators: a classifier and a regressor that are used as scikit-learn's are."""

from __future__ import annotations

import pickle
import sys
from copy import deepcopy
from math import exp, log
from pathlib import Path

import pytest

from purenn.estimators.mlp import MLPClassifier, MLPRegressor
from purenn.estimators.perceptron import NotFittedError
from purenn.estimators.targets import DataConversionWarning
from purenn.network import Sequential
from tests.formats.test_arrays import Frame, NumPy, NumPyArray

pytestmark = pytest.mark.filterwarnings("ignore::purenn.estimators.perceptron.ConvergenceWarning")

LINE = [[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 5.0, 7.0]
CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]]
XOR = ["same", "different", "different", "same"]


def quick(hidden: object = (8,), **options: object) -> MLPClassifier:
    """A classifier that learns the corners of a square in no time."""
    lively = {"hidden_layer_sizes": hidden, "activation": "tanh", "solver": "sgd", "learning_rate_init": 0.5}
    return MLPClassifier(max_iter=300, random_state=1).set_params(**{**lively, **options})


# A classifier.


@pytest.mark.parametrize(
    "labels", [XOR, [0, 1, 1, 0], [False, True, True, False], [2.0, 1.0, 1.0, 2.0], [[0], [1], [1], [0]]]
)
@pytest.mark.filterwarnings("ignore::purenn.estimators.targets.DataConversionWarning")
def test_two_classes_are_learned_whatever_they_are_called(labels: list[object]) -> None:
    expected = [0, 1, 1, 0] if labels[0] == [0] else labels
    model = quick().fit(CORNERS, labels)
    answers = list(model.predict(CORNERS))
    assert answers == expected
    assert [type(answer) for answer in answers] == [type(label) for label in expected]
    assert list(model.classes_) == sorted({*expected}, key=str)
    assert (model.out_activation_, model.n_outputs_, model.n_layers_, model.n_features_in_) == ("logistic", 1, 3, 2)


def test_more_classes_share_a_softmax() -> None:
    labels = ["none", "one", "one", "two"]
    model = quick().fit(CORNERS, labels)
    assert list(model.predict(CORNERS)) == labels
    assert list(model.classes_) == ["none", "one", "two"]
    assert (model.out_activation_, model.n_outputs_) == ("softmax", 3)


def test_labels_hold_each_by_itself() -> None:
    both_and_either = [[0, 0], [0, 1], [0, 1], [1, 1]]
    model = quick().fit(CORNERS, both_and_either)
    assert list(model.predict(CORNERS)) == both_and_either
    assert list(model.classes_) == [0, 1]
    assert (model.out_activation_, model.n_outputs_) == ("logistic", 2)
    assert model.score(CORNERS, [[0, 0], [0, 1], [0, 1], [1, 0]]) == 0.75  # a row is right if all of it is


@pytest.mark.parametrize("labels", [XOR, ["none", "one", "one", "two"], [[0, 0], [0, 1], [0, 1], [1, 1]]])
def test_probabilities_are_those_of_the_logits(labels: list[object]) -> None:
    model = quick().fit(CORNERS, labels)
    rows = list(model.predict_proba(CORNERS))
    for row, logs, logits in zip(rows, model.predict_log_proba(CORNERS), model.network_.predict(CORNERS)):
        if model.out_activation_ == "softmax":
            expected = [exp(z) / sum(map(exp, logits)) for z in logits]
        else:
            expected = [1.0 / (1.0 + exp(-z)) for z in logits]
            expected = [1.0 - expected[0], expected[0]] if len(logits) == 1 else expected
        assert list(row) == pytest.approx(expected)
        assert list(logs) == pytest.approx([log(p) for p in expected])


def test_a_logarithm_stays_finite_where_the_probability_is_rounded_to_0() -> None:
    model = quick((), max_iter=1).fit([[0.0], [1.0]], [0, 1])
    (log_of_no, log_of_yes), (no, yes) = model.predict_log_proba([[1e4]])[0], model.predict_proba([[1e4]])[0]
    assert sorted([no, yes]) == [0.0, 1.0]
    assert min(log_of_no, log_of_yes) < -1000.0


def test_the_accuracy_counts_by_weight() -> None:
    model = quick().fit(CORNERS, XOR)
    truths = ["same", "same", "different", "elsewhere"]
    assert model.score(CORNERS, truths) == 0.5
    assert model.score(CORNERS, truths, [1.0, 2.0, 3.0, 4.0]) == pytest.approx(0.4)


def test_weights_decide_between_samples_that_contradict_each_other() -> None:
    x, y = [[1.0]] * 3, ["a", "b", "b"]
    assert quick(()).fit(x, y).predict([[1.0]]) == ["b"]
    assert quick(()).fit(x, y, [3.0, 1.0, 1.0]).predict([[1.0]]) == ["a"]


# A regressor.


def test_a_quantity_is_a_number_and_several_are_a_row() -> None:
    model = MLPRegressor((), solver="sgd", learning_rate_init=0.1, tol=0.0, alpha=0.0, n_iter_no_change=99)
    assert list(model.fit(*LINE).predict([[4.0]])) == [pytest.approx(9.0, abs=0.01)]
    assert model.out_activation_ == "identity"
    (row,) = model.fit(LINE[0], [[t, -t] for t in LINE[1]]).predict([[4.0]])
    assert row == pytest.approx([9.0, -9.0], abs=0.01)
    assert model.n_outputs_ == 2
    assert model.score(LINE[0], [[t, -t] for t in LINE[1]]) == pytest.approx(1.0, abs=1e-3)


def test_a_column_of_quantities_is_a_column_with_a_warning() -> None:
    with pytest.warns(DataConversionWarning) as caught:
        model = MLPRegressor((3,), random_state=0, max_iter=5).fit(LINE[0], [[t] for t in LINE[1]])
    assert caught[0].filename == __file__  # the warning is for who calls fit
    assert model.predict([[4.0]]) == MLPRegressor((3,), random_state=0, max_iter=5).fit(*LINE).predict([[4.0]])


def test_r_squared_counts_by_weight() -> None:
    model = MLPRegressor((), random_state=0, max_iter=1).fit(*LINE)
    answers = model.predict(LINE[0])
    error = sum(w * (a - t) ** 2 for w, a, t in zip((1, 1, 0, 0), map(float, map(str, answers)), LINE[1]))
    assert model.score(*LINE, [1, 1, 0, 0]) == pytest.approx(1 - error / 2.0)  # 1 and 3: mean 2, spread 1 + 1


# Before fit.


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba"])
def test_nothing_can_be_asked_before_fit(method: str) -> None:
    with pytest.raises(NotFittedError, match="this MLPClassifier is not fitted yet: call fit") as raised:
        getattr(MLPClassifier(), method)(CORNERS)
    assert isinstance(raised.value, ValueError)
    assert isinstance(raised.value, AttributeError)


def test_nothing_can_be_scored_before_fit() -> None:
    with pytest.raises(NotFittedError):
        MLPRegressor().score(*LINE)


def test_what_ends_in_an_underscore_is_there_after_fit_only() -> None:
    names = ["network_", "coefs_", "intercepts_", "classes_", "loss_", "loss_curve_", "best_loss_", "n_iter_", "t_"]
    model = MLPClassifier(max_iter=1)
    assert not any(hasattr(model, name) for name in names)
    model.fit(CORNERS, XOR)
    assert all(hasattr(model, name) for name in names)


# Features.


def test_another_number_of_features_is_refused() -> None:
    with pytest.raises(ValueError, match="X has 1 features, but MLPClassifier is expecting 2 features as input"):
        quick(max_iter=1).fit(CORNERS, XOR).predict([[1.0]])


def test_features_of_other_names_are_refused(numpy: None) -> None:
    model = quick(max_iter=1).fit(Frame(CORNERS, ["left", "right"]), XOR)
    model.predict(Frame(CORNERS, ["left", "right"]))
    model.predict(CORNERS)  # which has no names to compare
    with pytest.raises(
        ValueError, match=r"The feature names should match .* \['left', 'right'\], got \['right', 'left'\]"
    ):
        model.predict(Frame(CORNERS, ["right", "left"]))
    assert not hasattr(model.fit(CORNERS, XOR), "feature_names_in_")


# Arrays: played by stand-ins, see test_arrays.


@pytest.fixture
def numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", NumPy)


def test_arrays_are_answered_by_arrays(numpy: None) -> None:
    model = quick().fit(NumPyArray(CORNERS), NumPyArray(XOR, "object"))
    answers = model.predict(NumPyArray(CORNERS))
    assert isinstance(answers, NumPyArray)
    assert (answers.values, answers.dtype) == (XOR, "object")
    assert isinstance(model.predict_proba(NumPyArray(CORNERS)), NumPyArray)
    assert isinstance(model.predict_log_proba(NumPyArray(CORNERS)), NumPyArray)
    assert isinstance(model.classes_, NumPyArray)
    assert model.classes_.dtype == "object"
    assert all(isinstance(values, NumPyArray) for values in (*model.coefs_, *model.intercepts_))


def test_labels_are_answered_by_whole_numbers(numpy: None) -> None:
    model = quick(max_iter=1).fit(NumPyArray(CORNERS), NumPyArray([[0.0, 1.0]] * 4, "float64"))
    answers = model.predict(NumPyArray(CORNERS))
    assert isinstance(answers, NumPyArray)
    assert answers.dtype is None  # NumPy's own choice for ints


def test_classes_are_an_array_if_one_of_the_two_was(numpy: None) -> None:
    assert isinstance(quick(max_iter=1).fit(NumPyArray(CORNERS), XOR).classes_, NumPyArray)
    assert isinstance(quick(max_iter=1).fit(CORNERS, NumPyArray(XOR)).classes_, NumPyArray)
    assert isinstance(quick(max_iter=1).fit(CORNERS, XOR).classes_, list)


def test_lists_are_answered_by_lists_even_if_it_was_fitted_with_arrays(numpy: None) -> None:
    model = quick().fit(NumPyArray(CORNERS), NumPyArray(XOR, "object"))
    assert model.predict(CORNERS) == XOR
    assert isinstance(model.predict_proba(CORNERS), list)


def test_a_frame_gives_its_names(numpy: None) -> None:
    model = MLPRegressor(max_iter=1).fit(Frame(LINE[0], ["x"]), LINE[1])
    assert isinstance(model.feature_names_in_, NumPyArray)
    assert (model.feature_names_in_.values, model.feature_names_in_.dtype) == (["x"], object)
    assert isinstance(model.predict(Frame(LINE[0], ["x"])), NumPyArray)


# The network.


def test_coefficients_are_a_copy_in_by_out() -> None:
    model = MLPRegressor((3,), max_iter=1).fit([[1.0, 2.0]], [1.0])
    assert [(len(coefs), len(coefs[0])) for coefs in model.coefs_] == [(2, 3), (3, 1)]
    coefs, intercepts = model.coefs_, model.intercepts_
    assert isinstance(coefs[0], list)
    assert isinstance(intercepts[0], list)
    coefs[0][0][0] = intercepts[0][0] = 1e9
    assert model.coefs_[0][0][0] != 1e9 != model.intercepts_[0][0]


def test_the_network_can_be_saved(tmp_path: Path) -> None:
    model = quick(activation="leaky_relu(0.2)").fit(CORNERS, XOR)
    model.network_.save(tmp_path / "xor.safetensors")
    logits = Sequential.load(tmp_path / "xor.safetensors").predict(CORNERS)
    assert [model.classes_[int(z > 0.0)] for (z,) in logits] == list(model.predict(CORNERS))


def test_a_copy_goes_on_by_itself() -> None:
    model = MLPRegressor((3,), max_iter=2, random_state=0).fit(*LINE)
    for copy in (deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert copy.coefs_ == model.coefs_
        copy.partial_fit(*LINE)
        assert copy.coefs_ != model.coefs_
        assert copy.coefs_ == deepcopy(model).partial_fit(*LINE).coefs_
