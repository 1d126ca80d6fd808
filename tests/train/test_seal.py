"""train.seal: a damaged file is known."""

from pathlib import Path

import h5py
import pytest

from train.seal import is_damaged, seal


@pytest.fixture
def state(tmp_path: Path) -> Path:
    with h5py.File(tmp_path / "state.h5", "w") as file:
        file["weights"] = [1.0, 2.0, 3.0]
    return tmp_path / "state.h5"


def test_a_sealed_file_is_whole_and_hdf5_still_reads_it(state: Path) -> None:
    seal(state)
    assert not is_damaged(state)
    with h5py.File(state) as file:
        assert list(file["weights"]) == [1.0, 2.0, 3.0]


def test_a_changed_byte_is_damage(state: Path) -> None:
    seal(state)
    content = bytearray(state.read_bytes())
    content[len(content) // 2] ^= 1
    state.write_bytes(content)
    assert is_damaged(state)


def test_an_older_file_without_a_seal_is_taken(state: Path) -> None:
    assert not is_damaged(state)
    state.write_bytes(b"short")
    assert is_damaged(state)
