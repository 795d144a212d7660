"""Landscapes: numbers over a plane stand where they are computed, directions have the lengths that were promised."""

from __future__ import annotations

import re
from math import hypot, nan, sqrt
from random import Random

import pytest

from purenn import (
    SGD,
    Activation,
    Adam,
    BatchNorm,
    CrossEntropy,
    Linear,
    Matrix,
    MeanSquaredError,
    Sequential,
    ShapeError,
    evaluate,
    feed_forward,
    fit,
)
from purenn.charts import boundary, contours, regression_map, surface
from purenn.landscape import (
    Area,
    Slice,
    descend,
    loss_over,
    parameters_of,
    predictions_over,
    probabilities_over,
)

INPUTS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
TARGETS = [[0.5], [1.0], [-1.0], [2.0]]
UNIT = Area((0.0, 1.0), (0.0, 1.0), size=3)


# Areas.


def test_a_grid_goes_row_by_row_from_the_lowest_corner() -> None:
    area = Area((0.0, 4.0), (10.0, 30.0), size=3)
    assert area.values(lambda x, y: x + y) == [[10.0, 12.0, 14.0], [20.0, 22.0, 24.0], [30.0, 32.0, 34.0]]
    assert area.grid(range(9)) == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert (area.points[0], area.points[2], area.points[8]) == ([0.0, 10.0], [4.0, 10.0], [4.0, 30.0])


def test_an_area_around_points_has_a_margin() -> None:
    area = Area.around([[0.0, 5.0], [10.0, 5.0], [4.0, 5.0]], size=10)
    assert (area.x_range, area.y_range, area.size) == ((-1.0, 11.0), (4.0, 6.0), 10)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Area((1.0, 1.0), (0.0, 1.0)), r"x_range is \(1.0, 1.0\), expected a lower and a higher number"),
        (lambda: Area((0.0, 1.0), (0.0, nan)), "the end of y_range must be a finite number, got nan"),
        (lambda: Area((0.0, 1.0), (0.0, 1.0), size=1), "size must be at least 2, got 1"),
        (lambda: Area.around([[1.0, 2.0, 3.0]]), "an area is around points of 2 numbers, got rows of 3"),
        (lambda: UNIT.grid([1.0]), "1 values, but the area has 3 x 3 points"),
    ],
)
def test_what_is_no_area_is_refused(make: object, message: str) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match=message):
        make()


# Over two features.


def test_probabilities_are_those_of_the_network_at_each_point() -> None:
    network = feed_forward([2, 4, 3], rng=1)
    grid = probabilities_over(network, UNIT)
    assert grid[2][0] == pytest.approx(network.predict_proba([[0.0, 1.0]])[0])
    assert [len(grid), len(grid[0]), len(grid[0][0])] == [3, 3, 3]
    assert "class 2" in boundary(grid, UNIT.x_range, UNIT.y_range)


def test_predictions_are_in_the_units_of_the_targets() -> None:
    network = Sequential(Linear(2, 2, 0))
    network.layers[0].parameters[0].data[:] = [[1.0, 10.0], [2.0, 20.0]]
    assert predictions_over(network, UNIT)[2] == [2.0, 2.5, 3.0]
    assert predictions_over(network, UNIT, output=1)[0] == [0.0, 5.0, 10.0]
    regression_map(predictions_over(network, UNIT), UNIT.x_range, UNIT.y_range)
    with pytest.raises(ValueError, match="output is 2, expected a number from 0 to 1"):
        predictions_over(network, UNIT, output=2)


def test_a_network_of_other_features_has_no_plane() -> None:
    with pytest.raises(ShapeError, match="takes 3 features, got rows of 2"):
        probabilities_over(feed_forward([3, 2], rng=0), UNIT)


# Over two variables.


def bowl(x: float, y: float) -> float:
    """A bowl that is ten times as steep in one direction."""
    return 0.5 * x * x + 5.0 * y * y


def test_gradient_descent_in_a_bowl_shrinks_each_coordinate_by_its_factor() -> None:
    # the gradient is (x, 10 y), so a step multiplies x by 1 - 0.15 and y by 1 - 1.5
    for n, (x, y) in enumerate(descend(bowl, (4.0, 1.0), SGD(0.15), steps=8)):
        assert (x, y) == pytest.approx((4.0 * 0.85**n, (-0.5) ** n), rel=1e-6)


