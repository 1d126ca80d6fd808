"""The page of web/, built, served and driven in headless Chromium by web/tests/."""

import functools
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import tfface
from tfface.packaged import WEIGHTS
from tfface.predict.placement import LONG_SIDE
from tfface.presets import PRESETS

WEB = Path(__file__).parent.parent.parent / "web"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def find_node() -> str:
    """The path of Node.js; the test is skipped where it or its packages are missing."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node.js (node)")
    if not (WEB / "node_modules").is_dir():
        pytest.skip("needs the packages of web/package-lock.json: make web")
    return node


def find_chromium() -> str:
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is None:
        pytest.skip(f"needs Chromium ({', '.join(CHROMIUM)})")
    return chromium


def run_in_web(*command: str, **environment: str) -> None:
    process = subprocess.run(
        command, cwd=WEB, env=os.environ | environment, capture_output=True, text=True
    )
    assert process.returncode == 0, process.stdout + process.stderr


def find_package_file(package: str, path: str) -> Path:
    spec = find_spec(package)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / path


def detection(picture: Path, model: Path, detector: str, long_side: int | None) -> dict[str, Any]:
    """What Python finds, in the words of web/tests/page.test.mjs.

    The page never enlarges a picture, so `long_side` must not be above its longer side; 0 for its
    own size, None for the default of both.
    """
    image = tfface.read_image(picture)
    detections = tfface.FaceDetector.from_preset(model).detect(image, long_side=long_side)
    return {
        "picture": str(picture),
        "model": str(model),
        "detector": detector,
        "longSide": str(LONG_SIDE if long_side is None else long_side or "Infinity"),
        "boxes": detections.boxes.tolist(),
    }


@pytest.fixture
def expected(
    tmp_path: Path,
    fixed_tflite_content: bytes,
    export_tflite: Any,
    with_orientation: Callable[[bytes, int], bytes],
) -> dict[str, Any]:
    """Pictures and TFLite files, and what Python finds."""
    astronaut = find_package_file("skimage", "data/astronaut.png")
    grace_hopper = find_package_file("matplotlib", "mpl-data/sample_data/grace_hopper.jpg")

    turned = tmp_path / "turned.jpg"
    pixels = cv2.rotate(cv2.imread(str(grace_hopper)), cv2.ROTATE_90_COUNTERCLOCKWISE)
    turned.write_bytes(with_orientation(cv2.imencode(".jpg", pixels)[1].tobytes(), 6))

    # A face of 1,200 pixels, of which the first look sees the parts.
    close = tmp_path / "close.png"
    face = cv2.imread(str(grace_hopper))[82:330, 170:362]
    assert cv2.imwrite(str(close), cv2.resize(face, (929, 1200), interpolation=cv2.INTER_CUBIC))

    camera = tmp_path / "camera.mjpeg"
    # A film of one picture: the upper part of the astronaut, as a camera's 640x480.
    pixels = cv2.resize(cv2.imread(str(astronaut)), (640, 640))[:480]
    camera.write_bytes(cv2.imencode(".jpg", pixels)[1].tobytes())

    fixed = tmp_path / "fixed.tflite"
    fixed.write_bytes(fixed_tflite_content)
    # A red square, so large that scaling to 77x64 leaves some of its pixels wholly red.
    red = np.zeros((100, 120, 3), np.uint8)
    red[40:50, 60:70, 2] = 255
    assert cv2.imwrite(str(tmp_path / "red.png"), red)

    foreign = tmp_path / "foreign.tflite"
    foreign.write_bytes(export_tflite(lambda x: {"doubled": x * 2.0}, (1, 4), "float32"))

    models = {name: Path(str(WEIGHTS / preset.file().name)) for name, preset in PRESETS.items()}
    shipped = [
        detection(picture, models[name], name, long_side)
        for name, long_side in (
            ("fbi-half", 0),
            ("fbi-half", 320),
            ("fbi-1", 480),
            ("plain-yunet", 480),
        )
        for picture in (astronaut, grace_hopper, turned)
    ] + [detection(close, models[name], name, None) for name in ("fbi-1", "plain-yunet")]
    return {
        "detections": shipped,
        "fixed": detection(tmp_path / "red.png", fixed, "fixed.tflite", 0),
        "camera": detection(camera, models["fbi-half"], "fbi-half", 0),
        "foreign": str(foreign),
    }


@pytest.fixture
def page() -> Iterator[str]:
    """The address of the page, built anew, in a folder of the simplest server there is."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(WEB)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/dist/"
    server.shutdown()
    server.server_close()


def test_the_types_of_the_page_hold() -> None:
    run_in_web(find_node(), "node_modules/typescript/bin/tsc")


# One test, for the browser and the compiled WebAssembly are shared by all that web/tests/ tries.
def test_the_page_works_in_chromium(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    node, chromium = find_node(), find_chromium()
    run_in_web(node, "build.mjs", PYTHON=sys.executable)
    expected = request.getfixturevalue("expected")
    (tmp_path / "expected.json").write_text(json.dumps(expected))

    run_in_web(
        *(node, "--test", "--test-reporter=spec", "--test-concurrency=1", "tests/"),
        TFFACE_PAGE=request.getfixturevalue("page"),
        TFFACE_CHROMIUM=chromium,
        TFFACE_EXPECTED=str(tmp_path / "expected.json"),
        TFFACE_CAMERA=expected["camera"]["picture"],
    )
