"""What `fit`, `partial_fit` and `epochs` refuse, and what they say: before the first epoch, with nothing changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import inf, nan
from pathlib import Path
from random import Random
from typing import TypedDict

import pytest

from purenn.float_engine import FloatEngine
from purenn.history import Epoch
from purenn.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError
from purenn.matrix import Matrix
from purenn.network import Sequential, feed_forward
from purenn.optimizers import SGD
from purenn.samples import Numbers, Samples, as_rows
from purenn.schedules import constant, linear
from purenn.training import epochs, fit, partial_fit

XOR = [[0, 0], [0, 1], [1, 0], [1, 1]]
ANSWERS = [0, 1, 1, 0]


class Options(TypedDict, total=False):
    """Options of `fit` that a test may get wrong."""

    epochs: int
    batch_size: int
    patience: int
    resume: bool
    sample_weights: list[float]
    class_weights: Mapping[int, float] | str
    validation: Samples | float
    metrics: Mapping[str, Callable[[Matrix, Matrix], float]]
    checkpoint: Path


def nothing(predictions: Matrix, targets: Matrix) -> float:
    return 0.0


REFUSED: list[tuple[Options, str]] = [
    ({"epochs": 0}, "epochs must be at least 1, got 0"),
    ({"batch_size": 5}, "batch_size must be from 1 to the 4 training samples, got 5"),
    ({"batch_size": 0}, "batch_size must be from 1 to the 4 training samples, got 0"),
    ({"batch_size": 4, "validation": 0.25}, "batch_size must be from 1 to the 3 training samples, got 4"),
    ({"patience": 0}, "patience must be at least 1, got 0"),
    ({"resume": True}, "there is nothing to resume from without a checkpoint"),
    ({"validation": 1.0}, "the fraction to split off must be between 0 and 1, got 1.0"),
    ({"validation": nan}, "the fraction to split off must be between 0 and 1, got nan"),
    (
        {"validation": Samples(as_rows([[1, 2, 3]]), as_rows([1]))},
        r"training samples are (2, 1) wide (inputs, targets), but validation samples (3, 1)",
    ),
    (
        {"validation": Samples(as_rows([[1, 2]]), as_rows([[0, 1]]))},
        r"training samples are (2, 1) wide (inputs, targets), but validation samples (2, 2)",
    ),
    (
        {"validation": Samples(as_rows([[1, inf]]), as_rows([1]))},
        "validation input row 0, column 1 is inf, expected a finite number",
    ),
    ({"sample_weights": [1.0, 1.0, 1.0]}, "4 samples, but 3 weights"),
    (
        {"sample_weights": [1.0, -1.0, 1.0, 1.0]},
        "the weight of sample 1 is -1.0, expected a finite number of at least 0",
    ),
    ({"sample_weights": [nan, 1.0, 1.0, 1.0]}, "the weight of sample 0 is nan, expected a finite number of at least 0"),
    ({"sample_weights": [0.0] * 4}, "all training samples have a weight of 0: there is nothing to learn from"),
    ({"class_weights": {0: 0.0, 1: 0}}, "all training samples have a weight of 0: there is nothing to learn from"),
    ({"class_weights": {0: 1.0}}, "no class weight for class 1: there are {0: 1.0}"),
    ({"class_weights": {}}, "no class weight for class 0, 1: there are {}"),
    ({"class_weights": "equal"}, "class weights must be 'balanced' or a weight for each class, got 'equal'"),
    (
        {"metrics": {"loss": nothing}},
        "a metric cannot be called 'loss': every epoch has something of that name already",
    ),
    (
        {"metrics": {"accuracy": nothing}, "validation": 0.5},
        "a metric cannot be called 'accuracy': every epoch has something of that name already",
    ),
    (
        {"metrics": {"validation_loss": nothing}},
        "a metric cannot be called 'validation_loss': every epoch has something of that name already",
    ),
]


@pytest.mark.parametrize(("options", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_options_that_cannot_be(options: Options, said: str) -> None:
    network, seen = feed_forward([2, 1], Random(0)), list[Epoch]()
    before = [parameter.copy() for parameter in network.parameters]
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        fit(network, XOR, ANSWERS, loss=BinaryCrossEntropy(), callbacks=[seen.append], **options)
    assert (network.parameters, seen) == (before, [])


def test_class_weights_are_for_classes() -> None:
    for targets in ([0.5, 1.5, 0.0, 1.0], [2.0, 3.0, 4.0, 5.0]):
        with pytest.raises(ValueError, match="class weights are for targets that are classes: class numbers, one-hot "):
            fit(feed_forward([2, 1], Random(0)), XOR, targets, loss=MeanSquaredError(), class_weights="balanced")


def test_a_pair_of_inputs_and_targets_is_validation_too() -> None:
    def last(validation: Samples | tuple[Numbers, Numbers]) -> float:
        network = feed_forward([2, 1], Random(0))
        history = fit(network, XOR, ANSWERS, loss=BinaryCrossEntropy(), validation=validation)
        return history.epochs[-1].watched_loss

    assert last((XOR, ANSWERS)) == last(Samples(as_rows(XOR), as_rows(ANSWERS)))


@pytest.mark.parametrize(
    ("argument", "value", "example"),
    [
        ("loss", "CrossEntropy", r"CrossEntropy\(\)"),
        ("loss", BinaryCrossEntropy, r"CrossEntropy\(\)"),
        ("optimizer", "adam", r"SGD\(0\.1\)"),
        ("optimizer", SGD, r"SGD\(0\.1\)"),
        ("schedule", 0.1, r"linear\(0\.1, epochs=10\)"),
        ("plateau", 3, r"reduce_on_plateau\(factor=0\.5\)"),
        ("clip", 1.0, r"clip_by_norm\(1\.0\)"),
        ("penalty", 0.01, r"Penalty\(l2=0\.001\)"),
    ],
)
def test_an_argument_of_another_kind_is_answered_with_an_example(argument: str, value: object, example: str) -> None:
    options: dict[str, object] = {"loss": BinaryCrossEntropy(), argument: value}
    anything: Callable[..., object] = fit
    with pytest.raises(TypeError, match=f"^{argument} is .*, expected one such as {example}$"):
        anything(feed_forward([2, 1], Random(0)), XOR, ANSWERS, **options)


@pytest.mark.parametrize("value", [True, "half", [0.5]])
def test_a_validation_of_another_kind_is_answered_with_what_it_may_be(value: object) -> None:
    anything: Callable[..., object] = fit
    with pytest.raises(TypeError, match=r"validation is a \w+, expected Samples, inputs and targets .*, or a fraction"):
        anything(feed_forward([2, 1], Random(0)), XOR, ANSWERS, loss=BinaryCrossEntropy(), validation=value)


def test_targets_that_mean_nothing_to_the_loss_are_refused_before_they_teach_nonsense() -> None:
    with pytest.raises(ValueError, match=r"target row 1, column 0 is 2\.0, expected a probability"):
        fit(feed_forward([2, 1], Random(0)), XOR, [1, 2, 2, 1], loss=BinaryCrossEntropy())
    with pytest.raises(ValueError, match="CrossEntropy needs an output for each class"):
        fit(feed_forward([2, 1], Random(0)), XOR, ANSWERS, loss=CrossEntropy())
    with pytest.raises(ValueError, match=r"validation target row 0, column 0 is 3\.0"):
        fit(feed_forward([2, 1], Random(0)), XOR, ANSWERS, loss=BinaryCrossEntropy(), validation=(XOR, [3, 0, 0, 0]))


def test_a_single_sample_cannot_be_split() -> None:
    with pytest.raises(ValueError, match="at least 2 samples are needed for a split, got 1"):
        fit(feed_forward([2, 1], Random(0)), [[0, 1]], [1], loss=BinaryCrossEntropy(), validation=0.5)


@pytest.mark.parametrize("place", ["none/c", ".", "file/c"])
def test_a_checkpoint_that_cannot_be_written_is_told_before_the_first_epoch(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    seen: list[Epoch] = []
    with pytest.raises(OSError, match=r"cannot write here|is a folder") as caught:
        fit(
            feed_forward([2, 1], Random(0)),
            XOR,
            ANSWERS,
            loss=BinaryCrossEntropy(),
            checkpoint=tmp_path / place,
            callbacks=[seen.append],
        )
    assert Path(str(caught.value.filename)) == tmp_path / place
    assert seen == []
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt()])
def test_what_a_callback_or_a_metric_raises_comes_through(error: BaseException) -> None:
    def fails(*arguments: object) -> float:
        raise error

    network = feed_forward([2, 1], Random(0))
    with pytest.raises(type(error)):
        fit(network, XOR, ANSWERS, loss=BinaryCrossEntropy(), callbacks=[fails])
    with pytest.raises(type(error)):
        fit(network, XOR, ANSWERS, loss=BinaryCrossEntropy(), metrics={"fails": fails})


# Samples in pieces, and the loop itself.


@pytest.mark.parametrize(
    ("inputs", "targets", "said"),
    [
        ([[1, 2, 3]], [1], "Linear(2, 1): expected 2 features, got 3"),
        ([[1, 2]], [[0, 1]], "outputs are (1, 1), but targets are (1, 2) (batch, outputs)"),
        ([[1, 2]], [0, 1], "1 inputs, but 2 targets"),
        ([[1, nan]], [0], "input row 0, column 1 is nan, expected a finite number"),
        ([[1, 2]], [inf], "target row 0, column 0 is inf, expected a finite number"),
    ],
)
def test_a_piece_that_does_not_fit_leaves_network_and_optimizer_as_they_were(
    inputs: Numbers, targets: Numbers, said: str
) -> None:
    network, optimizer = feed_forward([2, 1], Random(0)), SGD(momentum=0.9)
    before = [parameter.copy() for parameter in network.parameters]
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        partial_fit(network, inputs, targets, loss=MeanSquaredError(), optimizer=optimizer)
    assert (network.parameters, optimizer.steps, optimizer.memory) == (before, 0, {})


def test_a_bad_number_is_looked_for_among_all_samples_before_a_part_is_held_back() -> None:
    inputs: Numbers = [[0, 1], [1, nan], [0, 1], [1, 0]]
    with pytest.raises(ValueError, match=r"^input row 1, column 1 is nan"):
        fit(feed_forward([2, 1], Random(0)), inputs, ANSWERS, loss=MeanSquaredError(), validation=0.5)


def test_a_class_number_beyond_the_outputs_is_named() -> None:
    network = feed_forward([2, 3], Random(0))
    with pytest.raises(ValueError, match=r"label 1 is 3, expected 0 to 2"):
        partial_fit(network, [[0, 1], [1, 0]], [2, 3], loss=CrossEntropy(), optimizer=SGD())


def engine(network: Sequential) -> FloatEngine:
    return FloatEngine(network, Samples(as_rows(XOR), as_rows(ANSWERS)), MeanSquaredError(), SGD(), 4, Random(0))


def test_epochs_done_with_other_rates_are_refused_before_anything_is_trained() -> None:
    done = tuple(epochs(engine(feed_forward([2, 1], Random(0))), 3, constant(0.1)))
    network = feed_forward([2, 1], Random(0))
    before = [parameter.copy() for parameter in network.parameters]
    said = r"^epoch 2 was trained with a learning rate of 0\.1 at its beginning, but now its rate would be 0\.05: go on"
    with pytest.raises(ValueError, match=said):
        list(epochs(engine(network), 5, linear(0.1, epochs=2), done=done))
    assert network.parameters == before


def test_epochs_done_are_not_asked_for_again() -> None:
    done = tuple(epochs(engine(feed_forward([2, 1], Random(0))), 3, constant(0.1)))
    running = [epoch.number for epoch in epochs(engine(feed_forward([2, 1], Random(0))), 5, constant(0.1), done=done)]
    assert running == [4, 5]
    assert list(epochs(engine(feed_forward([2, 1], Random(0))), 2, constant(0.1), done=done)) == []
