"""The classifier and the regressor, used as scikit-learn's are."""

from __future__ import annotations

import pickle
from copy import deepcopy
from math import exp, log
from pathlib import Path

import pytest

from purenn.errors import ShapeError
from purenn.estimators import DataConversionWarning, MLPClassifier, MLPRegressor, NotFittedError
from purenn.network import Sequential
from tests.conftest import XOR, Frame, NumPyArray
from tests.estimators.conftest import LINE, SAME, quick

pytestmark = pytest.mark.filterwarnings("ignore::purenn.estimators.ConvergenceWarning")


# A classifier.


@pytest.mark.parametrize(
    "labels", [SAME, [0, 1, 1, 0], [False, True, True, False], [2.0, 1.0, 1.0, 2.0], [[0], [1], [1], [0]]]
)
@pytest.mark.filterwarnings("ignore::purenn.estimators.DataConversionWarning")
def test_two_classes_are_learned_under_any_names(labels: list[object]) -> None:
    expected = [0, 1, 1, 0] if labels[0] == [0] else labels
    model = quick().fit(XOR, labels)
    answers = list(model.predict(XOR))
    assert answers == expected
    assert [type(answer) for answer in answers] == [type(label) for label in expected]
    assert list(model.classes_) == sorted({*expected}, key=str)
    assert (model.out_activation_, model.n_outputs_, model.n_layers_, model.n_features_in_) == ("logistic", 1, 3, 2)


def test_three_classes_share_a_softmax() -> None:
    labels = ["none", "one", "one", "two"]
    model = quick().fit(XOR, labels)
    assert list(model.predict(XOR)) == labels
    assert list(model.classes_) == ["none", "one", "two"]
    assert (model.out_activation_, model.n_outputs_) == ("softmax", 3)


def test_labels_are_learned_independently() -> None:
    both_and_either = [[0, 0], [0, 1], [0, 1], [1, 1]]
    model = quick().fit(XOR, both_and_either)
    assert list(model.predict(XOR)) == both_and_either
    assert list(model.classes_) == [0, 1]
    assert (model.out_activation_, model.n_outputs_) == ("logistic", 2)
    assert model.score(XOR, [[0, 0], [0, 1], [0, 1], [1, 0]]) == 0.75  # a row is right if all of it is


@pytest.mark.parametrize("labels", [SAME, ["none", "one", "one", "two"], [[0, 0], [0, 1], [0, 1], [1, 1]]])
def test_probabilities_are_those_of_the_logits(labels: list[object]) -> None:
    model = quick().fit(XOR, labels)
    rows = list(model.predict_proba(XOR))
    for row, logs, logits in zip(rows, model.predict_log_proba(XOR), model.network_.outputs(XOR)):
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
    model = quick().fit(XOR, SAME)
    truths = ["same", "same", "different", "elsewhere"]
    assert model.score(XOR, truths) == 0.5
    assert model.score(XOR, truths, [1.0, 2.0, 3.0, 4.0]) == pytest.approx(0.4)


def test_weights_decide_between_contradictory_samples() -> None:
    x, y = [[1.0]] * 3, ["a", "b", "b"]
    assert quick(()).fit(x, y).predict([[1.0]]) == ["b"]
    assert quick(()).fit(x, y, [3.0, 1.0, 1.0]).predict([[1.0]]) == ["a"]


# A regressor.


def test_one_quantity_is_a_number_and_several_are_a_row() -> None:
    model = MLPRegressor((), solver="sgd", learning_rate_init=0.1, tol=0.0, alpha=0.0, n_iter_no_change=99)
    assert list(model.fit(*LINE).predict([[4.0]])) == [pytest.approx(9.0, abs=0.01)]
    assert model.out_activation_ == "identity"
    (row,) = model.fit(LINE[0], [[t, -t] for t in LINE[1]]).predict([[4.0]])
    assert row == pytest.approx([9.0, -9.0], abs=0.01)
    assert model.n_outputs_ == 2
    assert model.score(LINE[0], [[t, -t] for t in LINE[1]]) == pytest.approx(1.0, abs=1e-3)


