"""Networks: layers one after the other.

A network computes its outputs layer by layer and carries gradients back in the opposite order. In a file, its numbers
are tensors with PyTorch's names and shapes, and its architecture is JSON with a key for each layer:
{"0": {"layer": "Linear", "in_features": 784, "out_features": 10}, "1": {"layer": "Activation", "function": "relu"}}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from math import isqrt
from random import Random
from typing import TYPE_CHECKING, NoReturn, Union

from purenn.activations import AnyActivation, Elementwise, Rowwise, identity
from purenn.charts import Svg, table
from purenn.drawing import drawn
from purenn.errors import FormatError, ShapeError, check_kind, check_whole, warn
from purenn.foreign import explained, foreign_attribute, foreign_setting
from purenn.formats import File, JsonObject, Tensor, as_tensor, check_tensors, fill, parse_json, read_model, write_model
from purenn.initializers import generator, initializer_for
from purenn.layers import (
    LAYERS,
    Activation,
    Backward,
    Gradients,
    Layer,
    Linear,
    Shapes,
    activation_layer,
    initial_activation,
)
from purenn.losses import Loss
from purenn.matrix import Matrix
from purenn.normalization import ColumnScales, Scaling
from purenn.regularization import Dropout
from purenn.samples import (
    Images,
    Meaning,
    Numbers,
    Rows,
    Samples,
    Targets,
    as_inputs,
    as_samples,
    read_hint,
    source_in,
)

__all__ = ["LayerLike", "Sequential", "feed_forward", "load"]

LayerLike = Union[Layer, str, AnyActivation, ColumnScales]
COUNTS = ".num_batches_tracked"  # tensors whose names end so hold a whole number, I64 in PyTorch


class Sequential:
    """Layers in sequence: each takes the outputs of the one before.

    loss, classes: the loss that the network was trained with, and the names of the classes. They say what its outputs
    mean. source: how its samples were read from the user's own files; pixels: they were pictures of bytes, which become
    numbers from 0 to 1; picture_shape: the height and the width of these. Training sets all five and files keep them;
    None or empty if they are not known.

    >>> network = Sequential(Linear(2, 3), "relu", Linear(3, 1))
    >>> print(network.summary())
    layer               outputs  parameters
    Linear(2, 3)              3           9
    Activation('relu')        3           0
    Linear(3, 1)              1           4
    total                                13
    """

    def __init__(self, *layers: LayerLike | Sequence[LayerLike]) -> None:
        """Check that the layers fit together, and draw the weights of those made without a generator.

        layers: one by one or in a list. An activation, or the name of one, stands for a layer, and a scaler, as
        `standardize(X)` returns one, for the `Scaling` that does the same.
        Raises ShapeError, naming the layer, if one does not take as many features as the one before returns or there
        are none, TypeError for an argument that is not a layer, and ValueError for an unknown name.
        """
        self.layers = tuple(_as_layers(layers))
        if not self.layers:
            raise ShapeError('a network needs at least one layer, as in Sequential(Linear(2, 8), "relu", Linear(8, 3))')
        self.in_features = _in_features(self.layers)
        self.widths = list(_widths(self.layers, self.in_features))
        self.takes_any = all(layer.in_features is None for layer in self.layers)
        rng = Random(0)
        for layer in self.layers:
            layer.draw(rng)
        self.loss: Loss | None = None
        self.classes: tuple[str, ...] = ()
        self.source: Mapping[str, str] = {}
        self.pixels = False
        self.picture_shape: tuple[int, int] | None = None

    def remember(self, samples: Samples, loss: Loss) -> None:
        """Keep what the samples and the loss of a training say about the inputs and the outputs."""
        self.loss, self.classes = loss, samples.classes
        self.source, self.pixels = samples.source, isinstance(samples.inputs, Images)
        self.picture_shape = (
            (samples.inputs.height, samples.inputs.width) if isinstance(samples.inputs, Images) else None
        )

    @property
    def parameters(self) -> list[Matrix]:
        """The parameters of all layers, in order."""
        return [parameter for layer in self.layers for parameter in layer.parameters]

    @property
    def weights(self) -> list[Matrix]:
        """The parameters that a penalty applies to: those with a tensor of two dimensions, which connect inputs to
        outputs. Biases, slopes and the factors of a normalization are not among them."""
        named = [pair for layer in self.layers for pair in zip(layer.parameters, layer.tensor_shapes.values())]
        return [parameter for parameter, shape in named if len(shape) == 2]

    @property
    def buffers(self) -> list[Matrix]:
        """The buffers of all layers, in order: numbers that belong to the network but are not trained."""
        return [buffer for layer in self.layers for buffer in layer.buffers]

    def forward(self, x: Numbers, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        """Return the outputs for a batch and the backward pass through all layers. All get `training` and `rng`."""
        if not (isinstance(x, Matrix) and x.columns == self.in_features):  # in training it is: nothing is to be done
            rows = self.rows(x)
            x = rows.take(range(len(rows)))
        ways_back: list[Backward] = []
        for layer in self.layers:
            x, backward = layer.forward(x, training=training, rng=rng)
            ways_back.append(backward)

        def inputs(dy: Matrix) -> Matrix:
            for backward in reversed(ways_back):
                dy = backward.inputs(dy)
            return dy

        def parameters(dy: Matrix) -> Gradients:
            by_layer: list[Gradients] = []
            first, *others = ways_back
            for backward in reversed(others):
                dy, gradients = backward(dy)
                by_layer.append(gradients)
            by_layer.append(first.parameters(dy))  # not its inputs: the data are not trained
            return list(chain.from_iterable(reversed(by_layer)))

        return x, Backward(inputs, parameters)

    def __call__(self, x: Numbers) -> Matrix:
        """Return the outputs for a batch."""
        return self.forward(x)[0]

    def __len__(self) -> int:
        """The number of layers."""
        return len(self.layers)

    def __getitem__(self, index: int) -> Layer:
        """Return the layer with this number, counted from 0."""
        return self.layers[index]

    def __iter__(self) -> Iterator[Layer]:
        """Iterate over the layers."""
        return iter(self.layers)

    if not TYPE_CHECKING:
        __getattr__ = foreign_attribute
        __setattr__ = foreign_setting

    def rows(self, inputs: Numbers) -> Rows:
        """Return inputs as rows: `as_inputs` for this network. Raises ShapeError for rows of another length.

        Warns of numbers above 1 if the network was trained on pixels, which are from 0 to 1.
        """
        try:
            rows = as_inputs(inputs, None if self.takes_any else self.in_features)
        except (TypeError, ShapeError) as error:
            raise type(error)(f"{error}{read_hint(inputs, self.source, pixels=self.pixels)}") from None
        if self.pixels and isinstance(rows, Matrix) and any(value > 1.0 for row in rows for value in row):
            what = "some inputs are above 1, but the network was trained on pixels from 0 to 1"
            warn(f"{what}: divide them by 255, or pass pictures as arrays of bytes (uint8)")
        return rows

    def samples(
        self, inputs: Numbers | Samples, targets: Targets | None = None, weights: Iterable[float] | None = None
    ) -> Samples:
        """Return inputs and targets as samples for this network: `as_samples`, whose errors it raises."""
        rows = inputs.inputs if isinstance(inputs, Samples) else self.rows(inputs)
        outputs = [*_widths(self.layers, rows.columns)][-1] if self.takes_any else self.widths[-1]
        features = None if self.takes_any else self.in_features
        samples = inputs if isinstance(inputs, Samples) else rows
        return as_samples(samples, targets, (features, outputs), weights, self.classes)

    def outputs(self, inputs: Numbers, batch_size: int = 100) -> Matrix:
        """Return the outputs for any number of samples, computed `batch_size` at a time to save memory.

        For a network trained with `CrossEntropy`, these are logits; `predict` returns probabilities.
        """
        check_whole(1, batch_size=batch_size)
        rows = self.rows(inputs)
        batches = (range(i, min(i + batch_size, len(rows))) for i in range(0, len(rows), batch_size))
        return Matrix.wrap([row for batch in batches for row in self(rows.take(batch))])

    @explained("predict")
    def predict(self, inputs: Numbers, batch_size: int = 100) -> Matrix:
        """Return the predictions in the units of the targets: the outputs or, if these are logits, probabilities.

        The outputs of a network that was not trained are returned unchanged.
        """
        return self.meaning.predictions(self.outputs(inputs, batch_size))

    def predict_proba(self, inputs: Numbers) -> Matrix:
        """Return the probability of each class, or of each label. A single output tells two classes apart.

        If the loss is not known, the outputs are taken for logits, unless the last layer makes probabilities. Raises
        ValueError if the outputs are not probabilities.
        """
        return self.meaning.class_probabilities(self.outputs(inputs))

    def predict_classes(self, inputs: Numbers, *, threshold: float = 0.5) -> list[int]:
        """Return the number of the class of each sample: the column of its largest output.

        With a single output, the class is 1 if its prediction, usually a probability, is above `threshold`. Raises
        ValueError if the network was trained on quantities, or on labels of which a sample can have several.
        """
        return self.meaning.class_numbers(self.outputs(inputs), threshold)

    def predict_names(self, inputs: Numbers) -> list[str]:
        """Return the name of the class of each sample. Raises the errors of `predict_classes`, and ValueError if the
        names are not known."""
        return self.meaning.class_names(self.outputs(inputs))

    def predict_multilabel(self, inputs: Numbers, *, threshold: float = 0.5) -> list[list[int]]:
        """Return the labels of each sample, a 0 or 1 for each output: several labels can be 1.

        A label is 1 where a prediction, usually a probability, is above `threshold`. Raises ValueError if the network
        was trained on quantities, or on classes, of which each sample has one.
        """
        return self.meaning.labels(self.outputs(inputs), threshold)

    @property
    def meaning(self) -> Meaning:
        """The meaning of the outputs, from `loss`, `classes` and the last layer."""
        last = self.layers[-1]
        function = last.function if isinstance(last, Activation) else identity if isinstance(last, Linear) else None
        return Meaning(self.loss, self.classes, function)

    def summary(self) -> str:
        """Return a table of the layers, with outputs and trained parameters, to print: print(network.summary())."""
        counts = [sum(p.rows * p.columns for p in layer.parameters) for layer in self.layers]
        rows = [[str(layer), str(width), f"{n:,}"] for layer, width, n in zip(self.layers, self.widths, counts)]
        return table([["layer", "outputs", "parameters"], *rows, ["total", "", f"{sum(counts):,}"]])

    def plot(self, samples: Samples | None = None, path: File | None = None) -> Svg:
        """Return a drawing, an SVG text that a notebook shows: the diagram of the network, in which weights are lines.

        samples: several samples of one or two features are drawn with the answers for all inputs around them: for
        classes, with the decision boundary. A single sample is passed forward and back through the diagram.
        path: a file to write the drawing to, such as "network.svg".
        """
        return drawn(self, samples and self.samples(samples)).written(path)

    def _repr_svg_(self) -> str:
        return self.plot()

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(str, self.layers))})"

    # Files: tensors and the architecture.

    def _named(self) -> Iterator[tuple[str, tuple[int, ...], Matrix]]:
        """Yield every parameter and buffer with its name and its shape in PyTorch."""
        for i, layer in enumerate(self.layers):
            matrices = [*layer.parameters, *layer.buffers]
            yield from ((f"{i}.{name}", shape, m) for (name, shape), m in zip(layer.tensor_shapes.items(), matrices))

    def state(self) -> dict[str, Tensor]:
        """Return every parameter and buffer under the name and in the shape it has in PyTorch.

        "0.weight" is out × in, the transpose of ours, and "0.bias" a vector. All are F64, except counts, which are I64.
        """
        return {name: as_tensor(m, shape, counts=name.endswith(COUNTS)) for name, shape, m in self._named()}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Copy the values of these tensors into every parameter and buffer.

        Raises ShapeError, naming all tensors that are missing, unknown or of another shape, and ValueError for a count
        that is not a whole number. After an error, nothing has changed.
        """
        check_tensors(self.state(), state, str(self))
        for name, _, matrix in self._named():
            fill(matrix, state[name])

    @property
    def architecture(self) -> str:
        """The layers and their options as JSON: the network without its numbers."""
        layers = {str(i): {"layer": type(layer).__name__, **layer.options} for i, layer in enumerate(self.layers)}
        return json.dumps(layers)

    @classmethod
    def blank(cls, architecture: str, shapes: Shapes) -> Sequential:
        """Make a network of this architecture whose tensors have these shapes. Their numbers can be anything.

        Sizes are taken from the shapes, because these tensors exist, and then compared with the architecture, which
        might ask for any amount of memory. Raises ValueError if no such network can be made.
        """
        description = parse_json(architecture)
        records = list(description.items()) if isinstance(description, JsonObject) else []
        return cls(*(_blank_layer(i, key, record, shapes) for i, (key, record) in enumerate(records)))

    def save(self, path: File, metadata: Mapping[str, str] | None = None, *, dtype: str = "F64") -> None:
        """Write a safetensors file that `load` and PyTorch read, atomically; or write it to an open binary file.

        The architecture, the loss and the classes are stored in the file's metadata, together with `metadata`; a loss
        that is not registered is left out. `dtype` is F64, which keeps all bits, or F32, F16 or BF16, which round to a
        half or a quarter of the size. Raises ValueError for another dtype, for a value that does not fit it (naming
        tensor and index), for metadata that are not strings or that the network writes itself, and for a custom layer,
        activation or loss that `load` could not make again: it is not registered, or lacks some of its `options`.
        """
        own, state = self.meaning.metadata, self.state()
        kept = {"pixels": "yes"} if self.pixels else {}
        if self.picture_shape:
            kept.update(zip(("height", "width"), map(str, self.picture_shape)))
        if self.source and not (metadata and ("source" in metadata or "kind" in metadata)):
            kept["source"] = json.dumps(dict(self.source), ensure_ascii=False)
        for name in ("loss", "loss options", "classes"):
            if metadata and metadata.get(name, own.get(name)) != own.get(name):
                raise ValueError(f"metadata has {name!r}: set network.loss and network.classes instead")
        Meaning.from_metadata(own, self.widths[-1])  # raises ValueError for what could not be loaded
        source_in({**kept, **(metadata or {})})  # and so does this
        again = self.blank(self.architecture, {name: tensor.shape for name, tensor in state.items()})
        again.load_state(state)
        x = Matrix.from_function(1, self.in_features, lambda i, j: (j % 7 - 3) / 2)  # some numbers of either sign
        if any(a != b and a == a for a, b in zip(self(x)[0], again(x)[0])):  # a == a: NaN is equal to nothing
            raise ValueError(f"{self} cannot be saved: made again from its description, it computes something else")
        write_model(path, self.architecture, state, {**kept, **(metadata or {}), **own}, dtype)

    @classmethod
    def load(cls, path: File) -> Sequential:
        """Read a network from a file that `save` wrote, by its path or open. Raises FormatError if the file holds no
        such network."""
        model = read_model(path)
        try:
            network = cls.blank(model.architecture, {name: tensor.shape for name, tensor in model.tensors.items()})
            network.load_state(model.tensors)
        except (ValueError, OverflowError) as error:
            raise FormatError(f"{path}: no network can be made from its architecture: {error}") from error
        try:
            meaning = Meaning.from_metadata(model.metadata, network.widths[-1])
            source = source_in(model.metadata)
        except ValueError as error:
            raise FormatError(f"{path}: {error}") from error
        network.loss, network.classes = meaning.loss, meaning.classes
        network.source, network.pixels = source, "pixels" in model.metadata
        network.picture_shape = _picture_shape(model.metadata, network.in_features)
        return network


