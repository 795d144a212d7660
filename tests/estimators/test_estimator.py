"""What scikit-learn's tools ask an estimator, where there is no scikit-learn."""

from __future__ import annotations

import sys

import pytest

from purenn.estimators import MLPClassifier


@pytest.fixture(autouse=True)
def no_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it look as if scikit-learn had not been imported."""
    monkeypatch.delitem(sys.modules, "sklearn", raising=False)


def test_metadata_cannot_be_asked_for_without_those_who_hand_it_on() -> None:
    with pytest.raises(RuntimeError, match="by the tools of scikit-learn, which has not been imported"):
        MLPClassifier().set_fit_request(sample_weight=True)
    assert "sklearn" not in sys.modules


def test_a_notebook_shows_the_text() -> None:
    assert MLPClassifier()._repr_html_() is None
