"""Every command after a plain `pip install .`: it works, or says which extra it needs."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# What the extras bring, as it is imported. LiteRT itself brings tqdm and protobuf.
EXTRAS = [
    *("matplotlib", "scipy", "skimage"),
    *("ai_edge_quantizer", "h5py", "keras", "tensorboard", "tensorflow"),
    *("jax", "onnx", "onnxruntime", "ray"),
]

WORKS = {
    "tfface.detect": ["PICTURE"],
    "tfface.data.prepare": [
        "--list=LIST",
        "--images=FOLDER",
        "--output=FOLDER/records",
        "--shards=1",
        "--workers=1",
    ],
    "measure.inspect": ["fbi-half"],
    "tfface.__main__": ["presets"],
    "tfface.presets": [],
}
NEEDS = {
    "tfface.batch": ("batch", ["PICTURE", "--output=FOLDER/faces"]),
    "tfface.evaluate": ("evaluate", ["--model=fbi-1", "--data=FOLDER"]),
    "tfface.train": ("train", ["--train_records=FOLDER/*", "--output=FOLDER/run"]),
    "tfface.convert": ("train", ["--model=fbi-1", "--output=FOLDER/x.tflite"]),
    "train.main": ("train", ["--train_records=FOLDER/*", "--output=FOLDER/run"]),
    "train.average": ("train", ["a.keras", "b.keras", "--output=FOLDER/c.keras"]),
    "train.calibrate": ("train", ["a.keras", "--records=b", "--output=FOLDER/c.keras"]),
    "train.data_service": ("train", ["dispatcher"]),
    "train.demo": ("train", ["--output=FOLDER/demo"]),
    "convert.import_yunet": ("train,dev", ["a.onnx", "--output=FOLDER/c.keras"]),
    "convert.import_faceboxes": ("train", ["a.pth", "--output=FOLDER/c.keras"]),
    "convert.presets": ("train", ["--output=FOLDER"]),
    "convert.main": ("train", ["--model=fbi-1", "--output=FOLDER/x.tflite"]),
    "measure.benchmark": ("evaluate", ["fbi-1"]),
    "measure.report": ("train", ["fbi-1", "--output=FOLDER/deploy", "--data=FOLDER"]),
    "benchmarks.complexity": ("train", []),
    "benchmarks.distillation_cost": ("train", []),
    "benchmarks.distillation_figures": ("train", []),
    "benchmarks.held_out": ("train", ["x", "--trained=FOLDER/a", "--held_out=FOLDER/b"]),
    "benchmarks.latency": ("train,dev", []),
    "benchmarks.mask_cost": ("train", ["--data=FOLDER"]),
    "benchmarks.onnx_complexity": ("dev", ["x.onnx"]),
    "benchmarks.pareto": (
        "evaluate",
        [f"--{name}=FOLDER/{name}" for name in ("accuracies", "csv", "plot")],
    ),
    "measure.peers.__main__": ("evaluate,dev", ["--peers=FOLDER", "--model=yunet_n"]),
    "benchmarks.pipeline": ("train", ["--records=FOLDER/*"]),
    "benchmarks.portraits": ("evaluate", ["yunet-n"]),
    "benchmarks.column_folding": ("evaluate", []),
    "benchmarks.selection": ("train", []),
    "benchmarks.training_step": ("train", ["x.flags"]),
}
# They start other commands, need nothing that LiteRT does not bring, or are for a whole checkout.
INDIRECT = {
    "benchmarks.distillation",
    "benchmarks.heads",
    "benchmarks.false_alarms",
    "benchmarks.feature_masking",
    "benchmarks.film",
    "benchmarks.mask_figure",
    "benchmarks.anchor_distribution",
    "benchmarks.group_sampling",
    "benchmarks.group_sampling_cost",
    "benchmarks.growth",
    "benchmarks.many_pictures",
    "benchmarks.operating_point",
    "benchmarks.peers",
    "benchmarks.refineface",
    "benchmarks.refineface_by_heart",
    "benchmarks.refineface_cost",
    "benchmarks.refineface_figure",
    "benchmarks.runtimes",
    "benchmarks.search_size",
    "benchmarks.serving",
}


def run_plainly(module: str, arguments: list[str], folder: Path) -> subprocess.CompletedProcess:
    """`python -m MODULE ARGUMENTS` where no extra is installed; FOLDER has a picture and a list."""
    replacements = {
        "PICTURE": str(folder / "grey.png"),
        "LIST": str(folder / "list.txt"),
        "FOLDER": str(folder),
    }
    for name, path in replacements.items():
        arguments = [argument.replace(name, path) for argument in arguments]
    program = (
        f"import runpy, sys; sys.modules |= dict.fromkeys({EXTRAS!r}); "
        f"sys.argv = [{module!r}, *{arguments!r}]; "
        f"runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
    )
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, errors="replace"
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import cv2
    import numpy as np

    folder = tmp_path_factory.mktemp("plain")
    cv2.imwrite(str(folder / "grey.png"), np.full((64, 64, 3), 128, np.uint8))
    (folder / "list.txt").write_text("grey.png\n1\n8 8 32 32\n")
    return folder


@pytest.mark.parametrize("module", WORKS)
def test_works(module: str, folder: Path) -> None:
    process = run_plainly(module, WORKS[module], folder)
    assert process.returncode == 0, process.stderr


@pytest.mark.parametrize("module", NEEDS)
def test_says_what_it_needs(module: str, folder: Path) -> None:
    extra, arguments = NEEDS[module]
    process = run_plainly(module, arguments, folder)
    assert process.returncode != 0
    assert f"pip install '.[{extra}]'" in process.stderr
    assert "Traceback" not in process.stderr


def test_every_command_is_here() -> None:
    commands = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for package in ("tfface", "train", "convert", "measure", "benchmarks")
        for file in (ROOT / package).rglob("*.py")
        if '\nif __name__ == "__main__":' in file.read_text(encoding="utf-8")
    }
    # These are started by others, in a process of their own.
    commands -= {"measure.anatomy", "measure.cold_start", "benchmarks.run_tflite"}
    commands -= {"tfface.predict.isolated"}
    # They say where they went, and nothing else.
    commands -= {"convert.inspect", "convert.benchmark", "convert.report"}
    assert commands == {*WORKS, *NEEDS, *INDIRECT}
