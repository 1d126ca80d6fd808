"""A detector that a report is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Subject:
    """A detector that is reported on.

    Attributes:
        name: in the report.
        predictions: its detections, `(n, 5)` by picture.
        results: the curves of the data set's protocol, by name.
        origin: what it is and how it was run, in a line.
        own: whether the report is about it, and not only for comparison.
    """

    name: str
    predictions: Mapping[str, np.ndarray]
    results: Mapping[str, Any]
    origin: str
    own: bool
