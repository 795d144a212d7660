"""A fitted estimator: its attributes, and what its network returns for samples of the user's."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from purenn.errors import warn
from purenn.estimators.estimator import Estimator
from purenn.estimators.exceptions import NotFittedError, official
from purenn.estimators.losses import LOSSES
from purenn.foreign import foreign_attribute
from purenn.formats import arrays
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.optimizers import Optimizer
from purenn.preprocessing import Scaler

__all__ = ["Fitted"]


class Fitted(Estimator):
    """An estimator with what `fit` has found.

    Attributes that end in an underscore exist once it is fitted; scikit-learn's `check_is_fitted` looks for them. Who
    asks for one before is told so, and who asks for one of another library is told what it is called here.
    """

    network_: Sequential
    loss_: float
    loss_curve_: list[float]
    best_loss_: float | None  # None with early stopping
    validation_scores_: list[float] | None  # None without early stopping
    best_validation_score_: float | None  # None without early stopping
    n_iter_: int  # epochs of the last fit
    t_: int  # samples trained on, summed over all epochs
    n_layers_: int  # with the inputs and the outputs as a layer each
    n_outputs_: int
    out_activation_: str
    n_features_in_: int
    feature_names_in_: arrays.Array[str]  # only if fitted with a data frame
    scaler_: Scaler | None  # None without standardize

    _arrays: bool  # whether it was fitted with arrays, and so has arrays as attributes
    _design: dict[str, object]  # the parameters that the network was made with: these cannot change when it goes on
    _target_scaler: Scaler | None  # only of a regressor with standardize
    _rng: Random
    _optimizer: Optimizer
    _rate: float  # the learning rate of the next epoch; the optimizer's own one does not change
    _best: float  # the best validation score or, without early stopping, minus the lowest loss
    _stale: int  # epochs in a row that were not better than that by tol

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            if name.endswith("_") and (name in Fitted.__annotations__ or hasattr(type(self), name)):
                frame = " with a data frame" if name == "feature_names_in_" else ""
                raise AttributeError(f"{type(self).__name__} has no {name} yet: it is there after fit(X, y){frame}")
            return foreign_attribute(self, name)

    @property
    def coefs_(self) -> list[arrays.Array[arrays.Array[float]]]:
        """A copy of each layer's weights, in × out. The network's own are in `network_`."""
        return [arrays.in_kind(weight.copy().data, self._arrays) for weight in self.network_.parameters[::2]]

    @property
    def intercepts_(self) -> list[arrays.Array[float]]:
        """A copy of each layer's biases."""
        return [arrays.in_kind(bias[0][:], self._arrays) for bias in self.network_.parameters[1::2]]

    @property
    def _fitted(self) -> bool:
        return "network_" in vars(self)

    @property
    def _feature_names(self) -> list[str]:
        """The names of the columns, an empty list if it was not fitted with a data frame."""
        return list(getattr(self, "feature_names_in_", []))

    def _check_is_fitted(self) -> None:
        if not self._fitted:
            raise official(NotFittedError)(f"this {type(self).__name__} is not fitted yet: call fit(X, y) first")

    def _check_features(self, X: object, x: Matrix) -> None:
        """Raise ValueError unless these inputs have as many columns, and the same names, as those of `fit`.

        Warns if only one of the two has names: their order cannot be compared then.
        """
        if x.columns != self.n_features_in_:
            expected = f"{type(self).__name__} is expecting {self.n_features_in_} features as input"
            raise ValueError(f"X has {x.columns} features, but {expected}")
        names, known = arrays.column_names(X), self._feature_names
        if names and known and names != known:
            raise ValueError(f"The feature names should match those that were passed during fit: {known}, got {names}")
        if known and not names:
            warn(
                f"X does not have valid feature names, but {type(self).__name__} was fitted with feature names: {known}"
            )
        if names and not known:
            warn(f"X has feature names, but {type(self).__name__} was fitted without feature names")

    def _outputs(self, X: object) -> Matrix:
        """Return the network's outputs for these inputs: logits, or quantities. Raises NotFittedError before `fit`."""
        self._check_is_fitted()
        x = arrays.as_matrix(X, "X")
        self._check_features(X, x)
        return self.network_.outputs(x)

    def _predictions(self, X: object) -> Matrix:
        """Return the outputs, as probabilities if they are logits."""
        outputs = self._outputs(X)
        return LOSSES[self.out_activation_].predictions(outputs)
