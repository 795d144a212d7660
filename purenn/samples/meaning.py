"""The meaning of a network's outputs: the loss that suits the targets, and how outputs become answers again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isnan
from typing import Union

from purenn.activations import AnyActivation, Elementwise, sigmoid, softmax
from purenn.errors import check_kind
from purenn.formats import JsonObject, parse_json
from purenn.losses import LOSSES, BinaryCrossEntropy, CrossEntropy, Loss, MeanSquaredError, find_loss
from purenn.matrix import Matrix
from purenn.samples.rows import check_names
from purenn.samples.samples import Samples, classes, multilabel

__all__ = ["LossLike", "Meaning", "as_loss", "loss_doubts", "read_hint", "source_in"]

LossLike = Union[Loss, type[Loss], str]


def as_loss(loss: LossLike | None, samples: Samples, last: AnyActivation | None = None) -> Loss:
    """Return a loss from its name or its class, or as it is; for None, the one that suits the targets.

    That is cross-entropy for classes, in its binary form for a single output and for labels, and the squared error for
    quantities. last: the activation at the end of the network, as in `Meaning`. If it makes probabilities, a loss that
    is not an object becomes the form that takes these; `loss_doubts` tells of other misfits.

    Raises ValueError, listing all names, for an unknown one, and for a last activation whose outputs cannot fit the
    targets; TypeError for what is not a loss.

    >>> from purenn.samples.rows import Labels
    >>> samples = Samples(Matrix([[0.5], [1.5]]), Labels([0, 1], classes=2))
    >>> as_loss(None, samples), as_loss("mse", samples)
    (CrossEntropy(), MeanSquaredError())
    """
    outputs = samples.targets.columns
    if loss is None:
        usual = CrossEntropy if samples.answers is classes and outputs > 1 else BinaryCrossEntropy
        kind: type[Loss] = usual if samples.answers else MeanSquaredError
    elif isinstance(loss, str):
        kind = find_loss(loss)
    elif isinstance(loss, type):
        kind = loss
    else:
        check_kind(
            "check_target", '"cross_entropy", CrossEntropy() or a class of yours that inherits from Loss', loss=loss
        )
        _check_last(last, type(loss), outputs)
        return loss
    if last and last.probabilities and kind.takes == "logits":
        fitting = [other for other in LOSSES.values() if (other.kind, other.takes) == (kind.kind, "probabilities")]
        kind = fitting[0] if fitting else kind
    _check_last(last, kind, outputs)
    make: Callable[[], Loss] = kind
    return make()


def _check_last(last: AnyActivation | None, loss: type[Loss], outputs: int) -> None:
    """Raise ValueError for a last activation with which a network can only learn nonsense."""
    if last is softmax and outputs == 1:
        raise ValueError("softmax of one output is always 1: end with sigmoid, or with no activation")
    if isinstance(last, Elementwise) and last.probabilities and (loss.kind, loss.takes) == ("classes", "probabilities"):
        what = f"{last.name} over {outputs} classes: its outputs do not sum to 1, and all would become 1"
        labels = "for labels that can occur together, pass loss='binary_cross_entropy'"
        raise ValueError(f"{what}: end with softmax, or with no activation; {labels}")


def loss_doubts(loss: Loss, last: AnyActivation | None) -> tuple[str, ...]:
    """Return, in words, how a loss and the last activation do not suit each other; nothing if they do.

    >>> from purenn.activations import relu
    >>> loss_doubts(CrossEntropy(), relu)
    ('CrossEntropy() takes logits, any numbers, but the last layer is relu, which limits them: leave that layer out',)
    """
    if last is None or loss.takes == "quantities":
        return ()
    if loss.takes == "probabilities":
        what = f"{loss} takes probabilities, but the last layer does not make them"
        return () if last.probabilities else (f"{what}: end with softmax or sigmoid, or pass the name of the loss",)
    if last.probabilities:
        what = f"{loss} takes logits, but the last layer of the network makes probabilities already"
        return (f"{what}: leave that layer out, or pass the name of the loss",)
    if isinstance(last, Elementwise) and min(-last(-1000.0), last(1000.0)) < 2.0:  # tanh on both sides, relu on one
        what = f"{loss} takes logits, any numbers, but the last layer is {last.name}, which limits them"
        return (f"{what}: leave that layer out",)
    return ()


def source_in(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return how the samples of a network were read, from the metadata of its file; empty if it does not say so.

    Raises ValueError if it is damaged.
    """
    if "source" not in metadata:  # it may be the metadata itself: network.save(path, dataset.source)
        return dict(metadata) if "kind" in metadata else {}
    try:
        found = parse_json(metadata["source"])
    except ValueError as error:
        raise ValueError(f"the source of its data is damaged: {error}") from None
    if not isinstance(found, JsonObject):
        raise ValueError(f"the source of its data is {found!r}, expected an object")
    return {key: str(value) for key, value in found.items()}


def read_hint(inputs: object, source: Mapping[str, str], *, pixels: bool) -> str:
    """Return the words to append to a refusal of inputs: the call that reads them for a network with this source, or
    nothing if no call is likely to."""
    if source:
        what = "pictures" if pixels else "rows with texts, dicts and CSV files"
        return f"; {what} are read by: network.predict(datasets.read_inputs(rows, network.source))"
    is_path = pixels and isinstance(inputs, (str, os.PathLike))
    return "; a picture is read by: datasets.read_picture(path, (height, width))" if is_path else ""


