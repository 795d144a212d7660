"""Files of estimators: what they keep, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest

from purenn.errors import FormatError
from purenn.estimators import MLPClassifier, MLPRegressor, NotFittedError
from purenn.formats import safetensors
from purenn.layers import Linear
from purenn.network import Sequential
from purenn.preprocessing import standardize
from tests.estimators.conftest import DEAR, PRICES, quick, scaled_classifier

pytestmark = pytest.mark.filterwarnings("ignore::purenn.estimators.ConvergenceWarning")


Estimator = TypeVar("Estimator", MLPClassifier, MLPRegressor)


def reloaded(model: Estimator, folder: Path) -> Estimator:
    """Save an estimator and return the one that its file holds."""
    model.save(folder / "own.safetensors")
    return type(model).load(folder / "own.safetensors")


@pytest.mark.parametrize("scales", [False, True])
def test_a_classifier_is_saved_and_loaded(tmp_path: Path, scales: bool) -> None:
    model = scaled_classifier(standardize=scales).fit(standardize(PRICES)(PRICES).data, DEAR)
    again = reloaded(model, tmp_path)
    assert repr(again) == repr(model)
    assert again.predict_proba(PRICES) == model.predict_proba(PRICES)
    assert again.predict(PRICES) == model.predict(PRICES)
    names = [name for name in vars(model) if name.endswith("_") and name != "network_"]
    assert [vars(again)[name] for name in names] == [vars(model)[name] for name in names]


@pytest.mark.parametrize("classes", [[3, 7, 9], [False, True, True], ["b", "a", "c"], [1.0, 2.0, 5.0]], ids=str)
def test_classes_keep_their_type_in_a_file(tmp_path: Path, classes: list[object]) -> None:
    model = quick().fit([[0.0], [1.0], [2.0]], classes)
    found = reloaded(model, tmp_path).predict([[0.0], [1.0], [2.0]])
    assert [(type(value), value) for value in found] == [(type(value), value) for value in classes]


def test_labels_are_saved_and_loaded(tmp_path: Path) -> None:
    X, y = [[0.0], [1.0], [2.0]], [[0, 1], [1, 1], [1, 0]]
    model = quick().fit(X, y)
    assert reloaded(model, tmp_path).predict(X) == model.predict(X)


def test_a_source_of_random_numbers_stays_out_of_a_file(tmp_path: Path) -> None:
    class State:
        """As NumPy's RandomState."""

        def randint(self, below: int, /) -> int:
            return 5

    for source in (Random(5), State(), None):
        model = quick(random_state=source, max_iter=1).fit(PRICES, DEAR)
        assert reloaded(model, tmp_path).random_state is None
    assert reloaded(quick(random_state=5).fit(PRICES, DEAR), tmp_path).random_state == 5


def test_a_regressor_that_scales_is_saved_and_goes_on_after_loading(tmp_path: Path) -> None:
    targets = [3.0 * price for price, _ in PRICES]
    options = {"learning_rate_init": 0.01, "random_state": 0, "standardize": True}
    model = MLPRegressor((8,)).set_params(**options).fit(PRICES, targets)
    again = reloaded(model, tmp_path)
    assert again.predict(PRICES) == model.predict(PRICES)
    again.partial_fit(PRICES, targets)
    assert again.loss_ < 2.0 * model.loss_ + 0.01  # of the standardized quantities: of the others it would be 1e6


def test_a_saved_estimator_is_a_network_too(tmp_path: Path) -> None:
    model = scaled_classifier().fit(PRICES, DEAR)
    model.save(tmp_path / "own.safetensors")
    assert Sequential.load(tmp_path / "own.safetensors").predict_names(PRICES) == model.predict(PRICES)


def test_a_file_of_something_else_is_refused_with_what_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    scaled_classifier().fit(PRICES, DEAR).save(path)
    with pytest.raises(FormatError, match=r"own\.safetensors: .* MLPClassifier, which MLPClassifier\.load reads"):
        MLPRegressor.load(path)
    Sequential(Linear(2, 2, Random(0))).save(path)
    with pytest.raises(FormatError, match=r"holds a network, but no estimator: Sequential\.load reads it"):
        MLPClassifier.load(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classes": None}, "its classes are None"),
        ({"classes": {"values": ["a", "b", "c"], "several": False, "array": False, "dtype": None}}, "3 classes"),
        ({"parameters": {"nonsense": 1}}, "Invalid parameter 'nonsense'"),
        ({"parameters": {"alpha": -1.0}}, "alpha must be a finite number of at least 0"),
        ({"parameters": {"alpha": "much"}}, "alpha must be a number, got 'much'"),
        ({"loss_curve": [None]}, "its loss_curve is None, expected a number"),
    ],
)
def test_a_damaged_record_is_refused(tmp_path: Path, change: dict[str, object], message: str) -> None:
    path = tmp_path / "own.safetensors"
    scaled_classifier().fit(PRICES, DEAR).save(path)
    tensors, metadata = safetensors.read(path)
    metadata["estimator"] = json.dumps({**json.loads(metadata["estimator"]), **change})
    safetensors.write(path, tensors, metadata)
    with pytest.raises(FormatError, match=f"no MLPClassifier can be made from it: .*{message}"):
        MLPClassifier.load(path)


def test_only_a_fitted_estimator_can_be_saved(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError, match=r"this MLPClassifier is not fitted yet: call fit\(X, y\) first"):
        MLPClassifier().save(tmp_path / "own.safetensors")
    assert list(tmp_path.iterdir()) == []
