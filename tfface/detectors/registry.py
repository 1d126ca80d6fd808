"""The detectors there are, by name. Nothing here imports Keras before a detector is asked for."""

import importlib
from typing import Any

from tfface.predict.packages import import_optional

DETECTORS = {
    "FaceBoxes": "tfface.detectors.faceboxes",
    "FaceBoxesImproved": "tfface.detectors.faceboxes",
    "GroupedFastRCNN": "tfface.detectors.grouped_rcnn",
    "GroupedFPN": "tfface.detectors.grouped_fpn",
    "PlainFace": "tfface.detectors.plain",
    "PlainYuNet": "tfface.detectors.plain_yunet",
    "PointFaceBoxes": "tfface.detectors.point_faceboxes",
    "RefineFace": "tfface.detectors.refineface",
    "ResNetFPN": "tfface.detectors.resnet_fpn",
    "UFSSD": "tfface.detectors.uf_ssd",
    "YuNet": "tfface.detectors.yunet",
}
"""Module of every detector, by the name of its class: the only list of them."""


def detector_class(name: str) -> Any:
    """The class of a detector, imported on first use.

    Args:
        name: one of `DETECTORS`, or `my.module:Name` for a detector from outside.

    Raises:
        ValueError: there is none of that name.
        ImportError: Keras is not installed, or the module from outside is not found.
    """
    if ":" in name:
        module, _, attribute = name.partition(":")
        try:
            found = getattr(importlib.import_module(module), attribute, None)
        except ModuleNotFoundError as error:
            raise ImportError(
                f"expected a module of a detector, which Python finds, got {name!r}: {error}"
            ) from error
    else:
        attribute = name
        known = DETECTORS.get(name)
        found = getattr(import_optional(known, extra="train"), name) if known else None
    if found is None:
        raise ValueError(
            f"expected a detector ({', '.join(sorted(DETECTORS))}, or my.module:Name), got {name!r}"
        )
    return found


def detector_name(detector: Any) -> str:
    """What `detector_class` takes for the class of a detector."""
    kind = type(detector)
    known = DETECTORS.get(kind.__name__) == kind.__module__
    return kind.__name__ if known else f"{kind.__module__}:{kind.__name__}"


def import_all() -> None:
    """Imports every detector, by which Keras comes to know the names in saved files."""
    for module in sorted(set(DETECTORS.values())):
        import_optional(module, extra="train")
