"""The losses of the estimators. scikit-learn adds a loss up over the outputs, where purenn averages."""

from __future__ import annotations

from purenn.losses import BinaryCrossEntropy, CrossEntropy, Loss, MeanSquaredError
from purenn.matrix import Matrix

__all__ = ["LOSSES", "MEANINGS", "HalfSquaredError", "SummedBinaryCrossEntropy", "activation_for"]


class HalfSquaredError(MeanSquaredError):
    """L = Σ (y - t)² / 2n; dL/dy = (y - t) / n."""

    def value(self, outputs: Matrix, targets: Matrix) -> float:
        return super().value(outputs, targets) * (0.5 * outputs.columns)

    def gradient(self, outputs: Matrix, targets: Matrix) -> Matrix:
        return super().gradient(outputs, targets) * (0.5 * outputs.columns)


class SummedBinaryCrossEntropy(BinaryCrossEntropy):
    """L = -Σ (t ln σ(z) + (1 - t) ln(1 - σ(z))) / n for logits z; dL/dz = (σ(z) - t) / n."""

    def value(self, outputs: Matrix, targets: Matrix) -> float:
        return super().value(outputs, targets) * outputs.columns

    def gradient(self, outputs: Matrix, targets: Matrix) -> Matrix:
        return super().gradient(outputs, targets) * outputs.columns


# By out_activation_, scikit-learn's name of the function that makes predictions of outputs: the loss in training, and
# the one that the network keeps, which means the same and which files know.
LOSSES: dict[str, Loss] = {
    "identity": HalfSquaredError(),
    "logistic": SummedBinaryCrossEntropy(),
    "softmax": CrossEntropy(),
}
MEANINGS: dict[str, Loss] = {
    "identity": MeanSquaredError(),
    "logistic": BinaryCrossEntropy(),
    "softmax": CrossEntropy(),
}


def activation_for(kept: Loss | None) -> str:
    """Return the key of the loss that a network keeps. Raises ValueError for one that no estimator has."""
    for name, meaning in MEANINGS.items():
        if type(kept) is type(meaning):
            return name
    raise ValueError(f"its loss is {kept}, expected one of {', '.join(map(str, MEANINGS.values()))}")
