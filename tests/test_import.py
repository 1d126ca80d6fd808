"""Detecting loads what it runs on and nothing else: no TensorFlow, no Keras, no plots."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

LIST_AT_EXIT = """
import atexit, sys
before = set(sys.modules)
atexit.register(lambda: print("\\nimported:", *set(sys.modules) - before))
"""


def imported_packages(code: str) -> set[str]:
    """What a new process that runs `code` imports, without the standard library."""
    process = subprocess.run(
        [sys.executable, "-c", LIST_AT_EXIT + code], cwd=ROOT, capture_output=True, text=True
    )
    assert process.returncode == 0, process.stderr
    _, _, names = process.stdout.rpartition("imported:")
    return {name.partition(".")[0] for name in names.split()} - sys.stdlib_module_names


@pytest.mark.parametrize(
    ("code", "packages"),
    [
        pytest.param("import tfface", set(), id="tfface"),
        pytest.param("import tfface; tfface.FaceDetector", {"numpy", "cv2"}, id="FaceDetector"),
        pytest.param("import tfface; tfface.read_image", {"numpy", "cv2"}, id="read_image"),
        pytest.param("import tfface; tfface.draw_detections", {"numpy", "cv2"}, id="drawing"),
        pytest.param("import tfface; tfface.presets()", set(), id="presets"),
        pytest.param(
            "import tfface.detectors.loading", {"numpy", "cv2"}, id="the list of detectors"
        ),
        *(
            pytest.param(
                f"sys.argv = ['x', *{arguments}]\n"
                f"import runpy; runpy.run_module({module!r}, run_name='__main__')",
                packages,
                id=f"python -m {module} {' '.join(arguments)}",
            )
            for module, arguments, packages in (
                ("tfface.detect", ["--help"], {"numpy", "cv2"}),
                ("tfface.presets", [], {"numpy"}),
                ("tfface", ["detect", "--help"], {"numpy", "cv2"}),
            )
        ),
        pytest.param(
            "import numpy, tfface\n"
            "detector = tfface.FaceDetector.from_preset('fbi-half')\n"
            "detector.detect(numpy.zeros((32, 32, 3), 'uint8'))",
            # flatbuffers: LiteRT's own, for files that are suited to the processor.
            {"numpy", "cv2", "ai_edge_litert", "flatbuffers"},
            id="detecting",
        ),
    ],
)
def test_detecting_loads_what_it_runs_on(code: str, packages: set[str]) -> None:
    assert imported_packages(code) <= {"tfface"} | packages


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
