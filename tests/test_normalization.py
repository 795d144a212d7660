"""Normalization: which mean and variance are used, when, and what is kept of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from purenn.errors import ShapeError
from purenn.formats import Tensor
from purenn.gradcheck import check_layer
from purenn.layers import Layer, Linear
from purenn.losses import MeanSquaredError
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.normalization import BatchNorm, LayerNorm, Scaling
from purenn.optimizers import Adam
from purenn.preprocessing import Scaler, min_max, standardize
from purenn.training import fit
from tests.conftest import normal


def batch_norm(weight: list[float], bias: list[float], epsilon: float = 3.0, momentum: float = 0.25) -> BatchNorm:
    layer = BatchNorm(len(weight), momentum=momentum, epsilon=epsilon)
    layer.weight, layer.bias = Matrix([weight]), Matrix([bias])
    return layer


# Batch normalization in training.


def test_batch_norm_by_hand() -> None:
    layer = batch_norm([2, 10], [0, 7])
    # columns 1, 3 and 50, 48: means 2 and 49, variances 1 and 1; with epsilon = 3, every deviation is divided by 2.
    # x̂ is -0.5, 0.5 and 0.5, -0.5, and y = 2 x̂ in the first column, 10 x̂ + 7 in the second
    y, backward = layer.forward(Matrix([[1, 50], [3, 48]]), training=True)
    assert y == Matrix([[-1, 12], [1, 2]])
    dx, (dw, db) = backward(Matrix([[1, 0], [3, 2]]))
    # Σ dy x̂ = -0.5 + 1.5 and 0 - 1;  Σ dy = 4 and 2
    assert dw == Matrix([[1, -1]])
    assert db == Matrix([[4, 2]])
    # g = 2, 6 and 0, 20; means 4 and 10, means of g x̂ 1 and -5; (g - mean - x̂ · mean of g x̂) / 2:
    # (2 - 4 + 0.5) / 2, (6 - 4 - 0.5) / 2;  (0 - 10 + 2.5) / 2, (20 - 10 - 2.5) / 2
    assert dx == Matrix([[-0.75, -3.75], [0.75, 3.75]])


def test_every_column_comes_out_with_mean_0_and_variance_1() -> None:
    y, _ = BatchNorm(3, epsilon=1e-12).forward(normal(50, 3, spread=7.0), training=True)
    for column in y.T:
        assert sum(column) == pytest.approx(0.0, abs=1e-12)
        assert sum(value * value for value in column) / 50 == pytest.approx(1.0)


def test_running_figures_move_by_momentum_towards_mean_and_unbiased_variance() -> None:
    layer = batch_norm([1], [0])
    layer.forward(Matrix([[1], [3]]), training=True)
    # mean 2, unbiased variance (1 + 1) / 1 = 2: 0.75 · 0 + 0.25 · 2 and 0.75 · 1 + 0.25 · 2
    assert layer.buffers == [Matrix([[0.5]]), Matrix([[1.25]]), Matrix([[1.0]])]
    layer.forward(Matrix([[0], [4], [8]]), training=True)
    # mean 4, unbiased variance (16 + 0 + 16) / 2 = 16: 0.75 · 0.5 + 0.25 · 4 and 0.75 · 1.25 + 0.25 · 16
    assert layer.buffers == [Matrix([[1.375]]), Matrix([[4.9375]]), Matrix([[2.0]])]


@pytest.mark.parametrize(("momentum", "mean", "variance"), [(0.0, 0.0, 1.0), (1.0, 2.0, 2.0)])
def test_with_no_momentum_nothing_moves_and_with_1_only_the_last_batch_counts(
    momentum: float, mean: float, variance: float
) -> None:
    layer = batch_norm([1], [0], momentum=momentum)
    layer.forward(Matrix([[1], [3]]), training=True)
    assert layer.buffers == [Matrix([[mean]]), Matrix([[variance]]), Matrix([[1.0]])]


def test_in_training_the_running_figures_do_not_matter() -> None:
    x, dy = normal(4, 3), normal(4, 3, seed=1)
    fresh, moved = BatchNorm(3), BatchNorm(3)
    moved.running_mean, moved.running_var = Matrix([[5, -5, 9]]), Matrix([[100, 0.01, 7]])
    (y, backward), (other, other_backward) = fresh.forward(x, training=True), moved.forward(x, training=True)
    assert other == y
    assert other_backward(dy) == backward(dy)


def test_a_column_of_equal_numbers_becomes_its_offset() -> None:
    layer = batch_norm([5], [0.25], epsilon=1e-5)
    y, backward = layer.forward(Matrix([[7], [7], [7]]), training=True)
    assert y == Matrix([[0.25], [0.25], [0.25]])
    assert layer.running_var[0] == [0.75]  # 0.75 · 1 + 0.25 · 0
    assert all(math.isfinite(slope) for row in backward(normal(3, 1))[0] for slope in row)


@pytest.mark.parametrize("offset", [1e9, -1e9])
def test_a_small_spread_far_from_0_is_not_lost(offset: float) -> None:
    # 0, 1, 2, 3: mean 1.5, variance (2.25 + 0.25) / 2 = 1.25. The squares of these numbers are 1e18, whose last digit
    # in a float is worth 128: mean of x² less square of the mean would be noise
    y, _ = BatchNorm(1, epsilon=1e-12).forward(Matrix([[offset + i] for i in range(4)]), training=True)
    assert y.is_close(Matrix([[(i - 1.5) / math.sqrt(1.25)] for i in range(4)]), relative=1e-6)


# Batch normalization in use.


def test_in_use_it_goes_by_the_running_figures() -> None:
    layer = batch_norm([2, 10], [0, 7])
    layer.running_mean, layer.running_var = Matrix([[1, 2]]), Matrix([[1, 13]])
    # √(1 + 3) = 2 and √(13 + 3) = 4: x̂ = (5 - 1) / 2 = 2, (4 - 2) / 4 = 0.5;  y = 2 · 2 and 10 · 0.5 + 7
    y, backward = layer.forward(Matrix([[5, 4], [1, 2]]))
    assert y == Matrix([[4, 12], [0, 7]])
    dx, (dw, db) = backward(Matrix([[1, 1], [3, 2]]))
    assert dx == Matrix([[1, 2.5], [3, 5]])  # dy · 2 / 2 and dy · 10 / 4
    assert dw == Matrix([[2, 0.5]])  # 1·2 + 3·0 and 1·0.5 + 2·0
    assert db == Matrix([[4, 3]])


def test_in_use_a_sample_is_answered_whatever_comes_with_it() -> None:
    layer = BatchNorm(3)
    layer.forward(normal(8, 3, spread=5.0), training=True)
    x = normal(6, 3, seed=1)
    assert layer.forward(x)[0][2] == layer.forward(x.take([2]))[0][0]


def test_one_sample_in_training_goes_by_the_running_figures_and_leaves_them() -> None:
    layer, x, dy = BatchNorm(3), normal(1, 3, seed=1), normal(1, 3, seed=2)
    layer.forward(normal(8, 3, spread=5.0), training=True)
    before = [buffer.copy() for buffer in layer.buffers]
    (y, backward), (in_use, backward_in_use) = layer.forward(x, training=True), layer.forward(x)
    assert y == in_use
    assert y != Matrix.zeros(1, 3)
    assert backward(dy) == backward_in_use(dy)
    assert layer.buffers == before


def test_in_use_one_layer_serves_several_threads() -> None:
    layer = BatchNorm(3)
    layer.forward(normal(8, 3, spread=5.0), training=True)
    batches = [normal(5, 3, seed=seed) for seed in range(40)]
    alone = [layer.forward(x)[0] for x in batches]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda x: layer.forward(x)[0], batches)) == alone
    assert layer.num_batches_tracked == Matrix([[1.0]])


def test_a_running_variance_below_0_is_named() -> None:
    layer = BatchNorm(2)
    layer.running_var = Matrix([[1.0, -2.0]])
    with pytest.raises(ValueError, match=r"BatchNorm\(2\): running_var 1 is -2.0, expected a variance of at least 0"):
        layer.forward(normal(2, 2))


# Layer normalization.


def test_layer_norm_by_hand() -> None:
    layer = LayerNorm(2, epsilon=3.0)
    layer.weight, layer.bias = Matrix([[2, 10]]), Matrix([[0, 7]])
    # rows 1, 3 and 50, 48: means 2 and 49, variances 1; with epsilon = 3, every deviation is divided by 2.
    # x̂ is -0.5, 0.5 and 0.5, -0.5, and y = 2 x̂ in the first column, 10 x̂ + 7 in the second
    y, backward = layer.forward(Matrix([[1, 3], [50, 48]]))
    assert y == Matrix([[-1, 12], [1, 2]])
    dx, (dw, db) = backward(Matrix([[1, 0], [3, 2]]))
    # Σ dy x̂ over the batch: -0.5 + 1.5 and 0 - 1
    assert dw == Matrix([[1, -1]])
    assert db == Matrix([[4, 2]])
    # g = 2, 0 and 6, 20; means 1 and 13, means of g x̂ -0.5 and (3 - 10) / 2 = -3.5:
    # (2 - 1 - 0.25) / 2, (0 - 1 + 0.25) / 2;  (6 - 13 + 1.75) / 2, (20 - 13 - 1.75) / 2
    assert dx == Matrix([[0.375, -0.375], [-2.625, 2.625]])


def test_every_row_comes_out_with_mean_0_and_variance_1() -> None:
    y, _ = LayerNorm(50, epsilon=1e-12).forward(normal(3, 50, spread=7.0))
    for row in y:
        assert sum(row) == pytest.approx(0.0, abs=1e-12)
        assert sum(value * value for value in row) / 50 == pytest.approx(1.0)


def test_layer_norm_is_the_same_in_training_and_for_each_sample_alone() -> None:
    layer, x = LayerNorm(3), normal(6, 3)
    assert layer.forward(x, training=True)[0] == layer.forward(x)[0]
    assert layer.forward(x)[0][2] == layer.forward(x.take([2]))[0][0]


# Both.


both_uses = pytest.mark.parametrize("training", [True, False], ids=["training", "use"])


@both_uses
@pytest.mark.parametrize("layer", [BatchNorm(2), LayerNorm(2)], ids=str)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_seen_in_the_outputs_and_the_gradients(
    layer: Layer, value: float, training: bool
) -> None:
    y, backward = layer.forward(Matrix([[value, 1.0], [1.0, 2.0]]), training=training)
    assert not math.isfinite(y[0, 0])
    _, (dw, _) = backward(normal(2, 2))
    assert not math.isfinite(dw[0, 0])


@pytest.mark.parametrize("layer", [BatchNorm(2), LayerNorm(2)], ids=str)
def test_numbers_whose_variance_is_beyond_all_floats_become_their_offset(layer: Layer) -> None:
    y, backward = layer.forward(Matrix([[1e200, 1.0], [1.0, 2.0]]), training=True)
    assert y[0, 0] == 0.0
    assert backward(normal(2, 2))[0][0, 0] == 0.0


@pytest.mark.parametrize("layer", [BatchNorm(3), LayerNorm(3)], ids=str)
def test_random_numbers_are_neither_needed_in_training_nor_a_sign_of_it(layer: Layer) -> None:
    x, rng = normal(6, 3, spread=5.0), Random(0)
    in_use = layer.forward(x)[0]
    assert layer.forward(x, rng=rng)[0] == in_use
    trained = layer.forward(x, training=True)[0]
    assert layer.forward(x, training=True, rng=rng)[0] == trained
    assert (trained != in_use) is isinstance(layer, BatchNorm)
    assert rng.random() == Random(0).random()


@pytest.mark.parametrize("layer", [BatchNorm(4), LayerNorm(4)], ids=str)
def test_the_wrong_number_of_features_is_refused_by_the_layers_name_and_both_sizes(layer: Layer) -> None:
    for training in (True, False):
        with pytest.raises(ShapeError, match=r"Norm\(4\): expected 4 features, got 3"):
            layer.forward(Matrix.zeros(2, 3), training=training)
        _, backward = layer.forward(Matrix.zeros(2, 4), training=training)
        with pytest.raises(ShapeError, match=r"Norm\(4\): outputs are \(2, 4\), but their gradient is \(2, 3\)"):
            backward(Matrix.zeros(2, 3))


@pytest.mark.parametrize("kind", [BatchNorm, LayerNorm])
@pytest.mark.parametrize("epsilon", [0.0, -1e-5, math.inf, math.nan])
def test_an_epsilon_out_of_range_is_named(kind: type[BatchNorm] | type[LayerNorm], epsilon: float) -> None:
    with pytest.raises(ValueError, match=f"epsilon must be a finite number above 0, got {epsilon}"):
        kind(3, epsilon=epsilon)


@pytest.mark.parametrize("momentum", [-0.1, 1.1, math.nan])
def test_a_momentum_out_of_range_is_named(momentum: float) -> None:
    with pytest.raises(ValueError, match=rf"momentum must be in \[0, 1\], got {momentum}"):
        BatchNorm(3, momentum=momentum)


@pytest.mark.parametrize("kind", [BatchNorm, LayerNorm])
@pytest.mark.parametrize("features", [0, -1])
def test_no_features_are_refused(kind: type[BatchNorm] | type[LayerNorm], features: int) -> None:
    with pytest.raises(ShapeError, match=rf"Norm\({features}\): a layer needs at least one feature"):
        kind(features)


@pytest.mark.parametrize(
    ("layer", "text", "options", "tensors"),
    [
        (
            BatchNorm(4, momentum=0.5, epsilon=1e-3),
            "BatchNorm(4)",
            {"features": 4, "momentum": 0.5, "epsilon": 1e-3},
            {"weight": (4,), "bias": (4,), "running_mean": (4,), "running_var": (4,), "num_batches_tracked": ()},
        ),
        (LayerNorm(4), "LayerNorm(4)", {"features": 4, "epsilon": 1e-5}, {"weight": (4,), "bias": (4,)}),
    ],
    ids=str,
)
def test_a_layer_tells_its_options_and_the_tensors_pytorch_would_have(
    layer: Layer, text: str, options: dict[str, float], tensors: dict[str, tuple[int, ...]]
) -> None:
    assert str(layer) == text
    assert layer.options == options
    assert list(layer.tensor_shapes.items()) == list(tensors.items())
    assert layer.output_columns(4) == 4


def test_it_begins_as_a_layer_that_only_normalizes() -> None:
    ones, zeros = Matrix([[1, 1]]), Matrix.zeros(1, 2)
    assert LayerNorm(2).parameters == BatchNorm(2).parameters == [ones, zeros]
    assert BatchNorm(2).buffers == [zeros, ones, Matrix([[0]])]
    assert (BatchNorm(2).momentum, BatchNorm(2).epsilon, LayerNorm(2).epsilon) == (0.1, 1e-5, 1e-5)


# Scaling.


def test_scaling_by_hand() -> None:
    layer = Scaling([1, 10], [2, -5])
    y, backward = layer.forward(Matrix([[3, 0], [1, 20]]))
    assert y == Matrix([[1, 2], [0, -2]])  # (3 - 1) / 2, (0 - 10) / -5;  (1 - 1) / 2, (20 - 10) / -5
    assert backward(Matrix([[1, 1], [0, 10]])) == (Matrix([[0.5, -0.2], [0, -2]]), [])  # each slope / its scale
    assert (layer.parameters, layer.buffers) == ([], [Matrix([[1, 10]]), Matrix([[2, -5]])])


@pytest.mark.parametrize("make", [standardize, min_max])
def test_the_layer_does_what_the_scaler_does_and_its_inverse_undoes_it(make: Callable[[Matrix], Scaler]) -> None:
    x = normal(30, 3, spread=7.0, mean=1000.0)
    scaler = make(x)
    scaled = Scaling.of(scaler).forward(x)[0]
    assert scaled == scaler(x)
    for row, back in zip(x, Scaling.inverse_of(scaler).forward(scaled)[0]):
        assert back == pytest.approx(row, rel=1e-12)


def test_a_constant_column_becomes_0_and_another_value_in_it_stays_small() -> None:
    layer = Scaling.of(standardize(Matrix([[7, 1], [7, 3]])))
    assert layer.forward(Matrix([[7, 1], [8, 3]]))[0] == Matrix([[0, -1], [1, 1]])


def test_the_derivative_of_scaling_agrees_with_central_differences() -> None:
    assert check_layer(Scaling([1.0, -2.0], [0.5, -30.0]), normal(4, 2, spread=3.0)).passed


def test_training_leaves_the_scaling_as_it_is_and_a_file_keeps_it(tmp_path: Path) -> None:
    areas, rents = Matrix([[50], [100], [150]]), Matrix([[400], [800], [1200]])
    before, after = Scaling.of(standardize(areas)), Scaling.inverse_of(standardize(rents))
    network = Sequential(before, Linear(1, 1, Random(0)), after)
    numbers = [[list(row) for row in matrix] for matrix in network.buffers]
    assert len(numbers) == 4
    fit(network, areas, rents, loss=MeanSquaredError(), optimizer=Adam(0.1), epochs=300)
    assert [list(matrix) for matrix in network.buffers] == numbers
    assert network.forward(Matrix([[75]]))[0][0, 0] == pytest.approx(600.0, rel=0.01)
    network.save(tmp_path / "rents")
    assert Sequential.load(tmp_path / "rents").forward(areas)[0] == network.forward(areas)[0]


@pytest.mark.parametrize(("shifts", "scales"), [([], []), ([1.0], []), ([1.0], [1.0, 2.0])])
def test_shifts_and_scales_must_be_as_many(shifts: list[float], scales: list[float]) -> None:
    with pytest.raises(ShapeError, match=f"got {len(shifts)} shifts and {len(scales)} scales"):
        Scaling(shifts, scales)


@pytest.mark.parametrize(
    ("shift", "scale", "what"),
    [
        (math.nan, 1.0, "shift 1 must be a finite number, got nan"),
        (0.0, math.inf, "scale 1 must be a finite number, got inf"),
        (0.0, 0.0, r"Scaling\(2\): scale 1 is 0"),
    ],
)
def test_a_number_that_cannot_scale_is_named(shift: float, scale: float, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        Scaling([0.0, shift], [1.0, scale])


def test_a_scale_of_0_from_a_file_is_named() -> None:
    layer = Scaling([0.0], [1.0])
    network = Sequential(layer)
    network.load_state({"0.shift": Tensor((1,), [0.0]), "0.scale": Tensor((1,), [0.0])})
    with pytest.raises(ValueError, match=r"Scaling\(1\): scale 0 is 0, expected a number to divide by"):
        layer.forward(Matrix([[1]]))


def test_scaling_refuses_other_numbers_of_features() -> None:
    with pytest.raises(ShapeError, match=r"Scaling\(2\): expected 2 features, got 3"):
        Scaling([0, 0], [1, 1]).forward(Matrix.zeros(1, 3))
    _, backward = Scaling([0, 0], [1, 1]).forward(Matrix.zeros(1, 2))
    with pytest.raises(ShapeError, match=r"Scaling\(2\): outputs are \(1, 2\), but their gradient is \(1, 3\)"):
        backward.inputs(Matrix.zeros(1, 3))


def test_a_scaling_tells_its_options_and_tensors() -> None:
    layer = Scaling([1, 2, 3], [1, 1, 2])
    assert (str(layer), layer.options) == ("Scaling(3)", {"features": 3})
    assert layer.tensor_shapes == {"shift": (3,), "scale": (3,)}
