"""Packages that not every use of tfface needs."""

import importlib
from typing import Any


def import_optional(module: str, extra: str | None = None) -> Any:
    """Imports `module`; where a package it needs is missing, says what to install.

    Args:
        module: a dotted name, of another package or of a module of tfface that imports one.
        extra: the extra of tfface that brings the package; None for what tfface itself brings.

    Raises:
        ImportError: a package is missing; the message has the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = error.name or module
        if missing.partition(".")[0] == "tfface":
            raise
        wanted = f"'tfface[{extra}]'" if extra else "tfface"
        raise ImportError(
            f"expected the package {missing}, which is not installed; run: pip install {wanted}",
            name=missing,
        ) from error
