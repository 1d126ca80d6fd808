"""Named detectors that come with the package: what they are, and how good they were measured.

`tfface.presets()` lists their names, and `python -m tfface.presets` prints what is known of each.
"""

import sys
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tfface.command_line import CommandParser
from tfface.packaged import PRECISIONS, WEIGHTS, PackagedFile, packaged_files


@dataclass(frozen=True)
class Measurement:
    """One measured number, with what is needed to measure it again.

    Attributes:
        quantity: what was measured, as "average precision, easy".
        value: the number.
        unit: "percent", "ms", ...
        protocol: data set and how many of its pictures, test size; or machine, runtime, threads.
    """

    quantity: str
    value: float
    unit: str
    protocol: str


@dataclass(frozen=True)
class Preset:
    """A trained detector in the package.

    Attributes:
        name: what `FaceDetector.from_preset` takes.
        files: its TFLite files in `tfface/weights`, by precision.
        card: the model card there, which has the whole story.
        description: what it is for, in a sentence.
        licence: of the weights, an SPDX identifier.
        data_terms: terms of the pictures it was trained on.
        input: what its file takes.
        provenance: network, data, and the command that trained it.
        parameters: number of trained parameters.
        multiply_adds: for one picture of 640x480.
        measured: numbers, each with its protocol.
    """

    name: str
    files: Mapping[str, PackagedFile]
    card: str
    description: str
    licence: str
    data_terms: str
    input: str
    provenance: str
    parameters: int
    multiply_adds: int
    measured: tuple[Measurement, ...]

    def file(self, precision: str = PRECISIONS[0]) -> PackagedFile:
        """Its TFLite file of a precision.

        Raises:
            ValueError: there is none; the message lists those there are.
            FileNotFoundError: the package lacks the list of its files.
        """
        if not self.files:
            raise FileNotFoundError(
                f"expected the files of preset {self.name!r} in {WEIGHTS}, got no list of them; "
                "the installation is not complete: install tfface again"
            )
        if precision not in self.files:
            raise ValueError(
                f"expected a precision of preset {self.name!r} ({', '.join(self.files)}), "
                f"got {precision!r}; python -m convert.main writes others"
            )
        return self.files[precision]

    def read(self, precision: str = PRECISIONS[0]) -> bytes:
        """The content of its TFLite file of a precision.

        Raises:
            ValueError: there is none of that precision, or the file is damaged.
            FileNotFoundError: it is not in the package.
        """
        return self.file(precision).read()


def keras_weights(preset: Preset) -> Path:
    """The `.keras` file of a preset, to fine-tune or convert from.

    Raises:
        FileNotFoundError: it is not in the package.
    """
    path = Path(str(WEIGHTS / f"{preset.name}.keras"))
    if not path.is_file():
        raise FileNotFoundError(
            f"expected the Keras weights of preset {preset.name!r} at {path}, got no such file; "
            "the installation is not complete: install tfface again"
        )
    return path


_INPUT = "one RGB picture, uint8 0..255, of any size"
_DATA_TERMS = (
    "trained on WIDER FACE, whose pictures are for research use, and on group photos of a public "
    "contest, which came without a stated licence"
)


def _provenance(name: str) -> str:
    return (
        "trained without distillation on 2,151 pictures of WIDER FACE and 2,400 group photos by "
        f"train/configs/{name}.flags, {name}-640.flags and {name}-large.flags; the model card "
        "tfface/weights/fbi.md has the whole recipe"
    )


def _imitating_from(begun_with: str, stride: int) -> str:
    return (
        "trained by this project to imitate yunet-n, by train/configs/plain-yunet.flags; "
        f"it began with the layers of {begun_with} behind stride {stride}"
    )


_PLAIN_TERMS = (
    f"{_DATA_TERMS}; on pictures of crowds and fashion of other projects, also without one; its "
    "teacher was trained by others on WIDER FACE"
)

_WIDER_TERMS = "trained by others on WIDER FACE, whose pictures are for research use"

