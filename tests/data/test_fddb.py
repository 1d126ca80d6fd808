"""tfface.data.fddb: ellipses as boxes; of lists see `tests/evaluation/test_fddb_files.py`."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tfface.data.listing import MISSING
from tfface.data.readers import READERS


def test_a_face_is_the_box_around_its_ellipse(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    cv2.imwrite(str(tmp_path / "a" / "b.jpg"), np.zeros((80, 80, 3), np.uint8))
    lists = tmp_path / "FDDB-folds"
    lists.mkdir()
    # Radii of 20 and 10 pixels around (40, 30), the longer one upright: from (30, 10) to (50, 50).
    (lists / "FDDB-fold-01-ellipseList.txt").write_text(
        f"a/b\n1\n20 10 {np.pi / 2} 40 30  1\na/c\n0\n"
    )

    samples, report = READERS["fddb"](lists, tmp_path)

    assert [sample.name for sample in samples] == ["a/b.jpg"]
    np.testing.assert_allclose(samples[0].boxes, [[30, 10, 50, 50]], rtol=1e-6)
    assert samples[0].ignored.tolist() == [False]
    assert report.dropped_pictures == {MISSING: ["a/c.jpg"]}


def test_a_folder_without_lists(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="expected the official ellipses"):
        READERS["fddb"](tmp_path, tmp_path)
