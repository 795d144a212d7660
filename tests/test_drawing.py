"""Drawings of networks: the right numbers at the right neurons, names from tables, and the answers over the plane."""

from __future__ import annotations

from operator import methodcaller
from pathlib import Path
from random import Random

import pytest

from purenn.activations import sigmoid
from purenn.datasets import load
from purenn.drawing import answers, drawn, first_weights, network_diagram
from purenn.errors import ShapeError
from purenn.layers import Activation, Backward, Layer, Linear
from purenn.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError
from purenn.matrix import Matrix
from purenn.network import Sequential, feed_forward
from purenn.normalization import BatchNorm, Scaling
from purenn.optimizers import SGD
from purenn.regularization import Dropout
from purenn.samples import Samples
from purenn.training import fit
from tests.charts.pictures import check, elements, parsed, words_in
from tests.conftest import linear

# Two inputs, two hidden neurons and two outputs, all with a sigmoid, whose numbers many have worked out:
# Mazur, "A Step by Step Backpropagation Example" (2015). Its L = Σ (y - t)² / 2 is our mean of two squares.
WORKED = Sequential(
    linear([[0.15, 0.25], [0.20, 0.30]], [0.35, 0.35]),
    "sigmoid",
    linear([[0.40, 0.50], [0.45, 0.55]], [0.60, 0.60]),
    "sigmoid",
)
WORKED.loss = MeanSquaredError()
SAMPLE = Samples(Matrix([[0.05, 0.10]]), Matrix([[0.01, 0.99]]))


def test_a_diagram_names_the_layers_and_their_neurons() -> None:
    network = feed_forward([2, 8, 1], hidden="tanh")
    network.classes = ("no", "yes")
    picture = network.plot()
    check(picture, ["33 parameters", "2 inputs", "Linear 2 → 8", "tanh", "Linear 8 → 1", "class yes"])
    assert len(elements(picture, "circle", "paper axis")) == 2 + 8 + 1
    assert len(elements(picture, "path")) == 2 * 8 + 8


def test_inputs_and_outputs_of_a_table_have_the_names_of_its_columns_and_classes() -> None:
    iris = load("iris")
    network = feed_forward([4, 3])
    fit(network, iris.train, epochs=1, optimizer=SGD(0.01))
    names = ["sepal_length", "sepal_width", "petal_length", "petal_width", "setosa", "versicolor", "virginica"]
    check(network.plot(), names)


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        ('{"columns": [{"name": "size", "kind": "number"}, {"name": "price", "kind": "target"}]}', ["size"]),
        ('{"columns": [{"name": "sex", "kind": "text", "categories": ["f", "m"]}]}', ["sex=m"]),
        ('{"columns": [{"name": "c", "kind": "text", "categories": ["r", "g", "b"]}]}', ["c=r", "c=g", "c=b"]),
        ('{"columns": [{"name": "a", "kind": "number"}, {"name": "b", "kind": "ignored"}]}', ["a"]),
        ('{"columns": 3}', []),
        ("[]", []),
    ],
)
def test_names_of_inputs_are_those_that_the_table_s_columns_become(schema: str, names: list[str]) -> None:
    network = feed_forward([len(names) or 2, 1])
    network.source = {"schema": schema}
    shown = words_in(network.plot())
    assert [name for name in names if name not in shown] == []
    network = feed_forward([7, 1])  # another number of inputs: the table is not what it was trained on
    network.source = {"schema": schema}
    assert [name for name in names if name in words_in(network.plot())] == []


def test_a_single_sample_goes_forward_and_back() -> None:
    picture = WORKED.plot(SAMPLE)
    # L = (0.75137 - 0.01)² / 2 + (0.77293 - 0.99)² / 2 = 0.29837
    check(picture, ["One sample, target 0.01, 0.99: loss 0.298", "x", "z", "y", "b"])
    told = parsed(picture)[1].text or ""
    assert "x 0.05, 0.1" in told
    assert "z 0.378, 0.392, y 0.593, 0.597" in told  # 0.15 * 0.05 + 0.2 * 0.1 + 0.35 = 0.3775: 0.59327
    # y - t = 0.74137 and -0.21707; times y (1 - y) = 0.18682 and 0.17551: 0.13850 and -0.038098
    assert "z 1.11, 1.22, y 0.751, 0.773, dL/dz 0.138, -0.0381, dL/dy 0.741, -0.217" in told
    # 0.4 * 0.13850 - 0.5 * 0.038098 = 0.036350, and times 0.59327 (1 - 0.59327): 0.0087714
    assert "dL/dz 0.00877" in told
    assert "dL/dy 0.0364" in told