def load(path: File) -> Sequential:
    """Read a network from a file that `Sequential.save` wrote. Raises FormatError if the file holds no such network."""
    return Sequential.load(path)


def _picture_shape(metadata: Mapping[str, str], pixels: int) -> tuple[int, int] | None:
    """Return the height and the width of the pictures that a network with so many inputs takes, from the metadata of
    its file; None if they do not say it. Pictures of an older file, which does not, are square if they can be."""
    height, width = metadata.get("height", "")[:9], metadata.get("width", "")[:9]  # a damaged file may have thousands
    if height.isdecimal() and width.isdecimal() and int(height) * int(width) == pixels:
        return int(height), int(width)
    side = isqrt(pixels)
    return (side, side) if "pixels" in metadata and side * side == pixels else None


def _in_features(layers: Sequence[Layer]) -> int:
    """Return the number of features that the first layer takes; 1 if no layer has a fixed number.

    If the first layer takes any number, find the one with which the first layer of a fixed number gets that number.
    """
    told = [(i, layer.in_features) for i, layer in enumerate(layers) if layer.in_features is not None]
    if not told:
        return 1
    number, wanted = told[0]
    candidates: list[int] = [wanted, *range(1, wanted)]
    for columns in candidates:  # most layers return as many as they take, so try that first
        try:
            if [columns, *_widths(layers[:number], columns)][-1] == wanted:
                return columns
        except ShapeError:
            continue
    raise ShapeError(f"layer 0, {layers[0]}: define its in_features; {layers[number]} expects {wanted} features")


