"""The classifier and the regressor, used as scikit-learn's are."""

from __future__ import annotations

import warnings
from math import exp, log, nan
from operator import methodcaller

import pytest

from purenn.datasets import load
from purenn.errors import ShapeError
from purenn.estimators import DataConversionWarning, MLPClassifier, MLPRegressor
from tests.conftest import XOR, NumPyArray
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


def test_an_argument_of_another_fit_is_answered_with_the_call() -> None:
    said = r"^fit\(\) has no argument epochs; an estimator is made with it: MLPClassifier\(max_iter=200\)$"
    for model in (MLPClassifier(), MLPRegressor()):
        with pytest.raises(TypeError, match=said):
            methodcaller("fit", XOR, [0, 1, 1, 0], epochs=5)(model)
    with pytest.raises(TypeError, match=r"no argument sample_weights; did you mean sample_weight\?$"):
        methodcaller("fit", XOR, SAME, sample_weights=[1.0] * 4)(MLPClassifier())


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
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert model.score(LINE[0], [[t] for t in LINE[1]]) == model.score(*LINE)  # as silent as scikit-learn's
    assert model.predict([[4.0]]) == MLPRegressor((3,), random_state=0, max_iter=5).fit(*LINE).predict([[4.0]])


def test_r_squared_counts_by_weight() -> None:
    model = MLPRegressor((), random_state=0, max_iter=1).fit(*LINE)
    answers = model.predict(LINE[0])
    error = sum(w * (a - t) ** 2 for w, a, t in zip((1, 1, 0, 0), map(float, map(str, answers)), LINE[1]))
    assert model.score(*LINE, [1, 1, 0, 0]) == pytest.approx(1 - error / 2.0)  # 1 and 3: mean 2, spread 1 + 1


def test_a_score_needs_a_target_for_each_sample() -> None:
    for model in (MLPClassifier(max_iter=1).fit(XOR, SAME), MLPRegressor(max_iter=1).fit(XOR, [1, 2, 3, 4])):
        with pytest.raises(ShapeError, match="X has 4 samples, but y has 2"):
            model.score(XOR, [1, 2])


def test_a_score_of_other_quantities_than_those_learned_is_refused() -> None:
    model = MLPRegressor((), max_iter=1).fit(*LINE)
    with pytest.raises(ShapeError, match=r"predictions are \(4, 1\) .* but targets are \(4, 2\)"):
        model.score(LINE[0], [[t, t] for t in LINE[1]])


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


# Weights of classes.

RARE = [[float(i % 5)] for i in range(40)], ["rare" if i % 5 == 4 else "common" for i in range(40)]


def weighted(class_weight: object, **options: object) -> MLPClassifier:
    """Return a linear classifier with these weights, trained for some steps on all samples at once."""
    plain = {"solver": "sgd", "max_iter": 5, "tol": 0.0, "alpha": 0.0, "random_state": 0, "shuffle": False}
    return MLPClassifier(()).set_params(**{**plain, "class_weight": class_weight, **options})


def test_class_weights_are_sample_weights() -> None:
    X, y = RARE
    # balanced: n / (k n_class) = 40 / (2 * 8) = 2.5 for the rare, 40 / (2 * 32) = 0.625 for the others
    plain = weighted(None).fit(X, y, sample_weight=[2.5 if label == "rare" else 0.625 for label in y])
    assert weighted("balanced").fit(X, y).coefs_ == plain.coefs_
    assert weighted({"rare": 2.5, "common": 0.625}).fit(X, y).coefs_ == plain.coefs_
    assert weighted({"rare": 4.0}).fit(X, y).coefs_ == weighted({"rare": 4.0, "common": 1.0}).fit(X, y).coefs_
    assert weighted(None).fit(X, y).coefs_ != plain.coefs_


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


# Samples.


def test_samples_of_a_data_set_are_inputs_and_targets() -> None:
    model = MLPClassifier((4,), max_iter=2).fit(*load("iris").train)
    assert list(model.classes_) == ["setosa", "versicolor", "virginica"]


def test_texts_as_quantities_are_answered_with_the_estimator_for_classes() -> None:
    with pytest.raises(ValueError, match="y, row 0 is 'a': a regressor predicts quantities; MLPClassifier is for cl"):
        MLPRegressor().fit([[0.0], [1.0]], ["a", "b"])


@pytest.mark.parametrize(("gap", "shown"), [(None, "None"), (nan, "NaN"), ("", "''"), (" ", "' '")])
def test_a_missing_value_is_named_by_row_and_column(gap: object, shown: str) -> None:
    with pytest.raises(ValueError, match=rf"X, row 1, column 0 is missing \({shown}\): leave its row out, or"):
        quick().fit([[0.0, 1.0], [gap, 1.0]], ["a", "b"])


@pytest.mark.parametrize("gap", [None, nan, ""])
def test_a_missing_target_is_named_by_its_row(gap: object) -> None:
    for model in (MLPClassifier(), MLPRegressor()):
        with pytest.raises(ValueError, match=r"y, row 1 is missing \(.*\): leave this sample out"):
            model.fit([[0.0], [1.0]], [1, gap])
