"""Values far outside the range of the training samples: a network answers them too, but there its answer is a guess."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from purenn.cli.asked import Asked
from purenn.cli.output import amount
from purenn.cli.own_data import schema_in
from purenn.cli.saved import SavedNetwork
from purenn.errors import FormatError
from purenn.samples import Images

__all__ = ["about_values_far_off"]

Span = tuple[float, float]  # the least and the greatest value in training
Named = tuple[str, Optional[Span]]  # the name of an input, and its span if that is known


def about_values_far_off(saved: SavedNetwork, asked: Asked, chosen: Sequence[int]) -> str:
    """Return a sentence about the first of the chosen samples that has a value far outside the range of training, and
    how many more have one. It is empty if there is none, or if the file of the network does not say the range."""
    if isinstance(asked.inputs, Images):
        return ""
    spans, rows = _spans_in(saved), asked.inputs.take(chosen)
    far = [
        (i, name, value, span)
        for i, row in zip(chosen, rows)
        for (name, span), value in zip(spans, row)
        if span and _is_far(value, span)
    ]
    if not far:
        return ""
    i, name, value, (low, high) = far[0]
    label = f"sample {asked.labels[i]}" if asked.labels[i].isdecimal() else asked.labels[i]
    others = len({i for i, *_ in far}) - 1
    found = f"{'' if asked.single else f'{label}: '}{name} is {amount(value, 6)}"
    more = "; so is that of one more" if others == 1 else f"; so are those of {others} more" if others else ""
    return f"{found}, far outside the {amount(low)} to {amount(high)} of training: the prediction is a guess{more}"


def _is_far(value: float, span: Span) -> bool:
    """Return whether a value lies further outside its span than this is wide."""
    low, high = span
    width = high - low or abs(low) or 1.0
    return not low - width <= value <= high + width


def _spans_in(saved: SavedNetwork) -> list[Named]:
    """Return the name and the span of each input of a network; none if its file does not say them."""
    schema = schema_in(saved)
    if schema:
        return [(column.name, column.span) for column in schema.inputs for _ in column.features]
    said = saved.metadata.get("ranges", "")
    try:
        pairs = [pair.split(" to ") for pair in said.split(", ")] if said else []
        names = ["the input"] if len(pairs) == 1 else [f"input {j}" for j in range(1, len(pairs) + 1)]
        return [(name, (float(low), float(high))) for name, (low, high) in zip(names, pairs)]
    except ValueError:
        raise FormatError(f"{saved.path}: the ranges of its inputs are {said!r}, expected LOW to HIGH, …") from None
