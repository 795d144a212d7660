"""One neuron: its sum, its boundary, how it learns, and what it can never learn."""

from __future__ import annotations

from random import Random

import pytest

from purenn.activations import heaviside, identity, relu, sigmoid
from purenn.errors import ShapeError
from purenn.neuron import Neuron

AND = Neuron([1.0, 1.0], bias=-1.5, activation=heaviside)
CORNERS = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]
XOR = [0.0, 1.0, 1.0, 0.0]


def answers(neuron: Neuron) -> list[float]:
    return [neuron(corner) for corner in CORNERS]


def test_weights_inputs_and_bias_add_up_before_the_activation() -> None:
    neuron = Neuron([0.5, 0.25], bias=-1.0, activation=sigmoid)
    # z = 0.5*2 + 0.25*4 - 1 = 1;  sigmoid(1) = 0.7310586
    assert neuron.weighted_sum([2.0, 4.0]) == 1.0
    assert neuron([2.0, 4.0]) == pytest.approx(0.7310586)


@pytest.mark.parametrize(
    ("inputs", "output"),
    [((0, 0), 0), ((1, 0), 0), ((0, 1), 0), ((1, 1), 1), ((0.5, 0), 0), ((1, 0.6), 1), ((1.5, 0), 1), ((1.4999, 0), 0)],
)
def test_the_and_neuron_fires_from_its_boundary_on(inputs: tuple[float, float], output: float) -> None:
    assert AND(inputs) == output


@pytest.mark.parametrize("x1", [-1.0, 0.0, 0.5, 0.75, 1.5, 4.0])
def test_the_boundary_of_the_and_neuron_is_the_line_x1_plus_x2_is_one_and_a_half(x1: float) -> None:
    assert AND.weighted_sum([x1, 1.5 - x1]) == 0.0


def test_one_step_is_gradient_descent_on_binary_cross_entropy() -> None:
    hidden = Neuron([0.8], bias=0.2, activation=relu)
    output = Neuron([-1.0], bias=0.5, activation=sigmoid)
    h = hidden([0.5])
    learned = output.learn([h], target=1.0, learning_rate=0.1)
    # h = 0.8*0.5 + 0.2 = 0.6;  z = -0.6 + 0.5 = -0.1;  y = 1 / (1 + e^0.1) = 0.4750208;  dL/dz = y - 1 = -0.5249792
    assert h == pytest.approx(0.6)
    assert output([h]) == pytest.approx(0.4750208, abs=1e-7)
    # w = -1 + 0.1 * 0.5249792 * 0.6 = -0.9685012;  b = 0.5 + 0.1 * 0.5249792 = 0.5524979
    assert learned.weights == pytest.approx([-0.9685012], abs=1e-7)
    assert learned.bias == pytest.approx(0.5524979, abs=1e-7)


def test_with_the_identity_one_step_follows_half_the_squared_error() -> None:
    neuron = Neuron([1.0, 2.0], bias=3.0, activation=identity)
    # y = 1*2 + 2*1 + 3 = 7, error 7 - 5 = 2:  w - 0.1*2*x = (0.6, 1.8),  b - 0.1*2 = 2.8
    learned = neuron.learn([2.0, 1.0], target=5.0, learning_rate=0.1)
    assert [*learned.weights, learned.bias] == pytest.approx([0.6, 1.8, 2.8])


def test_learning_makes_a_new_neuron_and_leaves_the_old_one() -> None:
    weights = [0.0, 0.0]
    neuron = Neuron(weights, bias=0.0, activation=sigmoid)
    assert neuron.learn([1.0, 1.0], target=1.0, learning_rate=1.0) != neuron
    assert (weights, neuron.bias) == ([0.0, 0.0], 0.0)
    first_line = (Neuron.learn.__doc__ or "").partition("\n")[0]
    assert "a new neuron" in first_line
    assert "neuron = neuron.learn" in first_line


def test_a_right_answer_changes_nothing() -> None:
    assert AND.learn([1.0, 1.0], target=1.0, learning_rate=0.5) == AND


@pytest.mark.parametrize("targets", [[0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 0.0]])
def test_a_neuron_learns_what_a_line_separates(targets: list[float]) -> None:
    neuron = Neuron([0.0, 0.0], bias=0.0, activation=heaviside)
    for _ in range(20):
        for corner, target in zip(CORNERS, targets):
            neuron = neuron.learn(corner, target, learning_rate=0.5)
    assert answers(neuron) == targets


def test_a_single_neuron_never_learns_xor() -> None:
    rng = Random(0)
    neuron = Neuron([rng.gauss(0.0, 1.0), rng.gauss(0.0, 1.0)], bias=0.0, activation=heaviside)
    for _ in range(1000):
        for corner, target in zip(CORNERS, XOR):
            neuron = neuron.learn(corner, target, learning_rate=0.1)
            assert answers(neuron) != XOR


def test_no_weights_at_all_compute_xor() -> None:
    values = [step / 2 for step in range(-6, 7)]
    neurons = [Neuron([w1, w2], b, heaviside) for w1 in values for w2 in values for b in values]
    found = {tuple(answers(neuron)) for neuron in neurons}
    # of the 16 tables of two inputs a line separates 14: all but XOR and its opposite
    assert len(found) == 14
    assert (0.0, 1.0, 1.0, 0.0) not in found
    assert (1.0, 0.0, 0.0, 1.0) not in found


@pytest.mark.parametrize("inputs", [[], [1.0], [1.0, 2.0, 3.0]])
def test_the_wrong_number_of_inputs_is_refused_with_both_numbers(inputs: list[float]) -> None:
    with pytest.raises(ShapeError, match=f"2 weights .* got {len(inputs)}"):
        AND(inputs)
    with pytest.raises(ShapeError, match=f"2 weights .* got {len(inputs)}"):
        AND.learn(inputs, target=1.0, learning_rate=0.1)


def test_a_neuron_is_shown_in_a_line() -> None:
    assert repr(Neuron([1.0, 1.0], -1.5, heaviside)) == "Neuron(weights=[1.0, 1.0], bias=-1.5, activation=heaviside)"


def test_the_name_of_an_activation_in_quotes_is_refused_when_the_neuron_is_made() -> None:
    with pytest.raises(TypeError, match="activation is 'heaviside', expected an object such as heaviside, without"):
        Neuron([1.0, 1.0], -1.5, "heaviside")  # type: ignore[arg-type]
