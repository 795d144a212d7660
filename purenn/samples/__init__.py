"""Inputs with their targets, from what people have, and what the outputs of a network mean for them."""

from purenn.samples.conversion import PICTURE, as_inputs, as_samples, as_targets, class_names
from purenn.samples.meaning import LossLike, Meaning, as_loss, loss_doubts, read_hint, source_in
from purenn.samples.rows import Images, Labels, Numbers, Rows, Targets, as_rows
from purenn.samples.samples import Answers, Samples, answers_of, classes, multilabel, with_names

__all__ = [
    "PICTURE",
    "Answers",
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
    "class_names",
    "classes",
    "loss_doubts",
    "multilabel",
    "read_hint",
    "source_in",
    "with_names",
]
