"""examples/cpp, built and compared with Python; needs the headers of LiteRT, which no wheel has."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from skimage import data

import tfface
from tfface.packaged import WEIGHTS
from tfface.presets import PRESETS
from tfface.rgb import Image

SOURCE = Path(__file__).parent.parent.parent / "examples" / "cpp"


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True)


# As long-lived as the fixtures of TFLite files: where it skips, those are not made.
@pytest.fixture(scope="session")
def detect(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program."""
    headers = os.environ.get("LITERT_INCLUDE_DIR")
    if not headers:
        pytest.skip("needs LITERT_INCLUDE_DIR, the headers of LiteRT: examples/cpp/README.md")
    for tool in ("cmake", "g++"):
        if shutil.which(tool) is None:
            pytest.skip(f"needs {tool}")
    litert = find_spec("ai_edge_litert")
    assert litert is not None and litert.origin is not None
    library = Path(litert.origin).parent / "libLiteRt.so"
    folder = tmp_path_factory.mktemp("cpp")
    variables = (f"-DLITERT_INCLUDE_DIR={headers}", f"-DLITERT_LIBRARY={library}")
    for command in (("-S", SOURCE, "-B", folder, *variables), ("--build", folder)):
        process = run("cmake", *command)
        assert process.returncode == 0, process.stdout + process.stderr
    return folder / "detect"


def write_ppm(file: Path, image: Image) -> Path:
    height, width = image.shape[:2]
    file.write_bytes(f"P6\n# a comment\n{width} {height}\n255\n".encode() + image.tobytes())
    return file


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("size", [(512, 512), (301, 277), (1, 1)])
def test_boxes_and_scores_are_those_of_python(
    detect: Path, preset: str, size: tuple[int, int], tmp_path: Path
) -> None:
    image = data.astronaut()[: size[0], : size[1]]
    expected = tfface.FaceDetector.from_preset(preset).detect(image)

    model = str(WEIGHTS / PRESETS[preset].file().name)
    process = run(detect, model, write_ppm(tmp_path / "picture.ppm", image))

    assert process.returncode == 0, process.stderr
    faces = np.array([line.split() for line in process.stdout.splitlines()], float).reshape(-1, 5)
    assert len(faces) == (0 if size == (1, 1) else 1)
    np.testing.assert_allclose(faces[:, :4], expected.boxes, atol=0.01)
    np.testing.assert_allclose(faces[:, 4], expected.scores, atol=1e-4)


def test_a_picture_smaller_than_the_size_of_the_file_lies_in_its_corner(
    detect: Path, fixed_tflite_content: bytes, tmp_path: Path
) -> None:
    model = tmp_path / "fixed.tflite"
    model.write_bytes(fixed_tflite_content)
    image = np.zeros((50, 80, 3), np.uint8)
    image[10, 20] = 255, 0, 0

    process = run(detect, model, write_ppm(tmp_path / "red.ppm", image))
    # The detector's face is the reddest pixel; its score is 255 / 255.
    assert process.stdout == "20.000 10.000 21.000 11.000 1.0000\n"

    process = run(detect, model, write_ppm(tmp_path / "large.ppm", data.astronaut()))
    assert process.returncode == 1
    assert "expected a picture of at most 96x64 pixels, got 512x512" in process.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected a file with content, got none; check the path"),
        (b"P5\n2 2\n255\n0000", "got another format"),
        (b"P6\n2 2\n255\n00000", "got 5 bytes of pixels instead of 12"),
        (b"P6\n-2 2\n255\n", "got -2x2 pixels of 0 to 255"),
        (b"P6\n1 1\n65535\n000000", "got 1x1 pixels of 0 to 65535"),
        (b"P6 #", "got 0x0 pixels of 0 to 0"),
    ],
)
def test_no_picture_is_refused(detect: Path, content: bytes, message: str, tmp_path: Path) -> None:
    file = tmp_path / "picture.ppm"
    file.write_bytes(content)
    process = run(detect, str(WEIGHTS / "fbi-half.tflite"), file)
    assert (process.returncode, process.stdout) == (1, "")
    assert process.stderr.startswith(f"detect: {file}: expected") and message in process.stderr


def test_no_detector_is_refused(detect: Path, tmp_path: Path) -> None:
    picture = write_ppm(tmp_path / "picture.ppm", np.zeros((4, 4, 3), np.uint8))
    content = (WEIGHTS / "fbi-half.tflite").read_bytes()
    foreign = content.replace(b"serving_default\0", b"of_another_name\0")
    for damaged, message in (
        (b"", "expected a file with content, got none; check the path"),
        (b"no TFLite file", "expected a whole TFLite file"),
        (content[:100], "expected a whole TFLite file"),
        (content[: len(content) // 2], "expected a whole TFLite file"),
        (foreign, "expected the signature serving_default"),
    ):
        file = tmp_path / "model.tflite"
        file.write_bytes(damaged)
        process = run(detect, file, picture)
        assert (process.returncode, process.stdout) == (1, "")
        assert f"detect: {file}: {message}" in process.stderr
