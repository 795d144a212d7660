"""Argument types that several commands share.

Each turns the text of an argument into a value or raises ArgumentTypeError, which argparse prints in one line with the
name of the argument, and exits with status 2.
"""

from __future__ import annotations

import math
import re
from argparse import ArgumentTypeError
from collections.abc import Callable

from purenn.layers import Activation, activation_layer
from purenn.losses import find_loss

__all__ = ["DATA_HELP", "accuracy", "activation_name", "fraction", "integer", "loss_name", "positive", "whole"]

DATA_HELP = (
    "folder to look for DATA in first; then come $PURENN_DATA, the built-in data, the folder `datasets` beside purenn "
    "and the user's cache folder"
)


def whole(least: int) -> Callable[[str], int]:
    """Return the type of a whole number of at least `least`."""

    def convert(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise ArgumentTypeError(f"expected a whole number of at least {least}, got {text!r}")
        return int(text)

    return convert


def integer(text: str) -> int:
    """Return a whole number, which may be negative."""
    try:
        return int(text)
    except ValueError:
        raise ArgumentTypeError(f"expected a whole number, got {text!r}") from None


def positive(text: str) -> float:
    """Return a finite number above 0."""
    value = _number(text)
    if not 0.0 < value < math.inf:
        raise ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return value


def accuracy(text: str) -> float:
    """Return an accuracy above 0: 0.97 is 97 %."""
    value = _number(text)
    if not 0.0 < value <= 1.0:
        raise ArgumentTypeError(f"expected a number above 0 and at most 1, got {text!r}")
    return value


def fraction(text: str) -> float:
    """Return a number from 0 up to but not including 1."""
    value = _number(text)
    if not 0.0 <= value < 1.0:
        raise ArgumentTypeError(f"expected a number in [0, 1), got {text!r}")
    return value


def activation_name(text: str) -> str:
    """Return the name of what follows a hidden layer, the full name of an activation: "swish" for "silu"."""
    try:
        layer = activation_layer(text, 1)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
    return layer.function.name if isinstance(layer, Activation) else text


def loss_name(text: str) -> str:
    """Return the full name of a loss: "MeanSquaredError" for "mse". An unknown name is left as it is, for argparse."""
    try:
        return find_loss(text).__name__
    except ValueError:
        return text


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        hint = f": write {text.replace(',', '.')}" if re.fullmatch(r"-?\d*,\d+", text, re.ASCII) else ""
        raise ArgumentTypeError(f"expected a number, got {text!r}{hint}") from None
