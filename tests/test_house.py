"""The rules of the house, so that it stays a house: floors, sizes, docstrings, and nothing from outside."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "purenn"
FILES = sorted(PACKAGE.rglob("*.py"))

# A module imports only from floors below its own. `errors` and `files` are the stairs: every floor above may use them.
FLOORS = [
    "errors files neuron activations schedules sources console lanes records",
    "matrix idx safetensors",
    "arrays",
    "initializers losses optimizers clipping penalties samples metrics download strokes",
    "layers preprocessing datasets grouping targets hyperparameters",
    "normalization",
    "architecture",
    "network",
    "engine gradcheck packed diagnosis",
    "float_engine arguments rate_finder history options packed_network",
    "checkpoints lanes_engine commands",
    "training parallel perceptron",
    "estimators recipes bench",
    "__init__ train_command",
    "cli",
    "__main__",
]
FLOOR = {module: number for number, modules in enumerate(FLOORS) for module in modules.split()}
STAIRS = ["errors", "files"]  # in this order: the second may use the first


def module_name(path: Path) -> str:
    """matrix for purenn/matrix.py, playground.server for purenn/playground/server.py."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


every_file = pytest.mark.parametrize("path", FILES, ids=module_name)


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """(module, name) for each `from module import name` and (module, "") for each `import module`, wherever it stands:
    in functions and under TYPE_CHECKING too."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (("." * node.level + (node.module or ""), alias.name) for alias in node.names)


def modules_used(path: Path) -> Iterator[str]:
    """The modules of purenn that a file imports; __init__ where it takes a name from the package itself.

    The version is for everybody: it is a string, and no floor.
    """
    for module, name in imports(path):
        package, _, inner = module.partition(".")
        if package == "purenn" and name != "__version__":
            yield inner or (name if (PACKAGE / f"{name}.py").exists() else "__init__")


def public_definitions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Functions and classes of a module, also those under an `if` at its top, whose names have no underscore."""
    top = list(tree.body)
    top += [inner for node in tree.body if isinstance(node, ast.If) for inner in (*node.body, *node.orelse)]
    for node in top:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            yield node


def exported(tree: ast.Module) -> list[str] | None:
    """The names in __all__, None where there is no such list."""
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            assert isinstance(node, (ast.Assign, ast.AnnAssign))
            assert node.value is not None
            names: list[str] = ast.literal_eval(node.value)
            return names
    return None


def assigned(tree: ast.Module) -> set[str]:
    """The names that a module's own statements give a value."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def in_order(name: str) -> tuple[int, str]:
    """Constants first, then classes, then functions, each by the alphabet: as ruff sorts __all__."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


# Floors.


@every_file
def test_every_module_has_a_floor(path: Path) -> None:
    assert module_name(path) in FLOOR, f"add {module_name(path)} to FLOORS in tests/test_house.py"


@every_file
def test_a_module_imports_only_from_floors_below(path: Path) -> None:
    module = module_name(path)
    for used in modules_used(path):
        if used in STAIRS and module not in STAIRS[: STAIRS.index(used) + 1]:
            continue
        assert used in FLOOR, f"add {used} to FLOORS in tests/test_house.py"
        assert FLOOR[used] < FLOOR[module], f"{module} (floor {FLOOR[module]}) imports {used} (floor {FLOOR[used]})"


@every_file
@pytest.mark.skipif(sys.version_info < (3, 10), reason="Python 3.9 cannot say what its standard library is")
def test_a_module_imports_nothing_from_outside(path: Path) -> None:
    allowed = {*sys.stdlib_module_names, "purenn"}
    outside = [module for module, _ in imports(path) if module.partition(".")[0] not in allowed]
    assert outside == [], "only the standard library and purenn, and never with a leading dot"


# What stands in a file.


@every_file
def test_all_is_there_and_sorted_and_names_what_the_module_defines(path: Path) -> None:
    tree = ast.parse(path.read_bytes())
    names = exported(tree)
    assert names is not None, "the module has no __all__"
    assert names == sorted(set(names), key=in_order)
    own = assigned(tree) | {node.name for node in public_definitions(tree)}
    if path.name == "__init__.py":
        own |= {name for _, name in imports(path)}  # handing on is what it is for
    assert [name for name in names if name not in own] == []


@every_file
def test_module_and_public_definitions_have_docstrings(path: Path) -> None:
    tree = ast.parse(path.read_bytes())
    assert ast.get_docstring(tree), "the module does not say why it exists"
    assert [node.name for node in public_definitions(tree) if not ast.get_docstring(node)] == []


@every_file
def test_no_file_is_over_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@every_file
def test_nothing_is_hidden_from_the_type_checkers(path: Path) -> None:
    for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
        if token.type == tokenize.COMMENT:
            for word in ("type: ignore", "noqa", "pyright:", "mypy:"):
                assert word not in token.string, f"line {token.start[0]}"
        assert token.string not in {"Any", "cast"}, f"line {token.start[0]}"


# What comes with `import purenn`.


def test_importing_purenn_loads_nothing_heavy() -> None:
    # -S: without site-packages, whose .pth files may load modules of their own
    command = [sys.executable, "-S", "-c", "import purenn, sys; print(*sys.modules)"]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert "purenn" in loaded
    heavy = ("http", "argparse", "multiprocessing", "urllib", "numpy")
    assert [module for module in loaded if module.partition(".")[0] in heavy] == []
