"""A .mat file of WIDER FACE that names pictures outside its folder reads and writes nothing."""

from pathlib import Path

import numpy as np
import pytest

from tfface.evaluation.wider import SETTINGS
from tfface.evaluation.wider_files import open_wider


@pytest.mark.parametrize("event", ["../../..", "/tmp", "0--Parade/../.."])
def test_forged_names_are_refused_when_the_data_set_is_opened(
    tmp_path: Path, write_mat, event: str
) -> None:
    boxes = np.array([[10, 20, 5, 6]], dtype=np.int32)
    ground_truth = tmp_path / "ground_truth"
    ground_truth.mkdir()
    write_mat(ground_truth / "wider_face_val.mat", "face_bbx_list", {event: {"a": boxes}})
    for setting in SETTINGS:
        chosen = {event: {"a": np.array([[1]], dtype=np.uint8)}}
        write_mat(ground_truth / f"wider_{setting}_val.mat", "gt_list", chosen)
    with pytest.raises(ValueError, match="expected the name of a file inside .*images"):
        open_wider(tmp_path)
