"""The multi-layer perceptron with scikit-learn's parameters, which the classifier and the regressor share.

scikit-learn makes, copies and changes estimators through `get_params` and `set_params` alone. So `__init__` keeps every
argument as it came, under its own name, and `fit` checks them.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from inspect import signature
from math import inf, sqrt
from operator import index
from random import Random
from typing import Protocol, TypeVar, runtime_checkable

from purenn.engine import FloatEngine, Job
from purenn.errors import (
    FormatError,
    TrainingWarning,
    check_choice,
    check_fraction,
    check_not_negative,
    check_positive,
    check_whole,
    is_a,
)
from purenn.estimators.record import RECORD, flag, number, numbers, parameters, record, texts, to_json
from purenn.findings import Advice, Watch
from purenn.foreign import explained
from purenn.formats import JsonObject, arrays, read_model
from purenn.history import Epoch
from purenn.layers import Activation, Layer, Linear
from purenn.losses import BinaryCrossEntropy, CrossEntropy, Loss, MeanSquaredError
from purenn.matrix import Matrix
from purenn.metrics import measure
from purenn.network import Sequential
from purenn.normalization import Scaling
from purenn.optimizers import OPTIMIZERS, Optimizer, make_optimizer
from purenn.preprocessing import Scaler, split_indices, standardize
from purenn.regularization import Penalty
from purenn.samples import Rows, Samples, classes
from purenn.training import Plan, Training

__all__ = [
    "ConvergenceWarning",
    "Goal",
    "HalfSquaredError",
    "NotFittedError",
    "Perceptron",
    "RandomState",
    "SummedBinaryCrossEntropy",
    "initial_network",
]

LEARNING_RATES = ("constant", "invscaling", "adaptive")
LOWEST_RATE = 1e-6  # learning_rate="adaptive" ends there, as in scikit-learn

Me = TypeVar("Me", bound="Perceptron")


@runtime_checkable
class RandomState(Protocol):
    """A source of random numbers of NumPy's, an np.random.RandomState."""

    def randint(self, below: int, /) -> int: ...


class NotFittedError(ValueError, AttributeError):
    """An estimator is used before `fit`. It is both errors at once because scikit-learn's is."""


class ConvergenceWarning(UserWarning):
    """Training ended at max_iter while it still made progress."""


# scikit-learn adds a loss up over the outputs, where purenn averages.


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


LOSS_FOR: dict[str, Loss] = {  # by out_activation_
    "identity": HalfSquaredError(),
    "logistic": SummedBinaryCrossEntropy(),
    "softmax": CrossEntropy(),
}


# The loss that a network keeps: its outputs mean the same, and files know it.
MEANING_FOR: dict[str, Loss] = {
    "identity": MeanSquaredError(),
    "logistic": BinaryCrossEntropy(),
    "softmax": CrossEntropy(),
}


@dataclass(frozen=True)
class Goal:
    """The targets of a training, the activation of its outputs, and its score.

    score: a function of actual rows, predicted rows and weights (empty if all count the same); early stopping watches
    it. stratify: whether a validation part holds each class in its proportion.
    """

    targets: Rows
    out_activation: str
    score: Callable[[Matrix, Matrix, Sequence[float]], float]
    stratify: bool = False


