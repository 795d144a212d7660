"""The multi-layer perceptron as scikit-learn trains it, whatever it is to predict.

`estimators` makes a classifier and a regressor of it. Here is what the two share: how a network begins, and how its
training goes on and comes to an end. The arithmetic is that of the float engine.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, sqrt
from random import Random

from purenn.estimators.hyperparameters import Hyperparameters
from purenn.float_engine import FloatEngine
from purenn.formats.arrays import Array, as_column, as_matrix, column_names, in_kind, is_array
from purenn.layers import Activation, Layer, Linear
from purenn.losses import BinaryCrossEntropy, CrossEntropy, Loss, MeanSquaredError
from purenn.matrix import Matrix
from purenn.metrics import classes as likeliest
from purenn.network import Sequential
from purenn.optimizers import Optimizer
from purenn.preprocessing import split
from purenn.regularization import Penalty
from purenn.samples import Rows, Samples
from purenn.schedules import constant

__all__ = ["ConvergenceWarning", "NotFittedError", "Perceptron", "Summed", "Task", "initial_network"]

LOWEST_RATE = 1e-6  # where learning_rate="adaptive" ends, as in scikit-learn


class NotFittedError(ValueError, AttributeError):
    """An estimator was used before `fit`. It is both errors at once because scikit-learn's is."""


class ConvergenceWarning(UserWarning):
    """Training ended because of max_iter, and not because it no longer helped."""


@dataclass(frozen=True)
class Summed:
    """A loss times the number of outputs and a factor: scikit-learn adds up over the outputs what purenn averages.

    Its squared error is Summed(MeanSquaredError(), 0.5): L = Σ (y - t)² / 2n; dL/dy = (y - t) / n.
    """

    loss: Loss
    factor: float = 1.0

    @property
    def name(self) -> str:
        return self.loss.name

    def value(self, outputs: Matrix, targets: Matrix) -> float:
        return self.loss.value(outputs, targets) * (self.factor * outputs.columns)

    def gradient(self, outputs: Matrix, targets: Matrix) -> Matrix:
        return self.loss.gradient(outputs, targets) * (self.factor * outputs.columns)

    def predictions(self, outputs: Matrix) -> Matrix:
        return self.loss.predictions(outputs)


LOSSES: dict[str, Loss] = {  # by out_activation_
    "identity": Summed(MeanSquaredError(), 0.5),
    "logistic": Summed(BinaryCrossEntropy()),
    "softmax": CrossEntropy(),
}


@dataclass(frozen=True)
class Task:
    """What there is to learn: the targets, what the outputs are to be, and how good they are.

    `score` is of predictions, targets and weights (none if all count the same); early stopping watches it. With
    `stratify` a validation part has the same mixture of classes.
    """

    targets: Rows
    out_activation: str
    score: Callable[[Matrix, Matrix, Sequence[float]], float]
    stratify: bool = False


def initial_network(sizes: Sequence[int], activation: str, rng: Random) -> Sequential:
    """Linear layers with this activation between them, which begin as scikit-learn's do.

    Weights and biases are uniform in ±√(6 / (inputs + outputs)) or, for the logistic activation, ±√(2 / (inputs +
    outputs)), drawn layer by layer, weights first. Source: Glorot and Bengio (2010), whose biases begin at 0.
    """
    function = "sigmoid" if activation == "logistic" else activation
    factor = 2.0 if function == "sigmoid" else 6.0
    layers: list[Layer] = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layers += [_linear(inputs, outputs, sqrt(factor / (inputs + outputs)), rng), Activation(function)]
    return Sequential(*layers[:-1])


def _linear(inputs: int, outputs: int, bound: float, rng: Random) -> Linear:
    def uniform(rows: int, columns: int, rng: Random) -> Matrix:
        return Matrix.from_function(rows, columns, lambda i, j: rng.uniform(-bound, bound))

    layer = Linear(inputs, outputs, rng, initializer=uniform)
    layer.bias = uniform(1, outputs, rng)
    return layer


