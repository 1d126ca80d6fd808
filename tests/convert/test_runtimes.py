"""TFLite files in the runtimes that people have besides ours, each in a process that it may end."""

import numpy as np
import pytest

from benchmarks.runtimes import INSTALLED, File, Interpreter, verdict
from convert.graph import DetectionGraph
from convert.quantization import PRECISIONS, quantize
from convert.tflite import to_tflite
from measure.contestants import picture_with_faces
from tfface.detectors.loading import load_detector
from tfface.predict import signature
from tfface.presets import PRESETS

SIZES = ((192, 256), (180, 250))
"""Heights and widths with and without a remainder modulo 32."""

SHIPPED = [(name, precision) for name, preset in PRESETS.items() for precision in preset.files]
MADE = [
    ("fbi-half", precision) for precision in PRECISIONS if ("fbi-half", precision) not in SHIPPED
]
FILES = [f"{name} {precision}" for name, precision in (*SHIPPED, *MADE)]
FORMS = ["fbi-half candidates", "fbi-half batch of 2"]


class Reference:
    """A detector that searches each picture once, however many files are compared with it."""

    def __init__(self, detector):
        self.selection = detector.selection
        self._detector = detector
        self._found = {}

    def predict_boxes(self, image, *limits):
        key = (image.shape, image.tobytes(), limits)
        if key not in self._found:
            self._found[key] = self._detector.predict_boxes(image, *limits)
        return self._found[key]


@pytest.fixture(scope="module")
def detectors():
    return {name: load_detector(name) for name in PRESETS}


@pytest.fixture(scope="module")
def references(detectors):
    return {name: Reference(detector) for name, detector in detectors.items()}


@pytest.fixture(scope="module")
def files(detectors):
    """The shipped files, and one of them in the other precisions and forms."""
    pictures = [picture_with_faces(SIZES[0])[None]]
    graphs = [DetectionGraph(detectors["fbi-half"], batch=batch) for batch in (1, 2)]
    return [
        *(File(f"{name} {kind}", PRESETS[name].read(kind), name, kind) for name, kind in SHIPPED),
        *(
            File(f"{name} {kind}", quantize(PRESETS[name].read(), kind, pictures), name, kind)
            for name, kind in MADE
        ),
        File(FORMS[0], to_tflite(graphs[0], signature.CANDIDATES), "fbi-half"),
        File(FORMS[1], to_tflite(graphs[1]), "fbi-half", batch=2),
    ]


@pytest.fixture(scope="module", params=INSTALLED)
def verdicts(request, files, references, tmp_path_factory):
    """`ok` or what is wrong, by file and size."""
    folder = tmp_path_factory.mktemp("files")
    tries = [(file, size) for file in files for size in SIZES]
    jobs = []
    for file, size in tries:
        path = folder / f"{file.name}.tflite"
        path.write_bytes(file.content)
        jobs.append((path, np.stack([picture_with_faces(size)] * file.batch)))
    results = Interpreter(INSTALLED[request.param]).run(jobs)
    return {
        (file.name, size): verdict(result, references[file.detector], images, file.precision)
        for (file, size), (_, images), result in zip(tries, jobs, results, strict=True)
    }


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("file", [*FILES, *FORMS])
def test_every_file_finds_what_its_detector_finds(verdicts, file, size):
    assert verdicts[file, size] == "ok"
