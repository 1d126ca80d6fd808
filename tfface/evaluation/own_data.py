"""People's own pictures, in every layout that is read for training, to evaluate on."""

import logging
from pathlib import Path

from tfface.data.plausibility import check_list
from tfface.data.readers import READERS
from tfface.data.sample import OUTSIDE
from tfface.data.upright_size import upright_size
from tfface.evaluation.coco import BoxFaces
from tfface.evaluation.pictures import PictureSet
from tfface.reasons import printable

_LOGGER = logging.getLogger(__name__)


def open_own(layout: str, list_file: Path, image_root: Path) -> PictureSet[BoxFaces]:
    """Reads annotations, of which pictures that are not there are left out with a warning.

    So are boxes outside of their pictures; others are cut to them, as detections are.

    Args:
        layout: a name in `READERS`.
        list_file: the list, or the folder of annotations.
        image_root: the folder of pictures.

    Raises:
        FileNotFoundError: one of them, or every picture, is missing.
        ValueError: the annotations are not in that layout, or their boxes are no pixels.
    """
    samples, report = READERS[layout](list_file, image_root)
    if not samples:
        raise FileNotFoundError(
            f"expected pictures of {list_file} in {image_root}, got none"
            + "".join(f"; {line}" for line in report.dropped())
        )
    check_list(layout, str(list_file), samples)
    ground_truth = {}
    for sample in samples:
        size = upright_size(sample.path)  # of what cannot be read, detection tells
        faces = sample.cut_to(*size) if size else sample
        report.drop_faces(OUTSIDE, sample.name, len(sample.boxes) - len(faces.boxes))
        ground_truth[sample.name] = BoxFaces(faces.boxes, faces.ignored)
    for line in report.dropped():
        _LOGGER.warning("%s", printable(f"{list_file}: {line}"))
    dropped = sum(map(len, report.dropped_pictures.values()))
    return PictureSet(image_root, ground_truth, len(samples) + dropped)
