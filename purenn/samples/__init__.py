"""Inputs with their targets, from what people have, how pictures are warped, and what outputs of a network mean."""

from purenn.samples.conversion import PICTURE, as_inputs, as_samples, as_targets, class_names
from purenn.samples.meaning import LossLike, Meaning, as_loss, loss_doubts, read_hint, source_in
from purenn.samples.rows import Images, Labels, Numbers, Rows, Targets, as_rows, check_names
from purenn.samples.samples import Answers, Samples, answers_of, classes, multilabel, renumbered, with_names
from purenn.samples.warps import MAPS, Augmentation, warped, warped_rows

__all__ = [
    "MAPS",
    "PICTURE",
    "Answers",
    "Augmentation",
    "Images",
    "Labels",
    "LossLike",
    "Meaning",
    "Numbers",
    "Rows",
    "Samples",
    "Targets",
    "answers_of",
    "as_inputs",
    "as_loss",
    "as_rows",
    "as_samples",
    "as_targets",
    "check_names",
    "class_names",
    "classes",
    "loss_doubts",
    "multilabel",
    "read_hint",
    "renumbered",
    "source_in",
    "warped",
    "warped_rows",
    "with_names",
]
