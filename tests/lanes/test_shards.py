"""The float engine on several workers: it learns what one worker learns, to rounding, wherever they are."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random

import pytest

from purenn import (
    Activation,
    Adam,
    Augmentation,
    BatchNorm,
    CrossEntropy,
    Dropout,
    LayerNorm,
    Linear,
    MeanSquaredError,
    Penalty,
    PReLU,
    Scaling,
    Sequential,
    clip_by_norm,
    feed_forward,
    fit,
)
from purenn.engine import ENGINES, Engine, FloatEngine, Job
from purenn.errors import TrainingError
from purenn.lanes import ShardedEngine, shards
from purenn.matrix import Matrix
from purenn.optimizers import SGD
from purenn.samples import Samples
from purenn.schedules import constant
from tests.conftest import bars, normal, numbers, silent

POOL = ThreadPoolExecutor(2)


def classes() -> Job:
    """Bars to tell apart, in batches of 16, of which the last has 4."""
    return Job(feed_forward([16, 8, 4], Random(1)), bars(), CrossEntropy(), SGD(0.1, momentum=0.9), 16)


def quantities() -> Job:
    """Quantities, with every layer that may be, weights of samples, a penalty and clipped gradients."""
    scaling, first, last = Scaling([0.1] * 3, [2.0] * 3), Linear(3, 5, 1), Linear(5, 2, 2)
    network = Sequential(scaling, first, LayerNorm(5), PReLU(5), last, Activation("tanh"))
    samples = Samples(normal(50, 3), normal(50, 2, 1), [1.0 + i % 3 for i in range(50)])
    penalty, clip = Penalty(l1=0.01, l2=0.1), clip_by_norm(0.5)
    return Job(
        network,
        samples,
        MeanSquaredError(),
        Adam(0.01),
        20,
        penalty=penalty,
        clip=clip,
    )


def trained(job: Job, epochs: int = 3) -> Engine:
    """An engine after some epochs."""
    engine = ENGINES["float"].for_job(job)
    for epoch in range(epochs):
        engine.train(epoch, constant(0.1), silent)
    engine.close()
    return engine


@pytest.mark.parametrize("job", [classes, quantities])
@pytest.mark.parametrize("workers", [2, 3])
def test_several_workers_learn_what_one_learns_to_rounding(job: Callable[[], Job], workers: int) -> None:
    one, several = trained(job()), trained(replace(job(), workers=workers))
    assert (type(one), type(several)) == (FloatEngine, ShardedEngine)
    assert numbers(several.network()) == pytest.approx(numbers(one.network()), rel=1e-9, abs=1e-12)


def test_the_scores_of_an_epoch_are_those_of_one_worker() -> None:
    one, two = FloatEngine(quantities()), ShardedEngine(replace(quantities(), workers=2))
    for epoch in range(3):
        expected, found = (engine.train(epoch, constant(0.01), silent) for engine in (one, two))
        assert found.loss == pytest.approx(expected.loss, rel=1e-9)
        assert found.accuracy == expected.accuracy
    two.close()


def test_processes_and_threads_give_the_same_bits() -> None:
    job = replace(classes(), workers=2)
    processes = numbers(trained(job).network())
    assert numbers(trained(replace(classes(), workers=2, executors=[POOL])).network()) == processes
    assert shards._engines == {}


def test_a_batch_may_have_fewer_samples_than_there_are_workers() -> None:
    one, four = (trained(replace(classes(), batch_size=2, workers=workers), 1) for workers in (1, 4))
    assert numbers(four.network()) == pytest.approx(numbers(one.network()), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (Dropout(0.2), r"for Dropout\(0.2\) on 2 workers: its random numbers are drawn in the order of the samples"),
        (BatchNorm(8), r"for BatchNorm\(8\) on 2 workers: its averages are those of whole batches"),
    ],
)
def test_layers_that_see_the_whole_batch_are_refused(layer: Dropout | BatchNorm, reason: str) -> None:
    job = replace(classes(), network=Sequential(Linear(16, 8, 1), layer, Linear(8, 4, 2)), workers=2)
    with pytest.raises(ValueError, match=f"^the float engine cannot be used {reason}$"):
        ShardedEngine(job)
    assert ShardedEngine.unsupported(replace(job, workers=1)) == ""


def test_warped_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="for warped pictures on 2 workers, whose warps are drawn in the order"):
        ShardedEngine(replace(classes(), augment=Augmentation(shift=1), workers=2))


def test_a_training_that_diverges_names_the_batch() -> None:
    inputs, targets = Matrix([[1e200]] * 8), Matrix([[1e200]] * 8)
    job = Job(feed_forward([1, 1], Random(0)), Samples(inputs, targets), MeanSquaredError(), batch_size=4, workers=2)
    with pytest.raises(TrainingError, match=r"^epoch 1, batch 1: the loss is inf; try a lower learning rate"):
        trained(job)


def test_fit_takes_the_engine_by_its_name_and_resumes(tmp_path: object) -> None:
    def fitted(epochs: int, checkpoint: str | None) -> list[float]:
        network = feed_forward([16, 8, 4], Random(1))
        fit(network, bars(), optimizer=Adam(0.01), epochs=epochs, engine="float", workers=2, executor=POOL,
            checkpoint=checkpoint, resume=checkpoint is not None)  # fmt: skip
        return numbers(network)

    fitted(1, f"{tmp_path}/c")
    assert fitted(2, f"{tmp_path}/c") == fitted(2, None)
