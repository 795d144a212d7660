"""Values far outside the range of the training samples: a network answers them too, but there its answer is a guess."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from purenn.cli.asked import Asked
from purenn.cli.output import amount
from purenn.cli.own_data import ink_of, schema_in
from purenn.cli.saved import SavedNetwork
from purenn.errors import FormatError
from purenn.samples import Images

__all__ = ["about_values_far_off"]

PALER = 0.9  # of the ink of the palest picture in training: with less than that, it is of another kind

Span = tuple[float, float]  # the least and the greatest value in training
Named = tuple[str, Optional[Span]]  # the name of an input, and its span if that is known


def about_values_far_off(saved: SavedNetwork, asked: Asked, chosen: Sequence[int]) -> str:
    """Return a sentence about the first of the chosen samples that has a value far outside the range of training, or of
    the chosen pictures that is pale, and how many more there are. It is empty if there is none, or if the file of the
    network does not say the range."""
    if isinstance(asked.inputs, Images):
        return _about_ink(saved, asked, asked.inputs, chosen)
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


def _about_ink(saved: SavedNetwork, asked: Asked, images: Images, chosen: Sequence[int]) -> str:
    """Return a sentence about the first of the chosen picture files that has less ink than any picture of training, as
    one that was drawn with a thin pen on a large page, and how many more have."""
    named = [i for i in chosen if not asked.labels[i].isdecimal()]  # the others are of a data set, or an IDX file
    least = _least_ink(saved)
    pale = [i for i in named if ink_of(images.picture(i)) < PALER * least]
    if not pale:
        return ""
    ink = ink_of(images.picture(pale[0]))
    others = "; so is one more" if len(pale) == 2 else f"; so are {len(pale) - 1} more" if len(pale) > 2 else ""
    if not ink:
        return f"{asked.labels[pale[0]]} is empty, without any ink: the prediction is a guess{others}"
    what = f"{ink:.1%} of it is ink, of the palest in training {least:.1%}"
    return f"{asked.labels[pale[0]]} is paler than every picture of training: {what}; draw larger, or thicker{others}"


def _least_ink(saved: SavedNetwork) -> float:
    """Return the ink of the palest picture in training or, where the file does not say it, the least there can be."""
    said = saved.metadata.get("ink", "1e-9")
    try:
        return float(said)
    except ValueError:
        raise FormatError(f"{saved.path}: the ink of its pictures is {said!r}, expected a number") from None


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
