"""Data sets: computed toys, built-in pictures, published ones to download, and folders of the user's own pictures."""

from typing import TYPE_CHECKING

from purenn.datasets import classics, mnist, toys
from purenn.datasets.dataset import DATASETS, Dataset, Definition, recipe_for, register
from purenn.datasets.download import FileProgress, Publication, RemoteFile, cache_folder
from purenn.datasets.fetch import fetch, published
from purenn.datasets.inference import TASKS, infer
from purenn.datasets.inputs import read_inputs
from purenn.datasets.loading import READERS, Reader, load, load_again, register_pictures
from purenn.datasets.picture_folders import from_folder, hold_out, read_picture
from purenn.datasets.pictures import has_pictures
from purenn.datasets.places import Place, builtin, folders
from purenn.datasets.recipes import Recipe, table_recipe
from purenn.datasets.schema import MISSING_RULES, Column, Schema
from purenn.datasets.tables import TABLE, from_csv, read_rows, schema_of, tested_lines
from purenn.foreign import refuse_name

__all__ = [
    "DATASETS",
    "MISSING_RULES",
    "READERS",
    "TABLE",
    "TASKS",
    "Column",
    "Dataset",
    "Definition",
    "FileProgress",
    "Place",
    "Publication",
    "Reader",
    "Recipe",
    "RemoteFile",
    "Schema",
    "builtin",
    "cache_folder",
    "classics",
    "fetch",
    "folders",
    "from_csv",
    "from_folder",
    "has_pictures",
    "hold_out",
    "infer",
    "load",
    "load_again",
    "mnist",
    "published",
    "read_inputs",
    "read_picture",
    "read_rows",
    "recipe_for",
    "register",
    "register_pictures",
    "schema_of",
    "table_recipe",
    "tested_lines",
    "toys",
]

if not TYPE_CHECKING:  # type checkers would accept any name

    def __getattr__(name):
        """Refuse a name that is not here, with a hint if other libraries have it (PEP 562)."""
        refuse_name(name, __all__, AttributeError, "datasets")


def __dir__() -> list[str]:
    """List what programs use, for the completion of names; the other names of `__all__` are for the library itself."""
    first = "DATASETS Dataset Recipe cache_folder fetch from_csv from_folder load published read_inputs read_picture"
    return [*first.split(), "recipe_for", "register", "register_pictures"]
