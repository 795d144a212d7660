"""PyTorch in 64-bit floats, for tests that compare with it. Importing this skips a test file where it is missing."""

from __future__ import annotations

from typing import Protocol

import pytest

from purenn.matrix import Matrix

torch = pytest.importorskip("torch")

__all__ = ["Tensor", "agree", "tensor", "torch"]


class Tensor(Protocol):
    """The part of a torch.Tensor that is used. PyTorch need not be there when types are checked."""

    grad: Tensor
    shape: tuple[int, ...]
    dtype: object

    def backward(self, gradient: Tensor | None = None) -> None: ...
    def flatten(self) -> Tensor: ...
    def item(self) -> float: ...
    def reshape(self, shape: tuple[int, ...]) -> Tensor: ...
    def to(self, dtype: object) -> Tensor: ...
    def tolist(self) -> list[list[float]]: ...


def tensor(matrix: Matrix, *, grad: bool = False) -> Tensor:
    """Return a tensor of the numbers of a matrix, which gathers gradients if `grad`."""
    made: Tensor = torch.tensor(matrix.data, dtype=torch.float64, requires_grad=grad)
    return made


def agree(ours: Matrix, theirs: Tensor, absolute: float = 1e-13) -> bool:
    """Compare to 1e-9, relative, or to `absolute` near nothing. Tensors of other dimensions are compared as rows."""
    return ours.is_close(Matrix(theirs.reshape(ours.shape).tolist()), relative=1e-9, absolute=absolute)
