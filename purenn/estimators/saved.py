"""Files of fitted estimators: the file of the network, with a record of all else in its metadata."""

from __future__ import annotations

import os
from random import Random
from typing import TypeVar

from purenn.errors import FormatError
from purenn.estimators.fitted import Fitted
from purenn.estimators.losses import activation_for
from purenn.estimators.network import scalers_of
from purenn.estimators.parameters import RandomState
from purenn.estimators.record import RECORD, flag, number, numbers, parameters, record, texts, to_json
from purenn.formats import JsonObject, arrays, read_model
from purenn.network import Sequential

__all__ = ["Saved"]

Me = TypeVar("Me", bound="Saved")


class Saved(Fitted):
    """An estimator that can be saved and loaded. Nothing is pickled."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted estimator to a safetensors file, which `load` reads, and `Sequential.load` as a network.

        It keeps the parameters, the classes, the scaler and the results of training, but neither the optimizer's memory
        nor a random_state that is not an int. Raises NotFittedError before `fit`, ValueError for a parameter that is
        neither a number nor a text, and OSError if the file cannot be written.
        """
        self._check_is_fitted()
        sources = (Random, RandomState)
        given = {name: value for name, value in self.get_params().items() if not isinstance(value, sources)}
        self.network_.save(path, {RECORD: to_json(type(self).__name__, {"parameters": given, **self._results()})})

    @classmethod
    def load(cls: type[Me], path: str | os.PathLike[str]) -> Me:
        """Read an estimator that `save` wrote. Further training starts with a new optimizer.

        Raises FormatError if the file holds no estimator of this class.
        """
        metadata = read_model(path).metadata
        if RECORD not in metadata:
            raise FormatError(f"{path}: holds a network, but no estimator: Sequential.load reads it")
        network = Sequential.load(path)
        model = cls()
        try:
            fields = record(metadata[RECORD], cls.__name__)
            model.set_params(**parameters(fields))
            model._check()
            model._restore(network, fields)
        except (ValueError, TypeError, OverflowError) as error:
            raise FormatError(f"{path}: no {cls.__name__} can be made from it: {error}") from error
        return model

    def _results(self) -> dict[str, object]:
        """Return what is known since `fit`, apart from the network."""
        return {
            "arrays": self._arrays,
            "feature_names": self._feature_names,
            "loss": self.loss_,
            "loss_curve": self.loss_curve_,
            "validation_scores": self.validation_scores_,
            "best": self._best,
            "n_iter": self.n_iter_,
            "t": self.t_,
        }

    def _restore(self, network: Sequential, fields: JsonObject) -> None:
        """Take a network and the results of its training, as `_results` returned them."""
        self.network_ = network
        self.out_activation_ = activation_for(network.loss)
        self.scaler_, self._target_scaler = scalers_of(network)
        self._design = self._new_design()
        self.n_features_in_, self.n_outputs_ = network.in_features, network.widths[-1]
        self.n_layers_ = len(self._hidden_sizes()) + 2
        self._arrays = flag(fields, "arrays")
        names = texts(fields, "feature_names")
        if names:
            self.feature_names_in_ = arrays.in_kind(names, self._arrays, object)
        self.loss_, self.loss_curve_ = number(fields, "loss"), numbers(fields, "loss_curve")
        watched = fields.get("validation_scores") is not None
        self.validation_scores_ = numbers(fields, "validation_scores") if watched else None
        self._best, self._stale = number(fields, "best"), 0
        self.best_loss_, self.best_validation_score_ = (None, self._best) if watched else (-self._best, None)
        self.n_iter_, self.t_ = int(number(fields, "n_iter")), int(number(fields, "t"))
        self._rng, self._optimizer, self._rate = self._generator(), self._new_optimizer(), self.learning_rate_init
