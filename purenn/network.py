"""A network: layers in a row, run forward to answer and backward to learn, saved to a file and loaded back."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from random import Random

from purenn.architecture import blank_layers, describe
from purenn.errors import FormatError, ShapeError
from purenn.formats import safetensors
from purenn.formats.safetensors import Tensor
from purenn.initializers import initializer_for
from purenn.layers import Activation, Backward, Dropout, Gradients, Layer, Linear, PReLU
from purenn.matrix import Matrix
from purenn.metrics import classes, labels
from purenn.samples import Numbers, as_rows

__all__ = ["Sequential", "feed_forward"]

FLOATS = ("F64", "F32", "F16", "BF16")  # what a file can hold the numbers of a network as
COUNTS = ("num_batches_tracked",)  # tensors of whole numbers, in files and in PyTorch; in a layer, all are floats


class Sequential:
    """Layers in a row, each taking what the one before returns.

    >>> network = Sequential(Linear(2, 3, Random(0)), Activation("relu"), Linear(3, 1, Random(1)))
    >>> print(network.summary())
    layer               outputs  parameters
    Linear(2, 3)              3           9
    Activation('relu')        3           0
    Linear(3, 1)              1           4
    total                                13
    """

    def __init__(self, *layers: Layer) -> None:
        """Raises ShapeError, naming the layer, if one does not take as many features as the one before returns, and
        TypeError for what is no layer."""
        if not layers:
            raise ShapeError("a network needs at least one layer")
        for i, layer in enumerate(layers):
            _check_is_layer(i, layer)
        self.layers = layers
        self.widths = list(self._widths())

    def _widths(self) -> Iterator[int]:
        """How many features come out of each layer."""
        sizes = [layer.options.get("in_features", layer.options.get("features")) for layer in self.layers]
        columns = next((int(size) for size in sizes if size is not None), 1)
        for i, layer in enumerate(self.layers):
            try:
                columns = layer.output_columns(columns)
            except ShapeError as error:
                raise ShapeError(f"layer {i}, {error} from {self.layers[i - 1]}") from None
            yield columns

    @property
    def parameters(self) -> list[Matrix]:
        """The parameters of all layers, in order."""
        return [parameter for layer in self.layers for parameter in layer.parameters]

    @property
    def weights(self) -> list[Matrix]:
        """The parameters that a penalty is for: those whose tensor has two dimensions, for they join every input of a
        layer to every output. Biases, slopes and the factors of a normalisation are not among them."""
        named = [pair for layer in self.layers for pair in zip(layer.parameters, layer.tensors.values())]
        return [parameter for parameter, shape in named if len(shape) == 2]

    @property
    def buffers(self) -> list[Matrix]:
        """The buffers of all layers, in order: numbers that belong to the network but are not trained."""
        return [buffer for layer in self.layers for buffer in layer.buffers]

    def forward(self, x: Matrix, rng: Random | None = None) -> tuple[Matrix, Backward]:
        """The outputs for a batch and the way back through all layers. `rng` is given in training only."""
        ways_back: list[Backward] = []
        for layer in self.layers:
            x, backward = layer.forward(x, rng)
            ways_back.append(backward)

        def inputs(dy: Matrix) -> Matrix:
            for backward in reversed(ways_back):
                dy = backward.inputs(dy)
            return dy

        def parameters(dy: Matrix) -> Gradients:
            by_layer: list[Gradients] = []
            for backward in ways_back[:0:-1]:
                dy, gradients = backward(dy)
                by_layer.append(gradients)
            by_layer.append(ways_back[0].parameters(dy))  # and not its inputs: nobody trains the data
            return list(chain.from_iterable(reversed(by_layer)))

        return x, Backward(inputs, parameters)

    def __call__(self, x: Matrix) -> Matrix:
        """The outputs for a batch."""
        return self.forward(x)[0]

    def predict(self, inputs: Numbers, batch_size: int = 100) -> Matrix:
        """The outputs for any number of samples, computed `batch_size` at a time so that memory stays small."""
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, got {batch_size}")
        rows = as_rows(inputs)
        batches = (range(i, min(i + batch_size, len(rows))) for i in range(0, len(rows), batch_size))
        return Matrix.wrap([row for batch in batches for row in self(rows.take(batch))])

    def predict_classes(self, inputs: Numbers, *, threshold: float = 0.0) -> list[int]:
        """The class of each sample: the column of its largest output; of a single output, 1 if it is over `threshold`
        (0 for a logit, 0.5 for a probability)."""
        return classes(self.predict(inputs), threshold)

    def predict_labels(self, inputs: Numbers, *, threshold: float = 0.0) -> list[list[int]]:
        """The labels of each sample, where several can hold at once: 1 where an output is over `threshold` (0 for a
        logit, 0.5 for a probability), 0 elsewhere."""
        return labels(self.predict(inputs), threshold)

    def summary(self) -> str:
        """A table of the layers, what they return and how many numbers each learns."""
        counts = [sum(p.rows * p.columns for p in layer.parameters) for layer in self.layers]
        table = [("layer", "outputs", "parameters")]
        for layer, width, count in zip(self.layers, self.widths, counts):
            table.append((f"{layer}", f"{width}", f"{count:,}"))
        table.append(("total", "", f"{sum(counts):,}"))
        name, width = max(len(row[0]) for row in table), max(len(row[2]) for row in table)
        return "\n".join(f"{a:{name}}  {b:>7}  {c:>{width}}" for a, b, c in table)

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(str, self.layers))})"

    def state(self) -> dict[str, Tensor]:
        """Every parameter and buffer under the name and shape it has in PyTorch: "0.weight" is out × in, the transpose
        of ours, and "0.bias" a vector. All are F64 but the counts, which are I64."""
        return {
            f"{i}.{name}": _tensor(name, shape, matrix)
            for i, layer in enumerate(self.layers)
            for (name, shape), matrix in zip(layer.tensors.items(), _matrices([layer]))
        }

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Take over these values. Raises ShapeError naming all that is missing, too much or of another shape, and
        ValueError for a count that is none."""
        own = self.state()
        wrong = [f"{name} is missing" for name in own if name not in state]
        wrong += [f"{name} is unknown" for name in state if name not in own]
        wrong += [
            f"{name} is {state[name].shape}, expected {tensor.shape}"
            for name, tensor in own.items()
            if name in state and state[name].shape != tensor.shape
        ]
        if wrong:
            raise ShapeError(f"this state is not of {self}: {'; '.join(wrong)}")
        for name, tensor in own.items():
            if tensor.dtype == "I64" and not all(map(_is_count, state[name].values)):
                raise ValueError(f"{name} is {list(state[name].values)}, expected a whole number from 0 to 2**53")
        for name, matrix in zip(own, _matrices(self.layers)):
            values = list(map(float, state[name].values))
            for i, row in enumerate(matrix):
                row[:] = values[i :: matrix.rows]  # row i of ours is column i of PyTorch's

    @property
    def architecture(self) -> str:
        """The layers and their options, as JSON: all that there is to a network but its numbers."""
        return describe(self.layers)

    @classmethod
    def blank(cls, architecture: str, shapes: Mapping[str, tuple[int, ...]]) -> Sequential:
        """A network of this architecture with zeros for parameters, whose tensors have these shapes.

        The sizes come from the shapes, which are those of tensors that are there; those in the architecture must agree,
        but could be anything, and are not trusted with memory. Raises ValueError if no such network can be made.
        """
        return cls(*blank_layers(architecture, shapes))

    def save(
        self, path: str | os.PathLike[str], metadata: Mapping[str, str] | None = None, *, dtype: str = "F64"
    ) -> None:
        """Write a safetensors file that `load` and PyTorch read: whole, or not at all.

        The architecture goes into the file's metadata as JSON, beside whatever strings are given here. `dtype` is F64,
        to load the same bits again, or F32, F16 or BF16 for a file of half or a quarter of the size, rounded. Raises
        ValueError for another dtype, for a value that does not fit it (naming tensor and index), and for a layer or an
        activation of one's own, which `load` could not make again.
        """
        if dtype not in FLOATS:
            raise ValueError(f"dtype must be one of {', '.join(FLOATS)}, got {dtype!r}")
        state = {name: replace(t, dtype=dtype) if t.dtype == "F64" else t for name, t in self.state().items()}
        self.blank(self.architecture, {name: tensor.shape for name, tensor in state.items()})  # a rehearsal of loading
        safetensors.write(path, state, {**(metadata or {}), "architecture": self.architecture})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Sequential:
        """The network that `save` wrote, its numbers being floats whatever the file has. Raises FormatError if the file
        holds no such network."""
        tensors, metadata = safetensors.read(path)
        if "purenn checkpoint" in metadata:
            raise FormatError(f"{path}: a checkpoint of a training, expected a model: resume the training to get one")
        if "architecture" not in metadata:
            raise FormatError(f"{path}: the metadata has no architecture: these tensors were not saved by purenn")
        try:
            network = cls.blank(metadata["architecture"], {name: tensor.shape for name, tensor in tensors.items()})
            network.load_state(tensors)
        except (ValueError, OverflowError) as error:
            raise FormatError(f"{path}: no network can be made of its architecture: {error}") from error
        return network


