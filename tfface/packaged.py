"""The files of a detector in the package: one for each precision, with its checksum."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

WEIGHTS = files("tfface") / "weights"
"""The folder of the packaged files."""

DEFAULT_PRESET = "yunet-n"
"""What most people should have, and commands that detect take."""

PRECISIONS = ("float32", "dynamic", "int8")
"""Of the packaged TFLite files, see `convert.quantization.PRECISIONS`; the first is the default."""

CHECKSUMS = "SHA256SUMS"
"""The file with the checksums of the TFLite files, as `sha256sum` writes and checks it."""


@dataclass(frozen=True)
class PackagedFile:
    """A TFLite file in the package.

    Attributes:
        name: in the folder of the weights.
        sha256: its checksum, in hexadecimal.
    """

    name: str
    sha256: str

    def read(self, folder: Traversable = WEIGHTS) -> bytes:
        """Its content.

        Raises:
            FileNotFoundError: it is not in `folder`.
            ValueError: its checksum is another.
        """
        file = folder / self.name
        if not file.is_file():
            raise FileNotFoundError(
                f"expected the weights of a preset at {file}, got no such file; "
                "the installation is not complete: install tfface again"
            )
        content = file.read_bytes()
        checksum = hashlib.sha256(content).hexdigest()
        if checksum != self.sha256:
            raise ValueError(
                f"{file}: expected the SHA-256 checksum {self.sha256}, got {checksum}; "
                "the file is damaged or was replaced: install tfface again, or load a file of your "
                "own by its path"
            )
        return content


def file_name(preset: str, precision: str) -> str:
    """`fbi-1.tflite` for float32, else `fbi-1-int8.tflite`."""
    return f"{preset}.tflite" if precision == PRECISIONS[0] else f"{preset}-{precision}.tflite"


def packaged_files(preset: str, folder: Traversable = WEIGHTS) -> Mapping[str, PackagedFile]:
    """The files of a preset by precision: those that `CHECKSUMS` in `folder` names."""
    if not (folder / CHECKSUMS).is_file():
        return {}
    lines = (folder / CHECKSUMS).read_text().splitlines()
    checksums = {name: checksum for checksum, name in (line.split("  ") for line in lines)}
    names = {precision: file_name(preset, precision) for precision in PRECISIONS}
    return {
        precision: PackagedFile(name, checksums[name])
        for precision, name in names.items()
        if name in checksums
    }
