"""Toys: the numbers they hold, always the same, and how hard each is to learn."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from purenn.datasets import DATASETS, load, toys
from purenn.losses import CrossEntropy
from purenn.matrix import Matrix
from purenn.network import feed_forward
from purenn.optimizers import SGD
from purenn.training import fit
from tests.datasets.picture_files import everything, labels_of

TOYS = ["and", "or", "xor", "house-prices", "circles", "moons", "spirals", "blobs"]


def test_every_toy_is_registered_with_a_recipe() -> None:
    assert [name for name in DATASETS if name in TOYS] == TOYS
    assert len(toys.__all__) == len(TOYS) + len(["SHAPES", "Shape"])
    assert all("float" in DATASETS[name].recipes for name in TOYS)


@pytest.mark.parametrize(("name", "outputs"), [("and", [0, 0, 0, 1]), ("or", [0, 1, 1, 1]), ("xor", [0, 1, 1, 0])])
def test_a_gate_is_its_truth_table(name: str, outputs: list[int]) -> None:
    gate = load(name)
    assert everything(gate.train) == (Matrix([[0, 0], [0, 1], [1, 0], [1, 1]]), Matrix([[y] for y in outputs]))
    assert everything(gate.test) == everything(gate.train)
    assert (gate.name, gate.classes) == (name, ("0", "1"))


def test_house_prices_rise_by_about_200_per_square_foot() -> None:
    houses = load("house-prices")
    assert (len(houses.train), len(houses.test), houses.classes) == (100, 50, ())
    areas, prices = everything(houses.train)
    # Least squares: slope = Σ (x - x̄)(y - ȳ) / Σ (x - x̄)², intercept = ȳ - slope x̄
    mean_area, mean_price = areas.sum_rows()[0, 0] / 100, prices.sum_rows()[0, 0] / 100
    moments = sum((x - mean_area) * (y - mean_price) for (x,), (y,) in zip(areas, prices))
    slope = moments / sum((x - mean_area) ** 2 for (x,) in areas)
    assert slope == pytest.approx(200.0, rel=0.01)
    assert mean_price - slope * mean_area == pytest.approx(50.0, abs=5.0)
    assert all(0.8 <= x <= 3.5 for (x,) in areas)


# Golden: no outside source; the first training and the first test point. Sines may differ in the last bit elsewhere.
FIRST = {
    "house-prices": ([0.9231451156305637], [1.6744387098934739]),
    "circles": ([0.3671719801471233, 1.0116828648374858], [0.687674417308583, -0.6666198267990606]),
    "moons": ([-0.9828948906978483, 0.31213447546540973], [-0.5248448063425493, 0.8117267464766695]),
    "spirals": ([0.7856491806520922, 0.052234623372113875], [0.2731285393559147, -0.5844326234932521]),
    "blobs": ([0.7306766365469956, 0.29340119098595535], [1.5915348053912766, -0.2821763751683028]),
}


@pytest.mark.parametrize("name", FIRST)
def test_a_toy_is_the_same_on_every_machine_and_every_time(name: str) -> None:
    first, second = load(name), load(name)
    for part, point in zip((first.train, first.test), FIRST[name]):
        assert list(part.take([0])[0][0]) == pytest.approx(point, rel=1e-12)
    assert everything(first.train) == everything(second.train)
    assert everything(first.test) == everything(second.test)


@pytest.mark.parametrize("name", ["house-prices", "circles", "moons", "spirals", "blobs"])
def test_no_sample_is_both_for_training_and_for_testing(name: str) -> None:
    dataset = load(name)
    train, test = ({*map(tuple, everything(part)[0])} for part in (dataset.train, dataset.test))
    assert len(train) == len(dataset.train)
    assert train & test == set()


@pytest.mark.parametrize(
    ("name", "count", "classes"), [("circles", 300, 2), ("moons", 300, 2), ("spirals", 400, 2), ("blobs", 300, 3)]
)
def test_points_in_the_plane_are_of_all_classes_alike(name: str, count: int, classes: int) -> None:
    dataset = load(name)
    for part in (dataset.train, dataset.test):
        assert part.inputs.columns == 2
        assert Counter(labels_of(part)) == dict.fromkeys(range(classes), count // classes)
        assert all(abs(value) < 3.0 for row in everything(part)[0] for value in row)
    assert dataset.classes == tuple(map(str, range(classes)))


def learned(name: str, sizes: list[int], epochs: int, batch_size: int = 32) -> float:
    """The part of the test set that a network of these sizes classifies rightly after training."""
    dataset = load(name)
    network = feed_forward(sizes, Random(1))
    fit(
        network,
        dataset.train.inputs,
        dataset.train.targets,
        loss=CrossEntropy(),
        optimizer=SGD(0.1, momentum=0.9),
        epochs=epochs,
        batch_size=batch_size,
    )
    answers = network.predict_classes(dataset.test.inputs)
    return sum(a == b for a, b in zip(answers, labels_of(dataset.test))) / len(answers)


@pytest.mark.parametrize(
    ("name", "least", "most"), [("circles", 0.4, 0.7), ("spirals", 0.4, 0.7), ("moons", 0.7, 0.95)]
)
def test_a_line_cannot_part_what_is_curved(name: str, least: float, most: float) -> None:
    assert least < learned(name, [2, 2], epochs=10) < most


def test_lines_part_blobs() -> None:
    assert learned("blobs", [2, 3], epochs=10) > 0.95


@pytest.mark.parametrize(("name", "epochs"), [("circles", 20), ("moons", 60)])
def test_a_hidden_layer_parts_what_a_line_cannot(name: str, epochs: int) -> None:
    assert learned(name, [2, 16, 2], epochs, batch_size=16) > 0.95


def test_two_hidden_layers_unwind_the_spirals() -> None:
    assert learned("spirals", [2, 24, 24, 2], epochs=60, batch_size=16) > 0.95


def test_a_shape_without_noise_is_exact() -> None:
    rng = Random(0)
    assert toys.SHAPES["circles"].place(1, 0.25, 0.0, rng) == pytest.approx((0.0, 0.5))
    assert toys.SHAPES["moons"].place(0, 0.5, 0.0, rng) == pytest.approx((0.0, 1.0))
    assert toys.SHAPES["spirals"].place(0, 0.0, 0.0, rng) == pytest.approx((0.1, 0.0))
    assert toys.SHAPES["blobs"].place(0, 0.9, 0.0, rng) == pytest.approx((1.0, 0.0))
