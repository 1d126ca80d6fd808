"""What to install for the imports that a use of tfface needs."""

import sys

import pytest

from tfface.predict.packages import MissingPackageError, import_optional, optional_packages


def test_modules_that_are_there() -> None:
    import json.decoder

    assert import_optional("json.decoder") is json.decoder


def test_a_missing_package_names_the_command_for_a_checkout_and_for_a_wheel() -> None:
    # The project is in no index: `pip install tfface` would bring nothing, or something else.
    with pytest.raises(MissingPackageError) as caught:
        import_optional("no_such_package.part", extra="train")
    assert str(caught.value) == (
        "expected the package no_such_package, which is not installed; run, in a checkout of "
        "tfface: pip install '.[train]' (from a wheel of it: pip install 'FILE.whl[train]')"
    )
    with pytest.raises(MissingPackageError) as caught:
        import_optional("no_such_package")
    assert str(caught.value).endswith("pip install . (from a wheel of it: pip install FILE.whl)")


@pytest.mark.parametrize("package", ["pandas", "supervision"])
def test_what_no_extra_brings_is_installed_by_its_name(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackageError, match=f"not installed; run: pip install {package}$"):
        import_optional(package)


def test_jax_comes_with_an_extra_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    # As where Keras is told to use JAX and only TensorFlow is installed.
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(MissingPackageError, match=r"package jax, .*pip install '\.\[jax\]'"):
        import_optional("jax", extra="train")


def test_what_a_module_of_tfface_misses(monkeypatch: pytest.MonkeyPatch) -> None:
    # As where Keras is not installed.
    monkeypatch.setitem(sys.modules, "keras", None)
    for module in [name for name in sys.modules if name.startswith("tfface.detectors")]:
        monkeypatch.delitem(sys.modules, module)

    with pytest.raises(MissingPackageError, match=r"package keras.*pip install '\.\[train\]'"):
        import_optional("tfface.detectors.faceboxes", extra="train")


@pytest.mark.parametrize(
    "module", ["tfface.no_such_module", "convert.no_such_module", "measure.no_such_module"]
)
def test_a_missing_module_of_ours_is_no_matter_of_packages(module: str) -> None:
    with pytest.raises(ModuleNotFoundError, match=f"No module named '{module}'"):
        import_optional(module)


def test_a_command_ends_with_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "1")
    with pytest.raises(SystemExit) as caught, optional_packages("train,dev", "__main__"):
        import no_such_package  # type: ignore[import-not-found]  # noqa: F401
    # `sys.exit` prints a text and ends with status 1
    assert str(caught.value).startswith("error: expected the package no_such_package, which")
    assert "pip install '.[train,dev]'" in str(caught.value)


def test_ctrl_c_while_a_command_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "1")
    with pytest.raises(SystemExit) as caught, optional_packages("train", "__main__"):
        raise KeyboardInterrupt
    assert caught.value.code == 130  # 128 + SIGINT, as a shell counts


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
def test_a_library_leaves_other_errors_alone(error: type[BaseException]) -> None:
    with pytest.raises(error), optional_packages("train", "tfface.somewhere"):
        raise error
