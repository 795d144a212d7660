"""Preprocessing: scalers, splits that lose nothing and keep the mixture, class weights, and samples held back."""

from __future__ import annotations

import copy
import pickle
from array import array
from collections import Counter
from collections.abc import Callable
from math import inf
from random import Random

import pytest

from purenn.errors import ShapeError
from purenn.matrix import Matrix
from purenn.preprocessing import (
    Scaler,
    Validation,
    badly_scaled,
    balanced_weights,
    hold_back,
    min_max,
    missing_classes,
    one_hot,
    split,
    split_indices,
    standardize,
    with_class_weights,
)
from purenn.samples import Images, Labels, Numbers, Rows, Samples
from tests.conftest import normal


def test_min_max_brings_every_column_to_0_and_1() -> None:
    x = Matrix([[2.0, -1.0], [4.0, 0.0], [3.0, 3.0]])
    assert min_max(x)(x) == Matrix([[0.0, 0.0], [1.0, 0.25], [0.5, 1.0]])


def test_standardize_divides_by_the_deviation_over_n() -> None:
    # 1, 2, 3, 4: mean 2.5, variance (2.25 + 0.25 + 0.25 + 2.25) / 4 = 1.25, and not 5 / 3
    scaler = standardize(Matrix([[1], [2], [3], [4]]))
    assert scaler.shifts == [2.5]
    assert scaler.scales == pytest.approx([1.25**0.5])


def test_standardized_columns_have_mean_0_and_deviation_1() -> None:
    x = normal(50, 3, spread=3.0, mean=10.0)
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
    x = normal(20, 4, seed=1, spread=3.0, mean=10.0)
    for scaler in (min_max(x), standardize(x)):
        assert scaler.inverse(scaler(x)).is_close(x)


def test_a_scaler_maps_other_data_by_the_figures_it_was_made_from() -> None:
    assert min_max(Matrix([[0], [10]]))(Matrix([[20], [-5]])) == Matrix([[2.0], [-0.5]])


def test_a_scaler_of_other_columns_says_both() -> None:
    scaler = Scaler([0.0, 0.0], [1.0, 1.0])
    for use in (scaler, scaler.inverse):
        with pytest.raises(ShapeError, match="2 columns cannot scale 3"):
            use(Matrix([[1, 2, 3]]))


@pytest.mark.parametrize("kind", ["lists", "matrix", "images"])
def test_scalers_are_made_from_and_applied_to_any_rows(kind: str) -> None:
    rows = [[0.0, 0.2], [1.0, 0.6]]
    numbers: dict[str, Numbers] = {
        "lists": rows,
        "matrix": Matrix(rows),
        "images": Images(bytes([0, 51, 255, 153]), 1, 2),
    }
    for make in (min_max, standardize):
        assert make(numbers[kind])(rows).is_close(make(Matrix(rows))(Matrix(rows)))
        assert make(rows)(numbers[kind]).is_close(make(Matrix(rows))(Matrix(rows)))
        assert make(rows).inverse(make(rows)(numbers[kind])).is_close(Matrix(rows))


def test_a_scaler_says_that_it_is_a_function_and_not_the_scaled_numbers() -> None:
    scaler = standardize([[1.0, 2.0], [3.0, 4.0]])
    assert repr(scaler) == "Scaler for rows of 2: scaler(X) returns X scaled, scaler.inverse(X) undoes it"
    uses: list[Callable[..., object]] = [list, Matrix, lambda s: s[0]]
    for use in uses:
        with pytest.raises(TypeError, match=r"a Scaler is not the scaled numbers: scaler\(X\) returns them"):
            use(scaler)


