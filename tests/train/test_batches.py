"""The batches of a run, as the flags say.

Those of JAX need that backend: `tests/test_jax.py` runs this file under it.
"""

from collections.abc import Callable
from pathlib import Path

import keras
import pytest

from tfface.detectors.base import Detector
from train.batches import make_batches


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="pictures in memory: under JAX")
@pytest.mark.parametrize(
    ("side", "line"),
    [
        (
            32,
            "6 of 6 pictures are larger than 32 pixels and kept reduced to that "
            "(--resident_side)\n",
        ),
        (1024, ""),
    ],
)
def test_that_pictures_are_reduced_is_said(
    side: int,
    line: str,
    TinyDetector: Callable[[], Detector],
    records: Path,
    make_flags: Callable,
    capsys: pytest.CaptureFixture[str],
) -> None:
    values = make_flags(
        "--output=none", f"--train_records={records}", f"--resident_side={side}", "--image_size=64"
    )

    make_batches(TinyDetector(), [str(records)], values)

    assert capsys.readouterr().out == line