_YUNET_LICENCE = "Apache-2.0"


def _imported(repository: str, command: str) -> str:
    return (
        f"trained by the authors of github.com/{repository}; their weights, brought over by "
        f"python -m convert.import_{command} and run by tfface"
    )


def _wider(size: str, **percents: float) -> tuple[Measurement, ...]:
    """Average precision on WIDER FACE at a test size, by setting."""
    protocol = f"394 pictures of WIDER FACE validation, official protocol, single scale, {size}"
    return tuple(
        Measurement(f"average precision, {setting}", percent, "percent", protocol)
        for setting, percent in percents.items()
    )


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            name="fbi-1",
            files=packaged_files("fbi-1"),
            card="fbi.md",
            description="FaceBoxesImproved at full width: the more accurate one.",
            licence="Apache-2.0",
            data_terms=_DATA_TERMS,
            input=_INPUT,
            provenance=_provenance("fbi-1"),
            parameters=378_664,
            multiply_adds=271_893_760,
            measured=(
                *_wider("long side 640", easy=84.8, medium=80.9, hard=61.6),
                *_wider("long side 1024", easy=86.1, medium=82.7, hard=71.6),
                *_wider("long side 640, int8", easy=84.9, medium=80.8, hard=61.3),
            ),
        ),
        Preset(
            name="fbi-half",
            files=packaged_files("fbi-half"),
            card="fbi.md",
            description="FaceBoxesImproved at half the width: the faster one.",
            licence="Apache-2.0",
            data_terms=_DATA_TERMS,
            input=_INPUT,
            provenance=_provenance("fbi-half"),
            parameters=96_680,
            multiply_adds=77_371_840,
            measured=(
                *_wider("long side 640", easy=79.7, medium=72.5, hard=45.4),
                *_wider("long side 1024", easy=81.8, medium=76.6, hard=59.1),
                *_wider("long side 640, int8", easy=79.6, medium=72.5, hard=45.3),
            ),
        ),
        Preset(
            name="plain-yunet",
            files=packaged_files("plain-yunet"),
            card="plain.md",
            description="YuNet-n with plain convolutions: between fbi-1 and yunet-n in int8.",
            licence=_YUNET_LICENCE,
            data_terms=_PLAIN_TERMS,
            input=_INPUT,
            provenance=_imitating_from("yunet-n", stride=8) + "; at last with labels too",
            parameters=119_413,
            multiply_adds=507_105_900,
            measured=(
                *_wider("long side 640", easy=92.5, medium=89.4, hard=71.0),
                *_wider("long side 1024", easy=92.1, medium=90.7, hard=82.5),
                *_wider("long side 640, int8", easy=92.5, medium=89.7, hard=71.0),
            ),
        ),
        Preset(
            name="plain-yunet-s",
            files=packaged_files("plain-yunet-s"),
            card="plain.md",
            description="plain-yunet with a lighter entry: as fast as fbi-1 in int8.",
            licence=_YUNET_LICENCE,
            data_terms=_PLAIN_TERMS,
            input=_INPUT,
            provenance=_imitating_from("plain-yunet", stride=4) + "; at last with labels too",
            parameters=79_749,
            multiply_adds=254_587_500,
            measured=(
                *_wider("long side 640", easy=88.7, medium=84.8, hard=62.3),
                *_wider("long side 1024", easy=89.4, medium=86.9, hard=76.2),
                *_wider("long side 640, int8", easy=88.8, medium=84.9, hard=61.7),
            ),
        ),
        Preset(
            name="yunet-n",
            files=packaged_files("yunet-n"),
            card="yunet.md",
            description="YuNet-n: others' weights, the most accurate one of the package.",
            licence=_YUNET_LICENCE,
            data_terms=_WIDER_TERMS,
            input=_INPUT,
            provenance=_imported("ShiqiYu/libfacedetection.train", "yunet"),
            parameters=71_590,
            multiply_adds=402_196_200,
            measured=(
                *_wider("long side 640", easy=93.5, medium=91.3, hard=75.1),
                *_wider("long side 1024", easy=93.5, medium=92.1, hard=85.5),
                *_wider("long side 640, int8", easy=93.7, medium=91.4, hard=75.1),
            ),
        ),
        Preset(
            name="yunet-s",
            files=packaged_files("yunet-s"),
            card="yunet.md",
            description="YuNet-s: others' weights, smaller and faster than YuNet-n.",
            licence=_YUNET_LICENCE,
            data_terms=_WIDER_TERMS,
            input=_INPUT,
            provenance=_imported("ShiqiYu/libfacedetection.train", "yunet"),
            parameters=50_854,
            multiply_adds=253_569_000,
            measured=(
                *_wider("long side 640", easy=91.7, medium=88.8, hard=64.2),
                *_wider("long side 1024", easy=93.3, medium=91.8, hard=81.7),
                *_wider("long side 640, int8", easy=91.4, medium=88.5, hard=63.9),
            ),
        ),
        Preset(
            name="fb-1",
            files=packaged_files("fb-1"),
            card="fb.md",
            description="FaceBoxes as released: others' weights, for comparison; large faces only.",
            licence="MIT",
            data_terms=_WIDER_TERMS,
            input=_INPUT,
            provenance=_imported("zisianw/FaceBoxes.PyTorch", "faceboxes"),
            parameters=1_007_330,
            multiply_adds=275_491_840,
            measured=(
                *_wider("long side 640", easy=84.0, medium=64.6, hard=25.8),
                *_wider("long side 1024", easy=89.5, medium=83.9, hard=41.1),
                *_wider("original size", easy=89.1, medium=84.1, hard=41.2),
                *_wider("long side 640, int8", easy=83.6, medium=64.0, hard=25.5),
            ),
        ),
    )
}
"""Presets by name."""


