"""purenn: neural networks in pure Python, standard library only.

    >>> from random import Random
    >>> from purenn import BinaryCrossEntropy, SGD, feed_forward, fit
    >>> xor = feed_forward([2, 8, 1], Random(1), hidden="tanh")
    >>> inputs = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> history = fit(xor, inputs, [0, 1, 1, 0], loss=BinaryCrossEntropy(), optimizer=SGD(0.5), epochs=500)
    >>> xor.predict_classes(inputs)
    [0, 1, 1, 0]

Each module is a chapter. A good order to read them is: neuron, matrix, activations, losses, layers, network,
optimizers, engine, training, formats.idx, datasets. The folders are formats, datasets, lanes, estimators, charts and
cli. The names below are those that most programs need. A module is loaded when one of its names is first used, so
`import purenn` is fast.
"""

TYPE_CHECKING = False  # type checkers assume True; `typing` has this constant too, but takes time to load
if TYPE_CHECKING:
    from purenn import (
        charts as charts,
        datasets as datasets,
        estimators as estimators,
        formats as formats,
        lanes as lanes,
    )
    from purenn.activations import (
        activation,
        elu,
        gelu,
        gelu_tanh,
        heaviside,
        identity,
        leaky_relu,
        log_softmax,
        relu,
        sigmoid,
        softmax,
        softplus,
        swish,
        tanh,
    )
    from purenn.diagnosis import diagnose
    from purenn.engine import FloatEngine, Job
    from purenn.errors import DownloadError, FormatError, PurennError, ShapeError, TrainingError
    from purenn.estimators import MLPClassifier, MLPRegressor
    from purenn.gradcheck import check_layer, check_loss, check_network
    from purenn.history import Epoch, History, stop_at
    from purenn.initializers import (
        gain,
        glorot_normal,
        glorot_uniform,
        he_normal,
        he_uniform,
        lecun_normal,
        lecun_uniform,
    )
    from purenn.lanes import LanesEngine, ParallelEngine
    from purenn.layers import Activation, Backward, Flatten, Layer, Linear, PReLU
    from purenn.losses import (
        BinaryCrossEntropy,
        BinaryCrossEntropyOfProbabilities,
        CrossEntropy,
        CrossEntropyOfProbabilities,
        Loss,
        MeanAbsoluteError,
        MeanSquaredError,
    )
    from purenn.matrix import Matrix, dot
    from purenn.metrics import Score, accuracy, class_scores, confusion_matrix, evaluate, mean_absolute_error, r2_score
    from purenn.network import Sequential, feed_forward
    from purenn.neuron import Neuron
    from purenn.normalization import BatchNorm, LayerNorm, Scaling
    from purenn.optimizers import SGD, AdaGrad, Adam, AdamW, RMSProp
    from purenn.preprocessing import balanced_weights, min_max, one_hot, split, standardize
    from purenn.rate_finder import find_learning_rate
    from purenn.regularization import Dropout, Penalty, clip_by_norm, clip_by_value
    from purenn.samples import Images, Labels, Samples
    from purenn.schedules import (
        constant,
        cosine,
        exponential_decay,
        inverse_time,
        linear_decay,
        multi_step,
        reduce_on_plateau,
        step_decay,
        warmup,
    )
    from purenn.training import fit, partial_fit, train

__all__ = [
    "SGD",
    "Activation",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Backward",
    "BatchNorm",
    "BinaryCrossEntropy",
    "BinaryCrossEntropyOfProbabilities",
    "CrossEntropy",
    "CrossEntropyOfProbabilities",
    "DownloadError",
    "Dropout",
    "Epoch",
    "Flatten",
    "FloatEngine",
    "FormatError",
    "History",
    "Images",
    "Job",
    "Labels",
    "LanesEngine",
    "Layer",
    "LayerNorm",
    "Linear",
    "Loss",
    "MLPClassifier",
    "MLPRegressor",
    "Matrix",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Neuron",
    "PReLU",
    "ParallelEngine",
    "Penalty",
    "PurennError",
    "RMSProp",
    "Samples",
    "Scaling",
    "Score",
    "Sequential",
    "ShapeError",
    "TrainingError",
    "accuracy",
    "activation",
    "balanced_weights",
    "check_layer",
    "check_loss",
    "check_network",
    "class_scores",
    "clip_by_norm",
    "clip_by_value",
    "confusion_matrix",
    "constant",
    "cosine",
    "diagnose",
    "dot",
    "elu",
    "evaluate",
    "exponential_decay",
    "feed_forward",
    "find_learning_rate",
    "fit",
    "gain",
    "gelu",
    "gelu_tanh",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "heaviside",
    "identity",
    "inverse_time",
    "leaky_relu",
    "lecun_normal",
    "lecun_uniform",
    "linear_decay",
    "log_softmax",
    "mean_absolute_error",
    "min_max",
    "multi_step",
    "one_hot",
    "partial_fit",
    "r2_score",
    "reduce_on_plateau",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
    "split",
    "standardize",
    "step_decay",
    "stop_at",
    "swish",
    "tanh",
    "train",
    "warmup",
]

__version__ = "0.1.0"

_CHAPTERS = (
    "errors",
    "neuron",
    "matrix",
    "activations",
    "losses",
    "initializers",
    "layers",
    "normalization",
    "network",
    "optimizers",
    "schedules",
    "regularization",
    "samples",
    "engine",
    "training",
    "history",
    "metrics",
    "preprocessing",
    "gradcheck",
    "diagnosis",
    "rate_finder",
    "lanes",
    "estimators",
)


def __getattr__(name: str) -> object:
    """Load a name from its module, or a module itself, the first time it is used (PEP 562)."""
    from importlib import import_module
    from importlib.util import find_spec

    for chapter in _CHAPTERS if name in __all__ else ():
        module = import_module(f"purenn.{chapter}")
        if name in module.__all__:
            value: object = getattr(module, name)
            globals()[name] = value  # from now on, Python finds it without calling this function
            return value
    if not name.startswith("_") and find_spec(f"purenn.{name}"):
        return import_module(f"purenn.{name}")
    raise AttributeError(f"module 'purenn' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
