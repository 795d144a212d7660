"""The diagnosis names every illness, finds none in a sound network, and its figures are those worked out by hand."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from operator import methodcaller
from random import Random

import pytest

from purenn.activations import AnyActivation, Elementwise, sigmoid, softmax
from purenn.diagnosis import Diagnosis, diagnose, walk
from purenn.errors import ShapeError
from purenn.initializers import zeros
from purenn.layers import Activation, Backward, Layer, Linear, PReLU
from purenn.losses import (
    BinaryCrossEntropy,
    BinaryCrossEntropyOfProbabilities,
    CrossEntropy,
    Loss,
    MeanSquaredError,
)
from purenn.matrix import Matrix
from purenn.network import Sequential, feed_forward
from purenn.normalization import BatchNorm, Scaling
from purenn.regularization import Dropout
from purenn.samples import Labels, Numbers
from tests.conftest import ELEMENTWISE, linear, normal

SIGNS = [[-1.0], [1.0]]  # two samples, standardized


def activated(name: str, z: list[list[float]]) -> Diagnosis:
    """Diagnose a network that is one activation."""
    return diagnose(Sequential(Activation(name)), z, [[0.0] for _ in z], MeanSquaredError())


def warnings(network: Sequential, inputs: Numbers, targets: Numbers, loss: Loss | None = None) -> list[str]:
    return list(diagnose(network, inputs, targets, loss or MeanSquaredError()).warnings)


def hidden(name: str, z: list[list[float]]) -> list[str]:
    """Return what is found in an activation that is given these numbers, and followed by another layer."""
    return warnings(Sequential(Activation(name), linear([[1.0 + i] for i in range(len(z[0]))])), z, SIGNS)


# The figures.


def test_figures_worked_out_by_hand() -> None:
    # x = 1 and 3:  z = (1, -1) and (3, -3);  h = relu(z) = (1, 0) and (3, 0);  y = h1 + 2 h2 = 1 and 3
    network = Sequential(linear([[1.0, -1.0]]), Activation("relu"), linear([[1.0], [2.0]]))
    first, relu, last = diagnose(network, [1, 3], [0, 0], MeanSquaredError()).layers
    assert [first.index, relu.index, last.index] == [0, 1, 2]
    assert [first.name, relu.name, last.name] == ["Linear(1, 2)", "Activation('relu')", "Linear(2, 1)"]
    assert (first.mean, first.standard_deviation) == pytest.approx((0.0, math.sqrt(20 / 4)))  # 1, -1, 3, -3
    assert (relu.mean, relu.standard_deviation) == pytest.approx((1.0, math.sqrt(6 / 4)))  # 1, 0, 3, 0
    assert (last.mean, last.standard_deviation) == pytest.approx((2.0, 1.0))  # 1, 3
    assert (first.dead, relu.dead, last.dead) == (None, 0.5, None)
    # dL/dy = 2 (y - 0) / 2 = 1 and 3;  dL/dh = (1, 2) and (3, 6);  dL/dz = (1, 0) and (3, 0): lengths over 2 samples
    assert last.gradient_norm == pytest.approx(math.sqrt((1 + 9) / 2))
    assert relu.gradient_norm == pytest.approx(math.sqrt((1 + 4 + 9 + 36) / 2))
    assert first.gradient_norm == pytest.approx(math.sqrt((1 + 9) / 2))
    # of the last weights, (1, 2): h1 · dy = 10 and h2 · dy = 0; of the first, (1, -1): x · dz1 = 10 and x · dz2 = 0
    assert last.relative_weight_gradient == pytest.approx(math.sqrt(100 / 2) / math.sqrt(5 / 2))
    assert first.relative_weight_gradient == pytest.approx(math.sqrt(100 / 2) / math.sqrt(2 / 2))
    assert relu.relative_weight_gradient is None


def test_the_relative_gradient_of_weights_of_zero_is_not_defined() -> None:
    (layer,) = diagnose(Sequential(linear([[0.0]])), [1.0], [1.0], MeanSquaredError()).layers
    assert layer.relative_weight_gradient is None


def test_a_unit_that_reacts_to_a_single_sample_is_not_dead() -> None:
    assert activated("relu", [[-1.0], [0.0], [-2.0]]).layers[0].dead == 1.0
    assert activated("relu", [[-1.0], [1e-9], [-2.0]]).layers[0].dead == 0.0


@pytest.mark.parametrize(
    ("name", "limit"), [("tanh", math.atanh(math.sqrt(0.99))), ("sigmoid", 2 * math.atanh(math.sqrt(0.99)))]
)
def test_an_output_is_saturated_below_one_hundredth_of_the_steepest_slope(name: str, limit: float) -> None:
    # 1 - tanh² z = 0.01 at tanh z = √0.99; and σ(z) is (1 + tanh(z / 2)) / 2
    beyond, within = limit + 1e-6, limit - 1e-6
    assert activated(name, [[beyond], [within], [-beyond], [-within], [0.0]]).layers[0].saturated == pytest.approx(
        2 / 5
    )


def test_s_shaped_activations_are_saturated_and_others_dead() -> None:
    for function in ELEMENTWISE:
        (layer,) = activated(function.name, [[0.5], [1.0]]).layers
        assert function.saturates is (function.name in {"sigmoid", "tanh"})
        assert (layer.saturated, layer.dead is None) == (0.0 if function.saturates else None, function.saturates)
    for other in (Activation("softmax"), PReLU(1), Dropout(0.5)):
        (layer,) = diagnose(Sequential(other), [-1.0, -2.0], [0.0, 0.0], MeanSquaredError()).layers
        assert (layer.saturated, layer.dead) == (None, None)


def test_dropout_drops_nothing() -> None:
    network = Sequential(Linear(3, 50, Random(0)), Dropout(0.9), Linear(50, 1, Random(1)))
    before, dropout, _ = diagnose(network, normal(20, 3), normal(20, 1), MeanSquaredError()).layers
    assert before.mean == dropout.mean
    assert before.gradient_norm == dropout.gradient_norm


class Watched(Linear):
    """A layer that remembers whether it was told that it trains."""

    trained: bool | None = None

    def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        self.trained = training
        return super().forward(x, training=training, rng=rng)


def test_a_custom_activation_saturates_below_a_hundredth_of_its_own_steepest_slope() -> None:
    # 10 tanh z has the slope 0.1, a hundredth of the steepest, at tanh z = √0.99, z = 2.99
    steep = Elementwise(
        "steep", lambda z: 10 * math.tanh(z), lambda z: 10 / math.cosh(z) ** 2, steepest=10.0, saturates=True
    )
    network = Sequential(Activation(steep))
    (layer,) = diagnose(network, [-4.0, 3.1, 2.9, 0.0], [0.0] * 4, MeanSquaredError()).layers
    assert (layer.saturated, layer.dead) == (0.5, None)


def test_the_network_is_not_trained() -> None:
    layer = Watched(3, 2, Random(0))
    network, inputs, targets = Sequential(layer, PReLU(2)), normal(9, 3), normal(9, 2)
    before = [matrix.copy() for matrix in (*network.parameters, inputs, targets)]
    diagnose(network, inputs, targets, MeanSquaredError())
    assert [*network.parameters, inputs, targets] == before
    assert layer.trained is False


def test_targets_are_taken_as_fit_takes_them() -> None:
    network, inputs = feed_forward([3, 4, 2], Random(0)), normal(3, 3)
    rows = Matrix([[1, 0], [0, 1], [1, 0]])
    assert (
        diagnose(network, inputs, [0, 1, 0], CrossEntropy())
        == diagnose(network, inputs, Labels([0, 1, 0], 2), CrossEntropy())
        == diagnose(network, inputs.data, rows, CrossEntropy())
    )


def test_samples_that_do_not_fit() -> None:
    network = feed_forward([3, 4, 2], Random(0))
    with pytest.raises(ShapeError, match="at least one sample, got none"):
        diagnose(network, Labels([], 3), Labels([], 2), CrossEntropy())
    with pytest.raises(ShapeError, match="4 inputs, but 1 targets"):
        diagnose(network, normal(4, 3), [1], CrossEntropy())
    with pytest.raises(ShapeError, match="the network takes 3 features, got rows of 2"):
        diagnose(network, normal(4, 2), [1, 0, 1, 0], CrossEntropy())
    with pytest.raises(ShapeError, match="the network has 2 outputs, but the targets have 3 columns"):
        diagnose(network, normal(4, 3), normal(4, 3), CrossEntropy())


# Illnesses, each with a case that is just none.


@pytest.mark.parametrize("function", ["relu", "tanh", "gelu", "leaky_relu", "prelu", "swish"])
@pytest.mark.parametrize("sizes", [[4, 16, 3], [2, 8, 1], [10, 300, 1], [8, 20, 20, 20, 20, 20, 20, 2]], ids=str)
def test_healthy_networks(function: str, sizes: list[int]) -> None:
    for seed in range(3):
        network, rng = feed_forward(sizes, Random(seed), hidden=function), Random(seed)
        targets = [rng.randrange(max(2, sizes[-1])) for _ in range(50)]
        loss = CrossEntropy() if sizes[-1] > 1 else BinaryCrossEntropy()
        assert diagnose(network, normal(50, sizes[0], seed), targets, loss).warnings == ()


def test_dead_units() -> None:
    (found,) = hidden("relu", [[-1.0, -1.0, -1.0, 2.0], [-2.0, -2.0, -2.0, 1.0]])
    assert found.startswith("layer 0, Activation('relu'): 3 of 4 units are dead: their slope is 0 for every sample")
    assert hidden("relu", [[-1.0, -1.0, 1.0, 2.0], [-2.0, -2.0, -2.0, 1.0]]) == []
    assert hidden("leaky_relu", [[-1.0, -1.0, -1.0, 2.0], [-2.0, -2.0, -2.0, 1.0]]) == []


def test_a_heaviside_function_is_dead_whatever_it_gets() -> None:
    (found,) = hidden("heaviside", [[-1.0, 1.0], [1.0, 1.0]])
    assert "2 of 2 units are dead" in found


def test_saturated_hidden_units() -> None:
    (found,) = hidden("tanh", [[-4.0, 4.0], [-4.0, 0.0]])
    assert found.startswith("layer 0, Activation('tanh'): 3 of 4 outputs are saturated")
    assert hidden("tanh", [[-4.0, 4.0], [-1.0, 0.0]]) == []


def test_saturated_answers_are_well_if_they_are_right() -> None:
    network, loss = Sequential(linear([[8.0]]), Activation("sigmoid")), MeanSquaredError()
    assert warnings(network, SIGNS, [[0.0], [1.0]], loss) == []
    assert warnings(network, SIGNS, [[0.0], [0.0]], loss) == []  # half of them
    (found,) = warnings(network, SIGNS, [[1.0], [0.0]], loss)
    assert found.startswith("layer 1, Activation('sigmoid'): 2 of 2 outputs are saturated")


@pytest.mark.parametrize(
    ("weight", "word"), [(0.0099, "vanishes"), (0.0101, None), (99.0, None), (101.0, "explodes"), (-101.0, "explodes")]
)
def test_gradients_that_vanish_or_explode(weight: float, word: str | None) -> None:
    # dL/dz of the first layer is `weight` times that of the last; the layer between them has nothing to learn
    network = Sequential(linear([[1.0]]), Activation("identity"), linear([[weight]]))
    found = warnings(network, SIGNS, [[0.5], [-0.5]])
    assert len(found) == (word is not None)
    assert all(f"it {word}" in text and "layer 2, Linear(1, 1)" in text and "layer 0" in text for text in found)


def test_the_width_of_a_layer_neither_shrinks_nor_swells_its_gradient() -> None:
    wide = Sequential(Linear(5, 20000, Random(0)), Linear(20000, 1, Random(1)))
    assert warnings(wide, normal(2, 5), [1.0, 0.0]) == []


def test_deep_sigmoids_let_the_gradient_vanish_and_shallow_ones_do_not() -> None:
    def found(layers: int) -> list[str]:
        network = feed_forward([10, *[20] * layers, 1], Random(0), hidden="sigmoid")
        return warnings(network, normal(50, 10), normal(50, 1, seed=1))

    assert found(2) == []
    assert ["vanishes" in text for text in found(5)] == [True]


def test_weights_that_are_all_alike() -> None:
    def found(corner: float) -> list[str]:
        network = Sequential(linear([[0.5, corner]]), Activation("tanh"), linear([[0.5], [0.5]]))
        return warnings(network, SIGNS, [[0.0], [1.0]])

    (alike,) = found(0.5)
    assert alike.startswith("layer 0, Linear(1, 2): all units have the same weights and the same gradients")
    assert found(0.5000001) == []


def test_equal_weights_do_no_harm_where_gradients_differ_nor_equal_gradients_where_weights_do() -> None:
    assert warnings(Sequential(linear([[0.5, 0.5]]), linear([[0.5], [0.4]])), SIGNS, [[0.0], [1.0]]) == []
    assert warnings(Sequential(linear([[0.5, 0.4]]), linear([[0.5], [0.5]])), SIGNS, [[0.0], [1.0]]) == []


def test_a_network_of_zeros_hears_the_cause_before_the_effects() -> None:
    network = Sequential(
        Linear(3, 4, Random(0), initializer=zeros), Activation("relu"), Linear(4, 2, Random(0), initializer=zeros)
    )
    found = diagnose(network, normal(20, 3), [0, 1] * 10, CrossEntropy()).warnings
    words = ["layer 0, Linear(3, 4): all units", "layer 2, Linear(4, 2): all units", "4 of 4 units are dead"]
    words += ["it vanishes", "the network ignores its inputs"]
    assert [word in text for word, text in zip(words, found)] == [True] * 5
    assert len(found) == 5


@pytest.mark.parametrize(
    ("column", "wild"),
    [
        ([-10.1, 10.1], True),
        ([-9.9, 9.9], False),
        ([2005.0, 2015.0], True),
        ([10.1, 10.1], True),
        ([9.9, 9.9], False),  # no better and no worse than a bias
        ([5.04, 4.96], True),  # mean 5, standard deviation 0.04
        ([5.06, 4.94], False),
        ([-5.04, -4.96], True),
        ([0.999, 1.0], False),  # a nearly white pixel
    ],
)
def test_inputs_and_targets_on_a_wild_scale(column: list[float], wild: bool) -> None:
    tame, rows = [[-1.0, 1.0], [1.0, -1.0]], [[-1.0, column[0]], [1.0, column[1]]]
    network = Sequential(linear([[0.1, 0.2], [0.001, -0.002]]))
    for what, found in (("inputs", warnings(network, rows, tame)), ("targets", warnings(network, tame, rows))):
        assert len(found) == wild
        assert all(text.startswith(f"{what}: 1 of 2 columns are badly scaled, such as column 1") for text in found)


def test_batch_normalization_takes_inputs_on_any_scale() -> None:
    inputs, normal = [[1000.0], [3000.0]], BatchNorm(1)
    normal.running_mean, normal.running_var = Matrix([[2000.0]]), Matrix([[1e6]])
    assert warnings(Sequential(normal, linear([[0.5]])), inputs, SIGNS) == []
    assert normal.running_mean[0] == [2000.0]
    scaled = Sequential(Scaling([2000.0], [1000.0]), linear([[1.0]], [0.0]))
    assert warnings(scaled, inputs, SIGNS) == []
    (found,) = warnings(Sequential(linear([[0.0005]], [-1.0]), BatchNorm(1)), inputs, SIGNS)
    assert found.startswith("inputs: 1 of 1 columns are badly scaled")


@pytest.mark.parametrize(
    ("layers", "x", "target", "expected"),
    [
        ([linear([[1.0]])], math.nan, 1.0, "inputs: a number"),
        ([linear([[1.0]])], -math.inf, 1.0, "inputs: a number"),
        ([linear([[1.0]])], 1.0, math.inf, "targets: a number"),
        ([PReLU(1), linear([[math.nan]])], 1.0, 1.0, "layer 1, Linear(1, 1): a weight"),
        ([linear([[1.0]], [math.inf])], 1.0, 1.0, "layer 0, Linear(1, 1): a weight"),
        ([linear([[1e200]]), linear([[1e200]])], 1.0, 1.0, "layer 1, Linear(1, 1): an output"),
        # y = 1e200 and dL/dy of that size, but dL/dh = dL/dy · w or dL/dw = dL/dy · h is infinite
        ([Dropout(0.1), Dropout(0.2), linear([[1e200]])], 1.0, 1.0, "layer 1, Dropout(0.2): a gradient"),
        ([linear([[1e200]]), linear([[1.0]])], 1.0, 1.0, "layer 1, Linear(1, 1): a gradient"),
    ],
    ids=["nan", "inf", "target", "weight", "bias", "output", "gradient", "weight gradient"],
)
def test_numbers_that_are_not_finite(layers: list[Layer], x: float, target: float, expected: str) -> None:
    diagnosis = diagnose(Sequential(*layers), [-1.0, x], [0.0, target], MeanSquaredError())
    (found,) = diagnosis.warnings  # the source of all the others, and no other
    assert found.startswith(f"{expected} is infinite or NaN")
    json.dumps(asdict(diagnosis), allow_nan=False)


def test_large_numbers_that_are_finite_are_measured() -> None:
    # squared they would be infinite, and as small ones zero
    (layer,) = diagnose(Sequential(linear([[1e200]])), SIGNS, [[0.0], [0.0]], MeanSquaredError()).layers
    assert layer.standard_deviation == pytest.approx(1e200)
    assert layer.gradient_norm == pytest.approx(1e200)
    (layer,) = diagnose(Sequential(linear([[1e-200]])), SIGNS, [[0.0], [0.0]], MeanSquaredError()).layers
    assert layer.gradient_norm == pytest.approx(1e-200)


HARD_SIGMOID = Elementwise("hard_sigmoid", lambda z: min(max(0.2 * z + 0.5, 0.0), 1.0), lambda z: 0.2 * (abs(z) < 2.5))


@pytest.mark.parametrize("loss", [CrossEntropy(), BinaryCrossEntropy()])
@pytest.mark.parametrize("function", [softmax, sigmoid, HARD_SIGMOID], ids=lambda function: function.name)
def test_probabilities_given_to_a_loss_that_makes_them_itself(function: AnyActivation, loss: Loss) -> None:
    rows = [[0.0, 1.0], [1.0, 0.0]]
    network = Sequential(linear([[1.0, -1.0], [0.5, 2.0]]), Activation(function))
    (found,) = warnings(network, rows, rows, loss)
    assert found.startswith(f"layer 1, Activation('{function.name}'): {loss.name} makes probabilities itself")
    assert warnings(network, rows, rows, BinaryCrossEntropyOfProbabilities()) == []
    assert warnings(Sequential(network.layers[0]), rows, rows, loss) == []


@pytest.mark.parametrize("name", ["tanh", "relu", "log_softmax"])
def test_other_outputs_given_to_it(name: str) -> None:
    rows = [[0.0, 1.0], [1.0, 0.0]]
    network = Sequential(linear([[1.0, -1.0], [0.5, 2.0]]), Activation(name))
    assert [text for text in warnings(network, rows, rows, CrossEntropy()) if "probabilities" in text] == []


def test_a_network_that_ignores_its_inputs() -> None:
    def found(weight: float, inputs: list[list[float]], targets: list[list[float]]) -> list[str]:
        return warnings(Sequential(linear([[weight, -weight]], [3000.0, -4000.0])), inputs, targets)

    rows = [[1.0, 0.0], [0.0, 1.0]]
    assert [text.split(":")[0] for text in found(1e-3, SIGNS, rows)] == ["outputs"]
    assert found(2e-3, SIGNS, rows) == []  # ±0.002 is more than a millionth of 3000, and of 4000 not
    assert found(1e-3, [[1.0], [1.0]], rows) == []  # equal questions
    assert found(1e-3, SIGNS, [[1.0, 0.0], [1.0, 0.0]]) == []  # equal answers are right


# As JSON and as text.


def test_a_diagnosis_goes_through_json() -> None:
    diagnosis = diagnose(feed_forward([3, 4, 2], Random(0)), normal(9, 3), [0, 1, 1] * 3, CrossEntropy())
    record = json.loads(json.dumps(asdict(diagnosis), allow_nan=False))
    assert record["warnings"] == []
    assert record["layers"][1] == asdict(diagnosis.layers[1])


def test_a_diagnosis_is_printed_as_a_table_with_the_warnings_below() -> None:
    network = Sequential(linear([[1.0, -1.0]]), Activation("relu"), linear([[1.0], [2.0]]))
    lines = str(diagnose(network, [1, 3], [0, 0], MeanSquaredError())).splitlines()
    assert lines[0].split()[:6] == ["layer", "mean", "deviation", "dead", "saturated", "gradient"]
    assert lines[2].split() == ["1", "Activation('relu')", "1", "1.22", "50%", "-", "5", "-"]  # as worked out above
    assert lines[3].split() == ["2", "Linear(2,", "1)", "2", "1", "-", "-", "2.2", "4.5"]
    assert lines[4:] == ["", "Nothing looks wrong."]
    diagnosis = diagnose(network, [10, 30], [0, 0], MeanSquaredError())
    assert str(diagnosis).splitlines()[5:] == list(diagnosis.warnings) != []


def test_a_walk_passes_each_layer_forward_and_back() -> None:
    """z = 2 · 3 + 1 = 7 and y = relu(7) = 7; for the target 5, dL/dy = 2 (7 - 5) = 4 = dL/dz, and dL/dw = 3 · 4."""
    network = Sequential(linear([[2.0]], [1.0]), Activation("relu"))
    first, second = walk(network, Matrix([[3.0]]), Matrix([[5.0]]), MeanSquaredError())
    assert (first.x, first.y, second.y) == (Matrix([[3.0]]), Matrix([[7.0]]), Matrix([[7.0]]))
    assert (first.dy, first.gradients) == (Matrix([[4.0]]), [Matrix([[12.0]]), Matrix([[4.0]])])


def test_the_table_fits_the_width_that_is_asked_for() -> None:
    network = Sequential(Linear(1, 8, Random(0)), Linear(8, 1, Random(0)))
    diagnosis = diagnose(network, [1, 3], [0, 0], MeanSquaredError())
    lines = diagnosis.text(50).splitlines()
    assert sum(line.startswith("0 Linear(1, 8)") for line in lines) == 2
    assert max(len(line) for line in lines if line not in diagnosis.warnings) <= 50
    assert diagnosis.text() == str(diagnosis)


def test_a_notebook_shows_the_figures_and_the_warnings() -> None:
    network = Sequential(Linear(1, 2, initializer=zeros), Linear(2, 1))
    found = diagnose(network, SIGNS, [[0.0], [1.0]], MeanSquaredError())
    shown = methodcaller("_repr_html_")(found)
    assert shown.count("<tr>") == 3
    assert "<td" in shown
    assert "0 Linear(1, 2)" in shown
    assert shown.count("<li>") == len(found.warnings) > 0
    assert "Nothing looks wrong." in methodcaller("_repr_html_")(Diagnosis((), ()))


def test_a_loss_may_have_its_name_only() -> None:
    network = feed_forward([2, 4, 1])
    assert diagnose(network, [[1.0, 2.0]], [3.0], "mse") == diagnose(network, [[1.0, 2.0]], [3.0], MeanSquaredError())