def test_a_table_of_one_quantity_is_a_column_with_a_warning() -> None:
    with pytest.warns(DataConversionWarning) as caught:
        model = MLPRegressor((3,), random_state=0, max_iter=5).fit(LINE[0], [[t] for t in LINE[1]])
    assert caught[0].filename == __file__  # the warning points to the call of fit
    assert model.predict([[4.0]]) == MLPRegressor((3,), random_state=0, max_iter=5).fit(*LINE).predict([[4.0]])


def test_r_squared_counts_by_weight() -> None:
    model = MLPRegressor((), random_state=0, max_iter=1).fit(*LINE)
    answers = model.predict(LINE[0])
    error = sum(w * (a - t) ** 2 for w, a, t in zip((1, 1, 0, 0), map(float, map(str, answers)), LINE[1]))
    assert model.score(*LINE, [1, 1, 0, 0]) == pytest.approx(1 - error / 2.0)  # 1 and 3: mean 2, spread 1 + 1


def test_a_score_of_other_quantities_than_those_learned_is_refused() -> None:
    model = MLPRegressor((), max_iter=1).fit(*LINE)
    with pytest.raises(ShapeError, match=r"predictions are \(4, 1\) .* but targets are \(4, 2\)"):
        model.score(LINE[0], [[t, t] for t in LINE[1]])


# Before fit.


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba"])
def test_predictions_before_fit_are_refused(method: str) -> None:
    with pytest.raises(NotFittedError, match="this MLPClassifier is not fitted yet: call fit") as raised:
        getattr(MLPClassifier(), method)(XOR)
    assert isinstance(raised.value, ValueError)
    assert isinstance(raised.value, AttributeError)


def test_a_score_before_fit_is_refused() -> None:
    with pytest.raises(NotFittedError):
        MLPRegressor().score(*LINE)


def test_attributes_with_an_underscore_at_the_end_exist_only_after_fit() -> None:
    names = ["network_", "coefs_", "intercepts_", "classes_", "loss_", "loss_curve_", "best_loss_", "n_iter_", "t_"]
    model = MLPClassifier(max_iter=1)
    assert not any(hasattr(model, name) for name in names)
    model.fit(XOR, SAME)
    assert all(hasattr(model, name) for name in names)


# Features.


def test_another_number_of_features_is_refused() -> None:
    with pytest.raises(ValueError, match="X has 1 features, but MLPClassifier is expecting 2 features as input"):
        quick(max_iter=1).fit(XOR, SAME).predict([[1.0]])


def test_features_of_other_names_are_refused(numpy: None) -> None:
    model = quick(max_iter=1).fit(Frame(XOR, ["left", "right"]), SAME)
    assert list(model.predict(Frame(XOR, ["left", "right"]))) == list(model.predict(XOR))  # no names, none compared
    with pytest.raises(
        ValueError, match=r"The feature names should match .* \['left', 'right'\], got \['right', 'left'\]"
    ):
        model.predict(Frame(XOR, ["right", "left"]))
    assert not hasattr(model.fit(XOR, SAME), "feature_names_in_")


# Arrays, with a stand-in for NumPy.


def test_results_for_arrays_are_arrays(numpy: None) -> None:
    model = quick().fit(NumPyArray(XOR), NumPyArray(SAME, "object"))
    answers = model.predict(NumPyArray(XOR))
    assert isinstance(answers, NumPyArray)
    assert (answers.values, answers.dtype) == (SAME, "object")
    assert isinstance(model.predict_proba(NumPyArray(XOR)), NumPyArray)
    assert isinstance(model.predict_log_proba(NumPyArray(XOR)), NumPyArray)
    assert isinstance(model.classes_, NumPyArray)
    assert model.classes_.dtype == "object"
    assert all(isinstance(values, NumPyArray) for values in (*model.coefs_, *model.intercepts_))


def test_predicted_labels_are_whole_numbers(numpy: None) -> None:
    model = quick(max_iter=1).fit(NumPyArray(XOR), NumPyArray([[0.0, 1.0]] * 4, "float64"))
    answers = model.predict(NumPyArray(XOR))
    assert isinstance(answers, NumPyArray)
    assert answers.dtype is None  # NumPy's own choice for ints


