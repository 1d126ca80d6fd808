"""tfface.evaluation.result_file: what one needs to repeat a result."""

from pathlib import Path

from tfface.evaluation.result_file import sha256_of


def test_checksum_of_a_folder_covers_names_and_contents(tmp_path: Path) -> None:
    checksums = set()
    for name, content in (("a", b"1"), ("a", b"2"), ("b", b"1")):
        folder = tmp_path / f"{name}{content.decode()}"
        folder.mkdir()
        (folder / name).write_bytes(content)
        checksums.add(sha256_of(folder))
    assert len(checksums) == 3
