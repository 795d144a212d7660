"""The bar in a real Jupyter kernel."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Protocol

import pytest

from tests.conftest import ROOT

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

pytestmark = pytest.mark.interop

PROGRAM = f"""
import sys, time, warnings
warnings.simplefilter("ignore")  # three epochs do not finish a training
sys.path.insert(0, {str(ROOT)!r})
from random import Random
from purenn import datasets, feed_forward, fit
samples = datasets.load("iris").train
pause = lambda epoch: time.sleep(0.15)  # of faster epochs, some lines are left out
history = fit(feed_forward([4, 8, 3], Random(0)), samples, epochs=3, progress=True, callbacks=[pause])
"""


class Output(Protocol):
    """An output of a cell, of those fields that the test reads."""

    output_type: str
    name: str
    text: str
    data: dict[str, str]


def outputs_of(program: str, folder: Path) -> list[Output]:
    """Run a program in a notebook with one cell, and return what it shows in the end."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(program)])
    kernels = folder / "kernels" / "purenn"
    kernels.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = json.dumps({"argv": command, "display_name": "purenn", "language": "python"})
    (kernels / "kernel.json").write_text(spec, encoding="utf-8")
    nbclient.NotebookClient(notebook, kernel_name="purenn", timeout=60).execute()
    outputs: list[Output] = notebook.cells[0].outputs
    return outputs


def test_a_kernel_updates_the_bar_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    bar, *lines = outputs_of(PROGRAM, tmp_path)
    assert bar.output_type == "display_data", "one, which is updated"
    assert bar.data["text/plain"].startswith("epoch 3/3  ")
    assert " 100 % " in bar.data["text/plain"]
    assert {(line.output_type, line.name) for line in lines} == {("stream", "stdout")}
    assert [line.split(":")[0] for line in "".join(line.text for line in lines).splitlines()] == [
        f"epoch {number}" for number in (1, 2, 3)
    ]
