"""Packages that not every use of tfface needs."""

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from tfface.predict.notices import LEVEL, without_notices

_OURS = frozenset(
    ("tfface", "train", "convert", "measure", "benchmarks", "drills", "examples", "tests")
)

_OTHER_EXTRAS = {"jax": "jax", "jaxlib": "jax"}
"""Packages that come with an extra of their own, since Keras needs one or the other."""

_OF_NO_EXTRA = frozenset(("pandas", "supervision"))
"""Packages that results are turned into objects of, and that nothing of tfface brings."""


_TALKATIVE = frozenset(("train", "jax"))
"""Extras that bring TensorFlow, or what brings its libraries."""


class MissingPackageError(ImportError):
    """A package that is not installed; the message has the command that installs it."""


def import_optional(module: str, extra: str | None = None) -> Any:
    """Imports `module`; where a package it needs is missing, says what to install.

    Args:
        module: a dotted name, of another package or of a module of tfface that imports one.
        extra: as for `optional_packages`.

    Raises:
        MissingPackageError: a package is missing.
    """
    with optional_packages(extra):
        return importlib.import_module(module)


@contextmanager
def optional_packages(extra: str | None, importer: str = "") -> Iterator[None]:
    """Surrounds imports of packages that may be missing, and says which extra brings them.

        with optional_packages("train", __name__):
            import keras

    What TensorFlow has to tell when it is imported, and is no warning, is left out.

    Args:
        extra: the extra of tfface that brings them, or several as "train,dev"; None for what tfface
            itself brings.
        importer: `__name__`, at the top of a module that is run as a command. There a missing
            package ends the program with one line and status 1, and Ctrl-C with status 130.

    Raises:
        MissingPackageError: a package is missing.
    """
    command = importer == "__main__"
    if command:
        os.environ.setdefault(LEVEL, "1")  # warnings and worse
    try:
        with without_notices() if _TALKATIVE & set((extra or "").split(",")) else nullcontext():
            yield
            _find_gpus()
    except ModuleNotFoundError as error:
        missing = error.name or "unknown"
        if missing.partition(".")[0] in _OURS:
            raise
        message = _advice(missing, _OTHER_EXTRAS.get(missing.partition(".")[0], extra))
        if command:
            sys.exit(f"error: {message}")
        raise MissingPackageError(message, name=missing) from error
    except MissingPackageError as error:
        if command:
            sys.exit(f"error: {error}")
        raise
    except KeyboardInterrupt:
        if command:
            sys.exit(130)
        raise


def _advice(missing: str, extra: str | None) -> str:
    """What to do about a missing package; tfface is in no index that pip knows."""
    if missing in _OF_NO_EXTRA:
        return f"expected the package {missing}, which is not installed; run: pip install {missing}"
    extras = f"[{extra}]" if extra else ""
    checkout, wheel = (f"'{name}{extras}'" if extra else name for name in (".", "FILE.whl"))
    return (
        f"expected the package {missing}, which is not installed; run, in a checkout of tfface: "
        f"pip install {checkout} (from a wheel of it: pip install {wheel})"
    )


def _find_gpus() -> None:
    """Has TensorFlow, where it is imported, look for GPUs now, not amid the first computation."""
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None:
        tensorflow.config.list_physical_devices()