def test_classes_are_an_array_if_one_of_the_two_was(numpy: None) -> None:
    assert isinstance(quick(max_iter=1).fit(NumPyArray(XOR), SAME).classes_, NumPyArray)
    assert isinstance(quick(max_iter=1).fit(XOR, NumPyArray(SAME)).classes_, NumPyArray)
    assert isinstance(quick(max_iter=1).fit(XOR, SAME).classes_, list)


def test_results_for_lists_are_lists_even_after_a_fit_with_arrays(numpy: None) -> None:
    model = quick().fit(NumPyArray(XOR), NumPyArray(SAME, "object"))
    assert model.predict(XOR) == SAME
    assert isinstance(model.predict_proba(XOR), list)


def test_the_names_of_a_frames_columns_are_kept(numpy: None) -> None:
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
    model = quick(activation="leaky_relu(0.2)").fit(XOR, SAME)
    model.network_.save(tmp_path / "xor.safetensors")
    assert Sequential.load(tmp_path / "xor.safetensors").predict_names(XOR) == list(model.predict(XOR))


def test_a_copy_trains_without_its_original() -> None:
    model = MLPRegressor((3,), max_iter=2, random_state=0).fit(*LINE)
    for copy in (deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert copy.coefs_ == model.coefs_
        copy.partial_fit(*LINE)
        assert copy.coefs_ != model.coefs_
        assert copy.coefs_ == deepcopy(model).partial_fit(*LINE).coefs_


# Weights of classes.

RARE = [[float(i % 5)] for i in range(40)], ["rare" if i % 5 == 4 else "common" for i in range(40)]


def weighted(class_weight: object, **options: object) -> MLPClassifier:
    """Return a linear classifier with these weights, trained for some steps on all samples at once."""
    plain = {"solver": "sgd", "max_iter": 5, "tol": 0.0, "alpha": 0.0, "random_state": 0, "shuffle": False}
    return MLPClassifier(()).set_params(**{**plain, "class_weight": class_weight, **options})


@pytest.mark.filterwarnings("ignore::purenn.estimators.ConvergenceWarning")
def test_class_weights_are_sample_weights() -> None:
    X, y = RARE
    # balanced: n / (k n_class) = 40 / (2 * 8) = 2.5 for the rare, 40 / (2 * 32) = 0.625 for the others
    plain = weighted(None).fit(X, y, sample_weight=[2.5 if label == "rare" else 0.625 for label in y])
    assert weighted("balanced").fit(X, y).coefs_ == plain.coefs_
    assert weighted({"rare": 2.5, "common": 0.625}).fit(X, y).coefs_ == plain.coefs_
    assert weighted({"rare": 4.0}).fit(X, y).coefs_ == weighted({"rare": 4.0, "common": 1.0}).fit(X, y).coefs_
    assert weighted(None).fit(X, y).coefs_ != plain.coefs_


@pytest.mark.filterwarnings("ignore::purenn.estimators.ConvergenceWarning")
def test_class_weights_multiply_sample_weights() -> None:
    X, y = RARE
    own = [1.0 + i % 3 for i in range(40)]
    both = [w * (4.0 if label == "rare" else 1.0) for w, label in zip(own, y)]
    assert weighted({"rare": 4.0}).fit(X, y, own).coefs_ == weighted(None).fit(X, y, both).coefs_


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ("balance", "class_weight must be one of balanced, got 'balance'; did you mean balanced"),
        ({"rar": 1.0}, r"class_weight has 'rar', which is not among the classes \['common', 'rare'\]"),
        ({"rare": -1.0}, r"class_weight\['rare'\] must be a finite number of at least 0, got -1"),
    ],
)
def test_class_weights_that_make_no_sense_are_refused(class_weight: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        weighted(class_weight).fit(*RARE)


def test_class_weights_need_classes_and_all_samples() -> None:
    with pytest.raises(ValueError, match="class_weight is for classes, of which each sample has one"):
        weighted("balanced").fit([[0.0], [1.0]], [[0, 1], [1, 1]])
    with pytest.raises(ValueError, match=r"not supported for partial_fit.*pass a weight for each class"):
        weighted("balanced").partial_fit(*RARE, classes=["common", "rare"])
