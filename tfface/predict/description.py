"""The description that a TFLite file carries; `convert.metadata` writes it."""

import json
from typing import Any

from tfface.predict.selection import Selection

METADATA_NAME = "tfface"
"""Name of the buffer in a TFLite file, and of the `.json` file in a SavedModel's `assets.extra`."""


def read_embedded(content: bytes) -> dict[str, Any] | None:
    """The description in a TFLite file; None where there is none.

    Raises:
        ValueError, TypeError: what stands there is no JSON object.
    """
    from ai_edge_litert.schema_py_generated import Model

    model = Model.GetRootAs(content, 0)
    for index in range(model.MetadataLength()):
        entry = model.Metadata(index)
        if entry.Name() == METADATA_NAME.encode():
            buffer = model.Buffers(entry.Buffer())
            if not buffer.DataLength():
                raise ValueError("expected a description in JSON, got an empty buffer")
            description = json.loads(buffer.DataAsNumpy().tobytes())
            if not isinstance(description, dict):
                raise TypeError(f"expected a description, got a {type(description).__name__}")
            return description
    return None


def selection_of(content: bytes) -> Selection:
    """The thresholds and limits that a TFLite file asks for; the usual ones where it says nothing.

    Raises:
        ValueError, TypeError, AttributeError: the file asks for something that is no selection.
    """
    description = read_embedded(content) or {}
    return Selection(**description.get("selection", {}))
