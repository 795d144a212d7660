"""The errors and warnings that scikit-learn has too, with a stand-in for scikit-learn."""

from __future__ import annotations

import pickle
import sys
import warnings

import pytest

from purenn.estimators import ConvergenceWarning, DataConversionWarning, MLPClassifier, NotFittedError
from purenn.estimators.exceptions import official
from tests.conftest import XOR
from tests.estimators.conftest import SAME, quick


class Theirs:
    """The module sklearn.exceptions."""

    class NotFittedError(ValueError, AttributeError):
        """Raised before fit."""

    class ConvergenceWarning(UserWarning):
        """Not converged."""

    class DataConversionWarning(UserWarning):
        """A column as a table."""


@pytest.fixture
def scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a stand-in in the place of scikit-learn."""
    monkeypatch.setitem(sys.modules, "sklearn.exceptions", Theirs)


def test_without_scikit_learn_they_are_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "sklearn.exceptions", raising=False)
    assert official(NotFittedError) is NotFittedError
    monkeypatch.setitem(sys.modules, "sklearn.exceptions", object())
    assert official(NotFittedError) is NotFittedError


def test_with_scikit_learn_they_are_both(scikit_learn: None) -> None:
    for ours, theirs in (
        (NotFittedError, Theirs.NotFittedError),
        (ConvergenceWarning, Theirs.ConvergenceWarning),
        (DataConversionWarning, Theirs.DataConversionWarning),
    ):
        both = official(ours)
        assert issubclass(both, ours)
        assert issubclass(both, theirs)
        assert both.__name__ == ours.__name__
        assert official(ours) is both


def test_a_pickled_error_is_of_the_classes_that_are_loaded_where_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "sklearn.exceptions", raising=False)
    ours = NotFittedError("call fit")
    monkeypatch.setitem(sys.modules, "sklearn.exceptions", Theirs)
    both = official(NotFittedError)("call fit")
    assert type(both) is not type(ours)
    pickles = [pickle.dumps(error) for error in (ours, both)]
    for error in map(pickle.loads, pickles):
        assert (type(error), error.args) == (type(both), ("call fit",))
    monkeypatch.delitem(sys.modules, "sklearn.exceptions")
    for error in map(pickle.loads, pickles):
        assert (type(error), error.args) == (NotFittedError, ("call fit",))


def test_a_program_that_handles_those_of_scikit_learn_handles_ours(scikit_learn: None) -> None:
    with pytest.raises(Theirs.NotFittedError):
        MLPClassifier().predict(XOR)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=Theirs.ConvergenceWarning)
        warnings.filterwarnings("ignore", category=Theirs.DataConversionWarning)
        quick(max_iter=1).fit(XOR, [[label] for label in SAME])