class Perceptron(Hyperparameters):
    """A fully connected network that is trained as scikit-learn trains its own.

    Attributes that end in an underscore are there once it is fitted; scikit-learn's `check_is_fitted` goes by them.
    """

    network_: Sequential
    loss_: float
    loss_curve_: list[float]
    best_loss_: float | None  # None with early stopping
    validation_scores_: list[float] | None  # None without, and so the next
    best_validation_score_: float | None
    n_iter_: int  # epochs of the last fit
    t_: int  # samples seen, one epoch's after the other's
    n_layers_: int  # inputs and outputs count as one each
    n_outputs_: int
    out_activation_: str
    n_features_in_: int
    feature_names_in_: Array[str]  # only if fitted with a data frame

    _arrays: bool  # whether it was fitted with arrays and has arrays for attributes
    _design: tuple[list[int], str]  # the sizes of its hidden layers, and their activation
    _rng: Random
    _optimizer: Optimizer
    _best: float  # the best validation score or, without validation, minus the lowest loss
    _stale: int  # epochs in a row that did not better it by tol

    @property
    def coefs_(self) -> list[Array[Array[float]]]:
        """The weights of each layer, in × out: a copy. The network's own are in `network_`."""
        return [in_kind(weight.copy().data, self._arrays) for weight in self.network_.parameters[::2]]

    @property
    def intercepts_(self) -> list[Array[float]]:
        """The biases of each layer: a copy."""
        return [in_kind(bias[0][:], self._arrays) for bias in self.network_.parameters[1::2]]

    @property
    def _fitted(self) -> bool:
        return "network_" in vars(self)

    def _outputs(self, X: object) -> Matrix:
        """What the network answers to these inputs: logits, or quantities."""
        if not self._fitted:
            raise NotFittedError(f"this {type(self).__name__} is not fitted yet: call fit before anything else")
        x = as_matrix(X, "X")
        self._check_features(X, x)
        return self.network_.predict(x)

    def _predictions(self, X: object) -> Matrix:
        """The same as probabilities, where the outputs are logits."""
        outputs = self._outputs(X)
        return LOSSES[self.out_activation_].predictions(outputs)

    def _check_features(self, X: object, x: Matrix) -> None:
        """Raise ValueError unless these inputs have as many columns, and the same names, as those of `fit`."""
        if x.columns != self.n_features_in_:
            expected = f"{type(self).__name__} is expecting {self.n_features_in_} features as input"
            raise ValueError(f"X has {x.columns} features, but {expected}")
        names, known = column_names(X), list(getattr(self, "feature_names_in_", []))
        if names and known and names != known:
            raise ValueError(f"The feature names should match those that were passed during fit: {known}, got {names}")

    def _prepare(self, X: object, task: Task, sample_weight: object, *, go_on: bool, incremental: bool) -> Samples:
        """The samples, with everything checked and the network ready for them: a new one, or `go_on` with the old one.

        A new fit has a new optimizer in any case; `incremental` goes on with that too. If this raises, nothing changed.
        """
        self._check()
        if self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True: it has no samples to hold back")
        x = as_matrix(X, "X")
        samples = Samples(x, task.targets, None if sample_weight is None else as_column(sample_weight, "sample_weight"))
        design = (self._hidden_sizes(), self.activation)
        if go_on:
            self._check_features(X, x)
            if design != self._design:
                raise ValueError(f"a network with hidden layers {self._design} cannot go on as one with {design}")
        optimizer = self._optimizer if go_on and incremental else self._new_optimizer()
        if not go_on:
            self._begin(X, [x.columns, *design[0], task.targets.columns], task.out_activation)
            self._design = design
        if not go_on or self.early_stopping == (self.validation_scores_ is None):  # what is watched is new
            self._best, self._stale = -inf, 0
            self.validation_scores_ = [] if self.early_stopping else None
        self._optimizer = optimizer
        return samples

    def _begin(self, X: object, sizes: Sequence[int], out_activation: str) -> None:
        """A new network, and nothing known of it."""
        rng = self._generator()
        self.network_ = initial_network(sizes, self.activation, rng)
        self._rng = rng
        self._arrays = is_array(X)
        self.loss_curve_ = []
        self.t_ = 0
        self.n_features_in_, self.n_outputs_, self.n_layers_ = sizes[0], sizes[-1], len(sizes)
        self.out_activation_ = out_activation
        vars(self).pop("feature_names_in_", None)
        if column_names(X):
            self.feature_names_in_ = in_kind(column_names(X), self._arrays, object)

    def _train(self, samples: Samples, task: Task, *, incremental: bool) -> None:
        """Train until it no longer helps, but for max_iter epochs at most or, incremental, for one."""
        held_back: Samples | None = None
        if self.early_stopping:
            samples, held_back = self._hold_back(samples, task)
        engine = self._engine(samples, LOSSES[self.out_activation_])
        best = self.network_.state()
        for epoch in range(1 if incremental else self.max_iter):
            rate = constant(self._optimizer.learning_rate)
            self.loss_ = engine.train(epoch, rate, lambda done, total: None).loss
            self.n_iter_ = epoch + 1
            self.t_ += len(samples)
            self.loss_curve_.append(self.loss_)
            self._say(f"Iteration {self.n_iter_}, loss = {self.loss_:.8f}")
            if self._is_best(held_back, task) and held_back:
                best = self.network_.state()
            if self._has_converged():
                break
        else:
            if not incremental:
                what = f"{type(self).__name__} did all of its max_iter={self.max_iter} epochs and hasn't converged yet"
                warnings.warn(f"{what}: more of them, or another learning_rate_init, may help", ConvergenceWarning, 4)
        if held_back:
            self.network_.load_state(best)

    def _hold_back(self, samples: Samples, task: Task) -> tuple[Samples, Samples]:
        """The samples to train on, and those by which to stop."""
        if round(len(samples) * self.validation_fraction) < 2:
            share = f"{self.validation_fraction} of {len(samples)} samples"
            raise ValueError(f"The validation set is too small: {share}. At least 2 are needed")
        classes = likeliest(samples.targets.take(range(len(samples)))) if task.stratify else None
        larger, smaller = split(len(samples), self.validation_fraction, self._rng, stratify=classes)
        return samples.select(larger), samples.select(smaller)

    def _engine(self, samples: Samples, loss: Loss) -> FloatEngine:
        """The engine for these samples, with their weights brought to a mean of 1."""
        size = min(200, len(samples)) if self.batch_size == "auto" else int(self.batch_size)
        if size > len(samples):
            warnings.warn(f"batch_size={size} is clipped to the number of samples, {len(samples)}", stacklevel=5)
            size = len(samples)
        mean = 1.0
        if samples.weights is not None:
            mean = sum(samples.weights) / len(samples)
            if not mean:
                raise ValueError("sample_weight must have a number above zero, but all weights are zero")
            samples = Samples(samples.inputs, samples.targets, [weight / mean for weight in samples.weights])
        decays = self.solver == "adamw"  # which takes alpha as its own weight decay
        penalty = Penalty(l2=self.alpha / (size * mean)) if self.alpha and not decays else None
        return FloatEngine(
            self.network_, samples, loss, self._optimizer, size, self._rng, penalty=penalty, shuffle=self.shuffle
        )

    def _is_best(self, held_back: Samples | None, task: Task) -> bool:
        """Note how good the network is after an epoch, and whether it was never better."""
        merit = -self.loss_
        if held_back and self.validation_scores_ is not None:
            predictions = LOSSES[self.out_activation_].predictions(self.network_.predict(held_back.inputs))
            targets = held_back.targets.take(range(len(held_back)))
            merit = task.score(predictions, targets, held_back.weights or [])
            self.validation_scores_.append(merit)
            self._say(f"Validation score: {merit:f}")
        self._stale = self._stale + 1 if merit < self._best + self.tol else 0
        better = merit > self._best
        self._best = max(merit, self._best)
        self.best_loss_ = None if held_back else -self._best
        self.best_validation_score_ = self._best if held_back else None
        return better

    def _has_converged(self) -> bool:
        """Set the rate of the next epoch, and say whether there is to be one."""
        follows = self.learning_rate if self.solver == "sgd" else "constant"
        if follows == "invscaling":
            self._optimizer.learning_rate = self.learning_rate_init / (self.t_ + 1) ** self.power_t
        if self._stale <= self.n_iter_no_change:
            return False
        what = "Validation score" if self.early_stopping else "Training loss"
        what = f"{what} did not improve more than tol={self.tol:f} for {self.n_iter_no_change} consecutive epochs."
        if follows != "adaptive" or self._optimizer.learning_rate <= LOWEST_RATE:
            self._say(f"{what} Stopping.")
            return True
        self._optimizer.learning_rate /= 5.0
        self._stale = 0
        self._say(f"{what} Setting learning rate to {self._optimizer.learning_rate:f}")
        return False

    def _say(self, text: str) -> None:
        if self.verbose:
            print(text)
