"""People's own pictures, in every layout that is read for training, to evaluate on."""

import logging
from pathlib import Path

from tfface.data.plausibility import check_list
from tfface.data.readers import READERS
from tfface.evaluation.coco import BoxFaces
from tfface.evaluation.pictures import PictureSet
from tfface.reasons import printable

_LOGGER = logging.getLogger(__name__)


def open_own(layout: str, list_file: Path, image_root: Path) -> PictureSet[BoxFaces]:
    """Reads annotations, of which pictures that are not there are left out with a warning.

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
    for line in report.dropped():
        _LOGGER.warning("%s", printable(f"{list_file}: {line}"))
    dropped = sum(map(len, report.dropped_pictures.values()))
    ground_truth = {sample.name: BoxFaces(sample.boxes, sample.ignored) for sample in samples}
    return PictureSet(image_root, ground_truth, len(samples) + dropped)