def initial_network(sizes: Sequence[int], activation: str, rng: Random) -> Sequential:
    """Make linear layers with this activation between them, initialized as in scikit-learn.

    Weights and biases are uniform in ±√(6 / (inputs + outputs)) or, for the logistic activation, ±√(2 / (inputs +
    outputs)), drawn layer by layer, weights first. Source: Glorot and Bengio (2010), whose biases are 0. Raises
    ValueError, listing the names there are, for an unknown activation.
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


class Perceptron:
    """A fully connected network with scikit-learn's parameters, trained as scikit-learn trains its own.

    standardize: whether the columns of X, and the quantities of a regressor, are standardized for training. The scaler
    is a layer of `network_`, so that X keeps its units everywhere. False, as in scikit-learn.

    Attributes that end in an underscore exist once it is fitted; scikit-learn's `check_is_fitted` looks for them.
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

    _estimator_type: str  # "classifier" or "regressor"; scikit-learn before 1.6 reads it
    _arrays: bool  # whether it was fitted with arrays, and so has arrays as attributes
    _design: tuple[list[int], str, bool]  # the sizes of the hidden layers, their activation, standardize
    _target_scaler: Scaler | None  # only of a regressor with standardize
    _rng: Random
    _optimizer: Optimizer
    _rate: float  # the learning rate of the next epoch; the optimizer's own one does not change
    _best: float  # the best validation score or, without early stopping, minus the lowest loss
    _stale: int  # epochs in a row that were not better than that by tol

    @explained("MLP")  # the classifier has its own
    def __init__(
        self,
        hidden_layer_sizes: int | Iterable[int] = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | Random | RandomState | None = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        standardize: bool = False,
    ) -> None:
        self.hidden_layer_sizes, self.activation = hidden_layer_sizes, activation
        self.solver, self.alpha, self.batch_size = solver, alpha, batch_size
        self.learning_rate, self.learning_rate_init, self.power_t = learning_rate, learning_rate_init, power_t
        self.max_iter, self.shuffle, self.random_state = max_iter, shuffle, random_state
        self.tol, self.verbose, self.warm_start = tol, verbose, warm_start
        self.momentum, self.nesterovs_momentum = momentum, nesterovs_momentum
        self.early_stopping, self.validation_fraction = early_stopping, validation_fraction
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.n_iter_no_change, self.standardize = n_iter_no_change, standardize

    # The interface of every estimator.

    def get_params(self, deep: bool = True) -> dict[str, object]:
        """Return every argument of `__init__` with its present value. None is an estimator, so `deep` has no effect."""
        return {name: getattr(self, name) for name in signature(type(self)).parameters}

    def set_params(self: Me, **params: object) -> Me:
        """Change these arguments. Raises ValueError, and changes nothing, if one of the names is unknown."""
        names = [*signature(type(self)).parameters]
        for name in params:
            if name not in names:
                raise ValueError(f"Invalid parameter {name!r} for {self}, valid parameters are {', '.join(names)}")
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        """Return the call that makes an equal estimator, without arguments that have their default value."""
        given = [
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if repr(value) != repr(signature(type(self)).parameters[name].default)
        ]
        return f"{type(self).__name__}({', '.join(given)})"

    def __sklearn_tags__(self) -> object:
        """Return the tags that scikit-learn reads from version 1.6 on. Only scikit-learn calls this, so it is there."""
        utils = import_module("sklearn.utils")
        classifies = self._estimator_type == "classifier"
        tags: object = utils.Tags(
            estimator_type=self._estimator_type,
            target_tags=utils.TargetTags(required=True, multi_output=not classifies),
            classifier_tags=utils.ClassifierTags(multi_label=True) if classifies else None,
            regressor_tags=None if classifies else utils.RegressorTags(),
            input_tags=utils.InputTags(sparse=True),
        )
        return tags

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
    def _core(self) -> Sequential:
        """The layers that are trained, without those that scale."""
        return Sequential(*(layer for layer in self.network_.layers if not isinstance(layer, Scaling)))

    def _check_is_fitted(self) -> None:
        if not self._fitted:
            raise NotFittedError(f"this {type(self).__name__} is not fitted yet: call fit(X, y) first")

    def _outputs(self, X: object) -> Matrix:
        """Return the network's outputs for these inputs: logits, or quantities. Raises NotFittedError before `fit`."""
        self._check_is_fitted()
        x = arrays.as_matrix(X, "X")
        self._check_features(X, x)
        return self.network_.outputs(x)

    def _predictions(self, X: object) -> Matrix:
        """Return the outputs, as probabilities if they are logits."""
        outputs = self._outputs(X)
        return LOSS_FOR[self.out_activation_].predictions(outputs)

    def _check_features(self, X: object, x: Matrix) -> None:
        """Raise ValueError unless these inputs have as many columns, and the same names, as those of `fit`."""
        if x.columns != self.n_features_in_:
            expected = f"{type(self).__name__} is expecting {self.n_features_in_} features as input"
            raise ValueError(f"X has {x.columns} features, but {expected}")
        names, known = arrays.column_names(X), list(getattr(self, "feature_names_in_", []))
        if names and known and names != known:
            raise ValueError(f"The feature names should match those that were passed during fit: {known}, got {names}")

    # Files.

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted estimator to a safetensors file, which `load` reads, and `Sequential.load` as a network.

        It keeps the parameters, the classes, the scaler and the results of training, but neither the optimizer's memory
        nor a random_state that is not an int. Raises NotFittedError before `fit`, ValueError for a parameter that is
        neither a number nor a text, and OSError if the file cannot be written.
        """
        self._check_is_fitted()
        given = {name: value for name, value in self.get_params().items() if not isinstance(value, Random)}
        self.network_.save(path, {RECORD: to_json(type(self).__name__, {"parameters": given, **self._results()})})

    def _results(self) -> dict[str, object]:
        """Return what is known since `fit`, apart from the network."""
        return {
            "arrays": self._arrays,
            "feature_names": list(getattr(self, "feature_names_in_", [])),
            "loss": self.loss_,
            "loss_curve": self.loss_curve_,
            "validation_scores": self.validation_scores_,
            "best": self._best,
            "n_iter": self.n_iter_,
            "t": self.t_,
        }

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

    def _restore(self, network: Sequential, fields: JsonObject) -> None:
        """Take a network and the results of its training, as `_results` returned them."""
        self.network_ = network
        scalings = [layer for layer in network.layers if isinstance(layer, Scaling)]
        self.out_activation_ = "softmax" if isinstance(network.loss, CrossEntropy) else "logistic"
        if isinstance(network.loss, MeanSquaredError):
            self.out_activation_ = "identity"
        self.scaler_ = Scaler(scalings[0].shift[0], scalings[0].scale[0]) if scalings else None
        self._target_scaler = None
        if len(scalings) > 1:  # the layer is the inverse of the scaler, (y + mean / deviation) / (1 / deviation)
            shifts, scales = scalings[-1].shift[0], scalings[-1].scale[0]
            self._target_scaler = Scaler([-a / b for a, b in zip(shifts, scales)], [1.0 / b for b in scales])
        self._design = (self._hidden_sizes(), self.activation, bool(self.standardize))
        self.n_features_in_, self.n_outputs_ = network.in_features, network.widths[-1]
        self.n_layers_ = len(self._design[0]) + 2
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

    # The parameters, checked.

    def _check(self) -> None:
        """Raise ValueError for a parameter out of range. The optimizer checks its own."""
        rule = self.learning_rate
        if not is_a(rule, str):
            what = f"learning_rate must be one of {', '.join(LEARNING_RATES)}, got {rule!r:.100}"
            raise ValueError(f"{what}; the rate itself is learning_rate_init=0.001")
        check_choice(LEARNING_RATES, learning_rate=rule)
        self._check_names_and_switches()
        check_whole(1, max_iter=self.max_iter)
        if not self.n_iter_no_change >= 1:  # infinity is welcome
            raise ValueError(f"n_iter_no_change must be at least 1, got {self.n_iter_no_change}")
        if isinstance(self.batch_size, str):
            check_choice(["auto"], batch_size=self.batch_size)
        else:
            check_whole(1, batch_size=self.batch_size)
        check_positive(learning_rate_init=self.learning_rate_init)
        check_not_negative(alpha=self.alpha, tol=self.tol, power_t=self.power_t)
        check_fraction(validation_fraction=self.validation_fraction)

    def _check_names_and_switches(self) -> None:
        given = self.get_params()
        for name in ("activation", "solver"):
            if not isinstance(given[name], str):
                raise ValueError(f"{name} must be a name, such as {self._default(name)!r}, got {given[name]!r:.100}")
        for name in ("shuffle", "warm_start", "nesterovs_momentum", "early_stopping", "standardize"):
            if isinstance(given[name], str) or given[name] not in (True, False):
                raise ValueError(f"{name} must be True or False, got {given[name]!r:.100}")

    def _default(self, name: str) -> object:
        return signature(type(self)).parameters[name].default

    def _hidden_sizes(self) -> list[int]:
        """Return the number of units in each hidden layer."""
        given = self.hidden_layer_sizes
        try:
            units = [index(size) for size in (given if isinstance(given, Iterable) else [given])]
        except TypeError:
            what = "the number of units in the hidden layer, or in each of several, as in (100, 50)"
            raise ValueError(f"hidden_layer_sizes must be {what}, got {given!r:.100}") from None
        for count in units:
            check_whole(1, hidden_layer_sizes=count)
        return units

    def _generator(self) -> Random:
        """Return the given source of random numbers, or one seeded with the given int, by NumPy's or, for None, by the
        system."""
        if isinstance(self.random_state, Random):
            return self.random_state
        if isinstance(self.random_state, RandomState):
            return Random(int(self.random_state.randint(2**31 - 1)))
        if self.random_state is None:
            return Random()
        try:
            return Random(index(self.random_state))
        except TypeError:
            what = f"got {self.random_state!r}"
            raise ValueError(f"random_state must be None, an int or a random.Random, {what}") from None

    @property
    def _decays(self) -> bool:
        """True if alpha is the optimizer's weight decay, and no part of the loss."""
        return self.solver == "adamw"

    def _new_optimizer(self) -> Optimizer:
        """Make the optimizer called `solver`, with the parameters that are among its options.

        Raises ValueError for an unknown name and for options out of range.
        """
        if self.solver not in OPTIMIZERS:
            why = ": L-BFGS takes all samples at once, purenn learns in batches" if self.solver == "lbfgs" else ""
            raise ValueError(f"solver must be one of {', '.join(OPTIMIZERS)}, got {self.solver!r}{why}")
        options: dict[str, float] = {"beta1": self.beta_1, "beta2": self.beta_2, "epsilon": self.epsilon}
        if self.solver == "sgd":  # scikit-learn has momentum for sgd only, though RMSProp could have it
            options.update(momentum=self.momentum, nesterov=self.nesterovs_momentum and self.momentum > 0.0)
        if self._decays:
            options.update(weight_decay=self.alpha)
        known = signature(OPTIMIZERS[self.solver]).parameters
        taken = {name: value for name, value in options.items() if name in known}
        return make_optimizer(self.solver, self.learning_rate_init, **taken)

    # Training.

    def _prepare(self, X: object, goal: Goal, sample_weight: object, *, go_on: bool, incremental: bool) -> Samples:
        """Check everything and return the samples, with a new network for them unless training is to `go_on`.

        A fit has a new optimizer; only an `incremental` one goes on with the optimizer too. If this raises, nothing has
        changed.
        """
        self._check()
        if self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True: it has no samples to hold back")
        x = arrays.as_matrix(X, "X")
        weights = None if sample_weight is None else arrays.as_column(sample_weight, "sample_weight")
        samples = Samples(x, goal.targets, weights)
        design = (self._hidden_sizes(), self.activation, bool(self.standardize))
        if go_on:
            self._check_features(X, x)
            if design != self._design:
                what = f"hidden layers, activation and standardize of {self._design}"
                raise ValueError(f"a network with {what} cannot go on as one with {design}")
        keeps_optimizer = go_on and incremental
        optimizer = self._optimizer if keeps_optimizer else self._new_optimizer()
        if not go_on:
            self._begin(X, [x.columns, *design[0], goal.targets.columns], goal.out_activation)
            self._design = design
            self._scale(x, goal)
        if not go_on or self.early_stopping == (self.validation_scores_ is None):  # early stopping was turned on or off
            self._best, self._stale = -inf, 0
            self.validation_scores_ = [] if self.early_stopping else None
        if not keeps_optimizer:
            self._optimizer, self._rate = optimizer, self.learning_rate_init
        if self.scaler_:
            targets: Rows = self._target_scaler(goal.targets) if self._target_scaler else goal.targets
            return Samples(self.scaler_(x), targets, weights)
        return samples

    def _scale(self, x: Matrix, goal: Goal) -> None:
        """With standardize, put scaling layers around those that are trained."""
        self.scaler_ = standardize(x) if self.standardize else None
        is_quantity = goal.out_activation == "identity"
        self._target_scaler = standardize(goal.targets) if self.standardize and is_quantity else None
        before = [Scaling.of(self.scaler_)] if self.scaler_ else []
        after = [Scaling.inverse_of(self._target_scaler)] if self._target_scaler else []
        network = Sequential(*before, *self.network_.layers, *after)
        network.loss = self.network_.loss
        self.network_ = network

    def _begin(self, X: object, sizes: Sequence[int], out_activation: str) -> None:
        """Make a new network, and forget everything about the one before."""
        rng = self._generator()
        self.network_ = initial_network(sizes, self.activation, rng)
        self.network_.loss = MEANING_FOR[out_activation]
        self._rng = rng
        self._arrays = arrays.is_array(X)
        self.loss_curve_ = []
        self.t_ = 0
        self.n_features_in_, self.n_outputs_, self.n_layers_ = sizes[0], sizes[-1], len(sizes)
        self.out_activation_ = out_activation
        vars(self).pop("feature_names_in_", None)
        names = arrays.column_names(X)
        if names:
            self.feature_names_in_ = arrays.in_kind(names, self._arrays, object)

    def _train(self, samples: Samples, goal: Goal, *, incremental: bool) -> None:
        """Train until it has converged, for at most max_iter epochs or, if `incremental`, for one."""
        held_back: Samples | None = None
        if self.early_stopping:
            samples, held_back = self._hold_back(samples, goal)
        job = self._job(samples)
        watch = self._watch(job)
        if not self.loss_curve_:
            _warn([watch.scaling] if incremental else watch.causes)
        with self._training(job, 1 if incremental else self.max_iter, goal, held_back) as training:
            training.watch = watch
            for epoch in training.epochs():
                self.t_ += len(samples)
                self._note(epoch)
                training.ended = self._has_converged()
            if training.ended:  # more epochs would not be made
                watch.advice = watch.advice._replace(epochs="a larger n_iter_no_change")
            history = training.history()
        if incremental:
            return
        _warn(finding for finding in history.findings if finding not in watch.causes)
        if not training.ended:
            what = f"{type(self).__name__} did all of its max_iter={self.max_iter} epochs and hasn't converged yet"
            warnings.warn(f"{what}: more of them, or another learning_rate_init, may help", ConvergenceWarning, 4)

    def _watch(self, job: Job) -> Watch:
        """Return the watch of a training, which advises in the words of these parameters."""
        scaling = f"{type(self).__name__}(standardize=True) scales them"
        advice = Advice(
            "learning_rate_init={:.2g}",
            "max_iter={}",
            scaling,
            scaling.replace("them", "these too"),
            again="",  # fit begins with a new network
            hidden="hidden_layer_sizes=(8,)",
        )
        return Watch(job, None, advice=advice, columns=list(getattr(self, "feature_names_in_", [])))

    def _hold_back(self, samples: Samples, goal: Goal) -> tuple[Samples, Samples]:
        """Return the samples to train on, and those to validate on. Raises ValueError if these are fewer than 2."""
        if round(len(samples) * self.validation_fraction) < 2:
            share = f"{self.validation_fraction} of {len(samples)} samples"
            raise ValueError(f"The validation set is too small: {share}. At least 2 are needed")
        numbers = classes(samples.targets.take(range(len(samples)))) if goal.stratify else None
        larger, smaller = split_indices(len(samples), self.validation_fraction, self._rng, stratify=numbers)
        return samples.select(larger), samples.select(smaller)

    def _job(self, samples: Samples) -> Job:
        """Return the job for these samples, with their weights scaled to a mean of 1."""
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
        penalty = Penalty(l2=self.alpha / (size * mean)) if self.alpha and not self._decays else None
        loss = LOSS_FOR[self.out_activation_]
        return Job(self._core, samples, loss, self._optimizer, size, penalty, shuffle=self.shuffle, rng=self._rng)

    def _training(self, job: Job, epochs: int, goal: Goal, held_back: Samples | None) -> Training:
        """Return the training. With samples held back, it measures their score and keeps the network of the best.

        The schedule is the rate that `_has_converged` sets. After a warm start an epoch has to be better than the best
        one before it, or the network stays as it is.
        """
        engine, weights = FloatEngine(job), (held_back.weights or []) if held_back else []

        def score(actual: Matrix, predicted: Matrix) -> float:
            return goal.score(actual, predicted, weights)

        training = Training(
            engine,
            Plan(epochs, lambda epoch: self._rate, merit=_validation_score if held_back else None),
            measure=lambda: measure(engine.network(), engine.loss, {"score": score}, {"validation_": held_back}),
        )
        if held_back:
            training.best_merit, training.best_state = (self._best,), engine.network().state()
        return training

    def _note(self, epoch: Epoch) -> None:
        """Enter the figures of an epoch, and whether it was better than the best by tol."""
        self.loss_ = epoch.loss
        self.n_iter_ = epoch.number
        self.loss_curve_.append(epoch.loss)
        self._say(f"Iteration {epoch.number}, loss = {epoch.loss:.8f}")
        merit = -epoch.loss
        if self.validation_scores_ is not None:
            (merit,) = _validation_score(epoch)
            self.validation_scores_.append(merit)
            self._say(f"Validation score: {merit:f}")
        self._stale = self._stale + 1 if merit < self._best + self.tol else 0
        self._best = max(merit, self._best)
        self.best_loss_ = None if self.early_stopping else -self._best
        self.best_validation_score_ = self._best if self.early_stopping else None

    def _has_converged(self) -> bool:
        """Set the learning rate of the next epoch, and return whether training should end instead."""
        rule = self.learning_rate if self.solver == "sgd" else "constant"
        if rule == "invscaling":
            self._rate = self.learning_rate_init / (self.t_ + 1) ** self.power_t
        if self._stale <= self.n_iter_no_change:
            return False
        what = "Validation score" if self.early_stopping else "Training loss"
        what = f"{what} did not improve more than tol={self.tol:f} for {self.n_iter_no_change} consecutive epochs."
        if rule != "adaptive" or self._rate <= LOWEST_RATE:
            self._say(f"{what} Stopping.")
            return True
        self._rate /= 5.0
        self._stale = 0
        self._say(f"{what} Setting learning rate to {self._rate:f}")
        return False

    def _say(self, text: str) -> None:
        if self.verbose:
            print(text)


def _warn(findings: Iterable[str]) -> None:
    """Issue a TrainingWarning for each of these that is not empty, at the line that calls `fit`."""
    for finding in filter(None, findings):
        warnings.warn(finding, TrainingWarning, stacklevel=5)


def _validation_score(epoch: Epoch) -> tuple[float]:
    """Judge an epoch by its score on the samples held back."""
    return (epoch.metrics["validation_score"],)
