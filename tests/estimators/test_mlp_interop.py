"""The estimators against scikit-learn's own, and among scikit-learn's tools, NumPy's arrays and data frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from random import Random

import pytest

from purenn.estimators import DataConversionWarning, MLPClassifier, MLPRegressor
from purenn.formats import arrays

numpy = pytest.importorskip("numpy")
pytest.importorskip("sklearn")
base = pytest.importorskip("sklearn.base")
datasets = pytest.importorskip("sklearn.datasets")
official = pytest.importorskip("sklearn.neural_network")
pipeline = pytest.importorskip("sklearn.pipeline")
preprocessing = pytest.importorskip("sklearn.preprocessing")
selection = pytest.importorskip("sklearn.model_selection")
validation = pytest.importorskip("sklearn.utils.validation")

pytestmark = [
    pytest.mark.interop,
    pytest.mark.filterwarnings("ignore::purenn.estimators.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

Rows = list[list[float]]


def samples_of(load: Callable[..., tuple[object, object]], count: int) -> tuple[Rows, list[float]]:
    """Some samples of a data set of scikit-learn's, mixed, with features of mean 0 and spread 1."""
    features, targets = load(return_X_y=True)
    order = list(range(len(numpy.asarray(targets))))
    Random(0).shuffle(order)
    rows: Rows = preprocessing.StandardScaler().fit_transform(features)[order[:count]].tolist()
    column: list[float] = numpy.asarray(targets)[order[:count]].tolist()
    return rows, column


def problem(name: str) -> tuple[Rows, list[object]]:
    """120 iris flowers, and what is to be learned of them."""
    rows, species = samples_of(datasets.load_iris, 120)
    if name == "binary":
        return rows, ["virginica" if label == 2 else "other" for label in species]
    if name == "labels":
        return rows, [[int(label == 2), int(label != 0), int(row[0] > 0.0)] for row, label in zip(rows, species)]
    if name == "regression":
        return [row[:3] for row in rows], [row[3] for row in rows]
    if name == "two quantities":
        return [row[:2] for row in rows], [row[2:] for row in rows]
    return rows, [*species]


def check_agreement(
    name: str, tolerance: float, options: dict[str, object], weights: Sequence[float] | None = None
) -> None:
    """Train ours and theirs from the same weights on the same samples: the same weights and losses, epoch by epoch."""
    quantities = name in ("regression", "two quantities")
    plain = {"hidden_layer_sizes": (7, 5), "max_iter": 15, "tol": 0.0, "shuffle": False, "batch_size": 30}
    options = {**plain, **options}
    ours = (MLPRegressor if quantities else MLPClassifier)(random_state=3).set_params(**options)
    theirs = (official.MLPRegressor if quantities else official.MLPClassifier)(**options)
    factor, rng = 2.0 if options.get("activation") == "logistic" else 6.0, Random(3)

    def first_coefs(inputs: int, outputs: int, dtype: object) -> tuple[object, object]:
        """In place of a method of theirs, what ours draws."""
        bound = sqrt(factor / (inputs + outputs))
        drawn = [[rng.uniform(-bound, bound) for _ in range(outputs)] for _ in range(inputs + 1)]
        return numpy.array(drawn[:-1]), numpy.array(drawn[-1])

    theirs._init_coef = first_coefs
    x, y = problem(name)
    ours.fit(x, y, weights)
    theirs.fit(numpy.array(x), y, None if weights is None else numpy.array(weights))
    for mine, other in zip([*ours.coefs_, *ours.intercepts_], [*theirs.coefs_, *theirs.intercepts_]):
        numpy.testing.assert_allclose(mine, other, rtol=tolerance, atol=tolerance)
    if name != "two quantities":  # of which they show the mean and take the gradient of the sum
        assert ours.loss_curve_ == pytest.approx(theirs.loss_curve_, rel=tolerance)
    assert (ours.n_iter_, ours.t_, ours.n_layers_) == (theirs.n_iter_, theirs.t_, theirs.n_layers_)
    assert (ours.n_outputs_, ours.out_activation_) == (theirs.n_outputs_, theirs.out_activation_)
    if isinstance(ours, MLPClassifier):
        assert list(ours.predict(x)) == theirs.predict(x).tolist()
        numpy.testing.assert_allclose(ours.predict_proba(x), theirs.predict_proba(x), atol=tolerance)
    else:
        numpy.testing.assert_allclose(ours.predict(x), theirs.predict(x), atol=tolerance)


