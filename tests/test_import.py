"""Detecting needs neither TensorFlow nor Keras, and `import tfface` is quick."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# What takes seconds to import, or is not there after `pip install tfface`.
HEAVY = {"tensorflow", "keras", "jax", "matplotlib", "scipy", "tensorboard"}


def imported_modules(*arguments: str) -> dict[str, int]:
    """What `python ARGUMENTS` imports: the microseconds each module itself took, by its name."""
    process = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert process.returncode == 0, process.stderr
    times = {}
    for line in process.stderr.splitlines():
        # "import time:  1234 |  5678 |   package.module": itself, with what it imports, name
        if line.startswith("import time:") and "[us]" not in line:
            itself, _, name = line.removeprefix("import time:").split("|")
            times[name.strip()] = int(itself)
    assert times, f"expected import times of python {arguments}, got: {process.stderr}"
    return times


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("-c", "import tfface; tfface.FaceDetector"), id="FaceDetector"),
        pytest.param(("-c", "import tfface; tfface.read_image"), id="read_image"),
        pytest.param(("-c", "import tfface; tfface.draw_detections"), id="draw_detections"),
        pytest.param(("-c", "import tfface; tfface.presets()"), id="presets"),
        pytest.param(("-c", "import tfface.detectors.loading"), id="the list of detectors"),
        pytest.param(("-m", "tfface.detect", "--help"), id="python -m tfface.detect"),
        pytest.param(("-m", "tfface.presets"), id="python -m tfface.presets"),
        pytest.param(("-m", "tfface", "detect", "--help"), id="python -m tfface detect"),
    ],
)
def test_detecting_loads_no_training_framework(arguments: tuple[str, ...]) -> None:
    modules = imported_modules(*arguments)

    assert {name.partition(".")[0] for name in modules} & HEAVY == set()


def test_importing_the_detector_takes_under_a_second() -> None:
    # The best of three, since another test may keep the machine busy meanwhile.
    seconds = min(
        sum(imported_modules("-c", "import tfface; tfface.FaceDetector").values()) / 1e6
        for _ in range(3)
    )

    assert seconds < 1.0


@pytest.mark.parametrize(
    "file", sorted((ROOT / "tfface").rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT))
)
def test_the_library_imports_no_application(file: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            imported.add(node.module.partition(".")[0])

    assert imported & {"train", "convert", "measure", "benchmarks", "tests"} == set()
