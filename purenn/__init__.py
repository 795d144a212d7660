"""purenn: neural networks in pure Python, standard library only.

    >>> from random import Random
    >>> from purenn import BinaryCrossEntropy, SGD, feed_forward, fit
    >>> xor = feed_forward([2, 8, 1], Random(1), hidden="tanh")
    >>> inputs = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> history = fit(xor, inputs, [0, 1, 1, 0], loss=BinaryCrossEntropy(), optimizer=SGD(0.5), epochs=500)
    >>> xor.predict_classes(inputs)
    [0, 1, 1, 0]

Each module is a chapter. A good order to read them is: neuron, matrix, activations, losses, layers, network,
optimizers, engine, training, formats.idx, datasets. The folders are formats, datasets, lanes, search, estimators,
charts, playground and cli. The names below are those that most programs need. A module is loaded when one of its names
is first used, so `import purenn` is fast.
"""

# Python 2.7 has to be able to read this file, to say that it is too old: no annotations, no f-strings, only ASCII.
import os.path
import sys

if sys.version_info < (3, 9):
    _TOO_OLD = "purenn needs Python 3.9 or later; this is Python " + sys.version.split()[0]
    if sys.argv[0] in ("-m", "-c") and "runpy" in sys.modules:  # so it is while `python -m purenn` looks for purenn
        sys.exit(_TOO_OLD)
    raise ImportError(_TOO_OLD)

if not os.path.isabs(__path__[0]):
    # It was found by a relative path: sys.path.insert(0, "purenn.pyz"). What is loaded later has to be found after an
    # os.chdir too: modules by the path, built-in data by the loader in the spec.
    from importlib.machinery import PathFinder

    __path__[:] = [os.path.abspath(folder) for folder in __path__]
    __file__ = os.path.abspath(__file__)
    __spec__ = PathFinder.find_spec(__name__, [os.path.dirname(__path__[0])]) or __spec__

from typing import TYPE_CHECKING  # not a constant of our own, which editors that complete names would not know

if TYPE_CHECKING:
    from purenn import (
        activations as activations,
        charts as charts,
        datasets as datasets,
        diagnosis as diagnosis,
        engine as engine,
        errors as errors,
        estimators as estimators,
        formats as formats,
        gradcheck as gradcheck,
        history as history,
        initializers as initializers,
        landscape as landscape,
        lanes as lanes,
        layers as layers,
        losses as losses,
        matrix as matrix,
        metrics as metrics,
        network as network,
        neuron as neuron,
        normalization as normalization,
        optimizers as optimizers,
        preprocessing as preprocessing,
        rate_finder as rate_finder,
        regularization as regularization,
        samples as samples,
        schedules as schedules,
        search as search,
        training as training,
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
    from purenn.errors import (
        DownloadError,
        FormatError,
        NotFetchedError,
        PurennError,
        ShapeError,
        TrainingError,
        TrainingWarning,
    )
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
    from purenn.network import Sequential, feed_forward, load
    from purenn.neuron import Neuron
    from purenn.normalization import BatchNorm, LayerNorm, Scaling
    from purenn.optimizers import SGD, AdaGrad, Adam, AdamW, RMSProp
    from purenn.preprocessing import balanced_weights, min_max, one_hot, split, standardize
    from purenn.rate_finder import find_learning_rate
    from purenn.regularization import Dropout, Penalty, clip_by_norm, clip_by_value
    from purenn.samples import Augmentation, Images, Labels, Samples
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
    from purenn.search import Range, sweep
    from purenn.training import fit, partial_fit, train

__all__ = [
    "SGD",
    "Activation",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Augmentation",
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
    "NotFetchedError",
    "PReLU",
    "ParallelEngine",
    "Penalty",
    "PurennError",
    "RMSProp",
    "Range",
    "Samples",
    "Scaling",
    "Score",
    "Sequential",
    "ShapeError",
    "TrainingError",
    "TrainingWarning",
    "accuracy",
    "activation",
    "balanced_weights",
    "charts",
    "check_layer",
    "check_loss",
    "check_network",
    "class_scores",
    "clip_by_norm",
    "clip_by_value",
    "confusion_matrix",
    "constant",
    "cosine",
    "datasets",
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
    "load",
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
    "sweep",
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
    "landscape",
    "lanes",
    "search",
    "estimators",
)
_WINGS = ("charts", "datasets", "estimators", "formats", "lanes", "search")


if not TYPE_CHECKING:  # type checkers would accept any name

    def __getattr__(name):
        """Load a name from its module, or a module itself, the first time it is used (PEP 562)."""
        from importlib import import_module
        from importlib.util import find_spec

        if name in _WINGS:
            return import_module("purenn." + name)
        for chapter in _CHAPTERS if name in __all__ else ():
            module = import_module("purenn." + chapter)
            if name in module.__all__:
                value = getattr(module, name)
                globals()[name] = value  # from now on, Python finds it without calling this function
                return value
        if name.startswith("_"):
            raise AttributeError("module 'purenn' has no attribute " + repr(name))
        if find_spec("purenn." + name):
            return import_module("purenn." + name)
        # `from purenn import name` hides the message of an AttributeError, and `hasattr` takes no other error
        importing = sys._getframe(1).f_globals.get("__name__") == "importlib._bootstrap"
        from purenn.foreign import refuse_name

        refuse_name(name, __dir__(), ImportError if importing else AttributeError)


def __dir__():  # type: () -> list[str]
    """List all that can be used, loaded or not, for the completion of names."""
    own = [name for name in globals() if name.startswith("__")]
    return sorted(set(own).union(__all__, _CHAPTERS, _WINGS))