def test_a_single_sample_of_a_class_is_named_and_the_loss_need_not_be_known() -> None:
    network = Sequential(linear([[1.0, -1.0]], [0.0, 0.0]))
    picture = network.plot(network.samples([[2.0]], [1]))
    # softmax cross-entropy of logits 2 and -2, target the second: ln(1 + e⁴) = 4.01815
    check(picture, ["One sample, class 1: loss 4.02"])
    assert "dL/dz 0.982, -0.982" in (parsed(picture)[1].text or "")  # p - t = 0.98201 and -0.98201


def test_layers_that_change_no_width_stand_in_the_column_before() -> None:
    network = Sequential(
        Scaling([1.0, 2.0], [2.0, 4.0]), Linear(2, 3), BatchNorm(3), "relu", "relu", Dropout(0.5), Linear(3, 1)
    )
    network.loss = MeanSquaredError()
    sample = network.samples([[3.0, 6.0]], [0.5])
    picture = network.plot(sample)
    check(picture, ["Scaling", "BatchNorm", "relu", "Dropout", "y", "y′", "z"])
    assert "Scaling 1, 1" in (parsed(picture)[1].text or "")  # (3 - 1) / 2 and (6 - 2) / 4
    check(network.plot())


def test_a_layer_whose_weights_are_not_known_has_a_column_without_lines() -> None:
    class Pairs(Layer):
        def output_columns(self, columns: int) -> int:
            return columns // 2

        def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
            return Matrix([row[::2] for row in x]), Backward(lambda dy: dy)

    picture = network_diagram(Sequential(Linear(4, 6), Pairs(), Linear(3, 1)))
    check(picture, ["Pairs", "Linear 3 → 1"])
    assert len(elements(picture, "path")) == 4 * 6 + 3


def test_samples_of_two_features_are_drawn_on_the_decision_boundary() -> None:
    network = Sequential(linear([[1.0], [0.0]], [-0.5]))  # the boundary is x = 0.5
    network.loss, network.classes = BinaryCrossEntropy(), ("left", "right")
    samples = Samples(Matrix([[0.0, 0.0], [1.0, 1.0], [0.2, 0.9]]), Matrix([[0.0], [1.0], [0.0]]))
    picture = drawn(network, samples)
    check(picture, ["Decision boundary", "left", "right"])
    assert len(elements(picture, "circle", "fill0")) == 2
    assert len(elements(picture, "circle", "fill1")) == 1


def test_mistakes_are_marked_on_the_map_of_the_classes_if_asked_for() -> None:
    network = Sequential(linear([[1.0], [0.0]], [-0.5]))  # the boundary is x = 0.5
    network.loss, network.classes = BinaryCrossEntropy(), ("left", "right")
    samples = Samples(Matrix([[0.0, 0.0], [1.0, 1.0], [0.2, 0.9]]), Matrix([[0.0], [1.0], [1.0]]))
    (group,) = elements(answers(network, samples, mistakes=True), "g", "line6")
    assert len(group) == 1
    assert elements(answers(network, samples), "g", "line6") == []


def test_classes_learned_by_an_error_of_quantities_have_a_boundary_too() -> None:
    network = Sequential(linear([[1.0], [0.0]], [0.01]))  # above 0.5 from x = 0.49 on
    network.loss, network.classes = MeanSquaredError(), ("left", "right")
    x, y = Matrix([[0.0, 0.0], [1.0, 1.0]]), Matrix([[0.0], [1.0]])
    picture = drawn(network, Samples(x, y))
    check(picture, ["Decision boundary", "left", "right"])
    assert "left: most probable on 49% of the area" in (parsed(picture)[1].text or "")  # 30 of 61 columns
    flat = Sequential(linear([[1.0]], [0.0]))
    flat.loss, flat.classes = network.loss, network.classes
    check(drawn(flat, Samples(Matrix([[0.0], [1.0]]), y)), ["P(right)"])


def test_samples_of_two_features_and_a_quantity_are_drawn_on_a_map_of_the_predictions() -> None:
    network = Sequential(linear([[1.0], [-2.0]], [0.5]))
    network.source = {"schema": '{"columns": [{"name": "u", "kind": "number"}, {"name": "v", "kind": "number"}]}'}
    picture = drawn(network, Samples(Matrix([[0.0, 0.0], [2.0, 1.0]]), Matrix([[0.5], [0.25]])))
    check(picture, ["Predictions", "u", "↑ v"])


