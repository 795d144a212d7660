"""Metadata routing and boxes in notebooks, as scikit-learn has them."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator

import pytest

from purenn.estimators import MLPClassifier, MLPRegressor
from tests.conftest import XOR
from tests.estimators.conftest import SAME

sklearn = pytest.importorskip("sklearn")
base = pytest.importorskip("sklearn.base")
exceptions = pytest.importorskip("sklearn.exceptions")
pipeline = pytest.importorskip("sklearn.pipeline")
preprocessing = pytest.importorskip("sklearn.preprocessing")
selection = pytest.importorskip("sklearn.model_selection")

pytestmark = [
    pytest.mark.interop,
    pytest.mark.filterwarnings("ignore::purenn.estimators.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::purenn.TrainingWarning"),
]

WEIGHTS = [1.0, 2.0, 3.0, 4.0]


@pytest.fixture
def routing() -> Iterator[None]:
    """Turn on metadata routing."""
    with sklearn.config_context(enable_metadata_routing=True):
        yield


class Spy(MLPClassifier):
    """A classifier that notes the weights it is given."""

    def fit(self, X: object, y: object, sample_weight: object = None) -> Spy:
        self.given = sample_weight
        return super().fit(X, y, sample_weight)


def spy() -> Spy:
    return Spy((3,), max_iter=1, random_state=0)


@pytest.mark.usefixtures("routing")
def test_metadata_that_was_not_asked_for_is_an_error_which_names_the_method() -> None:
    with pytest.raises(exceptions.UnsetMetadataPassedError, match=r"for Spy\.fit,"):
        pipeline.make_pipeline(spy()).fit(XOR, SAME, sample_weight=WEIGHTS)


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize(
    ("request_", "passed", "given"),
    [(True, "sample_weight", WEIGHTS), ("importance", "importance", WEIGHTS), (False, "sample_weight", None)],
)
def test_a_pipeline_hands_on_the_metadata_asked_for(request_: bool | str, passed: str, given: object) -> None:
    model, scaler = spy().set_fit_request(sample_weight=request_), preprocessing.StandardScaler()
    scaler.set_fit_request(sample_weight=passed == "sample_weight")
    fit: Callable[..., object] = pipeline.make_pipeline(scaler, model).fit
    fit(XOR, SAME, **{passed: WEIGHTS})
    assert model.given == given


@pytest.mark.usefixtures("routing")
def test_a_search_weighs_training_and_scores() -> None:
    model = spy().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    search = selection.GridSearchCV(model, {"alpha": [0.1]}, cv=2)
    assert search.fit(XOR, SAME, sample_weight=WEIGHTS).best_estimator_.given == WEIGHTS


def test_what_was_asked_for_is_kept_by_clones_and_pickles() -> None:
    model = MLPClassifier().set_partial_fit_request(classes=True).set_fit_request(sample_weight="importance")
    copies: list[MLPClassifier] = [model, base.clone(model), pickle.loads(pickle.dumps(model))]
    copies[1].set_score_request(sample_weight=True)  # of the clone alone
    for copy, score in zip(copies, (None, True, None)):
        assert str(copy.get_metadata_routing()) == str(
            {
                "fit": {"sample_weight": "importance"},
                "partial_fit": {"sample_weight": None, "classes": True},
                "score": {"sample_weight": score},
            }
        )


def test_metadata_that_no_method_takes_is_refused_with_what_it_takes() -> None:
    with pytest.raises(TypeError, match="partial_fit takes no metadata called classes, expected one of sample_weight"):
        MLPRegressor().set_partial_fit_request(classes=True)
