"""The rules of the house, so that it stays a house: imports run downwards, wings have one door, files stay readable."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import ROOT


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


PACKAGE = ROOT / "purenn"
FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = sorted(PACKAGE.glob("*.py"))
WINGS = sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))

# The order in which the textbook is read. Modules and wings further up may import those before them, never the reverse.
FLOORS = words(
    """
    errors registry foreign neuron matrix activations losses initializers formats charts samples layers normalization
    regularization drawing network metrics preprocessing schedules optimizers datasets engine history progress findings
    checkpoints lanes training gradcheck diagnosis rate_finder landscape search estimators playground cli
    __init__ __main__
    """
)
# The same within each wing. A file of cli/ that is not named is a command, and imports no other command.
ROOMS = {
    "charts": "screen text svg html page tints scales frame polylines labels isolines fields plane points trajectories "
    "space boundary confusion contours curves diagram functions histograms pictures rates regression agreement "
    "surface trials",
    "samples": "rows samples conversion meaning warps",
    "formats": "locks atomic gunzip json tabular random_state arrays idx picture png pnm "
    "safetensors_header safetensors model",
    "datasets": "recipes download places pictures dataset loading picture_folders schema inference tables inputs fetch "
    "strokes toys mnist classics",
    "lanes": "integers groups plain outer layers network selection warps engine processes executors shards workers",
    "search": "space trials results sweep",
    "estimators": "exceptions targets record losses network parameters estimator fitted saved training mlp",
    "playground": "reading data settings networks run views steps program world display drawings digits session pages "
    "visits answers server",
    "cli": "interruption streams command arguments terminal output terminal_pictures invocation parser record saved "
    "scores executors train_arguments own_data evaluation training_report preparation trial asked outside "
    "report_subject report_training report_classes report_quantities COMMANDS main",
}
# A student's way, in this order: README.md says so too.
PATH = words(
    """
    neuron matrix activations losses layers network optimizers engine training formats/idx datasets/dataset
    """
)


def module_name(path: Path) -> str:
    """matrix for purenn/matrix.py, lanes.engine for purenn/lanes/engine.py, lanes for purenn/lanes/__init__.py."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


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
    """The modules of purenn that a file imports, as dotted names without "purenn."; "__init__" where it takes a name
    from the package itself. The version is for everybody: it is a string, and no floor."""
    for module, name in imports(path):
        package, _, inner = module.partition(".")
        if package == "purenn" and name != "__version__":
            inside = f"{inner}.{name}".strip(".").replace(".", "/")
            is_module = (PACKAGE / f"{inside}.py").exists() or (PACKAGE / inside / "__init__.py").exists()
            yield inside.replace("/", ".") if is_module else inner or "__init__"


def wing_of(module: str) -> str:
    """The wing that a module stands in, or the module itself if it stands at the top."""
    return module.partition(".")[0]


def public_definitions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Functions and classes of a module, also those under an `if` at its top, whose names have no underscore. An
    overload is a signature only: its docstring stands in the function itself."""
    top = list(tree.body)
    top += [inner for node in tree.body if isinstance(node, ast.If) for inner in (*node.body, *node.orelse)]
    for node in top:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            yield from [] if "overload" in map(ast.unparse, node.decorator_list) else [node]


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method, nested ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


def docstring_lines(tree: ast.Module) -> set[int]:
    """The numbers of the lines that docstrings stand in."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            first = node.body[0]
            lines |= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return lines


def code_lines(path: Path) -> list[int]:
    """The numbers of the lines with code: not blank, no comment, no docstring."""
    text = path.read_text(encoding="utf-8")
    docs = docstring_lines(ast.parse(text))
    lines = enumerate(text.splitlines(), start=1)
    return [n for n, line in lines if line.strip() and not line.lstrip().startswith("#") and n not in docs]


def is_all(node: ast.AST) -> bool:
    """Return True for the statement that sets __all__."""
    return isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]


def boilerplate(path: Path) -> set[int]:
    """The numbers of the lines of imports and of __all__, which nobody reads to learn."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, (ast.Import, ast.ImportFrom)) or (isinstance(node, ast.Assign) and is_all(node)):
            lines |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


def exported(tree: ast.Module) -> list[str] | None:
    """The names in __all__, None where there is no such list."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and is_all(node):
            names: list[str] = ast.literal_eval(node.value)
            return names
    return None


def assigned(tree: ast.Module) -> set[str]:
    """The names that a module's own statements give a value."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def in_order(name: str) -> tuple[int, str]:
    """Constants first, then classes, then functions, each by the alphabet: as ruff sorts __all__."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


# The listing.


def test_the_listing_is_a_table_of_contents() -> None:
    assert len(MODULES) <= 29
    assert len(WINGS) <= 9
    assert sorted(FLOORS) == sorted([*(path.stem for path in MODULES), *(path.name for path in WINGS)])


def test_every_wing_has_its_rooms() -> None:
    for wing in WINGS:
        rooms = sorted(path.stem for path in wing.glob("*.py") if path.stem != "__init__")
        assert [room for room in ROOMS[wing.name].split() if room not in [*rooms, "COMMANDS"]] == []
        if "COMMANDS" not in ROOMS[wing.name]:
            assert [room for room in rooms if room not in ROOMS[wing.name].split()] == []