def _widths(layers: Sequence[Layer], columns: int) -> Iterator[int]:
    """Yield the number of features that come out of each layer."""
    for i, layer in enumerate(layers):
        try:
            columns = layer.output_columns(columns)
        except ShapeError as error:
            raise ShapeError(f"layer {i}, {error}{f' from {layers[i - 1]}' if i else ''}") from None
        yield columns


def _as_layers(given: Sequence[LayerLike | Sequence[LayerLike]]) -> list[Layer]:
    """Return layers that were given one by one or in a list, with a layer for each activation or its name."""
    if len(given) == 1 and isinstance(given[0], (list, tuple)):
        given = given[0]
    layers: list[Layer] = []
    for i, part in enumerate(given):
        if isinstance(part, str):
            layers.append(activation_layer(part, [1, *_widths(layers, _in_features(layers))][-1]))
        elif isinstance(part, (Elementwise, Rowwise)):
            layers.append(Activation(part))
        # Linear first: to compare with the protocol Layer, Python gets every member, and `parameters` draws weights
        elif isinstance(part, (Linear, Layer)) and not isinstance(part, type):
            layers.append(part)
        elif isinstance(part, ColumnScales) and not isinstance(part, type):
            layers.append(Scaling.of(part))
        else:
            raise TypeError(f"layer {i} is {part!r:.200}, expected a layer; {_advice(part)}")
    return layers


