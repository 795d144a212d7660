"""The figures of a saved network: those measured in training, and the errors of quantities, in their unit."""

from __future__ import annotations

from pathlib import Path

import pytest

from purenn.cli import main
from purenn.cli.saved import SavedNetwork
from purenn.cli.scores import errors_of
from purenn.losses import MeanSquaredError
from purenn.matrix import Matrix
from purenn.samples import Samples
from tests.cli.conftest import Captured, best_of, trained
from tests.conftest import line

STROKES = ["strokes", "--hidden", "8", "--epochs", "2"]


@pytest.mark.usefixtures("empty", "few_strokes")
@pytest.mark.parametrize("words", [STROKES, [*STROKES, "--workers", "2"], ["moons", "--epochs", "4"]], ids=" ".join)
def test_an_accuracy_is_the_one_measured_after_the_best_epoch_and_not_computed_again(
    words: list[str], capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SavedNetwork, "outputs", None)
    epochs, done, _ = trained(capsys, *words)
    best = best_of(epochs)
    assert (done["test_accuracy"], done["test_loss"]) == (best["test_accuracy"], best["test_loss"])
    assert done["rounded"] == (words[0] == "strokes")


@pytest.mark.usefixtures("empty", "few_strokes")
def test_a_training_with_nothing_left_to_do_has_the_figures_too(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [*STROKES, "--checkpoint", "c", "--resume"]
    done = trained(capsys, *words).done
    monkeypatch.setattr(SavedNetwork, "outputs", None)
    again = trained(capsys, *words)
    assert again.epochs == []
    assert {**again.done, "seconds": 0} == {**done, "seconds": 0}


@pytest.mark.usefixtures("empty", "few_strokes")
@pytest.mark.parametrize(
    ("words", "why"),
    [
        (STROKES, "(the lanes engine sees 8 shades of grey; evaluate rounds nothing and may differ a little)"),
        (
            ["blobs", "--epochs", "2", "--engine", "lanes"],
            "(the lanes engine rounds inputs to multiples of 1/64; evaluate rounds nothing and may differ a little)",
        ),
        ([*STROKES, "--engine", "float"], ""),
        (["house-prices", "--engine", "lanes", "--hidden", "0", "--learning-rate", "0.001"], ""),  # scored with floats
    ],
)
def test_rounded_figures_say_why_evaluate_may_differ(words: list[str], why: str, capsys: Captured) -> None:
    assert main(["train", *words]) == 0
    _, *rest, _, _ = capsys.readouterr().out.splitlines()
    assert rest == ([why] if why else [])


def test_quantities_have_an_error_in_their_unit_and_r2() -> None:
    samples = Samples(Matrix([[1], [2], [3]]), Matrix([[1], [2], [4]]))
    # y = x: errors 0, 0 and 1; the mean target is 7/3 and their squared distances add up to 16/9 + 1/9 + 25/9 = 14/3
    assert errors_of(SavedNetwork(Path("m"), line(1.0), MeanSquaredError(), {}), samples) == {
        "mean_absolute_error": pytest.approx(1 / 3),
        "r2": pytest.approx(1 - 1 / (14 / 3)),
    }
