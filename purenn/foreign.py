"""Names of other libraries: whoever asks purenn for one of them is told what it is called here.

One table has them all. Functions with `explained`, classes with `foreign_attribute` or `Answering`, and the modules
look into it when they are asked for a name that they do not have. `chosen_rows` knows another habit of other libraries:
to choose rows by an array of numbers or of bools.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, wraps
from inspect import Parameter, signature
from itertools import chain
from typing import TYPE_CHECKING, NoReturn, Protocol, TypeVar, Union, runtime_checkable

from purenn.errors import ShapeError, closest

__all__ = [
    "FOREIGN",
    "Answering",
    "Choice",
    "chosen_rows",
    "explained",
    "foreign",
    "foreign_attribute",
    "foreign_calls",
    "foreign_setting",
    "name_hint",
    "refuse_name",
]

# Names of other libraries, by the class, function or module of ours that is asked for them: in each line the names, and
# the call that works here, in a program that has inputs X, targets y, matrices m and n, a network with its loss, and a
# history. Words between them take the place of "purenn calls it"; a sentence, which ends in a full stop, stands alone.

FOREIGN = {
    "purenn": """
        Dense, LazyLinear, InnerProduct, FullyConnected: Linear(4, 8)
        Input, InputLayer: the first layer says how many numbers a sample has: Linear(4, 8)
        ReLU, ReLU6: Activation("relu")
        Sigmoid: Activation("sigmoid")
        Tanh: Activation("tanh")
        GELU: Activation("gelu")
        ELU, SELU, CELU: Activation("elu")
        Softplus: Activation("softplus")
        Softmax: the losses take logits, so a network ends with Linear; the function is: softmax([1.0, 2.0])
        LeakyReLU: Activation("leaky_relu(0.2)")
        SiLU, Hardswish: Activation("swish")
        LogSoftmax: the losses take logits, so a network ends with Linear; the function is: log_softmax([1.0, 2.0])
        Threshold: Activation("heaviside")
        BatchNorm1d, BatchNormalization: BatchNorm(8)
        LayerNormalization: LayerNorm(8)
        Normalization: Sequential(standardize(X), Linear(2, 8))
        StandardScaler, scale: standardize(X)(X)
        MinMaxScaler, minmax_scale: min_max(X)(X)
        CrossEntropyLoss, CategoricalCrossentropy, SparseCategoricalCrossentropy, log_loss: CrossEntropy()
        categorical_crossentropy, sparse_categorical_crossentropy: CrossEntropy()
        NLLLoss: purenn takes the logits, without log_softmax: CrossEntropy()
        BCEWithLogitsLoss, BinaryCrossentropy, binary_crossentropy: BinaryCrossEntropy()
        BCELoss: BinaryCrossEntropyOfProbabilities()
        MSELoss, MSE: MeanSquaredError()
        mean_squared_error: it is a loss, of Matrices: MeanSquaredError().value(Matrix([[1], [2]]), Matrix([[1], [3]]))
        L1Loss, MAE: MeanAbsoluteError()
        mnist, fashion_mnist: datasets.fetch("mnist") downloads it, and datasets.load("mnist") reads it.
        model_summary: print(network.summary())
        plot_model, make_dot, draw_graph, visualize: network.plot(path="network.svg")
        DecisionBoundaryDisplay, plot_decision_regions: network.plot(network.samples(X, y), "boundary.svg")
        clone_model, clone: Sequential.load gives another from a file, copy.deepcopy(network) from this one.
        Rescaling: Scaling([0.0, 0.0], [255.0, 255.0])
        accuracy_score: accuracy([0, 1, 1], [0, 1, 0])
        classification_report, precision_recall_fscore_support: class_scores(confusion_matrix([0, 1], [0, 1], 2))
        ConfusionMatrixDisplay, plot_confusion_matrix: confusion_matrix([0, 1, 1], [0, 1, 0]).plot("confusion.svg")
        imshow, matshow, make_grid: charts.pictures(X, width=1, signed=True).written("pictures.svg")
        hist, histplot: charts.histograms(dict(weights=sum(network[0].weight, []))).written("weights.svg")
        train_test_split, random_split: split(X, y, 0.2, seed=0)
        to_categorical, OneHotEncoder, get_dummies, LabelBinarizer: one_hot([0, 2, 1])
        LabelEncoder: texts can be classes as they are; rows of numbers are made of them by: one_hot(["cat", "dog"])
        compute_class_weight: balanced_weights(y)
        EarlyStopping: fit(network, X, y, loss=loss, validation=0.2, patience=5)
        ModelCheckpoint: patience restores the best weights, for network.save: fit(network, X, y, loss=loss, patience=5)
        ReduceLROnPlateau: fit(network, X, y, loss=loss, plateau=reduce_on_plateau(factor=0.5))
        LearningRateScheduler, LambdaLR: fit(network, X, y, loss=loss, schedule=cosine(0.1, 10))
        StepLR: step_decay(0.1, every=10)
        MultiStepLR, PiecewiseConstantDecay: multi_step(0.1, milestones=[10, 20])
        ExponentialLR, ExponentialDecay: exponential_decay(0.1, 0.9)
        CosineAnnealingLR, CosineDecay: cosine(0.1, epochs=10)
        LinearLR, PolynomialDecay: linear_decay(0.1, epochs=10)
        InverseTimeDecay: inverse_time(0.1, decay=0.01)
        plot, plt, matplotlib, pyplot, seaborn: history.plot("history.svg")
        CSVLogger, TensorBoard: history.write_csv("history.csv")
        DataLoader, BatchSampler: fit(network, X, y, loss=loss, batch_size=32)
        TensorDataset: Samples(m, n.T)
        ImageFolder, image_dataset_from_directory: datasets.from_folder("pictures")
        read_csv: datasets.from_csv("samples.csv")
        load_iris: datasets.load("iris")
        load_wine: datasets.load("wine")
        load_breast_cancer: datasets.load("breast-cancer")
        load_digits: datasets.load("digits")
        load_diabetes: datasets.fetch("diabetes") downloads it, and datasets.load("diabetes") reads it.
        make_moons: datasets.load("moons")
        make_circles: datasets.load("circles")
        make_blobs, make_classification: datasets.load("blobs")
        fetch_openml: purenn fetches what datasets.published() lists, and reads files: datasets.from_csv("samples.csv")
        cross_val_score, cross_validate, KFold, StratifiedKFold: scikit-learn's own works with purenn's: MLPClassifier()
        GridSearchCV, RandomizedSearchCV, Pipeline: scikit-learn's own works with purenn's: MLPClassifier()
        roc_auc_score, roc_curve: scikit-learn's own takes the probabilities: network.predict_proba(X)
        ConvergenceWarning: it is one of the estimators: from purenn.estimators import ConvergenceWarning.
        NotFittedError: it is one of the estimators: from purenn.estimators import NotFittedError.
        Module, Model, MLP, FeedForward: feed_forward([4, 8, 3])
        Tensor, array, ndarray, as_tensor, from_numpy, Parameter: Matrix([[1, 2], [3, 4]])
        compile: there is no such step; training takes loss and optimizer: fit(network, X, y, loss=loss)
        backward, zero_grad, GradientTape: one step is: partial_fit(network, X, y, loss=loss, optimizer=SGD(0.1))
        no_grad, inference_mode: gradients are computed in training only: network.predict(X)
        manual_seed, set_seed, set_random_seed: randomness is an argument: feed_forward([4, 8, 3], 42)
        load_model: load("own.safetensors")
        predict: network.predict(X)
        save, save_model, dump: network.save("own.safetensors")
        nn, optim, keras, tf, torch, functional, models, utils: all names are in purenn itself: Linear(4, 8)
        callbacks: a callback is any function of an epoch: fit(network, X, y, loss=loss, callbacks=[print])
        clip_grad_norm_: clip_by_norm(1.0)
        clip_grad_value_: clip_by_value(0.5)
        L1, L2, L1L2, weight_decay, regularizers: Penalty(l2=0.001)
        lr_find, LRFinder: find_learning_rate(network, X, y, loss=loss)
        kaiming_normal_, HeNormal: Linear(4, 8, initializer=he_normal)
        xavier_uniform_, GlorotUniform: Linear(4, 8, initializer=glorot_uniform)
        LinearRegression, Ridge: without hidden layers this is linear regression: MLPRegressor(())
        LogisticRegression, SGDClassifier: without hidden layers this is logistic regression: MLPClassifier(())
        Perceptron: Neuron([1.0, -1.0], 0.5, heaviside)
        Conv1D, Conv2D, MaxPool2D, MaxPooling2D: purenn has fully connected layers only: Linear(4, 8)
        LSTM, GRU, RNN, Embedding, MultiheadAttention: purenn has fully connected layers only: Linear(4, 8)
        """,
    "Sequential": """
        add, append: Sequential(*network.layers, Linear(3, 2))
        compile: there is no such step; training takes loss and optimizer: fit(network, X, y, loss=loss)
        fit: fit(network, X, y, loss=loss)
        train: layers are told that they train, and there is no mode to set; training is: fit(network, X, y, loss=loss)
        eval: layers are told that they train, and there is no mode to set: network.predict(X)
        evaluate, score: evaluate(network, X, y)
        state_dict, named_parameters: network.state()
        get_weights: the matrices are in network.parameters, and under their names in: network.state()
        load_state_dict, set_weights: network.load_state(network.state())
        save_weights, save_model: network.save("own.safetensors")
        load_weights: Sequential.load("own.safetensors")
        zero_grad, backward, train_on_batch: one step is: partial_fit(network, X, y, loss=loss, optimizer=SGD(0.1))
        modules, children: network.layers
        coefs_, trainable_variables, trainable_weights, variables: network.parameters
        classes_: network.classes
        count_params: network.summary()
        predict_on_batch: network.predict(X)
        predict_labels: names are predict_names(X), class numbers are: network.predict_classes(X)
        forward_pass, decision_function, logits: network.outputs(X)
        inputs, input_shape, n_features_in_: network.in_features
        history: fit returns it: fit(network, X, y, loss=loss)
        """,
    "setting": """
        trainable, requires_grad: every layer of a network is trained; to keep some, train a network of the others.
        """,
    "fit": """
        x, y, X_train, y_train: inputs and targets follow the network: fit(network, X, y).
        lr, learning_rate, learning_rate_init: optimizer=SGD(0.1)
        momentum: optimizer=SGD(0.1, momentum=0.9)
        weight_decay, alpha, l2: penalty=Penalty(l2=0.001)
        solver: optimizer=Adam()
        criterion, loss_fn, objective: loss=CrossEntropy()
        validation_split, validation_fraction, val_split: validation=0.2
        validation_data, eval_set, val_data: validation=(X, y)
        verbose: fit prints nothing, unless it is asked to: progress=True
        shuffle: samples are shuffled in every epoch, in any case.
        random_state, rng, generator: seed=0
        early_stopping, n_iter_no_change, early_stopping_rounds: patience=5
        class_weight: class_weights takes the same dict, or "balanced": class_weights="balanced"
        restore_best_weights: with patience, the weights of the best epoch are restored in any case: patience=5
        monitor: patience watches the validation loss or, without validation, the training loss: patience=5
        initial_epoch: an interrupted training goes on with: checkpoint="training.checkpoint", resume=True
        steps_per_epoch: an epoch takes every sample once, some at each step: batch_size=32
        sample_weight: sample_weights=[1.0] * len(X)
        nb_epoch, num_epochs, n_epochs, max_iter, max_epochs, n_iter: epochs=10
        batch, batchsize: batch_size=32
        scheduler, lr_scheduler: schedule=cosine(0.1, epochs=10)
        clipnorm, global_clipnorm, max_grad_norm: clip=clip_by_norm(1.0)
        clipvalue: clip=clip_by_value(0.5)
        n_jobs, num_workers: workers=1
        """,
    "partial_fit": """
        network, inputs, optimizer: the call is partial_fit(network, X, y, optimizer=SGD(0.1)).
        x, y, X_train, y_train: inputs and targets follow the network: partial_fit(network, X, y, optimizer=SGD(0.1)).
        lr, learning_rate, learning_rate_init: optimizer=SGD(0.1)
        momentum: optimizer=SGD(0.1, momentum=0.9)
        solver: optimizer=Adam()
        weight_decay, alpha, l2: penalty=Penalty(l2=0.001)
        criterion, loss_fn, objective: loss=CrossEntropy()
        clipnorm, global_clipnorm, max_grad_norm: clip=clip_by_norm(1.0)
        clipvalue: clip=clip_by_value(0.5)
        epochs, max_iter, batch_size: each call makes one step on all samples that it is given.
        sample_weight, sample_weights, class_weight: Samples have weights: network.samples(X, y, weights) makes them.
        """,
    "optimizer": """
        lr, learning_rate_init: learning_rate=0.1
        beta_1: beta1=0.9
        beta_2: beta2=0.999
        betas: beta1=0.9, beta2=0.999
        eps: epsilon=1e-8
        rho: alpha=0.99
        decay: the learning rate falls by a schedule, as in fit(…, schedule=inverse_time(0.1, decay=0.01)).
        clipnorm, global_clipnorm, clipvalue: training limits the gradients, as in fit(…, clip=clip_by_norm(1.0)).
        params, model, parameters: training hands over the parameters; only the rate is needed: learning_rate=0.1
        """,
    "Linear": """
        out_features, units, out_dim, output_dim: a layer takes its inputs and its outputs, as in Linear(2, 8).
        in_dim, input_dim, input_shape, in_units: in_features=4
        bias, use_bias: a Linear has a bias in any case.
        activation: an activation is a layer of its own, as in Sequential(Linear(2, 8), "relu").
        kernel_initializer, init: initializer=he_normal
        kernel_regularizer: a penalty belongs to training, as in fit(…, penalty=Penalty(l2=0.001)).
        seed, random_state: rng=0
        """,
    "datasets": """
        load_iris: datasets.load("iris")
        load_wine: datasets.load("wine")
        load_breast_cancer: datasets.load("breast-cancer")
        load_digits: datasets.load("digits")
        make_moons: datasets.load("moons")
        make_circles: datasets.load("circles")
        make_blobs, make_classification: datasets.load("blobs")
        ImageFolder, image_dataset_from_directory: datasets.from_folder("pictures")
        read_csv: datasets.from_csv("samples.csv")
        """,
    "predict": """
        verbose, steps, callbacks: predict prints nothing and takes all samples: network.predict(X)
        """,
    "evaluate": """
        verbose: evaluate prints nothing: print(evaluate(network, X, y))
        batch_size, steps: all samples are scored, some at a time to save memory: evaluate(network, X, y)
        sample_weight, sample_weights: Samples have weights: evaluate(network, network.samples(X, y, [1.0] * len(X)))
        """,
    "Dropout": """
        rate, p, drop_prob, dropout_rate: probability=0.2
        """,
    "BatchNorm": """
        num_features, normalized_shape, in_features, units: features=8
        eps: epsilon=1e-5
        axis: it normalizes the columns, each of which is a feature: features=8
        """,
    "schedules": """
        decay_steps, total_steps, T_max, total_iters: schedules count epochs, not steps, as in cosine(0.1, epochs=10).
        initial_learning_rate, lr, initial: learning_rate=0.1
        decay_rate, gamma: factor=0.5
        boundaries: milestones=[10, 20]
        """,
    "reduce_on_plateau": """
        monitor: it watches the validation loss or, without validation, the training loss: patience=5
        min_lr: it is a part of the schedule's rate: minimum=0.01
        min_delta: it is a part of the best loss: threshold=0.001
        mode: lower losses are better: patience=5
        verbose: each Epoch has its learning_rate: patience=5
        """,
    "MLP": """
        lr: learning_rate_init=0.01
        epochs, n_epochs, n_iter: max_iter=200
        max_fun: it limits "lbfgs", which purenn does not have; the number of epochs is limited by: max_iter=200
        layers, hidden, units, hidden_layers, hidden_sizes: hidden_layer_sizes=(16, 8)
        optimizer: solver="adam"
        loss, criterion: the loss follows from the targets: cross-entropy for classes, the squared error for quantities.
        seed, rng: random_state=0
        patience: n_iter_no_change=5
        l2, weight_decay, penalty: alpha=0.001
        beta1: beta_1=0.9
        beta2: beta_2=0.999
        progress: verbose=True
        """,
    "MLP.fit": """
        epochs, nb_epoch, num_epochs, n_epochs, max_iter: an estimator is made with it: MLPClassifier(max_iter=200)
        batch_size: an estimator is made with it: MLPClassifier(batch_size=32)
        lr, learning_rate, learning_rate_init: an estimator is made with it: MLPClassifier(learning_rate_init=0.01)
        verbose: an estimator is made with it: MLPClassifier(verbose=True)
        class_weight, class_weights: a classifier is made with it: MLPClassifier(class_weight="balanced")
        validation_split, validation_data, eval_set, validation: held back by: MLPClassifier(early_stopping=True)
        """,
    "Fitted": """
        history, losses, loss_history: model.loss_curve_
        val_loss, val_accuracy: with early_stopping=True each epoch has a score: model.validation_scores_
        evaluate, accuracy: model.score(X, y)
        predict_classes, predict_names: model.predict(X)
        predict_probabilities: model.predict_proba(X)
        decision_function, outputs, logits: model.network_.outputs(X)
        coef_, weights, get_weights, parameters: model.coefs_
        intercept_, bias, biases: model.intercepts_
        layers: model.network_.layers
        summary: model.network_.summary()
        """,
    "feed_forward": """
        activation, activation_fn: hidden="relu"
        output, output_activation: losses take logits, so the last layer is Linear; predict returns probabilities.
        hidden_layer_sizes, layers, units: all sizes go in one list: sizes=[4, 8, 3]
        dropout_rate, p: dropout=0.1
        seed, random_state, generator: rng=0
        """,
    "Matrix": """
        dot, matmul, mm: m @ n
        transpose, t: m.T
        sum: sum(map(sum, m))
        mean: sum(map(sum, m)) / (m.rows * m.columns)
        max, amax: max(map(max, m))
        min, amin: min(map(min, m))
        argmax: [row.index(max(row)) for row in m]
        apply, applymap: m.map(abs)
        abs: m.map(abs)
        size, numel: m.rows * m.columns
        numpy, to_list: m.tolist()
        item: m[0, 0]
        clone: m.copy()
        reshape, view: a Matrix is a table; rows of another length are made by: Matrix([sum(m, [])])
        flatten, ravel: sum(m, [])
        """,
    "Dataset": """
        data, inputs: dataset.train.inputs
        X, X_train: dataset.train.inputs
        target, targets: dataset.train.targets
        y, y_train, labels: dataset.train.targets
        X_test: dataset.test.inputs
        y_test: dataset.test.targets
        target_names, class_names: dataset.classes
        """,
    "Samples": """
        X, data, features: samples.inputs
        y, target, labels: samples.targets
        target_names, class_names: samples.classes
        """,
    "History": """
        history, keys: losses, validation_losses, accuracies and validation_accuracies have a number for each epoch.
        loss, loss_curve_: history.losses
        val_loss, validation_loss: history.validation_losses
        accuracy, acc: history.accuracies
        val_accuracy, val_acc, validation_accuracy: history.validation_accuracies
        epoch: history.epochs
        best_epoch, best_loss_: history.best
        params: history.engine
        show, draw, figure, plot_metric: history.plot("history.svg")
        summary: print(*history.epochs, sep="\\n")
        """,
    "Epoch": """
        val_loss: epoch.validation_loss
        val_accuracy, val_acc: epoch.validation_accuracy
        acc: epoch.accuracy
        epoch: epoch.number
        lr: epoch.learning_rate
        logs: the figures are epoch.loss, epoch.accuracy, and of metrics: epoch.metrics
        """,
    "Scaler": """
        adapt: standardize(X)
        transform, fit_transform: scaler(X)
        inverse_transform: scaler.inverse(X)
        fit: standardize(X)
        mean_, data_min_: scaler.shifts
        scale_, var_: scaler.scales
        """,
    "split": """
        test_size, validation_split, validation_fraction: fraction=0.2
        train_size: give the part for testing: fraction=0.2
        random_state, generator, rng: seed=0
        stratify: classes keep their mixture in any case.
        shuffle: samples are shuffled in any case; slices such as X[:100] take them in order.
        """,
}

Function = TypeVar("Function", bound=Callable[..., object])
_UNKNOWN = re.compile(r"unexpected keyword argument '(\w+)'")
_MISSING = re.compile(r"missing .* '(\w+)'")  # the last of them


@cache
def foreign_calls(owner: str) -> Mapping[str, tuple[str, str]]:
    """Return the table of an owner: by the name elsewhere, in lower case, the words and the call here."""
    calls: dict[str, tuple[str, str]] = {}
    for line in FOREIGN.get(owner, "").strip().splitlines():
        names, _, answer = line.strip().partition(": ")
        words, _, call = (answer[:-1], "", "") if answer.endswith(".") else answer.rpartition(": ")
        calls.update((name.casefold(), (words, call)) for name in names.split(", "))
    return calls


def foreign(name: str, owner: str = "purenn") -> str:
    """Return a hint for a name that other libraries have, or an empty string if it is not known.

    owner: the class, function or module of ours that was asked for it.

    >>> foreign("fit_transform", "Scaler")
    'purenn calls it scaler(X)'
    """
    words, call = foreign_calls(owner).get(name.casefold(), ("", ""))
    return f"{words}: {call}" if words and call else words or (call and f"purenn calls it {call}")


def name_hint(name: str, owners: Sequence[str], names: Sequence[str]) -> str:
    """Return the words to append to a refusal of a name: the call that other libraries' name stands for or, if the name
    may be misspelt, what was meant of these `names` or of theirs."""
    answers = [answer for owner in owners if (answer := foreign(name, owner))]
    if answers:
        return f"; {answers[0]}"
    meant = closest(name, [*chain.from_iterable(map(foreign_calls, owners)), *names])
    return f"; did you mean {meant}?" if meant in names else name_hint(meant, owners, names) if meant else ""


def refuse_name(name: str, names: Sequence[str], error: type[Exception], owner: str = "purenn") -> NoReturn:
    """Raise an error for a name that purenn, or the module `owner`, does not have, with a hint: the name here, or the
    one that is like it."""
    raise error(f"{owner} has no {name}{name_hint(name, [owner], names)}")


def foreign_attribute(self: object, name: str) -> NoReturn:
    """Raise AttributeError, with a hint if other libraries have such an attribute or the name is like one of ours. A
    class takes it as `__getattr__`.

    Hidden from type checkers, which would otherwise accept any attribute.
    """
    hint = ""
    if not name.startswith("_"):  # Python asks for such names itself, in `dir` too
        own = [known for known in dir(self) if not known.startswith("_")]
        hint = name_hint(name, [kind.__name__ for kind in type(self).__mro__], own)
    raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{hint}")


def foreign_setting(self: object, name: str, value: object) -> None:
    """Set an attribute, or raise AttributeError for one that would mean something in other libraries and nothing here.
    A class takes it as `__setattr__`."""
    if hint := foreign(name, "setting"):
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}; {hint}")
    object.__setattr__(self, name, value)


class _Answer:
    """An attribute of another library. To ask for it raises AttributeError, which says what purenn calls it."""

    def __init__(self, name: str, hint: str) -> None:
        self.name, self.hint = name, hint

    def __get__(self, instance: object, owner: type) -> NoReturn:
        raise AttributeError(f"{owner.__name__!r} object has no attribute {self.name!r}; {self.hint}")


def _without_answers(kind: type, names: Iterable[str]) -> list[str]:
    found = {name: value for base in reversed(kind.__mro__) for name, value in vars(base).items()}
    return [name for name in names if not isinstance(found.get(name), _Answer)]


class _Listed(type):
    def __dir__(cls) -> list[str]:
        return _without_answers(cls, super().__dir__())


class Answering(metaclass=_Listed):
    """A class whose objects know the attributes of other libraries: asked for one, they say what purenn calls it.

    The names in the table of the class become attributes that raise AttributeError; no listing and no type checker
    shows them. It is for a class whose attributes are looked up all the time, a Matrix: `foreign_attribute` answers
    misspelt names too, but in a class with a `__getattr__`, Python finds every attribute at a third of the speed.
    """

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        names = foreign_calls(cls.__name__).keys()
        for name in {*names, *map(str.capitalize, names)} - vars(cls).keys():  # X_train too
            setattr(cls, name, _Answer(name, foreign(name, cls.__name__)))

    def __dir__(self) -> list[str]:
        return _without_answers(type(self), super().__dir__())


def explained(owner: str) -> Callable[[Function], Function]:
    """Explain calls with arguments that a function does not have, or without one that it needs. Used as a decorator.

    Python's TypeError is replaced by one with the hint of the table with this name. A decorated `__init__` speaks for
    the class of the object, which may be a subclass.

    >>> @explained("fit")
    ... def learn(epochs: int) -> None: ...
    >>> learn(n_epochs=10)
    Traceback (most recent call last):
    TypeError: learn() has no argument n_epochs; purenn calls it epochs=10
    """

    def decorate(function: Function) -> Function:
        if TYPE_CHECKING:  # to type checkers the function stays what it is
            return function

        @wraps(function)
        def wrapper(*args, **kwargs):
            try:
                return function(*args, **kwargs)
            except TypeError as error:
                if error.__traceback__.tb_next:
                    raise  # the function itself has begun, and raised it
                name = type(args[0]).__name__ if function.__name__ == "__init__" else function.__name__
                own = signature(function).parameters
                raise TypeError(_explanation(str(error).partition("() ")[2], name, owner, own)) from None

        return wrapper

    return decorate


def _explanation(said: str, name: str, owner: str, own: Mapping[str, Parameter]) -> str:
    """Return what Python has said about a call, with a hint about the argument."""
    unknown, missing = _UNKNOWN.search(said), _MISSING.search(said)
    if unknown:
        return f"{name}() has no argument {unknown[1]}{name_hint(unknown[1], [owner], [*own])}"
    if missing:
        return f"{name}() is {said}{name_hint(missing[1], [owner], [])}"
    by_name = [f"{argument}=…" for argument, parameter in own.items() if parameter.kind is Parameter.KEYWORD_ONLY]
    hint = f"; these go by name: {', '.join(by_name)}" if by_name else ""
    return f"{name}() {said}{hint}"


@runtime_checkable
class _Array(Iterable[int], Protocol):
    """An array of NumPy's or PyTorch's, or a series of pandas."""

    def tolist(self) -> list[int]: ...


Choice = Union[list[int], list[bool], _Array]


def chosen_rows(choice: Iterable[int], rows: int) -> list[int]:
    """Return the numbers of rows as they are, or those of the rows that have True in a list or an array of bools.

    Raises ShapeError unless there is a bool for each of the `rows`.

    >>> chosen_rows([2, 0], rows=3), chosen_rows([False, True, True], rows=3)
    ([2, 0], [1, 2])
    """
    numbers = choice.tolist() if isinstance(choice, _Array) else list(choice)
    if not any(isinstance(number, bool) for number in numbers):
        return numbers
    if len(numbers) != rows:
        raise ShapeError(f"expected a bool for each of the {rows} rows, got {len(numbers)}")
    return [i for i, chosen in enumerate(numbers) if chosen]
