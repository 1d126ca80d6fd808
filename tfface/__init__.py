"""tfface: detects faces in pictures, and trains the detectors that do it.

    import tfface

    detector = tfface.FaceDetector.from_preset("yunet-n")
    image = tfface.read_image("family.jpg")
    for box, score in detector.detect(image):
        print(box, score)

Names load on first use: detecting imports NumPy, OpenCV and LiteRT only; the Keras models
(`FaceBoxes`, `FaceBoxesImproved`, `GroupedFPN`, `GroupedFastRCNN`, `RefineFace`, `UFSSD`,
`Distiller`) import Keras when they are named.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tfface.detections import Detections
    from tfface.detectors.faceboxes import FaceBoxes as FaceBoxes
    from tfface.detectors.faceboxes import FaceBoxesImproved as FaceBoxesImproved
    from tfface.detectors.grouped_fpn import GroupedFPN as GroupedFPN
    from tfface.detectors.grouped_rcnn import GroupedFastRCNN as GroupedFastRCNN
    from tfface.detectors.refineface import RefineFace as RefineFace
    from tfface.detectors.uf_ssd import UFSSD as UFSSD
    from tfface.distiller import Distiller as Distiller
    from tfface.drawing import draw_detections
    from tfface.image import read_image
    from tfface.predict.face_detector import FaceDetector

    def presets() -> list[str]: ...


__version__ = "0.1.0"

# Without the Keras models, so that `from tfface import *` works where Keras is not installed.
__all__ = ["Detections", "FaceDetector", "__version__", "draw_detections", "presets", "read_image"]

_MODULE_OF = {
    "Detections": "tfface.detections",
    "FaceDetector": "tfface.predict.face_detector",
    "draw_detections": "tfface.drawing",
    "read_image": "tfface.image",
}
_KERAS_MODULE_OF = {
    "Distiller": "tfface.distiller",
    "FaceBoxes": "tfface.detectors.faceboxes",
    "FaceBoxesImproved": "tfface.detectors.faceboxes",
    "GroupedFastRCNN": "tfface.detectors.grouped_rcnn",
    "GroupedFPN": "tfface.detectors.grouped_fpn",
    "RefineFace": "tfface.detectors.refineface",
    "UFSSD": "tfface.detectors.uf_ssd",
}


def __getattr__(name: str) -> Any:
    """Imports what `name` comes from, when it is first used (PEP 562)."""
    from tfface.predict.packages import import_optional

    if name in _MODULE_OF:
        module = import_optional(_MODULE_OF[name])
    elif name == "presets":
        return import_optional("tfface.presets")
    elif name in _KERAS_MODULE_OF:
        module = import_optional(_KERAS_MODULE_OF[name], extra="train")
    else:
        raise AttributeError(f"module 'tfface' has no attribute {name!r}")
    globals()[name] = getattr(module, name)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), "presets", *_MODULE_OF, *_KERAS_MODULE_OF})
