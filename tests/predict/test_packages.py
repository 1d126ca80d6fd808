"""import_optional: says what to install."""

import sys

import pytest

from tfface.predict.packages import import_optional


def test_modules_that_are_there() -> None:
    import json.decoder

    assert import_optional("json.decoder") is json.decoder


def test_a_missing_package_names_the_command() -> None:
    with pytest.raises(ImportError, match=r"no_such_package.*pip install 'tfface\[train\]'"):
        import_optional("no_such_package.part", extra="train")
    with pytest.raises(ImportError, match="pip install tfface$"):
        import_optional("no_such_package")


def test_what_a_module_of_tfface_misses(monkeypatch: pytest.MonkeyPatch) -> None:
    # As where Keras is not installed.
    monkeypatch.setitem(sys.modules, "keras", None)
    for module in [name for name in sys.modules if name.startswith("tfface.detectors")]:
        monkeypatch.delitem(sys.modules, module)

    with pytest.raises(ImportError, match=r"package keras.*pip install 'tfface\[train\]'"):
        import_optional("tfface.detectors.faceboxes", extra="train")


def test_a_missing_module_of_tfface_is_no_matter_of_packages() -> None:
    with pytest.raises(ModuleNotFoundError, match="tfface.no_such_module"):
        import_optional("tfface.no_such_module")
