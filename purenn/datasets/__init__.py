"""Where samples come from: built-in pictures, computed points, files of one's own, and published data sets."""

from purenn.datasets.dataset import Dataset, folders, load
from purenn.datasets.download import cache_folder, fetch

__all__ = ["Dataset", "cache_folder", "fetch", "folders", "load"]
