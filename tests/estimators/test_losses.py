"""The losses: sums over the outputs, with the gradients of sums."""

from __future__ import annotations

import pytest

from purenn.estimators.losses import HalfSquaredError, SummedBinaryCrossEntropy, activation_for
from purenn.gradcheck import check_loss
from purenn.losses import BinaryCrossEntropy, CrossEntropy, Loss, MeanAbsoluteError, MeanSquaredError
from purenn.matrix import Matrix


def test_half_the_squared_error_adds_up_over_the_outputs() -> None:
    # errors 1, 2 and 0, 3: half their squares, 0.5 + 2 and 0 + 4.5, over 2 samples
    loss, y, t = HalfSquaredError(), Matrix([[1, 2], [0, 3]]), Matrix([[0, 0], [0, 0]])
    assert loss.value(y, t) == pytest.approx(3.5)
    assert loss.gradient(y, t) == Matrix([[0.5, 1.0], [0.0, 1.5]])


def test_a_summed_cross_entropy_is_the_sum_of_those_of_single_labels() -> None:
    summed, single = SummedBinaryCrossEntropy(), BinaryCrossEntropy()
    expected = single.value(Matrix([[0.5]]), Matrix([[1.0]])) + single.value(Matrix([[-1.0]]), Matrix([[0.0]]))
    assert summed.value(Matrix([[0.5, -1.0]]), Matrix([[1.0, 0.0]])) == pytest.approx(expected)


@pytest.mark.parametrize("loss", [HalfSquaredError(), SummedBinaryCrossEntropy()])
def test_a_summed_loss_has_its_own_gradient(loss: Loss) -> None:
    assert check_loss(loss, [[0.5, -1.0]], [[1.0, 0.0]]).passed


def test_a_summed_loss_has_the_targets_of_the_averaged_one() -> None:
    loss = SummedBinaryCrossEntropy()
    assert (loss.kind, loss.takes) == ("multilabel", "logits")
    with pytest.raises(ValueError, match="y, column 1 is 2, expected a probability"):
        loss.check_target([1, 2], "y")


@pytest.mark.parametrize(
    ("kept", "name"),
    [(MeanSquaredError(), "identity"), (BinaryCrossEntropy(), "logistic"), (CrossEntropy(), "softmax")],
)
def test_the_loss_that_a_network_keeps_tells_the_function_of_its_outputs(kept: Loss, name: str) -> None:
    assert activation_for(kept) == name


@pytest.mark.parametrize("kept", [None, MeanAbsoluteError(), HalfSquaredError()], ids=str)
def test_a_network_with_a_loss_that_no_estimator_has_is_refused(kept: Loss | None) -> None:
    with pytest.raises(ValueError, match=r"its loss is .*, expected one of MeanSquaredError\(\), Binary"):
        activation_for(kept)
