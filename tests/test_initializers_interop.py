"""Initializers against torch.nn.init: the same gains, and the same spread of what is drawn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from statistics import mean, pstdev

import pytest

from purenn import initializers
from purenn.initializers import Initializer, gain
from purenn.layers import initial_activation
from tests.pytorch import Tensor, torch

init = torch.nn.init

pytestmark = pytest.mark.interop

FAN_IN, FAN_OUT = 100, 500


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("identity", ("linear", None)),
        ("sigmoid", ("sigmoid", None)),
        ("tanh", ("tanh", None)),
        ("relu", ("relu", None)),
        ("leaky_relu", ("leaky_relu", None)),
        ("leaky_relu(0.2)", ("leaky_relu", 0.2)),
        ("leaky_relu(-3)", ("leaky_relu", -3)),
    ],
)
def test_gains(ours: str, theirs: tuple[str, float | None]) -> None:
    assert gain(ours) == pytest.approx(init.calculate_gain(*theirs), rel=1e-12)


def test_the_gain_of_prelu_is_that_of_the_slope_it_begins_with() -> None:
    theirs = init.calculate_gain("leaky_relu", torch.nn.PReLU().weight.item())
    assert initial_activation("prelu").gain == pytest.approx(theirs, rel=1e-12)


LIKE_RELU = {"nonlinearity": "relu"}
LINEAR = {"nonlinearity": "linear"}
RULES: list[tuple[Initializer, Callable[..., Tensor]]] = [
    (initializers.glorot_uniform, init.xavier_uniform_),
    (initializers.glorot_normal, init.xavier_normal_),
    (partial(initializers.glorot_uniform, gain=gain("tanh")), partial(init.xavier_uniform_, gain=5 / 3)),
    (partial(initializers.glorot_normal, gain=gain("relu")), partial(init.xavier_normal_, gain=2**0.5)),
    (initializers.he_uniform, partial(init.kaiming_uniform_, **LIKE_RELU)),
    (initializers.he_normal, partial(init.kaiming_normal_, **LIKE_RELU)),
    (partial(initializers.he_uniform, slope=0.7), partial(init.kaiming_uniform_, a=0.7)),
    (partial(initializers.he_normal, slope=0.7), partial(init.kaiming_normal_, a=0.7)),
    (initializers.lecun_uniform, partial(init.kaiming_uniform_, **LINEAR)),
    (initializers.lecun_normal, partial(init.kaiming_normal_, **LINEAR)),
    (partial(initializers.lecun_normal, gain=gain("tanh")), partial(init.kaiming_normal_, nonlinearity="tanh")),
    (partial(initializers.lecun_uniform, gain=gain("relu")), partial(init.kaiming_uniform_, **LIKE_RELU)),
]


@pytest.mark.parametrize(("ours", "theirs"), RULES)
def test_the_spread_of_50_000_weights(ours: Initializer, theirs: Callable[..., Tensor]) -> None:
    drawn = [weight for row in ours(FAN_IN, FAN_OUT, Random(0)) for weight in row]
    weight = torch.empty(FAN_OUT, FAN_IN, dtype=torch.float64)  # out × in
    others = theirs(weight, generator=torch.Generator().manual_seed(0)).flatten().tolist()
    # the error of σ is σ / √(2 n) for a bell, 0.3 %, and less for a uniform distribution
    assert pstdev(drawn) == pytest.approx(pstdev(others), rel=0.015)
    assert abs(mean(drawn) - mean(others)) < 6 * pstdev(drawn) / len(drawn) ** 0.5
    # the fourth power tells the shapes apart: its mean is 3 σ⁴ for a bell and 1.8 σ⁴ for a uniform distribution
    assert mean(w**4 for w in drawn) == pytest.approx(mean(w**4 for w in others), rel=0.08)
