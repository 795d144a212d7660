"""The multi-layer perceptron as a classifier and as a regressor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from purenn.activations import log_softmax
from purenn.errors import check_choice, check_kind, check_not_negative
from purenn.estimators.parameters import explaining
from purenn.estimators.record import flag
from purenn.estimators.targets import (
    Classes,
    accuracy_score,
    check_counts,
    check_data,
    quantities,
    targets_of,
    weights_of,
)
from purenn.estimators.training import Goal, Trained
from purenn.foreign import explained
from purenn.formats import JsonObject, arrays
from purenn.matrix import Matrix
from purenn.metrics import r2_score
from purenn.network import Sequential

__all__ = ["MLPClassifier", "MLPRegressor"]

Classifier = TypeVar("Classifier", bound="MLPClassifier")
Regressor = TypeVar("Regressor", bound="MLPRegressor")


@explaining
@dataclass(eq=False, repr=False)
class MLPClassifier(Trained):
    """A multi-layer perceptron that tells classes apart, or says which of several labels hold.

    Classes are strings, ints, bools or whole floats. A table of zeros and ones is for labels, one in each column, of
    which any number may hold at once. The loss is the cross-entropy. The arguments are scikit-learn's and explained in
    `purenn.estimators.Parameters`; for the differences see `purenn.estimators`. There is one more:

    class_weight: "balanced", so that all classes count the same, or a weight for each class, 1 if it is not named.
    """

    class_weight: Mapping[object, float] | str | None = None

    _estimator_type = "classifier"

    @property
    def classes_(self) -> arrays.Array[object]:
        """The classes in the order of the probabilities; for labels, the numbers of their columns."""
        return self._classes.listed(self._arrays)

    @explained("MLP.fit")
    def fit(self: Classifier, X: object, y: object, sample_weight: object = None) -> Classifier:
        """Train for up to max_iter epochs, from the start or, with warm_start, from where the last fit ended.

        Raises ValueError for data or options that make no sense, naming the place, and TrainingError if training
        diverges. Warns, with ConvergenceWarning, if it ends before it has converged.
        """
        check_data(X, y, "fit(X, y)")
        targets = targets_of(y)
        classes = Classes.among(targets, y)
        if self._goes_on(incremental=False) and classes != self._classes:
            was, now = list(self._classes.values), list(classes.values)
            raise ValueError(f"warm_start needs the same classes as in the fit before, which were {was}: y has {now}")
        self._fit(X, targets, sample_weight, classes, incremental=False)
        return self

    def partial_fit(
        self: Classifier, X: object, y: object, sample_weight: object = None, classes: object = None
    ) -> Classifier:
        """Train for one more epoch, on these samples.

        The first call needs all classes that will ever occur, unless y is a table of labels. Raises the errors of
        `fit`, and ValueError if the classes change or y has another one.
        """
        check_data(X, y, "partial_fit(X, y)")
        targets = targets_of(y)
        if classes is not None:
            given = Classes.among(arrays.items(classes, "classes"), classes)
        elif self._fitted:
            given = self._classes
        elif arrays.is_nested(targets):
            given = Classes.among(targets, y)
        else:
            call = 'partial_fit(X, y, classes=["no", "yes"])'
            raise ValueError(f"classes must be passed on the first call to partial_fit. That call is: {call}")
        if self._fitted and given != self._classes:
            was, now = list(self._classes.values), list(given.values)
            raise ValueError(f"`classes={now}` is not the same as on last call to partial_fit, was: {was}")
        self._fit(X, targets, sample_weight, given, incremental=True)
        return self

    def _fit(
        self, X: object, targets: Sequence[object], sample_weight: object, classes: Classes, *, incremental: bool
    ) -> None:
        goal = Goal(classes.encode(targets), classes.out_activation, classes.accuracy, stratify=not classes.several)
        weights = self._weights(targets, classes, sample_weight, incremental=incremental)
        samples = self._prepare(X, goal, weights, incremental=incremental)
        self._classes = classes
        self.network_.classes = () if classes.several else tuple(map(str, classes.values))
        self._train(samples, goal, incremental=incremental)

    def _weights(
        self, targets: Sequence[object], classes: Classes, sample_weight: object, *, incremental: bool
    ) -> object:
        """Return the weights of the samples, multiplied by those of their classes."""
        given = self.class_weight
        if given is None:
            return sample_weight
        if classes.several:
            raise ValueError("class_weight is for classes, of which each sample has one, and y is a table of labels")
        if isinstance(given, str):
            check_choice(["balanced"], class_weight=given)
            if incremental:
                what = "class_weight='balanced' is not supported for partial_fit, which does not see all samples"
                raise ValueError(f"{what}: pass a weight for each class, as in {{'yes': 5.0, 'no': 1.0}}")
            counts = Counter(targets)
            given = {label: len(targets) / (len(counts) * count) for label, count in counts.items()}
        check_kind("items", '"balanced" or {"yes": 5.0, "no": 1.0}', class_weight=given)
        for label, weight in given.items():
            if label not in classes.values:
                raise ValueError(f"class_weight has {label!r}, which is not among the classes {list(classes.values)}")
            check_not_negative(**{f"class_weight[{label!r}]": weight})
        own = [1.0] * len(targets) if sample_weight is None else arrays.as_column(sample_weight, "sample_weight")
        if len(own) != len(targets):
            raise ValueError(f"y has {len(targets)} samples, but sample_weight {len(own)}")
        return [weight * given.get(target, 1.0) for weight, target in zip(own, targets)]

    def _results(self) -> dict[str, object]:
        classes = self._classes
        dtype = None if classes.dtype is None else str(classes.dtype)
        record = {"values": list(classes.values), "several": classes.several, "array": classes.from_array}
        return {**super()._results(), "classes": {**record, "dtype": dtype}}

    def _restore(self, network: Sequential, fields: JsonObject) -> None:
        super()._restore(network, fields)
        classes = fields.get("classes")
        values = classes.get("values") if isinstance(classes, JsonObject) else None
        if not isinstance(classes, JsonObject) or not isinstance(values, list):
            raise ValueError(f"its classes are {classes!r:.100}, expected a list of them")
        several, dtype = flag(classes, "several"), classes.get("dtype")
        outputs = len(values) if several or len(values) != 2 else 1
        if outputs != network.widths[-1]:
            raise ValueError(f"it has {len(values)} classes, but a network of {network.widths[-1]} outputs")
        self._classes = Classes(range(outputs) if several else values, several, flag(classes, "array"), dtype)

    def predict(self, X: object) -> arrays.Array[object]:
        """Return the class of each sample; for labels, a row of zeros and ones."""
        return arrays.in_kind(self._answers(X), arrays.is_array(X), self._classes.dtype)

    def _answers(self, X: object) -> list[object]:
        probabilities = self._predictions(X)
        return self._classes.decode(probabilities)

    def predict_proba(self, X: object) -> arrays.Array[arrays.Array[float]]:
        """Return a row for each sample: the probability of each class in the order of classes_, or of each label."""
        rows = self._predictions(X).data
        if self._classes.is_pair:
            rows = [[1.0 - p, p] for (p,) in rows]
        return arrays.in_kind(rows, arrays.is_array(X))

    def predict_log_proba(self, X: object) -> arrays.Array[arrays.Array[float]]:
        """Return the logarithms of the probabilities, computed from the logits: they stay finite where a probability is
        rounded to 0."""
        rows = self._outputs(X).data
        if self._classes.is_pair:
            rows = [log_softmax([0.0, z]) for (z,) in rows]  # softmax of 0 and z is 1 - σ(z) and σ(z)
        elif self._classes.several:
            rows = [[log_softmax([0.0, z])[1] for z in row] for row in rows]
        else:
            rows = [log_softmax(row) for row in rows]
        return arrays.in_kind(rows, arrays.is_array(X))

    def score(self, X: object, y: object, sample_weight: object = None) -> float:
        """Return the accuracy: the part of the samples, by weight, whose class is right, or all of whose labels are."""
        predicted = self._answers(X)
        return accuracy_score(targets_of(y), predicted, weights_of(sample_weight) or [])


@explaining
@dataclass(eq=False, repr=False)
class MLPRegressor(Trained):
    """A multi-layer perceptron that predicts a quantity or, if y is a table, several.

    The arguments are scikit-learn's and explained in `purenn.estimators.Parameters`; for the differences see
    `purenn.estimators`. There is one more:

    loss: "squared_error", Σ (y - t)² / 2n, is the only one.

    >>> model = MLPRegressor((), solver="sgd", learning_rate_init=0.2, momentum=0.5, tol=1e-9, random_state=0)
    >>> answers = model.fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]).predict([[4.0]])  # y = 2 x + 1
    >>> [f"{answer:.2f}" for answer in answers]
    ['9.00']
    """

    loss: str = "squared_error"

    _estimator_type = "regressor"

    def _check_names(self) -> None:
        super()._check_names()
        check_choice(["squared_error"], loss=self.loss)

    @explained("MLP.fit")
    def fit(self: Regressor, X: object, y: object, sample_weight: object = None) -> Regressor:
        """Train for up to max_iter epochs, from the start or, with warm_start, from where the last fit ended.

        Raises ValueError for data or options that make no sense, naming the place, and TrainingError if training
        diverges. Warns, with ConvergenceWarning, if it ends before it has converged.
        """
        check_data(X, y, "fit(X, y)")
        self._fit(X, quantities(targets_of(y)), sample_weight, incremental=False)
        return self

    def partial_fit(self: Regressor, X: object, y: object, sample_weight: object = None) -> Regressor:
        """Train for one more epoch, on these samples. Raises the errors of `fit`."""
        check_data(X, y, "partial_fit(X, y)")
        self._fit(X, quantities(targets_of(y)), sample_weight, incremental=True)
        return self

    def _fit(self, X: object, targets: Matrix, sample_weight: object, *, incremental: bool) -> None:
        goal = Goal(targets, "identity", r2_score)
        samples = self._prepare(X, goal, sample_weight, incremental=incremental)
        self._train(samples, goal, incremental=incremental)

    def predict(self, X: object) -> arrays.Array[object]:
        """Return the quantity of each sample, or a row if there are several."""
        rows = self._predictions(X).data
        answers: list[object] = [*rows] if self.n_outputs_ > 1 else [value for (value,) in rows]
        return arrays.in_kind(answers, arrays.is_array(X))

    def score(self, X: object, y: object, sample_weight: object = None) -> float:
        """Return R², the part of the variance that is explained, averaged over quantities; see `metrics.r2_score`."""
        predicted, actual = self._predictions(X), quantities(targets_of(y))
        check_counts(predicted, actual)
        return r2_score(actual, predicted, weights_of(sample_weight) or [])
