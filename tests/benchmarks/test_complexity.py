"""What the tables of layers count."""

import pytest

from benchmarks.complexity import convolutions, count, main
from tfface.detectors.loading import load_detector
from tfface.detectors.uf_ssd import UFSSD
from tfface.presets import PRESETS


def test_every_convolution_of_a_resnet_is_counted_once() -> None:
    detector = UFSSD("resnet50", 0.0625, mask_levels=())
    kernels = {
        variable.path.removesuffix("/kernel"): tuple(variable.shape)
        for variable in detector.trainable_variables
        if len(variable.shape) == 4
    }

    rows = convolutions(detector, 32, 32)

    # In the order of calls; 1x1 layers of bottlenecks and shortcuts too.
    assert sorted((path, kernel) for path, kernel, *_ in rows) == sorted(kernels.items())
    first = next(row for row in rows if row[1][:3] == (7, 7, 3))
    # Stride 2: 16 x 16 cells, 7 x 7 x 3 multiply-adds for each of 4 channels.
    assert first[2:] == ((1, 16, 16, 4), 16 * 16 * 7 * 7 * 3 * 4)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_say_how_large_they_are(name: str) -> None:
    preset = PRESETS[name]

    assert count(load_detector(name)) == (preset.multiply_adds, preset.parameters)


def test_a_detector_of_another_module(capsys) -> None:
    assert main(["--detector=tests.tiny_detector:TinyDetector", "--width=1", "--size=64x32"]) == 0

    *rows, total = capsys.readouterr().out.splitlines()
    assert len(rows) == 5  # three convolutions, and the heads of two levels
    assert "multiply-adds" in total


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--detector=Tiny"], "expected a detector (FaceBoxes, "),
        (["--detector=nowhere.toys:Toy"], "which Python finds, got 'nowhere.toys:Toy'"),
        (["--detector=YuNet", "--width=2"], "expected no --width, which YuNet does not have"),
    ],
)
def test_what_cannot_be_counted_is_said(given: list[str], message: str, capsys) -> None:
    assert main(given) == 1
    assert message in capsys.readouterr().err