PROBLEMS = ["binary", "classes", "labels", "regression", "two quantities"]

# Training against scikit-learn's, step by step.


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize(
    "options",
    [
        {"momentum": 0.0},
        {"momentum": 0.9, "nesterovs_momentum": False},
        {"alpha": 0.5},
        {"activation": "logistic", "learning_rate_init": 0.3},
        {"activation": "tanh", "batch_size": "auto"},
        {"activation": "identity", "hidden_layer_sizes": ()},
        {"momentum": 0.0, "learning_rate": "invscaling", "power_t": 0.25},
        {"momentum": 0.0, "learning_rate": "adaptive", "tol": 1e9, "n_iter_no_change": 2},
    ],
    ids=str,
)
def test_sgd_takes_the_same_steps(name: str, options: dict[str, object]) -> None:
    check_agreement(name, 1e-9, {"solver": "sgd", "learning_rate_init": 0.05, **options})


@pytest.mark.parametrize("name", ["binary", "classes", "labels", "regression"])
def test_training_ends_after_the_same_epoch(name: str) -> None:
    check_agreement(name, 1e-9, {"solver": "sgd", "max_iter": 100, "tol": 0.02, "n_iter_no_change": 2})


@pytest.mark.parametrize("name", PROBLEMS)
def test_adam_takes_the_same_steps_but_for_its_epsilon(name: str) -> None:
    check_agreement(name, 1e-5, {"activation": "tanh"})
    check_agreement(name, 1e-9, {"activation": "tanh", "learning_rate_init": 0.01, "epsilon": 1e-14})


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_weighted_samples_count_the_same_in_one_batch(name: str, solver: str) -> None:
    weights = [Random(i).choice([0.5, 1.0, 3.0]) for i in range(120)]
    options = {"solver": solver, "alpha": 0.5, "activation": "tanh", "batch_size": "auto", "epsilon": 1e-14}
    check_agreement(name, 1e-9, options, weights)


# Left to themselves, with weights and an order of their own: as good as scikit-learn's.


@pytest.mark.parametrize(("name", "count", "epochs"), [("load_iris", 150, 60), ("load_digits", 500, 12)])
def test_classes_are_told_apart_as_well(name: str, count: int, epochs: int) -> None:
    x, y = samples_of(getattr(datasets, name), count)
    half = count // 2
    options = {"hidden_layer_sizes": (16,), "learning_rate_init": 0.02, "batch_size": 25, "random_state": 0}
    ours = MLPClassifier(max_iter=epochs).set_params(**options).fit(x[:half], y[:half])
    theirs = official.MLPClassifier(max_iter=epochs, **options).fit(x[:half], y[:half])
    assert ours.score(x[half:], y[half:]) == pytest.approx(theirs.score(x[half:], y[half:]), abs=0.04)
    assert ours.score(x[half:], y[half:]) > 0.85
    truths, weights = numpy.array(y[half:]), numpy.arange(1.0, count - half + 1)
    theirs.predict = ours.predict  # so that the answers are the same, and only the scores are theirs
    assert ours.score(x[half:], truths, weights) == pytest.approx(theirs.score(x[half:], truths, weights))


def test_quantities_are_predicted_as_well() -> None:
    x, y = samples_of(datasets.load_diabetes, 442)
    y = [value / 100.0 for value in y]
    options = {"hidden_layer_sizes": (8,), "max_iter": 80, "learning_rate_init": 0.01, "random_state": 0}
    ours = MLPRegressor().set_params(**options).fit(x[:300], y[:300])
    theirs = official.MLPRegressor(**options).fit(x[:300], y[:300])
    assert ours.score(x[300:], y[300:]) == pytest.approx(theirs.score(x[300:], y[300:]), abs=0.08)
    theirs.predict = ours.predict
    weights = list(range(1, 143))
    assert ours.score(x[300:], y[300:], weights) == pytest.approx(theirs.score(x[300:], y[300:], weights))


def test_r_squared_of_several_quantities_is_theirs() -> None:
    x, y = problem("two quantities")
    ours, theirs = MLPRegressor(max_iter=2).fit(x, y), official.MLPRegressor(max_iter=2).fit(x, y)
    theirs.predict = ours.predict
    assert ours.score(x, y) == pytest.approx(theirs.score(x, y))


# Among scikit-learn's tools.

LIVELY = {"hidden_layer_sizes": (5,), "learning_rate_init": 0.05, "max_iter": 40, "random_state": 0}