@pytest.mark.parametrize(("name", "call"), [("fit_transform", "scaler(X)"), ("inverse_transform", "scaler.inverse(X)")])
def test_a_scaler_answers_to_the_methods_of_another_library(name: str, call: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(min_max([[1.0], [2.0]]), name)
    assert str(caught.value) == f"'Scaler' object has no attribute '{name}'; purenn calls it {call}"


def test_a_scaler_can_be_copied_and_pickled() -> None:
    scaler = min_max([[1.0], [2.0]])
    assert scaler == copy.deepcopy(scaler) == pickle.loads(pickle.dumps(scaler))


def test_one_hot_takes_texts_in_alphabetical_order_or_in_that_of_the_names() -> None:
    assert one_hot(["dog", "cat", "dog"]) == Matrix([[0, 1], [1, 0], [0, 1]])
    assert one_hot(["dog"], classes=["dog", "cat"]) == Matrix([[1, 0]])
    assert one_hot([2, 0]) == Matrix([[0, 0, 1], [1, 0, 0]])


def test_one_hot_refuses_labels_of_no_class_with_their_place() -> None:
    with pytest.raises(ValueError, match=r"label 1 is 'dgo', expected one of cat, dog; did you mean dog\?"):
        one_hot(["cat", "dgo"], classes=["cat", "dog"])
    with pytest.raises(ValueError, match=r"texts need the names of their classes, as in classes=\['cat', 'dog'\]"):
        one_hot(["dog", "cat"], classes=2)
    call: Callable[..., object] = one_hot
    with pytest.raises(ValueError, match="all texts or all numbers, got 'cat' and 1"):
        call(["cat", 1])
    with pytest.raises(ValueError, match="at least one"):
        one_hot([])


# The split of inputs and targets.

SIX = [[1], [2], [3], [4], [5], [6]]


def test_a_split_returns_four_parts_in_the_order_that_people_know() -> None:
    y = [10 * x for (x,) in SIX]
    X_train, X_test, y_train, y_test = split(SIX, y, 0.33, seed=1)
    assert (len(X_train), len(X_test)) == (4, 2)
    assert sorted(X_train + X_test) == SIX
    assert ([10 * x for (x,) in X_train], [10 * x for (x,) in X_test]) == (y_train, y_test)


def test_a_split_has_each_class_in_its_proportion() -> None:
    texts = ["rare", "common", "common"] * 20
    one_hot_rows = one_hot(texts)
    for targets in (texts, one_hot_rows.tolist(), [t == "rare" for t in texts]):
        *_, test = split(list(range(60)), targets, 0.2, seed=3)
        assert Counter(map(str, test)).most_common()[1][1] == 4  # a third of 12
    for rows in (one_hot_rows, Labels([t == "rare" for t in texts], 2)):
        *_, part = split(list(range(60)), rows, 0.2, seed=3)
        assert sorted(map(sum, zip(*part.take(range(12))))) == [4.0, 8.0]


def test_a_split_of_quantities_is_at_random() -> None:
    X = list(range(100))
    assert split(X, [x + 0.5 for x in X], 0.2, seed=1)[1] != split(X, [x + 0.5 for x in X], 0.2, seed=2)[1]


def test_a_split_gives_each_part_in_the_kind_it_came_in() -> None:
    inputs, rest, targets, others = split(tuple(SIX), Labels([0, 1, 0, 1, 0, 1], 2), 0.5)
    assert isinstance(inputs, tuple)
    assert isinstance(rest, tuple)
    assert (len(targets), len(others), targets.classes) == (3, 3, 2)
    assert split(Images(bytes(6), 1, 1), Matrix(SIX), 0.5)[1].columns == 1


def test_equal_seeds_split_alike() -> None:
    y = [x for (x,) in SIX]
    assert split(SIX, y, 0.5, seed=4) == split(SIX, y, 0.5, seed=4)
    assert len({str(split(SIX, y, 0.5, seed=seed)) for seed in range(5)}) > 1


def test_a_split_says_what_it_cannot_split() -> None:
    call: Callable[..., object] = split
    with pytest.raises(ShapeError, match="6 inputs, but 5 targets"):
        split(SIX, [1, 2, 3, 4, 5])
    with pytest.raises(TypeError, match=r"inputs is 100, expected an object such as a list of rows, as in split\("):
        call(100, 0.2)
    with pytest.raises(TypeError, match=r"split\(\) has no argument test_size; purenn calls it fraction=0\.2"):
        call(SIX, SIX, test_size=0.2)
    with pytest.raises(TypeError, match=r"split\(\) has no argument fractoin; did you mean fraction\?"):
        call(SIX, SIX, fractoin=0.2)


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
        larger, smaller = split_indices(count, fraction, rng, stratify=labels)
        assert sorted(larger + smaller) == list(range(count))
        assert len(smaller) == min(max(round(count * fraction), 1), count - 1)


def proportions_hold(labels: list[int], fraction: float, rng: Random) -> bool:
    """True if every class has within 1 of its share in the smaller part."""
    _, smaller = split_indices(len(labels), fraction, rng, stratify=labels)
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
    assert split_indices(100, 0.3, Random(5), stratify=labels) == split_indices(100, 0.3, Random(5), stratify=labels)
    assert split_indices(100, 0.3, Random(5), stratify=labels) != split_indices(100, 0.3, Random(6), stratify=labels)


@pytest.mark.parametrize("labels", [None, [0] * 50 + [1] * 50])
def test_both_parts_of_a_split_are_shuffled(labels: list[int] | None) -> None:
    for part in split_indices(100, 0.5, Random(2), stratify=labels):
        assert part != sorted(part)
        if labels:
            assert [labels[i] for i in part] != sorted(labels[i] for i in part)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_a_fraction_that_leaves_nothing_is_refused(fraction: float) -> None:
    with pytest.raises(ValueError, match=f"between 0 and 1, got {fraction}"):
        split_indices(10, fraction, Random(0))


def test_a_split_needs_two_samples_and_a_label_for_each() -> None:
    with pytest.raises(ValueError, match="at least 2 samples are needed for a split, got 1"):
        split_indices(1, 0.5, Random(0))
    with pytest.raises(ShapeError, match="3 samples, but 2 labels"):
        split_indices(3, 0.5, Random(0), stratify=[0, 1])


# Class weights.


def test_balanced_weights_make_every_class_count_the_same() -> None:
    labels = [0] * 6 + [1] * 3 + [5]
    weights = balanced_weights(labels)
    assert weights == pytest.approx({0: 10 / 18, 1: 10 / 9, 5: 10 / 3})
    assert sum(weights[label] for label in labels) == pytest.approx(len(labels))


CLASSES: dict[str, Rows] = {
    "labels": Labels([0, 0, 0, 1], classes=2),
    "one-hot": Matrix([[1, 0], [1, 0], [1, 0], [0, 1]]),
    "yes or no": Matrix([[0], [0], [0], [1]]),
}
each_kind_of_classes = pytest.mark.parametrize("targets", list(CLASSES.values()), ids=list(CLASSES))


@each_kind_of_classes
def test_class_weights_become_the_weights_of_samples(targets: Rows) -> None:
    samples = Samples(Matrix.zeros(4, 1), targets)
    weighted = with_class_weights(samples, {0: 0.5, 1: 3.0})
    assert weighted.weights == [0.5, 0.5, 0.5, 3.0]
    assert (weighted.inputs, weighted.targets, samples.weights) == (samples.inputs, samples.targets, None)
    assert with_class_weights(samples, "balanced").weights == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2.0])


