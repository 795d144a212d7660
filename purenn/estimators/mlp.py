"""Estimators: purenn's networks for those who know scikit-learn, in a Pipeline, a GridSearchCV or a notebook.

`MLPClassifier` and `MLPRegressor` have the arguments, methods and attributes of scikit-learn's, with the same meanings
and defaults. Neither scikit-learn nor NumPy is needed: lists go in, lists come out. Whoever passes NumPy arrays or data
frames gets NumPy arrays back.

>>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], ["same", "different", "different", "same"]
>>> model = MLPClassifier((8,), "tanh", solver="sgd", learning_rate_init=0.5, max_iter=500, random_state=1)
>>> model.fit(X, y).predict(X)
['same', 'different', 'different', 'same']

Where they differ from scikit-learn's:

- activation may also be any other name that `purenn.activations.activation` knows, as "gelu" or "leaky_relu(0.2)".
- solver may also be "adamw", whose weight decay is alpha (nothing is added to the loss), "adagrad" or "rmsprop"; it may
  not be "lbfgs", so there is no max_fun. Nor is there a loss to choose. The rules are those of `purenn.optimizers`:
  Adam's epsilon is added to the corrected root, and the learning rate is no part of the velocity, which matters to
  momentum when "adaptive" or "invscaling" change the rate.
- alpha is divided by batch_size, even in an epoch's last batch, which may be smaller. Sample weights are divided by
  their mean over all samples, not over each batch; with one batch an epoch there is no difference.
- The loss of several quantities is their sum, of which the gradient is taken; scikit-learn shows their mean.
- Early stopping holds back the same mixture of classes whatever their number, not only if there are two.
- partial_fit and warm_start go on with the random numbers; scikit-learn begins them again if random_state is an int. A
  random_state may be a `random.Random`, but no generator of NumPy's.
- A classifier needs at least two classes. A network that diverges raises TrainingError.
- scikit-learn's scorers of probabilities ("roc_auc", "neg_log_loss") want arrays, so they need X to be one.
- coefs_ and intercepts_ are copies. The network itself is network_, a purenn Sequential whose outputs are logits.

Warnings and errors of their own are `purenn.estimators.perceptron.ConvergenceWarning` and `NotFittedError`, and
`purenn.estimators.targets.DataConversionWarning`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from purenn.activations import log_softmax
from purenn.estimators.perceptron import Perceptron, Task
from purenn.estimators.targets import Classes, quantities, r_squared, share_right, targets_of
from purenn.formats.arrays import Array, as_column, in_kind, is_array, is_nested, items
from purenn.matrix import Matrix

__all__ = ["MLPClassifier", "MLPRegressor"]

Classifier = TypeVar("Classifier", bound="MLPClassifier")
Regressor = TypeVar("Regressor", bound="MLPRegressor")


class MLPClassifier(Perceptron):
    """A multi-layer perceptron that tells classes apart, or says which of several labels hold.

    Classes are strings, ints, bools or whole floats. A table of zeros and ones is for labels, one to a column, of which
    any number may hold at once. The loss is the cross-entropy. For the arguments see scikit-learn's class of this name
    and, for the differences, the head of this module.
    """

    _estimator_type = "classifier"
    _classes: Classes

    @property
    def classes_(self) -> Array[object]:
        """The classes, in the order of the probabilities; of labels, the numbers of their columns."""
        return self._classes.listed(self._arrays)

    def fit(self: Classifier, X: object, y: object, sample_weight: object = None) -> Classifier:
        """Train for up to max_iter epochs, from the beginning or, with warm_start, from where the last fit ended.

        Raises ValueError for data or options that make no sense, naming the place, and TrainingError if training
        diverges. Warns, as ConvergenceWarning, if max_iter comes first.
        """
        targets = targets_of(y)
        classes = Classes.among(targets, y)
        go_on = self.warm_start and self._fitted
        if go_on and classes != self._classes:
            was, now = list(self._classes.values), list(classes.values)
            raise ValueError(f"warm_start needs the same classes as in the fit before, which were {was}: y has {now}")
        self._fit(X, targets, sample_weight, classes, go_on=go_on, incremental=False)
        return self

    def partial_fit(
        self: Classifier, X: object, y: object, sample_weight: object = None, classes: object = None
    ) -> Classifier:
        """Train for one more epoch, on these samples.

        The first call needs all classes there will ever be, unless y is a table of labels. Raises as `fit` does, and
        ValueError if they change or y has another.
        """
        targets = targets_of(y)
        if classes is not None:
            given = Classes.among(items(classes, "classes"), classes)
        elif self._fitted:
            given = self._classes
        elif is_nested(targets):
            given = Classes.among(targets, y)
        else:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if self._fitted and given != self._classes:
            was, now = list(self._classes.values), list(given.values)
            raise ValueError(f"`classes={now}` is not the same as on last call to partial_fit, was: {was}")
        self._fit(X, targets, sample_weight, given, go_on=self._fitted, incremental=True)
        return self

    def _fit(
        self,
        X: object,
        targets: Sequence[object],
        sample_weight: object,
        classes: Classes,
        *,
        go_on: bool,
        incremental: bool,
    ) -> None:
        rows = classes.encode(targets)
        task = Task(rows, classes.out_activation, classes.accuracy, stratify=not classes.several)
        samples = self._prepare(X, task, sample_weight, go_on=go_on, incremental=incremental)
        self._classes = classes
        self._train(samples, task, incremental=incremental)

    def predict(self, X: object) -> Array[object]:
        """The class of each sample; of labels, a row of zeros and ones."""
        return in_kind(self._answers(X), is_array(X), self._classes.dtype)

    def _answers(self, X: object) -> list[object]:
        probabilities = self._predictions(X)
        return self._classes.decode(probabilities)

    def predict_proba(self, X: object) -> Array[Array[float]]:
        """The probability of each class in the order of classes_, or of each label by itself; a row for each sample."""
        rows = self._predictions(X).data
        if self._classes.is_pair:
            rows = [[1.0 - p, p] for (p,) in rows]
        return in_kind(rows, is_array(X))

    def predict_log_proba(self, X: object) -> Array[Array[float]]:
        """The logarithms of the same, taken of the logits: they stay finite where a probability is rounded to 0."""
        rows = self._outputs(X).data
        if self._classes.is_pair:
            rows = [log_softmax([0.0, z]) for (z,) in rows]  # softmax of 0 and z is 1 - σ(z) and σ(z)
        elif self._classes.several:
            rows = [[log_softmax([0.0, z])[1] for z in row] for row in rows]
        else:
            rows = [log_softmax(row) for row in rows]
        return in_kind(rows, is_array(X))

    def score(self, X: object, y: object, sample_weight: object = None) -> float:
        """The accuracy: the part of the samples, by weight, whose class is right, or all of whose labels are."""
        return share_right(self._answers(X), targets_of(y), _weights(sample_weight))


class MLPRegressor(Perceptron):
    """A multi-layer perceptron that predicts a quantity or, if y is a table, several.

    The loss is the squared error, Σ (y - t)² / 2n. For the arguments see scikit-learn's class of this name and, for the
    differences, the head of this module.

    >>> model = MLPRegressor((), solver="sgd", learning_rate_init=0.2, momentum=0.5, tol=1e-9, random_state=0)
    >>> answers = model.fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]).predict([[4.0]])  # y = 2 x + 1
    >>> [f"{answer:.2f}" for answer in answers]
    ['9.00']
    """

    _estimator_type = "regressor"

    def fit(self: Regressor, X: object, y: object, sample_weight: object = None) -> Regressor:
        """Train for up to max_iter epochs, from the beginning or, with warm_start, from where the last fit ended.

        Raises ValueError for data or options that make no sense, naming the place, and TrainingError if training
        diverges. Warns, as ConvergenceWarning, if max_iter comes first.
        """
        go_on = self.warm_start and self._fitted
        self._fit(X, quantities(targets_of(y)), sample_weight, go_on=go_on, incremental=False)
        return self

    def partial_fit(self: Regressor, X: object, y: object, sample_weight: object = None) -> Regressor:
        """Train for one more epoch, on these samples. Raises as `fit` does."""
        self._fit(X, quantities(targets_of(y)), sample_weight, go_on=self._fitted, incremental=True)
        return self

    def _fit(self, X: object, targets: Matrix, sample_weight: object, *, go_on: bool, incremental: bool) -> None:
        task = Task(targets, "identity", r_squared)
        samples = self._prepare(X, task, sample_weight, go_on=go_on, incremental=incremental)
        self._train(samples, task, incremental=incremental)

    def predict(self, X: object) -> Array[object]:
        """The quantity of each sample; a row of them if there are several."""
        rows = self._predictions(X).data
        answers: list[object] = [*rows] if self.n_outputs_ > 1 else [value for (value,) in rows]
        return in_kind(answers, is_array(X))

    def score(self, X: object, y: object, sample_weight: object = None) -> float:
        """R², the part of the variance that is explained, averaged over quantities: 1 is perfect, 0 no better than
        always answering the mean. See `purenn.estimators.targets.r_squared`."""
        return r_squared(self._predictions(X), quantities(targets_of(y)), _weights(sample_weight))


def _weights(sample_weight: object) -> list[float]:
    return [] if sample_weight is None else as_column(sample_weight, "sample_weight")