def test_momentum_and_adam_go_their_own_ways() -> None:
    # v = 0.9 · 2 + 1.8 = 3.6 after the steps from 2 to 1.8
    path = descend(lambda x, y: 0.5 * x * x, (2.0, 0.0), SGD(0.1, momentum=0.9), steps=2)
    assert [x for x, _ in path] == pytest.approx([2.0, 1.8, 1.44])
    assert descend(bowl, (3.0, -3.0), "adam", steps=1)[1] == pytest.approx((2.999, -2.999))
    assert len(descend(bowl, (3.0, -3.0))) == 51


def test_an_optimizer_can_go_several_ways() -> None:
    optimizer = Adam(0.1)
    assert descend(bowl, (1.0, 1.0), optimizer) == descend(bowl, (1.0, 1.0), optimizer)
    assert optimizer.steps == 0


def test_a_way_ends_where_it_diverges() -> None:
    path = descend(bowl, (1.0, 1.0), SGD(1e200), steps=50)
    assert 1 < len(path) < 5
    assert len(descend(lambda x, y: x**2 + y**2, (1.0, 1.0), SGD(1e155), steps=50)) < 5
    assert len(descend(lambda x, y: nan, (1.0, 1.0), SGD(0.1))) == 1


def test_a_start_has_two_numbers() -> None:
    with pytest.raises(ShapeError, match="the start has 3 numbers, expected 2: x and y"):
        descend(bowl, (1.0, 2.0, 3.0))
    with pytest.raises(ValueError, match="steps must be at least 0"):
        descend(bowl, (1.0, 2.0), steps=-1)


# Slices.


def columns(matrix: Matrix) -> list[tuple[float, ...]]:
    """The columns of a matrix: the weights of its units."""
    return list(zip(*matrix))


def test_random_directions_are_as_long_as_the_weights_of_each_unit_and_leave_biases_alone() -> None:
    network = Sequential(Linear(3, 5, 1), BatchNorm(5), Activation("relu"), Linear(5, 2, 2))
    cut = Slice.random(network, rng=4)
    for direction in (cut.first, cut.second):
        weights = [0, 4]
        for i in weights:
            lengths = [hypot(*unit) for unit in columns(network.parameters[i])]
            assert [hypot(*unit) for unit in columns(direction[i])] == pytest.approx(lengths)
        assert all(not any(map(any, direction[i])) for i in range(6) if i not in weights)
    assert cut.first[0] != cut.second[0]
    assert Slice.random(network, rng=4) == Slice.random(network, Random(4)) == cut
    assert cut.at(0.0, 0.0) == network.parameters


def test_networks_that_compute_the_same_have_the_same_landscape() -> None:
    """Doubled weights of a ReLU layer, and half of those after it: filter normalization is there for this."""
    network, twin = (feed_forward([2, 6, 1], rng=3) for _ in range(2))
    for i, factor in ((0, 2.0), (1, 2.0), (2, 0.5)):
        twin.parameters[i].data[:] = [[factor * value for value in row] for row in twin.parameters[i]]
    one, other = (
        loss_over(n, INPUTS, TARGETS, over=Slice.random(n, rng=0), area=Area((-2.0, 2.0), (-2.0, 2.0), size=5))
        for n in (network, twin)
    )
    assert [value for row in one for value in row] == pytest.approx([value for row in other for value in row])


def test_the_loss_in_the_middle_is_that_of_the_network_which_stays_as_it_is() -> None:
    network = feed_forward([2, 4, 1], rng=0)
    before = parameters_of(network)
    area = Area((-1.0, 1.0), (-1.0, 1.0), size=3)
    grid = loss_over(network, INPUTS, TARGETS, over=Slice.random(network), area=area, loss="mse")
    assert grid[1][1] == pytest.approx(evaluate(network, INPUTS, TARGETS, MeanSquaredError()).loss)
    assert network.parameters == before
    contours(grid, area.x_range, area.y_range, log=True)