def test_class_weights_multiply_the_weights_there_are() -> None:
    samples = Samples(Matrix.zeros(4, 1), CLASSES["labels"], [1.0, 2.0, 0.0, 4.0])
    assert with_class_weights(samples, {0: 10.0, 1: 0.5}).weights == [10.0, 20.0, 0.0, 2.0]


@pytest.mark.parametrize("targets", [Matrix([[0.5], [1.0]]), Matrix([[1, 1], [0, 1]])], ids=["quantities", "several"])
def test_class_weights_are_refused_for_targets_that_are_no_classes(targets: Rows) -> None:
    with pytest.raises(ValueError, match="class weights are for targets that are classes"):
        with_class_weights(Samples(Matrix.zeros(2, 1), targets), "balanced")


def test_a_class_without_a_weight_has_that_of_1_and_a_weight_without_a_class_is_refused() -> None:
    samples = Samples(Matrix.zeros(3, 1), Labels([0, 2, 3], classes=4))
    assert with_class_weights(samples, {2: 5.0}).weights == [1.0, 5.0, 1.0]
    with pytest.raises(ValueError, match=r"^a class weight is for 4, but the classes are: 0 to 3, without names$"):
        with_class_weights(samples, {4: 2.0})
    with pytest.raises(ValueError, match="must be 'balanced' or a weight for each class, got 'equal'"):
        with_class_weights(samples, "equal")


