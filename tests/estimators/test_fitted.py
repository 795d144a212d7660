"""A fitted estimator: its attributes, the samples it takes, and its tags."""

from __future__ import annotations

import pickle
import sys
from copy import deepcopy
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

import pytest

from purenn.estimators import MLPClassifier, MLPRegressor, NotFittedError
from purenn.network import Sequential
from tests.conftest import XOR, Frame, NumPyArray
from tests.estimators.conftest import LINE, SAME, quick

pytestmark = pytest.mark.filterwarnings("ignore::purenn.estimators.ConvergenceWarning")

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


@pytest.mark.parametrize("name", ["coefs_", "intercepts_", "classes_", "loss_", "n_features_in_", "network_"])
def test_an_attribute_of_a_fitted_estimator_is_announced(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"^MLPClassifier has no {name} yet: it is there after fit\(X, y\)$"):
        getattr(MLPClassifier(), name)


def test_the_names_of_features_need_a_frame() -> None:
    with pytest.raises(AttributeError, match=r"^MLPClassifier has no .* after fit\(X, y\) with a data frame$"):
        attrgetter("feature_names_in_")(quick(max_iter=1).fit(XOR, SAME))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("history", r"; purenn calls it model\.loss_curve_$"),
        ("predict_classes", r"; purenn calls it model\.predict\(X\)$"),
        ("evaluate", r"; purenn calls it model\.score\(X, y\)$"),
        ("predit", r"; did you mean predict\?$"),
        ("alpa", r"; did you mean alpha\?$"),
        ("xyzzy", "$"),
        ("xyzzy_", "$"),
    ],
)
def test_a_name_of_another_library_is_answered_with_ours(name: str, said: str) -> None:
    for model in (MLPClassifier(), MLPRegressor()):
        with pytest.raises(AttributeError, match=f"^'{type(model).__name__}' object has no attribute '{name}'{said}"):
            getattr(model, name)


# Features.


def test_another_number_of_features_is_refused() -> None:
    with pytest.raises(ValueError, match="X has 1 features, but MLPClassifier is expecting 2 features as input"):
        quick(max_iter=1).fit(XOR, SAME).predict([[1.0]])


def test_features_of_other_names_are_refused(numpy: None) -> None:
    model = quick(max_iter=1).fit(Frame(XOR, ["left", "right"]), SAME)
    with pytest.raises(
        ValueError, match=r"The feature names should match .* \['left', 'right'\], got \['right', 'left'\]"
    ):
        model.predict(Frame(XOR, ["right", "left"]))
    assert not hasattr(model.fit(XOR, SAME), "feature_names_in_")


def test_names_that_cannot_be_compared_are_warned_of(numpy: None) -> None:
    frame = Frame(XOR, ["left", "right"])
    named, plain = quick(max_iter=1).fit(frame, SAME), quick(max_iter=1).fit(XOR, SAME)
    without = r"^X does not have valid feature names, but .* fitted with feature names: \['left', 'right'\]$"
    with pytest.warns(UserWarning, match=without) as caught:
        assert list(named.predict(XOR)) == list(plain.predict(XOR))
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match=r"^X has feature names, but MLPClassifier was fitted without feature names$"):
        plain.score(frame, SAME)
    with pytest.warns(UserWarning, match=without):
        named.partial_fit(XOR, SAME)


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


# Tags, with a stand-in for scikit-learn.


@dataclass
class Tags:
    """Any of the kinds of tags in sklearn.utils."""

    options: dict[str, object]


class Utils:
    """The module sklearn.utils."""

    @staticmethod
    def Tags(**options: object) -> Tags:
        return Tags(options)

    TargetTags = ClassifierTags = RegressorTags = InputTags = Tags


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_the_tags_are_made_by_scikit_learn(
    kind: type[MLPClassifier | MLPRegressor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", Utils)
    monkeypatch.setitem(sys.modules, "sklearn.utils", Utils)
    tags = kind().__sklearn_tags__()
    classifies = kind is MLPClassifier
    assert tags == Tags(
        {
            "estimator_type": "classifier" if classifies else "regressor",
            "target_tags": Tags({"required": True, "multi_output": not classifies}),
            "classifier_tags": Tags({"multi_label": True}) if classifies else None,
            "regressor_tags": None if classifies else Tags({}),
            "input_tags": Tags({"sparse": True}),
        }
    )
    assert kind._estimator_type == ("classifier" if classifies else "regressor")
