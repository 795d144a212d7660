"""Helpers for the tests of the playground: commands and settings as JSON, and what is in the frames."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping

from purenn.formats import JsonObject, parse_json
from purenn.playground import Session
from purenn.playground.data import points_of
from purenn.playground.run import Run
from purenn.playground.settings import Settings

__all__ = ["changed", "decoded", "do", "fields", "frame", "items", "numbers_in", "run_of", "text_of", "trained"]


def fields(value: object) -> JsonObject:
    """Return a value of a frame as an object, as it arrives at the page."""
    found = parse_json(json.dumps(value, allow_nan=False))
    assert isinstance(found, JsonObject), value
    return found


def items(value: object) -> list[object]:
    """Return a value of a frame as a list."""
    assert isinstance(value, (list, tuple)), value
    return list(value)


def numbers_in(value: object) -> list[float]:
    """Return all numbers in nested lists, one after the other."""
    if isinstance(value, (list, tuple)):
        return [number for entry in value for number in numbers_in(entry)]
    assert isinstance(value, (int, float)), value
    return [float(value)]


def text_of(found: Mapping[str, object], name: str) -> str:
    """Return a text of a frame."""
    value = found[name]
    assert isinstance(value, str), value
    return value


def decoded(heat_map: object) -> list[float]:
    """Return the numbers that the bytes of a heat map stand for."""
    found = fields(heat_map)
    (low,), (high,) = numbers_in([found["low"]]), numbers_in([found["high"]])
    return [low + byte / 255.0 * (high - low) for byte in b64decode(text_of(found, "pixels"))]


def do(session: Session, name: str, /, **values: object) -> dict[str, JsonObject]:
    """Do a command and return its frames by name, as the page gets them."""
    frames = [fields(found) for found in session.do({"do": name, **values})]
    return {text_of(found, "frame"): found for found in frames}


def frame(session: Session, name: str, /, **values: object) -> JsonObject:
    """Do a command and return its last frame."""
    return [*do(session, name, **values).values()][-1]


def changed(**values: object) -> Settings:
    """Return the usual settings with these changed."""
    return Settings().changed(fields(values))


def run_of(**values: object) -> Run:
    """Return the run of the usual settings with these changed."""
    settings = changed(**values)
    return Run(settings, points_of(settings.data))


def trained(epochs: int, **values: object) -> Run:
    """Return such a run after so many epochs."""
    run = run_of(**values)
    while run.epoch < epochs and not run.failure:
        run.step()
    return run
