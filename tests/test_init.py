"""The package itself: what it hands on, from where, and how little it takes to import it."""

from __future__ import annotations

import ast
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import purenn
from tests.conftest import ROOT

NAMES = [name for name in purenn.__all__ if name not in purenn._WINGS]
CONDITIONS = ["sys.version_info < (3, 9)", "not os.path.isabs(__path__[0])"]  # that something at the beginning has


def fresh(code: str) -> list[str]:
    """The words that a new Python prints, in which nothing is loaded yet: not even what site-packages load (-S)."""
    command = [sys.executable, "-S", "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()


def type_checkers_imports() -> dict[str, str]:
    """The module that each name comes from, for a type checker."""
    tree = ast.parse((ROOT / "purenn" / "__init__.py").read_bytes())
    blocks = {ast.unparse(node.test): node.body for node in tree.body if isinstance(node, ast.If)}
    assert [*blocks] == [*CONDITIONS, "TYPE_CHECKING", "not TYPE_CHECKING"]
    return {
        alias.name: node.module or ""
        for node in blocks["TYPE_CHECKING"]
        if isinstance(node, ast.ImportFrom) and node.module != "purenn"  # from there come the wings
        for alias in node.names
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_that_of_the_module_type_checkers_are_told(name: str) -> None:
    module = importlib.import_module(type_checkers_imports()[name])
    assert getattr(purenn, name) is getattr(module, name)


def test_type_checkers_see_the_names_in_all_and_no_others() -> None:
    assert sorted(type_checkers_imports()) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_one_chapter_alone_has_a_name(name: str) -> None:
    modules = [importlib.import_module(f"purenn.{chapter}") for chapter in purenn._CHAPTERS]
    having = [module.__name__ for module in modules if name in module.__all__]
    assert having == [type_checkers_imports()[name]]


def test_a_name_nobody_has_is_an_attribute_error() -> None:
    misspelt = "Sequentail"
    with pytest.raises(AttributeError, match=r"^purenn has no Sequentail; did you mean Sequential\?$"):
        getattr(purenn, misspelt)
    assert not hasattr(purenn, "_split")


def test_a_chapters_other_names_are_not_handed_on() -> None:
    assert not hasattr(purenn, "Engine")
    assert not hasattr(purenn, "SHADES")


def test_dir_lists_every_name_once_before_and_after_it_is_used() -> None:
    before = dir(purenn)
    assert {*purenn.__all__, "__version__"} <= {*before}
    assert purenn.Matrix([[1]]).rows == 1
    assert sorted({*dir(purenn)}) == dir(purenn)


@pytest.mark.parametrize("wing", ["charts", "datasets", "estimators", "formats", "lanes"])
def test_a_wing_needs_no_import_of_its_own(wing: str) -> None:
    assert fresh(f"import purenn; print(purenn.{wing}.__name__)") == [f"purenn.{wing}"]


def test_the_functions_of_a_wing_need_no_import_of_their_own() -> None:
    assert fresh("import purenn; print(len(purenn.datasets.load('xor').train), purenn.lanes.Lanes(7))") == ["4", "7"]


# Completion: what the Tab key offers.


def test_dir_lists_the_wings_and_the_chapters_before_they_are_loaded() -> None:
    words = fresh("import purenn; print(*dir(purenn))")
    assert {"charts", "datasets", "estimators", "formats", "lanes", "network", "training"} <= {*words}


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("purenn.feed_f", "purenn.feed_forward("),
        ("purenn.data", "purenn.datasets"),
        ("purenn.datasets.loa", "purenn.datasets.load("),
        ("network.predict_cl", "network.predict_classes("),
    ],
)
def test_the_interactive_interpreter_completes(typed: str, offered: str) -> None:
    network = "network = purenn.feed_forward([2, 1], Random(0))"
    code = f"import purenn; from random import Random; from rlcompleter import Completer; {network}"
    assert offered in fresh(f"{code}; print(Completer().complete({typed!r}, 0))")


@pytest.mark.interop
@pytest.mark.parametrize(
    ("code", "offered"),
    [
        ("import purenn\npurenn.", "feed_forward fit Sequential MLPClassifier datasets lanes charts"),
        ("import purenn\npurenn.datasets.", "load fetch register"),
        ("import purenn\nnetwork = purenn.feed_forward([2, 8, 1], Random(0))\nnetwork.", "predict save summary"),
        ("from purenn import feed_forward\nm = feed_forward([2, 8, 1], Random(0))\nm.", "predict save summary"),
        ("from purenn import fit\nhistory = fit(network, x, y)\nhistory.", "losses write_csv"),
        ("from purenn import datasets\ndatasets.load('xor').", "train test classes"),
    ],
)
def test_an_editor_that_runs_nothing_completes(code: str, offered: str) -> None:
    """Jedi completes in Thonny, IPython and Jupyter, and for the language servers that build on it."""
    script = pytest.importorskip("jedi").Script(f"from random import Random\n{code}")
    names = [completion.name for completion in script.complete()]
    assert {*offered.split()} <= {*names}


def test_a_star_import_brings_all() -> None:
    words = fresh("from purenn import *; print(*globals())")
    assert {*purenn.__all__} <= {*words}


def test_a_star_import_brings_the_data_sets_and_the_charts() -> None:
    said = fresh("from purenn import *; print(len(datasets.load('xor').train), charts.gauge(0.5, 4))")
    assert said == ["4", "[##..]"]


def test_importing_purenn_loads_no_chapter_and_nothing_large() -> None:
    """Only `os` and `typing`, which every chapter needs: editors know TYPE_CHECKING from there."""
    loaded = fresh(
        "import os, sys, typing; before = set(sys.modules); import purenn; print(*set(sys.modules) - before)"
    )
    assert loaded == ["purenn"]


def test_using_the_library_loads_no_web_client_server_parser_or_processes() -> None:
    loaded = fresh("import purenn, sys; [getattr(purenn, name) for name in purenn.__all__]; print(*sys.modules)")
    assert "purenn.training" in loaded
    heavy = {"argparse", "http", "http.server", "urllib.request", "multiprocessing", "concurrent.futures"}
    assert heavy & {*loaded} == set()


def test_the_version_is_that_of_the_project() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{purenn.__version__}"' in project


def test_type_checkers_refuse_a_name_nobody_has(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    text = "import purenn\npurenn.layers.Linear\npurenn.Dense\npurenn.Linear(4, 8, bias=True)\n"
    (tmp_path / "program.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "program.py"]
    paths = {**os.environ, "MYPYPATH": str(ROOT)}
    run = subprocess.run(command, cwd=tmp_path, env=paths, capture_output=True, text=True, check=False)
    assert [line.partition("  [")[0] for line in run.stdout.splitlines() if "error: " in line] == [
        'program.py:3: error: Module has no attribute "Dense"',
        'program.py:4: error: Unexpected keyword argument "bias" for "Linear"',
    ]


def test_an_import_of_a_foreign_name_keeps_the_hint_and_points_at_the_line_that_asked() -> None:
    run = subprocess.run(
        [sys.executable, "-c", "from purenn import Dense"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.stderr.splitlines()[-1] == "ImportError: purenn has no Dense; purenn calls it Linear(4, 8)"