def _advice(layer: object) -> str:
    """Return what to pass instead of an object that is not a layer."""
    if isinstance(layer, type):
        return f"it is a class: call it, as in {layer.__name__}(…)"
    if isinstance(layer, Sequential):
        return "to join networks, pass the layers of each: Sequential(*first, *second)"
    if isinstance(layer, (list, tuple)):
        return "pass them one by one, or all in one list"
    return "a custom layer inherits from purenn.Layer"


def _blank_layer(i: int, key: str, record: object, shapes: Shapes) -> Layer:
    """Make layer number i from its entry in the architecture. Raises ValueError if no such layer can be made."""
    if key != str(i) or not isinstance(record, JsonObject):
        raise ValueError(f"layer {i} is {key!r}: {record!r}, expected {str(i)!r} and an object")
    kind = record.get("layer")
    if not isinstance(kind, str) or kind not in LAYERS:
        what = f"no layer is called {kind!r}; a custom layer must be registered to be saved or loaded"
        raise ValueError(f"layer {i} is {record}: {what}")
    options = {name: value for name, value in record.items() if name != "layer"}
    own = {name.partition(".")[2]: shape for name, shape in shapes.items() if name.startswith(f"{i}.")}
    try:
        layer = LAYERS[kind].from_options(options, own)
        made = {"layer": kind, **layer.options}
    except (OverflowError, TypeError, ValueError) as error:
        raise ValueError(f"layer {i} is {record}: {error}") from error
    # False == 0.0 in Python, but where a number is expected, a damaged file must not have a bool
    if made != record or any(isinstance(made[name], bool) != isinstance(record[name], bool) for name in made):
        raise ValueError(f"layer {i} is {record}, but its tensors make {layer}")
    return layer


