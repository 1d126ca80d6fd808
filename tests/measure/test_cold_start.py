"""measure.cold_start: what the first detection of a fresh process costs."""

import numpy as np
import pytest

from measure.cold_start import cold_starts
from measure.contestants import Contestant
from tfface.predict.runtime import ModelError


def test_memory_is_that_of_a_process_of_its_own(picture):
    # 400 MB of this process must not count as the child's, as they would with getrusage.
    ballast = np.ones(50_000_000)

    (start,) = cold_starts([Contestant("fbi-half", "fbi-half")], 1, picture, rounds=1)

    assert ballast.nbytes == 400_000_000
    assert 10 < start.idle_megabytes < start.peak_megabytes < 300


def test_a_tflite_file_that_is_no_face_detector(export_tflite, picture, tmp_path):
    path = tmp_path / "other.tflite"
    path.write_bytes(export_tflite(lambda x: {"y": x + 1.0}, (1, 8, 8, 3), "float32"))

    with pytest.raises(ModelError, match="expected the input 'images' and the outputs boxes"):
        cold_starts([Contestant("other", str(path))], 1, picture, rounds=1)
