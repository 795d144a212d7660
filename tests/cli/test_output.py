"""Results on stdout: JSON lines that every program can read, and lines for people."""

from __future__ import annotations

from math import inf, nan

from purenn.cli.output import print_json, print_result
from tests.cli.conftest import Captured

FIELDS = {"mean_loss": 0.25, "samples": 3}


def test_a_json_line_begins_with_its_event(capsys: Captured) -> None:
    print_json("epoch", FIELDS)
    assert capsys.readouterr().out == '{"event": "epoch", "mean_loss": 0.25, "samples": 3}\n'


def test_numbers_that_json_does_not_have_become_null(capsys: Captured) -> None:
    print_json("epoch", {"a": inf, "b": -inf, "c": nan, "d": 1e308})
    assert capsys.readouterr().out == '{"event": "epoch", "a": null, "b": null, "c": null, "d": 1e+308}\n'


def test_a_result_is_a_field_a_line_for_people_and_one_line_for_programs(capsys: Captured) -> None:
    print_result("evaluation", FIELDS, as_json=False)
    assert capsys.readouterr().out == "mean loss: 0.2500\nsamples: 3\n"
    print_result("evaluation", FIELDS, as_json=True)
    assert capsys.readouterr().out == '{"event": "evaluation", "mean_loss": 0.25, "samples": 3}\n'
