"""Saved networks that `evaluate` and `predict` refuse, each with the file's name."""

from __future__ import annotations

from math import inf, nan
from pathlib import Path

import pytest

from purenn.formats import Tensor, safetensors
from tests.cli.conftest import METADATA, Captured, failure, left_or_right, linear


@pytest.mark.parametrize("command", [["evaluate", "m"], ["predict", "m", "tiny/t10k-images-idx3-ubyte"]])
def test_a_file_that_is_not_a_network_is_named(folder: Path, capsys: Captured, command: list[str]) -> None:
    assert failure(capsys, *command).endswith("m: No such file or directory\n")
    left_or_right().save("m", METADATA)
    whole = Path("m").read_bytes()
    for bad in (b"", whole[:-1], whole + b"\0", b"\x80\4K*.", whole.replace(b"Linear", b"Lumpen"), b"<html>"):
        Path("m").write_bytes(bad)
        assert failure(capsys, *command).startswith(f"purenn {command[0]}: m: ")
    safetensors.write("m", {"x": Tensor((1,), [1.0])})
    assert "m: the metadata has no architecture" in failure(capsys, *command)
    left_or_right().save("m", {**METADATA, "loss": "Hinge"})
    assert "m: was trained with the loss 'Hinge', expected one of MeanSquaredError," in failure(capsys, *command)


@pytest.mark.parametrize("value", [nan, inf])
def test_a_network_with_a_weight_that_is_not_finite_is_refused(folder: Path, capsys: Captured, value: float) -> None:
    linear([[0.0, 1.0, 2.0, 3.0], [4.0, value, 6.0, 7.0]]).save("m", METADATA)
    assert f"m: tensor 0.weight, value 5 is {value}" in failure(capsys, "evaluate", "m")
