"""The documents in docs/: their programs run, their commands exist, and their pictures are what purenn draws."""

from __future__ import annotations

import re
import shlex
from base64 import b64decode
from importlib import import_module
from io import BytesIO
from operator import attrgetter
from pathlib import Path

import pytest

import purenn
from purenn.cli import main
from purenn.cli.main import parse_arguments
from purenn.formats import png
from purenn.network import Sequential
from purenn.samples import MAPS, Augmentation, warped
from purenn.search import Sweep
from tests.conftest import ROOT

DOCS = ROOT / "docs"
AUGMENTATION = (DOCS / "augmentation.md").read_text(encoding="utf-8")


def programs(text: str) -> list[str]:
    """The programs in a document."""
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def shown(svg: str) -> tuple[list[bytes], list[str]]:
    """The pixels and the words of a drawing. Its bytes depend on how the zlib of this Python packs the pixels."""
    packed = re.findall(r"data:image/png;base64,([^\"]+)", svg)
    return [png.read(BytesIO(b64decode(text))).values for text in packed], re.findall(r"<text.*?>(.*?)</text>", svg)


def test_the_picture_of_warps_is_drawn_by_the_program_below_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (program,) = [code for code in programs(AUGMENTATION) if "warps.svg" in code]
    exec(compile(program, "augmentation.md", "exec"), {"__name__": "__main__"})
    drawn, kept = (shown((folder / "warps.svg").read_text(encoding="utf-8")) for folder in (tmp_path, DOCS))
    assert len(kept[0]) == 64
    assert drawn == kept


def test_the_program_that_trains_on_warped_pictures_runs() -> None:
    """For one epoch of few samples: ten of all take minutes."""
    (program,) = [code for code in programs(AUGMENTATION) if "fit(" in code]
    program = program.replace("strokes.train,", "strokes.train.select(range(60)),").replace("epochs=10", "epochs=1")
    found: dict[str, object] = {"__name__": "__main__"}
    exec(compile(program, "augmentation.md", "exec"), found)
    assert found["warps"] == Augmentation(shift=1, rotate=10, scale=0.1)


def test_every_command_shown_is_one() -> None:
    commands = re.findall(r"python3 -m purenn ([^`\n]*)", AUGMENTATION)
    assert len(commands) == 5
    for words in commands:
        assert "augment" in vars(parse_arguments(shlex.split(words)))


def test_every_warp_of_the_table_is_understood() -> None:
    words = re.findall(r"^\| `(\S+)` \|", AUGMENTATION, re.MULTILINE)
    assert str(Augmentation.parse(words)) == "shift=1 rotate=10 scale=0.1 shear=0.1 elastic=0.8 mirror"


def test_the_worked_map_and_the_number_of_maps_are_true() -> None:
    picture, places, after = (
        [float(number) for number in re.findall(rf"^    {row} +(.*)$", AUGMENTATION, re.MULTILINE)[0].split()]
        for row in ("picture", "map", "warped")
    )
    assert warped(picture, [*map(int, places)]) == after
    assert f"{MAPS} maps are drawn" in AUGMENTATION


# Other places for the workers of the lanes engine.

LANES = (DOCS / "lanes.md").read_text(encoding="utf-8")


def weights_after(program: str) -> str:
    """The weights that a program of docs/lanes.md ends with. It trains for one epoch on a part of the samples."""
    program = program.replace('("strokes").train', '("strokes").train.select(range(1200))').replace(
        "epochs=4", "epochs=1"
    )
    found: dict[str, object] = {"__name__": "__main__"}
    exec(compile(program, "lanes.md", "exec"), found)
    network = found["network"]
    assert isinstance(network, Sequential)
    return str(network.state())


def test_the_program_with_a_pool_of_processes_runs_and_threads_do_the_same() -> None:
    (program,) = [code for code in programs(LANES) if "ProcessPoolExecutor" in code]
    assert "ThreadPoolExecutor(2)" in LANES
    assert weights_after(program) == weights_after(program.replace("ProcessPool", "ThreadPool"))


@pytest.mark.interop
def test_the_program_with_dask_runs_and_does_the_same() -> None:
    pool, dask = programs(LANES)
    assert "LocalCluster" in dask
    assert weights_after(dask) == weights_after(pool)


def test_the_commands_for_workers_are_commands() -> None:
    commands = re.findall(r"-m purenn (train mnist --workers [^`]*)`", LANES)
    found = [vars(parse_arguments(shlex.split(words))) for words in commands]
    places = ["processes", "threads", "dask:tcp://ADDRESS:8786", "mpi"]
    assert [options["executor"] for options in found] == places


# The last table of the book: names in purenn and in other libraries.


def names_in_the_table(column: int) -> list[str]:
    """The names in a column of the table in chapter 11, without arguments."""
    text = (DOCS / "11-what-comes-next.md").read_text(encoding="utf-8")
    cells = [line.split("|")[column].strip() for line in re.findall(r"^\| \d.*$", text, re.MULTILINE)]
    assert len(cells) == 17
    return [name for cell in cells for name in re.findall(r"`([\w.]+)(?:\([^`]*)?`", cell)]


def test_the_table_of_other_libraries_names_what_purenn_has() -> None:
    names = names_in_the_table(2)
    assert len(names) == 20
    assert set(names) <= set(purenn.__all__)


@pytest.mark.interop
def test_the_table_names_what_pytorch_and_scikit_learn_have() -> None:
    torch = import_module("torch")
    for name in names_in_the_table(3):
        if name != "torchvision.transforms":
            assert attrgetter(name)(torch)
    modules = [import_module(f"sklearn.{name}") for name in ("linear_model", "neural_network", "preprocessing")]
    for name in set(names_in_the_table(5)) - {"fit", "score"}:
        assert any(hasattr(module, name) for module in modules), name


# The page about sweeps.

SWEEP = (DOCS / "sweep.md").read_text(encoding="utf-8")


def without_seconds(text: str) -> list[list[str]]:
    """The words of each line, without durations and without the beginning of a command."""
    lines = re.sub(r"\d+\.\d( s)?$", "", text, flags=re.MULTILINE).splitlines()
    return [line.partition(" purenn ")[2].split() if line.startswith("try ") else line.split() for line in lines]


@pytest.mark.parametrize("number", [0, 1])
def test_the_sweeps_print_and_draw_what_is_shown(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```console\n\$ python3 -m purenn (.*?)```", SWEEP, re.DOTALL)
    command, _, shown = blocks[number].partition("\n")
    words, _, unseen = command.partition(" 2>/dev/null")
    assert main(shlex.split(words)) == 0
    out, err = capsys.readouterr()
    assert without_seconds(out if command.endswith("/dev/null") else err + out) == without_seconds(shown)
    assert unseen == ""
    if "--chart" in words:
        assert (tmp_path / "sweep.svg").read_bytes() == (DOCS / "sweep.svg").read_bytes()


def test_the_program_that_sweeps_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one process: a process can do nothing with a function of a program that is no module."""
    monkeypatch.chdir(tmp_path)
    (program,) = programs(SWEEP)
    found: dict[str, object] = {"__name__": "__main__"}
    exec(compile(program.replace("workers=2", "workers=1"), "sweep.md", "exec"), found)
    assert (tmp_path / "moons.svg").exists()
    assert isinstance(found["found"], Sweep)
    assert len(found["found"].ranked) == 8
