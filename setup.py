"""Packages tfface: the library, and on top of it `train`, `convert` and `measure`."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent


def read_requirements(text: str) -> dict[str, list[str]]:
    """Requirements by the heading that they stand under, such as `# [train]`."""
    sections: dict[str, list[str]] = {}
    lines: list[str] | None = None
    for line in text.splitlines():
        heading = re.fullmatch(r"# \[(\w+)\]", line)
        if heading:
            lines = sections.setdefault(heading.group(1), [])
        elif line and not line.startswith("#"):
            if lines is None:
                raise ValueError(
                    f"requirements.txt: expected a heading such as '# [base]' above {line!r}"
                )
            lines.append(line)
    return sections


sections = read_requirements((ROOT / "requirements.txt").read_text(encoding="utf-8"))
base = sections.pop("base")

# Training evaluates as it goes, under either backend.
sections["train"] += sections["evaluate"]
sections["jax"] += sections["evaluate"]

setup(
    name="tfface",
    version="0.1.0",
    description="Trains fast face detectors, and ships them to phones, servers and browsers.",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.11,<3.14",
    packages=find_packages(
        include=[
            f"{package}{below}"
            for package in ("tfface", "train", "convert", "measure")
            for below in ("", ".*")
        ]
    ),
    package_data={"tfface": ["py.typed", "weights/*"], "train": ["configs/*"]},
    entry_points={"console_scripts": ["tfface = tfface.__main__:main"]},
    install_requires=base,
    extras_require=sections,
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Image Recognition",
        "Typing :: Typed",
    ],
)
