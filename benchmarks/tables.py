"""Tables that benchmarks write down, with the conditions they were measured under."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tfface.files import atomic_path


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]], comment: str) -> None:
    """Writes rows of the same columns below a line with the conditions."""
    with atomic_path(path) as temporary, temporary.open("w", newline="") as file:
        file.write(f"# {comment}\n")
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