def _matrices(layers: Iterable[Layer]) -> list[Matrix]:
    """The parameters and buffers of these layers, in the order of their tensors."""
    return [matrix for layer in layers for matrix in (*layer.parameters, *layer.buffers)]


def _tensor(name: str, shape: tuple[int, ...], matrix: Matrix) -> Tensor:
    """Parameters or a buffer as PyTorch's layer has them."""
    values = list(chain.from_iterable(matrix.T))
    return Tensor(shape, list(map(int, values)), "I64") if name in COUNTS else Tensor(shape, values)


def _is_count(value: float) -> bool:
    return 0 <= value <= 2**53 and value % 1 == 0  # up to there, a float tells every whole number from the next


def _check_is_layer(i: int, layer: object) -> None:
    if not isinstance(layer, Layer):
        advice = "pass them one by one" if isinstance(layer, list) else "one of one's own inherits from purenn.Layer"
        raise TypeError(f"layer {i} is {layer!r}, expected a layer; {advice}")


def feed_forward(sizes: Sequence[int], rng: Random, *, hidden: str = "relu", dropout: float = 0.0) -> Sequential:
    """A fully connected network. `sizes` are the numbers of inputs, of units in each hidden layer, and of outputs.

    Each hidden layer is Linear, the activation called `hidden` ("prelu" too) and, if wanted, Dropout; the last is only
    Linear, because the losses take logits. Weights start as suits the activation they feed.

    >>> feed_forward([784, 128, 10], Random(0))
    Sequential(Linear(784, 128), Activation('relu'), Linear(128, 10))
    """
    if len(sizes) < 2:
        raise ShapeError(f"a network needs a number of inputs and one of outputs, got sizes {sizes}")
    layers: list[Layer] = []
    for inputs, outputs in zip(sizes[:-2], sizes[1:-1]):
        layers.append(Linear(inputs, outputs, rng, initializer=initializer_for(hidden)))
        layers.append(PReLU(outputs) if hidden == "prelu" else Activation(hidden))
        if dropout:
            layers.append(Dropout(dropout))
    return Sequential(*layers, Linear(sizes[-2], sizes[-1], rng, initializer=initializer_for("identity")))
