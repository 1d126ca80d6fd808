"""convert.torch_file: tensors from a file of PyTorch, of which nothing is run."""

import io
import os
import pickle
import struct
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from convert.torch_file import read_tensors

MAGIC_NUMBER, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


class _Global:
    """Is pickled as a name of a module that is not installed."""

    def __init__(self, module: str, name: str) -> None:
        self.line = f"c{module}\n{name}\n".encode()


FLOATS = _Global("torch", "FloatStorage")


def opcodes(value: object) -> bytes:
    """A pickle's instructions for what files of weights consist of."""
    if isinstance(value, _Global):
        return value.line
    if isinstance(value, tuple):
        return b"(" + b"".join(map(opcodes, value)) + b"t"
    return pickle.dumps(value, protocol=2)[2:-1]


def tensor(key: str, count: int, shape: tuple, strides: tuple, offset: int = 0) -> bytes:
    storage = opcodes(("storage", FLOATS, key, "cpu", count, None)) + b"Q"
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n("
        + storage
        + opcodes(offset)
        + opcodes(shape)
        + opcodes(strides)
        + opcodes(False)
        + b"ccollections\nOrderedDict\n)Rt"
        + b"R"
    )


def saved(entries: dict[str, bytes], storages: dict[str, np.ndarray]) -> bytes:
    """A file as PyTorch wrote them before 1.6: five pickles and the numbers."""
    items = b"".join(opcodes(name) + value + b"s" for name, value in entries.items())
    content = b"".join(
        [
            pickle.dumps(MAGIC_NUMBER, 2),
            pickle.dumps(PROTOCOL, 2),
            pickle.dumps({"little_endian": True}, 2),
            b"\x80\x02ccollections\nOrderedDict\n)R" + items + b".",
            pickle.dumps(list(storages), 2),
        ]
    )
    for numbers in storages.values():
        content += struct.pack("<q", len(numbers)) + numbers.astype("<f4").tobytes()
    return content


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "weights.pth"


def test_tensors_by_name_and_shape(path: Path) -> None:
    numbers = {"7": np.arange(6), "8": np.array([0.5, 1.5])}
    entries = {"kernel": tensor("7", 6, (2, 3), (3, 1)), "bias": tensor("8", 2, (1,), (1,), 1)}
    path.write_bytes(saved(entries, numbers))

    tensors = read_tensors(path)

    assert list(tensors) == ["kernel", "bias"]
    np.testing.assert_array_equal(tensors["kernel"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(tensors["bias"], [1.5])
    assert tensors["kernel"].dtype == np.float32


class Evil:
    """Makes a folder when it is unpickled, as it could do anything."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("place", range(5))
def test_a_call_in_any_of_its_pickles_is_not_made(path: Path, tmp_path: Path, place: int) -> None:
    parts: list[object] = [MAGIC_NUMBER, PROTOCOL, {"little_endian": True}, OrderedDict(), []]
    parts[place] = Evil(tmp_path / "made")
    path.write_bytes(b"".join(pickle.dumps(part, 2) for part in parts))

    with pytest.raises(ValueError, match=r"weights\.pth: .*names (posix|nt|os)\.mkdir"):
        read_tensors(path)

    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "name", ["builtins eval", "builtins getattr", "torch._utils _rebuild_tensor", "os system"]
)
def test_every_other_name_is_refused(path: Path, name: str) -> None:
    module, attribute = name.split()
    entry = f"c{module}\n{attribute}\n".encode()
    path.write_bytes(saved({"kernel": entry}, {}))

    with pytest.raises(ValueError, match=f"tensors alone, got one that names {module}.{attribute}"):
        read_tensors(path)


def test_what_it_may_name_cannot_be_changed(path: Path) -> None:
    # "b" sets the attributes of what was named: here of the function that makes tensors.
    entry = b"ctorch._utils\n_rebuild_tensor_v2\n" + opcodes({"__call__": 1}) + b"b"
    path.write_bytes(saved({"kernel": entry}, {}))

    with pytest.raises(ValueError, match="no attribute"):
        read_tensors(path)


def test_a_number_of_an_object_that_would_take_all_memory(path: Path) -> None:
    # Python's table of objects grows to the number that an object is stored under.
    path.write_bytes(b"\x80\x02Nr" + struct.pack("<I", 2**31) + b".")

    with pytest.raises(ValueError, match="expected at most 9 objects, got number 2147483648"):
        read_tensors(path)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (tensor("7", 6, (3, 3), (3, 1)), "within 6 numbers"),
        (tensor("7", 6, (2, 3), (3, 1), offset=1), "within 6 numbers"),
        (tensor("7", 6, (2, 3), (3, 1), offset=-1), "expected a contiguous tensor"),
        (tensor("7", 6, (2, 3), (1, 2)), "expected a contiguous tensor"),
        (tensor("7", 60, (2, 3), (3, 1)), "expected 60 numbers of storage 7, got fewer"),
        (opcodes("text"), "expected a dictionary of tensors"),
    ],
)
def test_a_tensor_that_is_not_in_the_file(path: Path, entry: bytes, message: str) -> None:
    path.write_bytes(saved({"kernel": entry}, {"7": np.arange(6)}))

    with pytest.raises(ValueError, match=message):
        read_tensors(path)


def test_files_that_are_none_of_this_kind(path: Path) -> None:
    whole = saved({"kernel": tensor("7", 6, (6,), (1,))}, {"7": np.arange(6)})
    buffer = io.BytesIO()
    np.savez(buffer, a=np.arange(3))  # a zip archive, as later releases of PyTorch write
    for content in (b"", b"no pickle", whole[:-1], whole[:40], buffer.getvalue()):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="expected weights as PyTorch saves them"):
            read_tensors(path)
