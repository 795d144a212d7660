"""Preprocessing: scalers against their definitions, splits that lose nothing and keep the mixture."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from purenn.errors import ShapeError
from purenn.matrix import Matrix
from purenn.preprocessing import Scaler, min_max, one_hot, split, standardize


def random_matrix(rng: Random, rows: int, columns: int) -> Matrix:
    return Matrix.from_function(rows, columns, lambda i, j: rng.gauss(10.0 * j, 3.0))


def test_min_max_brings_every_column_to_0_and_1() -> None:
    x = Matrix([[2.0, -1.0], [4.0, 0.0], [3.0, 3.0]])
    assert min_max(x)(x) == Matrix([[0.0, 0.0], [1.0, 0.25], [0.5, 1.0]])


def test_standardize_divides_by_the_deviation_over_n() -> None:
    # 1, 2, 3, 4: mean 2.5, variance (2.25 + 0.25 + 0.25 + 2.25) / 4 = 1.25, and not 5 / 3
    scaler = standardize(Matrix([[1], [2], [3], [4]]))
    assert scaler.shifts == [2.5]
    assert scaler.scales == pytest.approx([1.25**0.5])


def test_standardized_columns_have_mean_0_and_deviation_1() -> None:
    x = random_matrix(Random(0), 50, 3)
    for column in zip(*standardize(x)(x)):
        assert sum(column) / 50 == pytest.approx(0.0, abs=1e-12)
        assert sum(v * v for v in column) / 50 == pytest.approx(1.0)


@pytest.mark.parametrize("value", [0.1, 0.7, 1e6 / 3.0, 0.0, -5.0])
@pytest.mark.parametrize("count", [1, 3, 7, 100])
def test_a_column_of_equal_numbers_becomes_0(value: float, count: int) -> None:
    # three times 0.1, added up and divided by 3, is not quite 0.1: the rest must not be blown up to 1
    x = Matrix([[value]] * count)
    for scaler in (min_max(x), standardize(x)):
        assert scaler(x) == Matrix([[0.0]] * count)


def test_inverse_is_the_way_back() -> None:
    x = random_matrix(Random(1), 20, 4)
    for scaler in (min_max(x), standardize(x)):
        assert scaler.inverse(scaler(x)).is_close(x)


def test_a_scaler_uses_what_it_was_made_from_on_other_data() -> None:
    assert min_max(Matrix([[0], [10]]))(Matrix([[20], [-5]])) == Matrix([[2.0], [-0.5]])


def test_a_scaler_of_other_columns_says_both() -> None:
    scaler = Scaler([0.0, 0.0], [1.0, 1.0])
    for use in (scaler, scaler.inverse):
        with pytest.raises(ShapeError, match="2 columns cannot scale 3"):
            use(Matrix([[1, 2, 3]]))


def test_one_hot_has_a_1_in_the_column_of_the_class() -> None:
    assert one_hot([1, 0], classes=2) == Matrix([[0.0, 1.0], [1.0, 0.0]])
    with pytest.raises(ValueError, match="label 1 is 2, expected 0 to 1"):
        one_hot([1, 2], classes=2)


@pytest.mark.parametrize("stratified", [False, True])
def test_a_split_is_disjoint_complete_and_of_the_size_asked_for(stratified: bool) -> None:
    for seed in range(100):
        rng = Random(seed)
        count, fraction = rng.randint(2, 80), rng.uniform(0.01, 0.99)
        labels = [rng.randrange(4) for _ in range(count)] if stratified else None
        larger, smaller = split(count, fraction, rng, stratify=labels)
        assert sorted(larger + smaller) == list(range(count))
        assert len(smaller) == min(max(round(count * fraction), 1), count - 1)


def proportions_hold(labels: list[int], fraction: float, rng: Random) -> bool:
    """True if every class has within 1 of its share in the smaller part."""
    _, smaller = split(len(labels), fraction, rng, stratify=labels)
    found = Counter(labels[i] for i in smaller)
    return all(abs(found[c] - len(smaller) * n / len(labels)) < 1.0 for c, n in Counter(labels).items())


def test_a_stratified_split_has_every_class_within_1_of_its_share() -> None:
    for seed in range(100):
        rng = Random(seed)
        classes = rng.randint(1, 12)
        labels = [min(rng.randrange(classes), rng.randrange(classes)) for _ in range(rng.randint(2, 150))]
        assert proportions_hold(labels, rng.uniform(0.05, 0.95), rng), seed


def test_a_stratified_split_keeps_a_large_class_beside_many_single_samples() -> None:
    # 100 of class 0 and one each of 50 others: a fifth of these 150 must hold about 20 of class 0, not 30
    assert proportions_hold([0] * 100 + list(range(1, 51)), 0.2, Random(0))


@pytest.mark.parametrize("labels", [None, [0, 1] * 50])
def test_same_seed_same_split_and_another_seed_another(labels: list[int] | None) -> None:
    assert split(100, 0.3, Random(5), stratify=labels) == split(100, 0.3, Random(5), stratify=labels)
    assert split(100, 0.3, Random(5), stratify=labels) != split(100, 0.3, Random(6), stratify=labels)


@pytest.mark.parametrize("labels", [None, [0] * 50 + [1] * 50])
def test_both_parts_of_a_split_are_shuffled(labels: list[int] | None) -> None:
    for part in split(100, 0.5, Random(2), stratify=labels):
        assert part != sorted(part)
        if labels:
            assert [labels[i] for i in part] != sorted(labels[i] for i in part)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_a_fraction_that_leaves_nothing_is_refused(fraction: float) -> None:
    with pytest.raises(ValueError, match=f"between 0 and 1, got {fraction}"):
        split(10, fraction, Random(0))


def test_a_split_needs_two_samples_and_a_label_for_each() -> None:
    with pytest.raises(ValueError, match="at least 2 samples are needed for a split, got 1"):
        split(1, 0.5, Random(0))
    with pytest.raises(ShapeError, match="3 samples, but 2 labels"):
        split(3, 0.5, Random(0), stratify=[0, 1])
