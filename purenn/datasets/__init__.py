"""Data sets: computed toys, built-in pictures, published ones to download, and folders of the user's own pictures."""

from purenn.datasets import mnist, toys
from purenn.datasets.dataset import (
    DATASETS,
    Dataset,
    Definition,
    load,
    recipe_for,
    register,
    register_pictures,
)
from purenn.datasets.download import FileProgress, Publication, RemoteFile, cache_folder
from purenn.datasets.fetch import fetch, published
from purenn.datasets.places import Place, builtin, folders
from purenn.datasets.recipes import Recipe

__all__ = [
    "DATASETS",
    "Dataset",
    "Definition",
    "FileProgress",
    "Place",
    "Publication",
    "Recipe",
    "RemoteFile",
    "builtin",
    "cache_folder",
    "fetch",
    "folders",
    "load",
    "mnist",
    "published",
    "recipe_for",
    "register",
    "register_pictures",
    "toys",
]
