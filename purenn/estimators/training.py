"""Training of an estimator, by scikit-learn's rules: how it begins or goes on, its learning rates, and its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from purenn.engine import FloatEngine, Job
from purenn.errors import ShapeError, TrainingWarning, warn
from purenn.estimators.exceptions import ConvergenceWarning, official
from purenn.estimators.losses import LOSSES, MEANINGS
from purenn.estimators.network import initial_network, trained_part, with_scalers
from purenn.estimators.saved import Saved
from purenn.estimators.targets import check_counts, weights_of
from purenn.findings import UNFINISHED, Advice, Watch
from purenn.formats import arrays
from purenn.history import Epoch
from purenn.matrix import Matrix
from purenn.metrics import measure
from purenn.preprocessing import split_indices, standardize
from purenn.regularization import Penalty
from purenn.samples import Rows, Samples, classes
from purenn.training import Plan, Training

__all__ = ["Goal", "Trained"]

LOWEST_RATE = 1e-6  # learning_rate="adaptive" ends there, as in scikit-learn


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


class Trained(Saved):
    """An estimator that trains its network: one epoch if it is `incremental`, or else until it has converged."""

    # Before the first epoch.

    def _goes_on(self, *, incremental: bool) -> bool:
        """Return whether training goes on with the network there is."""
        return self._fitted and (incremental or self.warm_start)

    def _prepare(self, X: object, goal: Goal, sample_weight: object, *, incremental: bool) -> Samples:
        """Check everything and return the samples, with a new network for them unless training goes on.

        A fit has a new optimizer; only an incremental one goes on with the optimizer too. If this raises, nothing has
        changed.
        """
        self._check()
        if self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True: it has no samples to hold back")
        x, weights = arrays.as_matrix(X, "X"), weights_of(sample_weight)
        samples = self._samples(x, goal.targets, weights)
        go_on = self._goes_on(incremental=incremental)
        if go_on:
            self._check_going_on(X, x, goal)
        keeps_optimizer = go_on and incremental
        optimizer = self._optimizer if keeps_optimizer else self._new_optimizer()
        if not go_on:
            self._begin(X, x, goal)
        if not go_on or self.early_stopping == (self.validation_scores_ is None):  # early stopping was turned on or off
            self._best, self._stale = -inf, 0
            self.validation_scores_ = [] if self.early_stopping else None
        if not keeps_optimizer:
            self._optimizer, self._rate = optimizer, self.learning_rate_init
        if not self.scaler_:
            return samples
        targets: Rows = self._target_scaler(goal.targets) if self._target_scaler else goal.targets
        return Samples(self.scaler_(x), targets, weights)

    def _samples(self, x: Matrix, targets: Rows, weights: list[float] | None) -> Samples:
        """Return samples. Raises ValueError if they cannot be trained on: for sizes that differ, and for too few."""
        check_counts(x, targets)
        if weights is not None and not any(weights):
            raise ValueError("sample_weight must have a number above zero, but all weights are zero")
        if self.early_stopping and round(x.rows * self.validation_fraction) < 2:
            share = f"{self.validation_fraction} of {x.rows} samples"
            raise ValueError(f"The validation set is too small: {share}. At least 2 are needed")
        return Samples(x, targets, weights)

    def _check_going_on(self, X: object, x: Matrix, goal: Goal) -> None:
        """Raise ValueError unless the network fits these samples and the present parameters."""
        self._check_features(X, x)
        if goal.targets.columns != self.n_outputs_:
            raise ShapeError(f"y has {goal.targets.columns} columns, but the network was made for {self.n_outputs_}")
        was, now = self._design, self._new_design()
        changes = [f"{name} was {was[name]!r} and is {now[name]!r}" for name in now if now[name] != was[name]]
        if changes:
            raise ValueError(f"{type(self).__name__} cannot go on with its network: {', '.join(changes)}")

    def _begin(self, X: object, x: Matrix, goal: Goal) -> None:
        """Make a new network, and forget everything about the one before."""
        design, rng = self._new_design(), self._generator()
        sizes = [x.columns, *self._hidden_sizes(), goal.targets.columns]
        network = initial_network(sizes, self.activation, rng)
        scales_targets = self.standardize and goal.out_activation == "identity"
        self.scaler_ = standardize(x) if self.standardize else None
        self._target_scaler = standardize(goal.targets) if scales_targets else None
        self.network_ = with_scalers(network, self.scaler_, self._target_scaler)
        self.network_.loss = MEANINGS[goal.out_activation]
        self._design, self._rng, self._arrays = design, rng, arrays.is_array(X)
        self.loss_curve_ = []
        self.t_ = 0
        self.n_features_in_, self.n_outputs_, self.n_layers_ = sizes[0], sizes[-1], len(sizes)
        self.out_activation_ = goal.out_activation
        vars(self).pop("feature_names_in_", None)
        names = arrays.column_names(X)
        if names:
            self.feature_names_in_ = arrays.in_kind(names, self._arrays, object)

    # The epochs.

    def _train(self, samples: Samples, goal: Goal, *, incremental: bool) -> None:
        """Train until it has converged, for at most max_iter epochs or, if `incremental`, for one."""
        held_back: Samples | None = None
        if self.early_stopping:
            samples, held_back = self._hold_back(samples, goal)
        job = self._job(samples)
        watch = self._watch(job)
        if not self.loss_curve_:
            for cause in filter(None, [watch.scaling] if incremental else watch.causes):
                warn(cause, TrainingWarning)
        with self._training(job, 1 if incremental else self.max_iter, goal, held_back) as training:
            training.watch = watch
            for epoch in training.epochs():
                self.t_ += len(samples)
                self._note(epoch)
                training.ended = self._has_converged()
            if training.ended:  # more epochs would not be made
                watch.advice = watch.advice._replace(epochs="a larger n_iter_no_change")
            history = training.history()
        if not incremental:
            self._tell([finding for finding in history.findings if finding not in watch.causes], ended=training.ended)

    def _tell(self, findings: Sequence[str], *, ended: bool) -> None:
        """Warn of what was found after training or, if that is nothing, of a training that max_iter has ended."""
        for finding in findings:
            warn(finding, official(ConvergenceWarning) if finding.startswith(UNFINISHED) else TrainingWarning)
        if not findings and not ended:
            what = f"{type(self).__name__} did all of its max_iter={self.max_iter} epochs and hasn't converged yet"
            warn(f"{what}: more of them, or another learning_rate_init, may help", official(ConvergenceWarning))

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
        return Watch(job, None, advice=advice, columns=self._feature_names)

    def _hold_back(self, samples: Samples, goal: Goal) -> tuple[Samples, Samples]:
        """Return the samples to train on, and those to validate on."""
        numbers = classes(samples.targets.take(range(len(samples)))) if goal.stratify else None
        larger, smaller = split_indices(len(samples), self.validation_fraction, self._rng, stratify=numbers)
        return samples.select(larger), samples.select(smaller)

    def _job(self, samples: Samples) -> Job:
        """Return the job for these samples, with their weights scaled to a mean of 1."""
        size = min(200, len(samples)) if self.batch_size == "auto" else int(self.batch_size)
        if size > len(samples):
            warn(f"batch_size={size} is clipped to the number of samples, {len(samples)}")
            size = len(samples)
        mean = 1.0
        if samples.weights is not None:
            mean = sum(samples.weights) / len(samples)
            samples = Samples(samples.inputs, samples.targets, [weight / mean for weight in samples.weights])
        penalty = Penalty(l2=self.alpha / (size * mean)) if self.alpha and not self._decays else None
        network, loss = trained_part(self.network_), LOSSES[self.out_activation_]
        return Job(network, samples, loss, self._optimizer, size, penalty, shuffle=self.shuffle, rng=self._rng)

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

    # After each epoch.

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


def _validation_score(epoch: Epoch) -> tuple[float]:
    """Judge an epoch by its score on the samples held back."""
    return (epoch.metrics["validation_score"],)