def test_the_readers_path_is_short() -> None:
    """About 1,900 lines of code as they stand; without imports and __all__, at most 1,770."""
    files = [PACKAGE / f"{name}.py" for name in PATH]
    assert sum(len({*code_lines(file)} - boilerplate(file)) for file in files) <= 1770


def test_every_module_has_a_test_file() -> None:
    rooms = [path for path in FILES if path.stem not in ("__init__", "__main__")]
    missing = [
        module_name(path)
        for path in rooms
        if not (ROOT / "tests" / path.relative_to(PACKAGE).with_name(f"test_{path.name}")).exists()
    ]
    assert missing == []


# Imports.


@every_file
def test_a_module_imports_only_modules_and_wings_below(path: Path) -> None:
    module = module_name(path)
    for used in modules_used(path):
        if wing_of(used) != wing_of(module):
            assert FLOORS.index(wing_of(used)) < FLOORS.index(wing_of(module)), f"{module} imports {used}"


@every_file
def test_a_room_imports_only_rooms_below(path: Path) -> None:
    module = module_name(path)
    wing, _, room = module.partition(".")
    for used in modules_used(path):
        if room and wing_of(used) == wing:
            order = ROOMS[wing].split()
            places = [order.index(r if r in order else "COMMANDS") for r in (used.partition(".")[2], room)]
            assert places[0] < places[1], f"{module} imports {used}"


@every_file
def test_a_wing_is_entered_by_its_door(path: Path) -> None:
    """From outside, `from purenn.formats import idx` is fine and `from purenn.formats.idx import read` is not."""
    module = module_name(path)
    for imported, name in imports(path):
        package, _, inner = imported.partition(".")
        if package == "purenn" and wing_of(inner) in ROOMS and wing_of(inner) != wing_of(module):
            assert "." not in inner, f"{module} imports {name} from {inner}"
            door = ast.parse((PACKAGE / inner / "__init__.py").read_bytes())
            assert name in (exported(door) or []), f"{module} imports {name}, which {inner} does not hand out"


def test_there_are_no_circles() -> None:
    graph = {module_name(path): set(modules_used(path)) - {module_name(path)} for path in FILES}
    doors = {wing.name for wing in WINGS}
    for module in graph:  # a room uses its own wing's door never, and its door uses the room
        assert wing_of(module) not in graph[module] - {module} or module in doors
    assert len(list(TopologicalSorter(graph).static_order())) >= len(FILES)  # raises CycleError


@every_file
@pytest.mark.skipif(sys.version_info < (3, 10), reason="Python 3.9 cannot say what its standard library is")
def test_a_module_imports_nothing_from_outside(path: Path) -> None:
    allowed = {*sys.stdlib_module_names, "purenn"}
    outside = [module for module, _ in imports(path) if module.partition(".")[0] not in allowed]
    assert outside == [], "only the standard library and purenn, and never with a leading dot"


# The contents of a file.


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
def test_no_function_has_more_than_40_lines_of_code(path: Path) -> None:
    """Counted from the first statement after the docstring: the parameters of `fit` are no code."""
    code = set(code_lines(path))
    for function in functions(ast.parse(path.read_bytes())):
        body = function.body[1:] if ast.get_docstring(function) else function.body
        if body:
            last = body[-1].end_lineno or body[-1].lineno
            lines = code & set(range(body[0].lineno, last + 1))
            assert len(lines) <= 40, f"{function.name} has {len(lines)}"


@every_file
def test_a_public_function_asks_for_at_most_five_arguments(path: Path) -> None:
    tree = ast.parse(path.read_bytes())
    for function in functions(tree):
        if not function.name.startswith("_") or function.name == "__init__":
            arguments = function.args
            positional = [a for a in (*arguments.posonlyargs, *arguments.args) if a.arg not in ("self", "cls")]
            needed = len(positional) - len(arguments.defaults) + arguments.kw_defaults.count(None)
            assert needed <= 5, f"{function.name} needs {needed}"


@every_file
def test_nothing_is_hidden_from_the_type_checkers(path: Path) -> None:
    for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
        if token.type == tokenize.COMMENT:
            for word in ("type: ignore", "noqa", "pyright:", "mypy:"):
                assert word not in token.string, f"line {token.start[0]}"
        assert token.string not in {"Any", "cast"}, f"line {token.start[0]}"


# Plain English.

RIDDLES = ("of one's own", "if not said otherwise", "anew", "it is to ")


@every_file
def test_docstrings_begin_with_the_field_s_words(path: Path) -> None:
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            text = ast.get_docstring(node) or ""
            assert not text.startswith(("What ", "Where ", "Whether ", "The same ")), text[:60]
            assert [riddle for riddle in RIDDLES if riddle in text] == [], text[:60]


# The surface of `import purenn`.


def test_importing_purenn_loads_nothing_heavy() -> None:
    # -S: without site-packages, whose .pth files may load modules of their own
    command = [sys.executable, "-S", "-c", "import purenn, sys; print(*sys.modules)"]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert "purenn" in loaded
    heavy = ("http", "argparse", "multiprocessing", "urllib", "numpy")
    assert [module for module in loaded if module.partition(".")[0] in heavy] == []
