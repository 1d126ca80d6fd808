"""The JSON file of an evaluation: its result, and what one needs to compare or repeat it."""

import argparse
import hashlib
import importlib.metadata
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfface.evaluation.runner import DetectionRun
from tfface.presets import PRESETS

_PACKAGES = ("tfface", "numpy", "opencv-python-headless", "ai-edge-litert", "tensorflow", "keras")
"""Whose versions have a part in a result."""


def result_file(
    model: str,
    options: argparse.Namespace,
    protocol: str,
    test_size: str,
    pictures: Mapping[str, int],
    run: DetectionRun,
    results: Mapping[str, Any],
) -> dict:
    """Results by setting with all their conditions, ready for JSON."""
    return {
        "protocol": protocol,
        "model": _model(model, options.precision),
        "test_size": test_size,
        "long_side": options.long_side,
        "scale": options.scale,
        "strategy": options.strategy,
        "threshold": options.threshold,
        "threads": options.threads,
        "pictures": pictures,
        "seconds_per_picture": run.seconds.mean(),
        "machine": {"platform": platform.platform(), "processor": platform.machine()},
        "versions": {"python": platform.python_version(), **_versions()},
        "curves": {name: curve.to_json() for name, curve in results.items()},
    }


def _model(model: str, precision: str) -> dict[str, str]:
    """Which detector it was: its name, for a preset its precision, and its checksum."""
    if model not in PRESETS:
        return {"name": model, "sha256": sha256_of(Path(model))}
    checksum = PRESETS[model].file(precision).sha256
    return {"name": model, "precision": precision, "sha256": checksum}


def _versions() -> dict[str, str]:
    """Versions of the packages that have a part in the result, where they are installed."""
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, or of the names and contents of all files of a folder, as hex."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        digest.update(f"{file.relative_to(path).as_posix()}\n{sha256_of(file)}\n".encode())
    return digest.hexdigest()