def classifier(**options: object) -> MLPClassifier:
    return MLPClassifier().set_params(**{**LIVELY, **options})


@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss", "roc_auc", "f1_macro", None])
def test_cross_validation_takes_every_score(scoring: str | None) -> None:
    x, y = problem("binary")
    scores = selection.cross_val_score(classifier(), numpy.array(x), y, scoring=scoring, cv=3)
    assert min(scores) > (-0.6 if scoring == "neg_log_loss" else 0.8)


def test_cross_validation_of_several_classes_and_of_labels() -> None:
    x, y = problem("classes")
    assert min(selection.cross_val_score(classifier(), numpy.array(x), y, scoring="roc_auc_ovr", cv=3)) > 0.9
    x, y = problem("labels")
    assert min(selection.cross_val_score(classifier(), numpy.array(x), numpy.array(y), scoring="roc_auc", cv=3)) > 0.8


@pytest.mark.parametrize("scoring", ["r2", "neg_mean_squared_error", None])
def test_cross_validation_of_a_regressor(scoring: str | None) -> None:
    x, y = problem("regression")
    scores = selection.cross_val_score(MLPRegressor().set_params(**LIVELY), x, y, scoring=scoring, cv=3)
    assert min(scores) > (-0.5 if scoring == "neg_mean_squared_error" else 0.6)


def test_a_pipeline_scales_and_a_grid_search_chooses() -> None:
    x, y = datasets.load_iris(return_X_y=True)
    steps = pipeline.make_pipeline(preprocessing.StandardScaler(), classifier())
    grid = {"mlpclassifier__hidden_layer_sizes": [(1,), (6,)], "mlpclassifier__learning_rate_init": [1e-5, 0.05]}
    search = selection.GridSearchCV(steps, grid, cv=2).fit(x, y)
    assert search.best_params_["mlpclassifier__learning_rate_init"] == 0.05
    assert search.best_score_ > 0.85
    assert search.classes_.tolist() == [0, 1, 2]
    assert isinstance(search.best_estimator_[-1], MLPClassifier)
    assert search.score(x, y) > 0.9


def test_other_processes_get_a_copy() -> None:
    x, y = problem("binary")
    here = selection.cross_validate(classifier(), x, y, cv=2, return_estimator=True)
    there = selection.cross_validate(classifier(), x, y, cv=2, return_estimator=True, n_jobs=2)
    for mine, other in zip(here["estimator"], there["estimator"]):
        assert mine.coefs_ == other.coefs_


def test_a_clone_has_the_options_and_nothing_else() -> None:
    model = classifier(alpha=0.5).fit(*problem("binary"))
    clone = base.clone(model)
    assert clone.get_params() == model.get_params()
    assert not hasattr(clone, "network_")


def test_scikit_learn_knows_what_they_are_and_whether_they_are_fitted() -> None:
    assert base.is_classifier(MLPClassifier())
    assert base.is_regressor(MLPRegressor())
    assert not base.is_regressor(MLPClassifier())
    with pytest.raises(ValueError, match="not fitted"):
        validation.check_is_fitted(MLPClassifier())
    validation.check_is_fitted(classifier(max_iter=1).fit(*problem("binary")))


# NumPy, SciPy, pandas, polars.


def test_arrays_are_answered_by_arrays_of_the_same_types() -> None:
    x, y = datasets.load_iris(return_X_y=True)
    for labels in (y.astype("int8"), y.astype(float), y > 0, numpy.array(["a", "b", "c"])[y]):
        model, theirs = classifier(max_iter=1).fit(x, labels), official.MLPClassifier(max_iter=1).fit(x, labels)
        assert numpy.asarray(model.classes_).tolist() == theirs.classes_.tolist()
        for name in ("predict", "predict_proba", "predict_log_proba"):
            check_kind(getattr(model, name)(x), getattr(theirs, name)(x))
        check_kind(model.classes_, theirs.classes_)
        check_kind(model.coefs_[0], theirs.coefs_[0][:, :5])
        check_kind(model.intercepts_[0], theirs.intercepts_[0][:5])


def check_kind(ours: arrays.Array[object], theirs: arrays.Array[object]) -> None:
    """Both are NumPy arrays of the same shape and with the same type of entries."""
    kinds = [(type(array), numpy.shape(array), numpy.asarray(array).dtype) for array in (ours, theirs)]
    assert kinds[0] == kinds[1]


