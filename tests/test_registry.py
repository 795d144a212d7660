"""Registries, and plugins: files and modules that register something of another program."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from purenn import registry
from purenn.activations import ACTIVATIONS
from purenn.registry import Registry, load_plugin


def colours() -> Registry[str]:
    """Return a registry of two colours."""
    found: Registry[str] = Registry("colour")
    found.add("red", "#ff0000")
    found.add("blue", "#0000ff")
    return found


def test_entries_are_found_by_name_in_the_order_in_which_they_were_added() -> None:
    found = colours()
    assert found["blue"] == "#0000ff"
    assert (list(found), found.values(), len(found)) == (["red", "blue"], ["#ff0000", "#0000ff"], 2)
    assert ("red" in found, "green" in found) == (True, False)


def test_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ValueError, match=r"^no colour is called 'green'; there are: red, blue$"):
        colours()["green"]


def test_a_name_of_another_library_is_answered_with_the_name_here() -> None:
    found: Registry[str] = Registry("colour", {"crimson": "red", "navy": "blue"})
    found.add("red", "#ff0000")
    for name in ("crimson", "Crimson", "crimsn", "rd"):
        with pytest.raises(ValueError, match=f"^no colour is called '{name}'; there are: red; did you mean red[?]$"):
            found[name]


def test_a_name_can_be_taken_only_once_and_again_after_it_was_removed() -> None:
    found = colours()
    with pytest.raises(ValueError, match=r"^another colour is called 'red' already; remove\('red'\) makes room$"):
        found.add("red", "#aa0000")
    assert found["red"] == "#ff0000"
    found.remove("red")
    found.add("red", "#aa0000")
    assert found["red"] == "#aa0000"


def test_an_empty_name_and_the_removal_of_an_unknown_one_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^the colour '#00ff00' needs a name$"):
        colours().add("", "#00ff00")
    with pytest.raises(ValueError, match=r"^no colour is called 'green'"):
        colours().remove("green")


def test_a_registry_is_shown_by_its_kind_and_its_names() -> None:
    assert repr(colours()) == "Registry('colour': red, blue)"


# Plugins.

COUNTING = """
from __future__ import annotations

from dataclasses import dataclass

counted = [1]

@dataclass
class Point:
    x: float
"""


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Forget, for one test, which plugins are loaded, and after it the modules that it has loaded."""
    fresh: list[str] = []
    monkeypatch.setattr(registry, "plugins", fresh)
    before = set(sys.modules)
    yield fresh
    for name in set(sys.modules) - before:
        del sys.modules[name]


def modules_named(part: str) -> list[str]:
    """Return the names of the loaded modules that contain this."""
    return [name for name in sys.modules if part in name]


def test_a_file_is_run_once_and_recorded_by_its_full_path(
    plugins: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p.py").write_text("print('runs')")
    monkeypatch.chdir(tmp_path)
    load_plugin("p.py")
    load_plugin(str(tmp_path / "p.py"))
    load_plugin("./p.py")
    assert capsys.readouterr().out == "runs\n"
    assert plugins == [str(tmp_path / "p.py")]


def test_a_module_is_imported_and_recorded_by_its_name(
    plugins: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a_plugin_module.py").write_text("print('runs')")
    monkeypatch.syspath_prepend(str(tmp_path))
    load_plugin("a_plugin_module")
    load_plugin("a_plugin_module")
    assert capsys.readouterr().out == "runs\n"
    assert plugins == ["a_plugin_module"]


def test_objects_of_a_file_can_be_pickled_and_files_of_equal_names_are_kept_apart(
    plugins: list[str], tmp_path: Path
) -> None:
    paths = [tmp_path / "a" / "random.py", tmp_path / "b" / "random.py"]  # and apart from the standard library's
    for path in paths:
        path.parent.mkdir()
        path.write_text(COUNTING)
        load_plugin(str(path))
    first, second = (sys.modules[name] for name in modules_named("plugin_random_"))
    assert first.counted is not second.counted
    assert "counted" not in vars(sys.modules["random"])
    for module in (first, second):
        copy = pickle.loads(pickle.dumps(module.Point(3.0)))
        assert (type(copy), copy.x) == (module.Point, 3.0)


def test_a_file_is_compiled_without_the_future_imports_of_purenn(plugins: list[str], tmp_path: Path) -> None:
    (tmp_path / "p.py").write_text("def f(x: int) -> None: pass\n")
    load_plugin(str(tmp_path / "p.py"))
    (name,) = modules_named("plugin_p_")
    assert sys.modules[name].f.__annotations__ == {"x": int, "return": None}  # and not {"x": "int", …}


@pytest.mark.parametrize("name", ["broken.py", "missing.py", "module_of_nobody"])
def test_a_plugin_that_cannot_be_loaded_is_named_and_not_recorded(
    plugins: list[str], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.py").write_text("1 / 0")
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        with pytest.raises(ImportError, match=f"^cannot load the plugin {name}: ") as caught:
            load_plugin(name)
        assert caught.value.__cause__ is not None
    assert plugins == []
    assert modules_named("plugin_broken") == []


def test_a_plugin_that_fails_half_way_leaves_nothing_behind(plugins: list[str], tmp_path: Path) -> None:
    path = tmp_path / "half.py"
    path.write_text("from purenn.activations import *\nregister(Elementwise('half', abs, abs))\n1 / 0\n")
    before = list(ACTIVATIONS)
    for _ in range(2):  # the second time, no name is in the way
        with pytest.raises(ImportError, match="ZeroDivisionError"):
            load_plugin(str(path))
    assert list(ACTIVATIONS) == before