def find_preset(name: str) -> Preset:
    """The preset called `name`.

    Raises:
        ValueError: there is none of that name; the message lists the names.
    """
    if name not in PRESETS:
        raise ValueError(f"expected the name of a preset ({', '.join(PRESETS)}), got {name!r}")
    return PRESETS[name]


def _megabytes(preset: Preset) -> str:
    """`1.57 (float32), 0.49 (int8)`: of its files by precision."""
    sizes = {precision: len(preset.read(precision)) / 1e6 for precision in preset.files}
    return ", ".join(f"{size:.2f} ({precision})" for precision, size in sizes.items())


def format_table() -> str:
    """The presets as text: what each is for, its size, and what was measured by which protocol."""
    lines = [
        f"{preset.name:13} {_megabytes(preset)} MB, "
        f"{preset.multiply_adds / 1e6:.1f} M multiply-adds at 640x480. {preset.description}"
        for preset in PRESETS.values()
    ]
    tables: dict[str, dict[str, dict[str, str]]] = {}  # by protocol, quantity and preset
    for preset in PRESETS.values():
        for measured in preset.measured:
            row = tables.setdefault(measured.protocol, {}).setdefault(measured.quantity, {})
            row[preset.name] = f"{measured.value:.1f} {measured.unit}"
    for protocol, rows in tables.items():
        lines += ["", f"{protocol}:", " " * 28 + "".join(f"{name:>16}" for name in PRESETS)]
        for quantity, row in rows.items():
            cells = "".join(f"{row.get(name, '-'):>16}" for name in PRESETS)
            lines.append(f"{quantity:28}{cells}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line, which prints the table; returns its exit status."""
    parser = CommandParser(
        prog="python -m tfface.presets", description="Lists the detectors of the package."
    )
    parser.parse_args(arguments)
    print(format_table())
    return 0


class _CallableModule(types.ModuleType):
    """`tfface.presets` is this module and, called, the list of names."""

    def __call__(self) -> list[str]:
        """The names that `FaceDetector.from_preset` takes."""
        return list(PRESETS)


sys.modules[__name__].__class__ = _CallableModule

if __name__ == "__main__":
    sys.exit(main())