@dataclass(frozen=True)
class Meaning:
    """The meaning of a network's outputs, by which they become predictions, classes or labels.

    loss: the loss that the network was trained with. None if it is not known; the outputs are taken for logits then.
    classes: the names of the classes; empty if the targets were not classes, or are not known.
    last: the activation at the end of the network: `identity` if that is a Linear layer, None if it is not known.
    """

    loss: Loss | None = None
    classes: tuple[str, ...] = ()
    last: AnyActivation | None = None

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str], outputs: int) -> Meaning:
        """Return the loss and the classes of a network with this number of outputs, from the metadata of its file.

        Raises ValueError for a loss that is not registered, and for classes that do not fit the outputs.
        """
        loss: Loss | None = None
        if "loss" in metadata:
            options = parse_json(metadata.get("loss options", "{}"))
            if not isinstance(options, JsonObject):
                raise ValueError(f"the options of its loss are {options!r}, expected an object")
            try:
                make: Callable[..., Loss] = LOSSES[metadata["loss"]]
                loss = make(**options)
            except (TypeError, ValueError) as error:
                raise ValueError(f"it was trained with the loss {metadata['loss']!r}: {error}") from error
        classes = tuple(metadata["classes"].split("\n")) if "classes" in metadata else ()
        if len(classes) not in (0, max(outputs, 2)):
            expected = f"expected {max(outputs, 2)} for {outputs} output{'s' * (outputs > 1)}"
            raise ValueError(f"its classes are {', '.join(classes)}, {expected}")
        return cls(loss, classes)

    @property
    def probabilities(self) -> bool:
        """True if the last layer makes probabilities, as softmax and sigmoid do."""
        return self.last is not None and self.last.probabilities

    @property
    def metadata(self) -> dict[str, str]:
        """The loss and the classes as metadata for a file. A loss that is not registered is left out. Raises ValueError
        for the name of a class that a file cannot keep."""
        check_names(self.classes)
        found: dict[str, str] = {}
        if self.loss and self.loss.name in LOSSES and LOSSES[self.loss.name] is type(self.loss):
            found["loss"] = self.loss.name
            if self.loss.options:
                found["loss options"] = json.dumps(self.loss.options)
        if self.classes:
            found["classes"] = "\n".join(self.classes)
        return found

    def predictions(self, outputs: Matrix) -> Matrix:
        """Return the outputs in the units of the targets; unchanged if the loss is not known."""
        return self.loss.predictions(outputs) if self.loss else outputs

    def class_probabilities(self, outputs: Matrix) -> Matrix:
        """Return the probability of each class, or of each label. A single output tells two classes apart.

        Raises ValueError if the network was trained to predict quantities.
        """
        p = self._probabilities(outputs)
        return Matrix.wrap([[1.0 - yes, yes] for (yes,) in p]) if p.columns == 1 else p

    def class_numbers(self, outputs: Matrix, threshold: float) -> list[int]:
        """Return the class of each row, as `classes` does. Raises ValueError if the targets were not classes, or an
        output is NaN."""
        if self._targets == "quantities":
            raise ValueError(f"{self._trained} on quantities, not on classes: predict(inputs) returns them")
        if self._targets == "multilabel" and outputs.columns > 1:
            what = "on labels, of which a sample can have several"
            raise ValueError(f"{self._trained} {what}: predict_multilabel(inputs) returns them")
        for i, row in enumerate(outputs):
            if any(map(isnan, row)):
                raise ValueError(f"the outputs for sample {i} are {row}, which tell no class: is an input NaN?")
        return classes(self.predictions(outputs) if self.loss else self._probabilities(outputs), threshold)

    def labels(self, outputs: Matrix, threshold: float) -> list[list[int]]:
        """Return the labels of each row, as `multilabel` does. Raises ValueError if the targets were something else."""
        if self._targets == "quantities":
            raise ValueError(f"{self._trained} on quantities, not on labels: predict(inputs) returns them")
        if self._targets == "classes" and not (self.loss and self.loss.kind == "multilabel"):
            raise ValueError(f"{self._trained} on classes, one for each sample: predict_classes(inputs) returns them")
        is_logit = not (self.loss or self.probabilities)
        return multilabel(outputs.map(sigmoid.function) if is_logit else self.predictions(outputs), threshold)

    def class_names(self, outputs: Matrix) -> list[str]:
        """Return the name of the class of each row. Raises ValueError if the names are not known."""
        numbers = self.class_numbers(outputs, 0.5)
        count = max(outputs.columns, 2)
        if len(self.classes) != count:
            known = f"are {', '.join(self.classes)}" if self.classes else "are not known"
            raise ValueError(f"the names of the {count} classes {known}: set network.classes to a tuple of names")
        return [self.classes[number] for number in numbers]

    @property
    def _targets(self) -> str:
        """The kind of targets in training, as in `Loss.kind`; an empty string if it is not known."""
        if self.classes or not self.loss:
            return "classes" if self.classes else ""
        # an error measure for quantities is also used, with a sigmoid before it, for labels
        return "multilabel" if self.probabilities and self.loss.kind == "quantities" else self.loss.kind

    def _probabilities(self, outputs: Matrix) -> Matrix:
        """Return a probability for each output."""
        if self.loss and self.loss.takes != "quantities":
            return self.loss.predictions(outputs)
        if self.probabilities:
            return outputs
        if self.loss:
            what = "whose outputs are not probabilities: train with CrossEntropy() to have them"
            raise ValueError(f"{self._trained}, {what}")
        if outputs.columns == 1:
            return outputs.map(sigmoid.function)
        return Matrix.wrap([softmax(row) for row in outputs])

    @property
    def _trained(self) -> str:
        return f"this network was trained with {self.loss}"
