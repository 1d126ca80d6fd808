"""What `pip install .` installs: all modules, weights and configurations, but no TensorFlow."""

import email
import shutil
import subprocess
import sys
import zipfile
from email.message import Message
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

PACKAGES = ("tfface", "train", "convert", "measure")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by setuptools from a copy, so that nothing is left in the checkout."""
    source = tmp_path_factory.mktemp("source")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name in ("setup.py", "pyproject.toml", "requirements.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = "import setuptools.build_meta as backend; print(backend.build_wheel('.'))"
    process = subprocess.run(
        [sys.executable, "-c", build], cwd=source, capture_output=True, text=True
    )
    assert process.returncode == 0, process.stderr
    return source / process.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


def base_requirements(metadata: Message) -> set[str]:
    requirements = metadata.get_all("Requires-Dist", [])
    return {line.split(">=")[0].split("<")[0] for line in requirements if "extra ==" not in line}


def test_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    # A folder without __init__.py, or data that setup.py does not name, would be missing.
    expected = {
        str(file.relative_to(ROOT))
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }

    with zipfile.ZipFile(wheel) as archive:
        packaged = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert packaged == expected


def test_wheel_installs_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        folders = {name.partition("/")[0] for name in archive.namelist()}

    assert {folder for folder in folders if not folder.endswith(".dist-info")} == set(PACKAGES)


def test_the_command_is_installed(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert archive.read(name).decode() == "[console_scripts]\ntfface = tfface.__main__:main\n"


def test_base_install_is_what_detecting_needs(metadata: Message) -> None:
    expected = {"numpy", "opencv-python-headless", "absl-py", "ai-edge-litert"}

    assert base_requirements(metadata) == expected


@pytest.mark.parametrize(
    ("extra", "brings"),
    [
        ("evaluate", {"matplotlib", "scikit-image", "scipy", "tqdm"}),
        (
            "train",
            {
                "ai-edge-quantizer",
                "tensorflow",
                "h5py",
                "keras",
                "tensorboard",
                "protobuf",
                "matplotlib",
                "scikit-image",
                "scipy",
                "tqdm",
            },
        ),
        (
            "jax",
            {"jax", "h5py", "keras", "protobuf", "matplotlib", "scikit-image", "scipy", "tqdm"},
        ),
    ],
)
def test_extras(metadata: Message, extra: str, brings: set[str]) -> None:
    requirements = metadata.get_all("Requires-Dist", [])

    named = {line.split("<")[0] for line in requirements if line.endswith(f'extra == "{extra}"')}

    assert named == brings


def test_python_versions(metadata: Message) -> None:
    # Keras 3.15 needs Python 3.11; TensorFlow 2.21 has no wheels for 3.14.
    assert set(metadata["Requires-Python"].split(",")) == {">=3.11", "<3.14"}
