"""The conditions that times are measured under."""

import datetime
import os
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("tfface", "ai-edge-litert", "numpy", "opencv-python-headless", "opencv-python")


def processor() -> str:
    """Name of the processor, as far as the system tells."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def usable_cores() -> int:
    """Cores that this process may run on, which may be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def versions(further: Iterable[str] = ()) -> dict[str, str]:
    """Releases of Python, and of the packages that run detectors and are installed.

    Args:
        further: packages of peers.
    """
    releases = {"python": platform.python_version()}
    for package in (*_PACKAGES, *further):
        try:
            releases[package] = version(package)
        except PackageNotFoundError:
            continue
    return releases


def conditions(further_packages: Iterable[str] = ()) -> dict[str, object]:
    """Machine, releases and date, ready for JSON."""
    return {
        "processor": processor(),
        "usable_cores": usable_cores(),
        "system": platform.platform(),
        "versions": versions(further_packages),
        "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
    }
