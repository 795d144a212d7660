"""MNIST and its relatives: the names of their classes, where they are published, and the settings that suit them.

`strokes`, in the same format, comes with purenn; the others are downloaded on request.
"""

from __future__ import annotations

import string

from purenn.datasets.download import Publication, RemoteFile
from purenn.datasets.loading import register_pictures
from purenn.datasets.recipes import Recipe
from purenn.samples import Augmentation

__all__ = ["IDX_NAMES"]

IDX_NAMES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
DIGITS = tuple(string.digits)


def _idx_files(*sizes_and_sums: tuple[int, str]) -> tuple[RemoteFile, ...]:
    return tuple(RemoteFile(name, size, sha256) for name, (size, sha256) in zip(IDX_NAMES, sizes_and_sums))


register_pictures(
    "strokes",
    DIGITS,
    recipes={
        "float": Recipe(hidden=(64,), epochs=5, learning_rate=0.5),
        "lanes": Recipe(hidden=(128,), epochs=8, learning_rate=0.02, batch_size=1),
    },
)
register_pictures(
    "mnist",
    DIGITS,
    recipes={
        "lanes": Recipe(
            hidden=(128,),
            epochs=22,
            learning_rate=0.03,
            batch_size=1,
            augment=Augmentation(shift=0.8, rotate=6, elastic=0.5),
            workers=2,
        ),
    },
    publication=Publication(
        mirrors=(
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
        ),
        files=_idx_files(
            (9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            (28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            (1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            (4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        ),
        license="CC BY-SA 3.0, copyright Yann LeCun and Corinna Cortes",
    ),
)
register_pictures(
    "fashion-mnist",
    ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    recipes={
        "float": Recipe(hidden=(128,), epochs=10, learning_rate=0.2),
        "lanes": Recipe(
            hidden=(128,), epochs=12, learning_rate=0.01, batch_size=1, scale=16, every_sample=True, workers=2
        ),
    },
    publication=Publication(
        mirrors=(
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ),
        files=_idx_files(
            (26421880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            (29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            (4422102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            (5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        ),
        license="MIT, copyright 2017 Zalando SE",
    ),
)
register_pictures(
    "kmnist",
    ("お", "き", "す", "つ", "な", "は", "ま", "や", "れ", "を"),
    publication=Publication(
        mirrors=("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
        files=_idx_files(
            (18165135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
            (29497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
            (3041136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
            (5120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
        ),
        license="CC BY-SA 4.0, KMNIST Dataset (created by CODH), adapted from Kuzushiji Dataset (NIJL and others)",
    ),
)

# EMNIST. Its six splits are in one zip, which is kept in the folder emnist so that they share it. Its files hold every
# picture column by column.

UPPER = tuple(string.ascii_uppercase)
MERGED = (*DIGITS, *UPPER, *"abdefghnqrt")  # without the lower case that looks like upper case


def _register_emnist(name: str, split: str, classes: tuple[str, ...], first_label: int = 0) -> None:
    publication = Publication(
        mirrors=("https://biometrics.nist.gov/cs_links/EMNIST/",),
        files=(RemoteFile("gzip.zip", 561753746, "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e"),),
        license="NIST states none; derived from NIST Special Database 19; cite Cohen et al. (2017), arXiv:1702.05373",
        zip_folder="emnist",
        members=tuple((f"gzip/emnist-{split}-{file.replace('t10k', 'test')}", file) for file in IDX_NAMES),
    )
    register_pictures(name, classes, publication=publication, first_label=first_label, transposed=True)


_register_emnist("emnist", "balanced", MERGED)
_register_emnist("emnist-balanced", "balanced", MERGED)
_register_emnist("emnist-byclass", "byclass", (*DIGITS, *UPPER, *string.ascii_lowercase))
_register_emnist("emnist-bymerge", "bymerge", MERGED)
_register_emnist("emnist-digits", "digits", DIGITS)
_register_emnist("emnist-letters", "letters", UPPER, first_label=1)
_register_emnist("emnist-mnist", "mnist", DIGITS)
