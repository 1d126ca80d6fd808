"""What a file says about itself: its detector, version, licence, input and thresholds."""

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tfface
from tfface.predict import signature
from tfface.predict.description import METADATA_NAME
from tfface.predict.edited_file import EditedFile
from tfface.presets import PRESETS

if TYPE_CHECKING:  # They bring TensorFlow and Keras, which reading a description does not need.
    from tfface.detectors.base import Detector
    from tfface.predict.selection import Selection

_BOX = "x_min, y_min, x_max, y_max in pixels of the input"

_OUTPUTS = {
    signature.NAME: {
        "boxes": f"float32 (B, K, 4): {_BOX}",
        "scores": "float32 (B, K), 0..1, falling",
        "count": "int32 (B,): how many of the K are faces",
    },
    signature.CANDIDATES: {
        "boxes": f"float32 (B, A, 4): {_BOX}; many on every face",
        "scores": "float32 (B, A), 0..1",
    },
}


def describe(
    detector: "Detector",
    model: str,
    selection: "Selection",
    precision: str = "float32",
    name: str = signature.NAME,
) -> dict[str, Any]:
    """The description of a file, ready for JSON.

    Args:
        detector: what was converted.
        model: preset or path that it came from; a preset adds its licence and terms.
        selection: the thresholds in the graph.
        precision: see `convert.quantization.PRECISIONS`.
        name: of the signature of a TFLite file.
    """
    description: dict[str, Any] = {
        "name": model_name(model),
        "version": tfface.__version__,
        "detector": type(detector).__name__,
        "config": detector.get_config(),
        "precision": precision,
        "inputs": {"images": "uint8 (B, H, W, 3): RGB, 0..255"},
        "outputs": _OUTPUTS[name],
        "weights_sha256": _checksum(detector),
        "labels": ["face"],
        "selection": asdict(selection),
    }
    if model in PRESETS:
        preset = PRESETS[model]
        description |= {"licence": preset.licence, "data_terms": preset.data_terms}
    return description


def model_name(model: str) -> str:
    """What a converted file is called: as the preset, the folder or the `.keras` file."""
    return Path(os.path.abspath(model)).name.removesuffix(".keras")


def _checksum(detector: "Detector") -> str:
    """SHA-256 of the weights that the file was made from, in hexadecimal."""
    digest = hashlib.sha256()
    for weight in detector.get_weights():
        digest.update(weight.tobytes())
    return digest.hexdigest()


def embed(content: bytes, description: dict[str, Any]) -> bytes:
    """A TFLite file with `description` in its metadata."""
    file = EditedFile(content)
    entry = file.schema.MetadataT()
    entry.name = METADATA_NAME.encode()
    entry.buffer = file.add_buffer(json.dumps(description).encode())
    file.model.metadata = [*(file.model.metadata or []), entry]
    return file.to_bytes()