# Samples held back.

TWENTY = Samples(
    Matrix([[float(i)] for i in range(20)]), Labels([0, 0, 0, 1] * 5, classes=2), [float(i) for i in range(20)]
)


def test_without_validation_nothing_is_held_back_and_nothing_drawn() -> None:
    rng = Random(0)
    assert hold_back(TWENTY, None, rng) == (TWENTY, None)
    assert rng.random() == Random(0).random()


def test_a_fraction_is_held_back_with_targets_and_weights_beside_each_other() -> None:
    training, validation = hold_back(TWENTY, 0.2, Random(0))
    assert validation is not None
    assert (len(training), len(validation)) == (16, 4)
    for part in (training, validation):
        assert isinstance(part.inputs, Matrix)
        assert isinstance(part.targets, Labels)
        numbers = [int(number) for (number,) in part.inputs]
        assert part.weights == numbers
        assert part.targets.values == [int(number % 4 == 3) for number in numbers]
    together = [row for part in (training, validation) for row in part.inputs.take(range(len(part)))]
    assert sorted(together) == list(TWENTY.inputs.take(range(20)))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("one_hot_rows", [False, True])
def test_a_fraction_has_each_class_in_its_proportion(seed: int, one_hot_rows: bool) -> None:
    targets: Rows = TWENTY.targets.take(range(20)) if one_hot_rows else TWENTY.targets
    _, validation = hold_back(Samples(TWENTY.inputs, targets), 0.4, Random(seed))
    assert validation is not None
    assert sum(row[1] for row in validation.targets.take(range(8))) == 2.0


def test_equal_seeds_hold_back_the_same_samples() -> None:
    parts = [hold_back(TWENTY, 0.3, Random(seed)) for seed in (1, 1, 2)]
    checksums = [[part.checksum for part in pair if part] for pair in parts]
    assert checksums[0] == checksums[1] != checksums[2]


def test_pictures_held_back_are_pictures() -> None:
    samples = Samples(Images(bytes(range(40)), 2, 2), Labels([0, 1] * 5, classes=2))
    for part in hold_back(samples, 0.2, Random(0)):
        assert part is not None
        assert isinstance(part.inputs, Images)


def test_samples_for_validation_are_taken_as_they_are() -> None:
    others = TWENTY.select([0, 1])
    training, validation = hold_back(TWENTY, others, Random(0))
    assert training is TWENTY
    assert validation is others


def test_validation_can_be_lists_of_inputs_and_targets() -> None:
    training, validation = hold_back(TWENTY, ([[7.0], [8.0]], [1, 0]), Random(0))
    assert training is TWENTY
    assert validation == Samples(Matrix([[7.0], [8.0]]), Labels([1, 0], classes=2))


@pytest.mark.parametrize(
    ("inputs", "targets", "found"),
    [
        ([[1, 2]], [1], "the network takes 1 feature, got rows of 2"),
        ([[1]], [[0, 0, 1]], "the network has 2 outputs, but the targets have 3 columns"),
    ],
)
def test_validation_samples_of_other_widths_are_refused_with_both(
    inputs: Numbers, targets: Numbers, found: str
) -> None:
    with pytest.raises(ShapeError, match=f"^validation: {found}$"):
        hold_back(TWENTY, (inputs, targets), Random(0))


@pytest.mark.parametrize("validation", [0.0, 1.0, -0.5, 2, float("nan")])
def test_a_fraction_to_hold_back_that_leaves_nothing_is_refused(validation: Validation) -> None:
    with pytest.raises(ValueError, match=f"between 0 and 1, got {validation}"):
        hold_back(TWENTY, validation, Random(0))


@pytest.mark.parametrize(("validation", "kind"), [(True, "bool"), ("0.2", "str"), ([[1.0]], "list")])
def test_validation_of_another_kind_is_refused(validation: object, kind: str) -> None:
    call: Callable[..., object] = hold_back
    with pytest.raises(TypeError, match=f"^validation is a {kind}, expected Samples, inputs and targets as a tuple"):
        call(TWENTY, validation, Random(0))


