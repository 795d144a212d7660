"""The calls that `fit` and `partial_fit` refuse: before the first epoch, with a reason, and with nothing changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from math import inf, nan
from pathlib import Path
from random import Random
from typing import TypedDict

import pytest

import purenn
from purenn import datasets
from purenn.errors import ShapeError, TrainingError
from purenn.history import Epoch
from purenn.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError
from purenn.matrix import Matrix
from purenn.network import feed_forward
from purenn.optimizers import SGD, Adam
from purenn.regularization import Penalty, clip_by_norm
from purenn.samples import Augmentation, Numbers, Samples, as_rows
from purenn.training import fit, partial_fit
from tests.conftest import ANSWERS, XOR, bars, line, numbers


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


POOL = ThreadPoolExecutor(1)  # which starts no thread until it has a task


def nothing(actual: Matrix, predicted: Matrix) -> float:
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
    ({"class_weights": {2: 1.0}}, "a class weight is for 2, but the classes are: 0 to 1, without names"),
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
    before = numbers(network)
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        fit(network, XOR, ANSWERS, loss=BinaryCrossEntropy(), callbacks=[seen.append], **options)
    assert (numbers(network), seen) == (before, [])


def test_class_weights_are_for_classes() -> None:
    for targets in ([0.5, 1.5, 0.0, 1.0], [2.0, 3.0, 4.0, 5.0]):
        with pytest.raises(ValueError, match="class weights are for targets that are classes: class numbers, one-hot "):
            fit(feed_forward([2, 1], Random(0)), XOR, targets, loss=MeanSquaredError(), class_weights="balanced")


@pytest.mark.parametrize(
    ("argument", "value", "example"),
    [
        ("loss", 0.5, r'"cross_entropy", CrossEntropy\(\)'),
        ("loss", max, r'"cross_entropy", CrossEntropy\(\)'),
        ("optimizer", 0.1, r'"adam" or Adam\(0\.001\)'),
        ("clip", 1.0, r"clip_by_norm\(1\.0\)"),
        ("callbacks", print, r"\[print\]"),
        ("penalty", 0.01, r"Penalty\(l2=0\.001\)"),
        ("augment", "shift=1", r"Augmentation\(shift=1, rotate=10\)"),
    ],
)
def test_an_argument_of_another_kind_is_answered_with_an_example(argument: str, value: object, example: str) -> None:
    options: dict[str, object] = {"loss": BinaryCrossEntropy(), argument: value}
    anything: Callable[..., object] = fit
    with pytest.raises(TypeError, match=f"^{argument} is .*, expected an object such as {example}"):
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
def test_the_error_of_a_callback_or_a_metric_comes_through(error: BaseException) -> None:
    def fails(*arguments: object) -> float:
        raise error

    network = feed_forward([2, 1], Random(0))
    with pytest.raises(type(error)):
        fit(network, XOR, ANSWERS, loss=BinaryCrossEntropy(), callbacks=[fails])
    with pytest.raises(type(error)):
        fit(network, XOR, ANSWERS, loss=BinaryCrossEntropy(), metrics={"fails": fails})


# Samples in pieces.


@pytest.mark.parametrize(
    ("inputs", "targets", "said"),
    [
        ([[1, 2, 3]], [1], "the network takes 2 features, got rows of 3"),
        ([[1, 2]], [[0, 1]], "the network has 1 output, but the targets have 2 columns"),
        ([[1, 2]], [0, 1], "1 inputs, but 2 targets"),
        ([[1, nan]], [0], "input row 0, column 1 is nan, expected a finite number"),
        ([[1, 2]], [inf], "target row 0, column 0 is inf, expected a finite number"),
    ],
)
def test_a_piece_that_does_not_fit_leaves_network_and_optimizer_as_they_were(
    inputs: Numbers, targets: Numbers, said: str
) -> None:
    network, optimizer = feed_forward([2, 1], Random(0)), SGD(momentum=0.9)
    before = numbers(network)
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        partial_fit(network, inputs, targets, loss=MeanSquaredError(), optimizer=optimizer)
    assert (numbers(network), optimizer.steps, optimizer.memory) == (before, 0, {})


def test_a_bad_number_is_looked_for_among_all_samples_before_a_part_is_held_back() -> None:
    inputs: Numbers = [[0, 1], [1, nan], [0, 1], [1, 0]]
    with pytest.raises(ValueError, match=r"^input row 1, column 1 is nan"):
        fit(feed_forward([2, 1], Random(0)), inputs, ANSWERS, loss=MeanSquaredError(), validation=0.5)


@pytest.mark.parametrize("train", [fit, partial_fit])
def test_a_call_without_a_network_or_with_it_in_another_place_is_answered_with_the_call(
    train: Callable[..., object],
) -> None:
    call = "partial_fit(network, X, y, optimizer=SGD(0.1))" if train is partial_fit else "fit(network, X, y)"
    for arguments in ([XOR, ANSWERS], [XOR, line(), ANSWERS], [XOR, ANSWERS, line()]):
        with pytest.raises(TypeError, match=rf"^network is \[\[0, 0\], .* which comes first: {re.escape(call)}$"):
            train(*arguments, optimizer=SGD())


def test_a_class_number_beyond_the_outputs_is_named() -> None:
    network = feed_forward([2, 3], Random(0))
    with pytest.raises(ValueError, match="target 1 is 3, expected a class number from 0 to 2"):
        partial_fit(network, [[0, 1], [1, 0]], [2, 3], loss=CrossEntropy(), optimizer=SGD())


# Samples.


@pytest.mark.parametrize("bad", [nan, inf, -inf])
def test_an_input_or_target_that_is_not_finite_is_named(bad: float) -> None:
    network = feed_forward([2, 1], Random(0))
    inputs, targets = [[0.0, 1.0], [2.0, bad]], [1.0, 2.0]
    with pytest.raises(ValueError, match=f"^input row 1, column 1 is {bad}, expected a finite number"):
        fit(network, inputs, targets, loss=MeanSquaredError())
    with pytest.raises(ValueError, match=f"^target row 0, column 0 is {bad}"):
        fit(network, [[0.0, 1.0], [2.0, 3.0]], [bad, 2.0], loss=MeanSquaredError())


@pytest.mark.parametrize("validation", [None, 0.25])
@pytest.mark.parametrize("row", range(4))
@pytest.mark.parametrize("workers", [1, 2])
def test_the_row_that_is_named_is_that_of_the_call(row: int, workers: int, validation: float | None) -> None:
    # whether it is trained on, held back, or trained on by another process
    targets = [nan if i == row else 1.0 for i in range(4)]
    with pytest.raises(ValueError, match=f"^target row {row}, column 0 is nan"):
        fit(
            feed_forward([2, 1], Random(0)),
            XOR,
            targets,
            loss=MeanSquaredError(),
            engine="lanes" if workers > 1 else "float",
            workers=workers,
            validation=validation,
        )


@pytest.mark.parametrize("bad", [nan, inf])
def test_validation_samples_that_are_not_finite_are_named(bad: float) -> None:
    network = feed_forward([2, 1], Random(0))
    for inputs, targets, what in ([[0.0, bad]], [1.0], "input row 0, column 1"), ([[0.0, 1.0]], [bad], "target row 0"):
        validation = Samples(as_rows(inputs), as_rows(targets))
        with pytest.raises(ValueError, match=f"^validation {what}.* is {bad}"):
            fit(network, XOR, ANSWERS, loss=BinaryCrossEntropy(), validation=validation)


@pytest.mark.parametrize(
    ("inputs", "targets", "outputs", "error", "complaint"),
    [
        (XOR, [0, 1, 1], 1, ShapeError, "4 inputs, but 3 targets"),
        (XOR, [0, 1, 1], 2, ShapeError, "4 inputs, but 3 targets"),
        ([], [], 1, ShapeError, "there must be at least one sample, got none"),
        ([[1, 2, 3]] * 4, ANSWERS, 1, ShapeError, "the network takes 2 features, got rows of 3"),
        (XOR, [[0.0, 1.0]] * 4, 1, ShapeError, "the network has 1 output, but the targets have 2 columns"),
        (
            XOR,
            [0.0, 0.5, 1.0, 0.0],
            2,
            ValueError,
            r"target 1 is 0\.5, expected a class number from 0 to 1, .* has 2",
        ),
        (
            XOR,
            [0, 1, 2, 1],
            2,
            ValueError,
            "target 2 is 2, expected a class number from 0 to 1",
        ),
    ],
)
def test_samples_that_do_not_fit_are_refused_with_both_sizes(
    inputs: Numbers, targets: Numbers, outputs: int, error: type[ValueError], complaint: str
) -> None:
    with pytest.raises(error, match=complaint):
        fit(feed_forward([2, outputs], Random(0)), inputs, targets, loss=MeanSquaredError())


# Rates and engines.


@pytest.mark.parametrize("rate", [0.0, -0.1, nan, inf])
def test_a_learning_rate_out_of_range_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match=f"learning_rate must be a finite number above 0, got {rate}"):
        fit(feed_forward([2, 1], Random(0)), XOR, ANSWERS, loss=BinaryCrossEntropy(), optimizer=SGD(rate))


def test_a_training_that_diverges_reports_no_further_epoch() -> None:
    # one step: the loss is finite still, 1e154, and the step, 2 · 1e77 · 1 times the rate, is not
    seen: list[Epoch] = []
    with pytest.raises(TrainingError, match=r"^epoch 1, batch 1: a weight is no longer a finite number"):
        fit(line(), [1.0], [1e77], loss=MeanSquaredError(), optimizer=SGD(1e300), epochs=1, callbacks=[seen.append])
    assert seen == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"engine": "lanes", "optimizer": SGD(0.1, momentum=0.9)}, "the lanes engine cannot be used for momentum"),
        ({"engine": "lanes", "optimizer": Adam()}, "the lanes engine cannot be used for adam"),
        ({"engine": "lanes", "batch_size": 32}, "the lanes engine cannot be used for batches of 32"),
        ({"engine": "lanes", "batch_size": 0}, "the lanes engine cannot be used for batches of 0"),
        ({"batch_size": 0}, "batch_size must be from 1 to the 100 training samples, got 0"),
        ({"engine": "lanes", "penalty": Penalty(l1=0.1)}, "the lanes engine cannot be used for an L1 penalty"),
        ({"engine": "lanes", "clip": clip_by_norm(1.0)}, "the lanes engine cannot be used for clipping"),
        (
            {"augment": Augmentation(shift=1), "inputs": Matrix([[0.5] * 16] * 100)},
            "augment=Augmentation(…) is for pictures, but the inputs are Matrix rows of 16 numbers: expected Images, …",
        ),
        (
            {"augment": Augmentation(shift=5)},
            "augment: shift is 5.0 pixels, expected at most the larger side of pictures of 4 x 4 pixels",
        ),
        (
            {"engine": "lanes", "network": feed_forward([16, 4, 4], Random(0), hidden="gelu")},
            "the lanes engine cannot be used as gelu is not among the activations that lanes have: heaviside, …",
        ),
        ({"engine": "lanes", "workers": 0}, "workers must be at least 1, got 0"),
        ({"engine": "lanes", "workers": 101}, "workers must be from 1 to the 100 training samples, got 101"),
        (
            {"engine": "float", "workers": 2, "augment": Augmentation(shift=1)},
            "the float engine cannot be used for warped pictures on 2 workers, whose warps are drawn in the order of …",
        ),
        ({"executor": [POOL], "workers": 2, "batch_size": 4}, "no engine can be chosen: …"),
        ({"executor": POOL}, "an executor is for several workers, such as workers=2, but workers is 1"),
        # "…" stands for what is said about other engines
        ({"engine": "flaot"}, "engine must be one of auto, …float, …lanes, …got 'flaot'; did you mean float?"),
        (
            {"workers": 2, "batch_size": 32},
            "no engine can be chosen: …float must be chosen by name, as 2 workers pay with large batches only; …"
            "lanes cannot be used for batches of 32…",
        ),
    ],
)
def test_an_engine_that_cannot_do_it_says_why(options: dict[str, object], said: str) -> None:
    call: Callable[..., object] = fit
    seen: list[Epoch] = []
    network = feed_forward([16, 4, 4], Random(0))
    usual = {"network": network, "inputs": bars().inputs, "targets": bars().targets, "callbacks": [seen.append]}
    before = numbers(network)
    with pytest.raises(ValueError, match=f"^{re.escape(said).replace('…', '.*')}$"):
        call(**{**usual, "loss": CrossEntropy(), **options})
    assert (numbers(network), seen) == (before, [])


def test_lanes_refuse_samples_of_another_size_with_both_sizes() -> None:
    network = feed_forward([9, 4], Random(0))
    said = "^the network takes 9 features, got rows of 16$"
    for workers in (1, 2):
        with pytest.raises(ShapeError, match=said):
            fit(network, bars().inputs, bars().targets, loss=CrossEntropy(), engine="lanes", workers=workers)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("lr", "fit() has no argument lr; purenn calls it optimizer=SGD(0.1)"),
        ("validation_split", "fit() has no argument validation_split; purenn calls it validation=0.2"),
        ("verbose", "fit() has no argument verbose; fit prints nothing, unless it is asked to: progress=True"),
        ("shuffle", "fit() has no argument shuffle; samples are shuffled in every epoch, in any case"),
        ("epoch", "fit() has no argument epoch; did you mean epochs?"),
    ],
)
def test_an_argument_of_another_library_is_answered_with_ours(name: str, hint: str) -> None:
    call: Callable[..., object] = fit
    with pytest.raises(TypeError) as caught:
        call(feed_forward([1, 1]), [1.0], [1.0], **{name: 1})
    assert str(caught.value) == hint


def test_a_forgotten_network_is_asked_for() -> None:
    call: Callable[..., object] = fit
    with pytest.raises(TypeError, match=r"which comes first: fit\(network, X, y\)$"):
        call(XOR, ANSWERS)


def test_metrics_of_another_library_are_answered_with_ours() -> None:
    call: Callable[..., object] = fit
    with pytest.raises(TypeError, match=r"^metrics is \['accuracy'\], expected functions by name, as in \{'mae': "):
        call(feed_forward([2, 1]), XOR, ANSWERS, metrics=["accuracy"])


def test_a_data_set_is_answered_with_its_parts() -> None:
    call: Callable[..., object] = fit
    with pytest.raises(TypeError, match=r"^a Dataset has \.train and \.test"):
        call(feed_forward([2, 1]), datasets.load("xor"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("schedule=reduce_on_plateau()", "which lowers the rate of a schedule: pass it as plateau="),
        ("plateau=cosine(0.1, 10)", "which is a schedule: pass it as schedule="),
        ("schedule=lambda epoch, rate: rate", "schedule takes other arguments (missing a required argument: 'rate')"),
        (
            "schedule=0.1",
            "schedule is 0.1, expected a function of the epochs done, such as linear_decay(0.1, epochs=10)",
        ),
        ("plateau=3", "plateau is 3, expected a function of the losses so far, such as reduce_on_plateau(factor=0.5)"),
        ("plateau=lambda: 0.5", "plateau takes other arguments (too many positional arguments)"),
        ("callbacks=[print, lambda epoch, logs: None]", "callback 1 takes other arguments (missing a required"),
        ("callbacks=[3]", "callback 0 is 3, expected a function of an Epoch, such as print"),
        ("progress=2", "progress is 2, expected True, or a function of the samples done and of all samples"),
        ("progress=lambda done: None", "progress takes other arguments (too many positional"),
    ],
)
def test_functions_that_training_could_not_call_are_refused_before_it_begins(options: str, said: str) -> None:
    network = feed_forward([2, 3, 1])
    before = network.state()
    names = {"network": network, **{name: getattr(purenn, name) for name in purenn.__all__}}
    with pytest.raises(TypeError, match=re.escape(said)):
        eval(f"fit(network, [[0, 1], [1, 0]], [0, 1], {options})", names)
    assert network.state() == before


def test_functions_in_c_are_callbacks_too() -> None:
    epochs: list[Epoch] = []
    fit(feed_forward([2, 3, 1]), [[0, 1], [1, 0]], [0, 1], epochs=3, callbacks=[epochs.append])
    assert [epoch.number for epoch in epochs] == [1, 2, 3]