@explained("feed_forward")
def feed_forward(
    sizes: Sequence[int],
    rng: Random | int = 0,
    *more: NoReturn,
    hidden: str | AnyActivation = "relu",
    dropout: float = 0.0,
) -> Sequential:
    """Make a fully connected network. `sizes` are the numbers of inputs, of units in each hidden layer, and of outputs.

    Each hidden Linear layer is followed by the activation called `hidden` (or a layer that stands for one: "prelu")
    and, if `dropout` is above 0, by Dropout. The last layer is only Linear, because losses take logits. The weights of
    each layer are initialized for the activation that follows, and drawn with `rng`, a generator or a seed: the same
    seed gives the same network. Raises ShapeError for fewer than two sizes, ValueError for an unknown name.

    >>> feed_forward([784, 128, 10])
    Sequential(Linear(784, 128), Activation('relu'), Linear(128, 10))
    """
    hidden = hidden.name if isinstance(hidden, (Elementwise, Rowwise)) else hidden
    check_kind("partition", '"relu"', hidden=hidden)
    if isinstance(sizes, int) or isinstance(rng, str) or more:
        raise TypeError('the sizes go in one list, and options have names: feed_forward([4, 8, 3], hidden="tanh")')
    check_whole(1, **{f"size {i}": size for i, size in enumerate(sizes)})
    rng = generator(rng)
    if len(sizes) < 2:
        raise ShapeError(f"a network needs a number of inputs and one of outputs, got sizes {sizes}")
    layers: list[Layer] = []
    initializer = initializer_for(initial_activation(hidden))
    for inputs, outputs in zip(sizes[:-2], sizes[1:-1]):
        layers += [Linear(inputs, outputs, rng, initializer=initializer), activation_layer(hidden, outputs)]
        if dropout:
            layers.append(Dropout(dropout))
    return Sequential(*layers, Linear(sizes[-2], sizes[-1], rng, initializer=initializer_for(identity)))