def test_everything_that_holds_numbers_gives_the_same_network() -> None:
    x, y = problem("classes")
    scipy = pytest.importorskip("scipy.sparse")
    expected = classifier().fit(x, y).predict_proba(x)
    kinds: list[object] = [numpy.array(x), scipy.csr_array(x), scipy.coo_matrix(x), [numpy.array(row) for row in x]]
    for kind in kinds:
        assert numpy.array_equal(classifier().fit(kind, numpy.array(y)).predict_proba(kind), expected)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_are_read_by_row_and_give_their_names(library: str) -> None:
    frames = pytest.importorskip(library)
    x, y = problem("binary")
    names = ["length", "width", "petal length", "petal width"]
    frame = frames.DataFrame(dict(zip(names, zip(*x))))
    model = classifier().fit(frame, frames.Series(y))
    assert list(model.feature_names_in_) == names
    assert (model.predict(frame) == numpy.array(classifier().fit(x, y).predict(x))).all()
    assert model.score(frame, frames.Series(y)) > 0.8
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[names[::-1]])


def test_names_are_names_wherever_numpy_has_put_them() -> None:
    pandas = pytest.importorskip("pandas")
    x, y = problem("classes")
    names = numpy.array(["setosa", "versicolor", "virginica"])[numpy.array(y)]
    expected = classifier(max_iter=2).fit(x, names).predict_proba(x)
    for labels in (list(names), numpy.array(list(names), dtype=object), pandas.Series(list(names))):
        model = classifier(max_iter=2).fit(x, labels)
        assert model.predict_proba(x) == expected
        assert list(model.classes_) == ["setosa", "versicolor", "virginica"]
        assert model.score(x, labels) == model.score(x, names.tolist())
    assert {type(answer) for answer in classifier(max_iter=2).fit(x, list(names)).predict(x)} == {str}
    model = classifier().partial_fit(x, list(names), classes=list(numpy.unique(names)))
    assert list(model.classes_) == ["setosa", "versicolor", "virginica"]
    with pytest.raises(ValueError, match=r"y has numbers, such as .*, but the classes are names, such as"):
        model.score(x, y)


def test_a_table_of_one_column_is_warned_of_with_the_way_to_the_column() -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    x, y = problem("regression")
    column = numpy.array([y]).T
    ways = {
        r"y\.ravel\(\)": column,
        r"y\['width'\]": pandas.DataFrame({"width": y}),
        r"numpy\.ravel\(y\)": pandas.DataFrame(column),
        r"y\['height'\]": polars.DataFrame({"height": y}),
    }
    for way, table in ways.items():
        with pytest.warns(DataConversionWarning, match=f"when a 1d array was expected: {way} is one$"):
            MLPRegressor(max_iter=1).fit(x, table)


# Numbers of NumPy's as parameters, as np.logspace and a grid search make them.

FLOATS = ["alpha", "learning_rate_init", "power_t", "tol", "momentum", "beta_1", "beta_2", "epsilon"]


@pytest.mark.parametrize("solver", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("number", [numpy.float64, numpy.float32])
def test_numbers_of_numpy_as_parameters_leave_floats(number: Callable[[float], float], solver: str) -> None:
    options: dict[str, object] = {name: number(0.1) for name in FLOATS}
    options.update(solver=solver, learning_rate="invscaling", nesterovs_momentum=numpy.True_, max_iter=2)
    x, y = problem("regression")
    model = MLPRegressor((3,)).set_params(**options).fit(x, y)
    values = [value for parameter in model.network_.parameters for row in parameter for value in row]
    assert {type(value) for value in [*values, *model.loss_curve_, model.best_loss_]} == {float}
    assert {type(value) for value in model._optimizer.options.values()} <= {float, bool}


def test_a_grid_search_takes_numpys_numbers() -> None:
    x, y = problem("binary")
    search = selection.GridSearchCV(classifier(max_iter=2), {"alpha": numpy.logspace(-3, -1, 3)}, cv=2).fit(x, y)
    assert search.best_params_["alpha"] in (0.001, 0.01, 0.1)


def test_a_table_of_labels_may_be_a_frame() -> None:
    pandas = pytest.importorskip("pandas")
    x, y = problem("labels")
    model = classifier().fit(pandas.DataFrame(x), pandas.DataFrame(y))
    assert not hasattr(model, "feature_names_in_")  # they are numbers
    assert numpy.shape(model.predict(numpy.array(x))) == (120, 3)
