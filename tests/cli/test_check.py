"""`purenn check`: its table, its JSON lines, and a derivative that is wrong."""

from __future__ import annotations

from math import nan

import pytest

from purenn import gradcheck, losses
from purenn.cli import main
from purenn.gradcheck import Check, Slope
from purenn.losses import MeanSquaredError
from purenn.matrix import Matrix
from tests.cli.conftest import Captured, json_lines


def test_every_subject_is_a_row_of_the_table_and_right(capsys: Captured) -> None:
    assert main(["check"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    heading, *rows = out.split("\n\n")[0].splitlines()
    assert heading.split("  ")[0] == "subject"
    assert " ".join(heading.split()) == "subject compared worst relative error at by the code measured"
    for subject in ("tanh", "softmax", "Linear(6, 4)", "BatchNorm(6) in use", "CrossEntropy", "network with"):
        assert f"\n{subject} " in out
    assert all(row.endswith("  ok") for row in rows)
    assert out.endswith(" 0 wrong\n")


def test_every_subject_is_a_json_line(capsys: Captured) -> None:
    assert main(["check", "--json", "--seed", "3"]) == 0
    checks = json_lines(capsys)
    assert len(checks) > 20
    assert list(checks[0]) == [
        "event",
        "subject",
        "compared",
        "worst_relative_error",
        "analytic",
        "numeric",
        "at",
        "kinks",
        "passed",
    ]
    assert all(check["event"] == "check" and check["passed"] is True and check["kinks"] == [] for check in checks)


def test_the_seed_draws_the_numbers_to_check_at(capsys: Captured) -> None:
    def analytic(seed: str) -> list[object]:
        assert main(["check", "--json", "--seed", seed]) == 0
        return [check["analytic"] for check in json_lines(capsys)]

    assert analytic("3") == analytic("3")
    assert analytic("3") != analytic("4")


def test_a_wrong_derivative_is_named_and_the_status_is_1(capsys: Captured) -> None:
    @losses.register
    class Inexact(MeanSquaredError):
        def gradient(self, outputs: Matrix, targets: Matrix) -> Matrix:
            return super().gradient(outputs, targets) * 1.01

    assert main(["check"]) == 1
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines() if line.endswith("WRONG")] == ["Inexact"]
    assert out.endswith(" 1 wrong\n")
    assert err.startswith("Inexact: 9 derivatives, worst relative error 9.9e-03 at output[")
    assert err.count("\n") == 1


def test_kinks_and_numbers_that_are_not_finite_are_shown(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    kink, broken = Slope("input", 0, 1, 0.0, 0.5, kink=True), Slope("input", 0, 0, nan, 1.0)
    monkeypatch.setattr(gradcheck, "standard_checks", lambda seed: [Check("odd", [broken, kink])])
    assert main(["check"]) == 1
    row = capsys.readouterr().out.splitlines()[1]
    assert " ".join(row.split()) == "odd 2 inf input[0, 0] nan 1 WRONG (1 near a kink, not judged)"
    assert main(["check", "--json"]) == 1
    (line,) = json_lines(capsys)
    assert (line["worst_relative_error"], line["analytic"], line["numeric"]) == (None, None, 1.0)
    assert (line["at"], line["kinks"], line["passed"]) == ("input[0, 0]", ["input[0, 1]"], False)