def test_samples_of_one_feature_are_drawn_with_the_curve_of_the_predictions() -> None:
    network = Sequential(linear([[200.0]], [50.0]))
    network.source = {
        "schema": '{"columns": [{"name": "size", "kind": "number"}, {"name": "price", "kind": "target"}]}'
    }
    picture = answers(network, Samples(Matrix([[1.0], [3.0]]), Matrix([[240.0], [660.0]])))
    check(picture, ["price", "size", "network"])
    # the range of the sizes, 2, and a tenth of it on either side: from 200 * 0.8 + 50 to 200 * 3.2 + 50
    assert "network: from 210 to 690" in (parsed(picture)[1].text or "")


def test_classes_over_one_feature_are_curves_of_probabilities() -> None:
    two, three = Sequential(linear([[2.0]], [0.0])), Sequential(linear([[-1.0, 0.0, 1.0]], [0.0, 0.5, 0.0]))
    two.loss, three.loss, three.classes = BinaryCrossEntropy(), CrossEntropy(), ("low", "middle", "high")
    x = Matrix([[-1.0], [0.0], [1.0]])
    picture = drawn(two, two.samples(x, [0, 1, 1]))
    check(picture, ["Probabilities", "P(class 1)"])
    lowest = f"from {sigmoid(-2.4):.4g} to {sigmoid(2.4):.4g}"  # 2 x at -1.2 and 1.2
    assert lowest in (parsed(picture)[1].text or "")
    assert len(elements(picture, "circle")) == 3
    check(drawn(three, three.samples(x, [0, 1, 2])), ["P(low)", "P(middle)", "P(high)"])


def test_samples_of_many_features_or_labels_leave_the_diagram() -> None:
    network = feed_forward([3, 2])
    assert network.plot(network.samples([[0.0] * 3] * 3, [0, 1, 1])) == network.plot()
    labels = feed_forward([2, 3])
    many = labels.samples([[0.0, 1.0]] * 3, [[1, 1, 0], [0, 0, 0], [1, 0, 1]])
    assert labels.plot(many) == labels.plot()


def test_equal_inputs_have_some_room_around_them() -> None:
    network = Sequential(linear([[1.0]], [0.0]))
    check(network.plot(network.samples([[2.0], [2.0]], [1.0, 3.0])))
    check(network.plot(network.samples([[0.0], [0.0]], [1.0, 3.0])))


def test_a_plot_is_written_to_a_file_and_shown_in_a_notebook(tmp_path: Path) -> None:
    network = feed_forward([2, 1])
    picture = network.plot(path=tmp_path / "network.svg")
    assert (tmp_path / "network.svg").read_text(encoding="utf-8") == picture == network.plot()
    assert methodcaller("_repr_svg_")(network) == picture


def test_samples_of_another_number_of_features_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"^the network takes 2 features, got rows of 1$"):
        feed_forward([2, 1]).plot(Samples(Matrix([[1.0]]), Matrix([[1.0]])))


def test_a_large_network_is_drawn_small() -> None:
    network = Sequential(Linear(784, 128), Activation("relu"), Linear(128, 10))
    check(network.plot(), ["101,770 parameters", "784 inputs", "776 more", "120 more", "Linear 784 → 128"])


# The weights of the first layer.


def for_pictures(shape: tuple[int, int], *layers: Layer) -> Sequential:
    network = Sequential(*layers)
    network.picture_shape = shape
    return network


def test_the_weights_of_each_unit_are_a_picture_of_the_size_of_those_that_it_takes() -> None:
    network = for_pictures((2, 3), Dropout(0.1), Linear(6, 4), Linear(4, 2))
    picture = first_weights(network)
    assert picture is not None
    check(picture, ["Weights of the first layer"])
    assert "4 pictures of 2 x 3 pixels" in (parsed(picture)[1].text or "")


def test_of_many_units_a_hundred_are_drawn_and_of_large_pictures_fewer() -> None:
    many, large = for_pictures((1, 2), Linear(2, 101)), for_pictures((100, 600), Linear(60_000, 6))
    check(first_weights(many) or "", ["Weights of the first layer: 100 of 101 units"])
    assert "Weights of the first layer: 5 of 6 units" in (first_weights(large) or "")


def test_a_network_that_takes_no_pictures_has_no_weights_to_draw_as_such() -> None:
    assert first_weights(Sequential(Linear(4, 2))) is None
    assert first_weights(for_pictures((2, 3), Linear(4, 2))) is None  # another number of inputs
    assert first_weights(for_pictures((600, 600), Linear(360_000, 1))) is None  # too large to be drawn
    assert first_weights(for_pictures((2, 2), Activation("relu"))) is None
