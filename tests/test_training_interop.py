"""Whole trainings against a loop written by hand in PyTorch, in 64-bit floats: equal losses and numbers all the way.

Ours goes through the samples in their own order (shuffle=False), or takes them all at once, where the order is nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

import pytest

from purenn.activations import elu_with, leaky_relu_with
from purenn.engine import FloatEngine, Job
from purenn.history import Epoch, History
from purenn.layers import Activation, Layer, Linear, PReLU
from purenn.losses import BinaryCrossEntropy, CrossEntropy, Loss, MeanSquaredError
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.normalization import BatchNorm, LayerNorm
from purenn.optimizers import SGD, AdaGrad, Adam, RMSProp
from purenn.preprocessing import balanced_weights
from purenn.regularization import Dropout, Penalty, clip_by_norm, clip_by_value
from purenn.samples import Labels, Numbers, Samples
from purenn.schedules import (
    Schedule,
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
from purenn.training import fit, train
from tests.conftest import normal
from tests.pytorch import Module, Tensor, tensor, torch

np = pytest.importorskip("numpy")
functional = torch.nn.functional

pytestmark = pytest.mark.interop

COUNT, BATCH, EPOCHS = 50, 16, 6  # batches of 16, 16, 16 and 2
SCHEDULE = warmup(cosine(0.02, epochs=EPOCHS), epochs=2, start=0.1)
DTYPES = {"F64": torch.float64, "I64": torch.int64}

# Each loss with PyTorch's, one value a sample.
LOSSES: dict[str, tuple[Loss, Callable[[Tensor, Tensor], Tensor]]] = {
    "classes": (CrossEntropy(), lambda y, t: functional.cross_entropy(y, t, reduction="none")),
    "labels": (
        BinaryCrossEntropy(),
        lambda y, t: functional.binary_cross_entropy_with_logits(y, t, reduction="none").mean(1),
    ),
    "quantities": (MeanSquaredError(), lambda y, t: functional.mse_loss(y, t, reduction="none").mean(1)),
}


@dataclass(frozen=True)
class Setup:
    """The parts of a training; every part can be left out."""

    task: str = "classes"
    weights: Sequence[float] | None = None
    penalty: Penalty | None = None
    clip: float | None = None
    normalized: bool = False
    adam: bool = False


def problem(task: str, seed: int) -> tuple[Matrix, Matrix]:
    """Random inputs, and targets for three outputs."""
    rng = Random(seed)
    x = normal(COUNT, 4, rng)
    if task == "classes":
        return x, Labels([rng.randrange(3) for _ in range(COUNT)], 3).take(range(COUNT))
    if task == "labels":
        return x, Matrix.from_function(COUNT, 3, lambda i, j: float(rng.random() < 0.5))
    return x, normal(COUNT, 3, rng)


def networks(normalized: bool) -> tuple[Sequential, Module]:
    """Return a network of ours and its counterpart in PyTorch, with equal parameters."""
    rng = Random(1)
    ours = [Linear(4, 6, rng), *([BatchNorm(6)] if normalized else []), Activation("tanh"), Linear(6, 3, rng)]
    theirs = [torch.nn.Linear(4, 6), *([torch.nn.BatchNorm1d(6)] if normalized else []), torch.nn.Tanh()]
    network, module = Sequential(*ours), torch.nn.Sequential(*theirs, torch.nn.Linear(6, 3)).to(torch.float64)
    module.load_state_dict(
        {name: torch.tensor(t.values, dtype=DTYPES[t.dtype]).reshape(t.shape) for name, t in network.state().items()}
    )
    made: Module = module
    return network, made


def penalty_of(module: Module, penalty: Penalty | None) -> Tensor:
    """The penalty on the weights of the Linear layers, and not on biases or on the factors of a normalization."""
    total = tensor(0.0)
    for weight in module.parameters() if penalty else []:
        if weight.dim() == 2 and penalty:
            total = total + torch.abs(weight).sum() * penalty.l1 + (weight * weight).sum() * (penalty.l2 / 2.0)
    return total


def theirs(setup: Setup, module: Module, schedule: Schedule) -> Iterator[tuple[float, float]]:
    """Train the module; after each epoch its running loss and its loss in validation."""
    loss = LOSSES[setup.task][1]
    (x, t), (vx, vt) = (map(tensor, problem(setup.task, seed)) for seed in (2, 3))
    w = tensor(setup.weights or [1.0] * COUNT)
    parameters = list(module.parameters())
    optimizer = torch.optim.Adam(parameters) if setup.adam else torch.optim.SGD(parameters, momentum=0.9)
    for epoch in range(EPOCHS):
        module.train()
        total = 0.0
        for start in range(0, COUNT, BATCH):
            batch = slice(start, min(start + BATCH, COUNT))
            optimizer.param_groups[0]["lr"] = schedule(epoch + start / COUNT)
            optimizer.zero_grad()
            value = (loss(module(x[batch]), t[batch]) * w[batch]).mean() + penalty_of(module, setup.penalty)
            value.backward()
            if setup.clip:
                torch.nn.utils.clip_grad_norm_(parameters, setup.clip)
            optimizer.step()
            total += value.item() * (batch.stop - batch.start)
        module.eval()
        with torch.no_grad():
            yield total / COUNT, (loss(module(vx), vt).mean() + penalty_of(module, setup.penalty)).item()


def ours(setup: Setup, network: Sequential, schedule: Schedule) -> Iterator[Epoch]:
    clip = clip_by_norm(setup.clip) if setup.clip else None
    optimizer = Adam() if setup.adam else SGD(momentum=0.9)
    samples = Samples(*problem(setup.task, 2), setup.weights)
    loss = LOSSES[setup.task][0]
    job = Job(network, samples, loss, optimizer, BATCH, penalty=setup.penalty, clip=clip, shuffle=False)
    return train(FloatEngine(job), EPOCHS, schedule, validation=Samples(*problem(setup.task, 3)))


def some_weights() -> list[float]:
    rng = Random(4)
    return [0.0 if i % 7 == 0 else rng.uniform(0.1, 3.0) for i in range(COUNT)]


SETUPS = {
    "plain": Setup(),
    "weights": Setup(weights=some_weights()),
    "penalty": Setup(penalty=Penalty(l1=0.01, l2=0.02)),
    "clip": Setup(clip=0.3),
    "BatchNorm": Setup(normalized=True),
    "Adam": Setup(adam=True),
    **{f"all of {task}": Setup(task, some_weights(), Penalty(0.01, 0.02), 0.3, True, True) for task in LOSSES},
}


@pytest.mark.parametrize("setup", SETUPS.values(), ids=SETUPS)
def test_a_training_is_that_of_pytorch(setup: Setup) -> None:
    network, module = networks(setup.normalized)
    before = network.state()
    pairs = zip(ours(setup, network, SCHEDULE), theirs(setup, module, SCHEDULE))
    for number, (epoch, (loss, validation_loss)) in enumerate(pairs, start=1):
        assert epoch.number == number
        assert epoch.loss == pytest.approx(loss, rel=1e-9)
        assert epoch.validation_loss == pytest.approx(validation_loss, rel=1e-9)
        state = network.state()
        for name, values in module.state_dict().items():
            # 1e-10: a bias before BatchNorm has no gradient but what is left of rounding, which Adam blows up
            assert list(state[name].values) == pytest.approx(values.flatten().tolist(), rel=1e-9, abs=1e-10), name
    assert number == EPOCHS
    assert before != network.state()


@pytest.mark.parametrize("setup", [Setup(weights=some_weights()), Setup(penalty=Penalty(0.01, 0.02)), Setup(clip=0.3)])
def test_every_part_of_a_setup_matters(setup: Setup) -> None:
    """So that agreement above is not that of two trainings which both leave it out."""
    results = [list(ours(each, networks(each.normalized)[0], SCHEDULE))[-1].loss for each in (Setup(), setup)]
    assert results[0] != pytest.approx(results[1], rel=1e-4)


# Class weights, which `fit` makes sample weights of.


def labels_of(matrix: Matrix) -> list[int]:
    return [row.index(1.0) for row in matrix]


def test_balanced_weights_are_scikit_learns() -> None:
    compute = pytest.importorskip("sklearn.utils.class_weight").compute_class_weight
    for labels in ([0, 0, 0, 1], [2, 0, 2, 1, 1, 2, 2], [5, 3, 3], [1]):
        classes = sorted({*labels})
        expected = compute("balanced", classes=np.array(classes), y=np.array(labels)).tolist()
        assert [balanced_weights(labels)[label] for label in classes] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("balanced", [True, False])
def test_class_weights_are_those_of_pytorchs_loss(balanced: bool) -> None:
    # balanced ones add up to the number of samples, by which we divide; PyTorch divides by their sum
    x, t = problem("classes", 5)
    weights = balanced_weights(labels_of(t)) if balanced else {0: 0.5, 1: 3.0, 2: 1.25}
    total = sum(weights[label] for label in labels_of(t)) / COUNT
    network, module = networks(normalized=False)
    history = fit(
        network,
        x,
        t,
        loss=CrossEntropy(),
        optimizer=SGD(0.5),
        epochs=EPOCHS,
        batch_size=COUNT,
        class_weights="balanced" if balanced else weights,
    )
    parameters = list(module.parameters())
    optimizer = torch.optim.SGD(parameters, lr=0.5)
    for epoch in history.epochs:
        optimizer.zero_grad()
        weight = tensor([weights[label] for label in range(3)])
        value = functional.cross_entropy(module(tensor(x)), tensor(t).argmax(1), weight=weight) * total
        value.backward()
        optimizer.step()
        assert epoch.loss == pytest.approx(value.item(), rel=1e-9)
    for p, q in zip(network.state().values(), parameters):
        assert list(p.values) == pytest.approx(q.flatten().tolist(), rel=1e-9)


# Arrays.


def test_numpy_arrays_are_as_good_as_lists() -> None:
    def trained(inputs: Numbers, targets: Numbers, weights: Sequence[float]) -> tuple[object, list[float]]:
        network = networks(normalized=False)[0]
        history = fit(
            network,
            inputs,
            targets,
            loss=CrossEntropy(),
            epochs=2,
            validation=0.2,
            class_weights="balanced",
            sample_weights=weights,
            metrics={"half": lambda p, t: np.float32(0.5)},
        )
        figures = [figure for epoch in history.epochs for figure in (epoch.loss, *epoch.metrics.values())]
        assert {type(figure) for figure in figures} == {float}  # so that they can be written as JSON
        return network.state(), history.losses

    x, t = problem("classes", 6)
    labels, weights = labels_of(t), [1.0 + i % 3 for i in range(COUNT)]
    arrays = np.array(x.data), np.array(labels), np.array(weights, dtype=np.float32)
    assert trained(*arrays) == trained(x.data, labels, weights)


# Options that are numbers of NumPy's, as np.logspace and a grid search make them. In the weights, they would stay.

Number = Callable[[float], float]
TRAININGS: dict[str, Callable[[Number, Callable[..., History]], History]] = {
    "SGD": lambda n, fit: fit(optimizer=SGD(n(0.01), momentum=n(0.9), dampening=n(0.5), weight_decay=n(0.1))),
    "AdaGrad": lambda n, fit: fit(optimizer=AdaGrad(n(0.01), epsilon=n(0.1), weight_decay=n(0.1))),
    "AdaGrad, its own": lambda n, fit: fit(
        optimizer=AdaGrad(learning_rate_decay=n(0.1), initial_accumulator=n(0.1)),
    ),
    "RMSProp": lambda n, fit: fit(optimizer=RMSProp(n(0.01), alpha=n(0.9), epsilon=n(0.1), momentum=n(0.9))),
    "Adam": lambda n, fit: fit(optimizer=Adam(n(0.01), beta1=n(0.9), beta2=n(0.9), epsilon=n(0.1))),
    "l1": lambda n, fit: fit(penalty=Penalty(l1=n(0.01))),
    "l2": lambda n, fit: fit(penalty=Penalty(l2=n(0.01))),
    "clip_by_norm": lambda n, fit: fit(clip=clip_by_norm(n(0.01))),
    "clip_by_value": lambda n, fit: fit(clip=clip_by_value(n(0.01))),
    "constant": lambda n, fit: fit(schedule=constant(n(0.01))),
    "linear_decay": lambda n, fit: fit(schedule=linear_decay(n(0.01), n(2), final=n(0.001))),
    "cosine": lambda n, fit: fit(schedule=cosine(n(0.01), n(2), final=n(0.001))),
    "step_decay": lambda n, fit: fit(schedule=step_decay(n(0.01), every=1, factor=n(0.5))),
    "multi_step": lambda n, fit: fit(schedule=multi_step(n(0.01), [n(1), n(2)], factor=n(0.5))),
    "exponential_decay": lambda n, fit: fit(schedule=exponential_decay(n(0.01), n(0.9))),
    "inverse_time": lambda n, fit: fit(schedule=inverse_time(n(0.01), n(0.9))),
    "warmup": lambda n, fit: fit(schedule=warmup(constant(n(0.01)), n(2), start=n(0.1))),
    "a schedule of your own": lambda n, fit: fit(schedule=lambda epoch: n(0.01)),
    "reduce_on_plateau": lambda n, fit: fit(
        plateau=reduce_on_plateau(factor=n(0.5), patience=0, threshold=n(0.9), minimum=n(0.1)),
    ),
    "a plateau of your own": lambda n, fit: fit(plateau=lambda losses: n(0.5)),
}
LAYERS: dict[str, Callable[[Number], Layer]] = {
    "leaky_relu_with": lambda n: Activation(leaky_relu_with(n(0.2))),
    "elu_with": lambda n: Activation(elu_with(n(0.2))),
    "PReLU": lambda n: PReLU(6, n(0.2)),
    "Dropout": lambda n: Dropout(n(0.2)),
    "BatchNorm": lambda n: BatchNorm(6, momentum=n(0.2), epsilon=n(0.1)),
    "LayerNorm": lambda n: LayerNorm(6, epsilon=n(0.1)),
}
numbers_of_numpy = pytest.mark.parametrize("number", [np.float64, np.float32])


def all_numbers(network: Sequential, history: History) -> list[object]:
    """All numbers that a training leaves behind."""
    matrices = [*network.parameters, *(matrix for layer in network.layers for matrix in layer.buffers)]
    figures = [figure for epoch in history.epochs for figure in (epoch.loss, epoch.learning_rate)]
    return [*figures, *(value for matrix in matrices for row in matrix for value in row)]


@numbers_of_numpy
@pytest.mark.parametrize("train_with", TRAININGS.values(), ids=TRAININGS)
def test_numbers_of_numpy_as_options_leave_floats(
    number: Number, train_with: Callable[[Number, Callable[..., History]], History]
) -> None:
    network = networks(normalized=False)[0]
    history = train_with(number, partial(fit, network, *problem("classes", 6), epochs=3))
    assert {type(value) for value in all_numbers(network, history)} == {float}


@numbers_of_numpy
@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_numbers_of_numpy_in_a_layer_leave_floats(number: Number, make: Callable[[Number], Layer]) -> None:
    network = Sequential(Linear(4, 6), make(number), Linear(6, 3))
    history = fit(network, *problem("classes", 6), epochs=2)
    assert {type(value) for value in all_numbers(network, history)} == {float}


def test_a_number_of_numpy_is_shown_as_a_number() -> None:
    assert repr(SGD(np.float64(0.5), momentum=np.float32(0.5))) == "SGD(0.5, momentum=0.5)"
    assert repr(Penalty(l2=np.float64(0.5))) == "Penalty(l1=0.0, l2=0.5)"