def test_the_loss_on_a_slice_of_a_line_is_the_parabola_of_the_squared_error() -> None:
    """y = w x + b with one sample, x = 2 and t = 3: the loss over w and b is (2 w + b - 3)²."""
    network = Sequential(Linear(1, 1, 0))
    cut = Slice(
        [Matrix([[0.0]]), Matrix([[0.0]])],
        [Matrix([[1.0]]), Matrix([[0.0]])],
        [Matrix([[0.0]]), Matrix([[1.0]])],
    )
    area = Area((-1.0, 1.0), (0.0, 4.0), size=3)
    grid = loss_over(network, [[2.0]], [[3.0]], over=cut, area=area)
    assert grid == area.values(lambda w, b: (2.0 * w + b - 3.0) ** 2)


def test_the_principal_directions_of_a_rectangle_are_its_sides() -> None:
    # Σ x² = 4 · 2² = 16 and Σ y² = 4 · 0.5² = 1 around the middle
    path = [[Matrix([[x, 7.0]]), Matrix([[y]])] for x, y in ((0.0, 0.0), (4.0, 0.0), (4.0, 1.0), (0.0, 1.0))]
    cut = Slice.along(path)
    assert cut.shares == pytest.approx((16.0 / 17.0, 1.0 / 17.0))
    assert [abs(v) for m in cut.first for row in m for v in row] == pytest.approx([1.0, 0.0, 0.0], abs=1e-9)
    assert [abs(v) for m in cut.second for row in m for v in row] == pytest.approx([0.0, 0.0, 1.0], abs=1e-9)
    assert cut.place_of(path[-1]) == (0.0, 0.0)
    for parameters in path:
        assert all(a.is_close(b, absolute=1e-9) for a, b in zip(cut.at(*cut.place_of(parameters)), parameters))


def test_the_nearest_point_of_a_slice_is_found_between_slanted_directions() -> None:
    zero, first, second = Matrix([[0.0, 0.0, 0.0]]), Matrix([[2.0, 0.0, 0.0]]), Matrix([[1.0, 1.0, 0.0]])
    cut = Slice([zero], [first], [second])
    assert cut.place_of([Matrix([[5.0, 3.0, 9.0]])]) == pytest.approx((1.0, 3.0))  # 2 + 3 = 5, 3, and 9 is beside it
    with pytest.raises(ValueError, match="the two directions of the slice are the same"):
        Slice([zero], [first], [first]).place_of([zero])


def test_the_path_of_a_training_goes_down_on_its_slice() -> None:
    network = feed_forward([2, 6, 2], rng=1, hidden="tanh")
    path = [parameters_of(network)]
    labels = [0, 1, 1, 0]

    def remember(epoch: object) -> None:
        path.append(parameters_of(network))

    fit(network, INPUTS, labels, loss=CrossEntropy(), optimizer=SGD(0.5), epochs=60, callbacks=[remember])
    cut = Slice.along(path)
    assert cut.shares is not None
    assert 0.5 < cut.shares[0] <= sum(cut.shares) <= 1.0 + 1e-9
    lengths = [sqrt(sum(v * v for m in direction for row in m for v in row)) for direction in (cut.first, cut.second)]
    assert lengths == pytest.approx([1.0, 1.0])
    places = [cut.place_of(parameters) for parameters in path]
    area = Area.around(places, size=8)
    grid = loss_over(network, INPUTS, labels, over=cut, area=area)
    assert re.search("60 steps", surface(grid, area.x_range, area.y_range, paths={"SGD": places}, log=True))


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([0.0, 1.0], "a slice along a path needs at least 3 points on it, got 2"),
        ([0.0, 1.0, 2.0, 5.0], "the path is straight, or stands still: a slice needs two directions"),
        ([3.0, 3.0, 3.0], "the path is straight, or stands still"),
    ],
)
def test_a_straight_path_makes_no_slice(points: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Slice.along([[Matrix([[x, 2.0 * x]])] for x in points])


def test_a_path_that_diverged_is_refused() -> None:
    with pytest.raises(ValueError, match="point 2 of the path has a number that is not finite"):
        Slice.along([[Matrix([[1.0, x]])] for x in (0.0, 1.0, nan)])


def test_a_path_is_of_one_network() -> None:
    with pytest.raises(ShapeError, match="different shapes: are they of the same network"):
        Slice.along([[Matrix([[1.0]])], [Matrix([[1.0, 2.0]])], [Matrix([[1.0]])]])
