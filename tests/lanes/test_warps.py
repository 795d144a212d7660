"""Warped pictures in lanes: as if the picture itself had been warped, in training only, and within the bounds."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from purenn.engine import Job
from purenn.errors import TrainingError
from purenn.lanes.engine import LanesEngine
from purenn.lanes.groups import grouped
from purenn.lanes.network import PackedNetwork
from purenn.lanes.plain import PlainNetwork
from purenn.lanes.warps import Warps
from purenn.layers import Linear
from purenn.losses import CrossEntropy
from purenn.network import Sequential, feed_forward
from purenn.samples import Augmentation, Images
from purenn.schedules import constant
from tests.conftest import bars, numbers, silent
from tests.lanes.helpers import BITS, SCALE, first_bounds, first_weights, network

EVERYTHING = Augmentation(shift=1, rotate=30, scale=0.4, shear=0.2, elastic=1, mirror=True)


def levels(picture: bytes, places: Sequence[int]) -> list[int]:
    """The levels of a picture that is warped, ink by ink. What leaves it goes to the row of zeros, after the bias."""
    moved = [0] * (len(picture) + 2)
    for value, place in zip(picture, places):
        moved[place] += (value * SCALE + 127) // 255
    return moved[:-2]


def test_a_warped_picture_is_summed_and_learned_as_if_its_ink_had_been_moved() -> None:
    rng = Random(2)
    pictures = Images(bytes(rng.choice([0, rng.randrange(256)]) for _ in range(20 * 16)), height=4, width=4)
    net = network([16, 6, 3], "relu")
    packed, plain = PackedNetwork(net, SCALE), PlainNetwork(net, SCALE)
    warps = Warps(EVERYTHING, pictures)
    packed.first.admit(SCALE * warps.draw(rng))
    for i, groups in enumerate(grouped(pictures, SCALE)):
        places = warps.one(rng)
        warped, moved = groups.warped(places), levels(pictures.picture(i), places[:16])
        signals, outputs = packed.forward(warped)
        hidden, expected = plain.forward(moved)
        assert outputs == expected
        deltas, seed = [rng.randint(-99, 99) for _ in range(3)], rng.random()
        packed.learn(warped, signals, deltas, BITS, Random(seed))
        plain.learn(moved, hidden, deltas, BITS, Random(seed))
        assert first_weights(packed.first) == plain.first
        assert packed.first.rows[-1] == 0, "ink that has left the picture has taught the zeros nothing"
        assert max(first_bounds(packed.first)) >= max(sum(map(abs, unit)) for unit in zip(*plain.first))


def test_ink_that_piles_up_is_counted() -> None:
    assert Warps(Augmentation(), Images(bytes(16), height=4, width=4)).draw(Random(1)) == 1
    warps = Warps(Augmentation(shift=1, scale=0.9), Images(bytes(900 * 16), height=4, width=4))
    most = warps.draw(Random(1))
    assert most == max(places[:16].count(place) for places in warps.places for place in range(16))
    assert most > 4


def test_weights_that_are_too_large_for_piled_up_ink_are_refused() -> None:
    """A sum has to stay below 2048. All 16 pixels on one, at weights of 250, could have a sum of 4000."""
    heavy = Sequential(Linear(16, 4, Random(0)))
    heavy.parameters[0].data[0] = [250.0] * 4
    warping = Augmentation(shift=1, scale=0.99)
    LanesEngine(Job(heavy, bars(900), CrossEntropy())).train(0, constant(1e-9), silent)
    with pytest.raises(TrainingError, match="sums of the first layer might pass 2048"):
        LanesEngine(Job(heavy, bars(900), CrossEntropy(), augment=warping)).train(0, constant(1e-9), silent)


def test_without_limits_every_picture_stays_as_it_is() -> None:
    plain, still = (
        LanesEngine(Job(feed_forward([16, 8, 4], Random(1)), bars(200), CrossEntropy(), augment=augment))
        for augment in (None, Augmentation())
    )
    groups = still.samples.groups[0]
    still.draw_warps(Random(1))
    assert still.warps is not None
    assert groups.warped(still.warps.one(Random(1))) == groups == plain.samples.groups[0]


def test_pictures_to_score_are_not_warped_and_every_epoch_draws_new_warps() -> None:
    job = Job(feed_forward([16, 8, 4], Random(1)), bars(200), CrossEntropy(), augment=Augmentation(shift=1))
    engine = LanesEngine(job)
    engine.train(0, constant(0.02), silent)
    plain = LanesEngine(Job(engine.network(), bars(200), CrossEntropy()))
    assert engine.evaluate(bars()) == plain.evaluate(bars())
    assert engine.warps is not None
    before = engine.warps.places
    assert len(before) == 200, "there are no more samples to take one"
    engine.train(1, constant(0.02), silent)
    assert engine.warps.places != before


def test_a_restored_training_draws_the_same_warps() -> None:
    def engine(seed: int) -> LanesEngine:
        network = feed_forward([16, 8, 4], Random(1))
        return LanesEngine(Job(network, bars(200), CrossEntropy(), seed=seed, augment=EVERYTHING))

    learner, other = engine(0), engine(5)
    learner.train(0, constant(0.05), silent)
    other.restore(learner.state())
    assert learner.train(1, constant(0.05), silent) == other.train(1, constant(0.05), silent)
    assert numbers(learner.network()) == numbers(other.network())