# What is wrong with samples before a training.


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ([850.0, 2400.0], "column 0 with mean 1625 and standard deviation 775"),
        ([1e6, 1e6], "column 0 with mean 1e+06 and standard deviation 0"),  # large, though all are equal
        ([5.0, 5.01], "column 0 with mean 5.005 and standard deviation 0.005"),  # far: 1,001 deviations from 0
    ],
)
def test_a_badly_scaled_column_is_named(column: list[float], said: str) -> None:
    assert badly_scaled(Matrix([[value] for value in column])) == [said]
    beside = badly_scaled(Matrix([[0.5, value] for value in column]))
    assert beside == [said.replace("column 0", "column 1")]


@pytest.mark.parametrize("column", [[-1.0, 1.0], [5.0, 5.0], [4.3, 7.9], [0.0, 9.0], [inf, 1.0]])
def test_a_column_of_a_usual_size_is_not(column: list[float]) -> None:
    assert badly_scaled(Matrix.wrap([[value] for value in column])) == []


@pytest.mark.parametrize(
    ("targets", "missing"),
    [
        (Labels([0, 2], 4), [1, 3]),
        (Labels([0, 1], 2), []),
        (Matrix([[0], [0]]), [1]),
        (Matrix([[1], [1]]), [0]),
        (Matrix([[1], [0]]), []),
        (Matrix([[0, 1, 0], [0, 0, 1]]), [0]),
        (Matrix([[1, 1, 0], [0, 1, 0]]), [2]),  # labels: several in a row
        (Matrix([[0.5], [7.0]]), []),  # quantities
    ],
)
def test_classes_without_a_sample_are_found(targets: Rows, missing: list[int]) -> None:
    assert missing_classes(Samples(Matrix([[0.0], [1.0]]), targets)) == missing


def test_the_worst_column_is_named_first() -> None:
    table = Matrix([[20, 5000, 3], [30, 9000, 4]])
    assert [said.split(" with")[0] for said in badly_scaled(table, ["age", "pay"])] == [
        "column 1 ('pay')",
        "column 0 ('age')",
    ]


def test_class_weights_go_by_name() -> None:
    samples = Samples(Matrix.zeros(3, 1), Labels([0, 1, 1], classes=2), names=("cheap", "dear"))
    assert with_class_weights(samples, {"cheap": 2.0, "dear": 0.5}).weights == [2.0, 0.5, 0.5]
    with pytest.raises(ValueError, match="a class weight is for 'chaep', but the classes are: cheap, dear"):
        with_class_weights(samples, {"chaep": 2.0})
    call: Callable[..., object] = with_class_weights
    with pytest.raises(TypeError, match=r"is \[1\.0, 2\.0\], expected a weight for each class, as in \{'cheap': 1\.0"):
        call(samples, [1.0, 2.0])


def test_labels_of_an_array_become_one_hot() -> None:
    assert one_hot(array("b", [0, 2])) == one_hot([0, 2]) == Matrix([[1, 0, 0], [0, 0, 1]])


def test_a_scaler_takes_one_sample_too() -> None:
    scaler = standardize([[0.0, 10.0], [2.0, 30.0]])
    assert scaler([2.0, 30.0]) == scaler([[2.0, 30.0]]) == Matrix([[1.0, 1.0]])
    assert scaler.inverse([1.0, -1.0]) == Matrix([[2.0, 10.0]])
    with pytest.raises(ShapeError, match="a scaler of 2 columns cannot scale 1"):
        scaler([1.0, 2.0, 3.0])


def test_validation_of_three_parts_is_refused() -> None:
    call: Callable[..., object] = hold_back
    with pytest.raises(ValueError, match=r"^validation is a tuple of 3: expected two parts, \(inputs, targets\)"):
        call(TWENTY, ([[0.0]], [1], [1.0]), Random(0))


def test_numbers_whose_squares_are_infinite_cannot_be_standardized() -> None:
    with pytest.raises(ValueError, match=r"^column 1 has 1e\+200, whose square is infinite, expected at most 1e\+150$"):
        standardize([[1, 1e200], [2, -1e200]])
