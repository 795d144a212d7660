"""Registries: definitions that can be found by their names, and plugins that add to them.

Eight kinds of definitions can be added to purenn: activations, losses, layers, optimizers, schedules, engines, data
sets and commands. The module that defines a kind has a registry of it and a function `register` that adds to it. The
library registers its own definitions in the same way as another program does. A registered name is known everywhere at
once: in `fit`, on the command line and in its help, in the gradient check and in saved files.

Other libraries have other names for what purenn has. `foreign` knows them, so that errors can say the call that works.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from inspect import signature
from types import ModuleType
from typing import Generic, NoReturn, TypeVar
from zlib import crc32

from purenn.errors import did_you_mean

__all__ = [
    "FOREIGN",
    "Registry",
    "foreign",
    "foreign_attribute",
    "foreign_calls",
    "load_plugin",
    "plugins",
    "refuse_foreign",
]

Entry = TypeVar("Entry")


_undo: list[Callable[[], Callable[[], None]]] = []  # of every registry, for a plugin that fails half-way


class Registry(Generic[Entry]):
    """Definitions of one kind by name, in the order in which they were added.

    >>> colors: Registry[str] = Registry("color")
    >>> colors.add("red", "#ff0000")
    >>> colors["red"], list(colors), "blue" in colors
    ('#ff0000', ['red'], False)
    >>> colors["blue"]
    Traceback (most recent call last):
    ValueError: no color is called 'blue'; there are: red
    """

    def __init__(self, kind: str) -> None:
        """Make an empty registry. `kind` is the word for an entry in error messages."""
        self.kind = kind
        self._entries: dict[str, Entry] = {}
        _undo.append(self._remember)

    def _remember(self) -> Callable[[], None]:
        """Return a function that restores the entries there are now."""
        entries = dict(self._entries)

        def restore() -> None:
            self._entries = entries

        return restore

    def add(self, name: str, entry: Entry) -> None:
        """Add an entry. Raises ValueError if the name is empty or already taken."""
        if not name:
            raise ValueError(f"the {self.kind} {entry!r} needs a name")
        if name in self._entries:
            raise ValueError(f"another {self.kind} is called {name!r} already; remove({name!r}) makes room")
        self._entries[name] = entry

    def remove(self, name: str) -> None:
        """Remove the entry with this name. Raises ValueError if there is none."""
        self[name]
        del self._entries[name]

    def __getitem__(self, name: str) -> Entry:
        """Return the entry with this name. Raises ValueError, listing all names, if there is none."""
        if name not in self._entries:
            hint = did_you_mean(name, self._entries)
            raise ValueError(f"no {self.kind} is called {name!r}; there are: {', '.join(self._entries)}{hint}")
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def values(self) -> list[Entry]:
        """Return all entries."""
        return list(self._entries.values())

    def __repr__(self) -> str:
        return f"Registry({self.kind!r}: {', '.join(self._entries)})"


plugins: list[str] = []  # loaded by `load_plugin`, in order; a new worker process must load them too


def load_plugin(name: str) -> None:
    """Run a Python file, if the name ends in ".py", or import a module. It then registers its own definitions.

    A plugin that is loaded already is not run again. Raises ImportError, naming the plugin and the reason, if it cannot
    be loaded or fails.
    """
    is_file = name.endswith(".py")
    plugin = os.path.abspath(name) if is_file else name
    if plugin in plugins:
        return
    restores = [remember() for remember in _undo]
    try:
        if is_file:
            _run_file(plugin)
        else:
            import_module(name)
    except (Exception, SystemExit) as error:
        for restore in restores:  # what it has registered so far would be in the way of another try
            restore()
        reason = error.strerror if isinstance(error, OSError) and error.strerror else f"{type(error).__name__}: {error}"
        raise ImportError(f"cannot load the plugin {name}: {reason}") from error
    plugins.append(plugin)


def _run_file(path: str) -> None:
    """Run a Python file as a module. Its name is the same in all processes, because pickled objects refer to it."""
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)  # without the __future__ imports of this file
    stem = os.path.splitext(os.path.basename(path))[0]
    module = ModuleType(f"plugin_{stem}_{crc32(os.fsencode(path)):08x}")
    module.__file__ = path
    sys.modules[module.__name__] = module  # before it runs, because dataclasses look up their module there
    try:
        exec(code, vars(module))
    except BaseException:
        del sys.modules[module.__name__]
        raise


# Names of other libraries: for each thing of ours, its names elsewhere and the call here. Between them may stand words
# that take the place of "purenn calls it". The calls are valid for X, y = [[...], ...], [...], for a network, its loss
# and a history, and for an m that is a Matrix.

FOREIGN = {
    "Matrix": """
        dot, matmul, mm: m @ n
        transpose, t: m.T
        sum: sum(map(sum, m))
        mean: sum(map(sum, m)) / (m.rows * m.columns)
        max, amax: max(map(max, m))
        min, amin: min(map(min, m))
        argmax: [row.index(max(row)) for row in m]
        apply, applymap: m.map(abs)
        abs: m.map(abs)
        size, numel: m.rows * m.columns
        numpy, to_list: m.tolist()
        item: m[0, 0]
        clone: m.copy()
        reshape, view: a Matrix is a table; rows of another length are made by: Matrix([sum(m, [])])
        flatten, ravel: sum(m, [])
        """,
    "History": """
        history, loss, loss_curve_: history.losses
        val_loss, validation_loss: history.validation_losses
        epoch: history.epochs
        best_epoch, best_loss_: history.best
        params: history.engine
        """,
    "Scaler": """
        transform, fit_transform: scaler(X)
        inverse_transform: scaler.inverse(X)
        fit: standardize(X)
        mean_, data_min_: scaler.shifts
        scale_, var_: scaler.scales
        """,
    "split": """
        test_size, validation_split, validation_fraction: fraction=0.2
        train_size: give the part for testing: fraction=0.2
        random_state, generator, rng: seed=0
        stratify: classes keep their mixture in any case; to draw them in another way, use: seed=0
        shuffle: samples are shuffled in any case; for the first and the last, take slices of lists: seed=0
        """,
}


@cache
def foreign_calls(owner: str) -> Mapping[str, tuple[str, str]]:
    """Return the table of an owner: by the name elsewhere, in lower case, the words and the call here."""
    calls: dict[str, tuple[str, str]] = {}
    for line in FOREIGN.get(owner, "").strip().splitlines():
        names, _, answer = line.strip().partition(": ")
        words, _, call = answer.rpartition(": ")
        calls.update((name.casefold(), (words or "purenn calls it", call)) for name in names.split(", "))
    return calls


def foreign(name: str, owner: str = "purenn") -> str:
    """Return a hint for a name that other libraries have, or an empty string if it is not known.

    owner: the class, function or module of ours that was asked for it.

    >>> foreign("fit_transform", "Scaler")
    'purenn calls it scaler(X)'
    """
    return " ".join(foreign_calls(owner).get(name.casefold(), ()))


def foreign_attribute(self: object, name: str) -> NoReturn:
    """Raise AttributeError, with a hint if other libraries have such an attribute. A class takes it as `__getattr__`.

    Hidden from type checkers, which would otherwise accept any attribute.
    """
    owner = type(self).__name__
    hint = foreign(name, owner)
    raise AttributeError(f"{owner!r} object has no attribute {name!r}{hint and '; '}{hint}")


def refuse_foreign(owner: str, function: Callable[..., object], given: Mapping[str, object]) -> None:
    """Raise TypeError if there are arguments that a function does not have, with a hint if other libraries have them.

    The function takes them as `**foreign: NoReturn`, so type checkers refuse every one.
    """
    for name in given:
        hint = foreign(name, owner)
        own = [known for known in signature(function).parameters if known != "foreign"]
        raise TypeError(f"{owner}() has no argument {name}{hint and '; '}{hint or did_you_mean(name, own)}")
