"""Rows of a Matrix chosen by arrays of NumPy, pandas, polars and PyTorch, as scikit-learn chooses them too."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from purenn.estimators import MLPClassifier
from purenn.matrix import Matrix
from purenn.preprocessing import standardize

numpy = pytest.importorskip("numpy")
pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")
torch = pytest.importorskip("torch")
selection = pytest.importorskip("sklearn.model_selection")

pytestmark = pytest.mark.interop

KINDS = {"numpy": numpy.array, "pandas": pandas.Series, "polars": polars.Series, "torch": torch.tensor}
every_kind = pytest.mark.parametrize("made", KINDS.values(), ids=KINDS)


@every_kind
def test_rows_are_chosen_by_numbers_and_by_bools(made: Callable[[Sequence[int]], list[int]]) -> None:
    m = Matrix([[1], [2], [3]])
    assert m[made([2, 0])] == Matrix([[3], [1]])
    assert m[made([True, False, True])] == Matrix([[1], [3]])


def test_one_number_of_an_array_chooses_one_row() -> None:
    assert Matrix([[1], [2]])[numpy.array([1, 0])[0]] == [2.0]


def test_scikit_learn_splits_a_scaled_matrix() -> None:
    x = [[float(i), float(i % 7)] for i in range(40)]
    y = [int(row[1] > 3.0) for row in x]
    scaled = standardize(x)(x)
    assert isinstance(scaled, Matrix)
    parts = selection.train_test_split(scaled, y, test_size=0.25, random_state=0)
    places = selection.train_test_split(range(40), test_size=0.25, random_state=0)
    assert [*parts[:2]] == [scaled.take(places[0]), scaled.take(places[1])]
    model = MLPClassifier((4,), solver="sgd", learning_rate_init=0.5, max_iter=30, random_state=0)
    assert min(selection.cross_val_score(model, scaled, y, cv=2)) > 0.8
