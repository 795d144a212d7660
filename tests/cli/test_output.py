"""Results on stdout: JSON lines that every program can read, and lines for people."""

from __future__ import annotations

import json
from math import inf, nan

import pytest

from purenn.cli.output import print_error, print_json, print_note, print_result
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


@pytest.mark.parametrize("value", [nan, inf, -inf, [1.0, nan], {"deep": [{"er": -inf}]}, (inf,)])
def test_json_has_no_bare_nan_or_infinity_anywhere(value: object, capsys: Captured) -> None:
    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is not JSON")

    print_json("event", {"value": value, "two": 2.5, "text": "NaN"})
    (line,) = capsys.readouterr().out.splitlines()
    read = json.loads(line, parse_constant=refuse)
    assert (read["event"], read["two"], read["text"]) == ("event", 2.5, "NaN")
    assert "null" in line


def test_an_error_is_a_line_for_people_and_one_for_programs(capsys: Captured) -> None:
    print_error("purenn check", "no", 1, as_json=False)
    assert capsys.readouterr() == ("", "purenn check: no\n")
    print_error("purenn check", "no", 1, as_json=True)
    assert capsys.readouterr() == ('{"event": "error", "message": "no", "status": 1}\n', "purenn check: no\n")


def test_a_note_goes_to_people_and_to_programs_and_an_empty_one_to_nobody(capsys: Captured) -> None:
    print_note("hot", as_json=False)
    assert capsys.readouterr() == ("", "hot\n")
    print_note("hot", as_json=True, event="note")
    assert capsys.readouterr() == ('{"event": "note", "message": "hot"}\n', "hot\n")
    print_note("", as_json=True)
    assert capsys.readouterr() == ("", "")
