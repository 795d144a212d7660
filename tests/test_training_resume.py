"""Training with a checkpoint: it resumes with the same bits, and refuses to resume another training."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from random import Random

import pytest

from purenn import checkpoints
from purenn.checkpoints import Settings
from purenn.engine import FloatEngine, Job
from purenn.errors import TrainingError
from purenn.history import Epoch, History, low_loss
from purenn.losses import CrossEntropy, Loss, MeanAbsoluteError, MeanSquaredError
from purenn.matrix import Matrix
from purenn.network import feed_forward
from purenn.optimizers import SGD, Adam
from purenn.regularization import Penalty, clip_by_norm, clip_by_value
from purenn.samples import Augmentation
from purenn.schedules import constant, cosine, linear_decay, reduce_on_plateau
from purenn.training import Plan, Training, fit
from tests.conftest import ANSWERS, ROOT, XOR, bars, numbers

# Equal bits with and without a break.

OPTIONS: dict[str, dict[str, object]] = {
    "floats": {"engine": "float", "optimizer": SGD(0.1, momentum=0.9)},
    "adam and a plateau": {"optimizer": Adam(0.01), "plateau": reduce_on_plateau(factor=0.5, patience=0)},
    "clipped and penalized": {"penalty": Penalty(l1=0.001), "clip": clip_by_norm(1.0), "batch_size": 7},
    "warped pictures": {"augment": Augmentation(shift=1, rotate=20, elastic=0.5), "optimizer": SGD(0.1, momentum=0.9)},
    "weighted classes": {"engine": "lanes", "class_weights": {0: 0.5, 1: 2.0, 2: 1.0, 3: 1.0}},
    "lanes": {"engine": "lanes", "schedule": linear_decay(0.1, epochs=6), "penalty": Penalty(l2=0.01)},
    "two workers": {"engine": "lanes", "workers": 2, "schedule": cosine(0.1, epochs=6)},
}


def run(path: Path | None, upto: int, options: dict[str, object]) -> tuple[list[Epoch], list[float]]:
    """Train up to this epoch, from the checkpoint on. Returns the record but for its times, and the network."""
    call: Callable[..., History] = fit
    options = dict(options)
    if isinstance(options.get("optimizer"), Adam):
        options["optimizer"] = Adam(0.01)  # one that has not taken a step
    elif isinstance(options.get("optimizer"), SGD):
        options["optimizer"] = SGD(0.1, momentum=0.9)
    network = feed_forward([16, 8, 4], Random(1), dropout=0.1)
    history = call(
        network,
        bars(60).inputs,
        bars(60).targets,
        loss=CrossEntropy(),
        epochs=upto,
        validation=0.2,
        checkpoint=path,
        resume=path is not None,
        **options,
    )
    return [replace(epoch, seconds=0.0) for epoch in history.epochs], numbers(network)


@pytest.mark.parametrize("patience", [None, 1, 3])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_a_training_in_pieces_gives_the_same_bits_as_one_in_a_whole(
    options: dict[str, object], patience: int | None, tmp_path: Path
) -> None:
    whole = run(None, 6, {**options, "patience": patience})
    for upto in (1, 3, 4, 6, 6):  # the last finds all done
        pieces = run(tmp_path / "c", upto, {**options, "patience": patience})
    assert pieces == whole


def test_the_record_of_a_resumed_training_begins_with_the_first_epoch(tmp_path: Path) -> None:
    history = run(tmp_path / "c", 2, {})[0]
    assert [epoch.number for epoch in history] == [1, 2]
    resumed = run(tmp_path / "c", 4, {})[0]
    assert [epoch.number for epoch in resumed] == [1, 2, 3, 4]
    assert resumed[:2] == history


def test_callbacks_see_only_the_epochs_that_are_trained_now(tmp_path: Path) -> None:
    seen: list[int] = []
    for epochs in (2, 4):
        run(tmp_path / "c", epochs, {"callbacks": [lambda epoch: seen.append(epoch.number)]})
    assert seen == [1, 2, 3, 4]


def test_fewer_epochs_than_are_done_train_none(tmp_path: Path) -> None:
    done, weights = run(tmp_path / "c", 4, {})
    assert run(tmp_path / "c", 2, {}) == (done, weights)


def test_python_may_hash_otherwise_in_the_process_that_goes_on(tmp_path: Path) -> None:
    def train(epochs: int, seed: str, name: str) -> object:
        command = [sys.executable, "-m", "purenn", "train", "circles", "--schedule", "constant", "--dropout", "0.1"]
        command += ["--epochs", f"{epochs}", "--resume", "--checkpoint", str(tmp_path / name)]
        command += ["--out", str(tmp_path / "model")]
        subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True)
        state = checkpoints.load(tmp_path / name).state
        return {name: list(tensor.values) for name, tensor in state.tensors.items()}, state.notes

    train(2, "1", "pieces")
    assert train(4, "2", "pieces") == train(4, "3", "whole")


def test_another_augmentation_is_another_training_and_both_are_described(tmp_path: Path) -> None:
    run(tmp_path / "c", 1, {"augment": Augmentation(shift=1)})
    with pytest.raises(ValueError, match=r"of another training: augment shift=1, now shift=1 mirror$"):
        run(tmp_path / "c", 2, {"augment": Augmentation(shift=1, mirror=True)})


# The memory of a resumed training.


def on_bars(path: Path, plan: Plan, *, resume: bool = False) -> Training:
    job = Job(feed_forward([16, 4], Random(0)), bars(), CrossEntropy(), SGD(0.1))
    engine = FloatEngine(job)
    return Training(engine, plan, settings=plan.settings(job, engine), checkpoint=path, resume=resume)


def test_a_resumed_training_knows_its_best_epoch_and_network(tmp_path: Path) -> None:
    plan = Plan(5, merit=lambda epoch: (-abs(epoch.number - 2),))
    with on_bars(tmp_path / "c", plan) as first:
        assert [epoch.number for epoch in first.epochs()] == [1, 2, 3, 4, 5]
    again = on_bars(tmp_path / "c", plan, resume=True)
    assert first.best is first.done[1]
    assert (again.best, again.best_merit, again.done) == (first.best, first.best_merit, first.done)
    assert numbers(again.engine.network()) != numbers(first.engine.network())
    assert numbers(again.best_network()) == numbers(first.engine.network())


def test_a_training_ended_by_a_callback_stays_ended(tmp_path: Path) -> None:
    def lengths(upto: int) -> int:
        return len(run(tmp_path / "c", upto, {"callbacks": [lambda epoch: epoch.number == 3]})[0])

    assert [lengths(9), lengths(9), lengths(20)] == [3, 3, 3]


def test_a_training_whose_patience_ran_out_goes_on_with_more_of_it(tmp_path: Path) -> None:
    rng = Random(8)
    inputs = [[rng.gauss(0, 1) for _ in range(8)] for _ in range(40)]
    targets = [rng.gauss(0, 1) for _ in inputs]

    def trained(patience: int) -> int:
        """Train on noise and return the number of epochs."""
        history = fit(
            feed_forward([8, 30, 1], Random(0), hidden="tanh"),
            inputs,
            targets,
            loss=MeanSquaredError(),
            optimizer=SGD(0.2),
            epochs=50,
            validation=0.5,
            patience=patience,
            checkpoint=tmp_path / "c",
            resume=True,
        )
        return len(history.epochs)

    ended = trained(2)
    assert ended < 50
    assert trained(2) == ended
    assert trained(5) >= ended + 3


# Another training is refused, with every setting that differs.


class Huber(MeanSquaredError):
    """A loss with options, one of which is an object."""

    def __init__(self, delta: float) -> None:
        self.delta = delta
        self.helper = object()


def scaled(gradients: Sequence[Matrix], by: float) -> Sequence[Matrix]:
    return [gradient * by for gradient in gradients]


def gentle(epoch: float) -> float:
    return 0.1


def trained(path: Path, **options: object) -> History:
    """A training of two epochs with these options, resumed if the file exists."""
    call: Callable[..., History] = fit
    usual = {"network": feed_forward([2, 1], Random(0)), "inputs": XOR, "targets": ANSWERS, "epochs": 2}
    more = {"loss": MeanSquaredError(), "patience": 9, "validation": 0.5, "checkpoint": path, "resume": True}
    return call(**{**usual, **more, **options})


SAMPLES = r"\d of checksum \w{8}, now \d of checksum \w{8}"
Other = tuple[dict[str, object], dict[str, object], str]  # options, other options, and what is said

OTHERS: list[Other] = [
    ({}, {"network": feed_forward([2, 3, 1], Random(0))}, r'^network {"0": .*}}, now {"0": .*"relu"'),
    ({}, {"inputs": [[0, 0], [0, 1], [1, 0], [1, 2]]}, f"samples {SAMPLES}"),
    ({}, {"targets": [0, 1, 1, 1]}, f"samples {SAMPLES}"),
    ({}, {"sample_weights": [1.0, 1.0, 1.0, 2.0]}, f"samples {SAMPLES}"),
    ({}, {"class_weights": {0: 1.0, 1: 3.0}}, rf"^training samples {SAMPLES}$"),
    ({}, {"validation": 0.25}, "^training samples 2 of .*, now 3 of .*; validation samples 2 of .*, now 1 of "),
    ({}, {"validation": None}, "^training samples 2 of .*, now 4 of .*; validation samples 2 of .*, now none"),
    (
        {"validation": ([[1, 1]], [0])},
        {"validation": ([[1, 1]], [1])},
        r"^validation samples 1 of checksum \w{8}, now 1 of checksum \w{8}$",
    ),
    ({}, {"loss": MeanAbsoluteError()}, r"^loss MeanSquaredError\(\), now MeanAbsoluteError\(\)$"),
    ({"loss": Huber(1.0)}, {"loss": Huber(2.0)}, r"^loss Huber\(delta=1\.0\), now Huber\(delta=2\.0\)$"),
    ({}, {"optimizer": SGD(0.1)}, "^optimizer .*, now SGD {"),
    ({"optimizer": SGD(0.1)}, {"optimizer": Adam(0.1)}, "^optimizer SGD {.*}, now Adam {"),
    (
        {"optimizer": SGD(0.1)},
        {"optimizer": SGD(0.1, momentum=0.5)},
        "^optimizer SGD {'momentum': 0.0.*}, now SGD {'momentum': 0.5",
    ),
    ({}, {"optimizer": SGD(0.2)}, r"schedule constant\(0\.1\), now constant\(0\.2\)$"),
    ({}, {"batch_size": 1}, "^batch size 2, now 1$"),
    ({}, {"schedule": linear_decay(0.1, epochs=9)}, r"^schedule constant\(0\.1\), now linear_decay\(0\.1, epochs=9"),
    (
        {"schedule": linear_decay(0.1, epochs=8)},
        {"schedule": linear_decay(0.1, epochs=9)},
        r"^schedule linear_decay\(0\.1, epochs=8.*\), now linear_decay\(0\.1, epochs=9.*\)$",
    ),
    ({}, {"schedule": gentle}, r"^schedule constant\(0\.1\), now gentle$"),
    ({}, {"plateau": reduce_on_plateau(factor=0.5)}, r"^plateau None, now .*0\.5"),
    (
        {"plateau": reduce_on_plateau(factor=0.5)},
        {"plateau": reduce_on_plateau(factor=0.25)},
        r"^plateau .*0\.5.*, now .*0\.25",
    ),
    ({}, {"penalty": Penalty(l2=0.5)}, r"^penalty None, now Penalty\(l1=0\.0, l2=0\.5\)$"),
    (
        {"penalty": Penalty(l2=0.5)},
        {"penalty": Penalty(l2=0.25)},
        r"^penalty Penalty\(l1=0\.0, l2=0\.5\), now Penalty\(l1=0\.0, l2=0\.25\)$",
    ),
    ({}, {"clip": clip_by_value(1.0)}, r"^clip None, now .*1\.0"),
    ({"clip": clip_by_value(1.0)}, {"clip": clip_by_value(2.0)}, r"^clip .*1\.0.*, now .*2\.0\W*$"),
    ({"clip": clip_by_norm(1.0)}, {"clip": clip_by_value(1.0)}, r"^clip .*[nN]orm.*, now .*[vV]alue.*$"),
    ({"clip": partial(scaled, by=0.5)}, {"clip": partial(scaled, by=0.25)}, r"^clip .*by=0\.5.*, now .*by=0\.25"),
    ({}, {"patience": None}, "low_loss, now None$"),
    ({}, {"engine": "lanes", "batch_size": 1}, "^engine float, now lanes; batch size 2, now 1; schedule"),
    ({"engine": "lanes"}, {"engine": "lanes", "workers": 2}, "^workers 1, now 2$"),
    ({}, {"seed": 1}, "^training samples .*; seed 0, now 1$"),
    ({"validation": None}, {"validation": None, "seed": 1}, "^seed 0, now 1$"),
]


@pytest.mark.parametrize(("options", "others", "said"), OTHERS)
def test_another_training_is_refused_and_the_difference_named(
    options: dict[str, object], others: dict[str, object], said: str, tmp_path: Path
) -> None:
    trained(tmp_path / "c", **options)
    before = (tmp_path / "c").read_bytes()
    said = f"c is the checkpoint of another training: {said[1:]}" if said[0] == "^" else said
    with pytest.raises(ValueError, match=said):
        trained(tmp_path / "c", **{**options, **others})
    assert (tmp_path / "c").read_bytes() == before


def settings(job: Job, plan: Plan) -> dict[str, str]:
    return vars(plan.settings(job, FloatEngine(replace(job, workers=1))))


JOB = Job(feed_forward([16, 4], Random(0)), bars(), CrossEntropy())
CHANGES: dict[str, Job] = {
    "network": replace(JOB, network=feed_forward([16, 5, 4], Random(0))),
    "training_samples": replace(JOB, samples=bars(99)),
    "loss": replace(JOB, loss=MeanSquaredError()),
    "optimizer": replace(JOB, optimizer=SGD(0.1)),
    "batch_size": replace(JOB, batch_size=5),
    "penalty": replace(JOB, penalty=Penalty(l2=0.1)),
    "clip": replace(JOB, clip=clip_by_norm(1.0)),
    "augment": replace(JOB, augment=Augmentation(shift=1)),
    "shuffle": replace(JOB, shuffle=False),
    "seed": replace(JOB, seed=1),
    "workers": replace(JOB, workers=2),
    "scale": replace(JOB, scale=64),
    "every_sample": replace(JOB, every_sample=True),
}


@pytest.mark.parametrize(("name", "job"), CHANGES.items(), ids=CHANGES)
def test_every_option_of_a_job_is_a_setting(name: str, job: Job) -> None:
    plan = Plan(3)
    assert {key for key, value in settings(job, plan).items() if value != settings(JOB, plan)[key]} == {name}


def test_the_options_of_a_job_that_are_no_settings_are_known() -> None:
    """A new option of a job must be a setting too, or be added here with a reason: rng is made from the seed, and every
    executor gives the same bits."""
    known = {"rng", "samples", "executors"}
    assert {field.name for field in fields(Job)} - known <= {field.name for field in fields(Settings)}


def test_every_option_of_a_plan_that_changes_numbers_is_a_setting() -> None:
    plan, plans = (
        Plan(3),
        {
            "schedule": Plan(3, constant(0.2)),
            "plateau": Plan(3, plateau=reduce_on_plateau(factor=0.5)),
            "validation_samples": Plan(3, validation=bars()),
            "best_by": Plan(3, merit=low_loss),
        },
    )
    for name, other in plans.items():
        now, was = settings(JOB, other), settings(JOB, plan)
        assert {key for key in now if now[key] != was[key]} == {name}
    assert settings(JOB, Plan(9, target_accuracy=0.5)) == settings(JOB, plan)
    assert settings(JOB, Plan(3, patience=2, merit=low_loss)) == settings(JOB, Plan(3, patience=4, merit=low_loss))


@pytest.mark.parametrize(
    ("option", "value", "done"),
    [
        ("epochs", 3, 3),
        ("patience", 5, 2),
        ("metrics", {"zero": lambda actual, predicted: 0.0}, 2),
        ("callbacks", [lambda epoch: None], 2),
        ("progress", lambda done, total: None, 2),
    ],
)
def test_an_option_that_the_bits_do_not_depend_on_may_differ(
    option: str, value: object, done: int, tmp_path: Path
) -> None:
    trained(tmp_path / "c", epochs=1)
    history = trained(tmp_path / "c", **{option: value})
    assert [epoch.number for epoch in history.epochs] == [*range(1, done + 1)]


def test_the_network_and_the_optimizer_of_the_first_call_may_be_used_again(tmp_path: Path) -> None:
    network, optimizer = feed_forward([2, 1], Random(0)), SGD(0.1, momentum=0.9)
    for epochs in (2, 4):
        trained(tmp_path / "c", network=network, optimizer=optimizer, epochs=epochs)
    other = feed_forward([2, 1], Random(0))
    trained(tmp_path / "d", network=other, optimizer=SGD(0.1, momentum=0.9), epochs=4)
    assert numbers(network) == numbers(other)


def test_rates_that_are_others_than_those_of_the_epochs_done_are_refused(tmp_path: Path) -> None:
    """A function is told by its name, and two may share it."""

    def halved_after(epochs: int) -> Callable[[float], float]:
        return lambda epoch: 0.1 if epoch < epochs else 0.05

    trained(tmp_path / "c", epochs=3, schedule=halved_after(5))
    before = (tmp_path / "c").read_bytes()
    said = r"c: epoch 2 was trained with a learning rate of 0\.1 at its beginning, but now its rate would be 0\.05:"
    with pytest.raises(ValueError, match=said):
        trained(tmp_path / "c", epochs=5, schedule=halved_after(1))
    assert (tmp_path / "c").read_bytes() == before
    history = trained(tmp_path / "c", epochs=5, schedule=halved_after(4))
    assert [epoch.learning_rate for epoch in history.epochs] == [0.1, 0.1, 0.1, 0.1, 0.05]


def test_a_loss_is_told_by_its_options_and_not_by_the_addresses_of_objects(tmp_path: Path) -> None:
    def losses(loss: Loss) -> list[float]:
        return trained(tmp_path / "c", loss=loss).losses

    assert losses(Huber(1.0)) == losses(Huber(1.0))


# The file on disk.


def epochs_on_disk(path: Path) -> int:
    return len(checkpoints.load(path).epochs)


def test_without_resume_a_checkpoint_is_begun_again(tmp_path: Path) -> None:
    assert len(trained(tmp_path / "c", epochs=4).epochs) == 4
    assert len(trained(tmp_path / "c", epochs=2, resume=False).epochs) == 2
    assert epochs_on_disk(tmp_path / "c") == 2


def breaks_in(number: int, error: BaseException) -> Callable[[Epoch], None]:
    def breaks(epoch: Epoch) -> None:
        if epoch.number == number:
            raise error

    return breaks


def test_without_resume_an_old_checkpoint_stays_until_an_epoch_is_done(tmp_path: Path) -> None:
    trained(tmp_path / "c")
    before = (tmp_path / "c").read_bytes()
    with pytest.raises(RuntimeError):
        trained(tmp_path / "c", resume=False, metrics={"no": lambda actual, predicted: breaks_now()})
    assert (tmp_path / "c").read_bytes() == before


def breaks_now() -> float:
    raise RuntimeError("before the first epoch is done")


@pytest.mark.parametrize("error", [RuntimeError(), KeyboardInterrupt(), TrainingError()])
def test_a_training_that_breaks_off_leaves_the_checkpoint_of_the_last_epoch_that_was_done(
    error: BaseException, tmp_path: Path
) -> None:
    with pytest.raises(type(error)):
        trained(tmp_path / "c", epochs=9, callbacks=[breaks_in(4, error)])
    assert epochs_on_disk(tmp_path / "c") == 3  # what the callback had still to do belongs to epoch 4
    whole, pieces = (feed_forward([2, 1], Random(0)) for _ in range(2))
    assert [epoch.number for epoch in trained(tmp_path / "c", epochs=5, network=pieces).epochs] == [1, 2, 3, 4, 5]
    trained(tmp_path / "d", epochs=5, network=whole)
    assert numbers(pieces) == numbers(whole)


def test_an_old_checkpoint_survives_when_the_new_one_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(tmp_path / "c")
    before = (tmp_path / "c").read_bytes()

    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        trained(tmp_path / "c", epochs=4)
    assert (tmp_path / "c").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["c"]
    monkeypatch.undo()
    assert len(trained(tmp_path / "c", epochs=4).epochs) == 4


# Killed.

KILLS = 20
COMMANDS = {
    "float": "circles --optimizer adam --dropout 0.1 --epochs 60 --engine float",
    "lanes": "strokes --limit 1500 --hidden 24 --dropout 0.1 --epochs 12 --engine lanes",
}


def start(engine: str, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "purenn", "train", *COMMANDS[engine].split(), "--resume"]
    command += ["--checkpoint", str(folder / "checkpoint"), "--out", str(folder / "model")]
    with (folder / "said").open("wb") as said:
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=said)


def result(folder: Path) -> tuple[bytes, list[Epoch]]:
    """The model to the last byte, and every figure of every epoch but how long it took."""
    epochs = checkpoints.load(folder / "checkpoint").epochs
    return (folder / "model").read_bytes(), [replace(epoch, seconds=0.0) for epoch in epochs]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("engine", COMMANDS)
def test_killed_twenty_times_and_resumed_a_training_ends_with_the_same_bits(engine: str, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    assert start(engine, alone).wait() == 0
    expected = result(alone)

    rng = Random(engine)
    kills, trainings, resumed = 0, 0, 0
    while kills < KILLS:
        folder = tmp_path / f"training {trainings}"
        folder.mkdir()
        status = None
        while status is None:
            going_on = (folder / "checkpoint").exists()
            process = start(engine, folder)
            try:
                status = process.wait(timeout=rng.uniform(0.1, 1.5))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                kills += 1
                resumed += going_on
        assert status == 0, (folder / "said").read_text(encoding="utf-8")
        assert result(folder) == expected
        # a kill in the middle of a write leaves a file of another name, and the real one as it was
        assert {path.name for path in folder.iterdir() if path.suffix != ".tmp"} == {"checkpoint", "model", "said"}
        trainings += 1
    assert resumed > 0, "every kill came before the first checkpoint: this machine is too slow for the test"
