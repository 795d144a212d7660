"""Optimizers, clipping and penalties against PyTorch in 64-bit floats: the same steps, gradients and defaults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from random import Random

import pytest

from purenn.matrix import Matrix
from purenn.optimizers import SGD, AdaGrad, Adam, AdamW, Optimizer, RMSProp
from purenn.regularization import Clip, Penalty, clip_by_norm, clip_by_value
from tests.conftest import normal
from tests.pytorch import Tensor, agree, tensor, torch

pytestmark = pytest.mark.interop

# A warm-up that starts at nothing, and then a rate that falls.
RATES = [0.0, 0.05, *(0.1 / step for step in range(1, 9))]

WEIGHT_DECAYS = (0.0, 0.01)
ADAM = {"beta1": (0.9, 0.5), "beta2": (0.999, 0.7), "epsilon": (1e-8, 0.1), "amsgrad": (False, True)}
# PyTorch's name of each rule, ours, and two values for each of its options, of which the first is the default.
RULES: dict[str, tuple[Callable[..., Optimizer], dict[str, tuple[float, float]]]] = {
    "SGD": (
        SGD,
        {"momentum": (0.0, 0.9), "dampening": (0.0, 0.3), "nesterov": (False, True), "weight_decay": WEIGHT_DECAYS},
    ),
    "Adagrad": (
        AdaGrad,
        {
            "epsilon": (1e-10, 0.1),
            "learning_rate_decay": (0.0, 0.2),
            "initial_accumulator": (0.0, 0.5),
            "weight_decay": WEIGHT_DECAYS,
        },
    ),
    "RMSprop": (
        RMSProp,
        {
            "alpha": (0.99, 0.5),
            "epsilon": (1e-8, 0.1),
            "momentum": (0.0, 0.9),
            "centered": (False, True),
            "weight_decay": WEIGHT_DECAYS,
        },
    ),
    "Adam": (Adam, {**ADAM, "weight_decay": WEIGHT_DECAYS}),
    "AdamW": (AdamW, {**ADAM, "weight_decay": (0.01, 0.0)}),
}
THEIR_NAMES = {
    "epsilon": "eps",
    "learning_rate_decay": "lr_decay",
    "initial_accumulator": "initial_accumulator_value",
}


def combinations() -> Iterator[tuple[str, dict[str, float]]]:
    """Every rule with every combination of its options' values that it takes."""
    for name, (_, choices) in RULES.items():
        for values in product(*choices.values()):
            options = dict(zip(choices, values))
            extras = [extra for extra in ("nesterov", "dampening") if options.get(extra)]
            if not extras or (len(extras) == 1 and options["momentum"]):
                yield name, options


def their_options(options: dict[str, float]) -> dict[str, object]:
    """Return these options under the names that PyTorch has for them."""
    named: dict[str, object] = {THEIR_NAMES.get(name, name): value for name, value in options.items()}
    if "beta1" in named:
        named["betas"] = (named.pop("beta1"), named.pop("beta2"))
    return named


@pytest.mark.parametrize(("name", "options"), list(combinations()), ids=str)
def test_ten_steps(name: str, options: dict[str, float]) -> None:
    rng = Random(4)
    parameters = [normal(3, 4, rng, spread=2.0), normal(1, 3, rng, spread=2.0)]
    theirs = [tensor(parameter, grad=True) for parameter in parameters]
    ours = RULES[name][0](0.1, **options)
    optimizer = getattr(torch.optim, name)(theirs, lr=0.1, **their_options(options))
    for step, rate in enumerate(RATES):
        gradients = [normal(*parameter.shape, rng, spread=2.0) for parameter in parameters]
        gradients[0].data[1] = [0.0] * 4  # as of a pixel that is always background
        if step % 2:
            gradients[0].data[2] = [0.0] * 4  # and of one that sometimes is
        for parameter, gradient in zip(theirs, gradients):
            parameter.grad = tensor(gradient)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        ours.learning_rate = rate
        ours.step(parameters, gradients)
        assert all(map(agree, parameters, theirs)), f"step {step + 1}"


@pytest.mark.parametrize("name", RULES)
def test_defaults_are_the_same(name: str) -> None:
    ours = RULES[name][0]()
    theirs = getattr(torch.optim, name)([torch.zeros(1)]).defaults
    for option, value in their_options(ours.options).items():
        assert theirs[option] == value, option
    assert ours.learning_rate == (0.1 if name == "SGD" else theirs["lr"])  # theirs for SGD, 0.001, is timid


@pytest.mark.parametrize("name", RULES)
def test_every_option_is_compared_and_its_default_among_the_values(name: str) -> None:
    rule, choices = RULES[name]
    assert rule().options == {option: default for option, (default, _) in choices.items()}


CLIPS: dict[str, tuple[Callable[[float], Clip], Callable[[list[Tensor], float], object]]] = {
    "norm": (clip_by_norm, torch.nn.utils.clip_grad_norm_),
    "value": (clip_by_value, torch.nn.utils.clip_grad_value_),
}


@pytest.mark.parametrize("limit", [1e-3, 0.5, 1.0, 3.0, 1e3])
@pytest.mark.parametrize("name", CLIPS)
def test_clipping(name: str, limit: float) -> None:
    ours, theirs = CLIPS[name]
    rng = Random(5)
    gradients = [normal(3, 4, rng, spread=2.0), normal(1, 3, rng, spread=2.0)]
    parameters = [tensor(gradient, grad=True) for gradient in gradients]
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = tensor(gradient)
    theirs(parameters, limit)
    assert all(agree(g, parameter.grad) for g, parameter in zip(ours(limit)(gradients), parameters))


@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.0), (0.3, 0.0), (0.0, 0.7), (0.3, 0.7)])
def test_a_penalty_and_its_gradient(l1: float, l2: float) -> None:
    rng = Random(6)
    weights = [Matrix([*normal(3, 4, rng, spread=2.0), [0.0, -0.0, 1e-9, -1e-9]]), normal(1, 3, rng, spread=2.0)]
    theirs = [tensor(weight, grad=True) for weight in weights]
    total = sum(l1 * torch.sum(torch.abs(w)) + l2 / 2 * torch.sum(torch.square(w)) for w in theirs)
    total.backward()
    ours = Penalty(l1, l2)
    assert ours.value(weights) == pytest.approx(total.item(), rel=1e-9)
    assert all(agree(ours.gradient(weight), w.grad) for weight, w in zip(weights, theirs))
