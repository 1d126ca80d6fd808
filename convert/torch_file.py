"""Reads tensors from a file of weights that PyTorch saved, and runs nothing that stands in it.

Such a file is a pickle, which may call any function it names. Here it may name what tensors are
made of, and every other name ends the reading.
"""

import io
import math
import pickle
import pickletools
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
"""The first two pickles of the format of PyTorch before 1.6 (torch/serialization.py); the third
describes the machine, the fourth is what was saved, the fifth lists the storages, whose numbers
follow."""


@dataclass(frozen=True, slots=True)
class _Storage:
    """Numbers that stand at the end of the file."""

    dtype: str
    key: str
    count: int


@dataclass(frozen=True, slots=True)
class _Tensor:
    """Where the numbers of a tensor are in its storage."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]


class _Rebuild:
    """Stands for `torch._utils._rebuild_tensor_v2`. An object without attributes, since a pickle
    may set those of what it names."""

    __slots__ = ()

    def __call__(
        self,
        storage: Any,
        offset: Any,
        shape: Any,
        strides: Any,
        requires_grad: Any,
        hooks: Any,
    ) -> _Tensor:
        contiguous = tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
        if strides != contiguous or min((offset, *shape)) < 0:
            raise ValueError(f"expected a contiguous tensor, got {shape} with strides {strides}")
        if offset + math.prod(shape) > storage.count:
            raise ValueError(f"expected {shape} from {offset} on within {storage.count} numbers")
        return _Tensor(storage, offset, shape)


_NAMES: dict[tuple[str, str], Callable | str] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _Rebuild(),
    ("torch", "FloatStorage"): "<f4",
    ("torch", "LongStorage"): "<i8",
}
"""All that a file may name."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _NAMES:
            raise ValueError(
                f"expected a file of tensors alone, got one that names {module}.{name}"
            )
        return _NAMES[module, name]

    def persistent_load(self, identifier: Any) -> _Storage:
        kind, dtype, key, _, count, view = identifier
        if kind != "storage" or view is not None or type(key) is not str or type(count) is not int:
            raise ValueError(f"expected a storage of numbers, got {identifier!r:.80}")
        return _Storage(np.dtype(dtype).str, key, count)


def _load(file: BinaryIO, size: int) -> Any:
    """The next pickle of a file of `size` bytes."""
    start = file.tell()
    for operation, argument, _ in pickletools.genops(file):
        # Python makes a table of as many places as the largest number among these.
        if "PUT" in operation.name and int(argument or 0) > size:
            raise ValueError(f"expected at most {size} objects, got number {argument}")
    file.seek(start)
    return _Unpickler(file).load()


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """The tensors of a dictionary of weights by name, in the order of the file.

    Args:
        path: of a file in the format of PyTorch before 1.6, which later ones write on request.

    Raises:
        ValueError: another file, a damaged one, or one that names anything but tensors.
        OSError: it cannot be read.
    """
    content = path.read_bytes()
    try:
        return _read(io.BytesIO(content), len(content))
    except Exception as error:  # whatever unpickling what is no pickle comes upon
        raise ValueError(
            f"{path}: expected weights as PyTorch saves them with "
            f"_use_new_zipfile_serialization=False: {error or type(error).__name__}"
        ) from error


def _read(file: BinaryIO, size: int) -> dict[str, NDArray[Any]]:
    if (_load(file, size), _load(file, size)) != (_MAGIC_NUMBER, _PROTOCOL):
        raise ValueError("got another beginning")
    machine = _load(file, size)
    if machine["little_endian"] is not True:
        raise ValueError("expected numbers of a little-endian machine")
    saved, keys = _load(file, size), _load(file, size)
    if not isinstance(saved, dict) or not all(isinstance(t, _Tensor) for t in saved.values()):
        raise ValueError("expected a dictionary of tensors")
    dtypes = {tensor.storage.key: tensor.storage for tensor in saved.values()}
    numbers = {key: _read_storage(file, dtypes[key]) for key in keys}
    return {
        name: numbers[tensor.storage.key][tensor.offset :][: math.prod(tensor.shape)].reshape(
            tensor.shape
        )
        for name, tensor in saved.items()
    }


def _read_storage(file: BinaryIO, storage: _Storage) -> NDArray[Any]:
    (count,) = np.frombuffer(file.read(8), "<i8")
    numbers = np.frombuffer(
        file.read(storage.count * np.dtype(storage.dtype).itemsize), storage.dtype
    )
    if not count == storage.count == len(numbers):
        raise ValueError(f"expected {storage.count} numbers of storage {storage.key}, got fewer")
    return numbers
