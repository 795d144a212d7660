"""scikit-learn's own examination of estimators, and its classes of errors, with whichever scikit-learn is installed.

The nox session `oldest_sklearn` runs this file with the oldest one, `make interop` with the newest.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from purenn.estimators import ConvergenceWarning, DataConversionWarning, MLPClassifier, MLPRegressor, NotFittedError
from purenn.estimators.exceptions import official
from tests.conftest import ROOT, XOR
from tests.estimators.conftest import LINE, SAME

numpy = pytest.importorskip("numpy")
sklearn = pytest.importorskip("sklearn")
base = pytest.importorskip("sklearn.base")
checks = pytest.importorskip("sklearn.utils.estimator_checks")
exceptions = pytest.importorskip("sklearn.exceptions")
joblib = pytest.importorskip("joblib")

pytestmark = [
    pytest.mark.interop,
    pytest.mark.filterwarnings("ignore::purenn.estimators.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::purenn.TrainingWarning"),
]

Examination = Callable[[object, Callable[[object], None]], None]

every_check: Callable[[Examination], Examination] = checks.parametrize_with_checks(
    [
        MLPClassifier((5,), learning_rate_init=0.05, max_iter=40),
        MLPRegressor((5,), learning_rate_init=0.05, max_iter=40),
    ],
)


@every_check
def test_they_pass_the_checks_of_scikit_learn(estimator: object, check: Callable[[object], None]) -> None:
    check(estimator)


# Errors and warnings.


def test_errors_and_warnings_are_of_scikit_learn_s_classes_and_of_ours() -> None:
    with pytest.raises(exceptions.NotFittedError) as error:
        MLPClassifier().predict(XOR)
    assert isinstance(error.value, NotFittedError)
    with pytest.warns() as caught:
        MLPRegressor((3,), max_iter=1, random_state=0).fit(LINE[0], [[value] for value in LINE[1]])
    for ours in (ConvergenceWarning, DataConversionWarning):
        both = (ours, getattr(exceptions, ours.__name__))
        assert len([warning for warning in caught if all(issubclass(warning.category, kind) for kind in both)]) == 1


@pytest.mark.parametrize(
    "imports",
    [
        "import sklearn; from purenn.estimators import MLPClassifier, NotFittedError",
        "from purenn.estimators import MLPClassifier, NotFittedError; import sklearn",
    ],
    ids=["scikit-learn first", "purenn first"],
)
def test_the_order_of_the_imports_does_not_matter(imports: str) -> None:
    for name in ("NotFittedError", "sklearn.exceptions.NotFittedError"):
        program = f"{imports}\ntry: MLPClassifier().predict([[0.0]])\nexcept {name}: print('caught')"
        done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout == "caught\n"


def test_an_error_from_another_process_is_of_both_classes() -> None:
    with pytest.raises(exceptions.NotFittedError) as error:
        joblib.Parallel(n_jobs=2)(joblib.delayed(MLPClassifier().predict)(XOR) for _ in range(2))
    assert isinstance(error.value, official(NotFittedError))


# Sources of random numbers.


def test_a_random_state_of_numpy_s_makes_training_repeatable() -> None:
    def answers(seed: int) -> object:
        states = numpy.random.RandomState(seed)
        models = [MLPClassifier((4,), max_iter=3, random_state=states).fit(XOR, SAME) for _ in range(2)]
        assert models[0].coefs_ != models[1].coefs_  # the second model has another part of the sequence
        return [model.coefs_ for model in models]

    assert answers(1) == answers(1) != answers(2)


def test_a_clone_has_a_copy_of_the_random_state() -> None:
    model = MLPClassifier((4,), max_iter=3, random_state=numpy.random.RandomState(1))
    clone = base.clone(model)
    assert clone.random_state is not model.random_state
    assert clone.fit(XOR, SAME).coefs_ == model.fit(XOR, SAME).coefs_


# Notebooks.


def test_a_notebook_shows_the_box_that_scikit_learn_draws_if_it_is_set_to() -> None:
    model = MLPClassifier((4,))
    with sklearn.config_context(display="diagram"):
        assert "MLPClassifier(hidden_layer_sizes=(4,))" in (model._repr_html_() or "")
    with sklearn.config_context(display="text"):
        assert model._repr_html_() is None
