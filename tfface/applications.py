"""Runs the applications that come with tfface, whatever else is called `train` or `convert`."""

import runpy
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path

_PACKAGES = ("train", "convert", "measure")

_FOLDER = Path(__file__).absolute().parents[1]
"""They lie beside tfface, in a checkout as where pip installs it."""


def run_application(module: str) -> None:
    """Does what `python -m MODULE` does, with the packages that lie beside tfface.

    Python looks into the folder that it is started in first, and there may be a `train.py`.

    Args:
        module: such as "train.main".

    Raises:
        ImportError: the applications are not there.
    """
    for name in _PACKAGES:
        spec = PathFinder.find_spec(name, [str(_FOLDER)])
        if spec is None or spec.loader is None:
            raise ImportError(f"expected the package {name} of tfface in {_FOLDER}, got none")
        package = module_from_spec(spec)
        sys.modules[name] = package
        spec.loader.exec_module(package)
    runpy.run_module(module, run_name="__main__", alter_sys=True)
