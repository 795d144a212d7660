"""purenn.diagnosis against PyTorch's autograd: the same outputs and gradients, measured in the same way."""

from __future__ import annotations

from random import Random

import pytest

from purenn.diagnosis import diagnose
from purenn.layers import Activation, Linear
from purenn.losses import MeanSquaredError
from purenn.matrix import Matrix
from purenn.network import Sequential

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.interop


@pytest.mark.parametrize("seed", range(5))
def test_figures_of_linear_tanh_linear(seed: int) -> None:
    rng = Random(seed)
    first, last = Linear(7, 11, rng), Linear(11, 3, rng)
    first.bias = Matrix.from_function(1, 11, lambda i, j: rng.gauss(0.0, 1.0))
    x = Matrix.from_function(40, 7, lambda i, j: rng.gauss(0.5, 3.0))
    targets = Matrix.from_function(40, 3, lambda i, j: rng.gauss(0.0, 1.0))
    found = diagnose(Sequential(first, Activation("tanh"), last), x, targets, MeanSquaredError()).layers

    theirs = torch.nn.Sequential(torch.nn.Linear(7, 11), torch.nn.Tanh(), torch.nn.Linear(11, 3)).to(torch.float64)
    values = {"0.weight": first.weight.T, "0.bias": first.bias, "2.weight": last.weight.T, "2.bias": last.bias}
    theirs.load_state_dict(
        {name: torch.tensor(m.data[0] if "bias" in name else m.data, dtype=torch.float64) for name, m in values.items()}
    )
    outputs = [torch.tensor(x.data, dtype=torch.float64)]
    for layer in theirs:
        outputs.append(layer(outputs[-1]))
        outputs[-1].retain_grad()
    torch.nn.functional.mse_loss(outputs[-1], torch.tensor(targets.data, dtype=torch.float64)).backward()

    for ours, layer, y in zip(found, theirs, outputs[1:]):
        assert ours.mean == pytest.approx(y.mean().item(), rel=1e-9)
        assert ours.standard_deviation == pytest.approx(y.std(correction=0).item(), rel=1e-9)
        assert ours.gradient_norm == pytest.approx(y.grad.norm(dim=1).square().mean().sqrt().item(), rel=1e-9)
        if isinstance(layer, torch.nn.Linear):
            relative = layer.weight.grad.norm() / layer.weight.norm()  # the numbers of both are as many
            assert ours.relative_weight_gradient == pytest.approx(relative.item(), rel=1e-9)
    saturated = (1.0 - outputs[2].square() < 0.01).to(torch.float64).mean().item()
    assert found[1].saturated == pytest.approx(saturated)
    assert 0.0 < saturated < 1.0
